"""Where many nodes can be reached: asked for each node, handed out as the answers come."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batch_widgets.account import attempts
from batch_widgets.account.fan_out import bounded, wanted
from batch_widgets.errors import BatchWidgetsError
from batch_widgets.login import NO_SSH_PORT, NO_SSH_PORT_REMEDY, RemoteLoginSettings
from batch_widgets.runner import Merger

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from batch_widgets.service import BatchService


async def list_remote_login_settings(
    service: BatchService,
    pool_id: str,
    node_ids: Sequence[str] | None,
    on_some: Callable[[list[RemoteLoginSettings]], object] | None = None,
) -> list[RemoteLoginSettings]:
    """Get where the nodes can be reached; a node without a way in says why.

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
    """
    pool = await attempts.read(lambda: service.get_pool(pool_id))
    nodes = await attempts.read(lambda: service.list_nodes(pool_id)) if node_ids is None else ()
    asked = wanted(node_ids, nodes)
    found: dict[str, RemoteLoginSettings] = {}
    untold: list[RemoteLoginSettings] = []

    def tell() -> None:
        some = untold.copy()
        untold.clear()
        if on_some is not None:
            on_some(some)

    merger = Merger(tell)

    def take(settings: RemoteLoginSettings) -> None:
        found[settings.node_id] = settings
        untold.append(settings)
        merger.changed()

    line = attempts.Line()

    async def ask(node_id: str) -> None:
        attempt = attempts.Attempt(line)
        try:
            settings = await attempt.make(lambda: service.get_remote_login_settings(pool_id, node_id))
        except BatchWidgetsError as error:  # what Azure answers where there is no endpoint is not documented
            reason = attempt.surrender(error) if attempt.given_up else error.message
            settings = RemoteLoginSettings(node_id, reason=reason)
        take(settings)

    try:
        if pool.may_be_reached:
            await bounded(ask, asked)
        else:
            for node_id in asked:
                take(RemoteLoginSettings(node_id, reason=f"{NO_SSH_PORT} {NO_SSH_PORT_REMEDY}"))
        merger.flush()
    finally:
        merger.stop()
    return [found[node_id] for node_id in asked]
