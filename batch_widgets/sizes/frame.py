"""VM sizes as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pandas as pd

    from batch_widgets.sizes.values import VmSize

_WHOLE = ("vcpus", "vcpus_available", "gpus", "temporary_disk_mb", "most_data_disks", "most_task_slots")
_FLAGS = ("rdma", "spot_capable", "accelerated_networking", "premium_io", "ephemeral_os_disk", "encryption_at_host")


def vm_sizes_frame(
    sizes: Iterable[VmSize], prices: Mapping[str, tuple[float | None, float | None]] | None = None
) -> pd.DataFrame:
    """Lay VM sizes out as a table.

    Parameters
    ----------
    sizes : iterable of VmSize
        The rows.
    prices : mapping, optional
        Price an hour of a dedicated and of a Spot node by :attr:`VmSize.key`, where they are known.

    Returns
    -------
    pandas.DataFrame
        A row per size, in the given order: ``family``, ``cpu_architecture`` (categories), ``vcpus``,
        ``vcpus_available``, ``gpus``, ``temporary_disk_mb``, ``most_data_disks``, ``most_task_slots`` (whole numbers
        or missing), ``memory_gb`` (number or missing), ``accelerator`` (category; empty for none), ``gen1``, ``gen2``,
        ``rdma``, ``spot_capable``, ``accelerated_networking``, ``premium_io``, ``ephemeral_os_disk``,
        ``encryption_at_host`` (true, false or missing), ``batch_support_end_of_life`` (UTC timestamp, or NaT),
        ``price_hour``, ``spot_price_hour`` (number or missing), ``capabilities`` (dict of all that the service says).
        The index is the size's name.
    """
    import pandas as pd

    sizes = list(sizes)
    priced = [(prices or {}).get(size.key, (None, None)) for size in sizes]
    columns: dict[str, Any] = {
        "family": pd.Categorical([size.family for size in sizes]),
        "cpu_architecture": pd.Categorical([size.cpu_architecture for size in sizes]),
        **{name: pd.Series([getattr(size, name) for size in sizes], dtype="Int64") for name in _WHOLE},
        "memory_gb": pd.Series([size.memory_gb for size in sizes], dtype="Float64"),
        "accelerator": pd.Categorical([size.accelerator for size in sizes]),
        **{f"gen{number}": pd.Series([_boots(size, number) for size in sizes], dtype="boolean") for number in (1, 2)},
        **{name: pd.Series([getattr(size, name) for size in sizes], dtype="boolean") for name in _FLAGS},
        "batch_support_end_of_life": pd.Series(
            [size.batch_support_end_of_life for size in sizes], dtype="datetime64[us, UTC]"
        ),
        "price_hour": pd.Series([price for price, _ in priced], dtype="Float64"),
        "spot_price_hour": pd.Series([price for _, price in priced], dtype="Float64"),
        "capabilities": pd.Series([dict(size.capabilities) for size in sizes], dtype="object"),
    }
    frame = pd.DataFrame(columns)
    frame.index = pd.Index([size.name for size in sizes], name="vm_size", dtype="object")
    return frame


def _boots(size: VmSize, generation: int) -> bool | None:
    known = size.hyper_v_generations
    return None if known is None else generation in known
