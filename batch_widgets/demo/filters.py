"""``$filter``: the comparisons that the service documents for a list, joined by ``and``, ``or`` and parentheses."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from .errors import BatchError, not_implemented

Item = TypeVar("Item")
Predicate = Callable[[Item], bool]

_TOKEN = re.compile(r"\s*(?:(?P<string>'(?:[^']|'')*')|(?P<word>[A-Za-z_][\w/]*)|(?P<mark>[(),]))")
_MOST_TOKENS = 400
_DEPTH = 20


@dataclass(frozen=True)
class Field(Generic[Item]):
    """A property that can be asked about: how to get it, and by which operators."""

    get: Callable[[Item], str]
    operators: frozenset[str]


Fields = Mapping[str, Field[Item]]

EQ = frozenset({"eq"})
EQ_NE = frozenset({"eq", "ne"})
STARTS = frozenset({"eq", "startswith"})


def compile_filter(text: str | None, fields: Fields[Item]) -> Predicate[Item]:
    """Return the test that a filter stands for.

    Raises
    ------
    BatchError
        ``InvalidQueryParameterValue`` for what is not a filter, 501 for one that the simulation can't judge.
    """
    if text is None:
        return lambda _item: True
    return _Parser(text, fields).whole()


class _Parser(Generic[Item]):
    """Reads a filter from left to right; ``and`` binds tighter than ``or``."""

    def __init__(self, text: str, fields: Fields[Item]) -> None:
        self._text = text
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
            self._expect("(")
            field = self._field(self._next(), "startswith")
            self._expect(",")
            start = self._literal()
            self._expect(")")
            return lambda item: field.get(item).lower().startswith(start)
        operator = self._next().lower()
        if operator not in {"eq", "ne", "gt", "ge", "lt", "le"}:
            raise self._bad(f"'{operator}' is not an operator.")
        field = self._field(word, operator)
        wanted = self._literal()
        if operator == "eq":
            return lambda item: field.get(item).lower() == wanted
        return lambda item: field.get(item).lower() != wanted

    def _field(self, name: str, operator: str) -> Field[Item]:
        field = self._fields.get(name)
        if field is None or operator not in field.operators:
            raise not_implemented(f"$filter with {name} {operator} on this list")
        return field

    def _literal(self) -> str:
        token = self._next()
        if not token.startswith("'"):
            raise self._bad(f"Expected a string in single quotes instead of '{token}'.")
        return token[1:-1].replace("''", "'").lower()

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
        text = self._text.rstrip()
        while position < len(text):
            match = _TOKEN.match(text, position)
            if match is None or len(tokens) >= _MOST_TOKENS:
                raise self._bad(f"It can't be read from '{text[position : position + 20]}' on.")
            tokens.append(match[match.lastgroup or 0])
            position = match.end()
        return tokens

    def _bad(self, reason: str) -> BatchError:
        return BatchError(
            "InvalidQueryParameterValue",
            QueryParameterName="$filter",
            QueryParameterValue=self._text,
            Reason=reason,
        )
