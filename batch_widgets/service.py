"""What an account needs of a Batch service and of what sits beside it: what `sdk` gives, and a test can hand in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, timedelta

    from batch_widgets.actions import When
    from batch_widgets.autoscale import AutoScaleEvaluation
    from batch_widgets.cost import PriceItem
    from batch_widgets.images import SupportedImage
    from batch_widgets.login import NodeEndpoints, RemoteLoginSettings
    from batch_widgets.node_facts import NodeFile, UploadedLogs
    from batch_widgets.nodes import Node, NodeUser
    from batch_widgets.pools import Pool, PoolSpec
    from batch_widgets.sizes import Quotas, VmSize


class BatchService(Protocol):
    """The calls, one HTTP request each but for lists, which ask for page after page.

    All raise the errors of :mod:`batch_widgets.errors` and nothing else, and run on the account's loop thread only.
    Those that read may be repeated inside. Those that change something are sent exactly once.
    """

    def clock_ahead(self) -> timedelta:
        """How far the service's clock was ahead of this machine's when it answered last; nothing before."""

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

    async def list_node_endpoints(self, pool_id: str) -> list[NodeEndpoints]:
        """List the nodes of a pool with their mapped ports."""

    async def create_node_user(self, pool_id: str, node_id: str, user: NodeUser) -> None:
        """Add a user to a node."""

    async def replace_node_user(self, pool_id: str, node_id: str, user: NodeUser) -> None:
        """Give a user of a node other credentials and expiry: what is left out is wiped or reset, the rest stays."""

    async def delete_node_user(self, pool_id: str, node_id: str, name: str) -> None:
        """Delete a user from a node."""

    async def get_remote_login_settings(self, pool_id: str, node_id: str) -> RemoteLoginSettings:
        """Get where a node can be reached."""

    async def get_node(self, pool_id: str, node_id: str) -> Node:
        """Get a node."""

    async def reboot_node(self, pool_id: str, node_id: str, when: When) -> None:
        """Ask that a node be restarted."""

    async def reimage_node(self, pool_id: str, node_id: str, when: When) -> None:
        """Ask that a node's operating system be installed anew."""

    async def deallocate_node(self, pool_id: str, node_id: str, when: When) -> None:
        """Ask that a node's machine be given back."""

    async def start_node(self, pool_id: str, node_id: str) -> None:
        """Ask that a deallocated node be started."""

    async def disable_node_scheduling(self, pool_id: str, node_id: str, when: When) -> None:
        """Keep tasks off a node."""

    async def enable_node_scheduling(self, pool_id: str, node_id: str) -> None:
        """Let tasks come to a node."""

    async def remove_nodes(self, pool_id: str, node_ids: Sequence[str], when: When) -> None:
        """Ask that nodes, at most 100, be taken out of a pool, whose size must be steady."""

    async def list_node_files(self, pool_id: str, node_id: str, *, recursive: bool) -> list[NodeFile]:
        """List a node's files: those at the top, or all."""

    async def get_node_file_properties(self, pool_id: str, node_id: str, path: str) -> NodeFile:
        """Tell size and age of a file."""

    async def get_node_file(self, pool_id: str, node_id: str, path: str, start: int, end: int | None) -> bytes:
        """Read a file from byte `start` to before `end`; beyond its end there is nothing."""

    async def upload_node_logs(
        self, pool_id: str, node_id: str, container_url: str, start_time: datetime, end_time: datetime | None
    ) -> UploadedLogs:
        """Have a node's logs put into a container. The URL is a secret: no error has it."""

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
