"""What an account hands out about logging in: settings for ssh, files for RDP, a table."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from batch_widgets.errors import ServiceError, ValidationError
from batch_widgets.login import NO_PUBLIC_ADDRESS, NO_SSH_PORT, RemoteLoginSettings, state_folder

from .fakes import SSH_BODY, make_account, make_node

WINDOWS = {
    "node_agent_sku_id": "batch.node.windows amd64",
    "body": {
        "networkConfiguration": {"endpointConfiguration": {"inboundNATPools": [{"name": "rdp", "backendPort": 3389}]}}
    },
}
PRIVATE = {"body": {"networkConfiguration": {"publicIPAddressConfiguration": {"provision": "noPublicIPAddresses"}}}}


def nodes(*states):
    return tuple(make_node(f"tvm-{n}", state, ip_address=f"10.0.0.{n + 4}") for n, state in enumerate(states))


def hosts_in(text):
    return [line.split()[1] for line in text.splitlines() if line.startswith("Host ")]


def test_ssh_config(account, service):
    service.add_pool("p", nodes=nodes("idle", "running", "creating"))
    service.fail("get_remote_login_settings", ServiceError("Not now."), when=lambda _, node: node == "tvm-2")
    text = account.ssh_config("p", "alice", identity_file=Path("/k/id"))
    assert hosts_in(text) == ["p-tvm-0", "p-tvm-1"]
    assert text.endswith("# Not here: tvm-2: The node is creating.\n")
    assert text.count("    IdentityFile /k/id\n") == 2
    assert text.count(f"    UserKnownHostsFile {account.known_hosts}\n") == 2
    assert not account.known_hosts.exists()


def test_nodes_by_name_come_in_their_order(account, service):
    service.add_pool("p", nodes=nodes("idle", "idle"))
    assert hosts_in(account.ssh_config("p", "me", nodes=["tvm-1", "tvm-0", "tvm-1"])) == ["p-tvm-1", "p-tvm-0"]
    assert hosts_in(account.ssh_config("p", "me", nodes=["tvm-1", "tvm-0", "tvm-1"], private=True)) == [
        *("p-tvm-1", "p-tvm-0")
    ]
    assert hosts_in(account.ssh_config("p", "me", nodes="tvm-1", private=True)) == ["p-tvm-1"]
    assert "tvm-9: The pool has no node of that id." in account.ssh_config("p", "me", nodes=["tvm-9"])


def test_private_addresses_are_not_asked_for(account, service):
    service.add_pool("p", nodes=(*nodes("idle"), make_node("tvm-1", "creating")), **PRIVATE)
    text = account.ssh_config("p", "alice", private=True)
    assert "    HostName 10.0.0.4\n    Port 22\n" in text
    assert "# Not here: tvm-1: The node has no address inside the pool's network now." in text
    assert not service.count("get_remote_login_settings")
    assert f"# Not here: tvm-0: {NO_PUBLIC_ADDRESS}" in account.ssh_config("p", "alice")


def test_the_demos_host_keys_are_written_before_they_are_needed(service):
    service.add_pool("p", nodes=nodes("idle", "idle"))
    with make_account(
        service, host_keys=lambda ids: {one: "ssh-ed25519 A" for one in ids if one == "tvm-0"}
    ) as account:
        text = account.ssh_config("p", "alice")
        assert account.known_hosts.read_text() == "tvm-0 ssh-ed25519 A\n"
    assert [line.split()[1] for line in text.splitlines() if "StrictHost" in line] == ["yes", "accept-new"]


def test_write_ssh_config(account, service, tmp_path):
    service.add_pool("p", nodes=nodes("idle"))
    path = account.write_ssh_config("p", "alice")
    assert path == account.ssh_config_file("p") == state_folder() / "ssh_config_fake_p"
    assert path.read_text() == account.ssh_config("p", "alice")
    assert account.write_ssh_config("p", "bob", path=str(tmp_path / "mine")) == tmp_path / "mine"
    assert "User bob" in (tmp_path / "mine").read_text()
    with pytest.raises(ValidationError, match="left alone"):
        account.write_ssh_config("p", "alice", path="~/.ssh/config")


def test_rdp_files(account, service):
    service.add_pool("w", nodes=nodes("idle", "idle"), **WINDOWS)
    files = account.rdp_files("w", "alice", ["tvm-1"])
    assert list(files) == ["w-tvm-1.rdp"]
    assert files["w-tvm-1.rdp"].startswith(b"full address:s:203.0.113.5:40001\r\n")
    assert account.rdp_files("w", "alice", private=True)["w-tvm-0.rdp"].startswith(b"full address:s:10.0.0.4:3389\r\n")


def test_each_system_has_its_own_way(account, service):
    service.add_pool("p", nodes=1)
    service.add_pool("w", nodes=1, **WINDOWS)
    with pytest.raises(ValidationError, match="logged in to by RDP: see rdp_files"):
        account.ssh_config("w", "alice")
    with pytest.raises(ValidationError, match="logged in to by SSH: see ssh_config"):
        account.rdp_files("p", "alice")
    assert account.login_frame("w", user="alice")["ssh_command"].isna().all()


@pytest.mark.parametrize("user", ["-oProxyCommand=id", "a b", "a\nHost *"])
def test_a_name_that_means_something_else_is_refused(account, service, user):
    service.add_pool("p", nodes=1)
    for call in (account.ssh_config, account.write_ssh_config):
        with pytest.raises(ValidationError):
            call("p", user)
    assert not account.ssh_config_file("p").exists()


def test_login_frame(account, service):
    service.add_pool("p", nodes=nodes("idle", "starttaskfailed", "preempted"))
    service.fail("get_remote_login_settings", ServiceError("Not now."), when=lambda _, node: node != "tvm-0")
    frame = account.login_frame("p", user="alice").set_index("node_id")
    assert frame.loc["tvm-0", "ssh_command"].endswith("-p 40000 alice@203.0.113.5")
    assert frame.loc["tvm-0", ["reason", "remedy"]].isna().all()
    assert frame.loc["tvm-1", "reason"] == "The node's start task failed."
    assert "reimage" in frame.loc["tvm-1", "remedy"]
    assert frame.loc["tvm-2", "reason"] == "The node was preempted."
    assert frame["private_ip_address"].tolist() == ["10.0.0.4", "10.0.0.5", "10.0.0.6"]
    private = account.login_frame("p", user="alice", nodes=["tvm-1"], private=True)
    assert private["ssh_command"][0].endswith("-p 22 alice@10.0.0.5")
    assert account.login_frame("p")["ssh_command"].isna().all()


def test_a_pool_without_a_port(account, service):
    service.add_pool("p", nodes=2, body={})
    frame = account.login_frame("p", user="alice")
    assert set(frame["reason"]) == {NO_SSH_PORT}
    assert not service.count("get_remote_login_settings")


def test_commands_by_private_address(account):
    settings = [
        RemoteLoginSettings("a", "203.0.113.5", 40_000),
        RemoteLoginSettings("b", reason="No port.", private_ip_address="10.0.0.5"),
    ]
    assert set(account.ssh_commands("alice", settings, private=True)) == {"b"}
    assert account.ssh_command("alice", settings[1], private=True).endswith("-p 22 alice@10.0.0.5")
    with pytest.raises(ValidationError, match="b: No port"):
        account.ssh_command("alice", settings[1])


def test_the_same_as_coroutines(account, service, tmp_path):
    service.add_pool("p", nodes=nodes("idle"), body=SSH_BODY)
    service.add_pool("w", nodes=nodes("idle"), **WINDOWS)

    async def ask():
        path = await account.aio.write_ssh_config("p", "alice", path=tmp_path / "config")
        return (
            await account.aio.ssh_config("p", "alice"),
            path.read_text(),
            (await account.aio.write_ssh_config("p", "alice")),
            await account.aio.rdp_files("w", "alice"),
            await account.aio.login_frame("p", user="alice"),
        )

    text, written, path, files, frame = asyncio.run(ask())
    assert text == written == account.ssh_config("p", "alice")
    assert path == account.ssh_config_file("p")
    assert files == account.rdp_files("w", "alice")
    assert frame.equals(account.login_frame("p", user="alice"))
