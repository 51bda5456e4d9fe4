"""HTTP between the network and the core, by aiohttp."""

from __future__ import annotations

import asyncio
import contextlib
import math
import socket
import struct
from typing import TYPE_CHECKING

from aiohttp import web

from . import routes
from .core import MOST_BODY_BYTES, Core, Response
from .errors import BatchError
from .http_connection import ServiceConnection
from .request import decode_segments

if TYPE_CHECKING:
    from .faults import Fault, Faults

BODY_S = 60.0
"""Real seconds that a client may take to send a body."""

_NOT_HANDLED = frozenset({"throttle", "error", "reset"})
_PIECES = 20


class HttpServer:
    """Serves a core on 127.0.0.1; to be used on one event loop.

    Parameters
    ----------
    core
        Answers the requests.
    faults
        Say what goes wrong on the way.
    port
        Where to listen; 0 lets the system choose.
    """

    def __init__(self, core: Core, faults: Faults, port: int) -> None:
        self._core = core
        self._faults = faults
        self._wanted_port = port
        self._server = web.Server(self._on_request)
        self._listener: asyncio.Server | None = None

    async def start(self) -> int:
        """Listen, and return the port.

        Raises
        ------
        OSError
            If the port is taken.
        """
        loop = asyncio.get_running_loop()
        self._listener = await loop.create_server(
            lambda: ServiceConnection(self._server, loop, self._refuse), "127.0.0.1", self._wanted_port
        )
        port: int = self._listener.sockets[0].getsockname()[1]
        self._core.state.base_url = f"http://127.0.0.1:{port}"
        self._core.allowed_hosts = frozenset({f"127.0.0.1:{port}", f"localhost:{port}"})
        return port

    async def stop(self) -> None:
        """Listen no more and close the connections."""
        if self._listener is not None:
            self._listener.close()
        await self._server.shutdown(timeout=1)
        if self._listener is not None:
            await self._listener.wait_closed()

    async def _on_request(self, request: web.BaseRequest) -> web.StreamResponse:
        try:
            body = await _read(request)
        except BatchError as error:
            response = self._refuse(error)
            response.force_close()
            return response
        with _connection(request).answering():
            return await self._answer(request, body)

    async def _answer(self, request: web.BaseRequest, body: bytes) -> web.StreamResponse:
        raw_path, _, raw_query = request.raw_path.partition("?")
        faults = self._faults.take(request.method, _operation(request.method, raw_path))
        await asyncio.sleep(sum(fault.delay_s for fault in faults if fault.kind == "latency"))
        fault = next((fault for fault in faults if fault.kind != "latency"), None)
        if fault is not None and fault.kind in _NOT_HANDLED:
            self._core.count(request.method, _operation(request.method, raw_path))
            return _reset(request) if fault.kind == "reset" else _to_http(_refusal(self._core, fault, raw_path))
        headers = {name: ", ".join(request.headers.getall(name)) for name in request.headers}
        answer = self._core.handle(request.method, raw_path, raw_query, headers, body)
        if fault is None:
            return _to_http(answer)
        return _reset(request) if fault.kind == "lost" else await _dribble(request, answer, fault.delay_s)

    def _refuse(self, error: BatchError) -> web.Response:
        return _to_http(self._core.refuse(error))


def _connection(request: web.BaseRequest) -> ServiceConnection:
    connection = request.protocol
    assert isinstance(connection, ServiceConnection)
    return connection


def _operation(method: str, raw_path: str) -> str:
    """Return the operation that a request names, as far as one can tell before it is handled."""
    try:
        return routes.match(method, decode_segments(raw_path)).operation
    except BatchError:
        return "unknown"


def _refusal(core: Core, fault: Fault, raw_path: str) -> Response:
    """Return the answer of a service that doesn't handle a request."""
    if fault.kind == "error":
        return core.refuse(BatchError("ServerBusy" if fault.status == 503 else "InternalError"), raw_path)
    status, headers, body = core.refuse(BatchError("TooManyRequests"), raw_path)
    wait_s = math.ceil(fault.delay_s)
    return status, {**headers, **({"Retry-After": str(wait_s)} if wait_s else {})}, body


def _reset(request: web.BaseRequest) -> web.Response:
    """Drop the connection as a crash would: the client sees a reset, not an end."""
    transport = request.transport
    if transport is not None:
        linger_not_at_all = struct.pack("ii", 1, 0)
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger_not_at_all)
        transport.abort()
    return web.Response()


async def _dribble(request: web.BaseRequest, answer: Response, seconds: float) -> web.StreamResponse:
    """Send the head of an answer at once and its body piece by piece."""
    status, headers, body = answer
    response = web.StreamResponse(status=status, headers=headers)
    response.content_length = len(body)
    size = max(1, math.ceil(len(body) / _PIECES))
    with contextlib.suppress(ConnectionResetError):  # clients may not have that much patience
        await response.prepare(request)
        for start in range(0, len(body), size):
            await asyncio.sleep(seconds / _PIECES)
            await response.write(body[start : start + size])
        await response.write_eof()
    return response


async def _read(request: web.BaseRequest) -> bytes:
    """Return the body of a request, refused when it is larger than any operation takes, or can't be read."""
    coding = request.headers.get("Transfer-Encoding", "chunked")
    if coding.lower() != "chunked":  # others may see another end of the request than we do
        raise BatchError("InvalidHeaderValue", HeaderName="Transfer-Encoding", HeaderValue=coding)
    too_large = BatchError("RequestBodyTooLarge", MaxLimit=MOST_BODY_BYTES)
    if (request.content_length or 0) > MOST_BODY_BYTES:
        raise too_large
    parts = bytearray()
    try:
        async with asyncio.timeout(BODY_S):
            async for part in request.content.iter_chunked(65_536):
                parts += part
                if len(parts) > MOST_BODY_BYTES:
                    raise too_large
    except TimeoutError as error:
        raise BatchError("OperationTimedOut", Reason="The body did not come in time.") from error
    except web.RequestPayloadError as error:
        raise BatchError("InvalidRequestBody", Reason="The body can't be read.") from error
    return bytes(parts)


def _to_http(answer: Response) -> web.Response:
    status, headers, body = answer
    return web.Response(status=status, headers=headers, body=body)
