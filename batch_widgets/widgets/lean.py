"""ipywidgets' controls with layouts and styles that they share.

By itself each control brings a layout and most a style: models of their own, of a kilobyte each, that say nothing. A
form of a hundred controls would send three hundred models.
"""

from __future__ import annotations

import threading
import weakref
from typing import Any

import ipywidgets
import traitlets

_lock = threading.RLock()
_users: dict[tuple[type[Any], bool], weakref.WeakSet[ipywidgets.Widget]] = {}
_looks: dict[tuple[type[Any], bool], ipywidgets.Widget] = {}


class SharedLayout(ipywidgets.Layout):
    """A layout that many widgets have, and that nobody may change therefore."""

    _frozen = False

    def __setattr__(self, name: str, value: object) -> None:
        if self._frozen and name in self.keys and not name.startswith("_"):
            raise AttributeError("This layout is shared by many widgets: give the widget one of its own instead.")
        super().__setattr__(name, value)


def _take(widget: ipywidgets.Widget, kind: type[Any], *, hidden: bool = False) -> ipywidgets.Widget:
    """Give a widget the shared look of a kind; it is made for the first that wants it."""
    key = (kind, hidden)
    with _lock:
        look = _looks.get(key)
        if look is None or look.comm is None:  # somebody may have closed all widgets
            look = _looks[key] = kind(display="none") if hidden else kind()
            if isinstance(look, SharedLayout):
                look._frozen = True  # noqa: SLF001  it can't be while it is made
            _users[key] = weakref.WeakSet()
        _users[key].add(widget)
        return look


def release(widget: ipywidgets.Widget) -> None:
    """Close the looks of a closed widget; those that others have too close with the last of them."""
    for look in {getattr(widget, name, None) for name in ("layout", "style")}:
        if isinstance(look, ipywidgets.Widget):
            _let_go(widget, look)


def _let_go(widget: ipywidgets.Widget, look: ipywidgets.Widget) -> None:
    with _lock:
        key = next((key for key, shared in _looks.items() if shared is look), None)
        if key is not None:
            _users[key].discard(widget)
            if _users[key]:
                return
            del _looks[key], _users[key]
    look.close()


def show(widget: ipywidgets.DOMWidget, visible: bool) -> None:
    """Show or hide a widget without taking it out of its place."""
    layout = widget.layout
    if not isinstance(layout, SharedLayout):
        layout.display = None if visible else "none"
    elif visible is (layout.display == "none") and widget.comm is not None:  # a closed one takes none any more
        widget.layout = _take(widget, SharedLayout, hidden=not visible)
        _let_go(widget, layout)


class Lean(traitlets.HasTraits):
    """What makes a control lean."""

    @traitlets.default("layout")
    def _default_layout(self) -> Any:
        return _take(self, SharedLayout)

    @traitlets.default("style")
    def _default_style(self) -> Any:
        trait: Any = self.traits()["style"]
        return _take(self, trait.klass)


class Accordion(Lean, ipywidgets.Accordion):
    """Sections that unfold."""


class BoundedIntText(Lean, ipywidgets.BoundedIntText):
    """A number within limits."""


class Button(Lean, ipywidgets.Button):
    """A button."""


class Checkbox(Lean, ipywidgets.Checkbox):
    """A box to tick."""


class Combobox(Lean, ipywidgets.Combobox):
    """Text with suggestions."""


class Dropdown(Lean, ipywidgets.Dropdown):
    """A choice of one."""


class HBox(Lean, ipywidgets.HBox):
    """Widgets side by side."""


class HTML(Lean, ipywidgets.HTML):
    """A piece of HTML."""


class IntText(Lean, ipywidgets.IntText):
    """A number."""


class RadioButtons(Lean, ipywidgets.RadioButtons):
    """A choice of one, all on show."""


class Stack(Lean, ipywidgets.Stack):
    """One of some widgets."""


class Text(Lean, ipywidgets.Text):
    """A line of text."""


class Textarea(Lean, ipywidgets.Textarea):
    """Lines of text."""


class ToggleButton(Lean, ipywidgets.ToggleButton):
    """A button that is on or off."""


class ToggleButtons(Lean, ipywidgets.ToggleButtons):
    """A choice of one, as buttons."""


class VBox(Lean, ipywidgets.VBox):
    """Widgets one below the other."""
