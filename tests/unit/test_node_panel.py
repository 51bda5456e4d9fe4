"""NodePanel: the nodes of a pool, read and shown."""

from __future__ import annotations

import dataclasses
import threading
from datetime import UTC, datetime, timedelta

import pytest

from batch_widgets.errors import ServiceUnreachableError
from batch_widgets.login import RemoteLoginSettings
from batch_widgets.widgets.node_rows import node_row
from batch_widgets.widgets.node_view import NodesView
from batch_widgets.widgets.user_form import LATER, USABLE
from unit.fakes import make_node, make_pool
from unit.node_panels import (  # noqa: F401 (fixtures)
    REFUSED,
    make_panel_fixture,
    panel_fixture,
    quick,
    read,
    refreshed,
    rows,
    service_fixture,
)
from unit.test_panel import wait_until

NO_SSH = {"body": {}}


# reading and showing


def test_a_node_whose_uptime_reads_the_same_is_not_sent_again(panel, monkeypatch):
    booted = datetime.now(UTC)
    view = dataclasses.replace(panel.last_view, nodes=(make_node("tvm-0", last_boot_time=booted),))
    sent = []
    panel._show_view(dataclasses.replace(view, read_at=booted + timedelta(hours=3)))
    monkeypatch.setattr(panel.grid, "send", lambda content, *_: sent.append(content))
    panel._show_view(dataclasses.replace(view, read_at=booted + timedelta(hours=3, minutes=59)))
    assert sent == []
    panel._show_view(dataclasses.replace(view, read_at=booted + timedelta(hours=4)))
    assert [[key, name, cell["text"]] for key, name, cell in sent[0]["set"]] == [["tvm-0", "uptime", "4 h"]]


def test_shows_the_nodes_and_the_pool(panel):
    assert list(rows(panel)) == ["tvm-0", "tvm-1"]
    row = rows(panel)["tvm-1"]
    assert row["state"]["text"] == "idle"
    assert row["login"] == "203.0.113.5:40001"
    assert row["ssh_command"]["text"] == "add a user first"
    assert "2 × Standard_D2s_v3, ubuntu 22.04" in panel._facts.value
    assert "steady" in panel._facts.value
    assert "read at" in panel._facts.value
    assert "2 idle" in panel._states.value
    assert panel.frame_piece.announcement == "2 idle"
    assert not panel.message.visible
    assert not panel._access.visible


def test_frame_columns(panel):
    frame = panel.frame
    assert list(frame.columns)[:7] == [
        "node_id",
        "state",
        "is_dedicated",
        "ip_address",
        "remote_login_ip_address",
        "remote_login_port",
        "ssh_command",
    ]
    assert list(frame["remote_login_port"]) == [40_000, 40_001]
    assert frame["ssh_command"].isna().all()


def test_printing_gives_the_lines_of_the_article(panel, capsys):
    print(panel)  # noqa: T201
    assert capsys.readouterr().out == "tvm-0 | idle | 203.0.113.5 | 40000\ntvm-1 | idle | 203.0.113.5 | 40001\n"


def test_frame_waits_for_the_first_reading(service, make_panel):
    service.hold("list_nodes")
    panel = make_panel("analysis")
    assert "Reading pool analysis" in panel.grid.empty_text
    threading.Timer(0.05, service.release, ["list_nodes"]).start()
    assert len(panel.frame) == 2


def test_frame_never_waits_later(service, panel):
    service.hold("list_nodes")
    operation = panel.refresh()
    assert len(panel.frame) == 2
    assert not operation.done()
    service.release("list_nodes")


def test_frame_has_what_a_refresh_has_read_at_once(service, panel, account):
    blocked = threading.Event()
    account.runner.notify(lambda: blocked.wait(5))  # an observer of the user's that takes its time
    service.add_pool("analysis", 5)
    panel.refresh().result(5)
    assert len(panel.frame) == 5
    blocked.set()


def test_frame_raises_the_first_error_until_a_reading_succeeds(service, make_panel):
    service.fail("list_pools", REFUSED, times=1)
    panel = make_panel("analysis")
    with pytest.raises(ServiceUnreachableError):
        panel.frame  # noqa: B018
    wait_until(lambda: panel.message.visible)
    assert "could not be read" in panel.grid.empty_text
    panel.message.buttons[0].click()
    assert len(panel.frame) == 2
    read(panel)
    assert not panel.message.visible


def test_a_failed_refresh_keeps_rows_and_says_from_when_they_are(service, panel):
    service.fail("list_nodes", REFUSED)
    panel._refresh.click()
    wait_until(lambda: panel.message.visible)
    read(panel)
    assert "Cannot &lt;reach&gt; it." in panel.message.text
    assert "r-1" in panel.message.text
    assert len(rows(panel)) == 2
    assert "rows from" in panel._facts.value
    assert len(panel.frame) == 2
    service.mend()
    panel.message.buttons[0].click()
    wait_until(lambda: "read at" in panel._facts.value)


def test_broken_nodes_say_why(service, make_panel):
    nodes = [make_node("tvm-0", "starttaskfailed", start_task_exit_code=127), make_node("tvm-1", "creating")]
    service.add_pool("broken", nodes)
    panel = read(make_panel("broken"))
    assert rows(panel)["tvm-0"]["state"]["hue"] == "err"
    assert "command not found" in rows(panel)["tvm-0"]["ssh_command"]["text"]
    assert rows(panel)["tvm-1"]["login"]["text"] == "when idle"
    panel.add_button.click()
    assert panel.users.form.targets.value == LATER  # no node takes a user now
    assert not panel.users.form.add_button.disabled
    panel.users.form.targets.value = USABLE
    assert panel.users.form.add_button.disabled
    assert "1 start task failed" in panel._states.value


def test_ids_from_outside_are_escaped(service, make_panel):
    service.add_pool("p", 1, vm_size="<img>\u202e", node_agent_sku_id="<b>")
    panel = read(make_panel("p"))
    assert "<img>" not in panel._facts.value
    assert "&lt;img&gt;\ufffd" in panel._facts.value
    panel.pool_id = "<script>"
    read(panel)
    assert "<script>" not in panel._access.text


def test_empty_tables_say_what_to_do(service, make_panel):
    service.add_pool("empty", 0)
    service.add_pool("coming", 0, target_dedicated_nodes=2, allocation_state="resizing")
    panel = read(make_panel("empty"))
    assert "Resize it" in panel.grid.empty_text
    panel.pool_id = "coming"
    read(panel)
    assert "as soon as they are allocated" in panel.grid.empty_text
    panel.pool_id = ""
    read(panel)
    assert "Choose a pool" in panel.grid.empty_text
    service.pools.clear()
    refreshed(panel)
    assert "no pools" in panel.grid.empty_text


@pytest.mark.parametrize(("count", "words"), [(1000, "12 min"), (1001, "under 1 h")])
def test_minutes_of_uptime_are_told_of_pools_of_a_thousand_nodes_at_most(count, words):
    now = datetime.now(UTC)
    nodes = [make_node(f"tvm-{number}", last_boot_time=now - timedelta(minutes=12)) for number in range(count)]
    view = NodesView(pool=make_pool(), nodes=tuple(nodes))
    assert node_row(nodes[0], view, (), None, now)["uptime"]["text"] == words
    later = node_row(nodes[0], view, (), None, now + timedelta(hours=3))
    assert later["uptime"]["text"] == "3 h"


def test_half_a_reading_does_not_take_an_error_away(panel):
    panel._on_stale(REFUSED)
    half = dataclasses.replace(panel.last_view, read_at=datetime.now(UTC), reading_logins=True)
    panel._show_view(half)
    assert panel.message.visible
    panel._show_view(dataclasses.replace(half, reading_logins=False))
    assert not panel.message.visible


def test_what_reads_the_same_stays_the_very_object(panel):
    before, sources = panel.last_view, panel.grid.rows
    for reading in (True, False):
        again = dataclasses.replace(
            before,
            pool=dataclasses.replace(before.pool),
            nodes=tuple(dataclasses.replace(node) for node in before.nodes),
            read_at=before.read_at + timedelta(microseconds=1),
            reading_logins=reading,
        )
        panel._show_view(again)
        assert panel.last_view.reading_logins is reading
    assert panel.last_view.pool is before.pool
    assert [id(node) for node in panel.last_view.nodes] == [id(node) for node in before.nodes]
    assert [id(source) for source in panel.grid.rows] == [id(source) for source in sources]


def test_a_slow_reading_never_overtakes_a_newer_one(panel):
    newer = panel.last_view
    older = dataclasses.replace(newer, nodes=(), read_at=newer.read_at - timedelta(seconds=1))
    panel._show_view(older)
    assert panel.last_view is newer


# pools without a way in


def test_a_pool_without_a_port_says_so_and_asks_nothing(service, make_panel):
    service.add_pool("closed", 2, **NO_SSH)
    panel = read(make_panel("closed"))
    assert "no port for SSH" in panel._access.text
    assert "make a new pool with “Allow SSH”" in panel._access.text
    assert rows(panel)["tvm-0"]["login"]["text"] == "no port for SSH"
    assert rows(panel)["tvm-0"]["ssh_command"]["text"] == "no way in"
    assert service.count("get_remote_login_settings") == 0
    panel.pool_id = "analysis"
    read(panel)
    assert not panel._access.visible


def test_a_node_that_cannot_be_reached_says_why(service, make_panel, monkeypatch):
    async def nowhere(pool_id, node_id):
        return RemoteLoginSettings(node_id, reason="No <public> address.")

    monkeypatch.setattr(service, "get_remote_login_settings", nowhere)
    panel = read(make_panel("analysis"))
    assert rows(panel)["tvm-0"]["login"]["text"] == "No <public> address."  # cells are text, not HTML
