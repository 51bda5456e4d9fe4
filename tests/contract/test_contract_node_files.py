"""Looking into the embedded service's nodes, through the SDK and over HTTP: files, start tasks, logs."""

from __future__ import annotations

import traceback
from datetime import UTC, datetime, timedelta

import pytest

import batch_widgets as bw
from batch_widgets.demo import DemoService

SOON = 30.0
CONTAINER = "https://contoso.blob.core.windows.net/logs?sp=rw&sig=c2VudGluZWw"
STDOUT = "startup/stdout.txt"


def connect(service):
    account = bw.connect(service.endpoint, account_name=service.account_name, account_key=service.account_key)
    account.poll_interval_s = 0.02
    return account


@pytest.fixture(scope="module")
def service():
    with DemoService(nodes=1, speed=300) as service:
        yield service


@pytest.fixture(scope="module")
def account(service):
    with connect(service) as account:
        yield account


def create(account, pool_id, command_line, *, windows=False, **options):
    """Create a pool with one node and a start task; give the node once its state is decided."""
    images = account.list_supported_images()
    words = "windowsserver 2022" if windows else "ubuntu 22.04"
    spec = bw.PoolSpec(
        pool_id=pool_id,
        image=bw.select_image(images, words, first=True),
        vm_size="Standard_D2s_v3",
        target_dedicated_nodes=1,
        start_task_command_line=command_line,
        start_task_wait_for_success=True,
        **options,
    )
    account.create_pool(spec).exception(SOON)
    (node,) = account.list_nodes(pool_id)
    return node


@pytest.fixture(scope="module")
def broken(account):
    """A node whose start task failed, after two retries."""
    return create(account, "broken", "/bin/sh -c 'echo trying; nonsense'", start_task_max_task_retry_count=2)


def test_an_error_without_a_body_prints_no_traceback_into_a_cell(account, broken, caplog):
    with pytest.raises(bw.NotFoundError):
        account.get_node_file_end("broken", broken.id, "no/such/file.txt")
    (node,) = account.list_nodes("demo")
    assert account.get_start_task_result("demo", node.id).stdout.missing
    assert caplog.records == []


@pytest.mark.parametrize("pool_id", ["broken", "demo"])
def test_a_list_has_all_that_is_known_of_a_node(account, broken, pool_id):
    listed = account.list_nodes(pool_id)
    assert listed == [account.get_node(pool_id, node.id) for node in listed]
    assert all(node.node_agent_version and node.last_boot_time for node in listed)
    assert any(node.errors or node.start_task for node in account.list_nodes("broken"))


def test_a_start_task_that_failed(account, broken):
    assert broken.state == "starttaskfailed"
    result = account.get_start_task_result("broken", broken.id)
    info = result.info
    assert (info.state, info.exit_code, info.retry_count, info.result) == ("completed", 127, 2, "failure")
    assert info.start_time < info.end_time
    assert info.last_retry_time is not None
    assert (info.failure.category, info.failure.code) == ("usererror", "FailureExitCode")
    assert dict(info.failure.details)["Message"] == info.failure.message
    assert (result.stdout.text, result.stdout.is_whole) == ("trying\n", True)
    assert "nonsense" in result.stderr.text
    assert result.info == account.get_node("broken", broken.id).start_task == broken.start_task


def test_a_start_task_that_went_well_on_windows(account):
    node = create(account, "windows", "cmd /c echo hello", windows=True)
    assert node.state == "idle"
    result = account.get_start_task_result("windows", node.id)
    assert (result.exit_code, result.info.result) == (0, "success")
    assert result.stdout.text.strip() == "hello"
    paths = [file.path for file in account.list_node_files("windows", node.id)]
    assert "startup\\stdout.txt" in paths
    assert account.get_node_file("windows", node.id, "startup\\stdout.txt").strip() == b"hello"


def test_a_pool_without_a_start_task(account):
    (node,) = account.list_nodes("demo")
    result = account.get_start_task_result("demo", node.id)
    assert result.info is None
    assert result.stdout.missing == "The node has no such file."


def test_the_end_of_what_it_wrote(account):
    eight = [f"{name}={f'${one}' * 8}" for one, name in ("ab", "bc", "cd")]
    command = f"/bin/sh -c '{'; '.join(['a=0123456789', *eight])}; echo $d; echo $d; echo $d; echo $d; echo the end'"
    node = create(account, "loud", command)
    result = account.get_start_task_result("loud", node.id)
    assert result.stdout.text.endswith("\nthe end\n")
    assert len(result.stdout.text) == 16 * 1024
    assert result.stdout.size == 4 * (10 * 8**3 + 1) + len("the end\n")
    assert not result.stdout.is_whole
    whole = account.get_node_file("loud", node.id, STDOUT)
    assert len(whole) == result.stdout.size
    assert whole.decode().endswith(result.stdout.text)


@pytest.mark.parametrize(
    ("start", "end", "content"),
    [(0, None, b"trying\n"), (2, 4, b"yi"), (3, None, b"ing\n"), (0, 100, b"trying\n"), (7, None, b""), (9, 12, b"")],
)
def test_a_part_of_a_file(account, broken, start, end, content):
    assert account.get_node_file("broken", broken.id, STDOUT, start=start, end=end) == content


def test_the_files(account, broken):
    top = account.list_node_files("broken", broken.id, recursive=False)
    assert {"startup", "shared"} <= {file.path for file in top if file.is_directory}
    files = {file.path: file for file in account.list_node_files("broken", broken.id)}
    assert (files[STDOUT].size, files[STDOUT].is_directory) == (7, False)
    assert files[STDOUT].last_modified.tzinfo is not None
    assert account.get_node_file_end("broken", broken.id, "startup").missing == "It is a folder."


@pytest.mark.parametrize("path", ["none", "..", "startup/../startup/stdout.txt/x", "a b?c#d%2e"])
def test_a_file_that_is_not_there(account, broken, path):
    with pytest.raises(bw.NotFoundError) as caught:
        account.get_node_file("broken", broken.id, path)
    assert caught.value.code == "FileNotFound"


def test_a_folder_cannot_be_read(account, broken, caplog):
    with pytest.raises(bw.ServiceError, match="directory") as caught:
        account.get_node_file("broken", broken.id, "startup")
    assert caught.value.code == "OperationInvalidForCurrentState"
    assert not caplog.records


@pytest.mark.parametrize("fault", ["error", "reset", "throttle seconds=0.01"])
def test_a_fault_on_the_way_is_not_told(account, service, broken, fault):
    for operation in ("get_node", "list_node_files", "get_node_file", "get_node_file_properties"):
        service.faults.add(f"{fault} operation={operation} times=1")
    try:
        assert account.get_start_task_result("broken", broken.id).stdout.text == "trying\n"
        assert account.list_node_files("broken", broken.id)
        assert len(service.faults) == 0
    finally:
        service.faults.clear()


def test_a_node_that_is_not_up():
    with DemoService(nodes=1) as service, connect(service) as account:
        (node,) = account.list_nodes("demo")
        service.break_node("demo", node.id)
        result = account.get_start_task_result("demo", node.id)
        assert result.stdout.missing == "The node is unusable; its files cannot be read now."
        with pytest.raises(bw.ServiceError) as caught:
            account.list_node_files("demo", node.id)
        assert caught.value.code == "NodeStateUnusable"
        with pytest.raises(bw.ServiceError) as caught:
            account.get_node_file_end("demo", node.id, STDOUT)
        assert caught.value.code == "NodeStateUnusable"
        with pytest.raises(bw.NotFoundError):
            account.get_start_task_result("demo", "none")


# logs


def test_logs_are_uploaded(account, broken):
    start = datetime.now(UTC) - timedelta(days=1)
    uploaded = account.upload_node_logs("broken", broken.id, CONTAINER, start_time=start).result(SOON)
    assert uploaded.virtual_directory_name.startswith(f"broken/{broken.id}/")
    assert uploaded.number_of_files == 8


def test_a_refused_upload_does_not_tell_the_url(account, broken, monkeypatch):
    monkeypatch.setattr("batch_widgets.account.node_files.check_log_upload", lambda *_args, **_options: ())
    url = "ftp://contoso/logs?sp=rw&sig=c2VudGluZWw"
    operation = account.upload_node_logs("broken", broken.id, url, start_time=datetime.now(UTC))
    error = operation.exception(SOON)
    assert error.code == "InvalidPropertyValue"
    assert "containerUrl" in error.message
    told = "".join([*traceback.format_exception(error), repr(vars(error)), repr(operation)])
    assert "c2VudGluZWw" not in told


@pytest.mark.parametrize("fault", ["lost", "reset", "error"])
def test_logs_are_asked_for_once(account, service, broken, fault):
    before = service.requests["POST", "upload_node_logs"]
    service.faults.add(f"{fault} operation=upload_node_logs times=1")
    start = datetime.now(UTC) - timedelta(days=1)
    error = account.upload_node_logs("broken", broken.id, CONTAINER, start_time=start).exception(SOON)
    assert error.maybe_done
    assert service.requests["POST", "upload_node_logs"] == before + 1


def test_files_that_are_missing_put_nothing_into_the_log(account, caplog):
    node = account.list_nodes("demo")[0]
    assert account.get_start_task_result("demo", node.id).stdout.missing
    assert [record for record in caplog.records if record.name.startswith("azure")] == []
