"""The part of an account that knows VM sizes, quotas and prices."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, TypeVar

from batch_widgets.account.parts import AccountPart
from batch_widgets.cost import Meters, choose_meters
from batch_widgets.errors import BatchWidgetsError
from batch_widgets.sizes import recorded_vm_sizes

if TYPE_CHECKING:
    from collections.abc import Iterable

    from batch_widgets.account.surroundings import Surroundings
    from batch_widgets.cost import PriceItem
    from batch_widgets.runner import Operation
    from batch_widgets.sizes import Quotas, VmSizeList

T = TypeVar("T")


class SizesAndPrices(AccountPart):
    """VM sizes, quotas and prices of an account, and what was learnt of them so far.

    Parameters
    ----------
    surroundings : Surroundings
        Who is asked.
    prices_allowed : bool
        Whether widgets may ask for prices by themselves.
    """

    def __init__(self, surroundings: Surroundings, *, prices_allowed: bool) -> None:
        self.surroundings = surroundings
        self.prices_allowed = prices_allowed
        """bool: whether widgets may ask the public price list, a host of Microsoft's outside of the account, by
        themselves. It is told a region, a VM size and a currency, and no credential. False until the user allows it;
        True in the demo, which has a list of its own. :meth:`list_prices` asks whatever this says."""
        self.known_vm_sizes: VmSizeList | None = None
        self.known_quotas: Quotas | None = None
        self._known_prices: dict[tuple[str, str], tuple[PriceItem, ...]] = {}
        self._whole_lists: set[str] = set()
        self._learning: Operation[VmSizeList] | None = None

    def list_vm_sizes(self) -> VmSizeList:
        """List the VM sizes of the account's region.

        Returns
        -------
        VmSizeList
            A sequence of VmSize that tells where it is from: the service, where the account's subscription is known
            and azure-mgmt-batch is installed (extra ``sizes``), else the list that this package brings, with its day.
        """
        return self.wait(self.aio.list_vm_sizes())

    def get_quotas(self) -> Quotas | None:
        """Get what the account may have at most; None where its subscription is not known."""
        return self.wait(self.aio.get_quotas())

    def list_prices(self, vm_size: str = "", currency: str = "USD") -> list[PriceItem]:
        """Ask the public price list for the prices of a VM size in the account's region.

        Parameters
        ----------
        vm_size : str
            Such as ``"Standard_D2s_v3"``; empty for all sizes, which takes many pages.
        currency : str
            Only prices in USD are real ones; those in others are for reference.

        Returns
        -------
        list of PriceItem
            All meters; :func:`batch_widgets.cost.choose_meters` tells which of them bill a node.
        """
        return self.wait(self.aio.list_prices(vm_size, currency))

    def learn_sizes(self) -> Operation[VmSizeList]:
        """Ask for VM sizes and quotas in the background, once for the account.

        Returns
        -------
        Operation
            The one that is under way or done. Where the service refuses, its result is the recorded list, which says
            so.
        """
        if self._learning is None or self._learning.status in {"failed", "cancelled"}:
            self._learning = self.runner.submit("Ask for VM sizes and quotas", lambda _: self._learn())
        return self._learning

    async def _learn(self) -> VmSizeList:
        try:
            sizes = await self.aio.list_vm_sizes()
            await self.aio.get_quotas()
        except BatchWidgetsError as error:
            sizes = dataclasses.replace(
                recorded_vm_sizes(), note=f"the account's own list could not be had: {error.message}"
            )
            self.known_vm_sizes = self.known_vm_sizes or sizes
        return self.known_vm_sizes or sizes

    def keep_prices(self, vm_size: str, currency: str, items: Iterable[PriceItem]) -> None:
        """Keep what was learnt of a size, or of all."""
        if not vm_size:
            self._whole_lists.add(currency.upper())
        by_size: dict[str, list[PriceItem]] = {vm_size.strip().casefold(): []} if vm_size else {}
        for item in items:
            by_size.setdefault(item.vm_size.casefold(), []).append(item)
        self._known_prices |= {(key, currency.upper()): tuple(found) for key, found in by_size.items()}

    def knows_all_prices(self, currency: str = "USD") -> bool:
        """Tell whether the prices of all sizes were asked for."""
        return currency.upper() in self._whole_lists

    def known_meters(self, vm_size: str, os_type: str = "linux", currency: str = "USD") -> Meters | None:
        """Give the prices of a size as far as they were asked for; None where nobody did."""
        items = self._known_prices.get((vm_size.strip().casefold(), currency.upper()))
        if items is None and vm_size.strip() and self.knows_all_prices(currency):
            items = ()
        return None if items is None else choose_meters(items, vm_size, os_type)
