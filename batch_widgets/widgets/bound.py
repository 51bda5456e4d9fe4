"""Controls bound to traits that are no texts: what is typed is read, what can't be read is told beside it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from traitlets import TraitError

from batch_widgets.pools.secrets import is_secret
from batch_widgets.texts import choice
from batch_widgets.widgets import lean
from batch_widgets.widgets.controls import styled

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


@dataclass(frozen=True, slots=True)
class Reading:
    """How a value is shown as text, and read again.

    Parameters
    ----------
    show : callable
        Gives the text of a value.
    read : callable
        Gives the value of a text; raises a ValueError that says what was expected.
    """

    show: Callable[[Any], str]
    read: Callable[[str], Any]


def _number(text: str) -> int | None:
    try:
        return int(text) if text.strip() else None
    except ValueError:
        raise ValueError(f"{text} is not a whole number.") from None


def _minutes(text: str) -> timedelta | None:
    try:
        return timedelta(minutes=float(text)) if text.strip() else None
    except (ValueError, OverflowError):
        raise ValueError(f"{text} is not a number of minutes.") from None


def read_json(text: str) -> Any:
    """Read JSON; None for an empty text, a ValueError that says where it is none."""
    try:
        return json.loads(text) if text.strip() else None
    except (ValueError, RecursionError) as problem:
        raise ValueError(f"This is no JSON: {problem}.") from None


def _text(value: Any) -> str:
    """Show a text; of what should be one and is not, what it is."""
    return value if isinstance(value, str) else "" if value is None else json.dumps(value, ensure_ascii=False)


_JSON = Reading(lambda value: "" if value is None else json.dumps(value, indent=1, ensure_ascii=False), read_json)
READINGS = {
    "text": Reading(_text, str),
    "number": Reading(lambda value: "" if value is None else str(value), _number),
    "minutes": Reading(lambda value: "" if value is None else f"{value.total_seconds() / 60:g}", _minutes),
    "texts": Reading(lambda value: ", ".join(value or ()), lambda text: tuple(text.replace(",", " ").split())),
    "object": _JSON,
    "objects": _JSON,
}
"""By kind."""

_HIDDEN = "kept; not shown, for there is a signature or a key in it"
FLAG_OPTIONS = (("as the service decides", None), ("yes", True), ("no", False))


def text_control(
    kind: str,
    value: Any,
    changed: Callable[[Any], object],
    refused: Callable[[str], object],
    placeholder: str = "",
) -> Any:
    """Give a field for text that calls ``changed(value)``, or ``refused(message)`` for what can't be read.

    Parameters
    ----------
    kind : str
        One of READINGS.
    value : object
        What it shows first.
    changed, refused : callable
        Are called as somebody types; `refused` with an empty message once all is well again.
    placeholder : str
        Stands in the empty field. A text with a signature or a key in it that was not typed here is not shown, and the
        field says so: it would be saved with the notebook.

    Returns
    -------
    Text or Textarea
        With an additional method ``show_value(value)``, which leaves what is typed alone where it says the same.
    """
    reading = READINGS[kind]
    make = lean.Textarea if READINGS[kind] is _JSON else lean.Text
    control = make(continuous_update=True)
    if kind in {"number", "minutes"}:
        styled(control, "bw-narrow")
    setting = False

    def on_typed(change: Any) -> None:
        if setting:
            return
        try:
            changed(reading.read(change["new"]))
        except (ValueError, TraitError) as problem:
            refused(str(problem))
        else:
            refused("")

    def show_value(value: Any) -> None:
        nonlocal setting
        try:
            same = reading.read(control.value) == value
        except ValueError:
            same = False
        hidden = not same and isinstance(value, str) and is_secret("", value)
        control.placeholder = _HIDDEN if hidden else placeholder
        if not same:
            setting = True
            try:
                control.value = "" if hidden else reading.show(value)
                refused("")
            finally:
                setting = False

    show_value(value)
    control.observe(on_typed, "value")
    control.show_value = show_value
    return control


def choice_control(options: Sequence[Any], value: Any, changed: Callable[[Any], object]) -> Any:
    """Give a dropdown that calls ``changed(value)``; a value that is no option becomes one."""
    pairs = [one if isinstance(one, tuple) else (one or "as the service decides", one) for one in options]
    control = lean.Dropdown(options=pairs)
    setting = False

    def show_value(value: Any) -> None:
        nonlocal setting
        setting = True
        try:
            if value not in [one for _, one in control.options]:
                control.options = (*pairs, (choice(str(value)), value))
            control.value = value
        finally:
            setting = False

    show_value(value)
    control.observe(lambda change: None if setting else changed(change["new"]), "value")
    control.show_value = show_value
    return control
