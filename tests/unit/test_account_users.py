"""Users on many nodes from the account: an outcome for each, through trouble, without a word of passwords."""

from __future__ import annotations

import concurrent.futures
import threading
import time
from datetime import UTC, datetime, timedelta

import pytest

from batch_widgets.account import fan_out
from batch_widgets.errors import NotFoundError, ServiceError, ValidationError
from unit.accounts import KEY, PAUSE, SERVER_ERROR, SOON, UNCLEAR, follow, outcomes
from unit.fakes import LOST, NEVER_SENT, make_node

NODES = (
    make_node("idle"),
    make_node("running", "running"),
    make_node("starting", "starting"),
    make_node("broken", "unusable"),
)


def test_a_user_on_all_usable_nodes(account, service):
    service.add_pool("p", nodes=NODES)
    frame, told = follow(account.add_user("p", "alice", ssh_public_key=KEY, is_admin=True, days=30))
    assert outcomes(frame) == {"idle": "added", "running": "added", "starting": "skipped", "broken": "skipped"}
    assert list(frame["node_id"]) == [node.id for node in NODES]
    assert frame.loc[2, "message"] == "The node is starting."
    assert (told[-1].done, told[-1].total) == (4, 4)
    assert told[-1].counts == {"added": 2, "skipped": 2}
    user = service.pools["p"].users["idle"]["alice"]
    assert (user.ssh_public_key, user.password, user.is_admin) == (KEY, None, True)
    assert timedelta(days=29) < user.expiry_time - datetime.now(UTC) <= timedelta(days=30)


def test_every_node_asked_for_is_accounted_for(account, service):
    service.add_pool("p", nodes=NODES)
    account.add_user("p", "alice", ssh_public_key=KEY, nodes=["idle"]).result(SOON)
    service.fail(
        "create_node_user", ServiceError("Odd.", code="Odd", status=400), when=lambda _, node, __: node == "running"
    )
    asked = ["running", "none", "idle", "broken", "idle"]
    frame = account.add_user("p", "alice", ssh_public_key=KEY, nodes=asked).result(SOON)
    assert list(frame["node_id"]) == ["running", "none", "idle", "broken"]
    assert list(frame["outcome"]) == ["failed", "failed", "exists", "skipped"]
    assert list(frame["error_code"]) == ["Odd", "NodeNotFound", "NodeUserExists", ""]
    assert "left as it was" in frame.loc[2, "message"]


def test_one_node_may_be_named_by_itself(account, service):
    service.add_pool("p", nodes=NODES)
    assert outcomes(account.add_user("p", "a_b", ssh_public_key=KEY, nodes="idle").result(SOON)) == {"idle": "added"}
    assert [one.node_id for one in account.list_remote_login_settings("p", "idle")] == ["idle"]


def test_no_nodes_give_an_empty_table(account, service):
    service.add_pool("p", nodes=0)
    frame = account.add_user("p", "alice", ssh_public_key=KEY).result(SOON)
    assert list(frame.columns) == ["node_id", "outcome", "error_code", "message"]
    assert frame.empty


def test_a_pool_that_is_not_there(account):
    with pytest.raises(NotFoundError):
        account.add_user("p", "alice", ssh_public_key=KEY).result(SOON)


@pytest.mark.parametrize("code", ["NodeBeingRebooted", "NodeStateUnusable", "OperationNotValidOnNode"])
def test_a_node_that_changes_meanwhile_fails_with_advice(account, service, code):
    service.add_pool("p", nodes=1)
    service.fail("create_node_user", ServiceError("Not now.", code=code, status=409))
    frame = account.add_user("p", "alice", ssh_public_key=KEY).result(SOON)
    assert frame.loc[0, "outcome"] == "failed"
    assert "Retry when it is idle" in frame.loc[0, "message"]


@pytest.mark.parametrize(
    ("error", "times", "after", "outcome", "says"),
    [
        (PAUSE, 7, False, "added", ""),
        (PAUSE, 8, False, "failed", "in 8 tries. Retry later."),
        (LOST, 1, False, "added", ""),
        (LOST, 1, True, "exists", "first try had no clear answer"),
        (UNCLEAR, 1, True, "exists", "first try had no clear answer"),
        (LOST, 7, False, "added", ""),
        (LOST, 8, False, "failed", "in 8 tries. Retry later. The user may be there all the same"),
        (SERVER_ERROR, 7, False, "added", ""),
        (NEVER_SENT, 7, False, "added", ""),
        (NEVER_SENT, 8, False, "failed", "Cannot reach it. No clear answer in 8 tries. Retry later."),
        (ServiceError("Not here.", code="NotImplemented", status=501), 1, False, "failed", "Not here."),
    ],
)
@pytest.mark.usefixtures("breathless")
def test_adding_through_trouble(account, service, error, times, after, outcome, says):
    service.add_pool("p", nodes=1)
    service.fail("create_node_user", error, times=times, after=after)
    frame = account.add_user("p", "alice", ssh_public_key=KEY).result(SOON)
    assert frame.loc[0, "outcome"] == outcome
    assert says in frame.loc[0, "message"]


@pytest.mark.parametrize(
    ("error", "times", "after", "outcome", "says"),
    [
        (PAUSE, 7, False, "deleted", ""),
        (PAUSE, 8, False, "failed", "in 8 tries"),
        (LOST, 1, False, "deleted", ""),
        (LOST, 1, True, "deleted", "is gone now"),
        (LOST, 8, False, "failed", "in 8 tries. Retry later. The user may be gone"),
        (NEVER_SENT, 7, False, "deleted", ""),
        (NEVER_SENT, 8, False, "failed", "Cannot reach it"),
        (NotFoundError("No node.", code="NodeNotFound"), 1, False, "failed", "No node."),
    ],
)
@pytest.mark.usefixtures("breathless")
def test_deleting_through_trouble(account, service, error, times, after, outcome, says):
    service.add_pool("p", nodes=1)
    account.add_user("p", "alice", ssh_public_key=KEY).result(SOON)
    service.fail("delete_node_user", error, times=times, after=after)
    frame = account.delete_user("p", "alice").result(SOON)
    assert frame.loc[0, "outcome"] == outcome
    assert says in frame.loc[0, "message"]


def test_delete_a_user(account, service):
    service.add_pool("p", nodes=NODES)
    account.add_user("p", "alice", ssh_public_key=KEY, nodes=["idle"]).result(SOON)
    frame = account.delete_user("p", "alice", nodes=["idle", "running", "starting", "none"]).result(SOON)
    assert list(frame["outcome"]) == ["deleted", "absent", "skipped", "failed"]
    assert service.users_of("p", "idle") == set()


def test_many_nodes_are_done_side_by_side_but_not_all_at_once(account, service):
    service.add_pool("p", nodes=200)
    service.hold("create_node_user")
    operation = account.add_user("p", "alice", ssh_public_key=KEY)
    deadline = time.monotonic() + SOON
    while service.in_flight < fan_out.IN_FLIGHT and time.monotonic() < deadline:
        time.sleep(0.002)
    service.release("create_node_user")
    assert set(operation.result(SOON)["outcome"]) == {"added"}
    assert service.most_in_flight == fan_out.IN_FLIGHT
    assert service.count("create_node_user") == 200


def test_cancelling_leaves_no_call_behind(account, service):
    service.add_pool("p", nodes=10)
    service.hold("create_node_user")
    operation = account.add_user("p", "alice", ssh_public_key=KEY)
    while service.count("create_node_user") < 10:
        time.sleep(0.002)
    operation.cancel()
    with pytest.raises(concurrent.futures.CancelledError, match="keep it"):
        operation.result(SOON)
    assert service.in_flight == 0


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"name": "a b", "ssh_public_key": KEY}, "name"),
        ({"ssh_public_key": KEY, "password": "x"}, "password"),
        ({}, "ssh_public_key"),
        ({"password": ""}, "ssh_public_key"),
        ({"password": lambda: ""}, "password"),
        ({"password": lambda: None}, "password"),
        ({"ssh_public_key": "nonsense"}, "ssh_public_key"),
        ({"ssh_public_key": KEY, "days": 0}, "days"),
        ({"ssh_public_key": KEY, "days": 10**9}, "days"),
        ({"ssh_public_key": KEY, "os_type": "windows"}, "ssh_public_key"),
    ],
)
def test_a_user_that_breaks_a_rule_is_not_sent(account, service, options, field):
    with pytest.raises(ValidationError) as caught:
        account.add_user("p", **{"name": "alice", **options})
    assert [problem.field for problem in caught.value.problems] == [field]
    assert not service.calls


def test_a_password_may_be_asked_for(account, service):
    service.add_pool("p", nodes=1)
    asked = []

    def ask():
        asked.append(threading.current_thread())
        return "Hunter2!"

    operation = account.add_user("p", "alice", password=ask)
    assert asked == [threading.current_thread()]
    operation.result(SOON)
    user = service.pools["p"].users["tvm-0"]["alice"]
    assert (user.password, user.ssh_public_key, user.expiry_time) == ("Hunter2!", None, None)


def test_the_operation_shows_no_password(account, service):
    service.add_pool("p", nodes=1)
    service.fail("create_node_user", ServiceError("Odd.", code="Odd", status=400))
    operation = account.add_user("p", "alice", password="Hunter2!")
    frame = operation.result(SOON)
    for text in (repr(operation), str(vars(operation)), frame.to_string(), repr(account), repr(service.calls)):
        assert "Hunter2!" not in text
