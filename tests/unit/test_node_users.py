"""The parts of a node panel that are about users: retries, replacing, later nodes, generated passwords, deleting."""

from __future__ import annotations

from datetime import UTC, datetime

from batch_widgets.errors import ServiceError
from batch_widgets.nodes import NodeUser
from batch_widgets.widgets.user_form import GENERATED, LATER, LISTED, NEW, PASSWORD, PASTED, SELECTED, USABLE
from unit.fakes import make_node
from unit.node_panels import (  # noqa: F401 (fixtures)
    fill,
    make_panel_fixture,
    outcomes,
    panel_fixture,
    part_of,
    public_key,
    quick,
    read,
    rows,
    service_fixture,
)
from unit.test_panel import settle, shown, wait_until

BROKEN = ServiceError("The node does not answer.", code="NodeBroken", status=400)


def buttons(panel):
    return [one.description for one in part_of(panel).buttons if shown(one)]


def press(panel, text):
    next(one for one in part_of(panel).buttons if one.description == text).click()


def ended(panel, *words):
    """Wait until the outcomes are these."""
    wait_until(lambda: sorted(outcomes(panel).values()) == sorted(words))
    settle(panel)


# retries


def test_failures_are_retried_with_a_key_by_one_press(service, panel):
    service.fail("create_node_user", BROKEN, when=lambda _pool, node, _name: node == "tvm-1")
    panel.add_user("alice", ssh_public_key=public_key(), is_admin=True, days=7)
    ended(panel, "failed", "added")
    assert buttons(panel) == ["Retry 1 node"]
    service.mend()
    press(panel, "Retry 1 node")
    ended(panel, "added")
    assert outcomes(panel) == {"tvm-1": "added"}
    user = service.pools["analysis"].users["tvm-1"]["alice"]
    assert user.is_admin
    assert user.ssh_public_key == public_key()
    assert buttons(panel) == []


def test_a_retry_with_a_password_asks_for_it_again(service, panel):
    service.fail("create_node_user", BROKEN, when=lambda _pool, node, _name: node == "tvm-1")
    panel.add_user("alice", password="s3cret!", is_admin=True, days=7)
    ended(panel, "failed", "added")
    service.mend()
    press(panel, "Retry 1 node")
    form = panel.users.form
    assert shown(form)
    assert (form.name.value, form.is_admin.value, form.days.value) == ("alice", True, 7)
    assert (form.method.value, form.targets.value, form.listed) == (PASSWORD, LISTED, ("tvm-1",))
    assert form.add_button.description == "Add user to 1 node"
    form.method.value = GENERATED
    form.add_button.click()
    ended(panel, "added")
    assert outcomes(panel) == {"tvm-1": "added"}
    assert form.listed == ()


def test_what_cannot_be_done_now_and_what_is_skipped_is_not_retried(service, make_panel):
    service.add_pool("mixed", [make_node("a"), make_node("b", "creating")])
    panel = read(make_panel("mixed"))
    panel.add_user("alice", ssh_public_key=public_key())
    ended(panel, "added", "skipped")
    assert buttons(panel) == []


# users who are there


def test_a_user_that_is_there_is_replaced_only_after_a_question(service, panel):
    service.pools["analysis"].users["tvm-0"] = {"alice": NodeUser("alice")}
    panel.add_user("alice", ssh_public_key=public_key(), days=7)
    ended(panel, "exists", "added")
    assert service.pools["analysis"].users["tvm-0"]["alice"].ssh_public_key is None
    press(panel, "Replace on 1 node…")
    question = panel.users.question
    assert "wiped" in question.text
    assert "in 7 days" in question.text
    keep, replace = question.buttons
    assert (keep.description, replace.description) == ("Keep the user", "Replace the user")
    keep.click()
    assert service.count("replace_node_user") == 0
    press(panel, "Replace on 1 node…")
    replace.click()
    ended(panel, "updated")
    assert outcomes(panel) == {"tvm-0": "updated"}
    assert service.pools["analysis"].users["tvm-0"]["alice"].ssh_public_key == public_key()
    assert rows(panel)["tvm-0"]["user"]["text"] == "alice, 7 days"


def test_the_form_replaces_where_that_was_chosen_and_says_what_is_wiped(service, panel):
    service.pools["analysis"].users["tvm-0"] = {"alice": NodeUser("alice")}
    fill(panel, name="alice", method=NEW)
    form = panel.users.form
    assert not shown(form._replace_hint)
    form.replace.value = True
    assert shown(form._replace_hint)
    assert "wiped" in form._replace_hint.value
    form.add_button.click()
    ended(panel, "updated", "added")


# nodes that become usable later


def test_a_user_is_added_as_nodes_become_usable(service, make_panel):
    pool = service.add_pool("growing", [make_node("a"), make_node("b", "creating")])
    panel = read(make_panel("growing"))
    fill(panel, name="alice", method=NEW)
    panel.users.form.targets.value = LATER
    assert panel.users.form.add_button.description == "Add user until all have it"
    panel.users.form.add_button.click()
    wait_until(lambda: service.users_of("growing", "a") == {"alice"})
    assert shown(part_of(panel).stop_button)
    assert not panel.users.form.add_button.disabled  # others can be added meanwhile
    pool.steps = [(pool.pool, (make_node("a"), make_node("b")))]
    ended(panel, "added", "added")
    assert service.users_of("growing", "b") == {"alice"}
    assert not shown(part_of(panel).stop_button)


def test_adding_until_all_have_it_can_be_stopped_and_says_who_has_it(service, make_panel):
    service.add_pool("growing", [make_node("a"), make_node("b", "creating")])
    panel = read(make_panel("growing"))
    panel.add_user("alice", ssh_public_key=public_key(), keep_adding=True)
    wait_until(lambda: service.users_of("growing", "a") == {"alice"})
    part_of(panel).stop_button.click()
    wait_until(lambda: outcomes(panel).get("a") == "added")
    assert outcomes(panel)["b"] != "added"
    assert "keep it" in part_of(panel).title.value
    assert rows(panel)["a"]["user"]["text"] == "alice"


def test_two_calls_at_once_are_both_on_show(service, panel):
    service.hold("create_node_user")
    panel.add_user("alice", ssh_public_key=public_key())
    panel.delete_user("bob")
    wait_until(lambda: outcomes(panel))
    assert [part.name for part in panel.users.outcomes.parts] == ["bob", "alice"]
    service.release("create_node_user")
    wait_until(lambda: all(part.grid.rows for part in panel.users.outcomes.parts))
    panel.delete_user("bob").result(5)
    settle(panel)
    assert [part.name for part in panel.users.outcomes.parts] == ["bob"]


# passwords that are made up


def test_a_generated_password_is_shown_once_and_is_the_users(service, panel, monkeypatch):
    fill(panel, name="alice", method=GENERATED)
    sent = []
    monkeypatch.setattr(panel.users.generated, "send", lambda content, buffers=None: sent.append(content))
    panel.users.form.add_button.click()
    ended(panel, "added", "added")
    wait_until(lambda: [one for one in sent if one["type"] == "reveal"])
    (message,) = [one for one in sent if one["type"] == "reveal"]
    password = message["text"]
    assert {users["alice"].password for users in service.pools["analysis"].users.values()} == {password}
    assert panel.users.generated.label == "Password of alice"
    assert password not in repr(panel.users.generated.get_state())
    assert password not in repr(vars(panel.users)) + repr(vars(panel.users.generated))
    panel.users.generated._handle_custom_msg({"type": "hide"}, [])
    assert not shown(panel.users._generated_part)


def test_a_generated_password_that_no_node_took_is_not_shown(panel, monkeypatch):
    panel.add_user("alice", ssh_public_key=public_key()).result(5)
    settle(panel)
    fill(panel, name="alice", method=GENERATED)
    sent = []
    monkeypatch.setattr(panel.users.generated, "send", lambda content, buffers=None: sent.append(content))
    panel.users.form.add_button.click()
    ended(panel, "exists", "exists")
    settle(panel)
    assert [one for one in sent if one["type"] == "reveal"] == []
    assert not shown(panel.users._generated_part)


# deleting


def test_a_user_is_deleted_from_the_selected_nodes(service, panel):
    panel.add_user("alice", ssh_public_key=public_key()).result(5)
    panel.selected = ("tvm-1",)
    panel.delete_button.click()
    form = panel.users.delete_form
    assert shown(form)
    assert not shown(panel.users.form)
    assert form.name.options == ("alice",)
    assert form.targets.value == SELECTED
    form.name.value = "alice"
    assert form.delete_button.description == "Delete alice from 1 node"
    form.delete_button.click()
    ended(panel, "deleted")
    assert not shown(form)
    assert service.users_of("analysis", "tvm-0") == {"alice"}
    assert service.users_of("analysis", "tvm-1") == set()


def test_a_user_is_deleted_from_all_nodes_and_failures_are_retried(service, panel):
    panel.add_user("alice", ssh_public_key=public_key()).result(5)
    service.fail("delete_node_user", BROKEN, when=lambda _pool, node, _name: node == "tvm-0", times=1)
    panel.delete_button.click()
    panel.users.delete_form.name.value = "alice"
    panel.users.delete_form.targets.value = USABLE
    panel.users.delete_form.delete_button.click()
    ended(panel, "failed", "deleted")
    press(panel, "Retry 1 node")
    ended(panel, "deleted")
    assert outcomes(panel) == {"tvm-0": "deleted"}


def test_deleting_needs_a_name(service, panel):
    panel.delete_button.click()
    panel.users.delete_form.delete_button.click()
    assert service.count("delete_node_user") == 0
    assert shown(panel.users.delete_form)


# the ledger


def test_the_ledger_is_on_show_when_asked_for(service, panel):
    assert not shown(panel.given)
    panel.given_button.value = True
    panel.add_user("alice", ssh_public_key=public_key(), days=7).result(5)
    settle(panel)
    assert [row["name"] for row in panel.given.grid.rows] == ["alice", "alice"]
    assert list(panel.account.users_given.frame["node_id"]) == ["tvm-0", "tvm-1"]
    service.add_pool("other", 1)
    panel.pool_id = "other"
    read(panel)
    assert panel.given.grid.rows == []


def test_what_is_added_without_a_widget_shows_too(service, panel, account):
    account.add_user("analysis", "carol", ssh_public_key=public_key()).result(5)
    panel.refresh().result(5)
    read(panel)
    assert rows(panel)["tvm-0"]["user"]["text"] == "carol"
    assert "carol@" in rows(panel)["tvm-0"]["ssh_command"]["text"]


def test_two_users_of_a_node_the_newest_first(panel):
    panel.add_user("alice", ssh_public_key=public_key()).result(5)
    panel.add_user("bob", ssh_public_key=public_key()).result(5)
    read(panel)
    cell = rows(panel)["tvm-0"]["user"]
    assert (cell["text"], cell["note"], cell["title"]) == ("bob", "+1", "bob for a day; alice for a day")
    assert "bob@" in rows(panel)["tvm-0"]["ssh_command"]["text"]


def test_a_call_that_is_stopped_before_it_began_says_so(service, panel):
    service.hold("list_nodes")
    panel.add_user("alice", ssh_public_key=public_key()).cancel()
    wait_until(lambda: "Add user alice: stopped." in panel.message.text)
    assert part_of(panel) is None
    service.release("list_nodes")


# what is not lost, and what is not said any more


def test_a_second_generated_password_does_not_take_the_first_away(panel):
    first = panel.users.generated
    for name in ("alice", "bob"):
        fill(panel, name=name, method=GENERATED)
        panel.users.form.add_button.click()
        ended(panel, "added", "added")
    second = panel.users.generated
    assert (first.label, first.status) == ("Password of alice", "shown")
    assert (second.label, second.status) == ("Password of bob", "shown")
    first._handle_custom_msg({"type": "hide"}, [])
    assert first.is_closed
    assert shown(panel.users._generated_part)
    second._handle_custom_msg({"type": "hide"}, [])
    assert not shown(panel.users._generated_part)
    fill(panel, name="carol", method=GENERATED)
    panel.users.form.add_button.click()
    ended(panel, "added", "added")
    assert (second.label, second.status) == ("Password of carol", "shown")


def test_replacing_is_asked_for_with_every_user(service, panel):
    for node_id in ("tvm-0", "tvm-1"):
        service.pools["analysis"].users[node_id] = {"bob": NodeUser("bob")}
    fill(panel, name="alice", method=NEW)
    panel.users.form.replace.value = True
    panel.users.form.add_button.click()
    ended(panel, "added", "added")
    fill(panel, name="bob", method=NEW)
    panel.users.form.add_button.click()
    ended(panel, "exists", "exists")


def test_a_retry_never_deletes_from_nodes_of_another_pool(service, panel):
    panel.add_user("alice", ssh_public_key=public_key()).result(5)
    service.add_pool("other", 2)
    service.fail("delete_node_user", BROKEN)
    panel.delete_user("alice").result(5)
    ended(panel, "failed", "failed")
    (retry,) = part_of(panel)._handlers
    panel.pool_id = "other"
    read(panel)
    retry()  # pressed a moment before the page was told
    settle(panel)
    assert service.count("delete_node_user") == 2


def test_a_node_that_somebody_else_had_made_anew_has_no_user(service, panel):
    for state in ("reimaging", "preempted", "deallocated"):
        panel.add_user("alice", ssh_public_key=public_key()).result(5)
        service.add_pool("analysis", [make_node("tvm-0", state), make_node("tvm-1")])
        panel.refresh().result(5)
        service.add_pool("analysis", 2)  # up again, allocated when it was
        panel.refresh().result(5)
        read(panel)
        assert rows(panel)["tvm-0"]["user"]["text"] == "none", state
        assert rows(panel)["tvm-1"]["user"]["text"].startswith("alice")


def test_the_ledger_shows_a_machine_that_is_no_more_no_longer(service, panel):
    panel.given_button.value = True
    for hour in (1, 2):
        moment = datetime(2026, 5, 1, hour, tzinfo=UTC)
        service.add_pool("analysis", [make_node("tvm-0", allocation_time=moment)])
        panel.refresh().result(5)
        panel.add_user("alice", ssh_public_key=public_key()).result(5)
        settle(panel)
        assert [row["key"] for row in panel.given.grid.rows] == ["tvm-0/alice"]
    assert list(panel.account.users_given.frame["node_id"]) == ["tvm-0", "tvm-0"]
    service.add_pool("analysis", 0)
    panel.refresh().result(5)
    read(panel)
    assert panel.given.grid.rows == []


def test_a_pasted_key_of_putty_is_in_no_state(panel):
    fill(panel, name="alice", method=PASTED)
    panel.users.form.pasted.value = "PuTTY-User-Key-File-3: ssh-ed25519\nPrivate-Lines: 1\nsentinel"
    assert panel.users.form.pasted.value == ""
