"""LiveNodes: the part of a node panel that reads and shows: a pool's nodes while somebody looks."""

from __future__ import annotations

import contextlib
import threading
import time
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import ipywidgets
from traitlets import Bool, Tuple, Unicode

from batch_widgets.errors import ValidationError
from batch_widgets.login import no_endpoint
from batch_widgets.nodes import EMPTY_STATES, nodes_frame, state_counts
from batch_widgets.problems import Problem
from batch_widgets.texts import one_line
from batch_widgets.widgets import lean, markup
from batch_widgets.widgets.controls import button, html, styled
from batch_widgets.widgets.grid import Grid
from batch_widgets.widgets.heat_map import HeatMap
from batch_widgets.widgets.message import Message
from batch_widgets.widgets.node_rows import NODE_COLUMNS, node_row, node_square
from batch_widgets.widgets.node_view import LoginMemory, NodesView, login_commands, read_nodes
from batch_widgets.widgets.node_watch import NodeWatch
from batch_widgets.widgets.panel import Panel
from batch_widgets.widgets.pool_picker import PoolPicker
from batch_widgets.widgets.pool_words import article_lines, first_lines, instead_of_rows, pool_facts

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pandas as pd

    from batch_widgets.account import BatchAccount
    from batch_widgets.account.ledger import GivenUser
    from batch_widgets.nodes import Node
    from batch_widgets.runner import Operation

_FIRST_LOAD_S = 30.0
_SEEN_S = 60.0


class LiveNodes(Panel):
    """Reads the nodes of a pool while it is on screen, and shows them as a grid and as a heat map.

    Parameters
    ----------
    account : BatchAccount
        The account.
    """

    pool_id = Unicode("")
    """str: the pool; empty for none."""

    selected = Tuple()
    """tuple of str: the ids of the selected nodes."""

    live = Bool(default_value=True)
    """bool: whether nodes are read again and again while somebody looks; otherwise only by :meth:`refresh`."""

    _watch: NodeWatch | None = None  # close() comes before it is made where an argument is refused

    def __init__(self, account: BatchAccount) -> None:
        self._view = NodesView()
        self._memory = LoginMemory("")
        self._has_read = False  # of the chosen pool
        self._has_all = False  # the login settings too
        self._stale = False
        self._view_lock = threading.Lock()  # a view is taken in on the notifier, and a pool chosen on any thread
        self._draw_lock = threading.RLock()
        self._rows: dict[str, tuple[object, Mapping[str, Any]]] = {}
        self._read_callbacks: list[Callable[[], object]] = []
        super().__init__(account, "Nodes")
        self.grid = Grid(NODE_COLUMNS, row_label="node", selection="multiple", height=290)
        self.heat_map = HeatMap()
        self.picker = PoolPicker(self._on_picked)
        self._live = styled(lean.ToggleButtons(options=[("Live", True), ("Paused", False)]), "bw-seg")
        self._refresh = button("", "bw-icon", title="Refresh", icon="refresh")
        self._states = html("", "bw-states")
        self._access = Message()

    def _begin(self, pool_id: str) -> None:
        """Link the parts and begin to read."""
        self.pool_id = pool_id
        self.observe(lambda _: self._on_pool_changed(), "pool_id")
        ipywidgets.link((self, "selected"), (self.grid, "selected"))
        ipywidgets.link((self, "selected"), (self.heat_map, "selected"))
        ipywidgets.link((self, "live"), (self._live, "value"))
        self.observe(lambda _: self._on_selected(), "selected")
        self.observe(lambda _: self._on_displayed(displayed=True), "live")
        self.on_click(self._refresh, self.refresh)
        self._load = self.refresh()
        self._watch = NodeWatch(
            self.account, self._read_again, in_sight=self._in_sight, show=self._show_view, fail=self._on_stale
        )
        self.frame_piece.on_displayed(self._on_displayed)

    # reading

    def refresh(self) -> Operation[NodesView]:
        """Read pool and nodes now, login settings too.

        Returns
        -------
        Operation
            Done once they are read.
        """
        operation = self.account.runner.submit("Read the nodes", lambda _: self._read(anew=True))
        self._load = operation
        if self._view.pool is None:
            self.grid.empty_text = f"Reading pool {self.pool_id}." if self.pool_id else "Reading the account's pools."
        return self.follow(operation, self._show_view, failed=self._on_stale, cancelled=self._on_load_stopped)

    async def _read(self, *, anew: bool = False) -> NodesView:
        def show_part(view: NodesView) -> None:
            self.account.runner.notify(lambda: self._show_view(view))

        pool_id = self.pool_id
        if self._memory.pool_id != pool_id:
            self._memory = LoginMemory(pool_id)  # ids of nodes come again in other pools
        return await read_nodes(self.account, pool_id, self._memory, show_part, anew=anew)

    async def _read_again(self) -> NodesView:
        pool_id = self.pool_id
        try:
            return await self._read()
        except Exception:
            if self.pool_id == pool_id:
                raise
            return NodesView(asked_id=pool_id)  # of a pool chosen before: nothing of it shows, no error either

    def _in_sight(self) -> bool:
        seen = self.frame_piece.last_seen
        looked_at = seen is not None and time.monotonic() - seen < _SEEN_S
        return self.live and looked_at and self._load.done()  # thousands of addresses are not asked for twice at once

    def _on_displayed(self, displayed: bool) -> None:
        watch = self._watch
        if displayed and watch is not None:
            self._load.add_done_callback(lambda _: watch.wake())

    def _on_load_stopped(self) -> None:
        if self._view.pool is None:
            self.grid.empty_text = "Reading was stopped."

    def _on_stale(self, error: BaseException) -> None:
        if self.is_closed:
            return
        self._stale = True  # the next reading takes the message away, and no other one
        self.show_error(error, retry=self.refresh)
        if self._view.pool is None:
            self.grid.empty_text = "The nodes could not be read."
        self._show_age(stale=True)

    def _is_current(self, view: NodesView) -> bool:
        return view.asked_id.casefold() == self.pool_id.casefold()

    def _show_view(self, view: NodesView) -> None:
        if self.is_closed or not self._take_in(view):
            return
        if view.pool is not None:  # whoever had nodes made anew: their allocation time stays, and their users are gone
            empty = [node.id for node in view.nodes if node.state in EMPTY_STATES]
            self.account.users_given.forget(view.pool.id, empty, before=view.read_at)
        if self._stale and not view.reading_logins:  # half a reading mends nothing
            self._stale = False
            self.message.clear()
        self._draw()
        for callback in self._read_callbacks:
            callback()

    def _take_in(self, view: NodesView) -> bool:
        """Keep what was read; False for what is of a pool chosen before, or was overtaken by a newer reading."""
        with self._view_lock:
            if not self._is_current(view) or (self._has_read and view.is_overtaken_by(self._view)):
                return False
            # What is the same stays the very object of before: rows know it at a glance.
            before = {node.id: node for node in self._view.nodes}
            nodes = (known if (known := before.get(node.id)) == node else node for node in view.nodes)
            pool = self._view.pool if view.pool == self._view.pool else view.pool
            view = replace(view, pool=pool, nodes=tuple(nodes))
            self._view, self._has_read = view, True
            self._has_all = self._has_all or not view.reading_logins
            return True

    @property
    def last_view(self) -> NodesView:
        """What was read last; never waits."""
        return self._view

    def on_read(self, callback: Callable[[], object]) -> None:
        """Call `callback` after each reading, on the notifier thread."""
        self._read_callbacks.append(callback)

    @property
    def view(self) -> NodesView:
        """What was read last; waits at most 30 seconds for the first reading of the pool, and raises its error."""
        load = self._load
        if not self._has_all:
            load.result(_FIRST_LOAD_S)
        if load.status == "done" and self._view.is_overtaken_by(load.result()):
            self._take_in(load.result())
        return self._view

    @property
    def frame(self) -> pd.DataFrame:
        """The nodes as a table; see :func:`batch_widgets.nodes.nodes_frame`.

        Waits at most 30 seconds for the first reading, never after: ``panel.refresh().result()`` reads anew.
        """
        view = self.view
        given = self.account.users_given.of_nodes(self.pool_id, view.nodes)
        return nodes_frame(view.nodes, dict(view.logins), login_commands(self.account, view, given))

    # choosing

    def _on_picked(self, pool_id: str) -> None:
        self.pool_id = pool_id

    def _on_pool_changed(self) -> None:
        with self._view_lock:
            self._view = NodesView(self._view.pool_ids)
            self._has_read = self._has_all = False
        with self._draw_lock:  # what is just being drawn of the pool chosen before is drawn first, and then taken away
            self.selected = ()
            self.picker.show_pools(self._view.pool_ids, self.pool_id)
            self.grid.set_rows([])
            self.heat_map.set_cells([])
            self._states.value = ""
            self._access.clear()
            if self._stale:
                self._stale = False
                self.message.clear()
            self._show_age(stale=False)
            self._draw_selection()
        self.guarded(self.refresh)

    def chosen_pool(self) -> str:
        """Give the pool's id, or raise ValidationError while none is chosen."""
        if not self.pool_id:
            raise ValidationError([Problem("pool_id", "Choose a pool first.")])
        return self.pool_id

    def _on_selected(self) -> None:
        self.selected = self.grid.selected  # without the ids that no row has
        self._draw_selection()

    def selected_nodes(self) -> list[Node]:
        """Give the nodes that are selected, whatever their state, as they were read last."""
        chosen = set(self.selected)
        return [node for node in self._view.nodes if node.id in chosen]

    # drawing

    def _draw(self) -> None:
        with self._draw_lock:
            view = self._view
            self.picker.show_pools(view.pool_ids, self.pool_id)
            counts = state_counts(view.nodes)
            self._states.value = markup.state_bar(counts) if counts else ""
            self.draw_nodes()
            if self._view is not view:
                return  # an observer of the selection has chosen another pool
            self._show_age(stale=False)
            self._draw_access()
            self.announce(markup.counts_words(counts))

    def draw_nodes(self) -> None:
        """Draw what was read last anew: users that were given show."""
        with self._draw_lock:
            view = self._view
            given = self.account.users_given.of_nodes(self.pool_id, view.nodes)
            commands = login_commands(self.account, view, given)
            self._rows = {
                node.id: self._row(view, node, given.get(node.id, ()), commands.get(node.id)) for node in view.nodes
            }
            self.grid.set_rows([row for _, row in self._rows.values()])
            if self._view is view:  # no observer of the selection has chosen another pool
                self.heat_map.set_cells(map(node_square, view.nodes))
                self._draw_selection()

    def _row(
        self, view: NodesView, node: Node, users: tuple[GivenUser, ...], command: str | None
    ) -> tuple[object, Mapping[str, Any]]:
        """Give a node's row with what it was made of; the very one of before where that is the same."""
        login = view.logins.get(node.id)
        minute = view.read_at.timestamp() // 60
        facts = (node, login, users, command, minute, view.pool, login is None and view.reading_logins)
        before = self._rows.get(node.id)
        if before is not None and before[0] == facts:
            return before
        return facts, MappingProxyType(node_row(node, view, users, command))

    def _draw_access(self) -> None:
        view = self._view
        if not self._has_read:
            return
        self.grid.empty_text = instead_of_rows(view)
        closed = None if view.pool is None or view.reachable else no_endpoint(view.pool, None)
        if closed is not None:
            self._access.show("warn", closed.reason, closed.remedy)
        elif view.pool is None and view.asked_id:
            self._access.show("warn", f"There is no pool {view.asked_id}.", "It may have been deleted. Choose another.")
        else:
            self._access.clear()

    def _show_age(self, *, stale: bool) -> None:
        self.show_facts(*pool_facts(self._view, stale=stale))

    def _draw_selection(self) -> None:
        """Draw what depends on which nodes there are and which are selected."""

    def close(self) -> None:
        """Close the panel; nothing is read any more."""
        if self._watch is not None:
            self._watch.stop()
        super().close()

    def __repr__(self) -> str:
        """Give the article's lines, as far as they are read: id, state, address, port."""
        what = "no nodes" if self._has_read else "not read yet"
        instead = f"<NodePanel on {self.account.name}: pool {self.pool_id or 'none'}, {what}>"
        return article_lines(self._view) or one_line(instead)

    def _repr_mimebundle_(self, **options: Any) -> Any:
        # by itself the text would be cut in the middle of an address
        return {**super()._repr_mimebundle_(**options), "text/plain": first_lines(repr(self))}

    def __str__(self) -> str:
        """Give the article's lines; wait for them as :attr:`view` does, the first time, but raise nothing."""
        with contextlib.suppress(Exception):
            _ = self.view
        return repr(self)
