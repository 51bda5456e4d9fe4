"""How long it takes from `connect_demo()` to the first answer, in a new interpreter."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

from results import Row, alternating, main, median, spread

if TYPE_CHECKING:
    from collections.abc import Iterator

RUNS = 11
TIMED = """
import time
import batch_widgets as bw
began = time.perf_counter()
account = bw.connect_demo()
{ask}
print(time.perf_counter() - began)
account.close()
"""
FIRST = "account.list_pools()"
SHOWN = "panel = bw.NodePanel(account, 'demo'); len(panel.frame)"


def rows() -> Iterator[Row]:
    """Measure row 8."""
    for ask in (FIRST, SHOWN):
        seconds(ask)  # what the first import of all writes and reads
    found = alternating(RUNS, first=lambda: seconds(FIRST), shown=lambda: seconds(SHOWN))
    yield Row(
        8,
        "`connect_demo()` to the first answer",
        "-",
        "under 1 s",
        f"{spread(found['first'])} s",
        None,
        median(found["first"]) < 1,
        {
            "until pools are listed, s": found["first"],
            "until a `NodePanel` has its nodes with their addresses, s": found["shown"],
        },
        "In a new interpreter each time, which has imported `batch_widgets` and nothing that it loads when first "
        "needed: the SDK, aiohttp and the service are loaded within the time.",
    )


def seconds(ask: str) -> float:
    """Return how long it takes until there is an answer."""
    command = [sys.executable, "-c", TIMED.format(ask=ask)]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


if __name__ == "__main__":
    main(rows)
