"""Where and how to log in to a node: settings, the ``ssh`` command, and known hosts of our own."""

from __future__ import annotations

import os
import shlex
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


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


_WRITING = threading.Lock()


def state_folder() -> Path:
    """Give the folder in which this package keeps what it must remember, in the place that the system has for it."""
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    else:
        base = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state")
    return base / "batch_widgets"


def known_hosts_file(account_name: str) -> Path:
    """Give the known-hosts file of an account: never the user's own."""
    safe = "".join(character if character.isalnum() or character in "-_." else "_" for character in account_name)
    return state_folder() / f"known_hosts_{safe}"


def write_known_hosts(path: Path, host_keys: Mapping[str, str]) -> None:
    """Write the host keys of nodes, keeping those of other nodes that the file has.

    Parameters
    ----------
    path : Path
        The known-hosts file.
    host_keys : mapping of str to str
        Public host key lines by node id; the id is what ``HostKeyAlias`` names.
    """

    def renewed(lines: list[str]) -> list[str]:
        kept = [line for line in lines if line.split(" ", 1)[0] not in host_keys]
        return [*kept, *(f"{node_id} {key}" for node_id, key in host_keys.items())]

    rewrite_known_hosts(path, renewed)


def rewrite_known_hosts(path: Path, change: Callable[[list[str]], list[str]]) -> None:
    """Change the lines of a known-hosts file, in one piece; a file that is not there has none.

    Parameters
    ----------
    path : Path
        The known-hosts file.
    change : callable
        Gives the lines wanted for the lines that there are. Nothing is written where they are the same.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _WRITING:
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        wanted = change(list(lines))
        if wanted != lines:
            scratch = path.with_name(f"{path.name}.{os.getpid()}")
            scratch.write_text("".join(f"{line}\n" for line in wanted), encoding="utf-8")
            scratch.replace(path)


def ssh_command(
    user: str,
    login: RemoteLoginSettings,
    *,
    identity_file: Path | None = None,
    known_hosts: Path,
    host_key_known: bool = False,
) -> str:
    """Give the complete command that logs a user in to a node.

    Pasting it touches nobody's ``~/.ssh/known_hosts``: the node's key is kept in a file of its own under the node's id,
    because Azure gives addresses and ports to other nodes later.

    Parameters
    ----------
    user : str
        The user on the node.
    login : RemoteLoginSettings
        Where the node is; must be reachable.
    identity_file : Path, optional
        The private key, where it is known.
    known_hosts : Path
        The known-hosts file.
    host_key_known : bool
        True where the file holds the node's key: anything else is then refused. Otherwise the first key is accepted
        and kept.

    Returns
    -------
    str
        Quoted for a POSIX shell.
    """
    words = ["ssh"]
    if identity_file is not None:
        path = identity_file.as_posix()
        # -i looks for the file before ssh reads % as a token, and so finds no file with % in its name
        words += ["-o", f"IdentityFile={_escape(path)}"] if "%" in path else ["-i", path]
        words += ["-o", "IdentitiesOnly=yes"]
    words += [
        "-o",
        f"HostKeyAlias={login.node_id}",
        "-o",
        f"UserKnownHostsFile={_escape(known_hosts.as_posix())}",
        "-o",
        f"StrictHostKeyChecking={'yes' if host_key_known else 'accept-new'}",
        "-p",
        str(login.port),
        f"{user}@{login.ip_address}",
    ]
    return shlex.join(words)


def _escape(path: str) -> str:
    """Keep ssh from reading ``%`` as one of its tokens, blanks as the end of the name, and quotes as its own."""
    path = path.replace("%", "%%")
    if all(character.isalnum() or character in "/-_.,:+=@%" for character in path):
        return path
    return '"' + path.replace("\\", "\\\\").replace('"', '\\"') + '"'
