"""The address of the machine on which the kernel runs, as a firewall out there sees it."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from batch_widgets.errors import ServiceUnreachableError

if TYPE_CHECKING:
    from ipaddress import IPv4Address, IPv6Address

ADDRESS_SERVICE = "https://api.ipify.org"
"""Answers with the address from which it is asked, as text; asked only where somebody agreed to it."""

_TIMEOUT_S = 10
_MOST_BYTES = 64


async def local_address(endpoint: str) -> IPv4Address | IPv6Address:
    """Give the address from which this machine would reach an endpoint; nothing is sent but a look-up of its name.

    Raises
    ------
    ServiceUnreachableError
        If there is no way to it.
    """
    parts = urlsplit(endpoint)
    port = parts.port or 443
    try:
        found = await asyncio.get_running_loop().getaddrinfo(parts.hostname, port, type=socket.SOCK_DGRAM)
        family, kind, protocol, _, address = found[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.connect(address)
            return ipaddress.ip_address(probe.getsockname()[0])
    except OSError as problem:
        raise ServiceUnreachableError(f"This machine has no way to {parts.hostname}: {problem}.") from None


async def public_address(service: str = ADDRESS_SERVICE) -> IPv4Address | IPv6Address:
    """Ask an outside service from which address this machine is seen.

    Raises
    ------
    ServiceUnreachableError
        If it gives no address.
    """
    import aiohttp

    timeout = aiohttp.ClientTimeout(total=_TIMEOUT_S)
    try:
        async with aiohttp.ClientSession(timeout=timeout) as session, session.get(service) as answer:
            text = (await answer.content.read(_MOST_BYTES)).decode("ascii", "replace").strip()
            return ipaddress.ip_address(text)
    except (aiohttp.ClientError, TimeoutError, ValueError):
        raise ServiceUnreachableError(
            f"{urlsplit(service).hostname} gave no address.", hint="Type your address in."
        ) from None
