"""Time as the service sees it: real, scaled, stepped by hand, or without any waiting."""

from __future__ import annotations

import math
import time
from datetime import UTC, datetime, timedelta
from typing import Protocol

FAR_FUTURE = datetime.max.replace(tzinfo=UTC) - timedelta(days=2)


class Clock(Protocol):
    """What the service asks of a clock."""

    def now(self) -> datetime:
        """Return the service's time, aware and never running backwards."""
        ...


class ScaledClock:
    """Real time, made faster or slower from the moment the clock is made.

    Parameters
    ----------
    speed
        Simulated seconds per real second, above 0 and finite.
    start
        The time the clock shows when it is made; now, in UTC, by default.
    """

    def __init__(self, speed: float = 1.0, start: datetime | None = None) -> None:
        if not (speed > 0 and math.isfinite(speed)):
            msg = f"speed must be a finite number above 0, not {speed!r}"
            raise ValueError(msg)
        self.speed = speed
        self._start = start or datetime.now(UTC)
        self._anchor = time.monotonic()

    def now(self) -> datetime:
        """Return the start plus the scaled time that has passed since."""
        return later(self._start, (time.monotonic() - self._anchor) * self.speed)


class SteppedClock:
    """A clock that stands still until it is advanced; for tests.

    Parameters
    ----------
    start
        The first time it shows; now, in UTC, by default.
    """

    def __init__(self, start: datetime | None = None) -> None:
        self._now = start or datetime.now(UTC)

    def now(self) -> datetime:
        """Return the time that the last step reached."""
        return self._now

    def advance(self, seconds: float) -> None:
        """Move the time forward by some seconds."""
        if seconds < 0:
            raise ValueError("a clock can't be turned back")
        self._now = later(self._now, seconds)


class InstantClock:
    """Real time that skips whatever would have to be waited for: all that is due later is done at once."""

    def __init__(self) -> None:
        self._ahead = timedelta()

    def now(self) -> datetime:
        """Return real time plus what was skipped."""
        return later(datetime.now(UTC), self._ahead.total_seconds())

    def skip_to(self, moment: datetime) -> None:
        """Move the time forward to a moment, if that is still to come."""
        self._ahead += max(timedelta(), moment - self.now())


def make_clock(speed: float | str) -> Clock:
    """Return the clock for a speed; infinity or ``"instant"`` is an `InstantClock`."""
    if speed in {"instant", math.inf}:
        return InstantClock()
    return ScaledClock(float(speed))


def later(moment: datetime, seconds: float) -> datetime:
    """Return the moment some seconds on, held at the end of the calendar."""
    try:
        return min(moment + timedelta(seconds=seconds), FAR_FUTURE)
    except OverflowError:
        return FAR_FUTURE
