"""SSH sessions on simulated nodes: who may log in, and the shell that they get. The only importer of asyncssh."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Protocol

import asyncssh

from .clock import InstantClock, later
from .command_context import Context, Meter, Run, Sleep
from .machine import Account
from .node_users import key_fits, password_fits
from .shell import ExitShellError, Shell
from .ssh_keys import host_key_pem

if TYPE_CHECKING:
    import socket
    from collections.abc import AsyncIterator
    from datetime import datetime

    from .core import Core
    from .ssh import SshLimits
    from .state import Node, NodeUser, Pool

_POLL_S = 0.02
_WINDOW = 65_536
_INTERRUPTED = 130
_TIMED_OUT = 124


class Connection(Protocol):
    """What the listener needs of a connection."""

    def abort(self) -> None:
        """Drop the connection."""
        ...

    async def wait_closed(self) -> None:
        """Return when the connection is closed."""
        ...


async def serve(client: socket.socket, core: Core, pool: Pool, node: Node, limits: SshLimits) -> Connection:
    """Serve SSH to a client that has connected to a node's port."""
    other = node.login_trouble == "other host key"
    key = asyncssh.import_private_key(host_key_pem(core.state.seed, pool.id, node.id, other=other))
    connection: Connection = await asyncssh.run_server(
        client,
        server_factory=lambda: _Door(core, node, limits),
        server_host_keys=[key],
        encoding="utf-8",
        errors="replace",
        sftp_factory=None,
        allow_scp=False,
        agent_forwarding=False,
        x11_forwarding=False,
        gss_host=None,
        password_auth=True,
        public_key_auth=True,
        kbdint_auth=False,
        host_based_auth=False,
        login_timeout=limits.login_s,
        window=_WINDOW,
        server_version="BatchWidgetsDemo",
    )
    return connection


class _Door(asyncssh.SSHServer):
    """Lets the users of a node in, by password or key, until their accounts expire."""

    def __init__(self, core: Core, node: Node, limits: SshLimits) -> None:
        self._core = core
        self._node = node
        self._limits = limits
        self._failures = 0
        self._sessions = 0
        self._connection: Any = None

    def connection_made(self, conn: Any) -> None:
        self._connection = conn

    def begin_auth(self, username: str) -> bool:  # noqa: ARG002  nobody is let in without
        return True

    def password_auth_supported(self) -> bool:
        return True

    def public_key_auth_supported(self) -> bool:
        return True

    async def validate_password(self, username: str, password: str) -> bool:
        user = self._user(username)
        fits = await asyncio.to_thread(password_fits, user, password)
        return self._judged(fits and user is self._user(username))

    def validate_public_key(self, username: str, key: Any) -> bool:
        return self._judged(key_fits(self._user(username), key.public_data))

    def session_requested(self) -> Any:
        if self._sessions >= self._limits.sessions:
            return False
        self._sessions += 1
        return asyncssh.SSHServerProcess(self._serve, None, 3, False)  # noqa: FBT003

    async def _serve(self, process: Any) -> None:
        try:
            await _Session(self._core, self._node, process, self._limits).run()
        finally:
            self._sessions -= 1

    def _judged(self, fits: bool) -> bool:
        """Pass a verdict on; drop a connection that has failed too often."""
        self._failures += not fits
        if self._failures >= self._limits.attempts:
            self._connection.disconnect(asyncssh.DISC_NO_MORE_AUTH_METHODS_AVAILABLE, "Too many failures")
        return fits

    def _user(self, name: str) -> NodeUser | None:
        """Return a user who may log in now."""
        with self._core.lock:
            self._core.state.advance()
            user = self._node.users.get(name)
            if user is None or user.expiry <= self._core.state.now() or self._node.state == "leavingpool":
                return None
            return user


class _Session:
    """One command or one interactive shell."""

    def __init__(self, core: Core, node: Node, process: Any, limits: SshLimits) -> None:
        self._core = core
        self._clock = core.state.clock
        self._now = core.state.now
        self._node = node
        self._process = process
        self._limits = limits
        name = process.get_extra_info("username")
        user = node.users.get(name)
        self._name = name
        self._terminal = bool(process.get_terminal_type())
        self._ended = False
        self._running = False
        self._interrupted = False
        self._at_prompt = process.break_received
        process.break_received = self._on_break
        home = f"/home/{name}"
        environment = {
            "HOME": home,
            "LOGNAME": name,
            "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "PWD": home,
            "SHELL": "/bin/bash",
            "USER": name,
        }
        account = Account(name, is_admin=user is not None and user.is_admin)
        self._shell = Shell(Context(node.machine, account, environment, home))

    async def run(self) -> None:
        """Serve the session to its end."""
        process = self._process
        with suppress(asyncssh.Error, BrokenPipeError, ConnectionError):
            if process.subsystem:
                process.stderr.write("The simulated node has no subsystems.\n")
                process.exit(1)
                return
            try:
                async with asyncio.timeout(self._limits.session_s):
                    if process.command is not None:
                        status = await self._execute(process.command)
                    else:
                        status = await self._interact()
            except TimeoutError:
                process.stderr.write("The simulated node ends sessions that are idle or take too long.\n")
                status = _TIMED_OUT
            process.exit(status)

    async def _interact(self) -> int:
        process = self._process
        terminal = self._terminal
        if terminal:
            process.stdout.write(
                f"A simulated node of batch_widgets ({self._node.id}).\n"
                "It knows a few commands (try help); nothing runs for real.\n"
            )
        async for line in self._lines():
            status = await self._execute(line)
            if self._ended:
                return status
        return self._shell.status

    async def _lines(self) -> AsyncIterator[str]:
        process = self._process
        terminal = self._terminal
        prompted = False
        while True:
            if terminal and not prompted:
                process.stdout.write(self._prompt())
            prompted = False
            try:
                line = await asyncio.wait_for(process.stdin.readline(), self._limits.idle_s)
            except (asyncssh.BreakReceived, asyncssh.SignalReceived):
                process.stdout.write("^C\n")
                continue
            except asyncssh.TerminalSizeChanged:
                prompted = True  # what was typed so far stands behind it
                continue
            except asyncio.IncompleteReadError:
                process.stderr.write("bash: the line is too long\n")
                return
            if not line:
                if terminal:
                    process.stdout.write("logout\n")
                return
            yield line.rstrip("\r\n")

    def _prompt(self) -> str:
        directory = self._shell.context.directory
        home = f"/home/{self._name}"
        shown = "~" + directory.removeprefix(home) if (directory + "/").startswith(home + "/") else directory
        return f"{self._name}@{self._node.machine.hostname}:{shown}$ "

    async def _execute(self, line: str) -> int:
        with self._core.lock:
            self._core.state.advance()  # the node may be gone by now, and this session with it
        await asyncio.sleep(0)
        self._shell.context.meter = Meter()
        self._shell.context.terminal = self._process.get_terminal_size()[:2] if self._terminal else None
        self._running = True
        self._interrupted = False
        try:
            return await self._play(self._shell.run(line))
        except ExitShellError as ended:
            self._ended = True
            return ended.status
        finally:
            self._running = False

    def _on_break(self, milliseconds: int) -> bool:
        """Take Ctrl+C: it ends a command that sleeps, or clears the line at the prompt."""
        if self._running:
            self._interrupted = True
            return True
        return bool(self._at_prompt(milliseconds))

    async def _play(self, run: Run) -> int:
        """Write what a command writes, and wait while it sleeps."""
        while True:
            with self._core.lock:
                self._node.machine.now = self._now()
                try:
                    event = next(run)
                except StopIteration as stop:
                    status: int = stop.value
                    return status
            if isinstance(event, Sleep):
                await self._sleep(later(self._now(), event.seconds))
                if self._interrupted:
                    self._process.stdout.write("^C\n")
                    self._shell.status = _INTERRUPTED
                    return _INTERRUPTED
            else:
                # A terminal has one stream for both.
                stream = self._process.stderr if event.error and not self._terminal else self._process.stdout
                stream.write(event.text)
                await asyncio.wait_for(stream.drain(), self._limits.idle_s)

    async def _sleep(self, until: datetime) -> None:
        # Any clock will do, also one that is stepped by hand: none of them can wake us.
        await asyncio.sleep(0)
        waiting = not isinstance(self._clock, InstantClock)
        while waiting and self._now() < until and not (self._interrupted or self._process.is_closing()):  # noqa: ASYNC110
            await asyncio.sleep(_POLL_S)
