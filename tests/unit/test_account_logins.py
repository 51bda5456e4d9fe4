"""Login settings and SSH commands from the account, and why a node has none."""

from __future__ import annotations

import shlex
from datetime import UTC, datetime

import pytest

from batch_widgets.errors import NotFoundError, ServiceError
from batch_widgets.login import NO_SSH_PORT, RemoteLoginSettings
from unit.accounts import PAUSE, SERVER_ERROR
from unit.fakes import NEVER_SENT, make_account


def test_login_settings(account, service):
    service.add_pool("p", nodes=3)
    settings = account.list_remote_login_settings("p")
    assert [(one.node_id, one.port) for one in settings] == [("tvm-0", 40000), ("tvm-1", 40001), ("tvm-2", 40002)]
    assert [one.node_id for one in account.list_remote_login_settings("p", ["tvm-2", "tvm-0", "tvm-2"])] == [
        "tvm-2",
        "tvm-0",
    ]


def test_a_pool_without_a_mapping_is_not_asked(account, service):
    service.add_pool("p", nodes=2, body={})
    settings = account.list_remote_login_settings("p")
    assert [one.reachable for one in settings] == [False, False]
    assert all(one.reason.startswith(NO_SSH_PORT) for one in settings)
    assert service.count("get_remote_login_settings") == 0


def test_an_older_pool_may_have_a_port_all_the_same(account, service):
    service.add_pool("p", nodes=1, body={}, creation_time=datetime(2025, 11, 29, tzinfo=UTC))
    assert account.list_remote_login_settings("p")[0].reachable


def test_a_windows_pool_is_asked(account, service):
    service.add_pool("p", nodes=1, body={}, node_agent_sku_id="batch.node.windows amd64")
    assert account.list_remote_login_settings("p")[0].reachable


@pytest.mark.parametrize(
    ("error", "times", "reachable"),
    [
        (ServiceError("Not valid here.", code="OperationNotValidOnNode", status=409), 9, False),
        (NotFoundError("Nothing.", status=404), 9, False),
        (PAUSE, 7, True),
        (SERVER_ERROR, 7, True),
        (NEVER_SENT, 7, True),
        (PAUSE, 8, False),
    ],
)
@pytest.mark.usefixtures("breathless")
def test_a_node_without_a_way_in_says_why(account, service, error, times, reachable):
    service.add_pool("p", nodes=2)
    service.fail("get_remote_login_settings", error, times=times, when=lambda _, node: node == "tvm-0")
    first, second = account.list_remote_login_settings("p")
    assert first.reachable is reachable
    assert bool(first.reason) is not reachable
    assert second.reachable


def test_ssh_commands_of_the_reachable_nodes(account):
    settings = [RemoteLoginSettings("a", "203.0.113.5", 40_000), RemoteLoginSettings("b", reason="No port.")]
    commands = account.ssh_commands("alice", settings)
    assert set(commands) == {"a"}
    assert "StrictHostKeyChecking=accept-new" in shlex.split(commands["a"])
    assert not account.known_hosts.exists()
    assert account.ssh_command("alice", settings[0]) == commands["a"]


def test_known_host_keys_are_written_first(service):
    def host_keys(node_ids):
        return {node_id: "ssh-ed25519 AAAA" for node_id in node_ids if node_id == "a"}

    settings = [RemoteLoginSettings(node_id, "127.0.0.1", 2200) for node_id in "ab"]
    with make_account(service, host_keys=host_keys) as account:
        commands = account.ssh_commands("alice", settings)
        assert account.known_hosts.read_text() == "a ssh-ed25519 AAAA\n"
    assert "StrictHostKeyChecking=yes" in shlex.split(commands["a"])
    assert "StrictHostKeyChecking=accept-new" in shlex.split(commands["b"])
