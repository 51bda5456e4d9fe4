"""Where many nodes can be reached: read from their list where that is beyond doubt, else asked for each node."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batch_widgets.account import attempts
from batch_widgets.account.fan_out import bounded, wanted
from batch_widgets.errors import BatchWidgetsError
from batch_widgets.login import NO_SSH_PORT, NO_SSH_PORT_REMEDY, RDP_PORT, SSH_PORT, RemoteLoginSettings
from batch_widgets.runner import Merger

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from batch_widgets.login import NodeEndpoints
    from batch_widgets.pools import Pool
    from batch_widgets.service import BatchService

_FEW = 8  # that many are asked at once sooner than a list is read
_CALLS_A_PAGE = 10  # a page of the list has a thousand nodes, and comes after the one before; calls go side by side
_SAMPLES = 3


async def list_remote_login_settings(
    service: BatchService,
    pool_id: str,
    node_ids: Sequence[str] | None,
    on_some: Callable[[list[RemoteLoginSettings]], object] | None = None,
    *,
    ask_each: bool = False,
) -> list[RemoteLoginSettings]:
    """Get where the nodes can be reached; a node without a way in says why.

    The list of nodes tells the mapped ports of a thousand nodes in one answer. Three of the nodes are asked for their
    settings all the same: if one of them says anything else than the list, all are asked.

    Parameters
    ----------
    service : BatchService
        Who is asked.
    pool_id : str
        The pool.
    node_ids : sequence of str, optional
        The nodes, asked for in this order; default: all.
    on_some : callable, optional
        Called with the settings that have come since the last time, about ten times a second, on the loop thread.
    ask_each : bool
        Whether each node is asked, as who is about to log in wants it.
    """
    pool = await attempts.read(lambda: service.get_pool(pool_id))
    listed = await _list(service, pool, node_ids, ask_each=ask_each)
    asked = [one.node_id for one in listed] if node_ids is None else wanted(node_ids, ())
    found = _Found(on_some)
    line = attempts.Line()

    async def ask(node_id: str) -> None:
        attempt = attempts.Attempt(line)
        try:
            settings = await attempt.make(lambda: service.get_remote_login_settings(pool_id, node_id))
        except BatchWidgetsError as error:  # what Azure answers where there is no endpoint is not documented
            reason = attempt.surrender(error) if attempt.given_up else error.message
            settings = RemoteLoginSettings(node_id, reason=reason)
        found.take(settings)

    try:
        if pool.may_be_reached:
            told = {} if ask_each else _told(pool, listed, asked)
            samples = _samples(list(told))
            await bounded(ask, samples)
            if all(found.by_id[node_id] == told[node_id] for node_id in samples):
                found.take_others(told.values())
            await bounded(ask, [node_id for node_id in asked if node_id not in found.by_id])
        else:
            reason = f"{NO_SSH_PORT} {NO_SSH_PORT_REMEDY}"
            found.take_others(RemoteLoginSettings(node_id, reason=reason) for node_id in asked)
        found.merger.flush()
    finally:
        found.merger.stop()
    return [found.by_id[node_id] for node_id in asked]


class _Found:
    """The settings that have come, and who is told of them."""

    def __init__(self, on_some: Callable[[list[RemoteLoginSettings]], object] | None) -> None:
        self.by_id: dict[str, RemoteLoginSettings] = {}
        self.merger = Merger(self._tell)
        self._on_some = on_some
        self._untold: list[RemoteLoginSettings] = []

    def take(self, settings: RemoteLoginSettings) -> None:
        """Take in those of a node."""
        self.by_id[settings.node_id] = settings
        self._untold.append(settings)
        self.merger.changed()

    def take_others(self, settings: Iterable[RemoteLoginSettings]) -> None:
        """Take in those of nodes of which none have come."""
        for one in settings:
            if one.node_id not in self.by_id:
                self.take(one)

    def _tell(self) -> None:
        some = self._untold.copy()
        self._untold.clear()
        if self._on_some is not None:
            self._on_some(some)


async def _list(
    service: BatchService, pool: Pool, node_ids: Sequence[str] | None, *, ask_each: bool
) -> list[NodeEndpoints]:
    """List the nodes with their mapped ports; none where those that are named are asked more quickly."""
    if node_ids is None:
        return await attempts.read(lambda: service.list_node_endpoints(pool.id))
    pages = 1 + (pool.current_dedicated_nodes + pool.current_low_priority_nodes) // 1_000
    named = len(wanted(node_ids, ()))
    if ask_each or not pool.may_be_reached or named <= max(_FEW, _CALLS_A_PAGE * (pages - 1)):
        return []
    try:
        return await attempts.read(lambda: service.list_node_endpoints(pool.id))
    except BatchWidgetsError:  # each can be asked without it
        return []


def _told(pool: Pool, listed: Sequence[NodeEndpoints], asked: Sequence[str]) -> dict[str, RemoteLoginSettings]:
    """Give what the list tells beyond doubt, by node id, in the order asked for."""
    port = RDP_PORT if pool.os_type == "windows" else SSH_PORT
    by_id = {one.node_id: one for one in listed}
    settings = {node_id: by_id[node_id].settings(port) for node_id in asked if node_id in by_id}
    return {node_id: one for node_id, one in settings.items() if one is not None}


def _samples(node_ids: Sequence[str]) -> list[str]:
    """Give some nodes from all over a pool: each public address serves those that stand near each other."""
    if len(node_ids) <= _SAMPLES:
        return list(node_ids)
    last = len(node_ids) - 1
    return [node_ids[last * number // (_SAMPLES - 1)] for number in range(_SAMPLES)]
