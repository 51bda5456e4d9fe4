"""What an account needs of a Batch service and of what sits beside it: what `sdk` gives, and a test can hand in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from batch_widgets.autoscale import AutoScaleEvaluation
    from batch_widgets.cost import PriceItem
    from batch_widgets.images import SupportedImage
    from batch_widgets.login import RemoteLoginSettings
    from batch_widgets.nodes import Node, NodeUser
    from batch_widgets.pools import Pool, PoolSpec
    from batch_widgets.sizes import Quotas, VmSize


class BatchService(Protocol):
    """The calls, one HTTP request each but for lists, which ask for page after page.

    All raise the errors of :mod:`batch_widgets.errors` and nothing else, and run on the account's loop thread only.
    Those that read may be repeated inside. Those that change something are sent exactly once, but for deletions
    and replacements, which the HTTP library may repeat when the connection breaks.
    """

    async def check(self) -> None:
        """Make one cheap call."""

    async def list_supported_images(self) -> list[SupportedImage]:
        """List the images that the account supports."""

    async def list_pools(self) -> list[Pool]:
        """List the account's pools."""

    async def get_pool(self, pool_id: str) -> Pool:
        """Get a pool."""

    async def create_pool(self, spec: PoolSpec) -> None:
        """Ask for a pool."""

    async def resize_pool(
        self, pool_id: str, *, target_dedicated_nodes: int | None, target_low_priority_nodes: int | None
    ) -> None:
        """Ask for another size."""

    async def stop_pool_resize(self, pool_id: str) -> None:
        """Ask that a resize be stopped."""

    async def delete_pool(self, pool_id: str) -> None:
        """Ask for a pool's deletion."""

    async def evaluate_auto_scale(self, pool_id: str, formula: str) -> AutoScaleEvaluation:
        """Evaluate a formula on a pool without applying it; what is wrong with it is told in the value."""

    async def list_nodes(self, pool_id: str) -> list[Node]:
        """List the nodes of a pool."""

    async def create_node_user(self, pool_id: str, node_id: str, user: NodeUser) -> None:
        """Add a user to a node."""

    async def replace_node_user(self, pool_id: str, node_id: str, user: NodeUser) -> None:
        """Give a user of a node other credentials and expiry: what is left out is wiped or reset, the rest stays."""

    async def delete_node_user(self, pool_id: str, node_id: str, name: str) -> None:
        """Delete a user from a node."""

    async def get_remote_login_settings(self, pool_id: str, node_id: str) -> RemoteLoginSettings:
        """Get where a node can be reached."""

    async def close(self) -> None:
        """Close the connections."""


class ManagementService(Protocol):
    """What Azure's management API tells of the account. Errors and thread as of :class:`BatchService`."""

    async def list_vm_sizes(self) -> tuple[str, list[VmSize]]:
        """Give the account's region and the VM sizes that Batch offers there."""

    async def get_quotas(self) -> Quotas:
        """Get what the account may have."""

    async def close(self) -> None:
        """Close the connections."""


class PriceList(Protocol):
    """The public list of prices. Errors and thread as of :class:`BatchService`."""

    async def list_prices(self, location: str, vm_size: str = "", currency: str = "USD") -> list[PriceItem]:
        """List the pay-as-you-go prices of a VM size, or of all that a region has."""

    async def close(self) -> None:
        """Close the connections."""
