"""The card of a pool that the builder has made: resizing and deleting ask first."""

from __future__ import annotations

import pytest

from batch_widgets.errors import AlreadyExistsError
from unit.pool_builders import make_builder_fixture, own_builder_fixture, place  # noqa: F401 (fixtures)
from unit.test_panel import open_widgets, shown, wait_until


def click(message, text):
    """Click the button with this text."""
    (button,) = [one for one in message.buttons if one.description == text and shown(one)]
    button.click()


@pytest.fixture
def created(own_builder):
    own_builder.create().result(5)
    wait_until(lambda: "done" in place(own_builder))
    return own_builder


@pytest.fixture
def focused(created, monkeypatch):
    """The classes that the focus was moved to."""
    sent = []
    monkeypatch.setattr(type(created.frame_piece), "send", lambda _self, content, *_: sent.append(content))
    return sent


@pytest.mark.parametrize(("dedicated", "spot", "answer"), [(4, 1, "5 nodes"), (0, 0, "0 nodes"), (1, 0, "1 node")])
def test_resize_asks_first(created, service, focused, dedicated, spot, answer):
    card = created.card
    card.dedicated.value, card.spot.value = dedicated, spot
    card.resize_button.click()
    assert service.count("resize_pool") == 0
    assert card.question.visible
    assert f"{dedicated} dedicated and {spot} Spot" in card.question.text
    assert ("All its nodes go" in card.question.text) == (dedicated + spot == 0)
    assert "files" in card.question.text
    safe = card.question.buttons[0]
    assert safe.description == "Keep size"
    assert "bw-safe" in safe._dom_classes
    assert focused == [{"type": "focus", "class": "bw-safe"}]
    click(card.question, f"Resize to {answer}")
    card.view._operation.result(5)
    assert [call for call in service.calls if call[0] == "resize_pool"] == [
        ("resize_pool", "analysis", dedicated, spot)
    ]
    assert not card.question.visible


def test_keep_size_does_nothing(created, service):
    created.card.dedicated.value = 0
    created.card.resize_button.click()
    click(created.card.question, "Keep size")
    assert not created.card.question.visible
    assert service.count("resize_pool") == 0


def test_what_was_asked_is_what_is_done(created, service):
    card = created.card
    card.dedicated.value = 4
    card.resize_button.click()
    card.dedicated.value = 0  # after the question
    click(card.question, "Resize to 4 nodes")
    card.view._operation.result(5)
    assert ("resize_pool", "analysis", 4, 0) in service.calls


def test_a_failed_resize_shows(created, service):
    service.fail("resize_pool", AlreadyExistsError("No <resize>.", hint="Later.", code="PoolBusy"))
    created.card.resize_button.click()
    click(created.card.question, "Resize to 2 nodes")
    wait_until(lambda: created.card.view._message.visible)
    assert "No &lt;resize&gt;." in place(created)


def test_delete_asks_first_and_then_tells(created, service, focused):
    card, gone = created.card, []
    card.on_deleted(gone.append)
    card.delete_button.click()
    assert service.count("delete_pool") == 0
    assert "cannot be undone" in card.question.text
    safe, danger = card.question.buttons
    assert safe.description == "Keep pool"
    assert "bw-safe" in safe._dom_classes
    assert "bw-danger" in danger._dom_classes
    assert focused == [{"type": "focus", "class": "bw-safe"}]
    click(card.question, "Delete pool")
    wait_until(lambda: gone)
    assert gone == ["analysis"]
    assert service.pools == {}
    assert not shown(card._bar)


def test_keep_pool_does_nothing(created, service):
    created.card.delete_button.click()
    click(created.card.question, "Keep pool")
    assert service.count("delete_pool") == 0
    assert shown(created.card._bar)


def test_a_pool_made_during_a_deletion_keeps_its_buttons(created, service):
    gone = []
    created.card.on_deleted(gone.append)
    service.polls_until_gone = 3
    service.hold("delete_pool")
    created.card.delete_button.click()
    click(created.card.question, "Delete pool")
    created.pool_id = "next"
    created.create()
    service.release("delete_pool")
    wait_until(lambda: gone)
    assert gone == ["analysis"]
    assert shown(created.card._bar)
    assert created.card.pool_id == "next"


def test_a_question_goes_when_other_work_begins(created, service):
    created.card.delete_button.click()
    created.pool_id = "next"
    created.create().result(5)
    assert not created.card.question.visible


def test_a_view_that_is_replaced_is_closed(created):
    before = open_widgets()
    created.pool_id = "next"
    old = created.card.view
    created.create().result(5)
    wait_until(lambda: "done" in place(created))
    assert old.comm is None
    assert created.card.view is not old
    assert len(open_widgets()) == len(before)


def test_ids_are_escaped_in_questions(created):
    created.card.pool_id = "<p>\u202e"
    created.card.delete_button.click()
    assert "&lt;p&gt;\ufffd" in created.card.question.text
