"""What every part of SdkService shares: the client, and the one way out for errors."""

from __future__ import annotations

import logging
from contextlib import asynccontextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

from batch_widgets.errors import BatchWidgetsError, NotFoundError
from batch_widgets.sdk.failures import translate

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from azure.batch.aio import BatchClient


_ours = ContextVar("batch_widgets_call", default=False)


def _is_wanted(record: logging.LogRecord) -> bool:
    """Let pass what the SDK logs, but for its failure to read the body that an error does not have.

    It warns of that, with a traceback, at each error that answers a HEAD or comes from a proxy; without any logging set
    up a notebook prints it into the cell. The error itself is told in any case.
    """
    return not (_ours.get() and record.msg.startswith("Ran into a deserialization error"))


logging.getLogger("azure.batch._utils.model_base").addFilter(_is_wanted)


class SdkCalls:
    """The client of an account, for the parts that make the calls."""

    _client: BatchClient
    _endpoint: str

    @asynccontextmanager
    async def _errors(self, *ids: str, changes: bool = False) -> AsyncIterator[None]:
        """Let nothing but this package's errors out; an empty id would make the address of something else."""
        if not all(ids):
            raise NotFoundError("There is nothing of an empty id.", hint="Give the id.")
        token = _ours.set(True)
        try:
            yield
        except BatchWidgetsError:
            raise
        except Exception as error:  # noqa: BLE001 (the SDK, its transport and credentials raise anything)
            raise translate(error, endpoint=self._endpoint, changes=changes) from None
        finally:
            _ours.reset(token)
