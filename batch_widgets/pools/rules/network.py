"""Rules of a pool's network: its inbound NAT pools with those behind "Allow SSH" and "Allow RDP", and its addresses."""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING, Any

from batch_widgets.pools.remote_access import (
    FIRST_PORT,
    LAST_PORT,
    LEAST_PORTS,
    RDP_PORT,
    RESERVED_PORTS,
    SSH_PORT,
    nat_pools,
    nat_rules,
)
from batch_widgets.pools.rules.lists import folded, repeated
from batch_widgets.pools.rules.names import Rule
from batch_widgets.pools.rules.remote_access import source_trouble

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from batch_widgets.pools.spec import PoolSpec
    from batch_widgets.problems import Problem

_MAX_NAT_POOLS = 5
_MAX_RULES = 25
_PRIORITIES = range(150, 4_097)
_NODES_PER_ADDRESS = 100
_AGENT_PORTS = {29876, 29877}
_NAT_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,75}[A-Za-z0-9_])?")
_SUBNET = re.compile(
    r"/subscriptions/[^/\s]+/resourceGroups/[^/\s]+/providers/[^/\s]+/virtualNetworks/[^/\s]+/subnets/[^/\s]+",
    re.IGNORECASE,
)
_ADDRESS = re.compile(
    r"/subscriptions/[^/\s]+/resourceGroups/[^/\s]+/providers/Microsoft\.Network/publicIPAddresses/[^/\s]+",
    re.IGNORECASE,
)
_FIELDS = {SSH_PORT: "allow_ssh", RDP_PORT: "allow_rdp"}


def check_network(spec: PoolSpec) -> Iterator[Problem]:
    """Check the network as it would be sent."""
    pools = nat_pools(spec.to_body())
    yield from _check_addresses(spec, pools)
    if len(pools) > _MAX_NAT_POOLS:
        yield Rule.NAT_POOLS_TOO_MANY.error(
            "inbound_nat_pools",
            f"A pool has at most {_MAX_NAT_POOLS} inbound NAT pools, SSH and RDP counted; these are {len(pools)}.",
        )
    for name in repeated(folded(pools, "name")):
        yield Rule.NAT_POOL_TWICE.error("inbound_nat_pools", f"Two inbound NAT pools are named {name}. Rename one.")
    for port in repeated([port for pool in pools if isinstance(port := pool.get("backendPort"), int)]):
        yield Rule.NAT_POOL_TWICE.error("inbound_nat_pools", f"Two inbound NAT pools lead to port {port}. Remove one.")
    for pool in spec.inbound_nat_pools:
        if _field(pool) != "inbound_nat_pools":
            port = pool["backendPort"]
            way = "SSH" if port == SSH_PORT else "RDP"
            yield Rule.NAT_BACKEND_PORT.error(
                "inbound_nat_pools", f"Port {port} is what “Allow {way}” is for. Remove this, and turn that on."
            )
    for pool in pools:
        yield from _check_nat_pool(pool)
    yield from _check_overlaps(pools)
    yield from _check_rules(pools)


def _field(pool: Mapping[str, Any]) -> str:
    return next((field for port, field in _FIELDS.items() if pool.get("backendPort") == port), "inbound_nat_pools")


def _check_nat_pool(pool: Mapping[str, Any]) -> Iterator[Problem]:
    """Check one NAT pool; that its parts are there and of the right type is checked with those of other lists."""
    field, name, port = _field(pool), pool.get("name"), pool.get("backendPort")
    if isinstance(name, str) and name and not _NAT_NAME.fullmatch(name):
        yield Rule.NAT_POOL_NAME.error(
            field,
            f"The name {name[:80]!r} is not allowed: up to 77 letters, digits, dots, hyphens and underscores, "
            "beginning with a letter or digit and not ending with a dot or hyphen.",
        )
    if isinstance(port, int) and (not 1 <= port <= 65_535 or port in _AGENT_PORTS):
        yield Rule.NAT_BACKEND_PORT.error(
            field, f"{port} is no port on a node: 1 to 65535, except 29876 and 29877, which Batch needs itself."
        )
    if (ports := _ports(pool)) is None:
        return
    first, last = ports
    if first < FIRST_PORT or last > LAST_PORT or last - first + 1 < LEAST_PORTS:
        yield Rule.NAT_FRONTEND_RANGE.error(
            field,
            f"{first} to {last} is no range of ports outside: at least {LEAST_PORTS} ports within {FIRST_PORT} to "
            f"{LAST_PORT}.",
        )
    if first < RESERVED_PORTS.stop and last >= RESERVED_PORTS.start:
        yield Rule.NAT_RANGE_RESERVED.error(
            field,
            f"The ports {first} to {last} touch {RESERVED_PORTS.start} to {RESERVED_PORTS.stop - 1}, which Batch "
            "keeps. Take others, such as 40000 to 40500.",
        )


def _ports(pool: Mapping[str, Any]) -> tuple[int, int] | None:
    first, last = pool.get("frontendPortRangeStart"), pool.get("frontendPortRangeEnd")
    return (first, last) if isinstance(first, int) and isinstance(last, int) else None


def _check_overlaps(pools: Sequence[Mapping[str, Any]]) -> Iterator[Problem]:
    ranges = sorted((ports, _field(pool)) for pool in pools if (ports := _ports(pool)) is not None)
    for ((_, last), _), ((first, end), field) in itertools.pairwise(ranges):
        if first <= last:
            yield Rule.NAT_RANGES_OVERLAP.error(
                field, f"The ports {first} to {end} overlap with another range, which ends at {last}. Take others."
            )


def _check_rules(pools: Sequence[Mapping[str, Any]]) -> Iterator[Problem]:
    rules = [(pool, rule) for pool in pools for rule in nat_rules(pool)]
    if len(rules) > _MAX_RULES:
        longest = max(pools, key=lambda pool: len(nat_rules(pool)))
        yield Rule.NAT_RULES_TOO_MANY.error(
            {"allow_ssh": "ssh_sources", "allow_rdp": "rdp_sources"}.get(_field(longest), "inbound_nat_pools"),
            f"A pool has at most {_MAX_RULES} rules in all: one for each source, and one that refuses all others. "
            f"These are {len(rules)}. Join sources into ranges, or remove some.",
        )
    for pool, rule in rules:
        field, where = _field(pool), f"A rule of {pool.get('name') or 'a NAT pool'}"
        priority, source = rule.get("priority"), rule.get("sourceAddressPrefix")
        if not isinstance(priority, int) or isinstance(priority, bool) or priority not in _PRIORITIES:
            yield Rule.NAT_RULE_PRIORITY.error(field, f"{where} needs a priority of 150 to 4096.")
        if not isinstance(source, str):
            yield Rule.NAT_RULE_SOURCE.error(
                field, f"{where} needs a source: an address, a range, a service tag, or *."
            )
        elif _field(pool) == "inbound_nat_pools" and (trouble := source_trouble(source)):
            yield Rule.NAT_RULE_SOURCE.error(field, f"{where}: {trouble}")
        if str(rule.get("access")).casefold() not in {"allow", "deny"}:
            yield Rule.NAT_RULE_ACCESS.error(field, f"{where} must allow or deny.")
        if trouble := _source_ports_trouble(rule.get("sourcePortRanges")):
            yield Rule.NAT_RULE_SOURCE_PORTS.error(field, f"{where}: {trouble}")
    for priority in repeated([str(rule.get("priority")) for _, rule in rules]):
        yield Rule.NAT_RULE_PRIORITY.error(
            "inbound_nat_pools", f"Two rules have the priority {priority}. Priorities are unique in the whole pool."
        )


def _source_ports_trouble(ranges: Any) -> str:
    if ranges is None:
        return ""
    taken: list[tuple[int, int]] = []
    for text in ranges if isinstance(ranges, list) else [ranges]:
        match = re.fullmatch(r"(\d{1,5})(?:-(\d{1,5}))?", text, re.ASCII) if isinstance(text, str) else None
        if text == "*":
            first, last = 0, 65_535
        elif match is not None:
            first, last = int(match[1]), int(match[2] or match[1])
        else:
            return f"{text!r} is no source port: *, a port such as 22, or a range such as 100-200."
        if not first <= last <= 65_535:
            return f"{text} is no range of ports within 0 to 65535."
        if any(first <= end and start <= last for start, end in taken):
            return f"The source ports {text} overlap with others."
        taken.append((first, last))
    return ""


def _check_addresses(spec: PoolSpec, pools: Sequence[Mapping[str, Any]]) -> Iterator[Problem]:
    provision = spec.ip_address_provisioning_type.casefold()
    if spec.subnet_id and not _SUBNET.fullmatch(spec.subnet_id):
        yield Rule.SUBNET_FORM.error(
            "subnet_id",
            "A subnet is named by its id: /subscriptions/…/resourceGroups/…/providers/Microsoft.Network/"
            "virtualNetworks/…/subnets/… .",
        )
    if provision == "nopublicipaddresses":
        if pools:
            ways = [_field(pool) for pool in pools]
            yield Rule.NAT_WITHOUT_PUBLIC_IP.error(
                ways[0],
                "Nodes without public addresses can't be reached through NAT pools. Turn remote access off and reach "
                "them by their private addresses, or let Batch manage public addresses.",
            )
        if not spec.subnet_id:
            yield Rule.NO_PUBLIC_IP_NEEDS_SUBNET.error("subnet_id", "Nodes without public addresses need a subnet.")
    own = len(spec.ip_address_ids)
    if (provision == "usermanaged") != bool(own):
        yield Rule.ADDRESS_IDS.error(
            "ip_address_ids", "Addresses of your own and “usermanaged” go together: set both, or neither."
        )
    for address in spec.ip_address_ids:
        if not _ADDRESS.fullmatch(address):
            yield Rule.ADDRESS_IDS.error(
                "ip_address_ids",
                f"{address!r} is not the id of a public address: /subscriptions/…/resourceGroups/…/providers/"
                "Microsoft.Network/publicIPAddresses/… .",
            )
    most = max(spec.target_dedicated_nodes, spec.target_low_priority_nodes)
    if own and not spec.enable_auto_scale and most > own * _NODES_PER_ADDRESS:
        yield Rule.ADDRESSES_TOO_FEW.warning(
            "ip_address_ids",
            f"{own} address{'es' if own > 1 else ''} suffice for {own * _NODES_PER_ADDRESS} nodes of each kind; "
            f"{most} are wanted. Add addresses.",
        )
    families = [family.casefold() for family in spec.ip_families]
    if families and ("ipv4" not in families or repeated(families)):
        yield Rule.IP_FAMILIES.error("ip_families", "Use IPv4 alone, or IPv4 and IPv6.")
