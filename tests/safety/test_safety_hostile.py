"""Hostile text in what is made for shells, ssh, Python, Bicep and Remote Desktop: it stays text."""

import json
import re
import shlex
import subprocess
from pathlib import Path

import azure.batch
import pytest
from hostile_texts import ALL, CANARY, LONG

from batch_widgets import pools
from batch_widgets.errors import ValidationError
from batch_widgets.login import RemoteLoginSettings, SshHost, rdp_file, ssh_command, ssh_config
from batch_widgets.sdk.code import create_pool_code

NODE = "tvmps_6d7bd9803a1c8a0e_d"
ENDPOINT = "https://contoso.eastus.batch.azure.com"
STUB = """#!/bin/bash
printf '%s\\0' "$@" > "$STUB_SAYS"
"""


@pytest.fixture
def shell(tmp_path):
    """Run a line in bash, in an empty folder, with stubs for commands; give the words that the stub got."""
    stubs, room = tmp_path / "bin", tmp_path / "room"
    stubs.mkdir()
    room.mkdir()
    for name in ("ssh", "az"):
        (stubs / name).write_text(STUB)
        (stubs / name).chmod(0o755)
    says = tmp_path / "says"

    def run(line):
        says.unlink(missing_ok=True)
        environment = {"PATH": f"{stubs}:/usr/bin:/bin", "HOME": str(room), "STUB_SAYS": str(says)}
        script = tmp_path / "script.sh"
        script.write_bytes(line.encode("utf-8", "surrogateescape"))
        subprocess.run(["bash", str(script)], cwd=room, env=environment, check=False, capture_output=True, timeout=30)
        left = sorted(entry.name for entry in room.iterdir())
        assert not left, f"the shell made {left} of {line!r}"
        return says.read_bytes().decode("utf-8", "surrogateescape").split("\0")[:-1] if says.exists() else None

    return run


def test_the_shell_would_tell(shell):
    assert shell("ssh a 'b c'\n") == ["a", "b c"]
    with pytest.raises(AssertionError, match=CANARY):
        shell(f"ssh $(touch {CANARY})\n")


def endings(make):
    """Make a text with hostile input; None where that is refused."""
    try:
        return make()
    except ValidationError:
        return None


@pytest.mark.safety("Hostile text: ssh commands, run by bash")
def test_ssh_commands(shell, attempts):
    good = {"user": "alice", "node": NODE, "address": "203.0.113.5", "reason": "", "identity": "/k", "hosts": "/h"}
    for place in good:
        for text in ALL:
            given = {**good, place: text}
            settings = RemoteLoginSettings(given["node"], given["address"], 40_017, reason=given["reason"])
            paths = [Path("/x") / given[name].strip("/") for name in ("identity", "hosts")]
            line = endings(
                lambda given=given, settings=settings, paths=paths: ssh_command(
                    given["user"], settings, identity_file=paths[0], known_hosts=paths[1]
                )
            )
            what = f"{place}: {text!r}"
            if line is None or "\0" in line or "\ud800" in line:
                attempts.case(what, got_through=line is not None and place not in {"identity", "hosts"} and line)
                continue
            words = shell(line + "\n")
            wrong = words != shlex.split(line)[1:] or words[-1] != f"{given['user']}@{given['address']}"
            attempts.case(what, got_through=wrong and (line, words))


@pytest.mark.safety("Hostile text: ssh config, read by ssh")
def test_ssh_config(tmp_path, attempts):
    good = {"pool": "p", "user": "alice", "node": NODE, "address": "203.0.113.5", "reason": "", "identity": "/k"}
    path = tmp_path / "config"
    for place in good:
        for text in ALL:
            given = {**good, place: text}
            hosts = [
                SshHost(RemoteLoginSettings(NODE, "203.0.113.5", 40_017), "bob"),
                SshHost(
                    RemoteLoginSettings(given["node"] + "2" * (place != "node"), given["address"], 40_018),
                    given["user"],
                    Path("/x") / given["identity"].strip("/"),
                ),
                SshHost(RemoteLoginSettings("away", reason=given["reason"]), "bob"),
            ]
            made = endings(lambda hosts=hosts, given=given: ssh_config(given["pool"], hosts, known_hosts=Path("/h")))
            what = f"{place}: {text!r}"
            if made is None or "\ud800" in made:
                attempts.case(what, got_through=made is not None and place != "identity" and made)
                continue
            path.write_bytes(made.encode())
            for host, wanted in ((NODE, "203.0.113.5"), ("elsewhere", "elsewhere")):
                read = subprocess.run(
                    ["ssh", "-G", "-F", str(path), host], cwd=tmp_path, check=False, capture_output=True, text=True
                )
                said = dict(line.partition(" ")[::2] for line in read.stdout.splitlines())
                wrong = read.returncode or said.get("hostname") != wanted or "proxycommand" in said
                wrong = wrong or (tmp_path / CANARY).exists()
                attempts.case(f"{what}, {host}", got_through=wrong and (made, read.stderr))


@pytest.mark.safety("Hostile text: files for Remote Desktop")
def test_rdp_files(attempts):
    for place in ("user", "address"):
        for text in ALL:
            given = {"user": "alice", "address": "203.0.113.5", place: text}
            settings = RemoteLoginSettings(NODE, given["address"], 50_000)
            made = endings(lambda given=given, settings=settings: rdp_file(given["user"], settings))
            if made is not None:
                lines = made.decode("utf-16" if made[:2] == b"\xff\xfe" else "ascii").split("\r\n")
                keys = [line.partition(":")[0] for line in lines]
                wrong = keys != ["full address", "username", "prompt for credentials", ""]
                wrong = wrong or any(re.search(r"[\r\n\x85\u2028\0]", line) for line in lines)
            attempts.case(f"{place}: {text!r}", got_through=made is not None and wrong and made)


def bodies(text):
    """Give pools with a text in each place that takes one."""
    image = {"publisher": "canonical", "offer": "o", "sku": "s", "version": "latest"}
    machine = {"imageReference": image, "nodeAgentSKUId": "batch.node.ubuntu 22.04"}
    plain = {"id": "p", "vmSize": "standard_d2s_v3", "virtualMachineConfiguration": machine}
    for name in ("id", "vmSize", "autoScaleFormula", "displayName", "resizeTimeout"):
        yield name, {**plain, name: text}
    for name in image:
        changed = {**machine, "imageReference": {**image, name: text}}
        yield f"image {name}", {**plain, "virtualMachineConfiguration": changed}
    yield "node agent", {**plain, "virtualMachineConfiguration": {**machine, "nodeAgentSKUId": text}}
    by_id = {**machine, "imageReference": {"virtualMachineImageId": text}}
    yield "image id", {**plain, "virtualMachineConfiguration": by_id}
    yield "metadata", {**plain, "metadata": [{"name": text, "value": text}]}
    yield (
        "environment",
        {**plain, "startTask": {"commandLine": text, "environmentSettings": [{"name": text, "value": text}]}},
    )
    yield "a name", {**plain, text: 1}
    yield "a name inside", {**plain, "startTask": {"commandLine": "x", text: [text, {text: text}]}}


FLAGS = {
    *("--account-name", "--account-endpoint", "--json-file", "--id", "--vm-size", "--image", "--node-agent-sku-id"),
    *("--resize-timeout", "--auto-scale-formula"),
}


@pytest.mark.timeout(300)
@pytest.mark.safety("Hostile text: az commands, run by bash")
def test_az_commands(shell, attempts):
    """Nothing is run, and no value is one that az itself would read as an option or as the name of a file."""
    for text in ALL:
        for place, body in bodies(text):
            line = pools.create_pool_command(body, ENDPOINT, "contoso")
            if "\0" in line or "\ud800" in line:
                attempts.case(f"{place}: {text!r}", got_through="")
                continue
            words = shell(line)
            values = words[4::2]
            wrong = words[:3] != ["batch", "pool", "create"] or not set(words[3::2]) <= FLAGS
            wrong = wrong or any(value.startswith(("@", "-")) for value in values)
            wrong = wrong or ("--json-file" not in words and text not in ":".join(values))
            attempts.case(f"{place}: {text!r}", got_through=wrong and (line, words))


@pytest.fixture
def run_code(monkeypatch, tmp_path):
    """Run a script that creates a pool; give the pool as it would be sent."""
    monkeypatch.chdir(tmp_path)
    sent = []

    class Client:
        def __init__(self, *_arguments, **_options):
            pass

        def create_pool(self, pool):
            sent.append(pool.as_dict())

        def __enter__(self):
            return self

        def __exit__(self, *_error):
            pass

    monkeypatch.setattr(azure.batch, "BatchClient", Client)

    def run(code):
        sent.clear()
        exec(compile(code, "script", "exec"), {})
        assert not list(tmp_path.iterdir()), f"the script made {list(tmp_path.iterdir())}"
        (pool,) = sent
        return pool

    return run


@pytest.mark.timeout(300)
@pytest.mark.safety("Hostile text: Python that is exported, run")
def test_python(run_code, attempts):
    for text in (*ALL, *LONG):
        for place, body in bodies(text):
            if place == "resizeTimeout":
                continue  # the SDK takes a duration there and nothing else
            code = create_pool_code(body, ENDPOINT, "contoso")
            try:
                pool = run_code(code)
            except Exception as error:  # noqa: BLE001
                attempts.case(f"{place}: {text[:60]!r}", got_through=(repr(error)[:300], code[:900]))
                continue
            attempts.case(f"{place}: {text[:60]!r}", got_through=pool != body and (pool, body))


BICEP_TEXT = re.compile(r"'(?:[^'\\\n$]|\\.|\$(?!\{))*'")


def skeleton(text):
    """Give what of a Bicep file is not inside quotes."""
    return BICEP_TEXT.sub("''", text.replace("'${account.id}", "'"))


@pytest.mark.timeout(300)
@pytest.mark.safety("Hostile text: Bicep")
def test_bicep(attempts):
    for text in (*ALL, *LONG):
        for (place, body), (_, harmless) in zip(
            bodies(text), bodies("ab" if text.isidentifier() else "a-b"), strict=True
        ):
            made, plain = (pools.pool_bicep(one, "contoso") for one in (body, harmless))
            outside = skeleton(made).replace(text, "ab") if text.isidentifier() else skeleton(made)
            same = outside == skeleton(plain)
            attempts.case(f"{place}: {text[:60]!r}", got_through=not same and made[:900])


@pytest.mark.safety("Hostile text: JSON")
def test_json(attempts):
    for text in (*ALL, *LONG):
        for place, body in bodies(text):
            try:
                made = pools.PoolSpec.from_body(body).to_json()
            except ValidationError:
                attempts.case(f"{place}: {text[:60]!r}", got_through="")
                continue
            attempts.case(f"{place}: {text[:60]!r}", got_through=json.loads(made) != body and made[:900])
