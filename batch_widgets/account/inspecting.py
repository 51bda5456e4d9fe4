"""Looking into one node: the ends of its files, how its start task went."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from batch_widgets.errors import NotFoundError, ServiceError
from batch_widgets.node_facts import FileEnd, StartTaskResult
from batch_widgets.nodes import state_words

if TYPE_CHECKING:
    from batch_widgets.service import BatchService

END_BYTES = 16 * 1024
_NO_NODE = {"NodeNotFound", "PoolNotFound"}
_STDOUT, _STDERR = "startup/stdout.txt", "startup/stderr.txt"


async def read_end(service: BatchService, pool_id: str, node_id: str, path: str, size: int) -> FileEnd:
    """Read the last bytes of a file as text."""
    try:
        facts = await service.get_node_file_properties(pool_id, node_id, path)
    except ServiceError as error:
        if error.code or (error.status or 0) >= 500:
            raise
        await service.get_node_file(pool_id, node_id, path, 0, 1)  # its refusal has words; that of a HEAD has none
        raise
    if facts.is_directory:
        return FileEnd(path, missing="It is a folder.")
    whole = facts.size or 0
    start = max(0, whole - size)
    data = await service.get_node_file(pool_id, node_id, path, start, whole)
    if start:  # it may begin in the middle of a letter
        while data and data[0] & 0xC0 == 0x80:
            data = data[1:]
    return FileEnd(path, data.decode("utf-8", "replace"), whole, is_whole=start == 0)


async def start_task_result(service: BatchService, pool_id: str, node_id: str) -> StartTaskResult:
    """Find out how a node's start task went; a file that can't be read says why. Whoever calls it is patient."""
    node = await service.get_node(pool_id, node_id)

    async def end_of(path: str) -> FileEnd:
        try:
            return await read_end(service, pool_id, node_id, path, END_BYTES)
        except NotFoundError as error:
            if error.code in _NO_NODE:
                raise
            return FileEnd(path, missing="The node has no such file.")
        except ServiceError as error:
            if error.status != 409:
                raise
            return FileEnd(path, missing=f"The node is {state_words(node.state)}; its files cannot be read now.")

    stdout, stderr = await asyncio.gather(end_of(_STDOUT), end_of(_STDERR))
    return StartTaskResult(node_id, node.start_task, stdout, stderr)
