"""How long the SDK's clients wait, what they ask for again, and that they read errors to the end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from azure.core.pipeline.policies import AsyncHTTPPolicy, AsyncRetryPolicy

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
_READING = {"GET", "HEAD"}


class Retries(AsyncRetryPolicy[Any, Any]):
    """Retries as set above, of what reads only: who asked for a change decides what a lost answer means.

    A long pause that the service asks for is left to the caller too.
    """

    def __init__(self) -> None:
        super().__init__(**RETRIES)

    def configure_retries(self, options: dict[str, Any]) -> dict[str, Any]:
        """Give the settings of a request: what reads only is retried."""
        return {**super().configure_retries(options), "methods": _READING}

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
