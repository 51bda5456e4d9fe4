"""Choices of images as Python: what one writes with the SDK to choose the same."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_SNAKE = re.compile(r"(?<=[a-z])(?=[A-Z])")


def virtual_machine_code(reference: Mapping[str, str], node_agent_sku_id: str) -> str:
    """Give the code of a ``VirtualMachineConfiguration``, ready to paste.

    Parameters
    ----------
    reference : mapping
        The image's properties under the service's names.
    node_agent_sku_id : str
        The node agent.
    """
    given = "".join(f"        {_SNAKE.sub('_', name).lower()}={value!r},\n" for name, value in reference.items())
    return (
        "from azure.batch import models\n\n"
        "virtual_machine_configuration = models.VirtualMachineConfiguration(\n"
        f"    image_reference=models.BatchVmImageReference(\n{given}    ),\n"
        f"    node_agent_sku_id={node_agent_sku_id!r},\n"
        ")\n"
    )


def code_bundle(text: str, code: str) -> dict[str, str]:
    """Give what a notebook shows of a value: its code; a terminal shows its text."""
    longest = max((len(run) for run in re.findall("`+", code)), default=0)
    fence = "`" * max(3, longest + 1)
    return {"text/plain": text, "text/markdown": f"{fence}python\n{code}{fence}"}
