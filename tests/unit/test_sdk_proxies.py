"""What the SDK's clients take of the environment: the proxy, and neither passwords nor a thread for each request."""

from __future__ import annotations

import asyncio

import pytest

from batch_widgets.sdk import SdkService
from unit.local_server import LocalServer

KEY = "c2VjcmV0LWtleS1vZi10aGUtdGVzdA=="
NO_POOLS = {"value": []}


@pytest.fixture
def server():
    return LocalServer()


@pytest.fixture(autouse=True)
def no_proxy_of_this_machine(monkeypatch):
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def ask(server, monkeypatch, *, endpoint="", proxy="", times=1):
    """List pools; the proxy "here" is the server."""

    async def main():
        async with server.running():
            if proxy:
                monkeypatch.setenv("http_proxy", server.url if proxy == "here" else proxy)
            service = SdkService(endpoint or server.url, "contoso", account_key=KEY)
            try:
                for _ in range(times):
                    await service.list_pools()
            finally:
                await service.close()

    server.answer(NO_POOLS)
    asyncio.run(main())


def test_a_password_for_any_host_in_netrc_is_not_taken(server, monkeypatch, tmp_path):
    netrc = tmp_path / "netrc"
    netrc.write_text("default login alice password secret\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    ask(server, monkeypatch)
    (request,) = server.requests
    assert request.headers["Authorization"].startswith("SharedKey contoso:")


def test_the_proxy_of_the_system_is_asked(server, monkeypatch):
    ask(server, monkeypatch, endpoint="http://contoso.batch.example", proxy="here")
    (request,) = server.requests
    assert (request.host, request.path) == ("contoso.batch.example", "/pools")


def test_this_machine_is_reached_without_a_proxy(server, monkeypatch):
    ask(server, monkeypatch, proxy="http://127.0.0.1:9")
    assert len(server.requests) == 1


def test_no_request_waits_for_a_thread(server, monkeypatch):
    handed_over = []
    really = asyncio.BaseEventLoop.run_in_executor

    def counted(loop, executor, function, *arguments):
        handed_over.append(function)
        return really(loop, executor, function, *arguments)

    monkeypatch.setattr(asyncio.BaseEventLoop, "run_in_executor", counted)
    ask(server, monkeypatch, times=5)
    assert len(server.requests) == 5
    assert handed_over == []
