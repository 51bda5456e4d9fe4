"""Heat map, shown-once secret and download button, without a browser: what travels, and what is kept."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batch_widgets.errors import ValidationError
from batch_widgets.widgets import download
from batch_widgets.widgets.download import DownloadButton, clean_file_name
from batch_widgets.widgets.heat_map import HeatCell, HeatMap
from batch_widgets.widgets.shown_once import ShownOnce


@pytest.fixture
def made(monkeypatch):
    widgets = []

    def make(kind, **kwargs):
        widget = kind(**kwargs)
        widget.sent = []
        monkeypatch.setattr(widget, "send", lambda content, buffers=None: widget.sent.append((content, buffers or [])))
        monkeypatch.setattr(widget, "send_state", lambda key=None: widget.sent.append((f"state {key}", [])))
        widgets.append(widget)
        return widget

    yield make
    for widget in widgets:
        widget.close()


def browser_says(widget, **content):
    widget._handle_custom_msg(content, [])


# heat map

CELLS = (HeatCell("a", "ok", "", "idle"), HeatCell("b", "run", "r", "running"), HeatCell("c", "ok", "", "idle"))


@pytest.fixture
def heat(made):
    heat = made(HeatMap)
    heat.set_cells(CELLS)
    heat.sent.clear()
    return heat


def messages(widget):
    return [content for content, _ in widget.sent]


def test_the_first_squares_travel_as_state(made):
    heat = made(HeatMap)
    heat.set_cells(CELLS)
    assert messages(heat) == ["state _squares"]
    assert HeatMap.get_state(heat, "_squares")["_squares"] == {
        "seq": 1,
        "keys": ["a", "b", "c"],
        "squares": [("ok", "", "idle"), ("run", "r", "running"), ("ok", "", "idle")],
    }
    assert heat.cells == list(CELLS)


def test_only_what_differs_travels(heat):
    heat.set_cells(CELLS)
    assert heat.sent == []
    heat.set_cells([CELLS[0], CELLS[1]._replace(hue="err", letter="!", words="unusable"), CELLS[2]])
    heat.set_cells([HeatCell("n", "busy", "s", "starting"), *CELLS[:2]])
    assert messages(heat) == [
        {"type": "patch", "seq": 2, "set": [["b", ("err", "!", "unusable")]]},
        {
            "type": "patch",
            "seq": 3,
            "removed": ["c"],
            "added": [[0, "n", ("busy", "s", "starting")]],
            "set": [["b", ("run", "r", "running")]],
        },
    ]


def test_another_order_travels_as_keys(heat):
    heat.set_cells(reversed(CELLS))
    assert messages(heat) == [{"type": "patch", "seq": 2, "order": ["c", "b", "a"]}]


def test_a_page_that_missed_something_gets_everything(heat):
    browser_says(heat, type="sync", seq=1)
    assert heat.sent == []
    browser_says(heat, type="sync", seq=0)
    assert messages(heat) == ["state _squares"]


def test_selected_keys_without_a_square_are_dropped(heat):
    heat.selected = ("a", "zzz", "c", "a")
    assert heat.selected == ("a", "c")
    heat.set_cells(CELLS[:2])
    assert heat.selected == ("a",)


def test_a_selection_may_come_before_the_squares(made):
    heat = made(HeatMap, selected=("b", "gone"))
    assert heat.selected == ("b", "gone")
    heat.set_cells(CELLS)
    assert heat.selected == ("b",)


def test_a_key_stands_once_and_hues_are_known(heat):
    with pytest.raises(ValueError, match="Two squares have the key 'a'"):
        heat.set_cells([CELLS[0], CELLS[0]])
    heat.set_cells([HeatCell("a", "purple"), ("b", "ok", "", "idle")])
    assert [cell.hue for cell in heat.cells] == ["none", "ok"]


def test_a_pick_is_of_a_square_that_is_there(heat):
    heard = []
    heat.on_pick(heard.append)
    browser_says(heat, type="pick", key="b")
    browser_says(heat, type="pick", key="zzz")
    assert heard == ["b"]


# shown once


def test_a_secret_that_is_shown_is_kept_nowhere(made):
    once = made(ShownOnce, label="Password of alice")
    once.reveal("s3cret")
    assert messages(once) == [{"type": "reveal", "text": "s3cret"}, "state status"]
    once.sent.clear()
    everything = json.dumps(once.get_state(), default=repr) + repr(once) + repr(vars(once)) + repr(once._trait_values)
    assert "s3cret" not in everything
    assert once.status == "shown"


def test_hide_is_told_and_a_second_one_is_harmless(made):
    once, heard = made(ShownOnce), []
    once.on_hide(lambda: heard.append(once.status))
    once.hide()
    assert once.status == "empty"
    once.reveal("s3cret")
    browser_says(once, type="hide")
    browser_says(once, type="hide")
    assert heard == ["hidden", "hidden"]
    once.reveal("another")
    assert once.status == "shown"
    once.hide()
    assert (once.status, len(heard)) == ("hidden", 2)


def test_a_secret_opens_what_nobody_has_seen():
    once = ShownOnce()
    assert once.comm is None
    once.reveal("s3cret")
    assert once.comm is not None
    once.close()


# download


def test_a_file_goes_to_the_page_that_takes_it_first(made):
    button = made(DownloadButton)
    button.offer("../out/std<out>.txt", b"hello")
    (offer,) = messages(button)
    assert {**offer, "id": ""} == {"type": "offer", "id": "", "name": "std_out_.txt", "size": 5, "page": None}
    button.sent.clear()
    for page in ("p1", "p2"):
        browser_says(button, type="pull", id=offer["id"], page=page, start=0)
    assert messages(button) == [
        {"type": "gone", "id": offer["id"], "page": "p1"},
        {"type": "piece", "id": offer["id"], "page": "p1", "start": 0},
    ]
    assert button.sent[1][1] == [b"hello"]
    browser_says(button, type="saved", id=offer["id"], page="p1")
    button.sent.clear()
    browser_says(button, type="pull", id=offer["id"], page="p1", start=0)
    assert messages(button) == [{"type": "gone", "id": offer["id"], "page": None}]


def test_a_file_goes_to_the_page_where_the_button_was_pressed(made):
    button = made(DownloadButton)
    button.on_click(lambda: button.offer("a.csv", b"a,b"))
    browser_says(button, type="click", page="p2")
    (offer,) = messages(button)
    assert offer["page"] == "p2"
    browser_says(button, type="pull", id=offer["id"], page="p1", start=0)
    assert len(button.sent) == 1
    button.offer("b.csv", b"")
    assert messages(button)[-1]["page"] is None, "a press counts once"


def test_a_large_file_travels_in_pieces(made, monkeypatch):
    monkeypatch.setattr(download, "_PIECE_BYTES", 4)
    button = made(DownloadButton)
    button.offer("a", b"0123456789")
    (offer,) = messages(button)
    got = b""
    while len(got) < offer["size"]:
        browser_says(button, type="pull", id=offer["id"], page="p", start=len(got))
        got += bytes(button.sent[-1][1][0])
    assert got == b"0123456789"
    for start in (-1, 11, "0", None):
        button.sent.clear()
        browser_says(button, type="pull", id=offer["id"], page="p", start=start)
        assert messages(button) == [{"type": "gone", "id": offer["id"], "page": None}]


def test_a_file_that_is_too_large_is_refused(made, monkeypatch):
    monkeypatch.setattr(download, "MOST_BYTES", 2_000_000)
    button = made(DownloadButton)
    with pytest.raises(ValidationError, match=r"big\.bin has 2\.0 MB; a browser is sent 2 MB at most"):
        button.offer("big.bin", b"x" * 2_000_001)
    assert button.sent == []


def test_what_nobody_takes_makes_room_for_newer_files(made, monkeypatch):
    monkeypatch.setattr(download, "MOST_BYTES", 10)
    button = made(DownloadButton)
    for name in ("a", "b"):
        button.offer(name, b"123456")
    first = messages(button)[0]
    assert {"type": "gone", "id": first["id"], "page": None} in messages(button)
    button.close()
    assert button._offers == {}


def test_a_press_while_it_is_busy_is_not_told(made):
    button, heard = made(DownloadButton), []
    button.on_click(lambda: heard.append(1))
    button.busy = True
    browser_says(button, type="click", page="p")
    button.busy = False
    browser_says(button, type="click", page="p")
    assert heard == [1]


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("stdout.txt", "stdout.txt"),
        ("startup/wd/../stderr.txt", "stderr.txt"),
        ("C:\\temp\\a b.log", "a b.log"),
        ("folder/", "folder"),
        (".bashrc", "bashrc"),
        ("a.txt. ", "a.txt"),
        ("NUL.txt", "_NUL.txt"),
        ("com1", "_com1"),
        ("console", "console"),
        ('a"b\r\nc|d', "a_b__c_d"),
        ("tvm\u202etxt.exe", "tvm_txt.exe"),
        ("", "download"),
        ("..", "download"),
        ("x" * 300 + ".csv", "x" * 116 + ".csv"),
        ("x" * 300, "x" * 120),
    ],
)
def test_names_of_files_are_cleaned(name, clean):
    assert clean_file_name(name) == clean


@given(st.text())
def test_any_name_becomes_one_that_can_be_saved(name):
    clean = clean_file_name(name)
    assert 0 < len(clean) <= 121
    assert not set(clean) & set('/\\<>:"|?*\r\n\0')
    assert clean == clean_file_name(clean)
