"""A pool as a command of the Azure CLI."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_FLAGS = {
    "id": "--id",
    "vmSize": "--vm-size",
    "targetDedicatedNodes": "--target-dedicated-nodes",
    "targetLowPriorityNodes": "--target-low-priority-nodes",
    "resizeTimeout": "--resize-timeout",
    "taskSlotsPerNode": "--task-slots-per-node",
    "autoScaleFormula": "--auto-scale-formula",
}
_MOST_IN_ID = 64
_MARKETPLACE = ("publisher", "offer", "sku", "version")


def create_pool_command(body: Mapping[str, Any], endpoint: str, account_name: str) -> str:
    """Give the ``az batch pool create`` that creates a pool.

    Parameters
    ----------
    body : mapping
        The request's body under the service's names.
    endpoint, account_name : str
        The account. The command finds the key, or a login, by itself.

    Returns
    -------
    str
        With options where they suffice. Else it reads the file ``<id>.json``, which has to hold the pool as JSON: most
        of what a pool can be, the mapping of port 22 among it, has no option. Quoted for a POSIX shell.
    """
    # Without a scheme the CLI speaks https, so that the demo's has to be said.
    address = endpoint.removeprefix("https://").rstrip("/")
    account = [("--account-name", account_name), ("--account-endpoint", address)]
    options = _options(body)
    if options is None:
        options = [("--json-file", file_name(body))]
    lines = [f"{flag} {shlex.quote(value)}" for flag, value in (*account, *options)]
    return " \\\n    ".join(["az batch pool create", *lines]) + "\n"


def needs_file(body: Mapping[str, Any]) -> bool:
    """Tell whether a pool has something that the command has no option for."""
    return _options(body) is None


def file_name(body: Mapping[str, Any]) -> str:
    """Give the name of the file that a command reads: the pool's id, what can't be in an id left out."""
    kept = re.sub(r"[^A-Za-z0-9_-]", "", body.get("id", "")).lstrip("-")  # else it would be taken for an option
    return f"{kept[:_MOST_IN_ID] or 'pool'}.json"


def _options(body: Mapping[str, Any]) -> list[tuple[str, str]] | None:
    """Give the options that say the same as a body; None if there are none for some of it."""
    options: list[tuple[str, str]] = []
    for name, value in body.items():
        if name in _FLAGS:
            options.append((_FLAGS[name], str(value)))
        elif name == "virtualMachineConfiguration":
            image = _image(value)
            if image is None:
                return None
            options += image
        else:
            return None
    # Of a value that begins so az would read a file, or take it for an option.
    return None if any(value.startswith(("@", "-")) for _, value in options) else options


def _image(machine: Mapping[str, Any]) -> list[tuple[str, str]] | None:
    if machine.keys() != {"imageReference", "nodeAgentSKUId"}:
        return None
    reference = machine["imageReference"]
    agent = ("--node-agent-sku-id", machine["nodeAgentSKUId"])
    if reference.keys() == {"virtualMachineImageId"}:
        return [("--image", reference["virtualMachineImageId"]), agent]
    if {"publisher", "offer", "sku"} <= reference.keys() <= set(_MARKETPLACE):
        return [("--image", ":".join(reference[name] for name in _MARKETPLACE if name in reference)), agent]
    return None
