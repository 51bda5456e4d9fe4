"""The autoscale formula language as written: statements, expressions, and what is wrong with them where."""

from __future__ import annotations

import re
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from .errors import BatchError

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST_CHARACTERS = 8192
MOST_STATEMENTS = 100
_DEEPEST = 30

ALIASES: Mapping[str, str] = MappingProxyType(
    {"$TargetDedicated": "$TargetDedicatedNodes", "$TargetLowPriority": "$TargetLowPriorityNodes"}
)
TARGETS = ("$TargetDedicatedNodes", "$TargetLowPriorityNodes")
DEALLOCATION = "$NodeDeallocationOption"
DEALLOCATION_OPTIONS = ("requeue", "terminate", "taskcompletion", "retaineddata")
PLAIN = frozenset({"$TaskSlotsPerNode"})
"""Variables that are numbers without a history."""
SENSORS = frozenset(
    {
        *("$ActiveTasks", "$RunningTasks", "$PendingTasks", "$SucceededTasks", "$FailedTasks", "$CPUPercent"),
        *("$CurrentDedicatedNodes", "$CurrentLowPriorityNodes", "$PreemptedNodeCount", "$UsableNodeCount"),
        *("$WallClockSeconds", "$MemoryBytes", "$DiskBytes", "$DiskReadBytes", "$DiskWriteBytes", "$DiskReadOps"),
        *("$DiskWriteOps", "$NetworkInBytes", "$NetworkOutBytes", "$SampleNodeCount"),
    }
)
INTERVALS_S: Mapping[str, float] = MappingProxyType(
    {
        "TimeInterval_Zero": 0.0,
        "TimeInterval_100ns": 1e-7,
        "TimeInterval_Microsecond": 1e-6,
        "TimeInterval_Millisecond": 1e-3,
        "TimeInterval_Second": 1.0,
        "TimeInterval_Minute": 60.0,
        "TimeInterval_Hour": 3600.0,
        "TimeInterval_Day": 86_400.0,
        "TimeInterval_Week": 7 * 86_400.0,
        "TimeInterval_Year": 365 * 86_400.0,
    }
)
ARGUMENTS: Mapping[str, tuple[int, int | None]] = MappingProxyType(
    {
        **dict.fromkeys(("avg", "sum", "min", "max", "len", "range", "std", "norm"), (1, None)),
        **dict.fromkeys(("lg", "ln", "log", "ceil", "floor", "round"), (1, None)),
        "percentile": (2, 2),
        "val": (2, 2),
        "rand": (0, 0),
        "time": (0, 1),
        "stop": (0, 0),
    }
)
"""How many arguments each function takes: the fewest and the most."""
METHODS: Mapping[str, tuple[int, int]] = MappingProxyType(
    {
        "GetSample": (1, 3),
        "GetSamplePercent": (1, 2),
        "GetSamplePeriod": (0, 0),
        "Count": (0, 0),
        "HistoryBeginTime": (0, 0),
    }
)
FIELDS = frozenset({"year", "month", "day", "weekday", "hour", "minute", "second"})
_LEVELS: tuple[frozenset[str], ...] = (
    frozenset({"||"}),
    frozenset({"&&"}),
    frozenset({"==", "!="}),
    frozenset({"<", "<=", ">", ">="}),
    frozenset({"+", "-"}),
    frozenset({"*", "/"}),
)

_TOKEN = re.compile(
    r"""(?P<space>\s+|//[^\n]*)
    |(?P<number>(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)
    |(?P<text>"[^"\n]*"|'[^'\n]*')
    |(?P<name>\$?[A-Za-z_]\w*)
    |(?P<sign>&&|\|\||[<>=!]=|[-+*/<>!?:;=(),.])""",
    re.ASCII | re.VERBOSE,
)


@dataclass(frozen=True)
class Literal:
    """A number, a text, or one of the ways to deallocate nodes."""

    at: int
    value: float | str


@dataclass(frozen=True)
class Name:
    """A variable or a constant."""

    at: int
    name: str


@dataclass(frozen=True)
class Unary:
    """Signs before an expression, the innermost first."""

    at: int
    signs: tuple[str, ...]
    operand: Expression


@dataclass(frozen=True)
class Chain:
    """Expressions with signs of one rank between them, joined from left to right.

    Each link has the sign's place, the sign, and the expression after it.
    """

    at: int
    first: Expression
    links: tuple[tuple[int, str, Expression], ...]


@dataclass(frozen=True)
class Choice:
    """``condition ? yes : no``."""

    at: int
    condition: Expression
    yes: Expression
    no: Expression


@dataclass(frozen=True)
class Call:
    """A function with its arguments."""

    at: int
    name: str
    arguments: tuple[Expression, ...]


@dataclass(frozen=True)
class Member:
    """A method of a variable's history (with arguments), or a field of a timestamp (without)."""

    at: int
    target: Expression
    name: str
    arguments: tuple[Expression, ...] | None


Expression = Literal | Name | Unary | Chain | Choice | Call | Member


@dataclass(frozen=True)
class Statement:
    """What a variable is set to; a statement that only calls ``stop()`` sets none."""

    name: str | None
    value: Expression


@dataclass(frozen=True)
class Formula:
    """A formula that was read."""

    text: str
    statements: tuple[Statement, ...]

    def place(self, at: int) -> str:
        """Return where in the text a position is, as the service writes it."""
        before = self.text[:at]
        return f"Line {before.count(chr(10)) + 1}, Col {at - (before.rfind(chr(10)) + 1) + 1}"


def parse(text: str) -> Formula:
    """Read a formula.

    Raises
    ------
    BatchError
        ``AutoScalingFormulaTooLong``, or ``AutoScalingFormulaSyntaxError`` with the place and the reason.
    """
    if len(text) > MOST_CHARACTERS:
        raise BatchError("AutoScalingFormulaTooLong", Limit=MOST_CHARACTERS, Length=len(text))
    return _Parser(text).formula()


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    at: int


class _Parser:
    """Recursive descent; a depth that no sensible formula reaches ends it before Python does."""

    def __init__(self, text: str) -> None:
        self._source = text
        self._position = 0
        self._depth = 0
        self._known: set[str] = set(TARGETS) | set(ALIASES) | {DEALLOCATION}
        self._tokens = self._read()

    def formula(self) -> Formula:
        statements: list[Statement] = []
        while self._token.kind != "end":
            if self._take(";"):
                continue
            statements.append(self._statement())
            if len(statements) > MOST_STATEMENTS:
                raise self._error(f"More than {MOST_STATEMENTS} statements.")
            if self._token.kind != "end":
                self._expect(";")
        if not statements:
            raise self._error("The formula has no statement.")
        return Formula(self._source, tuple(statements))

    def _statement(self) -> Statement:
        first = self._token
        if first.kind == "name" and first.text == "stop":
            return Statement(None, self._primary())
        if first.kind != "name":
            raise self._error("Expected a variable that is set.")
        self._position += 1
        self._expect("=")
        if first.text in SENSORS | PLAIN or first.text in INTERVALS_S:
            raise self._error(f"{first.text} can't be set.", first)
        value = self._deallocation() if first.text == DEALLOCATION else self._expression()
        self._known.add(first.text)
        return Statement(ALIASES.get(first.text, first.text), value)

    def _deallocation(self) -> Expression:
        token = self._token
        if token.kind in {"name", "text"} and token.text.strip("\"'") in DEALLOCATION_OPTIONS:
            self._position += 1
            return Literal(token.at, token.text.strip("\"'"))
        raise self._error(f"Expected one of {', '.join(DEALLOCATION_OPTIONS)}.")

    def _expression(self) -> Expression:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise self._error(f"More than {_DEEPEST} levels.")
        condition = self._chain(0)
        sign = self._token
        if self._take("?"):
            yes = self._expression()
            self._expect(":")
            condition = Choice(sign.at, condition, yes, self._expression())
        self._depth -= 1
        return condition

    def _chain(self, level: int) -> Expression:
        if level == len(_LEVELS):
            return self._unary()
        first = self._chain(level + 1)
        links: list[tuple[int, str, Expression]] = []
        while self._token.kind == "sign" and self._token.text in _LEVELS[level]:
            sign = self._token
            self._position += 1
            links.append((sign.at, sign.text, self._chain(level + 1)))
        return Chain(links[0][0], first, tuple(links)) if links else first

    def _unary(self) -> Expression:
        at = self._token.at
        signs: list[str] = []
        while self._token.kind == "sign" and self._token.text in {"-", "!", "+"}:
            signs.insert(0, self._token.text)
            self._position += 1
        operand = self._member()
        return Unary(at, tuple(signs), operand) if signs else operand

    def _member(self) -> Expression:
        target = self._primary()
        while self._take("."):
            token = self._token
            self._position += 1
            if isinstance(target, Member) and target.name != "HistoryBeginTime":
                raise self._error(f"{target.name} has no methods and fields.", token)
            if token.kind == "name" and token.text in FIELDS:
                target = Member(token.at, target, token.text, None)
            elif token.kind == "name" and token.text in METHODS:
                if not (isinstance(target, Name) and target.name in SENSORS):
                    raise self._error(f"{token.text} is a method of the service's own variables only.", token)
                arguments = self._arguments()
                self._check_count(token, len(arguments), METHODS[token.text])
                target = Member(token.at, target, token.text, arguments)
            else:
                raise self._error(f"Unknown method or field {token.text!r}.", token)
        return target

    def _primary(self) -> Expression:
        token = self._token
        self._position += 1
        if token.kind == "number":
            return Literal(token.at, float(token.text))
        if token.kind == "text":
            return Literal(token.at, token.text[1:-1])
        if token.kind == "name":
            if self._token.text == "(" and self._token.kind == "sign":
                if token.text not in ARGUMENTS:
                    raise self._error(f"Unknown function {token.text!r}.", token)
                arguments = self._arguments()
                self._check_count(token, len(arguments), ARGUMENTS[token.text])
                return Call(token.at, token.text, arguments)
            if token.text not in self._known | SENSORS | PLAIN and token.text not in INTERVALS_S:
                raise self._error(f"Unknown variable {token.text!r}.", token)
            return Name(token.at, ALIASES.get(token.text, token.text))
        if token.text == "(":
            inner = self._expression()
            self._expect(")")
            return inner
        raise self._error("Expected a value.", token)

    def _arguments(self) -> tuple[Expression, ...]:
        self._expect("(")
        arguments: list[Expression] = []
        if self._take(")"):
            return ()
        while True:
            arguments.append(self._expression())
            if self._take(")"):
                return tuple(arguments)
            self._expect(",")

    def _check_count(self, token: _Token, count: int, allowed: tuple[int, int | None]) -> None:
        fewest, most = allowed
        if count < fewest or (most is not None and count > most):
            raise self._error(f"{token.text} doesn't take {count} arguments.", token)

    @property
    def _token(self) -> _Token:
        return self._tokens[min(self._position, len(self._tokens) - 1)]

    def _take(self, sign: str) -> bool:
        if self._token.kind == "sign" and self._token.text == sign:
            self._position += 1
            return True
        return False

    def _expect(self, sign: str) -> None:
        if not self._take(sign):
            raise self._error(f"Expected {sign!r}.")

    def _read(self) -> list[_Token]:
        tokens: list[_Token] = []
        position = 0
        while position < len(self._source):
            match = _TOKEN.match(self._source, position)
            if match is None:
                raise self._error(f"Unexpected {self._source[position]!r}.", _Token("", "", position))
            assert match.lastgroup is not None
            if match.lastgroup != "space":
                tokens.append(_Token(match.lastgroup, match[0], position))
            position = match.end()
        return [*tokens, _Token("end", "", position)]

    def _error(self, reason: str, token: _Token | None = None) -> BatchError:
        place = Formula(self._source, ()).place((token or self._token).at)
        return BatchError("AutoScalingFormulaSyntaxError", Message=f"{place}: {reason}")
