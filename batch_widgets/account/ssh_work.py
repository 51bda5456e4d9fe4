"""SshWork: what an account does on nodes by SSH, on the loop thread."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar, cast

from batch_widgets import login
from batch_widgets.account import attempts
from batch_widgets.account.fan_out import Tally, bounded, wanted
from batch_widgets.account.login_settings import list_remote_login_settings
from batch_widgets.errors import LoginError, NotFoundError, ValidationError
from batch_widgets.login import NoEndpoint
from batch_widgets.nodes import state_words
from batch_widgets.ssh import CommandResult, HostKeys, LoginTest, SshTarget, diagnosis

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
    from pathlib import Path

    import pandas as pd

    from batch_widgets.login import RemoteLoginSettings
    from batch_widgets.nodes import Node
    from batch_widgets.pools import Pool
    from batch_widgets.runner import Operation, Runner
    from batch_widgets.service import BatchService
    from batch_widgets.ssh import LoginOutcome, UserFacts
    from batch_widgets.ssh.connecting import Connection
    from batch_widgets.ssh.credentials import Credentials
    from batch_widgets.ssh.terminal import TerminalSession

Row = TypeVar("Row")
Secret = list[str | None]
"""A password in a box, so that it can be taken out: a closure's variable lives as long as an error that passed by."""

_FEW = 8
_WINDOWS = NoEndpoint("The node runs Windows, which has no SSH.", "Log in with Remote Desktop: see rdp_files.")


@dataclass(frozen=True)
class WayIn:
    """A node that was asked for, and where its SSH server is, or why there is none to try.

    Parameters
    ----------
    node_id : str
        The node.
    target : SshTarget, optional
        Where to log in.
    why_not : NoEndpoint, optional
        Why there is no such place, and what to do.
    node : Node, optional
        What the service says of it; None where the pool has no such node.
    """

    node_id: str
    target: SshTarget | None = None
    why_not: NoEndpoint | None = None
    node: Node | None = None


class SshWork:
    """Logs in to nodes. Its coroutines run on the account's loop thread.

    Parameters
    ----------
    runner : Runner
        Whose observers' thread gets output.
    known_hosts : callable
        Gives the known-hosts file.
    host_keys : callable, optional
        Gives the host keys of nodes by node id, where somebody knows them.
    """

    def __init__(
        self,
        runner: Runner,
        known_hosts: Callable[[], Path],
        host_keys: Callable[[Sequence[str]], Mapping[str, str]] | None,
    ) -> None:
        self._runner = runner
        self._known_hosts = known_hosts
        self._known_keys = host_keys
        self._host_keys: HostKeys | None = None
        self._terminals: set[TerminalSession] = set()

    @property
    def host_keys(self) -> HostKeys:
        """The known host keys."""
        if self._host_keys is None:
            self._host_keys = HostKeys(self._known_hosts())
        return self._host_keys

    @asynccontextmanager
    async def credentials(
        self, user: str, identity_file: Path | str | None, password: Secret
    ) -> AsyncIterator[Credentials]:
        """Load asyncssh and the keys, away from the loop: the one takes half a second, the others a disk.

        They are forgotten when the block ends.
        """

        def load() -> Credentials:
            from pathlib import Path

            from batch_widgets.ssh import connecting, running, terminal  # noqa: F401 (so that nobody waits later)
            from batch_widgets.ssh.credentials import load_credentials

            return load_credentials(user, Path(identity_file) if identity_file is not None else None, password.pop())

        try:
            loaded = await asyncio.to_thread(load)
        finally:
            password.clear()  # also where it was cancelled before it began
        try:
            yield loaded
        finally:
            loaded.forget()

    async def ways_in(self, service: BatchService, pool_id: str, node_ids: Sequence[str] | None) -> list[WayIn]:
        """Find where to log in to nodes: to the ones named, or to all; one for each, in order."""
        pool = await attempts.read(lambda: service.get_pool(pool_id))
        nodes = await _nodes(service, pool_id, node_ids)
        asked = wanted(node_ids, nodes)
        settings = await list_remote_login_settings(service, pool_id, asked, ask_each=True)
        by_id = {node.id: node for node in nodes}
        ways = [_way_in(pool, by_id.get(one.node_id), one) for one in settings]
        targets = [way.node_id for way in ways if way.target is not None]
        if self._known_keys is not None and targets and (known := self._known_keys(targets)):
            await asyncio.to_thread(login.write_known_hosts, self.host_keys.path, known)
        return ways

    async def connect(
        self,
        way: WayIn,
        credentials: Credentials,
        *,
        known_users: Mapping[str, UserFacts] | None = None,
        reach_s: float | None = None,
        keepalive_s: float | None = None,
    ) -> Connection:
        """Log in to a node.

        Raises
        ------
        LoginError
            With the outcome that names what failed, and the node's state where that may be why.
        """
        from batch_widgets.ssh.connecting import KEEPALIVE_S, REACH_S, connect

        try:
            if way.target is None:
                raise diagnosis.no_way_in(way.why_not)
            return await connect(
                way.target,
                credentials,
                self.host_keys,
                known_users=known_users,
                reach_s=reach_s or REACH_S,
                keepalive_s=keepalive_s or KEEPALIVE_S,
            )
        except LoginError as error:
            raise _with_state(error, way.node) from None

    async def open_terminal(
        self,
        way: WayIn,
        credentials: Credentials,
        *,
        columns: int,
        rows: int,
        on_output: Callable[[bytes], object],
        on_end: Callable[[str], object],
        known_users: Mapping[str, UserFacts] | None = None,
        keepalive_s: float | None = None,
    ) -> TerminalSession:
        """Log in to a node and start a shell."""
        from batch_widgets.ssh.terminal import open_shell

        connection = await self.connect(way, credentials, known_users=known_users, keepalive_s=keepalive_s)
        ending: list[TerminalSession] = []

        def end(reason: str) -> None:
            self._runner.call_soon(lambda: self._terminals.difference_update(ending))
            on_end(reason)

        session = await open_shell(
            connection, columns=columns, rows=rows, on_output=on_output, on_end=end, post=self._runner.notify
        )
        ending.append(session)
        self._terminals.add(session)  # nobody else may hold it, and it must end with the account
        return session

    async def run(
        self,
        way: WayIn,
        credentials: Credentials,
        command: str,
        *,
        timeout_s: float,
        most_bytes: int,
        known_users: Mapping[str, UserFacts] | None = None,
    ) -> CommandResult:
        """Log in to a node and run a command; what fails is told in the result."""
        from batch_widgets.ssh.running import run_command

        try:
            connection = await self.connect(way, credentials, known_users=known_users)
        except LoginError as error:
            return CommandResult(way.node_id, error=f"{error.outcome}: {error}")
        try:
            return await run_command(connection, way.node_id, command, timeout_s=timeout_s, most_bytes=most_bytes)
        finally:
            await _leave(connection)

    async def test(
        self,
        way: WayIn,
        credentials: Credentials,
        *,
        reach_s: float,
        known_users: Mapping[str, UserFacts] | None = None,
    ) -> LoginTest:
        """Log in to a node and leave at once."""
        try:
            connection = await self.connect(way, credentials, known_users=known_users, reach_s=reach_s)
        except LoginError as error:
            return LoginTest(way.node_id, cast("LoginOutcome", error.outcome), str(error))
        await _leave(connection)
        return LoginTest(way.node_id, "ok")

    async def close(self) -> None:
        """End all terminals."""
        await asyncio.gather(*(session.finish("The account was closed.") for session in list(self._terminals)))


async def on_ways(
    operation: Operation[pd.DataFrame],
    ways: Sequence[WayIn],
    call: Callable[[WayIn], Awaitable[Row]],
    *,
    message: str,
    open_row: Callable[[str, bool], Row],
    word: Callable[[Row], str],
    frame: Callable[[list[Row]], pd.DataFrame],
    in_flight: int = attempts.IN_FLIGHT,
) -> pd.DataFrame:
    """Do something on each node, a bounded number at a time; the parameters are those of :class:`Tally`."""
    tally = Tally(operation, [way.node_id for way in ways], message, open_row=open_row, word=word, frame=frame)

    async def one(way: WayIn) -> None:
        tally.begin(way.node_id)
        tally.settle(way.node_id, await call(way))

    await bounded(one, ways, in_flight=in_flight)
    table: pd.DataFrame = tally.end()
    return table


async def _nodes(service: BatchService, pool_id: str, node_ids: Sequence[str] | None) -> list[Node]:
    """Get the nodes asked for, as far as they are there; a few one by one, for a pool may have thousands."""
    named = wanted(node_ids, ())
    if node_ids is None or len(named) > _FEW:
        return await attempts.read(lambda: service.list_nodes(pool_id))
    nodes: list[Node] = []

    async def get(node_id: str) -> None:
        with suppress(NotFoundError):
            nodes.append(await attempts.read(lambda: service.get_node(pool_id, node_id)))

    await bounded(get, named)
    return nodes


async def _leave(connection: Connection) -> None:
    """End a connection, and wait for no farewell from a node that may be gone."""
    connection.abort()
    await connection.wait_closed()


def _way_in(pool: Pool, node: Node | None, settings: RemoteLoginSettings) -> WayIn:
    if pool.os_type == "windows":
        return WayIn(settings.node_id, why_not=_WINDOWS, node=node)
    endpoint = settings.endpoint()
    if endpoint is None:
        return WayIn(settings.node_id, why_not=login.no_endpoint(pool, node, settings), node=node)
    try:
        login.checked_node_id(settings.node_id)
        login.checked_endpoint(endpoint)
    except ValidationError as error:
        return WayIn(settings.node_id, why_not=NoEndpoint(str(error), "Nothing was sent there."), node=node)
    return WayIn(settings.node_id, SshTarget(settings.node_id, *endpoint), node=node)


def _with_state(error: LoginError, node: Node | None) -> LoginError:
    """Say which state the node is in, where it is one that may be why."""
    about_the_way = error.outcome in {"unreachable", "port closed", "no answer", "failed"}
    if node is None or node.usable or not about_the_way:
        return error
    message = f"{error.message} The node is {state_words(node.state)}."
    return LoginError(message, hint=error.hint, outcome=error.outcome)
