"""Reading the nodes of a pool again and again, but only while somebody looks."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from batch_widgets.account import BatchAccount
    from batch_widgets.runner import Operation
    from batch_widgets.widgets.node_view import NodesView

_CHANGING_S = 3.0
_STEADY_S = 15.0
_DEMO_S = 1.0
_LOOK_S = 5.0  # how often it is looked whether somebody looks; asks nobody anything
_REST = 4  # a pool of thousands takes seconds to read: it is left alone this many times as long


class NodeWatch:
    """Reads every few seconds while the panel is in sight, more slowly when nothing changes, and not at all otherwise.

    Parameters
    ----------
    account : BatchAccount
        The account.
    read : callable
        Coroutine function that reads and gives a NodesView.
    in_sight : callable
        Tells whether somebody looks.
    show : callable
        Called with each NodesView, on the notifier thread.
    fail : callable
        Called with each error, on the notifier thread.
    """

    def __init__(
        self,
        account: BatchAccount,
        read: Callable[[], Any],
        *,
        in_sight: Callable[[], bool],
        show: Callable[[NodesView], object],
        fail: Callable[[BaseException], object],
    ) -> None:
        self._account = account
        self._read = read
        self._in_sight = in_sight
        self._show = show
        self._fail = fail
        self._wake: asyncio.Event | None = None
        self._operation: Operation[None] = account.runner.submit("Watch the nodes", self._run)

    def wake(self) -> None:
        """Look now whether somebody looks; from any thread."""
        self._account.runner.call_soon(self._set)

    def _set(self) -> None:
        if self._wake is not None:
            self._wake.set()

    def stop(self) -> None:
        """Read no more."""
        self._operation.cancel()

    async def _run(self, _operation: Operation[None]) -> None:
        self._wake = asyncio.Event()
        while True:
            pause_s = await self._read_once() if self._in_sight() else _LOOK_S
            try:
                await asyncio.wait_for(self._wake.wait(), pause_s)
            except TimeoutError:
                continue
            self._wake.clear()

    async def _read_once(self) -> float:
        began = time.monotonic()
        steady_s = _DEMO_S * 2 if self._account.is_demo else _STEADY_S
        try:
            view: NodesView = await self._read()
        except Exception as error:  # noqa: BLE001 (whatever it is, the user sees it, and the next reading may succeed)
            self._account.runner.notify(lambda error=error: self._fail(error))  # type: ignore[misc]
            return steady_s
        self._account.runner.notify(lambda: self._show(view))
        changing_s = _DEMO_S if self._account.is_demo else _CHANGING_S
        return max(changing_s if view.changing else steady_s, _REST * (time.monotonic() - began))
