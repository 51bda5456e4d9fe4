"""Reading the nodes of a pool again and again, but only while somebody looks."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from batch_widgets.errors import NotFoundError
from batch_widgets.login import NO_SSH_PORT, NO_SSH_PORT_REMEDY
from batch_widgets.nodes import ON_THE_WAY_STATES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from batch_widgets.account import BatchAccount
    from batch_widgets.login import RemoteLoginSettings
    from batch_widgets.nodes import Node
    from batch_widgets.pools import Pool
    from batch_widgets.runner import Operation

_CHANGING_S = 3.0
_STEADY_S = 15.0
_DEMO_S = 1.0
_LOOK_S = 5.0  # how often it is looked whether somebody looks; asks nobody anything


@dataclass(frozen=True)
class NodesView:
    """What was read of a pool at one time.

    Parameters
    ----------
    pool_ids : tuple of str
        The account's pools.
    pool : Pool or None
        The chosen one; None where there is none (any more).
    nodes : tuple of Node
        Its nodes.
    logins : mapping of str to RemoteLoginSettings
        Where to log in, by node id, as far as it is known.
    read_at : datetime
        When, in UTC.
    asked_id : str
        The pool that was asked for.
    """

    pool_ids: tuple[str, ...] = ()
    pool: Pool | None = None
    nodes: tuple[Node, ...] = ()
    logins: Mapping[str, RemoteLoginSettings] = field(default_factory=dict)
    read_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    asked_id: str = ""

    @property
    def reachable(self) -> bool:
        """False where the pool has no way in."""
        return self.pool is None or self.pool.may_be_reached

    @property
    def os_type(self) -> str:
        """What the nodes run; ``"linux"`` while it is not known."""
        return self.pool.os_type if self.pool else "linux"

    @property
    def changing(self) -> bool:
        """True while the pool or a node is about to change by itself."""
        return self.pool is not None and (
            self.pool.allocation_state != "steady"
            or self.pool.state != "active"
            or any(node.state in ON_THE_WAY_STATES for node in self.nodes)
        )


async def read_nodes(account: BatchAccount, pool_id: str, known: Mapping[str, RemoteLoginSettings]) -> NodesView:
    """Read a pool and its nodes; login settings are asked for once per node.

    Parameters
    ----------
    account : BatchAccount
        The account.
    pool_id : str
        The pool; empty for none.
    known : mapping of str to RemoteLoginSettings
        Settings that need not be asked for again.
    """
    pools = await account.aio.list_pools()
    pool_ids = tuple(pool.id for pool in pools)
    pool = next((pool for pool in pools if pool.id.casefold() == pool_id.casefold()), None)
    if pool is None:
        return NodesView(pool_ids, asked_id=pool_id)
    try:
        nodes = tuple(await account.aio.list_nodes(pool.id))
        logins = {node.id: known[node.id] for node in nodes if node.id in known and known[node.id].reachable}
        view = NodesView(pool_ids, pool, nodes, logins, asked_id=pool_id)
        missing = [node.id for node in nodes if node.usable and node.id not in logins]
        if missing and view.reachable:
            found = await account.aio.list_remote_login_settings(pool.id, missing)
            logins.update({settings.node_id: settings for settings in found})
    except NotFoundError as error:
        if error.code != "PoolNotFound":
            raise
        return NodesView(tuple(one for one in pool_ids if one != pool.id), asked_id=pool_id)  # gone since it was listed
    return view


class NodeWatch:
    """Reads every few seconds while the panel is in sight, more slowly when nothing changes, and not at all otherwise.

    Parameters
    ----------
    account : BatchAccount
        The account.
    read : callable
        Coroutine function that reads and gives a NodesView.
    in_sight : callable
        Tells whether somebody looks.
    show : callable
        Called with each NodesView, on the notifier thread.
    fail : callable
        Called with each error, on the notifier thread.
    """

    def __init__(
        self,
        account: BatchAccount,
        read: Callable[[], Any],
        *,
        in_sight: Callable[[], bool],
        show: Callable[[NodesView], object],
        fail: Callable[[BaseException], object],
    ) -> None:
        self._account = account
        self._read = read
        self._in_sight = in_sight
        self._show = show
        self._fail = fail
        self._wake: asyncio.Event | None = None
        self._operation: Operation[None] = account.runner.submit("Watch the nodes", self._run)

    def wake(self) -> None:
        """Look now whether somebody looks; from any thread."""
        self._account.runner.call_soon(self._set)

    def _set(self) -> None:
        if self._wake is not None:
            self._wake.set()

    def stop(self) -> None:
        """Read no more."""
        self._operation.cancel()

    async def _run(self, _operation: Operation[None]) -> None:
        self._wake = asyncio.Event()
        while True:
            pause_s = await self._read_once() if self._in_sight() else _LOOK_S
            try:
                await asyncio.wait_for(self._wake.wait(), pause_s)
            except TimeoutError:
                continue
            self._wake.clear()

    async def _read_once(self) -> float:
        steady_s = _DEMO_S * 2 if self._account.is_demo else _STEADY_S
        try:
            view: NodesView = await self._read()
        except Exception as error:  # noqa: BLE001 (whatever it is, the user sees it, and the next reading may succeed)
            self._account.runner.notify(lambda error=error: self._fail(error))  # type: ignore[misc]
            return steady_s
        self._account.runner.notify(lambda: self._show(view))
        if view.changing:
            return _DEMO_S if self._account.is_demo else _CHANGING_S
        return steady_s


def no_way_in() -> tuple[str, str]:
    """Give heading and remedy for a pool without a port for SSH."""
    return NO_SSH_PORT, NO_SSH_PORT_REMEDY
