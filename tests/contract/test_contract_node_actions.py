"""Everything that the account does to nodes, through the SDK and over HTTP, against the embedded service."""

from __future__ import annotations

import asyncio

import pytest

import batch_widgets as bw
from batch_widgets.demo import DemoService

SOON = 30.0


def connect(service):
    account = bw.connect(service.endpoint, account_name=service.account_name, account_key=service.account_key)
    account.poll_interval_s = 0.02
    return account


@pytest.fixture
def service(clock):
    with DemoService(nodes=4, clock=clock) as service:
        yield service


@pytest.fixture
def account(service):
    with connect(service) as account:
        yield account


@pytest.fixture
def nodes(account):
    return [node.id for node in account.list_nodes("demo")]


def outcomes(frame):
    return dict(zip(frame["node_id"], frame["outcome"], strict=True))


def states(account, pool_id="demo"):
    return {node.id: node.state for node in account.list_nodes(pool_id)}


def sent(service, operation):
    return service.requests["POST", operation]


@pytest.mark.parametrize("when", ["requeue", "terminate", "taskcompletion"])
@pytest.mark.parametrize(
    ("method", "state", "seconds", "then"),
    [
        ("reboot_nodes", "rebooting", 60, "idle"),
        ("reimage_nodes", "reimaging", 120, "idle"),
        ("deallocate_nodes", "deallocating", 60, "deallocated"),
        ("disable_scheduling", "offline", 60, "offline"),
    ],
)
def test_what_becomes_of_the_nodes(account, clock, nodes, method, when, state, seconds, then):
    frame = getattr(account, method)("demo", nodes[:2], when=when).result(SOON)
    assert outcomes(frame) == dict.fromkeys(nodes[:2], "done")
    assert states(account) == {**dict.fromkeys(nodes[:2], state), **dict.fromkeys(nodes[2:], "idle")}
    clock.advance(seconds)
    assert [states(account)[node] for node in nodes] == [then, then, "idle", "idle"]


def test_what_was_stopped_is_started(account, clock, nodes):
    account.deallocate_nodes("demo", nodes[:1]).result(SOON)
    assert outcomes(account.start_nodes("demo", nodes[:1]).result(SOON)) == {nodes[0]: "skipped"}
    clock.advance(60)
    assert outcomes(account.start_nodes("demo", nodes[:2]).result(SOON)) == {nodes[0]: "done", nodes[1]: "skipped"}
    clock.advance(60)
    assert states(account)[nodes[0]] == "idle"


def test_scheduling_is_switched_off_and_on(account, nodes):
    account.disable_scheduling("demo", nodes[:1]).result(SOON)
    frame = account.disable_scheduling("demo", nodes[:2]).result(SOON)
    assert list(frame["outcome"]) == ["skipped", "done"]
    assert frame.loc[0, "message"] == "Scheduling is off already."
    assert list(account.enable_scheduling("demo", nodes[:3]).result(SOON)["outcome"]) == ["done", "done", "skipped"]
    assert set(states(account).values()) == {"idle"}


@pytest.mark.parametrize("method", ["reboot_nodes", "reimage_nodes", "deallocate_nodes"])
def test_each_outcome(account, service, nodes, method):
    service.break_node("demo", nodes[1])
    account.reboot_nodes("demo", nodes[2:3]).result(SOON)
    frame = getattr(account, method)("demo", [*nodes[:3], "none"]).result(SOON)
    assert list(frame["outcome"]) == ["done", "failed", "skipped", "failed"]
    assert list(frame["error_code"]) == ["", "NodeStateUnusable", "", "NodeNotFound"]
    assert frame.loc[2, "message"] == "The node is rebooting."


def test_a_start_task_that_failed_runs_again_after_a_reboot():
    with DemoService(nodes=0, speed=300) as service, connect(service) as account:
        spec = bw.PoolSpec(
            pool_id="p",
            image=bw.select_image(account.list_supported_images(), "ubuntu 22.04", latest=True),
            vm_size="Standard_D2s_v3",
            target_dedicated_nodes=1,
            start_task_command_line="/bin/sh -c 'echo trying; nonsense'",
            start_task_wait_for_success=True,
        )
        with pytest.raises(bw.PoolAllocationError):
            account.create_pool(spec).result(SOON)
        (node,) = account.list_nodes("p")
        assert node.state == "starttaskfailed"
        assert (node.start_task.exit_code, node.start_task.failure.code) == (127, "FailureExitCode")
        assert outcomes(account.reboot_nodes("p", [node.id]).result(SOON)) == {node.id: "done"}
        account.resize_pool("p", target_dedicated_nodes=1).exception(SOON)  # follows it until its nodes are decided
        (again,) = account.list_nodes("p")
        assert again.state == "starttaskfailed"
        assert again.start_task.start_time > node.start_task.start_time


@pytest.mark.parametrize(("fault", "sends"), [("lost", 1), ("error", 2), ("reset", 2), ("throttle seconds=0.01", 2)])
@pytest.mark.parametrize(
    ("method", "operation"),
    [
        ("reboot_nodes", "reboot_node"),
        ("reimage_nodes", "reimage_node"),
        ("deallocate_nodes", "deallocate_node"),
        ("disable_scheduling", "disable_node_scheduling"),
        ("remove_nodes", "remove_nodes"),
    ],
)
def test_a_fault_on_the_way_is_no_fault_of_the_node(account, service, nodes, method, operation, fault, sends):
    service.faults.add(f"{fault} operation={operation} times=1")
    frame = getattr(account, method)("demo", nodes[:1]).result(SOON)
    assert outcomes(frame) == {nodes[0]: "done"}
    assert sent(service, operation) == sends  # what the service has taken is not sent again
    assert states(account).get(nodes[0]) != "idle"


def test_nodes_are_removed(account, clock, nodes):
    frame = account.remove_nodes("demo", [*nodes[:2], "none"]).result(SOON)
    assert outcomes(frame) == {nodes[0]: "done", nodes[1]: "done", "none": "failed"}
    assert [states(account)[node] for node in nodes] == ["leavingpool", "leavingpool", "idle", "idle"]
    assert outcomes(account.remove_nodes("demo", nodes[:1]).result(SOON)) == {nodes[0]: "skipped"}
    clock.advance(60)
    assert set(states(account)) == set(nodes[2:])


def test_more_nodes_are_removed_than_one_call_takes():
    with DemoService(nodes=250, speed=300) as service, connect(service) as account:
        ids = [node.id for node in account.list_nodes("demo")]
        frame = account.remove_nodes("demo", ids[:249]).result(SOON)
        assert set(frame["outcome"]) == {"done"}
        assert sent(service, "remove_nodes") >= 3
        assert account.get_pool("demo").target_dedicated_nodes == 1


def test_aio(account, nodes):
    async def main():
        return await asyncio.gather(
            account.aio.reboot_nodes("demo", nodes[:1]), account.aio.disable_scheduling("demo", nodes[1:2])
        )

    first, second = asyncio.run(main())
    assert (outcomes(first), outcomes(second)) == ({nodes[0]: "done"}, {nodes[1]: "done"})
