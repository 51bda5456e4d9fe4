"""The two threads of an account: the loop, where calls run, and the notifier, where observers run."""

from __future__ import annotations

import asyncio
import contextvars
import functools
import logging
import queue
import sys
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_log = logging.getLogger("batch_widgets")
_STOP_S = 5.0


def to_its_end(call: Callable[[], object], name: str) -> None:
    """Make a call that nothing breaks off: an interrupt ends the waiting for it, and the call goes on.

    Interrupts reach the main thread alone, so that a call which is made there runs on one of its own.

    Parameters
    ----------
    call : callable
        What to do; its error is raised here.
    name : str
        The name of the thread.
    """
    if threading.current_thread() is not threading.main_thread():
        call()
        return
    errors: list[BaseException] = []

    def run() -> None:
        try:
            call()
        except BaseException as error:  # noqa: BLE001 (raised to who waits)
            errors.append(error)

    thread = threading.Thread(target=run, name=name, daemon=True)
    try:
        thread.start()
    except RuntimeError:  # Python is ending
        call()
        return
    thread.join()
    if errors:
        raise errors[0]


def _in(context: contextvars.Context, run: Callable[[], object]) -> Callable[[], object]:
    """Have a thread of ours run in the context of a cell where ipykernel 7.0 is.

    That one sends nothing for a widget from a thread without it. All others answer the cell that runs now, to which
    nbclient listens.
    """
    kernel = sys.modules.get("ipykernel")
    if kernel is not None and kernel.version_info[:2] == (7, 0):
        return functools.partial(context.run, run)
    return run


class LoopThread:
    """An event loop on a daemon thread, started when first used.

    Parameters
    ----------
    name : str
        The thread's name.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._context = contextvars.copy_context()
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The running loop."""
        with self._lock:
            if self._loop is None:
                loop = asyncio.new_event_loop()

                def run() -> None:
                    asyncio.set_event_loop(loop)
                    loop.run_forever()

                # kept before it starts: start() may be interrupted, and the thread would run and nobody know of it
                self._loop = loop
                self._thread = threading.Thread(target=_in(self._context, run), name=self._name, daemon=True)
                try:
                    self._thread.start()
                except RuntimeError:  # there can be no more threads
                    self._loop = self._thread = None
                    loop.close()
                    raise
            return self._loop

    def is_current(self) -> bool:
        """Tell whether the caller runs on this thread."""
        return threading.current_thread() is self._thread

    def stop(self) -> None:
        """Cancel what still runs, end the thread and close the loop."""
        with self._lock:
            loop, thread = self._loop, self._thread
        if loop is None or thread is None or loop.is_closed():
            return
        with suppress(TimeoutError):
            asyncio.run_coroutine_threadsafe(_cancel_all(), loop).result(timeout=_STOP_S)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(timeout=_STOP_S)
        if not thread.is_alive():
            loop.close()  # does not wait for worker threads: a sign-in in a browser may take minutes


async def _cancel_all() -> None:
    tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks, timeout=_STOP_S / 2)
    await asyncio.get_running_loop().shutdown_asyncgens()


class Notifier:
    """Runs callbacks one after the other on a daemon thread, so that a slow observer stops nothing else.

    Parameters
    ----------
    name : str
        The thread's name.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._context = contextvars.copy_context()
        self._queue: queue.SimpleQueue[Callable[[], object] | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._closed = False

    def post(self, callback: Callable[[], object]) -> bool:
        """Run `callback` soon; in order; its errors go to the log. False if this has been stopped."""
        with self._lock:
            if self._closed:
                return False
            if self._thread is None:
                self._thread = threading.Thread(target=_in(self._context, self._run), name=self._name, daemon=True)
                self._thread.start()
            self._queue.put(callback)
        return True

    def is_current(self) -> bool:
        """Tell whether the caller runs on this thread."""
        return threading.current_thread() is self._thread

    def _run(self) -> None:
        while (callback := self._queue.get()) is not None:
            try:
                callback()
            except BaseException:  # noqa: BLE001 (an observer may raise anything, SystemExit too)
                _log.exception("A callback failed")

    def drain(self, timeout: float = 10.0) -> None:
        """Wait until all that was posted has run (nothing to wait for on the notifier itself)."""
        done = threading.Event()
        with self._lock:
            if self._thread is None or self._closed or self.is_current():
                return
            self._queue.put(done.set)
        done.wait(timeout)

    def stop(self) -> None:
        """Run what is queued and end the thread."""
        with self._lock:
            self._closed = True
            thread = self._thread
        if thread is not None:
            self._queue.put(None)
            if not self.is_current():
                thread.join(timeout=10)
