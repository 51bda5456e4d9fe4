"""The pieces with JavaScript of their own, without a browser."""

from __future__ import annotations

import gc
import gzip
import hashlib
import json
import weakref

import ipywidgets
import pytest

from batch_widgets.widgets import frontend
from batch_widgets.widgets.copy import CopyButton
from batch_widgets.widgets.download import DownloadButton
from batch_widgets.widgets.formula_editor import FormulaEditor
from batch_widgets.widgets.frame import Frame
from batch_widgets.widgets.frontend import FrontEndNotBuiltError
from batch_widgets.widgets.grid import Column, Grid
from batch_widgets.widgets.heat_map import HeatMap
from batch_widgets.widgets.secret import SecretInput
from batch_widgets.widgets.shown_once import ShownOnce
from batch_widgets.widgets.terminal_view import TerminalView

MAKERS = {
    "grid": lambda: Grid([Column("a", "A")]),
    "secret": SecretInput,
    "frame": Frame,
    "copy": CopyButton,
    "formula": FormulaEditor,
    "heat": HeatMap,
    "once": ShownOnce,
    "download": DownloadButton,
    "terminal": TerminalView,
}
BUNDLES = {
    "formula": "formula.js",
    "heat": "nodes.js",
    "once": "nodes.js",
    "download": "nodes.js",
    "terminal": "terminal.js",
}


@pytest.fixture
def make(monkeypatch):
    made = []

    def make_one(kind):
        widget = MAKERS[kind]()
        widget.sent = []
        monkeypatch.setattr(widget, "send", lambda content, buffers=None: widget.sent.append((content, buffers)))
        made.append(widget)
        return widget

    yield make_one
    for widget in made:
        widget.close()


def browser_says(widget, **content):
    widget._handle_custom_msg(content, [])


# the code


@pytest.mark.parametrize("kind", MAKERS)
def test_each_carries_the_stub_alone(make, kind):
    state = make(kind).get_state()
    assert state["_kind"] == kind
    assert len(state["_esm"]) < 3000
    assert len(state["_bundle_hash"]) == 16


def test_the_bundle_is_sent_when_asked_for(make):
    widget = make("copy")
    browser_says(widget, type="bundle", page="p1", hash=widget._bundle_hash)
    (content, (packed,)) = widget.sent[0]
    code = gzip.decompress(packed)
    assert content == {"type": "bundle", "hash": hashlib.sha256(code).hexdigest()[:16]}
    assert len(code) < 150_000


@pytest.mark.parametrize(("kind", "name"), BUNDLES.items())
def test_what_is_not_always_needed_has_a_bundle_of_its_own(make, kind, name):
    widget, button = make(kind), make("copy")
    assert widget._bundle_hash != button._bundle_hash
    browser_says(widget, type="bundle", page="p1")
    (content, (packed,)) = widget.sent[0]
    assert content["hash"] == widget._bundle_hash == frontend.bundle(name)[0]
    assert b"TimeInterval_Hour" not in gzip.decompress(packed), "the words of formulas are given by the kernel"


def test_questions_that_waited_together_get_one_answer(make):
    widget = make("copy")
    for page in ("p1", "p1", "p2", "p1"):
        browser_says(widget, type="bundle", page=page)
    assert len(widget.sent) == 2


def test_without_a_build_it_says_how_to_build(monkeypatch, tmp_path):
    monkeypatch.setattr(frontend, "STATIC", tmp_path)
    with pytest.raises(FrontEndNotBuiltError, match="npm run build"):
        CopyButton()


def test_another_build_is_another_hash(monkeypatch, tmp_path):
    monkeypatch.setattr(frontend, "STATIC", tmp_path)
    (tmp_path / "bundle.js").write_text("1")
    first = frontend.bundle()
    (tmp_path / "bundle.js").write_text("2")
    assert frontend.bundle()[0] != first[0]


# common manners


def test_unknown_arguments_are_refused():
    with pytest.raises(TypeError, match="Did you mean 'search'"):
        Grid([], serch="x")
    with pytest.raises(TypeError, match="It takes"):
        CopyButton(zzz=1)


@pytest.mark.parametrize("kind", MAKERS)
def test_closed_widgets_leave_nothing(kind):
    before = len(ipywidgets.widgets.widget._instances)
    widget = MAKERS[kind]()
    widget.close()
    widget.close()
    gone = weakref.ref(widget)
    del widget
    gc.collect()
    assert gone() is None
    assert len(ipywidgets.widgets.widget._instances) <= before


@pytest.mark.parametrize("kind", MAKERS)
def test_strange_messages_are_ignored(make, kind):
    widget = make(kind)
    for content in ("text", None, {}, {"type": "unheard"}, {"type": "pick"}, {"type": "secret"}, {"type": "views"}):
        widget._handle_custom_msg(content, [])


def test_instances_share_their_class():
    one, two = CopyButton(), CopyButton()
    assert type(one) is type(two) is CopyButton
    one.close()
    two.close()


# secret


def test_a_secret_goes_to_one_callback_once(make):
    field, heard = make("secret"), []
    field.request(heard.append)
    ticket = field.sent[0][0]["id"]
    browser_says(field, type="secret", id=ticket, value="")
    browser_says(field, type="secret", id="other", value="wrong")
    browser_says(field, type="secret", id=ticket, value="hunter2")
    browser_says(field, type="secret", id=ticket, value="hunter2")
    assert heard == ["hunter2"]


def test_a_newer_request_takes_the_place_of_an_older(make):
    field, heard = make("secret"), []
    field.request(lambda value: heard.append(("old", value)))
    field.request(lambda value: heard.append(("new", value)))
    for content, _ in list(field.sent):
        browser_says(field, type="secret", id=content["id"], value="x")
    assert heard == [("new", "x")]


def test_a_secret_is_in_no_state(make):
    field = make("secret")
    field.request(lambda value: None)
    browser_says(field, type="secret", id=field.sent[0][0]["id"], value="hunter2")
    everything = json.dumps(field.get_state(), default=repr) + repr(field) + repr(vars(field))
    assert "hunter2" not in everything


def test_enter_submits_and_clear_clears(make):
    field, heard = make("secret"), []
    field.on_submit(lambda: heard.append(1))
    browser_says(field, type="submit")
    assert heard == [1]
    field.set_state({"filled": True})
    field.clear()
    assert field.filled is False
    assert field.sent[-1][0] == {"type": "clear"}


# frame


def test_displayed_follows_the_pages(make):
    frame, heard = make("frame"), []
    frame.on_displayed(heard.append)
    browser_says(frame, type="views", page="p1", visible=1)
    browser_says(frame, type="views", page="p2", visible=1)
    browser_says(frame, type="views", page="p1", visible=0)
    assert frame.is_displayed()
    browser_says(frame, type="views", page="p2", visible=0)
    assert not frame.displayed
    assert heard == [True, False]


def test_a_page_that_fell_silent_is_gone(make, monkeypatch):
    now = [100.0]
    monkeypatch.setattr("batch_widgets.widgets.frame.time.monotonic", lambda: now[0])
    frame = make("frame")
    browser_says(frame, type="views", page="p1", visible=1)
    now[0] += 59
    assert frame.is_displayed()
    assert frame.last_seen == 100.0
    now[0] += 2
    assert not frame.is_displayed()
    assert not frame.displayed


def test_displayed_is_not_sent(make):
    assert "displayed" not in make("frame").get_state()


def test_focus_is_a_message(make):
    frame = make("frame")
    frame.focus("bw-safe")
    assert frame.sent == [({"type": "focus", "class": "bw-safe"}, None)]


def test_settle_waits_for_a_page_that_answers_once(make):
    frame, heard = make("frame"), []
    browser_says(frame, type="views", page="p1", visible=1)
    frame.settle(lambda: heard.append(1))
    ((content, _),) = frame.sent
    assert content["type"] == "settle"
    assert heard == []
    browser_says(frame, type="settled", id="another")
    browser_says(frame, type="settled", id=content["id"])
    browser_says(frame, type="settled", id=content["id"])
    assert heard == [1]


def test_settle_waits_for_nobody_where_no_page_shows_the_panel(make):
    frame, heard = make("frame"), []
    frame.settle(lambda: heard.append(1))
    assert heard == [1]
    assert frame.sent == []
