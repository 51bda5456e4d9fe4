"""The calls on one node: what is done to it, its files, its logs. The SDK's pollers are never asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from azure.batch import models

from batch_widgets.errors import NotFoundError, ServiceError
from batch_widgets.sdk import convert
from batch_widgets.sdk.answers import IS_LIST, read_pages
from batch_widgets.sdk.calls import SdkCalls
from batch_widgets.sdk.withheld import withheld

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from batch_widgets.actions import When
    from batch_widgets.node_facts import NodeFile, UploadedLogs
    from batch_widgets.nodes import Node

_NO_FILES = {"", ".", ".."}


class SdkNodeCalls(SdkCalls):
    """A node of an account, through the SDK's aio client."""

    async def get_node(self, pool_id: str, node_id: str) -> Node:
        """Get a node."""
        async with self._errors(pool_id, node_id):
            return convert.node(await self._client.get_node(pool_id, node_id))

    async def reboot_node(self, pool_id: str, node_id: str, when: When) -> None:
        """Ask that a node be restarted."""
        async with self._errors(pool_id, node_id, changes=True):
            await self._client.begin_reboot_node(pool_id, node_id, _options(nodeRebootOption=when))

    async def reimage_node(self, pool_id: str, node_id: str, when: When) -> None:
        """Ask that a node's operating system be installed anew."""
        async with self._errors(pool_id, node_id, changes=True):
            await self._client.begin_reimage_node(pool_id, node_id, _options(nodeReimageOption=when))

    async def deallocate_node(self, pool_id: str, node_id: str, when: When) -> None:
        """Ask that a node's machine be given back."""
        async with self._errors(pool_id, node_id, changes=True):
            await self._client.begin_deallocate_node(pool_id, node_id, _options(nodeDeallocateOption=when))

    async def start_node(self, pool_id: str, node_id: str) -> None:
        """Ask that a deallocated node be started."""
        async with self._errors(pool_id, node_id, changes=True):
            await self._client.begin_start_node(pool_id, node_id)

    async def disable_node_scheduling(self, pool_id: str, node_id: str, when: When) -> None:
        """Keep tasks off a node."""
        options = models.BatchNodeDisableSchedulingOptions(node_disable_scheduling_option=when)
        async with self._errors(pool_id, node_id, changes=True):
            await self._client.disable_node_scheduling(pool_id, node_id, options)

    async def enable_node_scheduling(self, pool_id: str, node_id: str) -> None:
        """Let tasks come to a node."""
        async with self._errors(pool_id, node_id, changes=True):
            await self._client.enable_node_scheduling(pool_id, node_id)

    async def remove_nodes(self, pool_id: str, node_ids: Sequence[str], when: When) -> None:
        """Ask that nodes, at most 100, be taken out of a pool, whose size must be steady."""
        options = models.BatchNodeRemoveOptions(node_ids=list(node_ids), node_deallocation_option=when)
        async with self._errors(pool_id, changes=True):
            await self._client.begin_remove_nodes(pool_id, options)

    async def list_node_files(self, pool_id: str, node_id: str, *, recursive: bool) -> list[NodeFile]:
        """List a node's files: those at the top, or all."""
        async with self._errors(pool_id, node_id):
            files = self._client.list_node_files(pool_id, node_id, recursive=recursive, **IS_LIST)
            return await read_pages(files, self._endpoint, convert.node_file)

    async def get_node_file_properties(self, pool_id: str, node_id: str, path: str) -> NodeFile:
        """Tell size and age of a file."""
        async with self._errors(pool_id, node_id):
            answer = await self._client.get_node_file_properties(pool_id, node_id, _of_a_file(path))
            return convert.node_file_properties(path, answer)

    async def get_node_file(self, pool_id: str, node_id: str, path: str, start: int, end: int | None) -> bytes:
        """Read a file from byte `start` to before `end`; beyond its end there is nothing."""
        if end is not None and end <= start:
            return b""
        wanted = None if start == 0 and end is None else f"bytes={start}-{'' if end is None else end - 1}"
        try:
            async with self._errors(pool_id, node_id):
                parts = await self._client.download_node_file(pool_id, node_id, _of_a_file(path), ocp_range=wanted)
                return b"".join([part async for part in parts])
        except ServiceError as error:
            if error.code == "InvalidRange" or error.status == 416:
                return b""
            raise

    async def upload_node_logs(
        self, pool_id: str, node_id: str, container_url: str, start_time: datetime, end_time: datetime | None
    ) -> UploadedLogs:
        """Have a node's logs put into a container. The URL is a secret: no error has it."""
        with withheld(_secrets_of(container_url)):
            async with self._errors(pool_id, node_id, changes=True):
                options = models.UploadBatchServiceLogsOptions(
                    container_url=container_url, start_time=start_time, end_time=end_time
                )
                return convert.uploaded_logs(await self._client.upload_node_logs(pool_id, node_id, options))


def _options(**names: str) -> Any:
    """Give options whose models the SDK does not export. Without any, it would send no content type and fail."""
    return names


def _of_a_file(path: str) -> str:
    """Give a path that names a file; these would make the address of something else."""
    trimmed = path.strip("/\\")
    if trimmed in _NO_FILES:
        raise NotFoundError(f"There is no file {path!r}.", code="FileNotFound", hint="Give its path.")
    return trimmed


def _secrets_of(url: str) -> set[str]:
    """Give what is secret of a URL with a signature."""
    query = urlsplit(url).query
    signatures = {part.removeprefix("sig=") for part in query.split("&") if part.startswith("sig=")}
    return {url, query, *signatures} - {""}
