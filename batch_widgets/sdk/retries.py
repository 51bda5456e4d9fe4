"""How long the SDK's clients wait, what they ask for again, and that they read errors to the end."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from math import isfinite
from typing import TYPE_CHECKING, Any

from azure.core.exceptions import ServiceResponseTimeoutError
from azure.core.pipeline.policies import AsyncHTTPPolicy, AsyncRetryPolicy
from azure.core.pipeline.transport import AioHttpTransport

from batch_widgets.sdk.proxies import proxy_for

if TYPE_CHECKING:
    from azure.core.pipeline import PipelineRequest, PipelineResponse

# An endpoint that is dead or swallows packets is an error within 10 seconds: two tries to connect, or one wait for an
# answer.
TIMEOUTS: dict[str, Any] = {"connection_timeout": 4, "read_timeout": 8}
RETRIES = {
    "retry_total": 2,
    "retry_connect": 1,
    "retry_read": 0,
    "retry_status": 2,
    "retry_backoff_factor": 0.3,
}
_LONGEST_PAUSE_S = 2.0
_EXCHANGE_S = 25.0  # an answer that comes drop by drop never waits long enough to be too late
_USUAL_PAUSE_S = 1.0
_READING = {"GET", "HEAD"}


def pause_asked_for(header: str) -> float:
    """Give the seconds that a Retry-After header asks for; those that are usual where it makes no sense."""
    try:
        pause_s = float(header)
    except ValueError:
        try:
            pause_s = (parsedate_to_datetime(header) - datetime.now(UTC)).total_seconds()
        except (TypeError, ValueError, OverflowError):
            return _USUAL_PAUSE_S
    return max(0.0, pause_s) if isfinite(pause_s) else _USUAL_PAUSE_S


class OnceOnly(AioHttpTransport):  # type: ignore[misc]  # azure-core is untyped here
    """Sends what it is to send once.

    aiohttp repeats verbs that it takes for harmless, when a connection breaks that it had used before. What comes of
    the second is no answer to the first: that a user is not there is no news of one that was deleted just now.
    """

    async def open(self) -> None:
        """Get ready."""
        await super().open()
        self.session._retry_connection = False  # noqa: SLF001  there is no other way; a test would miss it


class BoundedTransport(AioHttpTransport):  # type: ignore[misc]
    """Ends an exchange whose answer has not come whole in time; one that is streamed ends when it is silent."""

    def __init__(self, **options: Any) -> None:
        super().__init__(use_env_settings=False, **options)
        self._once = OnceOnly(use_env_settings=False, **options)
        self._proxies: dict[str, str | None] = {}

    async def open(self) -> None:
        """Get ready."""
        await super().open()
        await self._once.open()

    async def close(self) -> None:
        """Close all connections."""
        await self._once.close()
        await super().close()

    async def send(self, request: Any, **options: Any) -> Any:
        """Send a request and receive its answer."""
        send = super().send if request.method in _READING else self._once.send
        server = "/".join(request.url.split("/", 3)[:3])
        if server not in self._proxies:
            self._proxies[server] = proxy_for(server)
        try:
            async with asyncio.timeout(_EXCHANGE_S):
                return await send(request, **{"proxy": self._proxies[server], **options})
        except TimeoutError as error:
            raise ServiceResponseTimeoutError("The answer did not come whole in time.", error=error) from error


class Retries(AsyncRetryPolicy[Any, Any]):
    """Retries as set above, of what reads only: who asked for a change decides what a lost answer means.

    A long pause that the service asks for is left to the caller too.
    """

    def __init__(self) -> None:
        super().__init__(**RETRIES)

    def configure_retries(self, options: dict[str, Any]) -> dict[str, Any]:
        """Give the settings of a request: what reads only is retried."""
        return {**super().configure_retries(options), "methods": _READING}

    def get_retry_after(self, response: Any) -> float | None:
        """Give the pause that an answer asks for; azure-core raises on what makes no sense."""
        header = response.http_response.headers.get("Retry-After")
        return pause_asked_for(header) if header else None

    def is_retry(self, settings: dict[str, Any], response: Any) -> bool:
        """Tell whether an answer is to be asked for again."""
        if response.http_request.method not in _READING:
            return False
        pause_s = self.get_retry_after(response) or 0.0
        return pause_s <= _LONGEST_PAUSE_S and bool(super().is_retry(settings, response))


class ErrorsInFull(AsyncHTTPPolicy[Any, Any]):
    """Reads what the service says of an error also where the answer was to be streamed, and nothing of a HEAD's.

    The SDK looks for it before it has come, or where it never comes, finds nothing and says so in the log.
    """

    async def send(self, request: PipelineRequest[Any]) -> PipelineResponse[Any, Any]:
        """Send a request on."""
        streamed = request.context.options.get("stream", False)
        response = await self.next.send(request)
        if response.http_response.status_code >= 300:
            if request.http_request.method == "HEAD":
                response.http_response.json = dict  # there is no body to look into: nothing, without a traceback
            elif streamed:
                await response.http_response.read()
        return response
