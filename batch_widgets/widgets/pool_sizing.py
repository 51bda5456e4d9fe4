"""What the pool builder shows of VM sizes, quotas and cost: a button that opens the table of sizes, and the cost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ipywidgets

from batch_widgets import autoscale
from batch_widgets.widgets import lean, markup
from batch_widgets.widgets.controls import button, close_tree, html
from batch_widgets.widgets.cost_line import CostLine
from batch_widgets.widgets.lean import show
from batch_widgets.widgets.size_picker import SizePicker

if TYPE_CHECKING:
    from collections.abc import Callable

    from batch_widgets.cost import Bounds
    from batch_widgets.sizes import VmSize

_CHOOSE = "bw-choose-size"
_SEARCH = "bw-size-search"


class PoolSizing:
    """The pieces that the builder puts into its form, its side and its foot.

    Sizes and quotas are asked for in the background, once for the account; the builder checks again when they are
    here.

    Parameters
    ----------
    builder : PoolBuilder
        Whose pool it is about.
    recheck : callable
        Checks the pool anew.
    """

    def __init__(self, builder: Any, recheck: Callable[[], object]) -> None:
        self._builder = builder
        self._recheck = recheck
        self.picker: SizePicker | None = None
        self.place = lean.VBox()
        """Where the table of sizes opens."""
        self.choose_button = button("Choose…", _CHOOSE, title="VM sizes with cores, memory, GPUs and prices")
        self.facts = html("", "bw-hint")
        """What is known of the size that is named."""
        self.cost = CostLine(builder, on_change=recheck, bounds=_bounds_of)
        builder.on_click(self.choose_button, self.toggle)

    def learn(self) -> None:
        """Ask for sizes and quotas, unless that was done; never waits."""
        if self._builder.account.closed:
            return
        self._builder.account.learn_sizes().add_done_callback(lambda _: self._on_learnt())

    def _on_learnt(self) -> None:
        if not self._builder.is_closed:  # not closed meanwhile
            self._recheck()

    def refresh(self) -> None:
        """Follow the pool."""
        sizes = self._builder.account.known_vm_sizes
        size = sizes.find(self._builder.vm_size) if sizes is not None else None
        self.facts.value = "" if size is None else markup.muted(_facts(size))
        show(self.facts, visible=size is not None)
        self.cost.refresh()

    # the table of sizes

    def toggle(self) -> None:
        """Open the table of sizes, or close it."""
        if self.picker is None:
            self.open()
        else:
            self.shut()

    def open(self) -> SizePicker:
        """Open the table of sizes."""
        if self.picker is None:
            self.picker = SizePicker(self._builder, self.shut)
            ipywidgets.link((self.cost, "currency"), (self.picker, "currency"))
            self.place.children = (self.picker,)
            self._builder.frame_piece.focus(_SEARCH)
        return self.picker

    def shut(self) -> None:
        """Close the table of sizes, and give the focus back."""
        picker, self.picker = self.picker, None
        if picker is not None:
            self.place.children = ()
            close_tree(picker)
            self._builder.frame_piece.focus(_CHOOSE)


def _facts(size: VmSize) -> str:
    generations = size.hyper_v_generations or ()
    parts = (
        f"{size.vcpus} core{'' if size.vcpus == 1 else 's'}" if size.vcpus else "",
        f"{size.memory_gb:g} GB" if size.memory_gb else "",
        f"{size.gpus} {size.accelerator}" if size.accelerator else "",
        " and ".join(f"Gen {number}" for number in generations),
    )
    return ", ".join(part for part in parts if part)


def _bounds_of(formula: str) -> tuple[Bounds | None, Bounds | None]:
    """Give the bounds of dedicated and Spot nodes; of a formula with an error nothing is known."""
    if any(finding.severity == "error" for finding in autoscale.check(formula)):
        return None, None
    found = autoscale.bounds(formula)
    return found.dedicated, found.low_priority
