"""A real kernel of the newest ipykernel, attacked: clicks, interrupts, restarts, widgets closed too early."""

from __future__ import annotations

import sys

import pytest
from kernel_clicks import clicks
from kernel_closings import closings, restarts
from kernel_interrupts import interrupts
from kernel_showings import showings
from kernel_world import SLOW_IMAGES, SLOW_NODES, SLOW_USERS, Ipykernel, world

pytestmark = pytest.mark.timeout(600)
NEWEST = Ipykernel("7.4", sys.executable, has_subshells=True, handles_meanwhile=True)


@pytest.mark.safety("Kernels: clicks while the kernel is idle and in the middle of a 5-second cell")
def test_clicks(attempts, tmp_path):
    with world(NEWEST, tmp_path, attempts, "--nodes", "4", "--speed", "1") as attacked:
        clicks(attacked)


@pytest.mark.safety("Kernels: interrupts in mid-operation")
def test_interrupts(attempts, tmp_path):
    faults = (SLOW_USERS, SLOW_IMAGES)
    with world(NEWEST, tmp_path, attempts, "--nodes", "1000", "--speed", "1", faults=faults) as attacked:
        interrupts(attacked)


@pytest.mark.safety("Kernels: a restart in mid-operation")
def test_restarts(attempts, tmp_path):
    with world(NEWEST, tmp_path, attempts, "--nodes", "300", "--speed", "1", faults=(SLOW_USERS,)) as attacked:
        restarts(attacked)


@pytest.mark.safety("Kernels: what is left once accounts are closed")
def test_closings(attempts, tmp_path):
    with world(NEWEST, tmp_path, attempts, "--nodes", "300", "--speed", "1", faults=(SLOW_USERS,)) as attacked:
        closings(attacked, ("an observer", "a click"))


@pytest.mark.safety("Kernels: all cells at once, widgets shown twice, widgets closed while they load")
def test_showings(attempts, tmp_path):
    with world(
        NEWEST, tmp_path, attempts, "--nodes", "4", "--speed", "1", faults=(SLOW_IMAGES, SLOW_NODES)
    ) as attacked:
        showings(attacked, ["only"])
