"""What can be done to nodes: in which states, how one tells that it was done, and what is lost by it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from batch_widgets.nodes import state_words

if TYPE_CHECKING:
    from batch_widgets.nodes import Node

When = Literal["requeue", "terminate", "taskcompletion"]
"""What becomes of running tasks: they run again elsewhere, they end for good, or they are waited for."""

TASK_CHOICES: dict[When, str] = {
    "requeue": "stop and run again later",
    "terminate": "stop for good",
    "taskcompletion": "are waited for",
}
"""What becomes of running tasks, in words."""

MOST_REMOVED_AT_ONCE = 100
"""How many nodes one call may remove from a pool."""

# Documented for restarts is: only idle or running nodes. People do restart nodes whose start task failed, so what else
# a node takes is left to the service, but for these: they have no machine that could be asked, or are on the way.
_NOT_NOW = frozenset(
    {
        *("creating", "starting", "waitingforstarttask", "rebooting", "reimaging", "upgradingos"),
        *("deallocating", "deallocated", "preempted", "leavingpool"),
    }
)


@dataclass(frozen=True, slots=True)
class NodeAction:
    """One thing that can be done to nodes.

    Parameters
    ----------
    name : str
        Such as ``"reboot"``.
    title : str
        Verb, as a button has it; `after` follows the nodes: “Remove 2 nodes from the pool”.
    doing : str
        What goes on meanwhile, in a few words.
    after : str
        What stands behind the nodes.
    stops_tasks : bool
        True where tasks that run on the node have to be thought of.
    meaning : str
        What becomes of the nodes, running tasks aside, in a sentence or two.
    is_final : bool
        True where what is lost does not come back.
    """

    name: str
    title: str
    doing: str
    after: str = ""
    stops_tasks: bool = True
    meaning: str = ""
    is_final: bool = False

    def words(self, count: int) -> str:
        """Say it of some nodes: ``Disable scheduling on 2 nodes``."""
        return " ".join(filter(None, (self.title, f"{count} node{'' if count == 1 else 's'}", self.after)))

    def why_not(self, node: Node) -> str:
        """Say why the node, in its present state, does not take it; empty where it may."""
        state = state_words(node.state)
        match self.name:
            case "start":
                return "" if node.state == "deallocated" else f"The node is {state}; only a deallocated one is started."
            case "remove":
                return "The node is leaving the pool already." if node.state == "leavingpool" else ""
            case "enable_scheduling" if node.scheduling_state == "enabled":
                return "Scheduling is on already."
            case "disable_scheduling" if node.scheduling_state == "disabled":
                return "Scheduling is off already."
        return f"The node is {state}." if node.state in _NOT_NOW else ""

    def was_done(self, before: Node, now: Node) -> bool:
        """Tell from a look at the node, after an answer was lost, whether the service has taken it."""
        match self.name:
            case "reboot":
                return now.state == "rebooting" or _booted_since(before, now)
            case "reimage":
                return now.state == "reimaging" or _booted_since(before, now)
            case "deallocate":
                return now.state in {"deallocating", "deallocated"}
            case "start":
                return now.state != "deallocated"
            case "enable_scheduling":
                return now.scheduling_state == "enabled"
            case "disable_scheduling":
                return now.scheduling_state == "disabled"
        return now.state == "leavingpool"


def _booted_since(before: Node, now: Node) -> bool:
    return (
        now.last_boot_time is not None
        and before.last_boot_time is not None
        and now.last_boot_time > before.last_boot_time
    )


NODE_ACTIONS: dict[str, NodeAction] = {
    action.name: action
    for action in (
        NodeAction("reboot", "Reboot", "rebooting", meaning="Users and files stay; the start task runs again."),
        NodeAction(
            "reimage",
            "Reimage",
            "reimaging",
            meaning="The operating system is installed anew: users and all files on the nodes are lost. "
            "The start task runs again.",
            is_final=True,
        ),
        NodeAction(
            "deallocate",
            "Deallocate",
            "deallocating",
            meaning="The machines are given back until the nodes are started again; temporary disks are lost.",
            is_final=True,
        ),
        NodeAction(
            "start", "Start", "starting", stops_tasks=False, meaning="They get machines again; the start task runs."
        ),
        NodeAction(
            "disable_scheduling",
            "Disable scheduling on",
            "switching scheduling off",
            meaning="They are offline then: no new tasks and no new users, until scheduling is enabled again.",
        ),
        NodeAction(
            "enable_scheduling",
            "Enable scheduling on",
            "switching scheduling on",
            stops_tasks=False,
            meaning="They get tasks again.",
        ),
        NodeAction(
            "remove",
            "Remove",
            "removing",
            after="from the pool",
            meaning="The machines are deleted with their users and files, and the pool becomes that much smaller.",
            is_final=True,
        ),
    )
}
"""The actions by name, in the order of their buttons."""
