"""What `import batch_widgets` takes, against the packages that every notebook of this kind imports anyway."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

from results import Row, alternating, main, median, spread

if TYPE_CHECKING:
    from collections.abc import Iterator

RUNS = 15
HEAVY = ("azure", "aiohttp", "cryptography", "asyncssh")
OURS = "import batch_widgets"
BASE = "import ipywidgets, pandas"
NAMES = f"{OURS} as bw; bw.connect_demo, bw.NodePanel"


def rows() -> Iterator[Row]:
    """Measure row 7."""
    for code in (OURS, BASE, NAMES):  # what the first import of all writes and reads
        seconds(code)
    found = alternating(RUNS, ours=lambda: seconds(OURS), base=lambda: seconds(BASE), names=lambda: seconds(NAMES))
    ratio = median(found["ours"]) / median(found["base"])
    loaded = heavy(OURS)
    yield Row(
        7,
        f"`{OURS}`",
        f"`{BASE}`",
        "at most 1.2 times; azure, aiohttp, cryptography and asyncssh load when first needed",
        f"{spread(found['ours'])} s against {spread(found['base'])} s; loads {', '.join(loaded) or 'none of the four'}",
        ratio,
        ratio <= 1.2 and not loaded,
        {f"`{OURS}`, s": found["ours"], f"`{BASE}`, s": found["base"], f"`{NAMES}`, s": found["names"]},
        "Each in a new interpreter, timed in it, so without the start of the interpreter. With "
        f"`{NAMES.rpartition('; ')[2]}`, which a first cell goes on to name, it loads "
        f"{', '.join(heavy(NAMES)) or 'none of the four'}.",
    )


def seconds(code: str) -> float:
    """Return how long the code takes in a new interpreter."""
    timed = f"import time; began = time.perf_counter(); {code}; print(time.perf_counter() - began)"
    return float(python(timed))


def heavy(code: str) -> list[str]:
    """Return which of the heavy packages the code loads."""
    return python(f"{code}; import sys; print(*[one for one in {HEAVY!r} if one in sys.modules])").split()


def python(code: str) -> str:
    """Return what a new interpreter prints."""
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout


if __name__ == "__main__":
    main(rows)
