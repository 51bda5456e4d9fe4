"""SizePicker: the VM sizes as a table, to pick the pool builder's from."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import ipywidgets
from traitlets import Bool, Int, Unicode

from batch_widgets.images import SupportedImage
from batch_widgets.sizes import vm_sizes_frame
from batch_widgets.widgets import lean, markup
from batch_widgets.widgets.controls import button, html, row, styled, toggle
from batch_widgets.widgets.grid import Grid
from batch_widgets.widgets.lean import show
from batch_widgets.widgets.size_rows import COLUMNS, FILTERS, passes, size_row

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pandas as pd

    from batch_widgets.cost import Meters, PriceItem
    from batch_widgets.runner import Operation
    from batch_widgets.sizes import VmSize, VmSizeList

_TOGGLES = (
    ("gpu", "GPU", "Sizes with GPUs"),
    ("rdma", "RDMA", "Sizes with RDMA"),
    ("spot_capable", "Spot", "Sizes of which there are Spot nodes"),
    ("supported_today", "Supported today", "Sizes whose support has not ended"),
    ("fits_image", "Fits the image", "Sizes that boot the pool's image"),
)
_PRICES_TOLD = (
    "Asks prices.azure.com, Microsoft's public list, for the region's prices. Nothing of the account is sent."
)


class SizePicker(lean.VBox):
    """The VM sizes in a grid; a row that is selected becomes the builder's size.

    Parameters
    ----------
    builder : PoolBuilder
        Whose ``vm_size`` is set, whose ``image`` sizes can be asked to fit, and which shows what goes wrong.
    on_close : callable, optional
        Called where the user is done with it.
    """

    search = Unicode("")
    """str: each word must occur in the row, without regard to case."""

    least_cores = Int(0)
    """int: only sizes with that many cores or more."""

    gpu = Bool(default_value=False)
    """bool: only sizes with GPUs."""

    rdma = Bool(default_value=False)
    """bool: only sizes with RDMA."""

    spot_capable = Bool(default_value=False)
    """bool: only sizes of which there are Spot nodes."""

    supported_today = Bool(default_value=True)
    """bool: only sizes whose support has not ended."""

    fits_image = Bool(default_value=True)
    """bool: only sizes of which nothing is known that keeps the builder's image from running on them."""

    currency = Unicode("USD")
    """str: of the prices."""

    def __init__(self, builder: Any, on_close: Callable[[], object] = lambda: None) -> None:
        self._builder = builder
        self._on_close = on_close
        self._sizes: VmSizeList | None = None
        self._shown: dict[str, VmSize] = {}
        self._filling = False
        self._fill_lock = threading.RLock()  # rows are filled by the notifier and by whoever sets a trait
        self.grid = Grid(
            COLUMNS,
            row_label="VM size",
            height=300,
            sort=[["cores", "asc"], ["memory", "asc"]],
            empty_text="Asking for the VM sizes.",
        )
        self.search_box = styled(
            lean.Text(placeholder="Search name, family, processor", continuous_update=True),
            "bw-search",
            "bw-size-search",
        )
        self.cores_box = styled(lean.BoundedIntText(min=0, max=10_000, continuous_update=True), "bw-narrow")
        self.toggles = {name: toggle(text, title=title) for name, text, title in _TOGGLES}
        self.clear_button = button("Clear filters", "bw-link")
        self.refresh_button = button("", "bw-icon", title="Refresh", icon="refresh")
        self.prices_button = button("Show prices", "bw-link", title=_PRICES_TOLD)
        self.close_button = button("Close", "bw-link")
        self._said = html("", "bw-grow")
        bar = row(
            "bw-bar",
            self.search_box,
            html(markup.muted("Cores at least")),
            self.cores_box,
            *self.toggles.values(),
            html("", "bw-grow"),
            self.clear_button,
        )
        told = row("bw-bar", self._said, self.prices_button, self.refresh_button, self.close_button)
        super().__init__((bar, told, self.grid))
        self.add_class("bw-sizes")
        self._link()
        self._draw_prices()
        self._follow(builder.account.learn_sizes())

    def _link(self) -> None:
        ipywidgets.link((self, "search"), (self.search_box, "value"))
        ipywidgets.link((self, "search"), (self.grid, "search"))
        ipywidgets.link((self, "least_cores"), (self.cores_box, "value"))
        for name, control in self.toggles.items():
            ipywidgets.link((self, name), (control, "value"))
        self.observe(lambda _: self._fill(), [*FILTERS])
        self.observe(lambda _: self._draw_prices(), "currency")
        self.grid.observe(lambda _: self._say(), ["search", "filters"])
        self.grid.observe(self._on_row_selected, "selected")
        self.grid.on_pick(self._on_row_picked)
        self._builder.observe(self._on_builder_changed, ["vm_size", "image"])
        self._builder.on_click(self.clear_button, self.clear_filters)
        self._builder.on_click(self.refresh_button, self.load)
        self._builder.on_click(self.prices_button, self.allow_prices)
        self._builder.on_click(self.close_button, self._on_close)

    # loading

    def load(self) -> Operation[VmSizeList]:
        """Ask for the sizes anew.

        Returns
        -------
        Operation
            Its result is the list of sizes.
        """
        account = self._builder.account
        operation: Operation[VmSizeList] = account.runner.submit(
            "Ask for VM sizes", lambda _: account.aio.list_vm_sizes()
        )
        return self._follow(operation)

    def _follow(self, operation: Operation[VmSizeList]) -> Operation[VmSizeList]:
        self.grid.busy = True
        self._builder.follow(
            operation, self._on_loaded, failed=self._on_load_failed, cancelled=self._on_load_ended, superseded=False
        )
        return operation

    def _on_loaded(self, sizes: VmSizeList) -> None:
        self._sizes = sizes
        self.grid.busy = False
        self._fill()

    def _on_load_failed(self, error: BaseException) -> None:
        self._on_load_ended()
        self._builder.show_error(error, retry=self.load)

    def _on_load_ended(self) -> None:
        self.grid.busy = False
        self.grid.empty_text = "The VM sizes could not be had."

    # prices

    def allow_prices(self) -> None:
        """Allow the account's widgets to ask the public price list, and ask it."""
        self._builder.account.prices_allowed = True
        self._draw_prices()

    def _draw_prices(self) -> None:
        account = self._builder.account
        show(self.prices_button, visible=not account.prices_allowed)
        if not account.prices_allowed or account.knows_all_prices(self.currency):
            self._fill()
            return
        currency = self.currency
        operation: Operation[list[PriceItem]] = account.runner.submit(
            "Ask for prices", lambda _: account.aio.list_prices("", currency)
        )
        self._builder.follow(operation, lambda _: self._fill(), superseded=False)

    def _meters(self, size: VmSize) -> Meters | None:
        meters: Meters | None = self._builder.account.known_meters(size.name, self._os_type(), self.currency)
        return meters

    def _os_type(self) -> str:
        image = self._builder.image
        os_type: str = image.os_type if isinstance(image, SupportedImage) else self._builder.spec.os_type
        return os_type

    # rows

    @property
    def frame(self) -> pd.DataFrame:
        """All sizes that are here so far; see :func:`batch_widgets.sizes.vm_sizes_frame`."""
        return self._framed(self._sizes or ())

    @property
    def visible_frame(self) -> pd.DataFrame:
        """The part of :attr:`frame` that the filters leave."""
        return self._framed(self._visible())

    def _framed(self, sizes: Any) -> pd.DataFrame:
        prices = {size.key: meters.hours for size in sizes if (meters := self._meters(size)) is not None}
        return vm_sizes_frame(sizes, prices)

    def clear_filters(self) -> None:
        """Show every size."""
        self.search = ""
        for name, (off, _) in FILTERS.items():
            setattr(self, name, off)
        self.grid.filters = {}

    def _fill(self) -> None:
        if self._sizes is None or self.is_closed:
            return
        with self._fill_lock:
            now = datetime.now(UTC)
            values = {name: getattr(self, name) for name in FILTERS}
            image = self._builder.image
            self._shown = {size.key: size for size in self._sizes if passes(size, values, image, now)}
            self._filling = True  # rows that leave take their selection along; the pick stays
            try:
                self.grid.set_rows([size_row(size, self._meters(size), now) for size in self._shown.values()])
                self._select_row()
            finally:
                self._filling = False
        self.toggles["fits_image"].disabled = not isinstance(image, SupportedImage)
        self._say()

    def _visible(self) -> list[VmSize]:
        return [self._shown[key] for key in self.grid.visible_keys()]

    def _say(self) -> None:
        if self._sizes is None:
            return
        visible = self._visible()
        self._said.value = " ".join(
            (
                markup.span(f"{len(visible)} of {len(self._sizes)} sizes"),
                markup.muted(f"{self._sizes.told}{self._prices_told(visible)}"),
            )
        )
        if not visible:
            self.grid.empty_text = "No size is left. Clear the filters."

    def _prices_told(self, visible: list[VmSize]) -> str:
        known = next((meters for size in visible if (meters := self._meters(size)) and meters.currency), None)
        if known is None:
            return ""
        return f"; {'made-up prices' if known.made_up else 'prices'} in {known.currency}"

    # picking

    def _select_row(self) -> None:
        key = self._builder.vm_size.strip().casefold()
        self.grid.selected = (key,) if key in self._shown else ()

    def _on_row_selected(self, change: Mapping[str, Any]) -> None:
        with self._fill_lock:
            size = None if self._filling or not change["new"] else self._shown.get(change["new"][0])
        if size is not None:
            self._builder.vm_size = size.name

    def _on_row_picked(self, key: str) -> None:
        with self._fill_lock:
            size = self._shown.get(key)
        if size is not None:
            self._builder.vm_size = size.name
            self._on_close()

    def _on_builder_changed(self, change: Mapping[str, Any]) -> None:
        if change["name"] == "image":
            self._fill()
            return
        with self._fill_lock:
            if not self._filling:
                self._filling = True
                try:
                    self._select_row()
                finally:
                    self._filling = False

    def close(self) -> None:
        """Close the picker; the builder is no longer followed."""
        if not self.is_closed:  # ipywidgets closes once more when the object goes
            self._builder.unobserve(self._on_builder_changed, ["vm_size", "image"])
        super().close()
