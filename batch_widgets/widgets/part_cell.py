"""The control of one property of an object in a form, and what a change of it makes of the object."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from batch_widgets.pools.secrets import is_placeholder, is_secret
from batch_widgets.widgets import markup
from batch_widgets.widgets.bound import FLAG_OPTIONS, choice_control, read_json, text_control
from batch_widgets.widgets.controls import button, column, html, row
from batch_widgets.widgets.lean import show
from batch_widgets.widgets.secret import SecretInput

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import ipywidgets

    from batch_widgets.pools.items import Part

_SECRETS = {"secret", "secret object"}
_WIDE = {"object", "objects", *_SECRETS}


def part_cell(part: Part, value: Any, set_part: Callable[[Any], object]) -> ipywidgets.VBox:
    """Give a property's label, its control, and the place for what can't be read.

    Parameters
    ----------
    part : Part
        The property.
    value : object
        What it is now; None where it is not there.
    set_part : callable
        Takes what is typed in.
    """
    trouble = html("", "bw-field-problem")
    show(trouble, visible=False)

    def refused(message: str) -> None:
        trouble.value = markup.problem(message, "error") if message else ""
        show(trouble, visible=bool(message))

    control: ipywidgets.Widget
    if part.kind in _SECRETS or is_secret(part.path.rpartition(".")[2], value):
        control = _secret(part, value, set_part, refused)
    elif part.kind == "flag":
        control = choice_control(FLAG_OPTIONS, value, set_part)
    elif part.kind == "choice":
        control = choice_control(part.choices if value in part.choices else ("", *part.choices), value or "", set_part)
    else:
        control = text_control(part.kind, value, set_part, refused)
    cell = column("bw-part", html(markup.muted(part.label)), control, trouble)
    if part.kind in _WIDE:
        cell.add_class("bw-wide")
    return cell


def _secret(
    part: Part, value: Any, set_part: Callable[[Any], object], refused: Callable[[str], object]
) -> ipywidgets.Widget:
    """Give a field whose text goes from the browser into the kernel's memory, and into no widget's state."""
    field = SecretInput(placeholder="JSON" if part.kind == "secret object" else "")
    keep = button("Keep", title="Keep it in this kernel's memory, from where it is sent with the pool")
    said = html(markup.muted(_kept(value)))

    def on_text(text: str) -> None:
        try:
            new = read_json(text) if part.kind == "secret object" else text
            set_part(new)
        except ValueError as problem:
            refused(str(problem))
        else:
            refused("")
            said.value = markup.muted(_kept(new))

    keep.on_click(lambda _: field.request(on_text))
    field.on_submit(lambda: field.request(on_text))
    return row("bw-cells", field, keep, said)


def _kept(value: Any) -> str:
    """Say whether there is a secret; of an address, all but its query, which may be a signature."""
    if value is None or is_placeholder(value):
        return "none yet"
    if isinstance(value, str) and value.startswith(("http://", "https://")):
        return f"kept: {value.partition('?')[0]}"
    return "kept"


def with_part(item: Mapping[str, Any], part: Part, value: Any) -> dict[str, Any]:
    """Give an object with another value for one property; an empty one is taken out, unless it is required."""
    changed: dict[str, Any] = copy.deepcopy(dict(item))
    here = changed
    *outer, last = part.path.split(".")
    for step in outer:
        if not isinstance(here.get(step), dict):
            here[step] = {}
        here = here[step]
    if value in ("", None, ()) and not part.required:
        here.pop(last, None)
        if not here and len(outer) == 1:
            changed.pop(outer[0])
    else:
        here[last] = list(value) if isinstance(value, tuple) else value
    return changed
