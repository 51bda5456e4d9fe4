"""A simulated machine: its name, its files and its users. Nothing of the host is in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

_DIRECTORIES = {
    "/": ("bin", "etc", "home", "mnt", "opt", "root", "tmp", "usr", "var"),
    "/etc": ("hostname", "os-release"),
    "/home": (),
    "/mnt": ("batch",),
    "/mnt/batch": ("tasks",),
    "/mnt/batch/tasks": ("fsmounts", "shared", "startup", "volatile", "workitems"),
    "/mnt/batch/tasks/fsmounts": (),
    "/mnt/batch/tasks/shared": (),
    "/mnt/batch/tasks/startup": ("stderr.txt", "stdout.txt", "wd"),
    "/mnt/batch/tasks/startup/wd": (),
    "/mnt/batch/tasks/volatile": (),
    "/mnt/batch/tasks/workitems": (),
    "/opt": (),
    "/root": (),
    "/tmp": (),  # noqa: S108  a name on the simulated machine
    "/usr": (),
    "/var": (),
}

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


@dataclass
class Machine:
    """What a command can find out about its machine.

    Parameters
    ----------
    hostname
        The name of the machine.
    vcpus
        How many processors it has.
    node_agent_sku_id
        Tells the distribution.
    now
        The time when the command starts.
    files
        Absolute path to text; written by redirects, read by ``cat``.
    """

    hostname: str
    vcpus: int
    node_agent_sku_id: str
    now: datetime
    files: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        name, ident, version, pretty, self.kernel = _SYSTEMS.get(self.node_agent_sku_id.lower(), _OTHER_SYSTEM)
        self.files.setdefault("/etc/hostname", f"{self.hostname}\n")
        self.files.setdefault(
            "/etc/os-release",
            f'PRETTY_NAME="{pretty}"\nNAME="{name}"\nVERSION_ID="{version}"\nID={ident}\n',
        )
        self.files.setdefault("/mnt/batch/tasks/startup/stdout.txt", "")
        self.files.setdefault("/mnt/batch/tasks/startup/stderr.txt", "")

    def listing(self, path: str) -> tuple[str, ...] | None:
        """Return the names in a directory, or None if there is no such directory."""
        names: tuple[str, ...] | None = _DIRECTORIES.get(path)
        if path.startswith("/home/") and path.count("/") == 2:
            names = ()
        if names is None:
            return None
        prefix = path.rstrip("/") + "/"
        written = {name[len(prefix) :] for name in self.files if name.startswith(prefix)}
        return tuple(sorted({*names, *(name for name in written if "/" not in name)}))


def resolve(path: str, directory: str) -> str:
    """Return the absolute form of a path seen from a directory."""
    parts: list[str] = []
    for part in (path if path.startswith("/") else f"{directory}/{path}").split("/"):
        if part == "..":
            parts[-1:] = []
        elif part not in {"", "."}:
            parts.append(part)
    return "/" + "/".join(parts)
