"""Every official example of the simulated operations: sent, answered as documented, and of the documented shape.

What an example names (pools, nodes, users, extensions) is made first, and the ids of nodes, which the service chooses,
are put in.
"""

import re
from contextlib import nullcontext

import pytest
from jsonschema import ValidationError
from official_definition import check_answer, examples
from sample_bodies import FOCAL, SSH_NETWORK, WINDOWS
from signed_requests import send
from this_host import has_ipv6

from batch_widgets.demo import DemoService, SteppedClock

EXAMPLES = examples()
NOBLE = {"publisher": "canonical", "offer": "ubuntu-24_04-lts", "sku": "server"}
NOT_SIMULATED = {"PoolListUsageMetrics"}

CHANGED = {
    # Images that the account doesn't offer are refused by Azure as well (InvalidPropertyValue).
    "PoolAdd_MountConfiguration": {"virtualMachineConfiguration.imageReference": FOCAL["imageReference"]},
    "PoolAdd_ResourceTags": {
        "virtualMachineConfiguration.imageReference": FOCAL["imageReference"],
        "virtualMachineConfiguration.nodeAgentSKUId": "batch.node.ubuntu 20.04",
    },
    "PoolAdd_SecurityProfile": {
        "virtualMachineConfiguration.imageReference": FOCAL["imageReference"],
        "virtualMachineConfiguration.nodeAgentSKUId": "batch.node.ubuntu 20.04",
    },
    # A SKU misspelt in the example.
    "PoolAdd_VirtualMachineConfigurationWithContainers": {
        "virtualMachineConfiguration.imageReference": FOCAL["imageReference"]
    },
    # An Ubuntu 24.04 with the node agent of 20.04.
    "Pools_CreatePool_DualStackNetworking": {"virtualMachineConfiguration.nodeAgentSKUId": "batch.node.ubuntu 24.04"},
}
"""What is changed in the bodies of examples; a test shows that they are refused without."""

VERSIONS = {"Nodes_CreateNodeUser": "2025-06-01"}
"""Examples of a version later than those that are simulated."""

OTHER_PATHS = {
    # A file of a task: no task ever runs. Backslashes as in the example.
    "FileGetFromNode": {"filePath": "startup\\stdout.txt"},
}

OUTSIDE_THE_DEFINITION = {
    # IPv6 is newer than the definition at hand.
    "Nodes_GetNodeRemoteLoginSettings_DualStackNetworking",
    # The settings of an extension are an object in the definition and a text in the examples; both are kept as given.
    "PoolGet_VirtualMachineConfigurationWithExtensions",
}
"""Examples whose answers are not as the definition says."""


NOT_HERE = {
    # On a host without IPv6 nothing can listen there, and so no address is told.
    "Nodes_GetNodeRemoteLoginSettings_DualStackNetworking": set()
    if has_ipv6()
    else {"ipv6RemoteLoginIPAddress", "ipv6RemoteLoginPort"},
}
"""Properties of documented answers that ours don't have."""


@pytest.fixture(scope="module")
def clock():
    return SteppedClock()


@pytest.fixture(scope="module")
def service(clock):
    with DemoService(nodes=0, clock=clock) as service:
        yield service


@pytest.fixture
def stage(service, clock):
    """Make what an example needs, and take it away afterwards."""
    stage = Stage(service, clock)
    yield stage
    for pool in send(service, "GET", "/pools")[2]["value"]:
        send(service, "DELETE", f"/pools/{pool['id']}")
    clock.advance(60)
    send(service, "GET", "/pools")


class Stage:
    """Things that examples need on a service."""

    def __init__(self, service, clock):
        self.service = service
        self.clock = clock

    def ask(self, method, path, body=None, expected=(200, 201, 202, 204)):
        answer = send(self.service, method, path, body)
        assert answer[0] in expected, answer[2]
        return answer[2]

    def pool(self, pool_id, *, nodes=2, ready=True, **more):
        body = {
            "id": pool_id,
            "vmSize": "Standard_D2s_v3",
            "virtualMachineConfiguration": FOCAL,
            "targetDedicatedNodes": nodes,
            "networkConfiguration": SSH_NETWORK,
            **more,
        }
        self.ask("POST", "/pools", {name: value for name, value in body.items() if value is not ...})
        if ready:
            self.clock.advance(200)

    def node(self, pool_id, **more):
        """Make a pool and return the id of a node in it."""
        self.pool(pool_id, **more)
        return self.ask("GET", f"/pools/{pool_id}/nodes")["value"][0]["id"]


def node_of(**more):
    def make(stage, parameters):
        return {"nodeId": stage.node(parameters["poolId"], **more)}

    return make


def a_node_with_a_user(stage, parameters):
    node_id = stage.node(parameters["poolId"])
    user = {"name": parameters["userName"], "password": "Secret-42"}
    stage.ask("POST", f"/pools/{parameters['poolId']}/nodes/{node_id}/users", user)
    return {"nodeId": node_id}


def a_node_after(action, seconds=0):
    def make(stage, parameters):
        node_id = stage.node(parameters["poolId"])
        stage.ask("POST", f"/pools/{parameters['poolId']}/nodes/{node_id}/{action}")
        stage.clock.advance(seconds)
        return {"nodeId": node_id}

    return make


def an_extension(stage, parameters):
    extension = {
        "name": parameters.get("extensionName", "batchNodeExtension"),
        "publisher": "Microsoft.Azure.Extensions",
        "type": "CustomScript",
        "typeHandlerVersion": "2.0",
        "autoUpgradeMinorVersion": True,
    }
    machine = {**FOCAL, "extensions": [extension]}
    return {"nodeId": stage.node(parameters["poolId"], virtualMachineConfiguration=machine)}


def a_pool(**more):
    def make(stage, parameters):
        stage.pool(parameters["poolId"], **more)
        return {}

    return make


def the_pool_of_the_answer(stage, parameters):
    """Make the pool that the example shows, without what is the service's own to say."""
    shown = parameters["answer"]
    names = "displayName resourceTags networkConfiguration upgradePolicy startTask metadata mountConfiguration "
    names += (
        "targetNodeCommunicationMode taskSlotsPerNode userAccounts applicationPackageReferences taskSchedulingPolicy"
    )
    more = {name: shown[name] for name in names.split() if name in shown}
    machine = dict(shown["virtualMachineConfiguration"])
    machine["imageReference"] = {
        name: value for name, value in machine["imageReference"].items() if name != "exactVersion"
    }
    if "ubuntu" in machine["nodeAgentSKUId"]:
        machine |= FOCAL
    elif machine["imageReference"]["sku"].lower() == "latest":
        machine["imageReference"] = WINDOWS["imageReference"]
    stage.pool(parameters.get("poolId", shown["id"]), nodes=0, ready=False, virtualMachineConfiguration=machine, **more)
    return {}


AUTO_SCALE = {"nodes": ..., "enableAutoScale": True, "autoScaleFormula": "$TargetDedicatedNodes = 0"}
STARTED = {"startTask": {"commandLine": "cmd /c echo hello"}, "virtualMachineConfiguration": WINDOWS}
DUAL_STACK = {
    "virtualMachineConfiguration": {"imageReference": NOBLE, "nodeAgentSKUId": "batch.node.ubuntu 24.04"},
    "networkConfiguration": {**SSH_NETWORK, "publicIPAddressConfiguration": {"ipFamilies": ["IPv4", "IPv6"]}},
    "vmSize": "Standard_D2s_v3",
}

SETTINGS = {
    "Account_ListPoolNodeCounts": lambda stage, _: stage.pool("pool1"),
    "Pool_List": the_pool_of_the_answer,
    "Pool_Get": the_pool_of_the_answer,
    "ComputeNodeExtension_Get": an_extension,
    "ComputeNodeExtension_List": an_extension,
    "ComputeNode_UpdateUser": a_node_with_a_user,
    "ComputeNode_DeleteUser": a_node_with_a_user,
    "ComputeNode_EnableScheduling": a_node_after("disablescheduling"),
    "ComputeNode_Start": a_node_after("deallocate", 60),
    "File_GetFromComputeNode": node_of(**STARTED),
    "File_ListFromComputeNode": node_of(**STARTED),
    "ComputeNode_Get": node_of(**STARTED),
    "ComputeNode_List": node_of(**STARTED),
    "Pool_DisableAutoScale": a_pool(**AUTO_SCALE),
    "Pool_EvaluateAutoScale": a_pool(**AUTO_SCALE),
    "Pool_StopResize": a_pool(ready=False),
    "Nodes_GetNodeRemoteLoginSettings_DualStackNetworking": node_of(**DUAL_STACK),
}


def request(stage, example, *, changed=True):
    """Make what an example needs; return its path and body."""
    answer = next(iter(example.responses.values())).get("body")
    shown = answer.get("value", [answer])[0] if isinstance(answer, dict) else None
    parameters = {**example.parameters, "answer": shown}
    default = node_of() if "{nodeId}" in example.path else a_pool() if "{poolId}" in example.path else None
    prepare = SETTINGS.get(example.name) or SETTINGS.get(example.operation_id) or default
    if prepare is not None:
        parameters |= prepare(stage, parameters) or {}
    parameters |= OTHER_PATHS.get(example.name, {})
    path = re.sub(r"\{(\w+)\}", lambda match: parameters[match[1]], example.path)
    body = example.body
    if "nodeList" in (body or {}):
        nodes = stage.ask("GET", f"/pools/{parameters['poolId']}/nodes")["value"]
        body = {**body, "nodeList": [node["id"] for node in nodes]}
    for name, value in CHANGED.get(example.name, {}).items() if changed else ():
        outer, inner = name.split(".")
        body = {**body, outer: {**body[outer], inner: value}}
    return path, body


def send_example(stage, example, **more):
    path, body = request(stage, example, **more)
    version = VERSIONS.get(example.name, example.parameters["api-version"])
    return send(stage.service, example.method, path, body, version)


@pytest.mark.parametrize("name", sorted(EXAMPLES.keys() - NOT_SIMULATED))
def test_an_official_example(stage, name):
    example = EXAMPLES[name]
    status, headers, body = send_example(stage, example)
    assert str(status) in example.responses, body
    assert "request-id" in headers
    with pytest.raises(ValidationError) if name in OUTSIDE_THE_DEFINITION else nullcontext():
        check_answer(example.operation_id, status, body)
    documented = example.responses[str(status)].get("body")
    if isinstance(documented, dict):
        assert missing(documented, body) == NOT_HERE.get(name, set())
    else:
        assert (body is None) == (documented is None)


def missing(documented, found):
    """Return the names in a documented answer that are not in one that was found, or are of another type there."""
    if "value" in documented and isinstance(documented["value"], list):
        documented = documented["value"][0]
        found = {name: value for item in found["value"] for name, value in item.items()}
    return {name for name, value in documented.items() if type(found.get(name)) is not type(value)}


@pytest.mark.parametrize("name", sorted(CHANGED))
def test_what_is_changed_in_an_example_would_be_refused(stage, name):
    status, _, body = send_example(stage, EXAMPLES[name], changed=False)
    assert (status, body["code"]) == (400, "InvalidPropertyValue")
    assert body["values"][0]["value"] in {"imageReference", "nodeAgentSKUId"}


def test_a_later_version_is_refused(stage):
    status, _, body = send(stage.service, "GET", "/pools", version="2026-10-01")
    assert (status, body["code"]) == (400, "UnsupportedRequestVersion")


@pytest.mark.parametrize("name", sorted(NOT_SIMULATED))
def test_what_is_not_simulated_says_so(stage, name):
    status, _, body = send_example(stage, EXAMPLES[name])
    assert (status, body["code"]) == (501, "NotImplemented")


def test_a_pool_that_is_not_there(stage):
    example = EXAMPLES["PoolExists"]
    assert sorted(example.responses) == ["200", "404"]
    assert send(stage.service, "HEAD", "/pools/nothing")[0] == 404


@pytest.mark.parametrize("name", sorted(name for name in EXAMPLES if EXAMPLES[name].operation_id == "Pool_Add"))
def test_an_official_pool_is_given_back_unchanged(stage, name):
    path, body = request(stage, EXAMPLES[name])
    assert send(stage.service, "POST", path, body)[0] == 201
    found = stage.ask("GET", f"/pools/{body['id']}")
    assert contains(found, without_nulls(body))


def without_nulls(value):
    if isinstance(value, dict):
        return {name: without_nulls(item) for name, item in value.items() if item is not None}
    return [without_nulls(item) for item in value] if isinstance(value, list) else value


def contains(found, expected):
    """Tell whether everything expected is there; the service may add."""
    if isinstance(expected, dict):
        return all(name in found and contains(found[name], item) for name, item in expected.items())
    if isinstance(expected, list):
        return len(found) == len(expected) and all(map(contains, found, expected))
    return found == expected
