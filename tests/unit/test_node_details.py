"""NodeDetails: one node's state, start task, files and logs, and what is read when."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from batch_widgets.errors import NotFoundError, ServiceError, ServiceUnreachableError
from batch_widgets.node_facts import StartTaskInfo, TaskFailure
from batch_widgets.widgets import markup
from batch_widgets.widgets.controls import close_tree
from batch_widgets.widgets.download import MOST_BYTES
from batch_widgets.widgets.node_details import FILES, LOGS, NodeDetails
from unit.fakes import make_account, make_node

pytestmark = pytest.mark.usefixtures("breathless")
SOON = 5.0
START = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
FAILURE = TaskFailure("usererror", "FailureExitCode", "It <failed>.", (("Message", "It <failed>."), ("Odd", "7")))
INFO = StartTaskInfo("completed", 127, START, START + timedelta(seconds=90), 2, START, "failure", FAILURE)
NODE = make_node("n", "starttaskfailed", start_task=INFO, start_task_exit_code=127, ip_address="10.0.0.4")
SECRET = "c2VudGluZWw"
CONTAINER = f"https://contoso.blob.core.windows.net/logs?sp=rw&sig={SECRET}"
REFUSED = ServiceError("Odd.", code="Odd", status=400)


@pytest.fixture
def files(service):
    script = service.add_pool("p", nodes=[NODE, make_node("m")])
    script.files["m"] = {}
    return script.files.setdefault(
        "n", {"startup/stdout.txt": b"trying <hard>\n", "startup/stderr.txt": b"", "startup/wd/blob": b"a\0b"}
    )


@pytest.fixture
def details(account, service, files):
    details = NodeDetails(account)
    _ = details.model_id
    yield details
    close_tree(details)


def shown(widget):
    return widget.layout.display != "none"


def settled(account):
    """Wait until nothing is asked any more, and all is told."""
    deadline = time.monotonic() + SOON
    while account.runner._operations and time.monotonic() < deadline:
        time.sleep(0.002)
    account.runner.drain()


def show_node(details, account, node=NODE):
    details.show_node("p", node)
    settled(account)


def open_section(details, account, name):
    details.section.value = name
    settled(account)


# state


def test_it_is_hidden_until_it_is_told_which_node(details, service):
    assert not shown(details)
    assert not service.calls


def test_state_and_what_to_do(details, account):
    show_node(details, account)
    assert shown(details)
    assert "start task failed" in details._title.value
    assert "10.0.0.4" in details.state.value
    assert "Start task: exit code 127: command not found" in details.state.value
    assert "Mend the pool&#x27;s start task" in details.state.value


def test_errors_of_the_node(details, account):
    show_node(details, account, replace(NODE, state="unusable", errors=("DiskFull: No <room>.", "Odd")))
    assert "DiskFull: No &lt;room&gt;." in details.state.value
    assert "Odd" in details.state.value
    show_node(details, account, make_node("m", "unusable"))
    assert "gives no reason" in details.state.value


def test_a_good_node_has_no_troubles(details, account):
    show_node(details, account, make_node("m"))
    assert "bw-prob" not in details.state.value
    assert "bw-body" not in details.state.value


# the start task


def test_how_the_start_task_went(details, account):
    show_node(details, account)
    facts = details.start_task.facts.value
    for text in ("failed", "exit code 127, command not found", "for 90 s", "2, the last time on", "It &lt;failed&gt;."):
        assert text in facts
    assert "usererror: FailureExitCode" in facts
    assert ">Odd<" in facts
    assert "Message" not in facts
    assert "trying &lt;hard&gt;" in details.start_task.stdout.value
    assert "is empty" in details.start_task.stderr.value


@pytest.mark.parametrize(
    ("info", "words"),
    [
        (StartTaskInfo("running", start_time=START), ["running", "since "]),
        (StartTaskInfo("completed", 0, START, START, result="success"), ["succeeded", "exit code 0"]),
        (StartTaskInfo("completed", None, failure=TaskFailure("servererror")), ["failed", "servererror", "–"]),
        (StartTaskInfo("completed", 1, retry_count=3, result="failure"), ["failed", ">3<"]),
    ],
)
def test_other_ends(details, account, service, info, words):
    node = replace(NODE, start_task=info)
    script = service.pools["p"]
    script.steps = [(pool, (node,)) for pool, _ in script.steps]
    show_node(details, account, node)
    for word in words:
        assert word in details.start_task.facts.value


def test_a_pool_without_a_start_task(details, account):
    show_node(details, account, make_node("m"))
    assert "No start task has run here" in details.start_task.facts.value
    assert details.start_task.stdout.value == ""


def test_missing_and_long_files(details, account, files):
    del files["startup/stderr.txt"]
    files["startup/stdout.txt"] = b"x" * 45_000
    show_node(details, account)
    assert "The node has no such file." in details.start_task.stderr.value
    assert "the end of 45.0 kB" in details.start_task.stdout.value


def test_a_refresh_reads_it_again_only_when_the_node_has_changed(details, account, service):
    show_node(details, account)
    for _ in range(3):
        show_node(details, account, replace(NODE))
    assert service.count("get_node") == 1
    show_node(details, account, replace(NODE, state="rebooting"))
    assert service.count("get_node") == 2
    assert "rebooting" in details._title.value


def test_another_node_takes_its_place(details, account, service):
    show_node(details, account)
    open_section(details, account, FILES)
    assert details.files.grid.rows
    service.hold("list_node_files")
    details.show_node("p", make_node("m"))
    assert details.files.grid.rows == []
    assert details.start_task.facts.value == ""
    service.release("list_node_files")
    settled(account)
    assert details.files.grid.empty_text == "Batch keeps no files on this node."


def test_a_late_answer_about_the_node_before_is_not_shown(details, account, service):
    service.hold("get_node")
    details.show_node("p", NODE)
    details.show_node("p", make_node("m"))
    service.release("get_node")
    settled(account)
    assert "No start task has run here" in details.start_task.facts.value


def test_an_error_shows_with_a_way_to_try_again(details, account, service):
    service.fail("get_node", REFUSED, times=1)
    show_node(details, account)
    assert "Odd." in details.message.text
    assert "could not be read" in details.start_task.facts.value
    details.message.buttons[0].click()
    settled(account)
    assert not details.message.visible
    assert "exit code 127" in details.start_task.facts.value


def test_a_node_that_is_gone_is_an_error(details, account, service):
    service.fail("get_node", NotFoundError("No such node.", code="NodeNotFound", status=404))
    show_node(details, account)
    assert "No such node." in details.message.text


def test_a_programming_error_is_not_silent(details, account, service):
    service.fail("get_node", ValueError("secret detail"))
    show_node(details, account)
    assert "Something unexpected went wrong." in details.message.text
    assert "ValueError" in details.message.text
    assert "secret detail" not in details.message.text


def test_closing_by_the_button(details, account, service):
    closed = []
    details.on_closed(lambda: closed.append(1))
    show_node(details, account)
    details.close_button.click()
    assert not shown(details)
    assert closed == [1]
    assert details.node is None
    show_node(details, account)
    assert service.count("get_node") == 2


def test_reading_anew(details, account, service, files):
    show_node(details, account)
    files["startup/stdout.txt"] = b"more\n"
    details.refresh_button.click()
    settled(account)
    assert "more" in details.start_task.stdout.value


# files


def test_files_are_listed_when_first_wanted(details, account, service):
    show_node(details, account)
    assert service.count("list_node_files") == 0
    assert not shown(details.files)
    open_section(details, account, FILES)
    assert shown(details.files)
    assert not shown(details.start_task)
    assert [row["path"] for row in details.files.grid.rows] == [
        "startup/stdout.txt",
        "startup/stderr.txt",
        "startup/wd/blob",
    ]
    assert details.files.grid.rows[0]["size"] == {"text": "14 bytes", "sort": 14}
    open_section(details, account, LOGS)
    open_section(details, account, FILES)
    assert service.count("list_node_files") == 1
    assert details.files.download.disabled


def select(details, account, path):
    details.files.grid.selected = (path,)
    settled(account)


def test_the_end_of_the_selected_file(details, account):
    show_node(details, account)
    open_section(details, account, FILES)
    select(details, account, "startup/stdout.txt")
    assert "trying &lt;hard&gt;" in details.files.preview.value
    assert "startup/stdout.txt" in details.files.picked.value
    assert not details.files.download.disabled
    select(details, account, "startup/wd/blob")
    assert "3 bytes, not a text" in details.files.picked.value
    assert details.files.preview.value == ""
    details.files.grid.selected = ()
    assert details.files.preview.value == ""
    assert details.files.download.disabled
    assert details.files.load_preview() is None
    assert details.files.save() is None


def test_no_file_shows_under_the_name_of_another(details, account, service):
    show_node(details, account)
    open_section(details, account, FILES)
    select(details, account, "startup/stdout.txt")
    service.hold("get_node_file_properties")
    details.files.grid.selected = ("startup/wd/blob",)
    assert details.files.preview.value == ""
    assert "startup/wd/blob" in details.files.picked.value
    service.release("get_node_file_properties")
    settled(account)


def test_a_file_that_cannot_be_read(details, account, service, files):
    show_node(details, account)
    open_section(details, account, FILES)
    del files["startup/stdout.txt"]
    select(details, account, "startup/stdout.txt")
    assert "does not exist" in details.message.text
    assert details.files.preview.value == ""


def test_files_that_cannot_be_listed(details, account, service):
    service.fail("list_node_files", REFUSED, times=1)
    show_node(details, account)
    open_section(details, account, FILES)
    assert details.files.grid.empty_text == "The files could not be listed."
    assert not details.files.grid.busy
    details.message.buttons[0].click()
    settled(account)
    assert len(details.files.grid.rows) == 3


def test_a_list_read_anew_keeps_the_selection(details, account, service, files):
    show_node(details, account)
    open_section(details, account, FILES)
    select(details, account, "startup/stdout.txt")
    files["startup/stdout.txt"] = b"more\n"
    details.refresh_button.click()
    settled(account)
    assert details.files.grid.selected == ("startup/stdout.txt",)
    assert "more" in details.files.preview.value


def test_a_file_is_saved(details, account, service, files, monkeypatch):
    offered = []
    monkeypatch.setattr(details.files.download, "offer", lambda name, data: offered.append((name, data)))
    show_node(details, account)
    open_section(details, account, FILES)
    select(details, account, "startup/stdout.txt")
    files["startup/stdout.txt"] += b"and it grows"
    details.files.download._handlers["click"]({"page": "1"})
    settled(account)
    assert offered == [("startup/stdout.txt", b"trying <hard>\n")]
    assert not details.files.download.busy
    select(details, account, "startup/stderr.txt")
    details.files.save()
    settled(account)
    assert offered[1] == ("startup/stderr.txt", b"")


def test_a_file_that_cannot_be_saved(details, account, service):
    show_node(details, account)
    open_section(details, account, FILES)
    select(details, account, "startup/stdout.txt")
    service.fail("get_node_file", ServiceUnreachableError("Cannot reach it."))
    details.files.save()
    settled(account)
    assert "Cannot reach it." in details.message.text
    assert not details.files.download.busy


def test_a_file_that_is_too_large_for_a_browser(details, account, service):
    show_node(details, account)
    open_section(details, account, FILES)
    large = replace(details.files._files["startup/stdout.txt"], size=MOST_BYTES + 1)
    details.files._files["startup/stdout.txt"] = large
    select(details, account, "startup/stdout.txt")
    before = service.count("get_node_file")
    assert details.files.save() is None
    assert "a browser is sent 50.0 MB at most" in details.message.text
    assert "account.get_node_file(&#x27;p&#x27;, &#x27;n&#x27;" in details.message.text
    assert service.count("get_node_file") == before


# logs


def type_url(details, url):
    """Do what the page does when the button is pressed."""
    field = details.logs.url
    sent = []
    field.send = sent.append
    field.filled = True
    details.logs.upload_button.click()
    (request,) = sent
    field._handlers["secret"]({"id": request["id"], "value": url})


def test_logs_are_uploaded(details, account, service):
    show_node(details, account)
    open_section(details, account, LOGS)
    details.logs.hours.value = 6
    type_url(details, CONTAINER)
    settled(account)
    assert "Batch puts 8 files with the logs of node n" in details.message.text
    assert "p/n/logs" in details.message.text
    assert "demo" not in details.message.text
    assert service.uploads == [CONTAINER]
    ((_, pool_id, node_id, start, end),) = [call for call in service.calls if call[0] == "upload_node_logs"]
    assert (pool_id, node_id, end) == ("p", "n", None)
    assert abs(datetime.now(UTC) - start - timedelta(hours=6)) < timedelta(minutes=1)
    assert not details.logs.upload_button.disabled


def test_the_demo_says_that_nothing_leaves(service, files):
    with make_account(service, is_demo=True) as account:
        details = NodeDetails(account)
        show_node(details, account)
        type_url(details, CONTAINER)
        settled(account)
        assert "nothing leaves this machine" in details.message.text
        close_tree(details)


@pytest.mark.parametrize(
    ("url", "says"), [("https://contoso/logs", "no shared access signature"), ("x", "Give the URL")]
)
def test_a_wrong_url_is_said_beside_the_field(details, account, service, url, says):
    show_node(details, account)
    type_url(details, url)
    assert says in details.logs._url_field.widget.children[-1].value
    assert service.uploads == []


def test_without_a_url_nothing_is_asked_of_the_page(details, account):
    show_node(details, account)
    details.logs.url.send = lambda _: pytest.fail("asked")
    details.logs.submit()
    assert "Give the URL" in details.logs._url_field.widget.children[-1].value


def test_an_upload_that_fails(details, account, service):
    service.fail("upload_node_logs", ServiceError("The node is rebooting.", code="NodeBeingRebooted", status=409))
    show_node(details, account)
    type_url(details, CONTAINER)
    settled(account)
    assert "The node is rebooting." in details.message.text
    assert not details.logs.upload_button.disabled


def test_the_url_is_no_state_of_any_widget(details, account, service):
    show_node(details, account)
    type_url(details, CONTAINER)
    settled(account)

    def states(widget):
        yield str(widget.get_state())
        for child in getattr(widget, "content", ()):
            yield from states(child)

    assert not [state for state in states(details) if SECRET in state]


# life


def test_a_closed_account(details, account):
    show_node(details, account)
    account.close()
    account.runner.drain()
    assert all(control.disabled for control in details.online)
    details.section.value = FILES
    assert details.files.grid.rows == []
    details.show_node("p", make_node("m"))
    assert not details.message.visible


def test_a_closed_widget_waits_for_nothing(account, service, files):
    details = NodeDetails(account)
    service.hold("get_node")
    details.show_node("p", NODE)
    close_tree(details)
    settled(account)
    service.release("get_node")
    assert service.in_flight == 0


# words


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (999, "999 bytes"),
        (1000, "1.0 kB"),
        (16_384, "16.4 kB"),
        (999_960, "1.0 MB"),
        (1_234_567_890, "1.2 GB"),
        (5 * 10**15, "5,000.0 TB"),
    ],
)
def test_sizes(count, words):
    assert markup.size(count) == words


def test_the_end_of_a_text_for_a_terminal():
    html = markup.text_end("\x1b[1;31mred\x1b[0m\r\n\x1b]0;title\x07<b>\x1b(B\x07\n\n", 'End of "it"')
    assert "red\n&lt;b&gt;" in html
    assert "title" not in html
    assert "[31m" not in html
    assert 'aria-label="End of &quot;it&quot;"' in html


def test_logs_of_a_node_that_is_no_longer_on_show_are_told_of_by_its_id(details, account, service):
    service.hold("upload_node_logs")
    show_node(details, account)
    type_url(details, CONTAINER)
    details.show_node("p", make_node("m"))
    service.fail("upload_node_logs", ServiceError("The node is rebooting.", code="NodeBeingRebooted", status=409))
    service.release("upload_node_logs")
    settled(account)
    assert "The logs of node n were not uploaded." in details.message.text


def test_a_file_whose_size_is_not_known_is_saved_whole(details, account, service, files, monkeypatch):
    list_files = service.list_node_files

    async def without_sizes(*arguments, **options):
        return [replace(file, size=None) for file in await list_files(*arguments, **options)]

    monkeypatch.setattr(service, "list_node_files", without_sizes)
    files["big"] = b"x" * (MOST_BYTES + 1)
    show_node(details, account)
    open_section(details, account, FILES)
    offered, offer = [], details.files.download.offer
    details.files.download.offer = lambda name, data: offered.append((name, data)) or offer(name, data)
    details.files.grid.selected = ("startup/stdout.txt",)
    details.files.save()
    settled(account)
    assert ("startup/stdout.txt", b"trying <hard>\n") in offered
    details.files.grid.selected = ("big",)
    details.files.save()
    settled(account)
    assert "50 MB at most" in details.message.text, "what cannot be saved is said"
    assert not details.files.download.busy


def test_a_node_on_show_is_followed_until_it_is_gone(details, account):
    details.follow("p", [NODE])
    assert details.node is None
    show_node(details, account)
    details.follow("p", [replace(NODE, state="rebooting"), make_node("m")])
    assert "rebooting" in details._title.value
    details.follow("p", [make_node("m")])
    assert details.node is None
    assert not shown(details)
