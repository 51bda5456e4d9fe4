"""Rules between a pool and its VM size: what boots on it, what fits into it, what the account may have of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from batch_widgets.pools.rules.image import known_image
from batch_widgets.pools.rules.names import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from batch_widgets.images import SupportedImage
    from batch_widgets.pools.spec import PoolSpec
    from batch_widgets.problems import Problem
    from batch_widgets.sizes import VmSize, VmSizeList

_SOON = timedelta(days=90)
_ARM = re.compile(r"arm64|aarch64", re.IGNORECASE)


def check_size(
    spec: PoolSpec, sizes: VmSizeList | None, images: Sequence[SupportedImage], now: datetime
) -> Iterator[Problem]:
    """Check a pool against its VM size, where the sizes are known; what is not known of a size is not judged."""
    name = spec.vm_size.strip()
    if sizes is None or not name:
        return
    size = sizes.find(name)
    if size is None:
        if sizes.source == "service":  # a recorded list lacks what is newer
            where = f" in {sizes.location}" if sizes.location else ""
            yield Rule.VM_SIZE_UNKNOWN.error("vm_size", f"Batch offers no size {name}{where}. Choose one of the list.")
        return
    yield from _check_support(size, now, recorded=sizes.source != "service")
    image = known_image(spec, images)
    if image is not None:
        yield from check_fit(image, size)
    yield from _check_demands(spec, size)


def _check_support(size: VmSize, now: datetime, *, recorded: bool) -> Iterator[Problem]:
    end = size.batch_support_end_of_life
    if end is None:
        return
    day = f"{end.day} {end:%b %Y}"
    if end <= now:
        tell = Rule.VM_SIZE_ENDED.warning if recorded else Rule.VM_SIZE_ENDED.error
        yield tell("vm_size", f"Batch's support for {size.name} ended on {day}. Choose a newer size.")
    elif end - now <= _SOON:
        yield Rule.VM_SIZE_ENDS_SOON.warning(
            "vm_size", f"Batch's support for {size.name} ends on {day}. Prefer a newer size."
        )


def check_fit(image: SupportedImage, size: VmSize) -> Iterator[Problem]:
    """Check whether an image fits a size."""
    yield from _check_generation(image, size)
    yield from _check_architecture(image, size)
    if image.rdma and size.rdma is False:
        yield Rule.RDMA_MISSING.error(
            "vm_size", f"The image is for RDMA only, and {size.name} has none. Choose a size with it, or another image."
        )
    if image.gpu_driver and size.accelerator == "":
        yield Rule.GPU_MISSING.warning(
            "vm_size",
            f"The image brings a driver for GPUs, and {size.name} has none. Choose a size with GPUs, or a plain image.",
        )
    if not image.gpu_driver and size.accelerator == "NVIDIA":
        yield Rule.GPU_DRIVER_MISSING.warning(
            "image",
            f"{size.name} has GPUs, and the list names no driver in this image. Choose one with it, or install it.",
        )


def _check_generation(image: SupportedImage, size: VmSize) -> Iterator[Problem]:
    boots = size.hyper_v_generations
    if not boots or image.generation in boots:
        return
    shown = " and ".join(f"generation {number}" for number in boots)
    if image.generation is not None:
        yield Rule.GENERATION_MISMATCH.error(
            "vm_size",
            f"The image is of generation {image.generation}, and {size.name} boots {shown} only: no node would start. "
            "Choose another size, or the image's other generation.",
        )
    elif 1 not in boots:
        yield Rule.GENERATION_UNKNOWN.warning(
            "vm_size",
            f"The list does not say that the image is of generation 2, and {size.name} boots {shown} only. "
            "Prefer an image of generation 2.",
        )


def _check_architecture(image: SupportedImage, size: VmSize) -> Iterator[Problem]:
    architecture = (size.cpu_architecture or "").casefold()
    for_arm = _ARM.search(f"{image.offer} {image.sku} {image.node_agent_sku_id}") is not None
    if for_arm and architecture == "x64":
        yield Rule.ARCHITECTURE_MISMATCH.error(
            "vm_size", f"The image is for Arm, and {size.name} has x64 processors. Choose an Arm size, or an x64 image."
        )
    elif architecture == "arm64" and not for_arm:
        yield Rule.ARCHITECTURE_UNKNOWN.warning(
            "vm_size",
            f"{size.name} has Arm processors, and nothing in the image's name says that it is for Arm. "
            "Choose an Arm image, or an x64 size.",
        )


_FEATURES: tuple[tuple[str, str, str, Callable[[PoolSpec], bool]], ...] = (
    ("os_disk_placement", "ephemeral_os_disk", "an ephemeral OS disk", lambda spec: bool(spec.os_disk_placement)),
    (
        "enable_accelerated_networking",
        "accelerated_networking",
        "accelerated networking",
        lambda spec: spec.enable_accelerated_networking is True,
    ),
    ("encryption_at_host", "encryption_at_host", "encryption at host", lambda spec: spec.encryption_at_host is True),
    (
        "os_disk_storage_account_type",
        "premium_io",
        "premium storage for the OS disk",
        lambda spec: _is_premium(spec.os_disk_storage_account_type),
    ),
    (
        "data_disks",
        "premium_io",
        "premium storage for data disks",
        lambda spec: any(_is_premium(storage) for disk in spec.data_disks for storage in _storage_of(disk)),
    ),
)
"""The field, the property of a size that allows what is asked for, what people call it, and whether a pool asks."""


def _check_demands(spec: PoolSpec, size: VmSize) -> Iterator[Problem]:
    most = size.most_task_slots
    if most is not None and most < (spec.task_slots_per_node or 1) <= 256:  # beyond it is another rule's
        yield Rule.TASK_SLOTS_CORES.error(
            "task_slots_per_node",
            f"At most {most} task slots on a node of {size.name}: four for each of its {size.vcpus} cores. "
            f"Take {most} or fewer.",
        )
    wants_spot = spec.target_low_priority_nodes > 0 and not spec.enable_auto_scale
    if wants_spot and size.spot_capable is False:
        yield Rule.SPOT_UNSUPPORTED.error(
            "target_low_priority_nodes",
            f"There are no Spot nodes of {size.name}. Take dedicated nodes, or another size.",
        )
    for field, allows, words, asks in _FEATURES:
        if getattr(size, allows) is False and asks(spec):
            yield Rule.VM_SIZE_FEATURE.error(
                field, f"{size.name} does not have {words}. Leave it out, or choose another size."
            )
    if size.most_data_disks is not None and len(spec.data_disks) > size.most_data_disks:
        yield Rule.DATA_DISKS_TOO_MANY.error(
            "data_disks",
            f"{size.name} takes at most {size.most_data_disks} data disks; these are {len(spec.data_disks)}. "
            "Take fewer, or a larger size.",
        )


def _storage_of(disk: Mapping[str, Any]) -> tuple[Any, ...]:
    """Give where the storage of a data disk may stand."""
    managed = disk.get("managedDisk")
    return disk.get("storageAccountType"), managed.get("storageAccountType") if isinstance(managed, Mapping) else None


def _is_premium(storage: Any) -> bool:
    return isinstance(storage, str) and storage.casefold().startswith("premium")
