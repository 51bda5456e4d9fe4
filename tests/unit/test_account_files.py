"""Looking into one node from the account: files, start task, logs."""

from __future__ import annotations

import asyncio
import traceback
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from batch_widgets.account.attempts import TRIES
from batch_widgets.errors import NotFoundError, ServiceError, ThrottledError, ValidationError
from batch_widgets.node_facts import FileEnd, NodeFile, StartTaskInfo, TaskFailure, UploadedLogs
from unit.fakes import LOST, NEVER_SENT, make_node

pytestmark = pytest.mark.usefixtures("breathless")
SOON = 5.0
KIB16 = 16 * 1024
SECRET = "c2VudGluZWw"
CONTAINER = f"https://contoso.blob.core.windows.net/logs?sp=rw&sig={SECRET}"
PAUSE = ThrottledError("Wait.", retry_after_s=0.001)
NOT_UP = ServiceError("The node is rebooting.", code="OperationNotValidOnNode", status=409)
INFO = StartTaskInfo("completed", 127, result="failure", failure=TaskFailure("usererror", "FailureExitCode", "Bad."))


@pytest.fixture
def files(service):
    """The files of the node ``n`` of the pool ``p``."""
    script = service.add_pool("p", nodes=[make_node("n", start_task=INFO)])
    return script.files.setdefault("n", {"startup/stdout.txt": b"trying\n", "startup/stderr.txt": b"", "top": b"1"})


# files


def test_a_node(account, service, files):
    assert account.get_node("p", "n").start_task == INFO
    with pytest.raises(NotFoundError):
        account.get_node("p", "none")


def test_files_are_listed(account, files):
    found = account.list_node_files("p", "n")
    assert [(file.path, file.size) for file in found] == [
        ("startup/stdout.txt", 7),
        ("startup/stderr.txt", 0),
        ("top", 1),
    ]
    assert [file.path for file in account.list_node_files("p", "n", recursive=False)] == ["top"]


@pytest.mark.parametrize(("part", "content"), [({}, b"trying\n"), ({"start": 3}, b"ing\n"), ({"end": 3}, b"try")])
def test_a_file_is_read(account, files, part, content):
    assert account.get_node_file("p", "n", "startup/stdout.txt", **part) == content


@pytest.mark.parametrize("trouble", [NEVER_SENT, PAUSE, ServiceError("Oops.", status=500)])
def test_a_passing_trouble_is_not_told(account, service, files, trouble):
    for call in ("list_node_files", "get_node_file", "get_node", "get_node_file_properties"):
        service.fail(call, trouble, times=2)
    assert account.get_node_file("p", "n", "top") == b"1"
    assert len(account.list_node_files("p", "n")) == 3
    assert account.get_node("p", "n").id == "n"
    service.fail("get_node_file_properties", trouble)
    with pytest.raises(type(trouble)):
        account.get_node_file_end("p", "n", "top")


@pytest.mark.parametrize(
    ("content", "size", "text", "is_whole"),
    [
        (b"", 10, "", True),
        (b"0123456789", 10, "0123456789", True),
        (b"0123456789", 4, "6789", False),
        ("aüöä".encode(), 5, "öä", False),
        (b"\xff\xfe!", 10, "\ufffd\ufffd!", True),
    ],
)
def test_the_end_of_a_file(account, service, files, content, size, text, is_whole):
    files["f"] = content
    assert account.get_node_file_end("p", "n", "f", size=size) == FileEnd("f", text, len(content), is_whole=is_whole)
    asked = [end - start for name, *_, start, end in service.calls if name == "get_node_file"]
    assert asked == [min(size, len(content))]


def test_a_folder_has_no_end(account, service, files, monkeypatch):
    async def folder(_pool, _node, path):
        return NodeFile(path, is_directory=True)

    monkeypatch.setattr(service, "get_node_file_properties", folder)
    assert account.get_node_file_end("p", "n", "startup").missing == "It is a folder."


# the start task


def test_how_the_start_task_went(account, files):
    files["startup/stderr.txt"] = b"x" * (KIB16 + 5)
    result = account.get_start_task_result("p", "n")
    assert (result.node_id, result.info, result.exit_code) == ("n", INFO, 127)
    assert result.stdout == FileEnd("startup/stdout.txt", "trying\n", 7, is_whole=True)
    assert (len(result.stderr.text), result.stderr.size, result.stderr.is_whole) == (KIB16, KIB16 + 5, False)


def test_missing_files_are_said(account, files):
    del files["startup/stdout.txt"]
    result = account.get_start_task_result("p", "n")
    assert result.stdout.missing == "The node has no such file."
    assert result.stderr == FileEnd("startup/stderr.txt", "", 0, is_whole=True)


def test_a_node_that_is_not_up_tells_what_is_known(account, service, files):
    service.fail("get_node_file_properties", NOT_UP)
    result = account.get_start_task_result("p", "n")
    assert result.exit_code == 127
    assert result.stdout.missing == "The node is idle; its files cannot be read now."


def test_a_refusal_without_words_is_asked_for_them(account, service, files):
    service.fail("get_node_file_properties", ServiceError("Status 409.", status=409))
    service.fail("get_node_file", NOT_UP)
    with pytest.raises(ServiceError, match="The node is rebooting"):
        account.get_node_file_end("p", "n", "top")
    service.mend()
    service.fail("get_node_file_properties", ServiceError("Status 409.", status=409))
    with pytest.raises(ServiceError, match="Status 409"):
        account.get_node_file_end("p", "n", "top")


def test_a_pool_without_a_start_task(account, service, files):
    script = service.pools["p"]
    script.steps = [(pool, [replace(node, start_task=None) for node in nodes]) for pool, nodes in script.steps]
    assert account.get_start_task_result("p", "n").info is None


@pytest.mark.parametrize("code", ["NodeNotFound", "PoolNotFound"])
def test_a_node_that_goes_meanwhile_is_an_error(account, service, files, code):
    service.fail("get_node_file_properties", NotFoundError("Gone.", code=code, status=404))
    with pytest.raises(NotFoundError):
        account.get_start_task_result("p", "n")


def test_another_trouble_is_an_error(account, service, files):
    service.fail("get_node_file_properties", ServiceError("Odd.", code="Odd", status=400))
    with pytest.raises(ServiceError, match="Odd"):
        account.get_start_task_result("p", "n")


# logs


def yesterday():
    return datetime.now(UTC) - timedelta(days=1)


def test_logs_are_uploaded(account, service, files):
    operation = account.upload_node_logs("p", "n", CONTAINER, start_time=yesterday())
    assert operation.title == "Upload logs of node n"
    assert operation.result(SOON) == UploadedLogs("p/n/logs", 8)
    assert service.uploads == [CONTAINER]


def test_the_url_may_be_asked_for(account, service, files):
    account.upload_node_logs("p", "n", lambda: f"{CONTAINER}\n", start_time=yesterday()).result(SOON)
    assert service.uploads == [CONTAINER]


def test_a_time_without_a_zone_is_this_machines(account, service, files, monkeypatch):
    local = (datetime.now() - timedelta(days=1)).replace(microsecond=0)  # noqa: DTZ005
    account.upload_node_logs("p", "n", CONTAINER, start_time=local, end_time=local + timedelta(hours=1)).result(SOON)
    ((_, _, _, start, end),) = [call for call in service.calls if call[0] == "upload_node_logs"]
    assert start.tzinfo == end.tzinfo == UTC
    assert start == local.astimezone(UTC)
    assert end - start == timedelta(hours=1)


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"container_url": f"http://contoso/logs?sig={SECRET}"}, "container_url"),
        ({"container_url": lambda: ""}, "container_url"),
        ({"start_time": datetime.now(UTC) + timedelta(days=1)}, "start_time"),
        ({"end_time": datetime.now(UTC) - timedelta(days=2)}, "end_time"),
    ],
)
def test_logs_that_go_nowhere_are_not_asked_for(account, service, options, field):
    with pytest.raises(ValidationError) as caught:
        account.upload_node_logs("p", "n", **{"container_url": CONTAINER, "start_time": yesterday(), **options})
    assert [one.field for one in caught.value.problems] == [field]
    assert SECRET not in str(caught.value)
    assert not service.calls


@pytest.mark.parametrize(
    ("error", "times", "tries", "is_done"),
    [(PAUSE, TRIES - 1, TRIES, True), (PAUSE, TRIES, TRIES, False), (LOST, 1, 1, False), (NOT_UP, 1, 1, False)],
)
def test_uploading_through_trouble(account, service, files, error, times, tries, is_done):
    service.fail("upload_node_logs", error, times=times)
    operation = account.upload_node_logs("p", "n", CONTAINER, start_time=yesterday())
    assert (operation.exception(SOON) is None) is is_done
    assert service.count("upload_node_logs") == tries


def test_nothing_keeps_the_url(account, service, files):
    service.fail("upload_node_logs", NOT_UP)
    operation = account.upload_node_logs("p", "n", CONTAINER, start_time=yesterday())
    error = operation.exception(SOON)
    with pytest.raises(ServiceError) as caught:
        operation.result(SOON)
    told = [repr(operation), str(vars(operation)), repr(error), repr(vars(error)), repr(service.calls)]
    told += traceback.format_exception(caught.value)
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    told += [
        repr(value)
        for frame in frames
        if "batch_widgets" in frame.f_code.co_filename
        for value in frame.f_locals.values()
    ]
    assert frames
    assert not [text for text in told if SECRET in text]


def test_aio(account, service, files):
    async def main():
        aio = account.aio
        assert (await aio.get_node("p", "n")).id == "n"
        assert len(await aio.list_node_files("p", "n", recursive=False)) == 1
        assert await aio.get_node_file("p", "n", "top", end=1) == b"1"
        assert (await aio.get_node_file_end("p", "n", "top")).text == "1"
        assert (await aio.get_start_task_result("p", "n")).exit_code == 127
        assert (await aio.upload_node_logs("p", "n", CONTAINER, start_time=yesterday())).number_of_files == 8

    asyncio.run(main())
    assert service.threads == {"batch-widgets-loop"}
