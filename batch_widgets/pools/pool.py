"""Pool: a pool that the service has."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from batch_widgets.pools.remote_access import SSH_PORT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from batch_widgets.images import ImageReference

_NO_MAPPING_SINCE = datetime(2025, 11, 30, tzinfo=UTC)
_SPOT_QUOTA = "The account's quota of Spot cores is used up. Ask for fewer Spot nodes, or for more quota."
_RESIZE_ADVICE = {
    "allocationtimedout": "The nodes did not come in time. Try again, or allow more minutes.",
    "allocationfailed": "Azure could not allocate the nodes. The details give the reason.",
    "accountcorequotareached": "The account's quota of dedicated cores is used up. Ask for fewer nodes or more quota.",
    "accountvmseriescorequotareached": "The quota for this VM family is used up. Take another, or ask for more quota.",
    "accountlowprioritycorequotareached": _SPOT_QUOTA,
    "accountspotcorequotareached": _SPOT_QUOTA,
    "overconstrainedallocationrequesterror": "Too many constraints: take another VM size, region or placement.",
    "communicationenabledpoolreachedmaxvmcount": "Nodes that reach each other are limited in number. Ask for fewer.",
    "removenodesfailed": "Nodes could not be removed. Try again.",
    "dependentresourcenotfound": "Something that the pool names is gone: subnet, address, image or identity.",
    "failedidentityoperation": "The pool's identity could not be used. Look at its roles.",
    "diskencryptionfailure": "The disks could not be encrypted. Look at key and identity, or leave encryption out.",
    "unsupportedvmsize": "Batch does not support this VM size here. Take another.",
    "incompatiblevmsize": "The VM size does not fit the configuration. Take another.",
    "resizestopped": "The resize was stopped.",
}


_REASON_ADVICE = (
    ("generation", "Image and VM size are of different generations. Take others of the same."),
    ("subnet", "The subnet can't take the nodes: too few free addresses, or it is delegated. Take another."),
    ("image", "The image was not found. Pick another, or look at its id."),
    ("lock", "A lock on the resource group stands in the way. Have it removed."),
    ("permission", "Batch lacks a permission on what the pool names. Look at its roles."),
    ("internal", "Something failed inside Azure. Try again."),
)
"""What to try, by a word in the reason of a failed allocation; the first that occurs."""


@dataclass(frozen=True, slots=True)
class ResizeError:
    """Why a pool did not reach its size.

    Parameters
    ----------
    code : str
        The service's code, such as ``"AccountCoreQuotaReached"``.
    message : str
        The service's words.
    values : tuple of (str, str)
        The service's details.
    """

    code: str
    message: str
    values: tuple[tuple[str, str], ...] = ()

    @property
    def advice(self) -> str:
        """What to try, where that is known."""
        code = self.code.casefold()
        if code.startswith("operationsrestrictedbypolicy"):
            return "An Azure policy forbids it. The details name the policy; ask who keeps it."
        if code == "allocationfailed":
            said = " ".join((self.message, *(value for _, value in self.values))).casefold()
            return next((advice for word, advice in _REASON_ADVICE if word in said), _RESIZE_ADVICE[code])
        return _RESIZE_ADVICE.get(code, "")


@dataclass(frozen=True, slots=True)
class Pool:
    """A pool that the service has.

    Parameters
    ----------
    id, display_name, vm_size, node_agent_sku_id : str
        As asked for; empty where the service gives none.
    state : str
        ``"active"`` or ``"deleting"``.
    allocation_state : str
        ``"steady"``, ``"resizing"`` or ``"stopping"``.
    image_reference : ImageReference, optional
        The Marketplace image; None for a custom one.
    current_dedicated_nodes, current_low_priority_nodes : int
        Nodes that the pool has.
    target_dedicated_nodes, target_low_priority_nodes : int
        Nodes that it should have.
    resize_errors : tuple of ResizeError
        Why it has not, after the last resize.
    creation_time : datetime, optional
        In UTC.
    body : mapping
        The service's whole answer under its own names.
    """

    id: str
    display_name: str
    state: str
    allocation_state: str
    vm_size: str
    node_agent_sku_id: str
    image_reference: ImageReference | None
    current_dedicated_nodes: int
    current_low_priority_nodes: int
    target_dedicated_nodes: int
    target_low_priority_nodes: int
    resize_errors: tuple[ResizeError, ...] = ()
    creation_time: datetime | None = None
    body: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def os_type(self) -> str:
        """``"windows"`` or ``"linux"``, as the node agent says."""
        return "windows" if "windows" in self.node_agent_sku_id.casefold() else "linux"

    @property
    def current_nodes(self) -> int:
        """Dedicated and Spot nodes that the pool has."""
        return self.current_dedicated_nodes + self.current_low_priority_nodes

    @property
    def target_nodes(self) -> int:
        """Dedicated and Spot nodes that it should have."""
        return self.target_dedicated_nodes + self.target_low_priority_nodes

    @property
    def maps_ssh(self) -> bool:
        """True where the pool maps port 22 to the outside, so that its nodes can be logged in to."""
        return self.maps_port(SSH_PORT)

    def maps_port(self, port: int) -> bool:
        """Tell whether the pool maps a port of its nodes to the outside."""
        network = self.body.get("networkConfiguration") or {}
        endpoints = network.get("endpointConfiguration") or {}
        return any(nat.get("backendPort") == port for nat in endpoints.get("inboundNATPools") or ())

    @property
    def is_older_than_mapping(self) -> bool:
        """True where the pool is so old that the service may have mapped a port for logging in by itself."""
        return self.creation_time is not None and self.creation_time < _NO_MAPPING_SINCE

    @property
    def may_be_reached(self) -> bool:
        """False where a Linux pool surely has no way in: it asked for no port, and is too new to have one by itself."""
        return self.os_type == "windows" or self.maps_ssh or self.is_older_than_mapping
