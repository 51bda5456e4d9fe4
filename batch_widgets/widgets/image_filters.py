"""The filters of the SKU browser: which images they leave, and which of them to loosen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from batch_widgets.images import support_state

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

    from batch_widgets.images import SupportedImage

FILTERS: Mapping[str, tuple[str, Any, Callable[[SupportedImage, Any, datetime], bool]]] = {
    "os_type": ("the system", "", lambda image, wanted, _: image.os_type == wanted),
    "distribution": ("the distribution", "", lambda image, wanted, _: image.distribution == wanted),
    "verified_only": ("“Verified only”", False, lambda image, *_: image.verified),
    "supported_today": (
        "“Supported today”",
        False,
        lambda image, _, now: support_state(image.batch_support_end_of_life, now) != "ended",
    ),
    "containers": ("“Containers”", False, lambda image, *_: image.containers is True),
    "gpu_driver": ("“GPU driver”", False, lambda image, *_: image.gpu_driver is True),
    "rdma": ("“RDMA”", False, lambda image, *_: image.rdma is True),
}
"""Trait to what people call the filter, the value that lets everything through, and what it lets through otherwise."""


def passes(image: SupportedImage, values: Mapping[str, Any], now: datetime, *, without: str = "") -> bool:
    """Tell whether all filters let an image through, but for one that is left aside."""
    return all(
        name == without or values[name] == off or lets(image, values[name], now)
        for name, (_, off, lets) in FILTERS.items()
    )


def what_to_loosen(
    images: Iterable[SupportedImage],
    values: Mapping[str, Any],
    in_grid: Mapping[str, Callable[[SupportedImage], bool]],
    now: datetime,
) -> str:
    """Say which filter hides how many images that all the others leave.

    Parameters
    ----------
    images : iterable of SupportedImage
        All images.
    values : mapping
        The value of each of `FILTERS`.
    in_grid : mapping
        The other filters that are set, in words such as "the search hides", and which images each lets through.
    now : datetime
        The moment that support is judged at.
    """
    images = list(images)
    alone = []
    for name, (words, off, _) in FILTERS.items():
        if values[name] != off:
            left = (image for image in images if passes(image, values, now, without=name))
            alone.append((f"{words} hides", sum(all(lets(image) for lets in in_grid.values()) for image in left)))
    left_here = [image for image in images if passes(image, values, now)]
    for words in in_grid:
        others = [lets for name, lets in in_grid.items() if name != words]
        alone.append((words, sum(all(lets(image) for lets in others) for image in left_here)))
    hidden = [f"{words} {count}" for words, count in alone if count]
    if hidden:
        return f"No image is left: {', '.join(hidden)}."
    return "No image is left, and it is not a single filter that hides them. Clear the filters."
