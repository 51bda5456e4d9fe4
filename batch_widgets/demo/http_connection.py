"""Connections on which everything is answered as the service would, also what is no request at all."""

from __future__ import annotations

import contextlib
import logging
from typing import TYPE_CHECKING, Any

from aiohttp import http_exceptions, web

from .errors import BatchError

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Iterator

MOST_CONNECTIONS = 256
"""Connections at a time: each takes a file descriptor of the process, which is the user's kernel as a rule."""
IDLE_S = 120.0
"""Real seconds that a connection may go without a request, or with the head of one that does not end."""

_CLIENTS_FAULTS = (http_exceptions.HttpProcessingError, web.RequestPayloadError, ConnectionError)
_log = logging.getLogger(__name__)


class ServiceConnection(web.RequestHandler):
    """One client's connection.

    aiohttp answers what it can't read with a text of its own, and logs a trace. Here it is an error of the service, and
    what a client did wrong is no matter for the log.

    Parameters
    ----------
    server
        Hands out the requests.
    loop
        The loop that serves.
    refuse
        Makes the answer that tells an error.
    """

    def __init__(
        self, server: web.Server, loop: asyncio.AbstractEventLoop, refuse: Callable[[BatchError], web.Response]
    ) -> None:
        # Bodies are read as they come: the service takes no compressed ones.
        super().__init__(
            server,
            loop=loop,
            keepalive_timeout=IDLE_S,
            access_log=None,  # type: ignore[arg-type]
            logger=_log,
            auto_decompress=False,
        )
        self._server = server
        self._refuse = refuse
        self.is_answering = False
        """Whether a request that has come as a whole is answered."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin; where there are too many, the one ends that has waited for a request longest."""
        super().connection_made(transport)
        open_ones = [each for each in self._server.connections if each.transport is not None]
        if len(open_ones) > MOST_CONNECTIONS:
            next(each for each in open_ones if not getattr(each, "is_answering", False)).force_close()

    @contextlib.contextmanager
    def answering(self) -> Iterator[None]:
        """Keep the connection while a request that has come as a whole is answered."""
        self.is_answering = True
        try:
            yield
        finally:
            self.is_answering = False

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,  # noqa: ARG002  it quotes the parser, which is not the service's
    ) -> web.StreamResponse:
        """Return the answer to something that failed before or beside the service."""
        self.log_exception("A request from %s can't be handled", request.remote, exc_info=exc)
        if request.writer.output_size > 0:
            raise ConnectionError("a part of the answer was sent")
        response = self._refuse(_error(status, exc))
        response.force_close()
        return response

    def log_exception(self, *args: Any, **options: Any) -> None:
        """Log a failure: loudly if it is the simulation's."""
        loud = not isinstance(options.get("exc_info"), _CLIENTS_FAULTS)
        _log.log(logging.ERROR if loud else logging.DEBUG, *args, **options)


def _error(status: int, cause: BaseException | None) -> BatchError:
    if status >= 500:
        return BatchError("InternalError")
    if isinstance(cause, http_exceptions.BadHttpMethod):
        return BatchError("InvalidHttpVerb")
    if isinstance(cause, http_exceptions.InvalidURLError):
        return BatchError("RequestUrlFailedToParse")
    if isinstance(cause, http_exceptions.InvalidHeader):
        return BatchError("InvalidHeaderValue")
    if isinstance(cause, http_exceptions.LineTooLong):
        return BatchError("InvalidInput", Reason="The path or a header is too long.")
    return BatchError("InvalidInput", Reason="This is no HTTP request.")
