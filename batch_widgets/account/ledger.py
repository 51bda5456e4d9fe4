"""UserLedger: the users that were given to nodes through an account. The service has no call that lists them."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    import pandas as pd

    from batch_widgets.nodes import Node, NodeOutcome

    Users = tuple["GivenUser", ...]  # the newest stands last


@dataclass(frozen=True)
class GivenUser:
    """A user that a node was given, or turned out to have.

    Parameters
    ----------
    name : str
        The user's name.
    expires : datetime, optional
        When it ends, in UTC; None where the service's default of a day holds, or nobody knows.
    identity_file : Path, optional
        The private key on this machine, where it is known.
    by_password : bool
        True where it signs in with a password.
    is_admin : bool
        True where it may use ``sudo``.
    was_there : bool
        True where the node had it before: key, password, rights and expiry may be others.
    given : datetime
        When this became known, in UTC.
    """

    name: str
    expires: datetime | None = None
    identity_file: Path | None = None
    by_password: bool = False
    is_admin: bool = False
    was_there: bool = False
    given: datetime | None = None


class UserLedger:
    """Remembers by pool, node and the node's allocation: ids come again in other pools, and on later nodes of the same.

    It lives as long as the account object and is written to no file. What other programs did is not in it.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pools: dict[str, dict[str, dict[datetime | None, Users]]] = {}  # pool, node, allocation
        self._recorded: dict[tuple[str, str], datetime] = {}  # pool and node: when its users were last taken in

    def record(self, pool_id: str, user: GivenUser, outcome: NodeOutcome) -> None:
        """Take in what came of giving a user to a node, or of taking it away; harmless when repeated."""
        with self._lock:
            node = self._pools.setdefault(pool_id.casefold(), {}).setdefault(outcome.node_id, {})
            users = node.get(outcome.allocation_time, ())
            self._recorded[pool_id.casefold(), outcome.node_id] = datetime.now(UTC)
            others = tuple(one for one in users if one.name != user.name)
            if outcome.outcome in {"added", "updated"}:
                users = (*others, user)
            elif outcome.outcome == "exists" and users == others:
                was_there = GivenUser(
                    user.name, identity_file=user.identity_file, by_password=user.by_password, was_there=True
                )
                users = (*others, was_there)
            elif outcome.outcome in {"deleted", "absent"}:
                users = others
            node[outcome.allocation_time] = users
            if not users:  # else something would stay of each machine that ever had one
                del node[outcome.allocation_time]

    def forget(self, pool_id: str, node_ids: Iterable[str], *, before: datetime | None = None) -> None:
        """Drop the users of nodes whose machines were made anew.

        Parameters
        ----------
        pool_id : str
            The pool.
        node_ids : iterable of str
            The nodes.
        before : datetime, optional
            When that was seen: what was taken in of a node later than that is kept.
        """
        with self._lock:
            name = pool_id.casefold()
            pool = self._pools.get(name, {})
            for node_id in node_ids:
                if before is None or self._recorded.get((name, node_id), before) <= before:
                    pool.pop(node_id, None)

    def of_nodes(self, pool_id: str, nodes: Iterable[Node]) -> dict[str, tuple[GivenUser, ...]]:
        """Give the users of each of these nodes that has some, by node id; the newest last."""
        with self._lock:
            pool = self._pools.get(pool_id.casefold(), {})
            found = ((node.id, pool[node.id].get(node.allocation_time)) for node in nodes if node.id in pool)
            return {node_id: users for node_id, users in found if users}

    @property
    def frame(self) -> pd.DataFrame:
        """The whole ledger, of machines that are no more too.

        Returns
        -------
        pandas.DataFrame
            ``pool_id``, ``node_id``, ``name``, ``signs_in_with`` (``"key"`` or ``"password"``), ``is_admin`` (bool),
            ``expires`` and ``given`` (UTC), ``expired`` (bool, by this machine's clock), ``was_there`` (bool). Pool ids
            are in lower case.
        """
        with self._lock:
            rows = [
                (pool_id, node_id, user)
                for pool_id, pool in self._pools.items()
                for node_id, allocations in pool.items()
                for users in allocations.values()
                for user in users
            ]
        return _frame(rows)

    def frame_of(self, pool_id: str, nodes: Iterable[Node]) -> pd.DataFrame:
        """Give the rows of :attr:`frame` that are of these nodes, as the machines that they are now."""
        found = self.of_nodes(pool_id, nodes)
        return _frame([(pool_id.casefold(), node_id, user) for node_id, users in found.items() for user in users])


def _frame(rows: list[tuple[str, str, GivenUser]]) -> pd.DataFrame:
    import pandas as pd

    now = datetime.now(UTC)

    def column(values: Iterable[object], dtype: str) -> pd.Series[Any]:
        return pd.Series(list(values), dtype=dtype)

    users = [user for *_, user in rows]
    return pd.DataFrame(
        {
            "pool_id": column((pool_id for pool_id, *_ in rows), "string"),
            "node_id": column((node_id for _, node_id, _ in rows), "string"),
            "name": column((user.name for user in users), "string"),
            "signs_in_with": column(("password" if user.by_password else "key" for user in users), "string"),
            "is_admin": column((user.is_admin for user in users), "bool"),
            "expires": column((user.expires for user in users), "datetime64[us, UTC]"),
            "expired": column((user.expires is not None and user.expires < now for user in users), "bool"),
            "given": column((user.given for user in users), "datetime64[us, UTC]"),
            "was_there": column((user.was_there for user in users), "bool"),
        }
    )
