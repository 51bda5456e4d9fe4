"""The node panel on the embedded service: commands, tests of logins, terminals, what is done to nodes."""

from __future__ import annotations

import time

import pandas as pd
import pytest
from contract.ssh_account import PASSWORD, SshAccount

import batch_widgets as bw
from batch_widgets.errors import ValidationError

WAIT_S = 30


@pytest.fixture
def demo(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    (tmp_path / ".ssh").mkdir()
    demo = SshAccount(tmp_path / ".ssh", nodes=3)
    yield demo
    demo.close()


@pytest.fixture
def panel(demo):
    panel = bw.NodePanel(demo.account, "demo")
    panel.refresh().result(WAIT_S)
    yield panel
    panel.close()


def wait(ask, timeout_s=WAIT_S):
    deadline = time.monotonic() + timeout_s
    while not ask():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)


def rows(grid):
    return {row["node_id"]: row for row in grid.rows}


def typed(terminal, text):
    terminal.view._on_typed({"page": "p", "typed": True}, [memoryview(text.encode())])


def output(terminal):
    return bytes(terminal.view._kept).decode()


# commands


def test_a_command_runs_as_the_user_given_last_and_shows(demo, panel):
    demo.add()
    frame = panel.run("whoami; hostname").result(WAIT_S)
    assert list(frame["exit_status"]) == [0, 0, 0]
    assert set(frame["stdout"].str.split("\n").str[0]) == {"alice"}
    wait(lambda: len(panel.logins.command.grid.rows) == 3)
    part = panel.logins.command
    assert "3 ok" in part.title.value
    assert {row["exit_status"]["hue"] for row in part.grid.rows} == {"ok"}
    assert "alice" in part.output.value  # of the first, picked by itself
    assert panel.operation.result() is frame


def test_only_the_table_that_the_next_cell_has_says_so(demo, panel):
    demo.add()
    panel.run("true").result(WAIT_S)
    wait(lambda: panel.logins.command.hint.value)
    panel.test_login().result(WAIT_S)
    wait(lambda: [part for part in panel.users.outcomes.parts if "panel.operation.result()" in part.hint.value])
    assert not panel.logins.command.hint.value
    panel.run("true").result(WAIT_S)
    wait(lambda: panel.logins.command.hint.value)
    assert [part.hint.value for part in panel.users.outcomes.parts] == [""]


def test_what_fails_and_what_does_not_run_come_first(demo, panel):
    demo.add(nodes=demo.nodes[:2])
    demo.account.add_user("demo", "bob", ssh_public_key=demo.public.line, nodes=demo.nodes[2:]).result(WAIT_S)
    panel.run("cat 'no <b>'", user="alice", identity_file=demo.key).result(WAIT_S)
    part = panel.logins.command
    wait(lambda: len(part.grid.rows) == 3)
    assert "3 failed" in part.title.value
    found = rows(part.grid)
    assert found[demo.nodes[0]]["exit_status"]["text"] == "1"
    assert found[demo.nodes[2]]["exit_status"]["text"] == "no status"
    part.grid.selected = (demo.nodes[0],)
    assert "no &lt;b&gt;" in part.output.value
    part.grid.selected = (demo.nodes[2],)
    assert "alice" in part.output.value or "key" in part.output.value


def test_nobody_was_given_so_a_command_needs_a_user(demo, panel):
    before = demo.service.requests.total()
    with pytest.raises(ValidationError, match="No user was given to these nodes"):
        panel.run("true")
    assert demo.service.requests.total() == before


def test_the_form_runs_on_the_selected_nodes(demo, panel):
    demo.add()
    panel.selected = tuple(demo.nodes[:2])
    panel.login_button.click()
    form = panel.logins.form
    assert (form.user.value, form.credential.value) == ("alice", str(demo.key))
    assert form.run_button.description == "Run on 2 nodes"
    form.run_button.click()
    assert panel.operation is None, "without a command nothing is sent"
    form.command.value = "id"
    form.run_button.click()
    wait(lambda: set(rows(panel.logins.command.grid)) == set(demo.nodes[:2]))


def test_a_command_that_is_stopped_keeps_what_it_has(demo, panel):
    demo.add()
    operation = panel.run("sleep 1000")
    wait(lambda: operation.partial is not None and operation.progress.total == 3)
    panel.logins.command.stop_button.click()
    wait(lambda: len(panel.logins.command.grid.rows) == 3)
    assert "stopped" in panel.logins.command.title.value
    assert len(operation.partial) == 3


# tests of logins


def test_each_failure_of_a_login_has_its_row(demo, panel):
    demo.add()
    closed, changed, fine = demo.nodes
    panel.run("true", nodes=[changed]).result(WAIT_S)  # pins its host key
    demo.service.trouble_login("demo", closed, "port closed")
    demo.service.trouble_login("demo", changed, "other host key")
    frame = panel.test_login().result(WAIT_S)
    outcomes = dict(zip(frame["node_id"], frame["outcome"], strict=True))
    assert outcomes == {closed: "port closed", changed: "host key changed", fine: "ok"}
    wait(lambda: panel.users.outcomes.parts and panel.users.outcomes.parts[0].grid.rows)
    part = panel.users.outcomes.parts[0]
    assert {row["outcome"]["hue"] for row in part.grid.rows} == {"ok", "err"}
    assert "Login as alice" in part.title.value


def test_the_ledger_tells_an_unknown_user_from_a_wrong_key(demo, panel):
    demo.add(nodes=demo.nodes[:1])
    other = bw.make_key_pair(demo.key.with_name("other"))
    assert other.path
    frame = panel.test_login(user="alice", identity_file=demo.key.with_name("other")).result(WAIT_S)
    assert list(frame["outcome"]) == ["key refused", "user unknown or expired", "user unknown or expired"]


def test_a_password_is_asked_for_by_the_form(demo, panel):
    demo.account.add_user("demo", "bob", password=PASSWORD).result(WAIT_S)
    panel.login_button.click()
    form = panel.logins.form
    assert (form.user.value, form.credential.value) == ("bob", "password")
    form.test_button.click()
    assert panel.operation is None, "without a password nothing is sent"
    form.password.filled = True
    form.test_button.click()
    (ticket,) = form.password._waiting
    form.password._handle_custom_msg({"type": "secret", "id": ticket, "value": PASSWORD}, [])
    assert list(panel.operation.result(WAIT_S)["outcome"]) == ["ok"] * 3


# terminals


def test_a_terminal_answers(demo, panel):
    demo.add()
    terminal = panel.connect(demo.nodes[0])
    session = terminal.opening.result(WAIT_S)
    wait(lambda: terminal.view.state == "connected")
    assert session.host_key_fingerprint in terminal.view.detail
    typed(terminal, "whoami\n")
    wait(lambda: "\nalice" in output(terminal).replace("\r", ""))
    terminal.view._on_sized({"page": "p", "columns": 100, "rows": 30, "entered": True})
    typed(terminal, "stty size\n")
    wait(lambda: "30 100" in output(terminal))


def test_several_terminals_are_reached_by_their_names(demo, panel):
    demo.add()
    first, second = panel.connect(demo.nodes[0]), panel.connect(demo.nodes[1])
    part = panel.logins.terminals
    assert part.terminals == (first, second)
    tabs = part._tabs.content
    assert len(tabs) == 2
    assert first.layout.display == "none"
    tabs[0].click()
    assert second.layout.display == "none"
    assert first.layout.display is None
    first.view._closes()
    assert part.terminals == (second,)
    assert second.layout.display is None
    assert part._tabs.layout.display == "none"


def test_terminals_end_with_the_panel(demo, panel):
    demo.add()
    session = panel.connect(demo.nodes[0]).opening.result(WAIT_S)
    other = panel.connect(demo.nodes[1])  # may still be connecting
    panel.close()
    wait(lambda: session.ended)
    wait(other.opening.done)
    wait(lambda: other.opening.cancelled() or other.opening.result().ended)


def test_a_terminal_that_cannot_connect_says_why_and_takes_nothing(demo, panel):
    demo.add()
    demo.service.trouble_login("demo", demo.nodes[0], "port closed")
    terminal = panel.connect(demo.nodes[0])
    wait(lambda: terminal.view.state == "ended")
    assert "port" in terminal.message.text
    typed(terminal, "whoami\n")


def test_a_row_opens_a_terminal_with_a_key_and_asks_for_a_password(demo, panel):
    demo.add(nodes=demo.nodes[:1])
    demo.account.add_user("demo", "bob", password=PASSWORD, nodes=demo.nodes[1:2]).result(WAIT_S)
    panel.grid._handle_custom_msg(
        {"type": "action", "key": demo.nodes[0], "column": "ssh_command", "action": "terminal"}, []
    )
    (terminal,) = panel.logins.terminals.terminals
    assert terminal.node_id == demo.nodes[0]
    panel.grid._handle_custom_msg(
        {"type": "action", "key": demo.nodes[1], "column": "ssh_command", "action": "terminal"}, []
    )
    assert panel.is_drawer(panel.logins.form)
    assert panel.selected == (demo.nodes[1],)
    assert (panel.logins.form.user.value, panel.logins.form.credential.value) == ("bob", "password")
    assert not panel.logins.form.terminal_button.disabled


# what is done to nodes


def test_a_reimaged_node_has_no_users_and_another_host_key(demo, panel):
    demo.add()
    panel.run("true").result(WAIT_S)
    known = demo.account.known_hosts
    assert demo.nodes[0] in known.read_text()
    panel.selected = (demo.nodes[0],)
    panel.manage_button.value = True
    panel.actions.buttons["reimage"].click()
    assert "users" in panel.actions.question.text
    panel.actions.question.buttons[1].click()
    wait(lambda: panel.operation is not None and panel.operation.title.startswith("Reimage"))
    assert list(panel.operation.result(WAIT_S)["outcome"]) == ["done"]
    assert demo.nodes[0] not in known.read_text()
    panel.refresh().result(WAIT_S)
    frame = panel.frame.set_index("node_id")
    assert pd.isna(frame["ssh_command"][demo.nodes[0]])
    assert frame["ssh_command"][demo.nodes[1]].startswith("ssh ")


def test_details_follow_the_node_until_it_is_gone(demo, panel):
    panel.grid._picks(demo.nodes[0])
    assert panel.details.node.id == demo.nodes[0]
    demo.account.remove_nodes("demo", [demo.nodes[0]]).result(WAIT_S)
    wait(lambda: panel.refresh().result(WAIT_S) and panel.details.node is None)
    panel.pool_id = "legacy-pool"
    assert panel.details.node is None
