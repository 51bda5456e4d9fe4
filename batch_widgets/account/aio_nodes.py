"""The names of :mod:`node_actions` and :mod:`node_files`, parts of the account, as coroutines."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from batch_widgets.account import attempts, inspecting

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from datetime import datetime

    import pandas as pd

    from batch_widgets.account.account import BatchAccount
    from batch_widgets.actions import When
    from batch_widgets.node_facts import FileEnd, NodeFile, StartTaskResult, UploadedLogs
    from batch_widgets.nodes import Node
    from batch_widgets.service import BatchService

T = TypeVar("T")

_LONGEST_PAUSE_S = 5.0  # somebody waits


class AsyncNodeActions:
    """What is done to nodes, as coroutines."""

    _account: BatchAccount

    async def reboot_nodes(self, pool_id: str, nodes: Sequence[str], *, when: When = "requeue") -> pd.DataFrame:
        """Restart nodes."""
        return await self._account.reboot_nodes(pool_id, nodes, when=when)

    async def reimage_nodes(self, pool_id: str, nodes: Sequence[str], *, when: When = "requeue") -> pd.DataFrame:
        """Install the operating system of nodes anew."""
        return await self._account.reimage_nodes(pool_id, nodes, when=when)

    async def deallocate_nodes(self, pool_id: str, nodes: Sequence[str], *, when: When = "requeue") -> pd.DataFrame:
        """Give the machines of nodes back until they are started again."""
        return await self._account.deallocate_nodes(pool_id, nodes, when=when)

    async def start_nodes(self, pool_id: str, nodes: Sequence[str]) -> pd.DataFrame:
        """Start deallocated nodes."""
        return await self._account.start_nodes(pool_id, nodes)

    async def disable_scheduling(self, pool_id: str, nodes: Sequence[str], *, when: When = "requeue") -> pd.DataFrame:
        """Keep new tasks off nodes."""
        return await self._account.disable_scheduling(pool_id, nodes, when=when)

    async def enable_scheduling(self, pool_id: str, nodes: Sequence[str]) -> pd.DataFrame:
        """Let tasks come to nodes again."""
        return await self._account.enable_scheduling(pool_id, nodes)

    async def remove_nodes(self, pool_id: str, nodes: Sequence[str], *, when: When = "requeue") -> pd.DataFrame:
        """Take nodes out of their pool."""
        return await self._account.remove_nodes(pool_id, nodes, when=when)


class AsyncNodeFiles:
    """What one node has to say, as coroutines."""

    _account: BatchAccount

    async def _look_at(self, call: Callable[[BatchService], Awaitable[T]]) -> T:
        async def on_loop() -> T:
            service = await self._account.service()
            return await attempts.read(lambda: call(service), longest_pause_s=_LONGEST_PAUSE_S)

        return await self._account.runner.run(on_loop())

    async def get_node(self, pool_id: str, node_id: str) -> Node:
        """Get a node."""
        return await self._look_at(lambda service: service.get_node(pool_id, node_id))

    async def list_node_files(self, pool_id: str, node_id: str, *, recursive: bool = True) -> list[NodeFile]:
        """List the files that Batch keeps on a node."""
        return await self._look_at(lambda service: service.list_node_files(pool_id, node_id, recursive=recursive))

    async def get_node_file(
        self, pool_id: str, node_id: str, path: str, *, start: int = 0, end: int | None = None
    ) -> bytes:
        """Read a file of a node, or a part of it."""
        return await self._look_at(lambda service: service.get_node_file(pool_id, node_id, path, start, end))

    async def get_node_file_end(
        self, pool_id: str, node_id: str, path: str, *, size: int = inspecting.END_BYTES
    ) -> FileEnd:
        """Read the last bytes of a text file on a node."""
        return await self._look_at(lambda service: inspecting.read_end(service, pool_id, node_id, path, size))

    async def get_start_task_result(self, pool_id: str, node_id: str) -> StartTaskResult:
        """Find out how a node's start task went."""
        return await self._look_at(lambda service: inspecting.start_task_result(service, pool_id, node_id))

    async def upload_node_logs(
        self,
        pool_id: str,
        node_id: str,
        container_url: str | Callable[[], str],
        *,
        start_time: datetime,
        end_time: datetime | None = None,
    ) -> UploadedLogs:
        """Have Batch put the logs of its agent on a node into a blob container."""
        return await self._account.upload_node_logs(
            pool_id, node_id, container_url, start_time=start_time, end_time=end_time
        )
