"""What is done to nodes: restarts, installations, stops, scheduling, logs, extensions."""

import pytest

LOGS = {"containerUrl": "https://contoso.blob.core.windows.net/logs?sig=x", "startTime": "2026-01-01T00:00:00Z"}
USER = {"name": "alice", "password": "s3cret!"}


@pytest.fixture
def node(client):
    """The path of a ready node of the pool p."""
    (node,) = client.ready(targetDedicatedNodes=1, startTask={"commandLine": "/bin/sh -c 'sleep 20'"})
    return f"/pools/p/nodes/{node['id']}"


def states_of(client, node, seconds):
    """Return the states that a node goes through within some seconds, with the second of each."""
    seen = {}
    for second in range(seconds):
        seen.setdefault(client.send("GET", node).json["state"], second)
        client.clock.advance(1)
    return seen


@pytest.mark.parametrize(
    ("action", "first", "low", "high"), [("reboot", "rebooting", 28, 32), ("reimage", "reimaging", 70, 80)]
)
def test_a_node_comes_back_and_runs_its_start_task_again(client, node, action, first, low, high):
    before = client.send("GET", node).json
    answer = client.send("POST", f"{node}/{action}", {})
    assert (answer.status, answer.raw) == (202, b"")
    assert answer.headers["DataServiceId"].endswith(f"{node}/{action}")
    seen = states_of(client, node, 150)
    assert list(seen) == [first, "waitingforstarttask", "idle"]
    assert low <= seen["waitingforstarttask"] <= high
    after = client.send("GET", node).json
    assert after["lastBootTime"] > before["lastBootTime"]
    assert after["startTaskInfo"]["startTime"] > before["startTaskInfo"]["startTime"]
    assert after["allocationTime"] == before["allocationTime"]


@pytest.mark.parametrize(("action", "stays"), [("reboot", True), ("reimage", False)])
def test_users_outlive_a_reboot_and_no_reimage(client, node, action, stays):
    client.send("POST", f"{node}/users", USER)
    client.send("POST", f"{node}/{action}", {})
    client.clock.advance(200)
    assert client.send("DELETE", f"{node}/users/alice").status == (200 if stays else 404)


def test_a_node_is_stopped_and_started(client, node):
    assert client.send("POST", f"{node}/start").code == "OperationNotValidOnNode"
    assert client.send("POST", f"{node}/deallocate", {"nodeDeallocateOption": "terminate"}).status == 202
    assert list(states_of(client, node, 40)) == ["deallocating", "deallocated"]
    assert client.pool()["currentDedicatedNodes"] == 1
    assert client.send("POST", f"{node}/deallocate", {}).code == "OperationNotValidOnNode"
    assert client.send("POST", f"{node}/start").status == 202
    assert list(states_of(client, node, 80)) == ["starting", "waitingforstarttask", "idle"]


@pytest.mark.parametrize("action", ["reboot", "reimage", "deallocate"])
@pytest.mark.parametrize(
    ("seconds", "code"), [(10, "NodeBeingCreated"), (50, "NodeBeingStarted"), (75, "OperationNotValidOnNode")]
)
def test_nothing_is_done_to_a_node_that_is_not_up(client, action, seconds, code):
    client.create(targetDedicatedNodes=1, startTask={"commandLine": "/bin/sh -c 'sleep 20'"})
    client.clock.advance(seconds)
    (node,) = client.nodes()
    answer = client.send("POST", f"/pools/p/nodes/{node['id']}/{action}", {})
    assert (answer.status, answer.code) == (409, code)
    assert node["state"] in answer.details["Reason"]


@pytest.mark.parametrize("action", ["reboot", "reimage"])
def test_a_node_whose_start_task_failed_may_try_again(client, action):
    (node,) = client.ready(targetDedicatedNodes=1, startTask={"commandLine": "nonsense", "waitForSuccess": True})
    assert node["state"] == "starttaskfailed"
    mended = {"startTask": {"commandLine": "hostname", "waitForSuccess": True}}
    assert client.send("PATCH", "/pools/p", mended).status == 200
    assert client.send("POST", f"/pools/p/nodes/{node['id']}/deallocate", {}).code == "OperationNotValidOnNode"
    assert client.send("POST", f"/pools/p/nodes/{node['id']}/{action}", {}).status == 202
    client.clock.advance(200)
    assert client.states() == ["idle"]


@pytest.mark.parametrize(("first", "code"), [("reboot", "NodeBeingRebooted"), ("reimage", "NodeBeingReimaged")])
def test_one_thing_at_a_time(client, node, first, code):
    client.send("POST", f"{node}/{first}", {})
    for action in ("reboot", "reimage", "deallocate", "users"):
        assert client.send("POST", f"{node}/{action}", USER if action == "users" else {}).code == code


@pytest.mark.parametrize(
    ("action", "option"),
    [
        ("reboot", "nodeRebootOption"),
        ("reimage", "nodeReimageOption"),
        ("deallocate", "nodeDeallocateOption"),
        ("disablescheduling", "nodeDisableSchedulingOption"),
    ],
)
def test_options_may_be_left_out_and_must_be_known(client, node, action, option):
    answer = client.send("POST", f"{node}/{action}", {option: "sometime"})
    assert (answer.code, answer.details["PropertyName"]) == ("InvalidPropertyValue", option)
    assert client.send("POST", f"{node}/{action}").status in {200, 202}


def test_scheduling_is_switched_off_and_on(client, node):
    assert client.send("POST", f"{node}/enablescheduling").code == "NodeAlreadyInTargetSchedulingState"
    assert client.send("POST", f"{node}/disablescheduling", {}).status == 200
    shown = client.send("GET", node).json
    assert (shown["state"], shown["schedulingState"]) == ("offline", "disabled")
    assert client.send("POST", f"{node}/disablescheduling", {}).code == "NodeAlreadyInTargetSchedulingState"
    assert client.send("POST", f"{node}/users", USER).code == "OperationNotValidOnNode"
    assert client.send("POST", f"{node}/enablescheduling").status == 200
    shown = client.send("GET", node).json
    assert (shown["state"], shown["schedulingState"]) == ("idle", "enabled")


def test_logs_are_said_to_be_uploaded(client, node):
    answer = client.send("POST", f"{node}/uploadbatchservicelogs", LOGS)
    assert answer.status == 200
    assert answer.json["virtualDirectoryName"].startswith(f"p/{node.rsplit('/', 1)[1]}/")
    assert answer.json["numberOfFilesUploaded"] > 0


@pytest.mark.parametrize(
    ("more", "name"),
    [
        ({"containerUrl": "logs"}, "containerUrl"),
        ({"endTime": "2025-12-31T00:00:00Z"}, "endTime"),
        ({"startTime": "yesterday"}, "startTime"),
    ],
)
def test_logs_that_go_nowhere_are_refused(client, node, more, name):
    answer = client.send("POST", f"{node}/uploadbatchservicelogs", {**LOGS, **more})
    assert (answer.code, answer.details["PropertyName"]) == ("InvalidPropertyValue", name)


@pytest.mark.parametrize(
    "action",
    ["reboot", "reimage", "start", "deallocate", "disablescheduling", "enablescheduling", "extensions", "files"],
)
def test_a_node_that_is_not_there(client, action):
    client.create()
    verb = "GET" if action in {"extensions", "files"} else "POST"
    assert client.send(verb, f"/pools/p/nodes/none/{action}").code == "NodeNotFound"
    assert client.send(verb, f"/pools/none/nodes/none/{action}").code == "PoolNotFound"


# extensions

MONITORING = {
    "name": "monitoring",
    "publisher": "Contoso",
    "type": "Monitoring",
    "typeHandlerVersion": "2.0",
    "settings": {"level": "high"},
    "protectedSettings": {"key": "sentinel"},
}


@pytest.fixture
def extended(client):
    pool = client.ready(targetDedicatedNodes=1)
    machine = {**client.pool()["virtualMachineConfiguration"], "extensions": [MONITORING]}
    assert pool
    assert client.create("q", targetDedicatedNodes=1, virtualMachineConfiguration=machine).status == 201
    client.clock.advance(20)
    (node,) = client.nodes("q")
    return f"/pools/q/nodes/{node['id']}/extensions"


def test_extensions_are_those_of_the_pool_and_the_services_own(client, extended):
    creating = client.send("GET", extended).json["value"]
    assert {one["provisioningState"] for one in creating} == {"Creating"}
    client.clock.advance(100)
    answer = client.send("GET", extended)
    assert [one["vmExtension"]["name"] for one in answer.json["value"]] == ["batchNodeExtension", "monitoring"]
    assert "sentinel" not in answer.raw.decode()
    one = client.send("GET", f"{extended}/Monitoring").json
    assert one["vmExtension"]["settings"] == {"level": "high"}
    assert one["instanceView"]["statuses"][0]["code"] == "ProvisioningState/succeeded"
    assert set(client.send("GET", f"{extended}/monitoring", query={"$select": "vmExtension"}).json) == {
        "odata.metadata",
        "vmExtension",
    }


def test_an_extension_that_is_not_there(client, extended):
    assert client.send("GET", f"{extended}/none").status == 404
    page = client.send("GET", extended, query={"maxresults": "1"}).json
    assert len(page["value"]) == 1
    assert "odata.nextLink" in page
