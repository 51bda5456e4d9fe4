"""A shell on a node, for a terminal on the page: what it writes comes in batches, no faster than it is taken."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

import asyncssh

if TYPE_CHECKING:
    from collections.abc import Callable

    from batch_widgets.ssh.connecting import Connection

    Post = Callable[[Callable[[], object]], bool]

BATCH_S = 0.016
"""Output that comes within this time of the last one waits and goes with it, in seconds: one frame of a screen."""
MOST_BYTES = 65_536
"""The most that one batch holds; as much may be on its way from the node."""

_TERM = "xterm-256color"


class TerminalSession:
    """An interactive shell on a node. Its methods can be called on any thread and return at once.

    Made by ``account.open_terminal``. Output goes to `on_output` in batches of 64 KiB at most, no more than one in
    16 ms, and the next one waits until the call for the last has returned: a node that writes without end is slowed
    down, and not the page. :meth:`pause` stops it altogether until :meth:`resume`.

    Parameters
    ----------
    connection : Connection
        The login; the session's own.
    process : asyncssh.SSHClientProcess
        The shell.
    on_output : callable
        Gets each batch.
    on_end : callable
        Gets the reason, in a sentence, once, after the last output.
    post : callable
        Runs a function on the thread of observers; False where that is no more.
    """

    def __init__(
        self,
        connection: Connection,
        process: asyncssh.SSHClientProcess[bytes],
        *,
        on_output: Callable[[bytes], object],
        on_end: Callable[[str], object],
        post: Post,
    ) -> None:
        self._connection = connection
        self._process = process
        self._on_output = on_output
        self._on_end = on_end
        self._post = post
        self._loop = asyncio.get_running_loop()
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._reason = ""
        self._ended = False
        self._pump = self._loop.create_task(self._run())
        self._pump.add_done_callback(self._finished)
        key = connection.get_server_host_key()
        self.host_key_fingerprint = key.get_fingerprint() if key is not None else ""
        """str: SHA-256 of the node's host key, as ``ssh-keygen -l`` prints it."""

    @property
    def ended(self) -> bool:
        """True once the shell or the connection has ended."""
        return self._ended

    @property
    def end_reason(self) -> str:
        """Why it ended, in a sentence; empty while it has not."""
        return self._reason if self._ended else ""

    def send(self, data: bytes | str) -> None:
        """Type something: what keys send, such as the byte 3 for Ctrl+C. Nothing happens once it has ended."""
        raw = data.encode() if isinstance(data, str) else bytes(data)

        self._soon(lambda: self._process.stdin.write(raw))

    def resize(self, columns: int, rows: int) -> None:
        """Tell the shell that the terminal has another size."""
        self._soon(lambda: self._process.change_terminal_size(max(1, columns), max(1, rows)))

    def pause(self) -> None:
        """Take no more output; what is on its way may still come."""
        self._soon(self._flowing.clear)

    def resume(self) -> None:
        """Take output again."""
        self._soon(self._flowing.set)

    def close(self) -> None:
        """End it; what the shell runs in the foreground gets a hang-up, as when a terminal's window is closed."""
        self._soon(lambda: self._stop("Closed."))

    async def finish(self, reason: str) -> None:
        """End it for a reason and wait until it has ended; on its loop only."""
        self._stop(reason)
        await asyncio.wait([self._pump])
        await self._connection.wait_closed()

    def _soon(self, act: Callable[[], object]) -> None:
        def unless_ended() -> None:
            if not self._ended:
                with suppress(OSError):  # the connection is ending
                    act()

        with suppress(RuntimeError):  # the loop is closed, and with it the session
            self._loop.call_soon_threadsafe(unless_ended)

    def _stop(self, reason: str) -> None:
        self._reason = self._reason or reason
        self._pump.cancel()

    async def _run(self) -> str:
        """Hand on what comes until it ends, and say why it did."""
        lost = self._loop.create_task(self._connection.wait_closed())
        try:
            while data := await self._process.stdout.read(MOST_BYTES):
                taken_s = self._loop.time()
                await self._hand_on(data)
                await self._until_it_flows(lost)
                await asyncio.sleep(taken_s + BATCH_S - self._loop.time())
            await self._process.wait_closed()
            return _how_it_ended(self._process)
        except (asyncssh.Error, OSError) as error:
            return f"The connection to the node was lost: {str(error).rstrip('.') or type(error).__name__}."
        finally:
            lost.cancel()

    def _finished(self, pump: asyncio.Task[str]) -> None:
        if not self._reason:
            failure = None if pump.cancelled() else pump.exception()
            self._reason = "Closed." if pump.cancelled() else str(failure) if failure else pump.result()
        self._ended = True
        self._connection.abort()
        self._post(lambda: self._on_end(self._reason))

    async def _until_it_flows(self, lost: asyncio.Task[None]) -> None:
        """Wait while it is paused; a connection that is lost meanwhile is told all the same."""
        if not self._flowing.is_set():
            flowing = self._loop.create_task(self._flowing.wait())
            try:
                await asyncio.wait({flowing, lost}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                flowing.cancel()

    async def _hand_on(self, data: bytes) -> None:
        """Give a batch to whoever listens, and wait until it has taken it."""
        taken = asyncio.Event()

        def give() -> None:
            try:
                self._on_output(data)
            finally:
                with suppress(RuntimeError):  # the loop was closed meanwhile
                    self._loop.call_soon_threadsafe(taken.set)

        if self._post(give):
            await taken.wait()


async def open_shell(
    connection: Connection,
    *,
    columns: int,
    rows: int,
    on_output: Callable[[bytes], object],
    on_end: Callable[[str], object],
    post: Post,
) -> TerminalSession:
    """Start a shell on a node that one is logged in to; the connection is closed with it, or if that fails."""
    try:
        process = await connection.create_process(
            term_type=_TERM,
            term_size=(max(1, columns), max(1, rows)),
            stderr=asyncssh.STDOUT,
            encoding=None,
            window=MOST_BYTES,
        )
    except BaseException:
        connection.abort()
        raise
    return TerminalSession(connection, process, on_output=on_output, on_end=on_end, post=post)


def _how_it_ended(process: asyncssh.SSHClientProcess[bytes]) -> str:
    if process.exit_signal is not None:
        return f"The shell was ended by the signal {process.exit_signal[0]}."
    if process.exit_status is None:
        return "The connection ended."
    return f"The shell ended with exit status {process.exit_status}."
