"""What a pool costs: prices as the public price list gives them, the meters that bill a node, and an estimate."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

HOURS_A_DAY = 24
HOURS_A_MONTH = 730
MADE_UP = "made-up price"
"""What the product's name of a price says that is none."""

BESIDES = (
    "Batch itself costs nothing. Charged besides the nodes: their disks, public IP addresses and load balancers, data "
    "that leaves the region, and licences where the image has a price of its own."
)
SPOT_UNVERIFIED = "That the Spot meter bills Batch's Spot nodes is not verified, and its price changes often."
_CLOUD_SERVICES = ("cloudservices", "cloud services")


@dataclass(frozen=True, slots=True)
class PriceItem:
    """A price of the public price list: one meter.

    Parameters
    ----------
    vm_size, region : str
        What it is for, such as ``"Standard_D4s_v5"`` and ``"eastus"``.
    currency : str
        Such as ``"USD"``; prices in others are for reference.
    retail_price : float
        For one `unit`.
    unit : str
        Such as ``"1 Hour"``.
    type : str
        ``"Consumption"``, ``"Reservation"`` ...
    product_name, sku_name, meter_name : str
        They tell Windows and Spot.
    effective_start : datetime, optional
        From when on it holds, in UTC.
    """

    vm_size: str
    region: str
    currency: str
    retail_price: float
    unit: str = "1 Hour"
    type: str = "Consumption"
    product_name: str = ""
    sku_name: str = ""
    meter_name: str = ""
    effective_start: datetime | None = None

    @property
    def made_up(self) -> bool:
        """Whether the price says of itself that it is made up."""
        return MADE_UP in self.product_name.casefold()

    @property
    def is_windows(self) -> bool:
        """Whether the licence of Windows is in it."""
        return "windows" in self.product_name.casefold()

    @property
    def kind(self) -> str:
        """``"spot"``, ``"low priority"`` or ``"regular"``."""
        names = f"{self.sku_name} {self.meter_name}".casefold()
        return "spot" if "spot" in names else "low priority" if "low priority" in names else "regular"


@dataclass(frozen=True, slots=True)
class Meters:
    """The prices an hour of a dedicated and of a Spot node; None where the list has none.

    Parameters
    ----------
    dedicated, spot : PriceItem, optional
        The meters that were chosen.
    """

    dedicated: PriceItem | None = None
    spot: PriceItem | None = None

    @property
    def currency(self) -> str:
        """The currency of both; empty where there is no price."""
        known = self.dedicated or self.spot
        return known.currency if known else ""

    @property
    def made_up(self) -> bool:
        """Whether a price says of itself that it is made up."""
        return any(meter.made_up for meter in (self.dedicated, self.spot) if meter is not None)

    @property
    def hours(self) -> tuple[float | None, float | None]:
        """The two prices an hour."""
        return (
            None if self.dedicated is None else self.dedicated.retail_price,
            None if self.spot is None else self.spot.retail_price,
        )


def choose_meters(
    items: Iterable[PriceItem], vm_size: str, os_type: str = "linux", *, now: datetime | None = None
) -> Meters:
    """Choose the prices that bill the nodes of a VM size.

    Parameters
    ----------
    items : iterable of PriceItem
        The prices of that size, or of many.
    vm_size : str
        The size, without regard to case.
    os_type : str
        ``"linux"`` or ``"windows"``.
    now : datetime, optional
        Prices that start later are left out; default: now.

    Returns
    -------
    Meters
        Of pay-as-you-go prices by the hour the newest; of several that start together the highest.
    """
    now = now or datetime.now(UTC)
    wanted = vm_size.strip().casefold()
    mine = [
        item
        for item in items
        if item.vm_size.casefold() == wanted
        and item.type == "Consumption"
        and item.unit == "1 Hour"
        and item.is_windows == (os_type == "windows")
        and not any(word in item.product_name.casefold() for word in _CLOUD_SERVICES)
        and (item.effective_start is None or item.effective_start <= now)
    ]
    return Meters(_newest(mine, "regular"), _newest(mine, "spot"))


def _newest(items: Iterable[PriceItem], kind: str) -> PriceItem | None:
    long_ago = datetime(1, 1, 1, tzinfo=UTC)
    fitting = [item for item in items if item.kind == kind]
    return max(fitting, key=lambda item: (item.effective_start or long_ago, item.retail_price), default=None)


def price_table(
    items: Iterable[PriceItem], os_type: str = "linux", *, now: datetime | None = None
) -> dict[str, Meters]:
    """Choose the prices of many VM sizes at once.

    Returns
    -------
    dict
        :class:`Meters` by the size's name in lower case.
    """
    by_size: dict[str, list[PriceItem]] = {}
    for item in items:
        by_size.setdefault(item.vm_size.casefold(), []).append(item)
    return {key: choose_meters(mine, key, os_type, now=now) for key, mine in by_size.items()}


Bounds = tuple[int, int | None]
"""The least and the most nodes of a kind; None for a most that is not known."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """What the nodes of a pool cost.

    Parameters
    ----------
    dedicated, spot : (int, int or None), optional
        The least and the most nodes of a kind; None where they depend on a formula that tells no bounds.
    meters : Meters, optional
        The prices; None where nobody asked for them.
    """

    dedicated: Bounds | None
    spot: Bounds | None
    meters: Meters | None = None

    @property
    def currency(self) -> str:
        """The currency; empty where no price is known."""
        return self.meters.currency if self.meters else ""

    @property
    def hour(self) -> tuple[float, float | None] | None:
        """The least and the most that an hour costs; None where it is not known, as a most that is not known."""
        if self.dedicated is None or self.spot is None or self.meters is None:
            return None
        low, high = 0.0, 0.0
        open_ended = False
        for (least, most), price in zip((self.dedicated, self.spot), self.meters.hours, strict=True):
            if (least, most) == (0, 0):
                continue
            if price is None:
                return None
            low += least * price
            if most is None:
                open_ended = True
            else:
                high += most * price
        return (low, None if open_ended else high)

    @property
    def day(self) -> tuple[float, float | None] | None:
        """As :attr:`hour`, for 24 hours."""
        return _times(self.hour, HOURS_A_DAY)

    @property
    def month(self) -> tuple[float, float | None] | None:
        """As :attr:`hour`, for 730 hours."""
        return _times(self.hour, HOURS_A_MONTH)

    def summary(self) -> str:
        """Say in a line what the nodes cost."""
        if self.dedicated is None or self.spot is None:
            each = self._each()
            return f"What the pool costs depends on its formula{f': {each}' if each else '.'}"
        if (self.dedicated, self.spot) == ((0, 0), (0, 0)):
            return "No nodes, and so nothing to pay for them."
        who = self._nodes()
        if self.hour is None or self.day is None or self.month is None:
            return f"{who}; the price is not known."
        made_up = " (made-up prices)" if self.meters and self.meters.made_up else ""
        return (
            f"{who}, about {_money(self.hour, self.currency)} an hour, {_money(self.day, self.currency)} a day, "
            f"{_money(self.month, self.currency)} a month{made_up}."
        )

    def rows(self) -> tuple[tuple[str, str], ...]:
        """Give what the estimate is made of and comes to, as names and amounts; what is not known is said to be."""
        rows = []
        prices = self.meters.hours if self.meters else (None, None)
        for kind, bounds, price in zip(("dedicated", "Spot"), (self.dedicated, self.spot), prices, strict=True):
            if bounds != (0, 0):
                known = "not known" if price is None else f"{_amount(price)} {self.currency} / h"
                rows.append((f"A {kind} node", known))
        if (self.dedicated, self.spot) == ((0, 0), (0, 0)):
            return ()
        unknown = "depends on the formula" if self.dedicated is None or self.spot is None else "not known"
        who = "All nodes" if self.dedicated is None or self.spot is None else self._nodes()
        for words, span in ((f"{who}, an hour", self.hour), ("A day", self.day), ("A month, 730 hours", self.month)):
            rows.append((words, unknown if span is None else _money(span, self.currency)))
        return tuple(rows)

    def remarks(self) -> tuple[str, ...]:
        """Say what the estimate leaves out, and what of it is not verified."""
        return (*self._reservations(), BESIDES)

    def hourly(self) -> str:
        """Say what an hour costs, as ``"about 0.38 USD an hour"``; empty where it is not known."""
        if self.hour is None or self.hour == (0, 0):
            return ""
        return f"about {_money(self.hour, self.currency)} an hour"

    def lines(self) -> tuple[str, ...]:
        """Say all of it, line by line."""
        return (self.summary(), *self.remarks())

    def _reservations(self) -> list[str]:
        found = []
        if self.meters is not None:
            if self.meters.made_up:
                found.append("The prices are made up by the demo. Nothing is charged.")
            elif self.currency not in {"", "USD"}:
                found.append(f"Microsoft's price list is in USD; prices in {self.currency} are for reference.")
            if self.spot not in {None, (0, 0)}:
                found.append(
                    "The list has no Spot price for this size." if self.meters.spot is None else SPOT_UNVERIFIED
                )
        return found

    def _each(self) -> str:
        """Say what one node of each kind costs."""
        if self.meters is None:
            return ""
        pairs = zip(("dedicated", "Spot"), self.meters.hours, strict=True)
        told = [f"a {kind} node about {_amount(price)} {self.currency}" for kind, price in pairs if price is not None]
        return f"{' and '.join(told)} an hour." if told else ""

    def _nodes(self) -> str:
        pairs = zip((self.dedicated, self.spot), ("dedicated", "Spot"), strict=True)
        used = [(bounds, kind) for bounds, kind in pairs if bounds not in {None, (0, 0)}]
        parts = [f"{_count(bounds)} {kind}" for bounds, kind in used if bounds is not None]
        one = len(used) == 1 and used[0][0] == (1, 1)
        return f"{' and '.join(parts)} node{'' if one else 's'}"


def fixed(dedicated: int, spot: int, meters: Meters | None = None) -> Estimate:
    """Estimate a pool of a fixed size."""
    return Estimate((dedicated, dedicated), (spot, spot), meters)


def _times(span: tuple[float, float | None] | None, hours: int) -> tuple[float, float | None] | None:
    if span is None:
        return None
    low, high = span
    return (low * hours, None if high is None else high * hours)


def _count(bounds: Bounds) -> str:
    low, high = bounds
    if high is None:
        return f"{low:,} or more"
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"


def _money(span: tuple[float, float | None], currency: str) -> str:
    low, high = span
    if high is None:
        return f"{_amount(low)} {currency} or more"
    return f"{_amount(low)} {currency}" if low == high else f"{_amount(low)} to {_amount(high)} {currency}"


def _amount(price: float) -> str:
    """Give an amount with as many digits as one can use."""
    if price == 0:
        return "0"
    if price >= 1_000:
        return f"{price:,.0f}"
    return f"{price:.2f}" if price >= 1 else f"{price:.3g}"
