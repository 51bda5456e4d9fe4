"""The form of a node panel that adds a user; passwords and keys that are typed there."""

from __future__ import annotations

import json

import pytest

import batch_widgets as bw
from batch_widgets.errors import ValidationError
from batch_widgets.widgets.user_form import NEW, PASSWORD, PASTED
from unit.node_panels import (  # noqa: F401 (fixtures)
    fill,
    make_panel_fixture,
    outcomes,
    panel_fixture,
    public_key,
    quick,
    see,
    service_fixture,
)
from unit.test_panel import open_widgets, settle, shown, wait_until

SENTINEL = "sentinel-4711"


# the form


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
