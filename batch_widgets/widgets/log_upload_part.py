"""LogUploadPart: has the logs of Batch's agent on a node put into a blob container."""

from __future__ import annotations

import functools
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from batch_widgets.errors import BatchWidgetsError, ValidationError
from batch_widgets.widgets import lean, markup
from batch_widgets.widgets.controls import Field, button, html, row, styled
from batch_widgets.widgets.node_part import NodePart
from batch_widgets.widgets.secret import SecretInput

if TYPE_CHECKING:
    from collections.abc import Callable

    from batch_widgets.account import BatchAccount
    from batch_widgets.node_facts import UploadedLogs
    from batch_widgets.runner import Operation
    from batch_widgets.widgets.message import Message

_WHAT = (
    "Microsoft's support asks for these. The URL of the container has a shared access signature that allows writing; "
    "it goes to the service and is kept nowhere."
)
_PERIODS = [("the last hour", 1), ("the last 6 hours", 6), ("the last day", 24), ("the last week", 7 * 24)]


class LogUploadPart(NodePart):
    """Where to put the logs, and from when on.

    Parameters
    ----------
    account : BatchAccount
        The account.
    message : Message
        Where errors show, and what came of it.
    settle : callable
        Calls a handler once all that was typed has arrived.
    """

    def __init__(
        self, account: BatchAccount, message: Message, settle: Callable[[Callable[[], object]], object]
    ) -> None:
        self.url = SecretInput(placeholder="https://….blob.core.windows.net/container?sv=…&sig=…")
        self.hours = styled(lean.Dropdown(description="Logs of", options=_PERIODS, value=24), "bw-select")
        self.upload_button = button("Upload logs", "bw-primary")
        self._url_field = Field("container_url", "Container URL", self.url)
        super().__init__(
            account,
            message,
            (
                html(markup.muted(_WHAT), "bw-sect"),
                self._url_field.widget,
                Field("start_time", "Logs of", self.hours).widget,
                row("bw-row", html("", "bw-lab"), self.upload_button),
            ),
        )
        self.add_class("bw-form")
        self._settle = settle
        self.upload_button.on_click(lambda _: self._on_submit())
        self.url.on_submit(self._on_submit)

    def _on_submit(self) -> None:
        self._settle(self.submit)

    def submit(self) -> None:
        """Ask the browser for the URL, and hand it on."""
        self._url_field.show_problem("")
        if not self.url.filled:
            self._url_field.show_problem("Give the URL of a container.")
            return
        self.url.request(functools.partial(self._upload, self.pool_id, self.node_id))

    def _upload(self, pool_id: str, node_id: str, url: str) -> None:
        start = datetime.now(UTC) - timedelta(hours=self.hours.value)
        try:
            operation = self._account.upload_node_logs(pool_id, node_id, url, start_time=start)
        except ValidationError as error:
            self._url_field.show_problem(" ".join(problem.message for problem in error.problems))
            return
        except BatchWidgetsError as error:
            self.show_error(error)
            return
        self.upload_button.disabled = True
        operation.add_done_callback(functools.partial(self._on_uploaded, node_id))

    def _on_uploaded(self, node_id: str, operation: Operation[UploadedLogs]) -> None:
        if self.is_closed:
            return
        self.upload_button.disabled = self._account.closed
        if operation.cancelled():
            return
        error = operation.exception()
        if error is not None and node_id != self.node_id:
            said = error.message if isinstance(error, BatchWidgetsError) else type(error).__name__
            self._message.show("err", f"The logs of node {node_id} were not uploaded.", said)
            return
        if error is not None:
            self.show_error(error)
            return
        uploaded = operation.result()
        files = f"{uploaded.number_of_files} file{'' if uploaded.number_of_files == 1 else 's'}"
        note = " The demo only says so; nothing leaves this machine." if self._account.is_demo else ""
        self._message.show(
            "ok",
            f"Batch puts {files} with the logs of node {node_id} into the container.",
            f"Their names begin with {uploaded.virtual_directory_name}. It may take some minutes.{note}",
        )
