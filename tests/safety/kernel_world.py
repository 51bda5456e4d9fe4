"""What the attacks on kernels share: a kernel of some ipykernel, a demo in a process of its own, a record."""

from __future__ import annotations

import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from kernel_page import Page, kernel
from proc_net import descriptors, listeners

ROOT = Path(__file__).resolve().parents[2]
SLOW_USERS = "latency operation=create_node_user seconds=0.3"
SLOW_NODES = "latency operation=list_nodes seconds=1"
SLOW_IMAGES = "latency operation=list_supported_images seconds=3"
_ENDS_S = 60


@dataclass(frozen=True)
class Ipykernel:
    """An ipykernel, and what is known of it.

    Parameters
    ----------
    version : str
        How its version begins.
    python : Path or str
        The Python that has it.
    has_subshells : bool
        Whether a page may ask for subshells.
    handles_meanwhile : bool
        Whether a message to a widget that comes by a subshell is handled while a cell runs.
    loses_requests : bool
        Whether it may leave requests unread for good.
    """

    version: str
    python: Path | str
    has_subshells: bool
    handles_meanwhile: bool
    loses_requests: bool = False


class Demo:
    """A demo that runs; `environment` tells a kernel where it is."""

    def __init__(self, process):
        self.pid = process.pid
        self.environment = dict(process.stdout.readline().strip().split("=", 1) for _ in range(3))
        self.descriptors = descriptors(self.pid)
        self.listeners = listeners(self.pid)

    def left(self):
        """Give what it has more than in the beginning, once the other side is gone; doors of nodes stay open."""
        deadline = time.monotonic() + _ENDS_S
        while True:
            doors = len(listeners(self.pid)) - len(self.listeners)
            more = descriptors(self.pid) - self.descriptors - doors
            if more <= 0 or time.monotonic() > deadline:
                return max(more, 0)
            time.sleep(0.02)


@contextmanager
def demo(*arguments, faults=()):
    """Run `python -m batch_widgets.demo`."""
    command = [sys.executable, "-m", "batch_widgets.demo", *arguments]
    for fault in faults:
        command += ["--fault", fault]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            yield Demo(process)
        finally:
            process.terminate()
            process.wait(_ENDS_S)


@dataclass
class World:
    """A kernel to attack.

    Parameters
    ----------
    kind : Ipykernel
        Which.
    page : Page
        Drives it.
    demo : Demo
        The service; cells have an account on it as ``account``.
    folder : Path
        Where cells run.
    attempts : Attempts
        Where each case is told.
    """

    kind: Ipykernel
    page: Page
    demo: Demo
    folder: Path
    attempts: object

    def begin(self):
        """Give cells what they use, in a kernel that is new."""
        self.page.run("import asyncio, threading, batch_widgets as bw, kernel_cells as kc, ipykernel")
        self.page.run("account = bw.connect(); account.list_pools()")
        version = self.page.value("ipykernel.__version__")
        assert version.startswith(self.kind.version), version

    def until(self, expression):
        """Ask the kernel, cell after cell, until an expression is true."""
        deadline = time.monotonic() + _ENDS_S
        while not self.page.value(expression):
            assert time.monotonic() < deadline, f"never so: {expression}\n{self.page.said()}"

    def same(self, what, seen, wanted):
        """Record a case: what was seen has to be what is wanted."""
        self.attempts.case(f"{what} ({self.kind.version})", got_through=seen != wanted and f"{seen!r}, not {wanted!r}")

    def so(self, what, seen):
        """Record a case: it has to be so."""
        self.same(what, bool(seen), wanted=True)

    def quiet(self, what):
        """Record that nothing failed unseen: the kernel told no error outside of cells."""
        said = [line for line in self.page.said().splitlines() if any(word in line for word in ("Error", "Traceback"))]
        self.same(f"{what}: what the kernel's log tells of errors", said, [])


@contextmanager
def world(kind, folder, attempts, *arguments, faults=()):
    """Run a kernel and a demo."""
    home = folder / "home"
    home.mkdir(parents=True)
    places = {"HOME": str(home), "USERPROFILE": str(home), "XDG_STATE_HOME": str(home / "state")}
    with (
        demo(*arguments, faults=faults) as service,
        kernel(kind.python, folder, **places, **service.environment) as page,
    ):
        page.loses_requests = kind.loses_requests
        made = World(kind, page, service, folder, attempts)
        made.begin()
        yield made
