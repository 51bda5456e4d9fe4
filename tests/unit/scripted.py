"""ScriptedService: pools in memory that a test scripts, and calls that it breaks, holds and counts."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

from batch_widgets.errors import NotFoundError, ServiceError
from batch_widgets.nodes import USABLE_STATES


@dataclass
class Failure:
    """How a call fails: with which error, how often, for which arguments, before or after the work is done."""

    error: Exception
    times: float
    when: object
    after: bool


@dataclass
class Script:
    """What a pool shows, poll by poll: pairs of a pool and its nodes; the last pair stays."""

    steps: list = field(default_factory=list)
    users: dict = field(default_factory=dict)  # node id -> name -> NodeUser
    files: dict = field(default_factory=dict)  # node id -> path -> bytes
    polls_until_gone: int | None = None
    polls_until_steady: int | None = None  # where get_pool moves it on, not list_nodes

    @property
    def pool(self):
        return self.steps[0][0]

    @property
    def nodes(self):
        return self.steps[0][1]

    def advance(self):
        if len(self.steps) > 1:
            self.steps.pop(0)


class ScriptedService:
    """What :class:`unit.fakes.FakeService` answers from.

    ``script_pool`` says what there is. ``fail`` breaks calls by name, ``hold`` and ``release`` make them wait;
    ``calls``, ``count`` and ``most_in_flight`` tell what was asked.
    """

    def __init__(self):
        self.pools: dict[str, Script] = {}
        self.calls: list[tuple] = []
        self.threads: set[str] = set()
        self.in_flight = 0
        self.most_in_flight = 0
        self._failures: dict[str, list[Failure]] = {}
        self._held: set[str] = set()

    # what a test says

    def script_pool(self, *steps):
        """Let a pool show these (Pool, nodes) pairs, one poll after the other."""
        script = Script([(pool, tuple(nodes)) for pool, nodes in steps])
        self.pools[script.pool.id.casefold()] = script
        return script

    def fail(self, call, error, *, times=float("inf"), when=lambda *_: True, after=False):
        """Let a call fail: `after` true does the work first, so that only the answer is lost."""
        self._failures.setdefault(call, []).append(Failure(error, times, when, after))

    def mend(self):
        """Forget all failures."""
        self._failures.clear()

    def hold(self, call):
        """Let a call wait until it is released."""
        self._held.add(call)

    def release(self, call):
        """Let a held call go on."""
        self._held.discard(call)

    def count(self, call):
        """Count the calls of a name."""
        return Counter(name for name, *_ in self.calls)[call]

    def users_of(self, pool_id, node_id):
        """Give the names of a node's users."""
        return set(self.pools[pool_id.casefold()].users.get(node_id, ()))

    # for the calls of the service

    @asynccontextmanager
    async def _call(self, name, *arguments):
        self.calls.append((name, *arguments))
        self.threads.add(threading.current_thread().name)
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            await asyncio.sleep(0)
            while name in self._held:  # noqa: ASYNC110 (another thread releases it)
                await asyncio.sleep(0.002)
            failure = self._failure(name, arguments)
            if failure is not None and not failure.after:
                raise failure.error
            yield
            if failure is not None:
                raise failure.error
        finally:
            self.in_flight -= 1

    def _failure(self, name, arguments):
        for failure in self._failures.get(name, ()):
            if failure.times > 0 and failure.when(*arguments):
                failure.times -= 1
                return failure
        return None

    def _script(self, pool_id):
        if pool_id.casefold() not in self.pools:
            raise pool_not_found(pool_id)
        return self.pools[pool_id.casefold()]

    def _node(self, pool_id, node_id, *, usable=True):
        script = self._script(pool_id)
        node = next((node for node in script.nodes if node.id == node_id), None)
        if node is None:
            raise NotFoundError("No such node.", code="NodeNotFound", status=404)
        if usable and node.state not in USABLE_STATES:
            raise ServiceError("The node cannot do this now.", code="NodeStateUnusable", status=409)
        return script

    def _change(self, pool_id, node_id, states, **changes):
        """Let a node show something else from now on, if it is in one of the states."""
        script = self._node(pool_id, node_id, usable=False)
        node = next(node for node in script.nodes if node.id == node_id)
        if node.state not in states.split():
            raise ServiceError(f"The node is {node.state}.", code="OperationNotValidOnNode", status=409)
        script.steps = [
            (pool, tuple(replace(one, **changes) if one.id == node_id else one for one in nodes))
            for pool, nodes in script.steps
        ]

    def _content(self, pool_id, node_id, path):
        files = self._node(pool_id, node_id, usable=False).files.get(node_id, {})
        if path not in files:
            raise NotFoundError("The specified file does not exist.", code="FileNotFound", status=404)
        return files[path]


def pool_not_found(pool_id):
    return NotFoundError(f"Pool {pool_id} does not exist.", code="PoolNotFound", status=404)
