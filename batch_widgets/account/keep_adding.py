"""A user added to nodes as they become usable, until all have it or never will."""

from __future__ import annotations

import asyncio
import functools
from collections import Counter
from typing import TYPE_CHECKING

from batch_widgets.account.attempts import Patience, said_again
from batch_widgets.account.fan_out import UNDER_WAY, Tally, bounded, not_there, not_usable, settled
from batch_widgets.account.users import ADDING, Adding
from batch_widgets.errors import BatchWidgetsError, NotFoundError, ServiceError, ServiceUnreachableError
from batch_widgets.nodes import EMPTY_STATES, ON_THE_WAY_STATES, NodeOutcome, outcomes_frame

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from batch_widgets.nodes import Node
    from batch_widgets.pools import Pool
    from batch_widgets.runner import Operation
    from batch_widgets.service import BatchService

_WAITED_FOR = ON_THE_WAY_STATES | {"unknown"}  # a node that Batch lost touch with comes back, or becomes unusable
_HAVE_IT = frozenset({"added", "updated", "exists"})
_BROKEN_OFF = "Some nodes may have the user: the operation's partial tells of each."
_ROUNDS = 5  # in which a node looks usable and its call fails all the same


class KeepAdding:
    """Adds a user to the usable nodes of a pool, waits, looks again, and so on.

    It ends once every node has the user or will not become usable by itself. Of a node that loses what it has, because
    it is reimaged or allocated again, it starts anew.

    Parameters
    ----------
    operation : Operation
        Is told the progress, and gets the rows so far as its ``partial``.
    service : BatchService
        Who is asked.
    pool_id : str
        The pool.
    adding : Adding
        How the user is added to a node.
    node_ids : sequence of str, optional
        The nodes; default: all that the pool has or gets.
    poll_interval_s : float
        How long it waits between two looks, in seconds.
    """

    def __init__(
        self,
        operation: Operation[pd.DataFrame],
        service: BatchService,
        pool_id: str,
        adding: Adding,
        node_ids: Sequence[str] | None,
        poll_interval_s: float,
    ) -> None:
        self._operation = operation
        self._service = service
        self._pool_id = pool_id
        self._adding = adding
        self._named = node_ids
        self._poll_interval_s = poll_interval_s
        self._tally: Tally[NodeOutcome] | None = None
        self._nodes: dict[str, Node] = {}  # as they were listed last, those that left included
        self._present: set[str] = set()
        self._done_on: dict[str, Node] = {}  # as they were when the user was added to them
        self._new: set[str] = set()  # cannot have had the user before
        self._rounds: Counter[str] = Counter()

    async def run(self) -> pd.DataFrame:
        """Go on until it ends, and give the table of outcomes."""
        patience = Patience()
        while True:
            try:
                pool = await self._service.get_pool(self._pool_id)
                nodes = await self._service.list_nodes(self._pool_id)
            except NotFoundError:
                if self._tally is None:
                    raise
                return self._end(self._tally, "The pool was deleted meanwhile.")
            except (ServiceUnreachableError, ServiceError) as error:
                if self._tally is not None:
                    self._tally.say("no answer; trying again", total=self._tally.total)
                try:
                    await patience.wait(error, self._poll_interval_s)
                except BatchWidgetsError:
                    raise self._broken_off(error) from None
                continue
            except BatchWidgetsError as error:  # the credentials are refused, which won't pass
                raise self._broken_off(error) from None
            patience = Patience()
            tally = self._take_in(nodes)
            if pool.state == "deleting":
                return self._end(tally, "The pool is being deleted.")
            await self._add(tally)
            waiting = self._waiting(tally, pool)
            if waiting is None:
                return self._end(tally)
            total = len(tally.node_ids) if self._named is not None else max(len(tally.node_ids), pool.target_nodes)
            tally.say(waiting, total=total)
            await asyncio.sleep(self._poll_interval_s)

    def _broken_off(self, error: BatchWidgetsError) -> BatchWidgetsError:
        """Say with an error that some nodes may have the user by now."""
        if self._tally is None:
            return error
        return said_again(error, _BROKEN_OFF, error.hint, maybe_done=True)

    def _take_in(self, nodes: Sequence[Node]) -> Tally[NodeOutcome]:
        tally = self._tally
        if tally is None:
            tally = self._tally = Tally(
                self._operation,
                [node.id for node in nodes] if self._named is None else _listed(self._named),
                ADDING,
                open_row=functools.partial(_open_row, self._nodes),  # which does not keep hold of the password
                word=lambda outcome: outcome.outcome,
                frame=outcomes_frame,
            )
        else:
            unknown = [node.id for node in nodes if node.id not in self._nodes]
            self._new.update(unknown)
            if self._named is None:
                tally.node_ids.extend(unknown)
        for node in nodes:
            before = self._nodes.get(node.id)
            if node.state in EMPTY_STATES or (before is not None and _moved(before, node)):
                self._new.add(node.id)
                self._rounds.pop(node.id, None)
                self._done_on.pop(node.id, None)
                tally.reopen(node.id)
            self._nodes[node.id] = node
        self._present = {node.id for node in nodes}
        return tally

    async def _add(self, tally: Tally[NodeOutcome]) -> None:
        due = [node_id for node_id in tally.node_ids if self._is_due(tally, node_id)]
        if due:
            tally.say(ADDING, total=tally.total)

        async def one(node_id: str) -> None:
            node = self._nodes[node_id]
            tally.begin(node_id)
            outcome = await settled(lambda node: self._adding.to(node, new=node.id in self._new), node)
            before = tally.row(node_id)
            if before is not None and outcome.outcome in {"exists", "updated"}:
                outcome = before  # it only rebooted: what was told of it holds
            self._rounds[node_id] += 1
            if outcome.may_pass and self._rounds[node_id] < _ROUNDS:
                tally.reopen(node_id)
                return
            if outcome.outcome in _HAVE_IT:
                self._done_on[node_id] = node
                self._new.discard(node_id)
                del self._rounds[node_id]
            tally.settle(node_id, outcome)

        await bounded(one, due)

    def _is_due(self, tally: Tally[NodeOutcome], node_id: str) -> bool:
        node = self._nodes.get(node_id)
        if node is None or node_id not in self._present or not node.usable:
            return False
        done_on = self._done_on.get(node_id)
        return tally.row(node_id) is None or (done_on is not None and done_on.last_boot_time != node.last_boot_time)

    def _waiting(self, tally: Tally[NodeOutcome], pool: Pool) -> str | None:
        """Say what is waited for; None where nothing is."""
        open_ids = [node_id for node_id in tally.node_ids if node_id in self._present and tally.row(node_id) is None]
        count = sum(self._nodes[node_id].state in _WAITED_FOR or self._nodes[node_id].usable for node_id in open_ids)
        if self._named is None:
            missing = max(0, pool.target_nodes - len(self._present))
            if pool.allocation_state != "steady":
                if not count + missing:
                    return "waiting for the pool to reach its size"
                count += missing
            elif not pool.resize_errors:
                count += missing
        if not count:
            return None
        return f"waiting for {count} node{'' if count == 1 else 's'}"

    def _end(self, tally: Tally[NodeOutcome], reason: str = "") -> pd.DataFrame:
        for node_id in tally.node_ids:
            if tally.row(node_id) is None:
                tally.settle(node_id, self._skipped(node_id, reason))
        tally.say("", total=len(tally.node_ids))
        frame: pd.DataFrame = tally.end()
        return frame

    def _skipped(self, node_id: str, reason: str) -> NodeOutcome:
        node = self._nodes.get(node_id)
        if node is None:
            return not_there(node_id)
        why = reason or ("The node left the pool." if node_id not in self._present else not_usable(node))
        return NodeOutcome(node_id, "skipped", "", why, node.allocation_time)


def _open_row(nodes: Mapping[str, Node], node_id: str, sent: bool) -> NodeOutcome:
    node = nodes.get(node_id)
    why = UNDER_WAY if sent else "" if node is None else not_usable(node)
    return NodeOutcome(node_id, "not reached", "", why)


def _listed(node_ids: Sequence[str] | str) -> list[str]:
    return [node_ids] if isinstance(node_ids, str) else list(node_ids)


def _moved(before: Node, now: Node) -> bool:
    """Tell whether a node has another machine than before."""
    return None not in {before.allocation_time, now.allocation_time} and before.allocation_time != now.allocation_time
