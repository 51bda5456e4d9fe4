"""Following a pool that was created until its nodes are ready, or until it is clear that they will not be."""

from __future__ import annotations

import concurrent.futures
import time

import pytest

from batch_widgets.errors import NotFoundError, PoolAllocationError, ServiceError
from batch_widgets.pools import ResizeError
from unit.accounts import PAUSE, SERVER_ERROR, SOON
from unit.fakes import LOST, NEVER_SENT, make_node, make_nodes, make_pool, make_spec


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
