"""FakeService: a Batch service in memory that a test scripts, breaks and counts. Runs on the account's loop thread."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from batch_widgets.account import BatchAccount
from batch_widgets.autoscale import AutoScaleEvaluation
from batch_widgets.errors import AlreadyExistsError, NotFoundError, ServiceError, ServiceUnreachableError
from batch_widgets.images import ImageReference, SupportedImage
from batch_widgets.login import InboundEndpoint, NodeEndpoints, RemoteLoginSettings
from batch_widgets.node_facts import NodeFile, UploadedLogs
from batch_widgets.nodes import Node
from batch_widgets.pools import Pool, PoolSpec, ResizeError
from unit.scripted import ScriptedService, pool_not_found

ENDPOINT = "https://fake.eastus.batch.azure.com"
SSH_BODY = {
    "networkConfiguration": {"endpointConfiguration": {"inboundNATPools": [{"name": "ssh", "backendPort": 22}]}}
}
LOST = ServiceUnreachableError("The connection broke.", maybe_done=True)
NEVER_SENT = ServiceUnreachableError("Cannot reach it.")


def make_image(sku="22_04-lts", *, publisher="canonical", offer="0001-com-ubuntu-server-jammy", **options):
    """Make a verified Linux image."""
    options.setdefault("node_agent_sku_id", "batch.node.ubuntu 22.04")
    options.setdefault("os_type", "linux")
    options.setdefault("verified", True)
    return SupportedImage(image_reference=ImageReference(publisher, offer, sku), **options)


def make_node(node_id="tvm-1", state="idle", **options):
    """Make a node."""
    return Node(node_id, state, **options)


def make_nodes(count, state="idle"):
    """Make nodes ``tvm-0`` and so on."""
    return tuple(make_node(f"tvm-{number}", state) for number in range(count))


def make_pool(pool_id="analysis", **options):
    """Make a steady Linux pool without nodes that maps port 22."""
    defaults = {
        "display_name": "",
        "state": "active",
        "allocation_state": "steady",
        "vm_size": "Standard_D2s_v3",
        "node_agent_sku_id": "batch.node.ubuntu 22.04",
        "image_reference": ImageReference("canonical", "0001-com-ubuntu-server-jammy", "22_04-lts"),
        "current_dedicated_nodes": 0,
        "current_low_priority_nodes": 0,
        "target_dedicated_nodes": 0,
        "target_low_priority_nodes": 0,
        "creation_time": datetime.now(UTC),
        "body": SSH_BODY,
    }
    return Pool(id=pool_id, **{**defaults, **options})


def make_spec(pool_id="analysis", *, nodes=2, **options):
    """Make a pool that breaks no rule."""
    options.setdefault("image", make_image())
    return PoolSpec(pool_id=pool_id, vm_size="Standard_D2s_v3", target_dedicated_nodes=nodes, **options)


def make_account(service, **options):
    """Make an account on a service, following changes every few milliseconds."""
    options.setdefault("poll_interval_s", 0.005)
    return BatchAccount(lambda: service, endpoint=ENDPOINT, name="fake", **options)


class FakeService(ScriptedService):
    """A :class:`batch_widgets.service.BatchService`.

    ``add_pool`` and ``script_pool`` say what there is; each ``list_nodes`` moves a scripted pool one step on.
    """

    def __init__(self, images=()):
        super().__init__()
        self.images = list(images)
        self.closed = 0
        self.ahead = timedelta()
        self.polls_until_gone = 2
        self.steps_after_create = life_of
        self.evaluation: AutoScaleEvaluation | None = None
        self.uploads: list[str] = []
        self.endpoints: dict[str, tuple[InboundEndpoint, ...]] = {}  # what the list of nodes tells, by node id

    def add_pool(self, pool_id="analysis", nodes=2, **options):
        """Add a steady pool with nodes: a number of idle ones, or the nodes themselves."""
        nodes = make_nodes(nodes) if isinstance(nodes, int) else tuple(nodes)
        pool = make_pool(
            pool_id, **{"current_dedicated_nodes": len(nodes), "target_dedicated_nodes": len(nodes), **options}
        )
        return self.script_pool((pool, nodes))

    # the service

    def clock_ahead(self):
        return self.ahead

    async def check(self):
        async with self._call("check"):
            pass

    async def list_supported_images(self):
        async with self._call("list_supported_images"):
            return list(self.images)

    async def list_pools(self):
        async with self._call("list_pools"):
            return [script.pool for script in self.pools.values()]

    async def get_pool(self, pool_id):
        async with self._call("get_pool", pool_id):
            script = self._script(pool_id)
            if script.polls_until_gone is not None:
                script.polls_until_gone -= 1
                if script.polls_until_gone < 0:
                    del self.pools[pool_id.casefold()]
                    raise pool_not_found(pool_id)
            pool = script.pool
            if script.polls_until_steady is not None:
                script.polls_until_steady -= 1
                if script.polls_until_steady < 0:
                    script.polls_until_steady = None
                    script.advance()
            return pool

    async def create_pool(self, spec):
        async with self._call("create_pool", spec):
            if spec.pool_id.casefold() in self.pools:
                raise AlreadyExistsError("The specified pool already exists.", code="PoolExists", status=409)
            self.script_pool(*self.steps_after_create(spec))

    async def resize_pool(self, pool_id, *, target_dedicated_nodes, target_low_priority_nodes):
        async with self._call("resize_pool", pool_id, target_dedicated_nodes, target_low_priority_nodes):
            script = self._script(pool_id)
            pool = script.pool
            dedicated = pool.target_dedicated_nodes if target_dedicated_nodes is None else target_dedicated_nodes
            spot = pool.target_low_priority_nodes if target_low_priority_nodes is None else target_low_priority_nodes
            wanted = replace(pool, target_dedicated_nodes=dedicated, target_low_priority_nodes=spot, resize_errors=())
            script.steps = [
                (replace(wanted, allocation_state="resizing"), script.nodes),
                (
                    replace(wanted, current_dedicated_nodes=dedicated, current_low_priority_nodes=spot),
                    make_nodes(dedicated + spot),
                ),
            ]

    async def stop_pool_resize(self, pool_id):
        async with self._call("stop_pool_resize", pool_id):
            script = self._script(pool_id)
            pool = replace(
                script.pool,
                allocation_state="steady",
                resize_errors=(ResizeError("ResizeStopped", "The resize was stopped."),),
            )
            script.steps = [(pool, script.nodes)]

    async def delete_pool(self, pool_id):
        async with self._call("delete_pool", pool_id):
            script = self._script(pool_id)
            if script.pool.state == "deleting":
                raise ServiceError("The pool is being deleted.", code="PoolBeingDeleted", status=409)
            script.steps = [(replace(script.pool, state="deleting"), script.nodes)]
            script.polls_until_gone = self.polls_until_gone

    async def evaluate_auto_scale(self, pool_id, formula):
        async with self._call("evaluate_auto_scale", pool_id, formula):
            script = self._script(pool_id)
            if not script.pool.body.get("enableAutoScale"):
                raise ServiceError("It does not scale by a formula.", code="OperationNotValidOnPool", status=409)
            return self.evaluation or AutoScaleEvaluation(
                script.pool.id, datetime.now(UTC), (("$TargetDedicatedNodes", "3"), ("tasks", "12.5"))
            )

    async def list_nodes(self, pool_id):
        async with self._call("list_nodes", pool_id):
            script = self._script(pool_id)
            nodes = list(script.nodes)
            if script.polls_until_steady is None:
                script.advance()
            return nodes

    async def list_node_endpoints(self, pool_id):
        async with self._call("list_node_endpoints", pool_id):
            nodes = self._script(pool_id).nodes
            return [NodeEndpoints(node.id, node.state, self.endpoints.get(node.id, ())) for node in nodes]

    async def create_node_user(self, pool_id, node_id, user):
        async with self._call("create_node_user", pool_id, node_id, user.name):
            script = self._node(pool_id, node_id)
            users = script.users.setdefault(node_id, {})
            if user.name in users:
                raise AlreadyExistsError("The user exists.", code="NodeUserExists", status=409)
            users[user.name] = user

    async def replace_node_user(self, pool_id, node_id, user):
        async with self._call("replace_node_user", pool_id, node_id, user.name):
            users = self._node(pool_id, node_id).users.get(node_id, {})
            if user.name not in users:
                raise NotFoundError("No such user.", code="NodeUserNotFound", status=404)
            users[user.name] = replace(user, is_admin=users[user.name].is_admin)

    async def delete_node_user(self, pool_id, node_id, name):
        async with self._call("delete_node_user", pool_id, node_id, name):
            users = self._node(pool_id, node_id).users.get(node_id, {})
            if users.pop(name, None) is None:
                raise NotFoundError("No such user.", code="NodeUserNotFound", status=404)

    async def get_remote_login_settings(self, pool_id, node_id):
        async with self._call("get_remote_login_settings", pool_id, node_id):
            script = self._node(pool_id, node_id, usable=False)
            position = [node.id for node in script.nodes].index(node_id)
            return RemoteLoginSettings(node_id, "203.0.113.5", 40_000 + position)

    async def get_node(self, pool_id, node_id):
        async with self._call("get_node", pool_id, node_id):
            script = self._node(pool_id, node_id, usable=False)
            return next(node for node in script.nodes if node.id == node_id)

    async def reboot_node(self, pool_id, node_id, when):
        async with self._call("reboot_node", pool_id, node_id, when):
            self._change(pool_id, node_id, "idle running starttaskfailed", state="rebooting")

    async def reimage_node(self, pool_id, node_id, when):
        async with self._call("reimage_node", pool_id, node_id, when):
            self._change(pool_id, node_id, "idle running starttaskfailed", state="reimaging")

    async def deallocate_node(self, pool_id, node_id, when):
        async with self._call("deallocate_node", pool_id, node_id, when):
            self._change(pool_id, node_id, "idle running", state="deallocating")

    async def start_node(self, pool_id, node_id):
        async with self._call("start_node", pool_id, node_id):
            self._change(pool_id, node_id, "deallocated", state="starting")

    async def disable_node_scheduling(self, pool_id, node_id, when):
        async with self._call("disable_node_scheduling", pool_id, node_id, when):
            self._change(pool_id, node_id, "idle running", state="offline", scheduling_state="disabled")

    async def enable_node_scheduling(self, pool_id, node_id):
        async with self._call("enable_node_scheduling", pool_id, node_id):
            self._change(pool_id, node_id, "offline", state="idle", scheduling_state="enabled")

    async def remove_nodes(self, pool_id, node_ids, when):
        async with self._call("remove_nodes", pool_id, tuple(node_ids), when):
            script = self._script(pool_id)
            if script.pool.allocation_state != "steady":
                raise ServiceError("The pool is being resized.", code="PoolBeingResized", status=409)
            if missing := set(node_ids) - {node.id for node in script.nodes}:
                raise NotFoundError(f"No node {missing}.", code="NodeNotFound", status=404)
            leaving = tuple(
                replace(node, state="leavingpool") if node.id in node_ids else node for node in script.nodes
            )
            left = tuple(node for node in script.nodes if node.id not in node_ids)
            resizing = replace(script.pool, allocation_state="resizing")
            script.steps = [(resizing, leaving), (replace(script.pool, current_dedicated_nodes=len(left)), left)]
            script.polls_until_steady = 1

    async def list_node_files(self, pool_id, node_id, *, recursive):
        async with self._call("list_node_files", pool_id, node_id, recursive):
            files = self._node(pool_id, node_id, usable=False).files.get(node_id, {})
            return [
                NodeFile(path, size=len(content), last_modified=datetime(2026, 1, 2, tzinfo=UTC))
                for path, content in files.items()
                if recursive or "/" not in path
            ]

    async def get_node_file_properties(self, pool_id, node_id, path):
        async with self._call("get_node_file_properties", pool_id, node_id, path):
            return NodeFile(path, size=len(self._content(pool_id, node_id, path)))

    async def get_node_file(self, pool_id, node_id, path, start, end):
        async with self._call("get_node_file", pool_id, node_id, path, start, end):
            return self._content(pool_id, node_id, path)[start:end]

    async def upload_node_logs(self, pool_id, node_id, container_url, start_time, end_time):
        async with self._call("upload_node_logs", pool_id, node_id, start_time, end_time):
            self._node(pool_id, node_id, usable=False)
            self.uploads.append(container_url)
            return UploadedLogs(f"{pool_id}/{node_id}/logs", 8)

    async def close(self):
        self.closed += 1


def life_of(spec):
    """Give what a created pool shows: resizing, creating, starting, idle."""
    body = spec.to_body()
    asked = make_pool(
        spec.pool_id,
        display_name=spec.display_name,
        vm_size=spec.vm_size,
        node_agent_sku_id=spec.node_agent_sku_id,
        image_reference=spec.image_reference,
        target_dedicated_nodes=spec.target_dedicated_nodes,
        target_low_priority_nodes=spec.target_low_priority_nodes,
        body=body,
    )
    ready = replace(
        asked,
        current_dedicated_nodes=spec.target_dedicated_nodes,
        current_low_priority_nodes=spec.target_low_priority_nodes,
    )
    return [
        (replace(asked, allocation_state="resizing"), ()),
        *((ready, make_nodes(spec.target_nodes, state)) for state in ("creating", "starting", "idle")),
    ]
