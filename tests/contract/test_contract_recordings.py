"""The official examples and the recorded answers of the real service, against the simulated one."""

import hashlib
import hmac
import json
import urllib.error
import urllib.request
from base64 import b64decode, b64encode
from datetime import UTC, datetime
from pathlib import Path

import pytest

DATA = Path(__file__).parents[1] / "data" / "azure-batch-rest"
EXAMPLES = DATA / "examples"
UBUNTU = {"publisher": "canonical", "offer": "0001-com-ubuntu-server-focal", "sku": "20_04-lts", "version": "latest"}


def send(service, method, path, body=None, version="2025-06-01"):
    """Sign and send a request, written here a second time so that a fault in one is not a fault in both."""
    raw = b"" if body is None else json.dumps(body).encode()
    date = datetime.now(UTC).strftime("%a, %d %b %Y %H:%M:%S GMT")
    content_type = "application/json; odata=minimalmetadata" if raw else ""
    length = str(len(raw)) if raw else ("" if method in {"GET", "HEAD"} else "0")
    text = (
        f"{method}\n\n\n{length}\n\n{content_type}\n\n\n\n\n\n\nocp-date:{date}\n"
        f"/{service.account_name}{path}\napi-version:{version}"
    )
    digest = hmac.new(b64decode(service.account_key), text.encode(), hashlib.sha256).digest()
    headers = {"ocp-date": date, "Authorization": f"SharedKey {service.account_name}:{b64encode(digest).decode()}"}
    if raw:
        headers["Content-Type"] = content_type
    request = urllib.request.Request(
        f"{service.endpoint}{path}?api-version={version}", data=raw or None, headers=headers, method=method
    )
    if method != "GET" and not raw:
        request.add_header("Content-Length", "0")
    try:
        with urllib.request.urlopen(request, timeout=10) as response:
            content = response.read()
            return response.status, response.headers, json.loads(content) if content else None
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers, json.loads(error.read())


def shape(value):
    """Return the names and JSON types of a value; of a list, those of its first item."""
    if isinstance(value, dict):
        return {name: shape(item) for name, item in value.items()}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return type(value).__name__


def offered(pool):
    """Return an example's pool with an image that is offered today, if its own isn't; all else is kept."""
    configuration = pool["virtualMachineConfiguration"]
    if configuration["imageReference"]["offer"].lower().startswith(("ubuntu", "0001")):
        configuration = {**configuration, "imageReference": UBUNTU, "nodeAgentSKUId": "batch.node.ubuntu 20.04"}
    return {**pool, "virtualMachineConfiguration": configuration}


@pytest.mark.parametrize(
    "path", sorted([*EXAMPLES.glob("PoolAdd_*"), *EXAMPLES.glob("Pools_Create*")]), ids=lambda p: p.stem
)
def test_official_pools_are_taken_and_given_back(service, path):
    parameters = json.loads(path.read_text())["parameters"]
    pool = offered(parameters["pool"])
    status, headers, _ = send(service, "POST", "/pools", pool, parameters["api-version"])
    assert status == 201
    assert {"ETag", "Last-Modified", "DataServiceId", "request-id"} <= set(headers)
    status, _, found = send(service, "GET", f"/pools/{pool['id']}")
    assert status == 200
    assert contains(found, without_nulls(pool))


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


@pytest.mark.parametrize("name", ["NodeAddUser", "Nodes_CreateNodeUser"])
def test_official_users_are_taken(service, name):
    _, _, nodes = send(service, "GET", "/pools/demo/nodes")
    users = f"/pools/demo/nodes/{nodes['value'][0]['id']}/users"
    user = json.loads((EXAMPLES / f"{name}.json").read_text())["parameters"]["user"]
    status, headers, body = send(service, "POST", users, user)
    assert (status, body) == (201, None)
    assert headers["DataServiceId"] == headers["Location"]
    update = json.loads((EXAMPLES / "NodeUpdateUser.json").read_text())["parameters"]["nodeUpdateUserParameter"]
    assert send(service, "PUT", f"{users}/userName", update)[::2] == (200, None)
    assert send(service, "DELETE", f"{users}/userName")[::2] == (200, None)


def recorded(index):
    text = (DATA / "recorded" / "compute_node_user_linux_ssh_2023-05-01.17.0.json").read_text()
    return json.loads(text)["entries"][index]["body"]


def test_nodes_have_the_recorded_shape(service, wait_for):
    body = {
        "id": "p",
        "vmSize": "Standard_D2_v2",
        "virtualMachineConfiguration": {"imageReference": UBUNTU, "nodeAgentSKUId": "batch.node.ubuntu 20.04"},
        "targetDedicatedNodes": 1,
        "networkConfiguration": {
            "endpointConfiguration": {
                "inboundNATPools": [
                    {
                        "name": "ssh",
                        "protocol": "tcp",
                        "backendPort": 22,
                        "frontendPortRangeStart": 40000,
                        "frontendPortRangeEnd": 40500,
                    }
                ]
            }
        },
    }
    assert send(service, "POST", "/pools", body)[0] == 201

    def nodes(state):
        answer = send(service, "GET", "/pools/p/nodes")[2]
        return answer if answer["value"] and answer["value"][0]["state"] == state else None

    creating, idle = recorded(0), recorded(1)
    assert shape(wait_for(lambda: nodes("creating"))) == shape(creating)
    # Certificates went with API 2024-07-01.
    del idle["value"][0]["certificateReferences"]
    found = wait_for(lambda: nodes("idle"))
    assert shape(found) == shape(idle)
    node = found["value"][0]
    official = json.loads((EXAMPLES / "NodeGet_Basic.json").read_text())["responses"]["200"]["body"]
    for name in node.keys() & official.keys():
        assert type(node[name]) is type(official[name])


def test_login_settings_have_the_recorded_shape(service):
    node = send(service, "GET", "/pools/demo/nodes")[2]["value"][0]["id"]
    status, headers, body = send(service, "GET", f"/pools/demo/nodes/{node}/remoteloginsettings")
    assert status == 200
    assert headers["DataServiceId"].endswith("/remoteloginsettings")
    assert shape(body) == shape(recorded(4))
    assert body["odata.metadata"].rpartition("#")[2] == recorded(4)["odata.metadata"].rpartition("#")[2]


@pytest.mark.parametrize("name", ["PoolList_Basic", "PoolGet_Basic"])
def test_pools_have_the_official_shape(service, name):
    official = json.loads((EXAMPLES / f"{name}.json").read_text())["responses"]["200"]["body"]
    official = official["value"][0] if "value" in official else official
    pool = {**official, "id": "shape", "vmSize": "Standard_D2_v2", "targetDedicatedNodes": 1}
    configuration = {
        "imageReference": {"publisher": "MicrosoftWindowsServer", "offer": "WindowsServer", "sku": "2016-Datacenter"},
        "nodeAgentSKUId": "batch.node.windows amd64",
    }
    assert send(service, "POST", "/pools", {**pool, "virtualMachineConfiguration": configuration})[0] == 201
    found = send(service, "GET", "/pools/shape")[2]
    assert official.keys() <= found.keys()
    ours, theirs = shape(found), shape(official)
    assert all(ours[key] == theirs[key] for key in theirs if key != "virtualMachineConfiguration")


def test_errors_have_the_recorded_shape(service, wait_for):
    def load(pattern):
        (path,) = (DATA / "recorded" / "errors").glob(pattern)
        return json.loads(path.read_text())["response"]

    def check(answer, expected):
        status, headers, body = answer
        assert status == expected["status"]["code"]
        assert body["code"] == expected["body"]["code"]
        assert shape(body) == shape(expected["body"])
        assert body["message"]["value"].split("\n")[0] == expected["body"]["message"]["value"].split("\n")[0]
        assert [item["key"] for item in body.get("values", ())] == [
            item["key"] for item in expected["body"].get("values", ())
        ]
        assert body["odata.metadata"].rpartition("#")[2] == expected["body"]["odata.metadata"].rpartition("#")[2]
        lowered = {name.lower(): values for name, values in expected["headers"].items()}
        assert [headers["Content-Type"]] == lowered["content-type"]

    pool = send(service, "GET", "/pools/legacy-pool")[2]
    check(send(service, "POST", "/pools", pool), load("*_409_5381568059.json"))
    check(send(service, "POST", "/pools", {**pool, "id": "x", "vmSize": "none"}), load("*_400_*.json"))
    node = "/pools/legacy-pool/nodes"
    send(service, "POST", "/pools/legacy-pool/resize", {"targetDedicatedNodes": 1})
    found = wait_for(lambda: send(service, "GET", node)[2]["value"])
    check(send(service, "GET", f"{node}/{found[0]['id']}/remoteloginsettings"), load("POST_pools-X*.json"))
