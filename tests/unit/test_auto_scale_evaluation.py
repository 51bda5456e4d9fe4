"""Evaluating a formula on a pool: the value, the SDK's answers, the account."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batch_widgets.account import connect_demo
from batch_widgets.autoscale import AutoScaleError, AutoScaleEvaluation, parse_results
from batch_widgets.errors import NotFoundError, ServiceError, ServiceUnreachableError
from unit.fakes import FakeService, make_account
from unit.sdk_server import Server, ask, failure, problem

FORMULA = "$TargetDedicatedNodes = 1"


def evaluate(service):
    return service.evaluate_auto_scale("p", FORMULA)


# the value


@pytest.mark.parametrize(
    ("results", "expected"),
    [
        ("", ()),
        ("$TargetDedicatedNodes=1", (("$TargetDedicatedNodes", "1"),)),
        (
            "$TargetDedicatedNodes=10;$NodeDeallocationOption=requeue;$curTime=2016-10-13T19:18:47.805Z;x=[1,2.5]",
            (
                ("$TargetDedicatedNodes", "10"),
                ("$NodeDeallocationOption", "requeue"),
                ("$curTime", "2016-10-13T19:18:47.805Z"),
                ("x", "[1,2.5]"),
            ),
        ),
        ("\n    $a=1;\n    b=2;", (("$a", "1"), ("b", "2;"))),
        ("text=a;b;c==d;e=1", (("text", "a;b;c==d"), ("e", "1"))),
    ],
)
def test_results_are_split(results, expected):
    assert parse_results(results) == expected


@given(st.lists(st.tuples(st.from_regex(r"\A\$?[a-z_]\w{0,9}\Z", fullmatch=True), st.integers()), min_size=1))
def test_results_of_any_names_and_numbers(pairs):
    written = tuple((name, str(value)) for name, value in pairs if name.isascii())
    assert parse_results(";".join("=".join(pair) for pair in written)) == written


@pytest.mark.parametrize(
    ("variables", "dedicated", "low_priority"),
    [
        ((), None, None),
        ((("$TargetDedicatedNodes", "2.9"), ("$TargetLowPriority", "3")), 2, 3),
        ((("$TargetDedicated", "9"), ("$TargetDedicatedNodes", "2")), 2, None),
        ((("$TargetDedicatedNodes", "-1"), ("$TargetLowPriorityNodes", "many")), 0, None),
    ],
)
def test_targets(variables, dedicated, low_priority):
    done = AutoScaleEvaluation("p", None, variables)
    assert (done.target_dedicated_nodes, done.target_low_priority_nodes) == (dedicated, low_priority)


def test_a_failed_evaluation_has_no_targets():
    done = AutoScaleEvaluation("p", None, (("$TargetDedicatedNodes", "2"),), AutoScaleError("Bad", "Bad."))
    assert done.target_dedicated_nodes is None


# the SDK's answers


@pytest.fixture
def server():
    return Server()


def test_an_answer_becomes_a_value(server):
    server.answer(body={"timestamp": "2026-01-02T03:04:05.1234567Z", "results": "$TargetDedicatedNodes=1;x=2"})
    done = ask(server, evaluate)
    assert done == AutoScaleEvaluation(
        "p", datetime(2026, 1, 2, 3, 4, 5, 123456, UTC), (("$TargetDedicatedNodes", "1"), ("x", "2"))
    )
    assert server.sent == ["POST /pools/p/evaluateautoscale"]
    assert json.loads(server.bodies[0]) == {"autoScaleFormula": FORMULA}


def test_what_fails_on_the_way_is_in_the_value(server):
    server.answer(
        body={
            "timestamp": "2026-01-02T03:04:05Z",
            "results": "x=2",
            "error": {
                "code": "InsufficientSampleData",
                "message": "Too few.",
                "values": [{"name": "At", "value": "1"}],
            },
        }
    )
    done = ask(server, evaluate)
    assert done.error == AutoScaleError("InsufficientSampleData", "Too few.", (("At", "1"),))
    assert done.variables == (("x", "2"),)


def test_a_formula_that_is_refused_is_an_error_in_the_value_too(server):
    server.answer(400, problem("AutoScalingFormulaSyntaxError", "Wrong.", [("Message", "Line 1, Col 5: no.")]))
    done = ask(server, evaluate)
    assert done.time is None
    assert done.error is not None
    assert done.error.code == "AutoScalingFormulaSyntaxError"
    assert done.error.message == "Wrong. (Message: Line 1, Col 5: no.)"


@pytest.mark.parametrize(
    ("status", "code", "kind", "hint"),
    [
        (404, "PoolNotFound", NotFoundError, "Refresh"),
        (409, "OperationNotValidOnPool", ServiceError, "has to scale by a formula already"),
        (409, "PoolBeingDeleted", ServiceError, "deletion has ended"),
        (400, "InvalidRequestBody", ServiceError, ""),
    ],
)
def test_other_troubles_are_raised(server, status, code, kind, hint):
    server.answer(status, problem(code))
    error = failure(server, evaluate)
    assert type(error) is kind
    assert hint in error.hint


def test_it_is_sent_once(server):
    server.answer(503, problem("InternalError"))
    assert not failure(server, evaluate).maybe_done
    assert len(server.sent) == 1


# the account


def test_the_account_waits_and_gives_the_value():
    service = FakeService()
    service.add_pool("p", body={"enableAutoScale": True})
    with make_account(service) as account:
        done = account.evaluate_auto_scale("p", FORMULA)
        assert done.target_dedicated_nodes == 3
        assert dict(done.variables)["tasks"] == "12.5"
        assert asyncio.run(account.aio.evaluate_auto_scale("p", FORMULA)).variables == done.variables
        assert service.calls[0] == ("evaluate_auto_scale", "p", FORMULA)
        service.fail("evaluate_auto_scale", ServiceUnreachableError("Cannot reach it."))
        with pytest.raises(ServiceUnreachableError):
            account.evaluate_auto_scale("p", FORMULA)


def test_against_the_embedded_service():
    with connect_demo(nodes=1) as account:
        with pytest.raises(ServiceError) as caught:
            account.evaluate_auto_scale("demo", FORMULA)
        assert caught.value.code == "OperationNotValidOnPool"
        assert "has to scale by a formula already" in caught.value.hint
