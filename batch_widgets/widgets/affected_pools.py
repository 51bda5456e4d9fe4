"""The pools whose image is past or near its end of support, below the SKU browser's filters."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from batch_widgets.pools import affected_pools, affected_pools_frame, unlisted_pools
from batch_widgets.widgets import lean, markup
from batch_widgets.widgets.controls import button, html, row
from batch_widgets.widgets.grid import Column, Grid
from batch_widgets.widgets.image_rows import support_cell

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from batch_widgets.images import SupportedImage
    from batch_widgets.pools import AffectedPool, Pool
    from batch_widgets.runner import Operation

_COLUMNS = (
    Column("pool", "Pool", width=140, grow=True),
    Column("image", "Image", width=240, grow=True, cut="middle"),
    Column("support", "Support ends", kind="pill", width=172),
    Column("nodes", "Nodes", kind="number", width=76),
    Column("successor", "Successor", width=160, grow=True),
)
_HEADER, _ROW = 28, 24
_LEAST_ROWS, _MOST_ROWS = 2, 6
_NAMED = 3


class AffectedPools(lean.VBox):
    """A table of pools, each with the image that could follow.

    Parameters
    ----------
    browser : SkuBrowser
        Whose account is asked, whose messages show what goes wrong, and which picks the successor that is chosen.
    """

    def __init__(self, browser: Any) -> None:
        self._browser = browser
        self._successors: dict[str, SupportedImage] = {}
        self._said = html("", "bw-grow")
        self.close_button = button("Close", "bw-link")
        self.grid = Grid(_COLUMNS, row_label="pool", selection="none", empty_text="No pool is affected.")
        self._fit(0)
        self.grid.on_action(self._on_action)
        super().__init__((row("bw-bar", self._said, self.close_button), self.grid))

    def load(self, days: int) -> Operation[pd.DataFrame]:
        """Ask the account for its pools, and show those that are affected within some days."""
        browser = self._browser
        found: list[AffectedPool] = []
        unlisted: list[Pool] = []
        known = 0

        async def find(_: object) -> pd.DataFrame:
            nonlocal known
            aio = browser.account.aio
            images = browser.loaded_images or tuple(await aio.list_supported_images())
            pools = await aio.list_pools()
            known = len(pools)
            found.extend(affected_pools(pools, images, days))
            unlisted.extend(unlisted_pools(pools, images))
            return affected_pools_frame(found)

        def failed(error: BaseException) -> None:
            self._fail()
            browser.show_error(error, retry=lambda: self.load(days))

        self._said.value = markup.muted(f"Asking {browser.account.name} for its pools.")
        self.grid.busy = True
        operation: Operation[pd.DataFrame] = browser.account.runner.submit("Look for affected pools", find)
        browser.follow(
            operation,
            lambda _: self.set_pools(found, unlisted, known, days),
            failed=failed,
            cancelled=self._fail,
            superseded=False,
        )
        return operation

    def _fail(self) -> None:
        self._said.value = markup.muted("The pools could not be listed.")
        self.grid.busy = False

    def _on_action(self, key: str, _column: str, _action: str) -> None:
        self._browser.selected = self._successors[key]

    def _fit(self, rows: int) -> None:
        self.grid.height = _HEADER + _ROW * max(_LEAST_ROWS, min(rows, _MOST_ROWS))

    def set_pools(self, affected: Sequence[AffectedPool], unlisted: Sequence[Pool], known: int, days: int) -> None:
        """Show the affected ones of all that are known, and name those whose image the list doesn't have."""
        now = datetime.now(UTC)
        verb = "is on an image" if len(affected) == 1 else "are on images"
        self._said.value = markup.span(
            f"{len(affected)} of {known} pool{'' if known == 1 else 's'} {verb} whose support has ended or ends within "
            f"{days} days."
        )
        if unlisted:
            names = ", ".join(pool.id for pool in unlisted[:_NAMED]) + (", …" if len(unlisted) > _NAMED else "")
            verb = "is on an image" if len(unlisted) == 1 else "are on images"
            self._said.value += " " + markup.muted(f"{len(unlisted)} {verb} that the list does not have: {names}.")
        self._fit(len(affected))
        self._successors = {one.pool.id: one.successor for one in affected if one.successor is not None}
        self.grid.set_rows([_row(one, now) for one in affected])
        self.grid.busy = False


def _row(one: AffectedPool, now: datetime) -> dict[str, Any]:
    image, successor = one.image, one.successor
    return {
        "key": one.pool.id,
        "pool": one.pool.id,
        "image": f"{image.publisher} {image.offer} {image.sku}",
        "support": support_cell(image, now),
        "nodes": one.pool.current_dedicated_nodes + one.pool.current_low_priority_nodes,
        "successor": {"text": "none evident", "muted": True}
        if successor is None
        else {"text": successor.sku, "actions": [{"name": "pick", "label": "Pick"}]},
    }
