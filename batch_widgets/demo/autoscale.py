"""Autoscale formulas, evaluated: how many nodes a pool wants."""

from __future__ import annotations

import math
import operator
import random
import re
import statistics
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from .autoscale_syntax import (
    DEALLOCATION,
    INTERVALS_S,
    TARGETS,
    Call,
    Chain,
    Choice,
    Expression,
    Formula,
    Literal,
    Member,
    Name,
    Unary,
    parse,
)
from .wire import parse_timestamp, timestamp

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

SAMPLE_S = 30.0
DEFAULT_PERCENT = 70.0
DEFAULT_OPTION = "requeue"
MOST_NODES = 2**31 - 1
EVALUATION_FAILED = "AutoScalingFormulaEvaluationError"
TOO_FEW_SAMPLES = "InsufficientSampleData"

Value = float | str | datetime | timedelta | tuple[float, ...]

_ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
}
_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_JOINED = frozenset(
    {
        *((sign, "double", "double") for sign in _ARITHMETIC),
        *((sign, "timeinterval", "timeinterval") for sign in "+-"),
        *((sign, "timestamp", "timeinterval") for sign in "+-"),
        *((sign, "timeinterval", "double") for sign in "*/"),
        ("+", "timeinterval", "timestamp"),
        ("-", "timestamp", "timestamp"),
        ("*", "double", "timeinterval"),
    }
)
"""What can be joined by which sign, besides vectors."""
_KINDS = {float: "double", str: "string", datetime: "timestamp", timedelta: "timeinterval", tuple: "doubleVec"}


@dataclass(frozen=True)
class Sample:
    """What a variable was at a time."""

    time: datetime
    value: float


class History:
    """What a formula can ask of the pool.

    Parameters
    ----------
    current
        Tells a variable's value now; the targets are the pool's own.
    samples
        Tells a variable's samples, the oldest first.
    """

    def __init__(self, current: Callable[[str], float], samples: Callable[[str], Sequence[Sample]]) -> None:
        self.current = current
        self.samples = samples


@dataclass(frozen=True)
class AutoScaleError:
    """Why an evaluation failed."""

    code: str
    message: str
    values: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class AutoScaleRun:
    """What an evaluation gave; targets are None where the formula doesn't set them."""

    target_dedicated_nodes: int | None = None
    target_low_priority_nodes: int | None = None
    results: str = ""
    error: AutoScaleError | None = None


def check_formula(text: str) -> None:
    """Raise what the service answers to a formula that can't be read."""
    parse(text)


def evaluate(text: str, history: History, now: datetime, *, seed: int) -> AutoScaleRun:
    """Evaluate a formula; what goes wrong on the way is told in the result.

    Raises
    ------
    BatchError
        If the formula can't be read.
    """
    formula = parse(text)
    run = _Evaluation(formula, history, now, seed)
    try:
        run.execute()
    except _StoppedError:
        pass
    except _FailedError as error:
        return AutoScaleRun(error=error.error, results=_results(run.variables))
    dedicated, spot = (_target(run.variables.get(name)) for name in TARGETS)
    return AutoScaleRun(dedicated, spot, _results(run.variables))


class _StoppedError(Exception):
    """The formula said ``stop()``."""


class _FailedError(Exception):
    def __init__(self, error: AutoScaleError) -> None:
        self.error = error
        super().__init__(error.message)


class _Evaluation:
    """One run of a formula from top to bottom."""

    def __init__(self, formula: Formula, history: History, now: datetime, seed: int) -> None:
        self._formula = formula
        self._history = history
        self._now = now
        self._random = random.Random(f"{seed} {timestamp(now)}")  # noqa: S311  a run can be repeated
        self.variables: dict[str, Value] = {}

    def execute(self) -> None:
        for statement in self._formula.statements:
            value = self._value(statement.value)
            if statement.name in TARGETS and not (isinstance(value, float) and math.isfinite(value)):
                raise self._failed(statement.value.at, f"{statement.name} takes a number, not a {_kind(value)}.")
            if statement.name is not None:
                self.variables[statement.name] = value

    def _value(self, expression: Expression) -> Value:
        try:
            return self._evaluate(expression)
        except (ArithmeticError, ValueError) as error:
            raise self._failed(expression.at, str(error).capitalize() + ".") from error

    def _evaluate(self, expression: Expression) -> Value:
        match expression:
            case Literal():
                return expression.value
            case Name():
                return self._named(expression.name)
            case Unary():
                return self._unary(expression)
            case Choice():
                condition = self._true(expression.at, self._value(expression.condition))
                return self._value(expression.yes if condition else expression.no)
            case Chain():
                return self._chain(expression)
            case Call():
                return self._call(expression)
            case Member():
                return self._member(expression)

    def _named(self, name: str) -> Value:
        if name in self.variables:
            return self.variables[name]
        if name in INTERVALS_S:
            return timedelta(seconds=INTERVALS_S[name])
        if name == DEALLOCATION:
            return DEFAULT_OPTION
        return self._history.current(name)

    def _unary(self, expression: Unary) -> Value:
        value = self._value(expression.operand)
        for sign in expression.signs:
            if sign == "!":
                value = float(not self._true(expression.at, value))
            elif sign == "-" and isinstance(value, float | timedelta):
                value = -value
            elif not (sign == "+" and isinstance(value, float)):
                raise self._failed(expression.at, f"{sign!r} can't be applied to a {_kind(value)}.")
        return value

    def _true(self, at: int, value: Value) -> bool:
        if isinstance(value, float):
            return value != 0
        raise self._failed(at, f"Expected a double, not a {_kind(value)}.")

    def _chain(self, expression: Chain) -> Value:
        left = self._value(expression.first)
        for at, sign, operand in expression.links:
            if sign in {"&&", "||"}:
                if self._true(at, left) is (sign == "||"):
                    return float(sign == "||")
                left = float(self._true(at, self._value(operand)))
                continue
            right = self._value(operand)
            joined = self._joined(at, sign, left, right)
            if joined is None:
                raise self._failed(at, f"{sign!r} can't join a {_kind(left)} and a {_kind(right)}.")
            left = joined
        return left

    def _joined(self, at: int, sign: str, left: Value, right: Value) -> Value | None:
        try:
            return _combine(sign, left, right)
        except ArithmeticError as error:
            raise self._failed(at, f"{str(error).capitalize()}.") from error

    def _call(self, call: Call) -> Value:
        if call.name == "stop":
            raise _StoppedError
        if call.name == "rand":
            return self._random.random()
        arguments = [self._value(argument) for argument in call.arguments]
        if call.name == "time":
            return self._time(call, arguments)
        if call.name in {"percentile", "val"}:
            return self._of_vector(call, arguments)
        numbers: list[float] = []
        for argument in arguments:
            if isinstance(argument, float):
                numbers.append(argument)
            elif isinstance(argument, tuple):
                numbers += argument
            else:
                raise self._failed(call.at, f"{call.name} takes numbers, not a {_kind(argument)}.")
        if call.name != "len" and not numbers:
            raise self._failed(call.at, f"{call.name} was given no number.")
        if call.name in _OF_EACH:
            values = tuple(float(_OF_EACH[call.name](number)) for number in numbers)
            return values[0] if len(arguments) == 1 and isinstance(arguments[0], float) else values
        return float(_FUNCTIONS[call.name](numbers))

    def _time(self, call: Call, arguments: list[Value]) -> Value:
        if not arguments or arguments == [""]:
            return self._now
        if not isinstance(arguments[0], str):
            raise self._failed(call.at, f"time takes a string, not a {_kind(arguments[0])}.")
        return _moment(arguments[0].strip())

    def _of_vector(self, call: Call, arguments: list[Value]) -> Value:
        values, number = arguments
        if isinstance(values, float):
            values = (values,)
        if not (isinstance(values, tuple) and values and isinstance(number, float)):
            raise self._failed(call.at, f"{call.name} takes a doubleVec that is not empty, and a double.")
        if call.name == "val":
            if not 0 <= number < len(values):
                raise self._failed(call.at, f"There is no element {number:g} of {len(values)}.")
            return values[int(number)]
        if not 0 <= number <= 100:
            raise self._failed(call.at, "A percentile is from 0 to 100.")
        return sorted(values)[max(0, math.ceil(number / 100 * len(values)) - 1)]

    def _member(self, member: Member) -> Value:
        if member.arguments is None:
            value = self._value(member.target)
            if not isinstance(value, datetime):
                raise self._failed(member.at, f"Only a timestamp has a {member.name}, not a {_kind(value)}.")
            return float(value.isoweekday() % 7 if member.name == "weekday" else getattr(value, member.name))
        assert isinstance(member.target, Name)
        samples = self._history.samples(member.target.name)
        arguments = [self._value(argument) for argument in member.arguments]
        if member.name == "Count":
            return float(len(samples))
        if member.name == "GetSamplePeriod":
            return timedelta(seconds=SAMPLE_S)
        if member.name == "HistoryBeginTime":
            return samples[0].time if samples else self._now
        if member.name == "GetSample" and len(arguments) == 1 and isinstance(arguments[0], float):
            return self._newest(member, samples, arguments[0])
        return self._between(member, samples, arguments)

    def _newest(self, member: Member, samples: Sequence[Sample], count: float) -> tuple[float, ...]:
        wanted = max(0, int(count))
        if len(samples) < wanted:
            raise self._insufficient(member, f"wanted {wanted} samples, received {len(samples)}")
        return tuple(sample.value for sample in samples[len(samples) - wanted :])

    def _between(self, member: Member, samples: Sequence[Sample], arguments: list[Value]) -> Value:
        percent = DEFAULT_PERCENT
        if member.name == "GetSample" and len(arguments) > 1 and isinstance(arguments[-1], float):
            percent = arguments.pop()  # type: ignore[assignment]
        moments = []
        for argument in arguments:
            if isinstance(argument, timedelta):
                argument = self._now - argument  # noqa: PLW2901
            if not isinstance(argument, datetime):
                raise self._failed(member.at, f"{member.name} takes timestamps and timeintervals.")
            moments.append(argument)
        start, end = min(moments), max(moments) if len(moments) == 2 else self._now
        values = tuple(sample.value for sample in samples if start <= sample.time <= end)
        expected = max(1.0, (end - start).total_seconds() / SAMPLE_S)
        received = min(100.0, 100.0 * len(values) / expected)
        if member.name == "GetSamplePercent":
            return received
        if received < percent:
            raise self._insufficient(member, f"wanted {percent:g}%, received {received:.0f}%")
        return values

    def _failed(self, at: int, reason: str) -> _FailedError:
        return _FailedError(
            AutoScaleError(
                EVALUATION_FAILED,
                "An error occurred evaluating the formula",
                (("Message", f"{self._formula.place(at)}: {reason}"),),
            )
        )

    def _insufficient(self, member: Member, what: str) -> _FailedError:
        assert isinstance(member.target, Name)
        place = self._formula.place(member.at)
        return _FailedError(
            AutoScaleError(
                TOO_FEW_SAMPLES,
                "Autoscale evaluation failed due to insufficient sample data",
                (("Message", f"{place}: Insufficient data from data set: {member.target.name} {what}"),),
            )
        )


def _moment(text: str) -> datetime:
    """Return the moment that a text names, in a format of W3C or of RFC 1123."""
    if re.match(r"[A-Z]", text):
        try:
            return parsedate_to_datetime(text).astimezone(UTC)
        except (TypeError, ValueError, IndexError, OverflowError) as error:
            raise ValueError("not a date and time") from error
    if re.fullmatch(r"\d{4}(-\d\d){0,2}", text, re.ASCII):
        text += "-01" * ((10 - len(text)) // 3) + "T00:00"
    return parse_timestamp(text.replace(" ", "T", 1))


def _combine(sign: str, left: Value, right: Value) -> Value | None:
    """Return two values joined by a sign; None where the language doesn't join them."""
    if isinstance(left, tuple) or isinstance(right, tuple):
        return _combine_vectors(sign, left, right)
    if sign in _COMPARISONS:
        return float(_COMPARISONS[sign](left, right)) if type(left) is type(right) else None
    if (sign, _kind(left), _kind(right)) in _JOINED:
        joined: Value = _ARITHMETIC[sign](left, right)
        return joined
    return None


def _combine_vectors(sign: str, left: Value, right: Value) -> Value | None:
    if sign not in _ARITHMETIC:
        return None
    act = _ARITHMETIC[sign]
    if isinstance(left, tuple) and isinstance(right, float):
        return tuple(act(value, right) for value in left)
    if isinstance(left, float) and isinstance(right, tuple):
        return tuple(act(left, value) for value in right)
    if isinstance(left, tuple) and isinstance(right, tuple) and len(left) == len(right):
        return tuple(map(act, left, right))
    return None


def _std(numbers: list[float]) -> float:
    return statistics.stdev(numbers) if len(numbers) > 1 else 0.0


_FUNCTIONS: dict[str, Callable[[list[float]], float]] = {
    "avg": statistics.fmean,
    "sum": math.fsum,
    "min": min,
    "max": max,
    "len": len,
    "range": lambda numbers: max(numbers) - min(numbers),
    "std": _std,
    "norm": lambda numbers: math.hypot(*numbers),
}
_OF_EACH: dict[str, Callable[[float], float]] = {
    "lg": math.log2,
    "ln": math.log,
    "log": math.log10,
    "ceil": math.ceil,
    "floor": math.floor,
    "round": lambda number: math.floor(number + 0.5),
}


def _target(value: Value | None) -> int | None:
    return None if not isinstance(value, float) else max(0, min(MOST_NODES, int(value)))


def _results(variables: dict[str, Value]) -> str:
    """Return the variables as the service lists them: first its own, then the others by name."""
    option = variables.get(DEALLOCATION, DEFAULT_OPTION)
    own = {name: variables[name] for name in TARGETS if name in variables} | {DEALLOCATION: option}
    others = {name: variables[name] for name in sorted(variables) if name not in own}
    return ";".join(f"{name}={_shown(value)}" for name, value in (own | others).items())


def _shown(value: Value) -> str:
    if isinstance(value, float):
        return f"{value:.15g}"
    if isinstance(value, tuple):
        return "[" + ",".join(f"{item:.15g}" for item in value) + "]"
    if isinstance(value, timedelta):
        return str(value)
    return timestamp(value) if isinstance(value, datetime) else value


def _kind(value: Value) -> str:
    return next(name for kind, name in _KINDS.items() if isinstance(value, kind))
