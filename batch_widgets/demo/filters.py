"""``$filter``: the comparisons that the service documents for a list, joined by ``and``, ``or`` and parentheses."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from .errors import BatchError
from .wire import parse_timestamp

if TYPE_CHECKING:
    from datetime import datetime

Item = TypeVar("Item")
Predicate = Callable[[Item], bool]
Value = Any

_TOKEN = re.compile(
    r"\s*(?:(?P<string>'(?:[^']|'')*')|(?P<moment>datetime'[^']*'|\d{4}-\d\d-\d\dT[\w:.+-]+)"
    r"|(?P<number>-?\d+)(?![\w'])|(?P<word>[A-Za-z_][\w/]*)|(?P<mark>[(),]))",
    re.IGNORECASE,
)
_MOST_TOKENS = 400
_DEPTH = 20
_COMPARE: Mapping[str, Callable[[Value, Value], bool]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "gt": operator.gt,
    "ge": operator.ge,
    "lt": operator.lt,
    "le": operator.le,
}

EQ = frozenset({"eq"})
EQ_NE = frozenset({"eq", "ne"})
ORDERED = frozenset(_COMPARE)
STARTS = frozenset({"startswith"})


@dataclass(frozen=True)
class Field(Generic[Item]):
    """A property that can be asked about.

    Parameters
    ----------
    get
        Gives the value, or None where the item has none: such an item differs from everything and is above and below
        nothing.
    operators
        By which it can be compared.
    read
        Makes such a value of a literal of the filter.
    """

    get: Callable[[Item], Value]
    operators: frozenset[str]
    read: Callable[[str], Value]


Fields = Mapping[str, Field[Item]]


def text(get: Callable[[Item], str | None], operators: frozenset[str]) -> Field[Item]:
    """Return a field of text, which is compared without regard to case."""

    def lowered(item: Item) -> str | None:
        value = get(item)
        return None if value is None else value.lower()

    return Field(lowered, operators, _read_text)


def moment(get: Callable[[Item], datetime | None]) -> Field[Item]:
    """Return a field of time."""
    return Field(get, ORDERED, _read_moment)


def number(get: Callable[[Item], int | None]) -> Field[Item]:
    """Return a field of whole numbers."""
    return Field(get, ORDERED, _read_number)


def flag(get: Callable[[Item], bool]) -> Field[Item]:
    """Return a field that is true or false."""
    return Field(get, EQ_NE, _read_flag)


def compile_filter(source: str | None, fields: Fields[Item]) -> Predicate[Item]:
    """Return the test that a filter stands for.

    Raises
    ------
    BatchError
        ``InvalidQueryParameterValue`` for what is not a filter, and for what the list can't be asked about.
    """
    if source is None:
        return lambda _item: True
    return _Parser(source, fields).whole()


class _Parser(Generic[Item]):
    """Reads a filter from left to right; ``and`` binds tighter than ``or``."""

    def __init__(self, source: str, fields: Fields[Item]) -> None:
        self._source = source
        self._fields = fields
        self._tokens = self._split()
        self._position = 0

    def whole(self) -> Predicate[Item]:
        result = self._either(0)
        if self._position < len(self._tokens):
            raise self._bad(f"Unexpected '{self._tokens[self._position]}'.")
        return result

    def _either(self, depth: int) -> Predicate[Item]:
        if depth > _DEPTH:
            raise self._bad("Too many parentheses.")
        parts = [self._both(depth)]
        while self._accept("or"):
            parts.append(self._both(depth))
        return parts[0] if len(parts) == 1 else lambda item: any(part(item) for part in parts)

    def _both(self, depth: int) -> Predicate[Item]:
        parts = [self._one(depth)]
        while self._accept("and"):
            parts.append(self._one(depth))
        return parts[0] if len(parts) == 1 else lambda item: all(part(item) for part in parts)

    def _one(self, depth: int) -> Predicate[Item]:
        if self._accept("("):
            inner = self._either(depth + 1)
            self._expect(")")
            return inner
        word = self._next()
        if word.lower() == "startswith":
            return self._starts_with()
        name = self._next().lower()
        if name not in _COMPARE:
            raise self._bad(f"'{name}' is not an operator.")
        field = self._field(word, name)
        wanted = self._literal(field)
        compare = _COMPARE[name]

        def test(item: Item) -> bool:
            value = field.get(item)
            return name == "ne" if value is None else compare(value, wanted)

        return test

    def _starts_with(self) -> Predicate[Item]:
        self._expect("(")
        field = self._field(self._next(), "startswith")
        self._expect(",")
        start = self._literal(field)
        self._expect(")")
        return lambda item: (field.get(item) or "").startswith(start)

    def _field(self, name: str, operator_name: str) -> Field[Item]:
        field = self._fields.get(name)
        if field is None:
            raise self._bad(f"This list can't be filtered by '{name}', only by {', '.join(self._fields)}.")
        if operator_name not in field.operators:
            raise self._bad(f"'{name}' can't be asked about with '{operator_name}'.")
        return field

    def _literal(self, field: Field[Item]) -> Value:
        token = self._next()
        try:
            return field.read(token)
        except ValueError as error:
            raise self._bad(f"Expected {error} instead of '{token}'.") from error

    def _accept(self, token: str) -> bool:
        if self._position < len(self._tokens) and self._tokens[self._position].lower() == token:
            self._position += 1
            return True
        return False

    def _expect(self, token: str) -> None:
        if not self._accept(token):
            raise self._bad(f"Expected '{token}'.")

    def _next(self) -> str:
        if self._position >= len(self._tokens):
            raise self._bad("It ends too early.")
        self._position += 1
        return self._tokens[self._position - 1]

    def _split(self) -> list[str]:
        tokens: list[str] = []
        position = 0
        source = self._source.rstrip()
        while position < len(source):
            match = _TOKEN.match(source, position)
            if match is None or len(tokens) >= _MOST_TOKENS:
                raise self._bad(f"It can't be read from '{source[position : position + 20]}' on.")
            tokens.append(match[match.lastgroup or 0])
            position = match.end()
        return tokens

    def _bad(self, reason: str) -> BatchError:
        return BatchError(
            "InvalidQueryParameterValue",
            QueryParameterName="$filter",
            QueryParameterValue=self._source,
            Reason=reason,
        )


def _read_text(token: str) -> str:
    if not token.startswith("'"):
        raise ValueError("a string in single quotes")
    return token[1:-1].replace("''", "'").lower()


def _read_moment(token: str) -> datetime:
    try:
        return parse_timestamp(re.sub(r"(?i)^datetime'|'$", "", token))
    except ValueError as error:
        raise ValueError("a time as in datetime'2026-01-02T03:04:05Z'") from error


def _read_number(token: str) -> int:
    if not re.fullmatch(r"-?\d{1,18}", token, re.ASCII):
        raise ValueError("a whole number")
    return int(token)


def _read_flag(token: str) -> bool:
    if token.lower() not in {"true", "false"}:
        raise ValueError("true or false")
    return token.lower() == "true"
