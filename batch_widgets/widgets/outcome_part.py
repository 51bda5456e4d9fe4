"""OutcomePart: what came of a call on many nodes, one row per node asked for."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from batch_widgets.widgets import lean, markup
from batch_widgets.widgets.controls import button, close_tree, content_of, html, row
from batch_widgets.widgets.grid import Column, Grid
from batch_widgets.widgets.lean import show

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import pandas as pd

    from batch_widgets.runner import Operation

_COLUMNS = (
    Column("node_id", "Node", kind="mono", width=168, cut="middle"),
    Column("outcome", "Outcome", kind="pill", width=110, filter="choice"),
    Column("error_code", "Code", width=150, drop=0),
    Column("message", "What it means", width=240, grow=True),
)
# failures first; what is not named here is a failure
_HUES = {
    "exists": "warn",
    "skipped": "none",
    "not reached": "none",
    "absent": "none",
    "deleted": "ok",
    "updated": "ok",
    "added": "ok",
    "done": "ok",
    "ok": "ok",
}
_ORDER = tuple(_HUES)
_BUTTONS = 2

Action = tuple[str, "Callable[[], object]"]


class OutcomePart(lean.VBox):
    """How far a call on many nodes is, and once it has ended how it went on each, failures first.

    Parameters
    ----------
    operation : Operation
        The call.
    name : str
        Of what: the user, or the action.
    guarded : callable
        Calls a handler so that its errors show.
    """

    def __init__(self, operation: Operation[Any], name: str, guarded: Callable[[Callable[[], object]], object]) -> None:
        self.operation = operation
        self.name = name
        self.title = html("", "bw-grow")
        self.stop_button = button("Stop", title=operation.on_cancel)
        self.buttons = tuple(button("") for _ in range(_BUTTONS))
        self.close_button = button("", "bw-icon", title="Close", icon="times")
        self.grid = Grid(_COLUMNS, row_label="node", selection="none", height=150)
        self.hint = html("", "bw-foot-hint")
        self._handlers: list[Callable[[], object]] = []
        bar = row("bw-bar", self.title, self.stop_button, *self.buttons, self.close_button)
        super().__init__((bar, self.grid, self.hint))
        self.add_class("bw-outcomes")
        self.stop_button.on_click(lambda _: operation.cancel())
        for number, one in enumerate(self.buttons):
            one.on_click(lambda _, number=number: guarded(self._handlers[number]))
        for part in (*self.buttons, self.close_button, self.grid, self.hint):
            show(part, visible=False)
        operation.observe(self._draw_progress, "progress")
        self._draw_progress()

    def _draw_progress(self, _change: object = None) -> None:
        if not self.is_closed and not self.operation.done():
            self.title.value = _running_words(self.name, self.operation)

    def show_outcomes(self, frame: pd.DataFrame, actions: Sequence[Action] = (), hint: str = "") -> None:
        """Show how it went on each node; the operation has ended, in whatever way.

        Parameters
        ----------
        frame : pandas.DataFrame
            ``node_id``, ``outcome``, ``message`` and perhaps ``error_code``.
        actions : sequence of (str, callable)
            Buttons for what to do next, at most two; the first is the one to press.
        hint : str
            Where the table is in Python.
        """
        operation = self.operation
        operation.unobserve(self._draw_progress, "progress")
        counts = {str(word): int(count) for word, count in frame["outcome"].value_counts().items()}
        pills = [markup.pill(f"{counts[one]} {one}", hue_of(one)) for one in sorted(counts, key=_place, reverse=True)]
        words = f"of {len(frame)}, in {operation.seconds:.1f} s"
        if operation.cancelled():
            words += f", stopped. {operation.on_cancel}"
        self.title.value = " ".join([markup.span(self.name, "bw-strong"), *pills, markup.muted(words)])
        self.grid.empty_text = "There was no node to do it on."
        self.grid.set_rows(_rows(frame))
        self._show_hint(hint)
        self._handlers = [handler for _, handler in actions]
        for number, one in enumerate(self.buttons):
            one.description = actions[number][0] if number < len(actions) else ""
            (one.add_class if number == 0 else one.remove_class)("bw-primary")
            show(one, visible=number < len(actions))
        show(self.stop_button, visible=False)
        for part in (self.close_button, self.grid):
            show(part, visible=True)

    def forget_hint(self) -> None:
        """Say no more where the table is in Python: another one is there now."""
        self._show_hint("")

    def _show_hint(self, hint: str) -> None:
        self.hint.value = f"{markup.muted('The next cell has this table as')} {markup.mono(hint)}" if hint else ""
        show(self.hint, visible=bool(hint))


class OutcomeParts(lean.VBox):
    """The calls that are under way, and the last one that ended.

    Parameters
    ----------
    guarded : callable
        Calls a handler so that its errors show.
    """

    def __init__(self, guarded: Callable[[Callable[[], object]], object]) -> None:
        self._guarded = guarded
        self._changing = threading.RLock()  # calls begin on the main thread and end on the notifier
        super().__init__()

    @property
    def parts(self) -> tuple[OutcomePart, ...]:
        """The newest first."""
        return tuple(part for part in content_of(self) if isinstance(part, OutcomePart))

    def begin(self, operation: Operation[Any], name: str) -> OutcomePart:
        """Show an operation in the place of those that have ended."""
        part = OutcomePart(operation, name, self._guarded)
        part.close_button.on_click(lambda _: self.remove(part))
        with self._changing:
            ended = [one for one in self.parts if one.operation.done()]
            self.children = (part, *(one for one in self.parts if one not in ended))
        for one in ended:
            close_tree(one)
        return part

    def remove(self, part: OutcomePart) -> None:
        """Take one away; its operation goes on."""
        with self._changing:
            self.children = tuple(one for one in self.parts if one is not part)
        close_tree(part)

    def forget_hints(self) -> None:
        """Say of none any more where its table is in Python."""
        for part in self.parts:
            part.forget_hint()

    def clear(self) -> None:
        """Take all away; their operations go on."""
        for part in self.parts:
            self.remove(part)


def hue_of(outcome: str) -> str:
    """Give the hue of an outcome."""
    return _HUES.get(outcome, "err")


def _place(outcome: str) -> int:
    return _ORDER.index(outcome) if outcome in _ORDER else -1


def _rows(frame: pd.DataFrame) -> list[Mapping[str, Any]]:
    columns = {name: frame[name] for name in ("node_id", "outcome", "error_code", "message") if name in frame}
    records = (dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True))
    rows = [
        {
            "key": record["node_id"],
            "node_id": record["node_id"],
            "outcome": {"text": record["outcome"], "hue": hue_of(record["outcome"])},
            "error_code": record.get("error_code") or None,
            "message": record["message"] or None,
        }
        for record in records
    ]
    return sorted(rows, key=lambda row: _place(row["outcome"]["text"]))


def _running_words(name: str, operation: Operation[Any]) -> str:
    progress = operation.progress
    counts = [markup.pill(f"{count} {outcome}", hue_of(outcome)) for outcome, count in progress.counts.items()]
    far = f"{progress.done} of {progress.total}" if progress.total else ""
    words = ", ".join(part for part in (far, progress.message) if part)
    return " ".join([markup.span(name, "bw-strong"), *counts, markup.muted(words)])
