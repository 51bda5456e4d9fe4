"""What functions and methods take, and what they give."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batch_widgets.autoscale.dates import is_date
from batch_widgets.autoscale.kinds import SHOWN
from batch_widgets.autoscale.vocabulary import FUNCTIONS, METHODS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from batch_widgets.autoscale.checker import Value
    from batch_widgets.autoscale.findings import Findings
    from batch_widgets.autoscale.kinds import Kind
    from batch_widgets.autoscale.syntax import Step
    from batch_widgets.autoscale.vocabulary import Word

_COMPONENTWISE = {"ceil", "floor", "round", "lg", "ln", "log"}
_MOMENTS: tuple[Kind, ...] = ("timeinterval", "timestamp")
_PERCENT: tuple[Kind, ...] = ("double",)
_GIVES: dict[str, Kind] = {
    "GetSample": "doubleVec",
    "GetSamplePercent": "double",
    "GetSamplePeriod": "timeinterval",
    "Count": "double",
    "HistoryBeginTime": "timestamp",
}


class CallRules:
    """Checks calls, and remembers which metrics are judged by their last sample alone.

    Parameters
    ----------
    findings : Findings
        Where to note what is wrong.
    """

    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self._last_samples: dict[str, Step] = {}
        self._windows: set[str] = set()

    def function(self, step: Step, arguments: Sequence[Value]) -> Kind | None:
        """Check a call of a known function; give the kind of its value, None where that is not known."""
        word = FUNCTIONS[step.text]
        if not self._counted(word, step, arguments):
            return "timestamp" if step.text == "time" else None
        if step.text == "stop":
            return None
        if step.text == "time":
            self._time(step, arguments)
            return "timestamp"
        if step.text in {"percentile", "val"}:
            self._kinds(step, arguments[:1], "doubleVec")
            self._kinds(step, arguments[1:], "double")
            return "double"
        self._kinds(step, arguments, "double", "doubleVec")
        if step.text not in _COMPONENTWISE:
            return "double"
        return arguments[0].kind if len(arguments) == 1 else "doubleVec"

    def method(self, step: Step, owner: Value, arguments: Sequence[Value]) -> Kind | None:
        """Check a call of a known method; give the kind of its value."""
        if not owner.variable:
            self._findings.add(
                f"{step.text} is a method of the service's metrics, such as $PendingTasks.{step.text}(…).",
                step.start,
                step.start + len(step.text),
            )
        elif self._counted(METHODS[step.text], step, arguments):
            if step.text == "GetSample":
                self._get_sample(step, owner, arguments)
            else:
                self._kinds(step, arguments, *_MOMENTS)
        return _GIVES[step.text]

    def finish(self) -> None:
        """Note the metrics that are judged by their last sample alone."""
        for name, step in self._last_samples.items():
            if name not in self._windows:
                self._findings.add(
                    f"GetSample(1) is the last sample, however old. Look at a time too, such as "
                    f"{name}.GetSample(TimeInterval_Minute * 15).",
                    step.start,
                    step.end,
                    "warning",
                )

    def _get_sample(self, step: Step, owner: Value, arguments: Sequence[Value]) -> None:
        if len(arguments) == 1:
            self._kinds(step, arguments, "double", *_MOMENTS)
            if arguments[0].literal and float(arguments[0].literal) == 1:
                self._last_samples.setdefault(owner.variable, step)
            else:
                self._windows.add(owner.variable)
            return
        self._windows.add(owner.variable)
        self._kinds(step, arguments[:1], *_MOMENTS)
        self._kinds(step, arguments[1:2], *_MOMENTS, *(_PERCENT if len(arguments) == 2 else ()))
        self._kinds(step, arguments[2:], "double")

    def _counted(self, word: Word, step: Step, arguments: Sequence[Value]) -> bool:
        count = len(arguments)
        if word.least <= count and (word.most is None or count <= word.most):
            return True
        if word.most is None:
            wanted = f"at least {word.least}"
        elif word.least == word.most:
            wanted = str(word.least or "no")
        else:
            wanted = f"{word.least} to {word.most}"
        plural = "" if wanted in {"1", "at least 1"} else "s"
        self._findings.add(
            f"{step.text} takes {wanted} argument{plural}, not {count}: {step.text}({word.takes}).",
            step.start,
            step.end,
        )
        return False

    def _kinds(self, step: Step, arguments: Sequence[Value], *allowed: Kind) -> None:
        for argument in arguments:
            if argument.kind is not None and argument.kind not in allowed:
                wanted = " or ".join(SHOWN[kind] for kind in allowed)
                self._findings.add(
                    f"{step.text} takes {wanted} here, not {SHOWN[argument.kind]}.", argument.start, argument.end
                )

    def _time(self, step: Step, arguments: Sequence[Value]) -> None:
        self._kinds(step, arguments, "string")
        for argument in arguments:
            if argument.kind == "string" and argument.literal and not is_date(argument.literal[1:-1]):
                self._findings.add(
                    'time can\'t read this. Write "2026-01-31T18:00:00Z" or "Sat, 31 Jan 2026 18:00:00 GMT".',
                    argument.start,
                    argument.end,
                )
