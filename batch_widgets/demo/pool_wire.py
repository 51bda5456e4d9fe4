"""Pools as the service writes them."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING

from .wire import JsonObject, http_date, timestamp

if TYPE_CHECKING:
    from .state import Pool, State


def pool_url(state: State, pool: Pool) -> str:
    """Return the address of a pool."""
    return f"{state.base_url}/pools/{pool.id}"


def versions(pool: Pool) -> dict[str, str]:
    """Return the headers that tell a version of a pool from the next."""
    return {"ETag": f'"{pool.tag}"', "Last-Modified": http_date(pool.modified)}


def pool_to_wire(state: State, pool: Pool, *, stats: bool = False) -> JsonObject:
    """Return a pool: first what the service says, then what the client gave, with the defaults filled in."""
    given = deepcopy(pool.given)
    own: JsonObject = {
        "id": pool.id,
        "url": pool_url(state, pool),
        "eTag": pool.tag,
        "lastModified": timestamp(pool.modified),
        "creationTime": timestamp(pool.created),
        "state": pool.state,
        "stateTransitionTime": timestamp(pool.state_changed),
        "allocationState": pool.allocation_state,
        "allocationStateTransitionTime": timestamp(pool.allocation_changed),
        "vmSize": given["vmSize"],
        "resizeTimeout": pool.resize_timeout,
        "currentDedicatedNodes": pool.count(dedicated=True),
        "targetDedicatedNodes": pool.targets[True],
        "currentLowPriorityNodes": pool.count(dedicated=False),
        "targetLowPriorityNodes": pool.targets[False],
        "enableAutoScale": pool.auto_scale is not None,
        "enableInterNodeCommunication": given.get("enableInterNodeCommunication", False),
        "taskSlotsPerNode": given.get("taskSlotsPerNode", 1),
        "taskSchedulingPolicy": {"nodeFillType": "spread", **given.get("taskSchedulingPolicy", {})},
        "currentNodeCommunicationMode": "simplified",
    }
    if pool.auto_scale is not None:
        own["autoScaleFormula"] = pool.auto_scale.formula
        own["autoScaleEvaluationInterval"] = pool.auto_scale.interval
        if pool.auto_scale.run is not None:
            own["autoScaleRun"] = deepcopy(pool.auto_scale.run)
    if pool.resize_errors:
        own["resizeErrors"] = deepcopy(pool.resize_errors)
    if stats:
        own["stats"] = _statistics(state, pool)
    _fill_in(given)
    return {**own, **{name: value for name, value in given.items() if name not in own}}


def _statistics(state: State, pool: Pool) -> JsonObject:
    """Return what the pool has used so far; no node has anything to do, so resources are not told."""
    span = {"startTime": timestamp(pool.created), "lastUpdateTime": timestamp(state.now())}
    hours = pool.core_seconds(state.now()) / 3600
    usage = {**span, "dedicatedCoreTime": f"PT{hours:.4f}H"}
    return {"url": f"{pool_url(state, pool)}/stats", **span, "usageStats": usage}


def _fill_in(given: JsonObject) -> None:
    """Put in the defaults of nested properties that the service tells."""
    for name in ("autoScaleFormula", "autoScaleEvaluationInterval"):
        given.pop(name, None)  # of a pool that no longer scales by itself
    reference = given["virtualMachineConfiguration"]["imageReference"]
    if "publisher" in reference:
        reference.setdefault("version", "latest")
    task = given.get("startTask")
    if task is not None:
        task.setdefault("maxTaskRetryCount", 0)
        task.setdefault("waitForSuccess", True)
        task.setdefault("userIdentity", {"autoUser": {"scope": "task", "elevationLevel": "nonadmin"}})
