"""What opening the pool builder in JupyterLab costs: time until it shows, and bytes sent to the browser.

    python benchmarks/pool_builder.py [--runs 9]

In real JupyterLab and Chromium, as the browser tests start them, on an embedded service. The code that all widgets
share is on the page already, the package imported. Medians of the runs; each opens a builder of its own.
"""

from __future__ import annotations

import argparse
import platform
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "browser"))

from conftest import CHROMIUM_ARGS, Notebook, find_chromium, serve_lab  # type: ignore[import-not-found]
from playwright.sync_api import sync_playwright

CONNECT = "import batch_widgets as bw\naccount = bw.connect_demo(nodes=0)\nfirst = bw.PoolBuilder(account)\nfirst"
OPEN = "builder = bw.PoolBuilder(account)\nbuilder"


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--runs", type=int, default=9)
    runs = parser.parse_args().runs
    seconds: list[float] = []
    sent: list[int] = []
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        root = Path(folder, "notebooks")
        root.mkdir()
        with serve_lab(Path(folder), root) as lab:
            browser = playwright.chromium.launch(executable_path=find_chromium(), args=CHROMIUM_ARGS)
            book = Notebook(lab, browser.new_page(), "benchmark")
            book.open(CONNECT, *[OPEN] * runs)
            book.run(0, "text=Create pool")
            for index in range(1, runs + 1):
                before = book.traffic.received_bytes
                started = time.perf_counter()
                book.run(index, "text=Create pool")
                seconds.append(time.perf_counter() - started)
                book.python("account.runner.drain()")
                sent.append(book.traffic.received_bytes - before)
            browser.close()
            lab.end_kernels()
    print(f"{platform.system()} {platform.machine()}, Python {platform.python_version()}, {runs} runs")
    print(f"until it shows  {statistics.median(seconds):6.2f} s   ({min(seconds):.2f} to {max(seconds):.2f})")
    print(
        f"sent            {statistics.median(sent) / 1000:6.0f} kB  ({min(sent) / 1000:.0f} to {max(sent) / 1000:.0f})"
    )


if __name__ == "__main__":
    main()
