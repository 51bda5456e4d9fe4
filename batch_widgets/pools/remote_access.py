"""The inbound NAT pools behind "Allow SSH" and "Allow RDP": read from a body, and made with ranges that are free."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from batch_widgets.pools.places import ITEMS, Place, items

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

SSH_PORT = 22
RDP_PORT = 3389
FIRST_PORT, LAST_PORT = 1, 65_534
RESERVED_PORTS = range(50_000, 55_001)
LEAST_PORTS = 40
_PORTS = 501
_PREFERRED_START = 40_000
_LOWEST_START = 1_024
_EVERYONE = "*"
_PLACE = Place(("networkConfiguration", "endpointConfiguration", "inboundNATPools"), ITEMS, ())


@dataclass(frozen=True, slots=True)
class Way:
    """A way into the nodes.

    Parameters
    ----------
    name : str
        Names its NAT pool, and the fields of a PoolSpec.
    port : int
        The port on the node.
    allow_priority, deny_priority : int
        Of its first allow rule and of its last rule; priorities are unique in a pool.
    """

    name: str
    port: int
    allow_priority: int
    deny_priority: int


WAYS = (Way("ssh", SSH_PORT, 1_000, 4_096), Way("rdp", RDP_PORT, 2_000, 4_095))


def nat_pools(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Give the inbound NAT pools of a body.

    Raises
    ------
    TypeError
        If there is something else in their place.
    """
    here: Any = body
    for name in ("networkConfiguration", "endpointConfiguration"):
        here = here.get(name) or {}
        if not isinstance(here, dict):
            raise TypeError(f"Expected {name} to be an object")
    return list(items(here.get("inboundNATPools") or ()))


def nat_rules(pool: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Give the rules of a NAT pool, as far as they are rules at all."""
    rules = pool.get("networkSecurityGroupRules")
    return [rule for rule in rules if isinstance(rule, dict)] if isinstance(rules, list) else []


def read_remote_access(body: Mapping[str, Any]) -> dict[str, Any]:
    """Give ``allow_ssh``, ``ssh_sources``, their kin for RDP, and as ``inbound_nat_pools`` the rest.

    A NAT pool without any rule lets everyone in, and says so here.
    """
    pools = nat_pools(body)
    found: dict[str, Any] = {}
    for way in WAYS:
        own = [pool for pool in pools if pool.get("backendPort") == way.port]
        found[f"allow_{way.name}"] = bool(own)
        found[f"{way.name}_sources"] = _allowed(own[0]) if own else ()
    found["inbound_nat_pools"] = tuple(pool for pool in pools if pool.get("backendPort") not in {SSH_PORT, RDP_PORT})
    return found


def _allowed(pool: Mapping[str, Any]) -> tuple[str, ...]:
    rules = nat_rules(pool)
    if not rules:
        return (_EVERYONE,)
    return tuple(str(rule.get("sourceAddressPrefix")) for rule in rules if _allows(rule))


def write_remote_access(body: dict[str, Any], wanted: Mapping[str, Any], target_nodes: int) -> None:
    """Bring a body's NAT pools to what is wanted; what says the same already stays as it is."""
    present = read_remote_access(body)
    pools = nat_pools(body)
    if wanted["inbound_nat_pools"] != present["inbound_nat_pools"]:
        ways = [pool for pool in pools if pool.get("backendPort") in {SSH_PORT, RDP_PORT}]
        pools = [*ways, *items(wanted["inbound_nat_pools"])]
    for way in WAYS:
        names = (f"allow_{way.name}", f"{way.name}_sources")
        if wanted[names[0]] == present[names[0]] and (not wanted[names[0]] or wanted[names[1]] == present[names[1]]):
            continue
        own = next((pool for pool in pools if pool.get("backendPort") == way.port), None)
        others = [pool for pool in pools if pool.get("backendPort") != way.port]
        if not wanted[names[0]]:
            pools = others
        elif own is None:
            pools = [*others, _nat_pool(way, wanted[names[1]], others, target_nodes)]
        else:
            pools[pools.index(own)] = _with_sources(own, way, wanted[names[1]], others)
    if pools == nat_pools(body):
        return
    _PLACE.write(body, tuple(pools))


def _nat_pool(way: Way, sources: Sequence[str], others: Sequence[Mapping[str, Any]], nodes: int) -> dict[str, Any]:
    priorities = [rule.get("priority") for pool in others for rule in nat_rules(pool)]
    taken = {priority for priority in priorities if isinstance(priority, int)}
    free = (number for number in range(way.allow_priority, way.deny_priority) if number not in taken)
    rules = [_rule(next(free, way.deny_priority), "allow", source) for source in sources]
    last = max((number for number in range(3_000, way.deny_priority + 1) if number not in taken), default=4_096)
    rules.append(_rule(last, "deny", "*"))
    first = free_range(others, max(_PORTS, nodes))
    names = {str(pool.get("name")).casefold() for pool in others}
    return {
        "name": next(
            name for name in (way.name, *(f"{way.name}{n}" for n in range(2, len(names) + 3))) if name not in names
        ),
        "protocol": "tcp",
        "backendPort": way.port,
        "frontendPortRangeStart": first,
        "frontendPortRangeEnd": first + max(_PORTS, nodes) - 1,
        "networkSecurityGroupRules": rules,
    }


def _with_sources(
    pool: dict[str, Any], way: Way, sources: Sequence[str], others: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """Give a NAT pool that lets others in; all else that it says stays: its ports, its refusals, its other rules."""
    present = _allowed(pool) if nat_rules(pool) else ()
    rules = [rule for rule in nat_rules(pool) if not _allows(rule) or str(rule.get("sourceAddressPrefix")) in sources]
    refusals = [rule for rule in rules if not _allows(rule) and rule.get("sourceAddressPrefix") == "*"]
    if not refusals:
        new = _nat_pool(way, sources, [*others, {"networkSecurityGroupRules": rules}], 0)["networkSecurityGroupRules"]
        refusals = [new[-1]]
        rules.append(new[-1])
    priorities = [rule.get("priority") for one in (pool, *others) for rule in (*nat_rules(one), *rules)]
    taken = {priority for priority in priorities if isinstance(priority, int)}
    last = min((one["priority"] for one in refusals if isinstance(one.get("priority"), int)), default=way.deny_priority)
    free = (number for number in (*range(way.allow_priority, last), *range(150, last)) if number not in taken)
    added = [_rule(next(free, last), "allow", source) for source in sources if source not in present]
    where = rules.index(refusals[0])
    return {**pool, "networkSecurityGroupRules": [*rules[:where], *added, *rules[where:]]}


def _allows(rule: Mapping[str, Any]) -> bool:
    return str(rule.get("access")).casefold() == "allow"


def free_range(pools: Iterable[Mapping[str, Any]], count: int) -> int:
    """Give the start of so many frontend ports that no other NAT pool has; from 40000 on, where there is room.

    Where there is no room at all it is 40000 still, and the checks name the collision.
    """
    taken = [(50_000, 55_000)]
    for pool in pools:
        first, last = pool.get("frontendPortRangeStart"), pool.get("frontendPortRangeEnd")
        if isinstance(first, int) and isinstance(last, int):
            taken.append((first, last))
    starts = [_PREFERRED_START, *sorted(last + 1 for _, last in taken if last >= _PREFERRED_START), _LOWEST_START]
    starts += sorted(last + 1 for _, last in taken)
    for start in starts:
        end = start + count - 1
        if end <= LAST_PORT and all(end < first or last < start for first, last in taken):
            return start
    return _PREFERRED_START


def _rule(priority: int, access: str, source: str) -> dict[str, Any]:
    return {"priority": priority, "access": access, "sourceAddressPrefix": source, "sourcePortRanges": ["*"]}
