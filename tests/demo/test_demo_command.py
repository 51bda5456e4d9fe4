"""The command: what it prints, how it ends, and that its flags do what they say."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager

import pytest
from azure.batch import BatchClient, models
from azure.core.credentials import AzureNamedKeyCredential
from azure.core.exceptions import HttpResponseError, ServiceResponseError

from batch_widgets.demo.__main__ import main


def start_process(*arguments):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COV")}
    return subprocess.Popen(
        [sys.executable, "-m", "batch_widgets.demo", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_command_line_prints_three_lines_and_stops(number):
    with start_process("--nodes", "1", "--seed", "5", "--speed", "instant") as process:
        lines = [process.stdout.readline().rstrip("\n") for _ in range(3)]
        port = re.fullmatch(r"AZURE_BATCH_ENDPOINT=http://127\.0\.0\.1:(\d+)", lines[0])[1]
        assert lines[1] == "AZURE_BATCH_ACCOUNT=demo"
        assert re.fullmatch(r"AZURE_BATCH_ACCESS_KEY=[A-Za-z0-9+/=]+", lines[2])
        with socket.create_connection(("127.0.0.1", int(port)), timeout=5):
            pass
        process.send_signal(number)
        rest, errors = process.communicate(timeout=20)
    assert (process.returncode, rest) == (0, "")
    assert "Traceback" not in errors


@pytest.mark.parametrize(
    "arguments",
    [
        ["--port", "x"],
        ["--port", "70000"],
        ["--nodes", "-1"],
        ["--speed", "0"],
        ["--speed", "nan"],
        ["--what"],
        ["--core-quota", "many"],
        ["--unusable-share", "1.5"],
        ["--spot-life", "0"],
        ["--resize-error", "Nothing"],
        ["--fault", "flood"],
        ["--fault", "latency operation=nothing"],
    ],
)
def test_wrong_arguments_on_the_command_line(arguments, capsys):
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert arguments[0] in capsys.readouterr().err


@contextmanager
def serving(*arguments):
    """Run the command; give a client of what it serves."""
    with start_process(*arguments) as process:
        try:
            told = dict(process.stdout.readline().rstrip("\n").split("=", 1) for _ in range(3))
            credential = AzureNamedKeyCredential(told["AZURE_BATCH_ACCOUNT"], told["AZURE_BATCH_ACCESS_KEY"])
            with BatchClient(told["AZURE_BATCH_ENDPOINT"], credential, retry_total=0) as client:
                yield client
        finally:
            process.terminate()
            process.communicate(timeout=20)


def create(client, pool_id="p", dedicated=1, spot=0):
    image = models.BatchVmImageReference(publisher="canonical", offer="0001-com-ubuntu-server-jammy", sku="22_04-lts")
    machine = models.VirtualMachineConfiguration(image_reference=image, node_agent_sku_id="batch.node.ubuntu 22.04")
    options = models.BatchPoolCreateOptions(
        id=pool_id,
        vm_size="Standard_D2s_v3",
        virtual_machine_configuration=machine,
        target_dedicated_nodes=dedicated,
        target_low_priority_nodes=spot,
    )
    client.create_pool(options)
    return client.get_pool(pool_id)


def codes(pool):
    return {error.code for error in pool.resize_errors or ()}


def refusal(call, *arguments):
    with pytest.raises(HttpResponseError) as caught:
        call(*arguments)
    return caught.value.status_code, caught.value.error.code


def test_quotas_are_set_by_flags():
    flags = ("--core-quota", "6", "--spot-core-quota", "2", "--pool-quota", "6")
    with serving("--nodes", "2", "--speed", "instant", *flags) as client:
        pool = create(client, dedicated=3, spot=3)
        assert (pool.current_dedicated_nodes, pool.current_low_priority_nodes) == (1, 1)
        assert codes(pool) == {"AccountCoreQuotaReached", "AccountLowPriorityCoreQuotaReached"}
        assert refusal(create, client, "q") == (409, "PoolQuotaReached")


def test_the_room_of_the_region_is_set_by_a_flag():
    with serving("--nodes", "2", "--speed", "instant", "--region-cores", "6") as client:
        pool = create(client, dedicated=3)
        assert pool.current_dedicated_nodes == 1
        assert codes(pool) == {"AllocationTimedOut"}


def test_machines_break_by_a_flag():
    with serving("--nodes", "0", "--speed", "instant", "--unusable-share", "1") as client:
        create(client)
        assert [node.state for node in client.list_nodes("p")] == ["unusable"]


def test_spot_nodes_are_preempted_by_a_flag():
    with serving("--nodes", "0", "--speed", "500", "--spot-life", "60") as client:
        create(client, dedicated=0, spot=1)
        deadline = time.monotonic() + 20
        while [node.state for node in client.list_nodes("p")] != ["preempted"]:
            assert time.monotonic() < deadline


def test_resizes_fail_by_a_flag():
    with serving("--nodes", "0", "--speed", "instant", "--resize-error", "DiskEncryptionFailure") as client:
        assert codes(create(client)) == {"DiskEncryptionFailure"}


def test_faults_are_added_by_flags_each_by_its_own():
    faults = (
        "error status=503 operation=list_pools times=1",
        "throttle operation=get_pool times=1 seconds=2",
        "lost operation=create_pool times=1",
    )
    flags = [word for fault in faults for word in ("--fault", fault)]
    with serving("--nodes", "0", "--speed", "instant", *flags) as client:
        assert refusal(list, client.list_pools()) == (503, "ServerBusy")
        assert "reports" in [pool.id for pool in client.list_pools()]
        assert refusal(client.get_pool, "reports") == (429, "TooManyRequests")
        assert client.get_pool("reports").id == "reports"
        with pytest.raises(ServiceResponseError):
            create(client)
        assert refusal(create, client) == (409, "PoolExists")
