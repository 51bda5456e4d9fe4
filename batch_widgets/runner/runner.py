"""Runner: what an account's work runs on."""

from __future__ import annotations

import asyncio
import concurrent.futures
import logging
import threading
from typing import TYPE_CHECKING, Any, TypeVar

from batch_widgets.errors import ClosedError
from batch_widgets.runner.operation import Operation
from batch_widgets.runner.threads import LoopThread, Notifier

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

T = TypeVar("T")

_log = logging.getLogger("batch_widgets")
_CLOSE_S = 10.0


class Runner:
    """A loop thread, a notifier thread, and the operations under way on them.

    Both threads start when first needed and end with :meth:`close`.
    """

    def __init__(self) -> None:
        self._loop_thread = LoopThread("batch-widgets-loop")
        self._notifier = Notifier("batch-widgets-notifier")
        self._operations: set[Operation[Any]] = set()  # a loop keeps no task alive that nobody else holds
        self._lock = threading.Lock()
        self._closed = False

    @property
    def closed(self) -> bool:
        """True once :meth:`close` was called."""
        return self._closed

    def refuse_on_loop_thread(self) -> None:
        """Raise RuntimeError if the caller would block the loop thread."""
        if self._loop_thread.is_current():
            raise RuntimeError("This blocks, and would block the loop that it waits for. Await it instead.")

    def submit(
        self, title: str, work: Callable[[Operation[T]], Coroutine[Any, Any, T]], *, on_cancel: str = ""
    ) -> Operation[T]:
        """Start work on the loop thread.

        Parameters
        ----------
        title : str
            What it does.
        work : coroutine function
            Called with the operation, on which it reports its progress.
        on_cancel : str
            What remains when it is cancelled.

        Returns
        -------
        Operation
            Running.
        """
        operation: Operation[T] = Operation(self, title, on_cancel=on_cancel)
        with self._lock:
            self._refuse_closed()
            self._operations.add(operation)
            self._loop_thread.loop.call_soon_threadsafe(operation.start, work)
        return operation

    def forget(self, operation: Operation[Any]) -> None:
        """Hold an operation that has ended no longer."""
        with self._lock:
            self._operations.discard(operation)

    async def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine on the loop thread and await it on any loop."""
        try:
            return await asyncio.wrap_future(self._schedule(coroutine))
        except asyncio.CancelledError:
            if self._closed and not _cancelling():
                raise self._closed_error() from None
            raise

    def call(self, coroutine: Coroutine[Any, Any, T], timeout: float) -> T:
        """Run a coroutine on the loop thread and wait for it.

        Raises
        ------
        TimeoutError
            If it takes longer than `timeout` seconds; it is then cancelled.
        """
        try:
            self.refuse_on_loop_thread()
        except RuntimeError:
            coroutine.close()
            raise
        future = self._schedule(coroutine)
        try:
            return future.result(timeout)
        except concurrent.futures.CancelledError:
            if not self._closed:
                raise
            raise self._closed_error() from None
        except BaseException:
            future.cancel()
            raise

    def _schedule(self, coroutine: Coroutine[Any, Any, T]) -> concurrent.futures.Future[T]:
        try:
            with self._lock:
                self._refuse_closed()
                return asyncio.run_coroutine_threadsafe(coroutine, self._loop_thread.loop)
        except ClosedError:
            coroutine.close()
            raise

    def call_soon(self, callback: Callable[[], object]) -> None:
        """Run a plain function on the loop thread, unless the runner is closed."""
        with self._lock:
            if not self._closed:
                self._loop_thread.loop.call_soon_threadsafe(callback)

    def notify(self, callback: Callable[[], object]) -> bool:
        """Run a plain function on the notifier thread; it may block. False if the runner is closed."""
        return self._notifier.post(callback)

    def drain(self) -> None:
        """Wait until the notifier has run all that was posted to it."""
        self._notifier.drain()

    def _refuse_closed(self) -> None:
        if self._closed:
            raise self._closed_error()

    def _closed_error(self) -> ClosedError:
        return ClosedError("The account was closed.", hint="Run bw.connect() again and make a new widget.")

    def close(self, last: Callable[[], Coroutine[Any, Any, None]] | None = None) -> bool:
        """End everything; idempotent.

        Parameters
        ----------
        last : coroutine function, optional
            Run on the loop thread after the operations have ended, such as closing a client.

        Returns
        -------
        bool
            False if another call had closed it, or is about to.
        """
        self.refuse_on_loop_thread()
        with self._lock:
            if self._closed:
                return False
            self._closed = True
            running = list(self._operations)
        try:
            if running or last is not None:
                loop = self._loop_thread.loop
                asyncio.run_coroutine_threadsafe(_end(running, last), loop).result(timeout=_CLOSE_S)
        except Exception:  # noqa: BLE001 (whatever does not end well must not keep the threads alive)
            _log.exception("Not everything ended well")
        finally:
            self._loop_thread.stop()
            for operation in running:  # one that would not be cancelled
                operation.abandon(concurrent.futures.CancelledError(f"{operation.title}: the account was closed."))
            self._notifier.stop()
        return True


def _cancelling() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


async def _end(operations: list[Operation[Any]], last: Callable[[], Coroutine[Any, Any, None]] | None) -> None:
    await asyncio.sleep(0)  # what was submitted just before has started now
    tasks = [operation.task for operation in operations if operation.task is not None]
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks, timeout=_CLOSE_S / 2)
    if last is not None:
        await last()
