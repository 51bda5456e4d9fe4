"""ipywidgets' controls, made to send little: looks are shared, and nothing is sent before somebody shows it.

By itself each control brings a layout and most a style: models of their own, of a kilobyte each, that say nothing. And
each sends itself when it is made, and every change from then on. A form of a hundred controls would send three hundred
models and as many changes before it is seen.
"""

from __future__ import annotations

import threading
import weakref
from typing import Any

import ipywidgets
import traitlets

from batch_widgets.widgets.one_shell import keep_on_one_shell

# A page keeps all that a look was ever given to, closed widgets too, until the look is closed.
_MOST_GIVEN = 500
_lock = threading.RLock()
_looks: dict[tuple[type[Any], bool], ipywidgets.Widget] = {}
"""Those that are given out now, by kind and whether they hide."""
_users: dict[ipywidgets.Widget, weakref.WeakSet[ipywidgets.Widget]] = {}
"""Who has each look that is open, those that are given out no more too."""
_given: dict[ipywidgets.Widget, int] = {}
"""How often each was given."""


class SharedLayout(ipywidgets.Layout):
    """A layout that many widgets have, and that nobody may change therefore."""

    _frozen = False

    def __setattr__(self, name: str, value: object) -> None:
        if self._frozen and name in self.keys and not name.startswith("_"):
            raise AttributeError("This layout is shared by many widgets: give the widget one of its own instead.")
        super().__setattr__(name, value)


def _take(widget: ipywidgets.Widget, kind: type[Any], *, hidden: bool = False) -> ipywidgets.Widget:
    """Give a widget the shared look of a kind; it is made for the first that wants it."""
    if widget.is_closed:  # somebody looks at what is left of it
        look = kind()
        look.close()
        return look
    key = (kind, hidden)
    with _lock:
        look = _looks.get(key)
        if look is None or look.comm is None or _given[look] >= _MOST_GIVEN:  # or somebody closed all widgets
            look = _looks[key] = kind(display="none") if hidden else kind()
            if isinstance(look, SharedLayout):
                look._frozen = True  # noqa: SLF001  it can't be while it is made
            _users[look], _given[look] = weakref.WeakSet(), 0
            _close_unused(look)
        _users[look].add(widget)
        _given[look] += 1
        return look


def _close_unused(new: ipywidgets.Widget) -> None:
    """Close the looks whose users are gone without a word; the new one will have some."""
    for look in [look for look, users in _users.items() if look is not new and (not users or look.comm is None)]:
        _forget(look)
        look.close()


def _forget(look: ipywidgets.Widget) -> None:
    del _users[look], _given[look]
    for key in [key for key, one in _looks.items() if one is look]:
        del _looks[key]


def release(widget: ipywidgets.Widget) -> None:
    """Close the looks of a closed widget; those that others have too close with the last of them."""
    for name in ("layout", "style"):
        look = widget._trait_values.get(name)  # noqa: SLF001  one that was never asked for was never made
        if isinstance(look, ipywidgets.Widget):
            _let_go(widget, look)


def _let_go(widget: ipywidgets.Widget, look: ipywidgets.Widget) -> None:
    with _lock:
        users = _users.get(look)
        if users is not None:
            users.discard(widget)
            if users:
                return
            _forget(look)
    look.close()


def show(widget: ipywidgets.DOMWidget, visible: bool) -> None:
    """Show or hide a widget without taking it out of its place."""
    layout = widget.layout
    if not isinstance(layout, SharedLayout):
        layout.display = None if visible else "none"
    elif visible is (layout.display == "none") and not widget.is_closed:
        widget.layout = _take(widget, SharedLayout, hidden=not visible)
        _let_go(widget, layout)
    waits_in = getattr(widget, "waits_in", None)  # asked for last: another thread may be opening its box
    if visible and waits_in is not None:
        widget.waits_in = None
        waits_in.children = waits_in.content


class Late(traitlets.HasTraits):
    """What makes a widget wait: it opens, with all that it is made of, when it is first shown."""

    is_closed = False
    """bool: whether :meth:`close` was called. (A widget that nobody has seen yet has no comm either.)"""

    waits_in: Box | None = None
    """Box or None: where it belongs, while it is hidden and nobody has seen it yet."""

    _is_wanted = False

    def open(self) -> None:
        """Open it to the page, unless nobody has asked for it yet."""
        with _lock:  # another thread may be closing it
            if self._is_wanted and not self.is_closed:
                super().open()  # type: ignore[misc]
                keep_on_one_shell(self.comm)  # type: ignore[attr-defined]

    def notify_change(self, change: Any) -> None:
        """Send a change, and tell it."""
        with _lock:  # who is opening it may have read the old value: there is a comm to send the new one by then
            pass
        super().notify_change(change)

    @property
    def model_id(self) -> str:
        """Its id on the page; who asks for it is about to show it."""
        if not self._is_wanted:
            self._is_wanted = True
            self.open()
        return str(super().model_id)  # type: ignore[misc]

    def waits(self) -> bool:
        """Tell whether it is hidden, and nobody has seen it yet."""
        widget: Any = self
        return widget.comm is None and widget.layout.display == "none"

    def _repr_mimebundle_(self, **options: Any) -> Any:
        del options
        _ = self.model_id
        return super()._repr_mimebundle_()  # type: ignore[misc]

    def close(self) -> None:
        """Close it."""
        with _lock:
            self.is_closed = True
            super().close()  # type: ignore[misc]


class Lean(Late):
    """What makes a control lean."""

    def close(self) -> None:
        """Close it, and let go of what it shared."""
        super().close()
        release(self)

    @traitlets.default("layout")
    def _default_layout(self) -> Any:
        return _take(self, SharedLayout)

    @traitlets.default("style")
    def _default_style(self) -> Any:
        trait: Any = self.traits()["style"]
        return _take(self, trait.klass)


class Box(Lean):
    """A box that leaves out those of its content that are hidden, until they are first shown."""

    content: tuple[ipywidgets.Widget, ...] = ()
    """tuple of Widget: what was put into it; :attr:`children` are those that the page has."""

    def open(self) -> None:
        """Open it to the page, unless nobody has asked for it yet."""
        if self._is_wanted and self.comm is None:  # type: ignore[attr-defined]
            self.children = self.content  # some may have been hidden since they were put in
        super().open()

    @traitlets.validate("children")
    def _leave_out_hidden(self, proposal: Any) -> Any:
        self.content = tuple(proposal["value"])
        for child in self.content:
            if isinstance(child, Late) and child.waits():
                child.waits_in = self
        return tuple(child for child in self.content if getattr(child, "waits_in", None) is None)


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


class HBox(Box, ipywidgets.HBox):
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


class VBox(Box, ipywidgets.VBox):
    """Widgets one below the other."""
