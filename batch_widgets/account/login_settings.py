"""Where many nodes can be reached: asked for each node, handed out as the answers come."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batch_widgets.account import attempts
from batch_widgets.account.fan_out import bounded, wanted
from batch_widgets.errors import BatchWidgetsError
from batch_widgets.login import NO_SSH_PORT, NO_SSH_PORT_REMEDY, RemoteLoginSettings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from batch_widgets.service import BatchService


async def list_remote_login_settings(
    service: BatchService, pool_id: str, node_ids: Sequence[str] | None
) -> list[RemoteLoginSettings]:
    """Get where the nodes can be reached; a node without a way in says why."""
    pool = await attempts.read(lambda: service.get_pool(pool_id))
    nodes = await attempts.read(lambda: service.list_nodes(pool_id))
    asked = wanted(node_ids, nodes)
    if not pool.may_be_reached:
        return [RemoteLoginSettings(node_id, reason=f"{NO_SSH_PORT} {NO_SSH_PORT_REMEDY}") for node_id in asked]
    line = attempts.Line()
    found: dict[str, RemoteLoginSettings] = {}

    async def one(node_id: str) -> None:
        attempt = attempts.Attempt(line)
        try:
            settings = await attempt.make(lambda: service.get_remote_login_settings(pool_id, node_id))
        except BatchWidgetsError as error:  # what Azure answers where there is no endpoint is not documented
            reason = attempt.surrender(error) if attempt.given_up else error.message
            settings = RemoteLoginSettings(node_id, reason=reason)
        found[node_id] = settings

    await bounded(one, asked)
    return [found[node_id] for node_id in asked]
