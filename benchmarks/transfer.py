"""What travels to the browser to open a widget, the first time in a page and again, and on which a slow line waits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lab import browsing
from results import Row, main, say
from services import service
from table_kinds import KINDS, OURS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lab import Book, Browsing

ROWS = 300
NODES = 100
BITS_PER_S = 1e6
MOST_CODE = 150_000
BUNDLE = b'"type": "bundle"'
SIZES = """
() => performance.getEntriesByType("resource")
    .filter(({ name }) => name.startsWith("http") && !name.includes("/api/"))
    .map(({ name, encodedBodySize }) => [name, encodedBodySize])
"""
GOAL = "front-end code under 150 kB, sent once per page, not once per grid"
CONNECT = """
import batch_widgets as bw
account = bw.connect({endpoint!r}, account_name="demo", account_key={key!r})
account.check()
"""
WIDGETS = {  # what to run, and what shows that it is there
    "SkuBrowser": ("bw.SkuBrowser(account)", ".bw-grid [data-key]"),
    "NodePanel": ('bw.NodePanel(account, "demo")', ".bw-grid [data-key]"),
    "PoolBuilder": ("bw.PoolBuilder(account)", ".bw"),
}


@dataclass(frozen=True)
class Opened:
    """What one opening took.

    Attributes
    ----------
    socket
        Bytes on the websocket to the page.
    http
        Bytes of code that was fetched besides.
    code
        Bytes of the messages with a bundle of ours.
    bundles
        How many of these there were.
    """

    socket: int
    http: int
    code: int
    bundles: int

    @property
    def all(self) -> int:
        """All bytes."""
        return self.socket + self.http

    def words(self) -> str:
        """Give the figures."""
        return f"{self.all / 1000:,.1f} kB ({self.all * 8 / BITS_PER_S:.2f} s at 1 Mbit/s)"


def rows() -> Iterator[Row]:
    """Measure row 10."""
    with browsing() as lab, service(NODES, speed="instant") as served:
        tables: dict[str, tuple[Opened, Opened]] = {}
        for kind in KINDS:
            tables[kind.name] = opened(lab, kind.setup(ROWS), kind.show, kind.where("22_04-lts-0"), kind.prefix)
            say(f"{kind.name}: {tables[kind.name][0].words()}")
        yield table_row(tables)
        for name, (code, there) in WIDGETS.items():
            setup = CONNECT.format(endpoint=served.endpoint, key=served.key)
            yield widget_row(name, *opened(lab, setup, code, {"row": there, "text": ""}))


def opened(lab: Browsing, setup: str, cell: str, where: dict[str, Any], prefix: str = "") -> tuple[Opened, Opened]:
    """Open a widget in a new page, and then again in the same."""
    with lab.book(setup, cell) as book:
        fetched = Fetched(book, prefix)
        first = once(book, fetched, where)
        return first, once(book, fetched, where)


def once(book: Book, fetched: Fetched, where: dict[str, Any]) -> Opened:
    """Run the cell, and tell what travelled until nothing does."""
    received = book.notebook.traffic.received
    before = len(received)
    book.run_cell(where)
    book.quiet()
    frames = [frame if isinstance(frame, bytes) else frame.encode() for frame in received[before:]]
    bundles = [len(frame) for frame in frames if BUNDLE in frame]
    return Opened(sum(map(len, frames)), fetched.take(), sum(bundles), len(bundles))


class Fetched:
    """Bytes of code that a page fetches by HTTP: an extension's since it was opened, and all from now on.

    What JupyterLab asks its server now and then, whether kernels run or files have changed, is left out.
    """

    def __init__(self, book: Book, prefix: str) -> None:
        self._page = book.page
        entries = self._read()
        self._seen = len(entries)
        self._bytes = sum(size for name, size in entries if prefix and prefix in name)

    def _read(self) -> list[tuple[str, int]]:
        entries: list[tuple[str, int]] = self._page.evaluate(SIZES)
        return entries

    def take(self) -> int:
        """Return how many since the last time."""
        entries = self._read()
        fresh, self._seen = entries[self._seen :], len(entries)
        total = self._bytes + sum(size for _, size in fresh)
        self._bytes = 0
        return int(total)


def table_row(tables: dict[str, tuple[Opened, Opened]]) -> Row:
    """Return the row of the three tables."""
    first, again = tables[OURS]
    best = min(one.all for name, (one, _) in tables.items() if name != OURS)
    figures = (
        f"{name} {opened_.words()}, again {opened_again.words()}" for name, (opened_, opened_again) in tables.items()
    )
    return Row(
        10,
        f"bytes to open a table of {ROWS} rows, the first in a page and again",
        "`ITable`, `DataGrid`",
        GOAL,
        "; ".join(figures),
        first.all / best,
        first.code <= MOST_CODE and first.bundles == 1 and again.bundles == 0,
        {
            f"{name}, {which}, {what}, bytes": [float(value)]
            for name, pair in tables.items()
            for which, one in zip(("first", "again"), pair, strict=True)
            for what, value in (("websocket", one.socket), ("HTTP", one.http))
        },
        f"Received by the page from the press on Run until nothing travels any more, rows included; seconds are "
        f"computed from the bytes. Our code came as {first.bundles} message of {first.code:,} bytes, and again as "
        f"{again.bundles}. That of ipydatagrid is an extension of JupyterLab, of which the part that is fetched while "
        "the page loads is counted too; that of `ITable` travels with each table.",
    )


def widget_row(name: str, first: Opened, again: Opened) -> Row:
    """Return the row of a widget of ours."""
    return Row(
        10,
        f"bytes to open a {name}, the first in a page and again",
        "-",
        GOAL,
        f"{first.words()}, of which {first.http / 1000:,.0f} kB are JupyterLab's code and {first.code / 1000:,.0f} kB "
        f"ours; again {again.words()}",
        None,
        first.code <= MOST_CODE and again.bundles == 0,
        {
            f"{which}, {what}": [float(value)]
            for which, one in (("first", first), ("again", again))
            for what, value in (
                ("websocket, bytes", one.socket),
                ("HTTP, bytes", one.http),
                ("our code, bytes", one.code),
                ("messages with our code", one.bundles),
            )
        },
        "What it shows is included" + (f", of {NODES} nodes. " if name == "NodePanel" else ". ") + "By HTTP comes "
        "JupyterLab's own code for the controls of ipywidgets, which it fetches once per page for whoever shows one.",
    )


if __name__ == "__main__":
    main(rows)
