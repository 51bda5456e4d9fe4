"""The proxy that the system names for an address, and nothing else of the environment.

aiohttp would look for one in a thread of its own with every request, and for a password in ``~/.netrc`` in another: one
that is there for any host makes it refuse every request, for they are signed already.
"""

from __future__ import annotations

import urllib.request
from urllib.parse import urlsplit

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


def proxy_for(url: str) -> str | None:
    """Give the proxy for an address; None for none, and for this machine."""
    address = urlsplit(url)
    host = address.hostname or ""
    if host in LOOPBACK or urllib.request.proxy_bypass(host):
        return None
    return urllib.request.getproxies().get(address.scheme)
