"""A node panel whose pool is changed, whatever else goes on: nothing of the pool chosen before shows."""

from __future__ import annotations

import threading

import pandas as pd

from batch_widgets.errors import ServiceUnreachableError
from batch_widgets.login import RemoteLoginSettings
from batch_widgets.runner import Operation, Runner
from batch_widgets.widgets.command_part import CommandPart
from batch_widgets.widgets.controls import close_tree
from batch_widgets.widgets.lean import show
from unit.fakes import make_node
from unit.node_panels import (  # noqa: F401 (fixtures)
    make_panel_fixture,
    panel_fixture,
    public_key,
    quick,
    read,
    refreshed,
    rows,
    see,
    service_fixture,
)
from unit.test_panel import settle, shown, wait_until

EVENT_S = 5


def in_notifier(call):
    """Tell whether this is the notifier's thread, in which what was read is drawn."""
    return call.startswith("batch-widgets-notifier")


def test_another_pool_is_chosen_while_the_one_before_is_drawn(service, panel, monkeypatch):
    service.add_pool("other", [make_node("new")])
    choosing = threading.Thread(target=lambda: setattr(panel, "pool_id", "other"))
    show_pools, caught = panel.picker.show_pools, threading.Event()

    def show_pools_slowly(*arguments):
        show_pools(*arguments)
        if in_notifier(threading.current_thread().name) and not caught.is_set():
            service.hold("list_pools")  # nothing of the new pool is read before the test has looked
            choosing.start()
            caught.set()
            choosing.join(0.3)  # as long as it would take; it waits until this is drawn

    monkeypatch.setattr(panel.picker, "show_pools", show_pools_slowly)
    panel.refresh()
    assert caught.wait(EVENT_S)
    choosing.join(EVENT_S)
    panel.account.runner.drain()
    assert panel.pool_id == "other"
    assert rows(panel) == {}
    assert panel.heat_map.cells == []
    assert panel.last_view.nodes == ()
    service.release("list_pools")
    wait_until(lambda: list(rows(panel)) == ["new"])


def test_an_observer_of_the_selection_chooses_another_pool(service, panel):
    service.add_pool("other", [make_node("new")])
    panel.selected = ("tvm-1",)
    service.add_pool("analysis", 1)  # the selected node goes

    def choose(_change):
        service.hold("list_pools")
        panel.pool_id = "other"

    panel.observe(choose, "selected")
    panel.refresh()
    wait_until(lambda: panel.pool_id == "other")
    panel.account.runner.drain()
    assert rows(panel) == {}
    assert panel.heat_map.cells == []
    assert not panel._states.value
    service.release("list_pools")
    wait_until(lambda: list(rows(panel)) == ["new"])


def test_an_address_of_a_node_of_the_same_id_in_another_pool_is_not_taken(service, panel, monkeypatch):
    service.add_pool("other", 2)

    async def elsewhere(pool_id, node_id):
        assert pool_id == "other"
        return RemoteLoginSettings(node_id, "198.51.100.7", 50_000)

    monkeypatch.setattr(service, "get_remote_login_settings", elsewhere)
    panel.pool_id = "other"
    read(panel)
    assert rows(panel)["tvm-0"]["login"] == "198.51.100.7:50000"
    see(panel)
    settle(panel)
    assert rows(panel)["tvm-0"]["login"] == "198.51.100.7:50000"


def test_a_node_whose_machine_was_given_back_has_no_address(service, panel):
    panel.add_user("alice", ssh_public_key=public_key()).result(5)
    settle(panel)
    assert panel.frame["ssh_command"].notna().all()
    for state in ("deallocating", "deallocated", "preempted", "leavingpool"):
        service.add_pool("analysis", [make_node("tvm-0", state), make_node("tvm-1")])
        refreshed(panel)
        assert "203.0.113.5" not in repr(rows(panel)["tvm-0"]), state
        assert panel.frame["remote_login_ip_address"].isna().tolist() == [True, False]
        assert panel.frame["ssh_command"].isna().tolist() == [True, False]


def test_an_error_of_reading_the_pool_chosen_before_is_nobodys(service, panel):
    service.add_pool("other", [make_node("new")])
    service.hold("list_nodes")
    see(panel)  # reads again
    wait_until(lambda: service.in_flight == 1)
    service.fail("list_nodes", ServiceUnreachableError("Gone."), when=lambda pool_id: pool_id == "analysis")
    panel.pool_id = "other"
    service.release("list_nodes")
    wait_until(lambda: list(rows(panel)) == ["new"])
    settle(panel)
    assert not panel.message.visible


def test_a_message_about_reading_goes_with_its_pool(service, panel):
    service.fail("list_nodes", ServiceUnreachableError("Gone."), times=1)
    panel.refresh().exception(5)
    wait_until(lambda: panel.message.visible)
    service.hold("list_pools")
    panel.pool_id = ""
    assert not panel.message.visible
    service.release("list_pools")


def test_questions_and_results_go_with_their_pool(service, panel):
    service.add_pool("other", [make_node("new")])
    panel.users.question.show("warn", "Replace alice on 2 nodes?")
    panel.users.form.offer_nodes(("tvm-0",), "node from the table below")
    panel.logins.command.title.value = "hostname"
    panel.logins.command.grid.set_rows([{"key": "tvm-0", "node_id": "tvm-0"}])
    show(panel.logins.command, visible=True)
    panel.pool_id = "other"
    read(panel)
    assert not panel.users.question.visible
    assert panel.users.form.listed == ()
    assert not shown(panel.logins.command)


# printing


def test_printing_waits_for_the_first_reading(service, make_panel, capsys):
    service.hold("list_nodes")
    panel = make_panel("analysis")
    assert "not read yet" in repr(panel)
    threading.Timer(0.05, service.release, ["list_nodes"]).start()
    print(panel)  # noqa: T201
    assert capsys.readouterr().out.count(" | idle | 203.0.113.5 | ") == 2


def test_printing_never_raises(service, make_panel):
    service.fail("list_pools", ServiceUnreachableError("Gone."))
    panel = make_panel("analysis")
    assert "not read yet" in str(panel)
    service.mend()
    service.add_pool("none", 0)
    panel.pool_id = "none"
    assert str(panel).endswith("pool none, no nodes>")


def test_no_id_of_a_node_prints_as_a_line_of_its_own(service, make_panel):
    service.add_pool("odd", [make_node("tvm-0\nfake | idle | 198.51.100.1 | 22\x1b[2J")])
    panel = make_panel("odd")
    assert len(str(panel).splitlines()) == 1
    assert "\x1b" not in str(panel)


def test_the_text_in_place_of_the_widget_cuts_no_line(service, panel):
    assert panel._repr_mimebundle_()["text/plain"] == repr(panel)
    service.add_pool("analysis", 30)
    refreshed(panel)
    lines = panel._repr_mimebundle_()["text/plain"].split("\n")
    assert lines[:20] == repr(panel).split("\n")[:20]
    assert lines[20:] == ["… and 10 more"]


def test_no_login_is_tried_under_a_name_that_would_be_misread(service, account, monkeypatch):
    service.add_pool("odd", [make_node("x\n* ssh-ed25519 AAAA"), make_node("fine")])

    async def settings(_pool_id, node_id):
        return RemoteLoginSettings(node_id, "203.0.113.5 -oProxyCommand=x" if node_id == "fine" else "203.0.113.5", 22)

    monkeypatch.setattr(service, "get_remote_login_settings", settings)
    frame = account.test_login("odd", user="alice", password="x").result(30)
    assert list(frame["outcome"]) == ["no way in", "no way in"]
    assert "This is no node's id" in frame["message"][0]
    assert "This is no address" in frame["message"][1]


def test_what_a_command_wrote_steers_no_screen():
    part = CommandPart()
    row = {"node_id": "a", "exit_status": 0, "seconds": 1.0, "stderr": "", "error": ""}
    operation = Operation(Runner(), "Run it")
    part.follow(operation, "it <b>")
    part.show_results(
        operation, pd.DataFrame([{**row, "stdout": "\x1b[2Jone\u202e<i>\ntwo" + "x" * 1_000_000}]), "hint"
    )
    (shown_row,) = part.grid.rows
    assert shown_row["stdout"] == "\ufffd[2Jone\ufffd<i>"
    assert "it &lt;b&gt;" in part.title.value
    assert "\x1b" not in part.output.value
    assert len(part.output.value) < 30_000
    close_tree(part)


def test_an_address_by_ipv6_stands_beside_the_other(service, panel, monkeypatch):
    async def both(_pool_id, node_id):
        return RemoteLoginSettings(node_id, "203.0.113.5", 40_000, "2001:db8::1", 50_000)

    monkeypatch.setattr(service, "get_remote_login_settings", both)
    refreshed(panel)
    cell = rows(panel)["tvm-0"]["login"]
    assert (cell["text"], cell["title"]) == ("203.0.113.5:40000", "By IPv6: [2001:db8::1]:50000")


def test_what_was_begun_goes_on_when_the_panel_is_closed(service, panel):
    service.hold("create_node_user")
    operation = panel.add_user("alice", ssh_public_key=public_key())
    wait_until(lambda: service.count("create_node_user"))
    panel.close()
    service.release("create_node_user")
    assert list(operation.result(EVENT_S)["outcome"]) == ["added", "added"]
