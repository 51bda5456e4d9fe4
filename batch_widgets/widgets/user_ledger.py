"""UserLedger: the users that a panel gave to nodes, and the commands that log them in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

    import pandas as pd

    from batch_widgets.account import BatchAccount
    from batch_widgets.nodes import Node
    from batch_widgets.widgets.node_watch import NodesView


@dataclass(frozen=True)
class AddedUser:
    """A user that a node has.

    Parameters
    ----------
    name : str
        The user's name.
    expires : datetime, optional
        When it ends, in UTC; None where the service's default of a day holds, or nobody knows.
    identity_file : Path, optional
        The private key on this machine, where it is known.
    was_there : bool
        True where the node had it before: its key and password may be others.
    """

    name: str
    expires: datetime | None
    identity_file: Path | None
    was_there: bool = False


class UserLedger:
    """Remembers by pool, node and the node's allocation: ids come again in other pools, and on later nodes of the same.

    Parameters
    ----------
    account : BatchAccount
        Which makes the commands.
    """

    def __init__(self, account: BatchAccount) -> None:
        self._account = account
        self._users: dict[tuple[str, str, str], AddedUser] = {}

    def users(self, pool_id: str, nodes: Sequence[Node]) -> dict[str, AddedUser]:
        """Give the user of each of these nodes that has one, by node id."""
        known = dict(self._users)  # a copy: the notifier may add some meanwhile
        keys = {node.id: (pool_id.casefold(), node.id, _text(node.allocation_time)) for node in nodes}
        return {node_id: known[key] for node_id, key in keys.items() if key in known}

    def record(self, pool_id: str, name: str, added: AddedUser | None, frame: pd.DataFrame) -> None:
        """Take in the outcomes of adding (`added`) or deleting (None) the user `name`; harmless when repeated."""
        allocated = frame.attrs.get("allocation_time", {})
        for node_id, outcome in zip(frame["node_id"], frame["outcome"], strict=True):
            key = (pool_id.casefold(), node_id, allocated.get(node_id, ""))
            same = key in self._users and self._users[key].name == name
            if added is not None and outcome == "added":
                self._users[key] = added
            elif added is not None and outcome == "exists" and not same:
                self._users[key] = AddedUser(name, None, added.identity_file, was_there=True)
            elif added is None and outcome in {"deleted", "absent"} and same:
                del self._users[key]

    def commands(self, view: NodesView) -> dict[str, str]:
        """Give the ``ssh`` command of each node that has a user and can be reached; Windows nodes have no SSH."""
        if view.pool is None or view.os_type == "windows":
            return {}
        users = self.users(view.pool.id, view.nodes)
        commands: dict[str, str] = {}
        for user in set(users.values()):
            logins = [login for node_id, login in view.logins.items() if users.get(node_id) == user]
            if settings := [login for login in logins if login.reachable]:
                commands |= self._account.ssh_commands(user.name, settings, identity_file=user.identity_file)
        return commands


def _text(time: datetime | None) -> str:
    return time.isoformat() if time else ""
