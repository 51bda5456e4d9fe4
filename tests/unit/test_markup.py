"""Markup: whatever comes from outside ends as text, never as HTML; sizes are told in words."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batch_widgets.errors import BatchWidgetsError
from batch_widgets.nodes import BROKEN_STATES, ON_THE_WAY_STATES, USABLE_STATES
from batch_widgets.widgets import markup

TEXTS = st.text(max_size=40) | st.text(alphabet="<>&\"'=/ abscript!-\u202e\u2066\x00\x1b\x7f", max_size=40)
MISLEADING = "\x00\x08\x1b\x7f\x85\u061c\u200e\u200f\u2028\u202a\u202e\u2066\u2069\ufeff"
MAKERS = {
    "span": lambda text: markup.span(text, "c", title=text),
    "muted": markup.muted,
    "mono": markup.mono,
    "pill": lambda text: markup.pill(text, "ok"),
    "heading": markup.heading,
    "problem": lambda text: markup.problem(text, "error"),
    "check_line": lambda text: markup.check_line("err", text, text),
    "message": lambda text: markup.message(text, text, {text: text}),
    "state_bar": lambda text: markup.state_bar({text: 2}),
    "facts": lambda text: markup.facts([(text, markup.muted(text))]),
}


class Reader(HTMLParser):
    """Collects tags, attributes and text."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.attributes, self.text = [], [], ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data):
        self.text += data


@pytest.mark.parametrize("maker", MAKERS.values(), ids=MAKERS)
@given(text=TEXTS.filter(str.strip))
def test_text_adds_no_tag_and_no_attribute(maker, text):
    harmless, read = Reader(maker("word")), Reader(maker(text))
    assert read.tags == harmless.tags
    assert [name for name, _ in read.attributes] == [name for name, _ in harmless.attributes]


@pytest.mark.parametrize("maker", MAKERS.values(), ids=MAKERS)
@given(text=st.text(alphabet="<>&\"'; abc-é漢🙂", min_size=1, max_size=20).filter(str.strip))
def test_text_is_read_as_it_was(maker, text):
    assert text in Reader(maker(text)).text


@pytest.mark.parametrize("maker", MAKERS.values(), ids=MAKERS)
@pytest.mark.parametrize("character", MISLEADING, ids=lambda character: f"U+{ord(character):04X}")
def test_characters_that_mislead_show_as_replaced(maker, character):
    html = maker(f"pool{character}gpj")
    assert character not in html
    assert "pool\ufffdgpj" in html


@given(text=st.text(st.characters(categories=["Cs", "Cc", "L"]), max_size=20))
def test_all_can_be_sent(text):
    markup.span(text).encode()


def test_letters_written_from_right_to_left_stay():
    assert "שלום" in markup.span("שלום")


def test_message_leaves_out_what_is_empty():
    html = markup.message("Title", "", {"code": "", "status": ""})
    assert "<details" not in html
    assert Reader(html).text == "Title"


def test_message_folds_details():
    html = markup.message("Title", "Why.", {"code": "PoolExists", "request": ""})
    assert "<details><summary>Details</summary>" in html  # not open
    assert "PoolExists" in Reader(html).text
    assert "request" not in html


def test_error_details():
    error = BatchWidgetsError("m", code="PoolExists", status=409, request_id="r-1")
    assert markup.error_details(error) == {"code": "PoolExists", "status": "409", "request": "r-1"}
    assert set(markup.error_details(BatchWidgetsError("m")).values()) == {""}


@pytest.mark.parametrize(
    ("states", "hue"), [(BROKEN_STATES, "err"), (ON_THE_WAY_STATES, "busy"), ({"idle"}, "ok"), ({"running"}, "run")]
)
def test_hue_of_states(states, hue):
    assert {markup.state_hue(state) for state in states} == {hue}


def test_hues_of_what_is_not_known():
    assert {markup.state_hue("new"), markup.allocation_hue("new"), markup.status_hue("new")} == {"none"}
    assert {markup.state_hue(state) for state in USABLE_STATES} == {"ok", "run"}


def test_state_bar_is_by_number_and_in_words():
    html = markup.state_bar({"idle": 3, "starttaskfailed": 1, "offline": 0})
    assert "flex-grow:3" in html
    assert 'aria-label="3 idle, 1 start task failed"' in html
    assert "offline" not in html


@pytest.mark.parametrize(("fraction", "percent"), [(0.0, 0), (0.333, 33), (1.0, 100)])
def test_progress_line_tells_how_far(fraction, percent):
    html = markup.progress_line(fraction)
    assert f'aria-valuenow="{percent}"' in html
    assert f"width:{percent}%" in html


def test_progress_line_of_unknown_length_gives_no_number():
    assert "aria-valuenow" not in markup.progress_line(None)


def test_a_problem_says_in_words_how_bad_it_is():
    assert 'aria-label="Error"' in markup.problem("m", "error")
    assert 'aria-label="Warning"' in markup.problem("m", "warning")


def test_a_text_without_end_is_cut_where_it_is_drawn():
    long = "<b>" * 1_000_000
    for maker in (markup.span, markup.code_block, lambda text: markup.text_end(text, "End"), markup.heading):
        assert len(maker(long)) < 500_000
    assert "more characters" in markup.span(long)
    assert len(markup.span("x", title=long)) < 20_000
    assert Reader(markup.text_end(long + "the end", "End")).text.endswith("the end")


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (999, "999 bytes"),
        (1000, "1.0 kB"),
        (16_384, "16.4 kB"),
        (999_960, "1.0 MB"),
        (1_234_567_890, "1.2 GB"),
        (5 * 10**15, "5,000.0 TB"),
    ],
)
def test_sizes(count, words):
    assert markup.size(count) == words


def test_the_end_of_a_text_for_a_terminal():
    html = markup.text_end("\x1b[1;31mred\x1b[0m\r\n\x1b]0;title\x07<b>\x1b(B\x07\n\n", 'End of "it"')
    assert "red\n&lt;b&gt;" in html
    assert "title" not in html
    assert "[31m" not in html
    assert 'aria-label="End of &quot;it&quot;"' in html
