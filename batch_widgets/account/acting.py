"""Doing something to many nodes: restarts, scheduling, removal, with an outcome for each node asked for."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from batch_widgets.account import attempts
from batch_widgets.account.fan_out import not_there, on_nodes, tally_outcomes
from batch_widgets.actions import MOST_REMOVED_AT_ONCE, NODE_ACTIONS
from batch_widgets.errors import BatchWidgetsError, ServiceError, ServiceUnreachableError
from batch_widgets.nodes import NodeOutcome

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    import pandas as pd

    from batch_widgets.account.fan_out import Tally
    from batch_widgets.actions import NodeAction, When
    from batch_widgets.nodes import Node, Outcome
    from batch_widgets.runner import Operation
    from batch_widgets.service import BatchService

_FOUND_DONE = "The first try had no clear answer; the service has taken it."
_DOUBT = "It may have been taken all the same: look at the node's state first."
_WAITING = "waiting until the pool's size is steady"


async def act(
    operation: Operation[pd.DataFrame],
    service: BatchService,
    pool_id: str,
    action: NodeAction,
    node_ids: Sequence[str],
    when: When,
) -> pd.DataFrame:
    """Do something to the nodes named; one whose state does not allow it is left alone."""
    calls: dict[str, Callable[[str], Awaitable[None]]] = {
        "reboot": lambda node_id: service.reboot_node(pool_id, node_id, when),
        "reimage": lambda node_id: service.reimage_node(pool_id, node_id, when),
        "deallocate": lambda node_id: service.deallocate_node(pool_id, node_id, when),
        "start": lambda node_id: service.start_node(pool_id, node_id),
        "disable_scheduling": lambda node_id: service.disable_node_scheduling(pool_id, node_id, when),
        "enable_scheduling": lambda node_id: service.enable_node_scheduling(pool_id, node_id),
    }
    send = calls[action.name]
    line = attempts.Line()

    async def one(node: Node) -> NodeOutcome:
        attempt = attempts.Attempt(line)

        async def was_done() -> bool:
            return attempt.lost and action.was_done(node, await service.get_node(pool_id, node.id))

        async def look_and_send() -> str:
            if await was_done():  # nothing is sent again before a look: a second restart would stop tasks anew
                return _FOUND_DONE
            await send(node.id)
            return ""

        try:
            return NodeOutcome(node.id, "done", "", await attempt.make(look_and_send))
        except BatchWidgetsError as error:
            if attempt.given_up or not attempts.not_now(error):
                return NodeOutcome(node.id, "failed", error.code, attempt.say(error, _DOUBT))
            message = f"Not possible in the node's present state. {error.message}"
            try:
                if await was_done():
                    return NodeOutcome(node.id, "done", "", _FOUND_DONE)
            except BatchWidgetsError:  # nobody can tell now
                message += f" {_DOUBT}"
            return NodeOutcome(node.id, "failed", error.code, message)

    nodes = await attempts.read(lambda: service.list_nodes(pool_id))
    return await on_nodes(operation, nodes, node_ids, one, message=action.doing, refuse=action.why_not)


async def remove(
    operation: Operation[pd.DataFrame],
    service: BatchService,
    pool_id: str,
    node_ids: Sequence[str],
    when: When,
    poll_interval_s: float,
) -> pd.DataFrame:
    """Remove the nodes named from their pool, 100 at a time: between two calls the pool has to become steady."""
    nodes = {node.id: node for node in await attempts.read(lambda: service.list_nodes(pool_id))}
    removal = _Removal(operation, service, pool_id, node_ids, when, poll_interval_s, nodes)
    return await removal.run()


class _Removal:
    """A removal of nodes from a pool."""

    def __init__(
        self,
        operation: Operation[pd.DataFrame],
        service: BatchService,
        pool_id: str,
        node_ids: Sequence[str],
        when: When,
        poll_interval_s: float,
        nodes: Mapping[str, Node],
    ) -> None:
        self._service = service
        self._pool_id = pool_id
        self._when: When = when
        self._poll_interval_s = poll_interval_s
        self._action = NODE_ACTIONS["remove"]
        self._nodes = nodes
        self._tally: Tally[NodeOutcome] = tally_outcomes(operation, node_ids, self._action.doing)
        self._left: list[str] = []

    def _settle(self, node_id: str, outcome: Outcome, code: str = "", message: str = "") -> None:
        allocated = self._nodes[node_id].allocation_time
        self._tally.settle(node_id, NodeOutcome(node_id, outcome, code, message, allocated))

    async def run(self) -> pd.DataFrame:
        """Remove them, and give the table of outcomes."""
        rest = []
        for node_id in self._tally.node_ids:
            if node_id not in self._nodes:
                self._tally.settle(node_id, not_there(node_id))
            elif reason := self._action.why_not(self._nodes[node_id]):
                self._settle(node_id, "skipped", "", reason)
            else:
                rest.append(node_id)
        while rest:
            self._left, rest = rest[:MOST_REMOVED_AT_ONCE], rest[MOST_REMOVED_AT_ONCE:]
            attempt = attempts.Attempt(attempts.Line())
            try:
                await self._remove(attempt)
            except BatchWidgetsError as error:
                for node_id in self._left:
                    self._settle(node_id, "failed", error.code, attempt.say(error, _DOUBT))
        frame: pd.DataFrame = self._tally.end()
        return frame

    async def _remove(self, attempt: attempts.Attempt) -> None:
        """Remove those left by one call, or by as many as it takes until the answer is clear."""

        async def look_and_send() -> None:
            if attempt.lost:
                await self._drop_gone("done", "", _FOUND_DONE)
            if self._left:
                await self._service.remove_nodes(self._pool_id, self._left, self._when)

        for node_id in self._left:
            self._tally.begin(node_id)
        while self._left:
            try:
                await attempt.make(look_and_send)
            except BatchWidgetsError as error:
                if error.code == "PoolBeingResized":
                    await self._until_steady()
                    continue
                if error.code == "NodeNotFound" and await self._drop_gone(
                    "skipped", error.code, "The node has left the pool already."
                ):
                    continue
                raise
            for node_id in self._left:
                self._settle(node_id, "done")
            return

    async def _drop_gone(self, outcome: Outcome, code: str, message: str) -> bool:
        """Take nodes that have left, or are leaving, out of those left to remove; tell whether there were any."""
        nodes = await self._service.list_nodes(self._pool_id)
        staying = {node.id for node in nodes if node.state != "leavingpool"}
        gone = [node_id for node_id in self._left if node_id not in staying]
        self._left = [node_id for node_id in self._left if node_id in staying]
        for node_id in gone:
            self._settle(node_id, outcome, code, message)
        return bool(gone)

    async def _until_steady(self) -> None:
        """Wait until the pool is resized no more: only then it takes nodes out."""
        self._tally.say(_WAITING)
        patience = attempts.Patience()
        while True:
            await asyncio.sleep(self._poll_interval_s)
            try:
                pool = await self._service.get_pool(self._pool_id)
            except (ServiceUnreachableError, ServiceError) as error:
                await patience.wait(error, self._poll_interval_s)
                continue
            patience = attempts.Patience()
            if pool.allocation_state == "steady" or pool.state == "deleting":
                self._tally.say(self._action.doing)
                return
