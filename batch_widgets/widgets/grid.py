"""The one table of the package: a virtualised grid whose rows travel once, and after that only what changed."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

import ipywidgets
import traitlets

from batch_widgets.texts import cut, plain
from batch_widgets.widgets._cells import Row, row_matches, wire_cells
from batch_widgets.widgets.frontend import FrontEnd

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

_MOST_INSTEAD = 500
Kind = Literal["text", "mono", "number", "pill", "chips", "command"]


@dataclass(frozen=True)
class Column:
    """One column of a grid.

    Parameters
    ----------
    key
        Name of the column's value in a row.
    label
        Text of the header.
    kind
        How a value is drawn: a pill is a coloured word, chips are a list, a command is monospaced.
    width
        Width in px; for a column that grows, the least.
    grow
        Whether the column takes a share of the width that is left.
    align
        "left", "right" or "center"; numbers are right-aligned by themselves.
    cut
        Where a text that is too long is cut.
    filter
        What stands below the header when the filter row shows: a text field, a choice of the values, or nothing.
    title
        Tooltip of the header.
    drop
        Columns with a number leave when the grid is narrow, the highest number first.
    """

    key: str
    label: str
    kind: Kind = "text"
    width: int = 120
    grow: bool = False
    align: Literal["left", "right", "center"] | None = None
    cut: Literal["end", "middle"] = "end"
    filter: Literal["text", "choice"] | None = "text"
    title: str | None = None
    drop: int | None = None


def _snapshot_to_json(_value: object, grid: Grid) -> dict[str, Any]:
    # Called when a front end asks for the state, so it gets the rows of that moment.
    return grid._snapshot_now()  # noqa: SLF001


class Grid(FrontEnd):
    """A table: thousands of rows, search, filters, sorting, selection by mouse and keyboard.

    A cell is ``None`` (missing), a scalar, a list of chips, or a mapping with ``text`` and any of ``hue``, ``note``,
    ``muted``, ``title``, ``sort``, ``copy``, ``tally``, ``find``, ``actions``. Text is never taken as HTML. How many
    cells of a group have the same ``tally`` stands in its heading; the search finds a cell by its ``find`` too.

    Parameters
    ----------
    columns
        The columns, in order. Keys are unique.
    **kwargs
        Initial values of the traits below.
    """

    row_label = traitlets.Unicode("row").tag(sync=True)
    """What one row is, in the singular: "image", "node"."""

    selection = traitlets.Enum(["none", "single", "multiple"], "single").tag(sync=True)
    """How many rows can be selected."""

    height = traitlets.Int(388).tag(sync=True)
    """Greatest height in px; few rows take less."""

    selected = traitlets.Tuple().tag(sync=True)
    """Keys of the selected rows. Keys that no row has are dropped."""

    search = traitlets.Unicode().tag(sync=True)
    """Each word of it must occur in the row's text; upper and lower case are the same."""

    filters = traitlets.Dict().tag(sync=True)
    """Column key to a text that the cell contains, or to a list of texts of which the cell's is one."""

    sort: traitlets.List[Any] = traitlets.List().tag(sync=True)
    """``[[column key, "asc" | "desc"], ...]``, the first counts most."""

    filter_row = traitlets.Bool(default_value=False).tag(sync=True)
    """Whether a field for each column stands below the header."""

    empty_text = traitlets.Unicode().tag(sync=True)
    """Shown when no row is left; without it, "No <row_label>s"."""

    group_by = traitlets.Unicode().tag(sync=True)
    """Key of the column under whose values the rows stand in groups that open and close; empty for none."""

    group_totals = traitlets.Dict().tag(sync=True)
    """Group to the number of rows that it has, those included that the grid was not given."""

    busy = traitlets.Bool(default_value=False).tag(sync=True)
    """Whether rows are on their way; told to assistive technology, nothing is dimmed."""

    _columns: traitlets.List[Any] = traitlets.List().tag(sync=True)
    _snapshot = traitlets.Int(0).tag(sync=True, to_json=_snapshot_to_json)

    def __init__(self, columns: Iterable[Column], **kwargs: Any) -> None:
        self._rows: dict[str, Row] = {}
        self._seq = 0
        self._filled = False
        self._picks = ipywidgets.CallbackDispatcher()
        self._actions = ipywidgets.CallbackDispatcher()
        self._column_tuple: tuple[Column, ...] = _checked(columns)
        self._names = [column.key for column in self._column_tuple]
        super().__init__(**kwargs)
        self._handlers |= {"sync": self._on_sync, "pick": self._on_pick, "action": self._on_action}

    @traitlets.default("_kind")
    def _default_kind(self) -> str:
        return "grid"

    @traitlets.default("_columns")
    def _default_columns(self) -> list[dict[str, Any]]:
        return [asdict(column) for column in self._column_tuple]

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns. Setting others sends the rows anew."""
        return self._column_tuple

    @columns.setter
    def columns(self, columns: Iterable[Column]) -> None:
        with self._send_lock:
            self._column_tuple = _checked(columns)
            self._names = [column.key for column in self._column_tuple]
            self._rows = {key: self._row(key, row.source) for key, row in self._rows.items()}
            self._seq += 1
            with self.hold_sync():
                self._columns = self._default_columns()
                self._snapshot = self._seq

    @property
    def rows(self) -> list[Mapping[str, Any]]:
        """The rows as they were given last."""
        return [row.source for row in self._rows.values()]

    def set_rows(self, rows: Iterable[Mapping[str, Any]], key: str = "key") -> None:
        """Show these rows. What is on the screen already stays, and only what differs travels.

        Parameters
        ----------
        rows
            In the order in which they stand when nothing is sorted. A read-only one (``types.MappingProxyType``) that
            is the very object of last time is not looked at again.
        key
            Name of the value that identifies a row. It becomes a string.

        Raises
        ------
        ValueError
            When two rows have the same key.
        """
        new: dict[str, Row] = {}
        known = self._rows
        for source in rows:
            row = known.get(row_key := str(source[key]))
            if row is None or not row.has(source):
                row = self._row(row_key, source)
            if row.key in new:
                raise ValueError(f"Two rows have the key {row_key!r}.")
            new[row.key] = row
        with self._send_lock:
            old, self._rows = self._rows, new
            first, self._filled = not self._filled, True
            if first:
                self._seq += 1
                if self.comm is not None:  # otherwise nobody gets it: making the state of many rows would be in vain
                    self.send_state("_snapshot")
            else:
                self._send_difference(old, new)
            kept = tuple(row_key for row_key in self.selected if row_key in new)
        if kept != self.selected:
            self.selected = kept

    def visible_keys(self) -> list[str]:
        """Return the keys of the rows that search and filters leave, in the order in which the rows were given."""
        return [key for key, row in self._rows.items() if self._lets_through(row)]

    def matches(
        self, source: Mapping[str, Any], *, search: str | None = None, filters: Mapping[str, Any] | None = None
    ) -> bool:
        """Tell whether search and filters, or others in their place, would leave a row that the grid need not have."""
        return self._lets_through(self._row("", source), search, filters)

    def _lets_through(self, row: Row, search: str | None = None, by: Mapping[str, Any] | None = None) -> bool:
        words = (self.search if search is None else search).lower().split()
        filters = [(name, wanted) for name, wanted in (self.filters if by is None else by).items() if wanted]
        return row_matches(dict(zip(self._names, row.cells, strict=True)), words, filters)

    def on_pick(self, callback: Callable[[str], None], *, remove: bool = False) -> None:
        """Call ``callback(key)`` on Enter or a double click."""
        self._picks.register_callback(callback, remove=remove)

    def on_action(self, callback: Callable[[str, str, str], None], *, remove: bool = False) -> None:
        """Call ``callback(key, column, action)`` when a button in a cell is pressed."""
        self._actions.register_callback(callback, remove=remove)

    def _row(self, key: str, source: Mapping[str, Any]) -> Row:
        return Row(key, source, wire_cells(map(source.get, self._names)))

    def _snapshot_now(self) -> dict[str, Any]:
        with self._send_lock:
            return {
                "seq": self._seq,
                "keys": list(self._rows),
                "cells": [row.cells for row in self._rows.values()],
            }

    def _send_difference(self, old: Mapping[str, Row], new: Mapping[str, Row]) -> None:
        message: dict[str, Any] = {}
        changed = [
            [key, name, after]
            for key, row in new.items()
            if row is not (known := old.get(key)) and known is not None
            for name, before, after in zip(self._names, known.cells, row.cells, strict=True)
            if before != after or type(before) is not type(after)
        ]
        if list(old) != list(new):
            removed = [key for key in old if key not in new]
            added = [[place, key, row.cells] for place, (key, row) in enumerate(new.items()) if key not in old]
            stayed_before = [key for key in old if key in new]
            stayed_after = [key for key in new if key in old]
            if removed:
                message["removed"] = removed
            if stayed_before != stayed_after:
                message["order"] = stayed_after
            if added:
                message["added"] = added
        if changed:
            message["set"] = changed
        if message:
            self._seq += 1
            self.send({"type": "patch", "seq": self._seq, **message})

    @traitlets.validate("selected")
    def _check_selected(self, proposal: Mapping[str, Any]) -> tuple[str, ...]:
        keys = tuple(dict.fromkeys(str(key) for key in proposal["value"]))
        if self._filled:
            keys = tuple(key for key in keys if key in self._rows)
        if self.selection == "none" and keys:
            raise traitlets.TraitError("Nothing can be selected in this grid.")
        if self.selection == "single" and len(keys) > 1:
            raise traitlets.TraitError(f"One {self.row_label} at most can be selected in this grid, not {len(keys)}.")
        return keys

    @traitlets.validate("empty_text")
    def _check_empty_text(self, proposal: Mapping[str, Any]) -> str:
        return plain(cut(proposal["value"], _MOST_INSTEAD))

    @traitlets.validate("group_by")
    def _check_group_by(self, proposal: Mapping[str, Any]) -> str:
        key = str(proposal["value"])
        if key and key not in self._names:
            raise traitlets.TraitError(f"There is no column {key!r} to group by.")
        return key

    @traitlets.validate("sort")
    def _check_sort(self, proposal: Mapping[str, Any]) -> list[list[str]]:
        sort = [list(item) for item in proposal["value"]]
        for item in sort:
            if len(item) != 2 or item[1] not in {"asc", "desc"}:
                raise traitlets.TraitError(f'A sort is [column key, "asc" or "desc"], not {item!r}.')
        return sort

    def _on_sync(self, content: Mapping[str, Any]) -> None:
        # A page that missed a patch, for it loaded while the patch was on its way, asks for everything.
        if content.get("seq") != self._seq:
            self.send_state("_snapshot")

    def _on_pick(self, content: Mapping[str, Any]) -> None:
        key = str(content.get("key"))
        if key in self._rows:
            self._picks(key)

    def _on_action(self, content: Mapping[str, Any]) -> None:
        key = str(content.get("key"))
        if key in self._rows:
            self._actions(key, str(content.get("column")), str(content.get("action")))


def _checked(columns: Iterable[Column]) -> tuple[Column, ...]:
    result = tuple(columns)
    keys: Sequence[str] = [column.key for column in result]
    if len(set(keys)) != len(keys):
        raise ValueError("Two columns have the same key.")
    return result
