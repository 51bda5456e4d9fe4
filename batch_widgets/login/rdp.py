"""Files that the Remote Desktop client opens, for Windows nodes."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING

from batch_widgets.errors import ValidationError
from batch_widgets.login.config import host_aliases
from batch_widgets.login.settings import RDP_PORT
from batch_widgets.login.words import checked_endpoint, checked_user
from batch_widgets.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from batch_widgets.login.settings import RemoteLoginSettings


def rdp_file(user: str, login: RemoteLoginSettings, *, private: bool = False) -> bytes:
    """Give the file that opens a Windows node in the Remote Desktop client, which asks for the password.

    Parameters
    ----------
    user : str
        The user on the node.
    login : RemoteLoginSettings
        Where the node is.
    private : bool
        Connect to the address inside the pool's network.

    Returns
    -------
    bytes
        Lines that end in CR LF; there is never a password in it. ASCII, or UTF-16 where the name needs it.

    Raises
    ------
    ValidationError
        If the node has no such address, or the name would mean something else.
    """
    endpoint = login.endpoint(private=private, private_port=RDP_PORT)
    if endpoint is None:
        raise ValidationError([Problem("node_id", f"{login.node_id}: {login.reason or 'no such address.'}")])
    address, port = checked_endpoint(endpoint)
    where = f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
    lines = (f"full address:s:{where}", f"username:s:.\\{checked_user(user)}", "prompt for credentials:i:1")
    text = "".join(f"{line}\r\n" for line in lines)
    return text.encode() if text.isascii() else text.encode("utf-16")


def rdp_files(
    pool_id: str, users: Mapping[str, str], logins: Sequence[RemoteLoginSettings], *, private: bool = False
) -> dict[str, bytes]:
    """Give a file for each node that has an address and a user.

    Parameters
    ----------
    pool_id : str
        The nodes' pool.
    users : mapping of str to str
        The user by node id.
    logins : sequence of RemoteLoginSettings
        Where the nodes are.
    private : bool
        Connect to the addresses inside the pool's network.

    Returns
    -------
    dict of str to bytes
        By file name, such as ``"analysis-6d7bd980.rdp"``.
    """
    aliases = host_aliases(pool_id, (login.node_id for login in logins))
    return {
        f"{aliases[login.node_id]}.rdp": rdp_file(users[login.node_id], login, private=private)
        for login in logins
        if login.node_id in users and login.endpoint(private=private) is not None
    }


def zip_files(files: Mapping[str, bytes]) -> bytes:
    """Pack files into one, for a browser that saves one at a time."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return packed.getvalue()
