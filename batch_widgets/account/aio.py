"""AsyncAccount: the account's names as coroutines, for any loop."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from batch_widgets.account import login_settings
from batch_widgets.account.aio_logins import AsyncLoginExports
from batch_widgets.account.aio_nodes import AsyncNodeActions, AsyncNodeFiles
from batch_widgets.account.aio_ssh import AsyncSshCalls
from batch_widgets.errors import ServiceError
from batch_widgets.images import NodeAgentSku, SupportedImage, node_agent_skus

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    import pandas as pd

    from batch_widgets.account.account import BatchAccount
    from batch_widgets.account.surroundings import Surroundings
    from batch_widgets.autoscale import AutoScaleEvaluation
    from batch_widgets.cost import PriceItem
    from batch_widgets.login import RemoteLoginSettings
    from batch_widgets.nodes import Node
    from batch_widgets.pools import Pool, PoolSpec
    from batch_widgets.service import BatchService
    from batch_widgets.sizes import Quotas, VmSizeList

T = TypeVar("T")


class AsyncAccount(AsyncNodeActions, AsyncNodeFiles, AsyncLoginExports, AsyncSshCalls):
    """The calls of :class:`BatchAccount` as coroutines; parameters, results and errors are the same.

    What changes something returns its result once it is complete; cancelling the awaiter leaves the change running.

    Parameters
    ----------
    account : BatchAccount
        The account.
    """

    def __init__(self, account: BatchAccount) -> None:
        self._account = account

    async def _ask(self, call: Callable[[BatchService], Awaitable[T]]) -> T:
        async def on_loop() -> T:
            return await call(await self._account.service())

        return await self._account.runner.run(on_loop())

    async def _look(self, call: Callable[[Surroundings], Awaitable[T]]) -> T:
        async def on_loop() -> T:
            return await call(self._account.surroundings)

        return await self._account.runner.run(on_loop())

    async def check(self) -> None:
        """Make one cheap call."""
        await self._ask(lambda service: service.check())

    async def list_supported_images(self) -> list[SupportedImage]:
        """List the images that the account supports."""
        images = await self._ask(lambda service: service.list_supported_images())
        self._account.known_images = tuple(images)
        return images

    async def list_node_agent_skus(self) -> list[NodeAgentSku]:
        """List the node agents with their verified images."""
        images = await self.list_supported_images()
        if images and all(image.unreadable for image in images):
            raise ServiceError("No image of the list can be read.", hint="Try again. SkuBrowser shows what can be.")
        return node_agent_skus(images)

    async def list_pools(self) -> list[Pool]:
        """List the account's pools."""
        return await self._ask(lambda service: service.list_pools())

    async def get_pool(self, pool_id: str) -> Pool:
        """Get a pool."""
        return await self._ask(lambda service: service.get_pool(pool_id))

    async def evaluate_auto_scale(self, pool_id: str, formula: str) -> AutoScaleEvaluation:
        """Evaluate an autoscale formula on a pool without applying it."""
        return await self._ask(lambda service: service.evaluate_auto_scale(pool_id, formula))

    async def list_nodes(self, pool_id: str) -> list[Node]:
        """List the nodes of a pool."""
        return await self._ask(lambda service: service.list_nodes(pool_id))

    async def list_remote_login_settings(
        self,
        pool_id: str,
        nodes: Sequence[str] | None = None,
        *,
        on_some: Callable[[list[RemoteLoginSettings]], object] | None = None,
    ) -> list[RemoteLoginSettings]:
        """Get where the nodes of a pool can be reached, and hand the settings out as they come."""
        notify = self._account.runner.notify

        def post(some: list[RemoteLoginSettings]) -> None:
            if on_some is not None:
                notify(lambda: on_some(some))

        return await self._ask(
            lambda service: login_settings.list_remote_login_settings(service, pool_id, nodes, on_some=post)
        )

    async def list_vm_sizes(self) -> VmSizeList:
        """List the VM sizes of the account's region."""
        self._account.known_vm_sizes = sizes = await self._look(lambda beside: beside.list_vm_sizes())
        return sizes

    async def get_quotas(self) -> Quotas | None:
        """Get what the account may have at most; None where its subscription is not known."""
        self._account.known_quotas = quotas = await self._look(lambda beside: beside.get_quotas())
        return quotas

    async def list_prices(self, vm_size: str = "", currency: str = "USD") -> list[PriceItem]:
        """Ask the public price list for the prices of a VM size in the account's region."""
        items = await self._look(lambda beside: beside.list_prices(vm_size, currency))
        self._account.keep_prices(vm_size, currency, items)
        return items

    async def create_pool(self, spec: PoolSpec) -> Pool:
        """Create a pool and follow it until its nodes are ready."""
        return await self._account.create_pool(spec)

    async def resize_pool(self, pool_id: str, **targets: int | None) -> Pool:
        """Resize a pool and follow it until its nodes are ready."""
        return await self._account.resize_pool(pool_id, **targets)

    async def stop_resize(self, pool_id: str) -> None:
        """Stop the resize of a pool: it keeps the nodes that it has by then."""
        await self._account.stop_resize(pool_id)

    async def delete_pool(self, pool_id: str) -> None:
        """Delete a pool and follow it until it is gone."""
        await self._account.delete_pool(pool_id)

    async def add_user(self, pool_id: str, name: str, **options: Any) -> pd.DataFrame:
        """Add a user to many nodes at once."""
        return await self._account.add_user(pool_id, name, **options)

    async def delete_user(self, pool_id: str, name: str, *, nodes: Sequence[str] | None = None) -> pd.DataFrame:
        """Delete a user from many nodes at once."""
        return await self._account.delete_user(pool_id, name, nodes=nodes)
