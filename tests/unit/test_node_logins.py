"""The drawers of a node panel: keyboard, and logging in as whoever was asked for, on the nodes that were meant."""

from __future__ import annotations

import pytest

from batch_widgets.errors import ClosedError
from batch_widgets.widgets.terminal_part import Terminal
from unit.fakes import make_node
from unit.node_panels import make_panel_fixture, panel_fixture, quick, read, service_fixture  # noqa: F401 (fixtures)
from unit.test_panel import open_widgets, shown


def sent_by(panel):
    """Note what the panel's frame tells the page from now on."""
    sent = []
    panel.frame_piece.send = lambda content, buffers=None: sent.append(content)
    return sent


@pytest.fixture
def tested(panel, monkeypatch):
    """The nodes on which logins were tried."""
    tested = []
    monkeypatch.setattr(panel.account, "test_login", lambda pool_id, **options: tested.append((pool_id, options)))
    monkeypatch.setattr(panel.users, "follow", lambda *_: None)
    return tested


def type_password(panel):
    """Press the button that tests logins, and give the answer that the browser gives later."""
    form = panel.logins.form
    form.user.value, form.credential.value, form.password.filled = "alice", "password", True
    form.test_button.click()
    (ticket,) = form.password._waiting
    return lambda: form.password._handle_custom_msg({"type": "secret", "id": ticket, "value": "x"}, [])


def test_the_nodes_are_those_that_were_meant_at_the_click(panel, tested):
    panel.selected = ("tvm-0",)
    panel.login_button.click()
    answer = type_password(panel)
    panel.selected = ("tvm-1",)
    answer()
    ((pool_id, options),) = tested
    assert (pool_id, options["nodes"], options["password"]) == ("analysis", ("tvm-0",), "x")


def test_a_password_for_nodes_of_one_pool_is_not_shown_to_those_of_another(service, panel, tested):
    service.add_pool("other", [make_node("new")])
    panel.login_button.click()
    answer = type_password(panel)
    panel.pool_id = "other"
    read(panel)
    answer()
    assert tested == []
    assert not panel.message.visible


def test_a_terminal_that_could_not_begin_leaves_no_widget_open(panel, account):
    _ = panel.model_id
    before = open_widgets()

    def interrupted():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        panel.connect("tvm-0", user="alice", password=interrupted)
    assert open_widgets() == before
    account.close()
    before = open_widgets()
    with pytest.raises(ClosedError):
        Terminal(account, "analysis", "tvm-0", user="alice", password="x")
    assert open_widgets() == before


# keyboard


@pytest.mark.parametrize(
    ("opens", "form", "inside", "closes"),
    [
        ("add_button", "users.form", "bw-at-name", "cancel_button"),
        ("delete_button", "users.delete_form", "bw-at-name", "cancel_button"),
        ("login_button", "logins.form", "bw-at-user", "close_button"),
    ],
)
def test_the_focus_goes_into_a_drawer_and_back(panel, opens, form, inside, closes):
    owner, name = form.split(".")
    drawer, opener = getattr(getattr(panel, owner), name), getattr(panel, opens)
    sent = sent_by(panel)
    opener.click()
    assert sent == [{"type": "focus", "class": inside}]
    way_out = getattr(drawer, closes)
    assert "bw-on-escape" in way_out._dom_classes
    way_out.click()
    assert not shown(drawer)
    assert sent[-1]["type"] == "focus"
    assert sent[-1]["class"] in opener._dom_classes


def test_choosing_another_pool_moves_no_focus(service, panel):
    service.add_pool("other", [make_node("new")])
    panel.add_button.click()
    sent = sent_by(panel)
    panel.pool_id = "other"
    read(panel)
    assert not any(message["type"] == "focus" for message in sent)


def test_details_that_are_closed_give_the_focus_back_to_the_table(panel):
    panel.show_details("tvm-0")
    sent = sent_by(panel)
    panel.details.close_button.click()
    assert sent == [{"type": "focus", "class": "bw-host-grid"}]
