"""Lists: what they can be filtered by, what is counted, applications."""

import pytest

TASK = {"commandLine": "/bin/sh -c 'exit 4'", "waitForSuccess": True}


@pytest.fixture
def listed(client):
    """Give the ids that a filter leaves of the pools."""
    client.create("alpha", enableInterNodeCommunication=True)
    client.clock.advance(100)
    client.create("beta", vmSize="Standard_D4s_v3", targetDedicatedNodes=0)
    client.clock.advance(100)
    client.create("Gamma", targetDedicatedNodes=..., enableAutoScale=True, autoScaleFormula="$TargetDedicatedNodes=0")

    def ids(text):
        answer = client.send("GET", "/pools", query={"$filter": f"({text}) and id lt 'h'"})
        assert answer.status == 200, answer.json
        return [pool["id"] for pool in answer.json["value"]]

    return ids


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("id eq 'GAMMA'", ["Gamma"]),
        ("id ne 'beta'", ["alpha", "Gamma"]),
        ("startswith(id, 'al')", ["alpha"]),
        ("id gt 'alpha' and id le 'beta'", ["beta"]),
        ("state eq 'active'", ["alpha", "beta", "Gamma"]),
        ("allocationState ne 'steady'", []),
        ("vmSize eq 'standard_d4s_v3'", ["beta"]),
        ("enableAutoScale eq true", ["Gamma"]),
        ("enableAutoScale ne true", ["alpha", "beta"]),
        ("enableInterNodeCommunication eq true", ["alpha"]),
        ("creationTime lt datetime'2026-01-02T03:04:06Z'", ["alpha"]),
        ("creationTime ge DateTime'2026-01-02T03:04:06Z'", ["beta", "Gamma"]),
        ("lastModified gt 2026-01-02T03:07:00Z", ["Gamma"]),
        ("stateTransitionTime le datetime'2026-01-02T03:06:00+00:00'", ["alpha", "beta"]),
        ("allocationStateTransitionTime gt datetime'2026-01-02T04:00:00Z'", []),
    ],
)
def test_pools_are_filtered(listed, text, ids):
    assert listed(text) == ids


@pytest.mark.parametrize(
    "text",
    [
        "displayName eq 'x'",
        "creationTime eq 'yesterday'",
        "creationTime gt 5",
        "creationTime gt datetime'2026-13-01T00:00:00Z'",
        "enableAutoScale eq 'yes'",
        "enableAutoScale gt true",
        "state gt 'active'",
        "startswith(state, 'a')",
    ],
)
def test_what_pools_cannot_be_filtered_by(client, text):
    answer = client.send("GET", "/pools", query={"$filter": text})
    assert (answer.status, answer.code) == (400, "InvalidQueryParameterValue")


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("state eq 'starttaskfailed'", 1),
        ("state ne 'starttaskfailed'", 1),
        ("startTaskInfo/exitCode eq 4", 1),
        ("startTaskInfo/exitCode ge 5", 0),
        ("startTaskInfo/exitCode ne 0", 2),
        ("startTaskInfo/exitCode lt -1", 0),
        ("startTaskInfo/state eq 'completed'", 1),
        ("startTaskInfo/result eq 'failure'", 1),
        ("startTaskInfo/result ne 'failure'", 1),
        ("startTaskInfo/startTime gt datetime'2026-01-01T00:00:00Z'", 1),
        ("startTaskInfo/endTime lt datetime'2026-01-01T00:00:00Z'", 0),
        ("allocationTime gt datetime'2026-01-02T03:06:00Z'", 1),
        ("lastBootTime lt datetime'2026-01-02T03:06:00Z'", 1),
        ("stateTransitionTime gt datetime'2026-01-02T03:06:00Z'", 1),
    ],
)
def test_nodes_are_filtered(client, text, count):
    """One node whose start task has failed, and one that is being created."""
    client.ready(targetDedicatedNodes=1, startTask=TASK)
    client.send("POST", "/pools/p/resize", {"targetDedicatedNodes": 2})
    client.clock.advance(8)
    assert sorted(node["state"] for node in client.nodes()) == ["creating", "starttaskfailed"]
    answer = client.send("GET", "/pools/p/nodes", query={"$filter": text})
    assert answer.status == 200, answer.json
    assert len(answer.json["value"]) == count


@pytest.mark.parametrize(
    "text", ["id eq 'x'", "ipAddress eq 'x'", "startTaskInfo/exitCode eq '0'", "isDedicated eq true"]
)
def test_what_nodes_cannot_be_filtered_by(client, text):
    client.create()
    assert client.send("GET", "/pools/p/nodes", query={"$filter": text}).code == "InvalidQueryParameterValue"


def test_nodes_are_counted_by_state(make_client):
    client = make_client(nodes=3)
    client.create(targetDedicatedNodes=1, targetLowPriorityNodes=2)
    client.clock.advance(8)
    counts = {one["poolId"]: one for one in client.send("GET", "/nodecounts").json["value"]}
    assert (counts["demo"]["dedicated"]["idle"], counts["demo"]["dedicated"]["total"]) == (3, 3)
    assert counts["p"]["dedicated"]["creating"] == counts["p"]["dedicated"]["total"] == 1
    assert counts["p"]["lowPriority"]["total"] == 1
    assert sum(counts["nightly"]["dedicated"].values()) == 0
    assert {"leavingPool", "startTaskFailed", "upgradingOS", "waitingForStartTask"} <= set(counts["p"]["dedicated"])


def test_counts_come_ten_pools_at_a_time(client):
    for number in range(20):
        client.create(f"p{number}", targetDedicatedNodes=0)
    page = client.send("GET", "/nodecounts").json
    assert len(page["value"]) == 10
    assert "odata.nextLink" in page
    assert client.send("GET", "/nodecounts", query={"maxresults": "11"}).code == "OutOfRangeQueryParameterValue"
    assert client.send("GET", "/nodecounts", query={"$filter": "poolId ne 'p1'"}).code == "InvalidQueryParameterValue"


def test_applications(client):
    listed = client.send("GET", "/applications", query={"maxresults": "1"}).json
    assert [one["id"] for one in listed["value"]] == ["blender"]
    assert "odata.nextLink" in listed
    one = client.send("GET", "/applications/Blender").json
    assert one["versions"]
    assert {name: one[name] for name in ("id", "displayName", "versions")} == listed["value"][0]
    answer = client.send("GET", "/applications/none")
    assert (answer.status, answer.code) == (404, "ApplicationNotFound")


@pytest.mark.parametrize(
    ("reference", "status"),
    [
        ({"applicationId": "Blender"}, 201),
        ({"applicationId": "blender", "version": "3.6.5"}, 201),
        ({"applicationId": "blender", "version": "1"}, 409),
        ({"applicationId": "/subscriptions/s/x/batchAccounts/demo/applications/Blender", "version": "3.6.5"}, 201),
        ({"applicationId": "/subscriptions/s/x/batchAccounts/demo/applications/none"}, 409),
        ({"applicationId": "none"}, 409),
    ],
)
def test_pools_refer_to_applications_that_are_there(client, reference, status):
    answer = client.create(applicationPackageReferences=[reference])
    assert answer.status == status
    if status == 409:
        assert answer.code == "InvalidApplicationPackageReferences"
        assert answer.details["ApplicationId"] == reference["applicationId"]
