"""CommandPart: what a command gave on many nodes: a row each, and the whole output of the one that is picked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from batch_widgets.texts import one_line
from batch_widgets.widgets import lean, markup
from batch_widgets.widgets.controls import button, html, row
from batch_widgets.widgets.grid import Column, Grid
from batch_widgets.widgets.lean import show

if TYPE_CHECKING:
    import pandas as pd

    from batch_widgets.runner import Operation

_COLUMNS = (
    Column("node_id", "Node", kind="mono", width=168, cut="middle"),
    Column("exit_status", "Exit status", kind="pill", width=96, filter="choice"),
    Column("seconds", "Seconds", kind="number", width=84, drop=0),
    Column("stdout", "stdout", kind="mono", width=200, grow=True),
    Column("stderr", "stderr", kind="mono", width=140, grow=True, drop=1),
)
_SHOWN_CHARACTERS = 20_000
_CELL_CHARACTERS = 200


class CommandPart(lean.VBox):
    """Hidden until a command has run."""

    def __init__(self) -> None:
        self.title = html("", "bw-grow")
        self.stop_button = button("Stop")
        self.close_button = button("", "bw-icon", title="Close", icon="times")
        self.grid = Grid(_COLUMNS, row_label="node", selection="single", height=220)
        self.output = html("", "bw-pad")
        self.hint = html("", "bw-foot-hint")
        self._operation: Operation[Any] | None = None
        self._command = ""
        self._records: dict[str, dict[Any, Any]] = {}
        super().__init__(
            (row("bw-bar", self.title, self.stop_button, self.close_button), self.grid, self.output, self.hint)
        )
        self.add_class("bw-outcomes")
        self.close_button.on_click(lambda _: show(self, visible=False))
        self.stop_button.on_click(lambda _: self._stop())
        self.grid.observe(lambda change: self._show_output(change["new"]), "selected")
        show(self, visible=False)

    def follow(self, operation: Operation[pd.DataFrame], command: str) -> None:
        """Show that a command runs; call :meth:`show_results` once it has ended."""
        self._operation, self._command = operation, command
        self._records = {}
        self.grid.set_rows([])
        self.grid.empty_text = "Nodes show here when the command has ended on all of them."
        self.output.value = ""
        self._show_hint("")
        show(self.output, visible=False)
        show(self.stop_button, visible=True)
        show(self, visible=True)

        def draw(_change: object = None) -> None:
            if self._operation is operation and not operation.done() and not self.is_closed:
                progress = operation.progress
                words = f"{progress.done} of {progress.total} nodes" if progress.total else progress.message
                self.title.value = f"{markup.mono(command)} {markup.muted(words)}"

        operation.observe(draw, "progress")
        draw()

    def show_results(self, operation: Operation[pd.DataFrame], frame: pd.DataFrame, hint: str) -> None:
        """Show what the command gave: failures first, then by node."""
        if operation is not self._operation:
            return  # another command runs by now
        self._operation = None
        records = frame.to_dict("records")
        self._records = {str(record["node_id"]): record for record in records}
        rows = sorted((_row(record) for record in records), key=lambda one: one["exit_status"]["hue"] == "ok")
        good = sum(one["exit_status"]["hue"] == "ok" for one in rows)
        bad = len(rows) - good
        pills = [markup.pill(f"{good} ok", "ok")] if good else []
        pills += [markup.pill(f"{bad} failed", "err")] if bad else []
        words = f"of {len(rows)}, in {operation.seconds:.1f} s" + (", stopped" if operation.cancelled() else "")
        self.title.value = " ".join([markup.mono(self._command), *pills, markup.muted(words)])
        self.grid.empty_text = "There was no node to run it on."
        self.grid.set_rows(rows)
        self._show_hint(hint)
        show(self.stop_button, visible=False)
        if rows:
            self.grid.selected = (rows[0]["key"],)

    def forget_hint(self) -> None:
        """Say no more where the table is in Python: another one is there now."""
        self._show_hint("")

    def _show_hint(self, hint: str) -> None:
        self.hint.value = f"{markup.muted('The next cell has this table as')} {markup.mono(hint)}" if hint else ""
        show(self.hint, visible=bool(hint))

    def hide(self) -> None:
        """Take it away; a command that runs goes on."""
        self._operation = None
        show(self, visible=False)

    def _show_output(self, selected: tuple[str, ...]) -> None:
        record = self._records.get(selected[0]) if selected else None
        parts = []
        if record is not None:
            parts = [("error", record["error"]), ("stdout", record["stdout"]), ("stderr", record["stderr"])]
        self.output.value = "".join(
            f"{markup.muted(name)}{markup.code_block(_end(str(text)))}" for name, text in parts if text
        )
        show(self.output, visible=bool(self.output.value))

    def _stop(self) -> None:
        if self._operation is not None:
            self._operation.cancel()


def _row(record: dict[Any, Any]) -> dict[str, Any]:
    return {
        "key": record["node_id"],
        "node_id": record["node_id"],
        "exit_status": _status(record),
        "seconds": None if _is_missing(record["seconds"]) else round(float(record["seconds"]), 2),
        "stdout": _first_line(record["stdout"]),
        "stderr": _first_line(record["stderr"] or record["error"]),
    }


def _status(record: dict[Any, Any]) -> dict[str, Any]:
    status = record["exit_status"]
    if _is_missing(status):
        return {"text": "no status", "hue": "err", "title": record["error"]}
    return {"text": str(status), "hue": "ok" if status == 0 else "err", "sort": int(status)}


def _is_missing(value: Any) -> bool:
    import pandas as pd

    return bool(pd.isna(value))


def _first_line(text: str) -> str | None:
    line = str(text).strip().split("\n", 1)[0]
    return one_line(line[:_CELL_CHARACTERS]) or None


def _end(text: str) -> str:
    if len(text) <= _SHOWN_CHARACTERS:
        return text
    return f"… the first {len(text) - _SHOWN_CHARACTERS:,} characters are left out here\n{text[-_SHOWN_CHARACTERS:]}"
