"""A call on many nodes at once: bounded, told of as it goes on, with a row for every node asked for."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from batch_widgets.account.attempts import IN_FLIGHT, may_pass, meaning
from batch_widgets.errors import BatchWidgetsError
from batch_widgets.nodes import Node, NodeOutcome, outcomes_frame, state_words
from batch_widgets.runner import Merger, Progress

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Sequence

    import pandas as pd

    from batch_widgets.runner import Operation

T = TypeVar("T")
Row = TypeVar("Row")

UNDER_WAY = "The call was under way: it may have been carried out."


class Tally(Generic[Row]):
    """The rows of a call on many nodes, as far as they are known.

    Made on the loop thread; :attr:`Operation.partial` of the operation is this table from then on.

    Parameters
    ----------
    operation : Operation
        Is told the progress, about ten times a second.
    node_ids : iterable of str
        The nodes asked for; the table has them in this order.
    message : str
        What goes on, in a few words.
    open_row : callable
        Gives the row of a node that has none yet, from its id and whether a call to it is under way.
    word : callable
        Gives the word of a row by which they are counted.
    frame : callable
        Makes the table of rows.
    """

    def __init__(
        self,
        operation: Operation[Any],
        node_ids: Iterable[str],
        message: str,
        *,
        open_row: Callable[[str, bool], Row],
        word: Callable[[Row], str],
        frame: Callable[[list[Row]], Any],
    ) -> None:
        self.node_ids = list(dict.fromkeys(node_ids))
        self.message = message
        self.total: int | None = None
        """int or None: how many rows there will be, where that is not the number of nodes."""
        self._operation = operation
        self._rows: dict[str, Row] = {}
        self._under_way: set[str] = set()
        self._counts: Counter[str] = Counter()
        self._open_row, self._word, self._frame = open_row, word, frame
        self._merger = Merger(self._tell)
        operation.report_partial(self.frame)
        self._merger.changed()

    def begin(self, node_id: str) -> None:
        """Note that a call to a node is sent."""
        self._under_way.add(node_id)

    def settle(self, node_id: str, row: Row) -> None:
        """Note what came of a node; in place of what came of it before."""
        self.reopen(node_id)
        self._rows[node_id] = row
        self._counts[self._word(row)] += 1
        self._merger.changed()

    def reopen(self, node_id: str) -> Row | None:
        """Take back what came of a node, and give it."""
        self._under_way.discard(node_id)
        row = self._rows.pop(node_id, None)
        if row is not None:
            self._counts[self._word(row)] -= 1
        return row

    def say(self, message: str, *, total: int | None = None) -> None:
        """Say what goes on now."""
        if (message, total) != (self.message, self.total):
            self.message, self.total = message, total
            self._merger.changed()

    def row(self, node_id: str) -> Row | None:
        """Give what came of a node; None where nothing came yet."""
        return self._rows.get(node_id)

    def frame(self) -> Any:
        """Give the table as it is now; from any thread."""
        rows: list[Row] = []
        for node_id in tuple(self.node_ids):
            row = self._rows.get(node_id)
            rows.append(self._open_row(node_id, node_id in self._under_way) if row is None else row)
        return self._frame(rows)

    def end(self) -> Any:
        """Tell the last progress, and give the table."""
        self._merger.flush()
        return self.frame()

    def _tell(self) -> None:
        counts = {word: count for word, count in self._counts.items() if count}
        total = len(self.node_ids) if self.total is None else self.total
        self._operation.report(Progress(sum(counts.values()), total, self.message, counts))


def tally_outcomes(operation: Operation[Any], node_ids: Iterable[str], message: str) -> Tally[NodeOutcome]:
    """Give the tally of a call whose rows are :class:`NodeOutcome` and nothing else."""
    return Tally(
        operation,
        node_ids,
        message,
        open_row=lambda node_id, sent: NodeOutcome(node_id, "not reached", "", UNDER_WAY if sent else ""),
        word=lambda outcome: outcome.outcome,
        frame=outcomes_frame,
    )


def not_usable(node: Node) -> str:
    """Say why a node takes no users; empty where it does."""
    return "" if node.usable else f"The node is {state_words(node.state)}. {node.trouble}".strip()


async def on_nodes(
    operation: Operation[pd.DataFrame],
    nodes: Sequence[Node],
    node_ids: Sequence[str] | str | None,
    call: Callable[[Node], Awaitable[NodeOutcome]],
    *,
    message: str,
    refuse: Callable[[Node], str] = not_usable,
) -> pd.DataFrame:
    """Make a call on each node, ``attempts.IN_FLIGHT`` at a time, and account for every node asked for.

    Parameters
    ----------
    operation : Operation
        Is told the progress, and gets the rows so far as its ``partial``.
    nodes : sequence of Node
        The nodes of the pool.
    node_ids : sequence of str, optional
        Those asked for; default: all.
    call : coroutine function
        Makes the call; its own errors become ``"failed"``.
    message : str
        What goes on, in a few words.
    refuse : callable
        Says why a node is skipped; empty where it is not.
    """
    by_id = {node.id: node for node in nodes}
    tally = tally_outcomes(operation, wanted(node_ids, nodes), message)

    async def one(node_id: str) -> None:
        node = by_id.get(node_id)
        if node is None:
            outcome = not_there(node_id)
        elif reason := refuse(node):
            outcome = NodeOutcome(node_id, "skipped", "", reason)
        else:
            tally.begin(node_id)
            outcome = await settled(call, node)
        tally.settle(node_id, outcome)

    await bounded(one, tally.node_ids)
    frame: pd.DataFrame = tally.end()
    return frame


async def settled(call: Callable[[Node], Awaitable[NodeOutcome]], node: Node) -> NodeOutcome:
    """Make a call on one node; an error of it is an outcome too."""
    try:
        outcome = await call(node)
    except BatchWidgetsError as error:
        outcome = NodeOutcome(node.id, "failed", error.code, meaning(error), may_pass=may_pass(error))
    return replace(outcome, allocation_time=node.allocation_time)


def wanted(node_ids: Sequence[str] | str | None, nodes: Sequence[Node]) -> list[str]:
    """Give the nodes asked for, each once; those of the pool where none are named."""
    if node_ids is None:
        return [node.id for node in nodes]
    return [node_ids] if isinstance(node_ids, str) else list(dict.fromkeys(node_ids))


def not_there(node_id: str) -> NodeOutcome:
    """Give the outcome of a node that the pool does not have."""
    return NodeOutcome(node_id, "failed", "NodeNotFound", "The pool has no node of that id.")


async def bounded(call: Callable[[T], Awaitable[object]], items: Iterable[T], *, in_flight: int = IN_FLIGHT) -> None:
    """Call for each item, in order, with a bounded number in flight; the first error ends it and is raised as it is."""
    queue = iter(items)

    async def work() -> None:
        for item in queue:
            await call(item)

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(in_flight):
                group.create_task(work())
    except ExceptionGroup as errors:  # the first says what ended the others
        raise errors.exceptions[0] from None
