"""Operation: the one type for work in progress."""

from __future__ import annotations

import asyncio
import concurrent.futures
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from traitlets import HasTraits, Instance, Unicode
from traitlets.utils.bunch import Bunch

from batch_widgets.runner.frames import forget_frames
from batch_widgets.texts import one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping

    from batch_widgets.runner.runner import Runner

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an operation is.

    Parameters
    ----------
    done, total : int
        Finished parts and all parts; `total` 0 where it is not known.
    message : str
        What goes on, in a few words.
    counts : mapping of str to int
        Parts by state or outcome.
    unit : str
        What a finished part is, such as ``"nodes ready"``.
    accepted : bool
        True once the service has taken what was asked of it.
    """

    done: int = 0
    total: int = 0
    message: str = ""
    counts: Mapping[str, int] = field(default_factory=dict)
    unit: str = "done"
    accepted: bool = False

    @property
    def fraction(self) -> float:
        """Done of total, from 0 to 1."""
        return min(1.0, self.done / self.total) if self.total else 0.0


class Operation(HasTraits, Generic[T]):
    """Work in progress on an account.

    It can be waited for (``result()``), awaited, observed, shown in a cell, left alone or cancelled. A timeout or a
    cancelled awaiter leaves it running; only :meth:`cancel` cancels. Observers and callbacks run on a thread of their
    own.

    Parameters
    ----------
    runner : Runner
        Where it runs.
    title : str
        What it does, such as ``"Create pool analysis"``.
    on_cancel : str
        What remains when it is cancelled, in a sentence.
    """

    status = Unicode("running", read_only=True)
    """str: ``"running"``, ``"done"``, ``"failed"`` or ``"cancelled"``."""

    progress = Instance(Progress, (), read_only=True)
    """Progress: how far it is."""

    view: ClassVar[Callable[[Operation[Any]], Any] | None] = None
    """Makes the widget that shows an operation; set by the package, so that this layer needs no widgets."""

    def __init__(self, runner: Runner, title: str, *, on_cancel: str = "") -> None:
        super().__init__()
        self.title = title
        self.on_cancel = on_cancel
        self.started_s = time.monotonic()
        self.ended_s: float | None = None
        self._runner = runner
        self._future: concurrent.futures.Future[T] = concurrent.futures.Future()
        self._future.set_running_or_notify_cancel()  # a cancelled awaiter must not cancel the work
        self.task: asyncio.Task[T] | None = None
        self._cancel_wanted = False
        self._make_partial: Callable[[], T] | None = None
        self._trait_values["progress"] = Progress()  # made here: a lazy default could overwrite the loop thread's value

    # what users call

    def done(self) -> bool:
        """Tell whether it has ended, in whatever way."""
        return self.status != "running"

    def result(self, timeout: float | None = None) -> T:
        """Wait for the end and give the result.

        Parameters
        ----------
        timeout : float, optional
            How long to wait, in seconds; default: without limit.

        Raises
        ------
        TimeoutError
            If it still runs after `timeout`; it goes on.
        concurrent.futures.CancelledError
            If it was cancelled.
        BatchWidgetsError
            If it failed.
        """
        self._wait(timeout)
        return self._future.result()

    def exception(self, timeout: float | None = None) -> BaseException | None:
        """Wait for the end and give the error, or None; raises as :meth:`result` if cancelled or still running."""
        self._wait(timeout)
        error = self._future.exception()
        if self.cancelled() and error is not None:
            raise error
        return error

    def _wait(self, timeout: float | None) -> None:
        if self.done():
            return
        self._runner.refuse_on_loop_thread()
        concurrent.futures.wait([self._future], timeout)
        if not self.done():
            raise TimeoutError(f"{self.title}: not finished after {timeout:g} s. It goes on; wait again or cancel().")

    def cancel(self) -> bool:
        """Ask it to stop; what was done stays done.

        Returns
        -------
        bool
            False if it had ended already.
        """
        if self.done():
            return False
        self._cancel_wanted = True
        self._runner.call_soon(self._cancel_task)
        return True

    def cancelled(self) -> bool:
        """Tell whether it was cancelled."""
        return self.status == "cancelled"

    @property
    def partial(self) -> T | None:
        """What there is of the result: while it runs, and after it was cancelled or failed; never waits.

        None where the work cannot be told in parts, or has not got so far. Once it is done, the result.
        """
        if self.status == "done":
            return self._future.result()
        make = self._make_partial
        return make() if make is not None else self._future.result() if self.status == "done" else None

    def add_done_callback(self, callback: Callable[[Operation[T]], object]) -> None:
        """Call ``callback(operation)`` once it has ended.

        That is on the notifier thread, and on the caller's where it had ended and the account is closed.
        """

        def tell() -> None:
            callback(self)

        def post(_: object) -> None:
            if not self._runner.notify(tell):
                tell()

        self._future.add_done_callback(post)

    def __await__(self) -> Generator[Any, None, T]:
        return asyncio.wrap_future(self._future).__await__()

    @property
    def seconds(self) -> float:
        """How long it has run, or ran, in seconds."""
        return (self.ended_s or time.monotonic()) - self.started_s

    # what the runner calls, on the loop thread

    def report(self, progress: Progress) -> None:
        """Set :attr:`progress`."""
        self._publish("progress", progress)

    def report_partial(self, make: Callable[[], T]) -> None:
        """Say how :attr:`partial` is made: by `make`, called when and where somebody asks. It must not wait."""
        self._make_partial = make

    def start(self, work: Callable[[Operation[T]], Any]) -> None:
        """Start the coroutine function `work` on the running loop."""
        self.task = asyncio.get_running_loop().create_task(work(self), name=self.title)
        self.task.add_done_callback(self._finish)
        if self._cancel_wanted:
            self.task.cancel()

    def _cancel_task(self) -> None:
        if self.task is not None:
            self.task.cancel()

    def _finish(self, task: asyncio.Task[T]) -> None:
        self.task = None  # its frames hold what the work was given, secrets too
        if task.cancelled():
            self.abandon(concurrent.futures.CancelledError(f"{self.title}: cancelled. {self.on_cancel}".strip()))
        elif error := task.exception():
            forget_frames(error)
            self._end("failed", error)
        else:
            self.ended_s = time.monotonic()
            self._publish("status", "done")
            self._future.set_result(task.result())
            self._make_partial = None
            self._runner.forget(self)

    def abandon(self, error: BaseException) -> None:
        """End it as cancelled."""
        if not self.done():
            self._end("cancelled", error)

    def _end(self, status: str, error: BaseException) -> None:
        self.ended_s = time.monotonic()
        self._publish("status", status)
        self._future.set_exception(error)
        self._runner.forget(self)

    def _publish(self, name: str, value: Any) -> None:
        """Set a trait at once, and tell its observers on the notifier thread."""
        old = getattr(self, name)
        self._trait_values[name] = value
        if old != value:
            change = Bunch(name=name, old=old, new=value, owner=self, type="change")
            self._runner.notify(lambda: self.notify_change(change))

    # how it shows itself

    def __repr__(self) -> str:
        progress = self.progress
        parts = [self.status]
        if progress.total:
            parts.append(f"{progress.done} of {progress.total}")
        if progress.message:
            parts.append(progress.message)
        return one_line(f"<Operation {self.title}: {', '.join(parts)}, {self.seconds:.0f} s>")

    def _repr_mimebundle_(self, **options: Any) -> Any:
        make = type(self).view
        if make is None:
            return {"text/plain": repr(self)}
        return make(self)._repr_mimebundle_(**options)
