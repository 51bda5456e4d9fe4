"""A row of the table, and the writing of `RESULTS.md`; what every benchmark shares."""

from __future__ import annotations

import argparse
import datetime as dt
import importlib.metadata
import json
import os
import platform
import re
import statistics
import subprocess
import sys
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

FOLDER = Path(__file__).resolve().parent
RESULTS = FOLDER / "RESULTS.md"
FINDINGS = "FINDINGS.md"
PACKAGES = (
    "batch_widgets", "aiohttp", "anywidget", "asyncssh", "azure-batch", "azure-core", "cryptography", "ipydatagrid",
    "ipykernel", "ipywidgets", "itables", "jupyterlab", "pandas", "playwright", "traitlets",
)  # fmt: skip
HEADER = """\
# Speed

Written by `make bench`, in one run on one machine; what the profiles showed is told in [Findings]({findings}).
A figure is a median with the least and the most in brackets. A ratio above 1 says that ours takes more of what the
row counts, unless the row says otherwise.
"""


@dataclass(frozen=True)
class Row:
    """One thing that was measured against another.

    Attributes
    ----------
    number
        The row of the list of goals; several rows may share it, one for each size for example.
    work
        What is done.
    against
        What it is compared with.
    goal
        In words.
    measured
        What came out, in words and figures with units.
    ratio
        Ours through theirs, or None where there is nothing to compare with.
    met
        Whether the goal is met, or None where there is none.
    raw
        By name with its unit, what each run gave.
    notes
        What a reader has to know to believe it: what was left out, scaled or started when.
    """

    number: int
    work: str
    against: str
    goal: str
    measured: str
    ratio: float | None = None
    met: bool | None = None
    raw: dict[str, list[float]] = field(default_factory=dict)
    notes: str = ""


def median(values: Sequence[float]) -> float:
    """Return the median."""
    return statistics.median(values)


def spread(values: Sequence[float]) -> str:
    """Give the median with the least and the most, in three significant figures or whole numbers."""
    middle, least, most = (_figure(value) for value in (statistics.median(values), min(values), max(values)))
    return f"{middle} ({least} to {most})" if len(values) > 1 else middle


def _figure(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def alternating(runs: int, **measures: Callable[[], float]) -> dict[str, list[float]]:
    """Measure each in turn, and all of them again, so that a machine that slows down slows all of them.

    Parameters
    ----------
    runs
        How often each is measured.
    measures
        By name, what returns one figure.

    Returns
    -------
    dict
        By name, the figures in the order of the runs.
    """
    found: dict[str, list[float]] = {name: [] for name in measures}
    for _ in range(runs):
        for name, measure in measures.items():
            found[name].append(measure())
    return found


def main(rows: Callable[[], Iterator[Row]]) -> None:
    """Measure the rows of one module and print them, or write them as JSON to the file that `--json` names."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--json", type=Path, help="write the rows here instead of printing them")
    options = parser.parse_args()
    found: list[Row] = []
    for row in rows():
        found.append(row)
        say(f"row {row.number}, {row.work}: {row.measured}")
        if options.json:  # after each row, so that a module that fails later keeps what it had
            options.json.write_text(json.dumps([asdict(one) for one in found]), encoding="utf-8")
    if not options.json:
        print("\n".join(tables(found)))


def read(path: Path) -> list[Row]:
    """Return the rows that `main` wrote."""
    return [Row(**entry) for entry in json.loads(path.read_text(encoding="utf-8"))]


def say(text: str) -> None:
    """Tell how far it is, without mixing into what is printed as the result."""
    print(f"   {text}", file=sys.stderr, flush=True)


def write(rows: Iterable[Row], failed: Sequence[str], seconds: float) -> None:
    """Write `RESULTS.md`."""
    RESULTS.write_text(document(rows, failed, seconds), encoding="utf-8", newline="\n")


def document(rows: Iterable[Row], failed: Sequence[str] = (), seconds: float = 0.0) -> str:
    """Return the whole page."""
    parts = [
        HEADER.format(findings=FINDINGS),
        *tables(sorted(rows, key=lambda row: row.number)),
        "",
        *_setting(seconds),
    ]
    if failed:
        parts += ["", "## Failed", "", "These ended with an error and gave no further rows:", ""]
        parts += [f"- `{name}`" for name in failed]
    return "\n".join(parts) + "\n"


def tables(rows: Iterable[Row]) -> Iterator[str]:
    """Give the lines of the table of rows, and of the raw figures."""
    rows = list(rows)
    yield "| # | work | against | goal | measured | ratio | met |"
    yield "|---|---|---|---|---|---|---|"
    for row in rows:
        met = {True: "yes", False: "**no**", None: "-"}[row.met]
        ratio = "-" if row.ratio is None else f"{row.ratio:.3g}"
        yield _line(str(row.number), row.work, row.against, row.goal, row.measured, ratio, met)
    yield ""
    yield "## Notes and raw figures"
    for row in rows:
        yield ""
        yield f"**{row.number}. {row.work}**" + (f". {row.notes}" if row.notes else "")
        if row.raw:
            yield ""
            yield "| figure | median | least | most | runs |"
            yield "|---|---|---|---|---|"
        for name, values in row.raw.items():
            cells = (_figure(value) for value in (statistics.median(values), min(values), max(values)))
            yield _line(name, *cells, str(len(values)))


def _line(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |"


def _setting(seconds: float) -> Iterator[str]:
    yield "## Measured on"
    yield ""
    yield "| | |"
    yield "|---|---|"
    for name, value in setting(seconds).items():
        yield _line(name, value)


def setting(seconds: float) -> dict[str, Any]:
    """Tell machine, versions, commit and date."""
    versions = {name: _version(name) for name in PACKAGES}
    return {
        "date": dt.datetime.now(dt.UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "commit": _commit(),
        "took": f"{seconds / 60:.0f} minutes; load average at the end {_load()}",
        "machine": f"{_cpu()}, {os.cpu_count()} cores, {_memory()} of memory",
        "system": f"{platform.system()} {platform.release()}",
        "Python": f"{platform.python_implementation()} {platform.python_version()}",
        "packages": ", ".join(f"{name} {version}" for name, version in versions.items() if version),
    }


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _commit() -> str:
    def git(*arguments: str) -> str:
        command = ["git", *arguments]
        return subprocess.run(command, cwd=FOLDER, capture_output=True, text=True, check=True).stdout.strip()

    try:
        changed = git("status", "--porcelain", "--untracked-files=no", "--", ":!benchmarks/RESULTS.md")
        return git("rev-parse", "--short=12", "HEAD") + (" with uncommitted changes" if changed else "")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def _load() -> str:
    return f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"


def _cpu() -> str:
    info = Path("/proc/cpuinfo")
    found = re.search(r"^model name\s*:\s*(.+)$", info.read_text(), re.MULTILINE) if info.is_file() else None
    return found[1] if found else platform.processor() or platform.machine()


def _memory() -> str:
    if not hasattr(os, "sysconf"):
        return "unknown size"
    return f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.1f} GiB"
