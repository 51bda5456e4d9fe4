"""The credentials of SdkService: keys, the caller's own, Entra ID."""

from __future__ import annotations

import asyncio

import pytest
from azure.core import exceptions as azure_errors
from azure.core.credentials import AccessToken, AzureNamedKeyCredential

from batch_widgets.errors import AuthenticationError
from batch_widgets.sdk import SdkService, credentials
from unit.sdk_server import KEY, READS, ask, quick, server_fixture  # noqa: F401 (fixtures)


class Sync:
    def __init__(self):
        self.threads = []

    def get_token(self, *scopes, **options):
        import threading

        self.threads.append(threading.current_thread())
        raise azure_errors.ClientAuthenticationError("Please sign in.")


class Async:
    closed = False

    async def get_token(self, *scopes, **options):
        return AccessToken("t", 2**31)

    async def close(self):
        self.closed = True


def test_a_named_key_is_taken_as_it_is(server):
    server.answer(200, {"value": []})
    named = AzureNamedKeyCredential("other", KEY)
    ask(server, READS["check"], account_key=None, credential=named)
    assert server.requests[0].headers["Authorization"].startswith("SharedKey other:")


def test_a_sync_credential_is_asked_off_the_loop():
    import threading

    credential = Sync()

    async def main():
        service = SdkService("https://127.0.0.1:1", "contoso", credential=credential)
        try:
            with pytest.raises(AuthenticationError, match="Signing in with Entra ID failed"):
                await service.check()
        finally:
            await service.close()

    asyncio.run(main())
    assert credential.threads
    assert threading.main_thread() not in credential.threads


def test_a_callers_credential_is_left_open():
    credential = Async()
    used, own = credentials.make_credential("contoso", None, credential)
    assert used is credential
    assert not own
    wrapped, own = credentials.make_credential("contoso", None, Sync())
    assert not own
    assert asyncio.run(wrapped.close()) is None


def test_without_anything_it_is_entra_id():
    async def main():
        credential, own = credentials.make_credential("contoso", None, None)
        assert type(credential).__name__ == "DefaultAzureCredential"
        assert own
        await credential.close()

    asyncio.run(main())
