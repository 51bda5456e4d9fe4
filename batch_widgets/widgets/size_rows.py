"""How VM sizes stand in the size picker's grid, and what its filters leave."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from batch_widgets.images import SupportedImage
from batch_widgets.pools.rules import check_fit
from batch_widgets.problems import errors_of
from batch_widgets.widgets.grid import Column
from batch_widgets.widgets.image_rows import end_of_support_cell

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from batch_widgets.cost import Meters
    from batch_widgets.sizes import VmSize

COLUMNS = (
    Column("size", "VM size", kind="mono", width=200, grow=True),
    Column("cores", "Cores", kind="number", width=84),
    Column("memory", "GB", kind="number", width=64, title="Memory in GB"),
    Column("gpus", "GPUs", width=84, drop=2),
    Column("price", "Price / h", kind="number", width=88, title="Price of a dedicated node an hour"),
    Column("spot_price", "Spot / h", kind="number", width=88, title="Price of a Spot node an hour", drop=4),
    Column("spot", "Spot", width=58, filter="choice", title="Whether there are Spot nodes of it", drop=5),
    Column("rdma", "RDMA", width=62, filter="choice", drop=6),
    Column("generations", "Boots", kind="chips", width=112, title="Generations of images that it boots", drop=3),
    Column("architecture", "Processor", width=84, filter="choice", drop=7),
    Column("support", "Support ends", kind="pill", width=150, drop=1),
)

FILTERS: Mapping[str, tuple[Any, Callable[[VmSize, Any, Any, datetime], bool]]] = {
    "least_cores": (0, lambda size, wanted, *_: (size.vcpus or 0) >= wanted),
    "gpu": (False, lambda size, *_: size.accelerator in {"NVIDIA", "AMD"}),
    "rdma": (False, lambda size, *_: size.rdma is True),
    "spot_capable": (False, lambda size, *_: size.spot_capable is True),
    "supported_today": (False, lambda size, _, __, now: not size.support_ended(now)),
    "fits_image": (False, lambda size, _, image, __: fits(image, size)),
}
"""Trait to the value that lets everything through, and what it lets through otherwise."""


def passes(size: VmSize, values: Mapping[str, Any], image: Any, now: datetime) -> bool:
    """Tell whether all filters let a size through."""
    return all(values[name] == off or lets(size, values[name], image, now) for name, (off, lets) in FILTERS.items())


def fits(image: Any, size: VmSize) -> bool:
    """Tell whether nothing is known that keeps an image from running on a size."""
    return not isinstance(image, SupportedImage) or not errors_of(tuple(check_fit(image, size)))


def size_row(size: VmSize, meters: Meters | None, now: datetime) -> dict[str, Any]:
    """Give a size as a row of the grid."""
    price, spot_price = meters.hours if meters is not None else (None, None)
    generations = size.hyper_v_generations
    return {
        "key": size.key,
        "size": {"text": size.name, "title": f"Family {size.family}" if size.family else None},
        "cores": _cores(size),
        "memory": size.memory_gb,
        "gpus": None if not size.accelerator else {"text": f"{size.gpus} {size.accelerator}", "sort": size.gpus},
        "price": _price(price),
        "spot_price": _price(spot_price),
        "spot": _flag(size.spot_capable),
        "rdma": _flag(size.rdma),
        "generations": None if generations is None else [f"Gen {number}" for number in generations],
        "architecture": size.cpu_architecture,
        "support": end_of_support_cell(size.batch_support_end_of_life, now),
    }


def _cores(size: VmSize) -> Any:
    usable = size.vcpus_available
    if usable is None or usable == size.vcpus:
        return size.vcpus
    title = f"{usable} of them can be used; all count against the quota"
    return {"text": f"{size.vcpus}", "sort": size.vcpus, "title": title}


def _price(price: float | None) -> Any:
    return None if price is None else {"text": f"{price:,.4f}", "sort": price}


def _flag(value: bool | None) -> Any:
    return None if value is None else "yes" if value else {"text": "no", "muted": True}
