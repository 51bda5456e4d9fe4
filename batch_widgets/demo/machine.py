"""A simulated machine: its name, its size, its files. Nothing of the host is in it."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from .images import VmSize

ROOT = "/mnt/batch/tasks"
STARTUP = f"{ROOT}/startup"
MOST_CHARACTERS = 262_144
"""What all the files that were written on a machine may hold."""
MOST_FILES = 500

_DIRECTORIES = frozenset(
    {
        *("/", "/bin", "/etc", "/home", "/mnt", "/opt", "/root", "/tmp", "/usr", "/usr/bin", "/var"),  # noqa: S108
        *("/mnt/batch", ROOT, f"{ROOT}/fsmounts", f"{ROOT}/shared", STARTUP, f"{STARTUP}/wd"),
        *(f"{ROOT}/volatile", f"{ROOT}/workitems"),
    }
)

_SYSTEMS = {
    "batch.node.ubuntu 20.04": ("Ubuntu", "ubuntu", "20.04", "Ubuntu 20.04.6 LTS", "5.15.0-1089-azure"),
    "batch.node.ubuntu 22.04": ("Ubuntu", "ubuntu", "22.04", "Ubuntu 22.04.5 LTS", "6.8.0-1029-azure"),
    "batch.node.ubuntu 24.04": ("Ubuntu", "ubuntu", "24.04", "Ubuntu 24.04.2 LTS", "6.11.0-1015-azure"),
    "batch.node.debian 11": ("Debian GNU/Linux", "debian", "11", "Debian GNU/Linux 11 (bullseye)", "5.10.0-34-amd64"),
    "batch.node.debian 12": ("Debian GNU/Linux", "debian", "12", "Debian GNU/Linux 12 (bookworm)", "6.1.0-37-amd64"),
    "batch.node.el 8": ("AlmaLinux", "almalinux", "8.10", "AlmaLinux 8.10", "4.18.0-553.el8_10.x86_64"),
    "batch.node.el 9": ("AlmaLinux", "almalinux", "9.6", "AlmaLinux 9.6", "5.14.0-570.el9_6.x86_64"),
    "batch.node.centos 7": ("CentOS Linux", "centos", "7", "CentOS Linux 7 (Core)", "3.10.0-1160.el7.x86_64"),
    "batch.node.mariner 2.0": ("CBL-Mariner", "mariner", "2.0", "CBL-Mariner/Linux", "5.15.182.1-1.cm2"),
}
_OTHER_SYSTEM = ("Linux", "linux", "1", "Linux", "6.1.0")


@dataclass(frozen=True)
class Account:
    """Who runs a command."""

    name: str
    is_admin: bool = False
    elevated: bool = False

    @property
    def is_root(self) -> bool:
        """Whether the command runs as root."""
        return self.name == "root" or self.elevated


class Machine:
    """What a command can find out about its machine.

    Parameters
    ----------
    hostname
        The name of the machine.
    size
        Its processors, memory and disk.
    node_agent_sku_id
        Tells the distribution.
    now
        The time; whoever runs a command sets it before.
    """

    def __init__(self, hostname: str, size: VmSize, node_agent_sku_id: str, now: datetime) -> None:
        self.hostname = hostname
        self.size = size
        self.now = self.booted = now
        name, ident, version, pretty, self.kernel = _SYSTEMS.get(node_agent_sku_id.lower(), _OTHER_SYSTEM)
        self._system = {
            "/etc/hostname": f"{hostname}\n",
            "/etc/os-release": f'PRETTY_NAME="{pretty}"\nNAME="{name}"\nVERSION_ID="{version}"\nID={ident}\n',
        }
        self._written: dict[str, tuple[str, datetime]] = {}

    @property
    def used_bytes(self) -> int:
        """The size of all that was written."""
        return sum(len(text.encode("utf-8", "surrogatepass")) for text, _ in self._written.values())

    def wipe(self) -> None:
        """Forget all that was written."""
        self._written.clear()

    def read(self, path: str) -> str | None:
        """Return the content of a file, or None if there is no such file."""
        if path in self._written:
            return self._written[path][0]
        return self._system.get(path)

    def modified(self, path: str) -> datetime:
        """Return when a file was written last."""
        return self._written[path][1] if path in self._written else self.booted

    def can_write(self, path: str) -> bool:
        """Return whether there can be a file of that name."""
        return self.listing(path) is None and self.listing(posixpath.dirname(path)) is not None

    def write(self, path: str, text: str, *, append: bool = False) -> bool:
        """Write a file; return whether there was room for all of it."""
        before = (self.read(path) or "") if append else ""
        others = sum(len(other) for name, (other, _) in self._written.items() if name != path)
        if path not in self._written and len(self._written) >= MOST_FILES:
            return False
        content = before + text
        room = max(0, MOST_CHARACTERS - others)
        self._written[path] = (content[:room], self.now)
        return len(content) <= room

    def remove(self, path: str) -> None:
        """Remove a file that was written."""
        self._written.pop(path, None)

    def listing(self, path: str) -> tuple[str, ...] | None:
        """Return the names in a directory, or None if there is no such directory."""
        is_home = path.startswith("/home/") and path.count("/") == 2
        if path not in _DIRECTORIES and not is_home:
            return None
        inside = (name for name in (*_DIRECTORIES, *self._system, *self._written) if posixpath.dirname(name) == path)
        return tuple(sorted({posixpath.basename(name) for name in inside} - {""}))


def resolve(path: str, directory: str) -> str:
    """Return the absolute form of a path seen from a directory."""
    parts: list[str] = []
    for part in (path if path.startswith("/") else f"{directory}/{path}").split("/"):
        if part == "..":
            parts[-1:] = []
        elif part not in {"", "."}:
            parts.append(part)
    return "/" + "/".join(parts)
