"""SkuBrowser: the images that Batch supports, with their node agents."""

from __future__ import annotations

import contextlib
import threading
from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import ipywidgets
from traitlets import Bool, Enum, Instance, Unicode, Union

from batch_widgets.images import CustomImage, SupportedImage, ends_within, images_frame, select_image, to_markdown
from batch_widgets.texts import frame_csv, one_line
from batch_widgets.widgets import lean, markup
from batch_widgets.widgets._cells import cell_text, wire_cell
from batch_widgets.widgets.affected_pools import AffectedPools
from batch_widgets.widgets.controls import button, close_tree, html, row, styled
from batch_widgets.widgets.copy import CopyButton
from batch_widgets.widgets.custom_image import CustomImageForm
from batch_widgets.widgets.grid import Grid
from batch_widgets.widgets.image_filter_bar import ImageFilterBar
from batch_widgets.widgets.image_filters import FILTERS, passes, what_to_loosen
from batch_widgets.widgets.image_rows import (
    COLUMNS,
    image_row,
    keyed,
    row_text,
    static_table,
    support_summary,
    text_table,
)
from batch_widgets.widgets.lean import show
from batch_widgets.widgets.panel import Panel, refuse_unknown

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pandas as pd

    from batch_widgets.account import BatchAccount
    from batch_widgets.runner import Operation

_FIRST_LOAD_S = 30.0
_STATIC_WAIT_S = 1.0
_NEAR_DAYS = 90


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

    distribution = Unicode("")
    """str: what people call the system, such as ``"Ubuntu"``; empty for any."""

    containers = Bool(default_value=False)
    """bool: only images that run containers."""

    gpu_driver = Bool(default_value=False)
    """bool: only images that bring a driver for GPUs."""

    rdma = Bool(default_value=False)
    """bool: only images made for RDMA."""

    by_node_agent = Bool(default_value=False)
    """bool: the images stand below their node agents, as the list of 2017 had them."""

    selected = Union([Instance(SupportedImage), Instance(CustomImage)], default_value=None, allow_none=True)
    """SupportedImage, CustomImage or None: the pick; it stays when filters hide it."""

    _js_link: ipywidgets.Widget | None = None  # close() comes before it is made where an argument is refused

    def __init__(self, account: BatchAccount, **traits: Any) -> None:
        refuse_unknown("SkuBrowser", traits, self.class_own_traits())
        self.grid = Grid(COLUMNS, row_label="image", empty_text="Loading the images.")
        self._images: tuple[SupportedImage, ...] = ()
        self._loaded = False
        self._loaded_at: datetime | None = None
        self._stale = False
        self._shown: dict[str, SupportedImage] = {}
        self._filling = False
        self._fill_lock = threading.RLock()  # rows are filled by the notifier and by whoever asks for visible_frame
        self.filter_bar = ImageFilterBar(self)
        self._view = styled(lean.ToggleButtons(options=[("List", False), ("By node agent", True)]), "bw-seg")
        self._filter_row = styled(
            lean.ToggleButton(tooltip="A filter below each column's name", description="Column filters"),
            "bw-toggle",
        )
        self._markdown = CopyButton(
            label="", title="Copy table as Markdown", make_text=lambda: to_markdown(self._taken_away())
        )
        self._csv = CopyButton(
            label="",
            title="Download CSV",
            filename="images.csv",
            make_text=lambda: frame_csv(self._taken_away(), index=True),
        )
        self._refresh = button("", "bw-icon", title="Refresh", icon="refresh")
        self._summary = html("", "bw-summary")
        self._ask_affected = button("Which of my pools are affected", "bw-link")
        self._type_custom = button("Use a gallery image", "bw-link")
        self._affected: AffectedPools | None = None
        self._custom: CustomImageForm | None = None
        self._sections = lean.VBox()
        self._picked = html(markup.muted("No image picked. Click a row."), "bw-grow")
        self._copy = CopyButton(label="Copy as Python", disabled=True)
        self._copy_row = CopyButton(label="", title="Copy row", disabled=True)
        self.use_button = button("Use in pool builder", "bw-primary")
        self.use_button.disabled = True
        show(self.use_button, visible=False)
        super().__init__(account, "Images and node agents")
        summary = row("bw-bar", self._summary, self._ask_affected, self._type_custom)
        foot = row("bw-foot", self._picked, self._copy_row, self._copy, self.use_button)
        self.lay_out(
            *(self.filter_bar, summary, self._sections, self.grid, foot),
            actions=(self._filter_row, self._view, self._markdown, self._csv, self._refresh),
            online=(self._refresh, self._ask_affected),
        )
        self._link()
        with self.closed_on_error():
            for name, value in traits.items():
                setattr(self, name, value)
            self._load = self.load()

    def _link(self) -> None:
        self.filter_bar.link()
        ipywidgets.link((self, "by_node_agent"), (self._view, "value"))
        ipywidgets.link((self._filter_row, "value"), (self.grid, "filter_row"))
        ipywidgets.link((self, "search"), (self.grid, "search"))
        # typing filters while a cell runs, too
        self._js_link = ipywidgets.jslink((self.filter_bar.search, "value"), (self.grid, "search"))
        self.observe(lambda _: self._fill(), list(FILTERS))
        self.observe(lambda _: self._group(), "by_node_agent")
        self.observe(lambda _: self._show_pick(), "selected")
        self.grid.observe(lambda _: self._show_count(), ["search", "filters"])
        self.grid.observe(self._on_row_selected, "selected")
        self.on_click(self._refresh, self.load)
        self.on_click(self.filter_bar.clear, self.clear_filters)
        self.on_click(self._ask_affected, self.affected_pools)
        self.on_click(self._type_custom, self._open_custom)

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
        self._loaded_at, self._stale = datetime.now(UTC), False
        self.grid.busy = False
        self.filter_bar.offer_distributions(image.distribution for image in images)
        if self._custom is not None:
            self._custom.set_images(self._images)
        self._fill()
        self.announce(f"{len(images)} images loaded")
        if broken := [image for image in images if image.unreadable]:
            names = ", ".join(sorted({name for image in broken for name in image.unreadable}))
            self.message.show(
                "warn",
                f"{len(broken)} of {len(images)} rows could not be read in full.",
                f"They are in the list with what could be read. What could not: {names}.",
            )

    def _on_load_failed(self, error: BaseException) -> None:
        self._on_load_ended("failed")
        self._stale = self._loaded_at is not None
        self._show_count()
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
    def loaded_images(self) -> tuple[SupportedImage, ...]:
        """The images that are here already; empty before the first load. Never waits."""
        return self._images

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
        return images_frame(self._visible())

    # filters

    def clear_filters(self) -> None:
        """Show every image."""
        self.search = ""
        for name, (_, off, _) in FILTERS.items():
            setattr(self, name, off)
        self.grid.filters = {}

    def _group(self) -> None:
        self.grid.group_by = "node_agent_sku_id" if self.by_node_agent else ""
        self._show_count()

    def _fill(self) -> None:
        if not self._loaded:
            return
        with self._fill_lock:
            now = datetime.now(UTC)
            values = self._filter_values()
            images = keyed(self._images)
            self._shown = {key: image for key, image in images.items() if passes(image, values, now)}
            self._filling = True  # rows that leave take their selection along; the pick stays
            try:
                self.grid.set_rows([image_row(key, image, now) for key, image in self._shown.items()])
                self.grid.group_totals = dict(
                    Counter(cell_text(wire_cell(image.node_agent_sku_id)) for image in self._images)
                )
                picked = self.selected.key if self.selected else ""
                self.grid.selected = (picked,) if picked in self._shown else ()
            finally:
                self._filling = False
        self._summary.value = support_summary(self._images, now)
        self._show_count()
        self._show_pick()

    def _filter_values(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in FILTERS}

    def _visible(self) -> list[SupportedImage]:
        return [self._shown[key] for key in self.grid.visible_keys()]

    def _show_count(self) -> None:
        if not self._loaded:
            return
        visible = self._visible()
        agents = len({image.node_agent_sku_id for image in visible})
        groups = f", {agents} node agent{'' if agents == 1 else 's'}" if self.by_node_agent else ""
        rows_from = (
            markup.muted(f"from {self._loaded_at.astimezone():%H:%M}") if self._stale and self._loaded_at else ""
        )
        self.show_facts(
            markup.span(f"{len(visible)} of {len(self._images)} images{groups}"),
            rows_from,
            markup.muted(self.account.images_note),
        )
        if not self._images:
            self.grid.empty_text = f"{self.account.name} has no images."
        elif not visible:
            self.grid.empty_text = self._what_to_loosen()

    def _what_to_loosen(self) -> str:
        now = datetime.now(UTC)
        rows = {id(image): image_row(image.key, image, now) for image in self._images}
        in_grid: dict[str, Callable[[SupportedImage], bool]] = {}
        if self.grid.search.split():
            in_grid["the search hides"] = lambda image: self.grid.matches(rows[id(image)], filters={})
        if any(self.grid.filters.values()):
            in_grid["the column filters hide"] = lambda image: self.grid.matches(rows[id(image)], search="")
        return what_to_loosen(self._images, self._filter_values(), in_grid, now)

    # end of support

    def end_of_support(self, days: float = _NEAR_DAYS) -> pd.DataFrame:
        """Give the images whose support has ended or ends within some days, the earliest first.

        Parameters
        ----------
        days : float
            How far to look ahead.

        Returns
        -------
        pandas.DataFrame
            The rows of :attr:`frame`; those without a known end are not among them.
        """
        found = [image for image in self.images if ends_within(image.batch_support_end_of_life, days)]
        return images_frame(sorted(found, key=lambda image: image.batch_support_end_of_life or datetime.now(UTC)))

    def affected_pools(self, days: int = _NEAR_DAYS) -> Operation[pd.DataFrame]:
        """List the account's pools whose image is past the end of its support or near it, and show them.

        Parameters
        ----------
        days : int
            How far to look ahead.

        Returns
        -------
        Operation
            Its result is a DataFrame; see :func:`batch_widgets.pools.affected_pools_frame`.
        """
        if self._affected is None:
            self._affected = AffectedPools(self)
            self.on_click(self._affected.close_button, lambda: self._open_section(self._affected, is_open=False))
        self._open_section(self._affected, is_open=True)
        return self._affected.load(days)

    def _open_custom(self) -> None:
        if self._custom is None:
            self._custom = CustomImageForm(lambda image: setattr(self, "selected", image))
            self._custom.set_images(self._images)
            self._custom.pick.on_click(self.settled(self._custom.submit))
        self._open_section(self._custom, is_open=self._custom not in self._sections.children)

    def _open_section(self, section: ipywidgets.Widget | None, *, is_open: bool) -> None:
        others = tuple(child for child in self._sections.children if child is not section)
        self._sections.children = (*others, section) if is_open and section is not None else others

    # taking it away

    def _taken_away(self) -> pd.DataFrame:
        return images_frame(self._visible())

    def _wait_a_little(self) -> None:
        """Let a first load end before a text is made of it that nothing renews."""
        if not self._loaded:
            with contextlib.suppress(Exception):  # the widget itself says what is wrong
                self._load.result(_STATIC_WAIT_S)
                self._wait()
                self._fill()

    def _heading(self) -> str:
        if not self._loaded:
            return f"SKU browser on {self.account.name}: the images are not loaded yet."
        return f"{len(self._visible())} of {len(self._images)} images of {self.account.name}"

    def __str__(self) -> str:
        self._wait_a_little()
        return text_table(self._visible(), self._heading())

    def _repr_mimebundle_(self, **options: Any) -> Any:
        """Give the widget, and beside it what a terminal and a page without a kernel show."""
        bundle = super()._repr_mimebundle_(**options)
        self._wait_a_little()
        data = bundle[0] if isinstance(bundle, tuple) else bundle
        if data is not None:
            data["text/plain"] = str(self)
            data["text/html"] = static_table(self._visible(), self._heading())
        return bundle

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
        image = select_image(self.images, query, **how)
        self.selected = image
        return image

    def _on_row_selected(self, change: Mapping[str, Any]) -> None:
        with self._fill_lock:
            filling = self._filling
        if not filling:
            self.selected = self._shown.get(change["new"][0]) if change["new"] else None

    def _show_pick(self) -> None:
        image = self.selected
        self.use_button.disabled = self._copy.disabled = self._copy_row.disabled = image is None
        with self._fill_lock:
            if not self._filling:
                self._filling = True
                try:
                    self.grid.selected = (image.key,) if image is not None and image.key in self._shown else ()
                finally:
                    self._filling = False
        if image is None:
            self._picked.value = markup.muted("No image picked. Click a row.")
            self._copy.text = self._copy_row.text = ""
            return
        elsewhere = isinstance(image, CustomImage) or image.key in self._shown
        hidden = "" if elsewhere else markup.muted("(hidden by the filters)")
        self._picked.value = " ".join((markup.muted("Picked"), markup.mono(str(image)), hidden))
        self._copy.text, self._copy_row.text = image.to_python(), row_text(image)

    def close(self) -> None:
        """Close the browser with all that it is made of."""
        if self._js_link is not None:
            self._js_link.close()
            for section in (self._affected, self._custom):
                if section is not None:
                    close_tree(section)
        super().close()

    def __repr__(self) -> str:
        picked = f", picked {self.selected}" if self.selected else ""
        return one_line(f"<SkuBrowser on {self.account.name}: {len(self._images)} images{picked}>")
