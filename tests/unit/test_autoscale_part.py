"""The part of the form for an autoscale formula: what it tells, formulas to start from, and trying one out."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime

import pytest

from batch_widgets.autoscale import TEMPLATES, AutoScaleError, AutoScaleEvaluation, Bounds, check
from batch_widgets.errors import ServiceUnreachableError
from batch_widgets.widgets import PoolBuilder
from batch_widgets.widgets.autoscale_part import range_words
from unit.fakes import make_image

SCALING = {"enableAutoScale": True, "autoScaleFormula": "$TargetDedicatedNodes = 0"}
GOOD = "$TargetDedicatedNodes = min(4, $PendingTasks)"


@pytest.fixture
def builder(account, service):
    service.add_pool("fixed", nodes=1)
    service.add_pool("night", nodes=0, body=SCALING)
    service.add_pool("day", nodes=0, body=SCALING)
    builder = PoolBuilder(account, pool_id="p", vm_size="Standard_D2s_v3", image=make_image(), enable_auto_scale=True)
    yield builder
    builder.close()


@pytest.fixture
def part(builder):
    return builder.form.autoscale.editing


def is_shown(widget):
    return widget.layout.display != "none"


def done(builder, operation):
    """Wait until an operation has been handled."""
    with contextlib.suppress(ServiceUnreachableError):
        operation.result(5)
    builder.account.runner.drain()


# the formula


def test_formula_and_trait_are_one(builder, part):
    part.editor.value = GOOD
    assert builder.auto_scale_formula == GOOD
    builder.auto_scale_formula = "$TargetDedicatedNodes = 1"
    assert part.editor.value == builder.form.formula.value == "$TargetDedicatedNodes = 1"


def test_what_is_wrong_blocks_and_shows_beside_the_editor(builder, part):
    part.editor.value = "x = (1;\ny = 2 % 3;\n$TargetDedicatedNodes = z"
    (problem,) = [one for one in builder.problems if one.severity == "error"]
    assert (problem.field, problem.rule) == ("auto_scale_formula", "formula-wrong")
    assert problem.message.startswith("Line 1, column 7, the first of 3 errors: Expected a sign or )")
    assert builder.create_button.disabled
    assert "Line 1, column 7" in builder.form.autoscale.field.widget.children[-1].value
    assert "Line 2: The language has no %." in part.told.value
    assert "Line 3: Unknown variable z." in part.told.value
    assert "Line 1" not in part.told.value, "the field tells that"
    assert "bw-bad" in part.editor._dom_classes


def test_many_findings_are_counted(part):
    part.editor.value = "\n".join(f"a{number} = b{number};" for number in range(7))
    assert "And 4 more; F8" in part.told.value


def test_what_is_doubtful_does_not_block(builder, part):
    part.editor.value = "$TargetDedicated = max($ActiveTasks.GetSample(1))"
    assert not builder.create_button.disabled
    assert [one.rule for one in builder.problems] == ["formula-doubtful"] * 2
    assert "GetSample(1) is the last sample" in part.told.value


def test_the_range_is_told(part):
    part.editor.value = GOOD
    assert "Keeps the pool at 0 to 4 dedicated nodes." in part.told.value
    part.editor.value = ""
    assert not is_shown(part.told)


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (Bounds((0, 0), (0, 0)), "Keeps the pool empty."),
        (Bounds((5, 5), (0, 0)), "Keeps the pool at 5 dedicated nodes."),
        (Bounds((0, 2), (6, 6)), "Keeps the pool at 0 to 2 dedicated and 6 Spot nodes."),
        (Bounds((0, 0), (1000, 2000)), "Keeps the pool at 1,000 to 2,000 Spot nodes."),
        (
            Bounds((3, None), (0, 0)),
            "Keeps the pool at 3 or more dedicated nodes. No upper limit can be read from it.",
        ),
    ],
)
def test_ranges_in_words(found, words):
    assert range_words(found) == words


def test_it_is_built_when_a_formula_is_first_wanted(account, service):
    builder = PoolBuilder(account, pool_id="p", vm_size="Standard_D2s_v3", image=make_image(), target_dedicated_nodes=1)
    part = builder.form.autoscale
    assert part.children == ()
    assert not is_shown(part)
    builder.auto_scale_formula = "$TargetDedicatedNodes = (1"
    assert part.children == ()
    builder.enable_auto_scale = True
    assert is_shown(part)
    assert part.editor.value == builder.auto_scale_formula
    assert "Line 1, column 27" in part.field.widget.children[-1].value
    builder.enable_auto_scale = False
    assert not is_shown(part)
    builder.close()


def test_the_editor_is_there_when_it_is_asked_for(account, service):
    builder = PoolBuilder(account, pool_id="p")
    builder.form.formula.value = GOOD
    assert builder.auto_scale_formula == GOOD
    assert not is_shown(builder.form.autoscale)
    builder.close()


# formulas to start from


def test_each_template_asks_for_its_numbers_and_replaces_the_formula(builder, part):
    for template in TEMPLATES:
        part.start.choice.value = template.name
        assert list(part.start.numbers) == [number.name for number in template.numbers]
        assert part.start.use_button.description == (
            "Replace formula" if builder.auto_scale_formula else "Insert formula"
        )
        first = template.numbers[0]
        part.start.numbers[first.name].value = first.least + 1
        part.start.use_button.click()
        assert builder.auto_scale_formula == template.build(**{first.name: first.least + 1})
        assert check(builder.auto_scale_formula) == ()
        assert part.start.choice.value == ""
        assert part.start.numbers == {}


def test_one_set_of_numbers_shows_at_a_time_and_keeps_its_values(part):
    assert not is_shown(part.start.use_button) or not is_shown(part.start._act)
    part.start.choice.value = "pending_tasks"
    part.start.numbers["most"].value = 33
    part.start.choice.value = "none_when_idle"
    shown = [form for form in part.start._place.children if is_shown(form)]
    assert [form.template.name for form in shown] == ["none_when_idle"]
    part.start.choice.value = "pending_tasks"
    assert part.start.numbers["most"].value == 33
    part.start.numbers["most"].value = -5
    assert part.start.numbers["most"].value == 1, "a number stays within its limits"


# trying it out


def test_pools_that_scale_are_offered_and_the_formula_evaluated(builder, part, service):
    trial = part.trial
    part.editor.value = GOOD
    done(builder, trial.offer_pools())
    assert trial.pool.options == (("night", "night"), ("day", "day"))
    assert is_shown(trial._chooser)
    trial.pool.value = "day"
    done(builder, trial.evaluate())
    assert service.calls[-1] == ("evaluate_auto_scale", "day", GOOD)
    assert [(row["name"], row["value"]) for row in trial.grid.rows] == [
        ("$TargetDedicatedNodes", "3"),
        ("tasks", "12.5"),
    ]
    assert "Pool day would get 3 dedicated nodes at " in trial.said.value
    assert not builder.message.visible
    trial.close_button.click()
    assert is_shown(trial._opener)
    assert not is_shown(trial.grid)


def test_without_such_a_pool_it_says_so(builder, part, service):
    for name in ("night", "day"):
        del service.pools[name]
    done(builder, part.trial.offer_pools())
    assert "No pool of this account scales by a formula" in part.trial.said.value
    assert is_shown(part.trial._opener)
    assert not part.trial.open_button.disabled


def test_a_formula_that_fails_shows_in_the_builders_message(builder, part, service):
    done(builder, part.trial.offer_pools())
    service.evaluation = AutoScaleEvaluation(
        "night",
        datetime.now(UTC),
        (("x", "7"),),
        AutoScaleError("InsufficientSampleData", "Too few samples.", (("Message", "Line 1, Col 2: <b>"),)),
    )
    done(builder, part.trial.evaluate())
    assert "could not be evaluated on pool night" in builder.message.text
    for word in ("Too few samples.", "InsufficientSampleData", "Line 1, Col 2: &lt;b&gt;"):
        assert word in builder.message.text
    assert [row["name"] for row in part.trial.grid.rows] == ["x"]
    assert "set before it failed" in part.trial.said.value
    service.evaluation = AutoScaleEvaluation("night", datetime.now(UTC), (("x", "7"),))
    done(builder, part.trial.evaluate())
    assert not builder.message.visible
    assert "would keep its size" in part.trial.said.value


def test_troubles_show_with_a_way_to_try_again(builder, part, service):
    service.fail("list_pools", ServiceUnreachableError("Cannot reach it."), times=1)
    done(builder, part.trial.offer_pools())
    assert "Cannot reach it." in builder.message.text
    assert not part.trial.open_button.disabled
    builder.message.buttons[0].click()
    builder.account.runner.drain()
    done(builder, builder.account.runner.submit("wait", lambda _: builder.account.aio.list_pools()))
    assert is_shown(part.trial._chooser)
    service.fail("evaluate_auto_scale", ServiceUnreachableError("Cannot reach it now."), times=1)
    done(builder, part.trial.evaluate())
    assert "Cannot reach it now." in builder.message.text
    assert not part.trial.run_button.disabled


def test_a_click_waits_for_nobody_where_no_page_shows_the_panel(builder, part, service):
    done(builder, part.trial.offer_pools())
    part.trial.run_button.click()
    assert part.trial.run_button.disabled
    done(builder, builder.account.runner.submit("wait", lambda _: builder.account.aio.list_pools()))
    builder.account.runner.drain()
    assert service.count("evaluate_auto_scale") == 1
