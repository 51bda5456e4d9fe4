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
    matches_text: Callable[[SupportedImage], bool],
    now: datetime,
) -> str:
    """Say which filter hides how many images that all the others, and the search, leave."""
    images = list(images)
    hidden = []
    for name, (words, off, _) in FILTERS.items():
        count = sum(passes(image, values, now, without=name) and matches_text(image) for image in images)
        if values[name] != off and count:
            hidden.append(f"{words} hides {count}")
    count = sum(passes(image, values, now) for image in images)
    if count:
        hidden.append(f"the search hides {count}")
    return f"No image is left: {', '.join(hidden)}." if hidden else "No image is left. Clear the filters."
