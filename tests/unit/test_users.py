"""Users on many nodes at once: replacing, what there is so far, how often is told, and who never answers."""

from __future__ import annotations

import concurrent.futures
import functools
import gc
import time
from datetime import UTC, datetime

import pytest

from batch_widgets.account import attempts, fan_out
from batch_widgets.errors import ServiceError, ServiceUnreachableError, ThrottledError
from batch_widgets.nodes import NodeUser, failed_nodes
from batch_widgets.runner import Merger
from unit.fakes import LOST, NEVER_SENT, make_node
from unit.test_merging import Timers

SOON = 5.0
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f me"
UNCLEAR = ServiceError("Internal.", code="InternalError", status=500, maybe_done=True)
ODD = ServiceError("Odd.", code="Odd", status=400)


def outcomes(frame):
    return dict(zip(frame["node_id"], frame["outcome"], strict=True))


def until(condition):
    deadline = time.monotonic() + SOON
    while not condition():
        assert time.monotonic() < deadline, "waited for too long"
        time.sleep(0.002)


# replacing


def test_an_existing_user_is_replaced_where_that_is_wanted(account, service):
    service.add_pool("p", nodes=2)
    account.add_user("p", "alice", password="Hunter2!", is_admin=True, days=3, nodes=["tvm-0"]).result(SOON)
    frame = account.add_user("p", "alice", ssh_public_key=KEY, if_exists="replace").result(SOON)
    assert outcomes(frame) == {"tvm-0": "updated", "tvm-1": "added"}
    assert "administrator stayed as it was" in frame.loc[0, "message"]
    old, new = (service.pools["p"].users[node]["alice"] for node in ("tvm-0", "tvm-1"))
    assert (old.password, old.ssh_public_key, old.expiry_time, old.is_admin) == (None, KEY, None, True)
    assert not new.is_admin


def test_it_is_kept_by_default(account, service):
    service.add_pool("p", nodes=1)
    account.add_user("p", "alice", password="Hunter2!").result(SOON)
    assert outcomes(account.add_user("p", "alice", password="Other1!").result(SOON)) == {"tvm-0": "exists"}
    assert service.count("replace_node_user") == 0
    assert service.pools["p"].users["tvm-0"]["alice"].password == "Hunter2!"


@pytest.mark.usefixtures("breathless")
@pytest.mark.parametrize(
    ("error", "times", "after", "outcome", "says"),
    [
        (LOST, 7, False, "updated", "It was there"),
        (LOST, 1, True, "updated", "It was there"),
        (LOST, 8, False, "failed", "in 8 tries. Retry later. It may have been replaced"),
        (ThrottledError("Wait.", retry_after_s=0.0), 8, False, "failed", "Wait. No clear answer in 8 tries"),
        (ODD, 1, False, "failed", "Odd."),
        (ServiceError("Not now.", code="NodeBeingRebooted", status=409), 1, False, "failed", "Retry when it is idle"),
    ],
)
def test_replacing_through_trouble(account, service, error, times, after, outcome, says):
    service.add_pool("p", nodes=1)
    account.add_user("p", "alice", ssh_public_key=KEY).result(SOON)
    service.fail("replace_node_user", error, times=times, after=after)
    frame = account.add_user("p", "alice", ssh_public_key=KEY, if_exists="replace").result(SOON)
    assert frame.loc[0, "outcome"] == outcome
    assert says in frame.loc[0, "message"]
    assert frame.loc[0, "error_code"] == ("" if outcome == "updated" else error.code)


@pytest.mark.usefixtures("breathless")
def test_a_lost_answer_and_replacing_come_to_what_was_asked(account, service):
    service.add_pool("p", nodes=1)
    service.fail("create_node_user", LOST, times=1, after=True)
    frame = account.add_user("p", "alice", ssh_public_key=KEY, if_exists="replace").result(SOON)
    assert outcomes(frame) == {"tvm-0": "updated"}
    assert "no clear answer" in frame.loc[0, "message"]
    assert service.pools["p"].users["tvm-0"]["alice"].ssh_public_key == KEY


def test_a_user_that_goes_before_it_can_be_replaced(account, service):
    service.add_pool("p", nodes=1)
    account.add_user("p", "alice", ssh_public_key=KEY).result(SOON)
    service.hold("replace_node_user")
    operation = account.add_user("p", "alice", ssh_public_key=KEY, if_exists="replace")
    until(lambda: service.count("replace_node_user"))
    account.delete_user("p", "alice").result(SOON)
    service.release("replace_node_user")
    frame = operation.result(SOON)
    assert (frame.loc[0, "outcome"], frame.loc[0, "error_code"]) == ("failed", "NodeUserNotFound")


def test_another_word_is_refused(account, service):
    with pytest.raises(ValueError, match="“keep” or “replace”, not 'wipe'"):
        account.add_user("p", "alice", ssh_public_key=KEY, if_exists="wipe")
    assert not service.calls


# what there is so far


def test_the_table_is_there_while_it_grows(account, service):
    allocated = datetime(2026, 5, 1, tzinfo=UTC)
    service.add_pool("p", nodes=[make_node("a", allocation_time=allocated), make_node("b"), make_node("c", "starting")])
    service.fail("create_node_user", ODD, when=lambda _, node, __: node == "none")
    service.hold("create_node_user")
    operation = account.add_user("p", "alice", ssh_public_key=KEY, nodes=["a", "b", "c", "none"])
    until(lambda: service.count("create_node_user") == 2 and operation.partial is not None)
    until(lambda: "skipped" in set(operation.partial["outcome"]) and "failed" in set(operation.partial["outcome"]))
    frame = operation.partial
    assert outcomes(frame) == {"a": "not reached", "b": "not reached", "c": "skipped", "none": "failed"}
    assert frame.loc[0, "message"] == fan_out.UNDER_WAY
    service.release("create_node_user")
    final = operation.result(SOON)
    assert outcomes(final) == {"a": "added", "b": "added", "c": "skipped", "none": "failed"}
    assert operation.partial is final
    assert final.attrs["allocation_time"] == {"a": allocated.isoformat()}


@pytest.mark.parametrize("call", ["add_user", "delete_user"])
def test_cancelling_keeps_what_is_done_and_says_which(account, service, call):
    service.add_pool("p", nodes=200)
    account.add_user("p", "alice", ssh_public_key=KEY, nodes=[f"tvm-{number}" for number in range(100)]).result(SOON)
    request = {"add_user": "create_node_user", "delete_user": "delete_node_user"}[call]
    already = service.count(request)
    service.fail(request, ThrottledError("Wait.", retry_after_s=60), when=lambda _, node, *__: int(node[4:]) >= 20)
    operation = (
        account.add_user("p", "bob", ssh_public_key=KEY) if call == "add_user" else account.delete_user("p", "alice")
    )
    until(lambda: service.count(request) - already == 20 + attempts.IN_FLIGHT and service.in_flight == 0)
    assert operation.cancel()
    with pytest.raises(concurrent.futures.CancelledError):
        operation.result(SOON)
    frame = operation.partial
    assert list(frame["node_id"]) == [f"tvm-{number}" for number in range(200)]
    assert set(frame["outcome"][:20]) == {"added" if call == "add_user" else "deleted"}
    assert set(frame["outcome"][20:]) == {"not reached"}
    under_way = frame["message"] == fan_out.UNDER_WAY
    assert list(under_way) == [False] * 20 + [True] * 96 + [False] * 84
    assert failed_nodes(frame) == tuple(f"tvm-{number}" for number in range(20, 200))
    kept = {
        node for node in frame["node_id"] if ("bob" if call == "add_user" else "alice") in service.users_of("p", node)
    }
    assert kept == {f"tvm-{number}" for number in (range(20) if call == "add_user" else range(20, 100))}


def test_the_failed_ones_are_tried_again(account, service):
    service.add_pool("p", nodes=[make_node("a"), make_node("b"), make_node("c", "offline")])
    service.fail("create_node_user", ODD, when=lambda _, node, __: node == "b")
    frame = account.add_user("p", "alice", ssh_public_key=KEY).result(SOON)
    assert failed_nodes(frame) == ("b",)
    service.mend()
    again = account.add_user("p", "alice", ssh_public_key=KEY, nodes=failed_nodes(frame)).result(SOON)
    assert outcomes(again) == {"b": "added"}


def test_no_partial_table_shows_the_password(account, service):
    service.add_pool("p", nodes=1)
    service.hold("create_node_user")
    operation = account.add_user("p", "alice", password="Hunter2!")
    until(lambda: service.count("create_node_user"))
    operation.cancel()
    for text in (repr(operation), str(vars(operation)), operation.partial.to_string(), repr(operation.progress)):
        assert "Hunter2!" not in text


@pytest.mark.parametrize("keep_adding", [False, True])
def test_the_password_is_let_go_when_it_ends(account, service, keep_adding):
    service.add_pool("p", nodes=2)
    service.hold("create_node_user")
    operation = account.add_user("p", "alice", password="Let-go-of-me-1", keep_adding=keep_adding)
    until(lambda: service.count("create_node_user"))
    assert held_users()
    operation.cancel()
    with pytest.raises(concurrent.futures.CancelledError):
        operation.result(SOON)
    until(lambda: not held_users())
    assert set(operation.partial["outcome"]) == {"not reached"}


@pytest.mark.parametrize("keep_adding", [False, True])
@pytest.mark.parametrize("call", ["list_nodes", "create_node_user"])
def test_the_password_is_let_go_by_an_operation_that_fails_and_keeps_its_error(account, service, call, keep_adding):
    service.add_pool("p", nodes=2)
    service.fail(call, KeyError("nobody thought of it"))
    operation = account.add_user("p", "alice", password="Let-go-of-me-1", keep_adding=keep_adding)
    error = operation.exception(SOON)
    service.mend()
    assert error.__traceback__ is not None, "where it happened is told"
    until(lambda: not held_users())


def held_users():
    gc.collect()
    return [one for one in gc.get_objects() if type(one) is NodeUser and one.password == "Let-go-of-me-1"]


# telling


@pytest.mark.parametrize("each_s", [0.0, 1 / 1024, 1.0])
def test_progress_is_told_ten_times_a_second_at_most(account, service, monkeypatch, each_s):
    timers = Timers()
    monkeypatch.setattr(fan_out, "Merger", functools.partial(Merger, timers=timers))
    create = service.create_node_user

    async def create_node_user(*arguments):
        await create(*arguments)
        timers.advance(each_s)

    service.create_node_user = create_node_user
    service.add_pool("p", nodes=1_000)
    service.hold("list_nodes")
    operation = account.add_user("p", "alice", ssh_public_key=KEY)
    told = []
    operation.observe(lambda change: told.append(change.new), "progress")
    service.release("list_nodes")
    operation.result(SOON)
    account.runner.drain()
    assert len(told) == {0.0: 2, 1 / 1024: 11, 1.0: 1_001}[each_s]
    assert (told[0].done, told[0].total) == (0, 1_000)
    assert told[-1].counts == {"added": 1_000}
    assert operation.progress == told[-1]


# who never answers


@pytest.mark.usefixtures("breathless")
def test_patience_with_each_node_ends_where_nobody_answers_at_all(account, service):
    service.add_pool("p", nodes=1_000)
    service.fail("create_node_user", NEVER_SENT)
    frame = account.add_user("p", "alice", ssh_public_key=KEY).result(SOON)
    assert set(frame["outcome"]) == {"failed"}
    assert service.count("create_node_user") == 96 * attempts.TRIES + 904
    assert frame["message"].str.contains("No clear answer in 1 try.").sum() == 904


@pytest.mark.usefixtures("breathless")
def test_one_answer_among_many_is_a_sign_of_life(account, service):
    service.add_pool("p", nodes=200)
    service.fail("create_node_user", LOST, when=lambda _, node, __: node != "tvm-102")
    frame = account.add_user("p", "alice", ssh_public_key=KEY).result(SOON)
    assert service.count("create_node_user") > 96 * attempts.TRIES + 104 + 96
    assert outcomes(frame)["tvm-102"] == "added"


@pytest.mark.parametrize("error", [NEVER_SENT, ThrottledError("Wait.", retry_after_s=0.0), UNCLEAR])
@pytest.mark.parametrize("call", ["list_node_endpoints", "get_pool"])
@pytest.mark.usefixtures("breathless")
def test_the_list_of_nodes_is_worth_a_second_try(account, service, error, call):
    service.add_pool("p", nodes=1)
    service.fail(call, error, times=2)
    assert account.list_remote_login_settings("p")[0].reachable
    service.fail(call, error, times=3)
    with pytest.raises(type(error)):
        account.list_remote_login_settings("p")


@pytest.mark.parametrize("error", [NEVER_SENT, UNCLEAR])
@pytest.mark.usefixtures("breathless")
def test_without_the_list_of_nodes_nothing_is_done(account, service, error):
    service.add_pool("p", nodes=1)
    service.fail("list_nodes", error)
    operation = account.add_user("p", "alice", ssh_public_key=KEY)
    with pytest.raises((ServiceUnreachableError, ServiceError)):
        operation.result(SOON)
    assert operation.partial is None
    assert service.count("create_node_user") == 0
