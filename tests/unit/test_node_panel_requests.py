"""What a node panel asks the service for: only while somebody looks, and nothing more often than it has to."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from batch_widgets.login import RemoteLoginSettings
from batch_widgets.widgets import node_watch
from batch_widgets.widgets.node_view import NodesView
from unit.fakes import make_node
from unit.node_panels import (  # noqa: F401 (fixtures)
    REFUSED,
    TICK_S,
    make_panel_fixture,
    panel_fixture,
    quick,
    read,
    refreshed,
    rows,
    see,
    service_fixture,
)
from unit.test_panel import wait_until

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


# no more often than it has to


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
