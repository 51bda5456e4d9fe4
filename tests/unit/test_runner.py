"""The loop thread, the notifier, and operations on them."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextvars
import gc
import logging
import sys
import threading
import time
import types
import weakref

import pytest

from batch_widgets.errors import ClosedError
from batch_widgets.runner import Operation, Progress, Runner

SOON = 5.0


@pytest.fixture
def runner():
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


@pytest.fixture
def gate():
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


# observers and callbacks


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


# blocking on the loop


def test_a_blocking_call_on_the_loop_thread_raises_at_once(runner, gate):
    waiting = runner.submit("Wait", gated(gate))

    async def work(operation):
        errors = []
        for block in (waiting.result, waiting.exception, runner.close, lambda: runner.call(gate.wait(), 1)):
            try:
                block()
            except RuntimeError as error:
                errors.append(str(error))
        return errors

    errors = runner.submit("Block", work).result(SOON)
    assert len(errors) == 4
    assert all("Await it instead" in error for error in errors)
    gate.open.set()


def test_the_result_of_ended_work_can_be_had_on_the_loop_thread(runner):
    ended = runner.submit("Answer", answer)
    ended.result(SOON)

    async def work(operation):
        return ended.result(), ended.exception()

    assert runner.submit("Ask", work).result(SOON) == (42, None)


# call and run


def test_call_runs_on_the_loop_thread(runner):
    async def where():
        return thread_name()

    assert runner.call(where(), SOON) == "batch-widgets-loop"
    assert asyncio.run(runner.run(where())) == "batch-widgets-loop"


def test_call_passes_errors_on(runner):
    with pytest.raises(ValueError, match="It broke"):
        runner.call(broken(None), SOON)
    with pytest.raises(ValueError, match="It broke"):
        asyncio.run(runner.run(broken(None)))


def test_a_call_that_takes_too_long_is_cancelled(runner):
    cancelled = threading.Event()

    async def forever():
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.set()
            raise

    with pytest.raises(TimeoutError):
        runner.call(forever(), 0.01)
    assert cancelled.wait(SOON)


def test_cancelling_who_awaits_a_run_cancels_it(runner):
    cancelled = threading.Event()

    async def forever():
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    async def main():
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(runner.run(forever()), 0.01)

    asyncio.run(main())
    assert cancelled.wait(SOON)


# closing


def test_close_ends_operations_and_threads(gate):
    runner = Runner()
    operation = runner.submit("Wait", gated(gate), on_cancel="It may remain.")
    seen = []
    operation.add_done_callback(lambda ended: seen.append(ended.status))
    threads = {thread for thread in threading.enumerate() if thread.name.startswith("batch-widgets-")}
    assert runner.close() is True
    assert operation.status == "cancelled"
    with pytest.raises(concurrent.futures.CancelledError, match="It may remain"):
        operation.result()
    assert seen == ["cancelled"]
    assert not any(thread.is_alive() for thread in threads)
    assert runner.closed
    operation.add_done_callback(lambda ended: seen.append("late"))
    assert seen == ["cancelled", "late"]


def test_close_right_after_submit_ends_what_has_not_started():
    for _ in range(20):
        runner = Runner()
        operations = [runner.submit("Wait", gated(Gate())) for _ in range(3)]
        runner.close()
        assert [operation.status for operation in operations] == ["cancelled"] * 3


def test_close_is_idempotent():
    runner = Runner()
    assert runner.close() is True
    assert runner.close() is False
    assert runner.closed


def test_concurrent_close_and_submit(gate):
    for _ in range(20):
        runner = Runner()
        barrier = threading.Barrier(6)
        closed, surprises, operations = [], [], []

        def close(runner=runner, barrier=barrier, closed=closed):
            barrier.wait()
            closed.append(runner.close())

        def submit(runner=runner, barrier=barrier, surprises=surprises, operations=operations):
            barrier.wait()
            try:
                operations.append(runner.submit("Wait", gated(gate)))
            except ClosedError:
                pass
            except BaseException as error:  # noqa: BLE001 (nothing else may come)
                surprises.append(error)

        threads = [threading.Thread(target=target) for target in (close, submit) * 3]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(SOON)
        assert sorted(closed) == [False, False, True]
        assert not surprises
        assert all(operation.cancelled() for operation in operations)


def test_after_close_there_is_no_more_work(runner):
    runner.close()
    with pytest.raises(ClosedError, match="closed"):
        runner.submit("Answer", answer)
    with pytest.raises(ClosedError):
        runner.call(broken(None), SOON)
    with pytest.raises(ClosedError):
        asyncio.run(runner.run(broken(None)))
    runner.call_soon(lambda: pytest.fail("must not run"))
    runner.notify(lambda: pytest.fail("must not run"))
    began = time.monotonic()
    runner.drain()
    assert time.monotonic() - began < 1


def test_who_waits_while_it_closes_gets_a_closed_error(gate):
    runner = Runner()
    errors = []

    def wait():
        try:
            runner.call(gate.wait(), SOON)
        except BaseException as error:  # noqa: BLE001 (looked at below)
            errors.append(error)

    async def wait_awaiting():
        try:
            await runner.run(gate.wait())
        except ClosedError as error:
            errors.append(error)

    threads = [threading.Thread(target=wait), threading.Thread(target=lambda: asyncio.run(wait_awaiting()))]
    for thread in threads:
        thread.start()
    while len(asyncio.all_tasks(runner._loop_thread.loop)) < 2:
        time.sleep(0.002)
    runner.close()
    for thread in threads:
        thread.join(SOON)
    assert [type(error) for error in errors] == [ClosedError, ClosedError]


def test_close_runs_the_last_thing_after_the_operations(gate):
    order = []

    async def work(operation):
        try:
            await gate.wait()
        finally:
            order.append("operation")

    async def last():
        order.append(("last", thread_name()))

    runner = Runner()
    runner.submit("Wait", work)
    assert gate.reached.wait(SOON)
    runner.close(last)
    assert order == ["operation", ("last", "batch-widgets-loop")]


def test_a_last_thing_that_fails_leaves_no_thread(caplog):
    async def last():
        raise OSError("It broke.")

    runner = Runner()
    runner.submit("Answer", answer).result(SOON)
    assert runner.close(last) is True
    assert "Not everything ended well" in caplog.text


def test_work_that_will_not_end_does_not_hold_up_the_close(monkeypatch, caplog):
    monkeypatch.setattr("batch_widgets.runner.runner._CLOSE_S", 0.04)
    monkeypatch.setattr("batch_widgets.runner.threads._STOP_S", 0.04)
    stop = threading.Event()
    reached = threading.Event()

    async def work(operation):
        while not stop.is_set():
            try:
                reached.set()
                await asyncio.sleep(0.002)
            except asyncio.CancelledError:
                continue

    ended = []

    async def last():
        ended.append("last")

    runner = Runner()
    operation = runner.submit("Stubborn", work)
    assert reached.wait(SOON)
    loop = runner._loop_thread.loop
    runner.close(last)
    assert ended == ["last"]
    assert operation.cancelled()
    with pytest.raises(concurrent.futures.CancelledError, match="the account was closed"):
        operation.result(0)
    assert loop.is_closed()
    stop.set()
    operation.task.get_coro().close()
    operation.task._log_destroy_pending = False


def test_a_worker_thread_does_not_hold_up_the_close(gate):
    async def work(operation):
        gate.reached.set()
        await asyncio.to_thread(gate.open.wait, SOON)

    runner = Runner()
    operation = runner.submit("Sign in", work)
    assert gate.reached.wait(SOON)
    began = time.monotonic()
    runner.close()
    assert time.monotonic() - began < 1
    assert operation.cancelled()
    gate.open.set()


def test_close_from_a_callback():
    runner = Runner()
    closed = threading.Event()
    operation = runner.submit("Answer", answer)
    operation.add_done_callback(lambda _: (runner.close(), closed.set()))
    assert closed.wait(SOON)


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
