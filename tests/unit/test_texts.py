"""Texts from outside: nothing in them steers a terminal, and nothing that is harmless is lost."""

import csv
import io
import json
import unicodedata

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from batch_widgets.pools.cli import file_name
from batch_widgets.texts import choice, cut, escaped_json, for_terminal, frame_csv, one_line, plain, sheet_cell

ODD = st.text(alphabet="ab \t\n\r\x00\x1b\x7f\x9b\u200b\u202e\u2066\ufeff\ud800\U000e0041\u05d0\U0001f642", max_size=30)
TURNS = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}


@given(st.text(max_size=30) | ODD)
def test_nothing_that_steers_is_left(text):
    assert not {unicodedata.category(one) for one in one_line(text)} & {"Cc", "Cs", "Zl", "Zp"}
    assert not {unicodedata.bidirectional(one) for one in plain(text)} & TURNS
    assert {one for one in for_terminal(text) if unicodedata.category(one) == "Cc"} <= {"\n", "\t"}


@pytest.mark.parametrize("text", ["plain", "h\u00e9 \u6f22 \U0001f642", "\u05d0\u05d1", "two\n\tlines"])
def test_what_is_harmless_stays(text):
    assert plain(text) == for_terminal(text) == text


def test_long_texts_are_cut_and_say_so():
    assert cut("abc", 3) == "abc"
    assert cut("x" * 1_234_567, 2) == "xx… and 1,234,565 more characters"
    assert one_line("a\nb", 3) == "a b"
    assert len(choice("x" * 1_000_000)) < 300
    assert for_terminal("abcd", 3) == "abc… and 1 more characters"


@given(ODD)
def test_escaped_json_says_the_same(text):
    made = escaped_json(json.dumps({text: text}, ensure_ascii=False))
    assert json.loads(made) == {text: text}
    assert plain(made) == made


@pytest.mark.parametrize("text", ["=1", "+1", "-x", "@a", "\t=1", "\r=1", "\n=1", "\uff1d1"])
def test_a_formula_is_marked(text):
    assert sheet_cell(text)[0] == "'"
    assert "\r" not in sheet_cell(text)


def test_csv_of_any_frame():
    frame = pd.DataFrame(
        {
            "text": pd.Series(["=1", None], dtype="string"),
            "kind": pd.Categorical(["@a", "b"]),
            "any": [("=x",), None],
            "number": pd.Series([-1, None], dtype="Int64"),
        }
    )
    keyed = frame.set_index(pd.Index(["=k", "l"], name="key"))
    rows = list(csv.reader(io.StringIO(frame_csv(keyed, index=True))))
    assert rows[0] == ["key", "text", "kind", "any", "number"]
    assert rows[1] == ["'=k", "'=1", "'@a", "('=x',)", "-1"]
    assert rows[2] == ["l", "", "b", "", ""]
    assert frame["text"].iloc[0] == "=1"


def test_the_file_that_a_command_reads_has_a_name_that_any_system_takes():
    assert len(file_name({"id": "x" * 1_000_000})) == len("x" * 64 + ".json")
