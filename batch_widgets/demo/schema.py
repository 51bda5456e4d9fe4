"""The types of request bodies, as the service's definition gives them."""

from __future__ import annotations

import functools
import json
import re
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from .errors import BatchError, invalid_property, missing_property
from .wire import JsonObject, parse_duration, parse_timestamp

if TYPE_CHECKING:
    from collections.abc import Callable

_MAX_DEPTH = 32
_DIGITS = re.compile(r"-?\d{1,20}", re.ASCII)


def read_body(raw: bytes) -> JsonObject:
    """Return the JSON object in a request body.

    Raises
    ------
    BatchError
        ``InvalidRequestBody`` if it is anything else.
    """
    try:
        body = json.loads(raw, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise BatchError("InvalidRequestBody", Reason="The body is not valid JSON.") from error
    if not isinstance(body, dict):
        raise BatchError("InvalidRequestBody", Reason="The body must be a JSON object.")
    return body


def check_body(body: JsonObject, type_name: str) -> JsonObject:
    """Return a body without its nulls once each known property has its type.

    Properties that the definition doesn't know are kept: newer API versions have more of them.

    Raises
    ------
    BatchError
        ``MissingRequiredProperty`` or ``InvalidPropertyValue``, naming the property.
    """
    return _checked_object(body, type_name, "", 0)


def refuse_unknown(body: JsonObject, type_name: str) -> None:
    """Refuse properties that the definition doesn't have: what is to be changed must be something that can be.

    Raises
    ------
    BatchError
        ``UnsupportedProperty``, naming the property.
    """
    for name in body:
        if name not in _types()[type_name]["properties"]:
            raise BatchError("UnsupportedProperty", PropertyName=name)


def _refuse_constant(name: str) -> Any:
    msg = f"{name} is not JSON"
    raise ValueError(msg)


def _checked_object(value: JsonObject, type_name: str, path: str, depth: int) -> JsonObject:
    definition = _types()[type_name]
    known = definition["properties"]
    result: JsonObject = {}
    for name, item in value.items():
        if item is None:
            continue
        where = f"{path}.{name}" if path else name
        result[name] = _checked(item, known.get(name, "any"), where, depth + 1)
    for name in definition.get("required", ()):
        if name not in result:
            raise missing_property(f"{path}.{name}" if path else name)
    return result


def _checked(value: Any, spec: Any, path: str, depth: int) -> Any:
    if depth > _MAX_DEPTH:
        raise BatchError("InvalidRequestBody", Reason="The body is nested too deeply.")
    if isinstance(spec, str):
        if spec in {"int32", "int64"} and isinstance(value, str) and _DIGITS.fullmatch(value):
            value = int(value)  # as `az batch pool create` writes them
        kind, accepts = _SCALARS[spec]
        if not accepts(value):
            raise invalid_property(path, _short(value), f"Expected {kind}.")
        return _bounded(value, depth) if spec in {"any", "object"} else value
    if "enum" in spec:
        allowed = spec["enum"]
        if not isinstance(value, str) or value.lower() not in {name.lower() for name in allowed}:
            raise invalid_property(path, _short(value), f"Expected one of {', '.join(allowed)}.")
        return value
    if "array" in spec:
        if not isinstance(value, list):
            raise invalid_property(path, _short(value), "Expected an array.")
        return [_checked(item, spec["array"], f"{path}[{index}]", depth + 1) for index, item in enumerate(value)]
    if not isinstance(value, dict):
        raise invalid_property(path, _short(value), "Expected an object.")
    return _checked_object(value, spec["object"], path, depth)


def _bounded(value: Any, depth: int) -> Any:
    """Return a value of free form, refused when its nesting could exhaust the stack elsewhere."""
    if depth > _MAX_DEPTH:
        raise BatchError("InvalidRequestBody", Reason="The body is nested too deeply.")
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        _bounded(item, depth + 1)
    return value


def _is_integer(bits: int) -> Callable[[Any], bool]:
    limit = 2 ** (bits - 1)

    def accepts(value: Any) -> bool:
        return isinstance(value, int) and not isinstance(value, bool) and -limit <= value < limit

    return accepts


def _parses(parse: Callable[[str], object]) -> Callable[[Any], bool]:
    def accepts(value: Any) -> bool:
        if not isinstance(value, str):
            return False
        try:
            parse(value)
        except ValueError:
            return False
        return True

    return accepts


_SCALARS: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "any": ("anything", lambda _: True),
    "string": ("a string", lambda value: isinstance(value, str)),
    "boolean": ("true or false", lambda value: isinstance(value, bool)),
    "int32": ("a 32-bit integer", _is_integer(32)),
    "int64": ("a 64-bit integer", _is_integer(64)),
    "number": ("a number", lambda value: isinstance(value, (int, float)) and not isinstance(value, bool)),
    "object": ("an object", lambda value: isinstance(value, dict)),
    "date-time": ("an ISO 8601 date and time", _parses(parse_timestamp)),
    "duration": ("an ISO 8601 duration", _parses(parse_duration)),
}


def _short(value: Any) -> str:
    try:
        return json.dumps(value)[:200]
    except (RecursionError, ValueError):
        return type(value).__name__


@functools.cache
def _types() -> dict[str, Any]:
    text = files(__package__).joinpath("data/request_types.json").read_text(encoding="utf-8")
    types: dict[str, Any] = json.loads(text)["types"]
    return types
