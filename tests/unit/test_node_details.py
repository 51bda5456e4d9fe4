"""NodeDetails: one node's state and start task, and what is read when."""

from __future__ import annotations

from dataclasses import replace

import pytest

from batch_widgets.errors import NotFoundError
from batch_widgets.node_facts import StartTaskInfo, TaskFailure
from batch_widgets.widgets.controls import close_tree
from batch_widgets.widgets.node_details import FILES, NodeDetails
from unit.fakes import make_node
from unit.node_on_show import (  # noqa: F401 (fixtures)
    NODE,
    REFUSED,
    START,
    details_fixture,
    files_fixture,
    open_section,
    settled,
    show_node,
    shown,
)

pytestmark = pytest.mark.usefixtures("breathless")


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


def test_a_node_on_show_is_followed_until_it_is_gone(details, account):
    details.follow("p", [NODE])
    assert details.node is None
    show_node(details, account)
    details.follow("p", [replace(NODE, state="rebooting"), make_node("m")])
    assert "rebooting" in details._title.value
    details.follow("p", [make_node("m")])
    assert details.node is None
    assert not shown(details)
