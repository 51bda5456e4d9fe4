"""VM sizes, quotas and prices of an account: who is asked, what is remembered, and what where nobody can be asked."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import CancelledError

import pytest

from batch_widgets.account.surroundings import Surroundings
from batch_widgets.cost import Meters
from batch_widgets.errors import AuthenticationError, BatchWidgetsError, ClosedError
from batch_widgets.sizes import Quotas, recorded_vm_sizes
from unit.fake_azure import OTHER, PRICE, SIZE, SPOT, FakeAzure
from unit.fakes import FakeService, make_account


@pytest.fixture
def azure():
    return FakeAzure()


@pytest.fixture
def account(azure):
    surroundings = Surroundings(
        make_management=lambda: azure, make_prices=lambda: azure, location="eastus", sizes_note="of a test"
    )
    account = make_account(FakeService(), surroundings=surroundings)
    yield account
    account.close()


@pytest.fixture
def lonely():
    account = make_account(FakeService())
    yield account
    account.close()


def test_the_service_is_asked_and_the_answer_says_so(account, azure):
    sizes = account.list_vm_sizes()
    assert (list(sizes), sizes.source, sizes.told) == (
        [SIZE],
        "service",
        "as Batch offers them in eastus; of a test",
    )
    assert account.get_quotas() == Quotas(10, 5, 3)
    assert account.known_vm_sizes == sizes
    assert account.known_quotas == Quotas(10, 5, 3)
    assert len(azure.threads) == 1
    assert threading.current_thread().name not in azure.threads


def test_without_a_subscription_the_recorded_list_is_given(lonely):
    sizes = lonely.list_vm_sizes()
    assert (sizes.source, len(sizes)) == ("recorded", len(recorded_vm_sizes()))
    assert "24 Jun 2024" in sizes.told
    assert "subscription_id" in sizes.told
    assert lonely.get_quotas() is None


def test_without_the_package_the_recorded_list_says_what_to_install():
    def missing():
        raise ImportError("no module named azure.mgmt")

    with make_account(FakeService(), surroundings=Surroundings(make_management=missing)) as account:
        assert "pip install batch_widgets[sizes]" in account.list_vm_sizes().told
        assert account.get_quotas() is None


def test_errors_are_the_callers(account, azure):
    azure.error = AuthenticationError("May not be read.")
    for call in (account.list_vm_sizes, account.get_quotas, account.list_prices):
        with pytest.raises(AuthenticationError, match="May not be read"):
            call()
    assert account.known_vm_sizes is account.known_quotas is None


def test_coroutines_do_the_same_on_any_loop(account):
    async def ask():
        return (
            await account.aio.list_vm_sizes(),
            await account.aio.get_quotas(),
            await account.aio.list_prices("Standard_D2s_v3", "EUR"),
        )

    sizes, quotas, prices = asyncio.run(ask())
    assert (len(sizes), quotas.pools, prices[0].currency) == (1, 3, "EUR")


def test_sizes_are_learnt_once(account, azure):
    operation = account.learn_sizes()
    assert account.learn_sizes() is operation
    assert operation.result(5).source == "service"
    assert account.learn_sizes() is operation
    assert azure.calls == [("list_vm_sizes",), ("get_quotas",)]
    assert account.known_quotas.pools == 3


def test_where_the_service_refuses_the_recorded_list_is_learnt_and_says_why(account, azure):
    azure.error = AuthenticationError("May not be read.")
    sizes = account.learn_sizes().result(5)
    assert sizes.source == "recorded"
    assert sizes.told.endswith("the account's own list could not be had: May not be read.")
    assert account.known_vm_sizes == sizes
    azure.error = None
    assert account.list_vm_sizes().source == "service"


def test_a_learning_that_was_cancelled_is_begun_anew(account, azure):
    reached, go_on = threading.Event(), threading.Event()

    async def slow():
        reached.set()
        await asyncio.to_thread(go_on.wait)
        return "eastus", [SIZE]

    quick, azure.list_vm_sizes = azure.list_vm_sizes, slow
    operation = account.learn_sizes()
    assert reached.wait(5)
    operation.cancel()
    go_on.set()
    with pytest.raises(CancelledError):
        operation.result(5)
    azure.list_vm_sizes = quick
    assert account.learn_sizes() is not operation
    assert account.learn_sizes().result(5).source == "service"


def test_prices_are_asked_for_and_remembered(account, azure):
    assert account.known_meters("Standard_D2s_v3") is None
    assert account.list_prices("standard_d2S_V3") == [PRICE, SPOT]
    assert azure.calls == [("list_prices", "eastus", "Standard_D2s_v3", "USD")]
    assert account.known_meters(" Standard_D2S_v3") == Meters(PRICE, SPOT)
    assert account.known_meters("Standard_D2s_v3", "windows") == Meters()
    assert account.known_meters("Standard_D2s_v3", currency="EUR") is None
    assert account.known_meters("Standard_D4s_v3") is None


def test_a_size_without_prices_is_remembered_as_such(account, azure):
    azure.prices = []
    assert account.list_prices("Standard_Unheard") == []
    assert azure.calls == [("list_prices", "eastus", "Standard_Unheard", "USD")]
    assert account.known_meters("standard_unheard") == Meters()


def test_prices_of_all_sizes_are_told_apart(account, azure):
    azure.prices = [PRICE, OTHER, SPOT]
    assert not account.knows_all_prices()
    account.list_prices()
    assert account.knows_all_prices()
    assert not account.knows_all_prices("EUR")
    assert account.known_meters("Standard_D2s_v3") == Meters(PRICE, SPOT)
    assert account.known_meters("Standard_D4s_v3") == Meters(OTHER)
    assert account.known_meters("Standard_Unheard") == Meters()
    assert account.known_meters("Standard_Unheard", currency="EUR") is None
    assert account.known_meters("") is None


def test_without_a_region_no_price_is_asked_for(azure):
    with (
        make_account(FakeService(), surroundings=Surroundings(make_prices=lambda: azure)) as account,
        pytest.raises(BatchWidgetsError, match="region is not known") as caught,
    ):
        account.list_prices("Standard_D2s_v3")
    assert "location=" in caught.value.hint
    assert azure.calls == []


def test_without_a_price_list_there_are_no_prices(lonely):
    with pytest.raises(BatchWidgetsError, match="No price list"):
        lonely.list_prices()


def test_prices_are_allowed_in_the_demo_only():
    with make_account(FakeService()) as account, make_account(FakeService(), is_demo=True) as demo:
        assert (account.prices_allowed, demo.prices_allowed) == (False, True)


def test_closing_the_account_closes_what_was_asked(account, azure):
    account.list_vm_sizes()
    account.list_prices()
    account.close()
    assert azure.closed == 2
    with pytest.raises(ClosedError):
        account.list_vm_sizes()


def test_closing_closes_nothing_that_was_not_made(account, azure):
    account.close()
    assert azure.closed == 0
