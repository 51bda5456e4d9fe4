"""SdkService: the Batch service as azure.batch.aio speaks to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from azure.batch import models
from azure.batch.aio import BatchClient

from batch_widgets._version import __version__
from batch_widgets.autoscale import AutoScaleError, AutoScaleEvaluation
from batch_widgets.errors import ServiceError
from batch_widgets.pools.secrets import secret_texts
from batch_widgets.sdk import convert
from batch_widgets.sdk.answers import IS_LIST, AnswersOnly, ServiceClock, read_pages
from batch_widgets.sdk.credentials import make_credential
from batch_widgets.sdk.node_calls import SdkNodeCalls
from batch_widgets.sdk.retries import TIMEOUTS, BoundedTransport, ErrorsInFull, Retries
from batch_widgets.sdk.withheld import withheld

if TYPE_CHECKING:
    from datetime import timedelta

    from batch_widgets.images import SupportedImage
    from batch_widgets.login import NodeEndpoints, RemoteLoginSettings
    from batch_widgets.nodes import Node, NodeUser
    from batch_widgets.pools import Pool, PoolSpec

_OF_FORMULAS = "AutoScalingFormula"


class SdkService(SdkNodeCalls):
    """A Batch account, through the SDK's aio client.

    Made on the loop thread and used there only.

    Parameters
    ----------
    endpoint : str
        With its scheme, such as ``"https://contoso.eastus.batch.azure.com"``.
    account_name : str
        The account.
    account_key : str, optional
        Its shared key.
    credential : object, optional
        Any azure-core credential.
    """

    def __init__(
        self, endpoint: str, account_name: str, *, account_key: str | None = None, credential: Any = None
    ) -> None:
        self._endpoint = endpoint
        self._credential, self._own_credential = make_credential(account_name, account_key, credential)
        self._clock = ServiceClock()
        self._client = BatchClient(
            endpoint,
            self._credential,
            user_agent=f"batch_widgets/{__version__}",
            retry_policy=Retries(),
            per_call_policies=[AnswersOnly()],
            per_retry_policies=[ErrorsInFull(), self._clock],
            transport=BoundedTransport(**TIMEOUTS),
        )

    def clock_ahead(self) -> timedelta:
        """How far the service's clock was ahead of this machine's when it answered last."""
        return self._clock.ahead

    async def check(self) -> None:
        """Ask for the first pool's id."""
        async with self._errors():
            async for _ in self._client.list_pools(max_results=1, select=["id"], **IS_LIST).by_page():
                return

    async def list_supported_images(self) -> list[SupportedImage]:
        """List the images that the account supports."""
        async with self._errors():
            images = self._client.list_supported_images(**IS_LIST)
            return await read_pages(images, self._endpoint, convert.supported_image)

    async def list_pools(self) -> list[Pool]:
        """List the account's pools."""
        async with self._errors():
            pools = self._client.list_pools(**IS_LIST)
            return await read_pages(pools, self._endpoint, convert.pool)

    async def get_pool(self, pool_id: str) -> Pool:
        """Get a pool."""
        async with self._errors(pool_id):
            return convert.pool(await self._client.get_pool(pool_id))

    async def create_pool(self, spec: PoolSpec) -> None:
        """Ask for a pool."""
        with withheld(secret_texts(spec.to_body())):
            async with self._errors(changes=True):
                await self._client.create_pool(convert.pool_create_options(spec))

    async def resize_pool(
        self, pool_id: str, *, target_dedicated_nodes: int | None, target_low_priority_nodes: int | None
    ) -> None:
        """Ask for another size."""
        options = models.BatchPoolResizeOptions(
            target_dedicated_nodes=target_dedicated_nodes, target_low_priority_nodes=target_low_priority_nodes
        )
        async with self._errors(pool_id, changes=True):
            await self._client.begin_resize_pool(pool_id, options)  # the poller is never asked

    async def stop_pool_resize(self, pool_id: str) -> None:
        """Ask that a resize be stopped."""
        async with self._errors(pool_id, changes=True):
            await self._client.begin_stop_pool_resize(pool_id)  # the poller is never asked

    async def delete_pool(self, pool_id: str) -> None:
        """Ask for a pool's deletion."""
        async with self._errors(pool_id, changes=True):
            await self._client.begin_delete_pool(pool_id)  # the poller is never asked

    async def evaluate_auto_scale(self, pool_id: str, formula: str) -> AutoScaleEvaluation:
        """Evaluate a formula on a pool without applying it; what is wrong with it is told in the value."""
        options = models.BatchPoolEvaluateAutoScaleOptions(auto_scale_formula=formula)
        try:
            async with self._errors(pool_id):
                return convert.auto_scale_evaluation(
                    pool_id, await self._client.evaluate_pool_auto_scale(pool_id, options)
                )
        except ServiceError as error:
            # What can't be read is refused, what can't be evaluated is an answer: for who wrote it that is the same.
            if error.code.startswith(_OF_FORMULAS):
                return AutoScaleEvaluation(pool_id, None, (), AutoScaleError(error.code, error.message))
            if error.status == 409:
                error.hint = error.hint or "The pool has to scale by a formula already; others evaluate none."
            raise

    async def list_nodes(self, pool_id: str) -> list[Node]:
        """List the nodes of a pool."""
        async with self._errors(pool_id):
            nodes = self._client.list_nodes(pool_id, select=convert.NODE_PROPERTIES, **IS_LIST)
            return await read_pages(nodes, self._endpoint, convert.node)

    async def list_node_endpoints(self, pool_id: str) -> list[NodeEndpoints]:
        """List the nodes of a pool with their mapped ports."""
        async with self._errors(pool_id):
            nodes = self._client.list_nodes(pool_id, select=convert.ENDPOINT_PROPERTIES, **IS_LIST)
            return await read_pages(nodes, self._endpoint, convert.node_endpoints)

    async def create_node_user(self, pool_id: str, node_id: str, user: NodeUser) -> None:
        """Add a user to a node."""
        with withheld({user.password or ""}):
            async with self._errors(pool_id, node_id, changes=True):
                await self._client.create_node_user(pool_id, node_id, convert.node_user_create_options(user))

    async def replace_node_user(self, pool_id: str, node_id: str, user: NodeUser) -> None:
        """Give a user of a node other credentials and expiry: what is left out is wiped or reset, the rest stays."""
        with withheld({user.password or ""}):
            async with self._errors(pool_id, node_id, user.name, changes=True):
                options = convert.node_user_replace_options(user)
                await self._client.replace_node_user(pool_id, node_id, user.name, options)

    async def delete_node_user(self, pool_id: str, node_id: str, name: str) -> None:
        """Delete a user from a node."""
        async with self._errors(pool_id, node_id, name, changes=True):
            await self._client.delete_node_user(pool_id, node_id, name)

    async def get_remote_login_settings(self, pool_id: str, node_id: str) -> RemoteLoginSettings:
        """Get where a node can be reached."""
        async with self._errors(pool_id, node_id):
            answer = await self._client.get_node_remote_login_settings(pool_id, node_id)
            return convert.remote_login_settings(node_id, answer)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()
        if self._own_credential:
            await self._credential.close()
