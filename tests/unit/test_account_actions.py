"""Doing something to nodes from the account: an outcome for each, whatever happens on the way."""

from __future__ import annotations

import asyncio
import concurrent.futures
import time
from dataclasses import replace

import pytest

from batch_widgets.account.attempts import IN_FLIGHT, TRIES
from batch_widgets.errors import NotFoundError, ServiceError, ThrottledError, ValidationError
from unit.fakes import LOST, NEVER_SENT, make_node, make_nodes

pytestmark = pytest.mark.usefixtures("breathless")
SOON = 5.0
PAUSE = ThrottledError("Wait.", retry_after_s=0.001)
UNCLEAR = ServiceError("Internal.", code="InternalError", status=500, maybe_done=True)
BUSY = ServiceError("Internal.", code="InternalError", status=500)

NODES = (
    make_node("idle", scheduling_state="enabled"),
    make_node("off", "offline", scheduling_state="disabled"),
    make_node("failed", "starttaskfailed", scheduling_state="enabled"),
    make_node("away", "deallocated", scheduling_state="enabled"),
    make_node("booting", "rebooting", scheduling_state="enabled"),
)
ALL = ["idle", "off", "failed", "away", "booting", "none"]


@pytest.fixture
def pool(service):
    return service.add_pool("p", nodes=NODES)


def outcomes(frame):
    return dict(zip(frame["node_id"], frame["outcome"], strict=True))


@pytest.mark.parametrize(
    ("method", "call", "done", "failed"),
    [
        ("reboot_nodes", "reboot_node", {"idle", "failed"}, {"off"}),
        ("reimage_nodes", "reimage_node", {"idle", "failed"}, {"off"}),
        ("deallocate_nodes", "deallocate_node", {"idle"}, {"off", "failed"}),
        ("start_nodes", "start_node", {"away"}, set()),
        ("disable_scheduling", "disable_node_scheduling", {"idle"}, {"failed"}),
        ("enable_scheduling", "enable_node_scheduling", {"off"}, set()),
    ],
)
def test_every_node_is_accounted_for(account, service, pool, method, call, done, failed):
    operation = getattr(account, method)("p", [*ALL, "idle"])
    frame = operation.result(SOON)
    assert list(frame["node_id"]) == ALL
    found = outcomes(frame)
    assert {node for node, outcome in found.items() if outcome == "done"} == done
    assert {node for node, outcome in found.items() if outcome == "failed"} == failed | {"none"}
    assert set(found.values()) <= {"done", "failed", "skipped"}
    assert service.count(call) == len(done | failed)
    assert operation.progress.done == operation.progress.total == len(ALL)
    codes = dict(zip(frame["node_id"], frame["error_code"], strict=True))
    assert codes["none"] == "NodeNotFound"
    for node in failed:
        assert codes[node] == "OperationNotValidOnNode"
    for message in frame.loc[frame["outcome"] == "skipped", "message"]:
        assert message


def test_what_becomes_of_tasks_is_handed_on(account, service, pool):
    account.reboot_nodes("p", ["idle"], when="taskcompletion").result(SOON)
    assert ("reboot_node", "p", "idle", "taskcompletion") in service.calls
    service.add_pool("q", nodes=1)
    account.remove_nodes("q", ["tvm-0"], when="terminate").result(SOON)
    assert ("remove_nodes", "q", ("tvm-0",), "terminate") in service.calls


def test_the_title_tells_the_number(account, pool):
    assert account.reboot_nodes("p", ["idle", "off"]).title == "Reboot 2 nodes"
    assert account.start_nodes("p", "away").title == "Start 1 node"


@pytest.mark.parametrize("method", ["reboot_nodes", "remove_nodes"])
def test_no_nodes_are_nothing_to_do(account, service, pool, method):
    assert getattr(account, method)("p", []).result(SOON).empty
    assert service.count("reboot_node") == service.count("remove_nodes") == 0


@pytest.mark.parametrize(
    ("options", "field"), [({"nodes": None}, "nodes"), ({"nodes": ["idle"], "when": "soon"}, "when")]
)
def test_nodes_and_choice_must_be_given(account, service, options, field):
    with pytest.raises(ValidationError) as caught:
        account.remove_nodes("p", **options)
    assert caught.value.problems[0].field == field
    assert not service.calls


@pytest.mark.parametrize("method", ["reboot_nodes", "remove_nodes"])
def test_a_pool_that_is_not_there(account, method):
    with pytest.raises(NotFoundError):
        getattr(account, method)("p", ["n"]).result(SOON)


@pytest.mark.parametrize(
    ("error", "times", "after", "outcome", "says", "sent"),
    [
        (PAUSE, TRIES - 1, False, "done", "", TRIES),
        (PAUSE, TRIES, False, "failed", "Retry later.", TRIES),
        (LOST, 1, False, "done", "", 2),
        (LOST, 1, True, "done", "first try had no clear answer", 1),
        (UNCLEAR, 1, True, "done", "first try had no clear answer", 1),
        (LOST, TRIES, False, "failed", "look at the node's state", TRIES),
        (NEVER_SENT, TRIES - 1, False, "done", "", TRIES),
        (NEVER_SENT, TRIES, False, "failed", "Cannot reach it", TRIES),
        (ServiceError("Odd.", code="Odd", status=400), 1, False, "failed", "Odd.", 1),
        (ServiceError("Gone.", code="NodeStateUnusable", status=409), 1, False, "failed", "present state", 1),
    ],
)
def test_acting_through_trouble(account, service, error, times, after, outcome, says, sent):
    service.add_pool("p", nodes=1)
    service.fail("reboot_node", error, times=times, after=after)
    frame = account.reboot_nodes("p", ["tvm-0"]).result(SOON)
    assert frame.loc[0, "outcome"] == outcome
    assert says in frame.loc[0, "message"]
    assert service.count("reboot_node") == sent


@pytest.mark.parametrize("trouble", [NEVER_SENT, BUSY, PAUSE])
def test_nothing_is_sent_again_before_a_look(account, service, trouble):
    service.add_pool("p", nodes=1)
    service.fail("reboot_node", LOST, times=1, after=True)
    service.fail("get_node", trouble, times=2)
    frame = account.reboot_nodes("p", ["tvm-0"]).result(SOON)
    assert frame.loc[0, "outcome"] == "done"
    assert (service.count("reboot_node"), service.count("get_node")) == (1, 3)


def test_many_nodes_are_done_side_by_side_but_not_all_at_once(account, service):
    service.add_pool("p", nodes=200)
    service.hold("reboot_node")
    operation = account.reboot_nodes("p", [f"tvm-{number}" for number in range(200)])
    deadline = time.monotonic() + SOON
    while service.in_flight < IN_FLIGHT and time.monotonic() < deadline:
        time.sleep(0.002)
    service.release("reboot_node")
    assert set(operation.result(SOON)["outcome"]) == {"done"}
    assert service.most_in_flight == IN_FLIGHT


def test_cancelling_leaves_no_call_behind(account, service):
    service.add_pool("p", nodes=3)
    service.hold("reboot_node")
    operation = account.reboot_nodes("p", ["tvm-0", "tvm-1"])
    while service.count("reboot_node") < 2:
        time.sleep(0.002)
    operation.cancel()
    with pytest.raises(concurrent.futures.CancelledError, match="goes on"):
        operation.result(SOON)
    assert service.in_flight == 0
    assert outcomes(operation.partial) == {"tvm-0": "not reached", "tvm-1": "not reached"}


def test_a_node_that_is_restarting_after_a_lost_try_is_done(account, service):
    service.add_pool("p", nodes=1)
    service.fail("reboot_node", LOST, times=1)
    service.fail("reboot_node", ServiceError("Rebooting.", code="NodeBeingRebooted", status=409), after=True)
    frame = account.reboot_nodes("p", ["tvm-0"]).result(SOON)
    assert (frame.loc[0, "outcome"], service.count("get_node")) == ("done", 2)


# removal


def ids(count):
    return [f"tvm-{number}" for number in range(count)]


def removed(service):
    return [len(arguments[1]) for name, *arguments in service.calls if name == "remove_nodes"]


def test_nodes_are_removed(account, service):
    service.add_pool("p", nodes=(*make_nodes(3), make_node("leaving", "leavingpool")))
    frame = account.remove_nodes("p", ["tvm-2", "none", "leaving", "tvm-0"]).result(SOON)
    assert outcomes(frame) == {"tvm-2": "done", "none": "failed", "leaving": "skipped", "tvm-0": "done"}
    assert removed(service) == [2]
    assert [node.id for node in service.pools["p"].steps[-1][1]] == ["tvm-1", "leaving"]


def test_cancelling_a_removal_tells_what_was_taken(account, service):
    service.add_pool("p", nodes=150)
    service.hold("get_pool")
    operation = account.remove_nodes("p", ids(150))
    while not service.count("get_pool"):
        time.sleep(0.001)
    assert operation.partial["outcome"].value_counts()["done"] == 100
    operation.cancel()
    with pytest.raises(concurrent.futures.CancelledError):
        operation.result(SOON)
    assert dict(operation.partial["outcome"].value_counts()) == {"done": 100, "not reached": 50}


def test_more_than_a_hundred_are_removed_one_hundred_after_the_other(account, service):
    service.add_pool("p", nodes=250)
    assert set(account.remove_nodes("p", ids(249)).result(SOON)["outcome"]) == {"done"}
    assert max(removed(service)) == 100
    assert [node.id for node in service.pools["p"].steps[-1][1]] == ["tvm-249"]


def resizing(service, count, polls):
    """Add a pool that is steady after some polls."""
    script = service.add_pool("p", nodes=count)
    steady, nodes = script.steps[0]
    script.steps = [(replace(steady, allocation_state="resizing"), nodes), (steady, nodes)]
    script.polls_until_steady = polls
    return script


def test_a_pool_that_is_being_resized_is_waited_for(account, service):
    resizing(service, 2, polls=3)
    service.fail("get_pool", NEVER_SENT, times=2)
    assert set(account.remove_nodes("p", ids(2)).result(SOON)["outcome"]) == {"done"}
    assert removed(service) == [2, 2]
    assert service.count("get_pool") == 2 + 5


def test_waiting_for_a_pool_ends_when_it_is_deleted(account, service):
    script = resizing(service, 2, polls=3)
    script.steps = [(replace(pool, state="deleting"), nodes) for pool, nodes in script.steps]
    service.fail("remove_nodes", ServiceError("Resizing.", code="PoolBeingResized", status=409), times=1)
    service.fail("remove_nodes", ServiceError("Deleting.", code="PoolBeingDeleted", status=409))
    frame = account.remove_nodes("p", ids(2)).result(SOON)
    assert list(frame["outcome"]) == ["failed", "failed"]
    assert list(frame["error_code"]) == ["PoolBeingDeleted"] * 2


def test_waiting_for_a_pool_gives_up_when_nobody_answers(account, service):
    resizing(service, 2, polls=3)
    service.fail("get_pool", NEVER_SENT)
    frame = account.remove_nodes("p", ids(2)).result(SOON)
    assert list(frame["message"]) == [str(NEVER_SENT)] * 2


@pytest.mark.parametrize(
    ("error", "times", "after", "outcome", "says", "sent"),
    [
        (PAUSE, TRIES - 1, False, "done", "", TRIES),
        (PAUSE, TRIES, False, "failed", "Wait.", TRIES),
        (LOST, 1, False, "done", "", 2),
        (LOST, 1, True, "done", "first try had no clear answer", 1),
        (UNCLEAR, 1, True, "done", "first try had no clear answer", 1),
        (LOST, TRIES, False, "failed", "The connection broke", TRIES),
        (NEVER_SENT, TRIES, False, "failed", "Cannot reach it", TRIES),
    ],
)
def test_removing_through_trouble(account, service, error, times, after, outcome, says, sent):
    service.add_pool("p", nodes=2)
    service.fail("remove_nodes", error, times=times, after=after)
    frame = account.remove_nodes("p", ids(2)).result(SOON)
    assert list(frame["outcome"]) == [outcome] * 2
    assert says in frame.loc[0, "message"]
    assert len(removed(service)) == sent


def test_nothing_is_removed_again_before_a_look(account, service):
    service.add_pool("p", nodes=2)
    service.fail("remove_nodes", LOST, times=1, after=True)
    looks = iter([False, True, True])
    service.fail("list_nodes", NEVER_SENT, times=2, when=lambda *_: next(looks, False))
    assert set(account.remove_nodes("p", ids(2)).result(SOON)["outcome"]) == {"done"}
    assert (len(removed(service)), service.count("list_nodes")) == (1, 4)


def test_a_node_that_left_meanwhile_does_not_hold_up_the_others(account, service):
    script = service.add_pool("p", nodes=3)
    pool, nodes = script.steps[0]
    script.steps.append((pool, nodes[1:]))
    frame = account.remove_nodes("p", ids(3)).result(SOON)
    assert list(frame["outcome"]) == ["skipped", "done", "done"]
    assert "left the pool already" in frame.loc[0, "message"]
    assert removed(service) == [3, 2]


def test_a_service_that_does_not_find_what_it_lists_is_not_asked_for_ever(account, service):
    service.add_pool("p", nodes=1)
    service.fail("remove_nodes", NotFoundError("No such node.", code="NodeNotFound", status=404))
    frame = account.remove_nodes("p", ids(1)).result(SOON)
    assert (frame.loc[0, "outcome"], frame.loc[0, "error_code"]) == ("failed", "NodeNotFound")
    assert len(removed(service)) == 1


def test_one_hundred_that_fail_do_not_hold_up_the_others(account, service):
    service.add_pool("p", nodes=150)
    service.fail("remove_nodes", ServiceError("Odd.", code="Odd", status=400), times=1)
    counts = account.remove_nodes("p", ids(150)).result(SOON)["outcome"].value_counts()
    assert dict(counts) == {"failed": 100, "done": 50}


def test_aio(account, service, pool):
    service.add_pool("q", nodes=1)

    async def main():
        assert outcomes(await account.aio.reboot_nodes("p", ["idle"])) == {"idle": "done"}
        assert outcomes(await account.aio.reimage_nodes("p", ["failed"], when="terminate")) == {"failed": "done"}
        assert outcomes(await account.aio.start_nodes("p", ["away"])) == {"away": "done"}
        assert outcomes(await account.aio.enable_scheduling("p", ["off"])) == {"off": "done"}
        assert outcomes(await account.aio.disable_scheduling("p", ["off"])) == {"off": "done"}
        assert outcomes(await account.aio.deallocate_nodes("q", ["tvm-0"])) == {"tvm-0": "done"}
        assert outcomes(await account.aio.remove_nodes("q", ["tvm-0"])) == {"tvm-0": "done"}

    asyncio.run(main())
    assert service.threads == {"batch-widgets-loop"}
