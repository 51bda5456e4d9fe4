"""A runner, and work for it that waits, answers or breaks."""

from __future__ import annotations

import asyncio
import threading

import pytest

from batch_widgets.runner import Runner

SOON = 5.0


@pytest.fixture(name="runner")
def runner_fixture():
    runner = Runner()
    yield runner
    runner.close()


class Gate:
    """Something that work waits for, and that any thread can open."""

    def __init__(self):
        self.open = threading.Event()
        self.reached = threading.Event()

    async def wait(self):
        self.reached.set()
        while not self.open.is_set():  # noqa: ASYNC110 (another thread opens it)
            await asyncio.sleep(0.002)


@pytest.fixture(name="gate")
def gate_fixture():
    return Gate()


def gated(gate, result="result"):
    async def work(operation):
        await gate.wait()
        return result

    return work


async def answer(operation):
    return 42


async def broken(operation):
    raise ValueError("It broke.")


def thread_name():
    return threading.current_thread().name
