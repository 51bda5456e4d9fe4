"""How time and memory of the kernel's side grow with a pool: 100, 1,000 and 10,000 nodes.

The account's calls, and a node panel without a page: until its nodes and their addresses are on show, reading and
drawing anew when nothing and when one node has changed, selecting all. What the page does is measured elsewhere. Each
run is a process of its own, which has loaded all that it needs, with a service of its own in another process.
"""

from __future__ import annotations

import gc
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from results import Row, main, median, say, spread
from services import ACCOUNT, POOL, Service, service

import batch_widgets as bw

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SIZES = (100, 1_000, 10_000)
RUNS = 5
TIMES = 3  # in each run, of which the median counts
WARM_UP = 20
PATIENCE_S = 600.0
LINEAR = 1.25  # for noise: ten times the nodes may take 12.5 times as long
LEAST_S = 0.01  # what is shorter for the most nodes says nothing
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f me"
MEMORY = "memory, MB"
Figures = dict[str, float]


def rows() -> Iterator[Row]:
    """Measure row 11, as far as it is the kernel's."""
    found: dict[int, list[dict[str, Figures]]] = {size: [] for size in SIZES}
    for run in range(RUNS):
        for size in SIZES:
            found[size].append(in_a_process(size))
        say(f"run {run + 1} of {RUNS}")
    yield row("the account's calls, seconds", "account", found)
    yield row("a node panel without a page, seconds", "panel", found)
    yield row("memory of the process with account, nodes and panel", "memory", found)


def row(work: str, part: str, found: dict[int, list[dict[str, Figures]]]) -> Row:
    """Give the row of a part of the figures."""
    least = LEAST_S if part != "memory" else 0.0
    names = list(found[SIZES[0]][0][part])
    values = {name: {size: [run[part][name] for run in found[size]] for size in SIZES} for name in names}
    growth = {}
    for name, of_size in values.items():
        small, large = (median(of_size[size]) for size in SIZES[-2:])
        if large > least and small > 0:
            growth[name] = large / small / (SIZES[-1] / SIZES[-2])
    worst = max(growth, key=lambda name: growth[name])
    shown = (f"{name}: " + " / ".join(spread([median(values[name][size])]) for size in SIZES) for name in names)
    return Row(
        11,
        f"growth of {work}: {' / '.join(f'{size:,}' for size in SIZES)} nodes",
        "-",
        "linear or better",
        "; ".join(shown),
        growth[worst],
        growth[worst] <= LINEAR,
        {f"{name}, {size:,} nodes": values[name][size] for name in names for size in SIZES},
        f"The ratio is that of “{worst}”, which grows most: its growth from {SIZES[-2]:,} to {SIZES[-1]:,} nodes "
        f"through that of the nodes. Up to {LINEAR} counts as linear; what takes less than {LEAST_S * 1000:.0f} "
        "ms at the most nodes is not judged.",
    )


def in_a_process(size: int) -> dict[str, Figures]:
    """Measure a size in a process of its own."""
    command = [sys.executable, __file__, "--size", str(size)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    figures: dict[str, Figures] = json.loads(done.stdout)
    return figures


def measure(size: int) -> dict[str, Figures]:
    """Measure a size; what is loaded when first needed is there already."""
    with service(WARM_UP, speed="instant") as served, connected(served) as account:
        use_account(account)
        use_panel(account, served, WARM_UP)[1].close()
        account.runner.drain()
    gc.collect()
    before_mb = memory_mb()
    with service(size, speed="instant") as served, connected(served) as account:
        account.list_nodes(POOL)  # the service opens its ports, which none of these calls is about
        of_account = use_account(account)
        of_panel, panel = use_panel(account, served, size)
        account.runner.drain()
        gc.collect()
        memory = {MEMORY: memory_mb() - before_mb}
        panel.close()
    return {"account": of_account, "panel": of_panel, "memory": memory}


def connected(served: Service) -> bw.BatchAccount:
    """Connect to it."""
    return bw.connect(served.endpoint, account_name=ACCOUNT, account_key=served.key)


def use_account(account: bw.BatchAccount) -> Figures:
    """Return the seconds of calls on all nodes."""
    figures = {"list nodes": seconds(lambda: account.list_nodes(POOL))}
    reading = account.aio.list_remote_login_settings
    figures["read all addresses"] = seconds(
        lambda: account.runner.submit("Read", lambda _: reading(POOL)).result(PATIENCE_S)
    )
    figures["add a user"] = seconds(lambda: account.add_user(POOL, "alice", ssh_public_key=KEY).result(PATIENCE_S))
    return figures


def use_panel(account: bw.BatchAccount, served: Service, size: int) -> tuple[Figures, bw.NodePanel]:
    """Return the seconds of a panel's work, and the panel."""
    began, figures = time.perf_counter(), Figures()
    panel = bw.NodePanel(account, POOL)
    _ = panel.model_id
    panel.on_read(lambda: figures.setdefault("nodes on show", time.perf_counter() - began))
    reading = panel._load  # noqa: SLF001
    reading.result(PATIENCE_S)
    figures["all addresses read"] = time.perf_counter() - began
    view = reading.result()
    account.runner.drain()

    def read_again() -> None:
        nonlocal view
        view = account.runner.submit("Read", lambda _: panel._read()).result(PATIENCE_S)  # noqa: SLF001

    def draw() -> None:
        panel._show_view(view)  # noqa: SLF001

    def read_and_draw(times: int = TIMES) -> tuple[float, float]:
        took = [(seconds(read_again), seconds(draw)) for _ in range(times)]
        return median([reading for reading, _ in took]), median([drawing for _, drawing in took])

    draw()
    figures["reading anew"], figures["drawing, nothing has changed"] = read_and_draw()
    changed = []
    for node in view.nodes[size // 2 :][:TIMES]:
        served.break_node(node.id)
        changed.append(read_and_draw(1)[1])
    figures["drawing, one node has changed"] = median(changed)
    ids = tuple(node.id for node in view.nodes)
    figures["selecting all"] = seconds(lambda: setattr(panel, "selected", ids))
    figures["drawing, all selected"] = median([seconds(draw) for _ in range(TIMES)])
    return figures, panel


def seconds(act: Callable[[], object]) -> float:
    """Return how long it takes."""
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def memory_mb() -> float:
    """Return the resident memory of this process; 0 where the system does not tell."""
    status = Path("/proc/self/status")
    if not status.is_file():
        return 0.0
    line = next(line for line in status.read_text(encoding="ascii").splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) / 1024


if __name__ == "__main__":
    if sys.argv[1:2] == ["--size"]:
        print(json.dumps(measure(int(sys.argv[2]))))
    else:
        main(rows)
