"""The names of :mod:`batch_widgets.account.node_actions` as coroutines."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from batch_widgets.account.account import BatchAccount
    from batch_widgets.actions import When


class AsyncNodeActions:
    """What is done to nodes, as coroutines."""

    _account: BatchAccount

    async def reboot_nodes(self, pool_id: str, nodes: Sequence[str], *, when: When = "requeue") -> pd.DataFrame:
        """Restart nodes."""
        return await self._account.reboot_nodes(pool_id, nodes, when=when)

    async def reimage_nodes(self, pool_id: str, nodes: Sequence[str], *, when: When = "requeue") -> pd.DataFrame:
        """Install the operating system of nodes anew."""
        return await self._account.reimage_nodes(pool_id, nodes, when=when)

    async def deallocate_nodes(self, pool_id: str, nodes: Sequence[str], *, when: When = "requeue") -> pd.DataFrame:
        """Give the machines of nodes back until they are started again."""
        return await self._account.deallocate_nodes(pool_id, nodes, when=when)

    async def start_nodes(self, pool_id: str, nodes: Sequence[str]) -> pd.DataFrame:
        """Start deallocated nodes."""
        return await self._account.start_nodes(pool_id, nodes)

    async def disable_scheduling(self, pool_id: str, nodes: Sequence[str], *, when: When = "requeue") -> pd.DataFrame:
        """Keep new tasks off nodes."""
        return await self._account.disable_scheduling(pool_id, nodes, when=when)

    async def enable_scheduling(self, pool_id: str, nodes: Sequence[str]) -> pd.DataFrame:
        """Let tasks come to nodes again."""
        return await self._account.enable_scheduling(pool_id, nodes)

    async def remove_nodes(self, pool_id: str, nodes: Sequence[str], *, when: When = "requeue") -> pd.DataFrame:
        """Take nodes out of their pool."""
        return await self._account.remove_nodes(pool_id, nodes, when=when)
