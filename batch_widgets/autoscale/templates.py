"""Formulas for usual needs, made from a few numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class Number:
    """A number that a template asks for.

    Parameters
    ----------
    name : str
        As :meth:`Template.build` takes it.
    label : str
        What a form calls it.
    default, least, most : int
        The value to begin with, and between which it makes sense.
    """

    name: str
    label: str
    default: int
    least: int
    most: int


@dataclass(frozen=True, slots=True)
class Template:
    """A formula with a few numbers open.

    Parameters
    ----------
    name : str
        A short name for code.
    title, help : str
        What it is called, and what it does in a sentence.
    numbers : tuple of Number
        What it asks for.
    """

    name: str
    title: str
    help: str
    numbers: tuple[Number, ...]
    make: Callable[..., str]

    def build(self, **numbers: int) -> str:
        """Give the formula.

        Parameters
        ----------
        **numbers : int
            Values by name; what is left out takes its default.

        Raises
        ------
        TypeError
            If there is no number of a name.
        ValueError
            If a number lies outside its limits.
        """
        known = {number.name: number for number in self.numbers}
        for name, value in numbers.items():
            if name not in known:
                raise TypeError(f"{self.title} has no number {name!r}. It takes {', '.join(known)}.")
            number = known[name]
            if not number.least <= value <= number.most:
                raise ValueError(f"{number.label} is {number.least:,} to {number.most:,}, not {value:,}.")
        return self.make(**{name: numbers.get(name, number.default) for name, number in known.items()})


_MOST_NODES = 10_000
_MINUTES = Number("minutes", "Minutes looked at", 15, 5, 24 * 60)


def _pending(least: int, most: int, minutes: int) -> str:
    return f"""\
// One task slot for each task that waits or runs.
least = {min(least, most)};
most = {max(least, most)};
span = TimeInterval_Minute * {minutes};
// The last sample shows a rush at once, the mean keeps the pool from shrinking at once.
last = $PendingTasks.Count() > 0 ? max($PendingTasks.GetSample(1)) : 0;
tasks = $PendingTasks.GetSamplePercent(span) < 70 ? last : max(last, avg($PendingTasks.GetSample(span)));
$TargetDedicatedNodes = max(least, min(most, ceil(tasks / $TaskSlotsPerNode)));
$NodeDeallocationOption = taskcompletion;
"""


def _hours(nodes: int, otherwise: int, begin: int, end: int, utc_offset: int) -> str:
    joined = "&&" if begin <= end else "||"
    return f"""\
// Monday to Friday from {begin}:00 to {end}:00 at UTC{utc_offset:+d}; daylight saving time is not looked at.
now = time() + TimeInterval_Hour * {f"({utc_offset})" if utc_offset < 0 else utc_offset};
weekday = now.weekday >= 1 && now.weekday <= 5;
working = weekday && (now.hour >= {begin} {joined} now.hour < {end});
$TargetDedicatedNodes = working ? {nodes} : {otherwise};
$NodeDeallocationOption = taskcompletion;
"""


def _spot(nodes: int, fallback: int) -> str:
    return f"""\
// Spot nodes; those that were taken away are replaced by dedicated ones, up to a limit.
nodes = {nodes};
fallback = {min(fallback, nodes)};
span = TimeInterval_Minute * 5;
away = $PreemptedNodeCount.GetSamplePercent(span) < 70 ? 0 : max($PreemptedNodeCount.GetSample(span));
$TargetDedicatedNodes = min(fallback, away);
$TargetLowPriorityNodes = nodes;
$NodeDeallocationOption = taskcompletion;
"""


def _idle(nodes: int, minutes: int) -> str:
    return f"""\
// All nodes while there is work, and none once nothing has waited or run for some time.
nodes = {nodes};
span = TimeInterval_Minute * {minutes};
// With few samples, as right after the pool was made, there may be work: keep the nodes.
busy = $PendingTasks.GetSamplePercent(span) < 50 ? 1 : max($PendingTasks.GetSample(span, 50)) > 0;
$TargetDedicatedNodes = busy ? nodes : 0;
$NodeDeallocationOption = taskcompletion;
"""


TEMPLATES: tuple[Template, ...] = (
    Template(
        "pending_tasks",
        "By pending tasks",
        "As many nodes as the tasks that wait or run need, between two limits.",
        (
            Number("least", "At least", 0, 0, _MOST_NODES),
            Number("most", "At most", 10, 1, _MOST_NODES),
            _MINUTES,
        ),
        _pending,
    ),
    Template(
        "working_hours",
        "By working hours",
        "One number of nodes from Monday to Friday in working hours, another one otherwise.",
        (
            Number("nodes", "In working hours", 10, 0, _MOST_NODES),
            Number("otherwise", "Otherwise", 0, 0, _MOST_NODES),
            Number("begin", "From hour", 8, 0, 23),
            Number("end", "To hour", 18, 0, 24),
            Number("utc_offset", "Hours ahead of UTC", 0, -12, 14),
        ),
        _hours,
    ),
    Template(
        "spot_fallback",
        "Spot, dedicated as fallback",
        "Spot nodes; for each one that is taken away a dedicated node, up to a limit.",
        (
            Number("nodes", "Spot nodes", 10, 1, _MOST_NODES),
            Number("fallback", "Dedicated at most", 4, 0, _MOST_NODES),
        ),
        _spot,
    ),
    Template(
        "none_when_idle",
        "None when idle",
        "A fixed number of nodes, and none once there was no work for some time.",
        (
            Number("nodes", "Nodes", 4, 1, _MOST_NODES),
            Number("minutes", "Idle minutes", 30, 10, 24 * 60),
        ),
        _idle,
    ),
)
"""All of them, the most usual first."""
