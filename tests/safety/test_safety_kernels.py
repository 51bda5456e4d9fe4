"""A real kernel of the newest ipykernel, attacked: clicks, interrupts, restarts, widgets closed too early."""

from __future__ import annotations

import sys

import pytest
from kernel_clicks import clicks
from kernel_interrupts import interrupts
from kernel_world import SLOW_IMAGES, SLOW_USERS, Ipykernel, world

NEWEST = Ipykernel("7.4", sys.executable, has_subshells=True, handles_meanwhile=None)


@pytest.mark.safety("Kernels: clicks while the kernel is idle and in the middle of a 5-second cell")
def test_clicks(attempts, tmp_path):
    with world(NEWEST, tmp_path, attempts, "--nodes", "4", "--speed", "1") as attacked:
        clicks(attacked)


@pytest.mark.safety("Kernels: interrupts in mid-operation")
def test_interrupts(attempts, tmp_path):
    faults = (SLOW_USERS, SLOW_IMAGES)
    with world(NEWEST, tmp_path, attempts, "--nodes", "1000", "--speed", "1", faults=faults) as attacked:
        interrupts(attacked)
