"""The client of the public price list against a server of the test's: what it sends, follows, reads and refuses."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import aiohttp
import pytest

from batch_widgets.errors import ServiceError, ServiceUnreachableError, ThrottledError, ValidationError
from batch_widgets.sdk import prices
from batch_widgets.sdk.prices import PUBLIC, RetailPrices
from batch_widgets.sdk.proxies import proxy_for
from unit.local_server import LocalServer

ITEM = {
    "currencyCode": "USD",
    "retailPrice": 0.192,
    "armRegionName": "eastus",
    "effectiveStartDate": "2024-06-01T00:00:00Z",
    "meterName": "D4s v5",
    "productName": "Virtual Machines Dsv5 Series",
    "skuName": "D4s v5",
    "unitOfMeasure": "1 Hour",
    "type": "Consumption",
    "armSkuName": "Standard_D4s_v5",
}


def page(*items, link=None):
    return {"BillingCurrency": "USD", "Items": list(items), "NextPageLink": link, "Count": len(items)}


@pytest.fixture
def server():
    return LocalServer()


def ask(server, *arguments, **options):
    async def main():
        async with server.running():
            return await RetailPrices(server.url).list_prices(*arguments, **options)

    return asyncio.run(main())


def test_what_is_asked_and_read(server):
    server.answer(page(ITEM))
    (item,) = ask(server, "eastus", "Standard_D4s_v5", "eur")
    assert (item.vm_size, item.region, item.currency, item.retail_price) == ("Standard_D4s_v5", "eastus", "USD", 0.192)
    assert (item.kind, item.is_windows, item.unit, item.type) == ("regular", False, "1 Hour", "Consumption")
    assert item.effective_start == datetime(2024, 6, 1, tzinfo=UTC)
    (request,) = server.requests
    assert (request.method, request.path) == ("GET", "/api/retail/prices")
    assert dict(request.query) == {
        "$filter": "serviceName eq 'Virtual Machines' and armRegionName eq 'eastus' "
        "and armSkuName eq 'Standard_D4s_v5' and priceType eq 'Consumption'",
        "currencyCode": "'EUR'",
    }


def test_no_credential_goes_along(server, monkeypatch, tmp_path):
    netrc = tmp_path / "netrc"
    netrc.write_text("default login alice password secret\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    server.answer(lambda: page(link=f"{server.url}/api/retail/prices?page=2"), **{"Set-Cookie": "who=alice"})
    server.answer(page())
    ask(server, "eastus")
    assert len(server.requests) == 2
    for request in server.requests:
        assert not {"Authorization", "Cookie", "Proxy-Authorization"} & set(request.headers)


def test_quotes_do_not_end_the_text(server):
    server.answer(page())
    ask(server, "eastus", "x' or armSkuName ne '")
    assert "armSkuName eq 'x'' or armSkuName ne '''" in server.requests[0].query["$filter"]


def test_all_of_a_region_without_a_size(server):
    server.answer(page())
    ask(server, "eastus")
    assert "armSkuName" not in server.requests[0].query["$filter"]


def test_pages_are_followed(server):
    server.answer(lambda: page(ITEM, link=f"{server.url}/api/retail/prices?page=2"))
    server.answer(lambda: page(ITEM, link=f"{server.url}/api/retail/prices?page=3"))
    server.answer(page(ITEM, link=""))
    assert len(ask(server, "eastus")) == 3
    assert [request.query.get("page") for request in server.requests] == [None, "2", "3"]


def test_pages_without_end_are_not(server, monkeypatch):
    monkeypatch.setattr(prices, "_MOST_PAGES", 5)
    server.answer(lambda: page(ITEM, link=f"{server.url}/api/retail/prices?more"))
    with pytest.raises(ServiceError, match="goes on after 5 pages"):
        ask(server, "eastus")
    assert len(server.requests) == 5


@pytest.mark.parametrize(
    "link", ["http://elsewhere.example/api/retail/prices", "https://127.0.0.1/api", "file:///etc/passwd", 7, ["x"]]
)
def test_no_page_of_another_place_is_asked_for(server, link):
    server.answer(page(ITEM, link=link))
    with pytest.raises(ServiceError, match="another place"):
        ask(server, "eastus")
    assert len(server.requests) == 1


def test_redirects_are_not_followed(server):
    server.answer("", 302, Location="/elsewhere")
    with pytest.raises(ServiceError, match="status 302"):
        ask(server, "eastus")
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("body", "status", "kind", "words"),
    [
        ({"Error": {"Code": "BadRequest"}}, 400, ServiceError, "status 400"),
        ("", 503, ServiceError, "status 503"),
        ("", 429, ThrottledError, "asks for a pause"),
        ("<html>", 200, ServiceError, "cannot be read"),
        ("[1]", 200, ServiceError, "cannot be read"),
        ("[" * 100_000, 200, ServiceError, "cannot be read"),
    ],
)
def test_other_answers_are_errors(server, body, status, kind, words):
    server.answer(body, status)
    with pytest.raises(kind, match=words):
        ask(server, "eastus")


def test_an_answer_without_end_is_cut_off(server, monkeypatch):
    monkeypatch.setattr(prices, "_MOST_BYTES", 1000)
    server.answer(page(*[ITEM] * 10))
    with pytest.raises(ServiceError, match="too long"):
        ask(server, "eastus")


def test_items_that_are_none_are_left_out(server):
    odd = ["x", None, {}, {"retailPrice": "1"}, {"retailPrice": True}]
    server.answer(page(ITEM, *odd, {"retailPrice": 1, "skuName": 7, "effectiveStartDate": "soon"}))
    items = ask(server, "eastus")
    assert [item.retail_price for item in items] == [0.192, 1.0]
    assert (items[1].sku_name, items[1].effective_start) == ("", None)
    server.answers = [({"Items": None, "NextPageLink": None}, 200, {})]
    assert ask(server, "eastus") == []


def test_a_list_that_does_not_answer_is_unreachable(server, monkeypatch):
    monkeypatch.setattr(prices, "_TIMEOUT", aiohttp.ClientTimeout(total=0.1))
    never = asyncio.Event

    async def wait():
        await never().wait()

    server.answer(wait)
    with pytest.raises(ServiceUnreachableError, match="did not answer in time"):
        ask(server, "eastus")


def test_nobody_there_is_unreachable(server):
    async def main():
        async with server.running():
            pass
        await RetailPrices(server.url).list_prices("eastus")

    with pytest.raises(ServiceUnreachableError, match="Cannot reach"):
        asyncio.run(main())


@pytest.mark.parametrize("currency", ["", "EURO", "E'R", "12€"])
def test_a_currency_has_three_letters(server, currency):
    with pytest.raises(ValidationError, match="three letters"):
        asyncio.run(RetailPrices("http://127.0.0.1:9").list_prices("eastus", currency=currency))
    assert server.requests == []


def test_proxies_are_those_of_the_system(monkeypatch):
    monkeypatch.setenv("https_proxy", "http://proxy.example:3128")
    monkeypatch.setenv("no_proxy", "internal.example")
    assert proxy_for(PUBLIC) == "http://proxy.example:3128"
    assert proxy_for("https://internal.example/") is None
    assert proxy_for("https://127.0.0.1/") is None
