"""Which pools are on images whose support has ended or ends soon."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from batch_widgets.images import STATES, ends_within, successor, support_state

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pandas as pd

    from batch_widgets.images import SupportedImage
    from batch_widgets.pools.pool import Pool


@dataclass(frozen=True, slots=True)
class AffectedPool:
    """A pool on an image whose support has ended or ends soon.

    Parameters
    ----------
    pool : Pool
        The pool.
    image : SupportedImage
        Its image.
    successor : SupportedImage, optional
        The nearest image that follows it, where one is evident.
    """

    pool: Pool
    image: SupportedImage
    successor: SupportedImage | None


def affected_pools(
    pools: Iterable[Pool], images: Sequence[SupportedImage], days: float, now: datetime | None = None
) -> list[AffectedPool]:
    """Find the pools whose image is past the end of its support or within some days of it, the most urgent first.

    Pools on images of galleries can't be judged and are left out; so are those that :func:`unlisted_pools` gives.
    """
    now = now or datetime.now(UTC)
    by_name = _by_name(images)
    found = []
    for pool in pools:
        image = by_name.get(_image_name(pool))
        if image is not None and ends_within(image.batch_support_end_of_life, days, now):
            found.append(AffectedPool(pool, image, successor(image, images, now)))
    return sorted(found, key=lambda one: (one.image.batch_support_end_of_life or now, one.pool.id))


def unlisted_pools(pools: Iterable[Pool], images: Sequence[SupportedImage]) -> list[Pool]:
    """Find the pools on Marketplace images that the list doesn't have: nothing tells how long those are supported."""
    by_name = _by_name(images)
    return [pool for pool in pools if pool.image_reference is not None and _image_name(pool) not in by_name]


def affected_pools_frame(affected: Sequence[AffectedPool], now: datetime | None = None) -> pd.DataFrame:
    """Lay affected pools out as a table.

    Returns
    -------
    pandas.DataFrame
        A row per pool, in the given order: ``publisher``, ``offer``, ``sku``, ``node_agent_sku_id`` (strings),
        ``batch_support_end_of_life`` (UTC timestamp), ``days_of_support_left`` (whole days), ``support`` (category),
        ``current_nodes`` (dedicated and Spot), ``successor`` (the nearest following SKU, or missing). The index is
        the pool's id.
    """
    import pandas as pd

    now = now or datetime.now(UTC)
    ends = [one.image.batch_support_end_of_life for one in affected]
    names = ("publisher", "offer", "sku", "node_agent_sku_id")
    frame = pd.DataFrame(
        {
            **{name: pd.Series([getattr(one.image, name) for one in affected], dtype="string") for name in names},
            "batch_support_end_of_life": pd.Series(ends, dtype="datetime64[us, UTC]"),
            "days_of_support_left": pd.Series([one.image.days_of_support_left(now) for one in affected], dtype="Int64"),
            "support": pd.Categorical([support_state(end, now) for end in ends], categories=STATES, ordered=True),
            "current_nodes": pd.Series(
                [one.pool.current_dedicated_nodes + one.pool.current_low_priority_nodes for one in affected],
                dtype="int64",
            ),
            "successor": pd.Series([one.successor.sku if one.successor else None for one in affected], dtype="string"),
        }
    )
    frame.index = pd.Index([one.pool.id for one in affected], name="pool_id", dtype="object")
    return frame


def _by_name(images: Iterable[SupportedImage]) -> dict[tuple[str, ...], SupportedImage]:
    return {_name(image.publisher, image.offer, image.sku, image.node_agent_sku_id): image for image in images}


def _image_name(pool: Pool) -> tuple[str, ...]:
    reference = pool.image_reference
    if reference is None:
        return ()
    return _name(reference.publisher, reference.offer, reference.sku, pool.node_agent_sku_id)


def _name(*parts: str) -> tuple[str, ...]:
    return tuple(part.casefold() for part in parts)
