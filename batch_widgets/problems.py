"""What can be wrong with an input: a field, a message, and how bad it is."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field as dataclass_field
from typing import Literal

from batch_widgets.texts import MOST_SHOWN, for_terminal

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that is wrong, or that deserves a second look.

    Parameters
    ----------
    field : str
        The trait or argument that it belongs to, such as ``"pool_id"``.
    message : str
        What is wrong and what to do, in a sentence.
    severity : {"error", "warning"}
        An error blocks, a warning does not.
    rule : str
        The rule that is broken, by the name under which the documentation lists it; empty where it has none.
    """

    field: str
    message: str
    severity: Severity = "error"
    rule: str = dataclass_field(default="", compare=False)

    def __str__(self) -> str:
        return for_terminal(f"{self.severity}: {self.field}: {self.message}", MOST_SHOWN)


def errors_of(problems: tuple[Problem, ...]) -> tuple[Problem, ...]:
    """Keep the problems that block."""
    return tuple(problem for problem in problems if problem.severity == "error")
