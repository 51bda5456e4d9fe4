"""Calls on many nodes at once: users and remote login settings, with an answer for each node asked for."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from batch_widgets.errors import (
    AlreadyExistsError,
    BatchWidgetsError,
    NotFoundError,
    ServiceError,
    ThrottledError,
)
from batch_widgets.login import NO_SSH_PORT, NO_SSH_PORT_REMEDY, RemoteLoginSettings
from batch_widgets.nodes import Node, NodeOutcome, state_words
from batch_widgets.runner import Progress

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Sequence

    from batch_widgets.nodes import NodeUser
    from batch_widgets.service import BatchService

    Report = Callable[[Progress], None]

T = TypeVar("T")

_IN_FLIGHT = 64  # aiohttp's pool holds 100 connections; more in flight gains nothing
_TRIES = 5
_LONGEST_PAUSE_S = 30.0
_BREATH_S = 0.2
_GIVEN_UP = f"No clear answer in {_TRIES} tries. Retry later."


class _Attempt:
    """A change that is made again: after a pause that the service asks for, or where no clear answer came."""

    def __init__(self) -> None:
        self.lost = False

    async def make(self, change: Callable[[], Awaitable[None]]) -> bool:
        """Make the change; tell whether a clear answer came. Errors other than those two go to the caller."""
        for _ in range(_TRIES):
            try:
                await change()
            except ThrottledError as error:
                await asyncio.sleep(min(error.retry_after_s, _LONGEST_PAUSE_S))
            except BatchWidgetsError as error:
                if not error.maybe_done:
                    raise
                self.lost = True
                await asyncio.sleep(_BREATH_S)
            else:
                return True
        return False


async def add_user(
    service: BatchService, pool_id: str, user: NodeUser, node_ids: Sequence[str] | None, report: Report
) -> list[NodeOutcome]:
    """Add a user to nodes: to the ones named, or to all usable ones."""

    async def add(node_id: str) -> NodeOutcome:
        attempt = _Attempt()
        try:
            if await attempt.make(lambda: service.create_node_user(pool_id, node_id, user)):
                return NodeOutcome(node_id, "added")
        except AlreadyExistsError as error:
            message = (
                "The first try had no clear answer; the user is there now, by this call or from before."
                if attempt.lost
                else "There already, and left as it was. Delete it first to replace it."
            )
            return NodeOutcome(node_id, "exists", error.code, message)
        doubt = " The user may be there all the same." if attempt.lost else ""
        return NodeOutcome(node_id, "failed", "", _GIVEN_UP + doubt)

    nodes = await service.list_nodes(pool_id)
    return await _on_nodes(nodes, node_ids, add, report, "adding the user")


async def delete_user(
    service: BatchService, pool_id: str, name: str, node_ids: Sequence[str] | None, report: Report
) -> list[NodeOutcome]:
    """Delete a user from nodes: from the ones named, or from all usable ones."""

    async def delete(node_id: str) -> NodeOutcome:
        attempt = _Attempt()
        try:
            if await attempt.make(lambda: service.delete_node_user(pool_id, node_id, name)):
                return NodeOutcome(node_id, "deleted")
        except NotFoundError as error:
            if error.code != "NodeUserNotFound":
                raise
            if attempt.lost:
                return NodeOutcome(node_id, "deleted", "", "The first try had no clear answer; the user is gone now.")
            return NodeOutcome(node_id, "absent", error.code, "No such user here.")
        return NodeOutcome(node_id, "failed", "", _GIVEN_UP)

    nodes = await service.list_nodes(pool_id)
    return await _on_nodes(nodes, node_ids, delete, report, "deleting the user")


async def _on_nodes(
    nodes: Sequence[Node],
    node_ids: Sequence[str] | None,
    call: Callable[[str], Awaitable[NodeOutcome]],
    report: Report,
    message: str,
) -> list[NodeOutcome]:
    """Make a call on each node, report as they end, and account for every node asked for, in that order."""
    by_id = {node.id: node for node in nodes}
    wanted = _wanted(node_ids, nodes)
    counts: Counter[str] = Counter()

    async def one(node_id: str) -> NodeOutcome:
        node = by_id.get(node_id)
        if node is None:
            outcome = NodeOutcome(node_id, "failed", "NodeNotFound", "The pool has no node of that id.")
        elif not node.usable:
            outcome = NodeOutcome(node_id, "skipped", "", f"The node is {state_words(node.state)}.")
        else:
            try:
                outcome = await call(node_id)
            except BatchWidgetsError as error:
                outcome = NodeOutcome(node_id, "failed", error.code, _meaning(error))
            outcome = replace(outcome, allocation_time=node.allocation_time)
        counts[outcome.outcome] += 1
        report(Progress(sum(counts.values()), len(wanted), message, dict(counts)))
        return outcome

    return await gather_bounded(one, wanted)


def _wanted(node_ids: Sequence[str] | None, nodes: Sequence[Node]) -> list[str]:
    if node_ids is None:
        return [node.id for node in nodes]
    return [node_ids] if isinstance(node_ids, str) else list(dict.fromkeys(node_ids))


def _meaning(error: BatchWidgetsError) -> str:
    if isinstance(error, ServiceError) and (
        error.code.startswith(("NodeBeing", "NodeState", "Operation")) or error.code == "NodeNotReady"
    ):
        return f"Not possible in the node's present state. Retry when it is idle. {error.message}"
    return str(error)


async def list_remote_login_settings(
    service: BatchService, pool_id: str, node_ids: Sequence[str] | None
) -> list[RemoteLoginSettings]:
    """Get where the nodes can be reached; a node without a way in says why."""
    pool = await service.get_pool(pool_id)
    nodes = await service.list_nodes(pool_id)
    wanted = _wanted(node_ids, nodes)
    if not pool.may_be_reached:
        return [RemoteLoginSettings(node_id, reason=f"{NO_SSH_PORT} {NO_SSH_PORT_REMEDY}") for node_id in wanted]

    async def one(node_id: str) -> RemoteLoginSettings:
        for _ in range(_TRIES):
            try:
                return await service.get_remote_login_settings(pool_id, node_id)
            except ThrottledError as error:
                await asyncio.sleep(min(error.retry_after_s, _LONGEST_PAUSE_S))
            except BatchWidgetsError as error:  # what Azure answers where there is no endpoint is not documented
                return RemoteLoginSettings(node_id, reason=error.message)
        return RemoteLoginSettings(node_id, reason="The account asks for a pause. Retry later.")

    return await gather_bounded(one, wanted)


async def gather_bounded(call: Callable[[Any], Awaitable[T]], items: Iterable[Any]) -> list[T]:
    """Call for each item with a bounded number in flight; results in the order of the items."""
    slots = asyncio.Semaphore(_IN_FLIGHT)

    async def one(item: Any) -> T:
        async with slots:
            return await call(item)

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one(item)) for item in items]
    return [task.result() for task in tasks]
