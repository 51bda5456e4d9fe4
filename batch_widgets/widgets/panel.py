"""Panel: the frame that every widget has, and the one place where errors show."""

from __future__ import annotations

import contextlib
import difflib
import functools
import logging
from typing import TYPE_CHECKING, Any, TypeVar

import ipywidgets
from traitlets import default

from batch_widgets.errors import BatchWidgetsError, ClosedError
from batch_widgets.texts import one_line
from batch_widgets.widgets import lean, markup
from batch_widgets.widgets.controls import close_tree, content_of, html, row
from batch_widgets.widgets.frame import Frame
from batch_widgets.widgets.message import Message

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from batch_widgets.account import BatchAccount
    from batch_widgets.runner import Operation

T = TypeVar("T")

_log = logging.getLogger("batch_widgets")
_MOST_SAID = 500


def refuse_unknown(owner: str, given: Iterable[str], known: Iterable[str]) -> None:
    """Raise a TypeError that helps, if a widget is given an argument that it does not have."""
    names = sorted(known)
    for name in given:
        if name not in names:
            near = difflib.get_close_matches(name, names, 1)
            hint = f" Did you mean {near[0]!r}?" if near else f" It takes {', '.join(names) or 'the account only'}."
            raise TypeError(f"{owner} has no argument {name!r}.{hint}")


class Panel(lean.VBox):
    """A framed widget on an account: header, progress line, message, body.

    Handlers of clicks run through :meth:`on_click`, results of operations through :meth:`follow`, so that no error is
    lost: it shows in the panel's message.

    Parameters
    ----------
    account : BatchAccount
        The account that it works on.
    title : str
        Its heading.
    """

    def __init__(self, account: BatchAccount, title: str) -> None:
        self.account = account
        self.frame_piece = Frame()
        self._title = html(markup.heading(title))
        self._whose = html("")
        self._facts = html("", "bw-grow")
        self._actions = row("bw-actions")
        self._head = row("bw-head", self._title, self._whose, self._facts, self._actions)
        self._line = html(markup.progress_line(0.0), "bw-line")
        self.message = Message()
        self._busy: Operation[Any] | None = None
        self._under_way: set[Operation[Any]] = set()
        self._online: tuple[ipywidgets.Widget, ...] = ()
        super().__init__()
        self.add_class("bw")
        self._show_whose()
        account.add_close_callback(self._on_account_closed)

    def lay_out(
        self,
        *body: ipywidgets.Widget,
        actions: Sequence[ipywidgets.Widget] = (),
        online: Sequence[ipywidgets.Widget] = (),
    ) -> None:
        """Put the panel together; controls that need the account `online` are disabled once it is closed."""
        self._online = tuple(online)
        self._actions.children = tuple(actions)
        self.children = (self._head, self._line, self.message, *body, self.frame_piece)

    def show_facts(self, *parts: str) -> None:
        """Show pieces of HTML (made by :mod:`markup`) in the header."""
        self._facts.value = " ".join(part for part in parts if part)

    def _show_whose(self) -> None:
        if self.account.closed:
            self._whose.value = markup.pill("disconnected", "none")
        elif self.account.is_demo:
            self._whose.value = markup.span(
                "demo", "bw-demo", title="Simulated service on this machine. Nothing is charged."
            )
        else:
            self._whose.value = markup.muted(self.account.name)

    # handlers and operations

    def on_click(self, target: ipywidgets.Button, handler: Callable[[], object]) -> None:
        """Call `handler` on a click; it must return at once, and its errors show in the message."""
        target.on_click(lambda _: self.guarded(handler))

    def settled(self, handler: Callable[[], object]) -> Callable[..., None]:
        """Give a callback that calls `handler`, guarded, once all that was typed before has arrived here."""
        return lambda *_: self.frame_piece.settle(lambda: self.guarded(handler))

    def guarded(self, handler: Callable[[], object]) -> None:
        """Call a handler; its errors show in the message."""
        try:
            handler()
        except Exception as error:  # noqa: BLE001 (whatever it is, the user must see it)
            self.show_error(error)

    def follow(
        self,
        operation: Operation[T],
        done: Callable[[T], object],
        *,
        failed: Callable[[BaseException], object] | None = None,
        cancelled: Callable[[], object] | None = None,
        superseded: bool = True,
    ) -> Operation[T]:
        """Show that an operation runs; hand its result to `done` on the notifier thread.

        Of operations that can be `superseded`, such as loads, only the newest one counts.
        """
        if superseded:
            self._busy = operation
        self._under_way.add(operation)
        self._line.value = markup.progress_line(None)
        operation.add_done_callback(
            functools.partial(
                self._on_followed,
                done=done,
                failed=failed or self.show_error,
                cancelled=cancelled,
                superseded=superseded,
            )
        )
        return operation

    def _on_followed(
        self,
        operation: Operation[T],
        *,
        done: Callable[[T], object],
        failed: Callable[[BaseException], object],
        cancelled: Callable[[], object] | None,
        superseded: bool,
    ) -> None:
        self._under_way.discard(operation)
        if self.is_closed:
            return
        if not self._under_way:
            self._line.value = markup.progress_line(0.0)
        if superseded and self._busy is not operation:
            return
        if operation.cancelled():
            if cancelled is not None:
                self.guarded(cancelled)
            return
        error = operation.exception()
        if error is not None:
            failed(error)
        else:
            self.guarded(lambda: done(operation.result()))

    def show_error(self, error: BaseException, *, retry: Callable[[], object] | None = None) -> None:
        """Show an error: what happened, why, what to try."""
        if isinstance(error, ClosedError):
            self._on_account_closed()
        elif isinstance(error, BatchWidgetsError):
            actions = [("Try again", lambda: self.guarded(retry))] if retry is not None else []
            self.message.show("err", error.message, error.hint, markup.error_details(error), actions=actions)
            self.announce(error.message)
        else:
            _log.error("Unexpected error in a widget", exc_info=error)
            self.message.show(
                "err", "Something unexpected went wrong.", f"{type(error).__name__}. The log has the details."
            )

    def announce(self, text: str) -> None:
        """Tell it to a screen reader, politely."""
        self.frame_piece.announcement = one_line(text, _MOST_SAID)

    # life

    @default("layout")
    def _default_layout(self) -> ipywidgets.Layout:
        """Give a layout of its own: users set the width of what they see."""
        return ipywidgets.Layout()

    def _on_account_closed(self) -> None:
        self._show_whose()
        self._line.value = markup.progress_line(0.0)
        self.message.show("none", "The account was closed.", "Run bw.connect() and make a new widget to go on.")
        for control in self._online:
            control.disabled = True

    @contextlib.contextmanager
    def closed_on_error(self) -> Iterator[None]:
        """Close the widget if its construction fails, so that nothing of it stays behind."""
        try:
            yield
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close the widget with all that it is made of."""
        for child in content_of(self):
            close_tree(child)
        super().close()

    def __repr__(self) -> str:
        return one_line(f"<{type(self).__name__} on {self.account.name}>")
