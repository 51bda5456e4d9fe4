"""SdkService where no answer comes: silence, connections that break, ports that nobody listens on."""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager

import pytest

from batch_widgets.errors import ServiceUnreachableError
from batch_widgets.sdk import SdkService, retries
from unit.sdk_server import CHANGES, KEY, READS, quick  # noqa: F401 (fixtures)

AS_DELIVERED = dict(retries.TIMEOUTS), dict(retries.RETRIES)


async def silent(reader, writer):
    try:
        await reader.read()
    finally:
        writer.close()


async def resetting(reader, writer):
    await reader.readuntil(b"\r\n\r\n")
    writer.transport.abort()


async def disconnecting(reader, writer):
    await reader.readuntil(b"\r\n\r\n")
    writer.close()


async def half_an_answer(reader, writer):
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{")
    await writer.drain()
    writer.close()


@asynccontextmanager
async def raw(handler):
    connections = []

    async def count(reader, writer):
        connections.append(1)
        await handler(reader, writer)

    listener = await asyncio.start_server(count, "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    service = SdkService(f"http://127.0.0.1:{port}", "contoso", account_key=KEY)
    try:
        yield service, connections
    finally:
        await service.close()
        listener.close()
        await listener.wait_closed()
        await asyncio.sleep(0.01)


@pytest.mark.parametrize(("call", "changing"), [(READS["check"], False), (CHANGES["create_pool"], True)])
def test_an_endpoint_that_never_answers(monkeypatch, call, changing):
    monkeypatch.setitem(retries.TIMEOUTS, "read_timeout", 0.1)

    async def main():
        async with raw(silent) as (service, connections):
            began = time.monotonic()
            with pytest.raises(ServiceUnreachableError, match="did not answer in time") as caught:
                await call(service)
            assert time.monotonic() - began < 5
            assert len(connections) == 1
            return caught.value

    assert asyncio.run(main()).maybe_done is changing


@pytest.mark.parametrize("breaking", [resetting, disconnecting, half_an_answer])
@pytest.mark.parametrize(("call", "changing"), [(READS["check"], False), *((call, True) for call in CHANGES.values())])
def test_a_connection_that_breaks(call, changing, breaking):
    async def main():
        async with raw(breaking) as (service, connections):
            with pytest.raises(ServiceUnreachableError, match="broke") as caught:
                await call(service)
            return caught.value, len(connections)

    error, connections = asyncio.run(main())
    assert error.maybe_done is changing
    if changing:  # aiohttp would repeat a DELETE or PUT by itself if the connection breaks before the answer
        assert connections == 1
    else:
        assert 2 <= connections <= 4


@pytest.mark.parametrize("call", [READS["check"], CHANGES["create_pool"]])
def test_a_port_that_nobody_listens_on(call, unused_port):
    async def main():
        service = SdkService(f"http://127.0.0.1:{unused_port}", "contoso", account_key=KEY)
        try:
            began = time.monotonic()
            with pytest.raises(ServiceUnreachableError, match="Cannot reach") as caught:
                await call(service)
            assert time.monotonic() - began < 5
            return caught.value
        finally:
            await service.close()

    assert asyncio.run(main()).maybe_done is False


@pytest.fixture
def unused_port():
    import socket

    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def test_the_worst_case_of_a_dead_endpoint_is_under_10_seconds():
    timeouts, retries = AS_DELIVERED
    backoffs = sum(retries["retry_backoff_factor"] * 2**number for number in range(1, retries["retry_connect"] + 1))
    never_connected = timeouts["connection_timeout"] * (1 + retries["retry_connect"]) + backoffs
    never_answered = timeouts["read_timeout"] * (1 + retries["retry_read"])
    assert never_connected < 10
    assert never_answered < 10


def test_the_client_has_these_timeouts_and_retries():
    async def main():
        service = SdkService("http://127.0.0.1:1", "contoso", account_key=KEY)
        try:
            config = service._client._config
            policy = config.retry_policy
            assert (policy.total_retries, policy.connect_retries, policy.read_retries) == (2, 1, 0)
            connection = service._client._client._pipeline._transport.connection_config
            assert (connection.timeout, connection.read_timeout) == (4, 8)
        finally:
            await service.close()

    asyncio.run(main())
