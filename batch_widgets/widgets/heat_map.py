"""A heat map: one square for each node, whose squares travel once, and after that only what changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple, get_args

import ipywidgets
import traitlets

from batch_widgets.widgets.frontend import FrontEnd

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

Hue = Literal["ok", "run", "busy", "warn", "err", "none"]
Square = tuple[str, str, str]  # of texts alone: the collector of garbage lets go of thousands of these
_HUES = frozenset(get_args(Hue))


class HeatCell(NamedTuple):
    """One square.

    Parameters
    ----------
    key
        What it stands for: the id of a node. Keys are unique.
    hue
        Its colour, by the name of a state's hue; an unknown one becomes "none".
    letter
        Stands in the square where squares are large enough.
    words
        The state in words. The note beside the pointer has it after the key, and the name of the whole counts by it.
    """

    key: str
    hue: str
    letter: str = ""
    words: str = ""


def _squares_to_json(_value: object, heat: HeatMap) -> dict[str, Any]:
    # Called when a front end asks for the state, so it gets the squares of that moment.
    return heat._squares_now()  # noqa: SLF001


class HeatMap(FrontEnd):
    """Squares by state: chosen by click (Ctrl adds, Shift takes a range) and by keyboard.

    It is one stop of the Tab key: arrows move, Space selects, Shift extends, Ctrl+A takes all, Enter picks. Hundreds of
    squares are smaller, and thousands are drawn on a canvas, so that the page stays light.

    Parameters
    ----------
    **kwargs
        Initial values of the traits below.
    """

    selected = traitlets.Tuple().tag(sync=True)
    """Keys of the selected squares. Keys that no square has are dropped."""

    noun = traitlets.Unicode("node").tag(sync=True)
    """What one square stands for, in the singular."""

    _squares = traitlets.Int(0).tag(sync=True, to_json=_squares_to_json)
    _bundle_file = "nodes.js"

    def __init__(self, **kwargs: Any) -> None:
        self._cells: dict[str, Square] = {}
        self._seq = 0
        self._filled = False
        self._picks = ipywidgets.CallbackDispatcher()
        super().__init__(**kwargs)
        self._handlers |= {"sync": self._on_sync, "pick": self._on_pick}

    @traitlets.default("_kind")
    def _default_kind(self) -> str:
        return "heat"

    @property
    def cells(self) -> list[HeatCell]:
        """The squares as they were given last."""
        return [HeatCell(key, *square) for key, square in self._cells.items()]

    def set_cells(self, cells: Iterable[HeatCell | tuple[str, str, str, str]]) -> None:
        """Show these squares, in this order; only what differs from those on show travels.

        Raises
        ------
        ValueError
            When two squares have the same key.
        """
        new: dict[str, Square] = {}
        for key, hue, letter, words in cells:
            if key in new:
                raise ValueError(f"Two squares have the key {key!r}.")
            square, before = (hue if hue in _HUES else "none", letter, words), self._cells.get(key)
            new[key] = before if before == square else square
        with self._send_lock:
            old, self._cells = self._cells, new
            first, self._filled = not self._filled, True
            if first:
                self._seq += 1
                self.send_state("_squares")
            elif difference := _difference(old, new):
                self._seq += 1
                self.send({"type": "patch", "seq": self._seq, **difference})
            kept = tuple(key for key in self.selected if key in new)
        if kept != self.selected:
            self.selected = kept

    def on_pick(self, callback: Callable[[str], None], *, remove: bool = False) -> None:
        """Call ``callback(key)`` on Enter or a double click."""
        self._picks.register_callback(callback, remove=remove)

    @traitlets.validate("selected")
    def _check_selected(self, proposal: Mapping[str, Any]) -> tuple[str, ...]:
        keys = tuple(dict.fromkeys(str(key) for key in proposal["value"]))
        return tuple(key for key in keys if key in self._cells) if self._filled else keys

    def _squares_now(self) -> dict[str, Any]:
        with self._send_lock:
            return {"seq": self._seq, "keys": list(self._cells), "squares": list(self._cells.values())}

    def _on_sync(self, content: Mapping[str, Any]) -> None:
        # A page that missed a patch, for it loaded while the patch was on its way, asks for everything.
        if content.get("seq") != self._seq:
            self.send_state("_squares")

    def _on_pick(self, content: Mapping[str, Any]) -> None:
        key = str(content.get("key"))
        if key in self._cells:
            self._picks(key)


def _difference(old: Mapping[str, Square], new: Mapping[str, Square]) -> dict[str, Any]:
    stayed_before = [key for key in old if key in new]
    stayed_after = [key for key in new if key in old]
    parts = {
        "removed": [key for key in old if key not in new],
        "order": stayed_after if stayed_before != stayed_after else [],
        "added": [[place, key, square] for place, (key, square) in enumerate(new.items()) if key not in old],
        "set": [[key, square] for key, square in new.items() if key in old and old[key] != square],
    }
    return {name: part for name, part in parts.items() if part}
