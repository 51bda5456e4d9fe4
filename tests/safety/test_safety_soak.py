"""Round after round of use leaves nothing behind in the kernel, and no refresh is lost."""

import asyncio
import mmap
import socket
import threading

import ipywidgets
import pytest
from soak_counts import counts, grown, grown_twice, settled, soak
from soak_desk import SAME, Desk

import batch_widgets as bw
from batch_widgets.widgets import node_watch


@pytest.fixture
def desk(tmp_path, monkeypatch):
    monkeypatch.setattr(node_watch, "_DEMO_S", 0.05)  # time runs fast: whoever looks looks often
    monkeypatch.setattr(node_watch, "_LOOK_S", 0.05)
    desk = Desk(tmp_path, speed=600)
    yield desk
    desk.close()


@pytest.mark.timeout(600)
@pytest.mark.safety("Soak: rounds of use in a kernel")
def test_rounds_of_use_leave_nothing_behind(desk, attempts):
    soak(desk, attempts, lambda before: settled(*desk.loops, like=before), SAME)


class Leaks:
    """One leak of each kind, each time it is called."""

    def __init__(self, loop):
        self.kept = []
        self._loop = loop
        self._over = threading.Event()

    def widgets(self, account):
        self.kept.append(ipywidgets.HTML())

    def objects(self, account):
        panel = bw.NodePanel(account)
        panel.close()
        account.runner.drain()
        self.kept.append(panel)

    def tasks(self, account):
        self.kept.append(asyncio.run_coroutine_threadsafe(asyncio.sleep(600), self._loop))

    def threads(self, account):
        self.kept.append(threading.Thread(target=self._over.wait))
        self.kept[-1].start()

    def sockets(self, account):
        self.kept.append(socket.socket())

    def resident_kib(self, account):
        fresh = mmap.mmap(-1, 2**20)  # not from what others gave back
        fresh.write(b"x" * len(fresh))
        self.kept.append(fresh)

    def end(self):
        self._over.set()
        for one in self.kept:
            for name in ("join", "cancel", "close"):
                if hasattr(one, name):
                    getattr(one, name)()


SEEN = (
    (("objects",), {"objects", "blocks"}),
    (("resident_kib",), {"resident KiB"}),
    (("widgets", "tasks", "threads", "sockets"), {"widgets", "comms", "tasks", "threads", "sockets", "descriptors"}),
)


def test_a_leak_would_be_seen(desk):
    loop = desk.account.runner._loop_thread.loop
    for kinds, names in SEEN:
        leaks = Leaks(loop)
        samples = []
        try:
            for _ in range(4):
                for kind in kinds:
                    getattr(leaks, kind)(desk.account)
                samples.append(counts(loop))
            assert names <= grown(samples).keys(), kinds
        finally:
            leaks.end()


def test_a_step_is_no_growth():
    level = [{"objects": 100.0}] * 3 + [{"objects": 3000.0}] * 3
    later = [{"objects": 3000.0}] * 6
    series = [later, level]
    assert grown(level)
    assert grown_twice(series.pop)[0] == {}
    assert grown_twice(lambda: [{"objects": 1000.0 * number} for number in range(6)])[0].keys() == {"objects"}


def test_what_is_not_shown_would_be_seen(desk, monkeypatch):
    """A panel that is never refreshed shows no more nodes after its pool has more."""
    monkeypatch.setattr("soak_desk.WAIT_S", 0.5)
    panel = bw.NodePanel(desk.account, "demo")
    panel.live = False
    panel.refresh().result(30)
    desk.same(panel, SAME[0])
    assert not desk.lost
    desk.account.resize_pool("demo", target_dedicated_nodes=3).result(30)
    desk.same(panel, SAME[0])
    assert desk.lost
    panel.close()
