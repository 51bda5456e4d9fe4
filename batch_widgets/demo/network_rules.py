"""What the service demands of a pool's network: inbound NAT pools and their security rules."""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING, Any

from .errors import invalid_property, missing_property

if TYPE_CHECKING:
    from .wire import JsonObject

_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9_.-]{0,75}[A-Za-z0-9_])?")
_TAG = re.compile(r"[A-Za-z][A-Za-z0-9.]*")
_RESERVED_BACKEND = frozenset({29876, 29877})
_RESERVED_FRONTEND = range(50_000, 55_001)


def check_network(network: JsonObject) -> None:
    """Check a network configuration.

    Raises
    ------
    BatchError
        ``InvalidPropertyValue`` for the first rule that is broken.
    """
    endpoints = network.get("endpointConfiguration")
    provision = str(network.get("publicIPAddressConfiguration", {}).get("provision", "")).lower()
    private = provision == "nopublicipaddresses"
    if private and not network.get("subnetId"):
        raise missing_property("networkConfiguration.subnetId", "Nodes without public IP addresses need a subnet.")
    if endpoints is None:
        return
    if private:
        raise invalid_property("endpointConfiguration", "", "Nodes without public IP addresses take no endpoints.")
    pools = endpoints["inboundNATPools"]
    if len(pools) > 5:
        raise invalid_property("inboundNATPools", len(pools), "Expected at most 5.")
    _check_unique("name", [pool["name"].lower() for pool in pools])
    _check_unique("backendPort", [pool["backendPort"] for pool in pools])
    for pool in pools:
        _check_nat_pool(pool)
    _check_ranges(pools)
    rules = [rule for pool in pools for rule in pool.get("networkSecurityGroupRules", ())]
    if len(rules) > 25:
        raise invalid_property("networkSecurityGroupRules", len(rules), "Expected at most 25 in all.")
    _check_unique("priority", [rule["priority"] for rule in rules])
    for rule in rules:
        _check_rule(rule)


def _check_nat_pool(pool: JsonObject) -> None:
    if not _NAME.fullmatch(pool["name"]):
        raise invalid_property(
            "name",
            pool["name"],
            "Expected at most 77 letters, digits, underscores, periods and hyphens, beginning with a letter or digit "
            "and ending with a letter, digit or underscore.",
        )
    port = pool["backendPort"]
    if not 1 <= port <= 65_535 or port in _RESERVED_BACKEND:
        raise invalid_property("backendPort", port, "Expected 1 to 65535 except 29876 and 29877.")
    first, last = pool["frontendPortRangeStart"], pool["frontendPortRangeEnd"]
    if not 1 <= first <= 65_534:
        raise invalid_property("frontendPortRangeStart", first, "Expected 1 to 65534.")
    if not 1 <= last <= 65_534:
        raise invalid_property("frontendPortRangeEnd", last, "Expected 1 to 65534.")
    if last - first + 1 < 40:
        raise invalid_property("frontendPortRangeEnd", last, "A range must have at least 40 ports.")
    if first < _RESERVED_FRONTEND.stop and last >= _RESERVED_FRONTEND.start:
        raise invalid_property("frontendPortRangeStart", first, "The ports 50000 to 55000 are reserved.")


def _check_ranges(pools: list[JsonObject]) -> None:
    end = 0
    for first, last in sorted((pool["frontendPortRangeStart"], pool["frontendPortRangeEnd"]) for pool in pools):
        if first <= end:
            raise invalid_property("frontendPortRangeStart", first, "The frontend port ranges overlap.")
        end = last


def _check_rule(rule: JsonObject) -> None:
    if not 150 <= rule["priority"] <= 4096:
        raise invalid_property("priority", rule["priority"], "Expected 150 to 4096.")
    source = rule["sourceAddressPrefix"]
    if not _is_source(source):
        raise invalid_property("sourceAddressPrefix", source, "Expected an IP address, a subnet, a service tag or '*'.")
    taken: list[tuple[int, int]] = []
    for text in rule.get("sourcePortRanges", ()):
        first, last = _port_range(text)
        if any(first <= end and start <= last for start, end in taken):
            raise invalid_property("sourcePortRanges", text, "The port ranges overlap.")
        taken.append((first, last))


def _is_source(text: str) -> bool:
    if text == "*" or _TAG.fullmatch(text):
        return True
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        return False
    return True


def _port_range(text: Any) -> tuple[int, int]:
    if text == "*":
        return 0, 65_535
    match = re.fullmatch(r"(\d{1,5})(?:-(\d{1,5}))?", text, re.ASCII)
    if match:
        first, last = int(match[1]), int(match[2] or match[1])
        if first <= last <= 65_535:
            return first, last
    raise invalid_property("sourcePortRanges", text, "Expected '*', a port or a range of ports within 0 to 65535.")


def _check_unique(name: str, values: list[Any]) -> None:
    seen = set()
    for value in values:
        if value in seen:
            raise invalid_property(name, value, "It must be unique within the pool.")
        seen.add(value)
