"""PoolSource: bring a pool in: one of the account's to start from, or JSON."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

from batch_widgets.texts import choice
from batch_widgets.widgets import lean, markup
from batch_widgets.widgets.controls import button, html, row
from batch_widgets.widgets.lean import show
from batch_widgets.widgets.secret import SecretInput

if TYPE_CHECKING:
    from batch_widgets.pools import Pool


class PoolSource(lean.VBox):
    """A bar below the builder's header, closed at first.

    Parameters
    ----------
    builder : PoolBuilder
        What is loaded into.
    """

    def __init__(self, builder: Any) -> None:
        self._builder = builder
        self._pools: tuple[Pool, ...] = ()
        self.pool = lean.Dropdown(options=(("asking for the pools", ""),))
        self.clone_button = button("Clone pool")
        self.json = SecretInput(placeholder="Paste JSON; it may hold secrets and is not saved with the notebook")
        self.load_button = button("Load JSON")
        self.close_button = button("Close", "bw-link", "bw-on-escape")
        super().__init__(
            (
                row("bw-row", html(markup.muted("A pool of this account"), "bw-lab"), self.pool, self.clone_button),
                row("bw-row", html(markup.muted("Or JSON"), "bw-lab"), self.json, self.load_button, self.close_button),
            )
        )
        self.add_class("bw-source")
        show(self, visible=False)
        builder.on_click(self.clone_button, self._clone)
        builder.on_click(self.load_button, self._load)
        builder.on_click(self.close_button, self._close)
        self.json.on_submit(self._load)

    def unfold(self) -> None:
        """Open the bar and ask the account for its pools."""
        show(self, visible=True)
        self.clone_button.disabled = True
        self._builder.follow(
            self._builder.account.runner.submit("List pools", lambda _: self._builder.account.aio.list_pools()),
            self._show_pools,
            superseded=False,
        )

    def _show_pools(self, pools: list[Pool]) -> None:
        self._pools = tuple(pools)
        self.pool.options = tuple((choice(pool.id), pool.id) for pool in pools) or (("none", ""),)
        self.clone_button.disabled = not pools

    def _clone(self) -> None:
        pool = next(one for one in self._pools if one.id == self.pool.value)
        self._builder.load(pool)
        taken = {one.id.casefold() for one in self._pools}
        names = (f"{pool.id[:60]}-{number}" for number in itertools.count(2))
        self._builder.pool_id = next(name for name in names if name.casefold() not in taken)
        self._close()

    def _load(self) -> None:
        self.json.request(lambda text: self._builder.guarded(lambda: self._load_text(text)))

    def _load_text(self, text: str) -> None:
        self._builder.load(text)
        self._close()

    def _close(self) -> None:
        self.json.clear()
        show(self, visible=False)
