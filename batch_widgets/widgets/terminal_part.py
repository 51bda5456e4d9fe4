"""Terminals to nodes, in the cell: one is on show, and a row of names when there are several."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from batch_widgets.errors import BatchWidgetsError
from batch_widgets.texts import choice
from batch_widgets.widgets import lean, markup
from batch_widgets.widgets.controls import button, close_tree, content_of
from batch_widgets.widgets.lean import show
from batch_widgets.widgets.message import Message
from batch_widgets.widgets.terminal_view import TerminalView

if TYPE_CHECKING:
    from collections.abc import Callable

    import ipywidgets

    from batch_widgets.account import BatchAccount
    from batch_widgets.runner import Operation
    from batch_widgets.ssh.terminal import TerminalSession

_ENVIRONMENT_NOTE = "The AZ_BATCH_ variables belong to tasks; a login shell does not have them."


class Terminal(lean.VBox):
    """A terminal to one node: begins to connect when it is made.

    Parameters
    ----------
    account : BatchAccount
        Whose node.
    pool_id, node_id : str
        The node.
    **login
        As whom: the parameters of :meth:`BatchAccount.open_terminal`.
    """

    def __init__(self, account: BatchAccount, pool_id: str, node_id: str, **login: Any) -> None:
        self.node_id = node_id
        self._session: TerminalSession | None = None
        self.message = Message()
        self.view = TerminalView(title=f"{login['user']}@{node_id}", note=_ENVIRONMENT_NOTE)
        super().__init__((self.message, self.view))
        try:
            self.opening: Operation[TerminalSession] = account.open_terminal(
                pool_id, node_id, on_output=self.view.write, on_end=self._on_end, **login
            )
        except BaseException:  # a question for the password may have been interrupted
            close_tree(self)
            raise
        self.view.on_input(self._on_input)
        self.view.on_resize(self._on_resize)
        self.view.on_behind(lambda: self._hold_back(behind=True))
        self.view.on_drain(lambda: self._hold_back(behind=False))
        self.opening.add_done_callback(self._on_opened)

    def _on_opened(self, operation: Operation[TerminalSession]) -> None:
        if operation.cancelled():
            self._on_end("Not connected.")
            return
        error = operation.exception()
        if error is not None:
            self._show_error(error)
            return
        session = self._session = operation.result()
        if self.is_closed:  # asked last: who closes it asks for the session last
            session.close()
        elif not session.ended:
            self.view.detail = f"host key {session.host_key_fingerprint}"
            self.view.state = "connected"
            session.resize(self.view.columns, self.view.rows)
            self._hold_back(behind=self.view.is_behind)  # it may have fallen behind before there was a session
            self.view.focus_terminal()

    def _show_error(self, error: BaseException) -> None:
        if self.is_closed:
            return
        if isinstance(error, BatchWidgetsError):
            self.message.show("err", error.message, error.hint, markup.error_details(error))
        else:
            self.message.show("err", "The terminal could not be opened.", type(error).__name__)
        self.view.end("Not connected.")

    def _hold_back(self, *, behind: bool) -> None:
        """Let the node wait while the page draws what it has."""
        if self._session is not None:
            (self._session.pause if behind else self._session.resume)()

    def _on_end(self, reason: str) -> None:
        if not self.is_closed:
            self.view.end(reason)

    def _on_input(self, data: bytes) -> None:
        if self._session is not None:
            self._session.send(data)

    def _on_resize(self, columns: int, rows: int) -> None:
        if self._session is not None:
            self._session.resize(columns, rows)

    def close(self) -> None:
        """Close the terminal and its session."""
        super().close()
        if (opening := getattr(self, "opening", None)) is not None:  # None where it could not even begin
            opening.cancel()
        if self._session is not None:
            self._session.close()


class TerminalPart(lean.VBox):
    """The terminals of a panel.

    Parameters
    ----------
    guarded : callable
        Calls a handler so that its errors show.
    """

    def __init__(self, guarded: Callable[[Callable[[], object]], object]) -> None:
        self._guarded = guarded
        self._tabs = lean.HBox((), _dom_classes=("bw-bar",))
        self._stage = lean.VBox()
        super().__init__((self._tabs, self._stage))
        show(self, visible=False)

    @property
    def terminals(self) -> tuple[Terminal, ...]:
        """Those that were opened and not closed yet."""
        return tuple(one for one in content_of(self._stage) if isinstance(one, Terminal))

    def add(self, terminal: Terminal) -> None:
        """Show one more terminal."""

        def close() -> None:
            self._guarded(lambda: self.remove(terminal))

        terminal.view.on_close(close)
        self._stage.children = (*self.terminals, terminal)
        self._choose(terminal)

    def remove(self, terminal: Terminal) -> None:
        """Close a terminal and its session."""
        left = tuple(one for one in self.terminals if one is not terminal)
        self._stage.children = left
        close_tree(terminal)
        self._choose(left[-1] if left else None)

    def _choose(self, chosen: Terminal | None) -> None:
        for one in self.terminals:
            show(one, visible=one is chosen)
        old = content_of(self._tabs)
        tabs = [self._tab(one, chosen=one is chosen) for one in self.terminals] if len(self.terminals) > 1 else []
        self._tabs.children = tuple(tabs)
        for tab in old:
            close_tree(tab)
        show(self._tabs, visible=bool(tabs))
        show(self, visible=chosen is not None)

    def _tab(self, terminal: Terminal, *, chosen: bool) -> ipywidgets.Button:
        tab = button(_short(terminal.node_id), "bw-tab", title=choice(terminal.view.title))
        if chosen:
            tab.add_class("bw-current")
        tab.on_click(lambda _: self._guarded(lambda: self._choose(terminal)))
        return tab


def _short(node_id: str) -> str:
    return choice(node_id if len(node_id) <= 22 else f"{node_id[:12]}…{node_id[-9:]}")
