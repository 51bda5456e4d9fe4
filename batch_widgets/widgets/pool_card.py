"""PoolCard: a pool that exists: what is under way on it, another size, and its deletion."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from batch_widgets.widgets import lean, markup
from batch_widgets.widgets.controls import button, html, row, styled
from batch_widgets.widgets.lean import show
from batch_widgets.widgets.message import Message
from batch_widgets.widgets.operation import OperationView

if TYPE_CHECKING:
    from collections.abc import Callable

    import ipywidgets

    from batch_widgets.account import BatchAccount
    from batch_widgets.runner import Operation


class PoolCard(lean.VBox):
    """Follows the work on one pool, and offers to resize or delete it, asking first.

    Parameters
    ----------
    account : BatchAccount
        The account.
    guarded : callable
        Calls a handler and shows its error.
    focus : callable
        Moves the focus to what has a style class.
    """

    def __init__(
        self,
        account: BatchAccount,
        guarded: Callable[[Callable[[], object]], None],
        focus: Callable[[str], object],
    ) -> None:
        self._account = account
        self._guarded = guarded
        self._focus = focus
        self.pool_id = ""
        self._place = lean.VBox()
        self.dedicated = styled(lean.BoundedIntText(min=0, max=100_000), "bw-narrow")
        self.spot = styled(lean.BoundedIntText(min=0, max=100_000), "bw-narrow")
        self.resize_button = button("Resize pool…")
        self.delete_button = button("Delete pool…", "bw-flat")
        self.stop_button = button("Stop resizing", title="Keep the nodes that are there, and ask for no more")
        self.question = Message()
        self._bar = row(
            "bw-foot",
            html(markup.muted("Nodes")),
            *(self.dedicated, html(markup.muted("dedicated")), self.spot, html(markup.muted("Spot"))),
            *(self.resize_button, self.stop_button, html("", "bw-grow"), self.delete_button),
        )
        super().__init__((self._place, self.question, self._bar))
        self.add_class("bw-card")
        self.resize_button.on_click(lambda _: self._ask_resize())
        self.delete_button.on_click(lambda _: self._ask_delete())
        self.stop_button.on_click(lambda _: self._guarded(self._stop))
        self._awaited: Operation[Any] | None = None
        self._sized: Operation[Any] | None = None
        self._accepted: list[Callable[[str], object]] = []
        self._deleted: list[Callable[[str], object]] = []
        show(self, visible=False)

    @property
    def buttons(self) -> tuple[ipywidgets.Button, ...]:
        """Those that need the account."""
        return (self.resize_button, self.stop_button, self.delete_button)

    def on_deleted(self, callback: Callable[[str], object]) -> None:
        """Call ``callback(pool_id)`` once the pool is gone."""
        self._deleted.append(callback)

    def on_accepted(self, callback: Callable[[str], object]) -> None:
        """Call ``callback(pool_id)`` once the service has taken a creation."""
        self._accepted.append(callback)

    def follow_creation(self, pool_id: str, operation: Operation[Any]) -> None:
        """Show a creation; a pool that was there before is never offered for resize and deletion."""
        self._follow_size(pool_id, operation)
        show(self._bar, visible=False)
        self._awaited = operation
        operation.observe(lambda _: self._look_whether_accepted(operation), ["progress", "status"])
        self._look_whether_accepted(operation)

    def _look_whether_accepted(self, operation: Operation[Any]) -> None:
        status = operation.status
        lost = status == "cancelled" or (status == "failed" and getattr(operation.exception(), "maybe_done", False))
        if self._awaited is not operation or not (operation.progress.accepted or lost):
            return
        self._awaited = None
        show(self._bar, visible=True)
        for callback in self._accepted:
            callback(self.pool_id)

    def follow(self, pool_id: str, operation: Operation[Any]) -> None:
        """Show work on a pool."""
        self.pool_id = pool_id
        self._awaited = None
        self._sized = None
        old = self._place.children
        self._place.children = (OperationView(operation, framed=False),)
        for view in old:
            view.close()
        self.question.clear()
        show(self._bar, visible=True)
        show(self.stop_button, visible=False)
        show(self, visible=True)

    def _follow_size(self, pool_id: str, operation: Operation[Any]) -> None:
        """Show work on the size of a pool, which can be stopped."""
        self.follow(pool_id, operation)
        self._sized = operation
        show(self.stop_button, visible=True)
        operation.add_done_callback(self._hide_stop)

    def _hide_stop(self, operation: Operation[Any]) -> None:
        if not self.is_closed and self._sized is operation:
            show(self.stop_button, visible=operation.cancelled())  # then it goes on at the service

    def _stop(self) -> None:
        """Stop the resize; whoever follows it sees how it ends."""
        operation = self._account.stop_resize(self.pool_id)
        operation.add_done_callback(self._on_stop_ended)

    def _on_stop_ended(self, operation: Operation[Any]) -> None:
        error = operation.exception() if operation.status == "failed" else None
        if error is not None and not self.is_closed:
            text = "It is not being resized any more." if getattr(error, "status", None) == 409 else str(error)
            self.question.show("warn", f"Nothing was stopped on pool {self.pool_id}.", text)

    def show_size(self, dedicated: int, spot: int) -> None:
        """Put a size into the fields."""
        self.dedicated.value, self.spot.value = dedicated, spot

    @property
    def view(self) -> OperationView | None:
        """The operation on show."""
        return self._place.children[0] if self._place.children else None

    def _ask_resize(self) -> None:
        dedicated, spot = self.dedicated.value, self.spot.value
        total = dedicated + spot
        gone = (
            "All its nodes go, with the files on them."
            if total == 0
            else "Nodes above that number go, with the files on them."
        )
        cost = "Nothing is charged." if self._account.is_demo else "Nodes are charged from allocation on."
        self.question.show(
            "warn",
            f"Resize pool {self.pool_id} to {dedicated} dedicated and {spot} Spot nodes?",
            f"{gone} {cost}",
            actions=(
                ("Keep size", lambda: None),
                (
                    f"Resize to {total} node{'' if total == 1 else 's'}",
                    lambda: self._guarded(functools.partial(self._resize, dedicated, spot)),
                ),
            ),
            classes=("bw-safe", "bw-primary"),
        )
        self._focus("bw-safe")

    def _resize(self, dedicated: int, spot: int) -> None:
        """Resize to what the question named, whatever stands in the fields by now."""
        self._follow_size(
            self.pool_id,
            self._account.resize_pool(self.pool_id, target_dedicated_nodes=dedicated, target_low_priority_nodes=spot),
        )

    def _ask_delete(self) -> None:
        self.question.show(
            "err",
            f"Delete pool {self.pool_id} and its nodes?",
            "Files on the nodes are lost. This cannot be undone.",
            actions=(("Keep pool", lambda: None), ("Delete pool", lambda: self._guarded(self._delete))),
            classes=("bw-safe", "bw-danger"),
        )
        self._focus("bw-safe")

    def _delete(self) -> None:
        pool_id = self.pool_id
        operation = self._account.delete_pool(pool_id)
        self.follow(pool_id, operation)
        operation.add_done_callback(functools.partial(self._on_delete_ended, pool_id))

    def _on_delete_ended(self, pool_id: str, operation: Operation[None]) -> None:
        if operation.status == "done":
            if self.pool_id == pool_id:  # no other was made meanwhile
                show(self._bar, visible=False)
            for callback in self._deleted:
                callback(pool_id)
