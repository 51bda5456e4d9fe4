"""NodePart: what the sections about one node share: which node it is, and asking the service about it."""

from __future__ import annotations

import functools
import threading
from typing import TYPE_CHECKING, Any, TypeVar

from batch_widgets.errors import BatchWidgetsError
from batch_widgets.widgets import lean, markup

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence

    import ipywidgets

    from batch_widgets.account import BatchAccount
    from batch_widgets.runner import Operation
    from batch_widgets.widgets.message import Message

T = TypeVar("T")


class NodePart(lean.VBox):
    """A section about one node.

    Parameters
    ----------
    account : BatchAccount
        The account.
    message : Message
        Where errors show.
    children : sequence of Widget
        What it is made of.
    """

    def __init__(self, account: BatchAccount, message: Message, children: Sequence[ipywidgets.Widget]) -> None:
        self._account = account
        self._message = message
        self._asking: dict[str, Operation[Any]] = {}
        self._answering = threading.RLock()  # answers come on the notifier, and another node on any thread
        self.pool_id = self.node_id = ""
        super().__init__(children)

    def set_node(self, pool_id: str, node_id: str) -> None:
        """Be about another node; what was asked about the one before is forgotten."""
        with self._answering:  # an answer that is just being shown is shown first, and then taken away
            self.forget()
            self.pool_id, self.node_id = pool_id, node_id
            self.empty()

    def empty(self) -> None:
        """Take away what is about the node before."""

    def forget(self) -> None:
        """Take no more answers."""
        with self._answering:
            asking, self._asking = self._asking, {}
        for operation in asking.values():
            operation.cancel()

    def ask(
        self,
        title: str,
        work: Callable[[], Coroutine[Any, Any, T]],
        done: Callable[[T], object],
        failed: Callable[[], object] = lambda: None,
    ) -> Operation[T]:
        """Ask the service; ``done(answer)`` is called unless the same was asked again, or of another node."""
        operation = self._account.runner.submit(title, lambda _: work())
        with self._answering:
            older, self._asking[title] = self._asking.pop(title, None), operation
        if older is not None:
            older.cancel()
        again = functools.partial(self.ask, title, work, done, failed)
        operation.add_done_callback(functools.partial(self._on_answer, title, done, failed, again))
        return operation

    def _on_answer(
        self,
        title: str,
        done: Callable[[T], object],
        failed: Callable[[], object],
        again: Callable[[], object],
        operation: Operation[T],
    ) -> None:
        with self._answering:
            if self.is_closed or self._asking.get(title) is not operation:
                return
            del self._asking[title]
            if operation.cancelled():
                failed()
                return
            error = operation.exception()
            if error is None:
                self.guarded(lambda: done(operation.result()))
            else:
                failed()
                self.show_error(error, again)

    def guarded(self, handler: Callable[[], object]) -> None:
        """Call a handler; its errors show in the message."""
        try:
            handler()
        except BatchWidgetsError as error:
            self.show_error(error)

    def show_error(self, error: BaseException, again: Callable[[], object] | None = None) -> None:
        """Show an error: what happened, why, what to try."""
        if not isinstance(error, BatchWidgetsError):
            self._message.show("err", "Something unexpected went wrong.", type(error).__name__)
            return
        actions = [("Try again", lambda: self.guarded(again))] if again is not None else []
        self._message.show("err", error.message, error.hint, markup.error_details(error), actions=actions)

    def close(self) -> None:
        """Close it; nobody waits for answers any more."""
        self.forget()
        super().close()
