"""PoolChecks: what is wrong with a pool, with the way to each field, and what is in order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batch_widgets.widgets import lean, markup
from batch_widgets.widgets.controls import button, column, html
from batch_widgets.widgets.lean import show

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    import ipywidgets

    from batch_widgets.problems import Problem


class PoolChecks(lean.VBox):
    """A list of checks.

    Parameters
    ----------
    label_of : callable
        Gives what the form calls a field.
    go_to : callable
        Moves the focus to a field.
    """

    def __init__(self, label_of: Callable[[str], str], go_to: Callable[[str], object]) -> None:
        self._label_of = label_of
        self._go_to = go_to
        self._fields: list[str] = []
        self._rows: list[ipywidgets.VBox] = []
        self._good = html("", "bw-checks")
        super().__init__((self._good,))
        self.add_class("bw-checks")

    @property
    def text(self) -> str:
        """What it says, as HTML."""
        shown = [row.children[0].value for row in self._rows if row.layout.display != "none"]
        return "".join((*shown, self._good.value))

    def show_checks(self, problems: Sequence[Problem], good: Iterable[tuple[str, str]]) -> None:
        """Show problems first, each with a button that leads to its field; then what is in order."""
        self._fields = [problem.field for problem in problems]
        if len(self._rows) < len(problems):
            self._rows += [self._row(index) for index in range(len(self._rows), len(problems))]
            self.children = (*self._rows, self._good)
        for row, problem in zip(self._rows, problems, strict=False):
            hue = "err" if problem.severity == "error" else "warn"
            row.children[0].value = markup.check_line(hue, self._label_of(problem.field), problem.message)
        for index, row in enumerate(self._rows):
            show(row, visible=index < len(problems))
        lines = [markup.check_line("ok", "", sentence, detail) for sentence, detail in good]
        if not problems:
            lines.insert(0, markup.check_line("ok", "", "Nothing is wrong with this pool."))
        self._good.value = "".join(lines)

    def _row(self, index: int) -> ipywidgets.VBox:
        """Give a line with its button; lines are made once and used again, for somebody may be typing."""
        link = button("Go to field", "bw-link")
        link.on_click(lambda _: self._go_to(self._fields[index]))
        return column("bw-check-row", html(""), link)
