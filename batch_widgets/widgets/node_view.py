"""What is read of a pool at one time, and the reading: nodes first, then where they can be reached."""

from __future__ import annotations

import functools
import threading
import time
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from batch_widgets.errors import NotFoundError
from batch_widgets.nodes import ON_THE_WAY_STATES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from batch_widgets.account import BatchAccount
    from batch_widgets.account.ledger import GivenUser
    from batch_widgets.login import RemoteLoginSettings
    from batch_widgets.nodes import Node
    from batch_widgets.pools import Pool

_NO_WAY_IN_HOLDS_S = 60.0
_PART_S = 1.0
_WITHOUT_MACHINE = frozenset({"creating", "preempted", "deallocating", "deallocated", "leavingpool"})


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
    reading_logins : bool
        True while more of `logins` are on their way.
    """

    pool_ids: tuple[str, ...] = ()
    pool: Pool | None = None
    nodes: tuple[Node, ...] = ()
    logins: Mapping[str, RemoteLoginSettings] = field(default_factory=dict)
    read_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    asked_id: str = ""
    reading_logins: bool = False

    @functools.cached_property
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

    def is_overtaken_by(self, other: NodesView) -> bool:
        """Tell whether another view is of a later reading, or is the whole of which this one is a part."""
        return (self.read_at, not self.reading_logins) < (other.read_at, not other.reading_logins)


class LoginMemory:
    """The login settings that were read of a pool's nodes, for as long as they hold. For any thread.

    An address holds until its node is allocated or booted anew, or its machine is given back. That a node has no way in
    holds for a minute.

    Parameters
    ----------
    pool_id : str
        The pool.
    """

    def __init__(self, pool_id: str) -> None:
        self.pool_id = pool_id
        self._known: dict[str, tuple[RemoteLoginSettings, tuple[object, ...], float]] = {}
        self._lock = threading.Lock()  # parts of a reading come on the notifier thread, the whole on the loop's

    def known(self, nodes: Iterable[Node]) -> dict[str, RemoteLoginSettings]:
        """Give what still holds, by node id; of nodes that the pool no longer has nothing is kept."""
        oldest = time.monotonic() - _NO_WAY_IN_HOLDS_S
        kept = {}
        with self._lock:
            for node in nodes:
                known = self._known.get(node.id)
                if known is None or node.state in _WITHOUT_MACHINE:
                    continue
                settings, life, asked = known
                if life == _life(node) and (settings.reachable or asked > oldest):
                    kept[node.id] = known
            self._known = kept
            return {node_id: settings for node_id, (settings, *_) in kept.items()}

    def keep(self, nodes: Mapping[str, Node], found: Iterable[RemoteLoginSettings]) -> None:
        """Remember what was read of nodes, as they were then."""
        now = time.monotonic()
        with self._lock:
            for settings in found:
                if settings.node_id in nodes:
                    self._known[settings.node_id] = (settings, _life(nodes[settings.node_id]), now)


def _life(node: Node) -> tuple[object, ...]:
    return (node.allocation_time, node.last_boot_time)


async def read_nodes(
    account: BatchAccount,
    pool_id: str,
    memory: LoginMemory,
    show: Callable[[NodesView], object],
    *,
    anew: bool = False,
) -> NodesView:
    """Read a pool, its nodes, and where those can be reached of which that is not known.

    Parameters
    ----------
    account : BatchAccount
        The account.
    pool_id : str
        The pool; empty for none.
    memory : LoginMemory
        Login settings that need not be asked for again; takes in those that are read.
    show : callable
        Called with each view that has more than the one before, the last of them excepted: the nodes are there long
        before the last of a thousand addresses. On the notifier thread, but for the first, which is on the loop's.
    anew : bool
        Whether settings that are known are asked for again too.
    """
    pools = await account.aio.list_pools()
    pool_ids = tuple(pool.id for pool in pools)
    pool = next((pool for pool in pools if pool.id.casefold() == pool_id.casefold()), None)
    if pool is None:
        return NodesView(pool_ids, asked_id=pool_id)
    try:
        nodes = tuple(await account.aio.list_nodes(pool.id))
        view = NodesView(pool_ids, pool, nodes, memory.known(nodes), asked_id=pool_id)
        missing = [node.id for node in nodes if node.usable and (anew or node.id not in view.logins)]
        if missing and view.reachable:
            view = await _read_logins(account, view, missing, memory, show)
    except NotFoundError as error:
        if error.code != "PoolNotFound":
            raise
        return NodesView(tuple(one for one in pool_ids if one != pool.id), asked_id=pool_id)  # gone since it was listed
    return view


async def _read_logins(
    account: BatchAccount,
    view: NodesView,
    missing: Sequence[str],
    memory: LoginMemory,
    show: Callable[[NodesView], object],
) -> NodesView:
    assert view.pool is not None
    by_id = {node.id: node for node in view.nodes}

    shown = 0.0

    def take(some: Sequence[RemoteLoginSettings]) -> None:
        nonlocal shown
        memory.keep(by_id, some)
        if time.monotonic() - shown > _PART_S:  # drawing thousands of nodes anew takes a while
            shown = time.monotonic()
            show(replace(view, logins=memory.known(view.nodes), reading_logins=True))

    take(())
    memory.keep(by_id, await account.aio.list_remote_login_settings(view.pool.id, missing, on_some=take))
    return replace(view, logins=memory.known(view.nodes))


def login_commands(
    account: BatchAccount, view: NodesView, given: Mapping[str, tuple[GivenUser, ...]]
) -> dict[str, str]:
    """Give the ``ssh`` command of each node that was given a user and can be reached: that of the newest user.

    Windows nodes have no SSH.
    """
    if view.pool is None or view.os_type == "windows":
        return {}
    newest = {node_id: users[-1] for node_id, users in given.items()}
    commands: dict[str, str] = {}
    for name, identity_file in {(user.name, user.identity_file) for user in newest.values()}:
        settings = [
            login
            for node_id, login in view.logins.items()
            if login.reachable
            and node_id in newest
            and (newest[node_id].name, newest[node_id].identity_file) == (name, identity_file)
        ]
        if settings:
            commands |= account.ssh_commands(name, settings, identity_file=identity_file)
    return commands
