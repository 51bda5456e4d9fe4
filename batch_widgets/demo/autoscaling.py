"""Pools that set their size by a formula, evaluated on the service's clock."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from .allocation import begin_resize
from .autoscale import SAMPLE_S, AutoScaleRun, History, Sample, evaluate
from .autoscale_syntax import TARGETS
from .clock import later
from .state import USABLE, AutoScale, Pool, State
from .wire import JsonObject, parse_duration, timestamp

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

DEFAULT_INTERVAL = "PT15M"
SAMPLE_LAG_S = 60.0
MOST_SAMPLES = 240
IDLE_CPU_PERCENT = 1.0


def begin_auto_scale(state: State, pool: Pool, settings: JsonObject) -> None:
    """Let a pool scale by checked settings, from now on."""
    now = state.now()
    interval = settings.get("autoScaleEvaluationInterval", DEFAULT_INTERVAL)
    auto_scale = AutoScale(settings["autoScaleFormula"], interval)
    pool.auto_scale = auto_scale
    interval_s = parse_duration(interval).total_seconds()

    def run(moment: datetime) -> None:
        if pool.auto_scale is not auto_scale or pool.state != "active":
            return
        _evaluate_and_apply(state, pool, auto_scale, moment)
        # After a long silence the evaluations that nobody saw are passed over, but for the last one.
        missed = int((state.now() - moment) / timedelta(seconds=interval_s))
        state.at(moment, interval_s * max(1, missed), run, awaited=False)

    run(now)


def dry_run(state: State, pool: Pool, formula: str) -> JsonObject:
    """Return what a formula would give now, as the service writes it.

    Raises
    ------
    BatchError
        If the formula can't be read.
    """
    return _to_wire(_evaluate(state, pool, formula, state.now()), state.now())


def _evaluate_and_apply(state: State, pool: Pool, auto_scale: AutoScale, moment: datetime) -> None:
    result = _evaluate(state, pool, auto_scale.formula, moment)
    auto_scale.run = _to_wire(result, moment)
    if result.error is not None or pool.allocation_state != "steady":
        return
    for kind, target in ((True, result.target_dedicated_nodes), (False, result.target_low_priority_nodes)):
        if target is not None:
            pool.targets[kind] = target
    begin_resize(state, pool, moment)


def _evaluate(state: State, pool: Pool, formula: str, moment: datetime) -> AutoScaleRun:
    history = History(lambda name: _value(pool, name), lambda name: _samples(pool, name, moment))
    return evaluate(formula, history, moment, seed=state.seed)


def _samples(pool: Pool, name: str, moment: datetime) -> Sequence[Sample]:
    """Return the history of a variable since the pool was created: no tasks run, so nothing in it has ever changed."""
    value = _value(pool, name)
    newest = later(moment, -SAMPLE_LAG_S)
    count = min(MOST_SAMPLES, int((newest - pool.created) / timedelta(seconds=SAMPLE_S)) + 1)
    return [Sample(later(newest, -SAMPLE_S * number), value) for number in range(max(0, count) - 1, -1, -1)]


def _value(pool: Pool, name: str) -> float:
    states = [node.state for node in pool.nodes.values()]
    dedicated, spot = TARGETS
    values = {
        dedicated: pool.targets[True],
        spot: pool.targets[False],
        "$CurrentDedicatedNodes": pool.count(dedicated=True),
        "$CurrentLowPriorityNodes": pool.count(dedicated=False),
        "$TaskSlotsPerNode": pool.given.get("taskSlotsPerNode", 1),
        "$PreemptedNodeCount": states.count("preempted"),
        "$UsableNodeCount": sum(state in USABLE for state in states),
        "$CPUPercent": IDLE_CPU_PERCENT,
    }
    return float(values.get(name, 0.0))


def _to_wire(run: AutoScaleRun, moment: datetime) -> JsonObject:
    wire: JsonObject = {"timestamp": timestamp(moment), "results": run.results}
    if run.error is not None:
        wire["error"] = {"code": run.error.code, "message": run.error.message}
        if run.error.values:
            wire["error"]["values"] = [{"name": name, "value": value} for name, value in run.error.values]
    return wire
