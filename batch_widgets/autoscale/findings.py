"""Finding: what is wrong with a formula, and where."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING

from batch_widgets.texts import MOST_SHOWN, for_terminal

if TYPE_CHECKING:
    from batch_widgets.problems import Severity


@dataclass(frozen=True, slots=True)
class Finding:
    """Something in a formula that is wrong, or that deserves a second look.

    Parameters
    ----------
    message : str
        What is wrong and what to do, in a sentence.
    line, column : int
        Where it begins, both from 1.
    start, end : int
        Which characters it is about, as offsets from 0; they are equal where something is missing.
    severity : {"error", "warning"}
        An error blocks, a warning does not.
    """

    message: str
    line: int
    column: int
    start: int
    end: int
    severity: Severity = "error"

    @property
    def place(self) -> str:
        """Line and column in words."""
        return f"line {self.line}, column {self.column}"

    def __str__(self) -> str:
        return for_terminal(f"{self.severity}: {self.place}: {self.message}", MOST_SHOWN)


class Findings:
    """Collects what is found in a text.

    Parameters
    ----------
    text : str
        The formula.
    """

    def __init__(self, text: str) -> None:
        self._lines = [0, *(at + 1 for at, character in enumerate(text) if character == "\n")]
        self._found: list[Finding] = []

    def add(self, message: str, start: int, end: int, severity: Severity = "error") -> None:
        """Note something about some characters."""
        line = bisect_right(self._lines, start)
        self._found.append(Finding(message, line, start - self._lines[line - 1] + 1, start, end, severity))

    def sorted(self) -> tuple[Finding, ...]:
        """Give all findings in the order of the text."""
        return tuple(sorted(self._found, key=lambda finding: (finding.start, finding.end)))
