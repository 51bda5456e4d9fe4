"""A request as the operations see it: decoded, authenticated, its query checked."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote

from .errors import BatchError
from .schema import check_body, read_body

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .wire import JsonObject

API_VERSIONS = frozenset({"2025-06-01", "2024-07-01.20.0", "2024-02-01.19.0"})

_COMMON = frozenset({"api-version", "timeout"})


@dataclass(frozen=True)
class Request:
    """One request of a client.

    Parameters
    ----------
    path
        The decoded parameters of the path, by name.
    query
        The query's parameters, names in lower case.
    headers
        The headers, names in lower case.
    """

    method: str
    raw_path: str
    path: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def knows_ipv6(self) -> bool:
        """Whether the request's API version has IPv6 addresses."""
        return self.query.get("api-version", "") >= "2025-06-01"

    def json(self, type_name: str, *, optional: bool = False) -> JsonObject:
        """Return the checked JSON body; an empty object where it is `optional` and there is none."""
        return check_body({} if optional and not self.body else read_body(self.body), type_name)


def parse_query(raw_query: str) -> dict[str, str]:
    """Return the parameters of a query, names in lower case.

    What a signature does not tell apart is refused, or one that was made for a query would be good for another: the
    signed text holds one value for each name, and each on a line of its own.
    """
    try:
        pairs = parse_qsl(raw_query, keep_blank_values=True, errors="strict", max_num_fields=100)
    except ValueError as error:
        raise BatchError("InvalidUri", Reason="The query can't be read.") from error
    result = {name.lower(): value for name, value in pairs}
    if len(result) < len(pairs):
        raise BatchError("InvalidUri", Reason="The query has a parameter twice.")
    if any("\n" in text for pair in pairs for text in pair):
        raise BatchError("InvalidUri", Reason="The query has a line break.")
    return result


def decode_segments(raw_path: str) -> list[str]:
    """Return the decoded segments of a path."""
    try:
        return [unquote(part, errors="strict") for part in raw_path.strip("/").split("/")]
    except UnicodeDecodeError as error:
        raise BatchError("InvalidUri", Reason="The path is not UTF-8.") from error


def check_api_version(query: Mapping[str, str]) -> None:
    """Let the versions pass that the service speaks."""
    version = query.get("api-version")
    if not version:
        raise BatchError("MissingRequiredQueryParameter", QueryParameterName="api-version")
    if version not in API_VERSIONS:
        raise BatchError(
            "UnsupportedRequestVersion", QueryParameterValue=version, Supported=", ".join(sorted(API_VERSIONS))
        )


def check_query(query: Mapping[str, str], allowed: frozenset[str]) -> None:
    """Refuse parameters that the operation doesn't have, and those of values out of bounds."""
    for name in query:
        if name not in _COMMON | allowed:
            raise BatchError("UnsupportedQueryParameter", QueryParameterName=name, QueryParameterValue=query[name])
    if "timeout" in query:
        whole_number(query, "timeout")


def whole_number(query: Mapping[str, str], name: str) -> int:
    """Return a parameter that must be a whole number."""
    text = query[name]
    if not (text.isascii() and text.removeprefix("-").isdigit() and len(text) <= 10):
        raise BatchError(
            "InvalidQueryParameterValue",
            QueryParameterName=name,
            QueryParameterValue=text,
            Reason="Expected a whole number.",
        )
    return int(text)
