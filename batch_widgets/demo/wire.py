"""Values as the service writes them: timestamps, durations, entity tags, bodies."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .errors import BatchError

JsonObject = dict[str, Any]

CONTENT_TYPE = "application/json;odata=minimalmetadata"
PLAIN_JSON = "application/json; charset=utf-8"

_DURATION = re.compile(
    r"P(?:(?P<weeks>\d{1,6})W|(?:(?P<days>\d{1,6})D)?"
    r"(?:T(?=\d)(?:(?P<hours>\d{1,6})H)?(?:(?P<minutes>\d{1,6})M)?(?:(?P<seconds>\d{1,9}(?:\.\d{1,9})?)S)?)?)",
    re.ASCII,
)


@dataclass(frozen=True)
class Answer:
    """What an operation gives back: a status, headers and perhaps a body, JSON or a file's content."""

    status: int = 200
    body: JsonObject | bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


def timestamp(moment: datetime) -> str:
    """Return a moment with seven fractional digits and Z."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "0Z"


def http_date(moment: datetime) -> str:
    """Return a moment as HTTP headers write it."""
    day = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")[moment.weekday()]
    months = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
    return f"{day}, {moment:%d} {months[moment.month - 1]} {moment:%Y %H:%M:%S} GMT"


def parse_timestamp(text: str) -> datetime:
    """Return the moment that an ISO 8601 text names; without an offset it is UTC.

    Raises
    ------
    ValueError
        If the text is not a moment, or one outside of the calendar.
    """
    if not re.match(r"\d{4}-\d\d-\d\dT", text, re.ASCII):
        raise ValueError("not a date and time")
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        return moment.replace(tzinfo=UTC)
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("outside of the calendar") from error


def parse_duration(text: str) -> timedelta:
    """Return the time that an ISO 8601 duration names.

    Raises
    ------
    ValueError
        If the text is not a duration of days, hours, minutes and seconds.
    """
    match = _DURATION.fullmatch(text)
    if match is None or not any(match.groups()):
        raise ValueError("not an ISO 8601 duration")
    return timedelta(**{unit: float(amount) for unit, amount in match.groupdict().items() if amount})


def entity_tag(moment: datetime, sequence: int) -> str:
    """Return a tag in the service's form, different for each sequence number."""
    ticks = int(moment.timestamp() * 1000) * 4096 + sequence % 4096
    return f"0x8D{ticks & 0xFFF_FFFF_FFFF_FFFF:013X}"


def error_body(error: BatchError, base_url: str, request_id: str, moment: datetime) -> JsonObject:
    """Return the body that tells an error."""
    body: JsonObject = {
        "odata.metadata": f"{base_url}/$metadata#Microsoft.Azure.Batch.Protocol.Entities.Container.errors/@Element",
        "code": error.code,
        "message": {
            "lang": "en-US",
            "value": f"{error.text}\nRequestId:{request_id}\nTime:{timestamp(moment)}",
        },
    }
    if error.details:
        body["values"] = [{"key": key, "value": value} for key, value in error.details.items()]
    return body


def plain_error_body(error: BatchError, surface: str) -> JsonObject:
    """Return the body in which the management API (``"management"``) and the price API tell an error."""
    reason = error.details.get("Reason")
    message = f"{error.text} {reason}" if reason else error.text
    if surface == "management":
        return {"error": {"code": error.code, "message": message}}
    return {"Error": {"Code": error.code, "Message": message}}


def encode(body: JsonObject) -> bytes:
    """Return a JSON body in bytes; what is not ASCII is escaped, lone surrogates included."""
    return json.dumps(body).encode("ascii")
