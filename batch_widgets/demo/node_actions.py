"""What a client can do to nodes: restart them, install them anew, stop and start them, keep tasks off them."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from . import node_life
from .errors import BatchError, invalid_property
from .state import UP, USABLE, Node, Pool, State
from .wire import Answer, parse_timestamp

if TYPE_CHECKING:
    from .request import Request

_WRONG_STATE = {
    "creating": "NodeBeingCreated",
    "starting": "NodeBeingStarted",
    "rebooting": "NodeBeingRebooted",
    "reimaging": "NodeBeingReimaged",
    "unusable": "NodeStateUnusable",
}
LOG_FILES = 8
_RESTARTABLE = USABLE | {"starttaskfailed"}


def require_state(node: Node, *allowed: str) -> None:
    """Refuse a call on a node that is in another state than those allowed, with the code for its state."""
    if node.state not in allowed:
        reason = f"The node is {node.state}; it must be {' or '.join(sorted(allowed))}."
        raise BatchError(_WRONG_STATE.get(node.state, "OperationNotValidOnNode"), Reason=reason)


class NodeActions:
    """The operations that change nodes."""

    def __init__(self, state: State) -> None:
        self._state = state

    def reboot_node(self, request: Request) -> Answer:
        """Restart a node."""
        pool, node = self._node(request)
        request.json("NodeRebootParameter", optional=True)
        require_state(node, *_RESTARTABLE)
        node_life.reboot(self._state, pool, node, self._state.now())
        return self._accepted(request)

    def reimage_node(self, request: Request) -> Answer:
        """Install a node's operating system anew."""
        pool, node = self._node(request)
        request.json("NodeReimageParameter", optional=True)
        require_state(node, *_RESTARTABLE)
        node_life.reimage(self._state, pool, node, self._state.now())
        return self._accepted(request)

    def deallocate_node(self, request: Request) -> Answer:
        """Give a node's machine back."""
        _, node = self._node(request)
        request.json("NodeDeallocateParameter", optional=True)
        require_state(node, *USABLE)
        node_life.deallocate(self._state, node, self._state.now())
        return self._accepted(request)

    def start_node(self, request: Request) -> Answer:
        """Start a deallocated node."""
        pool, node = self._node(request)
        require_state(node, "deallocated")
        node_life.start(self._state, pool, node, self._state.now())
        return self._accepted(request)

    def disable_node_scheduling(self, request: Request) -> Answer:
        """Keep tasks off a node."""
        _, node = self._node(request)
        request.json("NodeDisableSchedulingParameter", optional=True)
        return self._schedule(request, node, enabled=False)

    def enable_node_scheduling(self, request: Request) -> Answer:
        """Let tasks come to a node."""
        _, node = self._node(request)
        return self._schedule(request, node, enabled=True)

    def upload_node_logs(self, request: Request) -> Answer:
        """Say that logs were uploaded; nothing leaves the simulation."""
        pool, node = self._node(request)
        body = request.json("UploadBatchServiceLogsConfiguration")
        if urlsplit(body["containerUrl"]).scheme not in {"http", "https"}:
            raise invalid_property("containerUrl", body["containerUrl"], "Expected the URL of a container.")
        if "endTime" in body and parse_timestamp(body["endTime"]) < parse_timestamp(body["startTime"]):
            raise invalid_property("endTime", body["endTime"], "It is before startTime.")
        require_state(node, *UP)
        kind = "Microsoft.Azure.Batch.Protocol.Entities.UploadBatchServiceLogsResult"
        return Answer(
            body={
                "odata.metadata": f"{self._state.base_url}/$metadata#{kind}",
                "virtualDirectoryName": f"{pool.id}/{node.id}/{uuid.uuid4()}",
                "numberOfFilesUploaded": LOG_FILES,
            }
        )

    def _node(self, request: Request) -> tuple[Pool, Node]:
        self._state.changeable_pool(request.path["poolId"])
        return self._state.node(request.path["poolId"], request.path["nodeId"])

    def _schedule(self, request: Request, node: Node, *, enabled: bool) -> Answer:
        if node.scheduling is enabled:
            raise BatchError("NodeAlreadyInTargetSchedulingState")
        require_state(node, *USABLE, "offline")
        node_life.set_scheduling(node, self._state.now(), enabled=enabled)
        return Answer(200, headers=self._service_id(request))

    def _accepted(self, request: Request) -> Answer:
        return Answer(202, headers=self._service_id(request))

    def _service_id(self, request: Request) -> dict[str, str]:
        return {"DataServiceId": f"{self._state.base_url}{request.raw_path}"}
