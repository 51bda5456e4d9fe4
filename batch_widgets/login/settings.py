"""Where a node can be reached."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RemoteLoginSettings:
    """Where a node can be reached from outside.

    Parameters
    ----------
    node_id : str
        The node.
    ip_address : str, optional
        Public address; None where there is no way in.
    port : int, optional
        Port there.
    ipv6_address : str, optional
        The same over IPv6.
    ipv6_port : int, optional
        Port there.
    reason : str
        Why there is no way in, in a sentence; empty where there is one.
    """

    node_id: str
    ip_address: str | None = None
    port: int | None = None
    ipv6_address: str | None = None
    ipv6_port: int | None = None
    reason: str = ""

    @property
    def reachable(self) -> bool:
        """True where there is a way in."""
        return bool(self.ip_address and self.port)


NO_SSH_PORT = "This pool has no port for SSH."
NO_SSH_PORT_REMEDY = (
    "Pools made since 30 November 2025 open none by themselves. It can be added only while the pool is empty: "
    "scale to 0, add it, scale up; or make a new pool with “Allow SSH”."
)
