"""How nodes come up, go down and come back, on the service's clock.

At speed 1 a node takes about 60 seconds from creating to idle.
"""

from __future__ import annotations

import hashlib
import math
from typing import TYPE_CHECKING

from .start_task import StartTaskRun, task_environment
from .state import USABLE

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from .state import Node, Pool, State

CREATING_S = 35.0
STARTING_S = 23.0
REBOOTING_S = 30.0
REIMAGING_S = 75.0
DEALLOCATING_S = 20.0
PREEMPTED_S = 180.0
LEAVE_S = 10.0


def boot(state: State, pool: Pool, node: Node, moment: datetime) -> None:
    """Have a new node come up."""
    pace = _pace(node)

    def starting(when: datetime) -> None:
        node.enter("starting", when)
        _later(state, node, when, STARTING_S * pace, lambda then: _come_up(state, pool, node, then))

    _later(state, node, moment, CREATING_S * pace, starting)


def reboot(state: State, pool: Pool, node: Node, moment: datetime) -> None:
    """Restart a node; its disk and users stay, its start task runs again."""
    _go_down(state, node, "rebooting", moment)
    _later(state, node, moment, REBOOTING_S * _pace(node), lambda when: _come_up(state, pool, node, when))


def reimage(state: State, pool: Pool, node: Node, moment: datetime) -> None:
    """Install a node's operating system anew."""
    _go_down(state, node, "reimaging", moment)
    node.wipe()
    _later(state, node, moment, REIMAGING_S * _pace(node), lambda when: _come_up(state, pool, node, when))


def deallocate(state: State, node: Node, moment: datetime) -> None:
    """Give a node's machine back; its disk stays."""
    _go_down(state, node, "deallocating", moment)
    _later(state, node, moment, DEALLOCATING_S * _pace(node), lambda when: node.enter("deallocated", when))


def start(state: State, pool: Pool, node: Node, moment: datetime) -> None:
    """Start a deallocated node."""
    _go_down(state, node, "starting", moment)
    _later(state, node, moment, STARTING_S * _pace(node), lambda when: _come_up(state, pool, node, when))


def preempt(state: State, pool: Pool, node: Node, moment: datetime) -> None:
    """Take a Spot node's machine away; the pool gets another under the same id a while later."""
    _go_down(state, node, "preempted", moment)
    node.wipe()

    def starting(when: datetime) -> None:
        start(state, pool, node, when)

    _later(state, node, moment, PREEMPTED_S, starting)


def break_down(state: State, node: Node, moment: datetime) -> None:
    """Let the service lose touch with a node for good."""
    _go_down(state, node, "unusable", moment)


def leave(state: State, pool: Pool, node: Node, moment: datetime) -> None:
    """Let a node leave its pool; nobody logs in to it any more."""
    if node.state == "leavingpool":
        return
    node.enter("leavingpool", moment)
    node.boot_number += 1
    state.on_node_leaving(node)

    def gone(when: datetime) -> None:
        if pool.nodes.pop(node.id, None) is not None:
            pool.past_core_seconds += (when - node.allocated).total_seconds() * pool.size.vcpus

    state.at(moment, LEAVE_S, gone)


def _go_down(state: State, node: Node, name: str, moment: datetime) -> None:
    node.boot_number += 1
    node.enter(name, moment)
    state.on_node_down(node)


def _come_up(state: State, pool: Pool, node: Node, moment: datetime) -> None:
    node.booted = node.machine.booted = moment
    if node.boot_number == 0 and _chance(node, "unusable") < state.troubles.unusable_share:
        break_down(state, node, moment)
        return
    if not node.dedicated and state.troubles.spot_life_s is not None:
        life_s = -math.log(1 - _chance(node, "preempted")) * state.troubles.spot_life_s
        _later(state, node, moment, life_s, lambda when: preempt(state, pool, node, when), awaited=False)
    _run_start_task(state, pool, node, moment)


def _run_start_task(state: State, pool: Pool, node: Node, moment: datetime) -> None:
    task = pool.given.get("startTask")
    if task is None:
        node.start_task = None
        _become_ready(node, moment)
        return
    environment = task_environment(
        account_name=state.account_name,
        account_url=state.base_url,
        pool_id=pool.id,
        node_id=node.id,
        dedicated=node.dedicated,
        windows=pool.is_windows,
    )
    run = StartTaskRun.of(task, environment, node.machine, started=moment, windows=pool.is_windows)
    node.start_task = run
    if not task.get("waitForSuccess", True):
        _become_ready(node, moment)
        return
    node.enter("waitingforstarttask", moment)
    if run.duration_s is None:
        return

    def ended(when: datetime) -> None:
        if run.succeeds:
            _become_ready(node, when)
        else:
            node.enter("starttaskfailed", when)

    _later(state, node, moment, run.duration_s, ended)


def _become_ready(node: Node, moment: datetime) -> None:
    node.enter("idle" if node.scheduling else "offline", moment)


def set_scheduling(node: Node, moment: datetime, *, enabled: bool) -> None:
    """Have tasks given to a node, or no longer."""
    node.scheduling = enabled
    if node.state in USABLE | {"offline"}:
        _become_ready(node, moment)


def _later(
    state: State,
    node: Node,
    moment: datetime,
    seconds: float,
    act: Callable[[datetime], None],
    *,
    awaited: bool = True,
) -> None:
    """Do something to a node a while later, unless something else has happened to it by then."""
    number = node.boot_number

    def unless_overtaken(when: datetime) -> None:
        if node.boot_number == number:
            act(when)

    state.at(moment, seconds, unless_overtaken, awaited=awaited)


def _pace(node: Node) -> float:
    """Return how fast a node is: the ids' digits spread the nodes over plus or minus 5 %, the same way in each run."""
    return 0.95 + int(node.id[6:10], 16) / 0xFFFF * 0.1


def _chance(node: Node, what: str) -> float:
    """Return a number from 0 to below 1 that follows from the seed."""
    digest = hashlib.sha256(f"{node.id}\0{node.boot_number}\0{what}".encode()).digest()
    return int.from_bytes(digest[:4], "big") / 2**32
