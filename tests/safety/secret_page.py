"""Plays the page: what it would send is handed to the widgets as the kernel would hand it to them."""

from __future__ import annotations

import time

import ipywidgets

WAIT_S = 40.0


def show(widget):
    """Display a widget as a cell does."""
    return widget._repr_mimebundle_()


def set_state(widget, **state):
    """Do what the page does to a control; the kernel echoes it as it does there."""
    assert widget.comm is not None, f"{type(widget).__name__} is not on the page"
    data = {"method": "update", "state": state, "buffer_paths": []}
    widget._handle_msg({"content": {"data": data}, "buffers": []})


def send(widget, **content):
    """Send a message as the page does."""
    data = {"method": "custom", "content": content}
    widget._handle_msg({"content": {"data": data}, "buffers": []})


def click(button):
    """Press a button."""
    send(button, event="click")


def type_secret(field, text, act):
    """Type into a secret's field, do what has it asked for, and answer as its page does."""
    set_state(field, filled=True)
    act()
    (ticket,) = field._waiting
    send(field, type="secret", id=ticket, value=text)
    set_state(field, filled=False)


def wait(ask, timeout_s=WAIT_S):
    """Wait until something is true."""
    deadline = time.monotonic() + timeout_s
    while not (answer := ask()):
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)
    return answer


def found_below(widget, kind):
    """Give the widgets of a kind in a tree."""
    below = [one for child in getattr(widget, "children", ()) for one in found_below(child, kind)]
    return ([widget] if isinstance(widget, kind) else []) + below


def password_button(row, field):
    """Give the button that keeps what is typed into a secret's field."""
    (cells,) = [one for one in found_below(row, ipywidgets.HBox) if field in one.children]
    return cells.children[1]
