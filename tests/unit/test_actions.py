"""What can be done to nodes in which states, and how one tells that it was done."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from batch_widgets.actions import NODE_ACTIONS
from unit.fakes import make_node

BOOTED = datetime(2026, 1, 2, tzinfo=UTC)
STATES = (
    *("idle", "running", "starttaskfailed", "unusable", "offline", "unknown", "somethingnew"),
    *("creating", "starting", "waitingforstarttask", "rebooting", "reimaging", "upgradingos"),
    *("deallocating", "deallocated", "preempted", "leavingpool"),
)
ASKED = set(STATES[:7])


def takes(name, scheduling=""):
    action = NODE_ACTIONS[name]
    return {state for state in STATES if not action.why_not(make_node("n", state, scheduling_state=scheduling))}


@pytest.mark.parametrize(
    ("name", "states"),
    [
        ("reboot", ASKED),
        ("reimage", ASKED),
        ("deallocate", ASKED),
        ("start", {"deallocated"}),
        ("remove", set(STATES) - {"leavingpool"}),
        ("disable_scheduling", ASKED),
        ("enable_scheduling", ASKED),
    ],
)
def test_the_states_in_which_the_service_is_asked(name, states):
    assert takes(name) == states


@pytest.mark.parametrize(("name", "now"), [("disable_scheduling", "disabled"), ("enable_scheduling", "enabled")])
def test_scheduling_is_not_switched_to_what_it_is(name, now):
    assert takes(name, now) == set()
    assert takes(name, "enabled" if now == "disabled" else "disabled") == ASKED
    assert "already" in NODE_ACTIONS[name].why_not(make_node(scheduling_state=now))


def test_the_reason_has_the_states_words():
    assert NODE_ACTIONS["reboot"].why_not(make_node("n", "waitingforstarttask")) == (
        "The node is waiting for start task."
    )
    assert "only a deallocated one" in NODE_ACTIONS["start"].why_not(make_node())


@pytest.mark.parametrize(
    ("name", "changes", "done"),
    [
        ("reboot", {"state": "rebooting"}, True),
        ("reboot", {"last_boot_time": BOOTED + timedelta(minutes=1)}, True),
        ("reboot", {"last_boot_time": None}, False),
        ("reboot", {}, False),
        ("reimage", {"state": "reimaging"}, True),
        ("reimage", {"last_boot_time": BOOTED + timedelta(minutes=1)}, True),
        ("reimage", {}, False),
        ("deallocate", {"state": "deallocated"}, True),
        ("deallocate", {}, False),
        ("start", {"state": "starting"}, True),
        ("start", {"state": "deallocated"}, False),
        ("disable_scheduling", {"scheduling_state": "disabled"}, True),
        ("disable_scheduling", {}, False),
        ("enable_scheduling", {"scheduling_state": "enabled"}, True),
        ("enable_scheduling", {"scheduling_state": "disabled"}, False),
        ("remove", {"state": "leavingpool"}, True),
        ("remove", {}, False),
    ],
)
def test_a_look_tells_whether_it_was_done(name, changes, done):
    before = make_node("n", last_boot_time=BOOTED)
    assert NODE_ACTIONS[name].was_done(before, replace(before, **changes)) is done


def test_words():
    assert NODE_ACTIONS["reboot"].words(1) == "Reboot 1 node"
    assert NODE_ACTIONS["disable_scheduling"].words(2) == "Disable scheduling on 2 nodes"
    assert NODE_ACTIONS["remove"].words(3) == "Remove 3 nodes from the pool"
