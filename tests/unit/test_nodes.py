"""Nodes: states in words, frames, and the rules of users."""

from __future__ import annotations

from datetime import UTC, datetime

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from batch_widgets.login import RemoteLoginSettings
from batch_widgets.nodes import (
    BROKEN_STATES,
    ON_THE_WAY_STATES,
    USABLE_STATES,
    NodeOutcome,
    NodeUser,
    check_user,
    failed_nodes,
    nodes_frame,
    outcomes_frame,
    state_counts,
    state_words,
)
from unit.fakes import make_node

DTYPES = {
    "node_id": "string",
    "state": "string",
    "is_dedicated": "bool",
    "ip_address": "string",
    "remote_login_ip_address": "string",
    "remote_login_port": "Int64",
    "ssh_command": "string",
    "scheduling_state": "string",
    "running_tasks_count": "Int64",
    "allocation_time": "datetime64[us, UTC]",
    "trouble": "string",
    "state_transition_time": "datetime64[us, UTC]",
    "last_boot_time": "datetime64[us, UTC]",
    "node_agent_version": "string",
}


@pytest.mark.parametrize("nodes", [(), (make_node(),)], ids=["empty", "full"])
def test_frame_has_the_same_types_when_empty(nodes):
    assert {name: str(dtype) for name, dtype in nodes_frame(nodes).dtypes.items()} == DTYPES


def test_frame_values():
    when = datetime(2026, 1, 2, tzinfo=UTC)
    nodes = (
        make_node("a", ip_address="10.0.0.4", running_tasks_count=0, allocation_time=when, last_boot_time=when),
        make_node("b", "unusable", is_dedicated=False),
    )
    logins = {"a": RemoteLoginSettings("a", "203.0.113.5", 40_000), "gone": RemoteLoginSettings("gone")}
    frame = nodes_frame(nodes, logins, {"a": "ssh a"})
    first, second = frame.to_dict("records")
    assert first["remote_login_ip_address"] == "203.0.113.5"
    assert first["remote_login_port"] == 40_000
    assert first["ssh_command"] == "ssh a"
    assert first["running_tasks_count"] == 0
    assert first["allocation_time"] == pd.Timestamp(when)
    assert first["last_boot_time"] == pd.Timestamp(when)
    assert pd.isna(first["state_transition_time"])
    assert pd.isna(first["trouble"])
    assert second["is_dedicated"] is False
    assert all(
        pd.isna(second[name]) for name in ("ip_address", "remote_login_port", "ssh_command", "running_tasks_count")
    )
    assert second["trouble"] == "Batch cannot talk to the machine."


def test_a_node_without_a_way_in_has_no_port():
    frame = nodes_frame([make_node("a")], {"a": RemoteLoginSettings("a", reason="No port.")})
    assert frame["remote_login_port"].isna().all()
    assert frame["remote_login_ip_address"].isna().all()


def test_the_nodes_to_try_again():
    words = ("added", "failed", "updated", "exists", "not reached", "skipped", "deleted", "absent", "failed")
    frame = outcomes_frame([NodeOutcome(f"n{number}", word) for number, word in enumerate(words)])
    assert failed_nodes(frame) == ("n1", "n4", "n8")
    assert failed_nodes(outcomes_frame([])) == ()


def test_outcomes_frame():
    frame = outcomes_frame([NodeOutcome("a", "added"), NodeOutcome("b", "failed", "NodeNotFound", "No such node.")])
    assert list(frame.columns) == ["node_id", "outcome", "error_code", "message"]
    assert frame["outcome"].tolist() == ["added", "failed"]
    assert set(map(str, frame.dtypes)) == set(map(str, outcomes_frame([]).dtypes)) == {"string"}


def test_states_do_not_overlap():
    assert not USABLE_STATES & BROKEN_STATES
    assert not USABLE_STATES & ON_THE_WAY_STATES
    assert not BROKEN_STATES & ON_THE_WAY_STATES
    assert [make_node(state=state).usable for state in ("idle", "running", "starting", "offline")] == [True] * 2 + [
        False
    ] * 2


def test_counts_follow_a_nodes_life():
    states = ["zz-new", "unusable", "creating", "idle", "creating", "aa-new"]
    assert list(state_counts(make_node(state=state) for state in states).items()) == [
        ("idle", 1),
        ("creating", 2),
        ("unusable", 1),
        ("aa-new", 1),
        ("zz-new", 1),
    ]
    assert state_counts([]) == {}


def test_words():
    assert state_words("waitingforstarttask") == "waiting for start task"
    assert state_words("something new") == "something new"


@pytest.mark.parametrize(
    ("node", "text"),
    [
        (make_node(), ""),
        (make_node(state="starttaskfailed", start_task_exit_code=127), "Start task: exit code 127: command not found"),
        (
            make_node(state="starttaskfailed", start_task_exit_code=126),
            "Start task: exit code 126: the command is not executable",
        ),
        (
            make_node(state="starttaskfailed", start_task_exit_code=1, start_task_failure="It ended with an error."),
            "Start task: exit code 1: It ended with an error.",
        ),
        (make_node(state="starttaskfailed", start_task_exit_code=1), "Start task: exit code 1"),
        (make_node(state="starttaskfailed", start_task_failure="No such user."), "Start task: No such user."),
        (make_node(state="starttaskfailed", start_task_failure="reason:"), "Start task: reason:"),
        (make_node(state="starttaskfailed"), "The start task failed."),
        (make_node(state="unusable"), "Batch cannot talk to the machine."),
        (make_node(state="unusable", errors=("A: b", "C")), "A: b; C"),
        (make_node(state="unusable", start_task_failure="It broke."), "Start task: It broke."),
        (make_node(errors=("A: b",)), "A: b"),
        (make_node(start_task_failure="An old failure."), ""),
    ],
)
def test_trouble(node, text):
    assert node.trouble == text


def problems_of(name="alice", *, days=None, has_password=False, has_key=True, os_type="linux"):
    found = check_user(name, days=days, has_password=has_password, has_key=has_key, os_type=os_type)
    return [(problem.field, problem.severity) for problem in found]


@pytest.mark.parametrize("name", ["alice", "_a.b-c9", "x" * 64, "Alice"])
def test_user_name_accepted(name):
    assert problems_of(name) == []


@pytest.mark.parametrize(
    "name", ["", "-a", "a b", "a\nb", "a:b", "a@b", "a/b", "a'b", 'a"b', "a\\b", "x" * 65, "a\u200b", "$(x)=", "a;b"]
)
def test_user_name_refused(name):
    assert problems_of(name) == [("name", "error")]


@pytest.mark.parametrize("name", ["root", "Admin", "user1", "9lives", "größe"])
def test_user_name_warned_of(name):
    assert problems_of(name) == [("name", "warning")]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"days": 1}, []),
        ({"days": 0}, [("days", "error")]),
        ({"days": -1}, [("days", "error")]),
        ({"days": 36_500}, []),
        ({"days": 36_501}, [("days", "error")]),
        ({"has_key": False}, [("ssh_public_key", "error")]),
        ({"has_password": True}, [("password", "error")]),
        ({"has_password": True, "has_key": False}, []),
        ({"os_type": "windows"}, [("ssh_public_key", "error")]),
        ({"os_type": "windows", "has_key": False}, [("password", "error")]),
        ({"os_type": "windows", "has_key": False, "has_password": True}, []),
        ({"os_type": "windows", "has_key": False, "has_password": True, "name": "x" * 20}, []),
        ({"os_type": "windows", "has_key": False, "has_password": True, "name": "x" * 21}, [("name", "error")]),
    ],
)
def test_user_rules(options, expected):
    assert problems_of(**options) == expected


@given(st.text(), st.none() | st.integers(), st.booleans(), st.booleans(), st.sampled_from(["linux", "windows"]))
def test_check_user_is_total(name, days, has_password, has_key, os_type):
    for problem in check_user(name, days=days, has_password=has_password, has_key=has_key, os_type=os_type):
        assert problem.field in {"name", "days", "password", "ssh_public_key"}


def test_a_user_hides_its_secrets():
    user = NodeUser("alice", password="Hunter2!", ssh_public_key="ssh-ed25519 AAAA")
    for text in (repr(user), str(user), f"{user}", repr([user])):
        assert "alice" in text
        assert "Hunter2!" not in text
        assert "AAAA" not in text
