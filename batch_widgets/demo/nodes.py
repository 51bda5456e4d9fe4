"""The operations on nodes."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from .errors import BatchError
from .filters import EQ, EQ_NE, moment, number, text
from .listing import list_page, select
from .wire import Answer, JsonObject, parse_timestamp, timestamp

if TYPE_CHECKING:
    from datetime import datetime

    from .filters import Fields
    from .request import Request
    from .state import Node, Pool, State

SSH_PORT = 22
RDP_PORT = 3389


@dataclass(frozen=True)
class LoginAddress:
    """Where one can log in to a node; over IPv6 too if there is such an address."""

    host: str
    port: int
    ipv6_host: str | None = None
    ipv6_port: int | None = None


class Doors(Protocol):
    """Opens the ports by which nodes are reached."""

    def open(self, pool: Pool, node: Node) -> LoginAddress | str:
        """Return where SSH listens for a node, opened if it wasn't; or why it doesn't."""
        ...

    async def meet_trouble(self, node: Node) -> None:
        """Act on what is wrong with the way to a node, or on its end."""
        ...


class ClosedDoors:
    """No node can be reached; for a service that has no network."""

    def open(self, _pool: Pool, _node: Node) -> LoginAddress | str:
        """Say so."""
        return "The simulated service is not running."

    async def meet_trouble(self, _node: Node) -> None:
        """Do nothing: what is closed can't be closed."""


class NodeOperations:
    """What a client can do with nodes, but for their users."""

    def __init__(self, state: State) -> None:
        self._state = state
        self.doors: Doors = ClosedDoors()

    def list_nodes(self, request: Request) -> Answer:
        """Give a page of a pool's nodes."""
        pool = self._state.pool(request.path["poolId"])
        body = list_page(
            request,
            [pool.nodes[node_id] for node_id in sorted(pool.nodes)],
            key=lambda node: node.id,
            to_wire=lambda node: self._to_wire(request, pool, node),
            metadata="nodes",
            base_url=self._state.base_url,
            fields=self._fields(),
        )
        return Answer(body=body)

    def get_node(self, request: Request) -> Answer:
        """Give one node."""
        pool, node = self._state.node(request.path["poolId"], request.path["nodeId"])
        metadata = {"odata.metadata": f"{self._state.base_url}/$metadata#nodes/@Element"}
        return Answer(body=select(request, metadata | self._to_wire(request, pool, node)))

    def get_remote_login_settings(self, request: Request) -> Answer:
        """Tell where to log in to a node."""
        pool, node = self._state.node(request.path["poolId"], request.path["nodeId"])
        port = RDP_PORT if pool.is_windows else SSH_PORT
        if pool.nat_pool(port) is None:
            raise BatchError(
                "OperationNotValidOnNode",
                Reason=f"The pool has no inbound NAT pool for the backend port {port}, so its nodes can't be reached.",
            )
        if node.state == "leavingpool":
            raise BatchError("OperationNotValidOnNode", Reason="The node is leaving the pool.")
        address = self._address(pool, node)
        if isinstance(address, str):
            raise BatchError("OperationNotValidOnNode", Reason=address)
        url = f"{self._url(pool, node)}/remoteloginsettings"
        kind = "Microsoft.Azure.Batch.Protocol.Entities.RemoteLoginSettings"
        body = {
            "odata.metadata": f"{self._state.base_url}/$metadata#{kind}",
            "remoteLoginIPAddress": address.host,
            "remoteLoginPort": address.port,
        }
        if address.ipv6_host is not None and request.knows_ipv6:
            body |= {"ipv6RemoteLoginIPAddress": address.ipv6_host, "ipv6RemoteLoginPort": address.ipv6_port}
        return Answer(body=body, headers={"DataServiceId": url})

    def _fields(self) -> Fields[Node]:
        now = self._state.now()

        def info(node: Node, name: str) -> Any:
            return node.start_task.to_wire(now).get(name) if node.start_task else None

        def info_time(node: Node, name: str) -> datetime | None:
            value = info(node, name)
            return parse_timestamp(value) if value else None

        return {
            "state": text(lambda node: node.state, EQ_NE),
            "stateTransitionTime": moment(lambda node: node.state_changed),
            "lastBootTime": moment(lambda node: node.booted),
            "allocationTime": moment(lambda node: node.allocated),
            "startTaskInfo/state": text(lambda node: info(node, "state"), EQ),
            "startTaskInfo/result": text(lambda node: info(node, "result"), EQ_NE),
            "startTaskInfo/exitCode": number(lambda node: info(node, "exitCode")),
            "startTaskInfo/startTime": moment(lambda node: info_time(node, "startTime")),
            "startTaskInfo/endTime": moment(lambda node: info_time(node, "endTime")),
        }

    def _address(self, pool: Pool, node: Node) -> LoginAddress | str:
        """Return the address of a node for SSH; for RDP the one that the mapping would give, where nothing listens."""
        if not pool.is_windows:
            return self.doors.open(pool, node)
        return self._simulated_address(pool, node, RDP_PORT)

    def _simulated_address(self, pool: Pool, node: Node, backend_port: int) -> LoginAddress:
        nat = pool.nat_pool(backend_port)
        assert nat is not None, "asked for mapped ports only"
        span = nat["frontendPortRangeEnd"] - nat["frontendPortRangeStart"] + 1
        return LoginAddress("127.0.0.1", nat["frontendPortRangeStart"] + node.index % span)

    def _url(self, pool: Pool, node: Node) -> str:
        return f"{self._state.base_url}/pools/{pool.id}/nodes/{node.id}"

    def _to_wire(self, request: Request, pool: Pool, node: Node) -> JsonObject:
        wire: JsonObject = {
            "id": node.id,
            "url": self._url(pool, node),
            "schedulingState": "enabled" if node.scheduling else "disabled",
            "allocationTime": timestamp(node.allocated),
            "ipAddress": node.ip_address,
            "affinityId": f"TVM:{node.id}",
            "vmSize": pool.given["vmSize"],
            "totalTasksRun": 0,
            "totalTasksSucceeded": 0,
            "runningTasksCount": 0,
            "runningTaskSlotsCount": 0,
            "isDedicated": node.dedicated,
            "virtualMachineInfo": {"imageReference": _exact_image(pool)},
            "state": node.state,
            "stateTransitionTime": timestamp(node.state_changed),
        }
        if pool.is_dual_stack and request.knows_ipv6:
            wire["ipv6Address"] = node.ipv6_address
        if endpoints := self._endpoints(pool, node):
            wire["endpointConfiguration"] = {"inboundEndpoints": endpoints}
        if node.errors:
            wire["errors"] = deepcopy(node.errors)
        if "startTask" in pool.given:
            wire["startTask"] = {"maxTaskRetryCount": 0, "waitForSuccess": True, **deepcopy(pool.given["startTask"])}
        if node.start_task is not None:
            wire["startTaskInfo"] = node.start_task.to_wire(self._state.now())
        if node.booted is not None:
            wire["lastBootTime"] = timestamp(node.booted)
            wire["nodeAgentInfo"] = {"version": "1.12.2", "lastUpdateTime": timestamp(node.booted)}
        return wire

    def _endpoints(self, pool: Pool, node: Node) -> list[JsonObject]:
        """Return the inbound endpoints of a node; a port that nothing listens behind is left out if it is SSH's."""
        network = pool.given.get("networkConfiguration", {})
        result: list[JsonObject] = []
        for nat in network.get("endpointConfiguration", {}).get("inboundNATPools", ()):
            port = nat["backendPort"]
            if port == SSH_PORT and not pool.is_windows:
                address = self.doors.open(pool, node) if node.state != "leavingpool" else ""
                if isinstance(address, str):
                    continue
            else:
                address = self._simulated_address(pool, node, port)
            result.append(
                {
                    "name": f"{nat['name']}.{node.index}",
                    "protocol": nat["protocol"].lower(),
                    "publicIPAddress": address.host,
                    "publicFQDN": "localhost",
                    "frontendPort": address.port,
                    "backendPort": port,
                }
            )
        return result


def _exact_image(pool: Pool) -> JsonObject:
    reference: JsonObject = deepcopy(pool.given["virtualMachineConfiguration"]["imageReference"])
    if "publisher" in reference:
        version = reference.setdefault("version", "latest")
        reference["exactVersion"] = "1.0.202404180" if version.lower() == "latest" else version
    return reference
