"""UserLedger: the users that a panel gave to nodes, and the commands that log them in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from pathlib import Path

    import pandas as pd

    from batch_widgets.account import BatchAccount
    from batch_widgets.login import RemoteLoginSettings


@dataclass(frozen=True)
class AddedUser:
    """A user that was given to a node.

    Parameters
    ----------
    name : str
        The user's name.
    expires : datetime, optional
        When it ends, in UTC; None where the service's default of a day holds.
    identity_file : Path, optional
        The private key on this machine, where it is known.
    """

    name: str
    expires: datetime | None
    identity_file: Path | None


class UserLedger:
    """Remembers by pool and node, for node ids tell nodes apart within a pool only.

    Parameters
    ----------
    account : BatchAccount
        Which makes the commands.
    """

    def __init__(self, account: BatchAccount) -> None:
        self._account = account
        self._by_pool: dict[str, dict[str, AddedUser]] = {}

    def users(self, pool_id: str) -> dict[str, AddedUser]:
        """Give the user of each node of a pool that has one: a copy."""
        return dict(self._by_pool.get(pool_id.casefold(), {}))

    def record(self, pool_id: str, name: str, added: AddedUser | None, frame: pd.DataFrame) -> None:
        """Take in the outcomes of adding (`added`) or deleting (None) the user `name`; harmless when repeated."""
        users = self._by_pool.setdefault(pool_id.casefold(), {})
        for node_id, outcome in zip(frame["node_id"], frame["outcome"], strict=True):
            if outcome == "added" and added is not None:
                users[node_id] = added
            elif outcome in {"deleted", "absent"} and node_id in users and users[node_id].name == name:
                del users[node_id]

    def commands(self, pool_id: str, logins: Mapping[str, RemoteLoginSettings]) -> dict[str, str]:
        """Give the ``ssh`` command of each node of a pool that has a user and can be reached."""
        users = self.users(pool_id)
        commands: dict[str, str] = {}
        for user in set(users.values()):
            settings = [login for node_id, login in logins.items() if users.get(node_id) == user and login.reachable]
            if settings:
                commands |= self._account.ssh_commands(user.name, settings, identity_file=user.identity_file)
        return commands
