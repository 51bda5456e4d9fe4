"""Pools: what one asks for (PoolSpec), its rules, what the service has (Pool), and which of them need a newer image."""

from batch_widgets.pools.affected import AffectedPool, affected_pools, affected_pools_frame, unlisted_pools
from batch_widgets.pools.assurances import assurances
from batch_widgets.pools.bicep import pool_bicep
from batch_widgets.pools.cli import create_pool_command, file_name, needs_file
from batch_widgets.pools.loading import create_body
from batch_widgets.pools.pool import Pool, ResizeError
from batch_widgets.pools.rules import check, is_open_to_everyone
from batch_widgets.pools.spec import PoolSpec

__all__ = [
    "AffectedPool",
    "Pool",
    "PoolSpec",
    "ResizeError",
    "affected_pools",
    "affected_pools_frame",
    "assurances",
    "check",
    "create_body",
    "create_pool_command",
    "file_name",
    "is_open_to_everyone",
    "needs_file",
    "pool_bicep",
    "unlisted_pools",
]
