"""Calls that are made again: after a pause that the service asks for, and where no clear answer came."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

from batch_widgets.errors import BatchWidgetsError, ServiceError, ServiceUnreachableError, ThrottledError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

T = TypeVar("T")

IN_FLIGHT = 96  # calls on nodes at a time; aiohttp's pool holds 100 connections, more in flight gain nothing
TRIES = 8  # where one call in twenty fails, one node in 25 billion is given up
_TRIES_OF_READS = 3  # of one call that all the others wait for; the SDK's client repeats each by itself
_BREATH_S = 0.1  # doubled with each try
_LONGEST_BREATH_S = 3.0
_LONGEST_PAUSE_S = 30.0
_SILENT_POLLS = 6  # in a row before following gives up
_LONGEST_POLL_PAUSE_S = 60.0
# silent tries in a row: all that are in flight have given up; then each is tried once
_NOBODY_THERE = IN_FLIGHT * TRIES


def passes(error: BatchWidgetsError) -> bool:
    """Tell whether an error may pass by itself, so that the same call may succeed in a moment."""
    if isinstance(error, ThrottledError | ServiceUnreachableError):
        return True
    return error.maybe_done or ((error.status or 0) >= 500 and error.status != 501)


def not_now(error: BatchWidgetsError) -> bool:
    """Tell whether the node's state was in the way: it changed since it was listed."""
    return isinstance(error, ServiceError) and (
        error.code.startswith(("NodeBeing", "NodeState", "Operation")) or error.code == "NodeNotReady"
    )


def may_pass(error: BatchWidgetsError) -> bool:
    """Tell whether a later call on the node may succeed: its state was in the way, or it was on its way to another."""
    return error.code == "NodeNotFound" or not_now(error)


def meaning(error: BatchWidgetsError) -> str:
    """Say what an error of a call on a node means, and what to do."""
    if not_now(error):
        return f"Not possible in the node's present state. Retry when it is idle. {error.message}"
    return str(error)


def said_again(error: BatchWidgetsError, meaning: str, hint: str, *, maybe_done: bool) -> BatchWidgetsError:
    """Say an error again, now that it is known what it means for what was to be done."""
    return type(error)(
        f"{error.message} {meaning}",
        hint=hint,
        code=error.code,
        request_id=error.request_id,
        status=error.status,
        maybe_done=maybe_done,
    )


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
                asked_s = error.retry_after_s if isinstance(error, ThrottledError) else 0.0
                await asyncio.sleep(max(breath_s, min(asked_s, _LONGEST_PAUSE_S)))
                breath_s = min(2 * breath_s, _LONGEST_BREATH_S)
            else:
                self._line.heard(None)
                return answer

    def surrender(self, error: BatchWidgetsError) -> str:
        """Say that patience has ended."""
        tries = "1 try" if self.tries == 1 else f"{self.tries} tries"
        return f"{error.message} No clear answer in {tries}. Retry later."

    def say(self, error: BatchWidgetsError, doubt: str) -> str:
        """Say an error, that patience has ended if it has, and the doubt where an answer was lost on the way to it."""
        said = self.surrender(error) if self.given_up else meaning(error)
        return f"{said} {doubt}" if self.lost or error.maybe_done else said


async def read(call: Callable[[], Awaitable[T]], *, longest_pause_s: float = _LONGEST_PAUSE_S) -> T:
    """Read what all that follows needs, such as the list of nodes, with some patience.

    Where somebody waits for it, a pause that is longer than `longest_pause_s` is an error at once.
    """
    tries = 0
    while True:
        try:
            return await call()
        except BatchWidgetsError as error:
            tries += 1
            pause_s = max(_BREATH_S, error.retry_after_s if isinstance(error, ThrottledError) else 0.0)
            too_long = longest_pause_s < min(pause_s, _LONGEST_PAUSE_S)
            if not passes(error) or tries == _TRIES_OF_READS or too_long:
                raise
            await asyncio.sleep(min(pause_s, _LONGEST_PAUSE_S))
