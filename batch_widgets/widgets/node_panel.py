"""NodePanel: the nodes of a pool, live; users for many of them at once; where and how to log in; what is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ipywidgets
import traitlets

from batch_widgets.nodes import state_counts
from batch_widgets.widgets import lean, markup
from batch_widgets.widgets.controls import button, column, html, row, styled, toggle
from batch_widgets.widgets.lean import show
from batch_widgets.widgets.live_nodes import LiveNodes
from batch_widgets.widgets.node_actions import NodeActions
from batch_widgets.widgets.node_details import NodeDetails
from batch_widgets.widgets.node_logins import NodeLogins
from batch_widgets.widgets.node_users import NodeUsers
from batch_widgets.widgets.panel import refuse_unknown
from batch_widgets.widgets.users_given_part import UsersGivenPart

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import pandas as pd

    from batch_widgets.account import BatchAccount
    from batch_widgets.runner import Operation
    from batch_widgets.widgets.terminal_part import Terminal


class NodePanel(LiveNodes):
    """The nodes of a pool, refreshed while they are on screen, and all that can be done to them.

    Parameters
    ----------
    account : BatchAccount
        The account.
    pool_id : str, optional
        The pool; without it a picker shows the account's pools.
    """

    operation = traitlets.Any(None, allow_none=True)
    """Operation or None: the last call on many nodes that was begun here, by hand or from Python."""

    python_name = "panel"
    """str: what the next cell calls the panel, for what it says about itself."""

    def __init__(self, account: BatchAccount, pool_id: str = "", **unknown: Any) -> None:
        refuse_unknown("NodePanel", unknown, ["pool_id"])
        super().__init__(account)
        self._drawer: ipywidgets.DOMWidget | None = None
        self._selection = html("", "bw-strong")
        self.add_button = button("Add user…", "bw-primary", "bw-opens-add")
        self.delete_button = button("Delete user…", "bw-opens-delete")
        self.login_button = button(
            "Log in or run…", "bw-opens-login", title="Log in: run a command, test the login, open a terminal."
        )
        self.manage_button = toggle("Manage…", title="Reboot, reimage, deallocate, schedule, remove.")
        self.given_button = toggle("Users given", title="The users given from this notebook, and when they end.")
        self.search = styled(lean.Text(placeholder="Find nodes", continuous_update=True), "bw-search")
        self.filter_button = toggle("Column filters", title="A filter below each column's name")
        self._clear = button("Clear selection", "bw-link")
        self.users = NodeUsers(self)
        self.given = UsersGivenPart()
        self.logins = NodeLogins(self)
        self.details = NodeDetails(account, settle=self.frame_piece.settle)
        self.actions = NodeActions(account, self.users.follow, focus=self.focus)
        # the drawers, where the focus goes in them, and where it goes back to
        self._drawers = {
            self.users.form: ("bw-at-name", "bw-opens-add"),
            self.users.delete_form: ("bw-at-name", "bw-opens-delete"),
            self.logins.form: ("bw-at-user", "bw-opens-login"),
        }
        self._put_together()
        with self.closed_on_error():
            self._link()
            self._begin(pool_id)

    def _put_together(self) -> None:
        buttons = (self.add_button, self.login_button, self.delete_button, self.manage_button)
        looks = (self.given_button, html("", "bw-grow"), self.search, self._clear)
        bar = row("bw-selbar", self._selection, *buttons, *looks)
        below = (self.details, self.users.widget, self.given, self.logins.widget)
        left = column("bw-main", self._states, self.heat_map, bar, self.actions, self.grid, *below)
        forms = (self.users.form.add_button, self.users.delete_form.delete_button, *self.logins.online)
        self.lay_out(
            *(self._access, row("bw-drawers", left, *self._drawers)),
            actions=(self.filter_button, self._live, self._refresh),
            online=(self._refresh, self.picker, *buttons, *forms, *self.details.online),
        )
        self._head.children = (self._title, self.picker, *self._head.children[1:])
        for part in (*self._drawers, self.actions, self.given):
            show(part, visible=False)

    def _link(self) -> None:
        for table in (self.grid, self.heat_map):
            table.on_pick(lambda key: self.guarded(lambda: self.show_details(key)))
        self.grid.on_action(self._on_action)
        self.details.on_closed(lambda: self.focus("bw-host-grid"))
        self.manage_button.observe(lambda change: show(self.actions, visible=change["new"]), "value")
        ipywidgets.link((self.search, "value"), (self.grid, "search"))
        ipywidgets.link((self.filter_button, "value"), (self.grid, "filter_row"))
        self.given_button.observe(lambda _: self._draw_given(), "value")
        self.observe(lambda _: self._on_other_pool(), "pool_id")
        self.on_click(self._clear, self._clear_selection)
        self.on_click(self.add_button, self._open_user_form)
        self.on_click(self.delete_button, lambda: self.show_drawer(self.users.delete_form))
        self.on_click(self.login_button, self.logins.show_form)
        self.users.link()
        self.logins.link()

    def _clear_selection(self) -> None:
        self.selected = ()

    def _on_other_pool(self) -> None:
        """Take away what is about nodes of the pool chosen before; terminals and a password shown once stay."""
        self.close_drawer(moves_focus=False)
        self.details.hide()
        self.users.forget_pool()
        self.logins.command.hide()

    def _draw_selection(self) -> None:
        view = self._view
        usable = any(node.usable for node in view.nodes)
        self._selection.value = markup.span(f"{len(self.selected)} of {len(view.nodes)} selected")
        self._clear.disabled = not self.selected
        show(self._clear, visible=bool(self.selected))
        for one in (self.delete_button, self.login_button):
            one.disabled = not usable or self.account.closed
        self.add_button.disabled = not view.nodes or self.account.closed
        self.users.draw()
        self.logins.draw()
        self.actions.set_nodes(self.pool_id, self.selected_nodes())
        self._draw_given()
        self.details.follow(self.pool_id, view.nodes)

    def _draw_given(self) -> None:
        show(self.given, visible=self.given_button.value)
        if self.given_button.value:
            name = f"{self.python_name}.account.users_given.frame"
            self.given.show_frame(self.account.users_given.frame_of(self.pool_id, self._view.nodes), name)

    def hint(self, operation: Operation[pd.DataFrame]) -> str:
        """Give where Python finds what came of an operation; empty where another has been begun since."""
        if operation is not self.operation:
            return ""
        return f"{self.python_name}.operation.{'partial' if operation.cancelled() else 'result()'}"

    def left_out_words(self) -> str:
        """Say which nodes take no user now, and why."""
        left_out = markup.counts_words(state_counts(node for node in self._view.nodes if not node.usable))
        return f"Left out: {left_out}." if left_out else ""

    # the drawer

    def show_drawer(self, drawer: ipywidgets.DOMWidget) -> None:
        """Show one of the drawers in the place of any other."""
        self._drawer = drawer
        self.users.draw()
        self.logins.draw()
        for one in self._drawers:
            show(one, visible=one is drawer)
        self.focus(self._drawers[drawer][0])

    def close_drawer(self, *, moves_focus: bool = True) -> None:
        """Close the drawer, which keeps what was filled in, and give the focus back to what opened it."""
        drawer, self._drawer = self._drawer, None
        for one in self._drawers:
            show(one, visible=False)
        if moves_focus and drawer is not None:
            self.focus(self._drawers[drawer][1])

    def is_drawer(self, drawer: ipywidgets.DOMWidget) -> bool:
        """Tell whether this drawer is the one on show."""
        return self._drawer is drawer

    def _open_user_form(self) -> None:
        self.show_drawer(self.users.form)
        self.users.form.find_keys()

    def show_details(self, node_id: str) -> None:
        """Show what is wrong with a node: its start task, errors, files.

        Parameters
        ----------
        node_id : str
            One of the nodes on show; of others nothing is shown.
        """
        node = next((node for node in self._view.nodes if node.id == node_id), None)
        if node is None:
            self.details.hide()
        else:
            self.details.show_node(self.chosen_pool(), node)

    def _on_action(self, key: str, _column: str, action: str) -> None:
        if action == "terminal":
            self.guarded(lambda: self.logins.connect_as_given(key))
        elif action == "details":
            self.guarded(lambda: self.show_details(key))

    def focus(self, class_name: str) -> None:
        """Move the focus to the first element of a class, as soon as it is there."""
        self.frame_piece.focus(class_name)

    def show_failure(self, error: BaseException) -> None:
        """Show an error that no reading takes away."""
        self._stale = False
        self.show_error(error)

    def close(self) -> None:
        """Close the panel with its terminals; nothing is read any more. Operations that were begun go on."""
        super().close()

    # what Python calls

    def add_user(
        self,
        name: str,
        *,
        ssh_public_key: str | None = None,
        password: str | Callable[[], str] | None = None,
        is_admin: bool = False,
        days: int | None = None,
        nodes: Sequence[str] | None = None,
        if_exists: str = "keep",
        keep_adding: bool = False,
    ) -> Operation[pd.DataFrame]:
        """Add a user to nodes of the pool; parameters, result and errors are those of :meth:`BatchAccount.add_user`."""
        return self.users.add(
            name,
            password,
            ssh_public_key=ssh_public_key,
            is_admin=is_admin,
            days=days,
            nodes=nodes,
            if_exists=if_exists,
            keep_adding=keep_adding,
        )

    def delete_user(self, name: str, *, nodes: Sequence[str] | None = None) -> Operation[pd.DataFrame]:
        """Delete a user from nodes of the pool; see :meth:`BatchAccount.delete_user`."""
        return self.users.delete(name, nodes)

    def run(
        self,
        command: str,
        *,
        nodes: Sequence[str] | None = None,
        user: str | None = None,
        identity_file: Path | str | None = None,
        password: str | Callable[[], str] | None = None,
        timeout_s: float = 60.0,
    ) -> Operation[pd.DataFrame]:
        """Run a command on nodes of the pool by SSH; see :meth:`BatchAccount.run`.

        Without `user` it is the one that was given last to these nodes, with its key. Without `nodes` it runs on all
        usable ones, whatever is selected.
        """
        return self.logins.run(command, nodes, user, identity_file, password, timeout_s)

    def test_login(
        self,
        *,
        nodes: Sequence[str] | None = None,
        user: str | None = None,
        identity_file: Path | str | None = None,
        password: str | Callable[[], str] | None = None,
    ) -> Operation[pd.DataFrame]:
        """Try to log in to nodes of the pool and say what fails; see :meth:`BatchAccount.test_login`."""
        return self.logins.test(nodes, user, identity_file, password)

    def connect(
        self,
        node_id: str,
        *,
        user: str | None = None,
        identity_file: Path | str | None = None,
        password: str | Callable[[], str] | None = None,
    ) -> Terminal:
        """Open a terminal to a node, in the panel."""
        return self.logins.connect(node_id, user, identity_file, password)
