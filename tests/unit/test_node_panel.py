"""NodePanel: the nodes of a pool while somebody looks; users on them; ways in."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest
from traitlets import TraitError

import batch_widgets as bw
from batch_widgets.errors import NotFoundError, ServiceError, ServiceUnreachableError, ValidationError
from batch_widgets.login import RemoteLoginSettings
from batch_widgets.widgets import node_watch
from batch_widgets.widgets.node_rows import node_row
from batch_widgets.widgets.node_view import NodesView
from batch_widgets.widgets.user_form import LATER, NEW, PASSWORD, PASTED, USABLE
from unit.fakes import FakeService, make_node, make_pool
from unit.test_panel import open_widgets, settle, shown, wait_until

TICK_S = 0.02
REFUSED = ServiceUnreachableError("Cannot <reach> it.", hint="Look at the network.", code="Gone", request_id="r-1")
NO_SSH = {"body": {}}
SENTINEL = "sentinel-4711"


class Service(FakeService):
    """Gives the number of requests of any kind."""

    @property
    def requests(self):
        return len(self.calls)


@pytest.fixture
def service():
    service = Service()
    service.add_pool("analysis", 2)
    return service


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    for name in ("_CHANGING_S", "_STEADY_S", "_DEMO_S", "_LOOK_S"):
        monkeypatch.setattr(node_watch, name, TICK_S)


@pytest.fixture
def make_panel(account):
    made = []

    def make(*arguments):
        made.append(bw.NodePanel(account, *arguments))
        return made[-1]

    yield make
    for panel in made:
        panel.close()


@pytest.fixture
def panel(make_panel):
    return read(make_panel("analysis"))


def read(panel):
    """Wait until all that was asked for is shown."""
    settle(panel)
    return panel


def refreshed(panel):
    panel.refresh().result(5)
    return read(panel)


def see(panel, *, visible=True, page="page"):
    """Let a page say that it shows the panel, or no longer does."""
    panel.frame_piece._handle_custom_msg({"type": "views", "page": page, "visible": int(visible)}, [])


def rows(panel):
    return {row["node_id"]: row for row in panel.grid.rows}


def part_of(panel):
    """Give what shows the last call on many nodes."""
    return next(iter(panel.users.outcomes.parts), None)


def outcomes(panel):
    part = part_of(panel)
    return {row["node_id"]: row["outcome"]["text"] for row in part.grid.rows} if part else {}


def public_key():
    path = Path.home() / ".ssh" / "id_ed25519"
    return bw.make_key_pair(path).line if not path.exists() else path.with_suffix(".pub").read_text().strip()


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


# choosing


def test_the_picker_lists_the_pools_and_chooses(service, make_panel):
    service.add_pool("other", [make_node("tvm-9")])
    panel = read(make_panel())
    assert [value for _, value in panel.picker.options] == ["", "analysis", "other"]
    assert panel.pool_id == panel.picker.value == ""
    assert len(panel.frame) == 0
    panel.picker.value = "other"
    assert panel.pool_id == "other"
    assert list(panel.frame["node_id"]) == ["tvm-9"]
    panel.pool_id = "analysis"
    assert panel.picker.value == "analysis"
    read(panel)
    assert list(rows(panel)) == ["tvm-0", "tvm-1"]


def test_ids_of_pools_are_the_same_in_any_case(make_panel):
    panel = read(make_panel("ANALYSIS"))
    assert len(rows(panel)) == 2
    assert panel.picker.value == "analysis"
    assert panel.pool_id == "ANALYSIS"


def test_a_pool_that_is_not_there_says_so(service, make_panel):
    panel = read(make_panel("nope"))
    assert "no pool nope" in panel._access.text
    assert panel.picker.value == "nope"
    assert len(panel.frame) == 0
    assert repr(panel) == "<NodePanel on fake: pool nope, no nodes>"


def test_a_wrong_type_raises(panel, make_panel):
    with pytest.raises(TraitError):
        panel.pool_id = None
    with pytest.raises(TraitError):
        panel.selected = "tvm-0"
    before = open_widgets()
    with pytest.raises(TraitError):
        make_panel(7)
    assert open_widgets() <= before


@pytest.mark.parametrize("nodes_of_the_new_pool", [0, 1])
def test_nodes_of_a_pool_chosen_before_never_show(service, panel, nodes_of_the_new_pool):
    service.add_pool("other", [make_node("new")] * nodes_of_the_new_pool)
    service.hold("list_nodes")
    panel.refresh()
    wait_until(lambda: service.in_flight == 1)
    seen = []
    panel.on_read(lambda: seen.append((set(rows(panel)), panel._access.visible)))
    panel.pool_id = "other"
    assert rows(panel) == {}
    assert panel._states.value == ""
    assert "Reading pool other" in panel.grid.empty_text
    wait_until(lambda: service.in_flight == 2)
    service.release("list_nodes")
    read(panel)
    assert seen
    assert all(one == ({"new"} if nodes_of_the_new_pool else set(), False) for one in seen)
    assert len(panel.frame) == nodes_of_the_new_pool


def test_a_missing_pool_chosen_before_is_not_said_of_the_new_one(service, make_panel):
    panel = read(make_panel("nope"))
    service.hold("list_pools")
    panel.refresh()
    panel.pool_id = "analysis"
    seen = []
    panel.on_read(lambda: seen.append(panel._access.visible))
    service.release("list_pools")
    read(panel)
    assert seen
    assert not any(seen)


@pytest.mark.parametrize("caught_between", [False, True])
def test_a_pool_deleted_behind_its_back(service, panel, caught_between):
    if caught_between:  # it was in the list, and gone when its nodes were asked for
        service.fail("list_nodes", NotFoundError("Pool analysis does not exist.", code="PoolNotFound", status=404))
    else:
        service.pools.clear()
    refreshed(panel)
    assert rows(panel) == {}
    assert "no pool analysis" in panel._access.text
    assert "deleted" in panel._access.text
    assert not panel.message.visible
    assert panel.add_button.disabled
    assert len(panel.frame) == 0
    assert panel.selected == ()


# selecting


def test_the_selection_is_the_grids_and_the_other_way_round(panel):
    panel.grid.selected = ("tvm-1",)
    assert panel.selected == ("tvm-1",)
    assert "1 of 2 selected" in panel._selection.value
    panel.selected = ("tvm-0", "tvm-1")
    assert panel.grid.selected == ("tvm-0", "tvm-1")
    panel._clear.click()
    assert panel.selected == panel.grid.selected == ()
    assert panel._clear.disabled


def test_ids_that_no_row_has_are_dropped(panel):
    panel.selected = ("nope", "tvm-0")
    assert panel.selected == panel.grid.selected == ("tvm-0",)
    assert "1 of 2 selected" in panel._selection.value


def test_the_selection_outlives_a_refresh_without_the_nodes_that_went(service, panel):
    panel.selected = ("tvm-0", "tvm-1")
    service.add_pool("analysis", 1)
    refreshed(panel)
    assert panel.selected == ("tvm-0",)


# only while somebody looks


def pause():
    time.sleep(4 * TICK_S)


def test_no_request_while_nobody_looks(service, panel):
    before = service.requests
    pause()
    assert service.requests == before


def test_requests_while_somebody_looks_and_none_after(service, panel):
    before = service.requests
    see(panel)
    wait_until(lambda: service.requests > before + 6)
    see(panel, visible=False)
    wait_until(lambda: service.in_flight == 0)
    pause()
    before = service.requests
    pause()
    assert service.requests == before
    see(panel)
    wait_until(lambda: service.requests > before)


def test_one_of_two_pages_is_enough(service, panel):
    see(panel, page="a")
    see(panel, page="b")
    see(panel, page="a", visible=False)
    before = service.requests
    wait_until(lambda: service.requests > before + 3)


def test_no_request_after_close(service, make_panel):
    panel = read(make_panel("analysis"))
    see(panel)
    panel.close()
    wait_until(lambda: service.in_flight == 0)
    pause()
    before = service.requests
    pause()
    assert service.requests == before


def test_while_no_pool_is_chosen_the_list_of_pools_is_read_and_nothing_else(service, make_panel):
    panel = read(make_panel())
    before = service.requests
    pause()
    assert service.requests == before, "nobody looks"
    see(panel)
    service.add_pool("later", 1)
    wait_until(lambda: "later" in [value for _, value in panel.picker.options])
    assert service.requests == service.count("list_pools")
    panel.pool_id = "later"
    wait_until(lambda: list(rows(panel)) == ["tvm-0"])


def test_a_page_that_was_silent_for_long_counts_again_when_it_speaks(service, panel, monkeypatch):
    see(panel)
    monkeypatch.setattr("batch_widgets.widgets.live_nodes._SEEN_S", 0.0)  # its last word is too long ago
    wait_until(lambda: service.in_flight == 0)
    pause()
    before = service.requests
    pause()
    assert service.requests == before
    monkeypatch.setattr("batch_widgets.widgets.live_nodes._SEEN_S", 60.0)
    see(panel)  # as visible as before
    wait_until(lambda: service.requests > before)


def test_what_changes_shows_by_itself(service, panel):
    see(panel)
    service.add_pool("analysis", 3)
    wait_until(lambda: len(rows(panel)) == 3)


def test_login_settings_are_asked_for_once_per_node(service, panel):
    see(panel)
    before = service.count("list_nodes")
    wait_until(lambda: service.count("list_nodes") > before + 4)
    assert service.count("get_remote_login_settings") == 2
    service.add_pool("analysis", 3)
    wait_until(lambda: rows(panel).get("tvm-2", {}).get("login") == "203.0.113.5:40002")
    assert service.count("get_remote_login_settings") == 3


def test_a_refresh_asks_for_them_anew(service, panel):
    refreshed(panel)
    assert service.count("get_remote_login_settings") == 4


@pytest.mark.parametrize("error", [REFUSED, RuntimeError("inner")])
def test_a_reading_that_fails_keeps_rows_and_the_next_may_succeed(service, panel, error, caplog):
    see(panel)
    service.fail("list_nodes", error)
    wait_until(lambda: panel.message.visible and "rows from" in panel._facts.value)
    assert len(rows(panel)) == 2
    assert "inner" not in panel.message.text
    service.mend()
    wait_until(lambda: not panel.message.visible and "read at" in panel._facts.value)


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


# users


def test_add_user_from_python(service, panel):
    operation = panel.add_user("alice", ssh_public_key=public_key(), is_admin=True, days=30)
    frame = operation.result(5)
    assert list(frame["outcome"]) == ["added", "added"]
    assert isinstance(frame, pd.DataFrame)
    commands = list(panel.frame["ssh_command"])  # at once, whatever the screen shows by now
    assert all("alice@203.0.113.5" in command and "id_ed25519" in command for command in commands)
    settle(panel)
    assert part_of(panel)
    assert outcomes(panel) == {"tvm-0": "added", "tvm-1": "added"}
    assert "2 added" in part_of(panel).title.value
    assert rows(panel)["tvm-0"]["ssh_command"]["copy"] == commands[0]
    assert rows(panel)["tvm-0"]["user"]["text"] == "alice, 30 days"
    user = service.pools["analysis"].users["tvm-0"]["alice"]
    assert user.is_admin
    assert user.expiry_time is not None


def test_outcomes_of_all_kinds_show_failures_first(service, make_panel):
    nodes = [make_node("a"), make_node("b"), make_node("c", "creating"), make_node("d")]
    service.add_pool("mixed", nodes).users["b"] = {"alice": None}
    service.fail("create_node_user", ServiceError("No <b>.", code="Bad"), when=lambda _pool, node, _name: node == "d")
    panel = read(make_panel("mixed"))
    panel.add_user("alice", password="s3cret!").result(5)
    settle(panel)
    assert part_of(panel)
    assert list(outcomes(panel).items()) == [("d", "failed"), ("b", "exists"), ("c", "skipped"), ("a", "added")]
    for words in ("1 failed", "1 exists", "1 skipped", "1 added", "of 4"):
        assert words in part_of(panel).title.value
    commands = panel.frame.set_index("node_id")["ssh_command"]
    assert commands.notna().to_dict() == {"a": True, "b": True, "c": False, "d": False}
    part_of(panel).close_button.click()
    assert not part_of(panel)


def test_some_nodes_only(service, panel):
    frame = panel.add_user("alice", password="s3cret!", nodes=["tvm-1", "nope"]).result(5)
    assert dict(zip(frame["node_id"], frame["outcome"], strict=True)) == {"tvm-1": "added", "nope": "failed"}
    assert service.users_of("analysis", "tvm-0") == set()


def test_delete_user_takes_the_command_away(service, panel):
    panel.add_user("alice", password="s3cret!").result(5)
    panel.add_user("bob", password="s3cret!", nodes=["tvm-1"]).result(5)
    frame = panel.delete_user("alice").result(5)
    assert list(frame["outcome"]) == ["deleted", "deleted"]
    commands = panel.frame.set_index("node_id")["ssh_command"]
    assert pd.isna(commands["tvm-0"])
    assert "bob@" in commands["tvm-1"]
    wait_until(lambda: outcomes(panel) == {"tvm-0": "deleted", "tvm-1": "deleted"})
    assert list(panel.delete_user("alice").result(5)["outcome"]) == ["absent", "absent"]


def test_users_need_a_pool(make_panel):
    panel = read(make_panel())
    for call in (lambda: panel.add_user("alice", password="s3cret!"), lambda: panel.delete_user("alice")):
        with pytest.raises(ValidationError, match="Choose a pool first"):
            call()


@pytest.mark.parametrize("wrong", [{}, {"password": ""}, {"password": "x", "days": 0}, {"ssh_public_key": "hello"}])
def test_a_wrong_user_is_refused_before_anything_is_sent(service, panel, wrong):
    before = service.requests
    with pytest.raises(ValidationError):
        panel.add_user("alice", **wrong)
    assert service.requests == before
    assert not panel.users.form.add_button.disabled


def test_a_call_that_fails_shows_and_the_button_comes_back(service, panel):
    service.fail("list_nodes", REFUSED)
    panel.add_button.click()
    operation = panel.add_user("alice", password="s3cret!")
    assert panel.users.form.add_button.disabled
    assert isinstance(operation.exception(5), ServiceUnreachableError)
    settle(panel)
    assert "Cannot &lt;reach&gt; it." in panel.message.text
    assert not panel.users.form.add_button.disabled
    assert len(rows(panel)) == 2


def test_a_reading_takes_away_its_own_message_only(service, panel):
    service.fail("list_nodes", REFUSED, times=3)
    panel.add_user("alice", ssh_public_key=public_key()).exception(5)
    wait_until(lambda: panel.message.visible)
    refreshed(panel)
    assert "Cannot" in panel.message.text
    service.fail("list_pools", REFUSED, times=1)
    panel.refresh().exception(5)
    wait_until(lambda: panel._stale)
    refreshed(panel)
    assert not panel.message.visible


def test_a_slow_reading_never_overtakes_a_newer_one(panel):
    newer = panel.last_view
    older = dataclasses.replace(newer, nodes=(), read_at=newer.read_at - timedelta(seconds=1))
    panel._show_view(older)
    assert panel.last_view is newer


def test_two_clicks_add_a_user_once(service, panel):
    panel.add_button.click()
    panel.users.form.name.value = "alice"
    panel.users.form.method.value = NEW
    service.hold("create_node_user")
    panel.users.form.add_button.click()
    panel.users.form.submit()  # the browser sent the second click before it was told that the button is disabled
    service.release("create_node_user")
    wait_until(lambda: outcomes(panel))
    settle(panel)
    assert outcomes(panel) == {"tvm-0": "added", "tvm-1": "added"}
    assert service.count("create_node_user") == 2


def test_a_call_that_is_stopped_says_what_remains(service, panel):
    panel.add_button.click()
    service.hold("create_node_user")
    adding = panel.add_user("alice", password="s3cret!")
    wait_until(lambda: service.in_flight == 2)
    adding.cancel()
    settle(panel)
    assert outcomes(panel) == {"tvm-0": "not reached", "tvm-1": "not reached"}
    assert "stopped. Nodes that have the user keep it." in part_of(panel).title.value
    assert "panel.operation.partial" in part_of(panel).hint.value
    assert not panel.users.form.add_button.disabled


def test_a_refresh_meanwhile_loses_no_outcome(service, panel):
    service.hold("create_node_user")
    panel.add_button.click()
    adding = panel.add_user("alice", password="s3cret!")
    refreshed_meanwhile = panel.refresh()
    refreshed_meanwhile.result(5)
    assert panel.users.form.add_button.disabled
    service.release("create_node_user")
    adding.result(5)
    settle(panel)
    assert outcomes(panel) == {"tvm-0": "added", "tvm-1": "added"}
    assert panel.frame["ssh_command"].notna().all()
    assert not panel.users.form.add_button.disabled


def test_users_of_two_pools_are_kept_apart_though_their_nodes_have_the_same_ids(service, panel):
    service.add_pool("other", 2)
    service.hold("create_node_user")
    adding = panel.add_user("alice", password="s3cret!")
    panel.pool_id = "other"
    service.release("create_node_user")
    adding.result(5)
    read(panel)
    assert not part_of(panel)
    assert panel.frame["ssh_command"].isna().all()
    panel.pool_id = "analysis"
    assert panel.frame["ssh_command"].notna().all()


def test_a_node_that_comes_again_under_its_id_has_no_user(service, panel):
    now = datetime.now(UTC)
    service.add_pool("analysis", (make_node("tvm-0", allocation_time=now), make_node("tvm-1", allocation_time=now)))
    panel.refresh().result(5)
    panel.add_user("alice", password="s3cret!").result(5)
    again = make_node("tvm-0", allocation_time=now + timedelta(hours=1))
    service.add_pool("analysis", (again, make_node("tvm-1", allocation_time=now)))
    refreshed(panel)
    assert panel.frame.set_index("node_id")["ssh_command"].notna().to_dict() == {"tvm-0": False, "tvm-1": True}
    assert rows(panel)["tvm-0"]["user"]["text"] == "none"
    assert rows(panel)["tvm-0"]["ssh_command"]["text"] == "add a user first"


def test_a_user_that_was_there_before_shows_as_such(service, panel):
    service.pools["analysis"].users["tvm-0"] = {"alice": None}
    panel.add_user("alice", password="s3cret!", days=7).result(5)
    read(panel)
    assert rows(panel)["tvm-0"]["user"]["text"] == "alice, there before"
    assert rows(panel)["tvm-1"]["user"]["text"] == "alice, 7 days"
    assert panel.frame["ssh_command"].notna().all()


def test_windows_nodes_have_no_ssh_command(service, make_panel):
    service.add_pool("win", 1, node_agent_sku_id="batch.node.windows amd64")
    panel = read(make_panel("win"))
    panel.add_user("alice", password="s3cret!").result(5)
    read(panel)
    assert "RDP" in rows(panel)["tvm-0"]["ssh_command"]["text"]
    assert panel.frame["ssh_command"].isna().all()


# the form


def fill(panel, **values):
    panel.add_button.click()
    for name, value in values.items():
        getattr(panel.users.form, name).value = value


def test_the_form_opens_and_closes(panel):
    assert not shown(panel.users.form)
    panel.add_button.click()
    assert shown(panel.users.form)
    assert panel.users.form.add_button.description == "Add user to 2 nodes"
    panel.users.form.cancel_button.click()
    assert not shown(panel.users.form)


def test_the_form_adds_to_the_selected_nodes_with_a_key_that_was_found(service, panel):
    key = public_key()
    panel.selected = ("tvm-1",)
    fill(panel, name="alice")
    assert panel.users.form.add_button.description == "Add user to 1 node"
    panel.users.form.add_button.click()
    wait_until(lambda: outcomes(panel) == {"tvm-1": "added"})
    assert service.users_of("analysis", "tvm-0") == set()
    assert service.pools["analysis"].users["tvm-1"]["alice"].ssh_public_key == key


@pytest.mark.parametrize("method", [NEW, PASTED])
def test_the_form_adds_with_other_keys(service, panel, method):
    fill(panel, name="alice", method=method)
    if method == PASTED:
        panel.users.form.pasted.value = public_key()
    panel.users.form.add_button.click()
    wait_until(lambda: outcomes(panel) == {"tvm-0": "added", "tvm-1": "added"})
    user = service.pools["analysis"].users["tvm-0"]["alice"]
    assert user.ssh_public_key == (bw.own_key().line if method == NEW else public_key())
    assert user.password is None


def test_enter_in_the_password_field_adds_the_user(service, panel):
    fill(panel, name="alice", method=PASSWORD)
    panel.users.form.password.filled = True
    panel.users.form.password._handle_custom_msg({"type": "submit"}, [])
    (ticket,) = panel.users.form.password._waiting
    panel.users.form.password._handle_custom_msg({"type": "secret", "id": ticket, "value": "s3cret!"}, [])
    wait_until(lambda: outcomes(panel) == {"tvm-0": "added", "tvm-1": "added"})


def test_the_end_of_what_is_typed_counts_though_the_click_comes_first(service, panel):
    see(panel)
    sent = []
    panel.frame_piece.send = lambda content, buffers=None: sent.append(content)
    fill(panel, name="a", method=NEW)
    panel.users.form.add_button.click()
    panel.users.form.name.value = "alice"  # kept back by the browser until the first letter was handled
    panel.frame_piece._handle_custom_msg({"type": "settled", "id": sent[-1]["id"]}, [])
    wait_until(lambda: outcomes(panel))
    assert service.users_of("analysis", "tvm-0") == {"alice"}


def test_a_wrong_form_sends_nothing(service, panel):
    before = service.requests
    fill(panel, name="a b", method=NEW)
    panel.users.form.add_button.click()
    assert shown(panel.users.form.fields["name"]._problem)
    assert shown(panel.users.form)
    assert service.requests == before


def test_an_error_at_the_key_file_shows(panel, monkeypatch, caplog):
    def refuse(_kind):
        raise PermissionError("/home/secret")

    fill(panel, name="alice", method=NEW)
    monkeypatch.setattr("batch_widgets.keys.own_key", refuse)
    panel.users.form.add_button.click()
    assert "PermissionError" in panel.message.text
    assert "/home/secret" not in panel.message.text


def test_a_password_reaches_the_service_and_nothing_else(service, panel, account, capsys, caplog):
    fill(panel, name="alice", method=PASSWORD)
    panel.users.form.password.filled = True
    panel.users.form.add_button.click()
    (ticket,) = panel.users.form.password._waiting
    panel.users.form.password._handle_custom_msg({"type": "secret", "id": ticket, "value": SENTINEL}, [])
    wait_until(lambda: outcomes(panel) == {"tvm-0": "added", "tvm-1": "added"})
    assert service.pools["analysis"].users["tvm-0"]["alice"].password == SENTINEL
    panel.add_user("bob", password=lambda: SENTINEL).result(5)
    with pytest.raises(ValidationError) as caught:
        panel.add_user("carol", password=SENTINEL, ssh_public_key=public_key())
    settle(panel)
    _ = panel.model_id  # as if shown: until then nothing is sent
    states = [repr(widget.get_state()) + repr(widget._trait_values) for widget in open_widgets()]
    assert len(states) > 25
    said = (
        *states,
        *(repr(widget) for widget in open_widgets()),
        *(repr(vars(one)) for one in (panel, panel.users.form, panel.users.form.password, account, account.runner)),
        repr(service.pools["analysis"].users),
        json.dumps(panel.frame.astype(str).to_dict()),
        str(caught.value),
        "".join(capsys.readouterr()),
        caplog.text,
    )
    assert not any(SENTINEL in text for text in said)


def test_a_pasted_private_key_is_in_no_state(panel):
    fill(panel, name="alice", method=PASTED)
    panel.users.form.pasted.set_state({"value": f"-----BEGIN OPENSSH PRIVATE KEY-----\n{SENTINEL}\n"})
    assert not any(SENTINEL in repr(widget.get_state()) for widget in open_widgets())


# the real thing


def test_the_demo_from_a_click_to_a_command():
    with bw.connect_demo(nodes=2, speed=1000) as account:
        panel = bw.NodePanel(account, "demo")
        assert list(panel.frame["state"]) == ["idle", "idle"]
        fill(panel, name="alice", method=NEW)
        panel.users.form.add_button.click()
        wait_until(lambda: panel.frame["ssh_command"].notna().all())
        command = panel.frame["ssh_command"][0]
        assert "StrictHostKeyChecking=yes" in command
        assert "alice@127.0.0.1" in command
        panel.close()


def test_what_is_searched_for_and_filtered_stays_over_a_refresh(panel):
    panel.search.value = "tvm-1"
    panel.filter_button.value = True
    panel.grid.filters = {"state": ["idle"]}
    panel.grid.sort = [["node_id", "desc"]]
    panel.selected = ("tvm-0",)
    refreshed(panel)
    assert panel.grid.visible_keys() == ["tvm-1"]
    assert panel.grid.filter_row
    assert panel.grid.sort == [["node_id", "desc"]]
    assert panel.selected == panel.heat_map.selected == ("tvm-0",)


def test_the_heat_map_has_the_same_nodes_and_selection(service, make_panel):
    service.add_pool("mixed", [make_node("a"), make_node("b", "unusable"), make_node("c", "starting")])
    panel = read(make_panel("mixed"))
    assert [tuple(cell) for cell in panel.heat_map.cells] == [
        ("a", "ok", "", "idle"),
        ("b", "err", "!", "unusable"),
        ("c", "busy", "s", "starting"),
    ]
    panel.heat_map.selected = ("b",)
    assert panel.selected == panel.grid.selected == ("b",)
    service.add_pool("mixed", [make_node("a")])
    refreshed(panel)
    assert [cell.key for cell in panel.heat_map.cells] == ["a"]
    assert panel.selected == ()


def test_nothing_is_read_while_paused(service, panel):
    see(panel)
    panel._live.value = False
    assert not panel.live
    wait_until(lambda: service.in_flight == 0)
    pause()
    before = service.requests
    pause()
    assert service.requests == before
    panel.live = True
    wait_until(lambda: service.requests > before + 3)


def test_a_node_without_a_way_in_is_not_asked_at_every_turn(service, make_panel, monkeypatch):
    asked = []

    async def nowhere(pool_id, node_id):
        asked.append(node_id)
        return RemoteLoginSettings(node_id, reason="No public address.")

    monkeypatch.setattr(service, "get_remote_login_settings", nowhere)
    panel = read(make_panel("analysis"))
    see(panel)
    before = service.count("list_nodes")
    wait_until(lambda: service.count("list_nodes") > before + 4)
    assert sorted(asked) == ["tvm-0", "tvm-1"]
    monkeypatch.setattr("batch_widgets.widgets.node_view._NO_WAY_IN_HOLDS_S", 0.0)
    wait_until(lambda: len(asked) > 2)


def test_addresses_that_are_on_their_way_are_not_asked_for_twice(service, make_panel):
    service.hold("get_remote_login_settings")
    panel = make_panel("analysis")
    see(panel)
    wait_until(lambda: service.in_flight == 2)
    pause()
    assert service.count("list_nodes") == 1
    service.release("get_remote_login_settings")
    wait_until(lambda: service.count("list_nodes") > 3)
    assert service.count("get_remote_login_settings") == 2


def test_a_node_that_was_booted_anew_is_asked_for_its_address_again(service, panel):
    see(panel)
    later = datetime.now(UTC)
    service.add_pool("analysis", (make_node("tvm-0", last_boot_time=later), make_node("tvm-1")))
    wait_until(lambda: service.count("get_remote_login_settings") == 3)


def test_a_large_pool_is_left_alone_for_as_long_as_reading_it_took(monkeypatch):
    moments = iter([0.0, 30.0])
    monkeypatch.setattr(node_watch, "time", SimpleNamespace(monotonic=lambda: next(moments)))

    runner = SimpleNamespace(submit=lambda *_: None, notify=lambda _: True)
    account = SimpleNamespace(is_demo=False, runner=runner)

    async def read_view():
        return NodesView()

    watch = node_watch.NodeWatch(account, read_view, in_sight=lambda: True, show=lambda _: None, fail=lambda _: None)
    assert asyncio.run(watch._read_once()) == 120.0


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
