"""Cell values: how they travel, and what search and filters see of them. Pure; the front end has the same rules."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from types import MappingProxyType, NoneType
from typing import Any

from batch_widgets.texts import cut, plain

# Between these a float reads the same in Python and in JavaScript.
_SMALLEST, _LARGEST = 1e-4, 1e15
_MOST_IN_CELL = 1_000
_SAFE_INT = 2**53
# These travel as they are; thousands of rows are made at once.
_AS_THEY_ARE = frozenset({bool, NoneType})
_NUMBERS = frozenset({int, float})


class Row:
    """A row as it was given, and its cells as they travel.

    Parameters
    ----------
    key
        What identifies it.
    given
        The very object that was given; a read-only one is taken to stay as it is.
    cells
        One for each column.
    """

    __slots__ = ("_shape", "cells", "given", "key", "source")

    def __init__(self, key: str, given: Mapping[str, Any], cells: tuple[Any, ...]) -> None:
        self.key = key
        self.given = given
        self.source = given if type(given) is MappingProxyType else dict(given)  # as it was then
        self.cells = cells
        self._shape = _shape(tuple(self.source), tuple(map(type, self.source.values())))

    def has(self, source: Mapping[str, Any]) -> bool:
        """Tell at a glance that another row is the same; False where that takes a closer look.

        What can be changed where it stands, such as a list of chips, is equal to itself whatever was done to it. And
        1 is equal to True, so the kinds are compared too, in the same order.
        """
        if type(source) is MappingProxyType:
            return self.given is source
        shape = self._shape
        return (
            shape is not None
            and type(source) is dict
            and shape[1] == tuple(map(type, source.values()))  # first: an array has no truth value
            and self.source == source
            and shape[0] == tuple(source)
        )


@functools.lru_cache(maxsize=256)  # one that thousands of rows share
def _shape(names: tuple[str, ...], kinds: tuple[type, ...]) -> tuple[tuple[str, ...], tuple[type, ...]] | None:
    """Give names and kinds of a row's values; None where one of them can be changed where it stands."""
    fixed = all(issubclass(kind, (str, int, float, date, timedelta, NoneType)) for kind in kinds)
    return (names, kinds) if fixed else None


def wire_cells(values: Iterable[Any]) -> tuple[Any, ...]:
    """Return cell values as JSON can carry them."""
    # A tuple of texts and numbers the collector of garbage lets go of, which counts with thousands of rows.
    return tuple([_wire_text(value) if type(value) is str else _wire_other(value) for value in values])


def _wire_other(value: Any) -> Any:
    return value if type(value) in _AS_THEY_ARE else wire_cell(value)


def wire_cell(value: Any) -> Any:
    """Return a cell value as JSON can carry it: None, a scalar, a list of chips or a mapping with a text."""
    if isinstance(value, (int, float, date)):  # told sooner than that it is no mapping
        return _wire_scalar(value)
    if isinstance(value, Mapping):
        cell = {str(name): part for name, part in value.items() if part is not None and part is not False}
        for name in ("text", "note", "title", "find"):
            if name in cell:
                cell[name] = cell_text(_wire_scalar(cell[name]))
        if "sort" in cell:
            by = _wire_scalar(cell["sort"])
            cell["sort"] = by["sort"] if isinstance(by, dict) else by
        return cell
    if isinstance(value, (list, tuple, set, frozenset)):
        return [wire_cell(part) if isinstance(part, Mapping) else _wire_text(str(part)) for part in value]
    return _wire_scalar(value)


def _wire_scalar(value: Any) -> Any:
    if type(value) not in _NUMBERS and hasattr(value, "item") and not isinstance(value, (str, bytes)):  # a numpy scalar
        value = value.item()
    if isinstance(value, str):
        return _wire_text(value)
    if value is None or isinstance(value, bool):
        return value
    if _is_missing(value):
        return None
    if isinstance(value, int):
        return value if abs(value) < _SAFE_INT else {"text": str(value), "sort": float(value)}
    if isinstance(value, float):
        if value == int(value) if abs(value) < _LARGEST else False:
            return int(value)
        if _SMALLEST <= abs(value) < _LARGEST:
            return value
        large = float("1e308")
        return {"text": repr(value), "sort": max(-large, min(large, value))}
    return _wire_text(str(value))


def _wire_text(text: str) -> str:
    """Give a text as it is drawn: search and filters see the same."""
    if len(text) <= _MOST_IN_CELL and text.isprintable():  # so are most
        return text
    return plain(cut(text, _MOST_IN_CELL))


def _is_missing(value: Any) -> bool:
    try:
        return bool(value != value)  # noqa: PLR0124 -- NaN and NaT differ from themselves
    except (TypeError, ValueError):  # pandas.NA has no truth value
        return True


def cell_text(value: Any) -> str:
    """Return the text of a travelling cell: text and note, or the chips, joined by blanks. Missing is empty."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        parts = (cell_text(value.get("text")), cell_text(value.get("note")))
        return " ".join(part for part in parts if part)
    if isinstance(value, list):
        return " ".join(cell_text(part) for part in value)
    return str(value)


def found_by(value: Any) -> str:
    """Return what a search finds a travelling cell by: its text, and the words under which it is known besides."""
    if isinstance(value, list):
        return " ".join(found_by(part) for part in value)
    more = value.get("find") if isinstance(value, Mapping) else None
    return f"{cell_text(value)} {more}" if more else cell_text(value)


def row_matches(cells: Mapping[str, Any], words: Sequence[str], filters: Sequence[tuple[str, Any]]) -> bool:
    """Tell whether each word occurs in the row and each filter is met; filters on unknown columns do not count."""
    if words:
        whole = " ".join(map(found_by, cells.values())).lower()
        if not all(word in whole for word in words):
            return False
    for name, wanted in filters:
        if name not in cells:
            continue
        text = cell_text(cells[name])
        if isinstance(wanted, str):
            if wanted.lower() not in text.lower():
                return False
        elif text not in wanted:
            return False
    return True
