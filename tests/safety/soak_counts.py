"""What a process holds: widgets, comms, tasks, threads, sockets, objects, memory; and whether that grows by the round.

It is imported by the tests, and in the kernels of their notebooks.
"""

from __future__ import annotations

import asyncio
import gc
import os
import statistics
import sys
import threading
import time
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

WARM_UP, ROUNDS = 3, 7
MINUTES = 30  # of the service, that the rounds have to last
# By how much a count may grow in a round. A leak of one thing leaves at least one in every round, and the median of
# many slopes bends neither to one odd sample nor to a cache that fills up.
SLACK = 0.5
# Objects, blocks and pages come and go by a hundred or two from one time to the next, whatever is done. Whoever keeps
# but one closed panel in a round keeps thousands of objects.
BOUNDS = {"objects": 200.0, "blocks": 500.0, "resident KiB": 128.0}
PATIENCE_S = 10.0
DESCRIPTORS = Path("/proc/self/fd")


def counts(*loops: asyncio.AbstractEventLoop) -> dict[str, float]:
    """Count what this process holds now, after what is due has run; `loops` are those that run in it."""
    tasks = sum(_tasks_of(loop) for loop in loops)
    for _ in range(2):  # what a finaliser lets go of is found the next time
        gc.collect()
    return {
        "widgets": len(sys.modules["ipywidgets.widgets.widget"]._instances),
        "comms": len(_comms()),
        "tasks": tasks,
        "threads": sum(not thread.name.startswith("asyncio_") for thread in threading.enumerate()),
        "worker threads": sum(thread.name.startswith("asyncio_") for thread in threading.enumerate()),
        "sockets": _sockets(),
        "descriptors": sum(1 for _ in DESCRIPTORS.iterdir()),
        "objects": len(gc.get_objects()),
        "blocks": sys.getallocatedblocks(),
        "resident KiB": _resident_kib(),
    }


def settled(*loops: asyncio.AbstractEventLoop, like: dict[str, float] | None = None) -> dict[str, float]:
    """Count once what is still ending has ended: connections close a moment after their user has gone.

    `like` are the counts to come back to; what does not within some seconds is counted as it is.
    """
    end = time.monotonic() + PATIENCE_S
    while True:
        found = counts(*loops)
        ending = like is not None and any(found[name] > like[name] for name in ("widgets", "comms", "tasks"))
        if not ending or time.monotonic() > end:
            return found
        time.sleep(0.1)


def slope(values: list[float]) -> float:
    """Give by how much values grow from one to the next: the median over all pairs."""
    return statistics.median((values[j] - values[i]) / (j - i) for i, j in combinations(range(len(values)), 2))


def growth(samples: list[dict[str, float]]) -> dict[str, float]:
    """Give by how much each count grows in a round."""
    return {name: slope([sample[name] for sample in samples]) for name in samples[0]}


def grown(samples: list[dict[str, float]], bounds: dict[str, float] = BOUNDS) -> dict[str, str]:
    """Give what grows by more than it may in a round, with its samples; `bounds` where that is not :data:`SLACK`."""
    return {
        name: f"{by:+.1f} a round: {[sample[name] for sample in samples]}"
        for name, by in growth(samples).items()
        if by > bounds.get(name, SLACK)
    }


def grown_twice(
    series: Callable[[], list[dict[str, float]]], bounds: dict[str, float] = BOUNDS
) -> tuple[dict[str, str], list[dict[str, float]]]:
    """Give what grows by more than it may, and the samples; `series` makes some rounds and gives a sample of each.

    A cache that is filled in the midst of a series is one step and no growth, but that series cannot tell it from one:
    what grew in it has to grow in the next one too.
    """
    samples = series()
    if not (found := grown(samples, bounds)):
        return {}, samples
    again = series()
    return {name: f"{found[name]}, then {more}" for name, more in grown(again, bounds).items() if name in found}, again


def soak(
    desk: Any,
    attempts: Any,
    sample: Callable[[dict[str, float] | None], dict[str, float]],
    same: Iterable[str],
    bounds: dict[str, float] = BOUNDS,
) -> None:
    """Use a desk round after round, and record what grows, and what is not shown any more of what has to be the `same`.

    `sample` counts after a round; it is told what was counted after the one before.
    """

    def rounds(count: int) -> list[dict[str, float]]:
        samples: list[dict[str, float]] = []
        for _ in range(count):
            desk.round()
            samples.append(sample(samples[-1] if samples else None))
        return samples

    rounds(WARM_UP)
    found, samples = grown_twice(lambda: rounds(ROUNDS), bounds)
    for what in same:
        attempts.case(f"shown: {what}", got_through=[lost for lost in desk.lost if lost.startswith(f"{what}:")])
    for name in samples[0]:
        attempts.case(f"grows: {name}", got_through=found.get(name))
        attempts.figure(name, words(samples, name))
    attempts.figure(
        "rounds", f"{WARM_UP} to warm up, {len(samples)} counted; {desk.minutes:.0f} minutes at the service"
    )
    attempts.case("too short", got_through=desk.minutes < MINUTES and desk.minutes)


def words(samples: list[dict[str, float]], name: str) -> str:
    """Tell how a count went, for a figure."""
    by = slope([sample[name] for sample in samples])
    return f"{samples[0][name]:,.0f} at first, {samples[-1][name]:,.0f} at last, {by:+,.1f} a round"


def _tasks_of(loop: asyncio.AbstractEventLoop) -> int:
    async def count() -> int:
        mine = asyncio.current_task()
        return sum(task is not mine and not _is_connection(task) for task in asyncio.all_tasks())

    return 0 if loop.is_closed() else asyncio.run_coroutine_threadsafe(count(), loop).result(30)


def _is_connection(task: asyncio.Task[object]) -> bool:
    """Tell whether a task waits for the next request on a kept connection: those are counted as sockets."""
    return getattr(task.get_coro(), "__qualname__", "") == "RequestHandler.start"


def _comms() -> dict[str, object]:
    from comm import get_comm_manager

    return get_comm_manager().comms


def _sockets() -> int:
    return sum(_target(descriptor).startswith("socket:") for descriptor in DESCRIPTORS.iterdir())


def _target(descriptor: Path) -> str:
    try:
        return str(descriptor.readlink())
    except OSError:
        return ""


def _resident_kib() -> int:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") // 1024
