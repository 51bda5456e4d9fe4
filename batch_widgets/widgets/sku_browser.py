"""SkuBrowser: the images that Batch supports, with their node agents."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import ipywidgets
from traitlets import Bool, Enum, Instance, Unicode

from batch_widgets.images import SupportedImage, images_frame, select_image
from batch_widgets.widgets import markup
from batch_widgets.widgets.controls import button, html, row, show, styled, toggle
from batch_widgets.widgets.copy import CopyButton
from batch_widgets.widgets.grid import Column, Grid
from batch_widgets.widgets.panel import Panel, refuse_unknown

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pandas as pd

    from batch_widgets.account import BatchAccount
    from batch_widgets.runner import Operation

_FIRST_LOAD_S = 30.0
_CHIPS = {
    "DockerCompatible": "Docker",
    "NvidiaTeslaDriverInstalled": "Tesla",
    "NvidiaGridDriverInstalled": "GRID",
    "SupportsRDMAOnly": "RDMA",
    "IntelMPIRuntimeInstalled": "MPI",
    "Generation2VMImage": "Gen 2",
}
_COLUMNS = (
    Column("node_agent_sku_id", "Node agent", width=160, grow=True, cut="middle", filter="choice"),
    Column("os_type", "OS", width=72, filter="choice", drop=3),
    Column("publisher", "Publisher", width=128, grow=True),
    Column("offer", "Offer", width=160, grow=True, cut="middle"),
    Column("sku", "SKU", width=112, grow=True),
    Column("version", "Version", width=66, drop=4),
    Column("verified", "Verified", kind="pill", width=86, filter="choice"),
    Column("capabilities", "Capabilities", kind="chips", width=190, drop=2),
    Column("support", "Support ends", kind="pill", width=152, drop=1),
)


class SkuBrowser(Panel):
    """Loads the images that the account supports by itself; search, filter, sort, pick one.

    Parameters
    ----------
    account : BatchAccount
        The account.
    **traits
        Initial values of the traits below.
    """

    search = Unicode("")
    """str: each word must occur in the row, without regard to case."""

    os_type = Enum(["", "linux", "windows"], "")
    """str: ``"linux"`` or ``"windows"``; empty for both."""

    verified_only = Bool(default_value=True)
    """bool: only images that the service vouches for, as in the list of 2017."""

    supported_today = Bool(default_value=True)
    """bool: only images whose support has not ended."""

    selected = Instance(SupportedImage, allow_none=True)
    """SupportedImage or None: the pick; it stays when filters hide it."""

    _js_link: ipywidgets.Widget | None = None  # close() comes before it is made where an argument is refused

    def __init__(self, account: BatchAccount, **traits: Any) -> None:
        refuse_unknown("SkuBrowser", traits, self.class_own_traits())
        self.grid = Grid(_COLUMNS, row_label="image", empty_text="Loading the images.")
        self._images: tuple[SupportedImage, ...] = ()
        self._loaded = False
        self._shown: dict[str, SupportedImage] = {}
        self._filling = False
        self._fill_lock = threading.RLock()  # rows are filled by the notifier and by whoever asks for visible_frame
        self._search = styled(
            ipywidgets.Text(placeholder="Search agent, publisher, offer, SKU", continuous_update=True), "bw-search"
        )
        self._os = styled(
            ipywidgets.Dropdown(options=[("Any system", ""), ("Linux", "linux"), ("Windows", "windows")]), "bw-select"
        )
        self._verified = toggle("Verified only", title="Images that the service vouches for")
        self._supported = toggle("Supported today", title="Images whose support has not ended")
        self._filter_row = toggle("Column filters", title="A filter below each column's name")
        self._clear = button("Clear filters", "bw-link")
        self._refresh = button("", "bw-icon", title="Refresh", icon="refresh")
        self._picked = html(markup.muted("No image picked. Click a row."), "bw-grow")
        self._copy = CopyButton(label="Copy as Python", disabled=True)
        self.use_button = button("Use in pool builder", "bw-primary")
        self.use_button.disabled = True
        show(self.use_button, visible=False)
        super().__init__(account, "Images and node agents")
        bar = row(
            "bw-bar",
            *(self._search, self._os, self._verified, self._supported, self._filter_row),
            html("", "bw-grow"),
            self._clear,
        )
        foot = row("bw-foot", self._picked, self._copy, self.use_button)
        self.lay_out(bar, self.grid, foot, actions=(self._refresh,), online=(self._refresh,))
        self._link()
        with self.closed_on_error():
            for name, value in traits.items():
                setattr(self, name, value)
            self._load = self.load()

    def _link(self) -> None:
        ipywidgets.link((self, "search"), (self._search, "value"))
        ipywidgets.link((self, "os_type"), (self._os, "value"))
        ipywidgets.link((self, "verified_only"), (self._verified, "value"))
        ipywidgets.link((self, "supported_today"), (self._supported, "value"))
        ipywidgets.link((self._filter_row, "value"), (self.grid, "filter_row"))
        ipywidgets.link((self, "search"), (self.grid, "search"))
        # typing filters while a cell runs, too
        self._js_link = ipywidgets.jslink((self._search, "value"), (self.grid, "search"))
        self.observe(lambda _: self._fill(), ["os_type", "verified_only", "supported_today"])
        self.observe(lambda _: self._show_pick(), "selected")
        self.grid.observe(lambda _: self._show_count(), ["search", "filters"])
        self.grid.observe(self._on_row_selected, "selected")
        self.on_click(self._refresh, self.load)
        self.on_click(self._clear, self.clear_filters)

    def offer_use(self, handler: Callable[[], object]) -> None:
        """Show the button that takes the pick to the pool builder."""
        self.on_click(self.use_button, handler)
        show(self.use_button, visible=True)

    # loading

    def load(self) -> Operation[list[SupportedImage]]:
        """Load the images anew.

        Returns
        -------
        Operation
            Its result is the list of images.
        """
        operation = self.account.runner.submit("Load the images", lambda _: self.account.aio.list_supported_images())
        self._load = operation
        self.message.clear()
        self.grid.busy = True
        self.grid.empty_text = f"Asking {self.account.name} for its images."
        return self.follow(
            operation, self._on_loaded, failed=self._on_load_failed, cancelled=lambda: self._on_load_ended("stopped")
        )

    def _on_loaded(self, images: list[SupportedImage]) -> None:
        self._images, self._loaded = tuple(images), True
        self.grid.busy = False
        self.grid.empty_text = (
            "No image is left. Loosen a filter: “Verified only”, “Supported today”, the system or the search."
            if images
            else f"{self.account.name} has no images."
        )
        self._fill()
        self.announce(f"{len(images)} images loaded")

    def _on_load_failed(self, error: BaseException) -> None:
        self._on_load_ended("failed")
        self.show_error(error, retry=self.load)

    def _on_load_ended(self, how: str) -> None:
        self.grid.busy = False
        self.grid.empty_text = f"Loading the images {'has failed' if how == 'failed' else 'was stopped'}."

    def _wait(self) -> None:
        """Wait until a load has succeeded, and let its error out; after that take the newest one that has."""
        load = self._load
        if not self._loaded:
            self._images, self._loaded = tuple(load.result(_FIRST_LOAD_S)), True
        elif load.status == "done":
            self._images = tuple(load.result())

    @property
    def images(self) -> tuple[SupportedImage, ...]:
        """All images, in the service's order; waits for the first load."""
        self._wait()
        return self._images

    @property
    def frame(self) -> pd.DataFrame:
        """All that is known, a row per image and node agent; see :func:`batch_widgets.images.images_frame`.

        Waits at most 30 seconds for the first load, never after, and raises its error. As long as no load has
        succeeded, the newest one counts as the first.
        """
        return images_frame(self.images)

    @property
    def visible_frame(self) -> pd.DataFrame:
        """The part of :attr:`frame` that the filters leave."""
        self._wait()
        self._fill()
        return images_frame([self._shown[key] for key in self.grid.visible_keys()])

    # filters

    def clear_filters(self) -> None:
        """Show every image."""
        self.search = ""
        self.os_type = ""
        self.verified_only = False
        self.supported_today = False
        self.grid.filters = {}

    def _fill(self) -> None:
        if not self._loaded:
            return
        with self._fill_lock:
            now = datetime.now(UTC)
            self._shown = {
                image.key: image
                for image in self._images
                if (not self.verified_only or image.verified)
                and (not self.supported_today or not image.support_ended(now))
                and (not self.os_type or image.os_type == self.os_type)
            }
            self._filling = True  # rows that leave take their selection along; the pick stays
            try:
                self.grid.set_rows([_row(image, now) for image in self._shown.values()])
                picked = self.selected.key if self.selected else ""
                self.grid.selected = (picked,) if picked in self._shown else ()
            finally:
                self._filling = False
        self._show_count()
        self._show_pick()

    def _show_count(self) -> None:
        if self._loaded:
            count = len(self.grid.visible_keys())
            self.show_facts(
                markup.span(f"{count} of {len(self._images)} images"), markup.muted(self.account.images_note)
            )

    # picking

    def select(self, query: str | Callable[[SupportedImage], bool] | None = None, **how: Any) -> SupportedImage:
        """Pick an image; see :func:`batch_widgets.select_image` for the parameters.

        Returns
        -------
        SupportedImage
            The pick, which is :attr:`selected` then.

        Raises
        ------
        AmbiguousSelectionError
            If no image matches, or several do and neither ``first`` nor ``latest`` is set.
        """
        self.selected = select_image(self.images, query, **how)
        return self.selected

    def _on_row_selected(self, change: Mapping[str, Any]) -> None:
        with self._fill_lock:
            filling = self._filling
        if not filling:
            self.selected = self._shown.get(change["new"][0]) if change["new"] else None

    def _show_pick(self) -> None:
        image = self.selected
        self.use_button.disabled = self._copy.disabled = image is None
        with self._fill_lock:
            if not self._filling:
                self._filling = True
                try:
                    self.grid.selected = (image.key,) if image is not None and image.key in self._shown else ()
                finally:
                    self._filling = False
        if image is None:
            self._picked.value = markup.muted("No image picked. Click a row.")
            self._copy.text = ""
            return
        hidden = "" if image.key in self._shown else markup.muted("(hidden by the filters)")
        self._picked.value = " ".join((markup.muted("Picked"), markup.mono(str(image)), hidden))
        self._copy.text = (
            f"browser.select(publisher={image.publisher!r}, offer={image.offer!r}, sku={image.sku!r}, "
            f"node_agent_sku_id={image.node_agent_sku_id!r})"
        )

    def close(self) -> None:
        """Close the browser with all that it is made of."""
        if self._js_link is not None:
            self._js_link.close()
        super().close()

    def __repr__(self) -> str:
        picked = f", picked {self.selected}" if self.selected else ""
        return f"<SkuBrowser on {self.account.name}: {len(self._images)} images{picked}>"


def _row(image: SupportedImage, now: datetime) -> dict[str, Any]:
    return {
        "key": image.key,
        "node_agent_sku_id": image.node_agent_sku_id,
        "os_type": image.os_type,
        "publisher": image.publisher,
        "offer": image.offer,
        "sku": image.sku,
        "version": image.version,
        "verified": {"text": "verified", "hue": "ok"} if image.verified else {"text": "unverified", "hue": "none"},
        "capabilities": None
        if image.capabilities is None
        else [{"text": _CHIPS.get(name, name), "title": name} for name in image.capabilities],
        "support": _support(image, now),
    }


def _support(image: SupportedImage, now: datetime) -> dict[str, Any]:
    end = image.batch_support_end_of_life
    if end is None:
        return {"text": "no date", "muted": True}
    days = (end - now).days
    if end <= now:
        label = {"text": "ended", "hue": "err"}
    elif days < 365:
        label = {"text": f"{days} days", "hue": "warn" if days <= 90 else "none"}
    else:
        label = {"text": "supported", "hue": "ok"}
    return {**label, "note": f"{end.day} {end:%b %Y}", "sort": end.timestamp()}
