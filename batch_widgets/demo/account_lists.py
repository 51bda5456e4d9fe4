"""What the account has besides pools: supported images, applications, and the counts of nodes by their state."""

from __future__ import annotations

from collections import Counter
from copy import deepcopy
from typing import TYPE_CHECKING

from .errors import BatchError
from .filters import EQ, EQ_NE, text
from .listing import list_page
from .wire import Answer, JsonObject

if TYPE_CHECKING:
    from .applications import Application
    from .filters import Fields
    from .request import Request
    from .state import Pool, State

MOST_COUNTED_POOLS = 10
_IMAGE_FIELDS = {
    name: text(lambda item, name=name: str(item[1][name]), EQ_NE)  # type: ignore[misc]
    for name in ("osType", "verificationType", "nodeAgentSKUId")
}
_COUNT_FIELDS: Fields[Pool] = {"poolId": text(lambda pool: pool.id, EQ)}
_COUNTED = (
    "creating",
    "deallocated",
    "deallocating",
    "idle",
    "leavingPool",
    "offline",
    "preempted",
    "rebooting",
    "reimaging",
    "running",
    "startTaskFailed",
    "starting",
    "unknown",
    "unusable",
    "upgradingOS",
    "waitingForStartTask",
)


class AccountLists:
    """What a client can ask about the account."""

    def __init__(self, state: State) -> None:
        self._state = state

    def list_supported_images(self, request: Request) -> Answer:
        """Give a page of the supported images."""
        body = list_page(
            request,
            list(enumerate(self._state.images.images)),
            key=lambda item: f"{item[0]:06d}",
            to_wire=lambda item: deepcopy(item[1]),
            metadata="supportedimages",
            base_url=self._state.base_url,
            fields=_IMAGE_FIELDS,
        )
        return Answer(body=body)

    def list_pool_node_counts(self, request: Request) -> Answer:
        """Give a page of the pools with the number of their nodes in each state."""
        body = list_page(
            request,
            self._state.pools(),
            key=lambda pool: pool.id.lower(),
            to_wire=lambda pool: {
                "poolId": pool.id,
                "dedicated": _counts(pool, dedicated=True),
                "lowPriority": _counts(pool, dedicated=False),
            },
            metadata="poolnodecounts",
            base_url=self._state.base_url,
            fields=_COUNT_FIELDS,
            most=MOST_COUNTED_POOLS,
        )
        return Answer(body=body)

    def list_applications(self, request: Request) -> Answer:
        """Give a page of the applications."""
        body = list_page(
            request,
            sorted(self._state.applications, key=lambda one: one.id),
            key=lambda one: one.id,
            to_wire=_application,
            metadata="applications",
            base_url=self._state.base_url,
            fields={},
        )
        return Answer(body=body)

    def get_application(self, request: Request) -> Answer:
        """Give one application."""
        wanted = request.path["applicationId"].lower()
        for one in self._state.applications:
            if one.id.lower() == wanted:
                metadata = {"odata.metadata": f"{self._state.base_url}/$metadata#applications/@Element"}
                return Answer(body=metadata | _application(one))
        raise BatchError("ApplicationNotFound")


def _counts(pool: Pool, *, dedicated: bool) -> JsonObject:
    found = Counter(node.state for node in pool.nodes.values() if node.dedicated is dedicated)
    return {name: found[name.lower()] for name in _COUNTED} | {"total": found.total()}


def _application(one: Application) -> JsonObject:
    return {"id": one.id, "displayName": one.display_name, "versions": list(one.versions)}
