"""Pools brought in: bodies of requests, answers of the service, texts of either, and the Resource Manager's form."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from batch_widgets.errors import ValidationError
from batch_widgets.pools.arm import from_arm, is_arm
from batch_widgets.pools.places import plain
from batch_widgets.pools.pool import Pool
from batch_widgets.problems import Problem

READ_ONLY = frozenset(
    {
        "odata.metadata",
        "url",
        "eTag",
        "lastModified",
        "creationTime",
        "state",
        "stateTransitionTime",
        "allocationState",
        "allocationStateTransitionTime",
        "resizeErrors",
        "identity",  # which is given to pools through the Resource Manager only
        "currentDedicatedNodes",
        "currentLowPriorityNodes",
        "currentNodeCommunicationMode",
        "autoScaleRun",
        "stats",
    }
)
"""What the service says of a pool and takes from nobody."""

_MACHINE = "virtualMachineConfiguration"


def create_body(source: Any) -> dict[str, Any]:
    """Give the body of the request that makes the pool that `source` describes.

    Parameters
    ----------
    source : str, mapping, Pool, or an object of the SDK
        JSON as the service or the Resource Manager has it, the same as a mapping, a pool of the account, or a
        ``BatchPool`` or ``BatchPoolCreateOptions``.

    Returns
    -------
    dict
        All of it but what only the service can say, such as the state. The service gives no secrets back: a pool of
        the account comes without its passwords and keys.

    Raises
    ------
    ValidationError
        If it is no JSON, or no pool.
    """
    try:
        given = plain(_mapping_of(source))
    except (TypeError, RecursionError) as problem:
        raise _refusal(f"{problem}.") from None
    if is_arm(given):
        given = from_arm(given)
    body = {name: value for name, value in given.items() if name not in READ_ONLY}
    reference = (body.get(_MACHINE) or {}).get("imageReference") if isinstance(body.get(_MACHINE), dict) else None
    if isinstance(reference, dict):
        reference.pop("exactVersion", None)
    if body.get("enableAutoScale") is True:  # answers have targets even so; a request may not
        for name in ("targetDedicatedNodes", "targetLowPriorityNodes", "resizeTimeout"):
            body.pop(name, None)
    return body


def _mapping_of(source: Any) -> Mapping[str, Any]:
    if isinstance(source, Pool):
        source = source.body
    if isinstance(source, str):
        try:
            source = json.loads(source)
        except ValueError as problem:
            raise _refusal(f"This is no JSON: {problem}.") from None
    if hasattr(source, "as_dict"):
        source = source.as_dict()
    if not isinstance(source, Mapping):
        raise _refusal(f"A pool is an object of JSON, not {type(source).__name__}.")
    return source


def _refusal(message: str) -> ValidationError:
    return ValidationError([Problem("pool", message)])
