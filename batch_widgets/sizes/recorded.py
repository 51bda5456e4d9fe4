"""The list of VM sizes that the package brings, for accounts whose subscription is not known."""

from __future__ import annotations

import functools
import json
from datetime import date, datetime
from importlib.resources import files
from typing import Any

from batch_widgets.sizes.values import VmSize, VmSizeList


@functools.cache
def recorded_vm_sizes() -> VmSizeList:
    """Give the recorded list: an answer of the service in eastus, published in Azure/azure-cli (MIT, Microsoft)."""
    content: dict[str, Any] = json.loads(
        files("batch_widgets").joinpath("data", "vm_sizes.json").read_text(encoding="utf-8")
    )
    names = content["capabilities"]
    sizes = tuple(_size(names, *row) for row in content["sizes"])
    return VmSizeList(sizes, "recorded", content["location"], date.fromisoformat(content["source"]["date"]))


def _size(names: list[str], name: str, family: str, end: str | None = None, *values: str | None) -> VmSize:
    capabilities = tuple((known, value) for known, value in zip(names, values, strict=False) if value is not None)
    return VmSize(name, family, capabilities, datetime.fromisoformat(end) if end else None)
