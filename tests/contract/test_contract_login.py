"""OpenSSH's own client and the files that an account writes, on nodes of the embedded service."""

from __future__ import annotations

import subprocess

import pytest
from ssh_account import SshAccount
from this_host import has_ipv6

import batch_widgets as bw
from batch_widgets.login import NO_RDP_PORT, NO_SSH_PORT, host_aliases


@pytest.fixture
def account():
    with bw.connect_demo(nodes=2, speed=50) as account:
        yield account


@pytest.fixture
def alice(account):
    """A user on both nodes; her private key."""
    key = bw.own_key()
    adding = account.add_user("demo", "alice", ssh_public_key=key.line)
    assert set(adding.result(timeout=30)["outcome"]) == {"added"}
    return key.identity_file


def ssh(path, host, *command):
    return subprocess.run(
        ["ssh", "-F", path, "-o", "BatchMode=yes", "-o", "IdentityAgent=none", host, *command],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=30,
        check=False,
    )


@pytest.mark.parametrize("known", [True, False], ids=["host keys known", "accepted once"])
def test_two_nodes_by_a_written_file(account, alice, known, monkeypatch):
    if not known:
        monkeypatch.setattr(account, "_host_keys", None)  # as with a real account
    path = account.write_ssh_config("demo", "alice", identity_file=alice)
    node_ids = [node.id for node in account.list_nodes("demo")]
    aliases = host_aliases("demo", node_ids)
    for node_id in node_ids:
        for host in (aliases[node_id], node_id):
            done = ssh(path, host, "whoami; hostname")
            assert done.returncode == 0, done.stderr
            assert done.stdout.split()[0] == "alice"
    names = {ssh(path, aliases[node_id], "hostname").stdout for node_id in node_ids}
    assert len(names) == 2  # each alias is a node of its own
    assert [line.split()[0] for line in account.known_hosts.read_text().splitlines()] == node_ids


@pytest.mark.parametrize("known", [True, False], ids=["host keys known", "accepted once"])
def test_a_changed_host_key_is_refused(account, alice, known, monkeypatch):
    if not known:
        monkeypatch.setattr(account, "_host_keys", None)
    path = account.write_ssh_config("demo", "alice", identity_file=alice)
    first, second = (node.id for node in account.list_nodes("demo"))
    assert ssh(path, first, "whoami").stdout == ssh(path, second, "whoami").stdout == "alice\n"
    lines = dict(line.split(" ", 1) for line in account.known_hosts.read_text().splitlines())
    account.known_hosts.write_text(f"{first} {lines[second]}\n{second} {lines[second]}\n")
    done = ssh(path, first, "whoami")
    assert (done.returncode, done.stdout) == (255, "")
    assert "REMOTE HOST IDENTIFICATION HAS CHANGED" in done.stderr
    assert ssh(path, second, "whoami").stdout == "alice\n"


def test_a_node_that_shows_another_key_later_is_refused(tmp_path):
    demo = SshAccount(tmp_path)
    try:
        demo.add()
        first, second = demo.nodes
        path = demo.account.write_ssh_config("demo", "alice", identity_file=demo.key)
        assert ssh(path, first, "whoami").stdout == "alice\n"
        demo.service.trouble_login("demo", first, "other host key")
        done = ssh(path, first, "whoami")
        assert (done.returncode, done.stdout) == (255, "")
        assert "REMOTE HOST IDENTIFICATION HAS CHANGED" in done.stderr
        assert ssh(path, second, "whoami").stdout == "alice\n"
    finally:
        demo.close()


def test_the_commands_of_the_table_log_in(account, alice):
    frame = account.login_frame("demo", user="alice", identity_file=alice)
    assert frame["reason"].isna().all()
    assert frame["private_ip_address"].str.startswith("10.").all()
    for command in frame["ssh_command"]:
        assert subprocess.check_output(f"{command} -n whoami", shell=True, text=True, timeout=30) == "alice\n"


def make_pool(account, pool_id, **options):
    spec = bw.PoolSpec(pool_id=pool_id, vm_size="Standard_D2s_v3", target_dedicated_nodes=1, **options)
    return account.create_pool(spec).result(timeout=60)


def image(account, system):
    images = [one for one in account.list_supported_images() if one.verified and one.os_type == system]
    return images[0]


def test_windows_nodes_by_rdp(account):
    make_pool(account, "windows", image=image(account, "windows"), allow_rdp=True, rdp_sources=("127.0.0.1",))
    ((name, content),) = account.rdp_files("windows", "alice").items()
    (settings,) = account.list_remote_login_settings("windows")
    assert name == f"{host_aliases('windows', [settings.node_id])[settings.node_id]}.rdp"
    assert content.decode() == (
        f"full address:s:{settings.ip_address}:{settings.port}\r\nusername:s:.\\alice\r\nprompt for credentials:i:1\r\n"
    )


@pytest.mark.parametrize(("system", "reason"), [("linux", NO_SSH_PORT), ("windows", NO_RDP_PORT)])
def test_a_pool_without_a_port_says_so(account, system, reason):
    make_pool(account, "closed", image=image(account, system))
    (row,) = account.login_frame("closed").to_dict("records")
    assert row["reason"] == reason
    assert "scale to 0" in row["remedy"]


def test_both_addresses_of_a_dual_stack_node(account, tmp_path):
    make_pool(
        account,
        "dual",
        image=image(account, "linux"),
        allow_ssh=True,
        ssh_sources=("127.0.0.1",),
        ip_families=("IPv4", "IPv6"),
    )
    (row,) = account.login_frame("dual").to_dict("records")
    assert row["ip_address"] == "127.0.0.1"
    assert (row["ipv6_address"] == "::1") is has_ipv6()
    assert "Port " in account.write_ssh_config("dual", "alice", path=tmp_path / "config").read_text()
