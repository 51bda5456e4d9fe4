"""Pools: what is accepted, what is given back, how they grow, shrink and go."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sample_bodies import UBUNTU, WINDOWS

from batch_widgets.demo.state import Quota

SCALING = {"enableAutoScale": True, "autoScaleFormula": "$TargetDedicatedNodes = 0"}
NFS = {"nfsMountConfiguration": {"source": "s", "relativeMountPath": "m"}}
CIFS = {"username": "u", "password": "p", "source": "s", "relativeMountPath": "m"}
BLOB = {"accountName": "a", "containerName": "c", "relativeMountPath": "m"}


def test_a_pool_gives_back_what_it_was_given_and_tells_its_own(client):
    given_body = {
        "displayName": "Ünïcode",
        "metadata": [{"name": "a", "value": "b"}],
        "resourceTags": {"team": "x"},
        "mountConfiguration": [{"nfsMountConfiguration": {"source": "s", "relativeMountPath": "m"}}],
        "applicationPackageReferences": [{"applicationId": "blender", "version": "4.2.1"}],
        "propertyOfALaterVersion": {"deep": [1, {"x": True}]},
        "enableInterNodeCommunication": True,
    }
    answer = client.create(**given_body)
    assert (answer.status, answer.raw) == (201, b"")
    assert answer.headers["Location"].endswith("/pools/p")
    pool = client.pool()
    assert {name: pool[name] for name in given_body} == given_body
    assert pool["resizeTimeout"] == "PT15M"
    assert pool["taskSlotsPerNode"] == 1
    assert pool["taskSchedulingPolicy"] == {"nodeFillType": "spread"}
    assert pool["enableAutoScale"] is False
    assert pool["state"] == "active"
    assert pool["allocationState"] == "resizing"
    assert (pool["currentDedicatedNodes"], pool["targetDedicatedNodes"]) == (0, 2)
    assert "resizeErrors" not in pool


def test_nulls_are_as_if_left_out(client):
    assert client.create(displayName=None, startTask=None, taskSlotsPerNode=None).status == 201
    assert client.pool()["taskSlotsPerNode"] == 1


def test_ids_are_unique_without_regard_to_case(client):
    assert client.create("Abc").status == 201
    answer = client.create("aBC")
    assert (answer.status, answer.code) == (409, "PoolExists")
    assert client.pool("ABC")["id"] == "Abc"


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=70) | st.from_regex(r"[A-Za-z0-9_-]{1,66}", fullmatch=True))
def test_an_id_is_accepted_exactly_when_it_keeps_the_rule(make_module_client, pool_id):
    accepted = make_module_client().create(pool_id).status == 201
    assert accepted == bool(re.fullmatch(r"[A-Za-z0-9_-]{1,64}", pool_id))


@pytest.mark.parametrize(
    ("more", "code", "name"),
    [
        ({"id": ...}, "MissingRequiredProperty", "id"),
        ({"vmSize": ...}, "MissingRequiredProperty", "vmSize"),
        ({"vmSize": "Standard_None"}, "InvalidPropertyValue", "vmSize"),
        ({"vmSize": 4}, "InvalidPropertyValue", "vmSize"),
        ({"virtualMachineConfiguration": ...}, "MissingRequiredProperty", "virtualMachineConfiguration"),
        ({"virtualMachineConfiguration": "x"}, "InvalidPropertyValue", "virtualMachineConfiguration"),
        ({"displayName": "x" * 1025}, "InvalidPropertyValue", "displayName"),
        ({"targetDedicatedNodes": -1}, "InvalidPropertyValue", "targetDedicatedNodes"),
        ({"targetDedicatedNodes": "two"}, "InvalidPropertyValue", "targetDedicatedNodes"),
        ({"targetDedicatedNodes": "2147483648"}, "InvalidPropertyValue", "targetDedicatedNodes"),
        ({"targetDedicatedNodes": True}, "InvalidPropertyValue", "targetDedicatedNodes"),
        ({"targetDedicatedNodes": 2.0}, "InvalidPropertyValue", "targetDedicatedNodes"),
        ({"targetDedicatedNodes": 2**31}, "InvalidPropertyValue", "targetDedicatedNodes"),
        ({"targetDedicatedNodes": ...}, "MissingRequiredProperty", "targetDedicatedNodes"),
        ({"targetLowPriorityNodes": -5}, "InvalidPropertyValue", "targetLowPriorityNodes"),
        ({"resizeTimeout": "PT4M59S"}, "InvalidPropertyValue", "resizeTimeout"),
        ({"resizeTimeout": "5 minutes"}, "InvalidPropertyValue", "resizeTimeout"),
        ({"taskSlotsPerNode": 0}, "InvalidPropertyValue", "taskSlotsPerNode"),
        ({"taskSlotsPerNode": 9}, "InvalidPropertyValue", "taskSlotsPerNode"),
        ({"taskSlotsPerNode": 257, "vmSize": "Standard_D96as_v4"}, "InvalidPropertyValue", "taskSlotsPerNode"),
        ({"targetDedicatedNodes": 100_001}, "InvalidPropertyValue", "targetDedicatedNodes"),
        (
            {"targetDedicatedNodes": ..., **SCALING, "autoScaleEvaluationInterval": "PT168H0.1S"},
            "InvalidPropertyValue",
            "autoScaleEvaluationInterval",
        ),
        (
            {"targetDedicatedNodes": ..., **SCALING, "autoScaleEvaluationInterval": "PT4M59S"},
            "InvalidPropertyValue",
            "autoScaleEvaluationInterval",
        ),
        ({"autoScaleEvaluationInterval": "PT5M"}, "InvalidPropertyValue", "autoScaleEvaluationInterval"),
        ({"autoScaleFormula": "$x=1"}, "InvalidPropertyValue", "autoScaleFormula"),
        (
            {"taskSchedulingPolicy": {"nodeFillType": "heap"}},
            "InvalidPropertyValue",
            "taskSchedulingPolicy.nodeFillType",
        ),
        (
            {"applicationPackageReferences": [{"applicationId": str(i)} for i in range(11)]},
            "InvalidPropertyValue",
            "applicationPackageReferences",
        ),
        ({"userAccounts": [{"name": "x" * 21, "password": "p"}]}, "InvalidPropertyValue", "userAccounts[0].name"),
        ({"userAccounts": [{"name": "x"}]}, "MissingRequiredProperty", "userAccounts[0].password"),
        ({"startTask": {}}, "MissingRequiredProperty", "startTask.commandLine"),
        ({"startTask": {"commandLine": " "}}, "InvalidPropertyValue", "startTask.commandLine"),
        (
            {"startTask": {"commandLine": "true", "userIdentity": {"username": "nobody"}}},
            "InvalidPropertyValue",
            "startTask.userIdentity.username",
        ),
        (
            {"startTask": {"commandLine": "true", "resourceFiles": [{"filePath": "x"}]}},
            "InvalidPropertyValue",
            "startTask.resourceFiles[0]",
        ),
        (
            {"startTask": {"commandLine": "true", "resourceFiles": [{"httpUrl": "https://x/y"}]}},
            "MissingRequiredProperty",
            "startTask.resourceFiles[0].filePath",
        ),
        (
            {
                "startTask": {
                    "commandLine": "true",
                    "resourceFiles": [{"httpUrl": "https://x/y", "filePath": "a/../../b"}],
                }
            },
            "InvalidPropertyValue",
            "startTask.resourceFiles[0].filePath",
        ),
        (
            {"startTask": {"commandLine": "true", "userIdentity": {}}},
            "InvalidPropertyValue",
            "startTask.userIdentity",
        ),
        (
            {"startTask": {"commandLine": "true", "userIdentity": {"username": "x", "autoUser": {}}}},
            "InvalidPropertyValue",
            "startTask.userIdentity",
        ),
        (
            {"startTask": {"commandLine": "true", "maxTaskRetryCount": -2}},
            "InvalidPropertyValue",
            "startTask.maxTaskRetryCount",
        ),
        (
            {"userAccounts": [{"name": "x", "password": "p", "linuxUserConfiguration": {"gid": 5}}]},
            "InvalidPropertyValue",
            "userAccounts[0].linuxUserConfiguration.gid",
        ),
        (
            {"userAccounts": [{"name": "x", "password": "p"}, {"name": "X", "password": "p"}]},
            "InvalidPropertyValue",
            "userAccounts[1].name",
        ),
        ({"mountConfiguration": [{}]}, "InvalidPropertyValue", "mountConfiguration[0]"),
        (
            {"mountConfiguration": [{**NFS, "cifsMountConfiguration": CIFS}]},
            "InvalidPropertyValue",
            "mountConfiguration[0]",
        ),
        (
            {"mountConfiguration": [{"azureBlobFileSystemConfiguration": {**BLOB, "accountKey": "k", "sasKey": "s"}}]},
            "InvalidPropertyValue",
            "mountConfiguration[0].azureBlobFileSystemConfiguration",
        ),
        (
            {"mountConfiguration": [{"azureBlobFileSystemConfiguration": BLOB}]},
            "InvalidPropertyValue",
            "mountConfiguration[0].azureBlobFileSystemConfiguration",
        ),
        (
            {
                "virtualMachineConfiguration": {**WINDOWS, "windowsConfiguration": {"enableAutomaticUpdates": True}},
                "upgradePolicy": {"mode": "automatic", "automaticOSUpgradePolicy": {"enableAutomaticOSUpgrade": True}},
            },
            "InvalidPropertyValue",
            "windowsConfiguration.enableAutomaticUpdates",
        ),
        (
            {"virtualMachineConfiguration": {**UBUNTU, "windowsConfiguration": {}}},
            "InvalidPropertyValue",
            "windowsConfiguration",
        ),
        (
            {"userAccounts": [{"name": "x", "password": "p", "windowsUserConfiguration": {}}]},
            "InvalidPropertyValue",
            "userAccounts[0].windowsUserConfiguration",
        ),
        (
            {"virtualMachineConfiguration": {**UBUNTU, "dataDisks": [{"lun": 64, "diskSizeGB": 8}]}},
            "InvalidPropertyValue",
            "dataDisks[0].lun",
        ),
        (
            {"virtualMachineConfiguration": {**UBUNTU, "dataDisks": [{"lun": 3, "diskSizeGB": 8}] * 2}},
            "InvalidPropertyValue",
            "dataDisks[1].lun",
        ),
        (
            {"networkConfiguration": {"publicIPAddressConfiguration": {"provision": "noPublicIPAddresses"}}},
            "MissingRequiredProperty",
            "networkConfiguration.subnetId",
        ),
    ],
)
def test_a_rule_that_is_broken_is_named(client, more, code, name):
    answer = client.create(**{"pool_id": more.pop("id"), **more} if "id" in more else more)
    assert (answer.status, answer.code, answer.details["PropertyName"]) == (400, code, name)


@pytest.mark.parametrize(
    "more",
    [
        {"displayName": "x" * 1024},
        {"virtualMachineConfiguration": {**WINDOWS, "windowsConfiguration": {"enableAutomaticUpdates": True}}},
        {
            "virtualMachineConfiguration": {**WINDOWS, "windowsConfiguration": {"enableAutomaticUpdates": False}},
            "upgradePolicy": {"mode": "automatic", "automaticOSUpgradePolicy": {"enableAutomaticOSUpgrade": True}},
        },
        {"resizeTimeout": "PT5M"},
        {"taskSlotsPerNode": 8},
        {"taskSlotsPerNode": 256, "vmSize": "Standard_D96as_v4"},
        {"targetDedicatedNodes": 100_000, "targetLowPriorityNodes": 0},
        {"targetDedicatedNodes": ..., "targetLowPriorityNodes": 0},
        {"applicationPackageReferences": [{"applicationId": "blender"}] * 10},
        {"startTask": {"commandLine": "true", "maxTaskRetryCount": -1}},
        {"targetDedicatedNodes": ..., **SCALING, "autoScaleEvaluationInterval": "PT5M"},
        {"targetDedicatedNodes": ..., **SCALING, "autoScaleEvaluationInterval": "PT168H"},
        {"mountConfiguration": [NFS, {"azureBlobFileSystemConfiguration": {**BLOB, "sasKey": "s"}}]},
        {"userAccounts": [{"name": "x" * 20, "password": "p", "linuxUserConfiguration": {"uid": 5, "gid": 5}}]},
        {"startTask": {"commandLine": "true", "resourceFiles": [{"httpUrl": "https://x/y", "filePath": "a..b/c"}]}},
        {"startTask": {"commandLine": "true", "resourceFiles": [{"autoStorageContainerName": "c"}]}},
        {"startTask": {"commandLine": "true", "userIdentity": {"autoUser": {}}}},
        {"virtualMachineConfiguration": {**UBUNTU, "dataDisks": [{"lun": n, "diskSizeGB": 8} for n in (0, 63)]}},
    ],
)
def test_what_just_keeps_a_rule_is_accepted(client, more):
    assert client.create(**more).status == 201


def test_labels_need_a_name(client):
    answer = client.create(metadata=[{"name": "a", "value": ""}, {"name": "", "value": "b"}])
    assert (answer.status, answer.code) == (400, "EmptyMetadataKey")


@pytest.mark.parametrize(
    ("reference", "agent", "name"),
    [
        ({"publisher": "canonical", "offer": "none", "sku": "1"}, "batch.node.ubuntu 22.04", "imageReference"),
        ({}, "batch.node.none 1", "nodeAgentSKUId"),
        ({}, "batch.node.ubuntu 20.04", "nodeAgentSKUId"),
        ({"sku": ...}, "batch.node.ubuntu 22.04", "virtualMachineConfiguration.imageReference.sku"),
        ({"virtualMachineImageId": "/x"}, "batch.node.ubuntu 22.04", "virtualMachineImageId"),
    ],
)
def test_the_image_and_its_agent_must_be_offered(client, reference, agent, name):
    base = {"publisher": "Canonical", "offer": "0001-com-ubuntu-server-jammy", "sku": "22_04-LTS"}
    merged = {key: value for key, value in {**base, **reference}.items() if value is not ...}
    answer = client.create(virtualMachineConfiguration={"imageReference": merged, "nodeAgentSKUId": agent})
    assert answer.status == 400
    assert answer.details["PropertyName"] == name


def test_own_images_are_accepted(client):
    configuration = {
        "imageReference": {"virtualMachineImageId": "/subscriptions/x/images/y"},
        "nodeAgentSKUId": "batch.node.ubuntu 22.04",
    }
    assert client.create(virtualMachineConfiguration=configuration).status == 201
    configuration["nodeAgentSKUId"] = "batch.node.none 1"
    assert client.create("other", virtualMachineConfiguration=configuration).details["PropertyName"] == "nodeAgentSKUId"


def test_a_pool_fills_in_steps_on_the_clock(client):
    client.create(targetDedicatedNodes=6, targetLowPriorityNodes=1)
    seen = []
    for _ in range(8):
        pool = client.pool()
        seen.append((pool["allocationState"], pool["currentDedicatedNodes"], pool["currentLowPriorityNodes"]))
        client.clock.advance(5)
    assert seen[0] == ("resizing", 0, 0)
    assert seen[1] == ("resizing", 2, 1)
    assert seen[-1] == ("steady", 6, 1)
    assert {node["id"][-1] for node in client.nodes()} == {"d", "p"}
    client.clock.advance(70)
    assert client.states() == ["idle"]


def test_a_resize_to_less_and_to_nothing(client):
    client.create(targetDedicatedNodes=4)
    client.clock.advance(120)
    before = {node["id"] for node in client.nodes()}
    assert client.send("POST", "/pools/p/resize", {"targetDedicatedNodes": 1}).status == 202
    assert client.states() == ["idle", "leavingpool"]
    client.clock.advance(30)
    left = {node["id"] for node in client.nodes()}
    assert len(left) == 1
    assert left < before
    assert client.pool()["allocationState"] == "steady"
    assert client.send("POST", "/pools/p/resize", {"targetDedicatedNodes": 0}).status == 202
    client.clock.advance(30)
    assert client.nodes() == []
    assert client.send("POST", "/pools/p/resize", {"targetDedicatedNodes": 2}).status == 202
    client.clock.advance(120)
    assert not before & {node["id"] for node in client.nodes()}


def test_a_resize_is_refused_while_another_runs(client):
    client.create()
    answer = client.send("POST", "/pools/p/resize", {"targetDedicatedNodes": 5})
    assert (answer.status, answer.code) == (409, "PoolBeingResized")
    assert client.send("POST", "/pools/p/resize", {}).code == "MissingRequiredProperty"
    assert client.send("POST", "/pools/none/resize", {"targetDedicatedNodes": 5}).code == "PoolNotFound"


def test_a_resize_can_be_stopped(client):
    client.create(targetDedicatedNodes=6)
    client.clock.advance(5)
    assert client.send("POST", "/pools/p/stopresize").status == 202
    assert client.pool()["allocationState"] == "stopping"
    for path, body in (("stopresize", None), ("resize", {"targetDedicatedNodes": 1})):
        answer = client.send("POST", f"/pools/p/{path}", body)
        assert (answer.status, answer.code) == (409, "PoolBeingResized")
    client.clock.advance(10)
    pool = client.pool()
    assert pool["allocationState"] == "steady"
    assert pool["resizeErrors"][0]["code"] == "ResizeStopped"
    assert pool["currentDedicatedNodes"] == 2
    assert client.send("POST", "/pools/p/stopresize").status == 409


def test_the_entity_tag_follows_changes(client):
    client.create()
    client.clock.advance(100)
    before = client.pool()
    client.send("POST", "/pools/p/resize", {"targetDedicatedNodes": 3})
    after = client.pool()
    assert before["eTag"] != after["eTag"]
    assert before["lastModified"] < after["lastModified"]


def test_a_pool_in_deletion_refuses_and_then_is_gone(client):
    client.create()
    client.clock.advance(100)
    assert client.send("DELETE", "/pools/p").status == 202
    assert client.pool()["state"] == "deleting"
    assert client.states() == ["leavingpool"]
    node = client.nodes()[0]["id"]
    for answer in (
        client.send("DELETE", "/pools/p"),
        client.create(),
        client.send("POST", "/pools/p/resize", {"targetDedicatedNodes": 0}),
        client.send("POST", f"/pools/p/nodes/{node}/users", {"name": "x", "password": "y"}),
    ):
        assert (answer.status, answer.code) == (409, "PoolBeingDeleted")
    client.clock.advance(20)
    assert client.send("HEAD", "/pools/p").status == 404
    assert client.create().status == 201


def test_quotas(make_client):
    client = make_client(quota=Quota(pools=5, dedicated_cores=7, spot_cores=0))
    client.create(targetDedicatedNodes=10, targetLowPriorityNodes=1)
    client.clock.advance(60)
    pool = client.pool()
    assert (pool["allocationState"], pool["currentDedicatedNodes"], pool["currentLowPriorityNodes"]) == ("steady", 3, 0)
    codes = {error["code"] for error in pool["resizeErrors"]}
    assert codes == {"AccountCoreQuotaReached", "AccountLowPriorityCoreQuotaReached"}
    client.create("second")
    answer = client.create("third")
    assert (answer.status, answer.code) == (409, "PoolQuotaReached")


def test_an_image_of_the_wrong_generation_fails_at_allocation(client):
    client.create(vmSize="Standard_DC2s_v2")
    client.clock.advance(60)
    pool = client.pool()
    assert (pool["allocationState"], pool["currentDedicatedNodes"]) == ("steady", 0)
    assert pool["resizeErrors"][0]["code"] == "AllocationFailed"
    assert "Generation" in pool["resizeErrors"][0]["values"][0]["value"]


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("resize"), st.integers(0, 12), st.integers(0, 3)),
        st.tuples(st.just("stop"), st.just(0), st.just(0)),
        st.tuples(st.just("wait"), st.integers(0, 90), st.just(0)),
    ),
    max_size=8,
)


@settings(max_examples=40, deadline=None)
@given(target=st.integers(0, 12), steps=STEPS)
def test_whatever_is_asked_a_pool_comes_to_rest_within_its_quota(make_module_client, target, steps):
    client = make_module_client(quota=Quota(dedicated_cores=16))
    client.create(targetDedicatedNodes=target)
    for kind, first, second in steps:
        if kind == "resize":
            body = {"targetDedicatedNodes": first, "targetLowPriorityNodes": second}
            client.send("POST", "/pools/p/resize", body)
        elif kind == "stop":
            client.send("POST", "/pools/p/stopresize")
        else:
            client.clock.advance(first)
        assert client.pool()["currentDedicatedNodes"] <= 8
    client.clock.advance(300)
    pool = client.pool()
    assert pool["allocationState"] == "steady"
    reached = pool["currentDedicatedNodes"] == pool["targetDedicatedNodes"]
    assert reached or pool["resizeErrors"]
    assert len(client.nodes()) == pool["currentDedicatedNodes"] + pool["currentLowPriorityNodes"]
    assert client.states() in ([], ["idle"])


def test_lists_come_in_pages(client):
    for number in range(5):
        client.create(f"pool-{number}", targetDedicatedNodes=0)
    ids = []
    query = {"maxresults": "3", "$filter": "startswith(id, 'pool')"}
    while True:
        body = client.send("GET", "/pools", query=query).json
        ids += [pool["id"] for pool in body["value"]]
        if "odata.nextLink" not in body:
            break
        assert body["odata.nextLink"].startswith("http://127.0.0.1/pools?")
        token = re.search(r"skiptoken=([^&]+)", body["odata.nextLink"])[1].replace("%3D", "=")
        query["$skiptoken"] = token
    assert ids == [f"pool-{number}" for number in range(5)]


def test_bounds_of_lists(client):
    for value in ("0", "1001", "-1"):
        answer = client.send("GET", "/pools", query={"maxresults": value})
        assert (answer.status, answer.code) == (400, "OutOfRangeQueryParameterValue")
    for value in ("", "null", "true", "0.5", "1e3", "٣"):
        answer = client.send("GET", "/pools", query={"maxresults": value})
        assert (answer.status, answer.code) == (400, "InvalidQueryParameterValue")
    assert client.send("GET", "/pools", query={"$skiptoken": "junk"}).code == "InvalidQueryParameterValue"


def test_properties_can_be_selected(client):
    pool = client.send("GET", "/pools/legacy-pool", query={"$select": "id,state"}).json
    assert set(pool) == {"odata.metadata", "id", "state"}
    listed = client.send("GET", "/pools", query={"$select": "id"}).json["value"]
    assert all(set(pool) == {"id"} for pool in listed)


def test_the_images_have_each_state_of_support(client):
    images = client.send("GET", "/supportedimages").json["value"]
    assert len(images) == 68 + len(client.state.images.illustrative)
    ends = {image.get("batchSupportEndOfLife", "none")[:10] for image in images}
    assert {"none", "2025-12-03", "2026-03-03", "2026-08-30"} <= ends
    assert max(ends - {"none"}) > "2028"


@pytest.mark.parametrize(
    ("text", "check"),
    [
        ("verificationType eq 'verified'", lambda i: i["verificationType"] == "verified"),
        ("osType ne 'linux'", lambda i: i["osType"] == "windows"),
        (
            "nodeAgentSKUId eq 'batch.node.el 9' or nodeAgentSKUId eq 'batch.node.el 8' and osType eq 'windows'",
            lambda i: i["nodeAgentSKUId"] == "batch.node.el 9",
        ),
        (
            "(osType eq 'linux' or osType eq 'windows') and verificationType eq 'unverified'",
            lambda i: i["verificationType"] == "unverified",
        ),
    ],
)
def test_images_are_filtered(client, text, check):
    everything = client.send("GET", "/supportedimages").json["value"]
    found = client.send("GET", "/supportedimages", query={"$filter": text}).json["value"]
    assert found == [image for image in everything if check(image)]
    assert found


@pytest.mark.parametrize(
    "text",
    [
        "publisher eq 'x'",
        "osType gt 'x'",
        "startswith(osType,'l')",
        "",
        "osType",
        "osType eq",
        "osType eq linux",
        "osType eq 'linux' and",
        "osType is 'linux'",
        "(osType eq 'linux'",
        "osType eq 'linux' osType eq 'x'",
        "(" * 50 + "osType eq 'linux'" + ")" * 50,
        "osType eq 'linux' §",
    ],
)
def test_filters_that_cannot_be_judged_are_refused(client, text):
    answer = client.send("GET", "/supportedimages", query={"$filter": text})
    assert (answer.status, answer.code) == (400, "InvalidQueryParameterValue")
    assert answer.details["QueryParameterName"] == "$filter"
    assert answer.details["Reason"]


def test_whole_numbers_may_come_as_texts(client):
    assert client.create(targetDedicatedNodes="2", taskSlotsPerNode="1").status == 201
    assert client.pool()["targetDedicatedNodes"] == 2
    assert client.pool()["taskSlotsPerNode"] == 1
