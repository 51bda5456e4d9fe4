"""How pools reach their size and nodes their states, on the service's clock.

At speed 1 a node takes about 60 seconds from creating to idle. Nodes are allocated in a few steps, `STEP_S` apart.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from .clock import later
from .start_task import StartTaskRun, task_environment

if TYPE_CHECKING:
    from datetime import datetime

    from .state import Node, Pool, State
    from .wire import JsonObject

STEP_S = 5.0
LEAVE_S = 10.0
DELETE_S = 15.0
STOP_S = 3.0
CREATING_S = 35.0
STARTING_S = 23.0


def begin_resize(state: State, pool: Pool, moment: datetime) -> None:
    """Start to bring a pool to its targets."""
    pool.resize_number += 1
    number = pool.resize_number
    pool.resize_errors = []
    if all(len(pool.staying(dedicated=kind)) == target for kind, target in pool.targets.items()) and (
        len(pool.nodes) == sum(pool.targets.values())
    ):
        return
    _enter(pool, "resizing", moment)
    for kind, target in pool.targets.items():
        for node in pool.staying(dedicated=kind)[target:][::-1]:
            leave(state, pool, node, moment)
    _schedule_step(state, pool, number, moment)


def stop_resize(state: State, pool: Pool, moment: datetime) -> None:
    """Stop a resize; the nodes that are there stay."""
    pool.resize_number += 1
    number = pool.resize_number
    _enter(pool, "stopping", moment)

    def finish(when: datetime) -> None:
        if pool.resize_number == number:
            pool.resize_errors = [resize_error("ResizeStopped", "The resize of the pool was stopped.")]
            _enter(pool, "steady", when)

    state.at(moment, STOP_S, finish)


def delete_pool(state: State, pool: Pool, moment: datetime) -> None:
    """Start to delete a pool; it is gone a while later."""
    pool.resize_number += 1
    pool.state = "deleting"
    pool.state_changed = moment
    if pool.nodes:
        _enter(pool, "resizing", moment)
    for node in list(pool.nodes.values()):
        leave(state, pool, node, moment)
    state.at(moment, DELETE_S, lambda _: state.forget_pool(pool))


def leave(state: State, pool: Pool, node: Node, moment: datetime) -> None:
    """Let a node leave its pool; nobody logs in to it any more."""
    if node.state == "leavingpool":
        return
    node.enter("leavingpool", moment)
    state.on_node_leaving(node)

    def gone(_when: datetime) -> None:
        pool.nodes.pop(node.id, None)

    state.at(moment, LEAVE_S, gone)


def add_ready_nodes(state: State, pool: Pool, moment: datetime) -> None:
    """Fill a pool with nodes that have been idle for a while."""
    pool.resize_number += 1
    for kind, target in pool.targets.items():
        while len(pool.staying(dedicated=kind)) < target:
            node = state.add_node(pool, later(moment, -60), dedicated=kind)
            node.booted = later(moment, -20)
            node.enter("idle", moment)
    _enter(pool, "steady", moment)


def resize_error(code: str, message: str, **values: object) -> JsonObject:
    """Return an error of a resize as the service writes it."""
    error: JsonObject = {"code": code, "message": message}
    if values:
        error["values"] = [{"name": name, "value": str(value)} for name, value in values.items()]
    return error


def _schedule_step(state: State, pool: Pool, number: int, moment: datetime) -> None:
    def step(when: datetime) -> None:
        if pool.resize_number == number:
            _step(state, pool, number, when)

    state.at(moment, STEP_S, step)


def _step(state: State, pool: Pool, number: int, moment: datetime) -> None:
    """Allocate a part of the nodes that are missing; end the resize when none is or none can be."""
    if error := _mismatch(state, pool):
        pool.resize_errors = [error] if any(pool.targets.values()) else []
        _finish(pool, moment)
        return
    reached = True
    errors = []
    for kind, target in pool.targets.items():
        missing = target - len(pool.staying(dedicated=kind))
        wanted = min(missing, max(1, math.ceil(target / 3)))
        granted = max(0, min(wanted, _room(state, pool, dedicated=kind)))
        for _ in range(granted):
            _boot(state, pool, state.add_node(pool, moment, dedicated=kind), moment)
        if granted < wanted:
            errors.append(_quota_error(state, pool, dedicated=kind))
        elif missing > granted:
            reached = False
    pool.resize_errors = errors
    leaving = any(node.state == "leavingpool" for node in pool.nodes.values())
    if reached and not leaving:
        _finish(pool, moment)
    else:
        _schedule_step(state, pool, number, moment)


def _finish(pool: Pool, moment: datetime) -> None:
    _enter(pool, "steady", moment)


def _room(state: State, pool: Pool, *, dedicated: bool) -> int:
    quota = state.quota.dedicated_cores if dedicated else state.quota.spot_cores
    return (quota - state.cores_in_use(dedicated=dedicated)) // pool.size.vcpus


def _quota_error(state: State, pool: Pool, *, dedicated: bool) -> JsonObject:
    code = "AccountCoreQuotaReached" if dedicated else "AccountLowPriorityCoreQuotaReached"
    kind = "dedicated" if dedicated else "Spot"
    quota = state.quota.dedicated_cores if dedicated else state.quota.spot_cores
    return resize_error(
        code,
        f"The specified account has reached its quota of {kind} cores.",
        Quota=quota,
        CoresPerNode=pool.size.vcpus,
    )


def _mismatch(state: State, pool: Pool) -> JsonObject | None:
    """Return the allocation's error when the image's generation does not boot on the VM size."""
    reference = pool.given["virtualMachineConfiguration"]["imageReference"]
    images = state.images.find(reference)
    if not images:
        return None
    generation = "V2" if "Generation2VMImage" in images[0].get("capabilities", ()) else "V1"
    if generation in pool.size.generations:
        return None
    return resize_error(
        "AllocationFailed",
        "Desired number of dedicated nodes could not be allocated.",
        Reason=f"The VM size '{pool.size.name}' cannot boot Hypervisor Generation '{generation[1]}'. If this was a "
        "create operation, use an image of the other generation or another VM size.",
    )


def _boot(state: State, pool: Pool, node: Node, moment: datetime) -> None:
    """Have a new node go through its states."""
    # The digits of the id spread the nodes over plus or minus 5 %, the same way in each run.
    pace = 0.95 + int(node.id[6:10], 16) / 0xFFFF * 0.1

    def starting(when: datetime) -> None:
        if node.state == "creating":
            node.enter("starting", when)
            state.at(when, STARTING_S * pace, ready)

    def ready(when: datetime) -> None:
        if node.state == "starting":
            node.booted = when
            _run_start_task(state, pool, node, when)

    state.at(moment, CREATING_S * pace, starting)


def _run_start_task(state: State, pool: Pool, node: Node, moment: datetime) -> None:
    task = pool.given.get("startTask")
    if task is None:
        node.enter("idle", moment)
        return
    environment = task_environment(
        account_name=state.account_name,
        account_url=state.base_url,
        pool_id=pool.id,
        node_id=node.id,
        dedicated=node.dedicated,
        windows=pool.is_windows,
    )
    run = StartTaskRun.of(
        task,
        environment,
        started=moment,
        hostname=node.hostname,
        vcpus=pool.size.vcpus,
        image=pool.given["virtualMachineConfiguration"],
        windows=pool.is_windows,
    )
    node.start_task = run
    waits = task.get("waitForSuccess", True)
    node.enter("waitingforstarttask" if waits else "idle", moment)
    if not waits or run.duration_s is None:
        return

    def ended(when: datetime) -> None:
        if node.state == "waitingforstarttask":
            node.enter("idle" if run.succeeds else "starttaskfailed", when)

    state.at(moment, run.duration_s, ended)


def _enter(pool: Pool, allocation_state: str, moment: datetime) -> None:
    if pool.allocation_state != allocation_state:
        pool.allocation_state = allocation_state
        pool.allocation_changed = moment
