"""An Azure Batch service on 127.0.0.1 with simulated nodes, to try things out without an account.

See ``docs/demo-service.md`` for what it does and where it differs from the real service.
"""

from .clock import Clock, InstantClock, ScaledClock, SteppedClock
from .faults import Fault, Faults
from .service import DemoService
from .state import Quota, Troubles

__all__ = [
    "Clock",
    "DemoService",
    "Fault",
    "Faults",
    "InstantClock",
    "Quota",
    "ScaledClock",
    "SteppedClock",
    "Troubles",
]
