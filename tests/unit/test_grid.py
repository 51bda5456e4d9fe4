"""The grid without a browser: what travels, and what search and filters leave."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import traitlets
from hypothesis import given
from hypothesis import strategies as st

from batch_widgets.widgets._cells import cell_text, wire_cell, wire_cells
from batch_widgets.widgets.grid import Column, Grid

CASES = json.loads((Path(__file__).parent.parent / "data" / "grid_filter_cases.json").read_text(encoding="utf-8"))
COLUMNS = (Column("name", "Name"), Column("size", "Size", "number"))


class Recorder:
    """What a grid sends: custom messages, and which parts of its state."""

    def __init__(self, grid, monkeypatch):
        self.messages = []
        self.states = []
        send_state = grid.send_state

        def record_state(key=None):
            self.states.append(key)
            send_state(key)

        monkeypatch.setattr(grid, "send", lambda content, buffers=None: self.messages.append(content))
        monkeypatch.setattr(grid, "send_state", record_state)


@pytest.fixture
def grid():
    made = Grid(COLUMNS, row_label="node", selection="multiple")
    yield made
    made.close()


@pytest.fixture
def sent(grid, monkeypatch):
    return Recorder(grid, monkeypatch)


def rows(*pairs):
    return [{"key": key, "name": name, "size": size} for key, name, size in pairs]


ABC = rows(("a", "x", 1), ("b", "y", 2), ("c", "z", 3))


def browser_says(grid, **content):
    grid._handle_custom_msg(content, [])


# what travels


def test_rows_travel_once(grid, sent):
    assert grid.model_id  # a page has it
    grid.set_rows(ABC)
    assert (sent.states, sent.messages) == (["_snapshot"], [])
    grid.set_rows(ABC)
    assert (sent.states, sent.messages) == (["_snapshot"], [])


def test_before_a_page_has_it_nothing_is_made_of_the_rows(grid, sent):
    grid.set_rows(ABC)
    assert (sent.states, sent.messages) == ([], [])
    assert grid.model_id
    assert grid.get_state("_snapshot")["_snapshot"]["keys"] == ["a", "b", "c"]


def test_what_has_no_column_may_be_anything(grid, sent):
    for more in ("x", np.array(["x", "y"]), np.array(["x", "y"]), 1):
        grid.set_rows([{"key": "a", "name": "x", "size": 1, "more": more}])
    assert sent.messages == []


def test_a_changed_value_travels_alone(grid, sent):
    grid.set_rows(ABC)
    grid.set_rows(rows(("a", "x", 1), ("b", "y", 20), ("c", "z", None)))
    assert sent.messages == [{"type": "patch", "seq": 2, "set": [["b", "size", 20], ["c", "size", None]]}]


def test_added_and_removed_rows(grid, sent):
    grid.set_rows(ABC)
    grid.set_rows(rows(("n", "new", 0), ("a", "x", 1), ("c", "z", 4)))
    assert sent.messages == [
        {"type": "patch", "seq": 2, "removed": ["b"], "added": [[0, "n", ("new", 0)]], "set": [["c", "size", 4]]}
    ]


def test_another_order(grid, sent):
    grid.set_rows(ABC)
    grid.set_rows(ABC[::-1])
    assert sent.messages == [{"type": "patch", "seq": 2, "order": ["c", "b", "a"]}]


def test_true_is_not_one(grid, sent):
    grid.set_rows(rows(("a", "x", 1)))
    grid.set_rows(rows(("a", "x", True)))
    assert sent.messages[0]["set"] == [["a", "size", True]]


def test_a_mutated_row_is_seen(grid, sent):
    row = {"key": "a", "name": {"text": "x"}, "size": 1}
    grid.set_rows([row])
    row["name"]["text"] = "changed"
    grid.set_rows([row])
    assert sent.messages[0]["set"] == [["a", "name", {"text": "changed"}]]


def test_only_rows_that_changed_are_made_anew(grid, monkeypatch):
    made = []

    def record(values):
        made.append(list(values))
        return wire_cells(made[-1])

    monkeypatch.setattr("batch_widgets.widgets.grid.wire_cells", record)
    day = pd.Timestamp("2027-04-30")
    grid.set_rows(rows(*((number, day, number * 0.5) for number in range(10_000))))
    assert len(made) == 10_000
    made.clear()
    grid.set_rows(rows(*((number, pd.Timestamp(day), number * 0.5 + (number % 100 == 0)) for number in range(10_000))))
    assert made == [[day, number * 0.5 + 1] for number in range(0, 10_000, 100)]


@pytest.mark.parametrize(
    ("name", "change"),
    [
        (["docker"], lambda name: name.append("rdma")),
        ({"text": "x"}, lambda name: name.update(text="y")),
        ([{"text": "x"}], lambda name: name[0].update(text="y")),
    ],
)
def test_what_was_changed_where_it_stands_travels(grid, sent, name, change):
    row = {"key": "a", "name": name, "size": 1}
    grid.set_rows([row])
    change(name)
    grid.set_rows([dict(row)])
    assert sent.messages[0]["set"] == [["a", "name", wire_cell(name)]]


def test_equal_values_of_other_kinds_in_another_order_travel(grid, sent):
    grid.set_rows([{"key": "a", "name": True, "size": 1}])
    grid.set_rows([{"key": "a", "size": True, "name": 1}])
    assert sent.messages[0]["set"] == [["a", "name", 1], ["a", "size", True]]


def test_a_page_gets_the_rows_of_the_moment(grid):
    grid.set_rows(ABC)
    grid.set_rows(ABC[1:])
    assert grid.get_state("_snapshot") == {"_snapshot": {"seq": 2, "keys": ["b", "c"], "cells": [("y", 2), ("z", 3)]}}


def test_a_page_that_missed_a_patch_gets_everything(grid, sent):
    grid.set_rows(ABC)
    grid.set_rows(ABC[1:])
    sent.states.clear()
    browser_says(grid, type="sync", seq=2)
    assert sent.states == []
    browser_says(grid, type="sync", seq=1)
    assert sent.states == ["_snapshot"]


def test_other_columns_send_everything(grid, sent):
    grid.set_rows(ABC)
    grid.columns = (Column("size", "Size"),)
    assert grid.get_state("_snapshot")["_snapshot"]["cells"] == [(1,), (2,), (3,)]
    assert [column["key"] for column in grid.get_state("_columns")["_columns"]] == ["size"]


patches = st.lists(
    st.dictionaries(st.sampled_from("abcdef"), st.tuples(st.integers(0, 2), st.integers(0, 1)), max_size=6),
    min_size=1,
    max_size=5,
)


@given(patches)
def test_patches_lead_where_the_rows_are(steps):
    """What the front end does with a patch, in a few lines, gives what a new page would get."""
    grid = Grid(COLUMNS)
    messages = []
    grid.send = lambda content, buffers=None: messages.append(content)
    shown = {}
    try:
        for number, step in enumerate(steps):
            items = list(step.items())
            grid.set_rows(rows(*((key, *values) for key, values in (items if number % 2 else items[::-1]))))
            if number == 0:
                shown = _snapshot(grid)
            for message in messages:
                shown = _patched(shown, message)
            messages.clear()
            assert list(shown.items()) == list(_snapshot(grid).items())
    finally:
        grid.close()


def _snapshot(grid):
    snapshot = grid.get_state("_snapshot")["_snapshot"]
    return {key: list(cells) for key, cells in zip(snapshot["keys"], snapshot["cells"], strict=True)}


def _patched(shown, message):
    for key, column, value in message.get("set", ()):
        shown[key][[c.key for c in COLUMNS].index(column)] = value
    for key in message.get("removed", ()):
        del shown[key]
    keys = list(message.get("order", shown))
    cells = dict(shown)
    for place, key, values in message.get("added", ()):
        keys.insert(place, key)
        cells[key] = list(values)
    return {key: cells[key] for key in keys}


# rows and keys


def test_two_rows_with_one_key_are_refused(grid):
    with pytest.raises(ValueError, match="'a'"):
        grid.set_rows(rows(("a", 1, 1), ("a", 2, 2)))


def test_two_columns_with_one_key_are_refused():
    with pytest.raises(ValueError, match="same key"):
        Grid([Column("a", "A"), Column("a", "B")])


def test_keys_have_a_name(grid):
    grid.set_rows([{"node_id": 7, "name": "x"}], key="node_id")
    assert grid.rows == [{"node_id": 7, "name": "x"}]
    assert grid.visible_keys() == ["7"]


# selection


def test_unknown_keys_are_dropped_with_the_rows(grid):
    grid.selected = ("b", "gone")
    grid.set_rows(ABC)
    assert grid.selected == ("b",)
    grid.set_rows(ABC[:1])
    assert grid.selected == ()
    grid.selected = ("a", "gone")
    assert grid.selected == ("a",)


def test_one_row_at_most(grid):
    grid.selection = "single"
    with pytest.raises(traitlets.TraitError, match="One node"):
        grid.selected = ("a", "b")
    grid.selection = "none"
    with pytest.raises(traitlets.TraitError, match="Nothing"):
        grid.selected = ("a",)


def test_a_page_selects(grid):
    grid.set_rows(ABC)
    grid.set_state({"selected": ["c", "a", "c"]})
    assert grid.selected == ("c", "a")


# search and filters


@pytest.mark.parametrize("case", CASES["cases"], ids=lambda case: case["name"])
def test_search_and_filters(case):
    grid = Grid([Column(key, key) for key in CASES["columns"]])
    grid.set_rows(
        [{"id": key, **dict(zip(CASES["columns"], row, strict=True))} for key, row in CASES["rows"].items()], "id"
    )
    grid.search, grid.filters = case["search"], case["filters"]
    assert grid.visible_keys() == case["keys"]
    grid.close()


def test_a_sort_has_a_direction(grid):
    grid.sort = [("name", "asc")]
    assert grid.sort == [["name", "asc"]]
    with pytest.raises(traitlets.TraitError, match="asc"):
        grid.sort = [["name", "up"]]


# callbacks


def test_picks_and_actions(grid):
    heard = []
    grid.on_pick(heard.append)
    grid.on_action(lambda *what: heard.append(what))
    grid.set_rows(ABC)
    browser_says(grid, type="pick", key="b")
    browser_says(grid, type="pick", key="gone")
    browser_says(grid, type="action", key="c", column="name", action="copy")
    browser_says(grid, type="action", key="gone", column="name", action="copy")
    assert heard == ["b", ("c", "name", "copy")]


# cells


@pytest.mark.parametrize(
    ("value", "wire"),
    [
        (None, None),
        ("x", "x"),
        (True, True),
        (3, 3),
        (2.5, 2.5),
        (2.0, 2),
        (float("nan"), None),
        (pd.NA, None),
        (pd.NaT, None),
        (np.int64(4), 4),
        (np.float64(0.5), 0.5),
        (np.bool_(0), False),
        (1e-7, {"text": "1e-07", "sort": 1e-7}),
        (float("inf"), {"text": "inf", "sort": 1e308}),
        (2**60, {"text": str(2**60), "sort": float(2**60)}),
        (["a", {"text": "b", "title": None}], ["a", {"text": "b"}]),
        ({"text": 5, "muted": False, "note": None}, {"text": "5"}),
        ({"text": "x", "sort": np.int64(2)}, {"text": "x", "sort": 2}),
        (Path("x"), "x"),
    ],
    ids=str,
)
def test_cells_travel_as_json(value, wire):
    cell = wire_cell(value)
    assert cell == wire
    assert type(cell) is type(wire)
    json.dumps(cell, allow_nan=False)


def test_column_is_a_value():
    assert replace(COLUMNS[0], width=5).width == 5
    assert cell_text(wire_cell({"text": "a", "note": "b"})) == "a b"


def test_rows_are_grouped_by_a_column_that_there_is():
    grid = Grid([Column("a", "A"), Column("b", "B")])
    grid.group_by = grid.columns[0].key
    with pytest.raises(traitlets.TraitError, match="no column 'none'"):
        grid.group_by = "none"
    assert grid.group_by == grid.columns[0].key
    grid.close()


def test_a_row_that_the_grid_does_not_have_is_held_against_its_filters():
    grid = Grid([Column("a", "A"), Column("b", "B")])
    grid.search = "on"
    grid.filters = {"b": ["x"]}
    assert grid.matches({"a": "One", "b": "x"})
    assert not grid.matches({"a": "One", "b": "y"})
    assert not grid.matches({"a": "two", "b": "x"})
    grid.close()


@pytest.mark.parametrize(
    "cell",
    [
        "a\u202eb\x1b[2J",
        ["a\u202eb\x1b[2J"],
        {"text": "a\u202eb\x1b[2J"},
        {"note": "a\u202eb\x1b[2J"},
        {"title": "a\u202eb\x1b[2J"},
        {"find": "a\u202eb\x1b[2J"},
        [{"text": "a\u202eb\x1b[2J"}],
    ],
)
def test_what_would_turn_letters_round_or_hide_does_not_travel(cell):
    assert "a\\ufffdb\\ufffd[2J" in json.dumps(wire_cell(cell))


def test_a_cell_without_end_travels_as_its_beginning_and_is_found_by_it():
    grid = Grid([Column("a", "A")])
    grid.set_rows([{"key": "k", "a": "begins" + "x" * 1_000_000}])
    assert len(json.dumps(grid._snapshot_now())) < 2_000
    grid.search = "begins"
    assert grid.visible_keys() == ["k"]
    assert wire_cell({"text": "t", "copy": "c" * 5_000})["copy"] == "c" * 5_000  # what is copied is the whole
    grid.close()


def test_what_stands_in_place_of_rows_has_an_end_and_turns_nothing_round():
    grid = Grid([Column("a", "A")], empty_text="No pool \u202e" + "x" * 1_000_000)
    assert grid.empty_text.startswith("No pool \ufffdxxx")
    assert len(grid.empty_text) < 1_000
    grid.close()
