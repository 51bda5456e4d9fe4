"""Operation: how it ends, what there is so far, awaiting it, how it shows itself."""

from __future__ import annotations

import asyncio
import concurrent.futures
import gc
import threading
import time
import weakref

import pytest

from batch_widgets.runner import Operation, Progress
from unit.runners import SOON, answer, broken, gate_fixture, gated, runner_fixture  # noqa: F401 (fixtures)

# ends


def test_result(runner):
    operation = runner.submit("Answer", answer)
    assert operation.result(SOON) == 42
    assert operation.done()
    assert operation.status == "done"
    assert operation.exception() is None
    assert not operation.cancelled()
    assert operation.result() == operation.result(0) == 42
    assert operation.cancel() is False


def test_failure(runner):
    operation = runner.submit("Break", broken)
    with pytest.raises(ValueError, match="It broke"):
        operation.result(SOON)
    assert operation.status == "failed"
    assert isinstance(operation.exception(SOON), ValueError)
    assert not operation.cancelled()


def test_a_running_operation(runner, gate):
    operation = runner.submit("Wait", gated(gate))
    assert not operation.done()
    assert operation.status == "running"
    assert not operation.cancelled()
    gate.open.set()
    assert operation.result(SOON) == "result"


def test_a_timeout_leaves_it_running(runner, gate):
    operation = runner.submit("Wait", gated(gate))
    for wait in (operation.result, operation.exception):
        with pytest.raises(TimeoutError, match=r"Wait: not finished after 0\.01 s\. It goes on"):
            wait(0.01)
    assert operation.status == "running"
    gate.open.set()
    assert operation.result(SOON) == "result"


def test_a_timeout_of_the_work_is_its_failure(runner):
    async def work(operation):
        raise TimeoutError("The work's own.")

    operation = runner.submit("Work", work)
    for _ in range(2):
        with pytest.raises(TimeoutError, match="The work's own"):
            operation.result(SOON)
    assert operation.status == "failed"


def test_cancel(runner, gate):
    operation = runner.submit("Create pool p", gated(gate), on_cancel="The pool may remain.")
    assert gate.reached.wait(SOON)
    assert operation.cancel() is True
    for wait in (operation.result, operation.exception):
        with pytest.raises(
            concurrent.futures.CancelledError, match=r"Create pool p: cancelled\. The pool may remain\."
        ):
            wait(SOON)
    assert operation.done()
    assert operation.cancelled()
    assert operation.status == "cancelled"
    assert operation.cancel() is False


def test_cancel_before_it_starts(runner, gate):
    ran = []

    async def work(operation):
        ran.append(1)

    runner.call_soon(lambda: gate.open.wait(SOON))  # the loop is busy: the operation cannot start
    operation = runner.submit("Work", work)
    assert operation.cancel() is True
    gate.open.set()
    with pytest.raises(concurrent.futures.CancelledError):
        operation.result(SOON)
    assert operation.cancelled()
    assert not ran


def test_work_that_finishes_all_the_same_is_done(runner, gate):
    async def work(operation):
        try:
            await gate.wait()
        except asyncio.CancelledError:
            return "cleaned up"

    operation = runner.submit("Work", work)
    assert gate.reached.wait(SOON)
    operation.cancel()
    assert operation.result(SOON) == "cleaned up"
    assert operation.status == "done"


def test_an_operation_that_nobody_holds_goes_on(runner):
    ended = threading.Event()
    reference = []

    async def work(operation):
        future = asyncio.get_running_loop().create_future()
        reference.append(weakref.ref(future))
        try:
            await future
        finally:
            ended.set()

    runner.submit("Work", work)
    while not reference:
        time.sleep(0.002)
    runner.call_soon(gc.collect)
    gc.collect()
    assert not ended.is_set()
    future = reference[0]()
    assert future is not None
    runner.call_soon(lambda: future.set_result(None))
    assert ended.wait(SOON)


def test_an_ended_operation_is_not_held(runner):
    operation = runner.submit("Answer", answer)
    operation.result(SOON)
    runner.drain()
    reference = weakref.ref(operation)
    del operation
    deadline = time.monotonic() + SOON
    while reference() is not None and time.monotonic() < deadline:
        gc.collect()
        time.sleep(0.002)
    assert reference() is None


# what there is so far


def test_the_partial_result(runner, gate):
    found = []

    async def work(operation):
        operation.report_partial(lambda: list(found))
        found.append(1)
        await gate.wait()
        return [1, 2]

    operation = runner.submit("Work", work)
    assert gate.reached.wait(SOON)
    assert operation.partial == [1]
    gate.open.set()
    operation.result(SOON)
    assert operation.partial == [1, 2]


def test_the_partial_result_outlives_a_cancellation_and_a_failure(runner, gate):
    async def work(operation):
        operation.report_partial(lambda: "some")
        await gate.wait()
        raise ValueError("It broke.")

    cancelled, failed = runner.submit("Work", work), runner.submit("Work", work)
    assert gate.reached.wait(SOON)
    cancelled.cancel()
    with pytest.raises(concurrent.futures.CancelledError):
        cancelled.result(SOON)
    gate.open.set()
    assert isinstance(failed.exception(SOON), ValueError)
    assert (cancelled.partial, failed.partial) == ("some", "some")


def test_work_in_one_piece_has_no_partial_result(runner, gate):
    operation = runner.submit("Wait", gated(gate))
    assert operation.partial is None
    gate.open.set()
    operation.result(SOON)
    assert operation.partial == "result"
    broke = runner.submit("Break", broken)
    broke.exception(SOON)
    assert broke.partial is None


# awaiting


def test_await_on_another_loop(runner, gate):
    async def main():
        operation = runner.submit("Wait", gated(gate))
        asyncio.get_running_loop().call_later(0.01, gate.open.set)
        assert await operation == "result"
        assert await operation == "result"
        with pytest.raises(ValueError, match="It broke"):
            await runner.submit("Break", broken)

    asyncio.run(main())


def test_await_on_the_loop_thread(runner):
    async def work(operation):
        return await runner.submit("Answer", answer)

    assert runner.submit("Outer", work).result(SOON) == 42


def test_a_cancelled_awaiter_leaves_it_running(runner, gate):
    operation = runner.submit("Wait", gated(gate))

    async def main():
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(_await(operation), 0.01)

    asyncio.run(main())
    assert operation.status == "running"
    gate.open.set()
    assert operation.result(SOON) == "result"


def test_awaiting_a_cancelled_operation_raises_cancelled(runner, gate):
    operation = runner.submit("Wait", gated(gate))
    operation.cancel()

    async def main():
        with pytest.raises(asyncio.CancelledError):
            await operation

    asyncio.run(main())


async def _await(operation):
    return await operation


# how it shows itself


def test_progress_fraction():
    assert Progress().fraction == 0.0
    assert Progress(1, 4).fraction == 0.25
    assert Progress(5, 4).fraction == 1.0


def test_repr(runner, gate):
    async def work(operation):
        operation.report(Progress(1, 4, "starting"))
        await gate.wait()

    operation = runner.submit("Create pool p", work)
    assert gate.reached.wait(SOON)
    assert repr(operation) == "<Operation Create pool p: running, 1 of 4, starting, 0 s>"
    gate.open.set()
    operation.result(SOON)
    assert "done" in repr(operation)


def test_without_a_view_it_shows_as_text(runner, monkeypatch):
    monkeypatch.setattr(Operation, "view", None)
    operation = runner.submit("Answer", answer)
    operation.result(SOON)
    assert operation._repr_mimebundle_() == {"text/plain": repr(operation)}


def test_the_view_shows_it(runner, monkeypatch):
    class View:
        def __init__(self, operation):
            self.operation = operation

        def _repr_mimebundle_(self, **options):
            return {"shown": self.operation.title, **options}

    monkeypatch.setattr(Operation, "view", staticmethod(View))
    operation = runner.submit("Answer", answer)
    operation.result(SOON)
    assert operation._repr_mimebundle_(include=None) == {"shown": "Answer", "include": None}
