"""Pools: the request's body, and what the service has."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from azure.batch import models

from batch_widgets.pools import PoolSpec, ResizeError, check
from unit.fakes import SSH_BODY, make_image, make_pool, make_spec

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ARTICLE = PoolSpec(
    pool_id="LinuxNodesSamplePoolPython",
    vm_size="Standard_D2s_v3",
    image=make_image(),
    target_dedicated_nodes=1,
    start_task_command_line="/bin/bash -c 'printenv AZ_BATCH_NODE_STARTUP_DIR'",
    start_task_elevated=True,
    allow_ssh=True,
    ssh_sources=("203.0.113.7",),
)
ARTICLE_BODY = {
    "id": "LinuxNodesSamplePoolPython",
    "vmSize": "Standard_D2s_v3",
    "virtualMachineConfiguration": {
        "imageReference": {
            "publisher": "canonical",
            "offer": "0001-com-ubuntu-server-jammy",
            "sku": "22_04-lts",
            "version": "latest",
        },
        "nodeAgentSKUId": "batch.node.ubuntu 22.04",
    },
    "resizeTimeout": "PT15M",
    "targetDedicatedNodes": 1,
    "targetLowPriorityNodes": 0,
    "startTask": {
        "commandLine": "/bin/bash -c 'printenv AZ_BATCH_NODE_STARTUP_DIR'",
        "userIdentity": {"autoUser": {"scope": "pool", "elevationLevel": "admin"}},
        "waitForSuccess": True,
    },
    "networkConfiguration": {
        "endpointConfiguration": {
            "inboundNATPools": [
                {
                    "name": "ssh",
                    "protocol": "tcp",
                    "backendPort": 22,
                    "frontendPortRangeStart": 40000,
                    "frontendPortRangeEnd": 40500,
                    "networkSecurityGroupRules": [
                        {
                            "priority": 1000,
                            "access": "allow",
                            "sourceAddressPrefix": "203.0.113.7",
                            "sourcePortRanges": ["*"],
                        },
                        {"priority": 4096, "access": "deny", "sourceAddressPrefix": "*", "sourcePortRanges": ["*"]},
                    ],
                }
            ]
        }
    },
}


def test_the_articles_pool():
    assert ARTICLE.to_body() == ARTICLE_BODY
    assert check(ARTICLE, [make_image()], now=NOW) == ()


def test_the_sdk_takes_the_body():
    options = models.BatchPoolCreateOptions(ARTICLE.to_body())
    assert options.as_dict() == ARTICLE_BODY
    assert options.resize_timeout == timedelta(minutes=15)
    assert options.start_task.user_identity.auto_user.elevation_level == models.ElevationLevel.ADMIN
    (nat,) = options.network_configuration.endpoint_configuration.inbound_nat_pools
    assert [rule.access for rule in nat.network_security_group_rules] == [
        models.NetworkSecurityGroupRuleAccess.ALLOW,
        models.NetworkSecurityGroupRuleAccess.DENY,
    ]


def test_the_body_says_what_the_sdks_own_objects_say():
    built = models.BatchPoolCreateOptions(
        id=ARTICLE.pool_id,
        vm_size=ARTICLE.vm_size,
        virtual_machine_configuration=models.VirtualMachineConfiguration(
            image_reference=models.BatchVmImageReference(
                publisher="canonical", offer="0001-com-ubuntu-server-jammy", sku="22_04-lts", version="latest"
            ),
            node_agent_sku_id="batch.node.ubuntu 22.04",
        ),
        resize_timeout=timedelta(minutes=15),
        target_dedicated_nodes=1,
        target_low_priority_nodes=0,
        start_task=models.BatchStartTask(
            command_line=ARTICLE.start_task_command_line,
            user_identity=models.UserIdentity(
                auto_user=models.AutoUserSpecification(
                    scope=models.AutoUserScope.POOL, elevation_level=models.ElevationLevel.ADMIN
                )
            ),
            wait_for_success=True,
        ),
    )
    own = {name: value for name, value in ARTICLE_BODY.items() if name != "networkConfiguration"}
    assert json.loads(json.dumps(own)) == {**own, **built.as_dict(), "resizeTimeout": "PT15M"}


def test_json_is_the_body():
    spec = replace(ARTICLE, display_name="Größe")
    assert json.loads(spec.to_json()) == spec.to_body()
    assert "Größe" in spec.to_json()


def test_what_is_empty_is_left_out():
    assert PoolSpec(pool_id="p", vm_size="Standard_D2s_v3").to_body() == {
        "id": "p",
        "vmSize": "Standard_D2s_v3",
        "resizeTimeout": "PT15M",
        "targetDedicatedNodes": 0,
        "targetLowPriorityNodes": 0,
    }


def test_a_plain_start_task_and_a_display_name():
    body = PoolSpec(display_name="d", start_task_command_line="true", start_task_wait_for_success=False).to_body()
    assert body["displayName"] == "d"
    assert body["startTask"]["userIdentity"]["autoUser"]["elevationLevel"] == "nonadmin"
    assert body["startTask"]["waitForSuccess"] is False


@pytest.mark.parametrize(
    ("timeout", "text"),
    [
        (timedelta(minutes=5), "PT5M"),
        (timedelta(hours=2, seconds=1), "PT120M1S"),
        (timedelta(days=1), "PT1440M"),
    ],
)
def test_resize_timeout_on_the_wire(timeout, text):
    body = PoolSpec(resize_timeout=timeout).to_body()
    assert body["resizeTimeout"] == text
    assert models.BatchPoolCreateOptions(body).resize_timeout == timeout


@pytest.mark.parametrize(("nodes", "end"), [(1, 40500), (501, 40500), (502, 40501), (10_000, 49_999)])
def test_there_is_a_port_for_each_node(nodes, end):
    body = make_spec(nodes=nodes, allow_ssh=True, ssh_sources=("*",)).to_body()
    (nat,) = body["networkConfiguration"]["endpointConfiguration"]["inboundNATPools"]
    assert nat["frontendPortRangeEnd"] == end


def test_rules_keep_to_the_services_limits():
    sources = tuple(f"203.0.113.{number}" for number in range(24))
    body = make_spec(allow_ssh=True, ssh_sources=sources).to_body()
    rules = body["networkConfiguration"]["endpointConfiguration"]["inboundNATPools"][0]["networkSecurityGroupRules"]
    priorities = [rule["priority"] for rule in rules]
    assert len(rules) == 25
    assert len(set(priorities)) == 25
    assert priorities == sorted(priorities)
    assert min(priorities) >= 150
    assert max(priorities) <= 4096
    assert rules[-1]["access"] == "deny"
    assert [rule["sourceAddressPrefix"] for rule in rules[:-1]] == list(sources)


def test_the_spec_follows_its_image():
    assert PoolSpec(image=make_image()).node_agent_sku_id == "batch.node.ubuntu 22.04"
    assert PoolSpec(image=make_image(), node_agent_sku_id="other").node_agent_sku_id == "other"
    assert PoolSpec(image=make_image(os_type="windows")).os_type == "windows"
    assert PoolSpec(node_agent_sku_id="batch.node.windows amd64").os_type == "windows"
    assert PoolSpec().os_type == "linux"
    assert PoolSpec().image_reference is None
    assert PoolSpec(target_dedicated_nodes=2, target_low_priority_nodes=3).target_nodes == 5


@pytest.mark.parametrize("sources", ["203.0.113.7", ["203.0.113.7"], ("203.0.113.7",)])
def test_sources_become_a_tuple(sources):
    assert PoolSpec(ssh_sources=sources).ssh_sources == ("203.0.113.7",)


# what the service has


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (SSH_BODY, True),
        ({}, False),
        ({"networkConfiguration": None}, False),
        ({"networkConfiguration": {"endpointConfiguration": None}}, False),
        ({"networkConfiguration": {"endpointConfiguration": {"inboundNATPools": [{"backendPort": 3389}]}}}, False),
    ],
)
def test_maps_ssh(body, expected):
    assert make_pool(body=body).maps_ssh is expected


def test_pool_counts_and_os():
    pool = make_pool(
        current_dedicated_nodes=1,
        current_low_priority_nodes=2,
        target_dedicated_nodes=3,
        target_low_priority_nodes=4,
        node_agent_sku_id="batch.node.windows amd64",
    )
    assert (pool.current_nodes, pool.target_nodes, pool.os_type) == (3, 7, "windows")
    assert make_pool().os_type == "linux"


def test_resize_advice_without_regard_to_case():
    assert "dedicated cores" in ResizeError("ACCOUNTcoreQuotaReached", "m").advice
    assert ResizeError("SomethingNew", "m").advice == ""
