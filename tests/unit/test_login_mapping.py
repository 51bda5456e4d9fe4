"""Login settings from the list of nodes: only where that is beyond doubt, and never against what a node says."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from azure.batch import models

import batch_widgets as bw
from batch_widgets.errors import ServiceError
from batch_widgets.login import RDP_PORT, SSH_PORT, InboundEndpoint, NodeEndpoints, RemoteLoginSettings
from batch_widgets.sdk import convert
from unit.fakes import make_node, make_nodes
from unit.test_panel import settle

NOW = datetime.now(UTC)
ADDRESS = "203.0.113.5"
SSH = InboundEndpoint("tcp", ADDRESS, 40_000, SSH_PORT)
WIRE = {
    "name": "ssh.0",
    "protocol": "tcp",
    "publicIPAddress": ADDRESS,
    "publicFQDN": "x.example",
    "frontendPort": 40_000,
}


def mapped(count, *, first=40_000):
    """Give what the list tells of nodes ``tvm-0`` and so on: what the fake's nodes say themselves."""
    return {f"tvm-{number}": (replace(SSH, port=first + number),) for number in range(count)}


def asked(service):
    return [arguments[1] for name, *arguments in service.calls if name == "get_remote_login_settings"]


@pytest.mark.parametrize("state", ["idle", "running"])
def test_one_mapped_port_is_beyond_doubt(state):
    other = replace(SSH, backend_port=RDP_PORT, port=41_000)
    found = NodeEndpoints("tvm-0", state, (other, SSH))
    assert found.settings(SSH_PORT) == RemoteLoginSettings("tvm-0", ADDRESS, 40_000)
    assert found.settings(RDP_PORT) == RemoteLoginSettings("tvm-0", ADDRESS, 41_000)


@pytest.mark.parametrize(
    "endpoints",
    [
        (),
        (SSH, replace(SSH, port=41_000)),
        (SSH, SSH),
        (replace(SSH, protocol="udp"),),
        (replace(SSH, backend_port=2222),),
        (replace(SSH, port=0),),
        (replace(SSH, port=65_536),),
        (replace(SSH, ip_address=""),),
        (replace(SSH, ip_address="contoso.example"),),
        (replace(SSH, ip_address="2001:db8::5"),),
        (replace(SSH, ip_address="203.0.113.5 -o ProxyCommand=x"),),
    ],
)
def test_what_is_in_doubt_has_to_be_asked_for(endpoints):
    assert NodeEndpoints("tvm-0", "idle", endpoints).settings(SSH_PORT) is None


@pytest.mark.parametrize(
    "state", ["creating", "rebooting", "reimaging", "preempted", "deallocated", "leavingpool", "new"]
)
def test_what_is_listed_of_a_node_that_is_not_up_may_be_from_before(state):
    assert NodeEndpoints("tvm-0", state, (SSH,)).settings(SSH_PORT) is None


@pytest.mark.parametrize(
    "item",
    [
        None,
        "ssh",
        {},
        {**WIRE, "backendPort": "22"},
        {**WIRE, "backendPort": True},
        {**WIRE, "backendPort": 22, "frontendPort": None},
        {**WIRE, "backendPort": 22, "publicIPAddress": 5},
        {name: value for name, value in WIRE.items() if name != "protocol"} | {"backendPort": 22},
    ],
)
def test_what_cannot_be_read_of_the_ports_is_left_out(item):
    good = {**WIRE, "backendPort": 22}
    for listed, wanted in (([item, good], (SSH,)), ([item], ())):
        node = models.BatchNode({"id": "n", "state": "idle", "endpointConfiguration": {"inboundEndpoints": listed}})
        assert convert.node_endpoints(node) == NodeEndpoints("n", "idle", wanted)


@pytest.mark.parametrize("configuration", [None, [], {}, {"inboundEndpoints": None}, {"inboundEndpoints": {}}])
def test_a_list_without_ports_tells_none(configuration):
    node = models.BatchNode({"id": "n", "state": "idle", "endpointConfiguration": configuration})
    assert convert.node_endpoints(node) == NodeEndpoints("n", "idle")


def test_three_of_a_thousand_are_asked(account, service):
    service.add_pool("p", nodes=1_000)
    service.endpoints = mapped(1_000)
    told = []
    settings = account.list_remote_login_settings("p", on_some=told.extend)
    account.runner.drain()
    assert asked(service) == ["tvm-0", "tvm-499", "tvm-999"]
    assert service.count("list_node_endpoints") == 1
    assert service.count("list_nodes") == 0
    assert settings == [RemoteLoginSettings(f"tvm-{number}", ADDRESS, 40_000 + number) for number in range(1_000)]
    assert sorted(told, key=lambda one: one.port) == settings


@pytest.mark.parametrize("wrong", ["tvm-0", "tvm-499", "tvm-999"])
def test_a_node_that_says_otherwise_has_all_asked(account, service, wrong):
    service.add_pool("p", nodes=1_000)
    service.endpoints = mapped(1_000) | {wrong: (replace(SSH, port=50_000),)}
    told = []
    settings = account.list_remote_login_settings("p", on_some=told.extend)
    account.runner.drain()
    assert sorted(asked(service)) == sorted(one.node_id for one in settings)
    assert [one.port for one in settings] == list(range(40_000, 41_000))
    assert {one.port for one in told} == set(range(40_000, 41_000))


def test_a_mapping_that_is_listed_as_it_was_before_is_never_shown(account, service):
    service.add_pool("p", nodes=100)
    service.endpoints = mapped(100, first=41_000)
    told = []
    settings = account.list_remote_login_settings("p", on_some=told.extend)
    account.runner.drain()
    assert [one.port for one in settings] == list(range(40_000, 40_100))
    assert sorted(one.port for one in told) == list(range(40_000, 40_100))


def test_a_second_address_of_a_node_is_found(account, service):
    service.add_pool("p", nodes=20)
    service.endpoints = mapped(20)
    plain = service.get_remote_login_settings

    async def dual_stack(pool_id, node_id):
        return replace(await plain(pool_id, node_id), ipv6_address="2001:db8::5", ipv6_port=22)

    service.get_remote_login_settings = dual_stack
    assert all(one.ipv6_address for one in account.list_remote_login_settings("p"))


def test_nodes_of_which_the_list_tells_nothing_sure_are_asked(account, service):
    nodes = [*make_nodes(20), make_node("down", "rebooting"), make_node("bare")]
    service.add_pool("p", nodes)
    service.endpoints = mapped(20) | {"down": (replace(SSH, port=50_000),)}
    settings = account.list_remote_login_settings("p")
    assert asked(service) == ["tvm-0", "tvm-9", "tvm-19", "down", "bare"]
    assert [one.port for one in settings] == list(range(40_000, 40_022))


def test_many_that_are_named_take_a_list_and_a_few_do_not(account, service):
    service.add_pool("p", nodes=100)
    service.endpoints = mapped(100)
    few = [f"tvm-{number}" for number in range(8)]
    assert [one.port for one in account.list_remote_login_settings("p", few)] == list(range(40_000, 40_008))
    assert (service.count("list_node_endpoints"), asked(service)) == (0, few)
    service.calls.clear()
    many = [f"tvm-{number}" for number in range(20, 40)]
    assert [one.port for one in account.list_remote_login_settings("p", many)] == list(range(40_020, 40_040))
    assert (service.count("list_node_endpoints"), asked(service)) == (1, ["tvm-20", "tvm-29", "tvm-39"])


def test_each_that_is_named_is_asked_where_there_is_no_list(account, service):
    service.add_pool("p", nodes=20)
    service.fail("list_node_endpoints", ServiceError("Not today.", code="Odd", status=501))
    nodes = [f"tvm-{number}" for number in range(20)]
    assert all(one.reachable for one in account.list_remote_login_settings("p", nodes))
    assert asked(service) == nodes


def test_a_panel_shows_the_new_port_of_a_node_that_came_back(account, service):
    nodes = make_nodes(20)
    service.add_pool("p", nodes)
    service.endpoints = mapped(20)
    panel = bw.NodePanel(account, "p")
    settle(panel)
    assert panel.frame.set_index("node_id").loc["tvm-3", "remote_login_port"] == 40_003
    moved = make_node("tvm-3", allocation_time=NOW)
    service.add_pool("p", [*(node for node in nodes if node.id != "tvm-3"), moved])
    service.endpoints = {node_id: found for node_id, found in mapped(20).items() if node_id != "tvm-3"}
    panel.refresh().result(30)
    settle(panel)
    assert panel.frame.set_index("node_id").loc["tvm-3", "remote_login_port"] == 40_019
    panel.close()
