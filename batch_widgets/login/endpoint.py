"""Why a node has no address to log in to, and what can be done about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from batch_widgets.login.settings import RDP_PORT, SSH_PORT
from batch_widgets.nodes import ON_THE_WAY_STATES, state_words

if TYPE_CHECKING:
    from batch_widgets.login.settings import RemoteLoginSettings
    from batch_widgets.nodes import Node
    from batch_widgets.pools import Pool

_NO_PORT_REMEDY = (
    "Pools made since 30 November 2025 open none by themselves. It can be added only while the pool is empty: "
    "scale to 0, add it, scale up; or make a new pool with “Allow {}”."
)
NO_SSH_PORT = "This pool has no port for SSH."
NO_SSH_PORT_REMEDY = _NO_PORT_REMEDY.format("SSH")
NO_RDP_PORT = "This pool has no port for RDP."
NO_RDP_PORT_REMEDY = _NO_PORT_REMEDY.format("RDP")
NO_PUBLIC_ADDRESS = "The nodes of this pool have no public address."

_WHEN_IDLE = "It has an address as soon as it is idle."
_BY_STATE = {
    "waitingforstarttask": ("The node waits for its start task.", _WHEN_IDLE),
    "upgradingos": ("The node's operating system is being upgraded.", _WHEN_IDLE),
    "starttaskfailed": (
        "The node's start task failed.",
        "Look at the start task's output, mend the start task, then reboot or reimage the node.",
    ),
    "unusable": ("The node is unusable.", "Reboot or reimage the node; if that does not help, remove it."),
    "preempted": ("The node was preempted.", "Batch starts it again when there is room for Spot nodes."),
    "deallocating": ("The node is being deallocated.", "Start it again once it is deallocated."),
    "deallocated": ("The node is deallocated.", "Start it."),
    "offline": ("The node is offline.", "Enable its scheduling, or wait for what is being done to it."),
    "unknown": ("Batch has lost contact with the node.", "Wait for some minutes, then reboot or remove it."),
    "leavingpool": ("The node is leaving the pool.", "Take another one."),
}


@dataclass(frozen=True, slots=True)
class NoEndpoint:
    """Why a node has no address to log in to.

    Parameters
    ----------
    reason : str
        Why, in a sentence.
    remedy : str
        What can be done about it.
    """

    reason: str
    remedy: str


def no_endpoint(pool: Pool, node: Node | None, settings: RemoteLoginSettings | None = None) -> NoEndpoint | None:
    """Tell why a node has no address to log in to from outside, and what can be done about it.

    Parameters
    ----------
    pool : Pool
        The node's pool.
    node : Node, optional
        The node; None where the pool has none of that id (any more).
    settings : RemoteLoginSettings, optional
        What the service said when it was asked; None where nobody asked yet.

    Returns
    -------
    NoEndpoint or None
        None where there is an address.
    """
    if settings is not None and settings.reachable:
        return None
    windows = pool.os_type == "windows"
    if _has_no_public_address(pool):
        where = f" at {node.ip_address}, port {RDP_PORT if windows else SSH_PORT}" if node and node.ip_address else ""
        return NoEndpoint(
            NO_PUBLIC_ADDRESS,
            f"Log in{where} from a machine in the pool's virtual network, or in one joined to it by VPN or peering.",
        )
    if not _has_port(pool):
        return NoEndpoint(NO_RDP_PORT, NO_RDP_PORT_REMEDY) if windows else NoEndpoint(NO_SSH_PORT, NO_SSH_PORT_REMEDY)
    if node is None:
        return NoEndpoint("The pool has no node of that id.", "Read the nodes again: it may have been replaced.")
    if node.state in _BY_STATE:
        return NoEndpoint(*_BY_STATE[node.state])
    if node.state in ON_THE_WAY_STATES:
        return NoEndpoint(f"The node is {state_words(node.state)}.", _WHEN_IDLE)
    if settings is None:
        return NoEndpoint("Its address was not asked for yet.", "Read the nodes again.")
    return NoEndpoint(settings.reason or "The service gives no address for this node.", "Ask again in a minute.")


def _has_no_public_address(pool: Pool) -> bool:
    network: Any = pool.body.get("networkConfiguration") or {}
    provision = (network.get("publicIPAddressConfiguration") or {}).get("provision")
    return str(provision).casefold() == "nopublicipaddresses"


def _has_port(pool: Pool) -> bool:
    return pool.is_older_than_mapping or pool.maps_port(RDP_PORT if pool.os_type == "windows" else SSH_PORT)
