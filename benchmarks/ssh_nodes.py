"""What 100 simulated nodes with SSH cost: memory, time to start, and 50 logins at once.

    python benchmarks/ssh_nodes.py [--nodes 100] [--logins 50] [--runs 5]

The service runs in a process of its own; the logins are made from this one by asyncssh, with a key, each on a node of
its own, and run ``hostname``. Medians of the runs. Needs Linux, whose ``/proc`` tells a process's memory.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
import statistics
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import asyncssh
from azure.batch.aio import BatchClient
from azure.batch.models import BatchNodeUserCreateOptions
from azure.core.credentials import AzureNamedKeyCredential

if TYPE_CHECKING:
    from collections.abc import Iterator

USER = "alice"
Figures = dict[str, float]


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--nodes", type=int, default=100)
    parser.add_argument("--logins", type=int, default=50)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    runs = [measure(options.nodes, options.logins) for _ in range(options.runs)]
    print(
        f"{platform.python_implementation()} {platform.python_version()}, asyncssh {asyncssh.__version__}, "
        f"{os.cpu_count()} cores, medians of {options.runs} runs\n\n| what | median | least | most |\n|---|---|---|---|"
    )
    for name in runs[0]:
        values = [run[name] for run in runs]
        print(f"| {name} | {statistics.median(values):.2f} | {min(values):.2f} | {max(values):.2f} |")


def measure(nodes: int, logins: int) -> Figures:
    """Return the figures of one run."""
    with service(0) as (process, _, _, _):
        empty_mb = memory_mb(process)
    with service(nodes) as (process, started_s, endpoint, key):
        figures = {
            "memory of the service without nodes, MB": empty_mb,
            f"memory added by {nodes} nodes, MB": memory_mb(process) - empty_mb,
            "until the service listens, s": started_s,
        }
        return figures | asyncio.run(use(process, endpoint, key, nodes, logins))


async def use(process: subprocess.Popen[str], endpoint: str, key: str, nodes: int, logins: int) -> Figures:
    """Open the SSH ports, log in, and return what it cost."""
    own_key = asyncssh.generate_private_key("ssh-ed25519")
    public_key = own_key.export_public_key().decode()
    figures: Figures = {}
    before_mb = memory_mb(process)
    async with BatchClient(endpoint, AzureNamedKeyCredential("demo", key)) as client:
        ids = [node.id async for node in client.list_nodes("demo")]
        assert len(ids) == nodes
        began = time.perf_counter()
        settings = await asyncio.gather(*(client.get_node_remote_login_settings("demo", node_id) for node_id in ids))
        figures[f"{nodes} login settings asked for, s"] = time.perf_counter() - began
        figures[f"memory added by {nodes} open ports, MB"] = memory_mb(process) - before_mb
        user = BatchNodeUserCreateOptions(name=USER, ssh_public_key=public_key)
        await asyncio.gather(*(client.create_node_user("demo", node_id, user) for node_id in ids[:logins]))
    ports = [setting.remote_login_port for setting in settings[:logins]]
    held_mb: list[float] = []

    async def login(port: int, together: asyncio.Barrier) -> float:
        """Log in, run a command, and stay until all others have done so; return the seconds before that."""
        began = time.perf_counter()
        async with asyncssh.connect(
            "127.0.0.1", port, username=USER, client_keys=[own_key], known_hosts=None, config=None, agent_path=None
        ) as connection:
            result = await connection.run("hostname", check=True)
            assert len(str(result.stdout).strip()) == 6
            seconds = time.perf_counter() - began
            if await together.wait() == 0:
                held_mb.append(memory_mb(process))
            await together.wait()
        return seconds

    before_mb = memory_mb(process)
    figures["the first login, which loads asyncssh, s"] = await login(ports[0], asyncio.Barrier(1))
    figures["memory added by the first login, MB"] = held_mb.pop() - before_mb
    figures["a login alone, s"] = await login(ports[0], asyncio.Barrier(1))
    before_mb = held_mb.pop()
    together = asyncio.Barrier(logins)
    seconds = await asyncio.gather(*(login(port, together) for port in ports))
    figures[f"{logins} logins at once: until the last is done, s"] = max(seconds)
    figures[f"memory added by {logins} connections, MB"] = held_mb.pop() - before_mb
    return figures


@contextmanager
def service(nodes: int) -> Iterator[tuple[subprocess.Popen[str], float, str, str]]:
    """Run the service; give its process, the seconds until it listened, its endpoint and its key."""
    began = time.perf_counter()
    command = [sys.executable, "-m", "batch_widgets.demo", "--nodes", str(nodes), "--speed", "instant"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            assert process.stdout is not None
            lines = dict(process.stdout.readline().rstrip("\n").split("=", 1) for _ in range(3))
            started_s = time.perf_counter() - began
            yield process, started_s, lines["AZURE_BATCH_ENDPOINT"], lines["AZURE_BATCH_ACCESS_KEY"]
        finally:
            process.terminate()


def memory_mb(process: subprocess.Popen[str]) -> float:
    """Return the resident memory of a process."""
    status = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
    line = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) / 1024


if __name__ == "__main__":
    main()
