"""VM sizes, lists of them, and quotas: frozen values."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, overload

if TYPE_CHECKING:
    from datetime import date

_FPGA = re.compile(r"Standard_NP\d", re.IGNORECASE)
_AMD_GPU = re.compile(r"Standard_NV\d+\w*as\w*_v4|Standard_NV\d+\w*_V710", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class VmSize:
    """A size of virtual machine that Batch offers.

    Parameters
    ----------
    name : str
        Such as ``"Standard_D2s_v3"``.
    family : str
        The family whose quota it counts against, such as ``"standardDSv3Family"``; empty where it is not told.
    capabilities : tuple of (str, str)
        Names and values as the service gives them, those included that this package does not know.
    batch_support_end_of_life : datetime, optional
        When Batch stops supporting it, in UTC; None where no date is known.
    """

    name: str
    family: str = ""
    capabilities: tuple[tuple[str, str], ...] = ()
    batch_support_end_of_life: datetime | None = None

    def capability(self, name: str) -> str | None:
        """Give the value of a capability, its name without regard to case; None where the service does not say."""
        wanted = name.casefold()
        return next((value for known, value in self.capabilities if known.casefold() == wanted), None)

    @property
    def vcpus(self) -> int | None:
        """Cores, as quotas count them."""
        return self._whole("vCPUs")

    @property
    def vcpus_available(self) -> int | None:
        """Cores that a node can use: fewer than :attr:`vcpus` in sizes with constrained cores."""
        return self._whole("vCPUsAvailable")

    @property
    def memory_gb(self) -> float | None:
        """Memory in GB."""
        return self._number("MemoryGB")

    @property
    def gpus(self) -> int | None:
        """Accelerators, FPGAs included; None where the service lists none."""
        return self._whole("GPUs")

    @property
    def accelerator(self) -> str | None:
        """``"NVIDIA"``, ``"AMD"`` or ``"FPGA"``, as the name tells; empty for none, None where nothing is known."""
        if not self.capabilities:
            return None
        if not self.gpus:
            return ""
        return "FPGA" if _FPGA.match(self.name) else "AMD" if _AMD_GPU.match(self.name) else "NVIDIA"

    @property
    def hyper_v_generations(self) -> tuple[int, ...] | None:
        """The generations of images that it boots: 1, 2 or both."""
        value = self.capability("HyperVGenerations")
        if value is None:
            return None
        return tuple(sorted(int(part[1:]) for part in map(str.strip, value.split(",")) if re.fullmatch(r"V\d", part)))

    @property
    def cpu_architecture(self) -> str | None:
        """``"x64"`` or ``"Arm64"``."""
        return self.capability("CpuArchitectureType")

    @property
    def rdma(self) -> bool | None:
        """Whether it has RDMA."""
        return self._flag("RdmaEnabled")

    @property
    def spot_capable(self) -> bool | None:
        """Whether there are Spot nodes of it."""
        return self._flag("LowPriorityCapable")

    @property
    def accelerated_networking(self) -> bool | None:
        """Whether it can have accelerated networking."""
        return self._flag("AcceleratedNetworkingEnabled")

    @property
    def premium_io(self) -> bool | None:
        """Whether it takes premium disks."""
        return self._flag("PremiumIO")

    @property
    def ephemeral_os_disk(self) -> bool | None:
        """Whether its OS disk can be on local storage."""
        return self._flag("EphemeralOSDiskSupported")

    @property
    def encryption_at_host(self) -> bool | None:
        """Whether its host can encrypt its disks."""
        return self._flag("EncryptionAtHostSupported")

    @property
    def temporary_disk_mb(self) -> int | None:
        """Its local disk, where Batch keeps the files of tasks."""
        return self._whole("MaxResourceVolumeMB")

    @property
    def most_data_disks(self) -> int | None:
        """How many data disks it takes."""
        return self._whole("MaxDataDiskCount")

    @property
    def most_task_slots(self) -> int | None:
        """How many task slots its nodes can have: four for each core, and at most 256."""
        return None if self.vcpus is None else min(4 * self.vcpus, 256)

    @property
    def key(self) -> str:
        """The name without regard to case."""
        return self.name.casefold()

    def support_ended(self, now: datetime | None = None) -> bool:
        """Tell whether Batch's support has ended at `now` (UTC, default: today)."""
        end = self.batch_support_end_of_life
        return end is not None and end <= (now or datetime.now(UTC))

    def _whole(self, name: str) -> int | None:
        number = self._number(name)
        return None if number is None else int(number)

    def _number(self, name: str) -> float | None:
        value = (self.capability(name) or "").strip()
        return float(value) if re.fullmatch(r"\d{1,15}(\.\d{1,9})?", value, re.ASCII) else None

    def _flag(self, name: str) -> bool | None:
        return {"true": True, "false": False}.get((self.capability(name) or "").strip().casefold())

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class VmSizeList(Sequence[VmSize]):
    """VM sizes, and where the list is from.

    Parameters
    ----------
    sizes : tuple of VmSize
        The sizes, in the order in which they were given.
    source : {"service", "recorded"}
        Whether the service was asked, or the list that this package brings was taken.
    location : str
        The region that it is of.
    day : date, optional
        The day that a recorded list is of.
    note : str
        What else one must know of it.
    """

    sizes: tuple[VmSize, ...]
    source: str
    location: str = ""
    day: date | None = None
    note: str = ""

    @overload
    def __getitem__(self, place: int) -> VmSize: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[VmSize, ...]: ...
    def __getitem__(self, place: int | slice) -> VmSize | tuple[VmSize, ...]:
        return self.sizes[place]

    def __len__(self) -> int:
        return len(self.sizes)

    @cached_property
    def _by_key(self) -> dict[str, VmSize]:
        return {size.key: size for size in self.sizes}

    def find(self, name: str) -> VmSize | None:
        """Give the size of a name, without regard to case; None where the list does not have it."""
        return self._by_key.get(name.strip().casefold())

    @property
    def told(self) -> str:
        """Where the list is from, in words."""
        where = f" in {self.location}" if self.location else ""
        if self.source == "service":
            text = f"as Batch offers them{where}"
        else:
            day = f" on {self.day.day} {self.day:%b %Y}" if self.day else ""
            text = f"recorded{where}, published{day}; newer sizes are missing, and regions differ"
        return f"{text}; {self.note}" if self.note else text


@dataclass(frozen=True, slots=True)
class Quotas:
    """What an account may have at most; None where nothing limits it, or nothing is known.

    Parameters
    ----------
    dedicated_cores : int, optional
        Cores of all dedicated nodes. None in an account of mode "user subscription": the subscription's quotas apply.
    low_priority_cores : int, optional
        Cores of all Spot nodes.
    pools : int, optional
        Pools at a time.
    dedicated_cores_per_family : tuple of (str, int)
        Cores of dedicated nodes by VM family, where they are told.
    per_family_enforced : bool
        Whether the quotas by family count besides the total.
    """

    dedicated_cores: int | None = None
    low_priority_cores: int | None = None
    pools: int | None = None
    dedicated_cores_per_family: tuple[tuple[str, int], ...] = ()
    per_family_enforced: bool = False

    def family_cores(self, family: str) -> int | None:
        """Give the dedicated cores that a VM family may have; None where that is not limited or not told."""
        if not (self.per_family_enforced and family):
            return None
        wanted = _normal(family)
        return next((cores for name, cores in self.dedicated_cores_per_family if _normal(name) == wanted), None)


def _normal(family: str) -> str:
    """Give a family's name without what the two lists of Azure write differently."""
    return re.sub(r"[\s_]", "", family.casefold())
