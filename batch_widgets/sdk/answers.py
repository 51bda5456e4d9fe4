"""Answers of the service and lists of it, page by page: they end, and what is no answer is not taken for one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, TypeVar, cast
from urllib.parse import urlsplit

from azure.core.pipeline.policies import AsyncHTTPPolicy

if TYPE_CHECKING:
    from collections.abc import Callable

    from azure.core.async_paging import AsyncItemPaged, AsyncPageIterator
    from azure.core.pipeline import PipelineRequest, PipelineResponse

T = TypeVar("T")

IS_LIST: dict[str, Any] = {"batch_widgets_list": True}
"""Options of a call whose answer has to be a list."""
_MOST_PAGES = 10_000  # of a thousand rows each


class AnswersOnly(AsyncHTTPPolicy[Any, Any]):
    """Refuses what a proxy shows in the service's place, and what should be a list and is none.

    The SDK takes the one for a success, wherever it awaits no content, and the other for an empty list.
    """

    async def send(self, request: PipelineRequest[Any]) -> PipelineResponse[Any, Any]:
        """Send a request on."""
        is_list = any(request.context.options.pop(name, False) for name in IS_LIST)
        is_file = request.context.options.get("stream", False)
        response = await self.next.send(request)
        kind = response.http_response.headers.get("Content-Type", "").lower()
        if response.http_response.status_code < 300 and kind.startswith("text/html") and not is_file:
            raise ValueError("it is a web page.")
        if is_list and response.http_response.status_code == 200:
            answer = response.http_response.json()
            if not isinstance(answer, dict) or not isinstance(answer.get("value"), list):
                raise ValueError("there is no list in it.")
        return response


class ServiceClock(AsyncHTTPPolicy[Any, Any]):
    """Notes what time it is at the service."""

    def __init__(self) -> None:
        super().__init__()
        self.ahead = timedelta()
        self._date = ""

    async def send(self, request: PipelineRequest[Any]) -> PipelineResponse[Any, Any]:
        """Send a request on."""
        response = await self.next.send(request)
        date = response.http_response.headers.get("Date", "")
        if date != self._date:  # it has whole seconds, in which there may be hundreds of answers
            self._date, self.ahead = date, clock_ahead(date, self.ahead)
        return response


def clock_ahead(date: str, otherwise: timedelta) -> timedelta:
    """Give how far the clock that wrote a Date header is ahead of this machine's."""
    try:
        return parsedate_to_datetime(date) - datetime.now(UTC)
    except (TypeError, ValueError, OverflowError):
        return otherwise


async def read_pages(pages: AsyncItemPaged[Any], endpoint: str, convert: Callable[[Any], T]) -> list[T]:
    """Read a list to its end. Each page is converted as it comes: not all of the SDK's models are there at once.

    Raises
    ------
    ValueError
        If it has none: pages that come again, or too many; or if it leads to another server, which the SDK would send
        its credentials.
    """
    rows: list[T] = []
    met: set[str] = set()
    by_page = cast("AsyncPageIterator[Any]", pages.by_page())
    async for page in by_page:
        rows += [convert(row) async for row in page]
        following = by_page.continuation_token
        if not following:
            continue
        if urlsplit(following)[:2] != urlsplit(endpoint)[:2]:
            raise ValueError("its list goes on at another address.")
        if following in met or len(met) >= _MOST_PAGES:
            raise ValueError("its list has no end.")
        met.add(following)
    return rows
