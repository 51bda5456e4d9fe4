"""How much stands in the page of a node panel when the pool grows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lab import browsing
from results import Row, main, say
from services import service

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lab import Browsing

SIZES = (100, 1_000, 10_000)
SETUP = """
import batch_widgets as bw
account = bw.connect({endpoint!r}, account_name="demo", account_key={key!r})
account.check()
"""
CELL = 'panel = bw.NodePanel(account, "demo")\npanel'
READ_S = 600.0
COUNT = """
() => {
    const panel = document.querySelector(".jp-OutputArea .bw");
    return [panel.querySelectorAll("*").length, panel.querySelectorAll("[role=row]").length];
}
"""


def rows() -> Iterator[Row]:
    """Measure the part of row 11 that a page shows."""
    found: dict[int, tuple[int, int]] = {}
    with browsing() as lab:
        for size in SIZES:
            found[size] = elements(lab, size)
            say(f"{size:,} nodes: {found[size][0]} elements")
    counts = [count for count, _ in found.values()]
    yield Row(
        11,
        "elements in the page of a `NodePanel` with 100, 1,000 and 10,000 nodes",
        "itself with 100",
        "constant",
        ", ".join(f"{count:,} ({drawn} rows)" for count, drawn in found.values()),
        counts[-1] / counts[0],
        max(counts) <= counts[0] * 1.05,
        {f"elements, {size:,} nodes": [float(count)] for size, (count, _) in found.items()},
        "Counted in the panel once all addresses are read; the last digits differ by the buttons in the cells.",
    )


def elements(lab: Browsing, size: int) -> tuple[int, int]:
    """Return how many elements and how many rows there are."""
    with service(size, speed="instant") as served:
        setup = SETUP.format(endpoint=served.endpoint, key=served.key)
        with lab.book(setup, CELL) as book:
            book.run_cell({"row": ".bw-grid [data-key]", "text": ""})
            book.python(f"panel._load.result({READ_S}); account.runner.drain()")
            book.quiet()
            count, drawn = book.page.evaluate(COUNT)
            book.python("panel.close(); account.close()")
            return int(count), int(drawn)


if __name__ == "__main__":
    main(rows)
