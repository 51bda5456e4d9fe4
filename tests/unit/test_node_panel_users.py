"""Users on the nodes of a node panel: adding and deleting them, outcomes, what the rows and the frame say."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest

from batch_widgets.errors import ServiceError, ServiceUnreachableError, ValidationError
from batch_widgets.widgets.user_form import NEW
from unit.fakes import make_node
from unit.node_panels import (  # noqa: F401 (fixtures)
    REFUSED,
    make_panel_fixture,
    outcomes,
    panel_fixture,
    part_of,
    public_key,
    quick,
    read,
    refreshed,
    rows,
    service_fixture,
)
from unit.test_panel import settle, wait_until


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
