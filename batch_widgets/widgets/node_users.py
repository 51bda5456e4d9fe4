"""NodeUsers: giving users to nodes and taking them away, what came of it, and what to do about what failed."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from batch_widgets.account.users import KEPT
from batch_widgets.errors import ValidationError
from batch_widgets.nodes import failed_nodes
from batch_widgets.widgets import lean
from batch_widgets.widgets.controls import close_tree, content_of, row
from batch_widgets.widgets.delete_user_form import DeleteUserForm
from batch_widgets.widgets.lean import show
from batch_widgets.widgets.message import Message
from batch_widgets.widgets.outcome_part import OutcomeParts
from batch_widgets.widgets.shown_once import ShownOnce
from batch_widgets.widgets.user_form import GENERATED, LATER, LISTED, SELECTED, UserForm, UserRequest, nodes_words

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import ipywidgets
    import pandas as pd

    from batch_widgets.account.users import IfExists
    from batch_widgets.runner import Operation
    from batch_widgets.widgets.node_panel import NodePanel
    from batch_widgets.widgets.outcome_part import Action


@dataclass(frozen=True)
class _Adding:
    """What a user was added with, the password aside: enough to try again."""

    name: str
    ssh_public_key: str | None = field(repr=False)  # by mistake somebody may give another thing here
    is_admin: bool
    days: int | None
    if_exists: IfExists = "keep"
    keep_adding: bool = False


class NodeUsers:
    """The parts of a node panel that are about users.

    Parameters
    ----------
    panel : NodePanel
        Whose nodes.
    """

    def __init__(self, panel: NodePanel) -> None:
        self._panel = panel
        self.form = UserForm(self._on_form)
        self.delete_form = DeleteUserForm(self._on_delete)
        self.question = Message()
        self.outcomes = OutcomeParts(panel.guarded)
        self._generated_part = lean.VBox()
        self.generated = self._make_generated()
        self.widget = lean.VBox((self.question, self._generated_part, self.outcomes))
        self._adding: set[Operation[Any]] = set()
        show(self._generated_part, visible=False)

    def link(self) -> None:
        """Let the buttons act."""
        panel = self._panel
        self.form.add_button.on_click(panel.settled(self.form.submit))
        self.form.password.on_submit(panel.settled(self.form.submit))
        self.delete_form.delete_button.on_click(panel.settled(self.delete_form.submit))
        panel.observe(lambda _: self.outcomes.forget_hints(), "operation")
        panel.on_click(self.form.cancel_button, panel.close_drawer)
        panel.on_click(self.delete_form.cancel_button, panel.close_drawer)

    def draw(self) -> None:
        """Take in which nodes there are and which are selected, as far as somebody sees it."""
        panel = self._panel
        view = panel.last_view
        usable = sum(node.usable for node in view.nodes)
        selected = sum(node.usable for node in panel.selected_nodes())
        if panel.is_drawer(self.form):
            self.form.set_nodes(view.os_type, usable, selected, panel.left_out_words(), len(view.nodes))
        if panel.is_drawer(self.delete_form):
            given = panel.account.users_given.of_nodes(panel.pool_id, view.nodes)
            names = dict.fromkeys(user.name for users in given.values() for user in users)
            self.delete_form.set_nodes(usable, selected, names)
        if self._adding or panel.account.closed:
            self.form.add_button.disabled = True

    def forget_pool(self) -> None:
        """Take away what is about nodes of the pool chosen before; operations go on."""
        self.question.clear()
        self.outcomes.clear()
        if self.form.listed:
            self.form.offer_nodes((), "")

    # adding

    def _on_form(self, request: UserRequest, password: str | None) -> None:
        panel = self._panel
        generated = password if self.form.method.value == GENERATED else None

        def add() -> None:
            if self._adding or not panel.is_drawer(self.form):
                return  # the second click of two
            targets = {SELECTED: panel.selected, LISTED: self.form.listed}
            adding = _Adding(
                request.name,
                request.ssh_public_key,
                request.is_admin,
                request.days,
                "replace" if request.replace else "keep",
                request.target == LATER,
            )
            try:
                operation = self.start(adding, password, targets.get(request.target))
            except ValidationError as error:
                self.form.show_problems(error.problems)
                return
            if generated is not None:
                self._reveal_once_set(operation, request.name, generated)
            self.form.offer_nodes((), "")
            self.form.replace.value = False  # it was meant for this user, and is asked for with the next one again
            panel.close_drawer()  # it may cover the nodes; it keeps what was filled in

        panel.guarded(add)

    def _reveal_once_set(self, operation: Operation[pd.DataFrame], name: str, password: str) -> None:
        """Show a password that was made up as soon as a node has it.

        Where all nodes had the user and kept it nothing shows: it would be a password that opens nothing, beside
        an earlier one that does.
        """
        secret = [password]

        def reveal() -> None:
            try:
                taken = secret.pop()
            except IndexError:
                return  # it was shown already, perhaps by the other thread
            if not self.widget.is_closed:
                self._show_generated(name, taken)

        def on_progress(_change: object = None) -> None:
            if operation.progress.counts.keys() & {"added", "updated"}:
                reveal()

        def on_end(ended: Operation[pd.DataFrame]) -> None:
            if ended.partial is not None and _may_have_changed(ended.partial):
                reveal()
            secret.clear()

        operation.observe(on_progress, "progress")
        on_progress()
        operation.add_done_callback(on_end)

    def _make_generated(self) -> ShownOnce:
        once = ShownOnce()
        place = row("bw-bar", once)
        once.on_hide(lambda: self._on_generated_hidden(place))
        self._generated_part.children = (*content_of(self._generated_part), place)
        return once

    def _show_generated(self, name: str, password: str) -> None:
        """Show a password that was made up; one that is on show stays, for nothing else has it."""
        if self.generated.status == "shown":
            self.generated = self._make_generated()
        self.generated.label = f"Password of {name}"
        show(self._generated_part, visible=True)
        self.generated.reveal(password)

    def _on_generated_hidden(self, place: ipywidgets.Widget) -> None:
        left = tuple(one for one in content_of(self._generated_part) if one is not place)
        if not left:
            show(self._generated_part, visible=False)  # kept for the next
            return
        self._generated_part.children = left
        close_tree(place)
        (self.generated,) = content_of(left[-1])

    def start(
        self, adding: _Adding, password: str | Callable[[], str] | None, nodes: Sequence[str] | None
    ) -> Operation[pd.DataFrame]:
        """Add a user to nodes; without `nodes` to all usable ones."""
        panel = self._panel
        pool_id = panel.chosen_pool()
        operation = panel.account.add_user(
            pool_id,
            adding.name,
            ssh_public_key=adding.ssh_public_key,
            password=password,
            is_admin=adding.is_admin,
            days=adding.days,
            nodes=nodes,
            os_type=panel.last_view.os_type,
            if_exists=adding.if_exists,
            keep_adding=adding.keep_adding,
        )
        if not adding.keep_adding:  # which may go on for long; others can be added meanwhile
            self._adding.add(operation)
        return self.follow(operation, adding.name, lambda frame: self._next_steps(pool_id, adding, frame))

    def add(self, name: str, password: str | Callable[[], str] | None, **options: Any) -> Operation[pd.DataFrame]:
        """Add a user, as :meth:`NodePanel.add_user` is told."""
        nodes = options.pop("nodes")
        return self.start(_Adding(name, **options), password, nodes)

    def _next_steps(self, pool_id: str, adding: _Adding, frame: pd.DataFrame) -> list[Action]:
        failed = failed_nodes(frame)
        there = tuple(frame["node_id"][frame["outcome"] == "exists"])
        actions: list[Action] = []
        if failed:
            actions.append((f"Retry {nodes_words(len(failed))}", lambda: self._again(pool_id, adding, failed)))
        if there and adding.if_exists == "keep":
            anew = replace(adding, if_exists="replace")
            actions.append(
                (f"Replace on {nodes_words(len(there))}…", lambda: self._ask_to_replace(pool_id, anew, there))
            )
        return actions

    def _again(self, pool_id: str, adding: _Adding, nodes: tuple[str, ...]) -> None:
        """Try nodes again; a password is not kept, so that it has to be given anew."""
        if not self._is_on_show(pool_id):
            return
        adding = replace(adding, keep_adding=False)
        if adding.ssh_public_key:
            self.start(adding, None, nodes)
            return
        self.form.fill(adding.name, is_admin=adding.is_admin, days=adding.days, replace=adding.if_exists == "replace")
        self.form.offer_nodes(nodes, "nodes from the table below")
        self._panel.show_drawer(self.form)

    def _is_on_show(self, pool_id: str) -> bool:
        """Tell whether a pool is still the chosen one: ids of nodes come again in others."""
        return pool_id.casefold() == self._panel.pool_id.casefold()

    def _ask_to_replace(self, pool_id: str, adding: _Adding, nodes: tuple[str, ...]) -> None:
        ends = f"in {adding.days} days" if adding.days else "in a day"
        self.question.show(
            "warn",
            f"Replace {adding.name} on {nodes_words(len(nodes))}?",
            f"The password and the key that it has there are wiped, whoever set them, and yours is set. It expires "
            f"{ends}. Whether it is an administrator stays as it is.",
            actions=[
                ("Keep the user", lambda: None),
                ("Replace the user", lambda: self._panel.guarded(lambda: self._again(pool_id, adding, nodes))),
            ],
            classes=("bw-safe", "bw-danger"),
        )
        self._panel.focus("bw-safe")

    # taking away

    def _on_delete(self, name: str, selected_only: bool) -> None:
        panel = self._panel

        def delete() -> None:
            self.delete(name, panel.selected if selected_only else None)
            panel.close_drawer()

        panel.guarded(delete)

    def delete(self, name: str, nodes: Sequence[str] | None) -> Operation[pd.DataFrame]:
        """Delete a user from nodes; without `nodes` from all usable ones."""
        pool_id = self._panel.chosen_pool()
        operation = self._panel.account.delete_user(pool_id, name, nodes=nodes)
        return self.follow(operation, name, lambda frame: self._steps_after_deletion(pool_id, name, frame))

    def _steps_after_deletion(self, pool_id: str, name: str, frame: pd.DataFrame) -> list[Action]:
        failed = failed_nodes(frame)

        def again() -> None:
            if self._is_on_show(pool_id):
                self.delete(name, failed)

        return [(f"Retry {nodes_words(len(failed))}", again)] if failed else []

    # what came of it

    def follow(
        self,
        operation: Operation[pd.DataFrame],
        name: str,
        next_steps: Callable[[pd.DataFrame], Sequence[Action]] = lambda _frame: (),
    ) -> Operation[pd.DataFrame]:
        """Show how far a call on many nodes is, and what came of it; of `name`, with what to do next."""
        panel = self._panel
        panel.operation = operation
        self.question.clear()
        part = self.outcomes.begin(operation, name)
        self.draw()

        def ended(frame: pd.DataFrame | None, error: BaseException | None = None) -> None:
            self._adding.discard(operation)
            if part.is_closed or frame is None:
                self.outcomes.remove(part)
            else:
                part.show_outcomes(frame, next_steps(frame), panel.hint(operation))
            panel.draw_nodes()
            if error is not None:
                panel.show_failure(error)
            elif frame is None:
                panel.message.show("none", f"{operation.title}: stopped.", operation.on_cancel)

        return panel.follow(
            operation,
            ended,
            failed=lambda error: ended(operation.partial, error),
            cancelled=lambda: ended(operation.partial),
            superseded=False,
        )


def _may_have_changed(frame: pd.DataFrame) -> bool:
    """Tell whether a node may have been given the user, or was without a clear answer."""
    kept = (frame["outcome"] == "exists") & (frame["message"] == KEPT)
    untouched = (frame["outcome"] == "not reached") & (frame["message"] == "")
    return not bool((kept | untouched | (frame["outcome"] == "skipped")).all())
