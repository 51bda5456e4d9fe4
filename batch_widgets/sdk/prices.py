"""RetailPrices: the public list of prices. Nothing of the account, and no credential, is ever sent to it."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any

import aiohttp
from yarl import URL

from batch_widgets._version import __version__
from batch_widgets.cost import PriceItem
from batch_widgets.errors import (
    BatchWidgetsError,
    ServiceError,
    ServiceUnreachableError,
    ThrottledError,
    ValidationError,
)
from batch_widgets.problems import Problem
from batch_widgets.sdk.proxies import proxy_for

PUBLIC = "https://prices.azure.com"
_TIMEOUT = aiohttp.ClientTimeout(total=15, connect=4, sock_read=8)
_MOST_PAGES = 200
_MOST_BYTES = 16 * 1024 * 1024


class RetailPrices:
    """Asks for prices.

    Parameters
    ----------
    url : str
        Where the list is.
    """

    def __init__(self, url: str = PUBLIC) -> None:
        self._url = URL(url)

    async def list_prices(self, location: str, vm_size: str = "", currency: str = "USD") -> list[PriceItem]:
        """List the pay-as-you-go prices of virtual machines.

        Parameters
        ----------
        location : str
            The region, such as ``"eastus"``.
        vm_size : str
            The size, exactly as the list writes it; empty for all of the region.
        currency : str
            Of three letters.
        """
        if not re.fullmatch(r"[A-Za-z]{3}", currency):
            raise ValidationError([Problem("currency", "A currency has three letters, such as USD or EUR.")])
        wanted = {"serviceName": "Virtual Machines", "armRegionName": location, "armSkuName": vm_size}
        terms = [f"{name} eq '{value.replace(chr(39), chr(39) * 2)}'" for name, value in wanted.items() if value]
        filters = " and ".join([*terms, "priceType eq 'Consumption'"])
        url = (self._url / "api/retail/prices").with_query(
            {"$filter": filters, "currencyCode": f"'{currency.upper()}'"}
        )
        try:
            return await self._pages(url)
        except BatchWidgetsError:
            raise
        except TimeoutError:
            raise ServiceUnreachableError("The price list did not answer in time.", hint="Try again.") from None
        except (aiohttp.ClientError, OSError):
            raise ServiceUnreachableError("Cannot reach the price list.", hint="Check the network.") from None

    async def _pages(self, url: URL) -> list[PriceItem]:
        items: list[PriceItem] = []
        # The environment is not trusted as a whole: see sdk.proxies.
        async with aiohttp.ClientSession(
            timeout=_TIMEOUT,
            headers={"User-Agent": f"batch_widgets/{__version__}"},
            cookie_jar=aiohttp.DummyCookieJar(),
        ) as session:
            for _ in range(_MOST_PAGES):
                body = await self._page(session, url)
                items += [item for one in _list(body.get("Items")) if (item := _item(one)) is not None]
                link = body.get("NextPageLink")
                if not link:
                    return items
                url = self._next(link)
        raise ServiceError(f"The price list goes on after {_MOST_PAGES} pages.", hint="Ask for one VM size at a time.")

    def _next(self, link: Any) -> URL:
        """Give the next page's address, which must be at the same place."""
        try:
            url = URL(link)
            same = url.origin() == self._url.origin()
        except (TypeError, ValueError):
            same = False
        if not same:
            raise ServiceError("The price list named another place for its next page, which was not asked.")
        return url

    async def _page(self, session: aiohttp.ClientSession, url: URL) -> dict[str, Any]:
        async with session.get(url, allow_redirects=False, proxy=proxy_for(str(url))) as response:
            if response.status == 429:
                raise ThrottledError("The price list asks for a pause.", status=429)
            if response.status != 200:
                raise ServiceError(
                    f"The price list answered with status {response.status}.",
                    hint="It may not know the region or the currency.",
                    status=response.status,
                )
            raw = bytearray()
            async for part in response.content.iter_chunked(65_536):
                raw += part
                if len(raw) > _MOST_BYTES:
                    raise ServiceError("The price list gave an answer that is too long.")
        try:
            body = json.loads(raw)
        except (ValueError, RecursionError):
            body = None
        if not isinstance(body, dict):
            raise ServiceError("The price list gave an answer that cannot be read.")
        return body

    async def close(self) -> None:
        """Do nothing: no connection outlives its call."""


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _item(value: Any) -> PriceItem | None:
    """Read a price; None for what is none."""
    if not isinstance(value, dict):
        return None
    price = value.get("retailPrice")
    if isinstance(price, bool) or not isinstance(price, int | float):
        return None

    def text(name: str) -> str:
        found = value.get(name)
        return found if isinstance(found, str) else ""

    return PriceItem(
        vm_size=text("armSkuName"),
        region=text("armRegionName"),
        currency=text("currencyCode"),
        retail_price=float(price),
        unit=text("unitOfMeasure"),
        type=text("type"),
        product_name=text("productName"),
        sku_name=text("skuName"),
        meter_name=text("meterName"),
        effective_start=_moment(text("effectiveStartDate")),
    )


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
