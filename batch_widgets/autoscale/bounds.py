"""Between which numbers a formula keeps a pool, as far as that can be read from it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from batch_widgets.autoscale import intervals
from batch_widgets.autoscale.intervals import ANYTHING, COUNT, TRUTH, Interval, hull
from batch_widgets.autoscale.syntax import parse
from batch_widgets.autoscale.vocabulary import ALIASES, DEDICATED, LOW_PRIORITY

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from batch_widgets.autoscale.syntax import Statement, Step

_FIELDS = {
    "year": Interval(1.0, 9999.0),
    "month": Interval(1.0, 12.0),
    "day": Interval(1.0, 31.0),
    "weekday": Interval(0.0, 7.0),
    "hour": Interval(0.0, 23.0),
    "minute": Interval(0.0, 59.0),
    "second": Interval(0.0, 60.0),
}
_OPERANDS = {"unary": 1, "field": 1, "method": 1, "binary": 2, "choose": 3}
_METHODS = {
    "GetSample": Interval(0.0, math.inf, many=True),
    "GetSamplePercent": Interval(0.0, 100.0),
    "Count": COUNT,
}


@dataclass(frozen=True, slots=True)
class Bounds:
    """Between how many nodes a formula keeps a pool.

    Parameters
    ----------
    dedicated, low_priority : tuple of (int, int or None)
        The least and the most; None where the formula sets no limit that can be read from it. A kind that it never
        sets has (0, 0), as in a new pool.
    """

    dedicated: tuple[int, int | None]
    low_priority: tuple[int, int | None]


def bounds(formula: str) -> Bounds:
    """Say between how many nodes a formula keeps a pool.

    Parameters
    ----------
    formula : str
        One that :func:`check` finds no error in; of any other nothing can be said.

    Returns
    -------
    Bounds
        Each bound holds whatever the service measures. It need not be reached.
    """
    parsed = parse(formula)
    if not parsed.complete or not parsed.statements:
        return Bounds((0, None), (0, None))
    run = _Run()
    for statement in parsed.statements:
        if run.execute(statement):
            break
    return Bounds(*(_limits(run.outcome(name)) for name in (DEDICATED, LOW_PRIORITY)))


def _limits(value: Interval) -> tuple[int, int | None]:
    """Give whole numbers from 0: a fraction is cut down."""
    low = int(value.low) if 0 < value.low < math.inf else 0
    if value.high == math.inf:
        return low, None
    return low, max(low, int(value.high)) if value.high > 0 else 0


class _Run:
    """A formula executed with bounds in place of numbers."""

    def __init__(self) -> None:
        self._values: dict[str, Interval] = {}
        self._stopped: list[dict[str, Interval]] = []

    def execute(self, statement: Statement) -> bool:
        """Execute a statement; tell whether the formula surely ends there."""
        stops = [step for step in statement.steps if step.kind == "call" and step.text == "stop"]
        if stops:
            if len(statement.steps) == 1:
                return True
            self._stopped.append(dict(self._values))
        value = self._evaluate(statement.steps)
        if statement.target is not None:
            self._values[statement.target.text] = value
        return False

    def outcome(self, name: str) -> Interval:
        """Give what a target ends with; where it has two names, the full one wins."""
        names = (name, *(alias for alias, full in ALIASES.items() if full == name))
        ends = [self._values, *self._stopped]
        return hull([next((end[one] for one in names if one in end), Interval(0.0, 0.0)) for end in ends])

    def _evaluate(self, steps: tuple[Step, ...]) -> Interval:
        stack: list[Interval] = []
        for step in steps:
            if step.kind == "number":
                stack.append(Interval(float(step.text), float(step.text)))
            elif step.kind == "string":
                stack.append(ANYTHING)
            elif step.kind == "name":
                stack.append(self._name(step.text))
            elif step.kind != "group":
                count = _OPERANDS.get(step.kind, 0) + step.arguments
                operands = [stack.pop() for _ in range(count)][::-1]
                stack.append(_done(step, operands))
        return stack.pop()

    def _name(self, name: str) -> Interval:
        if name in self._values:
            return self._values[name]
        return COUNT if name.startswith("$") else ANYTHING


def _done(step: Step, operands: Sequence[Interval]) -> Interval:
    match step.kind:
        case "unary":
            return {"-": intervals.negate, "!": intervals.invert}.get(step.text, intervals.same)(operands[0])
        case "binary":
            return intervals.join(step.text, operands[0], operands[1])
        case "choose":
            return intervals.choose(operands[0], operands[1], operands[2])
        case "field":
            return _FIELDS.get(step.text, ANYTHING)
        case "method":
            return _METHODS.get(step.text, ANYTHING)
        case _:
            known = step.text in _FUNCTIONS and operands
            return _FUNCTIONS[step.text](operands) if known else TRUTH if step.text == "rand" else ANYTHING


def _spread(values: Sequence[Interval]) -> Interval:
    whole = hull(values)
    return Interval(0.0, max(0.0, whole.high - whole.low) if whole.high != whole.low else 0.0)


def _mean(values: Sequence[Interval]) -> Interval:
    whole = hull(values)
    return Interval(whole.low, whole.high)


def _length(values: Sequence[Interval]) -> Interval:
    least = float(sum(not value.many for value in values))
    return Interval(least, math.inf if any(value.many for value in values) else least)


def _round(values: Sequence[Interval]) -> Interval:
    """Take halves for either way."""
    down = intervals.each(values, lambda number: math.ceil(number - 0.5))
    up = intervals.each(values, lambda number: math.floor(number + 0.5))
    return Interval(down.low, up.high, up.many)


_FUNCTIONS: dict[str, Callable[[Sequence[Interval]], Interval]] = {
    "avg": _mean,
    "sum": intervals.total,
    "min": intervals.least,
    "max": intervals.greatest,
    "len": _length,
    "range": _spread,
    "std": _spread,
    "norm": lambda _: COUNT,
    "percentile": lambda values: _mean(values[:1]),
    "val": lambda values: _mean(values[:1]),
    "ceil": lambda values: intervals.each(values, math.ceil),
    "floor": lambda values: intervals.each(values, math.floor),
    "round": _round,
    "lg": lambda values: intervals.each(values, math.log2, above=0.0),
    "ln": lambda values: intervals.each(values, math.log, above=0.0),
    "log": lambda values: intervals.each(values, math.log10, above=0.0),
}
