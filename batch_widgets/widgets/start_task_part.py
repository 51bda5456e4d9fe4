"""StartTaskPart: how a node's start task went, and the ends of what it wrote."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batch_widgets.widgets import markup
from batch_widgets.widgets.controls import html
from batch_widgets.widgets.node_part import NodePart

if TYPE_CHECKING:
    from batch_widgets.account import BatchAccount
    from batch_widgets.node_facts import FileEnd, StartTaskInfo, StartTaskResult
    from batch_widgets.runner import Operation
    from batch_widgets.widgets.message import Message


class StartTaskPart(NodePart):
    """The last run of a node's start task.

    Parameters
    ----------
    account : BatchAccount
        The account.
    message : Message
        Where errors show.
    """

    def __init__(self, account: BatchAccount, message: Message) -> None:
        self.facts = html("")
        self.stdout = html("")
        self.stderr = html("")
        super().__init__(account, message, (self.facts, self.stdout, self.stderr))

    def empty(self) -> None:
        """Take away what is about the node before."""
        self.facts.value = self.stdout.value = self.stderr.value = ""

    def load(self) -> Operation[StartTaskResult]:
        """Ask how it went."""
        pool_id, node_id = self.pool_id, self.node_id
        if not self.facts.value:
            self.facts.value = _line("Reading what the start task wrote.")
        return self.ask(
            "Read the start task's result",
            lambda: self._account.aio.get_start_task_result(pool_id, node_id),
            self._show,
            self._on_failed,
        )

    def _on_failed(self) -> None:
        self.facts.value = _line("The start task's result could not be read.")

    def _show(self, result: StartTaskResult) -> None:
        if result.info is None:
            self.facts.value = _line(
                "No start task has run here: the pool has none, or the node has not come to it yet."
            )
            self.stdout.value = self.stderr.value = ""
            return
        self.facts.value = markup.facts(_facts(result.info))
        self.stdout.value, self.stderr.value = _end(result.stdout), _end(result.stderr)


def _line(text: str) -> str:
    return f'<div class="bw-body">{markup.muted(text)}</div>'


def _facts(info: StartTaskInfo) -> list[tuple[str, str]]:
    if info.state == "running":
        pill = markup.pill("running", "busy")
    else:
        pill = markup.pill("failed", "err") if info.failed else markup.pill("succeeded", "ok")
    known = {126: ", the command is not executable", 127: ", command not found"}.get(info.exit_code or 0, "")
    code = f"exit code {info.exit_code}{known}" if info.exit_code is not None else ""
    rows = [("Start task", f"{pill} {markup.span(code)}"), ("Ran", markup.span(_times(info)))]
    if info.retry_count:
        again = f"{info.retry_count}, the last time on {markup.moment(info.last_retry_time)}"
        rows.append(("Tried again", markup.span(again if info.last_retry_time else str(info.retry_count))))
    if info.failure is not None:
        named = ": ".join(filter(None, (info.failure.category, info.failure.code)))
        rows.append(("Failure", f"{markup.span(info.failure.message or named)} {markup.muted(named)}"))
        rows += [
            (name or "Detail", markup.span(value))
            for name, value in info.failure.details
            if value and value != info.failure.message
        ]
    return rows


def _times(info: StartTaskInfo) -> str:
    if info.start_time is None:
        return "–"
    if info.end_time is None:
        return f"since {markup.moment(info.start_time)}"
    seconds = (info.end_time - info.start_time).total_seconds()
    return f"{markup.moment(info.start_time)}, for {seconds:,.0f} s"


def _end(end: FileEnd) -> str:
    return f'<div class="bw-body">{markup.mono(end.path)} {markup.muted(how_much(end))}</div>{end_text(end)}'


def how_much(end: FileEnd) -> str:
    """Say how much of a file its end is."""
    if end.missing:
        return end.missing
    if not end.size:
        return "is empty"
    if not end.is_text:
        return f"{markup.size(end.size)}, not a text"
    return markup.size(end.size) if end.is_whole else f"the end of {markup.size(end.size)}"


def end_text(end: FileEnd) -> str:
    """Give the end of a file as text; empty where it is none."""
    name = end.path.replace("\\", "/").rsplit("/", 1)[-1]
    return markup.text_end(end.text, f"End of {name}") if end.text and end.is_text else ""
