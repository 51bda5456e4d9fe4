"""The ``ssh`` command that logs in to a node."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from batch_widgets.login.settings import RemoteLoginSettings


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
