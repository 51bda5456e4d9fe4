"""The formulas for usual needs: checked, bounded, and evaluated by the embedded service."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from azure.batch import models
from hypothesis import given
from hypothesis import strategies as st
from sample_bodies import UBUNTU

from batch_widgets.account import connect
from batch_widgets.autoscale import TEMPLATES, Bounds, bounds, check
from batch_widgets.demo.autoscale import History, Sample, evaluate

NAMED = {template.name: template for template in TEMPLATES}
FRIDAY_NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)


def run(formula, values=(), now=FRIDAY_NOON, **current):
    """Evaluate with samples of every metric, the last one a minute old."""
    samples = [Sample(now - timedelta(seconds=60 + 30 * age), float(value)) for age, value in enumerate(values)][::-1]
    done = evaluate(formula, History(lambda name: current.get(name[1:], 1.0), lambda _name: samples), now, seed=0)
    assert done.error is None
    return done.target_dedicated_nodes, done.target_low_priority_nodes


def numbers_of(template):
    return st.fixed_dictionaries({number.name: st.integers(number.least, number.most) for number in template.numbers})


@given(st.sampled_from(TEMPLATES).flatmap(lambda template: st.tuples(st.just(template), numbers_of(template))))
def test_whatever_the_numbers_nothing_is_found_and_it_is_evaluated(case):
    template, numbers = case
    formula = template.build(**numbers)
    assert check(formula) == ()
    found = bounds(formula)
    for values in ((), (0,) * 60, (3,) * 60, (500,) * 5):
        dedicated, spot = run(formula, values)
        assert found.dedicated[0] <= dedicated <= found.dedicated[1]
        assert found.low_priority[0] <= (spot or 0) <= found.low_priority[1]


def test_they_are_four_and_read_well():
    assert len(NAMED) == len(TEMPLATES) == 4
    for template in TEMPLATES:
        assert template.help.endswith(".")
        assert template.build() == template.build(**{number.name: number.default for number in template.numbers})
        assert 1 < len(template.numbers) < 6


def test_pending_tasks():
    formula = NAMED["pending_tasks"].build(least=2, most=8)
    assert bounds(formula) == Bounds((2, 8), (0, 0))
    assert run(formula) == (2, None)
    assert run(formula, [5]) == (5, None)
    assert run(formula, [0] * 60) == (2, None)
    assert run(formula, [500] * 60) == (8, None)
    assert run(formula, [12] * 60, TaskSlotsPerNode=4.0) == (3, None)
    assert run(formula, [7] + [0] * 59) == (7, None), "a rush shows at once"
    assert run(formula, [0] + [6] * 59) == (6, None), "and the pool shrinks slowly"
    assert NAMED["pending_tasks"].build(least=8, most=2) == formula


@pytest.mark.parametrize(
    ("numbers", "moment", "nodes"),
    [
        ({}, "2026-01-02T07:59", 1),
        ({}, "2026-01-02T08:00", 6),
        ({}, "2026-01-02T17:59", 6),
        ({}, "2026-01-02T18:00", 1),
        ({}, "2026-01-03T12:00", 1),
        ({}, "2026-01-04T12:00", 1),
        ({}, "2026-01-05T12:00", 6),
        ({"utc_offset": -6}, "2026-01-02T13:59", 1),
        ({"utc_offset": -6}, "2026-01-02T14:00", 6),
        ({"utc_offset": 2}, "2026-01-02T06:00", 6),
        ({"begin": 22, "end": 6}, "2026-01-02T23:00", 6),
        ({"begin": 22, "end": 6}, "2026-01-02T05:00", 6),
        ({"begin": 22, "end": 6}, "2026-01-02T12:00", 1),
    ],
)
def test_working_hours(numbers, moment, nodes):
    formula = NAMED["working_hours"].build(nodes=6, otherwise=1, **numbers)
    assert bounds(formula) == Bounds((1, 6), (0, 0))
    assert run(formula, now=datetime.fromisoformat(moment).replace(tzinfo=UTC)) == (nodes, None)


def test_spot_with_dedicated_nodes_as_fallback():
    formula = NAMED["spot_fallback"].build(nodes=6, fallback=2)
    assert bounds(formula) == Bounds((0, 2), (6, 6))
    assert run(formula) == (0, 6)
    assert run(formula, [1] * 60) == (1, 6)
    assert run(formula, [5] * 60) == (2, 6)


def test_none_when_idle():
    formula = NAMED["none_when_idle"].build(nodes=6, minutes=20)
    assert bounds(formula) == Bounds((0, 6), (0, 0))
    assert run(formula) == (6, None), "before anything was measured"
    assert run(formula, [0] * 60) == (0, None)
    assert run(formula, [0] * 20 + [1] * 40) == (6, None), "there was work 11 minutes ago"
    assert run(formula, [0] * 40 + [1] * 20) == (0, None)


def test_wrong_numbers_are_refused():
    with pytest.raises(TypeError, match="It takes least, most, minutes"):
        NAMED["pending_tasks"].build(fewest=1)
    with pytest.raises(ValueError, match="At most is 1 to 10,000, not 0"):
        NAMED["pending_tasks"].build(most=0)


@pytest.mark.parametrize("name", NAMED)
def test_a_pool_takes_it_and_evaluates_it_now_and_later(name, stepped_client, clock):
    formula = NAMED[name].build()
    options = models.BatchPoolCreateOptions(
        {
            "id": "scaling",
            "vmSize": "Standard_D2s_v3",
            "virtualMachineConfiguration": UBUNTU,
            "enableAutoScale": True,
            "autoScaleFormula": formula,
        }
    )
    stepped_client.create_pool(options)
    limits = bounds(formula).dedicated
    for _ in range(3):
        done = stepped_client.evaluate_pool_auto_scale(
            "scaling", models.BatchPoolEvaluateAutoScaleOptions(auto_scale_formula=formula)
        )
        assert done.error is None
        values = dict(pair.split("=", 1) for pair in done.results.split(";"))
        assert limits[0] <= int(values["$TargetDedicatedNodes"]) <= limits[1]
        assert values["$NodeDeallocationOption"] == "taskcompletion"
        clock.advance(20 * 60)
    assert stepped_client.get_pool("scaling").auto_scale_run.error is None


def test_an_account_evaluates_a_formula_on_a_pool_that_scales(service, client):
    client.create_pool(
        models.BatchPoolCreateOptions(
            {
                "id": "scaling",
                "vmSize": "Standard_D2s_v3",
                "virtualMachineConfiguration": UBUNTU,
                "enableAutoScale": True,
                "autoScaleFormula": "$TargetDedicatedNodes = 0",
            }
        )
    )
    with connect(service.endpoint, account_name=service.account_name, account_key=service.account_key) as account:
        done = account.evaluate_auto_scale("scaling", "x = 2.5;\n$TargetDedicatedNodes = x * 2")
        assert (done.pool_id, done.error, done.target_dedicated_nodes) == ("scaling", None, 5)
        assert done.variables == (("$TargetDedicatedNodes", "5"), ("$NodeDeallocationOption", "requeue"), ("x", "2.5"))
        assert account.get_pool("scaling").target_dedicated_nodes == 0
        unread = account.evaluate_auto_scale("scaling", "$TargetDedicatedNodes = (1")
        assert unread.error.code == "AutoScalingFormulaSyntaxError"
        assert "Line 1, Col 27" in unread.error.message
        failed = account.evaluate_auto_scale("scaling", "x = 7; $TargetDedicatedNodes = x / 0")
        assert failed.error.code == "AutoScalingFormulaEvaluationError"
        assert ("x", "7") in failed.variables
