"""The words of the autoscale language, each with a line of help: for the checker, and for an editor's completion.

They follow the service's documentation, "Create a formula to automatically scale compute nodes in a Batch pool".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["target", "metric", "number", "function", "method", "field", "interval", "option"]

MAX_CHARACTERS = 8_192
MAX_STATEMENTS = 100
DEALLOCATION = "$NodeDeallocationOption"
DEDICATED = "$TargetDedicatedNodes"
LOW_PRIORITY = "$TargetLowPriorityNodes"
ALIASES = {"$TargetDedicated": DEDICATED, "$TargetLowPriority": LOW_PRIORITY}
"""Short names of the targets; where both are set, the full name wins."""


@dataclass(frozen=True, slots=True)
class Word:
    """A word that the language knows.

    Parameters
    ----------
    name : str
        As it is written.
    kind : str
        What it is: a target that is set, a metric with samples, a plain number, a function, a method of metrics, a
        field of timestamps, a timeinterval, or an option for nodes that leave.
    help : str
        What it means, in a line.
    takes : str
        What stands between its parentheses, for functions and methods.
    least, most : int
        How many arguments it takes; ``most`` is None where there is no limit.
    offered : bool
        False for what is recognised but should not be written any more.
    """

    name: str
    kind: Kind
    help: str
    takes: str = ""
    least: int = 0
    most: int | None = 0
    offered: bool = True


_TARGETS = (
    Word(DEDICATED, "target", "Set it: how many dedicated nodes the pool is to have."),
    Word(LOW_PRIORITY, "target", "Set it: how many Spot nodes the pool is to have."),
    Word(DEALLOCATION, "target", "Set it: what becomes of the tasks on nodes that leave."),
    Word("$TargetDedicated", "target", "Short for $TargetDedicatedNodes.", offered=False),
    Word("$TargetLowPriority", "target", "Short for $TargetLowPriorityNodes.", offered=False),
)
_METRICS = (
    Word("$PendingTasks", "metric", "Tasks that wait or run."),
    Word("$ActiveTasks", "metric", "Tasks that are ready and wait for a node."),
    Word("$RunningTasks", "metric", "Tasks that run."),
    Word("$SucceededTasks", "metric", "Tasks that ended well."),
    Word("$FailedTasks", "metric", "Tasks that failed."),
    Word("$CPUPercent", "metric", "Mean use of the nodes' processors."),
    Word("$CurrentDedicatedNodes", "metric", "Dedicated nodes that the pool has."),
    Word("$CurrentLowPriorityNodes", "metric", "Spot nodes that the pool has, preempted ones included."),
    Word("$PreemptedNodeCount", "metric", "Spot nodes that were taken away."),
    Word("$UsableNodeCount", "metric", "Nodes that can run tasks."),
    *(
        Word(name, "metric", f"{what}; an old metric.", offered=False)
        for name, what in (
            ("$WallClockSeconds", "Seconds used"),
            ("$MemoryBytes", "Memory in use"),
            ("$DiskBytes", "Disk space in use"),
            ("$DiskReadBytes", "Bytes read from disks"),
            ("$DiskWriteBytes", "Bytes written to disks"),
            ("$DiskReadOps", "Reads from disks"),
            ("$DiskWriteOps", "Writes to disks"),
            ("$NetworkInBytes", "Bytes received"),
            ("$NetworkOutBytes", "Bytes sent"),
            ("$SampleNodeCount", "Nodes that were measured"),
        )
    ),
)
_NUMBERS = (Word("$TaskSlotsPerNode", "number", "How many tasks a node can run at once: a plain number."),)
_LIST = "numbers…"
_FUNCTIONS = (
    Word("avg", "function", "Mean of all values.", _LIST, 1, None),
    Word("sum", "function", "Sum of all values.", _LIST, 1, None),
    Word("min", "function", "The least of all values.", _LIST, 1, None),
    Word("max", "function", "The greatest of all values.", _LIST, 1, None),
    Word("len", "function", "How many values there are.", _LIST, 1, None),
    Word("range", "function", "The greatest value less the least.", _LIST, 1, None),
    Word("std", "function", "Standard deviation of a sample.", _LIST, 1, None),
    Word("norm", "function", "Root of the sum of all squares.", _LIST, 1, None),
    Word("percentile", "function", "The value below which so many percent of a vector lie.", "vector, percent", 2, 2),
    Word("val", "function", "The element of a vector at an index from 0.", "vector, index", 2, 2),
    Word("ceil", "function", "The next whole number up; of each element of a vector.", _LIST, 1, None),
    Word("floor", "function", "The next whole number down; of each element of a vector.", _LIST, 1, None),
    Word("round", "function", "The nearest whole number; of each element of a vector.", _LIST, 1, None),
    Word("lg", "function", "Logarithm to base 2; of each element of a vector.", _LIST, 1, None),
    Word("ln", "function", "Natural logarithm; of each element of a vector.", _LIST, 1, None),
    Word("log", "function", "Logarithm to base 10; of each element of a vector.", _LIST, 1, None),
    Word("rand", "function", "A random number from 0 to 1."),
    Word("time", "function", "Now in UTC, or the time that a text says.", '["text"]', 0, 1),
    Word("stop", "function", "Ends the formula here."),
)
_METHODS = (
    Word("GetSample", "method", "Samples, one each 30 s: so many, or a time's.", "start[, end][, percent]", 1, 3),
    Word("GetSamplePercent", "method", "How many percent of a time's samples are there.", "start[, end]", 1, 2),
    Word("GetSamplePeriod", "method", "Time between two samples."),
    Word("Count", "method", "How many samples there are."),
    Word("HistoryBeginTime", "method", "Time of the oldest sample."),
)
_FIELDS = (
    Word("year", "field", "The year."),
    Word("month", "field", "The month, 1 to 12."),
    Word("day", "field", "The day of the month, 1 to 31."),
    Word("weekday", "field", "The day of the week: 1 for Monday, 5 for Friday, 0 for Sunday."),
    Word("hour", "field", "The hour, 0 to 23."),
    Word("minute", "field", "The minute, 0 to 59."),
    Word("second", "field", "The second, 0 to 59."),
)
_INTERVALS = tuple(
    Word(f"TimeInterval_{name}", "interval", what)
    for name, what in (
        ("Zero", "No time."),
        ("100ns", "100 nanoseconds."),
        ("Microsecond", "A microsecond."),
        ("Millisecond", "A millisecond."),
        ("Second", "A second: TimeInterval_Second * 30."),
        ("Minute", "A minute: TimeInterval_Minute * 15."),
        ("Hour", "An hour."),
        ("Day", "A day."),
        ("Week", "A week."),
        ("Year", "A year."),
    )
)
_OPTIONS = (
    Word("requeue", "option", "Tasks are stopped and wait for another node. The default."),
    Word("terminate", "option", "Tasks are stopped and given up."),
    Word("taskcompletion", "option", "Nodes leave once their tasks have ended."),
    Word("retaineddata", "option", "Nodes leave once their tasks' files have gone; deprecated.", offered=False),
)

WORDS: tuple[Word, ...] = (
    *_TARGETS,
    *_METRICS,
    *_NUMBERS,
    *_FUNCTIONS,
    *_METHODS,
    *_FIELDS,
    *_INTERVALS,
    *_OPTIONS,
)
"""All words, in the order in which they are best offered."""

VARIABLES = {word.name: word for word in (*_TARGETS, *_METRICS, *_NUMBERS)}
FUNCTIONS = {word.name: word for word in _FUNCTIONS}
METHODS = {word.name: word for word in _METHODS}
FIELDS = {word.name: word for word in _FIELDS}
INTERVALS = {word.name: word for word in _INTERVALS}
OPTIONS = {word.name: word for word in _OPTIONS}
