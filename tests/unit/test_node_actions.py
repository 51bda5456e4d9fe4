"""NodeActions: what can be clicked in which states, what is asked first, and what is started."""

from __future__ import annotations

import pytest

from batch_widgets.widgets.controls import close_tree
from batch_widgets.widgets.node_actions import NodeActions
from unit.fakes import make_account, make_node

SOON = 5.0
IDLE = make_node("idle", scheduling_state="enabled", running_tasks_count=0)
BUSY = make_node("busy", "running", scheduling_state="enabled", running_tasks_count=2)
OFF = make_node("off", "offline", scheduling_state="disabled", running_tasks_count=0)
AWAY = make_node("away", "deallocated", scheduling_state="enabled")
BOOTING = make_node("booting", "rebooting", scheduling_state="enabled")
NODES = (IDLE, BUSY, OFF, AWAY, BOOTING)


class Panel:
    """Notes what the widget hands over."""

    def __init__(self):
        self.followed = []
        self.focused = []

    def follow(self, operation, title):
        self.followed.append((operation, title))


@pytest.fixture
def panel():
    return Panel()


@pytest.fixture
def actions(account, service, panel):
    service.add_pool("p", nodes=NODES)
    actions = NodeActions(account, panel.follow, focus=panel.focused.append)
    _ = actions.model_id
    yield actions
    close_tree(actions)


def enabled(actions):
    return {name for name, one in actions.buttons.items() if not one.disabled}


def shown(widget):
    return widget.layout.display != "none"


def answer(actions, number):
    actions.question.buttons[number].click()


USABLE = {"reboot", "reimage", "deallocate", "disable_scheduling", "remove"}


@pytest.mark.parametrize(
    ("nodes", "names"),
    [
        ((), set()),
        ((IDLE,), USABLE),
        ((OFF,), {"reboot", "reimage", "deallocate", "enable_scheduling", "remove"}),
        ((AWAY,), {"start", "remove"}),
        ((BOOTING,), {"remove"}),
        ((make_node("n", "leavingpool"),), set()),
        ((make_node("n", "starttaskfailed"),), USABLE | {"enable_scheduling"}),
        (NODES, USABLE | {"start", "enable_scheduling"}),
    ],
)
def test_what_fits_the_states_can_be_clicked(actions, nodes, names):
    actions.set_nodes("p", nodes)
    assert enabled(actions) == names


def test_a_button_that_is_off_says_why(actions):
    reboot = actions.buttons["reboot"]
    assert reboot.tooltip == "Select nodes first."
    actions.set_nodes("p", [BOOTING])
    assert reboot.tooltip == "The node is rebooting."
    actions.set_nodes("p", [BOOTING, AWAY, make_node("n", "rebooting")])
    assert reboot.tooltip == (
        "None of the 3 selected nodes takes it. 2: The node is rebooting. 1: The node is deallocated."
    )
    actions.set_nodes("p", [IDLE])
    assert "start task runs again" in reboot.tooltip


def test_the_states_of_the_selection_stand_beside_the_buttons(actions):
    assert "Select nodes" in actions._states.value
    actions.set_nodes("p", [AWAY, IDLE, make_node("n")])
    assert "Selected: 2 idle, 1 deallocated" in actions._states.value


def test_nothing_is_done_before_the_answer(actions, service, panel):
    actions.set_nodes("p", [IDLE])
    actions.buttons["reboot"].click()
    assert actions.question.visible
    assert "Reboot 1 node?" in actions.question.text
    safe, go = actions.question.buttons
    assert (safe.description, go.description) == ("Leave as is", "Reboot 1 node")
    assert "bw-safe" in safe._dom_classes
    assert "bw-primary" in go._dom_classes
    assert panel.focused == ["bw-safe"]
    answer(actions, 0)
    assert not actions.question.visible
    assert panel.focused[1:] == ["bw-act-reboot"]
    assert "bw-act-reboot" in actions.buttons["reboot"]._dom_classes
    assert not panel.followed
    assert not service.calls


@pytest.mark.parametrize(
    ("name", "call", "node", "hue"),
    [
        ("reboot", ("reboot_node", "p", "idle", "requeue"), IDLE, "bw-warn"),
        ("reimage", ("reimage_node", "p", "idle", "requeue"), IDLE, "bw-err"),
        ("deallocate", ("deallocate_node", "p", "idle", "requeue"), IDLE, "bw-err"),
        ("start", ("start_node", "p", "away"), AWAY, "bw-warn"),
        ("disable_scheduling", ("disable_node_scheduling", "p", "idle", "requeue"), IDLE, "bw-warn"),
        ("remove", ("remove_nodes", "p", ("idle",), "requeue"), IDLE, "bw-err"),
    ],
)
def test_what_the_answer_starts(actions, service, panel, name, call, node, hue):
    actions.set_nodes("p", [node])
    actions.buttons[name].click()
    assert hue in actions.question._dom_classes
    answer(actions, 1)
    ((operation, title),) = panel.followed
    assert list(operation.result(SOON)["outcome"]) == ["done"]
    assert title == operation.title
    assert call in service.calls
    assert not actions.question.visible


def test_scheduling_is_enabled_without_a_question(actions, service, panel):
    actions.set_nodes("p", [OFF])
    actions.buttons["enable_scheduling"].click()
    ((operation, title),) = panel.followed
    assert title == "Enable scheduling on 1 node"
    operation.result(SOON)
    assert ("enable_node_scheduling", "p", "off") in service.calls


def test_the_question_says_what_is_lost_and_who_is_left_out(actions, panel):
    actions.set_nodes("p", NODES)
    actions.buttons["reimage"].click()
    text = actions.question.text
    assert "Reimage 3 nodes?" in text
    assert "2 tasks run on them." in text
    assert "users and all files on the nodes are lost" in text
    assert "Left out of the 5 selected: 1 rebooting, 1 deallocated." in text
    assert "bw-danger" in actions.question.buttons[1]._dom_classes
    answer(actions, 1)
    frame = panel.followed[0][0].result(SOON)
    assert dict(zip(frame["node_id"], frame["outcome"], strict=True)) == {
        "idle": "done",
        "busy": "done",
        "off": "failed",
        "away": "skipped",
        "booting": "skipped",
    }


def test_running_tasks_are_asked_about(actions, service, panel):
    actions.set_nodes("p", [IDLE])
    actions.buttons["remove"].click()
    assert not shown(actions._tasks_row)
    actions.set_nodes("p", [IDLE, BUSY])
    actions.buttons["remove"].click()
    assert shown(actions._tasks_row)
    actions.tasks.value = "taskcompletion"
    answer(actions, 1)
    panel.followed[0][0].result(SOON)
    assert ("remove_nodes", "p", ("idle", "busy"), "taskcompletion") in service.calls
    assert not shown(actions._tasks_row)
    actions.buttons["remove"].click()
    assert actions.tasks.value == "requeue"


def test_starting_says_what_it_costs(actions, service, panel):
    actions.set_nodes("p", [AWAY])
    actions.buttons["start"].click()
    assert "charged from then on" in actions.question.text
    with make_account(service, is_demo=True) as demo:
        other = NodeActions(demo, panel.follow)
        other.set_nodes("p", [AWAY])
        other.buttons["start"].click()
        assert "Nothing is charged." in other.question.text
        close_tree(other)


def test_a_question_outlives_a_refresh_but_no_other_selection(actions):
    actions.set_nodes("p", [IDLE, BUSY])
    actions.buttons["reboot"].click()
    actions.set_nodes("p", [IDLE, make_node("busy", "rebooting")])
    assert actions.question.visible
    actions.set_nodes("p", [IDLE])
    assert not actions.question.visible
    actions.buttons["reboot"].click()
    actions.set_nodes("q", [IDLE])
    assert not actions.question.visible


def test_the_nodes_of_the_question_count(actions, panel):
    actions.set_nodes("p", [IDLE, BUSY])
    actions.buttons["reboot"].click()
    actions.set_nodes("p", [make_node("idle", "rebooting"), BUSY])
    answer(actions, 1)
    assert list(panel.followed[0][0].result(SOON)["node_id"]) == ["idle", "busy"]


def test_a_click_that_comes_too_late_does_nothing(actions, panel):
    actions.set_nodes("p", [BOOTING])
    actions.buttons["reboot"].click()
    assert not actions.question.visible
    assert not panel.followed


def test_a_closed_account(actions, account, panel):
    actions.set_nodes("p", [IDLE])
    actions.buttons["reboot"].click()
    account.close()
    account.runner.drain()
    assert enabled(actions) == set()
    assert actions.buttons["reboot"].tooltip == "The account was closed."
    assert not actions.question.visible


def test_an_error_shows_in_place(actions, account, monkeypatch):
    from batch_widgets.errors import ClosedError

    def refuse(*_args, **_options):
        raise ClosedError("The account was closed.", hint="Run bw.connect().")

    monkeypatch.setattr(account, "reboot_nodes", refuse)
    actions.set_nodes("p", [IDLE])
    actions.buttons["reboot"].click()
    answer(actions, 1)
    assert "The account was closed." in actions.question.text
