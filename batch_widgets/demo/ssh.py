"""SSH listeners of simulated nodes, on 127.0.0.1 and ports that the system gives.

A listener is a bound socket until the first client comes; only then is asyncssh loaded, and it only ever gets
connections that are already accepted. Sessions get a simulated shell and nothing else.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import logging
import os
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .nodes import ClosedDoors, LoginAddress
from .state import UP

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine

    from .core import Core
    from .ssh_session import Connection
    from .state import Node, Pool

    Serve = Callable[[socket.socket, Core, Pool, Node, "SshLimits"], Awaitable[Connection]]

WITHOUT_ASYNCSSH = "SSH to the simulated nodes needs asyncssh: pip install batch_widgets[ssh]."
MAX_SSH_LISTENERS = 200

_BACKLOG = 64
_NOWHERE = "127.255.255.255"  # the broadcast address of the loopback net: no connection leads there, and none leaves
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class SshLimits:
    """What the simulated nodes let one do at most; times are in real seconds.

    Parameters
    ----------
    listeners
        Nodes that can be logged in to.
    connections, connections_per_node
        Connections at a time.
    sessions
        Sessions at a time in one connection.
    attempts
        Passwords and keys that may be wrong in one connection.
    login_s, idle_s, session_s
        Time to log in, time without a line typed or read, and time that a session may take in all.
    """

    listeners: int = MAX_SSH_LISTENERS
    connections: int = 400
    connections_per_node: int = 64
    sessions: int = 10
    attempts: int = 6
    login_s: float = 30.0
    idle_s: float = 900.0
    session_s: float = 8 * 3600.0


class SshDoors:
    """Opens a listener for a node when its address is first asked for, and closes it when the node leaves.

    To be made on the event loop that it is to use.

    Parameters
    ----------
    core
        Holds the nodes and their users.
    limits
        What the nodes let one do.
    """

    def __init__(self, core: Core, limits: SshLimits) -> None:
        self._core = core
        self._limits = limits
        self._loop = asyncio.get_running_loop()
        self._available = importlib.util.find_spec("asyncssh") is not None
        self._listeners: dict[str, _Listener] = {}
        self._ending: set[asyncio.Task[None]] = set()

    def attach(self) -> None:
        """Begin to serve the core's nodes."""
        self._core.nodes.doors = self
        self._core.state.on_node_leaving = self._on_node_leaving
        self._core.state.on_node_down = self._on_node_down

    def open(self, pool: Pool, node: Node) -> LoginAddress | str:
        """Return where SSH listens for a node, opened if it wasn't; or why it doesn't."""
        if not self._available:
            return WITHOUT_ASYNCSSH
        listener = self._listeners.get(node.id)
        if listener is None:
            if len(self._listeners) >= self._limits.listeners:
                return f"The simulated service opens at most {self._limits.listeners} SSH listeners at a time."
            try:
                listener = _Listener(self._core, pool, node, self._limits, self._has_room)
            except OSError as error:
                return f"No port could be opened for the node: {error.strerror}."
            self._listeners[node.id] = listener
        if node.login_trouble == "unreachable":
            return LoginAddress(_NOWHERE, listener.address.port)
        return listener.address

    async def meet_trouble(self, node: Node) -> None:
        """Act on a node's login trouble, or on its end: drop the connections, and close or open its port."""
        if (listener := self._listeners.get(node.id)) is not None:
            await listener.meet_trouble()

    async def close(self) -> None:
        """Close all listeners and drop their connections."""
        self._core.nodes.doors = ClosedDoors()
        self._core.state.on_node_leaving = self._core.state.on_node_down = lambda _node: None
        listeners, self._listeners = list(self._listeners.values()), {}
        await asyncio.gather(*(listener.close() for listener in listeners), *self._ending)

    def _has_room(self) -> bool:
        connections = sum(listener.connections for listener in self._listeners.values())
        return connections < self._limits.connections

    def _on_node_leaving(self, node: Node) -> None:
        self._soon(lambda: self._listeners.pop(node.id, None), _Listener.close)

    def _on_node_down(self, node: Node) -> None:
        self._soon(lambda: self._listeners.get(node.id), _Listener.drop)

    def _soon(
        self, find: Callable[[], _Listener | None], act: Callable[[_Listener], Coroutine[None, None, None]]
    ) -> None:
        """Do something to a listener on the loop; the state may be changed on any thread."""

        def begin() -> None:
            listener = find()
            if listener is not None:
                task = self._loop.create_task(act(listener))
                self._ending.add(task)
                task.add_done_callback(self._ending.discard)

        self._loop.call_soon_threadsafe(begin)


class _Listener:
    """The port of one node."""

    def __init__(self, core: Core, pool: Pool, node: Node, limits: SshLimits, has_room: Callable[[], bool]) -> None:
        self._core = core
        self._pool = pool
        self._node = node
        self._limits = limits
        self._has_room = has_room
        self._connections: set[asyncio.Task[None]] = set()
        self._sockets = [_bind(socket.AF_INET, "127.0.0.1")]
        port = self._sockets[0].getsockname()[1]
        self.address = LoginAddress("127.0.0.1", port)
        if pool.is_dual_stack:
            with contextlib.suppress(OSError):  # not every host has IPv6, and the port may be taken there
                self._sockets.append(_bind(socket.AF_INET6, "::1", port))
                self.address = LoginAddress("127.0.0.1", port, "::1", port)
        self._accepting: list[asyncio.Task[None]] = []
        if node.login_trouble == "port closed":
            self._refuse()
        else:
            self._begin()

    @property
    def connections(self) -> int:
        """How many connections there are."""
        return len(self._connections)

    async def close(self) -> None:
        """Listen no more and drop the connections."""
        await self._end()
        # First the port, so that nobody who is dropped can come back.
        for listening in self._sockets:
            listening.close()
        await self.drop()

    async def meet_trouble(self) -> None:
        """Close the port or open it, as the node's trouble has it, and drop the connections."""
        await self._end()
        if self._node.login_trouble == "port closed":
            self._refuse()
        await self.drop()
        if self._node.login_trouble != "port closed":
            self._begin()

    def _begin(self) -> None:
        loop = asyncio.get_running_loop()
        for listening in self._sockets:
            listening.listen(_BACKLOG)
        self._accepting = [loop.create_task(self._accept(listening)) for listening in self._sockets]

    async def _end(self) -> None:
        for task in self._accepting:
            task.cancel()
        await asyncio.gather(*self._accepting, return_exceptions=True)
        self._accepting = []

    def _refuse(self) -> None:
        """Hold the ports without listening: the system then refuses connections, and gives the ports to nobody else."""
        for index, listening in enumerate(self._sockets):
            host, port = listening.getsockname()[:2]
            listening.close()
            self._sockets[index] = _bind(listening.family, host, port, again=True)

    async def drop(self) -> None:
        """Drop the connections."""
        connections = list(self._connections)
        for connection in connections:
            connection.cancel()
        await asyncio.gather(*connections, return_exceptions=True)

    async def _accept(self, listening: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                client, _ = await loop.sock_accept(listening)
            except OSError:
                # Out of file descriptors, most likely: those who log out make room.
                await asyncio.sleep(0.2)
                continue
            if self._node.login_trouble == "silent":
                self._begin_silence(client)
                continue
            if not (self._is_up() and self.connections < self._limits.connections_per_node and self._has_room()):
                client.close()
                continue
            task = loop.create_task(self._serve(client))
            self._connections.add(task)
            task.add_done_callback(self._connections.discard)

    def _begin_silence(self, client: socket.socket) -> None:
        """Keep a connection and say nothing, as a machine that hangs."""

        async def keep_silent() -> None:
            try:
                await asyncio.sleep(self._limits.login_s)
            finally:
                client.close()

        task = asyncio.get_running_loop().create_task(keep_silent())
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)

    def _is_up(self) -> bool:
        with self._core.lock:
            self._core.state.advance()
            return self._node.state in UP

    async def _serve(self, client: socket.socket) -> None:
        connection: Connection | None = None
        try:
            serve = await asyncio.to_thread(_load)
            connection = await serve(client, self._core, self._pool, self._node, self._limits)
            await connection.wait_closed()
        except Exception as error:  # noqa: BLE001  a client's fault must not end the listener
            _log.debug("An SSH connection ended: %s", error)
        finally:
            if connection is None:
                client.close()
            else:
                connection.abort()
                with contextlib.suppress(Exception):
                    await connection.wait_closed()


def _bind(family: socket.AddressFamily, host: str, port: int = 0, *, again: bool = False) -> socket.socket:
    """Take a port; `again` where it was ours before: connections to it may not have quite ended yet."""
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setblocking(False)  # noqa: FBT003
        if again:
            _share(listening)
        listening.bind((host, port))
        _share(listening)  # only now, so that nobody else had the port; connections inherit it
    except OSError:
        listening.close()
        raise
    return listening


def _share(listening: socket.socket) -> None:
    """Let a port be taken again while old connections to it end; on Windows they don't hinder, and the option harms."""
    if os.name == "posix":
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)


def _load() -> Serve:
    """Import asyncssh, away from the loop: it takes half a second."""
    from .ssh_session import serve

    return serve
