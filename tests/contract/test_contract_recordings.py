"""The recorded answers of the real service, against the simulated one."""

import dataclasses
import json

import pytest
from azure.batch import models
from official_definition import DATA
from sample_bodies import FOCAL, SSH_NETWORK
from signed_requests import send

from batch_widgets.sdk import convert


def shape(value):
    """Return the names and JSON types of a value; of a list, those of its first item."""
    if isinstance(value, dict):
        return {name: shape(item) for name, item in value.items()}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return type(value).__name__


def recorded(index):
    text = (DATA / "recorded" / "compute_node_user_linux_ssh_2023-05-01.17.0.json").read_text()
    return json.loads(text)["entries"][index]["body"]


def test_nodes_have_the_recorded_shape(service, wait_for):
    body = {
        "id": "p",
        "vmSize": "Standard_D2_v2",
        "virtualMachineConfiguration": FOCAL,
        "targetDedicatedNodes": 1,
        "networkConfiguration": SSH_NETWORK,
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


def test_login_settings_have_the_recorded_shape(service):
    node = send(service, "GET", "/pools/demo/nodes")[2]["value"][0]["id"]
    status, headers, body = send(service, "GET", f"/pools/demo/nodes/{node}/remoteloginsettings")
    assert status == 200
    assert headers["DataServiceId"].endswith("/remoteloginsettings")
    assert shape(body) == shape(recorded(4))
    assert body["odata.metadata"].rpartition("#")[2] == recorded(4)["odata.metadata"].rpartition("#")[2]


@pytest.mark.parametrize("index", [0, 1], ids=["creating", "idle"])
def test_the_recorded_list_tells_what_the_recorded_settings_tell(index):
    (node,) = recorded(index)["value"]
    listed = convert.node_endpoints(models.BatchNode(node))
    asked = convert.remote_login_settings(node["id"], models.BatchNodeRemoteLoginSettings(recorded(4)))
    assert (asked.ip_address, asked.port) == ("20.24.249.61", 50_000)
    assert listed.state == node["state"]
    assert listed.settings(22) == (asked if node["state"] == "idle" else None)
    assert dataclasses.replace(listed, state="idle").settings(22) == asked


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
