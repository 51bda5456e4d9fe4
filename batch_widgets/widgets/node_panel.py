"""NodePanel: the nodes of a pool, live; users for many of them at once; where and how to log in."""

from __future__ import annotations

import functools
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import ipywidgets
from traitlets import Tuple, Unicode

from batch_widgets import keys
from batch_widgets.errors import ValidationError
from batch_widgets.nodes import nodes_frame, state_counts
from batch_widgets.problems import Problem
from batch_widgets.widgets import markup
from batch_widgets.widgets.controls import button, column, html, row, styled
from batch_widgets.widgets.grid import Grid
from batch_widgets.widgets.lean import show
from batch_widgets.widgets.message import Message
from batch_widgets.widgets.node_rows import NODE_COLUMNS, OUTCOME_COLUMNS, node_row, outcome_pills, outcome_rows
from batch_widgets.widgets.node_watch import NodesView, NodeWatch, no_way_in, read_nodes
from batch_widgets.widgets.panel import Panel, refuse_unknown
from batch_widgets.widgets.user_form import UserForm, UserRequest
from batch_widgets.widgets.user_ledger import AddedUser, UserLedger

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import pandas as pd

    from batch_widgets.account import BatchAccount
    from batch_widgets.runner import Operation

_FIRST_LOAD_S = 30.0
_SEEN_S = 60.0


class NodePanel(Panel):
    """The nodes of a pool, refreshed while they are on screen.

    Parameters
    ----------
    account : BatchAccount
        The account.
    pool_id : str, optional
        The pool; without it a picker shows the account's pools.
    """

    pool_id = Unicode("")
    """str: the pool; empty for none."""

    selected = Tuple()
    """tuple of str: the ids of the selected nodes."""

    _watch: NodeWatch | None = None  # close() comes before it is made where an argument is refused

    def __init__(self, account: BatchAccount, pool_id: str = "", **unknown: Any) -> None:
        refuse_unknown("NodePanel", unknown, ["pool_id"])
        self._view = NodesView()
        self._has_read = False
        self._stale = False
        self._adding: dict[Operation[Any], Callable[[pd.DataFrame], None]] = {}
        self._showing_pools = False
        self._ledger = UserLedger(account)
        self._read_callbacks: list[Callable[[], object]] = []
        self.grid = Grid(NODE_COLUMNS, row_label="node", selection="multiple", height=290)
        self.picker = styled(ipywidgets.Dropdown(description="Pool", options=[("no pool", "")]), "bw-select")
        self._refresh = button("", "bw-icon", title="Refresh", icon="refresh")
        self._states = html("", "bw-states")
        self._access = Message()
        self._selection = html("", "bw-strong")
        self.add_button = button("Add user…", "bw-primary")
        self._clear = button("Clear selection", "bw-link")
        self.form = UserForm(self._on_form)
        self._outcome_title = html("", "bw-grow")
        self._outcome_close = button("Close", "bw-flat")
        self.outcomes = Grid(OUTCOME_COLUMNS, row_label="node", selection="none", height=150)
        super().__init__(account, "Nodes")
        self._outcome_part = column(
            "bw-outcomes", row("bw-bar", self._outcome_title, self._outcome_close), self.outcomes
        )
        bar = row("bw-selbar", self._selection, self.add_button, html("", "bw-grow"), self._clear)
        left = column("bw-main", self._states, bar, self.grid, self._outcome_part)
        self.lay_out(
            *(self._access, row("bw-drawers", left, self.form)),
            actions=(self._refresh,),
            online=(self._refresh, self.picker, self.add_button, self.form.add_button),
        )
        self._head.children = (self._title, self.picker, *self._head.children[1:])
        for part in (self.form, self._outcome_part):
            show(part, visible=False)
        with self.closed_on_error():
            self.pool_id = pool_id
            self._link()
            self._load = self.refresh()
            self._watch = NodeWatch(
                account, self._read, in_sight=self._in_sight, show=self._show_view, fail=self._on_stale
            )
        self.frame_piece.on_displayed(self._on_displayed)

    def _link(self) -> None:
        self.picker.observe(self._on_picked, "value")
        self.observe(lambda _: self._on_pool_changed(), "pool_id")
        ipywidgets.link((self, "selected"), (self.grid, "selected"))
        self.observe(lambda _: self._on_selected(), "selected")
        self.form.targets.observe(lambda _: self._draw_selection(), "value")
        self.on_click(self._refresh, self.refresh)
        self.on_click(self._clear, self._clear_selection)
        self.on_click(self.add_button, self._open_form)
        self.form.add_button.on_click(self.settled(self.form.submit))
        self.form.password.on_submit(self.settled(self.form.submit))
        self.on_click(self.form.cancel_button, lambda: show(self.form, visible=False))
        self.on_click(self._outcome_close, lambda: show(self._outcome_part, visible=False))

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
        return await read_nodes(self.account, self.pool_id, {} if anew else self._view.logins)

    def _in_sight(self) -> bool:
        seen = self.frame_piece.last_seen
        return bool(self.pool_id) and seen is not None and time.monotonic() - seen < _SEEN_S

    def _on_displayed(self, displayed: bool) -> None:
        if displayed and self._watch is not None:
            self._watch.wake()

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
        if self.is_closed or not self._is_current(view):
            return  # closed meanwhile, or of a pool chosen before
        if self._has_read and view.read_at < self._view.read_at:
            return  # a slow reading that a newer one has overtaken
        self._view, self._has_read = view, True
        if self._stale:
            self._stale = False
            self.message.clear()
        self._draw()
        for callback in self._read_callbacks:
            callback()

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
        if not self._has_read:
            load.result(_FIRST_LOAD_S)
        if load.status == "done":
            view = load.result()
            if self._is_current(view) and (not self._has_read or view.read_at > self._view.read_at):
                self._view, self._has_read = view, True
        return self._view

    @property
    def frame(self) -> pd.DataFrame:
        """The nodes as a table; see :func:`batch_widgets.nodes.nodes_frame`.

        Waits at most 30 seconds for the first reading, never after: ``panel.refresh().result()`` reads anew.
        """
        view = self.view
        for operation, record in tuple(self._adding.items()):
            if operation.status == "done":  # result() may come before the notifier has shown it
                record(operation.result())
        return nodes_frame(view.nodes, dict(view.logins), self._ledger.commands(view))

    # choosing

    def _on_picked(self, change: Mapping[str, Any]) -> None:
        if not self._showing_pools:
            self.pool_id = change["new"]

    def _on_pool_changed(self) -> None:
        self._view, self._has_read = NodesView(self._view.pool_ids), False
        self.selected = ()
        self._show_pools(self._view.pool_ids)
        self.grid.set_rows([])
        self._states.value = ""
        self._access.clear()
        self._show_age(stale=False)
        self._draw_selection()
        self.guarded(self.refresh)

    def _show_pools(self, pool_ids: Sequence[str]) -> None:
        chosen = next((one for one in pool_ids if one.casefold() == self.pool_id.casefold()), self.pool_id)
        options = [("Choose a pool", ""), *((one, one) for one in pool_ids)]
        if chosen and chosen not in pool_ids:
            options.append((chosen, chosen))
        self._showing_pools = True  # new options reset the picker's value for a moment
        try:
            if tuple(options) != tuple(self.picker.options):
                self.picker.options = options
            self.picker.value = chosen
        finally:
            self._showing_pools = False

    def _clear_selection(self) -> None:
        self.selected = ()

    def _on_selected(self) -> None:
        self.selected = self.grid.selected  # without the ids that no row has
        self._draw_selection()

    # drawing

    def _draw(self) -> None:
        view = self._view
        self._show_pools(view.pool_ids)
        users, commands = self._ledger.users(self.pool_id, view.nodes), self._ledger.commands(view)
        self.grid.set_rows(
            [
                node_row(
                    node,
                    view.logins.get(node.id),
                    users.get(node.id),
                    commands.get(node.id),
                    os_type=view.os_type,
                    reachable=view.reachable,
                )
                for node in view.nodes
            ]
        )
        counts = state_counts(view.nodes)
        self._states.value = markup.state_bar(counts) if counts else ""
        self._show_age(stale=False)
        self._draw_access()
        self._draw_selection()
        self.announce(markup.counts_words(counts))

    def _draw_access(self) -> None:
        view = self._view
        if not self._has_read:
            return
        if view.pool is None:
            if self.pool_id:
                self.grid.empty_text = f"This account has no pool {self.pool_id}. It may have been deleted."
                self._access.show(
                    "warn", f"There is no pool {self.pool_id}.", "It may have been deleted. Choose another."
                )
            else:
                self.grid.empty_text = "Choose a pool above." if view.pool_ids else "This account has no pools."
                self._access.clear()
            return
        self.grid.empty_text = (
            "Nodes show here as soon as they are allocated."
            if view.pool.target_nodes
            else "This pool has no nodes. Resize it."
        )
        if view.reachable:
            self._access.clear()
        else:
            self._access.show("warn", *no_way_in())

    def _show_age(self, *, stale: bool) -> None:
        pool = self._view.pool
        if pool is None:
            self.show_facts()
            return
        state = "deleting" if pool.state == "deleting" else pool.allocation_state
        age = f"{self._view.read_at.astimezone():%H:%M:%S}"
        agent = pool.node_agent_sku_id.removeprefix("batch.node.")
        self.show_facts(
            markup.pill(state, markup.allocation_hue(state)),
            markup.span(f"{pool.current_nodes} × {pool.vm_size}, {agent}"),
            markup.muted(f"rows from {age}" if stale else f"read at {age}"),
        )

    def _draw_selection(self) -> None:
        view = self._view
        usable = [node for node in view.nodes if node.usable]
        chosen = [node for node in usable if node.id in self.selected]
        self._selection.value = markup.span(f"{len(self.selected)} of {len(view.nodes)} selected")
        self._clear.disabled = not self.selected
        self.add_button.disabled = not usable or self.account.closed
        left_out = markup.counts_words(state_counts(node for node in view.nodes if not node.usable))
        self.form.set_nodes(
            view.os_type,
            len(usable),
            len(chosen),
            f"Left out: {left_out}." if left_out else "",
        )
        if self._adding or self.account.closed:
            self.form.add_button.disabled = True

    # users

    def _open_form(self) -> None:
        self.form.find_keys()
        show(self.form, visible=True)

    def _on_form(self, request: UserRequest, password: str | None) -> None:
        def add() -> None:
            if self._adding or self.form.layout.display == "none":
                return  # the second click of two
            try:
                self.add_user(
                    request.name,
                    ssh_public_key=request.ssh_public_key,
                    password=password,
                    is_admin=request.is_admin,
                    days=request.days,
                    nodes=self.selected if request.selected_only else None,
                )
            except ValidationError as error:
                self.form.show_problems(error.problems)
            else:
                show(self.form, visible=False)  # it may cover the nodes; it keeps what was filled in

        self.guarded(add)

    def add_user(
        self,
        name: str,
        *,
        ssh_public_key: str | None = None,
        password: str | Callable[[], str] | None = None,
        is_admin: bool = False,
        days: int | None = None,
        nodes: Sequence[str] | None = None,
    ) -> Operation[pd.DataFrame]:
        """Add a user to nodes of the pool; parameters, result and errors are those of :meth:`BatchAccount.add_user`."""
        operation = self.account.add_user(
            self._chosen_pool(),
            name,
            ssh_public_key=ssh_public_key,
            password=password,
            is_admin=is_admin,
            days=days,
            nodes=nodes,
            os_type=self._view.os_type,
        )
        identity = keys.identity_file_of(ssh_public_key) if ssh_public_key else None
        expires = datetime.now(UTC) + timedelta(days=days) if days is not None else None
        return self._follow_users(operation, name, AddedUser(name, expires, identity))

    def delete_user(self, name: str, *, nodes: Sequence[str] | None = None) -> Operation[pd.DataFrame]:
        """Delete a user from nodes of the pool; see :meth:`BatchAccount.delete_user`."""
        return self._follow_users(self.account.delete_user(self._chosen_pool(), name, nodes=nodes), name, None)

    def _follow_users(
        self, operation: Operation[pd.DataFrame], name: str, added: AddedUser | None
    ) -> Operation[pd.DataFrame]:
        self._adding[operation] = functools.partial(self._ledger.record, self.pool_id, name, added)
        self.form.add_button.disabled = True
        pool_id = self.pool_id
        return self.follow(
            operation,
            lambda frame: self._on_outcomes(operation, name, pool_id, frame),
            failed=lambda error: self._on_users_failed(operation, error),
            cancelled=lambda: self._on_users_stopped(operation),
            superseded=False,
        )

    def _chosen_pool(self) -> str:
        if not self.pool_id:
            raise ValidationError([Problem("pool_id", "Choose a pool first.")])
        return self.pool_id

    def _on_users_failed(self, operation: Operation[pd.DataFrame], error: BaseException) -> None:
        self._adding.pop(operation, None)
        self._draw_selection()
        self._stale = False
        self.show_error(error)

    def _on_users_stopped(self, operation: Operation[pd.DataFrame]) -> None:
        self._adding.pop(operation, None)
        self._draw_selection()
        self._stale = False
        self.message.show("none", f"{operation.title}: stopped.", operation.on_cancel)

    def _on_outcomes(self, operation: Operation[pd.DataFrame], name: str, pool_id: str, frame: pd.DataFrame) -> None:
        if (record := self._adding.pop(operation, None)) is not None:
            record(frame)
        if pool_id.casefold() != self.pool_id.casefold():
            return  # another pool is on show by now
        self._outcome_title.value = outcome_pills(name, frame)
        self.outcomes.set_rows(outcome_rows(frame))
        show(self._outcome_part, visible=True)
        self._draw()

    def close(self) -> None:
        """Close the panel; nothing is read any more."""
        if self._watch is not None:
            self._watch.stop()
        super().close()

    def __repr__(self) -> str:
        """Give the article's lines: id, state, address, port."""
        lines = [
            f"{node.id} | {node.state} | {login.ip_address if login else None} | {login.port if login else None}"
            for node in self._view.nodes
            for login in [self._view.logins.get(node.id)]
        ]
        return "\n".join(lines) or f"<NodePanel on {self.account.name}: pool {self.pool_id or 'none'}, no nodes>"
