"""Lists: filtered, cut into pages that are taken up by a token, with the properties that were selected."""

from __future__ import annotations

import base64
import binascii
import json
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote, urlencode

from .errors import BatchError
from .filters import Fields, compile_filter
from .request import Request, whole_number

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from .wire import JsonObject

MOST_RESULTS = 1000

Item = TypeVar("Item")


def list_page(
    request: Request,
    items: Sequence[Item],
    *,
    key: Callable[[Item], str],
    to_wire: Callable[[Item], JsonObject],
    metadata: str,
    base_url: str,
    fields: Fields[Item],
    most: int = MOST_RESULTS,
) -> JsonObject:
    """Return one page of a list.

    Parameters
    ----------
    items
        All items in the order of their keys.
    key
        Tells an item's place; a page goes on behind the last one's, whatever has come or gone since.
    fields
        What ``$filter`` may ask about.
    most
        How many items there are on a page at most.
    """
    matches = compile_filter(request.query.get("$filter"), fields)
    count = _max_results(request.query, most)
    after = _read_token(request.query.get("$skiptoken"))
    rest = [item for item in items if (after is None or key(item) > after) and matches(item)]
    body: JsonObject = {"odata.metadata": f"{base_url}/$metadata#{metadata}"}
    body["value"] = [select(request, to_wire(item)) for item in rest[:count]]
    if len(rest) > count:
        kept = {name: value for name, value in request.query.items() if name != "$skiptoken"}
        query = urlencode({**kept, "$skiptoken": _token(key(rest[count - 1]))}, quote_via=quote)
        body["odata.nextLink"] = f"{base_url}{request.raw_path}?{query}"
    return body


def select(request: Request, item: JsonObject) -> JsonObject:
    """Return the properties that ``$select`` names; all without it, or if it is empty: the SDK does not sign that."""
    text = request.query.get("$select")
    if not text:
        return item
    names = {name.strip().split("/")[0] for name in text.split(",")}
    if "*" in names:
        return item
    return {name: value for name, value in item.items() if name in names or name == "odata.metadata"}


def _max_results(query: Mapping[str, str], most: int) -> int:
    if "maxresults" not in query:
        return most
    count = whole_number(query, "maxresults")
    if not 1 <= count <= most:
        raise BatchError(
            "OutOfRangeQueryParameterValue",
            QueryParameterName="maxresults",
            QueryParameterValue=count,
            MinimumAllowed=1,
            MaximumAllowed=most,
        )
    return count


def _token(last: str) -> str:
    return base64.urlsafe_b64encode(json.dumps([last]).encode()).decode("ascii")


def _read_token(text: str | None) -> str | None:
    if text is None:
        return None
    try:
        content: Any = json.loads(base64.urlsafe_b64decode(text.encode("ascii")))
        (last,) = content
        if not isinstance(last, str):
            raise TypeError  # noqa: TRY301  told below with the others
    except (ValueError, TypeError, binascii.Error, RecursionError) as error:
        raise BatchError(
            "InvalidQueryParameterValue", QueryParameterName="$skiptoken", QueryParameterValue=text
        ) from error
    return last
