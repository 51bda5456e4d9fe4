"""The real SDK, sync and async, against the simulated service."""

import asyncio
import re

import pytest
from azure.batch import BatchClient, models
from azure.batch.aio import BatchClient as AsyncBatchClient
from azure.core import MatchConditions
from azure.core.credentials import AzureNamedKeyCredential
from azure.core.exceptions import (
    HttpResponseError,
    ResourceExistsError,
    ResourceModifiedError,
    ResourceNotFoundError,
)

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGl1AviSp2LzfrRzrEVNdSBlqVh/C6cnvuyjD1R5/5ub"


def options(pool_id="p", **more):
    return models.BatchPoolCreateOptions(
        id=pool_id,
        vm_size="Standard_D2s_v3",
        virtual_machine_configuration=models.VirtualMachineConfiguration(
            image_reference=models.BatchVmImageReference(
                publisher="Canonical", offer="0001-com-ubuntu-server-jammy", sku="22_04-lts", version="latest"
            ),
            node_agent_sku_id="batch.node.ubuntu 22.04",
        ),
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
        **{"target_dedicated_nodes": 2, **more},
    )


def test_images(client):
    images = list(client.list_supported_images())
    assert len(images) > 68
    assert len(list(client.list_supported_images(max_results=10))) == len(images)
    verified = list(client.list_supported_images(filter="verificationType eq 'verified' and osType eq 'linux'"))
    assert {image.os_type for image in verified} == {models.OSType.LINUX}
    assert any(image.batch_support_end_of_life for image in images)


def test_a_pool_from_creation_to_deletion(stepped_client, clock, wait_for):
    client = stepped_client

    def finish(poller):
        wait_for(lambda: clock.advance(5) or poller.done())

    created = options(
        start_task=models.BatchStartTask(
            command_line="/bin/bash -c 'printenv AZ_BATCH_NODE_STARTUP_DIR'", wait_for_success=True
        ),
        metadata=[models.BatchMetadataItem(name="a", value="b")],
        display_name="Ünïcode",
    )
    client.create_pool(created)
    with pytest.raises(ResourceExistsError) as caught:
        client.create_pool(options("P"))
    assert caught.value.error.code == "PoolExists"
    assert client.pool_exists("p") is True
    pool = client.get_pool("p")
    assert pool.display_name == "Ünïcode"
    assert pool.allocation_state == models.AllocationState.RESIZING
    clock.advance(120)
    assert [node.state for node in client.list_nodes("p")] == [models.BatchNodeState.IDLE] * 2
    node = next(iter(client.list_nodes("p")))
    assert node.start_task_info.exit_code == 0
    assert node.start_task_info.result == models.BatchTaskExecutionResult.SUCCESS
    fast = {"polling_interval": 0.05}
    finish(client.begin_resize_pool("p", models.BatchPoolResizeOptions(target_dedicated_nodes=1), **fast))
    assert len(list(client.list_nodes("p"))) == 1
    growing = client.begin_resize_pool("p", models.BatchPoolResizeOptions(target_dedicated_nodes=30), **fast)
    finish(client.begin_stop_pool_resize("p", **fast))
    finish(growing)
    assert client.get_pool("p").resize_errors[0].code == "ResizeStopped"
    finish(client.begin_delete_pool("p", **fast))
    with pytest.raises(ResourceNotFoundError):
        client.pool_exists("p")


def test_a_tag_guards_a_change(client):
    tag = client.get_pool("legacy-pool").etag
    guard = {"match_condition": MatchConditions.IfNotModified, "polling_interval": 0.05}
    with pytest.raises(ResourceModifiedError) as caught:
        client.begin_delete_pool("legacy-pool", etag="0x1", **guard)
    assert caught.value.status_code == 412
    client.begin_delete_pool("legacy-pool", etag=tag, **guard).result()


def test_pools_in_pages(client, service):
    pools = list(client.list_pools(max_results=1))
    assert [pool.id for pool in pools] == ["demo", "legacy-pool", "nightly", "render-windows", "reports"]
    assert service.requests["GET", "list_pools"] == 5
    assert [pool.as_dict().keys() for pool in client.list_pools(select=["id"])] == [{"id"}] * 5


def test_users_and_login_settings(client):
    node = next(iter(client.list_nodes("demo"))).id
    assert re.fullmatch(r"tvmps_[0-9a-f]{64}_d", node)
    name = "a b+ü"
    user = models.BatchNodeUserCreateOptions(name=name, password="Secret-1", ssh_public_key=KEY, is_admin=True)
    client.create_node_user("demo", node, user)
    with pytest.raises(ResourceExistsError) as caught:
        client.create_node_user("demo", node, user)
    assert caught.value.error.code == "NodeUserExists"
    client.replace_node_user("demo", node, name, models.BatchNodeUserReplaceOptions(ssh_public_key=KEY))
    client.delete_node_user("demo", node, name)
    with pytest.raises(ResourceNotFoundError) as gone:
        client.delete_node_user("demo", node, name)
    assert gone.value.error.code == "NodeUserNotFound"
    settings = client.get_node_remote_login_settings("demo", node)
    assert settings.remote_login_ip_address == "127.0.0.1"
    (endpoint,) = client.get_node("demo", node).endpoint_configuration.inbound_endpoints
    assert (endpoint.frontend_port, endpoint.backend_port) == (settings.remote_login_port, 22)


def test_a_wrong_key(service):
    credential = AzureNamedKeyCredential(service.account_name, "d3Jvbmc=")
    with BatchClient(service.endpoint, credential, retry_total=0) as client, pytest.raises(HttpResponseError) as caught:
        list(client.list_pools())
    assert caught.value.status_code == 403
    assert caught.value.error.code == "AuthenticationFailed"


def test_what_is_not_simulated(client):
    with pytest.raises(HttpResponseError) as caught:
        list(client.list_jobs())
    assert caught.value.status_code == 501
    assert caught.value.error.code == "NotImplemented"


def test_the_async_client(service):
    async def main():
        credential = AzureNamedKeyCredential(service.account_name, service.account_key)
        async with AsyncBatchClient(service.endpoint, credential, retry_total=0) as client:
            images = [image async for image in client.list_supported_images(max_results=30)]
            await client.create_pool(options("q"))
            nodes = [node.id async for node in client.list_nodes("demo")]
            await asyncio.gather(
                *(
                    client.create_node_user("demo", node, models.BatchNodeUserCreateOptions(name="bob", password="x"))
                    for node in nodes
                )
            )
            settings = await asyncio.gather(*(client.get_node_remote_login_settings("demo", node) for node in nodes))
            with pytest.raises(ResourceNotFoundError):
                await client.pool_exists("none")
            return len(images), {item.remote_login_port for item in settings}

    count, ports = asyncio.run(main())
    assert count > 68
    assert len(ports) == 2
