"""Merger: news that come often, told less often."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

_INTERVAL_S = 0.1


class Timers(Protocol):
    """What is needed of an event loop."""

    def time(self) -> float:
        """Give the time, in seconds from some moment."""

    def call_later(self, delay: float, callback: Callable[[], object], /) -> Any:
        """Call `callback` later; what is given has ``cancel()``."""


class Merger:
    """Tells of changes: of the first at once, of what follows together after a pause, and of the last in any case.

    For the loop thread only.

    Parameters
    ----------
    tell : callable
        Called at most once in `interval_s`, but for :meth:`flush`.
    interval_s : float
        The pause, in seconds.
    timers : Timers, optional
        Clock and timers; default: the running loop.
    """

    def __init__(
        self, tell: Callable[[], object], interval_s: float = _INTERVAL_S, *, timers: Timers | None = None
    ) -> None:
        self._tell = tell
        self._interval_s = interval_s
        self._timers: Timers = timers or asyncio.get_running_loop()
        self._told_s: float | None = None
        self._timer: Any = None

    def changed(self) -> None:
        """Note that there is something to tell."""
        if self._timer is not None:
            return
        now = self._timers.time()
        due = now if self._told_s is None else self._told_s + self._interval_s
        if due <= now:
            self._tell_now()
        else:
            self._timer = self._timers.call_later(due - now, self._tell_now)

    def flush(self) -> None:
        """Tell now what has not been told yet."""
        if self._timer is not None:
            self._timer.cancel()
            self._tell_now()

    def stop(self) -> None:
        """Tell nothing more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _tell_now(self) -> None:
        self._timer = None
        self._told_s = self._timers.time()
        self._tell()
