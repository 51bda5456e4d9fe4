"""How long Batch supports an image, and which image follows it."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from batch_widgets.images.selecting import sku_release

if TYPE_CHECKING:
    from collections.abc import Iterable

    from batch_widgets.images.values import SupportedImage

NEAR_DAYS = 90
YEAR_DAYS = 365
STATES = ("ended", "within 90 days", "within a year", "later", "unknown")
"""The states of support, the most urgent first."""


def support_state(end: datetime | None, now: datetime | None = None) -> str:
    """Give the state of support of an image whose support ends at a moment, one of `STATES`."""
    if end is None:
        return "unknown"
    left = end - (now or datetime.now(UTC))
    if left <= timedelta():
        return "ended"
    if left <= timedelta(days=NEAR_DAYS):
        return "within 90 days"
    return "within a year" if left < timedelta(days=YEAR_DAYS) else "later"


def ends_within(end: datetime | None, days: float, now: datetime | None = None) -> bool:
    """Tell whether support has ended or ends within some days; an end that is not known does not."""
    try:
        return end is not None and end - (now or datetime.now(UTC)) <= timedelta(days=days)
    except OverflowError:
        return days > 0


def successor(
    image: SupportedImage, images: Iterable[SupportedImage], now: datetime | None = None
) -> SupportedImage | None:
    """Give the nearest image that follows one whose support ends, where it is evident.

    Parameters
    ----------
    image : SupportedImage
        The image that is to be replaced.
    images : iterable of SupportedImage
        Where to look.
    now : datetime, optional
        The moment that support is judged at, in UTC; default: now.

    Returns
    -------
    SupportedImage or None
        Of the same publisher and offer, verified, of the same generation where both are known, with a newer SKU and
        support that lasts longer: the oldest such, first of the same flavour. None where there is none.
    """
    end = image.batch_support_end_of_life
    found = [
        other
        for other in images
        if _line(other) == _line(image)
        and other.verified
        and (None in {image.generation, other.generation} or image.generation == other.generation)
        and sku_release(other.sku) > sku_release(image.sku) > ()
        and support_state(other.batch_support_end_of_life, now) != "ended"
        and (end is None or other.batch_support_end_of_life is None or other.batch_support_end_of_life > end)
    ]
    return min(found, key=lambda other: (_flavour(other) != _flavour(image), sku_release(other.sku)), default=None)


def _line(image: SupportedImage) -> tuple[str, str, str]:
    return image.publisher.casefold(), image.offer.casefold(), image.os_type


def _flavour(image: SupportedImage) -> str:
    """Give what of a SKU is no number, such as ``-lts-gen2``."""
    return re.sub(r"\d+", "#", image.sku.casefold())
