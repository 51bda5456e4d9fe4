"""Observers and callbacks of an operation: in order, on the notifier thread, and none breaks anything."""

from __future__ import annotations

import asyncio
import contextvars
import logging
import sys
import threading
import types

import pytest

from batch_widgets.runner import Operation, Progress, Runner
from unit.runners import SOON, answer, gate_fixture, gated, runner_fixture, thread_name  # noqa: F401 (fixtures)


def test_observers_run_in_order_on_the_notifier_thread(runner):
    seen = []
    started = threading.Event()

    async def work(operation):
        while not started.is_set():  # noqa: ASYNC110 (another thread sets it)
            await asyncio.sleep(0.002)
        for done in range(3):
            operation.report(Progress(done, 3, "counting"))
        return "end"

    operation = runner.submit("Count", work)
    operation.observe(lambda change: seen.append((thread_name(), change.name, change.new)), ["status", "progress"])
    operation.add_done_callback(lambda ended: seen.append((thread_name(), "callback", ended.done())))
    started.set()
    operation.result(SOON)
    runner.drain()
    name = "batch-widgets-notifier"
    assert seen == [
        *((name, "progress", Progress(done, 3, "counting")) for done in range(3)),
        (name, "status", "done"),
        (name, "callback", True),
    ]
    assert operation.progress == Progress(2, 3, "counting")


def test_an_observer_of_the_end_sees_the_end(runner, gate):
    seen = []
    operation = runner.submit("Wait", gated(gate))
    operation.observe(lambda change: seen.append((operation.done(), operation.result(SOON))), "status")
    gate.open.set()
    operation.result(SOON)
    runner.drain()
    assert seen == [(True, "result")]


def test_it_is_done_as_soon_as_anybody_is_told(runner, gate, monkeypatch):
    monkeypatch.setattr(runner, "notify", lambda callback: callback())
    seen = []
    operation = runner.submit("Wait", gated(gate))
    operation.observe(lambda _: seen.append(operation.done()), "status")
    gate.open.set()
    operation.result(SOON)
    assert seen == [True]


def test_the_same_progress_is_told_once(runner, gate):
    seen = []

    async def work(operation):
        await gate.wait()
        operation.report(Progress(1, 2))
        operation.report(Progress(1, 2))

    operation = runner.submit("Work", work)
    operation.observe(seen.append, "progress")
    gate.open.set()
    operation.result(SOON)
    runner.drain()
    assert len(seen) == 1


def test_callbacks_keep_their_order(runner, gate):
    order = []
    operation = runner.submit("Wait", gated(gate))
    for number in range(5):
        operation.add_done_callback(lambda _, number=number: order.append(number))
    gate.open.set()
    operation.result(SOON)
    operation.add_done_callback(lambda _: order.append("late"))
    runner.drain()
    assert order == [0, 1, 2, 3, 4, "late"]


@pytest.mark.parametrize("error", [RuntimeError, SystemExit, KeyboardInterrupt, asyncio.CancelledError])
def test_an_observer_that_raises_breaks_nothing(runner, gate, caplog, error):
    def bad(_):
        raise error("The observer's own.")

    seen = []
    operation = runner.submit("Wait", gated(gate))
    operation.observe(bad, "status")
    operation.add_done_callback(bad)
    operation.add_done_callback(seen.append)
    with caplog.at_level(logging.ERROR, "batch_widgets"):
        gate.open.set()
        assert operation.result(SOON) == "result"
        runner.drain()
    assert seen == [operation]
    assert [record.getMessage() for record in caplog.records] == ["A callback failed"] * 2


def test_a_slow_observer_stops_nothing_else(runner, gate):
    operation = runner.submit("Answer", answer)
    operation.result(SOON)
    operation.add_done_callback(lambda _: gate.open.wait(SOON))
    assert runner.submit("Answer", answer).result(SOON) == 42
    gate.open.set()


def test_an_observer_may_block_and_start_work(runner):
    results = []
    first = runner.submit("Answer", answer)
    first.add_done_callback(lambda _: results.append(runner.submit("Answer", answer).result(SOON)))
    first.result(SOON)
    runner.drain()
    assert results == [42]


def test_outputs_cannot_be_written(runner):
    operation = runner.submit("Answer", answer)
    operation.result(SOON)
    for name, value in (("status", "running"), ("progress", Progress())):
        with pytest.raises(Exception, match="read-only"):
            setattr(operation, name, value)


@pytest.mark.parametrize(("version", "expected"), [((6, 29, 5), "none"), ((7, 0, 1), "the cell"), ((7, 3, 0), "none")])
def test_observers_run_in_the_context_of_a_cell_where_ipykernel_needs_it(monkeypatch, version, expected):
    """Whichever thread speaks first: ipykernel 7.0 sends nothing for a widget from one without a cell's context."""
    monkeypatch.setitem(sys.modules, "ipykernel", types.SimpleNamespace(version_info=version))
    cell = contextvars.ContextVar("cell")
    token = cell.set("the cell")
    runner = Runner()
    cell.reset(token)
    seen = []

    async def work(operation):
        operation.report(Progress(1, 2))

    try:
        operation = Operation(runner, "Work")
        operation.observe(lambda _: seen.append(cell.get("none")), "progress")
        runner.call(work(operation), 30)
        runner.drain()
    finally:
        runner.close()
    assert seen == [expected]
