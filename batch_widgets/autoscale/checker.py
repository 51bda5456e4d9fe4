"""The checker: names, arguments and kinds of values, after the grammar."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from batch_widgets.autoscale import kinds
from batch_widgets.autoscale.calls import CallRules
from batch_widgets.autoscale.syntax import Step, parse
from batch_widgets.autoscale.vocabulary import (
    ALIASES,
    DEALLOCATION,
    DEDICATED,
    FIELDS,
    FUNCTIONS,
    INTERVALS,
    LOW_PRIORITY,
    METHODS,
    OPTIONS,
    VARIABLES,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from batch_widgets.autoscale.findings import Finding
    from batch_widgets.autoscale.kinds import Kind
    from batch_widgets.autoscale.syntax import Formula, Statement

_TARGETS = (DEDICATED, LOW_PRIORITY)
_OTHER_NAMES = {
    **dict.fromkeys(("average", "mean"), "avg"),
    **dict.fromkeys(("count", "length", "size"), "len"),
    **dict.fromkeys(("date", "now"), "time"),
    "at": "val",
    "ceiling": "ceil",
    "log2": "lg",
    "log10": "log",
    "median": "percentile",
    "random": "rand",
    "stdev": "std",
}
_MOST_GUESSES = 20  # a text that is no formula at all is full of unknown names, and each guess takes a millisecond


def check(formula: str) -> tuple[Finding, ...]:
    """Say what is wrong with an autoscale formula.

    Parameters
    ----------
    formula : str
        The formula.

    Returns
    -------
    tuple of Finding
        In the order of the text; without an error among them it is what the documentation allows.
    """
    parsed = parse(formula)
    if parsed.statements:
        _Checker(parsed).run()
    return parsed.findings.sorted()


@dataclass(frozen=True, slots=True)
class Value:
    """What is known of a value: its kind, where it stands, and the variable or literal that it is."""

    kind: Kind | None
    start: int
    end: int
    variable: str = ""
    literal: str = ""


class _Checker:
    def __init__(self, formula: Formula) -> None:
        self._formula = formula
        self._findings = formula.findings
        self._kinds: dict[str, Kind | None] = {}
        self._assigned: set[str] = set()
        self._told: set[str] = set()
        self._target = ""
        self._later: dict[str, int] = {}
        for number, statement in enumerate(formula.statements):
            if statement.target is not None:
                self._later.setdefault(statement.target.text, number)
        self._calls = CallRules(self._findings)
        self._guesses: dict[str, str] = {}

    def run(self) -> None:
        for statement in self._formula.statements:
            self._statement(statement)
        self._calls.finish()
        set_names = {ALIASES.get(name, name) for name in self._assigned}
        if self._formula.complete and not set_names & set(_TARGETS):
            end = self._formula.statements[-1].end
            self._findings.add(f"Nothing sets {DEDICATED} or {LOW_PRIORITY}.", end, end)

    # statements

    def _statement(self, statement: Statement) -> None:
        target = statement.target
        self._target = target.text if target is not None else ""
        value = self._evaluate(statement.steps)
        stops = [step for step in statement.steps if step.kind == "call" and step.text == "stop"]
        if stops and (target is not None or len(statement.steps) > 1):
            self._findings.add(
                "The documentation shows stop() only as a statement of its own.",
                stops[0].start,
                stops[0].end,
                "warning",
            )
        if target is None:
            if not stops:
                self._findings.add(
                    "A statement sets a variable: write name = before it.", statement.start, statement.end
                )
            return
        self._assign(target.text, target.start, target.end, value, statement)

    def _assign(self, name: str, start: int, end: int, value: Value, statement: Statement) -> None:
        self._assigned.add(name)
        word = VARIABLES.get(name)
        if word is None:
            self._assign_own(name, start, end)
            self._kinds[name] = value.kind
        elif word.kind != "target":
            self._findings.add(f"{name} can only be read.", start, end)
        elif name == DEALLOCATION:
            self._assign_option(value, statement)
        else:
            self._tell_alias(name, start, end)
            if (full := ALIASES.get(name)) in self._assigned:
                self._findings.add(f"{full} is set too, and wins.", start, end, "warning")
            if value.kind not in {"double", None}:
                hint = " Take avg, min, max or val of it." if value.kind == "doubleVec" else ""
                self._findings.add(
                    f"{name} takes a number, not {kinds.SHOWN[str(value.kind)]}.{hint}", value.start, value.end
                )

    def _assign_own(self, name: str, start: int, end: int) -> None:
        if name in INTERVALS:
            self._findings.add(f"{name} can only be read.", start, end)
        elif name in FUNCTIONS:
            self._findings.add(f"{name} is the name of a function too.", start, end, "warning")
        elif name.startswith("$") and name not in self._kinds and (near := _near(name, VARIABLES, 0.85)):
            self._findings.add(f"This sets a variable of your own. Did you mean {near}?", start, end, "warning")

    def _assign_option(self, value: Value, statement: Statement) -> None:
        offered = [word.name for word in OPTIONS.values() if word.offered]
        words = [step for step in statement.steps if step.kind == "name" and step.text in OPTIONS]
        if value.literal.strip("\"'") in OPTIONS:
            self._findings.add("Write it without quotes.", value.start, value.end, "warning")
        elif value.literal or value.kind not in {"string", None}:
            self._findings.add(f"Expected {', '.join(offered[:-1])} or {offered[-1]}.", value.start, value.end)
        elif words and len(statement.steps) > 1:
            self._findings.add(
                f"The documentation shows only a plain word for {DEALLOCATION}.", value.start, value.end, "warning"
            )
        for step in words:
            if not OPTIONS[step.text].offered:
                self._findings.add(f"{step.text} is deprecated.", step.start, step.end, "warning")

    # expressions

    def _evaluate(self, steps: tuple[Step, ...]) -> Value:
        stack: list[Value] = []
        for step in steps:
            match step.kind:
                case "number":
                    value = Value("double", step.start, step.end, literal=step.text)
                case "string":
                    value = Value("string", step.start, step.end, literal=step.text)
                case "name":
                    value = self._name(step)
                case "group":
                    value = replace(stack.pop(), start=step.start, end=step.end, variable="")
                case "unary":
                    value = self._unary(step, stack.pop())
                case "binary":
                    right, left = stack.pop(), stack.pop()
                    value = self._binary(step, left, right)
                case "choose":
                    no, yes, condition = stack.pop(), stack.pop(), stack.pop()
                    value = self._choose(condition, yes, no)
                case "field":
                    value = self._field(step, stack.pop())
                case _:
                    arguments = [stack.pop() for _ in range(step.arguments)][::-1]
                    value = self._called(step, stack.pop() if step.kind == "method" else None, arguments)
            stack.append(value)
        return stack.pop()

    def _name(self, step: Step) -> Value:
        name = step.text
        kind: Kind | None = None
        variable = ""
        if name in self._kinds:
            kind = self._kinds[name]
        elif word := VARIABLES.get(name):
            kind = "string" if name == DEALLOCATION else "double"
            variable = name if word.kind == "metric" else ""
            self._tell_alias(name, step.start, step.end)
            if word.kind == "metric" and not word.offered and name not in self._told:
                self._told.add(name)
                self._findings.add(f"{name} is an old metric.", step.start, step.end, "warning")
        elif name in INTERVALS:
            kind = "timeinterval"
        elif name in OPTIONS and self._target == DEALLOCATION:
            kind = "string"
        elif name not in self._formula.unread:
            self._findings.add(self._unknown(name), step.start, step.end)
        return Value(kind, step.start, step.end, variable)

    def _unknown(self, name: str) -> str:
        if name in FUNCTIONS:
            return f"{name} is a function: write {name}({FUNCTIONS[name].takes})."
        if name in OPTIONS:
            return f"{name} is for {DEALLOCATION} only."
        if name in self._later:
            return (
                f"{name} has no value yet; it is set further down."
                if name != self._target
                else (f"{name} has no value yet.")
            )
        offered = [*self._kinds, *VARIABLES, *INTERVALS, *(OPTIONS if self._target == DEALLOCATION else ())]
        if name not in self._guesses and len(self._guesses) < _MOST_GUESSES:
            self._guesses[name] = _near(name, offered)
        near = self._guesses.get(name)
        return f"Unknown variable {name}." + (f" Did you mean {near}?" if near else "")

    def _tell_alias(self, name: str, start: int, end: int) -> None:
        if name in ALIASES and name not in self._told:
            self._told.add(name)
            self._findings.add(f"{name} is a short name: write {ALIASES[name]}.", start, end, "warning")

    def _unary(self, step: Step, operand: Value) -> Value:
        kind, verdict = kinds.apply(step.text, operand.kind)
        if verdict == "no":
            shown = kinds.SHOWN[str(operand.kind)]
            self._findings.add(f"{step.text} can't stand before {shown}.", step.start, operand.end)
        elif verdict == "unlisted":
            self._unlisted(f"{step.text} before {kinds.SHOWN[str(operand.kind)]}", step)
        return Value(kind if verdict != "no" else None, step.start, operand.end)

    def _binary(self, step: Step, left: Value, right: Value) -> Value:
        kind, verdict = kinds.join(step.text, left.kind, right.kind)
        if verdict == "no":
            sides = [kinds.SHOWN[side.kind] if side.kind else "this" for side in (left, right)]
            hint = " Take avg, min, max or val of the vector." if "doubleVec" in {left.kind, right.kind} else ""
            self._findings.add(f"{step.text} can't join {sides[0]} and {sides[1]}.{hint}", left.start, right.end)
        elif verdict == "unlisted":
            self._unlisted(f"{kinds.SHOWN[str(left.kind)]} {step.text} {kinds.SHOWN[str(right.kind)]}", step)
        return Value(kind, left.start, right.end)

    def _unlisted(self, what: str, step: Step) -> None:
        self._findings.add(f"The documentation does not list “{what}”.", step.start, step.end, "warning")

    def _choose(self, condition: Value, yes: Value, no: Value) -> Value:
        if condition.kind not in {"double", None}:
            shown = kinds.SHOWN[str(condition.kind)]
            self._findings.add(f"Before ? stands a condition, not {shown}.", condition.start, condition.end)
        return Value(yes.kind if yes.kind == no.kind else None, condition.start, no.end)

    def _field(self, step: Step, owner: Value) -> Value:
        result = Value("double", owner.start, step.end)
        if step.text in METHODS:
            word = METHODS[step.text]
            self._findings.add(f"{step.text} is a method: write {step.text}({word.takes}).", step.start, step.end)
            return replace(result, kind=None)
        if step.text not in FIELDS:
            self._unknown_member(step, METHODS if owner.variable else FIELDS)
        elif owner.kind not in {"timestamp", None}:
            self._findings.add(
                f"Only a time has a {step.text}, such as time().{step.text}; this is {kinds.SHOWN[str(owner.kind)]}.",
                step.start,
                step.end,
            )
        return result

    def _called(self, step: Step, owner: Value | None, arguments: list[Value]) -> Value:
        start = step.start if owner is None else owner.start
        kind: Kind | None = None
        name_end = step.start + len(step.text)
        if owner is None and step.text in FUNCTIONS:
            kind = self._calls.function(step, arguments)
        elif owner is not None and step.text in METHODS:
            kind = self._calls.method(step, owner, arguments)
        elif owner is not None and step.text in FIELDS:
            self._findings.add(f"{step.text} takes no parentheses.", step.start, step.end)
            kind = "double"
        elif owner is not None:
            self._unknown_member(step, METHODS)
        else:
            near = _OTHER_NAMES.get(step.text.casefold()) or _near(step.text, FUNCTIONS, 0.6)
            method = f" It is a method: $PendingTasks.{step.text}(…)." if step.text in METHODS else ""
            hint = f" Did you mean {near}?" if near else method
            self._findings.add(f"Unknown function {step.text}.{hint}", step.start, name_end)
        return Value(kind, start, step.end)

    def _unknown_member(self, step: Step, likely: Iterable[str]) -> None:
        near = _near(step.text, likely) or _near(step.text, [*METHODS, *FIELDS])
        what = "method" if step.kind == "method" else "field"
        hint = f" Did you mean {near}?" if near else ""
        self._findings.add(f"Unknown {what} {step.text}.{hint}", step.start, step.start + len(step.text))


def _near(name: str, known: Iterable[str], cutoff: float = 0.7) -> str:
    """Give the known name that is meant, it seems; without regard to case, and with or without a dollar sign."""
    plain = {word.lstrip("$").casefold(): word for word in known}
    found = difflib.get_close_matches(name.lstrip("$").casefold(), plain, 1, cutoff)
    return plain[found[0]] if found else ""
