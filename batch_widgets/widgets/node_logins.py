"""NodeLogins: logging in to nodes from the panel: tests, commands on many, terminals, settings to take along."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from batch_widgets.errors import ValidationError
from batch_widgets.problems import Problem
from batch_widgets.ssh import UserFacts
from batch_widgets.widgets import lean
from batch_widgets.widgets.command_part import CommandPart
from batch_widgets.widgets.login_form import LoginForm
from batch_widgets.widgets.login_part import LoginPart
from batch_widgets.widgets.terminal_part import Terminal, TerminalPart

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import ipywidgets
    import pandas as pd

    from batch_widgets.account.ledger import GivenUser
    from batch_widgets.runner import Operation
    from batch_widgets.widgets.node_panel import NodePanel

    Password = str | Callable[[], str] | None


class NodeLogins:
    """The parts of a node panel that log in to nodes.

    Parameters
    ----------
    panel : NodePanel
        Whose nodes.
    """

    def __init__(self, panel: NodePanel) -> None:
        self._panel = panel
        self.settings = LoginPart(panel.account, lambda: panel.last_view, lambda: panel.selected)
        self.form = LoginForm(self.settings)
        self.command = CommandPart()
        self.terminals = TerminalPart(panel.guarded)
        self.widget = lean.VBox((self.command, self.terminals))

    @property
    def online(self) -> tuple[ipywidgets.Widget, ...]:
        """Controls that need the account."""
        return (self.form.run_button, self.form.test_button, self.form.terminal_button)

    def link(self) -> None:
        """Let the buttons act."""
        panel, form = self._panel, self.form
        form.run_button.on_click(panel.settled(self._on_run))
        form.test_button.on_click(panel.settled(self._on_test))
        form.terminal_button.on_click(panel.settled(self._on_connect))
        panel.observe(lambda _: self.command.forget_hint(), "operation")
        panel.on_click(form.close_button, panel.close_drawer)

    def draw(self) -> None:
        """Take in which nodes there are and which are selected, unless nobody sees it."""
        if not self._panel.is_drawer(self.form):
            return
        nodes = self._targets()
        self.form.set_nodes(len(nodes), len(self._panel.selected), self._given(nodes))
        self.settings.refresh()
        if self._panel.account.closed:
            for one in self.online:
                one.disabled = True

    def show_form(self) -> None:
        """Show the drawer, with the user that the nodes were given last."""
        self._panel.show_drawer(self.form)
        self.form.find_keys()

    def _targets(self) -> tuple[str, ...]:
        panel = self._panel
        nodes = panel.selected_nodes() if panel.selected else panel.last_view.nodes
        return tuple(node.id for node in nodes if node.usable)

    def _given(self, node_ids: Sequence[str] | None) -> list[GivenUser]:
        """Give the users that these nodes, or all, were given; the newest last."""
        panel = self._panel
        wanted = None if node_ids is None else set(node_ids)
        nodes = [node for node in panel.last_view.nodes if wanted is None or node.id in wanted]
        given = panel.account.users_given.of_nodes(panel.pool_id, nodes)
        users = {user for users in given.values() for user in users}
        return sorted(users, key=lambda user: (user.given is not None, user.given or 0))

    def _as(
        self, node_ids: Sequence[str] | None, user: str | None, identity_file: Path | str | None, password: Password
    ) -> dict[str, Any]:
        """Complete what Python gave from the users that were given to these nodes."""
        given = self._given(node_ids)
        if user is None:
            if not given:
                raise ValidationError(
                    [Problem("user", "No user was given to these nodes from here. Add one, or give user= and a key.")]
                )
            user = given[-1].name
        if identity_file is None and password is None:
            identity_file = next((one.identity_file for one in reversed(given) if one.name == user), None)
        path = None if identity_file is None else Path(identity_file).expanduser()
        return {"user": user, "identity_file": path, "password": password, "known_users": self._facts(user)}

    def _facts(self, name: str) -> dict[str, UserFacts] | None:
        """Give what is known of a user by node id: it tells one who is not there from a key that is not hers."""
        panel = self._panel
        given = panel.account.users_given.of_nodes(panel.pool_id, panel.last_view.nodes)
        users = {node_id: user for node_id, users in given.items() for user in users if user.name == name}
        return {node_id: UserFacts(user.expires, was_there=user.was_there) for node_id, user in users.items()} or None

    def _ask(self, act: Callable[..., object]) -> None:
        """Call ``act(nodes, user, identity_file, password)`` for the nodes that are meant now.

        The password comes from the browser a moment later. If another pool is chosen by then, its nodes are not shown
        it.
        """
        panel = self._panel
        pool_id, nodes = panel.chosen_pool(), self._targets()

        def go_on(*login: Any) -> None:
            if nodes and panel.pool_id == pool_id:
                panel.guarded(lambda: act(nodes, *login))

        self.form.ask(go_on)

    # commands

    def _on_run(self) -> None:
        if command := self.form.command_line():
            self._ask(lambda *nodes_and_login: self.run(command, *nodes_and_login))

    def run(
        self,
        command: str,
        nodes: Sequence[str] | None,
        user: str | None,
        identity_file: Path | str | None,
        password: Password,
        timeout_s: float = 60.0,
    ) -> Operation[pd.DataFrame]:
        """Run a command on nodes, as :meth:`NodePanel.run` is told."""
        panel = self._panel
        operation = panel.account.run(
            panel.chosen_pool(),
            command,
            nodes=nodes,
            timeout_s=timeout_s,
            **self._as(nodes, user, identity_file, password),
        )
        panel.operation = operation
        self.command.follow(operation, command)

        def ended(frame: pd.DataFrame | None, error: BaseException | None = None) -> None:
            if frame is None:
                self.command.hide()
            else:
                self.command.show_results(operation, frame, panel.hint(operation))
            if error is not None:
                panel.show_failure(error)

        return panel.follow(
            operation,
            ended,
            failed=lambda error: ended(operation.partial, error),
            cancelled=lambda: ended(operation.partial),
            superseded=False,
        )

    # tests

    def _on_test(self) -> None:
        self._ask(self.test)

    def test(
        self,
        nodes: Sequence[str] | None,
        user: str | None,
        identity_file: Path | str | None,
        password: Password,
    ) -> Operation[pd.DataFrame]:
        """Try to log in to nodes, as :meth:`NodePanel.test_login` is told."""
        panel = self._panel
        login = self._as(nodes, user, identity_file, password)
        operation = panel.account.test_login(panel.chosen_pool(), nodes=nodes, **login)
        return panel.users.follow(operation, f"Login as {login['user']}")

    # terminals

    def _on_connect(self) -> None:
        self._ask(lambda nodes, *login: self.connect(nodes[0], *login))

    def connect_as_given(self, node_id: str) -> None:
        """Open a terminal as the user that a node was given last; ask where its password is needed."""
        given = self._given([node_id])
        if given and given[-1].identity_file:
            self.connect(node_id, None, None, None)
            return
        self._panel.selected = (node_id,)
        self.show_form()
        if given:
            self.form.propose(given[-1])

    def connect(self, node_id: str, user: str | None, identity_file: Path | str | None, password: Password) -> Terminal:
        """Open a terminal to a node, as :meth:`NodePanel.connect` is told."""
        panel = self._panel
        login = self._as([node_id], user, identity_file, password)
        terminal = Terminal(panel.account, panel.chosen_pool(), node_id, **login)
        self.terminals.add(terminal)
        panel.close_drawer()
        return terminal
