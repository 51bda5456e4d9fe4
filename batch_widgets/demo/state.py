"""What the service holds: pools, their nodes, the users on them, and what is due when."""

from __future__ import annotations

import hashlib
import heapq
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Literal

from .applications import APPLICATIONS
from .clock import FAR_FUTURE, Clock, InstantClock, later
from .errors import BatchError
from .images import Catalogue, VmSize, find_vm_size, load_catalogue
from .machine import Machine
from .resize_errors import ON_REQUEST
from .wire import JsonObject, entity_tag

if TYPE_CHECKING:
    from .start_task import StartTaskRun

USABLE = frozenset({"idle", "running"})
UP = USABLE | {"offline", "waitingforstarttask", "starttaskfailed"}
"""The states of nodes whose machine runs."""

Act = Callable[[datetime], None]

LoginTrouble = Literal["port closed", "silent", "unreachable", "other host key"]
"""What can be wrong with the way to a node, while the service knows of nothing."""


@dataclass(frozen=True)
class Quota:
    """What the simulated account may have at most, and the region at the moment.

    Parameters
    ----------
    pools
        Pools at a time.
    dedicated_cores, spot_cores
        Cores of all dedicated and of all Spot nodes.
    region_cores
        Cores that the region has free for the account; None for as many as are asked for. Nodes beyond are waited for
        until the resize times out.
    family_cores
        Cores of all dedicated nodes by VM family, as in ``{"standardDSv3Family": 20}``; families that are not named
        meet the total alone.
    """

    pools: int = 100
    dedicated_cores: int = 500
    spot_cores: int = 500
    region_cores: int | None = None
    family_cores: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Troubles:
    """What goes wrong by itself; which nodes are met, and when, follows from the seed.

    Parameters
    ----------
    unusable_share
        Share of new nodes that become unusable, from 0 to 1.
    spot_life_s
        Simulated seconds after which Spot nodes are preempted, on average; None for never.
    resize_error
        The code of the error that every resize to more nodes ends with, without any new node; None for none. With
        ``"RemoveNodesFailed"`` every resize to fewer nodes, without any node that leaves.
    """

    unusable_share: float = 0.0
    spot_life_s: float | None = None
    resize_error: str | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.unusable_share <= 1:
            msg = f"unusable_share must be from 0 to 1, not {self.unusable_share!r}"
            raise ValueError(msg)
        if self.spot_life_s is not None and not self.spot_life_s > 0:
            msg = f"spot_life_s must be above 0, not {self.spot_life_s!r}"
            raise ValueError(msg)
        if self.resize_error is not None and self.resize_error not in ON_REQUEST:
            msg = f"resize_error must be one of {', '.join(ON_REQUEST)}, not {self.resize_error!r}"
            raise ValueError(msg)


@dataclass
class NodeUser:
    """A user that was added to a node; the password is kept as a salted hash only."""

    name: str
    is_admin: bool
    expiry: datetime
    password: tuple[bytes, bytes] | None = field(default=None, repr=False)
    ssh_public_key: str | None = None


@dataclass
class Node:
    """A simulated machine of a pool."""

    id: str
    index: int
    dedicated: bool
    ip_address: str
    ipv6_address: str
    allocated: datetime
    state: str
    state_changed: datetime
    machine: Machine
    booted: datetime | None = None
    scheduling: bool = True
    errors: list[JsonObject] = field(default_factory=list)
    boot_number: int = 0
    start_task: StartTaskRun | None = None
    users: dict[str, NodeUser] = field(default_factory=dict)
    login_trouble: LoginTrouble | None = None

    def enter(self, state: str, moment: datetime) -> None:
        """Change the state."""
        if self.state != state:
            self.state = state
            self.state_changed = moment

    def wipe(self) -> None:
        """Forget all that was on the disk."""
        self.users.clear()
        self.start_task = None
        self.machine.wipe()


@dataclass
class AutoScale:
    """How a pool sets its own size."""

    formula: str
    interval: str
    run: JsonObject | None = None


@dataclass
class Pool:
    """A pool: the properties that the client gave, and the service's own."""

    id: str
    given: JsonObject = field(repr=False)  # it may have passwords in it
    size: VmSize
    operating_system: str
    created: datetime
    modified: datetime
    tag: str
    state: str
    state_changed: datetime
    allocation_state: str
    allocation_changed: datetime
    resize_timeout: str
    resize_started: datetime
    targets: dict[bool, int]
    resize_errors: list[JsonObject] = field(default_factory=list)
    nodes: dict[str, Node] = field(default_factory=dict)
    next_index: int = 0
    resize_number: int = 0
    auto_scale: AutoScale | None = None
    auto_scale_enabled: datetime | None = None
    past_core_seconds: float = 0.0

    @property
    def vm_configuration(self) -> JsonObject:
        """The configuration of the pool's virtual machines."""
        configuration: JsonObject = self.given["virtualMachineConfiguration"]
        return configuration

    @property
    def is_windows(self) -> bool:
        """Whether the nodes run Windows."""
        return self.operating_system == "windows"

    @property
    def is_dual_stack(self) -> bool:
        """Whether the nodes have IPv6 addresses too."""
        public = (self.given.get("networkConfiguration") or {}).get("publicIPAddressConfiguration") or {}
        return "ipv6" in [family.lower() for family in public.get("ipFamilies", ())]

    def count(self, *, dedicated: bool) -> int:
        """Return how many nodes of a kind are in the pool, those leaving it included."""
        return sum(node.dedicated is dedicated for node in self.nodes.values())

    def core_seconds(self, moment: datetime) -> float:
        """Return how long the pool's cores have been there by a moment, those of nodes that are gone included."""
        lives = sum((moment - node.allocated).total_seconds() for node in self.nodes.values())
        return self.past_core_seconds + lives * self.size.vcpus

    def staying(self, *, dedicated: bool) -> list[Node]:
        """Return the nodes of a kind that are not leaving, the oldest first."""
        return [node for node in self.nodes.values() if node.dedicated is dedicated and node.state != "leavingpool"]

    def nat_pool(self, backend_port: int) -> JsonObject | None:
        """Return the inbound NAT pool that maps a port of the nodes."""
        network = self.given.get("networkConfiguration") or {}
        endpoints: list[JsonObject] = (network.get("endpointConfiguration") or {}).get("inboundNATPools") or []
        return next((nat for nat in endpoints if nat["backendPort"] == backend_port), None)


class State:
    """Everything the service knows, brought up to its clock whenever it is asked.

    Parameters
    ----------
    clock
        Tells the service's time.
    seed
        Node ids, times and host keys follow from it.
    account_name
        The name of the account that the nodes' environment tells.
    quota
        What the account may have.
    troubles
        What goes wrong by itself.
    """

    def __init__(
        self, clock: Clock, seed: int, account_name: str, quota: Quota, troubles: Troubles | None = None
    ) -> None:
        self.clock = clock
        self.seed = seed
        self.account_name = account_name
        self.quota = quota
        self.troubles = troubles or Troubles()
        self.base_url = "http://127.0.0.1"
        self.images: Catalogue = load_catalogue(clock.now().astimezone(UTC))
        self.applications = APPLICATIONS
        self.on_node_leaving: Callable[[Node], None] = lambda _node: None
        self.on_node_down: Callable[[Node], None] = lambda _node: None
        self._pools: dict[str, Pool] = {}
        self._awaited: list[tuple[datetime, int, Act]] = []
        self._others: list[tuple[datetime, int, Act]] = []
        self._sequence = 0

    def now(self) -> datetime:
        """Return the service's time in UTC."""
        return self.clock.now().astimezone(UTC)

    def at(self, moment: datetime, seconds: float, act: Act, *, awaited: bool = True) -> None:
        """Have something done some simulated seconds after a moment.

        A clock that skips all waiting skips to what is `awaited`; the rest, which has no end, comes at its time.
        """
        self._sequence += 1
        heapq.heappush(self._awaited if awaited else self._others, (later(moment, seconds), self._sequence, act))

    def advance(self) -> None:
        """Do, in order, everything that is due by now."""
        now = self.now()
        instant = self.clock if isinstance(self.clock, InstantClock) else None
        horizons = [(self._awaited, FAR_FUTURE - timedelta(days=1) if instant else now), (self._others, now)]
        while queues := [queue for queue, horizon in horizons if queue and queue[0][0] <= horizon]:
            due, _, act = heapq.heappop(min(queues, key=lambda queue: queue[0][:2]))
            if instant:
                instant.skip_to(due)
            act(due)

    def next_tag(self, moment: datetime) -> str:
        """Return an entity tag that no other change has."""
        self._sequence += 1
        return entity_tag(moment, self._sequence)

    def touch(self, pool: Pool, moment: datetime) -> None:
        """Note that a pool's own properties changed."""
        pool.modified = moment
        pool.tag = self.next_tag(moment)

    def pools(self) -> list[Pool]:
        """Return the pools, by id."""
        return [self._pools[key] for key in sorted(self._pools)]

    def nodes(self) -> Iterator[tuple[Pool, Node]]:
        """Iterate over the nodes of all pools."""
        for pool in self._pools.values():
            for node in pool.nodes.values():
                yield pool, node

    def pool(self, pool_id: str) -> Pool:
        """Return a pool by its id, without regard to case; or raise ``PoolNotFound``."""
        pool = self._pools.get(pool_id.lower())
        if pool is None:
            raise BatchError("PoolNotFound")
        return pool

    def changeable_pool(self, pool_id: str) -> Pool:
        """Return a pool that is not being deleted; or raise ``PoolNotFound`` or ``PoolBeingDeleted``."""
        pool = self.pool(pool_id)
        if pool.state == "deleting":
            raise BatchError("PoolBeingDeleted")
        return pool

    def node(self, pool_id: str, node_id: str) -> tuple[Pool, Node]:
        """Return a node and its pool; or raise ``PoolNotFound`` or ``NodeNotFound``."""
        pool = self.pool(pool_id)
        node = pool.nodes.get(node_id.lower())
        if node is None:
            raise BatchError("NodeNotFound")
        return pool, node

    def add_pool(self, body: JsonObject, operating_system: str, *, beyond_quota: bool = False) -> Pool:
        """Take a checked pool into the account; or raise ``PoolExists``, ``PoolBeingDeleted``, ``PoolQuotaReached``."""
        existing = self._pools.get(body["id"].lower())
        if existing is not None:
            raise BatchError("PoolBeingDeleted" if existing.state == "deleting" else "PoolExists")
        if len(self._pools) >= self.quota.pools and not beyond_quota:
            raise BatchError("PoolQuotaReached", Reason=f"The account's quota is {self.quota.pools} pools.")
        now = self.now()
        size = find_vm_size(body["vmSize"])
        assert size is not None, "the rules refuse unknown sizes"
        pool = Pool(
            id=body["id"],
            given=body,
            size=size,
            operating_system=operating_system,
            created=now,
            modified=now,
            tag=self.next_tag(now),
            state="active",
            state_changed=now,
            allocation_state="steady",
            allocation_changed=now,
            resize_timeout=body.get("resizeTimeout", "PT15M"),
            resize_started=now,
            targets={True: body.get("targetDedicatedNodes", 0), False: body.get("targetLowPriorityNodes", 0)},
        )
        self._pools[pool.id.lower()] = pool
        return pool

    def forget_pool(self, pool: Pool) -> None:
        """Drop a pool from the account."""
        if self._pools.get(pool.id.lower()) is pool:
            del self._pools[pool.id.lower()]

    def add_node(self, pool: Pool, moment: datetime, *, dedicated: bool) -> Node:
        """Add a node that is being created."""
        index = pool.next_index
        pool.next_index += 1
        digest = hashlib.sha256(f"{self.seed}\0{pool.id}\0{index}".encode()).hexdigest()
        position = index + 4
        # The first characters of the id tell a node's prompt from the next.
        machine = Machine(digest[:6], pool.size, pool.vm_configuration["nodeAgentSKUId"], moment)
        node = Node(
            id=f"tvmps_{digest}_{'d' if dedicated else 'p'}",
            index=index,
            dedicated=dedicated,
            ip_address=f"10.{position >> 16 & 255}.{position >> 8 & 255}.{position & 255}",
            ipv6_address=f"fd00::{position:x}",
            allocated=moment,
            state="creating",
            state_changed=moment,
            machine=machine,
        )
        pool.nodes[node.id] = node
        return node

    def cores_in_use(self, *, dedicated: bool, family: str | None = None) -> int:
        """Return the cores that the nodes of a kind have over all pools, or over those of a VM family."""
        return sum(
            pool.count(dedicated=dedicated) * pool.size.vcpus
            for pool in self._pools.values()
            if family is None or pool.size.family == family
        )
