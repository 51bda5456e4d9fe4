"""BatchAccount: the account that widgets and scripts work on."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any, Self, TypeVar

from batch_widgets import pools
from batch_widgets.account import follow
from batch_widgets.account.aio import AsyncAccount
from batch_widgets.account.ledger import UserLedger
from batch_widgets.account.login_exports import LoginExports
from batch_widgets.account.node_actions import NodeActionCalls
from batch_widgets.account.node_calls import NodeCalls
from batch_widgets.account.node_files import NodeFileCalls
from batch_widgets.account.sizing import SizesAndPrices
from batch_widgets.account.ssh_calls import SshCalls
from batch_widgets.account.ssh_work import SshWork
from batch_widgets.account.surroundings import Surroundings
from batch_widgets.errors import ServiceUnreachableError, ValidationError
from batch_widgets.problems import Problem, errors_of
from batch_widgets.runner import Operation, Runner, to_its_end
from batch_widgets.texts import one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping, Sequence
    from types import TracebackType

    from batch_widgets.autoscale import AutoScaleEvaluation
    from batch_widgets.images import NodeAgentSku, SupportedImage
    from batch_widgets.pools import Pool, PoolSpec
    from batch_widgets.service import BatchService

T = TypeVar("T")

_WAIT_S = 30.0
_POLL_INTERVAL_S = 3.0


class BatchAccount(NodeCalls, SshCalls, NodeActionCalls, NodeFileCalls, LoginExports, SizesAndPrices):
    """A Batch account.

    ``list_*`` and ``get_*`` wait for the answer, at most 30 seconds, and return values; what changes something
    returns an :class:`Operation` at once. :attr:`aio` has the same names as coroutines. Made by
    :func:`batch_widgets.connect` and :func:`batch_widgets.connect_demo`; usable as a context manager.

    Parameters
    ----------
    make_service : callable
        Makes the service's client; called on the loop thread when first needed.
    endpoint : str
        The account's address.
    name : str
        The account's name.
    poll_interval_s : float
        How often a change is followed, in seconds.
    host_keys : callable, optional
        Gives the public host keys of nodes by node id, where somebody knows them.
    is_demo : bool
        True for the embedded service.
    images_note : str
        What one must know of its list of images, such as the day on which it was recorded.
    surroundings : Surroundings, optional
        Who is asked for VM sizes, quotas and prices; default: the recorded list of sizes, and nobody.
    on_close : callable, optional
        Called last by :meth:`close`.

    Raises
    ------
    AuthenticationError, ServiceUnreachableError, ServiceError, ClosedError
        From every call.
    """

    def __init__(
        self,
        make_service: Callable[[], BatchService],
        *,
        endpoint: str,
        name: str,
        poll_interval_s: float = _POLL_INTERVAL_S,
        host_keys: Callable[[Sequence[str]], Mapping[str, str]] | None = None,
        is_demo: bool = False,
        images_note: str = "",
        surroundings: Surroundings | None = None,
        on_close: Callable[[], object] | None = None,
    ) -> None:
        super().__init__(surroundings or Surroundings(), prices_allowed=is_demo)
        self.endpoint = endpoint
        self.name = name
        self.is_demo = is_demo
        self.images_note = images_note
        self.poll_interval_s = poll_interval_s
        self.known_images: tuple[SupportedImage, ...] = ()
        self.users_given = UserLedger()
        """UserLedger: the users that nodes were given through this account object."""
        self.aio = AsyncAccount(self)
        self.runner = Runner()
        self.ssh_work = SshWork(self.runner, lambda: self.known_hosts, host_keys)
        self._make_service = make_service
        self._service: BatchService | None = None
        self._host_keys = host_keys
        self._on_close = on_close
        self._close_callbacks: list[weakref.WeakMethod[Callable[[], object]]] = []

    # reading

    def check(self) -> None:
        """Make one cheap call: it raises if address, credentials or clock are wrong."""
        self.wait(self.aio.check())

    def list_supported_images(self) -> list[SupportedImage]:
        """List the images that the account supports, with their node agents."""
        return self.wait(self.aio.list_supported_images())

    def list_node_agent_skus(self) -> list[NodeAgentSku]:
        """List the node agents with their verified images: the 2017 call, computed from the supported images."""
        return self.wait(self.aio.list_node_agent_skus())

    def list_pools(self) -> list[Pool]:
        """List the account's pools."""
        return self.wait(self.aio.list_pools())

    def get_pool(self, pool_id: str) -> Pool:
        """Get a pool; NotFoundError if there is none of that id."""
        return self.wait(self.aio.get_pool(pool_id))

    def evaluate_auto_scale(self, pool_id: str, formula: str) -> AutoScaleEvaluation:
        """Evaluate an autoscale formula on a pool without applying it.

        Parameters
        ----------
        pool_id : str
            A pool that scales by a formula already; the service evaluates none on others and raises ServiceError.
        formula : str
            The formula to evaluate; not that of the pool.

        Returns
        -------
        AutoScaleEvaluation
            Each variable's value; where the formula is wrong, or cannot be evaluated now, its ``error`` says why.
        """
        return self.wait(self.aio.evaluate_auto_scale(pool_id, formula))

    # changing

    def create_pool(self, spec: PoolSpec) -> Operation[Pool]:
        """Create a pool and follow it until its nodes are ready.

        Parameters
        ----------
        spec : PoolSpec
            The pool.

        Returns
        -------
        Operation
            Its result is the Pool; it fails with PoolAllocationError where the nodes do not become ready. Cancelling
            it stops the following only.

        Raises
        ------
        ValidationError
            If the pool breaks a rule; nothing was sent.
        """
        problems = pools.check(spec, self.known_images, sizes=self.known_vm_sizes, quotas=self.known_quotas)
        if errors := errors_of(problems):
            raise ValidationError(errors)

        async def work(operation: Operation[Pool]) -> Pool:
            return await follow.create_pool(await self.service(), spec, operation.report, self.poll_interval_s)

        return self.runner.submit(
            f"Create pool {spec.pool_id}", work, on_cancel="The pool may remain and be charged until you delete it."
        )

    def resize_pool(
        self, pool_id: str, *, target_dedicated_nodes: int | None = None, target_low_priority_nodes: int | None = None
    ) -> Operation[Pool]:
        """Resize a pool and follow it until its nodes are ready.

        Parameters
        ----------
        pool_id : str
            The pool.
        target_dedicated_nodes, target_low_priority_nodes : int, optional
            Nodes wanted; what is left out stays.

        Returns
        -------
        Operation
            As from :meth:`create_pool`.
        """
        targets = {
            "target_dedicated_nodes": target_dedicated_nodes,
            "target_low_priority_nodes": target_low_priority_nodes,
        }
        if all(target is None for target in targets.values()):
            raise ValidationError([Problem("target_dedicated_nodes", "Say how many nodes are wanted.")])
        if wrong := [name for name, target in targets.items() if target is not None and target < 0]:
            raise ValidationError([Problem(name, "A number of nodes is 0 or more.") for name in wrong])

        async def work(operation: Operation[Pool]) -> Pool:
            return await follow.resize_pool(
                await self.service(),
                pool_id,
                target_dedicated_nodes,
                target_low_priority_nodes,
                operation.report,
                self.poll_interval_s,
            )

        return self.runner.submit(f"Resize pool {pool_id}", work, on_cancel="The resize goes on at the service.")

    def stop_resize(self, pool_id: str) -> Operation[None]:
        """Stop the resize of a pool: it keeps the nodes that it has by then.

        The operation ends when the service has taken that; following the pool tells when its size is steady.
        """

        async def work(operation: Operation[None]) -> None:
            await follow.stop_resize(await self.service(), pool_id, operation.report)

        return self.runner.submit(f"Stop the resize of pool {pool_id}", work)

    def delete_pool(self, pool_id: str) -> Operation[None]:
        """Delete a pool with its nodes and follow it until it is gone."""

        async def work(operation: Operation[None]) -> None:
            await follow.delete_pool(await self.service(), pool_id, operation.report, self.poll_interval_s)

        return self.runner.submit(f"Delete pool {pool_id}", work, on_cancel="The deletion goes on at the service.")

    # life

    @property
    def closed(self) -> bool:
        """True once :meth:`close` was called."""
        return self.runner.closed

    async def service(self) -> BatchService:
        """Give the service's client; on the loop thread only."""
        if self._service is None:
            self._service = self._make_service()
        return self._service

    def wait(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run one of this account's coroutines and wait for it, at most 30 seconds."""
        try:
            return self.runner.call(coroutine, _WAIT_S)
        except TimeoutError:
            raise ServiceUnreachableError(
                f"{self.endpoint} gave no complete answer within {_WAIT_S:g} s.", hint="Try again."
            ) from None

    def add_close_callback(self, method: Callable[[], object]) -> None:
        """Call a bound method after :meth:`close`, unless its object is gone by then."""
        self._close_callbacks = [reference for reference in self._close_callbacks if reference() is not None]
        self._close_callbacks.append(weakref.WeakMethod(method))

    def close(self) -> None:
        """End operations and refreshes, close the connections, and stop the demo if this is one. Idempotent.

        An interrupt ends the waiting for that; it is done all the same.
        """
        to_its_end(self._close, "batch-widgets-closing")

    def _close(self) -> None:
        async def last() -> None:
            for reference in self._close_callbacks:
                if (callback := reference()) is not None:
                    self.runner.notify(callback)
            try:
                await self.ssh_work.close()
                await self.surroundings.close()
            finally:
                if self._service is not None:
                    await self._service.close()

        if self.runner.close(last) and self._on_close is not None:
            self._on_close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        words = [self.name, self.endpoint, *(["demo"] if self.is_demo else []), *(["closed"] if self.closed else [])]
        return one_line(f"<BatchAccount {', '.join(words)}>")
