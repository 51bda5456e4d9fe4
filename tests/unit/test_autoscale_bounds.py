"""Between how many nodes a formula keeps a pool."""

from __future__ import annotations

import pytest
from autoscale_formulas import DOCUMENTED

from batch_widgets.autoscale import Bounds, bounds


def of(expression):
    return bounds(f"$TargetDedicatedNodes = {expression}").dedicated


@pytest.mark.parametrize(
    ("name", "dedicated", "low_priority"),
    [
        ("pending tasks", (0, 25), (0, 0)),
        ("preempted nodes", (0, 25), (0, 25)),
        ("CPU", (0, 400), (0, 0)),
        ("Mondays", (1, 5), (0, 0)),
        ("working hours", (10, 20), (0, 0)),
        ("tasks", (0, 20), (0, 0)),
        ("parallel tasks", (0, 3), (0, 0)),
        ("initial size", (0, 4), (0, 0)),
        ("local time", (0, 4), (0, 0)),
        ("percentage", (0, None), (0, 0)),
    ],
)
def test_documented_formulas(name, dedicated, low_priority):
    assert bounds(DOCUMENTED[name]) == Bounds(dedicated, low_priority)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("7", (7, 7)),
        ("2.9", (2, 2)),
        ("-3", (0, 0)),
        ("2 + 3 * 4 - 10 / 5", (12, 12)),
        ("$PendingTasks", (0, None)),
        ("min($PendingTasks, 8)", (0, 8)),
        ("max(2, min($PendingTasks / 4, 8))", (2, 8)),
        ("max($PendingTasks.GetSample(10), 3)", (3, None)),
        ("min($PendingTasks.GetSample(10), 3)", (0, 3)),
        ("min(9, 5 + $PendingTasks.GetSample(10))", (5, 9)),
        ("max(1, 5 + $PendingTasks.GetSample(10))", (1, None)),
        ("10 - min($ActiveTasks, 4)", (6, 10)),
        ("10 - $ActiveTasks", (0, 10)),
        ("-min($ActiveTasks, 4) + 10", (6, 10)),
        ("min($ActiveTasks, 4) * -2 + 9", (1, 9)),
        ("5 / $ActiveTasks", (0, None)),
        ("6 / max(2, $ActiveTasks)", (0, 3)),
        ("$ActiveTasks > 3 ? 10 : 2", (2, 10)),
        ("1 > 3 ? 10 : 2", (2, 2)),
        ("3 > 1 && $ActiveTasks >= 0 ? 10 : 2", (10, 10)),
        ("!($ActiveTasks < 0) ? 10 : 2", (10, 10)),
        ("time().hour > 23 || 2 == 3 ? 10 : 2", (2, 2)),
        ("2 != 2 ? 10 : time().hour < 24 ? 4 : 3", (4, 4)),
        ("time().weekday <= 7 ? 1 : 9", (1, 1)),
        ('time() > time("2026-01-01") ? 1 : 2', (1, 2)),
        ("time().hour", (0, 23)),
        ("10 * rand()", (0, 10)),
        ("$PendingTasks.GetSamplePercent(TimeInterval_Hour) / 10", (0, 10)),
        ("$PendingTasks.Count()", (0, None)),
        ("avg(2, min($ActiveTasks, 8))", (0, 8)),
        ("sum(2, min($ActiveTasks, 8), 3)", (5, 13)),
        ("sum(2, $ActiveTasks.GetSample(3))", (2, None)),
        ("sum(2, -$ActiveTasks)", (0, 2)),
        ("range(2, min($ActiveTasks, 8))", (0, 8)),
        ("std(3, 3)", (0, 0)),
        ("norm(3, 4)", (0, None)),
        ("len(1, 2, 3)", (3, 3)),
        ("len(1, $ActiveTasks.GetSample(3))", (1, None)),
        ("val(ceil(1.2, min($ActiveTasks, 7.5)), 0)", (0, 8)),
        ("percentile(min($ActiveTasks, 7) + $RunningTasks.GetSample(2), 90)", (0, None)),
        ("ceil(min($ActiveTasks / 3, 2.5))", (0, 3)),
        ("floor(2.5) + round(2.4)", (4, 4)),
        ("round(min($ActiveTasks, 2.5))", (0, 3)),
        ("lg(8) + log(100)", (5, 5)),
        ("ln(min($ActiveTasks, 3))", (0, 1)),
        ("min(20, $TargetDedicatedNodes + 1)", (1, 20)),
        ("$TaskSlotsPerNode * 0", (0, 0)),
        ("1e400 - 1e400", (0, None)),
    ],
)
def test_expressions(expression, expected):
    assert of(expression) == expected


@pytest.mark.parametrize(
    ("formula", "dedicated", "low_priority"),
    [
        ("x = 5; $TargetDedicatedNodes = x; x = 9", (5, 5), (0, 0)),
        ("x = min(5, $ActiveTasks); y = x + 1; $TargetLowPriorityNodes = y; ", (0, 0), (1, 6)),
        ("$TargetDedicatedNodes = 3; $TargetDedicatedNodes = $TargetDedicatedNodes * 2", (6, 6), (0, 0)),
        ("$TargetDedicated = 3; $TargetLowPriority = 4", (3, 3), (4, 4)),
        ("$TargetDedicatedNodes = 3; $TargetDedicated = 4", (3, 3), (0, 0)),
        ("$TargetDedicatedNodes = 3; stop(); $TargetDedicatedNodes = 9", (3, 3), (0, 0)),
        ("$TargetDedicatedNodes = 3; x = rand() > 0.5 ? stop() : 1; $TargetDedicatedNodes = 9", (3, 9), (0, 0)),
        ("x = rand() > 0.5 ? stop() : 1; $TargetDedicatedNodes = 9", (0, 9), (0, 0)),
    ],
)
def test_formulas(formula, dedicated, low_priority):
    assert bounds(formula) == Bounds(dedicated, low_priority)


@pytest.mark.parametrize("formula", ["", "$TargetDedicatedNodes = (1", "$TargetDedicatedNodes = 1;" * 101, "x" * 9000])
def test_of_what_cannot_be_read_nothing_is_said(formula):
    assert bounds(formula) == Bounds((0, None), (0, None))


def test_long_and_deep_formulas():
    assert of("1" + " + 1" * 1900) == (1901, 1901)
    assert of("1" + " ? 1 : 1" * 900) == (1, 1)
    assert of("(" * 49 + "1" + ")" * 49) == (1, 1)
