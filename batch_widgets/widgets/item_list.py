"""ItemList and ObjectFields: objects in a form, by a control for each of their properties."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from batch_widgets.pools.items import ITEM_VARIANTS, OBJECT_PARTS, Part, Variant, variant_of
from batch_widgets.widgets import lean, markup
from batch_widgets.widgets.controls import button, close_tree, column, html, row
from batch_widgets.widgets.part_cell import part_cell, with_part

if TYPE_CHECKING:
    from collections.abc import Mapping

    import ipywidgets


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
        cells = [part_cell(part, part.get(item), functools.partial(self._set, index, part)) for part in variant.parts]
        title = html(markup.span(f"{variant.title} {index + 1}"), "bw-grow")
        return column("bw-item", row("bw-cells", title, remove), row("bw-parts", *cells))

    def _set(self, index: int, part: Part, value: Any) -> None:
        items = list(getattr(self._builder, self._field))
        items[index] = with_part(items[index], part, value)
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


class ObjectFields(lean.VBox):
    """The properties of one object of the pool builder.

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
        super().__init__(_dom_classes=("bw-items",))
        builder.observe(lambda _: None if self._changing else self._draw(), field)
        self._draw()

    def _draw(self) -> None:
        old = self.content
        item = getattr(self._builder, self._field) or {}
        parts = OBJECT_PARTS[self._field]
        cells = [part_cell(part, part.get(item), functools.partial(self._set, part)) for part in parts]
        self.children = (row("bw-parts", *cells),)
        for one in old:
            close_tree(one)

    def _set(self, part: Part, value: Any) -> None:
        self._changing = True  # the controls show it already, and whoever types must keep them
        try:
            item = with_part(getattr(self._builder, self._field) or {}, part, value)
            setattr(self._builder, self._field, item or None)
        finally:
            self._changing = False
