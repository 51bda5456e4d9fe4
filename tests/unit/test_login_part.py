"""LoginPart: what it hands out of the nodes that are meant, and what it says of those that are left out."""

from __future__ import annotations

import csv
import io
import shlex
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from batch_widgets.account.ledger import GivenUser
from batch_widgets.login import RemoteLoginSettings, state_folder
from batch_widgets.nodes import NodeOutcome
from batch_widgets.widgets.controls import close_tree
from batch_widgets.widgets.lean import show
from batch_widgets.widgets.login_part import LoginPart
from batch_widgets.widgets.node_view import NodesView
from unit.fakes import make_account, make_node, make_pool
from unit.test_panel import shown, wait_until

WINDOWS = {
    "node_agent_sku_id": "batch.node.windows amd64",
    "body": {"networkConfiguration": {"endpointConfiguration": {"inboundNATPools": [{"backendPort": 3389}]}}},
}
ALLOCATED = datetime(2026, 1, 2, tzinfo=UTC)


class Panel:
    """What stands around the part: the last view, the selection, the ledger."""

    def __init__(self, account, states=("idle", "idle", "idle", "creating"), **pool):
        nodes = tuple(
            make_node(f"tvm-{n}", state, ip_address=f"10.0.0.{n + 4}", allocation_time=ALLOCATED)
            for n, state in enumerate(states)
        )
        logins = {
            node.id: RemoteLoginSettings(node.id, "203.0.113.5", 40_000 + n)
            for n, node in enumerate(nodes)
            if node.usable
        }
        self.view = NodesView(("p",), make_pool("p", **pool), nodes, logins, asked_id="p")
        self.selected = ()
        self.ledger = account.users_given
        self.part = LoginPart(account, lambda: self.view, lambda: self.selected)
        _ = self.part.model_id

    def add(self, name, *node_ids, identity_file=None):
        for node_id in node_ids:
            outcome = NodeOutcome(node_id, "added", allocation_time=ALLOCATED)
            self.ledger.record("p", GivenUser(name, identity_file=identity_file), outcome)
        self.part.refresh()

    def select(self, *node_ids):
        self.selected = node_ids
        self.part.refresh()


@pytest.fixture
def make_panel(account):
    made = []

    def make(*arguments, **options):
        made.append(Panel(options.pop("account", account), *arguments, **options))
        return made[-1]

    yield make
    for panel in made:
        close_tree(panel.part)


@pytest.fixture
def panel(make_panel):
    panel = make_panel()
    panel.add("alice", "tvm-0", "tvm-1", identity_file=Path("/k/id"))
    return panel


def asked(button):
    """Press a copy button on a page, and give what the page gets."""
    sent = []
    button.send = lambda content, buffers=None: sent.append(content)
    button._handle_custom_msg({"type": "text", "page": "p1", "request": 1}, [])
    (answer,) = sent
    assert (answer["page"], answer["request"]) == ("p1", 1)
    return answer["text"]


def offered(button, monkeypatch):
    """Press a download button, and give name and content of what is offered."""
    offers = []
    monkeypatch.setattr(button, "offer", lambda name, data: offers.append((name, data)))
    button._handle_custom_msg({"type": "click", "page": "p1"}, [])
    (offer,) = offers
    return offer


def hosts_in(text):
    return [line.split()[1] for line in text.splitlines() if line.startswith("Host ")]


def test_all_nodes_are_meant_where_none_is_selected(panel):
    assert "2 of all 4 nodes; left out: 2 without a user added here" in panel.part.counts.value
    assert hosts_in(asked(panel.part.copy_config)) == ["p-tvm-0", "p-tvm-1"]
    panel.select("tvm-1")
    assert "For 1 selected node" in panel.part.counts.value
    assert hosts_in(asked(panel.part.copy_config)) == ["p-tvm-1"]
    panel.select("gone")  # what is selected may be gone since
    assert "all 4 nodes" in panel.part.counts.value


def test_each_node_has_its_own_user(panel):
    panel.add("bob", "tvm-2", "tvm-3")
    assert "3 of all 4 nodes; left out: 1 without an address" in panel.part.counts.value
    lines = [shlex.split(line) for line in asked(panel.part.copy_commands).splitlines()]
    assert [words[-1].split("@")[0] for words in lines] == ["alice", "alice", "bob"]
    assert ["/k/id" in words for words in lines] == [True, True, False]
    config = asked(panel.part.copy_config)
    assert config.count("User alice") == 2
    assert config.count("IdentityFile /k/id") == 2


def test_private_addresses(panel):
    panel.add("bob", "tvm-3")
    panel.part.private.value = True
    assert "3 of all 4 nodes; left out: 1 without a user added here" in panel.part.counts.value
    commands = asked(panel.part.copy_commands).splitlines()
    assert [command.rpartition(" -p ")[2] for command in commands] == [
        *("22 alice@10.0.0.4", "22 alice@10.0.0.5", "22 bob@10.0.0.7")
    ]
    assert "HostName 10.0.0.7" in asked(panel.part.copy_config)


def test_the_file_is_written_and_used_by_its_command(panel):
    panel.part.write_button.click()
    wait_until(lambda: panel.part.message.visible)
    path = state_folder() / "ssh_config_fake_p"
    assert hosts_in(path.read_text()) == ["p-tvm-0", "p-tvm-1"]
    assert str(path) in panel.part.message.text
    assert shlex.split(panel.part.copy_written.text) == ["ssh", "-F", str(path), "p-tvm-0"]
    assert shown(panel.part._written)


def test_a_file_that_can_not_be_written_is_told(panel):
    path = state_folder() / "ssh_config_fake_p"
    path.parent.mkdir(parents=True)
    path.write_text("Host mine\n")
    panel.part.write_button.click()
    wait_until(lambda: panel.part.message.visible)
    assert "was not made by batch_widgets" in panel.part.message.text
    assert not shown(panel.part._written)
    assert path.read_text() == "Host mine\n"


def test_a_name_that_ssh_would_misread_is_told(panel):
    panel.add("a$b", "tvm-2")
    assert asked(panel.part.copy_config) == ""
    assert panel.part.message.visible


def test_what_nobody_expected_is_told_too(panel, monkeypatch, caplog):
    def fail(*_, **__):
        raise RuntimeError("<b>")

    monkeypatch.setattr("batch_widgets.login.login_frame", fail)
    panel.part.csv_button._handle_custom_msg({"type": "click", "page": "p1"}, [])
    assert "Something unexpected" in panel.part.message.text
    assert "RuntimeError" in caplog.text


def test_csv_has_every_node(panel, monkeypatch):
    name, content = offered(panel.part.csv_button, monkeypatch)
    assert name == "p-logins.csv"
    rows = list(csv.DictReader(io.StringIO(content.decode())))
    assert [row["node_id"] for row in rows] == ["tvm-0", "tvm-1", "tvm-2", "tvm-3"]
    assert rows[0]["ssh_command"] == asked(panel.part.copy_commands).splitlines()[0]
    assert rows[2]["ssh_command"] == ""
    assert (rows[3]["reason"], rows[3]["port"]) == ("The node is creating.", "")
    assert rows[3]["private_ip_address"] == "10.0.0.7"


def test_windows_nodes(make_panel, monkeypatch):
    panel = make_panel(**WINDOWS)
    part = panel.part
    assert shown(part.rdp_button)
    assert part.rdp_button.disabled
    assert not any(shown(one) for one in (part.copy_config, part.write_button, part.copy_commands))
    panel.add("alice", "tvm-0", "tvm-1", "tvm-3")
    name, content = offered(part.rdp_button, monkeypatch)
    assert name == "p-rdp.zip"
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.namelist() == ["p-tvm-0.rdp", "p-tvm-1.rdp"]
    panel.select("tvm-1")
    name, content = offered(part.rdp_button, monkeypatch)
    assert name == "p-tvm-1.rdp"
    assert content.startswith(b"full address:s:203.0.113.5:40001\r\n")
    rows = list(csv.DictReader(io.StringIO(offered(part.csv_button, monkeypatch)[1].decode())))
    assert [row["ssh_command"] for row in rows] == [""]


def test_linux_nodes_have_no_files_for_rdp(panel):
    assert not shown(panel.part.rdp_button)
    assert all(shown(one) for one in (panel.part.copy_config, panel.part.write_button, panel.part.copy_commands))


def test_nothing_to_hand_out(make_panel):
    panel = make_panel()
    part = panel.part
    assert all(one.disabled for one in (part.copy_config, part.write_button, part.copy_commands))
    assert not part.csv_button.disabled
    panel.view = NodesView(("p",))
    part.refresh()
    assert "No nodes." in part.counts.value
    assert part.csv_button.disabled
    assert part.ssh_config() == ""
    assert part.rdp() == ("", b"")


def test_one_node(make_panel):
    panel = make_panel(("idle",))
    panel.add("alice", "tvm-0")
    assert "For the 1 node" in panel.part.counts.value


def test_it_follows_only_while_it_is_shown(panel):
    show(panel.part, visible=False)
    before = panel.part.counts.value
    panel.select("tvm-1")
    assert panel.part.counts.value == before
    show(panel.part, visible=True)
    panel.part.refresh()
    assert "For 1 selected node" in panel.part.counts.value


def test_a_closed_account_writes_nothing(service, make_panel):
    account = make_account(service)
    panel = make_panel(account=account)
    panel.add("alice", "tvm-0")
    account.close()
    panel.part.write_button.click()
    assert panel.part.message.visible
    assert "closed" in panel.part.message.text
    panel.part.refresh()
    assert panel.part.write_button.disabled
    assert not panel.part.copy_config.disabled  # that asks nobody


def test_known_host_keys_are_written_before_the_command_is_copied(service, make_panel):
    with make_account(service, host_keys=lambda ids: dict.fromkeys(ids, "ssh-ed25519 A")) as account:
        panel = make_panel(account=account)
        panel.add("alice", "tvm-0")
        assert "StrictHostKeyChecking=yes" in asked(panel.part.copy_commands)
        assert account.known_hosts.read_text() == "tvm-0 ssh-ed25519 A\n"


def test_nothing_of_it_is_state(panel):
    panel.part.write_button.click()
    wait_until(lambda: panel.part.message.visible)
    for one in (panel.part.copy_config, panel.part.copy_commands):
        assert one.get_state()["text"] == ""
