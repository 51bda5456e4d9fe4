"""Arithmetic with numbers of which only the bounds are known."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_INF = math.inf


@dataclass(frozen=True, slots=True)
class Interval:
    """A number from ``low`` to ``high``; or, where it is ``many``, any count of such numbers."""

    low: float = -_INF
    high: float = _INF
    many: bool = False

    @property
    def known(self) -> bool:
        """Whether it is one number."""
        return self.low == self.high and not self.many


ANYTHING = Interval()
COUNT = Interval(0.0)
TRUTH = Interval(0.0, 1.0)


def hull(parts: Sequence[Interval]) -> Interval:
    """Give the bounds of a number that is in one of these."""
    return Interval(
        min(part.low for part in parts), max(part.high for part in parts), many=any(part.many for part in parts)
    )


def join(sign: str, left: Interval, right: Interval) -> Interval:
    """Give the bounds of two numbers joined by a sign; element by element, where there are many."""
    many = left.many or right.many
    match sign:
        case "+":
            return _safe(left.low + right.low, left.high + right.high, many)
        case "-":
            return _safe(left.low - right.high, left.high - right.low, many)
        case "*":
            products = [_times(a, b) for a in (left.low, left.high) for b in (right.low, right.high)]
            return Interval(min(products), max(products), many)
        case "/":
            if right.low <= 0 <= right.high:
                return Interval(many=many)
            quotients = [_over(a, b) for a in (left.low, left.high) for b in (right.low, right.high)]
            return Interval(min(quotients), max(quotients), many)
        case "&&":
            return logic(false=_is_zero(left) or _is_zero(right), true=_is_not_zero(left) and _is_not_zero(right))
        case "||":
            return logic(false=_is_zero(left) and _is_zero(right), true=_is_not_zero(left) or _is_not_zero(right))
        case _:
            return _compare(sign, left, right)


def same(value: Interval) -> Interval:
    """Give the bounds of ``+value``."""
    return value


def negate(value: Interval) -> Interval:
    """Give the bounds of ``-value``."""
    return Interval(-value.high, -value.low, value.many)


def invert(value: Interval) -> Interval:
    """Give the bounds of ``!value``."""
    return logic(false=_is_not_zero(value), true=_is_zero(value))


def choose(condition: Interval, yes: Interval, no: Interval) -> Interval:
    """Give the bounds of ``condition ? yes : no``."""
    if _is_not_zero(condition):
        return yes
    return no if _is_zero(condition) else hull([yes, no])


def least(values: Sequence[Interval]) -> Interval:
    """Give the bounds of the least of all numbers."""
    return Interval(min(value.low for value in values), min(value.high for value in _surely_there(values)))


def greatest(values: Sequence[Interval]) -> Interval:
    """Give the bounds of the greatest of all numbers."""
    return Interval(max(value.low for value in _surely_there(values)), max(value.high for value in values))


def _surely_there(values: Sequence[Interval]) -> Sequence[Interval]:
    """Leave out those of which there may be none, unless that leaves nothing."""
    return [value for value in values if not value.many] or values


def total(values: Sequence[Interval]) -> Interval:
    """Give the bounds of the sum."""
    low = high = 0.0
    for value in values:
        low += value.low if not value.many else (0.0 if value.low >= 0 else -_INF)
        high += value.high if not value.many else (0.0 if value.high <= 0 else _INF)
    return _safe(low, high, many=False)


def each(values: Sequence[Interval], act: Callable[[float], float], *, above: float = -_INF) -> Interval:
    """Give the bounds after a function that never falls, and is there above a number only."""

    def at(number: float, missing: float) -> float:
        return float(act(number)) if above < number < _INF else (missing if number <= above else number)

    whole = hull(values)
    many = whole.many or len(values) > 1
    return _safe(at(whole.low, -_INF), at(whole.high, -_INF), many)


def logic(*, false: bool, true: bool) -> Interval:
    """Give the bounds of a condition that is surely false, surely true, or either."""
    return Interval(0.0, 0.0) if false else Interval(1.0, 1.0) if true else TRUTH


def _compare(sign: str, left: Interval, right: Interval) -> Interval:
    same = left.known and right.known and left.low == right.low
    apart = left.high < right.low or right.high < left.low
    match sign:
        case "<":
            return logic(false=left.low >= right.high, true=left.high < right.low)
        case "<=":
            return logic(false=left.low > right.high, true=left.high <= right.low)
        case ">":
            return logic(false=left.high <= right.low, true=left.low > right.high)
        case ">=":
            return logic(false=left.high < right.low, true=left.low >= right.high)
        case "==":
            return logic(false=apart, true=same)
        case _:
            return logic(false=same, true=apart)


def _is_zero(value: Interval) -> bool:
    return value.low == 0 == value.high


def _is_not_zero(value: Interval) -> bool:
    return value.low > 0 or value.high < 0


def _times(left: float, right: float) -> float:
    return 0.0 if 0 in {left, right} else left * right


def _over(left: float, right: float) -> float:
    return 0.0 if math.isinf(right) else left / right


def _safe(low: float, high: float, many: bool) -> Interval:
    return Interval(-_INF if math.isnan(low) else low, _INF if math.isnan(high) else high, many)
