"""Why a node can't be logged in to: each reason has a remedy."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from batch_widgets.login import (
    NO_PUBLIC_ADDRESS,
    NO_RDP_PORT,
    NO_SSH_PORT,
    NoEndpoint,
    RemoteLoginSettings,
    no_endpoint,
)
from batch_widgets.nodes import BROKEN_STATES, ON_THE_WAY_STATES, USABLE_STATES

from .fakes import make_node, make_pool

WINDOWS = "batch.node.windows amd64"
NODE = make_node(ip_address="10.0.0.4")
THERE = RemoteLoginSettings("tvm-1", "203.0.113.5", 40_001)
REFUSED = RemoteLoginSettings("tvm-1", reason="The service says no.")
EMPTY = RemoteLoginSettings("tvm-1")
OLD = datetime(2025, 11, 29, tzinfo=UTC)


def maps(port, provision=None):
    network = {"endpointConfiguration": {"inboundNATPools": [{"name": "x", "backendPort": port}]}}
    if provision:
        network["publicIPAddressConfiguration"] = {"provision": provision}
    return {"networkConfiguration": network}


def test_where_there_is_an_address_there_is_no_reason():
    assert no_endpoint(make_pool(), NODE, THERE) is None
    assert no_endpoint(make_pool(body={}), NODE, THERE) is None  # the service has the last word
    assert no_endpoint(make_pool(), make_node(state="starttaskfailed"), THERE) is None
    assert no_endpoint(make_pool(), NODE, RemoteLoginSettings("tvm-1", None, None, "2001:db8::5", 40_001)) is None


@pytest.mark.parametrize("settings", [None, REFUSED, EMPTY])
@pytest.mark.parametrize("node", [NODE, None, make_node(state="creating")])
def test_no_port(node, settings):
    found = no_endpoint(make_pool(body={}), node, settings)
    assert found.reason == NO_SSH_PORT
    assert "scale to 0, add it, scale up" in found.remedy
    assert "“Allow SSH”" in found.remedy
    found = no_endpoint(make_pool(body=maps(22), node_agent_sku_id=WINDOWS), node, settings)
    assert found.reason == NO_RDP_PORT
    assert "“Allow RDP”" in found.remedy


def test_a_port_that_is_mapped_or_may_be():
    asked = no_endpoint(make_pool(body=maps(3389), node_agent_sku_id=WINDOWS), NODE, REFUSED)
    assert asked.reason == "The service says no."
    assert no_endpoint(make_pool(body={}, creation_time=OLD), NODE, REFUSED).reason == "The service says no."
    assert no_endpoint(make_pool(body={}, creation_time=None), NODE, REFUSED).reason == NO_SSH_PORT


def test_no_public_address():
    pool = make_pool(body=maps(22, "NoPublicIPAddresses"))
    found = no_endpoint(pool, NODE, REFUSED)
    assert found.reason == NO_PUBLIC_ADDRESS
    assert "at 10.0.0.4, port 22 from a machine in the pool's virtual network" in found.remedy
    assert "Log in from a machine" in no_endpoint(pool, make_node(), None).remedy
    windows = make_pool(body=maps(3389, "nopublicipaddresses"), node_agent_sku_id=WINDOWS)
    assert "port 3389" in no_endpoint(windows, NODE, None).remedy
    assert no_endpoint(make_pool(body=maps(22, "usermanaged")), NODE, THERE) is None


@pytest.mark.parametrize("state", sorted(ON_THE_WAY_STATES - {"deallocating"}))
def test_a_node_on_its_way(state):
    found = no_endpoint(make_pool(), make_node(state=state), None)
    assert "node" in found.reason
    assert found.remedy == "It has an address as soon as it is idle."


@pytest.mark.parametrize(
    "state",
    sorted({*BROKEN_STATES, "preempted", "deallocating", "deallocated", "offline", "unknown", "leavingpool"}),
)
@pytest.mark.parametrize("settings", [None, REFUSED])
def test_a_node_that_does_not_become_ready_by_itself(state, settings):
    found = no_endpoint(make_pool(), make_node(state=state), settings)
    assert "node" in found.reason
    assert found.reason != "The service says no."
    assert "as soon as" not in found.remedy


@pytest.mark.parametrize("state", sorted({*USABLE_STATES, "a state of tomorrow"}))
def test_what_the_service_says(state):
    node = make_node(state=state)
    assert no_endpoint(make_pool(), node, REFUSED) == NoEndpoint("The service says no.", "Ask again in a minute.")
    assert no_endpoint(make_pool(), node, EMPTY).reason == "The service gives no address for this node."
    assert no_endpoint(make_pool(), node, None).reason == "Its address was not asked for yet."


def test_a_node_that_is_gone():
    assert no_endpoint(make_pool(), None, REFUSED).reason == "The pool has no node of that id."
