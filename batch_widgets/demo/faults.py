"""Faults on demand: what goes wrong between a client and the service, for which requests, and how often."""

from __future__ import annotations

import dataclasses
import math
import random
import threading
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Self

from . import routes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"})
_DEFAULT_SECONDS: Mapping[str, float] = MappingProxyType(
    {"latency": 1.0, "slow": 5.0, "throttle": 1.0, "error": 0.0, "reset": 0.0, "lost": 0.0}
)


@dataclass(frozen=True)
class Fault:
    """Something that goes wrong with requests.

    Parameters
    ----------
    kind
        ``"latency"``: the request is handled after some seconds.
        ``"throttle"``: it is not handled but answered with 429 and ``Retry-After``.
        ``"error"``: it is not handled but answered with 500 or 503.
        ``"reset"``: it is not handled; the connection is reset.
        ``"lost"``: it is handled, and then the connection is reset before the answer.
        ``"slow"``: it is handled at once, and the answer's body takes some seconds to arrive.
    operation
        Only requests of this operation, named as in `DemoService.requests`; all by default.
    method
        Only requests with this verb; all by default.
    times
        How many requests are met; no limit by default.
    share
        Which share of the requests is met, from 0 to 1; which ones follows from the service's seed.
    skip
        How many requests pass untouched first.
    seconds
        Real seconds: those of a ``latency`` (1 by default) or of a ``slow`` answer (5), or what ``Retry-After`` says
        (1; in whole seconds; 0 for an answer without it).
    status
        500 or 503, of an ``error``.

    Examples
    --------
    >>> Fault("throttle", operation="list_nodes", times=2, seconds=3) == Fault.parse(
    ...     "throttle operation=list_nodes times=2 seconds=3"
    ... )
    True
    """

    kind: str
    operation: str | None = None
    method: str | None = None
    times: int | None = None
    share: float = 1.0
    skip: int = 0
    seconds: float | None = None
    status: int = 500

    def __post_init__(self) -> None:
        _check(self.kind in _DEFAULT_SECONDS, "kind", self.kind, f"one of {', '.join(_DEFAULT_SECONDS)}")
        known = self.operation is None or self.operation in routes.OPERATIONS
        _check(known, "operation", self.operation, "such as list_nodes")
        _check(self.method is None or self.method in _METHODS, "method", self.method, "such as GET")
        _check(self.times is None or self.times >= 1, "times", self.times, "1 or more")
        _check(0 <= self.share <= 1, "share", self.share, "from 0 to 1")
        _check(self.skip >= 0, "skip", self.skip, "0 or more")
        _check(self.status in {500, 503}, "status", self.status, "500 or 503")
        if self.seconds is None:
            object.__setattr__(self, "seconds", _DEFAULT_SECONDS[self.kind])
        _check(0 <= self.delay_s < math.inf, "seconds", self.seconds, "0 or more")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the fault that a text describes: its kind, then ``name=value`` for whatever else is to be said.

        Raises
        ------
        ValueError
            If there is something in it that a fault doesn't have.
        """
        kind, *rest = text.split()[:20] or [""]
        convert = {"times": int, "skip": int, "status": int, "share": float, "seconds": float}
        given: dict[str, str | int | float] = {}
        for part in rest:
            name, equals, value = part.partition("=")
            if not equals or name not in {field.name for field in dataclasses.fields(cls)} - {"kind"}:
                msg = f"expected name=value in a fault, not {part!r}"
                raise ValueError(msg)
            try:
                given[name] = convert.get(name, str)(value)
            except ValueError:
                msg = f"{name} of a fault must be a number, not {value!r}"
                raise ValueError(msg) from None
        return cls(kind, **given)  # type: ignore[arg-type]

    @property
    def delay_s(self) -> float:
        """The seconds, those of the kind if none were given."""
        assert self.seconds is not None
        return self.seconds


class Faults:
    """The faults of a service; they may be changed while it runs, from any thread.

    Parameters
    ----------
    seed
        Which requests a share meets follows from it.
    """

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._lock = threading.Lock()
        self._active: list[_Active] = []
        self._added = 0

    def add(self, fault: Fault | str) -> Fault:
        """Let something go wrong from now on; a text is read by `Fault.parse`.

        Raises
        ------
        ValueError
            If the text describes no fault.
        """
        fault = Fault.parse(fault) if isinstance(fault, str) else fault
        with self._lock:
            chance = random.Random(f"{self._seed} {self._added}")  # noqa: S311  it can be repeated
            self._active.append(_Active(fault, chance))
            self._added += 1
        return fault

    def clear(self) -> None:
        """Let nothing go wrong any more."""
        with self._lock:
            self._active.clear()

    def __iter__(self) -> Iterator[Fault]:
        with self._lock:
            faults = [active.fault for active in self._active]
        return iter(faults)

    def __len__(self) -> int:
        with self._lock:
            return len(self._active)

    def take(self, method: str, operation: str) -> list[Fault]:
        """Return what goes wrong with a request; faults that have met as many as they were to are dropped."""
        with self._lock:
            met = [active.fault for active in self._active if active.meets(method, operation)]
            self._active = [active for active in self._active if not active.is_spent]
        return met


@dataclass
class _Active:
    """A fault and what it has met."""

    fault: Fault
    chance: random.Random
    passed: int = 0
    met: int = 0

    @property
    def is_spent(self) -> bool:
        return self.fault.times is not None and self.met >= self.fault.times

    def meets(self, method: str, operation: str) -> bool:
        fault = self.fault
        if fault.operation not in {None, operation} or fault.method not in {None, method}:
            return False
        if self.passed < fault.skip:
            self.passed += 1
            return False
        hit = self.chance.random() < fault.share
        self.met += hit
        return hit


def _check(fine: bool, name: str, value: object, expected: str) -> None:
    if not fine:
        msg = f"{name} of a fault must be {expected}, not {value!r}"
        raise ValueError(msg)
