"""What a node panel says of its pool as a whole: in its header, in place of rows, and when it is printed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batch_widgets.texts import one_line
from batch_widgets.widgets import markup

if TYPE_CHECKING:
    from batch_widgets.widgets.node_view import NodesView

_MOST_LINES = 20


def pool_facts(view: NodesView, *, stale: bool) -> tuple[str, ...]:
    """Give what stands in the header, as HTML; `stale` where the last reading failed."""
    pool = view.pool
    if pool is None:
        return ()
    state = "deleting" if pool.state == "deleting" else pool.allocation_state
    age = f"{view.read_at.astimezone():%H:%M:%S}"
    agent = pool.node_agent_sku_id.removeprefix("batch.node.")
    return (
        markup.pill(state, markup.allocation_hue(state)),
        markup.span(f"{pool.current_nodes} × {pool.vm_size}, {agent}"),
        markup.muted(f"rows from {age}" if stale else f"read at {age}"),
    )


def instead_of_rows(view: NodesView) -> str:
    """Give what stands where there are no nodes: why, and what to do."""
    pool = view.pool
    if pool is not None:
        waits = bool(pool.target_nodes)
        return "Nodes show here as soon as they are allocated." if waits else "This pool has no nodes. Resize it."
    if view.asked_id:
        return f"This account has no pool {view.asked_id}. It may have been deleted."
    return "Choose a pool above." if view.pool_ids else "This account has no pools."


def article_lines(view: NodesView) -> str:
    """Give a line for each node: id, state, address, port; ``None`` twice where there is no way in."""
    lines = []
    for node in view.nodes:
        settings = view.logins.get(node.id)
        address, port = (settings.endpoint() if settings else None) or (None, None)
        lines.append(one_line(f"{node.id} | {node.state} | {address} | {port}"))
    return "\n".join(lines)


def first_lines(text: str) -> str:
    """Give the first lines, whole; of very many not all are saved with the notebook."""
    lines = text.split("\n")
    left_out = len(lines) - _MOST_LINES
    return text if left_out <= 0 else "\n".join([*lines[:_MOST_LINES], f"… and {left_out} more"])
