"""HTTP as it may come and never should: bytes to the embedded service, and what it answers."""

import contextlib
import re
import socket
from urllib.parse import urlsplit


def connect(service):
    """Return a connection to the service's port."""
    address = urlsplit(service.endpoint)
    return socket.create_connection((address.hostname, address.port), timeout=30)


def say(service, data):
    """Send bytes and return what the service answers until it ends the connection."""
    with connect(service) as connection, contextlib.suppress(ConnectionError):
        connection.sendall(data)
        return read_all(connection)
    return b""


def read_all(connection):
    """Return what comes until the other side ends the connection."""
    parts = []
    with contextlib.suppress(ConnectionError):
        while part := connection.recv(65_536):
            parts.append(part)
    return b"".join(parts)


def statuses(answer):
    """Return the statuses of the answers in what came."""
    return [int(status) for status in re.findall(rb"HTTP/1\.[01] (\d{3}) ", answer)]
