"""The rules of a pool, checked before the service sees it."""

from __future__ import annotations

import ipaddress
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from batch_widgets.images import CustomImage, SupportedImage, fitting_node_agents
from batch_widgets.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from batch_widgets.images import ImageReference
    from batch_widgets.pools.spec import PoolSpec

_POOL_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_VM_SIZE = re.compile(r"[A-Za-z0-9_-]+")
_SERVICE_TAG = re.compile(r"[A-Z][A-Za-z0-9]+(\.[A-Za-z0-9]+)?")
_SHELL = re.compile(r"^\s*(\S*/)?(bash|sh|dash|zsh|cmd(\.exe)?|powershell(\.exe)?|pwsh)\b", re.IGNORECASE)
_SHELL_SYNTAX = re.compile(r"\$[\w{(]|[|><;&`*]|%\w+%")
_MAX_DISPLAY_NAME = 1_024
_MAX_SOURCES = 24  # 25 rules in all, one of them the final refusal
_MIN_RESIZE_TIMEOUT = timedelta(minutes=5)
_MAX_SSH_NODES = 10_000  # frontend ports 40000 to 49999
_SOON = timedelta(days=90)
_EVERYONE = {"*", "any", "internet"}


def check(
    spec: PoolSpec, images: Sequence[SupportedImage] = (), *, taken_ids: Iterable[str] = (), now: datetime | None = None
) -> tuple[Problem, ...]:
    """Check a pool against all rules that are known here.

    Parameters
    ----------
    spec : PoolSpec
        The pool.
    images : sequence of SupportedImage
        The account's supported images, where they are known: then image and node agent are held against them.
    taken_ids : iterable of str
        The ids of the account's pools, where they are known.
    now : datetime
        The day of the check, in UTC; default: today.

    Returns
    -------
    tuple of Problem
        In the order of the form. Errors block, warnings do not.
    """
    return (
        *_identity(spec, taken_ids),
        *_image(spec, images, now or datetime.now(UTC)),
        *_scale(spec),
        *_start_task(spec),
        *_remote_access(spec),
    )


def is_open_to_everyone(spec: PoolSpec) -> bool:
    """Tell whether any address on the internet may try to log in."""
    if not spec.allow_ssh:
        return False
    if any(source.strip().casefold() in _EVERYONE for source in spec.ssh_sources):
        return True
    ranges = [one for source in spec.ssh_sources if (one := _range(source)) is not None]
    versions = ([one for one in ranges if one.version == version] for version in (4, 6))
    return any(one.prefixlen == 0 for same in versions for one in ipaddress.collapse_addresses(same))


def _range(source: str) -> Any:
    try:
        return ipaddress.ip_network(source.strip(), strict=False)
    except ValueError:
        return None


def wrap_in_shell(command_line: str, os_type: str) -> str:
    """Give the command line that runs `command_line` in the system's shell."""
    if os_type == "windows":
        return f"cmd /c {command_line}"
    quoted = command_line.replace("'", "'\\''")
    return f"/bin/bash -c '{quoted}'"


def _identity(spec: PoolSpec, taken_ids: Iterable[str]) -> Iterator[Problem]:
    if not spec.pool_id:
        yield Problem("pool_id", "A pool needs an id.")
    elif not _POOL_ID.fullmatch(spec.pool_id):
        wrong = sorted(set(re.sub(r"[A-Za-z0-9_-]", "", spec.pool_id)))
        if wrong:
            yield Problem("pool_id", f"Use letters, digits, - and _ only. Remove {' '.join(map(_shown, wrong[:5]))}.")
        else:
            yield Problem("pool_id", f"At most 64 characters; this has {len(spec.pool_id)}.")
    elif spec.pool_id.casefold() in {taken.casefold() for taken in taken_ids}:
        yield Problem(
            "pool_id", "This account has a pool of that id. Choose another; upper and lower case count as the same."
        )
    if len(spec.display_name) > _MAX_DISPLAY_NAME:
        yield Problem("display_name", f"At most 1,024 characters; this has {len(spec.display_name):,}.")
    if not spec.vm_size:
        yield Problem("vm_size", "Choose a VM size, such as Standard_D2s_v3.")
    elif not _VM_SIZE.fullmatch(spec.vm_size):
        yield Problem("vm_size", "A VM size looks like Standard_D2s_v3: letters, digits and _.")


def _shown(character: str) -> str:
    if character.isspace():
        return "a blank"
    return character if character.isprintable() else f"U+{ord(character):04X}"


def _image(spec: PoolSpec, images: Sequence[SupportedImage], now: datetime) -> Iterator[Problem]:
    if isinstance(spec.image, CustomImage):
        agents = fitting_node_agents(images, spec.image.os_type)
        if agents and spec.node_agent_sku_id.casefold() not in {agent.casefold() for agent in agents}:
            yield Problem(
                "node_agent_sku_id",
                f"The account offers no node agent {spec.node_agent_sku_id} for {spec.image.os_type.capitalize()}.",
            )
        return
    reference = spec.image_reference
    if reference is None:
        yield Problem("image", "Pick an image in the SKU browser, or type its publisher, offer, SKU and version.")
        return
    empty = [name for name in ("publisher", "offer", "sku", "version") if not getattr(reference, name)]
    if empty:
        yield Problem("image", f"The image needs its {_and(empty)} too.")
        return
    if not spec.node_agent_sku_id:
        yield Problem(
            "node_agent_sku_id", "Choose the node agent that fits the image, such as batch.node.ubuntu 22.04."
        )
        return
    same = [image for image in images if _same(image.image_reference, reference)]
    if images and not same:
        yield Problem("image", "The account's list of supported images does not have this one.", "warning")
    if not same and isinstance(spec.image, SupportedImage):
        same = [spec.image]
    if same:
        yield from _support(spec, same, now)


def _support(spec: PoolSpec, same: Sequence[SupportedImage], now: datetime) -> Iterator[Problem]:
    """Hold the pool against what is known of its image: `same` are the rows of that image, one per node agent."""
    fitting = [image for image in same if image.node_agent_sku_id.casefold() == spec.node_agent_sku_id.casefold()]
    if not fitting:
        agents = _and(sorted({image.node_agent_sku_id for image in same}), "or")
        yield Problem("node_agent_sku_id", f"This image goes with {agents}.")
        return
    known = fitting[0]
    if not known.verified:
        yield Problem(
            "image", "Batch has not verified this image with its node agent. Prefer a verified one.", "warning"
        )
    if (end := known.batch_support_end_of_life) is not None:
        if end <= now:
            yield Problem(
                "image", f"Batch's support for this image ended on {end:%d %b %Y}. Pick a newer one.", "warning"
            )
        elif end <= now + _SOON:
            yield Problem("image", f"Batch's support for this image ends on {end:%d %b %Y}.", "warning")


def _same(one: ImageReference, other: ImageReference) -> bool:
    return all(
        getattr(one, name).casefold() == getattr(other, name).casefold() for name in ("publisher", "offer", "sku")
    )


def _scale(spec: PoolSpec) -> Iterator[Problem]:
    for name in ("target_dedicated_nodes", "target_low_priority_nodes"):
        if getattr(spec, name) < 0:
            yield Problem(name, "A number of nodes is 0 or more.")
    if spec.target_dedicated_nodes == 0 and spec.target_low_priority_nodes == 0:
        yield Problem("target_dedicated_nodes", "0 dedicated and 0 Spot nodes make an empty pool.", "warning")
    if spec.resize_timeout < _MIN_RESIZE_TIMEOUT:
        yield Problem("resize_timeout", "Give the service at least 5 minutes to allocate the nodes.")


def _start_task(spec: PoolSpec) -> Iterator[Problem]:
    command_line = spec.start_task_command_line
    if not command_line:
        return
    if not command_line.strip():
        yield Problem("start_task_command_line", "The command line is blank. Empty it for no start task.")
    elif not _SHELL.match(command_line) and _SHELL_SYNTAX.search(command_line):
        yield Problem(
            "start_task_command_line",
            f"Batch runs this without a shell, so variables and operators stay as they are. "
            f"Use {wrap_in_shell(command_line, spec.os_type)}",
            "warning",
        )


def _remote_access(spec: PoolSpec) -> Iterator[Problem]:
    if not spec.allow_ssh:
        return
    if spec.os_type == "windows":
        yield Problem("allow_ssh", "Windows nodes have no SSH. Turn it off.")
        return
    if not spec.ssh_sources:
        yield Problem(
            "ssh_sources", "Say who may connect: an address, a range such as 203.0.113.0/24, or * for everyone."
        )
    if len(spec.ssh_sources) > _MAX_SOURCES:
        yield Problem("ssh_sources", f"At most {_MAX_SOURCES} sources; these are {len(spec.ssh_sources)}.")
    for source in spec.ssh_sources:
        if trouble := source_trouble(source):
            yield Problem("ssh_sources", trouble)
    if len(set(spec.ssh_sources)) < len(spec.ssh_sources):
        yield Problem("ssh_sources", "A source stands there twice.")
    if spec.target_nodes > _MAX_SSH_NODES:
        yield Problem("allow_ssh", f"The ports that SSH takes here suffice for {_MAX_SSH_NODES:,} nodes.")
    if is_open_to_everyone(spec):
        yield Problem(
            "ssh_sources", "SSH will be open to everyone: any address on the internet can try to log in.", "warning"
        )


def source_trouble(source: str) -> str:
    """Say what is wrong with a source of SSH connections; empty where nothing is."""
    if source == "*" or _SERVICE_TAG.fullmatch(source):
        return ""
    address, slash, length = source.partition("/")
    try:
        longest = ipaddress.ip_address(address).max_prefixlen
    except ValueError:
        return f"{source!r} is not an address, a range such as 203.0.113.0/24, a service tag, or *."
    if slash and not (length.isascii() and length.isdigit() and int(length) <= longest):
        return f"{source} is not a range: the part after the slash is 0 to {longest}."
    return ""


def _and(words: Sequence[str], conjunction: str = "and") -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {conjunction} {words[-1]}"
