"""Where a node can be reached."""

from __future__ import annotations

from dataclasses import dataclass

SSH_PORT = 22
RDP_PORT = 3389


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
    private_ip_address : str, optional
        Address inside the pool's network, where it is known.
    """

    node_id: str
    ip_address: str | None = None
    port: int | None = None
    ipv6_address: str | None = None
    ipv6_port: int | None = None
    reason: str = ""
    private_ip_address: str | None = None

    @property
    def reachable(self) -> bool:
        """True where there is a way in from outside."""
        return self.endpoint() is not None

    def endpoint(self, *, private: bool = False, private_port: int = SSH_PORT) -> tuple[str, int] | None:
        """Give address and port to connect to; IPv6 where there is no IPv4.

        Parameters
        ----------
        private : bool
            Take the address inside the pool's network, for who is in it.
        private_port : int
            The port there: that of the node itself.

        Returns
        -------
        tuple of (str, int), or None
            None where there is no such address.
        """
        if private:
            return (self.private_ip_address, private_port) if self.private_ip_address else None
        if self.ip_address and self.port:
            return self.ip_address, self.port
        return (self.ipv6_address, self.ipv6_port) if self.ipv6_address and self.ipv6_port else None
