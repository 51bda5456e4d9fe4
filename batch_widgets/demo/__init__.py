"""An Azure Batch service on 127.0.0.1 with simulated nodes, to try things out without an account.

See ``docs/demo-service.md`` for what it does and where it differs from the real service.
"""

from .clock import Clock, InstantClock, ScaledClock, SteppedClock
from .service import DemoService
from .state import Quota

__all__ = ["Clock", "DemoService", "InstantClock", "Quota", "ScaledClock", "SteppedClock"]
