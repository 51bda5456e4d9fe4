"""The account of the embedded service: its VM sizes, quotas and prices, through the SDK and over HTTP."""

import asyncio

import pytest

import batch_widgets as bw
from batch_widgets.account import BatchAccount
from batch_widgets.cost import fixed
from batch_widgets.errors import ServiceUnreachableError
from batch_widgets.sizes import Quotas, recorded_vm_sizes


@pytest.fixture
def account():
    with bw.connect_demo(nodes=0) as account:
        yield account


def test_the_demo_account_knows_it_all_by_itself(account: BatchAccount):
    sizes = account.list_vm_sizes()
    assert (sizes.source, sizes.location, len(sizes)) == ("service", "eastus", 333)
    assert sizes.sizes == recorded_vm_sizes().sizes
    assert "the demo's list" in sizes.told
    assert account.get_quotas() == Quotas(500, 500, 100)


def test_a_pool_is_priced_by_the_demos_list(account):
    items = account.list_prices("standard_d4s_v3", "EUR")
    assert {item.currency for item in items} == {"EUR"}
    assert all(item.made_up for item in items)
    linux, windows = (account.known_meters("Standard_D4s_v3", system, "EUR") for system in ("linux", "windows"))
    assert windows.dedicated.retail_price > linux.dedicated.retail_price > linux.spot.retail_price > 0
    estimate = fixed(2, 1, linux)
    assert estimate.hour[0] == pytest.approx(2 * linux.dedicated.retail_price + linux.spot.retail_price)
    assert "made-up prices" in estimate.summary()


def test_all_prices_of_the_region_are_read_in_pages(account):
    async def ask():
        return await account.aio.list_prices()

    items = asyncio.run(ask())
    assert len(items) > 1500
    meters = [account.known_meters(size.name) for size in recorded_vm_sizes()]
    assert all(found.dedicated is not None for found in meters)
    with_spot = [size.name for size, found in zip(recorded_vm_sizes(), meters, strict=True) if found.spot is not None]
    assert with_spot == [size.name for size in recorded_vm_sizes() if size.spot_capable]


def test_a_closed_demo_answers_no_more():
    account = bw.connect_demo(nodes=0)
    account.list_vm_sizes()
    account.close()
    with pytest.raises(bw.ClosedError):
        account.list_prices()


def test_an_account_by_its_key_alone_has_the_recorded_list():
    with bw.connect_demo(nodes=0) as demo:
        key = "a2V5"
        with bw.connect(demo.endpoint, account_name="demo", account_key=key) as account:
            assert account.list_vm_sizes().source == "recorded"
            assert account.get_quotas() is None
            with pytest.raises(bw.BatchWidgetsError, match="region"):
                account.list_prices()


def test_a_demo_that_is_gone_is_unreachable():
    account = bw.connect_demo(nodes=0)
    try:
        account._on_close()
        with pytest.raises(ServiceUnreachableError):
            account.get_quotas()
        with pytest.raises(ServiceUnreachableError):
            account.list_prices("Standard_D2s_v3")
    finally:
        account.close()
