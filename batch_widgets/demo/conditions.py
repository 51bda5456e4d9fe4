"""Conditional requests: entity tags and times of change."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from .errors import BatchError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .request import Request
    from .state import Pool, State


def not_modified(method: str, headers: Mapping[str, str], tag: str, modified: datetime) -> bool:
    """Judge a request's conditions against a resource that exists.

    Returns
    -------
    bool
        True if a read is to be answered with 304.

    Raises
    ------
    BatchError
        ``ConditionNotMet`` if the request must not be done.
    """
    reading = method in {"GET", "HEAD"}
    if "if-match" in headers and not _matches(headers["if-match"], tag):
        raise BatchError("ConditionNotMet")
    modified = modified.replace(microsecond=0)
    until = _date(headers, "if-unmodified-since")
    if until is not None and modified > until:
        raise BatchError("ConditionNotMet")
    since = _date(headers, "if-modified-since")
    unchanged = since is not None and modified <= since
    if "if-none-match" in headers:
        unchanged = _matches(headers["if-none-match"], tag)
    if unchanged and not reading:
        raise BatchError("ConditionNotMet")
    return unchanged


def pool_to_change(state: State, request: Request) -> Pool:
    """Return the pool that a request is to change, judged by its conditions; or raise what forbids it."""
    pool = state.changeable_pool(request.path["poolId"])
    not_modified(request.method, request.headers, pool.tag, pool.modified)
    return pool


def _matches(text: str, tag: str) -> bool:
    tags = [part.strip().removeprefix("W/").strip('"') for part in text.split(",")]
    return "*" in tags or tag in tags


def _date(headers: Mapping[str, str], name: str) -> datetime | None:
    text = headers.get(name)
    if not text:
        return None
    try:
        moment = parsedate_to_datetime(text)
    except (TypeError, ValueError, IndexError, OverflowError) as error:
        raise BatchError("InvalidHeaderValue", HeaderName=name, HeaderValue=text) from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
