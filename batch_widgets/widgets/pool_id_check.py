"""PoolIdCheck: whether an account has a pool of an id already, asked while somebody types it."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import TYPE_CHECKING, Any

from batch_widgets.errors import ClosedError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Callable

    from batch_widgets.account import BatchAccount
    from batch_widgets.runner import Operation

PAUSE_S = 0.4
"""How long an id must stay as it is before the account is asked for it, in seconds."""


class PoolIdCheck:
    """Asks for one pool at a time, and keeps the answers; no answer is no news.

    Parameters
    ----------
    account : BatchAccount
        The account.
    changed : callable
        Is called, on the notifier thread, when there is an answer.
    """

    def __init__(self, account: BatchAccount, changed: Callable[[], object]) -> None:
        self._account = account
        self._changed = changed
        self._asking: Operation[Any] | None = None
        self._answers: dict[str, datetime | None] = {}

    def ask(self, pool_id: str) -> None:
        """Ask for an id after a pause, and for no other any more."""
        self.stop()
        if self._answers.get(pool_id.casefold()) is not None:
            return  # a pool that was there may be gone by now

        async def look(_: object) -> None:
            await asyncio.sleep(PAUSE_S)
            try:
                await self._account.aio.get_pool(pool_id)
            except NotFoundError:
                self._answers[pool_id.casefold()] = datetime.now().astimezone()
            else:
                self._answers[pool_id.casefold()] = None

        def tell(operation: Operation[Any]) -> None:
            if operation is self._asking and operation.status == "done":
                self._changed()

        try:
            self._asking = self._account.runner.submit(f"Look for pool {pool_id}", look)
        except ClosedError:
            return
        self._asking.add_done_callback(tell)

    def stop(self) -> None:
        """Ask for nothing any more."""
        if self._asking is not None:
            self._asking.cancel()
            self._asking = None

    def set_taken(self, pool_id: str) -> None:
        """Keep that there is such a pool."""
        self._answers[pool_id.casefold()] = None

    def forget(self, pool_id: str) -> None:
        """Forget what was answered for an id, which may not hold any more."""
        self._answers.pop(pool_id.casefold(), None)

    @property
    def taken(self) -> tuple[str, ...]:
        """Ids that there are pools of."""
        return tuple(pool_id for pool_id, free_since in self._answers.copy().items() if free_since is None)

    def free_since(self, pool_id: str) -> datetime | None:
        """Give when the account said that there is no such pool, in local time."""
        return self._answers.get(pool_id.casefold())
