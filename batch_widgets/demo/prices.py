"""The shape of the public retail price API, with prices that are made up and say so."""

from __future__ import annotations

import functools
import re
import uuid
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from .errors import BatchError
from .filters import EQ_NE, compile_filter, text
from .images import vm_sizes
from .management import LOCATION
from .request import whole_number
from .wire import PLAIN_JSON, Answer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .filters import Fields
    from .images import VmSize
    from .request import Request
    from .state import State
    from .wire import JsonObject

PAGE = 100
MADE_UP = "made-up price of the demo"
RATES = {"USD": 1.0, "EUR": 0.9, "GBP": 0.8, "JPY": 150.0}
"""What a made-up dollar is in other currencies."""

_SAME = (
    "serviceName",
    "serviceFamily",
    "armRegionName",
    "location",
    "armSkuName",
    "meterName",
    "productName",
    "skuName",
)
_FIELDS: Fields[JsonObject] = {
    **{name: text(lambda item, name=name: str(item[name]), EQ_NE) for name in _SAME},  # type: ignore[misc]
    "priceType": text(lambda item: str(item["type"]), EQ_NE),
}
_HOURS_A_YEAR = 8760
_NAMESPACE = uuid.UUID("6ba7b811-9dad-11d1-80b4-00c04fd430c8")


class RetailPrices:
    """What anybody can ask about prices."""

    def __init__(self, state: State) -> None:
        self._state = state

    def list_retail_prices(self, request: Request) -> Answer:
        """Give a page of the prices that a filter leaves."""
        query = request.query
        currency = query.get("currencycode", "USD").strip("'").upper()
        if currency not in RATES:
            raise _bad("currencyCode", currency, f"Made-up prices come in {', '.join(RATES)}.")
        matches = compile_filter(query.get("$filter"), _FIELDS)
        skip = whole_number(query, "$skip") if "$skip" in query else 0
        if skip < 0:
            raise _bad("$skip", str(skip), "Expected 0 or more.")
        found = [item for item in _items() if matches(item)]
        page = [_in_currency(item, currency) for item in found[skip : skip + PAGE]]
        rest = {**{name: value for name, value in query.items() if name != "$skip"}, "$skip": str(skip + PAGE)}
        more = f"{self._state.base_url}{request.raw_path}?{urlencode(rest, quote_via=quote)}"
        body = {
            "BillingCurrency": currency,
            "CustomerEntityId": "Default",
            "CustomerEntityType": "Retail",
            "Items": page,
            "NextPageLink": more if len(found) > skip + PAGE else None,
            "Count": len(page),
        }
        return Answer(body=body, headers={"Content-Type": PLAIN_JSON})


def _bad(name: str, value: str, reason: str) -> BatchError:
    return BatchError("InvalidQueryParameterValue", QueryParameterName=name, QueryParameterValue=value, Reason=reason)


def _in_currency(item: JsonObject, currency: str) -> JsonObject:
    price = round(item["retailPrice"] * RATES[currency], 6)
    return {"currencyCode": currency, **item, "retailPrice": price, "unitPrice": price}


@functools.cache
def _items() -> tuple[JsonObject, ...]:
    return tuple(item for size in vm_sizes() for item in _meters(size))


def _meters(size: VmSize) -> Iterator[JsonObject]:
    """Give the meters that Azure has for a size, those included that a pool is not billed by."""
    linux = 0.02 * size.vcpus + 0.004 * size.memory_gib + 0.55 * size.gpus
    windows = linux + 0.046 * size.vcpus
    for system, hour in (("", linux), (" Windows", windows)):
        yield _meter(size, system, "", hour)
        if size.capabilities.get("LowPriorityCapable") == "True":
            yield _meter(size, system, " Spot", hour * 0.2)
            yield _meter(size, system, " Low Priority", hour * 0.4)
    yield _meter(size, " Windows", "", linux, type="DevTestConsumption")
    yield _meter(size, "", "", round(linux * _HOURS_A_YEAR * 0.6), type="Reservation", reservationTerm="1 Year")


def _meter(size: VmSize, system: str, suffix: str, price: float, **more: str) -> JsonObject:
    short = re.sub(r"^(Standard|Basic)_", "", size.name).replace("_", " ")
    series = re.sub(r"^standard\s*|\s*family$", "", size.family, flags=re.IGNORECASE)
    name = f"{short}{suffix}"
    told = f"Virtual Machines {series} Series{system} ({MADE_UP})"
    identity = uuid.uuid5(_NAMESPACE, f"{size.name}{system}{suffix}{more}")
    price = round(price, 6)
    return {
        "tierMinimumUnits": 0.0,
        "retailPrice": price,
        "unitPrice": price,
        "armRegionName": LOCATION,
        "location": "US East",
        "effectiveStartDate": "2024-06-01T00:00:00Z",
        "meterId": str(identity),
        "meterName": name,
        "productId": f"DZH318Z0{identity.hex[:4].upper()}",
        "skuId": f"DZH318Z0{identity.hex[:4].upper()}/{identity.hex[4:8].upper()}",
        "productName": told,
        "skuName": name,
        "serviceName": "Virtual Machines",
        "serviceId": "DZH313Z7MMC8",
        "serviceFamily": "Compute",
        "unitOfMeasure": "1 Hour",
        "type": "Consumption",
        "isPrimaryMeterRegion": True,
        "armSkuName": size.name,
        **more,
    }
