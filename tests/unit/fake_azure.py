"""FakeAzure: the management API and the price list in memory, which a test scripts, breaks and counts."""

from __future__ import annotations

import threading
from dataclasses import replace

from batch_widgets.cost import PriceItem
from batch_widgets.sizes import Quotas, VmSize

SIZE = VmSize("Standard_D2s_v3", "f")
PRICE = PriceItem("Standard_D2s_v3", "eastus", "USD", 0.1, sku_name="D2s v3")
SPOT = replace(PRICE, retail_price=0.02, sku_name="D2s v3 Spot")
OTHER = replace(PRICE, vm_size="Standard_D4s_v3", retail_price=0.2)


class FakeAzure:
    """A :class:`batch_widgets.service.ManagementService` and a :class:`batch_widgets.service.PriceList` in one."""

    def __init__(self):
        self.calls = []
        self.threads = set()
        self.error = None
        self.closed = 0
        self.prices = [PRICE, SPOT]
        self.sizes = [SIZE]
        self.quotas = Quotas(10, 5, 3)

    def note(self, *call):
        self.calls.append(call)
        self.threads.add(threading.current_thread().name)
        if self.error is not None:
            raise self.error

    async def list_vm_sizes(self):
        self.note("list_vm_sizes")
        return "eastus", list(self.sizes)

    async def get_quotas(self):
        self.note("get_quotas")
        return self.quotas

    async def list_prices(self, location, vm_size="", currency="USD"):
        self.note("list_prices", location, vm_size, currency)
        return [replace(price, currency=currency) for price in self.prices if vm_size in {"", price.vm_size}]

    async def close(self):
        self.closed += 1
