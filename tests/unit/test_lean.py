"""Controls with looks that they share: few models, each widget hidden by itself, nothing left behind."""

from __future__ import annotations

import gc
import threading
import weakref

import ipywidgets
import pytest
from ipykernel.comm.comm import BaseComm

import batch_widgets as bw
from batch_widgets.widgets import lean
from batch_widgets.widgets.lean import release, show
from batch_widgets.widgets.one_shell import keep_on_one_shell
from unit.test_panel import open_widgets


@pytest.fixture(autouse=True)
def fresh_looks(monkeypatch):
    """Looks that no other test has given out."""
    for name in ("_looks", "_users", "_given"):
        monkeypatch.setattr(lean, name, {})


def close(*widgets):
    for widget in widgets:
        widget.close()
        release(widget)


def test_looks_are_shared_and_close_with_the_last():
    before = open_widgets()
    one, other, box = lean.Text(), lean.Text(), lean.HBox()
    assert one.layout is other.layout is box.layout
    assert one.style is other.style
    close(one)
    assert other.layout.comm is not None
    close(other, box)
    assert open_widgets() <= before


def test_a_look_is_given_to_so_many_and_closes_with_them(monkeypatch):
    """Pages keep what a look was given to for as long as it is open, and one widget stays open here."""
    monkeypatch.setattr(lean, "_MOST_GIVEN", 10)
    before = open_widgets()
    stays = lean.Text()
    layouts = set()
    for _ in range(40):
        passing = lean.Text()
        layouts.add(passing.layout)
        close(passing)
    assert len(layouts) > 3
    assert [one for one in layouts if one.comm is not None and one is not stays.layout] == []
    assert stays.layout.comm is not None
    close(stays)
    assert open_widgets() <= before
    assert (lean._looks, lean._users, lean._given) == ({}, {}, {})


def test_a_look_whose_users_were_forgotten_closes(monkeypatch):
    monkeypatch.setattr(lean, "_MOST_GIVEN", 2)
    forgotten = [lean.Text(), lean.Text()]
    look = forgotten[0].layout
    assert forgotten[1].layout is look
    for one in forgotten:  # nobody has seen them, so that nothing else holds them
        one._trait_notifiers.clear()
    del one
    forgotten.clear()
    gc.collect()
    other = lean.Text()
    assert other.layout is not look
    assert look.comm is None
    close(other)


def test_each_is_hidden_by_itself():
    one, other = lean.Text(), lean.Text()
    show(one, visible=False)
    assert one.layout.display == "none"
    assert other.layout.display is None
    show(one, visible=False)
    show(one, visible=True)
    assert one.layout is other.layout
    own = ipywidgets.Text()
    show(own, visible=False)
    assert own.layout.display == "none"
    show(own, visible=True)
    assert own.layout.display is None
    close(one, other, own)


def test_a_closed_widget_takes_no_look_any_more():
    before = open_widgets()
    one = lean.Text()
    close(one)
    show(one, visible=False)
    assert open_widgets() <= before


def test_nobody_changes_what_all_have():
    one = lean.Text()
    with pytest.raises(AttributeError, match="shared by many widgets"):
        one.layout.width = "100px"
    one.layout = ipywidgets.Layout(width="100px")
    assert one.layout.width == "100px"
    close(one)


def test_looks_come_again_after_all_was_closed():
    one = lean.Text()
    ipywidgets.Widget.close_all()
    other = lean.Text()
    assert other.layout.comm is not None
    close(one, other)


def test_a_panel_has_a_layout_of_its_own(account):
    builder = bw.PoolBuilder(account)
    builder.layout.width = "600px"
    assert builder.form.pool_id.layout.width is None
    builder.close()


def test_nothing_is_sent_before_somebody_shows_it(account):
    before = open_widgets()
    builder = bw.PoolBuilder(account, pool_id="analysis")
    builder.vm_size = "Standard_D2s_v3"
    assert not {type(one) for one in open_widgets() - before} & {lean.HTML, lean.Text, bw.PoolBuilder}
    assert builder._repr_mimebundle_()["application/vnd.jupyter.widget-view+json"]["model_id"] == builder.model_id
    assert builder.form.pool_id in open_widgets()
    builder.close()
    assert open_widgets() <= before


def test_a_widget_opens_with_the_box_that_it_is_put_into():
    text = lean.Text("x")
    box = ipywidgets.VBox([text])
    assert text.comm is not None
    assert text.value == "x"
    close(box, text)


def test_what_is_left_of_a_closed_widget_can_be_looked_at():
    before = open_widgets()
    text = lean.Text("x")
    close(text)
    assert "x" in repr(text)
    assert text.is_closed
    assert open_widgets() <= before


def test_what_changes_while_a_widget_opens_reaches_the_page(monkeypatch):
    text = lean.Text("old")
    stored, sent = threading.Event(), []
    read_state, notify = text.get_state, text.notify_change

    def notify_change(change):
        stored.set()
        notify(change)

    def get_state(*args, **options):
        state = read_state(*args, **options)
        if text.comm is None:  # it is opening, and has read the old value
            other.start()
            stored.wait(10)
            other.join(0.2)  # it waits until the widget is open; if it did not, it would be through by then
        return state

    monkeypatch.setattr(text, "notify_change", notify_change)
    monkeypatch.setattr(text, "get_state", get_state)
    monkeypatch.setattr(text, "_send", lambda message, buffers=None: sent.append(message["state"]))
    other = threading.Thread(target=setattr, args=(text, "value", "new"))
    assert text.model_id
    other.join()
    assert sent == [{"value": "new"}]
    close(text)


def test_closing_opens_nothing(account, monkeypatch):
    builder = bw.PoolBuilder(account, pool_id="analysis")
    assert builder.model_id
    there = open_widgets()
    opened = []
    monkeypatch.setattr(ipywidgets.Widget, "open", lambda one: opened.append(type(one)))
    builder.close()
    assert opened == []
    assert open_widgets() < there


def test_the_page_says_by_which_shell_a_widget_hears():
    comm = BaseComm(target_name="jupyter.widget")
    comm._reply_subshell_id = "where it was last changed"
    comm._reply_subshell_ids = {"question": "where it was asked"}
    keep_on_one_shell(comm)
    keep_on_one_shell(comm)
    assert comm._reply_subshell_for({"content": {"id": "question"}}, "of the page") == "of the page"
    assert comm._reply_subshell_ids == {}, "nothing stays of a question that was answered"
    assert comm._reply_subshell_for({}, None) is None
    gone = weakref.ref(comm)
    comm.close()
    del comm
    assert gone() is None, "no cycle keeps it"


def test_a_comm_of_another_kernel_is_left_as_it_is():
    comm = object()
    keep_on_one_shell(comm)
    text = lean.Text()
    assert text.model_id
    assert not hasattr(text.comm, "_reply_subshell_for")
    close(text)
