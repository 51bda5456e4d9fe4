"""What it takes to add a user to 1,000 nodes and to read where each can be reached, in one action.

    python benchmarks/node_users.py [--nodes 1000] [--latency 0.05] [--faults 0.05] [--runs 5]

The account's calls against the same requests made bare, by azure.batch.aio with as many in flight and nothing around
them; with and without calls that fail (429, 500 and resets, in equal shares). The service runs in a process of its
own, which answers after the latency. Medians of the runs; each has a service of its own. A service without SSH would
give no addresses: it takes the extra ``ssh``.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
import signal
import statistics
import subprocess
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from azure.batch.aio import BatchClient
from azure.batch.models import BatchNodeUserCreateOptions
from azure.core.credentials import AzureNamedKeyCredential
from azure.core.exceptions import AzureError

import batch_widgets as bw
from batch_widgets.demo import DemoService

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

USER = "alice"
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f me"
IN_FLIGHT = 64  # of users, and as many of login settings: what the account does
Figures = dict[str, float]


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--nodes", type=int, default=1_000)
    parser.add_argument("--latency", type=float, default=0.05, help="seconds until the service handles a request")
    parser.add_argument("--faults", type=float, default=0.05, help="share of the calls that fail, from 0 to 1")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        serve(options.nodes, options.latency, options.faults)
        return
    print(
        f"{platform.python_implementation()} {platform.python_version()}, {os.cpu_count()} cores, "
        f"{options.nodes} nodes, {options.latency * 1000:.0f} ms latency, medians of {options.runs} runs\n\n"
        "| calls that fail | made by | seconds | CPU seconds | requests lost |\n|---|---|---|---|---|"
    )
    for faults in (0.0, options.faults):
        for name, measure in (("azure.batch.aio, bare", bare), ("the account", account)):
            run(measure, 10, 0.0, 0.0)  # loads what is loaded when first needed
            runs = [run(measure, options.nodes, options.latency, faults) for _ in range(options.runs)]
            cells = [spread([one[key] for one in runs]) for key in ("seconds", "cpu", "lost")]
            print(f"| {faults:.0%} | {name} | {' | '.join(cells)} |", flush=True)


def spread(values: list[float]) -> str:
    """Give the median with the least and the most."""
    return f"{statistics.median(values):.2f} ({min(values):.2f} to {max(values):.2f})"


def run(measure: Callable[[str, str], tuple[float, int]], nodes: int, latency_s: float, faults: float) -> Figures:
    """Return the figures of one run."""
    with service(nodes, latency_s, faults) as (endpoint, key):
        cpu_before = time.process_time()
        seconds, lost = measure(endpoint, key)
        return {"seconds": seconds, "cpu": time.process_time() - cpu_before, "lost": lost}


def account(endpoint: str, key: str) -> tuple[float, int]:
    """Add and read by the account; return the seconds, and how many nodes came away without."""
    with bw.connect(endpoint, account_name="demo", account_key=key) as account:
        account.check()
        began = time.perf_counter()
        adding = account.add_user("demo", USER, ssh_public_key=KEY, days=7)
        reading = account.runner.submit("Read", lambda _: account.aio.list_remote_login_settings("demo"))
        frame, settings = adding.result(), reading.result()
        seconds = time.perf_counter() - began
    without = sum(not one.reachable for one in settings)
    return seconds, int((~frame["outcome"].isin(["added", "exists"])).sum()) + without


def bare(endpoint: str, key: str) -> tuple[float, int]:
    """Add and read by the SDK alone; return the seconds, and how many calls raised."""
    return asyncio.run(_bare(endpoint, key))


async def _bare(endpoint: str, key: str) -> tuple[float, int]:
    async with BatchClient(endpoint, AzureNamedKeyCredential("demo", key)) as client:
        async for _ in client.list_pools(max_results=1, select=["id"]).by_page():
            break
        began = time.perf_counter()
        ids = [node.id async for node in client.list_nodes("demo")]
        user = BatchNodeUserCreateOptions(name=USER, ssh_public_key=KEY)
        lost = await asyncio.gather(
            all_of(ids, lambda node_id: client.create_node_user("demo", node_id, user)),
            all_of(ids, lambda node_id: client.get_node_remote_login_settings("demo", node_id)),
        )
        return time.perf_counter() - began, sum(lost)


async def all_of(ids: list[str], call: Callable[[str], Awaitable[object]]) -> int:
    """Make a call for each node; return how many raised."""
    queue, lost = iter(ids), 0

    async def work() -> None:
        nonlocal lost
        for node_id in queue:
            try:
                await call(node_id)
            except AzureError:
                lost += 1

    await asyncio.gather(*(work() for _ in range(IN_FLIGHT)))
    return lost


@contextmanager
def service(nodes: int, latency_s: float, faults: float) -> Iterator[tuple[str, str]]:
    """Run the service in a process of its own; give its endpoint and its key."""
    command = [sys.executable, __file__, "--serve"]
    command += ["--nodes", str(nodes), "--latency", str(latency_s), "--faults", str(faults)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            endpoint, key = process.stdout.readline().split()
            yield endpoint, key
        finally:
            process.terminate()


def serve(nodes: int, latency_s: float, faults: float) -> None:
    """Serve until terminated."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    with DemoService(nodes=nodes, speed=1, max_ssh_listeners=nodes) as service:
        if latency_s:
            service.faults.add(f"latency seconds={latency_s}")
        if faults:
            for kind in ("throttle", "error", "reset"):
                service.faults.add(f"{kind} share={faults / 3}")
        print(service.endpoint, service.account_key, flush=True)
        signal.sigwait({signal.SIGTERM})


if __name__ == "__main__":
    main()
