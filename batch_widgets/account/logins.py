"""Where the nodes of a pool can be logged in to, and why not: what several calls of an account begin with."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from batch_widgets import login
from batch_widgets.errors import ValidationError
from batch_widgets.login import RemoteLoginSettings
from batch_widgets.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import pandas as pd

    from batch_widgets.account.aio import AsyncAccount
    from batch_widgets.account.login_calls import LoginCalls
    from batch_widgets.login import NoEndpoint
    from batch_widgets.pools import Pool


@dataclass(frozen=True)
class Logins:
    """Where the nodes of a pool can be logged in to.

    Parameters
    ----------
    pool : Pool
        The pool.
    settings : tuple of RemoteLoginSettings
        One for each node asked for, in order, with its private address; one without a way in has its reason.
    absent : mapping of str to NoEndpoint
        Why there is no way in from outside, and what can be done, by node id.
    """

    pool: Pool
    settings: tuple[RemoteLoginSettings, ...]
    absent: Mapping[str, NoEndpoint]


async def read_logins(
    aio: AsyncAccount, pool_id: str, node_ids: Sequence[str] | None, *, private: bool = False, os_type: str = ""
) -> Logins:
    """Read where nodes can be logged in to.

    Parameters
    ----------
    aio : AsyncAccount
        Who is asked.
    pool_id : str
        The pool.
    node_ids : sequence of str, optional
        The nodes; default: all.
    private : bool
        Read private addresses only: fewer requests, and the service need not give others.
    os_type : str
        What the nodes must run, ``"linux"`` or ``"windows"``; empty for either.

    Raises
    ------
    ValidationError
        If the nodes run something else.
    """
    pool = await aio.get_pool(pool_id)
    if os_type and pool.os_type != os_type:
        raise ValidationError([Problem("pool_id", _OTHER_SYSTEM[pool.os_type].format(pool.id))])
    nodes = {node.id: node for node in await aio.list_nodes(pool_id)}
    if private:
        named = [node_ids] if isinstance(node_ids, str) else node_ids
        wanted = list(nodes) if named is None else list(dict.fromkeys(named))
        found = [RemoteLoginSettings(node_id) for node_id in wanted]
    else:
        found = await aio.list_remote_login_settings(pool_id, node_ids)
    settings, absent = [], {}
    for one in found:
        node = nodes.get(one.node_id)
        why = login.no_endpoint(pool, node, one)
        address = node.ip_address if node else ""
        reason = why.reason if why else ""
        if private:
            reason = "" if address else "The node has no address inside the pool's network now."
        if why:
            absent[one.node_id] = why
        settings.append(replace(one, private_ip_address=address or None, reason=reason))
    return Logins(pool, tuple(settings), absent)


_OTHER_SYSTEM = {
    "windows": "The nodes of pool {} run Windows, and are logged in to by RDP: see rdp_files.",
    "linux": "The nodes of pool {} run Linux, and are logged in to by SSH: see ssh_config.",
}


def config_text(account: LoginCalls, found: Logins, user: str, identity_file: Path | None, *, private: bool) -> str:
    """Give settings for ssh."""
    hosts = account.ssh_hosts(user, found.settings, identity_file=identity_file)
    return login.ssh_config(found.pool.id, hosts, known_hosts=account.known_hosts, private=private)


def files_for_rdp(found: Logins, user: str, *, private: bool) -> dict[str, bytes]:
    """Give files for the Remote Desktop client."""
    users = {one.node_id: user for one in found.settings}
    return login.rdp_files(found.pool.id, users, found.settings, private=private)


def frame_of(
    account: LoginCalls, found: Logins, user: str, identity_file: Path | None, *, private: bool
) -> pd.DataFrame:
    """Give the table; with commands where there is a user, and not for Windows."""
    commands = {}
    if user and found.pool.os_type == "linux":
        commands = account.ssh_commands(user, found.settings, identity_file=identity_file, private=private)
    return login.login_frame(found.settings, commands, found.absent)
