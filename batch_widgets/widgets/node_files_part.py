"""NodeFilesPart: the files of a node, the end of the one that is picked, and its download."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from batch_widgets.texts import one_line
from batch_widgets.widgets import markup
from batch_widgets.widgets.controls import html, row
from batch_widgets.widgets.download import MOST_BYTES, DownloadButton
from batch_widgets.widgets.grid import Column, Grid
from batch_widgets.widgets.node_part import NodePart
from batch_widgets.widgets.start_task_part import end_text, how_much

if TYPE_CHECKING:
    from batch_widgets.account import BatchAccount
    from batch_widgets.node_facts import FileEnd, NodeFile
    from batch_widgets.runner import Operation
    from batch_widgets.widgets.message import Message

_COLUMNS = (
    Column("path", "File", kind="mono", width=280, grow=True, cut="middle"),
    Column("size", "Size", width=96, align="right", filter=None),
    Column("modified", "Modified", width=176, filter=None, drop=0),
)


class NodeFilesPart(NodePart):
    """The files that Batch keeps on a node.

    Parameters
    ----------
    account : BatchAccount
        The account.
    message : Message
        Where errors show.
    """

    def __init__(self, account: BatchAccount, message: Message) -> None:
        self._files: dict[str, NodeFile] = {}
        self._previewed = ""
        self.grid = Grid(_COLUMNS, row_label="file", height=210)
        self.picked = html(_HINT, "bw-grow")
        self.download = DownloadButton(disabled=True, title="Save the selected file on your machine")
        self.preview = html("")
        super().__init__(account, message, (self.grid, row("bw-bar", self.picked, self.download), self.preview))
        self.grid.observe(lambda _: self._on_selected(), "selected")
        self.download.on_click(lambda: self.guarded(self.save))

    def empty(self) -> None:
        """Take away what is about the node before."""
        self._show([])
        self.grid.empty_text = ""

    @property
    def selected(self) -> NodeFile | None:
        """The selected file."""
        return next((self._files[key] for key in self.grid.selected if key in self._files), None)

    def load(self) -> Operation[list[NodeFile]]:
        """List the files anew; the selection stays."""
        pool_id, node_id = self.pool_id, self.node_id
        self.grid.busy = True
        self.grid.empty_text = "Reading the list of files."
        return self.ask(
            "List the node's files",
            lambda: self._account.aio.list_node_files(pool_id, node_id),
            self._on_listed,
            self._on_failed,
        )

    def _on_listed(self, files: list[NodeFile]) -> None:
        self.grid.empty_text = "Batch keeps no files on this node."
        self._show(files)
        if self.selected is not None:
            self.load_preview()

    def _on_failed(self) -> None:
        self.grid.busy = False
        self.grid.empty_text = "The files could not be listed."

    def _show(self, files: list[NodeFile]) -> None:
        self._files = {file.path: file for file in files if not file.is_directory}
        self.grid.set_rows([_row(file) for file in self._files.values()])
        self.grid.busy = False
        self._draw()

    # the selected one

    def _draw(self) -> None:
        file = self.selected
        self.download.disabled = file is None
        if file is None:
            self.picked.value = _HINT
            self.preview.value = self._previewed = ""

    def _on_selected(self) -> None:
        self._draw()
        if self.selected is not None:
            self.guarded(self.load_preview)

    def load_preview(self) -> Operation[FileEnd] | None:
        """Read the end of the selected file."""
        file = self.selected
        if file is None:
            return None
        pool_id, node_id = self.pool_id, self.node_id
        if self._previewed != file.path:
            self.picked.value, self.preview.value = markup.mono(file.path), ""
        return self.ask(
            "Read the end of a file",
            lambda: self._account.aio.get_node_file_end(pool_id, node_id, file.path),
            self._on_preview,
            self._on_no_preview,
        )

    def _on_preview(self, end: FileEnd) -> None:
        if self.selected is not None and self.selected.path == end.path:
            self.picked.value = f"{markup.mono(end.path)} {markup.muted(how_much(end))}"
            self.preview.value = end_text(end)
            self._previewed = end.path

    def _on_no_preview(self) -> None:
        self.preview.value = self._previewed = ""

    def save(self) -> Operation[bytes] | None:
        """Read the selected file and let the browser save it."""
        file = self.selected
        if file is None:
            return None
        if (file.size or 0) > MOST_BYTES:
            self._message.show(
                "warn",
                f"{file.path} has {markup.size(file.size or 0)}; a browser is sent {markup.size(MOST_BYTES)} at most.",
                f"account.get_node_file({self.pool_id!r}, {self.node_id!r}, {file.path!r}, start=…, end=…) reads it in "
                "parts.",
            )
            return None
        pool_id, node_id = self.pool_id, self.node_id
        self.download.busy = True
        # up to the size that it was listed with: a log may grow without end
        end = MOST_BYTES + 1 if file.size is None else file.size
        return self.ask(
            "Read a file",
            lambda: self._account.aio.get_node_file(pool_id, node_id, file.path, end=end),
            lambda data: self._offer(file.path, data),
            self._on_not_saved,
        )

    def _offer(self, path: str, data: bytes) -> None:
        self.download.busy = False
        self.download.offer(path, data)

    def _on_not_saved(self) -> None:
        self.download.busy = False

    def forget(self) -> None:
        """Take no more answers."""
        super().forget()
        self.download.busy = False


_HINT = markup.muted("Select a file to see its end.")


def _row(file: NodeFile) -> dict[str, Any]:
    size = file.size
    return {
        "key": file.path,
        "path": one_line(file.path),
        "size": {"text": markup.size(size), "sort": size} if size is not None else None,
        "modified": {"text": markup.moment(file.last_modified), "sort": file.last_modified.isoformat()}
        if file.last_modified
        else None,
    }
