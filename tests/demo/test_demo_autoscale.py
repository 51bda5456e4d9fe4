"""The autoscale formula language, against what its documentation says."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from batch_widgets.demo.autoscale import History, Sample, evaluate
from batch_widgets.demo.autoscale_syntax import parse
from batch_widgets.demo.errors import BatchError

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)  # a Friday


def make_history(values=(4.0,), **current):
    """Samples of every variable, the last one a minute old."""
    samples = [Sample(NOW - timedelta(seconds=60 + 30 * age), value) for age, value in enumerate(reversed(values))][
        ::-1
    ]
    return History(lambda name: current.get(name[1:], 4.0), lambda _name: samples)


def run(formula, values=(4.0,), **current):
    return evaluate(formula, make_history(values, **current), NOW, seed=0)


def value(expression, values=(1.0, 2.0, 3.0, 4.0)):
    """What an expression gives, as the results show it."""
    done = run(f"x = {expression}; $TargetDedicatedNodes = 1", values)
    assert done.error is None, done.error
    return done.results.partition(";x=")[2]


def refused(formula):
    with pytest.raises(BatchError) as caught:
        parse(formula)
    return caught.value.code, caught.value.details.get("Message")


def failed(formula, values=(4.0,)):
    done = run(formula, values)
    assert done.error is not None
    assert (done.target_dedicated_nodes, done.target_low_priority_nodes) == (None, None)
    return done.error.code, dict(done.error.values)["Message"]


@pytest.mark.parametrize(
    ("expression", "shown"),
    [
        ("1 + 2 * 3 - 4 / 8", "6.5"),
        ("(1 + 2) * 3", "9"),
        ("2 - 3 - 4", "-5"),
        ("--1", "1"),
        ("1e3 + .5", "1000.5"),
        ("1 < 2", "1"),
        ("2 <= 1", "0"),
        ("1 == 1 && 2 != 2 || !0", "1"),
        ("0 && 1 / 0", "0"),
        ("1 || 1 / 0", "1"),
        ("1 ? 2 : 0 ? 3 : 4", "2"),
        ("0 ? 2 : 0 ? 3 : 4", "4"),
        ('"a" == "a"', "1"),
        ("avg(1, 2, 6)", "3"),
        ("avg($ActiveTasks.GetSample(4), 10)", "4"),
        ("sum($ActiveTasks.GetSample(2))", "7"),
        ("min(3, $ActiveTasks.GetSample(4))", "1"),
        ("max($ActiveTasks.GetSample(2) * 2)", "8"),
        ("$ActiveTasks.GetSample(2) + $ActiveTasks.GetSample(2)", "[6,8]"),
        ("len($ActiveTasks.GetSample(3))", "3"),
        ("range(1, 5, 3)", "4"),
        ("std(2, 4, 4, 4, 6)", f"{2**0.5:.15g}"),
        ("std(7)", "0"),
        ("norm(3, 4)", "5"),
        ("lg(8)", "3"),
        ("ln(1)", "0"),
        ("log(100)", "2"),
        ("log(10, 1000)", "[1,3]"),
        ("lg($ActiveTasks.GetSample(2) + 4)", "[2.8073549220576,3]"),
        ("round($ActiveTasks.GetSample(2) / 2)", "[2,2]"),
        ("ceil(1.2) + floor(1.8) + round(2.5)", "6"),
        ("percentile($ActiveTasks.GetSample(4), 50)", "2"),
        ("val($ActiveTasks.GetSample(4), 0)", "1"),
        ("rand() < 1", "1"),
        ("$ActiveTasks.Count()", "4"),
        ("$ActiveTasks.GetSamplePeriod() == TimeInterval_Second * 30", "1"),
        ("time() - $ActiveTasks.HistoryBeginTime()", "0:02:30"),
        ("$ActiveTasks.HistoryBeginTime().hour", "3"),
        ("$ActiveTasks", "4"),
        ("$TaskSlotsPerNode", "4"),
        ("time().year * 100 + time().month", "202601"),
        ("time().day * 10 + time().weekday", "25"),
        ("time().hour * 10000 + time().minute * 100 + time().second", "30405"),
        ('time() - time("2026-01-02T03:00:05Z")', "0:04:00"),
        ('time("2026-01-02 03:04:05Z") == time()', "1"),
        ('time("Fri, 02 Jan 2026 03:04:05 GMT") == time()', "1"),
        ('time("2026-01") - time("2025")', "365 days, 0:00:00"),
        ('time() - time("2026-01-02")', "3:04:05"),
        ("time() + 2 * TimeInterval_Hour > time()", "1"),
        ("TimeInterval_Minute / 2 + TimeInterval_Zero", "0:00:30"),
        ("-TimeInterval_Second < TimeInterval_Zero", "1"),
    ],
)
def test_values(expression, shown):
    assert value(expression) == shown


FULL = tuple(range(1, 61))


@pytest.mark.parametrize(
    ("expression", "shown"),
    [
        ("$PendingTasks.GetSamplePercent(TimeInterval_Minute * 15)", f"{100 * 29 / 30:.15g}"),
        ("$PendingTasks.GetSamplePercent(TimeInterval_Minute * 2, TimeInterval_Minute)", "100"),
        ("$PendingTasks.GetSample(TimeInterval_Minute * 2, TimeInterval_Minute)", "[58,59,60]"),
        ("$PendingTasks.GetSample(time() - TimeInterval_Minute * 2, time(), 50)", "[58,59,60]"),
        ("avg($PendingTasks.GetSample(TimeInterval_Minute * 15))", "46"),
    ],
)
def test_samples_of_a_time(expression, shown):
    assert value(expression, FULL) == shown


def test_the_documented_formula_that_follows_the_tasks():
    formula = """
        // Use the average of the last 15 minutes if there are enough samples.
        $samples = $ActiveTasks.GetSamplePercent(TimeInterval_Minute * 15);
        $tasks = $samples < 70 ? max(0, $ActiveTasks.GetSample(1))
            : max($ActiveTasks.GetSample(1), avg($ActiveTasks.GetSample(TimeInterval_Minute * 15)));
        $targetVMs = $tasks > 0 ? $tasks : max(0, $TargetDedicatedNodes / 2);
        cappedPoolSize = 20;
        $TargetDedicatedNodes = max(0, min($targetVMs, cappedPoolSize));
        $NodeDeallocationOption = taskcompletion;
    """
    done = run(formula, tuple(range(30)))
    assert (done.target_dedicated_nodes, done.target_low_priority_nodes, done.error) == (20, None, None)
    assert done.results.startswith("$TargetDedicatedNodes=20;$NodeDeallocationOption=taskcompletion;$samples=")
    assert run(formula, (0.0, 0.0), TargetDedicatedNodes=9.0).target_dedicated_nodes == 4


def test_short_names_of_the_targets():
    done = run("$TargetDedicated = 2.9; $TargetLowPriority = $TargetDedicated * 2; $TargetDedicatedNodes = 3")
    assert (done.target_dedicated_nodes, done.target_low_priority_nodes) == (3, 5)
    assert done.results == "$TargetDedicatedNodes=3;$TargetLowPriorityNodes=5.8;$NodeDeallocationOption=requeue"


def test_a_target_is_never_below_zero():
    assert run("$TargetDedicatedNodes = -5").target_dedicated_nodes == 0


def test_stop_ends_a_formula():
    done = run("$TargetDedicatedNodes = 1; stop(); $TargetDedicatedNodes = 2")
    assert (done.target_dedicated_nodes, done.error) == (1, None)


@pytest.mark.parametrize(
    ("formula", "message"),
    [
        ("", "Line 1, Col 1: The formula has no statement."),
        ("$TargetDedicatedNodes = ", "Line 1, Col 25: Expected a value."),
        ("x = 1;\ny = (2", "Line 2, Col 7: Expected ')'."),
        ("x = 1 y = 2", "Line 1, Col 7: Expected ';'."),
        ("1 = x", "Line 1, Col 1: Expected a variable that is set."),
        ("x = y", "Line 1, Col 5: Unknown variable 'y'."),
        ("x = nothing(1)", "Line 1, Col 5: Unknown function 'nothing'."),
        ("x = $ActiveTasks.Nothing()", "Line 1, Col 18: Unknown method or field 'Nothing'."),
        ("x = 1; y = x.Count()", "Line 1, Col 14: Count is a method of the service's own variables only."),
        ("x = avg()", "Line 1, Col 5: avg doesn't take 0 arguments."),
        ("x = log()", "Line 1, Col 5: log doesn't take 0 arguments."),
        ("x = $ActiveTasks.GetSample()", "Line 1, Col 18: GetSample doesn't take 0 arguments."),
        ("x = 5 % 2", "Line 1, Col 7: Unexpected '%'."),
        ("x = 1 ? 2", "Line 1, Col 10: Expected ':'."),
        ("$ActiveTasks = 1", "Line 1, Col 1: $ActiveTasks can't be set."),
        ("TimeInterval_Second = 1", "Line 1, Col 1: TimeInterval_Second can't be set."),
        (
            "$NodeDeallocationOption = never",
            "Line 1, Col 27: Expected one of requeue, terminate, taskcompletion, retaineddata.",
        ),
        ('x = "a', "Line 1, Col 5: Unexpected '\"'."),
        ("x=1;" * 101, "Line 1, Col 404: More than 100 statements."),
        ("x = " + "(" * 200 + "1", "Line 1, Col 35: More than 30 levels."),
    ],
)
def test_what_can_not_be_read_is_told_with_its_place(formula, message):
    assert refused(formula) == ("AutoScalingFormulaSyntaxError", message)


def test_the_longest_formula():
    assert parse("x = 1;" + " " * 8186)
    assert refused("x = 1;" + " " * 8187)[0] == "AutoScalingFormulaTooLong"


@pytest.mark.parametrize(
    ("formula", "message"),
    [
        ("x = 1;\n$TargetDedicatedNodes = x / 0", "Line 2, Col 27: Float division by zero."),
        ("x = ln(0)", "Line 1, Col 5: Math domain error."),
        ("x = 1 + time()", "Line 1, Col 7: '+' can't join a double and a timestamp."),
        ('x = "a" < 1', "Line 1, Col 9: '<' can't join a string and a double."),
        ("x = $ActiveTasks.GetSample(1) < 1", "Line 1, Col 31: '<' can't join a doubleVec and a double."),
        ("x = -time()", "Line 1, Col 5: '-' can't be applied to a timestamp."),
        ("x = time() ? 1 : 2", "Line 1, Col 12: Expected a double, not a timestamp."),
        ('x = avg("a")', "Line 1, Col 5: avg takes numbers, not a string."),
        ("x = avg($ActiveTasks.GetSample(0))", "Line 1, Col 5: avg was given no number."),
        ("x = val($ActiveTasks.GetSample(1), 1)", "Line 1, Col 5: There is no element 1 of 1."),
        ("x = percentile(1, 101)", "Line 1, Col 5: A percentile is from 0 to 100."),
        ("x = 1; y = x.hour", "Line 1, Col 14: Only a timestamp has a hour, not a double."),
        ('$TargetDedicated = ""', "Line 1, Col 20: $TargetDedicatedNodes takes a number, not a string."),
        (
            "$TargetDedicated = $CPUPercent.GetSample(1)",
            "Line 1, Col 32: $TargetDedicatedNodes takes a number, not a doubleVec.",
        ),
        ('x = time("soon")', "Line 1, Col 5: Not a date and time."),
        ('x = time("Soon")', "Line 1, Col 5: Not a date and time."),
        ('x = time("2026-13")', "Line 1, Col 5: Month must be in 1..12."),
        ("x = time() + 1e9 * TimeInterval_Year", "Line 1, Col 18: Python int too large to convert to c int."),
        ("x = 1 && time()", "Line 1, Col 7: Expected a double, not a timestamp."),
    ],
)
def test_what_goes_wrong_is_told_in_the_result(formula, message):
    assert failed(formula) == ("AutoScalingFormulaEvaluationError", message)


@pytest.mark.parametrize(
    ("expression", "what"),
    [
        ("$PendingTasks.GetSample(5)", "wanted 5 samples, received 1"),
        ("$PendingTasks.GetSample(TimeInterval_Minute * 15)", "wanted 70%, received 3%"),
        ("$PendingTasks.GetSample(TimeInterval_Minute * 15, 10)", "wanted 10%, received 3%"),
    ],
)
def test_too_few_samples(expression, what):
    code, message = failed(f"$TargetDedicatedNodes = avg({expression})")
    assert code == "InsufficientSampleData"
    assert message == f"Line 1, Col 43: Insufficient data from data set: $PendingTasks {what}"


_WORDS = [
    *("$TargetDedicatedNodes", "$ActiveTasks", "x", "1", "0", "2.5", '"a"', "time()", "TimeInterval_Minute", "="),
    *("+", "-", "*", "/", "<", "==", "&&", "!", "?", ":", "(", ")", ",", ".", ";", "\n", "//"),
    *("avg(", "max(", "val(", "percentile(", ".GetSample(", ".GetSamplePercent(", ".hour", "1e300", "stop()"),
]


@settings(max_examples=500, deadline=None)
@given(st.lists(st.sampled_from(_WORDS), max_size=25).map(" ".join) | st.text(max_size=60))
def test_any_text_is_read_refused_or_fails_with_a_reason(text):
    for formula in (text, f"x = {text}", f"$TargetDedicatedNodes = {text}"):
        try:
            done = run(formula)
        except BatchError as error:
            assert error.status == 400  # noqa: PT017
        else:
            assert done.error is None or done.error.values[0][1].startswith("Line ")


def test_long_and_deep_formulas_are_evaluated():
    assert value("1" + " + 1" * 2000) == "2001"
    assert value("-" * 7000 + "1") == "1"
    assert value("(0 || 0 || 1 && 2 == 3 - 2 * -" * 29 + "1" + ")" * 29)
    assert refused("x = time().hour.day.hour")[1] == "Line 1, Col 17: hour has no methods and fields."
