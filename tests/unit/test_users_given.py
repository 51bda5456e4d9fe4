"""The ledger of users that were given to nodes, and the table that shows it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from batch_widgets.account.ledger import GivenUser, UserLedger
from batch_widgets.nodes import NodeOutcome
from batch_widgets.widgets.controls import close_tree
from batch_widgets.widgets.users_given_part import UsersGivenPart
from unit.fakes import make_node

NOW = datetime.now(UTC)
ALICE = GivenUser("alice", NOW + timedelta(days=30), Path("/k"), is_admin=True, given=NOW)
BOB = GivenUser("bob", NOW - timedelta(days=1), by_password=True, given=NOW)
NODE = make_node("tvm-0", allocation_time=NOW)


def outcome(word, node=NODE):
    return NodeOutcome(node.id, word, allocation_time=node.allocation_time)


@pytest.fixture
def ledger():
    return UserLedger()


def names(ledger, node=NODE, pool_id="analysis"):
    return [user.name for user in ledger.of_nodes(pool_id, [node]).get(node.id, ())]


@pytest.mark.parametrize(
    ("words", "left"),
    [
        (["added"], ["alice"]),
        (["updated"], ["alice"]),
        (["exists"], ["alice"]),
        (["failed"], []),
        (["skipped"], []),
        (["not reached"], []),
        (["added", "added"], ["alice"]),
        (["added", "failed"], ["alice"]),
        (["added", "deleted"], []),
        (["added", "absent"], []),
    ],
)
def test_what_counts_as_given(ledger, words, left):
    for word in words:
        ledger.record("Analysis", ALICE, outcome(word))
    assert names(ledger) == left


def test_nothing_stays_of_a_machine_whose_users_were_taken_away(ledger):
    for life in range(3):
        node = make_node("tvm-0", allocation_time=NOW + timedelta(hours=life))
        for word in ("added", "deleted", "failed"):
            ledger.record("analysis", ALICE, outcome(word, node))
    assert ledger._pools == {"analysis": {"tvm-0": {}}}


def test_several_users_of_a_node_the_newest_last(ledger):
    for user in (ALICE, BOB, ALICE):
        ledger.record("analysis", user, outcome("added"))
    assert names(ledger) == ["bob", "alice"]


def test_one_that_was_there_says_only_that(ledger):
    ledger.record("analysis", ALICE, outcome("exists"))
    (user,) = ledger.of_nodes("analysis", [NODE])["tvm-0"]
    assert user == GivenUser("alice", None, Path("/k"), was_there=True)


def test_one_that_was_given_here_is_not_forgotten_when_it_exists(ledger):
    ledger.record("analysis", ALICE, outcome("added"))
    ledger.record("analysis", BOB, outcome("added"))
    ledger.record("analysis", ALICE, outcome("exists"))
    assert ledger.of_nodes("analysis", [NODE])["tvm-0"] == (ALICE, BOB)


def test_ids_come_again_in_other_pools_and_on_later_nodes(ledger):
    ledger.record("analysis", ALICE, outcome("added"))
    assert names(ledger, pool_id="other") == []
    assert names(ledger, make_node("tvm-0", allocation_time=NOW + timedelta(hours=1))) == []


def test_a_node_made_anew_has_no_users(ledger):
    ledger.record("analysis", ALICE, outcome("added"))
    ledger.forget("ANALYSIS", ["tvm-0"])
    assert names(ledger) == []


def test_what_was_given_after_a_node_was_seen_empty_is_kept(ledger):
    seen = datetime.now(UTC)
    ledger.record("analysis", ALICE, outcome("added"))
    ledger.forget("Analysis", ["tvm-0"], before=seen)
    assert names(ledger) == ["alice"]
    ledger.forget("Analysis", ["tvm-0"], before=datetime.now(UTC))
    assert names(ledger) == []


def test_the_frame(ledger):
    types = dict(ledger.frame.dtypes.astype(str))
    ledger.record("Analysis", ALICE, outcome("added"))
    ledger.record("Analysis", BOB, outcome("added"))
    frame = ledger.frame
    assert dict(frame.dtypes.astype(str)) == types
    assert list(frame["name"]) == ["alice", "bob"]
    assert list(frame["pool_id"]) == ["analysis", "analysis"]
    assert list(frame["signs_in_with"]) == ["key", "password"]
    assert list(frame["expired"]) == [False, True]
    assert list(frame["is_admin"]) == [True, False]


def test_the_table(ledger):
    part = UsersGivenPart()
    ledger.record("analysis", ALICE, outcome("added"))
    ledger.record("analysis", BOB, outcome("added"))
    ledger.record("analysis", GivenUser("carol"), outcome("exists"))
    ledger.record("analysis", GivenUser("dora"), outcome("added"))
    part.show_frame(ledger.frame, "panel.account.users_given.frame")
    alice, bob, carol, dora = part.grid.rows
    assert alice["expires"]["hue"] == "ok"
    assert bob["expires"]["text"].startswith("expired")
    assert carol["expires"]["text"] == "not known"
    assert "was there before" in carol["note"]
    assert dora["expires"]["text"] == "after a day"
    close_tree(part)
