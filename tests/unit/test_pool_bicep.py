"""Pools in the Resource Manager's form, and as Bicep."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from azure.mgmt.batch import models
from hypothesis import given
from hypothesis import strategies as st

from batch_widgets.pools import create_body, pool_bicep
from batch_widgets.pools.arm import from_arm, to_arm
from batch_widgets.pools.bicep import _text

EXAMPLES = Path(__file__).parents[1] / "data" / "azure-batch-rest" / "2024-07-01.20.0" / "examples"

POOLS = {
    path.stem: json.loads(path.read_text(encoding="utf-8"))["parameters"]["pool"]
    for path in EXAMPLES.glob("PoolAdd_*.json")
}
RETIRED = {".properties.certificates", ".properties.targetNodeCommunicationMode"}
"""Properties that API version 2025-06-01 has no more."""

BODY = {
    "id": "analysis",
    "displayName": "It's ${nice}",
    "vmSize": "Standard_D2s_v3",
    "virtualMachineConfiguration": {
        "imageReference": {"publisher": "canonical", "offer": "o", "sku": "s", "version": "latest"},
        "nodeAgentSKUId": "batch.node.ubuntu 22.04",
        "osDisk": {"caching": "readonly", "managedDisk": {"storageAccountType": "standardssd_lrs"}},
        "containerConfiguration": {"type": "dockerCompatible"},
        "extensions": [
            {
                "name": "e",
                "publisher": "p",
                "type": "t",
                "settings": {"type": "Admin"},
                "protectedSettings": {"a": "s3"},
            }
        ],
    },
    "resizeTimeout": "PT15M",
    "targetDedicatedNodes": 2,
    "targetLowPriorityNodes": 1,
    "enableInterNodeCommunication": False,
    "taskSchedulingPolicy": {"nodeFillType": "pack", "jobDefaultOrder": "creationtime"},
    "startTask": {
        "commandLine": "run",
        "userIdentity": {"autoUser": {"scope": "pool", "elevationLevel": "admin"}},
        "resourceFiles": [{"httpUrl": "https://x.blob.core.windows.net/f?sig=s3cret", "filePath": "f"}],
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
                        {"priority": 1000, "access": "allow", "sourceAddressPrefix": "*", "sourcePortRanges": ["*"]}
                    ],
                }
            ]
        }
    },
    "applicationPackageReferences": [{"applicationId": "blender", "version": "4.2.1"}],
    "userAccounts": [{"name": "bob", "password": "s3cret", "windowsUserConfiguration": {"loginMode": "batch"}}],
    "mountConfiguration": [
        {"cifsMountConfiguration": {"username": "u", "password": "s3cret", "source": "s", "relativeMountPath": "m"}}
    ],
    "resourceTags": {"cost": "42", "in": "x y"},
}


def test_both_ways_are_one():
    resource = to_arm(BODY, "contoso")
    assert resource["name"] == "contoso/analysis"
    assert resource["properties"]["scaleSettings"]["fixedScale"]["targetDedicatedNodes"] == 2
    assert resource["properties"]["interNodeCommunication"] == "Disabled"
    machine = resource["properties"]["deploymentConfiguration"]["virtualMachineConfiguration"]
    assert machine["osDisk"]["managedDisk"]["storageAccountType"] == "StandardSSD_LRS"
    assert machine["extensions"][0]["settings"] == {"type": "Admin"}
    assert from_arm(resource) == BODY
    assert create_body(resource) == BODY


def test_a_formula_both_ways():
    body = {"id": "a", "vmSize": "v", "enableAutoScale": True, "autoScaleFormula": "f", "metadata": []}
    resource = to_arm({**body, "autoScaleEvaluationInterval": "PT5M"}, "contoso")
    assert resource["properties"]["scaleSettings"] == {"autoScale": {"formula": "f", "evaluationInterval": "PT5M"}}
    assert from_arm(resource) == {**body, "autoScaleEvaluationInterval": "PT5M"}


def names_of(model):
    """Give the properties that a model of the Resource Manager's SDK has, by the name in JSON, with their types."""
    model({})  # the class learns its fields when the first object is made
    return {field._rest_name: model.__annotations__.get(name, "") for name, field in model._attr_to_rest_field.items()}


def unknown_names(value, model, path=""):
    """Give the names in a resource that the SDK's models don't have."""
    if isinstance(value, list):
        return [one for item in value for one in unknown_names(item, model, path)]
    if not isinstance(value, dict) or model is None:
        return []
    known = names_of(model)
    found = []
    for name, item in value.items():
        if name not in known:
            found.append(f"{path}.{name}")
            continue
        named = (getattr(models, word, None) for word in re.findall(r"\w+", str(known[name])))
        inner = next((one for one in named if isinstance(one, type) and hasattr(one, "as_dict")), None)
        found += unknown_names(item, inner, f"{path}.{name}")
    return found


def test_the_resource_managers_sdk_knows_each_name():
    resource = to_arm(BODY, "contoso")
    del resource["type"], resource["apiVersion"], resource["name"]
    assert unknown_names(resource, models.Pool) == []
    wrong = {"properties": {"vmSize": "v", "deploymentConfiguration": {"virtualMachineConfiguration": {"nope": 1}}}}
    assert unknown_names(wrong, models.Pool) == [".properties.deploymentConfiguration.virtualMachineConfiguration.nope"]


@pytest.mark.parametrize("name", sorted(POOLS))
def test_official_pools_both_ways(name):
    body = POOLS[name]
    resource = to_arm(body, "contoso")
    del resource["type"], resource["apiVersion"], resource["name"]
    assert set(unknown_names(resource, models.Pool)) <= RETIRED
    again = from_arm(to_arm(body, "contoso"))
    assert lowered({"enableAutoScale": False, **again}) == lowered({"enableAutoScale": False, **body})


def lowered(value):
    """Leave spelling out of a comparison: the service takes its words in any."""
    if isinstance(value, dict):
        return {name: lowered(item) for name, item in value.items()}
    if isinstance(value, list):
        return [lowered(item) for item in value]
    return value.casefold() if isinstance(value, str) else value


def test_what_only_the_resource_manager_says_is_left_out():
    resource = to_arm(BODY, "contoso")
    answer = {**resource, "id": "/subscriptions/…", "etag": "x", "properties": {**resource["properties"]}}
    answer["properties"] |= {"provisioningState": "Succeeded", "currentDedicatedNodes": 2, "allocationState": "Steady"}
    assert from_arm(answer) == BODY


def test_bicep_has_the_pool_and_no_secret():
    text = pool_bicep(BODY, "contoso")
    assert "s3" not in text
    assert "resource pool 'Microsoft.Batch/batchAccounts/pools@2025-06-01' = {" in text
    assert "  name: 'analysis'\n  parent: account\n" in text
    assert "displayName: 'It\\'s \\${nice}'" in text
    assert "  tags: {\n    cost: '42'\n    in: 'x y'\n  }" in text
    assert "id: '${account.id}/applications/blender'" in text
    assert "        targetDedicatedNodes: 2\n" in text
    secure = re.findall(r"^@secure\(\)\nparam (\w+) (string|object)$", text, re.MULTILINE)
    assert [kind for _, kind in secure] == ["object", "string", "string", "string"]
    for name, _ in secure:
        assert re.search(rf": {name}$", text, re.MULTILINE)
        assert not re.search(rf"param {name} .*=", text)  # without a default, a deployment that lacks it fails


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("plain", "'plain'"),
        ("it's", "'it\\'s'"),
        ("${x} $y", "'\\${x} $y'"),
        ("a\\b", "'a\\\\b'"),
        ("a\nb\tc\r", "'a\\nb\\tc\\r'"),
        ("\u202e\0", "'\\u{202e}\\u{0}'"),
    ],
)
def test_text_is_quoted(text, written):
    assert _text(text) == written


@given(st.text(st.characters(codec="utf-8")))
def test_no_text_breaks_out_of_its_quotes(text):
    inner = _text(text)[1:-1]
    rest = re.sub(r"\\(u\{[0-9a-f]+\}|[\\'nrt]|\$\{)", "", inner)
    assert "'" not in rest
    assert "\\" not in rest
    assert "${" not in rest
    assert "\n" not in inner
