"""What the machine that runs the tests has."""

import socket


def has_ipv6():
    """Tell whether one can listen on ::1."""
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as listening:
            listening.bind(("::1", 0))
    except OSError:
        return False
    return True
