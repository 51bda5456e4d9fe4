"""What the safety tests tried: kept with the test, held to the table of `docs/safety.md`, printed when a run ends."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "safety.md"
TESTS = ROOT / "tests"
"""Where the suite is: in `safety`, and where it needs JupyterLab with what drives that."""
PROPERTY = "safety"
"""Under this name a record travels with its test's report, also from the workers of pytest-xdist."""

_ROW = re.compile(r"^\| ([^|]+?) \| ([^|]+?) \| ([\d,]+) \| ([^|]+?) \|$", re.MULTILINE)


@dataclass
class Attempts:
    """What one test tried to break.

    Attributes
    ----------
    area
        Its name in the table of the page.
    cases
        How much was tried.
    through
        What got through, with as much as helps to mend it.
    figures
        Measured values to print, by name.
    """

    area: str
    cases: int = 0
    through: list[str] = field(default_factory=list)
    figures: dict[str, str] = field(default_factory=dict)

    def case(self, what: object, *, got_through: object) -> None:
        """Record one case; `got_through` is anything that is true if the product failed, and is shown then."""
        self.cases += 1
        if got_through:
            self.through.append(f"{what}: {got_through!r}"[:2000])

    def figure(self, name: str, value: object) -> None:
        """Record a measured value, to be printed at the end of the run."""
        self.figures[name] = str(value)

    def check(self) -> None:
        """Fail if something got through, or if the page tells another number of cases."""
        lines = "\n".join(f"  {line}" for line in self.through)
        assert not self.through, f"{len(self.through)} of {self.cases} got through:\n{lines}"
        told = page_rows().get(self.area)
        assert told is not None, f"{PAGE.name} has no row '{self.area}'; {self.cases} cases were tried"
        assert told == self.cases, f"{PAGE.name} tells {told} cases of '{self.area}'; {self.cases} were tried"


def page_rows(text: str | None = None) -> dict[str, int]:
    """Return how many cases the page tells of each area."""
    rows = _ROW.findall(PAGE.read_text(encoding="utf-8") if text is None else text)
    told = {area: int(cases.replace(",", "")) for area, _, cases, _ in rows}
    assert len(told) == len(rows), "an area has two rows"
    return told


def areas_of_tests() -> list[str]:
    """Return the areas that the marks of all safety tests name, those of slow tests too."""
    texts = (file.read_text(encoding="utf-8") for file in sorted(TESTS.rglob("test_*.py")))
    trees = (ast.parse(text) for text in texts if "pytest.mark.safety" in text)
    calls = (node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call))
    return [ast.literal_eval(call.args[0]) for call in calls if ast.unparse(call.func) == "pytest.mark.safety"]


class Summary:
    """Gathers the records of a run and prints them at its end."""

    def __init__(self) -> None:
        self._records: list[tuple[str, int, int, dict[str, str]]] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call":
            self._records += [record for name, record in report.user_properties if name == PROPERTY]

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if not self._records:
            return
        terminalreporter.section("safety: what was tried, and what got through")
        width = max(len(area) for area, *_ in self._records)
        terminalreporter.line(f"{'area':<{width}}  {'cases':>6}  {'through':>7}")
        for area, cases, through, figures in sorted(self._records):
            terminalreporter.line(f"{area:<{width}}  {cases:>6}  {through:>7}")
            for name, value in figures.items():
                terminalreporter.line(f"{'':<4}{name}: {value}")
        total, through = (sum(record[index] for record in self._records) for index in (1, 2))
        terminalreporter.line(f"{'all':<{width}}  {total:>6}  {through:>7}")
