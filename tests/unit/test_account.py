"""BatchAccount on a scripted service: reading, following changes, users, and its life."""

from __future__ import annotations

import asyncio
import concurrent.futures
import gc
import inspect
import shlex
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from batch_widgets.account import BatchAccount, fan_out
from batch_widgets.account.aio import AsyncAccount
from batch_widgets.errors import (
    AlreadyExistsError,
    AuthenticationError,
    ClosedError,
    NotFoundError,
    PoolAllocationError,
    ServiceError,
    ServiceUnreachableError,
    ThrottledError,
    ValidationError,
)
from batch_widgets.images import node_agent_skus
from batch_widgets.login import NO_SSH_PORT, RemoteLoginSettings
from batch_widgets.pools import ResizeError
from unit.fakes import (
    LOST,
    NEVER_SENT,
    SSH_BODY,
    FakeService,
    make_account,
    make_image,
    make_node,
    make_nodes,
    make_pool,
    make_spec,
)

SOON = 5.0
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f me"
PAUSE = ThrottledError("Wait.", retry_after_s=0.001)
SERVER_ERROR = ServiceError("Internal.", code="InternalError", status=500)
UNCLEAR = ServiceError("Internal.", code="InternalError", status=500, maybe_done=True)


def follow(operation):
    """Wait for an operation, and give its result and what its progress told on the way."""
    told = []
    operation.observe(lambda change: told.append(change.new), "progress")
    result = operation.result(SOON)
    operation._runner.drain()
    return result, [*told, operation.progress]  # a quick one may have ended before the observer came


# reading


def test_reading(account, service):
    service.images = [make_image(), make_image(verified=False)]
    service.add_pool("p", nodes=2)
    account.check()
    assert account.list_supported_images() == service.images
    assert account.known_images == tuple(service.images)
    assert account.list_node_agent_skus() == node_agent_skus(service.images)
    assert [pool.id for pool in account.list_pools()] == ["p"]
    assert account.get_pool("P").id == "p"
    assert [node.id for node in account.list_nodes("p")] == ["tvm-0", "tvm-1"]
    with pytest.raises(NotFoundError):
        account.get_pool("q")
    assert service.threads == {"batch-widgets-loop"}


def test_a_read_is_bounded(account, service, monkeypatch):
    monkeypatch.setattr("batch_widgets.account.account._WAIT_S", 0.02)
    service.hold("list_pools")
    with pytest.raises(ServiceUnreachableError, match=r"no complete answer within 0\.02 s"):
        account.list_pools()


# creating


def test_create_is_followed_until_the_nodes_are_ready(account, service):
    pool, told = follow(account.create_pool(make_spec("p", nodes=3)))
    assert (pool.id, pool.current_nodes) == ("p", 3)
    assert (told[-1].done, told[-1].total, told[-1].unit) == (3, 3, "nodes ready")
    assert told[-1].counts == {"idle": 3}
    assert {progress.message for progress in told} >= {"creating", "starting"}
    assert service.count("create_pool") == 1


def test_an_empty_pool_is_ready_at_once(account):
    assert account.create_pool(make_spec("p", nodes=0)).result(SOON).current_nodes == 0


def test_a_pool_that_breaks_a_rule_is_not_sent(account, service):
    with pytest.raises(ValidationError, match="pool_id") as caught:
        account.create_pool(make_spec("p q"))
    assert caught.value.problems[0].field == "pool_id"
    assert not service.calls


def test_the_known_images_count(account, service):
    service.images = [make_image(node_agent_sku_id="batch.node.ubuntu 20.04")]
    account.create_pool(make_spec("p")).result(SOON)
    account.list_supported_images()
    with pytest.raises(ValidationError, match="node_agent_sku_id"):
        account.create_pool(make_spec("q"))


def test_a_pool_that_exists(account, service):
    service.add_pool("p")
    with pytest.raises(AlreadyExistsError):
        account.create_pool(make_spec("P")).result(SOON)


@pytest.mark.parametrize("trouble", [LOST, UNCLEAR])
def test_a_lost_answer_after_the_work_is_found_out(account, service, trouble):
    service.fail("create_pool", trouble, times=1, after=True)
    pool, told = follow(account.create_pool(make_spec("p")))
    assert pool.current_nodes == 2
    assert service.count("create_pool") == 1
    assert told


@pytest.mark.parametrize("trouble", [LOST, PAUSE, SERVER_ERROR])
def test_looking_after_a_lost_answer_is_patient(account, service, trouble):
    service.fail("create_pool", LOST, times=1, after=True)
    service.fail("get_pool", trouble, times=3)
    assert account.create_pool(make_spec("p")).result(SOON).id == "p"


@pytest.mark.parametrize("trouble", [LOST, UNCLEAR])
def test_a_lost_request(account, service, trouble):
    service.fail("create_pool", trouble, times=1)
    with pytest.raises(type(trouble), match="was not created") as caught:
        account.create_pool(make_spec("p")).result(SOON)
    assert not caught.value.maybe_done
    assert (caught.value.code, caught.value.status) == (trouble.code, trouble.status)
    assert service.count("create_pool") == 1
    assert service.count("get_pool") == 2


@pytest.mark.parametrize("trouble", [LOST, PAUSE, SERVER_ERROR, AuthenticationError("No.")])
def test_a_lost_answer_and_then_nothing(account, service, trouble):
    service.fail("create_pool", LOST, after=True)
    service.fail("get_pool", trouble)
    with pytest.raises(ServiceUnreachableError, match="may exist and be charged") as caught:
        account.create_pool(make_spec("p")).result(SOON)
    assert caught.value.maybe_done


def test_a_lost_answer_for_a_pool_that_was_there_before(account, service):
    service.add_pool("p", creation_time=datetime.now(UTC) - timedelta(hours=1))
    service.fail("create_pool", LOST)
    with pytest.raises(AlreadyExistsError, match="exists since") as caught:
        account.create_pool(make_spec("p")).result(SOON)
    assert caught.value.code == "PoolExists"


def test_what_was_never_sent_is_no_mystery(account, service):
    service.fail("create_pool", NEVER_SENT)
    with pytest.raises(ServiceUnreachableError, match="Cannot reach it"):
        account.create_pool(make_spec("p")).result(SOON)
    assert service.count("get_pool") == 0


@pytest.mark.parametrize("call", ["create_pool", "resize_pool", "delete_pool"])
def test_a_change_waits_for_as_long_as_it_is_asked_to(account, service, call):
    service.fail(call, PAUSE, times=3)
    change(account, service, call).result(SOON)
    assert service.count(call) == 4


@pytest.mark.parametrize("call", ["create_pool", "resize_pool", "delete_pool"])
def test_but_not_for_ever(account, service, call):
    service.fail(call, PAUSE)
    with pytest.raises(ThrottledError):
        change(account, service, call).result(SOON)
    assert service.count(call) == 6


def change(account, service, call):
    if call == "create_pool":
        return account.create_pool(make_spec("p"))
    service.add_pool("p", nodes=2)
    return account.resize_pool("p", target_dedicated_nodes=1) if call == "resize_pool" else account.delete_pool("p")


# following


@pytest.mark.parametrize("trouble", [NEVER_SENT, LOST, PAUSE, SERVER_ERROR])
@pytest.mark.parametrize("call", ["get_pool", "list_nodes"])
def test_following_outlasts_a_short_trouble(account, service, trouble, call):
    service.fail(call, trouble, times=4)
    assert account.create_pool(make_spec("p")).result(SOON).current_nodes == 2


@pytest.mark.parametrize("trouble", [NEVER_SENT, PAUSE, SERVER_ERROR])
def test_following_gives_up_in_the_end(account, service, trouble):
    service.fail("list_nodes", trouble)
    with pytest.raises(type(trouble)):
        account.create_pool(make_spec("p")).result(SOON)
    assert service.count("list_nodes") == 6


def test_what_will_not_pass_ends_it_at_once(account, service):
    service.fail("get_pool", ServiceError("Bad.", code="InvalidInput", status=400))
    with pytest.raises(ServiceError, match="Bad"):
        account.create_pool(make_spec("p")).result(SOON)
    assert service.count("get_pool") == 1


def steps(*pairs):
    return lambda spec: [(make_pool(spec.pool_id, target_dedicated_nodes=2, **pool), nodes) for pool, nodes in pairs]


def allocation_error(account, service, *pairs):
    service.steps_after_create = steps(*pairs)
    with pytest.raises(PoolAllocationError) as caught:
        account.create_pool(make_spec("p")).result(SOON)
    return caught.value


def test_used_up_quota(account, service):
    resize_error = ResizeError("AccountCoreQuotaReached", "Quota reached.", (("Limit", "4"),))
    error = allocation_error(
        account,
        service,
        ({"allocation_state": "resizing"}, ()),
        ({"current_dedicated_nodes": 1, "resize_errors": (resize_error,)}, make_nodes(1, "starting")),
    )
    assert error.code == "AccountCoreQuotaReached"
    assert error.message == "Pool p has 1 of 2 nodes. Quota reached. (Limit: 4)"
    assert "quota of dedicated cores" in error.hint
    assert "remains with 1 node; delete or resize it to stop the charge" in error.hint


def test_a_pool_without_nodes_is_not_said_to_be_charged(account, service):
    resize_error = ResizeError("AccountCoreQuotaReached", "Quota reached.", ())
    error = allocation_error(account, service, ({"resize_errors": (resize_error,)}, ()))
    assert "Pool p remains." in error.hint
    assert "charge" not in error.hint


def test_old_resize_errors_do_not_count_while_resizing(account, service):
    old = (ResizeError("ResizeStopped", "Stopped."),)
    service.steps_after_create = steps(
        ({"allocation_state": "resizing", "resize_errors": old}, ()),
        ({"current_dedicated_nodes": 2}, make_nodes(2)),
    )
    assert account.create_pool(make_spec("p")).result(SOON).current_nodes == 2


def test_a_failed_start_task(account, service):
    nodes = (make_node("a"), make_node("b", "starttaskfailed", start_task_exit_code=127))
    error = allocation_error(account, service, ({"current_dedicated_nodes": 2}, nodes))
    assert error.code == "starttaskfailed"
    assert "1 of 2 nodes" in error.message
    assert "command not found" in error.message
    assert "Mend the start task" in error.hint
    assert "2 nodes; delete or resize it to stop the charge" in error.hint


def test_a_start_task_is_not_blamed_for_a_machine(account, service):
    error = allocation_error(
        account, service, ({"current_dedicated_nodes": 2}, (make_node("a"), make_node("b", "unusable")))
    )
    assert "start task" not in error.hint


def test_a_broken_node_is_told_once_the_others_are_decided(account, service):
    pool = {"current_dedicated_nodes": 2}
    allocation_error(
        account,
        service,
        (pool, (make_node("a", "unusable"), make_node("b", "starting"))),
        (pool, (make_node("a", "unusable"), make_node("b"))),
    )
    assert service.count("list_nodes") == 2


def test_steady_without_all_nodes_is_waited_for(account, service):
    pool = {"current_dedicated_nodes": 2}
    service.steps_after_create = steps((pool, ()), (pool, make_nodes(1)), (pool, make_nodes(2)))
    account.create_pool(make_spec("p")).result(SOON)
    assert service.count("list_nodes") == 3


def test_deleted_behind_the_back(account, service):
    service.fail("get_pool", NotFoundError("Gone.", code="PoolNotFound", status=404))
    with pytest.raises(PoolAllocationError, match="was deleted meanwhile") as caught:
        account.create_pool(make_spec("p")).result(SOON)
    assert caught.value.code == "PoolNotFound"


def test_being_deleted_behind_the_back(account, service):
    error = allocation_error(account, service, ({"allocation_state": "resizing"}, ()), ({"state": "deleting"}, ()))
    assert error.code == "PoolBeingDeleted"


def test_cancelling_stops_the_following_only(account, service):
    service.steps_after_create = steps(({"allocation_state": "resizing"}, ()))
    operation = account.create_pool(make_spec("p"))
    while not service.count("list_nodes"):
        time.sleep(0.002)
    operation.cancel()
    with pytest.raises(concurrent.futures.CancelledError, match="may remain and be charged"):
        operation.result(SOON)
    assert "p" in service.pools
    assert service.count("delete_pool") == 0


# resizing and deleting


def test_resize(account, service):
    service.add_pool("p", nodes=1)
    assert account.resize_pool("p", target_dedicated_nodes=3).result(SOON).current_nodes == 3
    assert ("resize_pool", "p", 3, None) in service.calls


@pytest.mark.parametrize("targets", [{}, {"target_dedicated_nodes": -1}, {"target_low_priority_nodes": -1}])
def test_a_resize_that_makes_no_sense(account, service, targets):
    with pytest.raises(ValidationError):
        account.resize_pool("p", **targets)
    assert not service.calls


@pytest.mark.parametrize("trouble", [LOST, UNCLEAR])
def test_a_resize_whose_answer_is_lost(account, service, trouble):
    service.add_pool("p", nodes=1)
    service.fail("resize_pool", trouble, after=True)
    assert account.resize_pool("p", target_dedicated_nodes=3).result(SOON).current_nodes == 3
    assert service.count("resize_pool") == 1


@pytest.mark.parametrize("trouble", [LOST, UNCLEAR])
def test_a_resize_that_is_lost(account, service, trouble):
    service.add_pool("p", nodes=1)
    service.fail("resize_pool", trouble)
    with pytest.raises(type(trouble)) as caught:
        account.resize_pool("p", target_dedicated_nodes=3).result(SOON)
    assert caught.value is trouble
    assert service.count("resize_pool") == 1


def test_delete(account, service):
    service.add_pool("p", nodes=2)
    result, told = follow(account.delete_pool("p"))
    assert result is None
    assert not service.pools
    assert told[-1].message == "deleted"


def test_delete_what_is_not_there(account):
    with pytest.raises(NotFoundError):
        account.delete_pool("p").result(SOON)


def test_delete_what_is_being_deleted(account, service):
    service.add_pool("p", nodes=1, state="deleting").polls_until_gone = 1
    account.delete_pool("p").result(SOON)
    assert not service.pools


def test_delete_outlasts_a_short_trouble(account, service):
    service.add_pool("p")
    service.fail("get_pool", NEVER_SENT, times=4)
    account.delete_pool("p").result(SOON)


@pytest.mark.parametrize("trouble", [LOST, UNCLEAR])
def test_a_deletion_whose_answer_is_lost(account, service, trouble):
    service.add_pool("p")
    service.fail("delete_pool", trouble, after=True)
    account.delete_pool("p").result(SOON)
    assert service.count("delete_pool") == 1


@pytest.mark.parametrize("trouble", [LOST, UNCLEAR])
def test_a_deletion_that_is_lost(account, service, trouble):
    service.add_pool("p")
    service.fail("delete_pool", trouble)
    with pytest.raises(type(trouble)) as caught:
        account.delete_pool("p").result(SOON)
    assert caught.value is trouble
    assert "p" in service.pools


# users


NODES = (
    make_node("idle"),
    make_node("running", "running"),
    make_node("starting", "starting"),
    make_node("broken", "unusable"),
)


def outcomes(frame):
    return dict(zip(frame["node_id"], frame["outcome"], strict=True))


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


# logging in


def test_login_settings(account, service):
    service.add_pool("p", nodes=3)
    settings = account.list_remote_login_settings("p")
    assert [(one.node_id, one.port) for one in settings] == [("tvm-0", 40000), ("tvm-1", 40001), ("tvm-2", 40002)]
    assert [one.node_id for one in account.list_remote_login_settings("p", ["tvm-2", "tvm-0", "tvm-2"])] == [
        "tvm-2",
        "tvm-0",
    ]


def test_a_pool_without_a_mapping_is_not_asked(account, service):
    service.add_pool("p", nodes=2, body={})
    settings = account.list_remote_login_settings("p")
    assert [one.reachable for one in settings] == [False, False]
    assert all(one.reason.startswith(NO_SSH_PORT) for one in settings)
    assert service.count("get_remote_login_settings") == 0


def test_an_older_pool_may_have_a_port_all_the_same(account, service):
    service.add_pool("p", nodes=1, body={}, creation_time=datetime(2025, 11, 29, tzinfo=UTC))
    assert account.list_remote_login_settings("p")[0].reachable


def test_a_windows_pool_is_asked(account, service):
    service.add_pool("p", nodes=1, body={}, node_agent_sku_id="batch.node.windows amd64")
    assert account.list_remote_login_settings("p")[0].reachable


@pytest.mark.parametrize(
    ("error", "times", "reachable"),
    [
        (ServiceError("Not valid here.", code="OperationNotValidOnNode", status=409), 9, False),
        (NotFoundError("Nothing.", status=404), 9, False),
        (PAUSE, 7, True),
        (SERVER_ERROR, 7, True),
        (NEVER_SENT, 7, True),
        (PAUSE, 8, False),
    ],
)
@pytest.mark.usefixtures("breathless")
def test_a_node_without_a_way_in_says_why(account, service, error, times, reachable):
    service.add_pool("p", nodes=2)
    service.fail("get_remote_login_settings", error, times=times, when=lambda _, node: node == "tvm-0")
    first, second = account.list_remote_login_settings("p")
    assert first.reachable is reachable
    assert bool(first.reason) is not reachable
    assert second.reachable


def test_ssh_commands_of_the_reachable_nodes(account):
    settings = [RemoteLoginSettings("a", "203.0.113.5", 40_000), RemoteLoginSettings("b", reason="No port.")]
    commands = account.ssh_commands("alice", settings)
    assert set(commands) == {"a"}
    assert "StrictHostKeyChecking=accept-new" in shlex.split(commands["a"])
    assert not account.known_hosts.exists()
    assert account.ssh_command("alice", settings[0]) == commands["a"]


def test_known_host_keys_are_written_first(service):
    def host_keys(node_ids):
        return {node_id: "ssh-ed25519 AAAA" for node_id in node_ids if node_id == "a"}

    settings = [RemoteLoginSettings(node_id, "127.0.0.1", 2200) for node_id in "ab"]
    with make_account(service, host_keys=host_keys) as account:
        commands = account.ssh_commands("alice", settings)
        assert account.known_hosts.read_text() == "a ssh-ed25519 AAAA\n"
    assert "StrictHostKeyChecking=yes" in shlex.split(commands["a"])
    assert "StrictHostKeyChecking=accept-new" in shlex.split(commands["b"])


# coroutines


def public(kind):
    return {name for part in kind.__mro__[:-1] for name in vars(part) if not name.startswith("_")}


def test_aio_has_the_names_that_ask_the_service():
    asking = {
        name
        for name in public(BatchAccount)
        if name.startswith(
            (
                *("list_", "get_", "create_", "resize_", "stop_", "delete_", "add_user", "check", "evaluate_"),
                *("reboot_", "reimage_", "deallocate_", "start_", "disable_", "enable_", "remove_", "upload_"),
            )
        )
        or name in {"ssh_config", "write_ssh_config", "rdp_files", "login_frame", "open_terminal", "run", "test_login"}
    }
    assert public(AsyncAccount) == asking
    assert all(inspect.iscoroutinefunction(getattr(AsyncAccount, name)) for name in asking)


@pytest.mark.parametrize("name", sorted(public(AsyncAccount)))
def test_aio_takes_what_the_account_takes(name):
    parameters = inspect.signature(getattr(AsyncAccount, name)).parameters
    open_ended = any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values())
    named = {key: value.kind for key, value in parameters.items() if value.kind is not value.VAR_KEYWORD}
    wanted = {key: value.kind for key, value in inspect.signature(getattr(BatchAccount, name)).parameters.items()}
    assert named.items() <= wanted.items()
    if not open_ended:
        assert named == wanted


def test_aio_on_a_loop_of_the_callers(account, service):
    service.images = [make_image()]
    service.add_pool("q", nodes=2)

    async def main():
        await account.aio.check()
        assert await account.aio.list_supported_images() == service.images
        assert await account.aio.list_node_agent_skus() == node_agent_skus(service.images)
        pools, nodes = await asyncio.gather(account.aio.list_pools(), account.aio.list_nodes("q"))
        assert [pool.id for pool in pools] == ["q"]
        assert len(nodes) == 2
        assert (await account.aio.get_pool("q")).id == "q"
        with pytest.raises(ServiceError):
            await account.aio.evaluate_auto_scale("q", "$TargetDedicatedNodes = 1")
        assert (await account.aio.create_pool(make_spec("p"))).current_nodes == 2
        assert (await account.aio.resize_pool("p", target_dedicated_nodes=1)).current_nodes == 1
        assert outcomes(await account.aio.add_user("p", "alice", ssh_public_key=KEY)) == {"tvm-0": "added"}
        assert len(await account.aio.list_remote_login_settings("p")) == 1
        assert outcomes(await account.aio.delete_user("p", "alice")) == {"tvm-0": "deleted"}
        await account.aio.delete_pool("p")
        with pytest.raises(NotFoundError):
            await account.aio.get_pool("p")

    asyncio.run(main())
    assert service.threads == {"batch-widgets-loop"}


def test_cancelling_who_awaits_a_change_leaves_it_running(account, service):
    async def main():
        service.hold("create_pool")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(account.aio.create_pool(make_spec("p")), 0.02)
        service.release("create_pool")

    asyncio.run(main())
    deadline = time.monotonic() + SOON
    while "p" not in service.pools and time.monotonic() < deadline:
        time.sleep(0.002)
    assert "p" in service.pools


def test_a_blocking_call_on_the_loop_thread_raises(account):
    async def work(operation):
        with pytest.raises(RuntimeError, match="Await it instead"):
            account.list_pools()
        return "raised"

    assert account.runner.submit("Ask", work).result(SOON) == "raised"


# life


def test_close(service):
    ended = []
    account = make_account(service, on_close=lambda: ended.append(service.closed))
    service.hold("get_pool")
    account.check()
    operation = account.create_pool(make_spec("p"))
    while not service.count("get_pool"):
        time.sleep(0.002)
    account.close()
    account.close()
    assert operation.cancelled()
    assert ended == [1]
    assert account.closed
    assert service.in_flight == 0
    for call in (
        account.check,
        account.list_pools,
        lambda: account.create_pool(make_spec("p")),
        lambda: account.delete_pool("p"),
    ):
        with pytest.raises(ClosedError):
            call()
    with pytest.raises(ClosedError):
        asyncio.run(account.aio.check())


def test_close_without_any_call(service):
    account = make_account(service)
    account.close()
    assert service.closed == 0
    assert account.closed


def test_concurrent_close_ends_it_once(service):
    ended = []
    account = make_account(service, on_close=lambda: ended.append(1))
    account.check()
    threads = [threading.Thread(target=account.close) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(SOON)
    assert (ended, service.closed) == ([1], 1)


def test_a_service_that_fails_to_close_keeps_nothing_alive(service, caplog):
    class Bad(FakeService):
        async def close(self):
            raise OSError("It broke.")

    ended = []
    account = make_account(Bad(), on_close=lambda: ended.append(1))
    account.check()
    account.close()
    assert ended == [1]
    assert "Not everything ended well" in caplog.text


def test_a_caller_that_waits_while_it_closes(service):
    account = make_account(service)
    service.hold("list_pools")
    errors = []

    def wait():
        try:
            account.list_pools()
        except ClosedError as error:
            errors.append(error)

    thread = threading.Thread(target=wait)
    thread.start()
    while not service.in_flight:
        time.sleep(0.002)
    account.close()
    thread.join(SOON)
    assert len(errors) == 1


class Listener:
    def __init__(self, account):
        self.account = account
        self.heard = []

    def on_close(self):
        self.heard.append((self.account.closed, threading.current_thread().name))


def test_close_callbacks_see_a_closed_account(service):
    account = make_account(service)
    listener, gone = Listener(account), Listener(account)
    heard_by_gone = gone.heard
    account.add_close_callback(listener.on_close)
    account.add_close_callback(gone.on_close)
    del gone
    gc.collect()
    account.close()
    account.close()
    assert listener.heard == [(True, "batch-widgets-notifier")]
    assert not heard_by_gone


def test_a_context_manager(service):
    with make_account(service) as account:
        account.check()
    assert account.closed
    assert service.closed == 1


def test_repr(service):
    with make_account(service, is_demo=True) as account:
        assert repr(account) == "<BatchAccount fake, https://fake.eastus.batch.azure.com, demo>"


def test_the_fake_keeps_the_services_interface():
    from batch_widgets.service import BatchService

    for name in public(BatchService):
        ours = inspect.signature(getattr(FakeService, name)).parameters
        theirs = inspect.signature(getattr(BatchService, name)).parameters
        assert {key: value.kind for key, value in ours.items()} == {key: value.kind for key, value in theirs.items()}
    assert replace(make_pool(), body=SSH_BODY).maps_ssh
