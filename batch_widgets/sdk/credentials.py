"""Credentials in the form that the SDK's aio client takes."""

from __future__ import annotations

import asyncio
import inspect
import time
from typing import Any, Self

from azure.core.credentials import AccessToken, AzureNamedKeyCredential


class _InThread:
    """A synchronous token credential, asked on a worker thread so that it never blocks the loop."""

    def __init__(self, credential: Any) -> None:
        self._credential = credential

    async def get_token(self, *scopes: str, **options: Any) -> AccessToken:
        token: AccessToken = await asyncio.to_thread(self._credential.get_token, *scopes, **options)
        return token

    async def close(self) -> None:
        """Leave the credential to the caller, who made it."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        """Leave the credential to the caller."""


class StaticToken:
    """A credential of one token that does not expire: the embedded service's.

    Parameters
    ----------
    token : str
        The token.
    """

    def __init__(self, token: str) -> None:
        self._token = token

    async def get_token(self, *_scopes: str, **_options: Any) -> AccessToken:
        """Give the token, for whatever it is asked for."""
        return AccessToken(self._token, int(time.time()) + 86_400)

    async def close(self) -> None:
        """Do nothing: there is nothing to close."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        """Do nothing."""


def make_credential(account_name: str, account_key: str | None, credential: Any) -> tuple[Any, bool]:
    """Give a credential for the aio client, and whether we made it and must close it.

    Parameters
    ----------
    account_name : str
        The account.
    account_key : str, optional
        Its shared key.
    credential : object, optional
        Any azure-core credential. Without key and credential: ``DefaultAzureCredential``.
    """
    if account_key is not None:
        return AzureNamedKeyCredential(account_name, account_key), False
    if credential is None:
        from azure.identity.aio import DefaultAzureCredential

        return DefaultAzureCredential(), True
    if isinstance(credential, AzureNamedKeyCredential) or inspect.iscoroutinefunction(credential.get_token):
        return credential, False
    return _InThread(credential), False
