"""The controls above the SKU browser's table, each in step with a trait of the browser."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ipywidgets

from batch_widgets.widgets import lean
from batch_widgets.widgets.controls import button, styled, toggle

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_ANY_DISTRIBUTION = ("Any distribution", "")
_TOGGLES = (
    ("verified_only", "Verified only", "Images that the service vouches for"),
    ("supported_today", "Supported today", "Images whose support has not ended"),
    ("containers", "Containers", "Images that run containers"),
    ("gpu_driver", "GPU driver", "Images that bring a driver for NVIDIA GPUs"),
    ("rdma", "RDMA", "Images made for RDMA"),
)


class ImageFilterBar(lean.HBox):
    """Search, system, distribution and what an image must have.

    Parameters
    ----------
    browser : SkuBrowser
        Whose filters it shows and sets.
    """

    def __init__(self, browser: Any) -> None:
        self._browser = browser
        self._offering = False
        self.search = styled(
            lean.Text(placeholder="Search agent, publisher, offer, SKU", continuous_update=True), "bw-search"
        )
        self.os_type = styled(
            lean.Dropdown(
                description="System", options=[("Any system", ""), ("Linux", "linux"), ("Windows", "windows")]
            ),
            "bw-select",
        )
        self.distribution = styled(lean.Dropdown(description="Distribution", options=[_ANY_DISTRIBUTION]), "bw-select")
        self.toggles = {name: toggle(text, title=title) for name, text, title in _TOGGLES}
        self.clear = button("Clear filters", "bw-link", "bw-end")
        super().__init__((self.search, self.os_type, self.distribution, *self.toggles.values(), self.clear))
        self.add_class("bw-bar")

    def link(self) -> None:
        """Bind the controls to the browser's traits."""
        ipywidgets.link((self._browser, "search"), (self.search, "value"))
        ipywidgets.link((self._browser, "os_type"), (self.os_type, "value"))
        for name, control in self.toggles.items():
            ipywidgets.link((self._browser, name), (control, "value"))
        self._browser.observe(lambda _: self.offer_distributions(()), "distribution")
        self.distribution.observe(self._on_distribution_chosen, "value")

    def offer_distributions(self, names: Iterable[str]) -> None:
        """Offer some distributions, besides those that are offered already or chosen."""
        known = {value for _, value in self.distribution.options}
        chosen = self._browser.distribution
        options = [_ANY_DISTRIBUTION, *((name, name) for name in sorted({*known, *names, chosen} - {""}))]
        self._offering = True  # other options take the choice back for a moment
        try:
            if list(self.distribution.options) != options:
                self.distribution.options = options
            self.distribution.value = chosen
        finally:
            self._offering = False

    def _on_distribution_chosen(self, change: Mapping[str, Any]) -> None:
        if not self._offering:
            self._browser.distribution = change["new"]
