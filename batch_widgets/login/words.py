"""Words that are safe in a command, in ssh's settings and in an RDP file; the rest is refused or quoted."""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING

from batch_widgets.errors import ValidationError
from batch_widgets.problems import Problem

if TYPE_CHECKING:
    from pathlib import Path

_USER = re.compile(r"\w[\w.-]*")
_NODE_ID = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
_ADDRESS = re.compile(r"[A-Za-z0-9:][A-Za-z0-9.:-]*")


def checked_user(user: str) -> str:
    """Give a user's name back, if it can mean nothing else to ssh, to a shell, or in a file of settings."""
    if not _USER.fullmatch(user):
        message = "Only letters, digits, _, . and - of any alphabet can stand here, and neither . nor - in front."
        raise ValidationError([Problem("user", message)])
    return user


def checked_node_id(node_id: str) -> str:
    """Give a node's id back, if it is one word."""
    if not _NODE_ID.fullmatch(node_id):
        raise ValidationError([Problem("node_id", f"This is no node's id: {node_id!r}.")])
    return node_id


def checked_endpoint(endpoint: tuple[str, int]) -> tuple[str, int]:
    """Give address and port back, if they are that."""
    address, port = endpoint
    if not _ADDRESS.fullmatch(address) or not 0 < port < 65_536:
        raise ValidationError([Problem("address", f"This is no address with a port: {address!r}, {port!r}.")])
    return address, port


@functools.lru_cache(maxsize=64)  # the commands for thousands of nodes name the same files
def ssh_path(path: Path) -> str:
    """Give a path as ssh's settings have it: ``%`` would be a token, a blank the end, quotes ssh's own.

    Raises
    ------
    ValidationError
        If ssh can't be told of it: it knows no way to write ``${`` or the end of a line.
    """
    text = path.as_posix()
    if "${" in text or any(character in text for character in "\r\n\0"):
        raise ValidationError([Problem("path", f"ssh can't be told of a file of such a name: {text!r}. Rename it.")])
    text = text.replace("%", "%%")
    if all(character.isalnum() or character in "/-_.,:+=@%" for character in text):
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
