"""What the checker says of autoscale formulas, and where."""

from __future__ import annotations

import json
import string

import pytest
from autoscale_formulas import DOCUMENTED, INITIAL_SIZE, PENDING_TASKS, TASKS
from hypothesis import example, given, settings
from hypothesis import strategies as st

from batch_widgets.autoscale import WORDS, check


def errors(formula):
    return [finding for finding in check(formula) if finding.severity == "error"]


def warnings(formula):
    return [finding.message for finding in check(formula) if finding.severity == "warning"]


def the_error(formula):
    (finding,) = errors(formula)
    return finding


def statement(text):
    """Give what is found in a statement, with the text that it is about."""
    formula = f"{text};\n$TargetDedicatedNodes = 1"
    return [(finding.message, formula[finding.start : finding.end], finding.severity) for finding in check(formula)]


@pytest.mark.parametrize("name", DOCUMENTED)
def test_documented_formulas_pass(name):
    assert check(DOCUMENTED[name]) == ()


@pytest.mark.parametrize(
    ("old", "new", "message", "line", "column"),
    [
        ("maxNumberofVMs = 25;", "maxNumberofVMs = 25", "Expected a sign or ;, not “pendingTaskSamplePercent”.", 3, 1),
        ("= 1;", "= ;", "Expected a value, not “;”.", 1, 23),
        ("= 25", "= (25", "Expected a sign or ), not “;”.", 2, 21),
        ("GetSamplePercent(180", "GetSamplePercentage(180", "Unknown method GetSamplePercentage. Did you mean", 3, 42),
        ("TimeInterval_Second)", "TimeInterval_Seconds)", "Did you mean TimeInterval_Second?", 3, 65),
        ("$PendingTasks.GetSamplePercent", "$PendingTask.GetSamplePercent", "Did you mean $PendingTasks?", 3, 28),
        (" : avg(", " avg(", "Expected a sign or :, not “avg”.", 4, 74),
        (" ? starting", " starting", "Expected a sign or ;, not “startingNumberOfVMs”.", 4, 52),
        ("avg(", "average(", "Unknown function average. Did you mean avg?", 4, 76),
        ("min(maxNumberofVMs,", "min(maxNumberOfVMs,", "Did you mean maxNumberofVMs?", 5, 27),
        ("$TargetDedicatedNodes=min", "$PendingTasks=min", "$PendingTasks can only be read.", 5, 1),
        ("taskcompletion", "taskCompletion", "Did you mean taskcompletion?", 6, 27),
        ("= taskcompletion", "= 7", "Expected requeue, terminate or taskcompletion.", 6, 27),
        ("< 70", "% 70", "The language has no %.", 4, 47),
        ("< 70", "== ", "Expected a value, not “?”.", 4, 51),
        ("< 70", "= 70", "To compare, write ==.", 4, 47),
        (
            "180 * TimeInterval_Second)",
            "180 + TimeInterval_Second)",
            "+ can't join a number and a timeinterval.",
            3,
            59,
        ),
        ("(180 * TimeInterval_Second));", "());", "GetSample takes 1 to 3 arguments, not 0", 4, 94),
        ("25;", "25;\n// a line of comments\nx = 1 /* old */;", "A comment starts with //", 4, 7),
    ],
)
def test_broken_variants_of_a_documented_formula(old, new, message, line, column):
    assert PENDING_TASKS.count(old) >= 1
    found = errors(PENDING_TASKS.replace(old, new, 1))
    assert message in found[0].message
    assert (found[0].line, found[0].column) == (line, column)


def test_the_sample_of_batch_explorer_that_no_pool_takes():
    """It carries the backslashes of the program that it came from."""
    broken = INITIAL_SIZE.replace('"', '\\"')
    found = errors(broken)
    assert {finding.message for finding in found} == {
        "A backslash has no meaning here; quotes stand as they are.",
    }
    assert [(finding.line, broken[finding.start : finding.end]) for finding in found] == [(3, '\\"'), (3, '\\"')]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # names
        ("x = y", [("Unknown variable y.", "y", "error")]),
        ("x = x + 1", [("x has no value yet.", "x", "error")]),
        ("x = max", [("max is a function: write max(numbers…).", "max", "error")]),
        ("x = requeue", [("requeue is for $NodeDeallocationOption only.", "requeue", "error")]),
        ("TimeInterval_Hour = 1", [("TimeInterval_Hour can only be read.", "TimeInterval_Hour", "error")]),
        ("$TaskSlotsPerNode = 1", [("$TaskSlotsPerNode can only be read.", "$TaskSlotsPerNode", "error")]),
        ("max = 1", [("max is the name of a function too.", "max", "warning")]),
        ("$own = 1; y = $own", []),
        (
            "$PendingTaks = 1",
            [("This sets a variable of your own. Did you mean $PendingTasks?", "$PendingTaks", "warning")],
        ),
        # arguments
        ("x = min()", [("min takes at least 1 argument, not 0: min(numbers…).", "min()", "error")]),
        ("x = rand(1)", [("rand takes no arguments, not 1: rand().", "rand(1)", "error")]),
        ("x = val(1)", [("val takes 2 arguments, not 1: val(vector, index).", "val(1)", "error")]),
        ("x = log(100)", []),
        ("x = lg($PendingTasks.GetSample(4), 3) / 2", []),
        ("x = percentile(5, 50)", [("percentile takes a vector here, not a number.", "5", "error")]),
        ("x = avg(time())", [("avg takes a number or a vector here, not a time.", "time()", "error")]),
        (
            "x = GetSample(1)",
            [("Unknown function GetSample. It is a method: $PendingTasks.GetSample(…).", "GetSample", "error")],
        ),
        ("x = mni(1)", [("Unknown function mni. Did you mean min?", "mni", "error")]),
        ("x = fibonacci(1)", [("Unknown function fibonacci.", "fibonacci", "error")]),
        # methods and fields
        (
            "x = 1; y = x.Count()",
            [("Count is a method of the service's metrics, such as $PendingTasks.Count(…).", "Count", "error")],
        ),
        (
            "y = $TaskSlotsPerNode.Count()",
            [("Count is a method of the service's metrics, such as $PendingTasks.Count(…).", "Count", "error")],
        ),
        ("y = $PendingTasks.count()", [("Unknown method count. Did you mean Count?", "count", "error")]),
        (
            "y = $PendingTasks.GetSample",
            [("GetSample is a method: write GetSample(start[, end][, percent]).", "GetSample", "error")],
        ),
        ("y = time().hours", [("Unknown field hours. Did you mean hour?", "hours", "error")]),
        ("y = time().hour()", [("hour takes no parentheses.", "hour()", "error")]),
        (
            "y = TimeInterval_Day.day",
            [("Only a time has a day, such as time().day; this is a timeinterval.", "day", "error")],
        ),
        ("y = (time() + TimeInterval_Hour).hour + time().hour", []),
        (
            "y = $PendingTasks.GetSample(5, 6)",
            [("GetSample takes a timeinterval or a time here, not a number.", "5", "error")],
        ),
        (
            "y = $PendingTasks.GetSamplePercent(15)",
            [("GetSamplePercent takes a timeinterval or a time here, not a number.", "15", "error")],
        ),
        ("y = avg($PendingTasks.GetSample(time() + -1 * TimeInterval_Hour, time(), 50))", []),
        # kinds
        ("x = 1 + time()", [("+ can't join a number and a time.", "1 + time()", "error")]),
        (
            "x = $PendingTasks.GetSample(4) > 1",
            [
                (
                    "> can't join a vector and a number. Take avg, min, max or val of the vector.",
                    "$PendingTasks.GetSample(4) > 1",
                    "error",
                )
            ],
        ),
        ('x = "a" && 1', [("&& can't join a text and a number.", '"a" && 1', "error")]),
        ("x = time() ? 1 : 2", [("Before ? stands a condition, not a time.", "time()", "error")]),
        ('x = -"a"', [("- can't stand before a text.", '-"a"', "error")]),
        ("x = !time()", [("! can't stand before a time.", "!time()", "error")]),
        ("x = (1 ? 2 : time()) + 1", []),
        (
            "x = time() - TimeInterval_Hour",
            [("The documentation does not list “a time - a timeinterval”.", "-", "warning")],
        ),
        (
            "x = 2 * $PendingTasks.GetSample(4)",
            [("The documentation does not list “a number * a vector”.", "*", "warning")],
        ),
        ("x = +1", [("The documentation does not list “+ before a number”.", "+", "warning")]),
        (
            "$TargetLowPriorityNodes = $PendingTasks.GetSample(4)",
            [
                (
                    "$TargetLowPriorityNodes takes a number, not a vector. Take avg, min, max or val of it.",
                    "$PendingTasks.GetSample(4)",
                    "error",
                )
            ],
        ),
        # times
        ('x = time("2026-01-31") - time("2026-01-31T18:00:00.5Z")', []),
        ('x = time("2026-01-31T18:00:00+01:00") - time("Sat, 31 Jan 2026 18:00:00 GMT")', []),
        (
            'x = time("soon")',
            [
                (
                    'time can\'t read this. Write "2026-01-31T18:00:00Z" or "Sat, 31 Jan 2026 18:00:00 GMT".',
                    '"soon"',
                    "error",
                )
            ],
        ),
        (
            'x = time("2026-02-30") - time("2026-13-01")',
            [
                (
                    'time can\'t read this. Write "2026-01-31T18:00:00Z" or "Sat, 31 Jan 2026 18:00:00 GMT".',
                    '"2026-02-30"',
                    "error",
                ),
                (
                    'time can\'t read this. Write "2026-01-31T18:00:00Z" or "Sat, 31 Jan 2026 18:00:00 GMT".',
                    '"2026-13-01"',
                    "error",
                ),
            ],
        ),
        ("x = time(5)", [("time takes a text here, not a number.", "5", "error")]),
        # signs
        ("x = 1 & 2", [("Write && for “and”.", "&", "error")]),
        ("x = 1 | 2", [("Write || for “or”.", "|", "error")]),
        ("x = 1\u00a0+ 2", [("This is an invisible character: no-break space. Delete it.", "\u00a0", "error")]),
        ("x = “a”", [('Write plain quotes: ".', "“", "error"), ('Write plain quotes: ".', "”", "error")]),
        ('x = "a', [("The text has no closing quote on this line.", '"a;', "error")]),
        ("x = 'a'", [("The documentation shows double quotes only.", "'a'", "warning")]),
        ("x = 5y", [("Expected a sign or ;, not “y”.", "y", "error")]),
        ("x = max(1 2)", [("Expected a sign, a comma, or ) after the arguments of max, not “2”.", "2", "error")]),
        ("x = time().", [("Expected a method or a field, not “;”.", ";", "error")]),
        # statements
        ("avg(1)", [("A statement sets a variable: write name = before it.", "avg(1)", "error")]),
        (
            "x == 1",
            [
                ("Unknown variable x.", "x", "error"),
                ("A statement sets a variable: write name = before it.", "x == 1", "error"),
            ],
        ),
        ("stop(); ; x = 1", []),
        (
            "x = 1 ? stop() : 2",
            [("The documentation shows stop() only as a statement of its own.", "stop()", "warning")],
        ),
        # nodes that leave
        ("$NodeDeallocationOption = terminate", []),
        ("$NodeDeallocationOption = retaineddata", [("retaineddata is deprecated.", "retaineddata", "warning")]),
        ('$NodeDeallocationOption = "requeue"', [("Write it without quotes.", '"requeue"', "warning")]),
        ('$NodeDeallocationOption = "x"', [("Expected requeue, terminate or taskcompletion.", '"x"', "error")]),
        (
            "$NodeDeallocationOption = 1 ? requeue : terminate",
            [
                (
                    "The documentation shows only a plain word for $NodeDeallocationOption.",
                    "1 ? requeue : terminate",
                    "warning",
                )
            ],
        ),
        # what should not be written any more
        ("x = avg($MemoryBytes.GetSample(4))", [("$MemoryBytes is an old metric.", "$MemoryBytes", "warning")]),
        (
            "x = $TargetDedicated + $TargetDedicated",
            [("$TargetDedicated is a short name: write $TargetDedicatedNodes.", "$TargetDedicated", "warning")],
        ),
    ],
)
def test_what_is_said_of_a_statement(text, expected):
    assert statement(text) == expected


def test_each_broken_statement_is_told_and_the_others_are_read():
    found = errors("a = (1;\nb = 2;\nc = b +;\n$TargetDedicatedNodes = a + b + c + d")
    assert [(finding.line, finding.column, finding.message.split(",")[0]) for finding in found] == [
        (1, 7, "Expected a sign or )"),
        (3, 8, "Expected a value"),
        (4, 37, "Unknown variable d."),
    ]


def test_a_variable_that_is_set_further_down():
    assert the_error("x = y; y = 1; $TargetDedicatedNodes = x").message == (
        "y has no value yet; it is set further down."
    )


@pytest.mark.parametrize("formula", ["x = 1", "x = 1; $NodeDeallocationOption = requeue", "$targetdedicatednodes = 1"])
def test_a_formula_that_sets_no_target(formula):
    found = the_error(formula)
    assert found.message == "Nothing sets $TargetDedicatedNodes or $TargetLowPriorityNodes."
    assert (found.start, found.end) == (len(formula), len(formula))


def test_short_names_of_targets_do_but_are_told():
    assert warnings("$TargetDedicated = 1") == ["$TargetDedicated is a short name: write $TargetDedicatedNodes."]
    assert "$TargetDedicatedNodes is set too, and wins." in warnings("$TargetDedicatedNodes = 1; $TargetDedicated = 2")


@pytest.mark.parametrize("formula", ["", "  \n", "// only a comment", ";;"])
def test_an_empty_formula(formula):
    assert the_error(formula).message == "The formula is empty."


def test_the_last_sample_alone_is_told_once():
    only = "$TargetDedicatedNodes = max(0, $ActiveTasks.GetSample(1)) + max($ActiveTasks.GetSample(1))"
    (message,) = warnings(only)
    assert message.startswith("GetSample(1) is the last sample, however old.")
    assert "$ActiveTasks.GetSample(TimeInterval_Minute * 15)" in message
    assert warnings(TASKS) == []


# limits, and texts of any kind


def test_the_longest_formula_and_one_more():
    formula = "$TargetDedicatedNodes = 1"
    assert check(formula.ljust(8192)) == ()
    found = the_error(formula.ljust(8193))
    assert found.message == "A formula has at most 8,192 characters; this one has 8,193."
    assert (found.start, found.end) == (8192, 8193)


def test_a_hundred_statements_and_one_more():
    assert check("x = 1;\n" * 99 + "$TargetDedicatedNodes = x") == ()
    found = errors("$TargetDedicatedNodes = 1;\n" * 101)
    assert [(finding.message, finding.line) for finding in found] == [
        ("A formula has at most 100 statements. This is one more.", 101)
    ]


def test_deep_formulas():
    assert check("$TargetDedicatedNodes = " + "(" * 49 + "1" + ")" * 49) == ()
    assert the_error("$TargetDedicatedNodes = " + "(" * 50 + "1" + ")" * 50).column == 75
    for opening in ("(", "max(", "1 ? ", "$PendingTasks.GetSample(", "(0 || 0 && 1 == 2 < 3 + 4 * -"):
        found = errors("$TargetDedicatedNodes = " + opening * (8000 // len(opening)))
        assert found[0].message.startswith("More than 50 levels of parentheses.")


@pytest.mark.parametrize("part", [" + 1", " ? 1 : 1", " && 1 == 1 - 2 * 3", ".hour", " || x"])
def test_long_formulas(part):
    formula = "x = time().hour; $TargetDedicatedNodes = rand()" + part * (8000 // len(part))
    assert len(formula) < 8192
    assert {finding.message for finding in errors(formula)} <= {
        "Only a time has a hour, such as time().hour; this is a number."
    }
    assert errors("$TargetDedicatedNodes = " + "-" * 8000 + "1") == []


_PIECES = [*(word.name for word in WORDS), *"+-*/<>=!?:(),;.%&|\"' \n", "==", "&&", "||", "//", "/*", "1", "0.5", "x"]


@settings(max_examples=400, deadline=None)
@given(st.lists(st.sampled_from(_PIECES), max_size=60).map(" ".join) | st.text(max_size=80))
@example("\x00\ud800")
@example("x = 1.2.3")
def test_any_text_gets_an_answer_with_places(text):
    for finding in check(text):
        assert 0 <= finding.start <= finding.end <= len(text)
        before = text[: finding.start]
        assert finding.line == before.count("\n") + 1
        assert finding.column == finding.start - (before.rfind("\n") + 1) + 1
        assert finding.message.endswith((".", "?"))


def test_a_text_that_is_no_formula_at_all_is_answered_in_one_pass():
    for text in (string.printable * 80, "lorem ipsum " * 600, json.dumps({"a": [1, 2]}) * 500):
        assert errors(text[:8192])


def test_findings_read_well():
    found = the_error("x = ;\n$TargetDedicatedNodes = 1")
    assert str(found) == "error: line 1, column 5: Expected a value, not “;”."


# the words


def test_every_word_has_a_line_of_help():
    assert len({word.name for word in WORDS}) == len(WORDS)
    for word in WORDS:
        assert word.help.endswith(".")
        assert len(word.help) < 80


def test_what_is_offered_is_accepted():
    used = []
    for word in WORDS:
        if not word.offered:
            continue
        text = {
            "target": f"{word.name} = {'requeue' if 'Option' in word.name else 1}",
            "metric": f"x = avg({word.name}.GetSample(TimeInterval_Hour))",
            "number": f"x = {word.name}",
            "field": f"x = time().{word.name}",
            "interval": f"x = {word.name} * 2",
            "option": f"$NodeDeallocationOption = {word.name}",
        }.get(word.kind)
        if text is not None:
            assert statement(text) == [], word.name
            used.append(word.name)
    assert len(used) > 30
