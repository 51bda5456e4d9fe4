"""The part of an account that looks into one node: its files, its start task, its logs."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from batch_widgets.account import attempts, inspecting
from batch_widgets.account.parts import AccountPart
from batch_widgets.errors import BatchWidgetsError, ThrottledError, ValidationError
from batch_widgets.node_facts import check_log_upload

if TYPE_CHECKING:
    from collections.abc import Callable

    from batch_widgets.node_facts import FileEnd, NodeFile, StartTaskResult, UploadedLogs
    from batch_widgets.nodes import Node
    from batch_widgets.runner import Operation

_LONGEST_PAUSE_S = 30.0


class NodeFileCalls(AccountPart):
    """What one node has to say."""

    def get_node(self, pool_id: str, node_id: str) -> Node:
        """Get a node; NotFoundError if the pool has none of that id."""
        return self.wait(self.aio.get_node(pool_id, node_id))

    def list_node_files(self, pool_id: str, node_id: str, *, recursive: bool = True) -> list[NodeFile]:
        """List the files that Batch keeps on a node.

        Parameters
        ----------
        pool_id, node_id : str
            The node, which has to be up.
        recursive : bool
            False for those at the top only.

        Returns
        -------
        list of NodeFile
            Folders among them.
        """
        return self.wait(self.aio.list_node_files(pool_id, node_id, recursive=recursive))

    def get_node_file(self, pool_id: str, node_id: str, path: str, *, start: int = 0, end: int | None = None) -> bytes:
        """Read a file of a node, or a part of it.

        Parameters
        ----------
        pool_id, node_id : str
            The node.
        path : str
            As :meth:`list_node_files` gives it.
        start, end : int
            From which byte to before which; default: all. Beyond the file's end there is nothing.

        Returns
        -------
        bytes
            What stands there.
        """
        return self.wait(self.aio.get_node_file(pool_id, node_id, path, start=start, end=end))

    def get_node_file_end(self, pool_id: str, node_id: str, path: str, *, size: int = inspecting.END_BYTES) -> FileEnd:
        """Read the last bytes of a text file on a node.

        Parameters
        ----------
        pool_id, node_id, path : str
            The file.
        size : int
            At most so many bytes; default: 16 KiB.
        """
        return self.wait(self.aio.get_node_file_end(pool_id, node_id, path, size=size))

    def get_start_task_result(self, pool_id: str, node_id: str) -> StartTaskResult:
        """Find out how a node's start task went.

        Parameters
        ----------
        pool_id, node_id : str
            The node.

        Returns
        -------
        StartTaskResult
            State, exit code, times, retries, what the service says of a failure, and the last 16 KiB of what it wrote.
            Where a file is missing, or the node's state does not let it be read, its ``missing`` says so.
        """
        return self.wait(self.aio.get_start_task_result(pool_id, node_id))

    def upload_node_logs(
        self,
        pool_id: str,
        node_id: str,
        container_url: str | Callable[[], str],
        *,
        start_time: datetime,
        end_time: datetime | None = None,
    ) -> Operation[UploadedLogs]:
        """Have Batch put the logs of its agent on a node into a blob container.

        Parameters
        ----------
        pool_id, node_id : str
            The node, which has to be up.
        container_url : str or callable
            Of the container, with a shared access signature that allows writing: a secret, which is sent and not kept.
            Or a function that asks for it, such as ``getpass.getpass``.
        start_time : datetime
            Logs from then on. Without a time zone it is this machine's time.
        end_time : datetime, optional
            Logs until then; default: until now.

        Returns
        -------
        Operation
            Its result is :class:`UploadedLogs`: the service has begun to put so many files under that name.

        Raises
        ------
        ValidationError
            If URL or times are wrong; nothing was sent.
        """
        url = (container_url() if callable(container_url) else container_url).strip()
        start = start_time.astimezone(UTC)
        end = end_time.astimezone(UTC) if end_time is not None else None
        if problems := check_log_upload(url, start, end, now=datetime.now(UTC)):
            raise ValidationError(problems)

        held = [url]

        async def send() -> UploadedLogs:
            service, secret = await self.service(), held.pop()
            paused = 0
            while True:
                try:
                    return await service.upload_node_logs(pool_id, node_id, secret, start, end)
                except ThrottledError as error:  # what else may have begun is not begun again
                    paused += 1
                    if paused == attempts.TRIES:
                        raise
                    await asyncio.sleep(min(error.retry_after_s, _LONGEST_PAUSE_S))

        async def work(_operation: Operation[UploadedLogs]) -> UploadedLogs:
            try:
                return await send()
            except BatchWidgetsError as error:
                raise error.with_traceback(None) from None  # its frames hold the secret

        return self.runner.submit(
            f"Upload logs of node {node_id}", work, on_cancel="Files that are on their way go on."
        )
