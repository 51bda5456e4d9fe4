"""What the service says that a formula gives for a pool now."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from batch_widgets.autoscale.vocabulary import ALIASES, DEDICATED, LOW_PRIORITY

if TYPE_CHECKING:
    from datetime import datetime

_VARIABLE = re.compile(r"(?:^|;)\s*(\$?[A-Za-z_][A-Za-z0-9_]*)=(?!=)")


@dataclass(frozen=True, slots=True)
class AutoScaleError:
    """Why a formula could not be evaluated.

    Parameters
    ----------
    code : str
        The service's code, such as ``"AutoScalingFormulaSyntaxError"``.
    message : str
        The service's words.
    values : tuple of (str, str)
        The service's details, such as the place in the formula.
    """

    code: str
    message: str
    values: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class AutoScaleEvaluation:
    """What a formula gives for a pool at a time; nothing of the pool was changed.

    Parameters
    ----------
    pool_id : str
        The pool.
    time : datetime, optional
        When it was evaluated, in UTC; None where the service refused the formula before.
    variables : tuple of (str, str)
        Each variable with its value as the service writes it; after an error those that were set before.
    error : AutoScaleError, optional
        Why it failed; None where it did not.
    """

    pool_id: str
    time: datetime | None
    variables: tuple[tuple[str, str], ...]
    error: AutoScaleError | None = None

    @property
    def target_dedicated_nodes(self) -> int | None:
        """Dedicated nodes that the pool would get; None where the formula doesn't say."""
        return self._target(DEDICATED)

    @property
    def target_low_priority_nodes(self) -> int | None:
        """Spot nodes that the pool would get; None where the formula doesn't say."""
        return self._target(LOW_PRIORITY)

    def _target(self, name: str) -> int | None:
        if self.error is not None:
            return None
        given = dict(self.variables)
        for known in (name, *(alias for alias, full in ALIASES.items() if full == name)):
            try:
                return max(0, int(float(given[known])))
            except (KeyError, ValueError, OverflowError):
                continue
        return None


def parse_results(results: str) -> tuple[tuple[str, str], ...]:
    """Split what the service writes as ``$name=value;$name=value``; a value may hold a semicolon itself."""
    found = list(_VARIABLE.finditer(results))
    ends = [*(match.start() for match in found[1:]), len(results)]
    return tuple((match.group(1), results[match.end() : end].strip()) for match, end in zip(found, ends, strict=False))
