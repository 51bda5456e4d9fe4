"""What the parts of an account share: they are mixed into :class:`BatchAccount`, which brings the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from batch_widgets.account.aio import AsyncAccount
    from batch_widgets.account.ledger import UserLedger
    from batch_widgets.runner import Runner
    from batch_widgets.service import BatchService

T = TypeVar("T")


class AccountPart:
    """What every part may use of the whole."""

    aio: AsyncAccount
    name: str
    poll_interval_s: float
    runner: Runner
    users_given: UserLedger

    def wait(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run one of this account's coroutines and wait for it, at most 30 seconds."""
        raise NotImplementedError

    async def service(self) -> BatchService:
        """Give the service's client; on the loop thread only."""
        raise NotImplementedError
