"""Rules of the ways into a pool's nodes: "Allow SSH" and "Allow RDP", and who may connect."""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING, Any

from batch_widgets.pools.rules.lists import repeated
from batch_widgets.pools.rules.names import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from batch_widgets.pools.spec import PoolSpec
    from batch_widgets.problems import Problem

_SERVICE_TAG = re.compile(r"[A-Z][A-Za-z0-9]+(\.[A-Za-z0-9]+)?")
_MAX_NODES = 10_000  # frontend ports 40000 to 49999
_EVERYONE = {"*", "any", "internet"}


def is_open_to_everyone(spec: PoolSpec) -> bool:
    """Tell whether any address on the internet may try to log in."""
    return (spec.allow_ssh and _are_everyone(spec.ssh_sources)) or (spec.allow_rdp and _are_everyone(spec.rdp_sources))


def _are_everyone(sources: Sequence[str]) -> bool:
    if any(source.strip().casefold() in _EVERYONE for source in sources):
        return True
    ranges = [one for source in sources if (one := _range(source)) is not None]
    versions = ([one for one in ranges if one.version == version] for version in (4, 6))
    return any(one.prefixlen == 0 for same in versions for one in ipaddress.collapse_addresses(same))


def _range(source: str) -> Any:
    try:
        return ipaddress.ip_network(source.strip(), strict=False)
    except ValueError:
        return None


def check_remote_access(spec: PoolSpec) -> Iterator[Problem]:
    """Check both ways in."""
    if spec.allow_ssh:
        if spec.os_type == "windows":
            yield Rule.SSH_ON_WINDOWS.error("allow_ssh", "Windows nodes have no SSH. Turn it off, and allow RDP.")
        else:
            yield from _check_way(spec, "ssh", spec.ssh_sources)
    if spec.allow_rdp:
        if spec.os_type != "windows":
            yield Rule.RDP_ON_LINUX.error("allow_rdp", "Linux nodes have no RDP. Turn it off, and allow SSH.")
        else:
            yield from _check_way(spec, "rdp", spec.rdp_sources)


def _check_way(spec: PoolSpec, way: str, sources: tuple[str, ...]) -> Iterator[Problem]:
    field = f"{way}_sources"
    if not sources:
        yield Rule.SOURCES_MISSING.error(
            field, "Say who may connect: an address, a range such as 203.0.113.0/24, or * for everyone."
        )
    for source in sources:
        if trouble := source_trouble(source):
            yield Rule.SOURCE_FORM.error(field, trouble)
    if repeated(sources):
        yield Rule.SOURCE_TWICE.error(field, "A source stands there twice. Remove one.")
    if spec.target_nodes > _MAX_NODES and not spec.enable_auto_scale:
        yield Rule.PORTS_TOO_FEW.error(
            f"allow_{way}", f"The ports that {way.upper()} takes here suffice for {_MAX_NODES:,} nodes. Ask for fewer."
        )
    if _are_everyone(sources):
        yield Rule.OPEN_TO_EVERYONE.warning(
            field,
            f"{way.upper()} will be open to everyone: any address on the internet can try to log in. "
            "Name your own address if you can.",
        )


def source_trouble(source: str) -> str:
    """Say what is wrong with a source of connections; empty where nothing is."""
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
