"""The operations on pools, but for those on their size."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .allocation import begin_resize, delete_pool
from .autoscaling import begin_auto_scale
from .conditions import not_modified, pool_to_change
from .errors import BatchError, missing_property
from .filters import EQ_NE, ORDERED, STARTS, flag, moment, text
from .listing import list_page, select
from .pool_rules import check_applications, check_empty_only, check_pool, check_scale, check_vm_size
from .pool_wire import pool_to_wire, pool_url, versions
from .schema import refuse_unknown
from .wire import Answer, JsonObject

if TYPE_CHECKING:
    from .filters import Fields
    from .request import Request
    from .state import Pool, State

_FIELDS: Fields[Pool] = {
    "id": text(lambda pool: pool.id, STARTS | ORDERED),
    "state": text(lambda pool: pool.state, EQ_NE),
    "allocationState": text(lambda pool: pool.allocation_state, EQ_NE),
    "vmSize": text(lambda pool: str(pool.given["vmSize"]), EQ_NE),
    "creationTime": moment(lambda pool: pool.created),
    "lastModified": moment(lambda pool: pool.modified),
    "stateTransitionTime": moment(lambda pool: pool.state_changed),
    "allocationStateTransitionTime": moment(lambda pool: pool.allocation_changed),
    "enableAutoScale": flag(lambda pool: pool.auto_scale is not None),
    "enableInterNodeCommunication": flag(lambda pool: bool(pool.given.get("enableInterNodeCommunication"))),
}


class PoolOperations:
    """What a client can do with pools."""

    def __init__(self, state: State) -> None:
        self._state = state

    def list_pools(self, request: Request) -> Answer:
        """Give a page of the pools."""
        body = list_page(
            request,
            self._state.pools(),
            key=lambda pool: pool.id.lower(),
            to_wire=lambda pool: self._to_wire(request, pool),
            metadata="pools",
            base_url=self._state.base_url,
            fields=_FIELDS,
        )
        return Answer(body=body)

    def create_pool(self, request: Request) -> Answer:
        """Take a new pool and start to fill it."""
        body = request.json("PoolAddParameter")
        operating_system = check_pool(body, self._state.images)
        check_scale(body)
        check_applications(body, self._state.applications)
        pool = self._state.add_pool(body, operating_system)
        if body.get("enableAutoScale"):
            begin_auto_scale(self._state, pool, body)
        else:
            begin_resize(self._state, pool, pool.created)
        url = pool_url(self._state, pool)
        return Answer(201, headers={**versions(pool), "Location": url, "DataServiceId": url})

    def get_pool(self, request: Request) -> Answer:
        """Give one pool."""
        pool = self._state.pool(request.path["poolId"])
        if not_modified(request.method, request.headers, pool.tag, pool.modified):
            return Answer(304, headers=versions(pool))
        metadata = {"odata.metadata": f"{self._state.base_url}/$metadata#pools/@Element"}
        return Answer(body=select(request, metadata | self._to_wire(request, pool)), headers=versions(pool))

    def pool_exists(self, request: Request) -> Answer:
        """Tell whether a pool is there."""
        pool = self._state.pool(request.path["poolId"])
        unchanged = not_modified(request.method, request.headers, pool.tag, pool.modified)
        return Answer(304 if unchanged else 200, headers=versions(pool))

    def delete_pool(self, request: Request) -> Answer:
        """Start to delete a pool."""
        pool = pool_to_change(self._state, request)
        delete_pool(self._state, pool, self._state.now())
        return Answer(202)

    def update_pool(self, request: Request) -> Answer:
        """Replace the properties of a pool that are given."""
        pool = pool_to_change(self._state, request)
        body = request.json("PoolPatchParameter")
        refuse_unknown(body, "PoolPatchParameter")
        check_empty_only(body, pool)
        self._take(pool, {**pool.given, **body})
        return Answer(200, headers=self._changed(pool))

    def replace_pool_properties(self, request: Request) -> Answer:
        """Replace the properties of a pool that can be replaced at any time; what is left out goes."""
        pool = self._state.changeable_pool(request.path["poolId"])
        body = request.json("PoolUpdatePropertiesParameter")
        refuse_unknown(body, "PoolUpdatePropertiesParameter")
        if "certificateReferences" not in body and request.query["api-version"] < "2025":
            raise missing_property("certificateReferences")
        replaced = {
            "startTask",
            "certificateReferences",
            "applicationPackageReferences",
            "metadata",
            "targetNodeCommunicationMode",
        }
        self._take(pool, {name: value for name, value in pool.given.items() if name not in replaced} | body)
        return Answer(204, headers=self._changed(pool))

    def _take(self, pool: Pool, given: JsonObject) -> None:
        """Give a pool other properties, once they keep every rule."""
        operating_system = check_pool(given, self._state.images)
        check_applications(given, self._state.applications)
        pool.given = given
        pool.operating_system = operating_system
        pool.size = check_vm_size(given["vmSize"])
        self._state.touch(pool, self._state.now())

    def _changed(self, pool: Pool) -> dict[str, str]:
        return {**versions(pool), "DataServiceId": pool_url(self._state, pool)}

    def _to_wire(self, request: Request, pool: Pool) -> JsonObject:
        return pool_to_wire(self._state, pool, stats=_expands_stats(request))


def _expands_stats(request: Request) -> bool:
    value = request.query.get("$expand")
    if value is None:
        return False
    if value.strip().lower() != "stats":
        raise BatchError(
            "InvalidQueryParameterValue",
            QueryParameterName="$expand",
            QueryParameterValue=value,
            Reason="Only 'stats' can be expanded.",
        )
    return True
