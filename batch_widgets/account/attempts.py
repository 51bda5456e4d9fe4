"""Calls that are made again: after a pause that the service asks for, and where no clear answer came."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

from batch_widgets.errors import BatchWidgetsError, ServiceUnreachableError, ThrottledError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

T = TypeVar("T")

TRIES = 8  # where one call in twenty fails, one node in 25 billion is given up
_TRIES_OF_READS = 3  # of one call that all the others wait for; the SDK's client repeats each by itself
_BREATH_S = 0.1  # doubled with each try
_LONGEST_BREATH_S = 3.0
_LONGEST_PAUSE_S = 30.0
_SILENT_POLLS = 6  # in a row before following gives up
_LONGEST_POLL_PAUSE_S = 60.0
_NOBODY_THERE = 64 * TRIES  # silent tries in a row: all that are in flight have given up; then each is tried once


def passes(error: BatchWidgetsError) -> bool:
    """Tell whether an error may pass by itself, so that the same call may succeed in a moment."""
    if isinstance(error, ThrottledError | ServiceUnreachableError):
        return True
    return error.maybe_done or ((error.status or 0) >= 500 and error.status != 501)


class Patience:
    """How often in a row the service may stay silent while something is followed."""

    def __init__(self) -> None:
        self._tries = 0

    async def wait(self, error: BatchWidgetsError, interval_s: float) -> None:
        """Pause, or raise the error: after too many in a row, and at once if it will not pass by itself."""
        self._tries += 1
        if not passes(error) or self._tries >= _SILENT_POLLS:
            raise error
        pause_s = error.retry_after_s if isinstance(error, ThrottledError) else interval_s * 2**self._tries
        await asyncio.sleep(min(pause_s, _LONGEST_POLL_PAUSE_S))


class Line:
    """What calls on many nodes know together: whether anybody answers at all."""

    def __init__(self) -> None:
        self._silent = 0

    def heard(self, error: BatchWidgetsError | None) -> None:
        """Take in how a try ended."""
        self._silent = self._silent + 1 if isinstance(error, ServiceUnreachableError) else 0

    @property
    def dead(self) -> bool:
        """True where nobody has answered for so long that patience with each node would take minutes."""
        return self._silent >= _NOBODY_THERE


class Attempt:
    """A call on one node, made again until there is a clear answer, or patience ends.

    Parameters
    ----------
    line : Line
        That of all the calls that belong together.
    """

    def __init__(self, line: Line) -> None:
        self._line = line
        self.tries = 0
        self.lost = False
        """bool: True once an answer was lost, so that the change may have been made by that try."""
        self.given_up = False
        """bool: True where the error that :meth:`make` raised is the last of several, and may pass later."""

    async def make(self, call: Callable[[], Awaitable[T]]) -> T:
        """Make the call and give its answer.

        Raises
        ------
        BatchWidgetsError
            What is no passing fault, and the last one where all tries failed.
        """
        breath_s = _BREATH_S
        while True:
            self.tries += 1
            try:
                answer = await call()
            except BatchWidgetsError as error:
                self._line.heard(error)
                if not passes(error):
                    raise
                self.lost |= error.maybe_done
                if self.tries >= TRIES or self._line.dead:
                    self.given_up = True
                    raise
                if isinstance(error, ThrottledError):
                    await asyncio.sleep(min(error.retry_after_s, _LONGEST_PAUSE_S))
                else:
                    await asyncio.sleep(breath_s)
                    breath_s = min(2 * breath_s, _LONGEST_BREATH_S)
            else:
                self._line.heard(None)
                return answer

    def surrender(self, error: BatchWidgetsError) -> str:
        """Say that patience has ended."""
        tries = "1 try" if self.tries == 1 else f"{self.tries} tries"
        return f"{error.message} No clear answer in {tries}. Retry later."


async def read(call: Callable[[], Awaitable[T]]) -> T:
    """Read what all that follows needs, such as the list of nodes, with some patience."""
    tries = 0
    while True:
        try:
            return await call()
        except BatchWidgetsError as error:
            tries += 1
            if not passes(error) or tries == _TRIES_OF_READS:
                raise
            await asyncio.sleep(min(getattr(error, "retry_after_s", _BREATH_S), _LONGEST_PAUSE_S))
