"""Runner: its loop thread must not be blocked, calls to it, and its end."""

from __future__ import annotations

import asyncio
import concurrent.futures
import threading
import time

import pytest

from batch_widgets.errors import ClosedError
from batch_widgets.runner import Runner
from unit.runners import (  # noqa: F401 (fixtures)
    SOON,
    Gate,
    answer,
    broken,
    gate_fixture,
    gated,
    runner_fixture,
    thread_name,
)

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
    assert time.monotonic() - began < SOON


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
        await asyncio.to_thread(gate.open.wait, 60)

    runner = Runner()
    operation = runner.submit("Sign in", work)
    assert gate.reached.wait(SOON)
    began = time.monotonic()
    runner.close()
    assert time.monotonic() - began < SOON
    assert operation.cancelled()
    gate.open.set()


def test_close_from_a_callback():
    runner = Runner()
    closed = threading.Event()
    operation = runner.submit("Answer", answer)
    operation.add_done_callback(lambda _: (runner.close(), closed.set()))
    assert closed.wait(SOON)
