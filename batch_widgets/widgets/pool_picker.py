"""PoolPicker: the account's pools to choose from."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from batch_widgets.texts import choice
from batch_widgets.widgets import lean

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence


class PoolPicker(lean.Dropdown):
    """A choice of one pool, or of none.

    Parameters
    ----------
    choose : callable
        Called with the id of a pool that somebody picks; empty for none.
    """

    def __init__(self, choose: Callable[[str], object]) -> None:
        self._choose = choose
        self._showing = False
        self._showing_lock = threading.RLock()
        super().__init__(description="Pool", options=[("no pool", "")])
        self.add_class("bw-select")
        self.observe(self._on_value, "value")

    def show_pools(self, pool_ids: Sequence[str], pool_id: str) -> None:
        """Offer pools, and show the one that is chosen, whether it is among them or not."""
        chosen = next((one for one in pool_ids if one.casefold() == pool_id.casefold()), pool_id)
        options = [("Choose a pool", ""), *((choice(one), one) for one in pool_ids)]
        if chosen and chosen not in pool_ids:
            options.append((choice(chosen), chosen))
        control: Any = self
        with self._showing_lock:
            self._showing = True  # new options reset the value for a moment
            try:
                if tuple(options) != tuple(control.options):
                    control.options = options
                control.value = chosen
            finally:
                self._showing = False

    def _on_value(self, change: Mapping[str, Any]) -> None:
        with self._showing_lock:  # what is picked while another thread shows pools counts all the same
            if self._showing:
                return
        self._choose(change["new"])
