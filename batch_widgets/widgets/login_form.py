"""LoginForm: the drawer that asks as whom to log in, and what for: a test, a command, a terminal."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING, Any

from batch_widgets import keys
from batch_widgets.widgets import lean, markup
from batch_widgets.widgets.controls import Field, button, html, row, styled
from batch_widgets.widgets.lean import show
from batch_widgets.widgets.secret import SecretInput
from batch_widgets.widgets.user_form import nodes_words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from batch_widgets.account.ledger import GivenUser

    Done = Callable[[str, Path | None, str | None], object]

_PASSWORD = "password"  # noqa: S105 (the choice, not one)


class LoginForm(lean.VBox):
    """User and credential for logging in to nodes; a password is asked of the browser when it is needed.

    Parameters
    ----------
    footer : Widget
        Stands below.
    """

    def __init__(self, footer: Any) -> None:
        self.user = lean.Combobox(placeholder="alice", ensure_option=False)
        self.credential = lean.Dropdown(options=[("Password", _PASSWORD)], description="Signs in with")
        styled(self.credential, "bw-named")
        self.password = SecretInput(placeholder="Password")
        self.command = lean.Text(placeholder="nvidia-smi", continuous_update=True)
        self.test_button = button("Test login", title="Tries the login on each node and says what fails.")
        self.run_button = button("Run command", "bw-primary")
        self.terminal_button = button("Open terminal", title="A terminal in this cell, on one selected node.")
        self.close_button = button("", "bw-icon", "bw-on-escape", title="Close", icon="times")
        self._fields = {
            "user": Field("user", "User", self.user),
            "password": Field("password", "", self.password),
            "command": Field("command", "Command", self.command),
        }
        self._on = html("", "bw-hint")
        self._known: dict[str, GivenUser] = {}
        head = row("bw-head", html(markup.heading("Log in"), "bw-grow"), self.close_button)
        super().__init__(
            (
                head,
                self._on,
                self._fields["user"].widget,
                row("bw-row", html(markup.muted("Signs in with"), "bw-lab"), self.credential),
                self._fields["password"].widget,
                row("bw-actions", self.test_button, self.terminal_button),
                self._fields["command"].widget,
                row("bw-actions", self.run_button),
                footer,
            )
        )
        self.add_class("bw-drawer")
        self.credential.observe(lambda _: self._draw(), "value")
        self._draw()

    def set_nodes(self, count: int, selected: int, users: Iterable[GivenUser]) -> None:
        """Say on how many nodes it would be, and which users they were given.

        Parameters
        ----------
        count : int
            Usable nodes that are meant: the selected ones, or all.
        selected : int
            Of which that many are selected.
        users : iterable of GivenUser
            Newest last.
        """
        self._known = known = {user.name: user for user in users}
        self._on.value = markup.muted(f"On {nodes_words(count, 'selected' if selected else 'usable')}")
        self.user.options = tuple(known)
        self.run_button.description = f"Run on {nodes_words(count)}"
        self.test_button.description = f"Test login on {nodes_words(count)}"
        for one in (self.run_button, self.test_button):
            one.disabled = count == 0
        self.terminal_button.disabled = not (selected == 1 and count == 1)

    def find_keys(self) -> None:
        """Look for private keys on the kernel's machine, and propose the newest user with what it signs in with."""
        found = [key.identity_file for key in keys.find_public_keys() if key.identity_file]
        options = [*((_short(path), str(path)) for path in found), ("Password", _PASSWORD)]
        if tuple(options) != tuple(self.credential.options):
            self.credential.options = options
        if not self.user.value and self._known:
            self.propose(list(self._known.values())[-1])
        self._draw()

    def propose(self, user: GivenUser) -> None:
        """Fill in a user that was given before."""
        self.user.value = user.name
        wanted = str(user.identity_file) if user.identity_file else _PASSWORD
        if wanted in {value for _, value in self.credential.options}:
            self.credential.value = wanted

    def ask(self, done: Done) -> None:
        """Check user and credential, and call ``done(user, identity_file, password)``; the password is not kept."""
        name = self.user.value.strip()
        by_password = self.credential.value == _PASSWORD
        self._fields["user"].show_problem("" if name else "Say as which user.")
        missing = by_password and not self.password.filled
        self._fields["password"].show_problem("Type the password." if missing else "")
        if not name or missing:
            return
        if by_password:
            self.password.request(functools.partial(_hand_over, done, name))
        else:
            done(name, Path(self.credential.value), None)

    def command_line(self) -> str:
        """Give the command, or say that there is none and give the empty text."""
        command = str(self.command.value).strip()
        self._fields["command"].show_problem("" if command else "Say what to run.")
        return command

    def _draw(self) -> None:
        show(self._fields["password"].widget, visible=self.credential.value == _PASSWORD)


def _hand_over(done: Done, name: str, secret: str) -> None:
    done(name, None, secret)


def _short(path: Path) -> str:
    home = Path.home()
    return f"~/{path.relative_to(home).as_posix()}" if path.is_relative_to(home) else str(path)
