"""Pools in which something is null, missing, or half filled in: nothing is lost, and nothing breaks."""

from __future__ import annotations

from dataclasses import replace

import pytest

from batch_widgets.images import ImageReference
from batch_widgets.pools import PoolSpec, check, create_pool_command, pool_bicep
from unit.fakes import make_spec

SSH_POOL = {"name": "ssh", "backendPort": 22}
NULLS = {
    "id": "analysis",
    "vmSize": "Standard_D2s_v3",
    "networkConfiguration": None,
    "startTask": None,
    "virtualMachineConfiguration": {
        "imageReference": {"publisher": "a", "offer": "b", "sku": "c", "version": "1", "virtualMachineImageId": None},
        "nodeAgentSKUId": "batch.node.ubuntu 22.04",
    },
    "mountConfiguration": [
        {
            "azureBlobFileSystemConfiguration": None,
            "nfsMountConfiguration": {"source": "h:/x", "relativeMountPath": "d"},
        }
    ],
}
"""A pool as the Azure CLI shows one: what is not there is null."""


@pytest.mark.parametrize("network", [None, {"endpointConfiguration": None}, {"endpointConfiguration": {"new": 1}}])
def test_null_is_as_good_as_nothing(network):
    body = NULLS | {"networkConfiguration": network}
    loaded = PoolSpec.from_body(body)
    assert loaded.to_body() == body
    assert loaded.image == ImageReference("a", "b", "c", "1")
    assert {problem.severity for problem in check(loaded)} <= {"warning"}
    open_one = replace(loaded, allow_ssh=True, ssh_sources=("203.0.113.7",))
    assert PoolSpec.from_body(open_one.to_body()).ssh_sources == ("203.0.113.7",)


def test_only_the_nat_pools_go():
    body = {"networkConfiguration": {"endpointConfiguration": {"inboundNATPools": [SSH_POOL], "new": 1}}}
    closed = replace(PoolSpec.from_body(body), allow_ssh=False).to_body()
    assert closed == {"networkConfiguration": {"endpointConfiguration": {"new": 1}}}


def test_access_without_regard_to_case():
    rule = {"priority": 150, "access": "Allow", "sourceAddressPrefix": "203.0.113.7"}
    pool = {**SSH_POOL, "networkSecurityGroupRules": [rule]}
    body = {"networkConfiguration": {"endpointConfiguration": {"inboundNATPools": [pool]}}}
    assert PoolSpec.from_body(body).ssh_sources == ("203.0.113.7",)


def test_nodes_that_are_not_sent_need_no_ports():
    spec = make_spec(nodes=20_000, allow_ssh=True, ssh_sources=("203.0.113.7",))
    assert "ports-too-few" in {problem.rule for problem in check(spec)}
    scaled = replace(spec, enable_auto_scale=True, auto_scale_formula="$TargetDedicatedNodes = 2;")
    assert "ports-too-few" not in {problem.rule for problem in check(scaled)}


def test_an_image_that_stays_as_it_came_needs_a_node_agent_too():
    body = {**NULLS, "virtualMachineConfiguration": {"imageReference": {"virtualMachineImageId": "/some/image"}}}
    assert "node-agent-missing" in {problem.rule for problem in check(PoolSpec.from_body(body))}


@pytest.mark.parametrize(
    "half", [{"image": None, "node_agent_sku_id": "batch.node.ubuntu 22.04"}, {"application_package_references": [{}]}]
)
def test_half_a_pool_can_be_written_down(half):
    body = replace(make_spec(), **half).to_body()
    assert "--json-file" in create_pool_command(body, "https://x", "x")
    assert "resource pool" in pool_bicep(body, "x")
