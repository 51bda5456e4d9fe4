"""The service to start and stop: a thread of its own that serves the core on 127.0.0.1."""

from __future__ import annotations

import asyncio
import base64
import secrets
import threading
from typing import TYPE_CHECKING, Self, get_args

from .auth import check_key
from .clock import Clock, make_clock
from .core import Core
from .errors import BatchError
from .faults import Faults
from .management import LOCATION, RESOURCE_GROUP, SUBSCRIPTION_ID
from .node_life import break_down, preempt
from .seeding import add_first_pools, demo_cores
from .ssh import MAX_SSH_LISTENERS, SshDoors, SshLimits
from .ssh_keys import host_key_line
from .state import UP, LoginTrouble, Quota, State, Troubles

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterable
    from types import TracebackType

    from .state import Node, Pool
    from .wire import JsonObject

THREAD_NAME = "batch-widgets-demo"


def usual_quota(nodes: int) -> Quota:
    """Return the quota of an account whose pool ``demo`` has some nodes: as many cores as it needs, and some more."""
    return Quota(dedicated_cores=max(Quota.dedicated_cores, demo_cores(nodes) + 100))


class DemoService:
    """An Azure Batch service in this process, with simulated nodes that one can log in to by SSH.

    Parameters
    ----------
    nodes
        The size of the pool ``demo``: Linux, with SSH, its nodes idle from the start. 0 for no such pool.
    speed
        Simulated seconds per real second; ``"instant"`` or infinity skips all waiting.
    seed
        Node ids, times and host keys follow from it.
    port
        Where to listen on 127.0.0.1; 0 lets the system choose.
    clock
        A clock to use instead of one of that speed.
    account_name
        The name of the account.
    account_key
        Its key in base64; a random one by default.
    quota
        What the account may have; more cores than usual if the pool ``demo`` needs them.
    troubles
        What goes wrong with the nodes by itself; nothing by default.
    max_ssh_listeners
        How many nodes can be logged in to; each takes a file descriptor.

    Attributes
    ----------
    faults : Faults
        What goes wrong between a client and the service: add to it whenever you like.

    Examples
    --------
    >>> with DemoService(nodes=2) as service:
    ...     service.endpoint.startswith("http://127.0.0.1:")
    True
    """

    def __init__(
        self,
        nodes: int = 4,
        speed: float | str = 10,
        seed: int = 0,
        port: int = 0,
        clock: Clock | None = None,
        account_name: str = "demo",
        *,
        account_key: str | None = None,
        quota: Quota | None = None,
        troubles: Troubles | None = None,
        max_ssh_listeners: int = MAX_SSH_LISTENERS,
    ) -> None:
        if nodes < 0:
            msg = f"nodes must be 0 or more, not {nodes}"
            raise ValueError(msg)
        self.account_name = account_name
        self.account_key = check_key(account_key or base64.b64encode(secrets.token_bytes(64)).decode("ascii"))
        self.clock: Clock = clock or make_clock(speed)
        self.faults = Faults(seed)
        self._state = State(self.clock, seed, account_name, quota or usual_quota(nodes), troubles)
        self._core = Core(self._state, self.account_key)
        self._wanted_port = port
        self._ssh_limits = SshLimits(listeners=max_ssh_listeners)
        self._port: int | None = None
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping: asyncio.Event | None = None
        self._control = threading.Lock()
        add_first_pools(self._state, nodes)

    @property
    def endpoint(self) -> str:
        """The address to give to a client.

        Raises
        ------
        RuntimeError
            Before the service has started.
        """
        if self._port is None:
            raise RuntimeError("the demo service is not started: call start()")
        return f"http://127.0.0.1:{self._port}"

    @property
    def management_token(self) -> str:
        """What the management calls must carry as a bearer token."""
        return self._core.management_token

    @property
    def subscription_id(self) -> str:
        """The subscription that the account is in, for the management calls."""
        return SUBSCRIPTION_ID

    @property
    def resource_group(self) -> str:
        """The resource group that the account is in."""
        return RESOURCE_GROUP

    @property
    def location(self) -> str:
        """The region that the account is in: the one that the list of VM sizes was recorded in."""
        return LOCATION

    @property
    def requests(self) -> Counter[tuple[str, str]]:
        """How many requests were handled so far, by verb and operation, as in ``("GET", "list_nodes")``.

        A copy: it doesn't count on. Its ``total()`` is the number of all. What is refused before an operation is
        known counts as ``"unknown"``.
        """
        return self._core.counts()

    @property
    def illustrative_images(self) -> tuple[JsonObject, ...]:
        """The supported images that are made up to show newer ones than the recorded list has."""
        return self._state.images.illustrative

    def ssh_host_key(self, node_id: str) -> str | None:
        """Return the public host key of a node, as ``known_hosts`` has it behind the name; None for no such node."""
        return self.ssh_host_keys([node_id]).get(node_id)

    def ssh_host_keys(self, node_ids: Iterable[str]) -> dict[str, str]:
        """Return what :meth:`ssh_host_key` tells, by node id, of those of the nodes that have one."""
        wanted, owners = frozenset(node_ids), dict[str, str]()
        with self._core.lock:
            for pool, node in self._state.nodes():
                if node.id in wanted and not pool.is_windows:
                    owners.setdefault(node.id, pool.id)
        return {node_id: host_key_line(self._state.seed, pool_id, node_id) for node_id, pool_id in owners.items()}

    def preempt_node(self, pool_id: str, node_id: str) -> None:
        """Take a Spot node's machine away, as Azure does when it needs it; another comes 3 simulated minutes later.

        Raises
        ------
        ValueError
            If there is no such node, or it is a dedicated one, or it is not up.
        """
        with self._core.lock:
            pool, node = self._node(pool_id, node_id)
            if node.dedicated or node.state not in UP:
                what = "a dedicated node" if node.dedicated else node.state
                msg = f"only Spot nodes that are up can be preempted; {node_id} is {what}"
                raise ValueError(msg)
            preempt(self._state, pool, node, self._state.now())

    def break_node(self, pool_id: str, node_id: str) -> None:
        """Let the service lose touch with a node: it becomes unusable, and stays so until it is removed.

        Raises
        ------
        ValueError
            If there is no such node, or it is not up.
        """
        with self._core.lock:
            _, node = self._node(pool_id, node_id)
            if node.state not in UP:
                msg = f"only nodes that are up can break; {node_id} is {node.state}"
                raise ValueError(msg)
            break_down(self._state, node, self._state.now())

    def trouble_login(self, pool_id: str, node_id: str, trouble: LoginTrouble | None) -> None:
        """Let something be wrong with the way to a node, or with None mend it; its open connections are dropped.

        It holds from when this returns.

        Parameters
        ----------
        pool_id, node_id
            The node.
        trouble
            ``"port closed"``: its port refuses connections. ``"silent"``: it takes them and says nothing.
            ``"unreachable"``: the address that is told leads nowhere. ``"other host key"``: another machine answers,
            with a key that :meth:`ssh_host_key` does not tell.

        Raises
        ------
        ValueError
            If there is no such node, or no such trouble.
        """
        if trouble is not None and trouble not in get_args(LoginTrouble):
            msg = f"trouble must be one of {', '.join(get_args(LoginTrouble))} or None, not {trouble!r}"
            raise ValueError(msg)
        with self._core.lock:
            _, node = self._node(pool_id, node_id)
            node.login_trouble = trouble
        with self._control:
            if self._thread is not None and self._loop is not None:
                asyncio.run_coroutine_threadsafe(self._core.nodes.doors.meet_trouble(node), self._loop).result()

    def _node(self, pool_id: str, node_id: str) -> tuple[Pool, Node]:
        self._state.advance()
        try:
            return self._state.node(pool_id, node_id)
        except BatchError as error:
            msg = f"there is no node {node_id!r} in a pool {pool_id!r}"
            raise ValueError(msg) from error

    def start(self) -> Self:
        """Serve; return when the service listens. Does nothing if it already does.

        Raises
        ------
        OSError
            If the port is taken.
        """
        with self._control:
            if self._thread is not None:
                return self
            ready = threading.Event()
            failure: list[BaseException] = []
            thread = threading.Thread(target=self._run, args=(ready, failure), name=THREAD_NAME, daemon=True)
            try:
                thread.start()
                ready.wait()
            except BaseException:  # an interrupt: nobody will have the service, so that nobody could stop it
                threading.Thread(target=self._give_up, args=(thread, ready), name=THREAD_NAME, daemon=True).start()
                raise
            if failure:
                thread.join()
                raise failure[0]
            self._thread = thread
        return self

    def _give_up(self, thread: threading.Thread, ready: threading.Event) -> None:
        with self._control:
            ready.wait()
            if thread.is_alive():
                self._end(thread)

    def stop(self) -> None:
        """Close everything and end the thread. Does nothing if the service doesn't run."""
        with self._control:
            thread, self._thread = self._thread, None
            if thread is not None:
                self._end(thread)

    def _end(self, thread: threading.Thread) -> None:
        assert self._loop is not None
        assert self._stopping is not None
        self._loop.call_soon_threadsafe(self._stopping.set)
        thread.join()
        self._loop = self._stopping = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def __repr__(self) -> str:
        where = self.endpoint if self._thread is not None else "stopped"
        return f"<DemoService {self.account_name!r} {where}>"

    def _run(self, ready: threading.Event, failure: list[BaseException]) -> None:
        try:
            asyncio.run(self._serve(ready))
        except BaseException as error:  # noqa: BLE001  told to whoever waits in start()
            failure.append(error)
        finally:
            ready.set()

    async def _serve(self, ready: threading.Event) -> None:
        from .server import HttpServer

        self._loop = asyncio.get_running_loop()
        self._stopping = asyncio.Event()
        server = HttpServer(self._core, self.faults, self._wanted_port)
        doors = SshDoors(self._core, self._ssh_limits)
        try:
            self._port = await server.start()
            doors.attach()
            ready.set()
            await self._stopping.wait()
        finally:
            await server.stop()
            await doors.close()
