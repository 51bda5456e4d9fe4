"""A known-hosts file of our own, with the nodes' ids for names; and the folder that it is in."""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from batch_widgets.login.whole_file import write_whole
from batch_widgets.login.words import checked_node_id

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

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

    Raises
    ------
    ValidationError
        If an id is not one word: it could name other hosts, or be a line of its own.
    """
    for node_id in host_keys:
        checked_node_id(node_id)

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
    with _WRITING:
        lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []  # reading a pipe may never end
        wanted = change(list(lines))
        if wanted != lines:
            write_whole(path, "".join(f"{line}\n" for line in wanted))
