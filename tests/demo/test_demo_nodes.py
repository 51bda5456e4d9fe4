"""Nodes: their way to idle, their start tasks, their users, their addresses."""

import pytest
from sample_bodies import WINDOWS

from batch_widgets.demo import DemoService, InstantClock

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGl1AviSp2LzfrRzrEVNdSBlqVh/C6cnvuyjD1R5/5ub alice@home"


def ready(client, **more):
    client.create(**more)
    client.clock.advance(200)
    return client.nodes()


def test_a_node_takes_about_a_minute(client):
    client.create(targetDedicatedNodes=4, startTask={"commandLine": "/bin/sh -c 'sleep 30'"})
    times = {}
    for second in range(130):
        for node in client.nodes():
            times.setdefault(node["id"], {}).setdefault(node["state"], second)
        client.clock.advance(1)
    assert len(times) == 4
    for seen in times.values():
        assert list(seen) == ["creating", "starting", "waitingforstarttask", "idle"]
        assert 52 <= seen["waitingforstarttask"] - seen["creating"] <= 66
        assert 29 <= seen["idle"] - seen["waitingforstarttask"] <= 31


def test_nodes_follow_from_the_seed(make_client):
    def run(seed):
        client = make_client(seed=seed)
        return [{**node, "eTag": ""} for node in ready(client)]

    assert run(1) == run(1)
    assert {node["id"] for node in run(1)}.isdisjoint(node["id"] for node in run(2))


def test_ids_and_addresses(client):
    nodes = ready(client, targetDedicatedNodes=3)
    assert len({node["ipAddress"] for node in nodes}) == 3
    assert "10.0.0.4" in {node["ipAddress"] for node in nodes}
    assert client.send("GET", f"/pools/p/nodes/{nodes[0]['id']}").json["affinityId"] == f"TVM:{nodes[0]['id']}"
    assert client.send("GET", "/pools/p/nodes/none").code == "NodeNotFound"
    idle = client.send("GET", "/pools/p/nodes", query={"$filter": "state eq 'idle'"}).json["value"]
    assert len(idle) == 3
    assert client.send("GET", "/pools/p/nodes", query={"$filter": "isDedicated eq true"}).status in {400, 501}


def test_a_start_task_that_fails(client):
    task = {"commandLine": "/bin/bash -c 'exit 3'", "waitForSuccess": True, "maxTaskRetryCount": 2}
    (node,) = ready(client, targetDedicatedNodes=1, startTask=task)
    assert node["state"] == "starttaskfailed"
    info = node["startTaskInfo"]
    assert (info["state"], info["exitCode"], info["retryCount"], info["result"]) == ("completed", 3, 2, "failure")
    assert info["failureInfo"]["category"] == "usererror"
    assert "lastRetryTime" in info


def test_a_start_task_that_fails_and_is_not_waited_for(client):
    (node,) = ready(client, targetDedicatedNodes=1, startTask={"commandLine": "nonsense", "waitForSuccess": False})
    assert node["state"] == "idle"
    assert node["startTaskInfo"]["exitCode"] == 127
    assert node["startTaskInfo"]["result"] == "failure"


def test_a_start_task_that_is_tried_for_ever(client):
    task = {"commandLine": "false", "waitForSuccess": True, "maxTaskRetryCount": -1}
    (node,) = ready(client, targetDedicatedNodes=1, startTask=task)
    assert node["state"] == "waitingforstarttask"
    assert node["startTaskInfo"]["state"] == "running"
    assert node["startTaskInfo"]["retryCount"] > 50


def test_the_environment_of_a_start_task(client):
    command = "/bin/bash -c 'printenv AZ_BATCH_NODE_STARTUP_DIR MINE; whoami; echo $AZ_BATCH_POOL_ID'"
    task = {
        "commandLine": command,
        "environmentSettings": [{"name": "MINE", "value": "yes"}],
        "userIdentity": {"autoUser": {"scope": "pool", "elevationLevel": "admin"}},
    }
    ready(client, targetDedicatedNodes=1, startTask=task)
    (node,) = client.state.pool("p").nodes.values()
    assert node.machine.read("/mnt/batch/tasks/startup/stdout.txt") == "/mnt/batch/tasks/startup\nyes\nroot\np\n"


def test_without_a_shell_nothing_is_expanded(client):
    ready(client, targetDedicatedNodes=1, startTask={"commandLine": "echo $HOME; printenv"})
    (node,) = client.state.pool("p").nodes.values()
    assert node.machine.read("/mnt/batch/tasks/startup/stdout.txt") == "$HOME; printenv\n"


@pytest.mark.parametrize(
    ("command", "code", "text"),
    [
        ("cmd /c echo hello %AZ_BATCH_POOL_ID%", 0, "hello p\n"),
        ("cmd /c exit 5", 5, ""),
        ("powershell -c ls", 127, ""),
    ],
)
def test_start_tasks_of_windows(client, command, code, text):
    ready(client, targetDedicatedNodes=1, virtualMachineConfiguration=WINDOWS, startTask={"commandLine": command})
    (node,) = client.state.pool("p").nodes.values()
    assert node.start_task.exit_code == code
    assert node.machine.read("/mnt/batch/tasks/startup/stdout.txt") == text


def test_users(client):
    node = ready(client)[0]["id"]
    users = f"/pools/p/nodes/{node}/users"
    created = client.send("POST", users, {"name": "alice", "password": "Secret-1", "sshPublicKey": KEY})
    assert (created.status, created.raw) == (201, b"")
    assert client.send("POST", users, {"name": "alice", "password": "x"}).code == "NodeUserExists"
    (held,) = client.state.pool("p").nodes[node].users.values()
    assert "Secret-1" not in repr(vars(held))
    assert (held.expiry - client.clock.now()).total_seconds() == 86_400
    assert client.send("PUT", f"{users}/alice", {"sshPublicKey": KEY, "isAdmin": True}).code == "UnsupportedProperty"
    expiry = "2030-01-01T00:00:00.0000000Z"
    assert client.send("PUT", f"{users}/alice", {"sshPublicKey": KEY, "expiryTime": expiry}).status == 200
    assert (held.password, held.expiry.year) == (None, 2030)
    assert client.send("DELETE", f"{users}/alice").status == 200
    assert client.send("DELETE", f"{users}/alice").code == "NodeUserNotFound"
    assert client.send("PUT", f"{users}/alice", {"password": "x"}).code == "NodeUserNotFound"


def test_user_names_in_paths_are_decoded(client):
    node = ready(client)[0]["id"]
    users = f"/pools/p/nodes/{node}/users"
    assert client.send("POST", users, {"name": "a b+ü", "password": "x"}).status == 201
    assert client.send("DELETE", f"{users}/a%20b%2B%C3%BC").status == 200
    assert client.send("DELETE", f"{users}/%ff").code == "InvalidUri"


@pytest.mark.parametrize(
    ("body", "code", "name"),
    [
        ({"name": "x"}, "MissingRequiredProperty", "password"),
        ({"name": "x", "password": ""}, "MissingRequiredProperty", "password"),
        ({"password": "x"}, "MissingRequiredProperty", "name"),
        ({"name": "", "password": "x"}, "InvalidPropertyValue", "name"),
        ({"name": "a\nb", "password": "x"}, "InvalidPropertyValue", "name"),
        ({"name": "x", "password": "x", "expiryTime": "tomorrow"}, "InvalidPropertyValue", "expiryTime"),
        ({"name": "x", "password": "x", "isAdmin": "yes"}, "InvalidPropertyValue", "isAdmin"),
        ({"name": "x", "sshPublicKey": "ssh-rsa"}, "InvalidPropertyValue", "sshPublicKey"),
        ({"name": "x", "sshPublicKey": "ssh-rsa !!!"}, "InvalidPropertyValue", "sshPublicKey"),
        ({"name": "x", "sshPublicKey": KEY.replace("ed25519", "rsa", 1)}, "InvalidPropertyValue", "sshPublicKey"),
        ({"name": "x", "sshPublicKey": "-----BEGIN RSA-----"}, "InvalidPropertyValue", "sshPublicKey"),
    ],
)
def test_users_keep_the_rules(client, body, code, name):
    node = ready(client)[0]["id"]
    answer = client.send("POST", f"/pools/p/nodes/{node}/users", body)
    assert (answer.status, answer.code, answer.details["PropertyName"]) == (400, code, name)


def test_names_of_users_have_a_length(client):
    users = f"/pools/p/nodes/{ready(client)[0]['id']}/users"
    assert client.send("POST", users, {"name": "x" * 64, "password": "y"}).status == 201
    assert client.send("POST", users, {"name": "x" * 65, "password": "y"}).details["PropertyName"] == "name"
    assert client.send("POST", users, {"name": " ", "password": "y"}).details["PropertyName"] == "name"


def test_users_of_windows(client):
    node = ready(client, virtualMachineConfiguration=WINDOWS)[0]["id"]
    users = f"/pools/p/nodes/{node}/users"
    assert (
        client.send("POST", users, {"name": "x", "password": "y", "sshPublicKey": KEY}).code == "InvalidPropertyValue"
    )
    assert client.send("POST", users, {"name": "x", "sshPublicKey": KEY}).status == 400
    assert client.send("POST", users, {"name": "x" * 21, "password": "y"}).status == 400
    assert client.send("POST", users, {"name": "x" * 20, "password": "y"}).status == 201
    assert client.send("POST", users, {"name": "x", "password": "y"}).status == 201
    assert client.send("POST", users, {"name": "X", "password": "y"}).code == "NodeUserExists"


def test_users_only_while_a_node_is_usable(client):
    client.create(targetDedicatedNodes=1, startTask={"commandLine": "sleep 20"})
    codes = {}
    for _ in range(40):
        for node in client.nodes():
            answer = client.send("POST", f"/pools/p/nodes/{node['id']}/users", {"name": "x", "password": "y"})
            codes[node["state"]] = (answer.status, answer.code if answer.json else "")
        client.clock.advance(3)
    assert codes == {
        "creating": (409, "NodeBeingCreated"),
        "starting": (409, "NodeBeingStarted"),
        "waitingforstarttask": (409, "OperationNotValidOnNode"),
        "idle": (409, "NodeUserExists"),
    }


def test_a_node_without_a_mapping_has_no_address(client):
    node = ready(client)[0]
    assert "endpointConfiguration" not in node
    answer = client.send("GET", f"/pools/p/nodes/{node['id']}/remoteloginsettings")
    assert (answer.status, answer.code) == (409, "OperationNotValidOnNode")
    assert "22" in answer.details["Reason"]


def test_rdp_is_told_where_it_is_mapped(client, nat_pool):
    network = {"endpointConfiguration": {"inboundNATPools": [nat_pool(backendPort=3389)]}}
    node = ready(client, virtualMachineConfiguration=WINDOWS, networkConfiguration=network)[0]
    (endpoint,) = node["endpointConfiguration"]["inboundEndpoints"]
    login = client.send("GET", f"/pools/p/nodes/{node['id']}/remoteloginsettings").json
    assert login["remoteLoginPort"] == endpoint["frontendPort"]
    assert 40000 <= endpoint["frontendPort"] <= 40500


def test_an_instant_clock_leaves_nothing_to_wait_for(make_client):
    client = make_client(clock=InstantClock())
    client.create(targetDedicatedNodes=4, startTask={"commandLine": "sleep 5000"})
    assert client.states() == ["idle"]
    assert client.pool()["allocationState"] == "steady"
    client.send("POST", "/pools/p/resize", {"targetDedicatedNodes": 1})
    assert len(client.nodes()) == 1
    client.send("DELETE", "/pools/p")
    assert client.send("HEAD", "/pools/p").status == 404


def test_the_first_pools():
    service = DemoService(nodes=3)
    pools = {pool.id: pool for pool in service._state.pools()}
    assert set(pools) == {"demo", "legacy-pool", "render-windows", "nightly", "reports"}
    assert len(pools["demo"].nodes) == 3
    assert pools["demo"].nat_pool(22)
    assert pools["legacy-pool"].nat_pool(22) is None
    assert pools["render-windows"].nat_pool(3389)
    assert "demo" not in {pool.id for pool in DemoService(nodes=0)._state.pools()}
    assert len(DemoService(nodes=1000)._state.pool("demo").nodes) == 1000
