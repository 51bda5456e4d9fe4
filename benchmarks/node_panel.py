"""What the kernel's side of a node panel takes with many nodes.

    python benchmarks/node_panel.py [--nodes 10000] [--runs 3]

How long until nodes are on show and until the last address is read; how long reading and drawing anew keep the
interpreter, when nothing has changed and when one node has; what a selection of all takes. The service runs in a
process of its own. Medians of the runs, each with a service and a panel of its own. It takes the extra ``ssh``.

What the page does meanwhile is printed by the browser's test:

    python -m pytest tests/browser/test_node_panel_many.py -s
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import subprocess
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import batch_widgets as bw
from batch_widgets.demo import DemoService

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Figures = dict[str, float]
STARTED_S = 600.0


class Service:
    """An embedded service in a process of its own."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.endpoint, self.key = self._read().split()

    def _read(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline()

    def break_node(self, node_id: str) -> None:
        """Let a node become unusable."""
        assert self._process.stdin is not None
        print(node_id, file=self._process.stdin, flush=True)
        self._read()


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--nodes", type=int, default=10_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        serve(options.nodes)
        return
    runs = [run(options.nodes) for _ in range(options.runs)]
    print(
        f"{platform.python_implementation()} {platform.python_version()}, {os.cpu_count()} cores, "
        f"{options.nodes} nodes, medians of {options.runs} runs\n\n| what | seconds |\n|---|---|"
    )
    for name in runs[0]:
        values = [one[name] for one in runs]
        print(f"| {name} | {statistics.median(values):.2f} ({min(values):.2f} to {max(values):.2f}) |")


def run(nodes: int) -> Figures:
    """Return the figures of one run."""
    with (
        service(nodes) as served,
        bw.connect(served.endpoint, account_name="demo", account_key=served.key) as account,
    ):
        account.check()
        began, figures = time.perf_counter(), Figures()
        panel = bw.NodePanel(account, "demo")
        _ = panel.model_id
        panel.on_read(lambda: figures.setdefault("nodes on show", time.perf_counter() - began))
        reading = panel._load  # noqa: SLF001
        reading.result(STARTED_S)
        figures["all addresses read"] = time.perf_counter() - began
        view = reading.result()

        def read_again() -> None:
            nonlocal view
            view = account.runner.submit("Read", lambda _: panel._read()).result(STARTED_S)  # noqa: SLF001

        def draw() -> None:
            panel._show_view(view)  # noqa: SLF001

        draw()
        figures["reading anew"] = seconds(read_again)
        figures["drawing, nothing has changed"] = seconds(draw)
        served.break_node(view.nodes[nodes // 2].id)
        read_again()
        figures["drawing, one node has changed"] = seconds(draw)
        ids = tuple(node.id for node in view.nodes)
        figures["selecting all"] = seconds(lambda: setattr(panel, "selected", ids))
        figures["drawing, all selected"] = seconds(draw)
        panel.close()
        return figures


def seconds(act: Callable[[], object]) -> float:
    """Return how long it takes."""
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


@contextmanager
def service(nodes: int) -> Iterator[Service]:
    """Run a service."""
    command = [sys.executable, __file__, "--serve", "--nodes", str(nodes)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield Service(process)
        assert process.stdin is not None
        process.stdin.close()


def serve(nodes: int) -> None:
    """Serve until the standard input ends; each line of it names a node that breaks."""
    with DemoService(nodes=nodes, speed="instant", max_ssh_listeners=nodes) as served:
        print(served.endpoint, served.account_key, flush=True)
        for line in sys.stdin:
            served.break_node("demo", line.strip())
            print("broken", flush=True)


if __name__ == "__main__":
    main()
