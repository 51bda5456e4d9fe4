"""The virtual machine extensions of nodes."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING

from .errors import BatchError
from .listing import list_page, select
from .wire import Answer, JsonObject, timestamp

if TYPE_CHECKING:
    from .request import Request
    from .state import Node, Pool, State

_AGENT: JsonObject = {
    "name": "batchNodeExtension",
    "publisher": "Microsoft.Azure.Batch",
    "type": "BatchNodeExtension",
    "typeHandlerVersion": "1.0",
    "autoUpgradeMinorVersion": True,
}
"""The extension by which the service talks to its nodes."""


class NodeExtensionOperations:
    """What a client can ask about the extensions of a node."""

    def __init__(self, state: State) -> None:
        self._state = state

    def list_node_extensions(self, request: Request) -> Answer:
        """Give a page of a node's extensions."""
        pool, node = self._state.node(request.path["poolId"], request.path["nodeId"])
        body = list_page(
            request,
            _extensions(pool),
            key=lambda extension: str(extension["name"]).lower(),
            to_wire=lambda extension: _to_wire(extension, node),
            metadata="extensions",
            base_url=self._state.base_url,
            fields={},
        )
        return Answer(body=body)

    def get_node_extension(self, request: Request) -> Answer:
        """Give one extension of a node."""
        pool, node = self._state.node(request.path["poolId"], request.path["nodeId"])
        wanted = request.path["extensionName"].lower()
        for extension in _extensions(pool):
            if extension["name"].lower() == wanted:
                metadata = {"odata.metadata": f"{self._state.base_url}/$metadata#extensions/@Element"}
                return Answer(body=select(request, metadata | _to_wire(extension, node)))
        raise BatchError("ResourceNotFound")


def _extensions(pool: Pool) -> list[JsonObject]:
    """Return the service's own extension and those of the pool, by name."""
    given: list[JsonObject] = pool.vm_configuration.get("extensions", [])
    return sorted([_AGENT, *given], key=lambda extension: str(extension["name"]).lower())


def _to_wire(extension: JsonObject, node: Node) -> JsonObject:
    shown = {name: value for name, value in deepcopy(extension).items() if name != "protectedSettings"}
    if node.booted is None:
        return {"provisioningState": "Creating", "vmExtension": shown}
    status = {
        "code": "ProvisioningState/succeeded",
        "level": "Info",
        "displayStatus": "Provisioning succeeded",
        "message": "The simulated service installs nothing.",
        "time": timestamp(node.booted),
    }
    return {
        "provisioningState": "Succeeded",
        "vmExtension": shown,
        "instanceView": {"name": extension["name"], "statuses": [status]},
    }
