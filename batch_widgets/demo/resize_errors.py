"""The errors that a resize can end with: what the pool tells in ``resizeErrors``."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .wire import JsonObject

ON_REQUEST: Mapping[str, str] = MappingProxyType(
    {
        "AccountVMSeriesCoreQuotaReached": "The specified account has reached its quota of cores of the VM series.",
        "AccountSpotCoreQuotaReached": "The specified account has reached its quota of Spot cores.",
        "AllocationFailed": "Desired number of dedicated nodes could not be allocated.",
        "DependentResourceNotFound": "A resource that the pool depends on was not found.",
        "DiskEncryptionFailure": "The disks of the nodes could not be encrypted.",
        "FailedIdentityOperation": "An identity of the pool could not be assigned to the nodes.",
        "IncompatibleVMSize": "The VM size does not fit the configuration of the pool.",
        "OperationsRestrictedByPolicy": "A policy of the subscription forbids the allocation.",
        "OverconstrainedAllocationRequestError": "The allocation request has too many constraints.",
        "RemoveNodesFailed": "One or more nodes could not be removed from the pool.",
        "UnsupportedVMSize": "The VM size is not supported.",
    }
)
"""Codes that the service knows and the simulation never comes to by itself, but for AllocationFailed; with a message.

The messages are ours.
"""

REMOVE_NODES_FAILED = "RemoveNodesFailed"


def resize_error(code: str, message: str, **values: object) -> JsonObject:
    """Return an error of a resize as the service writes it."""
    error: JsonObject = {"code": code, "message": message}
    if values:
        error["values"] = [{"name": name, "value": str(value)} for name, value in values.items()]
    return error


def on_request(code: str) -> JsonObject:
    """Return the error of a resize that was to go wrong."""
    return resize_error(code, ON_REQUEST[code], Reason="The simulated service was asked for this error.")
