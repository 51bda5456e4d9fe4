"""OperationView: an operation in a cell: what it does, how far it is, and a button to stop it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from batch_widgets.errors import BatchWidgetsError
from batch_widgets.widgets import lean, markup
from batch_widgets.widgets.controls import button, close_tree, content_of, html, row
from batch_widgets.widgets.frame import Frame
from batch_widgets.widgets.lean import show
from batch_widgets.widgets.message import Message

if TYPE_CHECKING:
    from collections.abc import Mapping

    from batch_widgets.runner import Operation

_WORDS = {"running": "under way", "done": "done", "failed": "failed", "cancelled": "stopped"}


class OperationView(lean.VBox):
    """Shows an operation and follows it.

    Parameters
    ----------
    operation : Operation
        What to show.
    cancel_text : str
        What the button says; what goes on at the service is never “cancelled”.
    framed : bool
        False inside another panel.
    """

    def __init__(self, operation: Operation[Any], *, cancel_text: str = "Stop following", framed: bool = True) -> None:
        self._operation = operation
        self._state = html("")
        self._seconds = html("", "bw-grow")
        self.cancel_button = button(cancel_text, title=operation.on_cancel)
        self.cancel_button.on_click(lambda _: operation.cancel())
        self._line = html(markup.progress_line(None), "bw-line")
        self._text = html("", "bw-body")
        self._message = Message()
        head = row("bw-head", html(markup.heading(operation.title)), self._state, self._seconds, self.cancel_button)
        super().__init__((head, self._line, self._text, self._message, *((Frame(),) if framed else ())))
        if framed:
            self.add_class("bw")
        operation.observe(self._on_change, ["status", "progress"])
        self._draw()

    def close(self) -> None:
        """Close the view with all that it is made of; the operation goes on."""
        for child in content_of(self):
            close_tree(child)
        super().close()

    def _on_change(self, _change: Mapping[str, Any]) -> None:
        if self.is_closed:
            self._operation.unobserve(self._on_change, ["status", "progress"])
            return
        self._draw()

    def _draw(self) -> None:
        operation = self._operation
        progress, status = operation.progress, operation.status
        running = status == "running"
        self._state.value = markup.pill(_WORDS[status], markup.status_hue(status))
        self._seconds.value = markup.muted(f"{operation.seconds:.0f} s")
        show(self.cancel_button, visible=running)
        show(self._line, visible=running)
        self._line.value = markup.progress_line(progress.fraction if progress.total else None)
        parts = [f"{progress.done} of {progress.total} {progress.unit}"] if progress.total > 1 else []
        parts += [progress.message] if progress.message else []
        text = f"<div>{markup.span(', '.join(parts))}</div>" if parts else ""
        self._text.value = text + (markup.state_bar(progress.counts) if progress.counts else "")
        if status == "failed":
            error = operation.exception()
            if isinstance(error, BatchWidgetsError):
                self._message.show("err", error.message, error.hint, markup.error_details(error))
            else:
                self._message.show("err", "Something unexpected went wrong.", type(error).__name__)
        elif status == "cancelled":
            self._message.show("none", "Stopped.", operation.on_cancel)
