"""What the tests of the account share: troubles of the service, following an operation, the outcomes of many nodes."""

from __future__ import annotations

from batch_widgets.errors import ServiceError, ThrottledError

SOON = 5.0
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f me"
PAUSE = ThrottledError("Wait.", retry_after_s=0.001)
SERVER_ERROR = ServiceError("Internal.", code="InternalError", status=500)
UNCLEAR = ServiceError("Internal.", code="InternalError", status=500, maybe_done=True)


def follow(operation):
    """Wait for an operation, and give its result and what its progress told on the way."""
    told = []
    operation.observe(lambda change: told.append(change.new), "progress")
    result = operation.result(SOON)
    operation._runner.drain()
    return result, [*told, operation.progress]  # a quick one may have ended before the observer came


def outcomes(frame):
    return dict(zip(frame["node_id"], frame["outcome"], strict=True))


def public(kind):
    return {name for part in kind.__mro__[:-1] for name in vars(part) if not name.startswith("_")}
