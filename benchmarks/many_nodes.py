"""What it takes to add a user to 1,000 nodes and to read where each can be reached, in one action.

Measured against the loop of the article that the product starts from, in today's names, with the SDK's sync client;
and against the same requests made bare by azure.batch.aio, with as many in flight and nothing around them. Then with
calls that fail.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import itertools
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from azure.batch import BatchClient
from azure.batch.aio import BatchClient as AsyncBatchClient
from azure.batch.models import BatchNodeUserCreateOptions
from azure.core.credentials import AzureNamedKeyCredential
from azure.core.exceptions import AzureError
from results import Row, main, median, spread
from services import ACCOUNT, POOL, Service, service

import batch_widgets as bw
from batch_widgets.account.attempts import IN_FLIGHT  # of users, and as many of login settings

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

NODES = 1_000
PART = 100  # of the nodes, for the loop, whose time is in proportion to them
LATENCY_S = 0.05
FAULTS = 0.05
RUNS = 5
DAYS = 7
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f me"
WORK = f"add a user and read the login settings on {NODES:,} nodes, {LATENCY_S * 1000:.0f} ms latency"


@dataclass
class Figures:
    """What the runs of one way gave."""

    seconds: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    lost: list[float] = field(default_factory=list)

    def add(self, measure: Callable[[], tuple[float, int]]) -> None:
        """Make a run: a function that returns its seconds, and how many nodes came away without."""
        cpu_before = time.process_time()
        seconds, lost = measure()
        self.cpu.append(time.process_time() - cpu_before)
        self.seconds.append(seconds)
        self.lost.append(lost)

    def raw(self, name: str) -> dict[str, list[float]]:
        """Give the figures under names with units."""
        return {f"{name}, s": self.seconds, f"{name}, s of CPU": self.cpu}


def rows() -> Iterator[Row]:
    """Measure rows 1 and 2."""
    users = (f"user{number}" for number in itertools.count())
    ours, bare, part, whole = Figures(), Figures(), Figures(), Figures()
    with service(NODES, latency_s=LATENCY_S) as served:
        account(served, next(users))  # loads what is loaded when first needed, and opens the ports
        for _ in range(RUNS):
            ours.add(lambda: account(served, next(users)))
            bare.add(lambda: asyncio.run(bare_aio(served, next(users))))
            part.add(lambda: loop(served, next(users), PART))
        whole.add(lambda: loop(served, next(users), NODES))
    (loop_s,) = whole.seconds
    times = loop_s / median(ours.seconds)
    ratio = median(ours.seconds) / median(bare.seconds)
    calls = 2 * NODES
    raw = {
        **ours.raw("ours"),
        **bare.raw("bare azure.batch.aio"),
        f"the loop on all {NODES:,} nodes, s": whole.seconds,
        f"the loop on {PART} nodes, s": part.seconds,
        "nodes that ours lost": ours.lost,
        "calls that bare lost": bare.lost,
    }
    yield Row(
        1,
        WORK,
        "the same calls by `azure.batch.aio`, bare, as many in flight",
        "at most 1.3 times",
        f"{spread(ours.seconds)} s against {spread(bare.seconds)} s",
        ratio,
        ratio <= 1.3,
        raw,
        f"Bare takes {median(bare.cpu) / calls * 1000:.2f} ms of CPU a call for {calls:,} calls: the floor for whoever "
        f"makes them all. Ours takes {median(ours.cpu):.2f} s of CPU in all, with fewer calls: it reads the "
        "addresses from the list of nodes, and asks for those that the list does not tell.",
    )
    yield Row(
        1,
        WORK,
        "the article's loop with the SDK's sync client",
        "100 times as fast",
        f"{spread(ours.seconds)} s against {loop_s:.1f} s: {times:.0f} times as fast; "
        f"bare `azure.batch.aio` is {loop_s / median(bare.seconds):.0f} times as fast",
        1 / times,
        times >= 100,
        notes=f"The loop ran once on all {NODES:,} nodes. On {PART} of them, alternating with the others, it took "
        f"{spread(part.seconds)} s, which makes {median(part.seconds) * NODES / PART:.1f} s for all.",
    )
    yield with_faults(ours, bare)


def with_faults(without: Figures, bare_without: Figures) -> Row:
    """Measure row 2."""
    users = (f"user{number}" for number in itertools.count())
    ours, bare = Figures(), Figures()
    with service(NODES, latency_s=LATENCY_S, faults=FAULTS) as served:
        account(served, next(users))
        for _ in range(RUNS):
            ours.add(lambda: account(served, next(users)))
            bare.add(lambda: asyncio.run(bare_aio(served, next(users))))
    ratio = median(ours.seconds) / median(without.seconds)
    lost = sum(ours.lost)
    return Row(
        2,
        f"the same with {FAULTS:.0%} faults",
        "itself without",
        f"all {NODES:,} accounted for, at most 1.5 times as long",
        f"{spread(ours.seconds)} s against {spread(without.seconds)} s; {lost:.0f} nodes lost in {RUNS} runs",
        ratio,
        ratio <= 1.5 and not lost,
        {
            **ours.raw("ours with faults"),
            **bare.raw("bare azure.batch.aio with faults"),
            "nodes that ours lost": ours.lost,
            "calls that bare lost": bare.lost,
        },
        "Answers of 429, which ask for a second, and 500, and connections that break, in equal shares. A node is "
        "accounted for when it has the user and its address is known. Those of the row before, in the same run, are "
        "what it is compared with. Who is refused by a 429 near the end cannot be asked again before its second is "
        f"over: {median(without.seconds) + 1:.2f} s would be what is possible then. The bare calls take "
        f"{median(bare_without.seconds):.2f} s where nothing fails.",
    )


def account(served: Service, user: str) -> tuple[float, int]:
    """Add and read by the account."""
    with bw.connect(served.endpoint, account_name=ACCOUNT, account_key=served.key) as account:
        account.check()
        began = time.perf_counter()
        adding = account.add_user(POOL, user, ssh_public_key=KEY, days=DAYS)
        reading = account.runner.submit("Read", lambda _: account.aio.list_remote_login_settings(POOL))
        frame, settings = adding.result(), reading.result()
        seconds = time.perf_counter() - began
    without = {one.node_id for one in settings if not one.reachable}
    without |= set(frame["node_id"][~frame["outcome"].isin(["added", "exists"])])
    return seconds, len(without) + NODES - len(frame)


async def bare_aio(served: Service, user: str) -> tuple[float, int]:
    """Add and read by the SDK alone; tell how many calls raised."""
    async with AsyncBatchClient(served.endpoint, AzureNamedKeyCredential(ACCOUNT, served.key)) as client:
        async for _ in client.list_pools(max_results=1, select=["id"]).by_page():
            break
        began = time.perf_counter()
        ids = [node.id async for node in client.list_nodes(POOL)]
        options = user_options(user)
        lost = await asyncio.gather(
            all_of(ids, lambda node_id: client.create_node_user(POOL, node_id, options)),
            all_of(ids, lambda node_id: client.get_node_remote_login_settings(POOL, node_id)),
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


def loop(served: Service, user: str, nodes: int) -> tuple[float, int]:
    """Add and read as the article does, on the first nodes; return the seconds."""
    with BatchClient(served.endpoint, AzureNamedKeyCredential(ACCOUNT, served.key)) as client:
        next(iter(client.list_pools(max_results=1, select=["id"])))
        began, lines = time.perf_counter(), []
        options = user_options(user)
        for node in itertools.islice(client.list_nodes(POOL), nodes):
            client.create_node_user(POOL, node.id, options)
            login = client.get_node_remote_login_settings(POOL, node.id)
            lines.append(f"{node.id} | {node.state} | {login.remote_login_ip_address} | {login.remote_login_port}")
        assert len(lines) == nodes
        return time.perf_counter() - began, 0


def user_options(name: str) -> BatchNodeUserCreateOptions:
    """Give the user."""
    expiry = dt.datetime.now(dt.UTC) + dt.timedelta(days=DAYS)
    return BatchNodeUserCreateOptions(name=name, ssh_public_key=KEY, expiry_time=expiry)


if __name__ == "__main__":
    main(rows)
