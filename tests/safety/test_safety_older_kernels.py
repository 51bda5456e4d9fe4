"""The attacks on kernels, on those of older ipykernels: each in an environment of its own, made from a lock file."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest
from kernel_clicks import clicks
from kernel_closings import closings, restarts
from kernel_interrupts import interrupts
from kernel_page import RequestLostError
from kernel_showings import showings
from kernel_world import ROOT, SLOW_IMAGES, SLOW_NODES, SLOW_USERS, Ipykernel, world

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

# mended in 7.4 by the pull request 1529 of ipykernel
SUBSHELLS = {"has_subshells": True, "handles_meanwhile": True, "loses_requests": True}
_KERNELS = 3
ATTACKS = {
    clicks: ("4", ()),
    interrupts: ("1000", (SLOW_USERS, SLOW_IMAGES)),
    restarts: ("300", (SLOW_USERS,)),
    closings: ("300", (SLOW_USERS,)),
    showings: ("4", (SLOW_IMAGES, SLOW_NODES)),
}


def environment(version):
    """Make the environment of an ipykernel, unless it is there; give its Python."""
    lock = ROOT / "tests" / "kernels" / f"ipykernel-{version}.txt"
    folder = Path(sys.prefix) / "kernels" / version
    python = folder / "bin" / "python"
    stamp = folder / ".made-from"
    wanted = hashlib.sha256(f"{ROOT} {sys.version}".encode() + lock.read_bytes()).hexdigest()
    if not stamp.is_file() or stamp.read_text(encoding="utf-8") != wanted:
        subprocess.run([sys.executable, "-m", "venv", "--clear", "--without-pip", str(folder)], check=True)
        pip = [sys.executable, "-m", "pip", f"--python={python}", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "--no-deps", "--require-hashes", "-r", str(lock)], check=True)
        (packages,) = folder.glob("lib/python*/site-packages")
        (packages / "batch_widgets.pth").write_text(f"{ROOT}\n", encoding="utf-8")  # as an editable install does it
        stamp.write_text(wanted, encoding="utf-8")
    return python


def attack(kind, folder, attempts):
    """Attack kernels of one ipykernel in each way; in a new one where a kernel stops to read what it is sent."""
    lost = 0
    for attack_kernel, (nodes, faults) in ATTACKS.items():
        for kernel in range(_KERNELS):
            place, before = folder / f"{attack_kernel.__name__}-{kernel}", (attempts.cases, list(attempts.through))
            try:
                with world(kind, place, attempts, "--nodes", nodes, "--speed", "1", faults=faults) as attacked:
                    attack_kernel(attacked)
                break
            except RequestLostError:
                lost += 1
                attempts.cases, attempts.through = before
                if kernel == _KERNELS - 1:
                    raise
    attempts.figure(f"{kind.version}: kernels that stopped to read what they were sent", lost)


@pytest.mark.safety("Kernels: all of that with ipykernel 6.29")
def test_6_29(attempts, tmp_path):
    kind = Ipykernel("6.29", environment("6.29"), has_subshells=False, handles_meanwhile=False)
    attack(kind, tmp_path, attempts)


@pytest.mark.safety("Kernels: all of that with ipykernel 7.0.1")
def test_7_0(attempts, tmp_path):
    kind = Ipykernel("7.0.1", environment("7.0"), **SUBSHELLS)
    attack(kind, tmp_path, attempts)


@pytest.mark.safety("Kernels: all of that with ipykernel 7.3")
def test_7_3(attempts, tmp_path):
    kind = Ipykernel("7.3", environment("7.3"), **SUBSHELLS)
    attack(kind, tmp_path, attempts)
