"""Our grid against two other tables on the same frame in JupyterLab: until it is painted, refreshed, selected from."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from lab import browsing
from results import Row, main, median, say, spread
from table_kinds import CHANGED_COLUMN, IPYDATAGRID, ITABLES, KINDS, OURS, Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lab import Book, Browsing

RUNS = 5
SIZES = (300, 1_000, 10_000)
MOST = max(SIZES)
REFRESHES = 5
CLICKS = 4
FIRST_TEXT = "22_04-lts-0"
Figures = defaultdict[tuple[str, str, int], list[float]]
NOTES = (
    "Each run opens a notebook with a kernel, a page and a browser cache of its own; the three take turns. The kernel "
    "has imported the package and made the frame. From the press on Run until the frame after the one in which the "
    "first row's text is in the document or, for ipydatagrid, drawn on its canvas, looked for once per frame. "
    "`ITable` with `maxBytes=0`, or it would leave out rows, and `select=True`; `DataGrid` with `selection_mode='row'`."
)


def rows() -> Iterator[Row]:
    """Measure rows 4, 5 and 6."""
    found: Figures = defaultdict(list)
    with browsing() as lab:
        for run in range(RUNS):
            for size in SIZES:
                for kind in KINDS:
                    measure(lab, kind, size, run, found)
    for size in SIZES:
        yield painted(found, size)
    yield refreshed_bytes(found)
    yield refreshed(found)
    yield selected(found)


def measure(lab: Browsing, kind: Kind, size: int, run: int, found: Figures) -> None:
    """Take one run of one table with one number of rows."""
    where = kind.where(FIRST_TEXT)
    with lab.book(kind.setup(size), kind.show) as book:
        found["first", kind.name, size].append(book.run_cell(where))
        book.quiet()
        found["again", kind.name, size].append(book.run_cell(where))
        book.quiet()
        if size == MOST:
            refresh(book, kind, found)
            click(book, kind, found)
    say(f"run {run + 1}, {size:,} rows, {kind.name}: {found['first', kind.name, size][-1]:.0f} ms")


def refresh(book: Book, kind: Kind, found: Figures) -> None:
    """Show a frame of which 1 % of the rows have changed."""
    for number in range(REFRESHES):
        book.python(f"changed = change(frame, {number})")
        book.quiet()
        before = book.carried()
        found["refresh", kind.name, MOST].append(
            book.run_code(kind.refresh, kind.where(f"new {number}", CHANGED_COLUMN))
        )
        book.quiet()
        found["bytes", kind.name, MOST].append(book.carried() - before)


def click(book: Book, kind: Kind, found: Figures) -> None:
    """Select a row by the mouse."""
    book.python(kind.watch)
    for number in range(CLICKS):
        book.python("pressed.clear()")
        book.page.evaluate("(event) => benchClock.press(event)", kind.acts_on)
        book.page.mouse.click(*kind.place(book.page, number + 1))
        book.quiet()
        at = float(book.python("print(pressed[0])"))
        found["click", kind.name, MOST].append((at - float(book.page.evaluate("benchClock.pressed"))) * 1000)


def both(found: Figures, what: str, size: int) -> tuple[str, float]:
    """Return the three figures in words, and ours through the better of the others."""
    words = ", ".join(f"{kind.name} {spread(found[what, kind.name, size])}" for kind in KINDS)
    best = min(median(found[what, name, size]) for name in (ITABLES, IPYDATAGRID))
    return words, median(found[what, OURS, size]) / best


def raw(found: Figures, unit: str, size: int, *whats: str) -> dict[str, list[float]]:
    """Return what each run gave."""
    return {f"{what}, {kind.name}, {unit}": found[what, kind.name, size] for what in whats for kind in KINDS}


def painted(found: Figures, size: int) -> Row:
    """Return row 4 for one number of rows."""
    words, ratio = both(found, "first", size)
    again, ratio_again = both(found, "again", size)
    return Row(
        4,
        f"cell run to rows painted, {size:,} rows",
        "`itables.ITable`, `ipydatagrid.DataGrid`",
        "faster than both",
        f"{words} ms; the cell run again: {again} ms",
        ratio,
        ratio < 1 and ratio_again < 1,
        raw(found, "ms", size, "first", "again"),
        f"{NOTES if size == SIZES[0] else 'As above.'} The ratio is to the faster of the two; when the cell runs again "
        f"in the same page it is {ratio_again:.2f}.",
    )


def refreshed_bytes(found: Figures) -> Row:
    """Return row 5, the bytes."""
    words, ratio = both(found, "bytes", MOST)
    return Row(
        5,
        f"refresh with 1 % of {MOST:,} rows changed: bytes on the websocket, both ways",
        "`ITable.update(frame)`, `DataGrid.data = frame`",
        "at most a twentieth",
        f"{words} bytes",
        ratio,
        ratio <= 1 / 20,
        raw(found, "bytes", MOST, "bytes"),
        "100 rows have changed, in a text and a number each. The request that runs the code and what the kernel says "
        "about it are counted.",
    )


def refreshed(found: Figures) -> Row:
    """Return row 5, the time."""
    words, ratio = both(found, "refresh", MOST)
    return Row(
        5,
        f"refresh with 1 % of {MOST:,} rows changed: time until painted",
        "the same",
        "under 100 ms",
        f"{words} ms",
        ratio,
        median(found["refresh", OURS, MOST]) < 100,
        raw(found, "ms", MOST, "refresh"),
        "From the request to run the code, with the new frame in the kernel already, until the frame after the one "
        "in which the first row's new text is there. Ours includes making the rows from the frame.",
    )


def selected(found: Figures) -> Row:
    """Return row 6."""
    words, ratio = both(found, "click", MOST)
    return Row(
        6,
        f"click on one of {MOST:,} rows to the trait in Python",
        "`ITable.selected_rows`, `DataGrid.selections`",
        "no slower",
        f"{words} ms",
        ratio,
        ratio <= 1,
        raw(found, "ms", MOST, "click"),
        "From the event of the mouse that the table acts on (the release for ours and `ITable`, the press for "
        "`DataGrid`), by the page's `performance.timeOrigin` and `performance.now`, to the trait's observer in the "
        "kernel, by `time.time`: one machine, one clock.",
    )


if __name__ == "__main__":
    main(rows)
