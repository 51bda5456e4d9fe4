"""Changing pools: properties, size by hand, size by formula."""

import pytest
from sample_bodies import SSH_NETWORK, UBUNTU

from batch_widgets.demo import InstantClock

FORMULA = "$TargetDedicatedNodes=3"


def steady(client, **more):
    answer = client.create(**more)
    assert answer.status == 201, answer.json
    client.clock.advance(200)
    return client.pool()


def refused(answer):
    return answer.status, answer.code, answer.details.get("PropertyName")


# patching


def test_a_patch_replaces_what_it_names_and_nothing_else(client):
    before = steady(client, metadata=[{"name": "a", "value": "1"}], displayName="Old")
    answer = client.send("PATCH", "/pools/p", {"startTask": {"commandLine": "true"}, "metadata": []})
    assert (answer.status, answer.raw) == (200, b"")
    after = client.pool()
    assert after["startTask"]["commandLine"] == "true"
    assert after["metadata"] == []
    changed = {name for name in after if after[name] != before.get(name)}
    assert changed == {"startTask", "metadata", "eTag", "lastModified"}
    assert answer.headers["ETag"].strip('"') == after["eTag"]


@pytest.mark.parametrize(
    "body",
    [
        {"networkConfiguration": SSH_NETWORK},
        {"vmSize": "Standard_D4s_v3"},
        {"displayName": "New"},
        {"taskSlotsPerNode": 2},
        {"userAccounts": [{"name": "a", "password": "b"}]},
        {"mountConfiguration": []},
        {"enableInterNodeCommunication": True},
        {"taskSchedulingPolicy": {"nodeFillType": "pack"}},
        {"virtualMachineConfiguration": UBUNTU},
        {"upgradePolicy": {"mode": "manual"}},
        {"resourceTags": {"team": "x"}},
    ],
)
def test_what_can_be_patched_only_while_the_pool_is_empty(client, body):
    (name,) = body
    steady(client)
    assert refused(client.send("PATCH", "/pools/p", body)) == (409, "OperationNotValidOnPool", name)
    client.send("POST", "/pools/p/resize", {"targetDedicatedNodes": 0})
    assert client.send("PATCH", "/pools/p", body).status == 409
    client.clock.advance(100)
    assert client.send("PATCH", "/pools/p", body).status == 200
    shown = client.pool()[name]
    assert shown == body[name] or name == "virtualMachineConfiguration"


@pytest.mark.parametrize(
    "body",
    [
        {"startTask": {"commandLine": "true"}},
        {"certificateReferences": []},
        {"applicationPackageReferences": [{"applicationId": "blender"}]},
        {"metadata": [{"name": "a", "value": "b"}]},
        {"targetNodeCommunicationMode": "simplified"},
    ],
)
def test_what_can_be_patched_at_any_time(client, body):
    (name,) = body
    steady(client)
    assert client.send("PATCH", "/pools/p", body).status == 200
    shown = client.pool()[name]
    assert shown == body[name] or {**shown, **body[name]} == shown


def test_a_pool_made_without_ssh_is_repaired_while_it_is_empty(client):
    steady(client, targetDedicatedNodes=0)
    client.send("PATCH", "/pools/p", {"networkConfiguration": SSH_NETWORK})
    client.send("POST", "/pools/p/resize", {"targetDedicatedNodes": 1})
    client.clock.advance(200)
    (node,) = client.nodes()
    answer = client.send("GET", f"/pools/p/nodes/{node['id']}/remoteloginsettings")
    assert answer.details["Reason"] == "The simulated service is not running."  # the mapping is there


@pytest.mark.parametrize(
    ("body", "code", "name"),
    [
        ({"vmSize": "Standard_Nothing"}, "InvalidPropertyValue", "vmSize"),
        ({"startTask": {"commandLine": " "}}, "InvalidPropertyValue", "startTask.commandLine"),
        ({"startTask": {}}, "MissingRequiredProperty", "startTask.commandLine"),
        ({"metadata": "x"}, "InvalidPropertyValue", "metadata"),
        ({"targetDedicatedNodes": 3}, "UnsupportedProperty", "targetDedicatedNodes"),
        ({"id": "q"}, "UnsupportedProperty", "id"),
        ({"applicationPackageReferences": [{"applicationId": "none"}]}, "InvalidApplicationPackageReferences", None),
    ],
)
def test_a_patch_that_breaks_a_rule_changes_nothing(client, body, code, name):
    before = steady(client, targetDedicatedNodes=0)
    answer = client.send("PATCH", "/pools/p", body)
    assert (answer.code, answer.details.get("PropertyName")) == (code, name)
    assert client.pool() == before


def test_a_larger_vm_size_allows_more_slots(client):
    steady(client, targetDedicatedNodes=0)
    assert client.send("PATCH", "/pools/p", {"taskSlotsPerNode": 16}).code == "InvalidPropertyValue"
    assert client.send("PATCH", "/pools/p", {"taskSlotsPerNode": 16, "vmSize": "Standard_D4s_v3"}).status == 200


def test_replacing_properties_takes_away_what_is_left_out(client):
    steady(client, startTask={"commandLine": "true"}, metadata=[{"name": "a", "value": "1"}], displayName="Stays")
    body = {"applicationPackageReferences": [{"applicationId": "ffmpeg"}], "metadata": []}
    answer = client.send("POST", "/pools/p/updateproperties", body)
    assert (answer.status, answer.raw) == (204, b"")
    pool = client.pool()
    assert "startTask" not in pool
    assert pool["applicationPackageReferences"] == [{"applicationId": "ffmpeg"}]
    assert pool["displayName"] == "Stays"


@pytest.mark.parametrize(
    ("version", "status"), [("2025-06-01", 204), ("2024-07-01.20.0", 400), ("2024-02-01.19.0", 400)]
)
def test_older_versions_want_certificate_references(client, version, status):
    client.create()
    body = {"applicationPackageReferences": [], "metadata": []}
    assert client.send("POST", "/pools/p/updateproperties", body, version=version).status == status
    body["certificateReferences"] = []
    assert client.send("POST", "/pools/p/updateproperties", body, version=version).status == 204


@pytest.mark.parametrize(
    ("verb", "path", "body"),
    [
        ("PATCH", "/pools/p", {"metadata": []}),
        ("DELETE", "/pools/p", None),
        ("POST", "/pools/p/resize", {"targetDedicatedNodes": 1}),
        ("POST", "/pools/p/enableautoscale", {"autoScaleFormula": FORMULA}),
        ("POST", "/pools/p/removenodes", {"nodeList": ["x"]}),
    ],
)
def test_changes_are_judged_by_their_conditions(client, verb, path, body):
    tag = steady(client)["eTag"]
    for headers in (
        {"If-Match": '"0x0"'},
        {"If-None-Match": tag},
        {"If-Unmodified-Since": "Thu, 01 Jan 2026 00:00:00 GMT"},
    ):
        answer = client.send(verb, path, body, headers=headers)
        assert (answer.status, answer.code) == (412, "ConditionNotMet")
    assert client.send(verb, path, body, headers={"If-Match": f'"{tag}"'}).status != 412


# removing nodes


def test_nodes_are_removed(client):
    steady(client, targetDedicatedNodes=3, targetLowPriorityNodes=1)
    gone = [node["id"] for node in client.nodes()][:2]
    kinds = [node["isDedicated"] for node in client.nodes()][:2]
    assert client.send("POST", "/pools/p/removenodes", {"nodeList": gone}).status == 202
    pool = client.pool()
    assert pool["allocationState"] == "resizing"
    assert (pool["targetDedicatedNodes"], pool["targetLowPriorityNodes"]) == (3 - sum(kinds), 1 - kinds.count(False))
    assert [node["state"] for node in client.nodes() if node["id"] in gone] == ["leavingpool"] * 2
    client.clock.advance(60)
    assert client.pool()["allocationState"] == "steady"
    assert {node["id"] for node in client.nodes()}.isdisjoint(gone)
    assert len(client.nodes()) == 2


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"nodeList": []}, "InvalidPropertyValue"),
        ({"nodeList": ["x"] * 101}, "InvalidPropertyValue"),
        ({"nodeList": ["none"]}, "NodeNotFound"),
        ({}, "MissingRequiredProperty"),
        ({"nodeList": ["none"], "resizeTimeout": "PT1M"}, "InvalidPropertyValue"),
        ({"nodeList": ["none"], "nodeDeallocationOption": "later"}, "InvalidPropertyValue"),
    ],
)
def test_removing_that_makes_no_sense(client, body, code):
    before = steady(client)
    assert client.send("POST", "/pools/p/removenodes", body).code == code
    assert client.pool() == before


def test_a_hundred_nodes_are_removed_at_once(client):
    steady(client, targetDedicatedNodes=101)
    ids = [node["id"] for node in client.nodes()]
    body = {"nodeList": ids, "resizeTimeout": "PT5M"}
    assert refused(client.send("POST", "/pools/p/removenodes", body)) == (400, "InvalidPropertyValue", "nodeList")
    assert client.send("POST", "/pools/p/removenodes", {**body, "nodeList": ids[:100]}).status == 202
    client.clock.advance(60)
    assert [node["id"] for node in client.nodes()] == ids[100:]


def test_no_nodes_are_removed_while_the_pool_is_resized(client):
    client.create()
    assert client.send("POST", "/pools/p/removenodes", {"nodeList": ["x"]}).code == "PoolBeingResized"


# size by formula


def test_a_pool_that_scales_by_itself_from_the_start(client):
    client.create(targetDedicatedNodes=..., enableAutoScale=True, autoScaleFormula=FORMULA)
    pool = client.pool()
    assert pool["enableAutoScale"] is True
    assert (pool["autoScaleFormula"], pool["autoScaleEvaluationInterval"]) == (FORMULA, "PT15M")
    assert "$TargetDedicatedNodes=3" in pool["autoScaleRun"]["results"]
    assert (pool["targetDedicatedNodes"], pool["allocationState"]) == (3, "resizing")
    client.clock.advance(200)
    assert client.states() == ["idle"]
    assert len(client.nodes()) == 3


def test_a_formula_is_evaluated_again_and_again(client):
    formula = "$TargetDedicatedNodes = $CurrentDedicatedNodes + 1"
    client.create(
        targetDedicatedNodes=..., enableAutoScale=True, autoScaleFormula=formula, autoScaleEvaluationInterval="PT5M"
    )
    sizes = []
    for _ in range(4):
        client.clock.advance(299)
        sizes.append(len(client.nodes()))
        client.clock.advance(1)
        client.pool()
    assert sizes == [1, 2, 3, 4]


def test_an_evaluation_that_fails_tells_why_and_changes_nothing(client):
    client.create(targetDedicatedNodes=..., enableAutoScale=True, autoScaleFormula="$TargetDedicatedNodes = 1 / 0")
    pool = client.pool()
    assert pool["autoScaleRun"]["error"]["code"]
    assert pool["autoScaleRun"]["error"]["message"]
    assert pool["targetDedicatedNodes"] == 0


@pytest.mark.parametrize(
    ("more", "status", "code"),
    [
        ({"enableAutoScale": True}, 400, "MissingRequiredProperty"),
        (
            {"enableAutoScale": True, "autoScaleFormula": "$TargetDedicatedNodes ="},
            400,
            "AutoScalingFormulaSyntaxError",
        ),
        ({"enableAutoScale": True, "autoScaleFormula": "x=1;" * 3000}, 400, "AutoScalingFormulaTooLong"),
        (
            {"enableAutoScale": True, "autoScaleFormula": FORMULA, "targetDedicatedNodes": 1},
            400,
            "InvalidPropertyValue",
        ),
        (
            {"enableAutoScale": True, "autoScaleFormula": FORMULA, "autoScaleEvaluationInterval": "PT4M"},
            400,
            "InvalidPropertyValue",
        ),
        (
            {"enableAutoScale": True, "autoScaleFormula": FORMULA, "autoScaleEvaluationInterval": "PT169H"},
            400,
            "InvalidPropertyValue",
        ),
        ({"autoScaleFormula": FORMULA, "targetDedicatedNodes": 1}, 400, "InvalidPropertyValue"),
    ],
)
def test_scaling_that_is_refused_at_creation(client, more, status, code):
    answer = client.create(**{"targetDedicatedNodes": ..., **more})
    assert (answer.status, answer.code) == (status, code)
    assert client.send("GET", "/pools/p").status == 404


def test_scaling_by_formula_is_switched_on_and_off(client):
    steady(client)
    assert client.send("POST", "/pools/p/evaluateautoscale", {"autoScaleFormula": FORMULA}).code == (
        "OperationNotValidOnPool"
    )
    assert client.send("POST", "/pools/p/disableautoscale").code == "OperationNotValidOnPool"
    assert client.send("POST", "/pools/p/enableautoscale", {}).code == "MissingRequiredProperty"
    assert client.send("POST", "/pools/p/enableautoscale").code == "MissingRequiredProperty"
    assert client.send("POST", "/pools/p/enableautoscale", {"autoScaleFormula": FORMULA}).status == 200
    assert client.pool()["targetDedicatedNodes"] == 3
    answer = client.send("POST", "/pools/p/resize", {"targetDedicatedNodes": 1})
    assert (answer.status, answer.code) == (409, "OperationNotValidOnPool")
    client.clock.advance(100)
    assert client.send("POST", "/pools/p/disableautoscale").status == 200
    pool = client.pool()
    assert (pool["enableAutoScale"], pool["targetDedicatedNodes"]) == (False, 3)
    assert "autoScaleFormula" not in pool
    client.clock.advance(3600)
    assert len(client.nodes()) == 3


def test_formula_and_interval_are_changed_one_by_one_but_not_too_often(client):
    steady(client)
    client.send("POST", "/pools/p/enableautoscale", {"autoScaleFormula": FORMULA})
    client.clock.advance(29)
    body = {"autoScaleEvaluationInterval": "PT8M"}
    answer = client.send("POST", "/pools/p/enableautoscale", body)
    assert (answer.status, answer.code) == (503, "TooManyEnableAutoScaleRequests")
    client.clock.advance(1)
    assert client.send("POST", "/pools/p/enableautoscale", {}).code == "InvalidAutoScalingSettings"
    assert client.send("POST", "/pools/p/enableautoscale", body).status == 200
    pool = client.pool()
    assert (pool["autoScaleFormula"], pool["autoScaleEvaluationInterval"]) == (FORMULA, "PT8M")


def test_switching_off_and_on_again_is_not_a_way_around_that(client):
    steady(client, targetDedicatedNodes=3)
    body = {"autoScaleFormula": FORMULA}
    assert client.send("POST", "/pools/p/enableautoscale", body).status == 200
    assert client.send("POST", "/pools/p/disableautoscale").status == 200
    client.clock.advance(29)
    assert client.send("POST", "/pools/p/enableautoscale", body).code == "TooManyEnableAutoScaleRequests"
    client.clock.advance(1)
    assert client.send("POST", "/pools/p/enableautoscale", body).status == 200


def test_creating_a_pool_that_scales_is_not_enabling(client):
    client.create(targetDedicatedNodes=..., enableAutoScale=True, autoScaleFormula="$TargetDedicatedNodes=0")
    body = {"autoScaleEvaluationInterval": "PT8M"}
    assert client.send("POST", "/pools/p/enableautoscale", body).status == 200


def test_scaling_is_not_switched_on_while_the_pool_is_resized(client):
    client.create()
    answer = client.send("POST", "/pools/p/enableautoscale", {"autoScaleFormula": FORMULA})
    assert (answer.status, answer.code) == (409, "PoolBeingResized")


def test_an_evaluation_on_trial_has_no_effect(client):
    client.create(targetDedicatedNodes=..., enableAutoScale=True, autoScaleFormula="$TargetDedicatedNodes=0")
    before = client.pool()
    answer = client.send("POST", "/pools/p/evaluateautoscale", {"autoScaleFormula": "$TargetDedicatedNodes=7"})
    assert answer.status == 200
    assert "$TargetDedicatedNodes=7" in answer.json["results"]
    assert answer.json["timestamp"] == before["creationTime"]
    assert client.pool() == before
    assert client.send("POST", "/pools/p/evaluateautoscale", {"autoScaleFormula": "("}).code == (
        "AutoScalingFormulaSyntaxError"
    )


def test_a_clock_that_skips_all_waiting_does_not_evaluate_for_ever(make_client):
    client = make_client(clock=InstantClock())
    client.create(targetDedicatedNodes=..., enableAutoScale=True, autoScaleFormula=FORMULA)
    assert client.states() == ["idle"]
    assert len(client.nodes()) == 3


def test_evaluations_that_nobody_saw_are_passed_over(client):
    client.create(targetDedicatedNodes=..., enableAutoScale=True, autoScaleFormula=FORMULA)
    client.clock.advance(365 * 86_400)
    counted = []
    at = client.state.at
    client.state.at = lambda *arguments, **options: (counted.append(1), at(*arguments, **options))
    client.pool()
    assert len(counted) < 50


# statistics


def test_statistics_are_told_when_asked_for(client):
    steady(client)
    client.clock.advance(3400)
    for pool in (
        client.send("GET", "/pools/p", query={"$expand": "stats"}).json,
        client.send("GET", "/pools", query={"$expand": "stats", "$filter": "id eq 'p'"}).json["value"][0],
    ):
        hours = float(pool["stats"]["usageStats"]["dedicatedCoreTime"].removeprefix("PT").removesuffix("H"))
        assert 3.9 < hours < 4.1  # two nodes of two cores for about an hour
    assert "stats" not in client.pool()
