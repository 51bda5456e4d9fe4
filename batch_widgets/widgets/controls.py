"""ipywidgets controls in this package's look."""

from __future__ import annotations

from typing import Any, TypeVar

import ipywidgets

from batch_widgets.widgets import lean, markup
from batch_widgets.widgets.lean import release, show

W = TypeVar("W", bound=ipywidgets.DOMWidget)


def styled(widget: W, *classes: str) -> W:
    """Give the widget style classes."""
    for name in classes:
        widget.add_class(name)
    return widget


def html(value: str = "", *classes: str) -> ipywidgets.HTML:
    """Give a piece of HTML made by :mod:`markup`."""
    return styled(lean.HTML(value), "bw-html", *classes)


def row(class_name: str, *children: ipywidgets.Widget) -> ipywidgets.HBox:
    """Give children side by side."""
    return lean.HBox(children, _dom_classes=(class_name,))


def column(class_name: str, *children: ipywidgets.Widget) -> ipywidgets.VBox:
    """Give children one below the other."""
    return lean.VBox(children, _dom_classes=(class_name,))


def button(text: str, *classes: str, title: str = "", icon: str = "") -> ipywidgets.Button:
    """Give a button: verb and object."""
    return styled(lean.Button(description=text, tooltip=title, icon=icon), *classes)


def toggle(text: str, *, title: str = "") -> ipywidgets.ToggleButton:
    """Give a filter that is on or off."""
    return styled(lean.ToggleButton(description=text, tooltip=title), "bw-toggle")


def content_of(widget: ipywidgets.Widget) -> tuple[ipywidgets.Widget, ...]:
    """Give what is in a box, those among it that wait to be shown."""
    return tuple(getattr(widget, "content", getattr(widget, "children", ())))


def close_tree(widget: ipywidgets.Widget) -> None:
    """Close a widget with all below it: ipywidgets closes the widget alone."""
    for child in content_of(widget):
        close_tree(child)
    widget.close()
    release(widget)


class Field:
    """A row of a form: label, control, and the place for its problem.

    Parameters
    ----------
    name : str
        The name under which problems are given.
    label : str
        What stands before the control.
    control : Widget
        The control.
    after : Widget, optional
        What stands behind it.
    """

    def __init__(self, name: str, label: str, control: Any, *after: ipywidgets.Widget) -> None:
        self.name = name
        self.label = label
        self.control = control
        self._problem = html("", "bw-field-problem")
        show(self._problem, visible=False)
        parts = (html(markup.muted(label), "bw-lab"), control, *after, self._problem)
        self.widget = styled(row("bw-row", *parts), "bw-field", f"bw-at-{name}")

    def show_problem(self, message: str, severity: str = "error") -> None:
        """Show a problem below the control; empty for none."""
        self._problem.value = markup.problem(message, severity) if message else ""
        show(self._problem, visible=bool(message))
        if message and severity == "error":
            self.control.add_class("bw-bad")
        else:
            self.control.remove_class("bw-bad")
