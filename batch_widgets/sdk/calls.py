"""What every part of SdkService shares: the client, and the one way out for errors."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from batch_widgets.errors import BatchWidgetsError, NotFoundError
from batch_widgets.sdk.failures import translate

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from azure.batch.aio import BatchClient


class SdkCalls:
    """The client of an account, for the parts that make the calls."""

    _client: BatchClient
    _endpoint: str

    @asynccontextmanager
    async def _errors(self, *ids: str, changes: bool = False) -> AsyncIterator[None]:
        """Let nothing but this package's errors out; an empty id would make the address of something else."""
        if not all(ids):
            raise NotFoundError("There is nothing of an empty id.", hint="Give the id.")
        try:
            yield
        except BatchWidgetsError:
            raise
        except Exception as error:  # noqa: BLE001 (the SDK, its transport and credentials raise anything)
            raise translate(error, endpoint=self._endpoint, changes=changes) from None
