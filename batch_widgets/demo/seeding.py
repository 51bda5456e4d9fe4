"""The pools that are there when the service starts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .allocation import add_ready_nodes
from .pool_rules import check_pool

if TYPE_CHECKING:
    from .state import State
    from .wire import JsonObject

_VM_SIZE = "Standard_D2s_v3"
_VM_CORES = 2

_UBUNTU = {
    "imageReference": {
        "publisher": "canonical",
        "offer": "0001-com-ubuntu-server-jammy",
        "sku": "22_04-lts",
        "version": "latest",
    },
    "nodeAgentSKUId": "batch.node.ubuntu 22.04",
}
_CENTOS = {
    "imageReference": {"publisher": "openlogic", "offer": "centos", "sku": "7_9", "version": "latest"},
    "nodeAgentSKUId": "batch.node.centos 7",
}
_WINDOWS_ENDING_SOON = {
    "imageReference": {
        "publisher": "microsoftwindowsserver",
        "offer": "windowsserver",
        "sku": "2022-datacenter-azure-edition-core",
        "version": "latest",
    },
    "nodeAgentSKUId": "batch.node.windows amd64",
}
_WINDOWS = {
    "imageReference": {
        "publisher": "microsoftwindowsserver",
        "offer": "windowsserver",
        "sku": "2022-datacenter",
        "version": "latest",
    },
    "nodeAgentSKUId": "batch.node.windows amd64",
}


def demo_cores(nodes: int) -> int:
    """Return the cores that the ready pool of some nodes has."""
    return nodes * _VM_CORES


def add_first_pools(state: State, nodes: int) -> None:
    """Add the pool ``demo`` with ready nodes, if it is to have any, and four pools without; whatever the quota is."""
    bodies = [
        _pool("legacy-pool", "Made without SSH", _UBUNTU),
        _pool("render-windows", "Windows with RDP", _WINDOWS, _network("rdp", 3389)),
        _pool("nightly", "An image whose support has ended", _CENTOS, _network("ssh", 22)),
        _pool("reports", "An image whose support ends soon", _WINDOWS_ENDING_SOON, _network("rdp", 3389)),
    ]
    if nodes:
        bodies.append(_pool("demo", "Ready to log in", _UBUNTU, _network("ssh", 22), nodes))
    for body in bodies:
        pool = state.add_pool(body, check_pool(body, state.images), beyond_quota=True)
        add_ready_nodes(state, pool, pool.created)


def _pool(
    pool_id: str, name: str, machine: JsonObject, network: JsonObject | None = None, nodes: int = 0
) -> JsonObject:
    body: JsonObject = {
        "id": pool_id,
        "displayName": name,
        "vmSize": _VM_SIZE,
        "virtualMachineConfiguration": machine,
        "targetDedicatedNodes": nodes,
        "targetLowPriorityNodes": 0,
    }
    if network is not None:
        body["networkConfiguration"] = network
    return body


def _network(name: str, port: int) -> JsonObject:
    return {
        "endpointConfiguration": {
            "inboundNATPools": [
                {
                    "name": name,
                    "protocol": "tcp",
                    "backendPort": port,
                    "frontendPortRangeStart": 40_000,
                    "frontendPortRangeEnd": 40_500,
                    "networkSecurityGroupRules": [{"priority": 150, "access": "allow", "sourceAddressPrefix": "*"}],
                }
            ]
        }
    }
