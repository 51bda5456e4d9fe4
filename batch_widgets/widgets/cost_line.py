"""CostLine: what the pool builder's pool costs: a line for its foot, and a view that says how it comes about."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import ipywidgets
from traitlets import Unicode

from batch_widgets.cost import Bounds, Estimate
from batch_widgets.errors import BatchWidgetsError
from batch_widgets.widgets import lean, markup
from batch_widgets.widgets.controls import button, html, row, styled
from batch_widgets.widgets.lean import show

if TYPE_CHECKING:
    from collections.abc import Callable

    from batch_widgets.cost import PriceItem
    from batch_widgets.runner import Operation

CURRENCIES = ("USD", "EUR", "GBP", "JPY", "AUD", "CAD", "CHF", "INR", "BRL", "KRW", "SEK", "NOK", "DKK", "NZD", "TWD")
_PRICES_TOLD = (
    "Asks prices.azure.com, Microsoft's public list, for this size in this region. Nothing of the account is sent."
)
_PAUSE_S = 0.7


class CostLine(lean.VBox):
    """The estimate in full; :meth:`line` gives it in a sentence.

    Where widgets may not ask for prices, a button asks for the user's consent first.

    Parameters
    ----------
    builder : PoolBuilder
        Whose pool is estimated.
    on_change : callable, optional
        Called when a price has arrived.
    bounds : callable, optional
        Gives the least and the most dedicated and Spot nodes that a formula can ask for, each None where the formula
        does not tell; default: nothing is known of formulas.
    """

    currency = Unicode("USD")
    """str: of the prices; only those in USD are real ones."""

    def __init__(
        self,
        builder: Any,
        on_change: Callable[[], object] = lambda: None,
        bounds: Callable[[str], tuple[Bounds | None, Bounds | None]] = lambda _: (None, None),
    ) -> None:
        self._builder = builder
        self._on_change = on_change
        self.bounds = bounds
        self._asked: set[tuple[str, str]] = set()
        self._trouble = ""
        self.text = html("", "bw-cost")
        self.prices_button = button("Show prices", "bw-link", title=_PRICES_TOLD)
        self.currency_box = styled(lean.Dropdown(options=CURRENCIES, description="Currency"), "bw-select")
        super().__init__((self.text, row("bw-foot", html("", "bw-grow"), self.prices_button, self.currency_box)))
        ipywidgets.link((self, "currency"), (self.currency_box, "value"))
        self.observe(lambda _: self._tell(), "currency")
        self._builder.on_click(self.prices_button, self.allow_prices)

    @property
    def estimate(self) -> Estimate:
        """What is known of the cost now."""
        spec = self._builder.spec
        meters = self._builder.account.known_meters(spec.vm_size, spec.os_type, self.currency)
        if spec.enable_auto_scale:
            return Estimate(*self.bounds(spec.auto_scale_formula), meters)
        dedicated, spot = max(0, spec.target_dedicated_nodes), max(0, spec.target_low_priority_nodes)
        return Estimate((dedicated, dedicated), (spot, spot), meters)

    def most_nodes(self) -> tuple[int, int]:
        """Give the most dedicated and Spot nodes that the formula can ask for; 0 where that is not known."""
        spec = self._builder.spec
        found = self.bounds(spec.auto_scale_formula) if spec.enable_auto_scale else (None, None)
        dedicated, spot = ((one[1] or 0) if one is not None else 0 for one in found)
        return dedicated, spot

    def line(self) -> str:
        """Give the estimate in a sentence."""
        spec, estimate, is_demo = self._builder.spec, self.estimate, self._builder.account.is_demo
        kind = "simulated " if is_demo else ""
        if spec.enable_auto_scale and None in {estimate.dedicated, estimate.spot}:
            who = f"As many {kind}nodes as the formula says"
        else:
            least, most = _total(estimate)
            number = (
                f"{least:,}" if least == most else f"{least:,} or more" if most is None else f"{least:,} to {most:,}"
            )
            who = f"{number} {kind}node{'' if (least, most) == (1, 1) else 's'}"
        hourly = f", {estimate.hourly()}" if estimate.hourly() else ""
        if is_demo:
            return f"{who}{hourly}{' at made-up prices' if hourly else ''}. Nothing is charged."
        return f"{who}{hourly or ', charged'} from allocation until you delete the pool."

    def allow_prices(self) -> None:
        """Allow the account's widgets to ask the public price list, and ask it."""
        self._builder.account.prices_allowed = True
        self._asked.clear()
        self._tell()

    def refresh(self) -> None:
        """Tell the estimate of the pool as it is, and ask for its price where that is allowed and not known yet."""
        account, spec = self._builder.account, self._builder.spec
        self._ask(spec.vm_size.strip())
        estimate = self.estimate
        show(self.prices_button, visible=not account.prices_allowed)
        remarks = [*([self._trouble] if self._trouble and not estimate.currency else ()), *estimate.remarks()]
        if estimate.rows() and not estimate.currency and not account.prices_allowed:
            remarks.insert(0, "No price was asked for yet.")
        self.text.value = markup.amounts(estimate.rows()) + "".join(
            f'<div class="bw-pad">{markup.muted(remark)}</div>' for remark in remarks
        )

    def _ask(self, vm_size: str) -> None:
        account = self._builder.account
        if not account.prices_allowed or account.closed or not vm_size:
            return
        sizes, currency = account.known_vm_sizes, self.currency
        listed = sizes is not None and sizes.find(vm_size) is not None
        if sizes is not None and sizes.source == "service" and not listed:
            return  # half a name, still being typed
        asked = (vm_size.casefold(), currency)
        if asked in self._asked or account.known_meters(vm_size, currency=currency) is not None:
            return
        self._asked.add(asked)

        async def ask(_: object) -> list[PriceItem]:
            if not listed:
                await asyncio.sleep(_PAUSE_S)
                if self._builder.vm_size.strip() != vm_size:  # somebody goes on typing
                    self._asked.discard(asked)
                    return []
            found: list[PriceItem] = await account.aio.list_prices(vm_size, currency)
            return found

        operation: Operation[list[PriceItem]] = account.runner.submit(f"Ask for the price of {vm_size}", ask)
        self._builder.follow(
            operation, lambda _: self._tell(), failed=self._on_failed, cancelled=self._tell, superseded=False
        )

    def _on_failed(self, error: BaseException) -> None:
        known = isinstance(error, BatchWidgetsError)
        self._tell(f"The price could not be had. {error}" if known else "The price could not be had.")

    def _tell(self, trouble: str = "") -> None:
        if not self.is_closed:
            self._trouble = trouble
            self.refresh()
            self._on_change()


def _total(estimate: Estimate) -> Bounds:
    """Give the least and the most nodes of both kinds together."""
    pairs = [bounds for bounds in (estimate.dedicated, estimate.spot) if bounds is not None]
    highs = [high for _, high in pairs]
    return sum(low for low, _ in pairs), None if None in highs else sum(high for high in highs if high is not None)
