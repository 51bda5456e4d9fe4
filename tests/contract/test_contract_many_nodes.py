"""A thousand nodes while calls fail: each accounted for, as the service knows it, and the next cell runs meanwhile."""

from __future__ import annotations

import concurrent.futures
import threading
from collections import Counter

import pytest

import batch_widgets as bw
from batch_widgets.account.attempts import IN_FLIGHT
from batch_widgets.account.fan_out import UNDER_WAY
from batch_widgets.demo import DemoService
from batch_widgets.nodes import failed_nodes
from batch_widgets.passwords import generate_password

NODES = 1_000
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f me"
PATIENCE_S = 240.0
FAULTS = (  # one call in twenty
    "throttle share=0.0125 seconds=1",
    "error share=0.0125",
    "reset share=0.0125",
    "lost share=0.0125",
)

pytestmark = pytest.mark.timeout(300)


@pytest.fixture
def service():
    with DemoService(nodes=NODES, speed=1, max_ssh_listeners=NODES) as service:
        yield service


@pytest.fixture
def account(service):
    with bw.connect(service.endpoint, account_name=service.account_name, account_key=service.account_key) as account:
        yield account


def start_faults(service):
    for fault in FAULTS:
        service.faults.add(fault)


def users(service):
    """Give the names of the users of each node, as the service holds them."""
    with service._core.lock:
        return {node.id: set(node.users) for _, node in service._state.nodes()}


def test_users_and_settings_in_one_action_through_faults(service, account):
    ids = [node.id for node in account.list_nodes("demo")]
    assert len(ids) == NODES
    start_faults(service)
    asked_before = service.requests
    batches, units_at, progress = [], [], []
    units = 0

    adding = account.add_user("demo", "alice", ssh_public_key=KEY, is_admin=True, days=7)
    reading = account.runner.submit(
        "Read", lambda _: account.aio.list_remote_login_settings("demo", on_some=batches.append)
    )
    adding.observe(lambda change: (units_at.append(units), progress.append(change.new)), "progress")
    while len(progress) < 5:  # the next cell, which never waits
        assert not adding.done()
        assert sum(number * number for number in range(20_000)) == 2_666_466_670_000
        units += 1
    frame, settings = adding.result(PATIENCE_S), reading.result(PATIENCE_S)
    account.runner.drain()

    assert units_at[0] < units_at[4] <= units
    assert progress[0].done < progress[4].done
    assert [one.done for one in progress] == sorted(one.done for one in progress)
    assert (progress[-1].done, progress[-1].total) == (NODES, NODES)
    assert list(frame["node_id"]) == ids
    outcomes = Counter(frame["outcome"])
    assert set(outcomes) <= {"added", "exists"}
    in_doubt = frame[frame["outcome"] == "exists"]
    assert in_doubt["message"].str.contains("The first try had no clear answer").all()
    assert users(service) == {node_id: {"alice"} for node_id in ids}
    assert failed_nodes(frame) == ()

    assert [one.node_id for one in settings] == ids
    assert all(one.reachable and not one.reason for one in settings)
    assert sorted(one.node_id for batch in batches for one in batch) == sorted(ids)
    service.faults.clear()
    assert account.list_remote_login_settings("demo") == settings

    asked = service.requests - asked_before
    assert NODES < asked["POST", "create_node_user"] < 1.1 * NODES


def test_the_list_of_nodes_spares_a_call_to_each(service, account):
    nodes = [node.id for node in account.list_nodes("demo")]
    before = service.requests
    settings = account.list_remote_login_settings("demo")
    asked = service.requests - before
    assert asked == {
        ("GET", "get_pool"): 1,
        ("GET", "list_nodes"): 1,
        ("GET", "get_node_remote_login_settings"): 3,
    }
    assert [one.node_id for one in settings] == nodes
    each = [account.list_remote_login_settings("demo", [node_id]) for node_id in nodes[:: NODES // 20]]
    assert [one for (one,) in each] == settings[:: NODES // 20]


def test_replacing_and_deleting_through_faults(service, account):
    ids = [node.id for node in account.list_nodes("demo")]
    account.add_user("demo", "alice", ssh_public_key=KEY, nodes=ids[::2]).result(PATIENCE_S)
    start_faults(service)
    password = generate_password()
    frame = account.add_user("demo", "alice", password=password, if_exists="replace").result(PATIENCE_S)
    outcomes = dict(zip(frame["node_id"], frame["outcome"], strict=True))
    assert {outcomes[node_id] for node_id in ids[::2]} == {"updated"}
    lost = frame["message"].str.contains("The first try had no clear answer")
    assert {outcomes[node_id] for node_id in frame[~lost]["node_id"]} == {"added", "updated"}
    with service._core.lock:
        held = [node.users["alice"] for _, node in service._state.nodes()]
    assert len(held) == NODES
    assert all(user.password is not None and user.ssh_public_key is None for user in held)
    gone = account.delete_user("demo", "alice").result(PATIENCE_S)
    assert set(gone["outcome"]) <= {"deleted", "absent"}  # a DELETE that the HTTP library repeats finds nothing
    assert list(gone["node_id"]) == ids
    assert users(service) == {node_id: set() for node_id in ids}


def test_cancelling_in_the_middle_tells_the_truth(service, account):
    start_faults(service)
    operation = account.add_user("demo", "alice", ssh_public_key=KEY)
    some = threading.Event()
    operation.observe(lambda change: change.new.done >= 100 and some.set(), "progress")
    assert some.wait(PATIENCE_S)
    operation.cancel()
    with pytest.raises(concurrent.futures.CancelledError):
        operation.result(PATIENCE_S)
    account.list_pools()  # comes after whatever the service had taken before
    truth = users(service)
    frame = operation.partial
    assert set(frame["node_id"]) == set(truth)
    have_it = frame[frame["outcome"].isin(["added", "exists"])]["node_id"]
    not_sent = frame[(frame["outcome"] == "not reached") & (frame["message"] != UNDER_WAY)]["node_id"]
    assert len(have_it) >= 100
    assert len(not_sent) > 0
    assert len(have_it) + len(not_sent) >= NODES - IN_FLIGHT
    assert all(truth[node_id] == {"alice"} for node_id in have_it)
    assert not any(truth[node_id] for node_id in not_sent)
    service.faults.clear()
    rest = account.add_user("demo", "alice", ssh_public_key=KEY, nodes=failed_nodes(frame)).result(PATIENCE_S)
    assert set(rest["outcome"]) <= {"added", "exists"}
    assert all(users(service).values())


def test_nodes_that_come_while_the_user_is_added():
    with (
        DemoService(nodes=0, speed=60) as service,
        bw.connect(service.endpoint, account_name=service.account_name, account_key=service.account_key) as account,
    ):
        account.poll_interval_s = 0.05
        image = next(one for one in account.list_supported_images() if one.os_type == "linux" and one.verified)
        spec = bw.PoolSpec(pool_id="p", image=image, vm_size="Standard_D2s_v3", target_dedicated_nodes=6)
        there = threading.Event()
        creating = account.create_pool(spec)
        creating.observe(lambda change: change.new.accepted and there.set(), "progress")
        assert there.wait(PATIENCE_S)
        adding = account.add_user("p", "alice", ssh_public_key=KEY, keep_adding=True)
        frame = adding.result(PATIENCE_S)
        creating.result(PATIENCE_S)
        assert set(frame["outcome"]) == {"added"}
        assert users(service) == {node_id: {"alice"} for node_id in frame["node_id"]}
        assert len(frame) == 6
