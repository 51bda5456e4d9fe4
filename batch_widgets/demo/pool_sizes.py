"""The operations on the size of pools."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from .allocation import begin_resize, remove_nodes, stop_resize
from .autoscaling import begin_auto_scale, dry_run
from .conditions import pool_to_change
from .errors import BatchError, invalid_property, missing_property
from .pool_rules import check_auto_scale, check_resize_timeout, check_targets
from .pool_wire import pool_url, versions
from .wire import Answer

if TYPE_CHECKING:
    from .request import Request
    from .state import Pool, State

MOST_REMOVED = 100
_LEAST_BETWEEN_ENABLING = timedelta(seconds=30)


class PoolSizeOperations:
    """What a client can do with the size of pools."""

    def __init__(self, state: State) -> None:
        self._state = state

    def resize_pool(self, request: Request) -> Answer:
        """Start to bring a pool to another size."""
        pool = pool_to_change(self._state, request)
        body = request.json("PoolResizeParameter")
        check_targets(body)
        check_resize_timeout(body)
        if pool.auto_scale is not None:
            raise BatchError("OperationNotValidOnPool", Reason="The pool sets its size by a formula.")
        _require_steady(pool)
        now = self._state.now()
        for kind, name in ((True, "targetDedicatedNodes"), (False, "targetLowPriorityNodes")):
            pool.targets[kind] = body.get(name, pool.targets[kind])
        pool.resize_timeout = body.get("resizeTimeout", "PT15M")
        self._state.touch(pool, now)
        begin_resize(self._state, pool, now)
        return self._changed(202, pool)

    def stop_pool_resize(self, request: Request) -> Answer:
        """Stop the resize of a pool."""
        pool = pool_to_change(self._state, request)
        if pool.allocation_state == "stopping":
            raise BatchError("PoolBeingResized")
        if pool.allocation_state == "steady":
            raise BatchError("OperationInvalidForCurrentState", Reason="The pool is not being resized.")
        stop_resize(self._state, pool, self._state.now())
        return self._changed(202, pool)

    def remove_nodes(self, request: Request) -> Answer:
        """Start to take nodes out of a pool."""
        pool = pool_to_change(self._state, request)
        body = request.json("NodeRemoveParameter")
        check_resize_timeout(body)
        ids = body["nodeList"]
        if not 1 <= len(ids) <= MOST_REMOVED:
            raise invalid_property("nodeList", len(ids), f"Expected 1 to {MOST_REMOVED} nodes.")
        _require_steady(pool)
        nodes = [self._state.node(pool.id, node_id)[1] for node_id in dict.fromkeys(ids)]
        now = self._state.now()
        pool.resize_timeout = body.get("resizeTimeout", "PT15M")
        self._state.touch(pool, now)
        remove_nodes(self._state, pool, nodes, now)
        return self._changed(202, pool)

    def enable_pool_auto_scale(self, request: Request) -> Answer:
        """Let a pool set its size by a formula."""
        pool = pool_to_change(self._state, request)
        body = request.json("PoolEnableAutoScaleParameter", optional=True)
        now = self._state.now()
        current = pool.auto_scale
        if current is None:
            if "autoScaleFormula" not in body:
                raise missing_property("autoScaleFormula", "The pool has no formula yet.")
            _require_steady(pool)
        elif not body:
            raise BatchError("InvalidAutoScalingSettings", Reason="Give a formula, an evaluation interval, or both.")
        if pool.auto_scale_enabled is not None and now - pool.auto_scale_enabled < _LEAST_BETWEEN_ENABLING:
            raise BatchError("TooManyEnableAutoScaleRequests")
        if current is not None:
            body = {"autoScaleFormula": current.formula, "autoScaleEvaluationInterval": current.interval, **body}
        check_auto_scale(body)
        begin_auto_scale(self._state, pool, body)
        pool.auto_scale_enabled = now
        self._state.touch(pool, now)
        return self._changed(200, pool)

    def disable_pool_auto_scale(self, request: Request) -> Answer:
        """Let a pool keep the size it has."""
        pool = self._state.changeable_pool(request.path["poolId"])
        _require_auto_scale(pool)
        pool.auto_scale = None
        self._state.touch(pool, self._state.now())
        return self._changed(200, pool)

    def evaluate_pool_auto_scale(self, request: Request) -> Answer:
        """Tell what a formula would give, without any effect."""
        pool = self._state.changeable_pool(request.path["poolId"])
        body = request.json("PoolEvaluateAutoScaleParameter")
        _require_auto_scale(pool)
        run = dry_run(self._state, pool, body["autoScaleFormula"])
        kind = "Microsoft.Azure.Batch.Protocol.Entities.AutoScaleRun"
        answer = self._changed(200, pool)
        return Answer(200, {"odata.metadata": f"{self._state.base_url}/$metadata#{kind}", **run}, answer.headers)

    def _changed(self, status: int, pool: Pool) -> Answer:
        return Answer(status, headers={**versions(pool), "DataServiceId": pool_url(self._state, pool)})


def _require_steady(pool: Pool) -> None:
    if pool.allocation_state != "steady":
        raise BatchError("PoolBeingResized")


def _require_auto_scale(pool: Pool) -> None:
    if pool.auto_scale is None:
        raise BatchError("OperationNotValidOnPool", Reason="Automatic scaling is not enabled on the pool.")
