"""NodeActions: buttons for what can be done to the selected nodes, asking first in place."""

from __future__ import annotations

import functools
from collections import Counter
from typing import TYPE_CHECKING, Any

from batch_widgets.actions import NODE_ACTIONS, TASK_CHOICES, NodeAction, When
from batch_widgets.errors import BatchWidgetsError
from batch_widgets.nodes import state_counts
from batch_widgets.widgets import lean, markup
from batch_widgets.widgets.controls import button, html, row, styled
from batch_widgets.widgets.lean import show
from batch_widgets.widgets.message import Message

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import ipywidgets
    import pandas as pd

    from batch_widgets.account import BatchAccount
    from batch_widgets.nodes import Node
    from batch_widgets.runner import Operation

_LABELS = {
    "reboot": "Reboot…",
    "reimage": "Reimage…",
    "deallocate": "Deallocate…",
    "start": "Start…",
    "disable_scheduling": "Disable scheduling…",
    "enable_scheduling": "Enable scheduling",
    "remove": "Remove…",
}
_METHODS = {
    "reboot": "reboot_nodes",
    "reimage": "reimage_nodes",
    "deallocate": "deallocate_nodes",
    "start": "start_nodes",
    "disable_scheduling": "disable_scheduling",
    "enable_scheduling": "enable_scheduling",
    "remove": "remove_nodes",
}


class NodeActions(lean.VBox):
    """Does something to the nodes that were handed in last.

    Parameters
    ----------
    account : BatchAccount
        The account.
    follow : callable
        Called with each operation and what it does, such as ``"Reboot 2 nodes"``; it shows the outcomes.
    focus : callable, optional
        Moves the focus to what has a style class.
    """

    def __init__(
        self,
        account: BatchAccount,
        follow: Callable[[Operation[pd.DataFrame], str], object],
        *,
        focus: Callable[[str], object] = lambda _class_name: None,
    ) -> None:
        self._account = account
        self._follow = follow
        self._focus = focus
        self._pool_id = ""
        self._nodes: tuple[Node, ...] = ()
        self.buttons = {name: button(label, _mark(name)) for name, label in _LABELS.items()}
        self._states = html("", "bw-grow")
        self.question = Message()
        self.tasks = styled(
            lean.Dropdown(
                description="Tasks that run on them", options=[(words, when) for when, words in TASK_CHOICES.items()]
            ),
            "bw-select",
        )
        self._tasks_row = row("bw-bar", html(markup.muted("Tasks that run on them")), self.tasks)
        super().__init__((row("bw-bar", *self.buttons.values(), self._states), self.question, self._tasks_row))
        for name, one in self.buttons.items():
            one.on_click(functools.partial(self._on_clicked, NODE_ACTIONS[name]))
        self._close_question()
        self._draw()
        account.add_close_callback(self._draw)

    def set_nodes(self, pool_id: str, nodes: Sequence[Node]) -> None:
        """Say which nodes are selected, and in which state they are now."""
        same = pool_id == self._pool_id and [node.id for node in nodes] == [node.id for node in self._nodes]
        self._pool_id, self._nodes = pool_id, tuple(nodes)
        if not same:
            self._close_question()
        self._draw()

    def _draw(self) -> None:
        if self.is_closed:
            return
        for name, one in self.buttons.items():
            reason = self._why_not(NODE_ACTIONS[name])
            one.disabled = bool(reason)
            one.tooltip = reason or NODE_ACTIONS[name].meaning
        counts = markup.counts_words(state_counts(self._nodes))
        self._states.value = markup.muted(f"Selected: {counts}" if counts else "Select nodes to do something to them.")
        if self._account.closed:
            self._close_question()

    def _why_not(self, action: NodeAction) -> str:
        """Say why no selected node takes it; empty where at least one does."""
        if self._account.closed:
            return "The account was closed."
        if not self._nodes:
            return "Select nodes first."
        reasons = Counter(action.why_not(node) for node in self._nodes)
        if reasons[""]:
            return ""
        if len(self._nodes) == 1:
            return next(iter(reasons))
        said = " ".join(f"{count}: {reason}" for reason, count in reasons.most_common())
        return f"None of the {len(self._nodes)} selected nodes takes it. {said}"

    # asking

    def _on_clicked(self, action: NodeAction, _button: ipywidgets.Button) -> None:
        fitting = [node for node in self._nodes if not action.why_not(node)]
        if not fitting:
            return  # they have changed since it was clicked
        self._close_question()
        if action.name == "enable_scheduling":
            self._start(action, self._pool_id, self._nodes)
            return
        running = sum(node.running_tasks_count or 0 for node in fitting) if action.stops_tasks else 0
        start = functools.partial(self._start, action, self._pool_id, self._nodes)
        self.question.show(
            "err" if action.is_final else "warn",
            f"{action.words(len(fitting))}?",
            " ".join(
                filter(None, (_tasks_words(running), action.meaning, self._cost(action), self._left_out(fitting)))
            ),
            actions=(("Leave as is", functools.partial(self._leave, action)), (action.words(len(fitting)), start)),
            classes=("bw-safe", "bw-danger" if action.is_final else "bw-primary"),
        )
        self.tasks.value = "requeue"
        show(self._tasks_row, visible=bool(running))
        self._focus("bw-safe")

    def _cost(self, action: NodeAction) -> str:
        if action.name != "start":
            return ""
        return "Nothing is charged." if self._account.is_demo else "They are charged from then on."

    def _left_out(self, fitting: Sequence[Node]) -> str:
        ids = {node.id for node in fitting}
        counts = state_counts(node for node in self._nodes if node.id not in ids)
        return f"Left out of the {len(self._nodes)} selected: {markup.counts_words(counts)}." if counts else ""

    def _close_question(self) -> None:
        self.question.clear()
        show(self._tasks_row, visible=False)

    def _leave(self, action: NodeAction) -> None:
        self._close_question()
        self._focus(_mark(action.name))

    def _start(self, action: NodeAction, pool_id: str, nodes: Sequence[Node]) -> None:
        """Start it on the nodes that the question named, whatever is selected by now."""
        when: When = self.tasks.value
        self._close_question()
        options: dict[str, Any] = {"when": when} if action.stops_tasks else {}
        node_ids = [node.id for node in nodes]
        try:
            operation = getattr(self._account, _METHODS[action.name])(pool_id, node_ids, **options)
        except BatchWidgetsError as error:
            self.question.show("err", error.message, error.hint, markup.error_details(error))
            return
        self._follow(operation, operation.title)


def _mark(name: str) -> str:
    return f"bw-act-{name.replace('_', '-')}"


def _tasks_words(running: int) -> str:
    if not running:
        return ""
    return "1 task runs on them." if running == 1 else f"{running} tasks run on them."
