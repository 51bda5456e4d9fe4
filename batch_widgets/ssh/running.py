"""Running one command on a node that one is logged in to."""

from __future__ import annotations

import asyncio
import signal
from typing import TYPE_CHECKING

import asyncssh

from batch_widgets.ssh.values import CommandResult

if TYPE_CHECKING:
    from batch_widgets.ssh.connecting import Connection

_CHUNK = 65_536
_SIGNALLED = 128  # what a shell adds to the number of the signal that ended a command


async def run_command(
    connection: Connection, node_id: str, command: str, *, timeout_s: float, most_bytes: int
) -> CommandResult:
    """Run a command without a terminal and with nothing to read.

    Parameters
    ----------
    connection : Connection
        The login.
    node_id : str
        The node.
    command : str
        For the user's shell there.
    timeout_s : float
        How long it may take, in seconds. Then it gets SIGTERM, and what it wrote so far is kept.
    most_bytes : int
        How much of its output is kept, standard output and standard error together; the rest is read and left out.
    """
    kept = _Kept(most_bytes)
    loop = asyncio.get_running_loop()
    began_s = loop.time()
    status, error = None, ""
    try:
        process = await connection.create_process(command, stdin=asyncssh.DEVNULL, encoding=None)
        try:
            async with asyncio.timeout(timeout_s):
                await asyncio.gather(kept.take("out", process.stdout), kept.take("err", process.stderr))
                await process.wait_closed()
            status, error = _status(process)
        except TimeoutError:
            process.terminate()
            error = f"timed out after {timeout_s:g} s; the command may still run on the node"
    except (asyncssh.Error, OSError) as failure:
        error = f"connection lost: {str(failure).rstrip('.') or type(failure).__name__}"
    return CommandResult(node_id, status, kept.text("out"), kept.text("err"), loop.time() - began_s, error)


class _Kept:
    """The beginning of what a command writes."""

    def __init__(self, most_bytes: int) -> None:
        self._most = self._room = most_bytes
        self._chunks: dict[str, list[bytes]] = {"out": [], "err": []}
        self._left_out = {"out": 0, "err": 0}

    async def take(self, name: str, stream: asyncssh.SSHReader[bytes]) -> None:
        while data := await stream.read(_CHUNK):
            kept = data[: self._room]
            self._room -= len(kept)
            self._chunks[name].append(kept)
            self._left_out[name] += len(data) - len(kept)

    def text(self, name: str) -> str:
        text = b"".join(self._chunks[name]).decode("utf-8", "replace")
        if left_out := self._left_out[name]:
            text += f"\n[{left_out:,} more bytes were left out: {self._most:,} bytes are kept of each node]"
        return text


def _status(process: asyncssh.SSHClientProcess[bytes]) -> tuple[int | None, str]:
    """Give the exit status, for a signal the one that a shell gives for it, or say that there was none."""
    if process.exit_signal is not None:
        name = process.exit_signal[0]
        number = getattr(signal, f"SIG{name}", None)
        return (_SIGNALLED + int(number), "") if number else (None, f"ended by the signal {name}")
    if process.exit_status is None:
        return None, "connection lost: the node gave no exit status"
    return process.exit_status, ""
