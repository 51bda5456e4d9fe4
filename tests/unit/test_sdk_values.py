"""The values that SdkService makes of the service's answers."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from azure.batch import models

from batch_widgets.sdk import convert
from unit.sdk_server import READS, ask, quick, server_fixture  # noqa: F401 (fixtures)


def test_a_pool(server):
    body = {
        "id": "p",
        "displayName": "Mine",
        "state": "active",
        "allocationState": "resizing",
        "vmSize": "standard_d2s_v3",
        "virtualMachineConfiguration": {
            "imageReference": {"publisher": "canonical", "offer": "o", "sku": "s"},
            "nodeAgentSKUId": "batch.node.ubuntu 22.04",
        },
        "currentDedicatedNodes": 1,
        "targetDedicatedNodes": 2,
        "creationTime": "2026-01-02T03:04:05.1234567Z",
        "resizeErrors": [{"code": "AllocationFailed", "message": "m", "values": [{"name": "Reason", "value": "r"}]}],
        "networkConfiguration": {"endpointConfiguration": {"inboundNATPools": [{"name": "ssh", "backendPort": 22}]}},
        "somethingNew": {"x": 1},
    }
    server.answer(200, body)
    pool = ask(server, READS["get_pool"])
    assert (pool.id, pool.display_name, pool.state, pool.allocation_state) == ("p", "Mine", "active", "resizing")
    assert (pool.current_nodes, pool.target_nodes, pool.target_low_priority_nodes) == (1, 2, 0)
    assert str(pool.image_reference) == "canonical : o : s : latest"
    assert pool.creation_time == datetime(2026, 1, 2, 3, 4, 5, 123456, tzinfo=UTC)
    assert pool.resize_errors[0].values == (("Reason", "r"),)
    assert pool.maps_ssh
    assert pool.body["somethingNew"] == {"x": 1}


def test_a_bare_pool_and_a_bare_node(server):
    server.answer(200, {"id": "p", "state": "brandNew"})
    pool = ask(server, READS["get_pool"])
    assert (pool.state, pool.vm_size, pool.image_reference, pool.resize_errors) == ("brandNew", "", None, ())
    server.answers = [(200, {"value": [{"id": "n", "state": "creating"}]}, {})]
    (node,) = ask(server, READS["list_nodes"])
    assert (node.id, node.state, node.ip_address, node.trouble, node.is_dedicated) == ("n", "creating", "", "", True)


def test_a_broken_spot_node(server):
    node = {
        "id": "n",
        "state": "starttaskfailed",
        "isDedicated": False,
        "ipAddress": "10.0.0.4",
        "schedulingState": "enabled",
        "runningTasksCount": 0,
        "startTaskInfo": {"state": "completed", "exitCode": 2, "failureInfo": {"category": "usererror", "code": "c"}},
        "errors": [{"code": "A", "message": "b"}, {"code": "C"}],
    }
    server.answer(200, {"value": [node]})
    (found,) = ask(server, READS["list_nodes"])
    assert not found.is_dedicated
    assert found.trouble == "Start task: exit code 2: c"
    assert found.errors == ("A: b", "C")
    assert (found.scheduling_state, found.running_tasks_count) == ("enabled", 0)


def test_supported_images(server):
    full = {
        "nodeAgentSKUId": "batch.node.ubuntu 22.04",
        "imageReference": {"publisher": "canonical", "offer": "o", "sku": "s", "version": "latest"},
        "osType": "linux",
        "verificationType": "verified",
        "capabilities": ["DockerCompatible"],
        "batchSupportEndOfLife": "2027-06-01T00:00:00Z",
    }
    bare = {key: full[key] for key in ("nodeAgentSKUId", "imageReference")} | {
        "osType": "windows",
        "verificationType": "unverified",
    }
    server.answer(200, {"value": [full, bare]})
    first, second = ask(server, READS["list_supported_images"])
    assert (first.os_type, first.verified, first.capabilities) == ("linux", True, ("DockerCompatible",))
    assert first.batch_support_end_of_life == datetime(2027, 6, 1, tzinfo=UTC)
    assert (second.os_type, second.verified, second.capabilities) == ("windows", False, None)


@pytest.mark.parametrize(
    ("body", "reachable"),
    [
        ({"remoteLoginIPAddress": "203.0.113.5", "remoteLoginPort": 40001}, True),
        ({"ipv6RemoteLoginIPAddress": "2001:db8::5", "ipv6RemoteLoginPort": 40001}, True),
        ({}, False),
        ({"remoteLoginIPAddress": "", "remoteLoginPort": 0}, False),
    ],
)
def test_remote_login_settings(server, body, reachable):
    server.answer(200, body)
    settings = ask(server, READS["get_remote_login_settings"])
    assert settings.node_id == "n"
    assert settings.reachable is reachable
    assert bool(settings.reason) is not reachable


def test_a_custom_image_is_no_marketplace_image():
    reference = models.BatchVmImageReference(virtual_machine_image_id="/subscriptions/x")
    assert convert.image_reference(reference) is None
    assert convert.image_reference(None) is None
