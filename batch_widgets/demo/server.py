"""HTTP between the network and the core, by aiohttp."""

from __future__ import annotations

import asyncio
import contextlib

from aiohttp import web

from .core import MOST_BODY_BYTES, Core, Response
from .errors import BatchError


class HttpServer:
    """Serves a core on 127.0.0.1; to be used on one event loop.

    Parameters
    ----------
    core
        Answers the requests.
    port
        Where to listen; 0 lets the system choose.
    """

    def __init__(self, core: Core, port: int) -> None:
        self._core = core
        self._wanted_port = port
        self._server = web.Server(self._on_request, access_log=None)
        self._listener: asyncio.Server | None = None

    async def start(self) -> int:
        """Listen, and return the port.

        Raises
        ------
        OSError
            If the port is taken.
        """
        loop = asyncio.get_running_loop()
        self._listener = await loop.create_server(self._server, "127.0.0.1", self._wanted_port)
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
            response = _to_http(self._core.refuse(error))
            response.force_close()
            return response
        raw_path, _, raw_query = request.raw_path.partition("?")
        headers = {name: ", ".join(request.headers.getall(name)) for name in request.headers}
        return _to_http(self._core.handle(request.method, raw_path, raw_query, headers, body))


async def _read(request: web.BaseRequest) -> bytes:
    """Return the body of a request, refused when it is larger than any operation takes."""
    too_large = BatchError("RequestBodyTooLarge", MaxLimit=MOST_BODY_BYTES)
    if (request.content_length or 0) > MOST_BODY_BYTES:
        raise too_large
    parts = bytearray()
    with contextlib.suppress(web.RequestPayloadError):
        async for part in request.content.iter_chunked(65_536):
            parts += part
            if len(parts) > MOST_BODY_BYTES:
                raise too_large
    return bytes(parts)


def _to_http(answer: Response) -> web.Response:
    status, headers, body = answer
    return web.Response(status=status, headers=headers, body=body)
