"""Where the list of nodes says that a node can be reached, and where that is as good as asking for it."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

from batch_widgets.login.settings import RemoteLoginSettings
from batch_widgets.nodes import USABLE_STATES


@dataclass(frozen=True, slots=True)
class InboundEndpoint:
    """A port of a node that is mapped to the outside.

    Parameters
    ----------
    protocol : str
        ``"tcp"`` or ``"udp"``.
    ip_address : str
        The public address.
    port : int
        The port there.
    backend_port : int
        The port on the node.
    """

    protocol: str
    ip_address: str
    port: int
    backend_port: int


@dataclass(frozen=True, slots=True)
class NodeEndpoints:
    """What the list of nodes says of the ways into a node.

    Parameters
    ----------
    node_id : str
        The node.
    state : str
        Its state.
    endpoints : tuple of InboundEndpoint
        Its mapped ports; empty where the list has none.
    """

    node_id: str
    state: str
    endpoints: tuple[InboundEndpoint, ...] = ()

    def settings(self, backend_port: int) -> RemoteLoginSettings | None:
        """Give where the node can be reached, if that is beyond doubt.

        Parameters
        ----------
        backend_port : int
            The port on the node: that of SSH or RDP.

        Returns
        -------
        RemoteLoginSettings or None
            None where the node's own settings have to be asked for: it is not up, so that what is listed may be from
            before; it has no such port, or several; or there is no plain IPv4 address.
        """
        if self.state not in USABLE_STATES:
            return None
        found = [one for one in self.endpoints if one.backend_port == backend_port]
        if len(found) != 1:
            return None
        (one,) = found
        if one.protocol.casefold() != "tcp" or not 0 < one.port < 65_536 or not _is_ipv4(one.ip_address):
            return None
        return RemoteLoginSettings(self.node_id, one.ip_address, one.port)


def _is_ipv4(text: str) -> bool:
    try:
        ipaddress.IPv4Address(text)
    except ValueError:
        return False
    return True
