"""Rules of a pool's size, and of how tasks are laid on its nodes."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from batch_widgets import autoscale
from batch_widgets.pools.rules.names import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from batch_widgets.pools.spec import PoolSpec
    from batch_widgets.problems import Problem

MIN_RESIZE_TIMEOUT = timedelta(minutes=5)
_MIN_INTERVAL, _MAX_INTERVAL = timedelta(minutes=5), timedelta(hours=168)
_MAX_FORMULA = 8_192
_MAX_SLOTS = 256
_MAX_NODES = 100_000
_MAX_INTER_NODE = 100
_EXAMPLE = "$TargetDedicatedNodes = 2;"


def check_scale(spec: PoolSpec) -> Iterator[Problem]:
    """Check how many nodes are asked for, or by which formula."""
    if spec.enable_auto_scale:
        yield from _check_formula(spec)
    else:
        yield from _check_targets(spec)
        if spec.keeps_formula:
            yield Rule.FORMULA_UNUSED.error(
                "auto_scale_formula", "The pool has a formula, but autoscale is off. Turn it on, or empty the formula."
            )
    if spec.task_slots_per_node is not None and not 1 <= spec.task_slots_per_node <= _MAX_SLOTS:
        yield Rule.TASK_SLOTS_RANGE.error(
            "task_slots_per_node", f"A node has 1 to {_MAX_SLOTS} task slots, and at most four for each of its cores."
        )


def _check_targets(spec: PoolSpec) -> Iterator[Problem]:
    for name in ("target_dedicated_nodes", "target_low_priority_nodes"):
        if not 0 <= getattr(spec, name) <= _MAX_NODES:
            yield Rule.NODES_RANGE.error(name, f"A number of nodes is 0 to {_MAX_NODES:,}.")
    if spec.target_dedicated_nodes == 0 and spec.target_low_priority_nodes == 0:
        yield Rule.NODES_NONE.warning(
            "target_dedicated_nodes", "0 dedicated and 0 Spot nodes make an empty pool. Ask for some."
        )
    if spec.resize_timeout < MIN_RESIZE_TIMEOUT:
        yield Rule.RESIZE_TIMEOUT_SHORT.error(
            "resize_timeout", "Give the service at least 5 minutes to allocate the nodes."
        )
    if spec.enable_inter_node_communication and spec.target_nodes > _MAX_INTER_NODE:
        yield Rule.INTER_NODE_LIMIT.error(
            "enable_inter_node_communication",
            f"Nodes that reach each other are at most {_MAX_INTER_NODE}; these are {spec.target_nodes:,}. "
            "Ask for fewer, or turn it off.",
        )


def _check_formula(spec: PoolSpec) -> Iterator[Problem]:
    formula = spec.auto_scale_formula
    if not formula.strip():
        yield Rule.FORMULA_MISSING.error("auto_scale_formula", f"Autoscale needs a formula, such as {_EXAMPLE}")
    elif len(formula) > _MAX_FORMULA:
        yield Rule.FORMULA_LENGTH.error(
            "auto_scale_formula", f"A formula has at most {_MAX_FORMULA:,} characters; this has {len(formula):,}."
        )
    else:
        yield from _read_formula(formula)
    interval = spec.auto_scale_evaluation_interval
    if interval is not None and not _MIN_INTERVAL <= interval <= _MAX_INTERVAL:
        yield Rule.INTERVAL_RANGE.error(
            "auto_scale_evaluation_interval", "A formula is evaluated every 5 minutes to 168 hours (10,080 minutes)."
        )


def _read_formula(formula: str) -> Iterator[Problem]:
    """Give the first error, with how many there are, and each thing to look at twice."""
    found = autoscale.check(formula)
    errors = [finding for finding in found if finding.severity == "error"]
    if errors:
        first = f", the first of {len(errors)} errors" if len(errors) > 1 else ""
        yield Rule.FORMULA_WRONG.error(
            "auto_scale_formula", f"{errors[0].place.capitalize()}{first}: {errors[0].message}"
        )
    for finding in found:
        if finding.severity == "warning":
            yield Rule.FORMULA_DOUBTFUL.warning(
                "auto_scale_formula", f"{finding.place.capitalize()}: {finding.message}"
            )
