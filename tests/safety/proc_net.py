"""What Linux tells of a process in `/proc`: its sockets that listen, descriptors, children, memory."""

import ipaddress
import socket
from pathlib import Path

_LISTEN = "0A"


def listeners(pid):
    """Return (protocol, address, port) of each socket on which a process takes connections or datagrams."""
    inodes = set()
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        try:
            inodes.add(str(entry.readlink()))
        except FileNotFoundError:  # closed since the folder was read
            continue
    found = []
    for table in ("tcp", "tcp6", "udp", "udp6"):
        file = Path(f"/proc/{pid}/net/{table}")
        for line in file.read_text().splitlines()[1:] if file.is_file() else []:
            fields = line.split()
            listens = fields[3] == _LISTEN or table.startswith("udp")
            if listens and f"socket:[{fields[9]}]" in inodes:
                address, _, port = fields[1].partition(":")
                found.append((table, _address(address), int(port, 16)))
    return found


def descriptors(pid):
    """Return how many descriptors a process has open."""
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


def threads(pid):
    """Return how many threads a process has."""
    return len(list(Path(f"/proc/{pid}/task").iterdir()))


def children(pid):
    """Return the ids of the processes that a process started and that are there."""
    return [child for task in Path(f"/proc/{pid}/task").iterdir() for child in (task / "children").read_text().split()]


def memory_kib(pid):
    """Return the resident memory of a process."""
    status = Path(f"/proc/{pid}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS:"))


def _address(digits):
    """Return the address that the kernel writes as words of the machine's own byte order."""
    raw = bytes.fromhex(digits)
    words = (raw[start : start + 4] for start in range(0, len(raw), 4))
    return ipaddress.ip_address(
        b"".join(socket.htonl(int.from_bytes(word, "big")).to_bytes(4, "big") for word in words)
    )
