"""The images, node agents and VM sizes that the simulated account offers.

The list of supported images is one that the service really gave on 18 April 2024 in eastus, with a few newer images
added. The added ones are illustrative: their ends of support are counted from the start of the service, so that
each state of support (ended, ending within 90 days, within a year, later, unknown) is there on every day.
"""

from __future__ import annotations

import functools
import json
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.resources import files
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .wire import JsonObject


@dataclass(frozen=True)
class VmSize:
    """A size of virtual machine.

    Parameters
    ----------
    generations
        The image generations that it boots.
    memory_gib
        Its memory.
    temporary_disk_mib
        Its local disk, where Batch keeps the files of tasks; 0 for none.
    gpus
        Its accelerators; 0 for none.
    family
        Whose quota its cores count against.
    end_of_support
        When Batch retires it, as the service writes it; None for no date.
    capabilities
        All that the list says of it, by name.
    """

    name: str
    vcpus: int
    generations: frozenset[str]
    memory_gib: float
    temporary_disk_mib: int
    gpus: int
    family: str
    end_of_support: str | None
    capabilities: Mapping[str, str]


@dataclass(frozen=True)
class Catalogue:
    """The supported images of one service, in the order in which they are listed."""

    images: tuple[JsonObject, ...]
    illustrative: tuple[JsonObject, ...]

    def find(self, reference: JsonObject) -> list[JsonObject]:
        """Return the images that a marketplace reference names, without regard to case."""
        wanted = _image_key(reference)
        return [image for image in self.images if _image_key(image["imageReference"]) == wanted]

    def node_agent_os(self, node_agent_sku_id: str) -> str | None:
        """Return the operating system of a node agent, or None for one that is not offered."""
        wanted = node_agent_sku_id.lower()
        return next((image["osType"] for image in self.images if image["nodeAgentSKUId"].lower() == wanted), None)


def load_catalogue(start: datetime) -> Catalogue:
    """Return the images of a service that started at a moment."""
    recorded: list[JsonObject] = _load("supported_images.json")["images"]
    illustrative = []
    midnight = start.replace(hour=0, minute=0, second=0, microsecond=0)
    for entry in _load("illustrative_images.json")["images"]:
        image: JsonObject = deepcopy(entry["image"])
        if entry["endOfSupportDays"] is not None:
            end = midnight + timedelta(days=entry["endOfSupportDays"])
            image["batchSupportEndOfLife"] = end.strftime("%Y-%m-%dT%H:%M:%SZ")
        illustrative.append(image)
    return Catalogue((*recorded, *illustrative), tuple(illustrative))


def find_vm_size(name: str) -> VmSize | None:
    """Return the size of that name, without regard to case."""
    return _vm_sizes().get(name.lower())


def vm_sizes() -> list[VmSize]:
    """Return all VM sizes, in the order of the recorded list."""
    return list(_vm_sizes().values())


def _image_key(reference: JsonObject) -> tuple[str, ...]:
    """Return what identifies an image; any version of it will do."""
    return tuple(str(reference.get(part, "")).lower() for part in ("publisher", "offer", "sku"))


@functools.cache
def _vm_sizes() -> dict[str, VmSize]:
    # The one file that the package has of them: a recorded answer, which is no knowledge of the clients.
    text = files(__package__.partition(".")[0]).joinpath("data", "vm_sizes.json").read_text(encoding="utf-8")
    content: dict[str, Any] = json.loads(text)
    return {row[0].lower(): _vm_size(content["capabilities"], *row) for row in content["sizes"]}


def _vm_size(names: list[str], name: str, family: str, end_of_support: str | None, *values: str | None) -> VmSize:
    known = {other: value for other, value in zip(names, values, strict=False) if value is not None}
    return VmSize(
        name,
        vcpus=int(known["vCPUs"]),
        generations=frozenset(known["HyperVGenerations"].split(",")),
        memory_gib=float(known["MemoryGB"]),
        temporary_disk_mib=int(known["MaxResourceVolumeMB"]),
        gpus=int(known.get("GPUs", 0)),
        family=family,
        end_of_support=end_of_support,
        capabilities=known,
    )


@functools.cache
def _load(name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(files(__package__).joinpath("data", name).read_text(encoding="utf-8"))
    return content
