"""A file of settings for OpenSSH's client, in which every node is a host of its own."""

from __future__ import annotations

import os
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from batch_widgets.errors import ValidationError
from batch_widgets.login.known_hosts import state_folder
from batch_widgets.login.whole_file import write_whole
from batch_widgets.login.words import checked_endpoint, checked_node_id, checked_user, ssh_path
from batch_widgets.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from batch_widgets.login.settings import RemoteLoginSettings

_MARK = "# Made by batch_widgets"
_LONG_NODE_ID = re.compile(r"tvmps_([0-9a-f]{16,})_[dp]")
_SHORT = 8


@dataclass(frozen=True, slots=True)
class SshHost:
    """A node, and who logs in to it.

    Parameters
    ----------
    login : RemoteLoginSettings
        Where the node is.
    user : str
        The user on the node.
    identity_file : Path, optional
        The private key, where it is known.
    host_key_known : bool
        True where the known-hosts file holds the node's key: anything else is then refused.
    """

    login: RemoteLoginSettings
    user: str
    identity_file: Path | None = None
    host_key_known: bool = False


def host_aliases(pool_id: str, node_ids: Iterable[str]) -> dict[str, str]:
    """Give a short name to each node: the pool's id and the first digits of the node's.

    A node's name does not depend on the other nodes, but where two begin with the same digits.

    Parameters
    ----------
    pool_id : str
        The pool.
    node_ids : iterable of str
        The nodes.

    Returns
    -------
    dict of str to str
        Names of letters, digits, ``_``, ``-`` and ``.`` by node id; each is there once.
    """
    pool = re.sub(r"[^A-Za-z0-9_-]", "_", pool_id)
    prefix = pool if pool[:1].isalnum() else f"pool{pool}"  # what begins with - would be an option of ssh
    cores = {node_id: _core(node_id) for node_id in node_ids}
    lengths = {node_id: _SHORT if core != node_id else len(core) for node_id, core in cores.items()}
    while clashes := _clashes({node_id: core[: lengths[node_id]] for node_id, core in cores.items()}):
        for node_id in clashes:
            if lengths[node_id] < len(cores[node_id]):
                lengths[node_id] += 1
            else:
                cores[node_id], lengths[node_id] = node_id, len(node_id)
    return {node_id: f"{prefix}-{core[: lengths[node_id]]}" for node_id, core in cores.items()}


def _core(node_id: str) -> str:
    """Give the part of a node's id that tells it from others, in full."""
    long = _LONG_NODE_ID.fullmatch(checked_node_id(node_id))
    return f"{long[1]}{node_id[-2:]}" if long else node_id


def _clashes(names: Mapping[str, str]) -> list[str]:
    """Give those that have a name which another one has, too."""
    counts = Counter(names.values())
    return [node_id for node_id, name in names.items() if counts[name] > 1]


def ssh_config(pool_id: str, hosts: Sequence[SshHost], *, known_hosts: Path, private: bool = False) -> str:
    """Give the text of a file of settings for ``ssh -F``.

    Each host has a short name and the node's id for another, and does not look into or change ``~/.ssh/known_hosts``.

    Parameters
    ----------
    pool_id : str
        The nodes' pool.
    hosts : sequence of SshHost
        The nodes; one without an address is told of in a comment, with the reason.
    known_hosts : Path
        The known-hosts file.
    private : bool
        Connect to the addresses inside the pool's network.

    Returns
    -------
    str
        Lines that end in line feeds.

    Raises
    ------
    ValidationError
        If a user's name, a node's id, an address or a path would mean something else to ssh.
    """
    aliases = host_aliases(pool_id, (host.login.node_id for host in hosts))
    lines = [f"{_MARK} for nodes of pool {_comment(pool_id)}, and written anew by it: changes here are lost."]
    left_out = []
    for host in hosts:
        node_id = host.login.node_id
        endpoint = host.login.endpoint(private=private)
        if endpoint is None:
            left_out.append(f"# Not here: {node_id}: {_comment(host.login.reason or 'no such address.')}")
            continue
        address, port = checked_endpoint(endpoint)
        names = dict.fromkeys((aliases[node_id], node_id))
        lines += [
            "",
            f"Host {' '.join(names)}",
            f"    HostName {address}",
            f"    Port {port}",
            f"    User {checked_user(host.user)}",
        ]
        if host.identity_file is not None:
            lines += [f"    IdentityFile {ssh_path(host.identity_file)}", "    IdentitiesOnly yes"]
        lines += [
            f"    HostKeyAlias {node_id}",
            f"    UserKnownHostsFile {ssh_path(known_hosts)}",
            f"    StrictHostKeyChecking {'yes' if host.host_key_known else 'accept-new'}",
            "    HashKnownHosts no",
            "    ServerAliveInterval 60",  # Azure's load balancer forgets what is silent for four minutes
        ]
    return "\n".join([*lines, *([""] if left_out else []), *left_out]) + "\n"


def _comment(text: str) -> str:
    """Keep a text on its line."""
    return "".join(character if character.isprintable() else " " for character in text)


def ssh_config_file(account_name: str, pool_id: str) -> Path:
    """Give the place of a pool's file of settings: never in ``~/.ssh``."""
    words = (re.sub(r"[^\w.-]", "_", word) for word in (account_name, pool_id))
    return state_folder() / "_".join(("ssh_config", *words))


def write_ssh_config(path: Path | str, text: str) -> Path:
    """Write a file of settings: whole or not at all, and readable by its owner only.

    Parameters
    ----------
    path : Path or str
        Where; ``~`` is the home folder.
    text : str
        What :func:`ssh_config` gave.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    FileExistsError
        If there is a file that was not made by this function.
    ValidationError
        If it is the user's own ``~/.ssh/config``, whether that exists or not.
    """
    path = Path(path).expanduser().absolute()
    own = Path.home() / ".ssh" / "config"
    if path.resolve() == own.resolve():
        message = f"Your own {own} is left alone. Choose another file, and have it read by a line: Include FILE"
        raise ValidationError([Problem("path", message)])
    if os.path.lexists(path) and not _is_ours(path):
        raise FileExistsError(f"{path} is there already, and was not made by batch_widgets. Choose another name.")
    write_whole(path, text)
    return path


def _is_ours(path: Path) -> bool:
    if not path.is_file():  # opening a pipe waits for somebody who writes
        return False
    try:
        with path.open("rb") as file:
            return file.read(len(_MARK)) == _MARK.encode()
    except OSError:
        return False
