"""Where a property of a pool stands in the body of a request, and how it is read and written there."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from batch_widgets.durations import format_duration, parse_duration
from batch_widgets.pools.secrets import Item

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of property.

    Parameters
    ----------
    absent : object
        What stands for a property that is not there.
    read : callable
        Makes the value from what the body has; raises a TypeError that says what was expected.
    write : callable
        Makes what the body has from the value.
    make : callable, optional
        Makes the value from what users may give for it.
    """

    absent: Any
    read: Callable[[Any], Any]
    write: Callable[[Any], Any] = copy.deepcopy
    make: Callable[[Any], Any] | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """The place of a property.

    Parameters
    ----------
    path : tuple of str
        The service's names from the body down.
    kind : Kind
        What it is.
    default : object
        The value that stands for a property that is not there.
    """

    path: tuple[str, ...]
    kind: Kind
    default: Any

    def read(self, body: Mapping[str, Any]) -> Any:
        """Give the value in a body; the default where there is none.

        Raises
        ------
        TypeError
            If it has another type, or stands in something that is no object.
        """
        here: Any = body
        for step in self.path:
            if not isinstance(here, Mapping):
                raise TypeError("Expected an object around it")
            if (here := here.get(step)) is None:
                return self.default
        return self.kind.read(here)

    def write(self, body: dict[str, Any], value: Any) -> None:
        """Put a value into a body; where it stands for none, take the property out, and the objects that get empty."""
        *outer, last = self.path
        if value == self.kind.absent:
            _remove(body, self.path)
            return
        here = body
        for step in outer:
            if here.get(step) is None:
                here[step] = {}
            here = here[step]
        here[last] = self.kind.write(value)


def _remove(body: dict[str, Any], path: tuple[str, ...]) -> None:
    first, *rest = path
    if first not in body:
        return
    if rest and isinstance(body[first], dict):
        _remove(body[first], tuple(rest))
        if body[first]:
            return
    del body[first]


def plain(value: Any) -> Any:
    """Give a copy in terms of dict and list; objects of the SDK become what they are on the wire.

    Raises
    ------
    TypeError
        If there is something that JSON has no word for.
    """
    if hasattr(value, "as_dict"):
        value = value.as_dict()
    if isinstance(value, Mapping):
        return {str(name): plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if value is None or isinstance(value, str | int | float):
        return value
    raise TypeError(f"Expected text, numbers, lists and mappings, not {type(value).__name__}")


def items(value: Any) -> tuple[dict[str, Any], ...]:
    """Give a list of objects: mappings under the service's names, or objects of the SDK.

    Raises
    ------
    TypeError
        If it is something else.
    """
    if isinstance(value, str | Mapping) or not hasattr(value, "__iter__"):
        raise TypeError("Expected a list of objects")
    found = tuple(plain(item) for item in value)
    if not all(isinstance(item, dict) for item in found):
        raise TypeError("Expected a list of objects")
    return tuple(Item(item) for item in found)


def named_values(value: Any) -> tuple[dict[str, Any], ...]:
    """Give a list of names and values, from a mapping too.

    Raises
    ------
    TypeError
        If it is something else.
    """
    if isinstance(value, Mapping) and not hasattr(value, "as_dict"):
        return tuple(Item(name=name, value=item) for name, item in value.items())
    return items(value)


def texts(value: Any) -> tuple[str, ...]:
    """Give a list of texts; one on its own is taken for a list of one.

    Raises
    ------
    TypeError
        If it is something else.
    """
    if isinstance(value, str):
        return (value,)
    if not isinstance(value, list | tuple) or not all(isinstance(item, str) for item in value):
        raise TypeError("Expected a list of texts")
    return tuple(str(item) for item in value)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("Expected a text")
    return str(value)


def _number(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError("Expected a whole number")
    return value


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError("Expected true or false")
    return value


def _mapping(value: Any) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise TypeError("Expected an object")
    return dict(plain(value))


def _duration(value: Any) -> timedelta:
    found = parse_duration(value) if isinstance(value, str) else None
    if found is None:
        raise TypeError("Expected a duration such as PT15M")
    return found


def _as_list(value: tuple[Any, ...]) -> list[Any]:
    return [copy.deepcopy(dict(item)) if isinstance(item, Item) else item for item in value]


def _optional_mapping(value: Any) -> dict[str, Any] | None:
    return None if value is None else _mapping(plain(value))


TEXT = Kind("", _text)
NUMBER = Kind(None, _number)
FLAG = Kind(None, _flag)
DURATION = Kind(None, _duration, format_duration)
OBJECT = Kind(None, _mapping, make=_optional_mapping)
TEXTS = Kind((), texts, _as_list, texts)
ITEMS = Kind((), items, _as_list, items)
NAMED_VALUES = Kind((), items, _as_list, named_values)
