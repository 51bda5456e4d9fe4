"""Pools: what one asks for (PoolSpec), its rules, and what the service has (Pool)."""

from batch_widgets.pools.pool import Pool, ResizeError
from batch_widgets.pools.rules import check, is_open_to_everyone
from batch_widgets.pools.spec import PoolSpec

__all__ = ["Pool", "PoolSpec", "ResizeError", "check", "is_open_to_everyone"]
