"""The life of a pool through every operation, with the SDK's sync and async clients.

Pointed at a real account (see ``sdk_clients.REAL``), the same scenario runs there.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from contextlib import nullcontext, suppress
from datetime import UTC, datetime, timedelta

import pytest
from azure.batch import models
from azure.batch.models import BatchNodeState
from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceNotFoundError
from sdk_clients import Account, sdk

from batch_widgets.demo import DemoService, Quota, routes

REAL = Account.real()  # read here, since tests see no account in their environment
pytestmark = pytest.mark.timeout(7200 if REAL else 120)

IMAGE = {"publisher": "canonical", "offer": "0001-com-ubuntu-server-jammy", "sku": "22_04-lts", "version": "latest"}
STDOUT = "startup/stdout.txt"
PATIENCE_S = {True: 1800.0, False: 30.0}


@pytest.fixture
def account():
    if REAL is not None:
        yield REAL, None
        return
    # Of the four nodes that the region has room for, the last resize wants more, and so goes on until it is stopped.
    with DemoService(nodes=0, speed=300, quota=Quota(region_cores=8)) as service:
        yield Account(service.endpoint, service.account_name, service.account_key, poll_s=0.05), service


def pool_options(pool_id: str) -> models.BatchPoolCreateOptions:
    return models.BatchPoolCreateOptions(
        id=pool_id,
        vm_size="Standard_D2s_v3",
        virtual_machine_configuration=models.VirtualMachineConfiguration(
            image_reference=models.BatchVmImageReference(**IMAGE), node_agent_sku_id="batch.node.ubuntu 22.04"
        ),
        target_dedicated_nodes=1,
        target_low_priority_nodes=0,
        network_configuration=models.NetworkConfiguration(
            endpoint_configuration=models.BatchPoolEndpointConfiguration(
                inbound_nat_pools=[
                    models.BatchInboundNatPool(
                        name="ssh",
                        protocol="tcp",
                        backend_port=22,
                        frontend_port_range_start=40000,
                        frontend_port_range_end=40500,
                    )
                ]
            )
        ),
        start_task=models.BatchStartTask(command_line="printenv AZ_BATCH_NODE_STARTUP_DIR", wait_for_success=True),
    )


async def code_of(call) -> str:
    """Await a call that must fail, and return the service's code."""
    with pytest.raises(HttpResponseError) as caught:
        await call
    return caught.value.error.code


async def wait_for(call, ask):
    """Ask again and again until the answer is true, and return it."""
    deadline = time.monotonic() + PATIENCE_S[call.account.poll_s > 1]
    while not (answer := await ask()):
        assert time.monotonic() < deadline, "waited for too long"
        await asyncio.sleep(call.account.poll_s)
    return answer


async def wait_for_nodes(call, pool_id, count, state=BatchNodeState.IDLE):
    async def ask():
        nodes = await call("list_nodes", pool_id)
        steady = (await call("get_pool", pool_id)).allocation_state == "steady"
        return nodes if steady and [node.state for node in nodes] == [state] * count else None

    return await wait_for(call, ask)


async def is_resizing(call, pool_id):
    return (await call("get_pool", pool_id)).allocation_state == "resizing"


async def look_at_the_account(call, pool_id):
    images = await call("list_supported_images", filter="osType eq 'linux'")
    assert {image.os_type for image in images} == {"linux"}
    assert pool_id in [pool.id for pool in await call("list_pools", filter=f"startswith(id,'{pool_id[:4]}')")]
    assert await call("pool_exists", pool_id) is True
    (counts,) = await call("list_pool_node_counts", filter=f"poolId eq '{pool_id}'")
    assert counts.dedicated.total == counts.dedicated.idle == 1
    for application in await call("list_applications"):
        assert (await call("get_application", application.id)).versions == application.versions
    assert await code_of(call("get_application", "none")) == "ApplicationNotFound"


async def change_properties(call, pool_id):
    labels = [models.BatchMetadataItem(name="a", value="1")]
    await call("update_pool", pool_id, models.BatchPoolUpdateOptions(metadata=labels))
    assert (await call("get_pool", pool_id)).metadata[0].value == "1"
    with pytest.raises(ResourceExistsError):
        await call("update_pool", pool_id, models.BatchPoolUpdateOptions(display_name="Not while it has nodes"))
    start_task = models.BatchStartTask(command_line="printenv AZ_BATCH_POOL_ID", wait_for_success=True)
    options = models.BatchPoolReplaceOptions(start_task=start_task, metadata=[], application_package_references=[])
    await call("replace_pool_properties", pool_id, options)
    assert not (await call("get_pool", pool_id)).metadata


async def use_a_node(call, pool_id, node_id):
    user = models.BatchNodeUserCreateOptions(name="alice", password="Correct-Horse-7", is_admin=True)
    await call("create_node_user", pool_id, node_id, user)
    assert await code_of(call("create_node_user", pool_id, node_id, user)) == "NodeUserExists"
    replaced = models.BatchNodeUserReplaceOptions(
        password="Correct-Horse-8", expiry_time=datetime.now(UTC) + timedelta(days=2)
    )
    await call("replace_node_user", pool_id, node_id, "alice", replaced)
    await call("delete_node_user", pool_id, node_id, "alice")
    assert await code_of(call("delete_node_user", pool_id, node_id, "alice")) == "NodeUserNotFound"
    assert (await call("get_node_remote_login_settings", pool_id, node_id)).remote_login_port
    names = [one.vm_extension.name for one in await call("list_node_extensions", pool_id, node_id)]
    assert names
    assert (await call("get_node_extension", pool_id, node_id, names[0])).vm_extension.name == names[0]


async def read_files(call, pool_id, node_id):
    names = [file.name for file in await call("list_node_files", pool_id, node_id, recursive=True)]
    assert STDOUT in names
    found = await call("list_node_files", pool_id, node_id, recursive=True, filter="startswith(name,'startup/std')")
    assert {file.name for file in found} == {STDOUT, "startup/stderr.txt"}
    content = await call("download_node_file", pool_id, node_id, STDOUT)
    assert content == b"/mnt/batch/tasks/startup\n"
    assert await call("download_node_file", pool_id, node_id, STDOUT, ocp_range="bytes=1-3") == content[1:4]
    properties = await call("get_node_file_properties", pool_id, node_id, STDOUT)
    assert properties.content_length == len(content)
    assert properties.is_directory is False
    await call("delete_node_file", pool_id, node_id, STDOUT)
    with pytest.raises(ResourceNotFoundError):
        await call("get_node_file_properties", pool_id, node_id, STDOUT)


async def restart(call, pool_id, node_id):
    # These clients can't make these four calls without options: their content type would be missing.
    requeue = models.BatchNodeDisableSchedulingOptions(node_disable_scheduling_option="requeue")
    await call("disable_node_scheduling", pool_id, node_id, requeue)
    assert (await call("get_node", pool_id, node_id)).state == "offline"
    await call("enable_node_scheduling", pool_id, node_id)
    for method, options in (
        ("begin_reboot_node", {"nodeRebootOption": "requeue"}),
        ("begin_reimage_node", {"nodeReimageOption": "requeue"}),
    ):
        # These pollers may finish before the node has changed its state, so that its nodes are waited for.
        await call(method, pool_id, node_id, options)
        await wait_for_nodes(call, pool_id, 1)
    assert await call("download_node_file", pool_id, node_id, STDOUT) == f"{pool_id}\n".encode()
    await call("begin_deallocate_node", pool_id, node_id, {"nodeDeallocateOption": "requeue"})
    await wait_for_nodes(call, pool_id, 1, BatchNodeState.DEALLOCATED)
    await call("begin_start_node", pool_id, node_id)
    await wait_for_nodes(call, pool_id, 1)


async def scale(call, pool_id, node_id):
    await call("begin_resize_pool", pool_id, models.BatchPoolResizeOptions(target_dedicated_nodes=2))
    await wait_for_nodes(call, pool_id, 2)
    await call("begin_remove_nodes", pool_id, models.BatchNodeRemoveOptions(node_ids=[node_id]))
    (left,) = await wait_for_nodes(call, pool_id, 1)
    assert left.id != node_id
    formula = models.BatchPoolEnableAutoScaleOptions(auto_scale_formula="$TargetDedicatedNodes = 1")
    await call("enable_pool_auto_scale", pool_id, formula)
    trial = models.BatchPoolEvaluateAutoScaleOptions(auto_scale_formula="$TargetDedicatedNodes = 3 * 2")
    assert "$TargetDedicatedNodes=6" in (await call("evaluate_pool_auto_scale", pool_id, trial)).results
    await call("disable_pool_auto_scale", pool_id)
    assert (await call("get_pool", pool_id)).enable_auto_scale is False


@pytest.mark.parametrize("kind", ["sync", "aio"])
def test_every_operation(account, kind):
    where, service = account
    pool_id = f"contract-{uuid.uuid4().hex[:8]}"

    async def main():
        async with sdk(kind, where) as call:
            await call("create_pool", pool_options(pool_id))
            try:
                assert await code_of(call("create_pool", pool_options(pool_id))) == "PoolExists"
                (node,) = await wait_for_nodes(call, pool_id, 1)
                await look_at_the_account(call, pool_id)
                await use_a_node(call, pool_id, node.id)
                await read_files(call, pool_id, node.id)
                await change_properties(call, pool_id)
                await restart(call, pool_id, node.id)
                await upload_logs(call, pool_id, node.id, real=service is None)
                await scale(call, pool_id, node.id)
                await stop_a_resize(call, pool_id)
            finally:
                await call("begin_delete_pool", pool_id)
            with pytest.raises(ResourceNotFoundError):
                await call("pool_exists", pool_id)

    asyncio.run(main())
    if service is not None:
        of_batch = {name for verbs in routes.TABLE.values() for name in verbs.values()}
        assert (service._core.operations & of_batch) - {operation for _, operation in service.requests} == frozenset()


async def upload_logs(call, pool_id, node_id, *, real):
    """Ask for logs; whether Azure looks at the container, which nobody owns, before it answers is not known."""
    container = "https://contoso.blob.core.windows.net/logs?sv=2026-01-01&sig=none"
    options = models.UploadBatchServiceLogsOptions(container_url=container, start_time=datetime.now(UTC))
    with suppress(HttpResponseError) if real else nullcontext():
        result = await call("upload_node_logs", pool_id, node_id, options)
        assert result.number_of_files_uploaded > 0


async def stop_a_resize(call, pool_id):
    growing = asyncio.ensure_future(
        call("begin_resize_pool", pool_id, models.BatchPoolResizeOptions(target_dedicated_nodes=9))
    )
    await wait_for(call, lambda: is_resizing(call, pool_id))
    await call("begin_stop_pool_resize", pool_id)
    await growing
    errors = (await call("get_pool", pool_id)).resize_errors
    assert errors[0].code == "ResizeStopped"
