"""The Azure CLI against the embedded service, as in docs/demo-service.md."""

import json
import os
import shlex
import shutil
import subprocess
import time

import pytest
from sample_bodies import SSH_NETWORK, UBUNTU

import batch_widgets as bw
from batch_widgets.demo import DemoService
from batch_widgets.pools import create_pool_command, file_name, needs_file

pytestmark = [pytest.mark.azure_cli, pytest.mark.timeout(600)]

PASSWORD = "Correct-Horse-7"
POOL = {
    "id": "from-json",
    "vmSize": "Standard_D2s_v3",
    "virtualMachineConfiguration": UBUNTU,
    "targetDedicatedNodes": 2,
    "networkConfiguration": SSH_NETWORK,
}


@pytest.fixture
def service():
    with DemoService(nodes=2, speed=200) as service:
        yield service


@pytest.fixture
def az(service, tmp_path):
    """Run ``az batch`` with the environment that the service's command prints; return what it shows, read."""
    program = os.environ.get("BATCH_WIDGETS_AZ") or shutil.which("az")
    if program is None:
        pytest.fail("there is no az: `make test-az` installs it")
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "AZURE_CONFIG_DIR": str(tmp_path / "azure"),
        "AZURE_CORE_COLLECT_TELEMETRY": "false",
        "AZURE_BATCH_ACCOUNT": service.account_name,
        "AZURE_BATCH_ENDPOINT": service.endpoint,
        "AZURE_BATCH_ACCESS_KEY": service.account_key,
    }

    def run(*arguments):
        done = subprocess.run(
            [program, "batch", *arguments],
            env=environment,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout) if done.stdout.strip() else None

    return run


def test_the_builders_command_creates_the_builders_pool(az, service, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    account = bw.connect(service.endpoint, account_name=service.account_name, account_key=service.account_key)
    try:
        image = bw.select_image(account.list_supported_images(), "ubuntu 22.04", latest=True)
        for spec in (
            bw.PoolSpec(pool_id="by-options", vm_size="Standard_D2s_v3", image=image),
            bw.PoolSpec(pool_id="by-file", vm_size="Standard_D2s_v3", image=image, allow_ssh=True, ssh_sources=("*",)),
        ):
            body = spec.to_body()
            assert needs_file(body) is (spec.pool_id == "by-file")
            (tmp_path / file_name(body)).write_text(spec.to_json())
            command = create_pool_command(body, service.endpoint, service.account_name)
            words = shlex.split(command.replace("\\\n", " "))
            assert words[:2] == ["az", "batch"]
            az(*words[2:])
            found = account.get_pool(spec.pool_id).body
            assert {name: found[name] for name in body if name != "resizeTimeout"} == {
                name: value for name, value in body.items() if name != "resizeTimeout"
            }
    finally:
        account.close()


def wait_for_nodes(az, pool_id, count):
    deadline = time.monotonic() + 60
    while True:
        nodes = az("node", "list", "--pool-id", pool_id)
        if [node["state"] for node in nodes] == ["idle"] * count:
            return nodes
        assert time.monotonic() < deadline, nodes
        time.sleep(0.5)


def test_images_pool_nodes_user_and_login_settings(az, service, tmp_path):
    images = az("pool", "supported-images", "list")
    assert len(images) > 50
    assert {"imageReference", "nodeAgentSkuId", "osType"} <= images[0].keys()

    description = tmp_path / "pool.json"
    description.write_text(json.dumps(POOL))
    az("pool", "create", "--json-file", str(description))
    nodes = wait_for_nodes(az, "from-json", 2)
    where = ("--pool-id", "from-json", "--node-id", nodes[0]["id"])

    az("node", "user", "create", *where, "--name", "alice", "--password", PASSWORD, "--is-admin")
    settings = az("node", "remote-login-settings", "show", *where)
    assert settings["remoteLoginIpAddress"] == "127.0.0.1"
    assert 1024 <= settings["remoteLoginPort"] <= 65_535
    az("node", "user", "reset", *where, "--user-name", "alice", "--password", PASSWORD + "x")
    az("node", "user", "delete", *where, "--user-name", "alice", "--yes")
    assert service.requests["DELETE", "delete_node_user"] == 1

    az("pool", "delete", "--pool-id", "from-json", "--yes")
    assert az("pool", "show", "--pool-id", "demo", "--query", "state") == "active"


def test_a_pool_from_options_and_its_changes(az):
    image = "canonical:0001-com-ubuntu-server-jammy:22_04-lts"
    agent = "batch.node.ubuntu 22.04"
    size = ("--vm-size", "Standard_D2s_v3", "--target-dedicated-nodes", "1")
    az("pool", "create", "--id", "p", "--image", image, "--node-agent-sku-id", agent, *size)
    wait_for_nodes(az, "p", 1)
    az("pool", "resize", "--pool-id", "p", "--target-dedicated-nodes", "2")
    nodes = wait_for_nodes(az, "p", 2)
    az("pool", "set", "--pool-id", "p", "--metadata", "a=b")
    assert az("pool", "show", "--pool-id", "p", "--query", "metadata") == [{"name": "a", "value": "b"}]
    az("pool", "reset", "--pool-id", "p", "--start-task-command-line", "echo hello")
    az("node", "reboot", "--pool-id", "p", "--node-id", nodes[0]["id"])
    wait_for_nodes(az, "p", 2)
    az("node", "delete", "--pool-id", "p", "--node-list", nodes[0]["id"])
    (left,) = wait_for_nodes(az, "p", 1)
    assert left["id"] == nodes[1]["id"]
    az("pool", "autoscale", "enable", "--pool-id", "p", "--auto-scale-formula", "$TargetDedicatedNodes = 1")
    run = az("pool", "autoscale", "evaluate", "--pool-id", "p", "--auto-scale-formula", "$TargetDedicatedNodes = 3")
    assert run["results"].startswith("$TargetDedicatedNodes=3;")
    files = az("node", "file", "list", "--pool-id", "p", "--node-id", left["id"])
    assert "startup" in [file["name"] for file in files]
