"""Pools as Python of the SDK: every official example, run against the service, makes the pool that was meant."""

from __future__ import annotations

import ast
import json
import re

import pytest
from azure.batch import BatchClient, models
from official_definition import examples
from sample_bodies import FOCAL, SSH_NETWORK, UBUNTU
from signed_requests import send

import batch_widgets as bw
from batch_widgets.demo import DemoService, SteppedClock
from batch_widgets.demo.wire import parse_duration
from batch_widgets.pools.secrets import placeholders, without_secrets
from batch_widgets.sdk import create_pool_code

POOLS = {
    name: example.body for name, example in examples().items() if example.operation_id == "Pool_Add" and example.body
}
SECRETS = {
    "POOL_MOUNT_CONFIGURATION_0_AZURE_BLOB_FILE_SYSTEM_CONFIGURATION_ACCOUNT_KEY": "blob key",
    "POOL_MOUNT_CONFIGURATION_1_AZURE_FILE_SHARE_CONFIGURATION_ACCOUNT_KEY": "share key",
    "POOL_MOUNT_CONFIGURATION_3_CIFS_MOUNT_CONFIGURATION_PASSWORD": "cifs password",
}
EVERYTHING = {
    "id": "everything",
    "vmSize": "Standard_D2s_v3",
    "virtualMachineConfiguration": UBUNTU,
    "targetDedicatedNodes": 0,
    "resizeTimeout": "PT1H30M",
    "networkConfiguration": SSH_NETWORK,
    "userAccounts": [{"name": "bob", "password": "s3cret", "linuxUserConfiguration": {"uid": 5, "gid": 6}}],
    "startTask": {
        "commandLine": "/bin/sh -c 'echo \"hi\" \\ \n '",
        "resourceFiles": [{"httpUrl": "https://x.blob.core.windows.net/f?sv=1&sig=abc", "filePath": "f"}],
        "environmentSettings": [{"name": "A", "value": "b"}],
        "userIdentity": {"autoUser": {"scope": "pool", "elevationLevel": "admin"}},
    },
    "metadata": [{"name": "quotes", "value": "'\"\\\u202e`"}],
    "resourceTags": {"a": "b"},
    "somethingNew": {"nested": [1, True, None, "x"]},
}


@pytest.fixture
def service(monkeypatch):
    with DemoService(nodes=0, clock=SteppedClock()) as service:
        monkeypatch.setenv("AZURE_BATCH_ACCESS_KEY", service.account_key)
        yield service


def run(code, service):
    """Run a script that makes a pool, and return what it sent."""
    sent = {}
    real = BatchClient.create_pool

    def create_pool(self, pool, **options):
        sent["body"] = json.loads(json.dumps(pool.as_dict() if hasattr(pool, "as_dict") else pool))
        return real(self, pool, **options)

    BatchClient.create_pool = create_pool
    try:
        exec(compile(code, "pool.py", "exec"), {})
    finally:
        BatchClient.create_pool = real
    return sent["body"]


def without_nulls(value):
    if isinstance(value, dict):
        return {name: without_nulls(item) for name, item in value.items() if item is not None}
    return [without_nulls(item) for item in value] if isinstance(value, list) else value


def offered(body):
    """Put in an image that is offered; all else is kept."""
    machine = body["virtualMachineConfiguration"]
    if "ubuntu" in machine["nodeAgentSKUId"]:
        machine = {**machine, **FOCAL}
    return without_nulls({**body, "virtualMachineConfiguration": machine})


@pytest.mark.parametrize("name", sorted(POOLS))
def test_official_pools_as_python(service, monkeypatch, name):
    body = offered(POOLS[name])
    for variable, value in SECRETS.items():
        monkeypatch.setenv(variable, value)
    code = create_pool_code(body, service.endpoint, "demo")
    sent = run(code, service)
    assert masked(sent) == masked(body)
    assert send(service, "GET", f"/pools/{body['id']}")[0] == 200


@pytest.mark.parametrize("name", sorted(POOLS))
def test_official_pools_as_json_through_rest(service, name):
    """The JSON makes the same pool once its placeholders are filled in, and none before."""
    body = offered(POOLS[name])
    written = json.loads(bw.PoolSpec.from_body(body).to_json())
    if placeholders(written):
        assert send(service, "POST", "/pools", written)[0] == 400
        written = filled(written)
    assert send(service, "POST", "/pools", written)[0] == 201
    assert send(service, "POST", "/pools", filled({**without_secrets(body), "id": "directly"}))[0] == 201
    ours, theirs = (send(service, "GET", f"/pools/{pool_id}")[2] for pool_id in (body["id"], "directly"))
    assert same(ours) == same(theirs)


def same(pool):
    """Leave out what differs between two pools that were made alike."""
    return {name: value for name, value in pool.items() if name not in {"id", "url", "eTag"}}


def filled(value):
    """Put the secrets in for which placeholders stand."""
    if isinstance(value, dict):
        return SECRETS[value["$secret"]] if value.keys() == {"$secret"} else {k: filled(v) for k, v in value.items()}
    return [filled(item) for item in value] if isinstance(value, list) else value


def masked(value, name=""):
    """Leave secrets out of a comparison, which come from the environment, and compare durations by their length."""
    if name in {"accountKey", "password"}:
        return "***"
    if isinstance(value, str) and re.fullmatch(r"P[\dTDHMS.]+", value):
        return parse_duration(value)
    if isinstance(value, dict):
        return {key: masked(item, key) for key, item in value.items()}
    return [masked(item) for item in value] if isinstance(value, list) else value


def test_no_secret_is_in_the_code_and_a_missing_one_fails_loudly(service, monkeypatch):
    code = create_pool_code(EVERYTHING, service.endpoint, "demo")
    for secret in ("s3cret", "sig=abc", service.account_key):
        assert secret not in code
    with pytest.raises(KeyError, match="POOL_USER_ACCOUNTS_0_PASSWORD"):
        run(code, service)
    monkeypatch.setenv("POOL_USER_ACCOUNTS_0_PASSWORD", "s3cret")
    url = EVERYTHING["startTask"]["resourceFiles"][0]["httpUrl"]
    monkeypatch.setenv("POOL_START_TASK_RESOURCE_FILES_0_HTTP_URL", url)
    assert masked(run(code, service)) == masked(EVERYTHING)


def test_the_code_uses_the_sdks_models_and_reads_well():
    code = create_pool_code(EVERYTHING, "https://contoso.eastus.batch.azure.com", "contoso")
    ast.parse(code)
    assert code.startswith("import os\nfrom datetime import timedelta\n\nfrom azure.batch import BatchClient, models\n")
    assert "DefaultAzureCredential()" in code
    for name in ("VirtualMachineConfiguration", "BatchStartTask", "UserAccount", "BatchInboundNatPool"):
        assert f"models.{name}(" in code
        assert hasattr(models, name)
    assert "resize_timeout=timedelta(seconds=5400)" in code
    assert "pool['somethingNew'] = " in code
    assert max(map(len, code.splitlines())) <= 120


def test_the_builders_python_makes_the_builders_pool(monkeypatch):
    account = bw.connect_demo(nodes=0, speed=50)
    builder = bw.PoolBuilder(
        account,
        pool_id="as-python",
        vm_size="Standard_D2s_v3",
        image=bw.select_image(account.list_supported_images(), "ubuntu 22.04", latest=True),
        target_dedicated_nodes=1,
        start_task_command_line="/bin/bash -c 'printenv'",
        start_task_elevated=True,
        allow_ssh=True,
        ssh_sources=("127.0.0.1",),
    )
    try:
        code = builder.to_python()
        sent = {}
        monkeypatch.setenv("AZURE_BATCH_ACCESS_KEY", "c2VjcmV0")
        monkeypatch.setattr(BatchClient, "create_pool", lambda _self, pool: sent.update(pool.as_dict()))
        exec(compile(code, "pool.py", "exec"), {})
        assert masked(sent) == masked(builder.spec.to_body())
    finally:
        builder.close()
        account.close()
