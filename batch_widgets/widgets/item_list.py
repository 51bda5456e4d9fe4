"""ItemList: a list of objects in a form: a row of controls for each, and buttons to add and remove."""

from __future__ import annotations

import copy
import functools
from typing import TYPE_CHECKING, Any

from batch_widgets.pools.items import ITEM_VARIANTS, Part, Variant, variant_of
from batch_widgets.widgets import lean, markup
from batch_widgets.widgets.bound import FLAG_OPTIONS, choice_control, read_json, text_control
from batch_widgets.widgets.controls import button, close_tree, column, html, row, styled
from batch_widgets.widgets.lean import show
from batch_widgets.widgets.secret import SecretInput

if TYPE_CHECKING:
    from collections.abc import Mapping

    import ipywidgets


_WIDE = {"object", "objects", "secret", "secret object"}


class ItemList(lean.VBox):
    """The items of one list of the pool builder.

    Parameters
    ----------
    builder : PoolBuilder
        Whose trait it shows.
    field : str
        The trait's name.
    """

    def __init__(self, builder: Any, field: str) -> None:
        self._builder = builder
        self._field = field
        self._changing = False
        self._rows = lean.VBox()
        self.add_buttons = []
        for variant in ITEM_VARIANTS[field]:
            adder = button(f"Add {variant.noun}", "bw-link")
            adder.on_click(functools.partial(self._on_add, variant))
            self.add_buttons.append(adder)
        super().__init__((self._rows, row("bw-cells", *self.add_buttons)))
        self.add_class("bw-items")
        builder.observe(lambda _: None if self._changing else self._draw(), field)
        self._draw()

    @property
    def rows(self) -> tuple[ipywidgets.Widget, ...]:
        """The rows, one for each item."""
        return tuple(self._rows.children)

    def _draw(self) -> None:
        old = self._rows.children
        items = getattr(self._builder, self._field)
        self._rows.children = tuple(self._row(index, item) for index, item in enumerate(items))
        for one in old:
            close_tree(one)

    def _row(self, index: int, item: Mapping[str, Any]) -> ipywidgets.Widget:
        variant = variant_of(self._field, item)
        remove = button("Remove", "bw-link")
        remove.on_click(lambda _: self._remove(index))
        if variant is None:
            return row(
                "bw-item",
                html(markup.muted("Of a kind that has no fields here; it is sent as it is."), "bw-grow"),
                remove,
            )
        cells = [self._cell(index, item, part) for part in variant.parts]
        title = html(markup.span(f"{variant.title} {index + 1}"), "bw-grow")
        return column("bw-item", row("bw-cells", title, remove), row("bw-parts", *cells))

    def _cell(self, index: int, item: Mapping[str, Any], part: Part) -> ipywidgets.Widget:
        label = html(markup.muted(part.label))
        trouble = html("", "bw-field-problem")
        show(trouble, visible=False)

        def refused(message: str) -> None:
            trouble.value = markup.problem(message, "error") if message else ""
            show(trouble, visible=bool(message))

        set_part = functools.partial(self._set, index, part)
        value = part.get(item)
        control: ipywidgets.Widget
        if part.kind in {"secret", "secret object"}:
            control = self._secret(part, value, set_part, refused)
        elif part.kind == "flag":
            control = choice_control(FLAG_OPTIONS, value, set_part)
        elif part.kind == "choice":
            control = choice_control(
                part.choices if value in part.choices else ("", *part.choices), value or "", set_part
            )
        else:
            control = text_control(part.kind, value, set_part, refused)
        return styled(column("bw-part", label, control, trouble), *(["bw-wide"] if part.kind in _WIDE else []))

    def _secret(self, part: Part, value: Any, set_part: Any, refused: Any) -> ipywidgets.Widget:
        """Give a field whose text goes from the browser into the kernel's memory, and into no widget's state."""
        field = SecretInput(placeholder="JSON" if part.kind == "secret object" else "")
        keep = button("Keep", title="Keep it in this kernel's memory, from where it is sent with the pool")
        said = html(markup.muted("none yet" if value is None else "kept"))

        def on_text(text: str) -> None:
            try:
                set_part(read_json(text) if part.kind == "secret object" else text)
            except ValueError as problem:
                refused(str(problem))
            else:
                refused("")
                said.value = markup.muted("kept")

        keep.on_click(lambda _: field.request(on_text))
        field.on_submit(lambda: field.request(on_text))
        return row("bw-cells", field, keep, said)

    def _set(self, index: int, part: Part, value: Any) -> None:
        items = copy.deepcopy(list(getattr(self._builder, self._field)))
        here = items[index]
        *outer, last = part.path.split(".")
        for step in outer:
            if not isinstance(here.get(step), dict):
                here[step] = {}
            here = here[step]
        if value in ("", None, ()) and not part.required:
            here.pop(last, None)
            if not here and len(outer) == 1 and not part.required:
                items[index].pop(outer[0])
        else:
            here[last] = list(value) if isinstance(value, tuple) else value
        self._change(items)

    def _on_add(self, variant: Variant, _button: ipywidgets.Button) -> None:
        item: dict[str, Any] = {variant.key: {}} if variant.key else {}
        for part in variant.parts:
            if part.required and part.kind == "choice" and "." not in part.path:
                item[part.path] = part.choices[0]
        self._change([*getattr(self._builder, self._field), item])
        self._draw()

    def _remove(self, index: int) -> None:
        items = list(getattr(self._builder, self._field))
        del items[index]
        self._change(items)
        self._draw()

    def _change(self, items: list[Any]) -> None:
        self._changing = True  # the controls show it already, and whoever types must keep them
        try:
            setattr(self._builder, self._field, items)
        finally:
            self._changing = False
