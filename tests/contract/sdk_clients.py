"""The SDK's two clients behind one interface, so that a scenario is written once and runs with both."""

from __future__ import annotations

import asyncio
import os
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from azure.batch import BatchClient
from azure.batch.aio import BatchClient as AsyncBatchClient
from azure.core.credentials import AzureNamedKeyCredential

REAL = "BATCH_WIDGETS_TEST_REAL_ACCOUNT"
"""Set to 1, it points the contract tests at the account that AZURE_BATCH_* name, where they cost money."""


@dataclass(frozen=True)
class Account:
    """Where an account is, and how long its changes take."""

    endpoint: str
    name: str
    key: str
    poll_s: float

    @classmethod
    def real(cls) -> Account | None:
        """Give the account that the environment names, if the tests are to be pointed at it."""
        if os.environ.get(REAL) != "1":
            return None
        names = ("AZURE_BATCH_ENDPOINT", "AZURE_BATCH_ACCOUNT", "AZURE_BATCH_ACCESS_KEY")
        return cls(*(os.environ[name] for name in names), poll_s=10.0)

    @property
    def credential(self):
        return AzureNamedKeyCredential(self.name, self.key)


class SyncSdk:
    """Calls the sync client, away from the loop."""

    def __init__(self, client: BatchClient, account: Account) -> None:
        self._client = client
        self.account = account

    async def __call__(self, name: str, *arguments: Any, **options: Any) -> Any:
        """Call a method of the client; wait for pollers, read all pages and all bytes."""
        return await asyncio.to_thread(self._call, name, arguments, options)

    def _call(self, name, arguments, options):
        value = getattr(self._client, name)(*arguments, **_patient(name, options, self.account))
        if name.startswith("begin_"):
            return value.result()
        if name.startswith("list_"):
            return list(value)
        return b"".join(value) if name == "download_node_file" else value


class AsyncSdk:
    """Calls the async client."""

    def __init__(self, client: AsyncBatchClient, account: Account) -> None:
        self._client = client
        self.account = account

    async def __call__(self, name: str, *arguments: Any, **options: Any) -> Any:
        """Call a method of the client; wait for pollers, read all pages and all bytes."""
        value = getattr(self._client, name)(*arguments, **_patient(name, options, self.account))
        if name.startswith("list_"):
            return [item async for item in value]
        value = await value
        if name.startswith("begin_"):
            return await value.result()
        return b"".join([part async for part in value]) if name == "download_node_file" else value


def _patient(name, options, account):
    return {"polling_interval": account.poll_s, **options} if name.startswith("begin_") else options


@asynccontextmanager
async def sdk(kind: str, account: Account):
    """Open one of the two clients, ``"sync"`` or ``"aio"``."""
    if kind == "sync":
        with BatchClient(account.endpoint, account.credential, retry_total=0) as client:
            yield SyncSdk(client, account)
    else:
        async with AsyncBatchClient(account.endpoint, account.credential, retry_total=0) as client:
            yield AsyncSdk(client, account)
