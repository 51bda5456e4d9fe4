"""NodeDetails: what is wrong with one node: its state and errors, its start task, its files, its logs."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from batch_widgets.node_facts import advice
from batch_widgets.nodes import state_words
from batch_widgets.widgets import lean, markup
from batch_widgets.widgets.controls import button, html, row, styled
from batch_widgets.widgets.lean import show
from batch_widgets.widgets.log_upload_part import LogUploadPart
from batch_widgets.widgets.message import Message
from batch_widgets.widgets.node_files_part import NodeFilesPart
from batch_widgets.widgets.start_task_part import StartTaskPart

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import ipywidgets

    from batch_widgets.account import BatchAccount
    from batch_widgets.nodes import Node
    from batch_widgets.widgets.node_part import NodePart

START_TASK, FILES, LOGS = "start_task", "files", "logs"
_SECTIONS = [("Start task", START_TASK), ("Files", FILES), ("Service logs", LOGS)]


class NodeDetails(lean.VBox):
    """Shows one node; hidden until it is told which.

    Parameters
    ----------
    account : BatchAccount
        The account.
    settle : callable, optional
        Calls a handler once all that was typed has arrived, such as :meth:`Frame.settle`.
    """

    def __init__(
        self,
        account: BatchAccount,
        *,
        settle: Callable[[Callable[[], object]], object] = lambda handler: handler(),
    ) -> None:
        self._account = account
        self._closed_callbacks: list[Callable[[], object]] = []
        self._loaded: set[str] = set()
        self._showing = threading.RLock()  # nodes are read on the notifier, and picked and closed on any thread
        self.pool_id = ""
        self.node: Node | None = None
        self._title = html("", "bw-grow")
        self.refresh_button = button("", "bw-icon", title="Read anew", icon="refresh")
        self.close_button = button("", "bw-icon", "bw-on-escape", title="Close", icon="times")
        self.message = Message()
        self.state = html("")
        self.section = styled(lean.ToggleButtons(options=_SECTIONS), "bw-seg", "bw-side-head")
        self.start_task = StartTaskPart(account, self.message)
        self.files = NodeFilesPart(account, self.message)
        self.logs = LogUploadPart(account, self.message, settle)
        self._parts: dict[str, NodePart] = {START_TASK: self.start_task, FILES: self.files, LOGS: self.logs}
        super().__init__(
            (
                row("bw-head", self._title, self.refresh_button, self.close_button),
                self.message,
                self.state,
                self.section,
                *self._parts.values(),
            )
        )
        self.add_class("bw-card")
        self.section.observe(lambda _: self._open_section(), "value")
        self.refresh_button.on_click(lambda _: self.reload())
        self.close_button.on_click(lambda _: self._on_close())
        account.add_close_callback(self._on_account_closed)
        show(self, visible=False)
        self._show_section()

    @property
    def online(self) -> tuple[ipywidgets.Button, ...]:
        """Those that need the account."""
        return (self.refresh_button, self.logs.upload_button)

    def on_closed(self, callback: Callable[[], object]) -> None:
        """Call ``callback()`` when it is closed by its button."""
        self._closed_callbacks.append(callback)

    def show_node(self, pool_id: str, node: Node) -> None:
        """Show a node; the same again, as it was read last, draws what has changed.

        Parameters
        ----------
        pool_id : str
            The pool.
        node : Node
            The node.
        """
        with self._showing:
            before, other = self.node, (self.pool_id, self.node.id if self.node else "") != (pool_id, node.id)
            self.pool_id, self.node = pool_id, node
            if other:
                self._loaded.clear()
                self.message.clear()
                for part in self._parts.values():
                    part.set_node(pool_id, node.id)
            elif before is not None and (before.start_task, before.state) != (node.start_task, node.state):
                self._loaded.discard(START_TASK)  # it runs, or has ended, since it was read
            self._draw()
            show(self, visible=True)
            self._open_section()

    def follow(self, pool_id: str, nodes: Iterable[Node]) -> None:
        """Draw what has changed of the node on show, if one is; hide it where it is not among these any more."""
        with self._showing:
            shown = self.node
            if shown is None:
                return
            node = next((node for node in nodes if node.id == shown.id), None)
            if node is None:
                self.hide()
            else:
                self.show_node(pool_id, node)

    def hide(self) -> None:
        """Hide it, and forget which node it showed."""
        with self._showing:
            self.node, self.pool_id = None, ""
            self._loaded.clear()
            for part in self._parts.values():
                part.set_node("", "")
            show(self, visible=False)

    def _on_close(self) -> None:
        self.hide()
        for callback in self._closed_callbacks:
            callback()

    def reload(self) -> None:
        """Read the section that is open anew."""
        self._loaded.discard(self.section.value)
        self.message.clear()
        self._open_section()

    # drawing

    def _show_section(self) -> None:
        for name, part in self._parts.items():
            show(part, visible=name == self.section.value)

    def _open_section(self) -> None:
        self._show_section()
        name = self.section.value
        if self.node is None or name in self._loaded or self._account.closed:
            return
        self._loaded.add(name)
        if name == START_TASK:
            self.start_task.guarded(self.start_task.load)
        elif name == FILES:
            self.files.guarded(self.files.load)

    def _draw(self) -> None:
        node = self.node
        if node is None:
            return
        title = markup.heading("Node")
        self._title.value = (
            f"{title} {markup.mono(node.id)} {markup.pill(state_words(node.state), markup.state_hue(node.state))}"
        )
        self.state.value = markup.facts(_facts(node)) + _troubles(node)

    def _on_account_closed(self) -> None:
        if self.is_closed:
            return
        for control in self.online:
            control.disabled = True
        self.files.download.disabled = True

    def close(self) -> None:
        """Close it with its parts; nothing is read any more."""
        for part in self._parts.values():
            part.forget()
        super().close()


def _facts(node: Node) -> list[tuple[str, str]]:
    kind = "dedicated" if node.is_dedicated else "Spot"
    count = node.running_tasks_count
    tasks = {None: "", 0: ", no task runs", 1: ", 1 task runs"}.get(count, f", {count} tasks run")
    rows = [
        ("In this state since", markup.span(markup.moment(node.state_transition_time))),
        (
            "Machine",
            markup.span(f"{kind}, {node.ip_address or 'no address'}, allocated {markup.moment(node.allocation_time)}"),
        ),
        ("Scheduling", markup.span(f"{node.scheduling_state or 'unknown'}{tasks}")),
        ("Last boot", markup.span(markup.moment(node.last_boot_time))),
    ]
    if node.node_agent_version:
        rows.append(("Batch's agent", markup.span(node.node_agent_version)))
    return rows


def _troubles(node: Node) -> str:
    """Give what the service reports, and what to do."""
    problems = list(node.errors) or ([node.trouble] if node.trouble else [])
    if not node.errors and node.state == "unusable":
        problems = ["The service gives no reason: Batch cannot talk to the machine."]
    lines = "".join(f"<div>{markup.problem(one, 'error')}</div>" for one in problems)
    if said := advice(node.state):
        lines += f"<div>{markup.span(said)}</div>"
    return f'<div class="bw-body">{lines}</div>' if lines else ""
