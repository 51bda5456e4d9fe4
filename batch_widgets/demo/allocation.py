"""How pools reach their size, on the service's clock: nodes are allocated in a few steps, `STEP_S` apart."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from .clock import later
from .node_life import boot, leave
from .resize_errors import REMOVE_NODES_FAILED, on_request, resize_error
from .wire import parse_duration

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from .state import Node, Pool, State
    from .wire import JsonObject

STEP_S = 5.0
DELETE_S = 15.0
STOP_S = 3.0
MOST_COMMUNICATING_NODES = 100


def begin_resize(state: State, pool: Pool, moment: datetime) -> None:
    """Start to bring a pool to its targets."""
    number = _begin(pool, moment)
    if all(len(pool.staying(dedicated=kind)) == target for kind, target in pool.targets.items()) and (
        len(pool.nodes) == sum(pool.targets.values())
    ):
        return
    _enter(pool, "resizing", moment)
    if not _keeps_nodes(state):
        for kind, target in pool.targets.items():
            for node in pool.staying(dedicated=kind)[target:][::-1]:
                leave(state, pool, node, moment)
    _schedule_step(state, pool, number, moment)


def remove_nodes(state: State, pool: Pool, nodes: Iterable[Node], moment: datetime) -> None:
    """Take nodes out of a pool, whose targets become smaller by them."""
    number = _begin(pool, moment)
    _enter(pool, "resizing", moment)
    for node in nodes:
        if node.state != "leavingpool":
            pool.targets[node.dedicated] = max(0, pool.targets[node.dedicated] - 1)
            if not _keeps_nodes(state):
                leave(state, pool, node, moment)
    _schedule_step(state, pool, number, moment)


def stop_resize(state: State, pool: Pool, moment: datetime) -> None:
    """Stop a resize; the nodes that are there stay."""
    number = _begin(pool, moment)
    _enter(pool, "stopping", moment)

    def finish(when: datetime) -> None:
        if pool.resize_number == number:
            pool.resize_errors = [resize_error("ResizeStopped", "The resize of the pool was stopped.")]
            _enter(pool, "steady", when)

    state.at(moment, STOP_S, finish)


def delete_pool(state: State, pool: Pool, moment: datetime) -> None:
    """Start to delete a pool; it is gone a while later."""
    _begin(pool, moment)
    pool.state = "deleting"
    pool.state_changed = moment
    if pool.nodes:
        _enter(pool, "resizing", moment)
    for node in list(pool.nodes.values()):
        leave(state, pool, node, moment)
    state.at(moment, DELETE_S, lambda _: state.forget_pool(pool))


def add_ready_nodes(state: State, pool: Pool, moment: datetime) -> None:
    """Fill a pool with nodes that have been idle for a while."""
    _begin(pool, moment)
    for kind, target in pool.targets.items():
        while len(pool.staying(dedicated=kind)) < target:
            node = state.add_node(pool, later(moment, -60), dedicated=kind)
            node.booted = node.machine.booted = later(moment, -20)
            node.enter("idle", moment)
    _enter(pool, "steady", moment)


def _begin(pool: Pool, moment: datetime) -> int:
    """Let another change of a pool's size overtake those under way; return its number."""
    pool.resize_number += 1
    pool.resize_errors = []
    pool.resize_started = moment
    return pool.resize_number


def _keeps_nodes(state: State) -> bool:
    return state.troubles.resize_error == REMOVE_NODES_FAILED


def _trouble(state: State, pool: Pool) -> JsonObject | None:
    """Return the error that resizes were to end with: those that want more nodes, or fewer, as the error has it."""
    code = state.troubles.resize_error
    if code is None:
        return None
    missing = [target - len(pool.staying(dedicated=kind)) for kind, target in pool.targets.items()]
    met = min(missing) < 0 if code == REMOVE_NODES_FAILED else max(missing) > 0
    return on_request(code) if met else None


def _schedule_step(state: State, pool: Pool, number: int, moment: datetime) -> None:
    def step(when: datetime) -> None:
        if pool.resize_number == number:
            _step(state, pool, number, when)

    state.at(moment, STEP_S, step)


def _step(state: State, pool: Pool, number: int, moment: datetime) -> None:
    """Allocate a part of the nodes that are missing; end the resize when none is or none can be."""
    if error := _trouble(state, pool):
        pool.resize_errors = [error]
        _enter(pool, "steady", moment)
        return
    if error := _mismatch(state, pool):
        pool.resize_errors = [error] if any(pool.targets.values()) else []
        _enter(pool, "steady", moment)
        return
    reached = True
    errors = []
    for kind, target in pool.targets.items():
        missing = target - len(pool.staying(dedicated=kind))
        allowed, refusal = _allowed(state, pool, dedicated=kind)
        wanted = min(missing, max(1, math.ceil(target / 3)))
        granted = max(0, min(wanted, allowed, _free(state, pool)))
        for _ in range(granted):
            boot(state, pool, state.add_node(pool, moment, dedicated=kind), moment)
        if wanted > max(0, allowed):
            errors.append(refusal)
        elif missing > granted:
            reached = False
    leaving = any(node.state == "leavingpool" for node in pool.nodes.values())
    if not reached and moment - pool.resize_started >= parse_duration(pool.resize_timeout):
        reached = True
        errors.append(_timed_out(pool))
    pool.resize_errors = errors
    if reached and not leaving:
        _enter(pool, "steady", moment)
    else:
        _schedule_step(state, pool, number, moment)


def _allowed(state: State, pool: Pool, *, dedicated: bool) -> tuple[int, JsonObject]:
    """Return how many more nodes of a kind a pool may have, and the error of a resize that wants more."""
    kind = "dedicated" if dedicated else "Spot"
    quota = state.quota.dedicated_cores if dedicated else state.quota.spot_cores
    most = (quota - state.cores_in_use(dedicated=dedicated)) // pool.size.vcpus
    if pool.given.get("enableInterNodeCommunication"):
        room = MOST_COMMUNICATING_NODES - len(pool.nodes)
        if room < most:
            return room, resize_error(
                "CommunicationEnabledPoolReachedMaxVMCount",
                "The pool has as many nodes as a pool with inter-node communication can have.",
                Limit=MOST_COMMUNICATING_NODES,
            )
    of_family = state.quota.family_cores.get(pool.size.family) if dedicated else None
    if of_family is not None:
        in_use = state.cores_in_use(dedicated=True, family=pool.size.family)
        room = (of_family - in_use) // pool.size.vcpus
        if room < most:
            return room, resize_error(
                "AccountVMSeriesCoreQuotaReached",
                f"The specified account has reached its quota of dedicated cores for {pool.size.family}.",
                Quota=of_family,
                CoresPerNode=pool.size.vcpus,
            )
    return most, resize_error(
        "AccountCoreQuotaReached" if dedicated else "AccountLowPriorityCoreQuotaReached",
        f"The specified account has reached its quota of {kind} cores.",
        Quota=quota,
        CoresPerNode=pool.size.vcpus,
    )


def _free(state: State, pool: Pool) -> int:
    """Return how many more nodes the region has machines for."""
    if state.quota.region_cores is None:
        return sum(pool.targets.values())
    used = state.cores_in_use(dedicated=True) + state.cores_in_use(dedicated=False)
    return max(0, state.quota.region_cores - used) // pool.size.vcpus


def _timed_out(pool: Pool) -> JsonObject:
    return resize_error(
        "AllocationTimedOut",
        "Desired number of nodes could not be allocated as the resize timeout was reached.",
        ResizeTimeout=pool.resize_timeout,
    )


def _mismatch(state: State, pool: Pool) -> JsonObject | None:
    """Return the allocation's error when the image's generation does not boot on the VM size."""
    images = state.images.find(pool.vm_configuration["imageReference"])
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


def _enter(pool: Pool, allocation_state: str, moment: datetime) -> None:
    if pool.allocation_state != allocation_state:
        pool.allocation_state = allocation_state
        pool.allocation_changed = moment
