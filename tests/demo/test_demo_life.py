"""What happens to nodes and pools by themselves: preemption, machines that break, space that runs out."""

import itertools

import pytest

from batch_widgets.demo import InstantClock, Quota, Troubles
from batch_widgets.demo.resize_errors import ON_REQUEST, REMOVE_NODES_FAILED

SPOT = {"targetDedicatedNodes": 0, "targetLowPriorityNodes": 4}


def history(client, seconds, step=5):
    """Return the states of each node of the pool p, in the order in which they were seen."""
    seen = {}
    for _ in range(0, seconds, step):
        for node in client.nodes():
            seen.setdefault(node["id"], []).append(node["state"])
        client.clock.advance(step)
    return {node_id: [state for state, _ in itertools.groupby(states)] for node_id, states in seen.items()}


def test_spot_nodes_are_preempted_and_come_back(make_client):
    client = make_client(troubles=Troubles(spot_life_s=600))
    client.ready(**SPOT, startTask={"commandLine": "/bin/sh -c 'sleep 30'"})
    seen = history(client, 3600)
    assert len(seen) == 4
    joined = [" ".join(states) for states in seen.values()]
    assert any("idle preempted starting waitingforstarttask idle" in states for states in joined)
    assert client.pool()["currentLowPriorityNodes"] == 4


def test_dedicated_nodes_are_not_preempted(make_client):
    client = make_client(troubles=Troubles(spot_life_s=1))
    client.ready()
    assert {state for states in history(client, 3600, 30).values() for state in states} == {"idle"}


def test_a_preempted_node_has_lost_its_users_and_tells_so_in_the_counts(make_client):
    client = make_client(troubles=Troubles(spot_life_s=50))
    node = client.ready(**SPOT)[0]
    while client.send("GET", f"/pools/p/nodes/{node['id']}").json["state"] != "idle":
        client.clock.advance(5)
    path = f"/pools/p/nodes/{node['id']}"
    assert client.send("POST", f"{path}/users", {"name": "alice", "password": "x"}).status == 201
    while client.send("GET", path).json["state"] != "preempted":
        client.clock.advance(5)
    assert client.send("POST", f"{path}/users", {"name": "bob", "password": "x"}).code == "OperationNotValidOnNode"
    counts = client.send("GET", "/nodecounts", query={"$filter": "poolId eq 'p'"}).json["value"][0]["lowPriority"]
    assert counts["preempted"] >= 1
    assert counts["total"] == 4
    while client.send("GET", path).json["state"] != "idle":
        client.clock.advance(5)
    assert client.send("DELETE", f"{path}/users/alice").code == "NodeUserNotFound"


def test_some_machines_break(make_client):
    def unusable(seed):
        client = make_client(seed=seed, troubles=Troubles(unusable_share=0.3))
        return {node["id"] for node in client.ready(targetDedicatedNodes=40) if node["state"] == "unusable"}

    assert 5 <= len(unusable(1)) <= 20
    assert unusable(1) == unusable(1)
    client = make_client(troubles=Troubles(unusable_share=1.0))
    (node,) = client.ready(targetDedicatedNodes=1)
    assert "errors" not in node
    assert client.pool()["allocationState"] == "steady"
    for action in ("reboot", "reimage", "users"):
        answer = client.send("POST", f"/pools/p/nodes/{node['id']}/{action}", {"name": "a", "password": "b"})
        assert (answer.status, answer.code) == (409, "NodeStateUnusable")
    assert client.send("POST", "/pools/p/removenodes", {"nodeList": [node["id"]]}).status == 202


@pytest.mark.parametrize(
    "wrong", [{"unusable_share": -0.1}, {"unusable_share": 2}, {"spot_life_s": 0}, {"resize_error": "x"}]
)
def test_troubles_that_cannot_be(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Troubles(**wrong)


def test_a_region_without_room_lets_the_resize_time_out(make_client):
    client = make_client(quota=Quota(region_cores=4))
    client.create(targetDedicatedNodes=5, resizeTimeout="PT10M")
    client.clock.advance(595)
    assert client.pool()["allocationState"] == "resizing"
    assert client.states() == ["idle"]
    client.clock.advance(10)
    pool = client.pool()
    assert (pool["allocationState"], pool["currentDedicatedNodes"], pool["targetDedicatedNodes"]) == ("steady", 2, 5)
    assert [error["code"] for error in pool["resizeErrors"]] == ["AllocationTimedOut"]


def test_room_that_comes_free_meanwhile_is_taken(make_client):
    client = make_client(quota=Quota(region_cores=8))
    client.create("other", targetDedicatedNodes=3)
    client.clock.advance(100)
    client.create(targetDedicatedNodes=3)
    client.clock.advance(60)
    assert client.pool()["currentDedicatedNodes"] == 1
    client.send("DELETE", "/pools/other")
    client.clock.advance(120)
    assert client.pool()["currentDedicatedNodes"] == 3
    assert "resizeErrors" not in client.pool()


def test_pools_with_communication_between_nodes_have_a_limit(make_client):
    client = make_client(quota=Quota(dedicated_cores=1000))
    client.ready(targetDedicatedNodes=120, enableInterNodeCommunication=True)
    pool = client.pool()
    assert pool["currentDedicatedNodes"] == 100
    assert pool["resizeErrors"][0]["code"] == "CommunicationEnabledPoolReachedMaxVMCount"


@pytest.mark.parametrize("code", sorted(ON_REQUEST.keys() - {REMOVE_NODES_FAILED}))
def test_a_resize_to_more_ends_with_the_error_that_was_asked_for(make_client, code):
    client = make_client(nodes=2, troubles=Troubles(resize_error=code))
    client.create(targetDedicatedNodes=3)
    client.clock.advance(60)
    pool = client.pool()
    assert (pool["allocationState"], pool["currentDedicatedNodes"], pool["targetDedicatedNodes"]) == ("steady", 0, 3)
    (error,) = pool["resizeErrors"]
    assert error["code"] == code
    assert error["message"]
    client.send("POST", "/pools/demo/resize", {"targetDedicatedNodes": 1})
    client.clock.advance(60)
    assert len(client.nodes("demo")) == 1
    assert "resizeErrors" not in client.pool("demo")


@pytest.mark.parametrize("how", ["resize", "removenodes"])
def test_nodes_that_cannot_be_removed_stay(make_client, how):
    client = make_client(nodes=3, troubles=Troubles(resize_error=REMOVE_NODES_FAILED))
    ids = [node["id"] for node in client.nodes("demo")]
    body = {"targetDedicatedNodes": 1} if how == "resize" else {"nodeList": ids[:2]}
    assert client.send("POST", f"/pools/demo/{how}", body).status == 202
    assert client.pool("demo")["allocationState"] == "resizing"
    client.clock.advance(60)
    pool = client.pool("demo")
    assert (pool["allocationState"], pool["targetDedicatedNodes"]) == ("steady", 1)
    assert [error["code"] for error in pool["resizeErrors"]] == [REMOVE_NODES_FAILED]
    assert [node["id"] for node in client.nodes("demo")] == ids
    assert client.states("demo") == ["idle"]
    assert len(client.ready(targetDedicatedNodes=2)) == 2


def test_a_clock_that_skips_all_waiting_is_not_held_up_by_preemptions(make_client):
    client = make_client(clock=InstantClock(), troubles=Troubles(spot_life_s=1))
    client.create(**SPOT)
    assert len(client.nodes()) == 4
    assert client.pool()["allocationState"] == "steady"
