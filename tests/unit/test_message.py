"""Message: shown, answered, gone."""

from __future__ import annotations

import pytest

from batch_widgets.widgets.controls import close_tree
from batch_widgets.widgets.message import Message


@pytest.fixture
def message():
    message = Message()
    yield message
    close_tree(message)


def shown(button):
    return button.layout.display != "none"


def test_says_nothing_at_first(message):
    assert not message.visible
    assert message.text == ""


def test_shows_title_text_and_details(message):
    message.show("err", "Pool <p> exists.", "Choose another.", {"code": "PoolExists"})
    assert message.visible
    assert "Pool &lt;p&gt; exists." in message.text
    assert "Choose another." in message.text
    assert "PoolExists" in message.text
    assert "bw-err" in message._dom_classes
    assert not any(shown(button) for button in message.buttons)


def test_has_one_hue_at_a_time(message):
    for hue in ("err", "warn", "ok", "none"):
        message.show(hue, "Title")
    assert {name for name in message._dom_classes if name.removeprefix("bw-") in {"err", "warn", "ok", "none"}} == {
        "bw-none"
    }


def test_a_button_hides_the_message_and_then_acts(message):
    seen = []
    message.show("warn", "Sure?", actions=[("Keep", lambda: None), ("Go", lambda: seen.append(message.visible))])
    keep, go = message.buttons
    assert [keep.description, go.description] == ["Keep", "Go"]
    assert shown(keep)
    assert shown(go)
    go.click()
    assert seen == [False]


def test_escape_gives_the_safe_answer(message):
    message.show(
        "warn", "Sure?", actions=[("Keep", lambda: None), ("Go", lambda: None)], classes=("bw-safe", "bw-danger")
    )
    assert ["bw-on-escape" in one._dom_classes for one in message.buttons] == [True, False]
    message.show("warn", "Well", actions=[("Try again", lambda: None)])
    assert not any("bw-on-escape" in one._dom_classes for one in message.buttons)


def test_a_second_click_does_nothing(message):
    seen = []
    message.show("warn", "Sure?", actions=[("Go", lambda: seen.append(1))])
    message.buttons[0].click()
    message.buttons[0].click()
    assert seen == [1]


def test_an_action_may_show_the_next_message(message):
    message.show("warn", "First", actions=[("Next", lambda: message.show("ok", "Second"))])
    message.buttons[0].click()
    assert message.visible
    assert "Second" in message.text


def test_buttons_of_an_earlier_message_go(message):
    message.show("warn", "Sure?", actions=[("Keep", lambda: None), ("Go", lambda: None)], classes=["", "bw-danger"])
    keep, go = message.buttons
    assert "bw-danger" in go._dom_classes
    message.show("ok", "Done", actions=[("Fine", lambda: None)])
    assert shown(keep)
    assert not shown(go)
    assert "bw-danger" not in go._dom_classes


def test_clear_hides_and_forgets(message):
    seen = []
    message.show("warn", "Sure?", actions=[("Go", lambda: seen.append(1))])
    message.clear()
    assert not message.visible
    assert message.text == ""
    message.buttons[0].click()
    assert seen == []
