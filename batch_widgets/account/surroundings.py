"""What sits beside a Batch account, and is asked for elsewhere: VM sizes, quotas, prices."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from batch_widgets.errors import BatchWidgetsError
from batch_widgets.sizes import VmSizeList, recorded_vm_sizes

if TYPE_CHECKING:
    from collections.abc import Callable

    from batch_widgets.cost import PriceItem
    from batch_widgets.service import ManagementService, PriceList
    from batch_widgets.sizes import Quotas

_NO_SUBSCRIPTION = "give subscription_id to bw.connect() for what the account's region offers today"
_NO_PACKAGE = "for what the region offers today, pip install batch_widgets[sizes]"


class Surroundings:
    """Asks for VM sizes, quotas and prices. To be used on the account's loop thread only.

    Parameters
    ----------
    make_management : callable, optional
        Makes the client of Azure's management API, where the account's subscription is known; raises ImportError
        where its package is missing.
    make_prices : callable, optional
        Makes the client of the public price list.
    location : str
        The account's region, where it is known.
    sizes_note : str
        What one must know of the list of sizes that the service gives.
    """

    def __init__(
        self,
        *,
        make_management: Callable[[], ManagementService] | None = None,
        make_prices: Callable[[], PriceList] | None = None,
        location: str = "",
        sizes_note: str = "",
    ) -> None:
        self.location = location
        self._make_management = make_management
        self._make_prices = make_prices
        self._sizes_note = sizes_note
        self._management: ManagementService | None = None
        self._prices: PriceList | None = None

    def _manage(self) -> ManagementService | None:
        """Give the management API's client; None where there can be none."""
        if self._management is None and self._make_management is not None:
            try:
                self._management = self._make_management()
            except ImportError:
                return None
        return self._management

    async def list_vm_sizes(self) -> VmSizeList:
        """List the sizes of the account's region, or those of the recorded list."""
        management = self._manage()
        if management is None:
            note = _NO_SUBSCRIPTION if self._make_management is None else _NO_PACKAGE
            return dataclasses.replace(recorded_vm_sizes(), note=note)
        location, sizes = await management.list_vm_sizes()
        return VmSizeList(tuple(sizes), "service", location, note=self._sizes_note)

    async def get_quotas(self) -> Quotas | None:
        """Get the account's quotas; None where there is nobody to ask."""
        management = self._manage()
        return None if management is None else await management.get_quotas()

    async def list_prices(self, vm_size: str, currency: str) -> list[PriceItem]:
        """List the prices of a size, or of all of the region."""
        if self._make_prices is None:
            raise BatchWidgetsError("No price list is known for this account.")
        if not self.location:
            raise BatchWidgetsError(
                "The account's region is not known, and prices differ between regions.",
                hint='Give it to bw.connect(), as in location="eastus".',
            )
        if self._prices is None:
            self._prices = self._make_prices()
        known = recorded_vm_sizes().find(vm_size)  # the price list tells upper from lower case
        return await self._prices.list_prices(self.location, known.name if known else vm_size.strip(), currency)

    async def close(self) -> None:
        """Close the connections."""
        for client in (self._management, self._prices):
            if client is not None:
                await client.close()
