"""The terminal without a browser: what each page is sent, how far it may lag, and what is taken as input."""

from __future__ import annotations

import collections
import json
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batch_widgets.widgets import terminal_view
from batch_widgets.widgets.terminal_view import TerminalView


class Pages:
    """Pages that show a terminal, as far as the kernel sees them."""

    def __init__(self, view):
        self.view = view
        self.sent = []
        view.send = self._take
        self.text = {}
        self.end = {}
        self.told = collections.Counter()

    def _take(self, content, buffers=None):
        self.sent.append(content)
        if content["type"] == "clear":
            self.text = dict.fromkeys(self.text, b"")
        if content["type"] != "output":
            return
        name, data = content["page"], bytes(buffers[0])
        assert len(data) <= 65_536
        if content["reset"]:
            self.text[name] = b""
        else:
            assert content["position"] - content["skipped"] == self.end[name]
        self.text[name] += data
        self.end[name] = content["position"] + len(data)

    def says(self, kind, page="p", buffers=(), **more):
        if kind in {"input", "size"} and "number" not in more:
            more["number"] = self.told[page]
            self.told[page] += 1
        self.view._handle_custom_msg({"type": kind, "page": page, **more}, [memoryview(one) for one in buffers])

    def draws(self, page="p"):
        self.says("ack", page, position=self.end[page])

    def outputs(self):
        return [content for content in self.sent if content["type"] == "output"]


@pytest.fixture
def pages():
    view = TerminalView(title="alice@tvmps_1_d")
    yield Pages(view)
    view.close()


def test_output_goes_to_each_page(pages):
    pages.says("attach", "p")
    pages.says("attach", "q")
    pages.view.write(b"hello ")
    pages.view.write("Zoë\n".encode())
    assert pages.text == {"p": "hello Zoë\n".encode(), "q": "hello Zoë\n".encode()}
    assert [content["replay"] for content in pages.outputs()] == [False] * 4


def test_a_page_that_comes_later_is_shown_the_end(pages):
    pages.view.write(b"first\n")
    pages.says("attach", "p")
    pages.view.write(b"second\n")
    assert pages.text["p"] == b"first\nsecond\n"
    assert [(content["replay"], content["reset"]) for content in pages.outputs()] == [(True, True), (False, False)]
    lines = b"".join(b"line %d\n" % number for number in range(20_000))
    pages.view.write(lines)
    pages.says("attach", "late")
    assert lines.endswith(pages.text["late"])
    assert pages.text["late"].startswith(b"line ")
    assert 60_000 < len(pages.text["late"]) <= 65_536


def test_a_page_is_sent_no_more_than_it_draws(pages):
    pages.says("attach")
    written = b"".join(b"%07d\n" % number for number in range(100_000))
    pages.view.write(written[:400_000])
    sent = len(pages.text["p"])
    assert sent == 262_144
    while len(pages.text["p"]) < 400_000:
        pages.draws()
    assert pages.text["p"] == written[:400_000]
    assert all(content["skipped"] == 0 for content in pages.outputs())


def test_a_page_that_cannot_follow_misses_what_is_said_to_be_left_out(pages):
    pages.says("attach")
    written = b"".join(b"%07d\n" % number for number in range(400_000))
    for start in range(0, len(written), 8192):
        pages.view.write(written[start : start + 8192])
    assert len(pages.view._kept) == 1_048_576
    while pages.end["p"] < len(written):
        pages.draws()
    skipped = sum(content["skipped"] for content in pages.outputs())
    assert len(pages.text["p"]) + skipped == len(written)
    assert skipped > 1_000_000
    assert written.endswith(pages.text["p"][262_144:])
    assert pages.text["p"][262_144:].startswith(b"0")


def test_the_backlog_is_told_and_drains(pages):
    drained, heard = [], []
    pages.view.on_behind(lambda: heard.append("behind"))
    pages.view.on_drain(lambda: drained.append(pages.view.backlog))
    pages.view.on_drain(lambda: heard.append("drained"))
    pages.view.write(b"x" * 600_000)
    assert pages.view.backlog == 0, "nobody is waited for"
    pages.says("attach")
    pages.draws()
    assert not pages.view.is_behind
    pages.view.write(b"x" * 600_000)
    pages.view.write(b"y")
    assert pages.view.is_behind
    assert heard == ["behind"]
    while pages.view.backlog:
        pages.draws()
    assert len(drained) == 1
    assert drained[0] <= 131_072
    pages.view.write(b"x" * 600_000)
    pages.says("detach")
    assert (pages.view.backlog, len(drained)) == (0, 2), "a page that goes holds nothing back"
    assert heard == ["behind", "drained"] * 2


def test_the_fastest_page_is_what_counts(pages):
    pages.says("attach", "slow")
    pages.says("attach", "fast")
    pages.view.write(b"x" * 100_000)
    pages.draws("fast")
    assert pages.view.backlog == 0


def test_nothing_of_output_and_input_is_state(pages):
    heard = []
    pages.view.on_input(heard.append)
    pages.says("attach")
    pages.view.write(b"S3cret-output")
    pages.says("input", buffers=[b"S3cret-", b"input"], typed=True)
    assert heard == [b"S3cret-input"]
    assert "S3cret" not in json.dumps(pages.view.get_state()) + repr(pages.view)
    pages.view.close()
    assert not pages.view._kept


def test_what_is_typed_is_taken_until_the_end(pages):
    heard = []
    pages.view.on_input(heard.append)
    pages.says("input", buffers=[b"a"], typed=True)
    pages.view.disabled = True
    pages.says("input", buffers=[b"b"], typed=True)
    pages.view.disabled = False
    pages.view.end("The node closed the connection.")
    pages.says("input", buffers=[b"c"], typed=True)
    assert (pages.view.state, pages.view.reason) == ("ended", "The node closed the connection.")
    pages.view.restart()
    assert (pages.view.state, pages.view.reason) == ("connecting", "")
    pages.says("input", buffers=[b"d"], typed=True)
    pages.says("input", typed=True)
    assert heard == [b"a", b"d"]


def test_what_is_told_is_taken_in_order(pages):
    heard = []
    pages.view.on_input(heard.append)
    pages.view.on_resize(lambda columns, rows: heard.append((columns, rows)))
    told = [{"buffers": [letter], "typed": True, "number": number} for number, letter in enumerate([b"a", b"b", b"c"])]
    pages.says("input", **told[2])
    pages.says("size", number=3, columns=90, rows=30, entered=True)
    assert heard == []
    missed = {"type": "again", "page": "p", "first": 0}
    assert pages.sent == [{**missed, "until": 2}, {**missed, "until": 3}]
    pages.says("input", "q", buffers=[b"of another page"], typed=True)
    for again in (0, 0, 1, 1, 2):
        pages.says("input", **told[again])
    assert heard == [b"of another page", b"a", b"b", b"c", (90, 30)]
    assert not pages.view._turns["p"].early
    pages.says("input", buffers=[b"without a number"], typed=True, number=None)
    assert len(heard) == 5


def test_two_threads_of_a_kernel_change_no_order(pages):
    heard = []
    pages.view.on_input(heard.append)
    keys = [b"%d " % number for number in range(400)]
    ready = threading.Barrier(2)

    def shell(first):
        ready.wait(5)
        for number in range(first, len(keys), 2):
            pages.says("input", buffers=[keys[number]], typed=True, number=number)

    shells = [threading.Thread(target=shell, args=[first]) for first in (0, 1)]
    for one in shells:
        one.start()
    for one in shells:
        one.join(20)
    assert heard == keys


def test_one_page_answers_for_the_terminal(pages):
    heard = []
    pages.view.on_input(heard.append)
    pages.says("attach", "p")
    pages.says("attach", "q")
    for page in ("p", "q"):
        pages.says("input", page, buffers=[page.encode()], typed=False)
    pages.says("input", "q", buffers=[b"typed in q"], typed=True)
    for page in ("p", "q"):
        pages.says("input", page, buffers=[page.encode()], typed=False)
    pages.says("detach", "q")
    pages.says("input", "p", buffers=[b"p again"], typed=False)
    assert heard == [b"p", b"typed in q", b"q", b"p again"]


def test_the_size_is_that_of_the_page_where_one_types(pages):
    heard = []
    pages.view.on_resize(lambda columns, rows: heard.append((columns, rows)))
    assert (pages.view.columns, pages.view.rows) == (80, 24)
    pages.says("attach", "p")
    pages.says("attach", "q")
    pages.says("size", "p", columns=80, rows=24, entered=False)
    pages.says("size", "q", columns=100, rows=30, entered=False)
    pages.says("size", "p", columns=80, rows=24, entered=False)
    pages.says("size", "q", columns=100, rows=30, entered=True)
    assert heard == [(80, 24), (100, 30)]
    assert pages.view._size == [100, 30, "q"]
    for columns, rows in ((0, 24), (80, 99_999), ("80", 24), (None, None), (80.5, 24)):
        pages.says("size", "q", columns=columns, rows=rows, entered=True)
    assert (pages.view.columns, pages.view.rows) == (100, 30)


def test_clear_forgets(pages):
    pages.says("attach")
    pages.view.write(b"old")
    pages.view.clear()
    pages.view.write(b"new")
    pages.says("attach", "late")
    assert pages.text == {"p": b"new", "late": b"new"}


def test_the_bars_button_is_told(pages):
    heard = []
    pages.view.on_close(lambda: heard.append(1))
    pages.says("close")
    assert heard == [1]
    assert not pages.view.is_closed


def test_answers_out_of_place_change_nothing(pages):
    pages.says("ack", "nobody", position=5)
    pages.says("attach")
    pages.view.write(b"x" * 10)
    for position in (10_000, -1, "10", None):
        pages.says("ack", position=position)
    assert pages.view.backlog == 0
    pages.says("detach", "nobody")
    assert pages.view._lead == "p"


@given(st.lists(st.one_of(st.binary(max_size=60), st.sampled_from(["attach p", "attach q", "ack p", "ack q"]))))
def test_every_page_gets_the_output_in_order_or_is_told_what_it_missed(steps):
    with pytest.MonkeyPatch.context() as patch:
        sizes = {"_KEPT_BYTES": 40, "_HELD_BYTES": 100, "_PIECE_BYTES": 16, "_UNDRAWN_BYTES": 32}
        for name, size in sizes.items():
            patch.setattr(terminal_view, name, size)
        view = TerminalView()
        pages, written = Pages(view), b""
        for step in steps:
            if isinstance(step, bytes):
                view.write(step)
                written += step
            elif step.startswith("attach"):
                pages.says("attach", step[-1])
            elif step[-1] in pages.end:
                pages.draws(step[-1])
            assert len(view._kept) <= 100
        for name in list(pages.end):
            while pages.end[name] < len(written) and name in view._pages:
                pages.draws(name)
        for content in pages.outputs():
            assert content["skipped"] >= 0
        for text in pages.text.values():
            assert written.endswith(text[-16:])
        view.close()
