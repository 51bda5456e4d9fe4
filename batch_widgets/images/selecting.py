"""Picking one image of many."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from batch_widgets.errors import AmbiguousSelectionError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from batch_widgets.images.values import SupportedImage


def select_image(
    images: Sequence[SupportedImage],
    query: str | Callable[[SupportedImage], bool] | None = None,
    *,
    publisher: str | None = None,
    offer: str | None = None,
    sku: str | None = None,
    node_agent_sku_id: str | None = None,
    latest: bool = False,
    first: bool = False,
) -> SupportedImage:
    """Pick one image.

    Parameters
    ----------
    images : sequence of SupportedImage
        Where to look. Verified images win: others count only where no verified one matches.
    query : str or callable, optional
        A part of the node agent's id or of ``"publisher offer sku"``, without regard to case; or a predicate.
    publisher, offer, sku, node_agent_sku_id : str, optional
        Properties that must be equal, without regard to case.
    latest : bool
        Of several matches take the newest: the numbers in the SKU are compared, or in the offer where the SKU has none.
    first : bool
        Of several matches take the first.

    Returns
    -------
    SupportedImage
        The pick.

    Raises
    ------
    AmbiguousSelectionError
        If nothing matches, or several do and neither `latest` nor `first` is set.
    TypeError
        If `query` is neither text nor callable.
    """
    matches = list(images)
    wanted: list[str] = []
    if isinstance(query, str):
        needle = query.casefold()
        matches = [image for image in matches if _contains(image, needle)]
        wanted.append(repr(query))
    elif callable(query):
        matches = [image for image in matches if query(image)]
        wanted.append("the predicate")
    elif query is not None:
        raise TypeError(f"query must be text or a function of an image, not {type(query).__name__}")
    exact = {"publisher": publisher, "offer": offer, "sku": sku, "node_agent_sku_id": node_agent_sku_id}
    for name, value in exact.items():
        if value is not None:
            matches = [image for image in matches if getattr(image, name).casefold() == value.casefold()]
            wanted.append(f"{name}={value!r}")
    matches = [image for image in matches if image.verified] or matches
    asked = " and ".join(wanted) or "no condition"
    if not matches:
        raise AmbiguousSelectionError(
            f"No image matches {asked}.", hint="Loosen the condition, or look at browser.frame."
        )
    if len(matches) == 1 or first:
        return matches[0]
    if latest:
        return max(matches, key=_newest)
    raise AmbiguousSelectionError(
        f"{len(matches)} images match {asked}.",
        matches,
        hint="Add publisher=, offer=, sku= or node_agent_sku_id=, or take latest=True or first=True.",
    )


def _contains(image: SupportedImage, needle: str) -> bool:
    return (
        needle in image.node_agent_sku_id.casefold()
        or needle in f"{image.publisher} {image.offer} {image.sku}".casefold()
    )


def _newest(image: SupportedImage) -> tuple[Any, ...]:
    """Order images by the numbers in their SKU, else in their offer; then the fewest extras win, then the plain SKU."""
    return (_numbers(image.sku) or _numbers(image.offer), -len(image.capabilities or ()), -len(image.sku))


def sku_release(sku: str) -> tuple[int, ...]:
    """Give the release that a SKU names, so that a newer one is greater; empty where it names none."""
    return _numbers(sku)


def _numbers(text: str) -> tuple[int, ...]:
    """Give the numbers in a SKU, a four-digit release in two halves, so that 20_04, 2004 and 22_04 compare as meant."""
    runs = re.findall(r"\d+", re.sub(r"(?<![a-z])g(en)?\d", "", text.casefold()))  # a generation is no release
    halves = [part for run in runs for part in ((run[:2], run[2:]) if len(run) == 4 else (run,))]
    return tuple(int(part) for part in halves)
