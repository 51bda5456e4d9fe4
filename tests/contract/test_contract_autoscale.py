"""The checker of autoscale formulas and the embedded service, written apart, against each other."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from autoscale_formulas import DOCUMENTED
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from batch_widgets.autoscale import WORDS, bounds, check
from batch_widgets.demo.autoscale import History, Sample, check_formula, evaluate
from batch_widgets.demo.errors import BatchError

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
SAMPLES = [Sample(NOW - timedelta(seconds=60 + 30 * age), float(age % 7)) for age in range(240, -1, -1)]
HISTORY = History(lambda _name: 4.0, lambda _name: SAMPLES)
OF_VALUES = re.compile(
    "zero|domain|large|overflow|range|no number|not empty|a doubleVec and a doubleVec|not a double.$", re.IGNORECASE
)


def errors(formula):
    return [str(finding) for finding in check(formula) if finding.severity == "error"]


def refusal(formula):
    """Say why the service does not take a formula; empty where it does."""
    try:
        check_formula(formula)
    except BatchError as error:
        return f"{error.code} {error.details}"
    return ""


@pytest.mark.parametrize("name", DOCUMENTED)
def test_documented_formulas_are_evaluated(name):
    done = evaluate(DOCUMENTED[name], HISTORY, NOW, seed=0)
    assert done.error is None
    assert done.target_dedicated_nodes is not None


# formulas that follow the published grammar

METRICS = [word.name for word in WORDS if word.kind == "metric" and word.offered]
GRAMMAR = {
    "double": [
        *("0", "7", "0.25", "1e3", ".5", "2.", "$TargetDedicatedNodes", "$TaskSlotsPerNode", "rand()", *METRICS),
        *(f"({{double}} {sign} {{double}})" for sign in ("+", "-", "*", "/", "<", "<=", "==", ">=", ">", "!=", "&&")),
        "({double}+{double})",
        "({double} // why\n || {double})",
        "({time} < {time})",
        "({interval} <= {interval})",
        "({text} == {text})",
        "-{double}",
        "!- -{double}",
        "({double} ? {double} : {double})",
        "({double} ? {double} : {double} ? {double} : {double})",
        *(f"{name}({{double}}, {{vector}})" for name in ("avg", "sum", "min", "max", "len", "range", "std", "norm")),
        "max({vector})",
        *(f"{name}({{double}})" for name in ("ceil", "floor", "round", "lg", "ln", "log")),
        "val({vector}, 0)",
        "percentile({vector}, 90)",
        *(f"({{time}}).{name}" for name in ("year", "month", "day", "weekday", "hour", "minute", "second")),
        "time().hour",
        "$PendingTasks.GetSamplePercent({interval})",
        "$PendingTasks.GetSamplePercent({interval}, {time})",
        "$RunningTasks.Count()",
    ],
    "vector": [
        *(f"{name}.GetSample(TimeInterval_Minute * 10)" for name in METRICS),
        "$ActiveTasks.GetSample({interval}, time(), 0)",
        "$ActiveTasks.GetSample(3)",
        "({vector} * {double})",
        "({vector} + {vector})",
        "ceil({double}, {double})",
        "lg({vector})",
    ],
    "interval": [
        *(word.name for word in WORDS if word.kind == "interval"),
        "({interval} + {interval})",
        "({interval} - {interval})",
        "({interval} * {double})",
        "({double} * {interval})",
        "({interval} / {double})",
        "({time} - {time})",
        "-{interval}",
        "$CPUPercent.GetSamplePeriod()",
    ],
    "time": [
        *("time()", 'time("2025-12-31T23:00:00Z")', 'time("2025")', "$CPUPercent.HistoryBeginTime()"),
        "({time} + {interval})",
        "({interval} + {time})",
    ],
    "text": ['""', '"a b"', '("c;")'],
}
PLACE = re.compile(r"\{(\w+)\}")
LEAVES = {kind: [form for form in forms if "{" not in form] for kind, forms in GRAMMAR.items()}


def grown(draw, kind, depth):
    """Give an expression of a kind as the documentation's tables let one write it."""
    form = draw(st.sampled_from((GRAMMAR if depth else LEAVES)[kind]))
    return PLACE.sub(lambda place: grown(draw, place.group(1), depth - 1), form)


@st.composite
def formulas(draw):
    lines = [
        f"{name} = {grown(draw, kind, 2)}"
        for name, kind in zip("abcde", draw(st.permutations(list(GRAMMAR))), strict=True)
    ]
    lines.append(f"$TargetDedicatedNodes = {grown(draw, 'double', 3)}")
    if draw(st.booleans()):
        lines.append("$NodeDeallocationOption = taskcompletion")
    return (draw(st.sampled_from([";", "; ", ";\n"]))).join(lines) + draw(st.sampled_from(["", ";"]))


@settings(max_examples=300, deadline=None)
@given(formulas())
def test_what_follows_the_grammar_passes_and_is_evaluated(formula):
    assume(len(formula) <= 8192)
    assert errors(formula) == []
    done = evaluate(formula, HISTORY, NOW, seed=0)
    if done.error is not None and done.error.code != "InsufficientSampleData":
        assert OF_VALUES.search(str(done.error.values)), (formula, done.error)


LOWS = ["max(1, {double})", "floor({double})", "min({double}, 9)", "ceil({double} / 2)", "round({double} - 3)"]


@st.composite
def sizes(draw):
    """Give a formula whose numbers matter, with both targets and perhaps an end before them."""
    lines = [f"a = {grown(draw, 'double', 3)}", f"b = {PLACE.sub('a', draw(st.sampled_from(LOWS)))}"]
    for name in ("$TargetDedicatedNodes", "$TargetLowPriorityNodes"):
        expression = PLACE.sub(lambda _: grown(draw, "double", 2), draw(st.sampled_from(LOWS)))
        lines.append(f"{name} = {draw(st.sampled_from(['', 'b + ', 'b * ', 'a - ']))}{expression}")
    if draw(st.booleans()):
        lines.insert(draw(st.integers(0, len(lines))), "stop()")
    return ";\n".join(lines)


@settings(max_examples=500, deadline=None)
@given(sizes(), st.lists(st.integers(0, 40), min_size=30, max_size=30), st.integers(0, 40))
def test_what_a_formula_gives_lies_within_its_bounds(formula, values, current):
    samples = [Sample(NOW - timedelta(seconds=60 + 30 * age), float(value)) for age, value in enumerate(values)][::-1]
    done = evaluate(formula, History(lambda _name: float(current), lambda _name: samples), NOW, seed=current)
    assume(done.error is None)
    found = bounds(formula)
    for target, (low, high) in (
        (done.target_dedicated_nodes, found.dedicated),
        (done.target_low_priority_nodes, found.low_priority),
    ):
        assert low <= (target or 0)
        assert high is None or (target or 0) <= high


# what is nearly a formula

TOKENS = re.compile(r"//[^\n]*|\$?\w+(?:\.\d+)?|\"[^\"]*\"|[<>=!]=|&&|\|\||\S")
STRAY = [
    "+",
    "-",
    "==",
    "=",
    "?",
    ":",
    "(",
    ")",
    ",",
    ";",
    ".",
    "%",
    "x",
    "max",
    "time",
    "1",
    '"',
    "GetSample",
    "hour",
    "$",
    "&",
    "\\",
]


@st.composite
def damaged(draw):
    """Give a formula with a few tokens taken out, put in, doubled or exchanged."""
    tokens = TOKENS.findall(draw(st.sampled_from(sorted(DOCUMENTED.values())) | formulas()))
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(tokens) - 1))
        match draw(st.sampled_from(["out", "in", "twice", "other", "swap"])):
            case "out":
                del tokens[at]
            case "in":
                tokens.insert(at, draw(st.sampled_from(STRAY)))
            case "twice":
                tokens.insert(at, tokens[at])
            case "other":
                tokens[at] = draw(st.sampled_from(STRAY))
            case _:
                tokens[at - 1], tokens[at] = tokens[at], tokens[at - 1]
        assume(tokens)
    return " ".join(token + "\n" if token.startswith("//") else token for token in tokens)


@settings(max_examples=1000, deadline=None)
@given(damaged())
def test_what_the_service_refuses_the_checker_had_named(formula):
    reason = refusal(formula)
    named = errors(formula)
    if reason:
        assert named, (formula, reason)
