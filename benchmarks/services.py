"""An embedded Batch service in a process of its own, for what is measured."""

from __future__ import annotations

import argparse
import copy
import dataclasses
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from batch_widgets.demo import DemoService

if TYPE_CHECKING:
    from collections.abc import Iterator

ACCOUNT = "demo"
POOL = "demo"


class Service:
    """A running service: where it is, its key, and what can be done to it from here."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.endpoint, self.key = self._read().split()

    @property
    def pid(self) -> int:
        """The process that serves."""
        return self._process.pid

    def _read(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline()

    def break_node(self, node_id: str) -> None:
        """Let a node become unusable."""
        assert self._process.stdin is not None
        print(node_id, file=self._process.stdin, flush=True)
        self._read()


@contextmanager
def service(
    nodes: int = 0, *, latency_s: float = 0.0, faults: float = 0.0, speed: str = "1", images: int = 0
) -> Iterator[Service]:
    """Run a service until the block ends.

    Parameters
    ----------
    nodes
        Of the ready pool "demo"; each can be reached by SSH.
    latency_s
        Seconds until the service handles a request.
    faults
        Share of the calls that fail, from 0 to 1: 429, 500 and connections that break, in equal shares.
    speed
        Simulated seconds per second, or "instant".
    images
        How many supported images there are; those of the demo by default.

    Yields
    ------
    Service
        With its endpoint and its key.
    """
    command = [sys.executable, __file__, str(nodes), str(latency_s), str(faults), speed, str(images)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Service(process)
        finally:
            assert process.stdin is not None
            process.stdin.close()  # which ends it


def _serve() -> None:
    """Serve until the standard input ends; each line of it names a node that breaks."""
    parser = argparse.ArgumentParser()
    parser.add_argument("nodes", type=int)
    parser.add_argument("latency_s", type=float)
    parser.add_argument("faults", type=float)
    parser.add_argument("speed")
    parser.add_argument("images", type=int)
    options = parser.parse_args()
    speed = "instant" if options.speed == "instant" else float(options.speed)
    with DemoService(nodes=options.nodes, speed=speed, max_ssh_listeners=max(options.nodes, 1)) as served:
        if options.images:
            multiply_images(served, options.images)
        if options.latency_s:
            served.faults.add(f"latency seconds={options.latency_s}")
        if options.faults:
            for kind in ("throttle", "error", "reset"):
                served.faults.add(f"{kind} share={options.faults / 3}")
        print(served.endpoint, served.account_key, flush=True)
        for line in sys.stdin:
            served.break_node(POOL, line.strip())
            print("broken", flush=True)


def multiply_images(served: DemoService, count: int) -> None:
    """Let a service have many images: those that it has, again and again, with other names."""
    catalogue = served._state.images  # noqa: SLF001 (for measuring alone)
    images = []
    for number in range(count):
        image = copy.deepcopy(catalogue.images[number % len(catalogue.images)])
        image["imageReference"]["sku"] += f"-{number // len(catalogue.images)}"
        images.append(image)
    served._state.images = dataclasses.replace(catalogue, images=tuple(images))  # noqa: SLF001


if __name__ == "__main__":
    _serve()
