"""The operations on pools, and the supported images."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING

from .allocation import begin_resize, delete_pool, stop_resize
from .conditions import not_modified
from .errors import BatchError
from .filters import EQ, EQ_NE, STARTS, Field
from .listing import list_page, select
from .pool_rules import check_pool, check_resize_timeout, check_targets
from .state import Pool, State
from .wire import Answer, JsonObject, http_date, timestamp

if TYPE_CHECKING:
    from .request import Request

_POOL_FIELDS = {
    "id": Field[Pool](lambda pool: pool.id, STARTS),
    "state": Field[Pool](lambda pool: pool.state, EQ_NE),
    "allocationState": Field[Pool](lambda pool: pool.allocation_state, EQ),
    "vmSize": Field[Pool](lambda pool: str(pool.given["vmSize"]), EQ_NE),
}
_IMAGE_FIELDS = {
    name: Field[tuple[int, JsonObject]](lambda item, name=name: str(item[1][name]), EQ_NE)  # type: ignore[misc]
    for name in ("osType", "verificationType", "nodeAgentSKUId")
}


class PoolOperations:
    """What a client can do with pools."""

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
            selectable=False,
        )
        return Answer(body=body)

    def list_pools(self, request: Request) -> Answer:
        """Give a page of the pools."""
        body = list_page(
            request,
            self._state.pools(),
            key=lambda pool: pool.id.lower(),
            to_wire=self._to_wire,
            metadata="pools",
            base_url=self._state.base_url,
            fields=_POOL_FIELDS,
        )
        return Answer(body=body)

    def create_pool(self, request: Request) -> Answer:
        """Take a new pool and start to fill it."""
        body = request.json("PoolAddParameter")
        operating_system = check_pool(body, self._state.images)
        pool = self._state.add_pool(body, operating_system)
        begin_resize(self._state, pool, pool.created)
        url = self._url(pool)
        return Answer(201, headers={**_versions(pool), "Location": url, "DataServiceId": url})

    def get_pool(self, request: Request) -> Answer:
        """Give one pool."""
        pool = self._state.pool(request.path["poolId"])
        if not_modified(request.method, request.headers, pool.tag, pool.modified):
            return Answer(304, headers=_versions(pool))
        metadata = {"odata.metadata": f"{self._state.base_url}/$metadata#pools/@Element"}
        return Answer(body=select(request, metadata | self._to_wire(pool)), headers=_versions(pool))

    def pool_exists(self, request: Request) -> Answer:
        """Tell whether a pool is there."""
        pool = self._state.pool(request.path["poolId"])
        unchanged = not_modified(request.method, request.headers, pool.tag, pool.modified)
        return Answer(304 if unchanged else 200, headers=_versions(pool))

    def delete_pool(self, request: Request) -> Answer:
        """Start to delete a pool."""
        pool = self._changeable(request)
        delete_pool(self._state, pool, self._state.now())
        return Answer(202)

    def resize_pool(self, request: Request) -> Answer:
        """Start to bring a pool to another size."""
        pool = self._changeable(request)
        body = request.json("PoolResizeParameter")
        check_targets(body)
        check_resize_timeout(body)
        if pool.allocation_state != "steady":
            raise BatchError("PoolBeingResized")
        now = self._state.now()
        for kind, name in ((True, "targetDedicatedNodes"), (False, "targetLowPriorityNodes")):
            pool.targets[kind] = body.get(name, pool.targets[kind])
        pool.resize_timeout = body.get("resizeTimeout", "PT15M")
        self._state.touch(pool, now)
        begin_resize(self._state, pool, now)
        return self._changed(pool)

    def stop_pool_resize(self, request: Request) -> Answer:
        """Stop the resize of a pool."""
        pool = self._changeable(request)
        if pool.allocation_state == "stopping":
            raise BatchError("PoolBeingResized")
        if pool.allocation_state == "steady":
            raise BatchError("OperationInvalidForCurrentState", Reason="The pool is not being resized.")
        stop_resize(self._state, pool, self._state.now())
        return self._changed(pool)

    def _changeable(self, request: Request) -> Pool:
        pool = self._state.changeable_pool(request.path["poolId"])
        not_modified(request.method, request.headers, pool.tag, pool.modified)
        return pool

    def _changed(self, pool: Pool) -> Answer:
        return Answer(202, headers={**_versions(pool), "DataServiceId": self._url(pool)})

    def _url(self, pool: Pool) -> str:
        return f"{self._state.base_url}/pools/{pool.id}"

    def _to_wire(self, pool: Pool) -> JsonObject:
        """Return a pool: first what the service says, then what the client gave, with the defaults filled in."""
        given = deepcopy(pool.given)
        own: JsonObject = {
            "id": pool.id,
            "url": self._url(pool),
            "eTag": pool.tag,
            "lastModified": timestamp(pool.modified),
            "creationTime": timestamp(pool.created),
            "state": pool.state,
            "stateTransitionTime": timestamp(pool.state_changed),
            "allocationState": pool.allocation_state,
            "allocationStateTransitionTime": timestamp(pool.allocation_changed),
            "vmSize": given["vmSize"],
            "resizeTimeout": pool.resize_timeout,
            "currentDedicatedNodes": pool.count(dedicated=True),
            "targetDedicatedNodes": pool.targets[True],
            "currentLowPriorityNodes": pool.count(dedicated=False),
            "targetLowPriorityNodes": pool.targets[False],
            "enableAutoScale": False,
            "enableInterNodeCommunication": given.get("enableInterNodeCommunication", False),
            "taskSlotsPerNode": given.get("taskSlotsPerNode", 1),
            "taskSchedulingPolicy": {"nodeFillType": "spread", **given.get("taskSchedulingPolicy", {})},
            "currentNodeCommunicationMode": "simplified",
        }
        if pool.resize_errors:
            own["resizeErrors"] = deepcopy(pool.resize_errors)
        _fill_in(given)
        return {**own, **{name: value for name, value in given.items() if name not in own}}


def _fill_in(given: JsonObject) -> None:
    """Put in the defaults of nested properties that the service tells."""
    reference = given["virtualMachineConfiguration"]["imageReference"]
    if "publisher" in reference:
        reference.setdefault("version", "latest")
    task = given.get("startTask")
    if task is not None:
        task.setdefault("maxTaskRetryCount", 0)
        task.setdefault("waitForSuccess", True)
        task.setdefault("userIdentity", {"autoUser": {"scope": "task", "elevationLevel": "nonadmin"}})


def _versions(pool: Pool) -> dict[str, str]:
    return {"ETag": f'"{pool.tag}"', "Last-Modified": http_date(pool.modified)}
