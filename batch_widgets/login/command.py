"""The ``ssh`` command that logs in to a node."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from batch_widgets.errors import ValidationError
from batch_widgets.login.words import checked_endpoint, checked_node_id, checked_user, ssh_path
from batch_widgets.problems import Problem

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
    private: bool = False,
) -> str:
    """Give the complete command that logs a user in to a node.

    Pasting it touches nobody's ``~/.ssh/known_hosts``: the node's key is kept in a file of its own under the node's id,
    because Azure gives addresses and ports to other nodes later.

    Parameters
    ----------
    user : str
        The user on the node.
    login : RemoteLoginSettings
        Where the node is.
    identity_file : Path, optional
        The private key, where it is known.
    known_hosts : Path
        The known-hosts file.
    host_key_known : bool
        True where the file holds the node's key: anything else is then refused. Otherwise the first key is accepted
        and kept.
    private : bool
        Connect to the address inside the pool's network.

    Returns
    -------
    str
        Quoted for a POSIX shell.

    Raises
    ------
    ValidationError
        If the node has no such address, or a word would mean something else to ssh.
    """
    endpoint = login.endpoint(private=private)
    if endpoint is None:
        raise ValidationError([Problem("node_id", f"{login.node_id}: {login.reason or 'no such address.'}")])
    address, port = checked_endpoint(endpoint)
    words = ["ssh"]
    if identity_file is not None:
        path = identity_file.as_posix()
        # -i looks for the file before ssh reads % as a token, and so finds no file with % in its name
        as_ssh_reads = ssh_path(identity_file)
        words += ["-o", f"IdentityFile={as_ssh_reads}"] if "%" in path else ["-i", path]
        words += ["-o", "IdentitiesOnly=yes"]
    words += [
        "-o",
        f"HostKeyAlias={checked_node_id(login.node_id)}",
        "-o",
        f"UserKnownHostsFile={ssh_path(known_hosts)}",
        "-o",
        f"StrictHostKeyChecking={'yes' if host_key_known else 'accept-new'}",
        "-p",
        str(port),
        f"{checked_user(user)}@{address}",
    ]
    return shlex.join(words)
