"""CostLine: the estimate in words, in step with the pool; asks for prices only where that is allowed."""

from __future__ import annotations

import threading

import pytest

import batch_widgets as bw
from batch_widgets.account.surroundings import Surroundings
from batch_widgets.cost import BESIDES, SPOT_UNVERIFIED
from batch_widgets.errors import ServiceUnreachableError
from batch_widgets.sizes import VmSize
from batch_widgets.widgets import cost_line as module
from unit.fake_azure import OTHER, PRICE, SIZE, FakeAzure
from unit.fakes import FakeService, make_account, make_image
from unit.test_panel import settle

D2, D4 = PRICE.vm_size, OTHER.vm_size


@pytest.fixture
def azure():
    azure = FakeAzure()
    azure.sizes = [SIZE, VmSize(D4)]
    azure.prices.append(OTHER)
    return azure


@pytest.fixture
def account(azure):
    surroundings = Surroundings(make_management=lambda: azure, make_prices=lambda: azure, location="eastus")
    account = make_account(FakeService(), surroundings=surroundings)
    account.learn_sizes().result(5)
    azure.calls.clear()
    yield account
    account.close()


@pytest.fixture
def builder(account):
    builder = bw.PoolBuilder(account, vm_size=D2, target_dedicated_nodes=4, target_low_priority_nodes=2)
    yield builder
    builder.close()


@pytest.fixture
def line(builder):
    return builder.sizing.cost


def asked(azure):
    return [call[1:] for call in azure.calls if call[0] == "list_prices"]


def test_no_price_is_asked_for_without_consent(line, builder, azure):
    assert asked(azure) == []
    assert line.line() == "6 nodes, charged from allocation until you delete the pool."
    assert "No price was asked for yet." in line.text.value
    assert "not known" in line.text.value
    assert line.prices_button.layout.display is None
    assert "prices.azure.com" in line.prices_button.tooltip


def test_with_consent_the_price_is_asked_for_once_and_told(line, builder, azure):
    line.prices_button.click()
    settle(builder)
    assert asked(azure) == [("eastus", D2, "USD")]
    assert line.line() == "6 nodes, about 0.44 USD an hour from allocation until you delete the pool."
    assert "0.1 USD / h" in line.text.value
    assert "0.02 USD / h" in line.text.value
    assert "321.20 USD" in line.text.value
    assert SPOT_UNVERIFIED[:30] in line.text.value
    assert BESIDES[:30] in line.text.value
    assert line.prices_button.layout.display == "none"
    line.refresh()
    settle(builder)
    assert asked(azure) == [("eastus", D2, "USD")]


def test_it_follows_the_pool(line, builder, azure):
    line.allow_prices()
    settle(builder)
    builder.target_low_priority_nodes = 0
    builder.target_dedicated_nodes = 1
    assert line.line() == "1 node, about 0.1 USD an hour from allocation until you delete the pool."
    assert "Spot" not in line.text.value
    builder.vm_size = D4
    settle(builder)
    assert asked(azure)[1:] == [("eastus", D4, "USD")]
    assert line.estimate.hour == (0.2, 0.2)
    builder.target_dedicated_nodes = -3
    assert line.estimate.dedicated == (0, 0)


def test_other_currencies(line, builder, azure):
    line.allow_prices()
    settle(builder)
    line.currency_box.value = "EUR"
    settle(builder)
    assert asked(azure)[1:] == [("eastus", D2, "EUR")]
    assert "0.44 EUR" in line.line()
    assert "for reference" in line.text.value


def test_windows_is_priced_by_itself(line, builder, azure):
    line.allow_prices()
    settle(builder)
    builder.image = make_image(os_type="windows", node_agent_sku_id="batch.node.windows amd64")
    settle(builder)
    assert asked(azure) == [("eastus", D2, "USD")]
    assert line.estimate.hour is None
    assert "not known" in line.text.value


def test_half_a_name_is_not_asked_for(line, builder, azure):
    builder.account.prices_allowed = True
    for length in range(len(D4) - 3, len(D4) + 1):
        builder.vm_size = D4[:length]
    settle(builder)
    assert asked(azure) == [("eastus", D4, "USD")]


def test_a_name_that_no_list_has_is_asked_for_when_one_has_ended_typing(builder, azure, monkeypatch):
    account = builder.account
    account.known_vm_sizes = None
    go_on = threading.Event()

    async def pause(_):
        while not go_on.is_set():
            await real(0.001)

    real = module.asyncio.sleep
    monkeypatch.setattr(module.asyncio, "sleep", pause)
    builder.vm_size = ""
    account.prices_allowed = True
    for name in ("Standard_N", "Standard_New", "Standard_New1"):
        builder.vm_size = name
    assert asked(azure) == []
    go_on.set()
    settle(builder)
    assert asked(azure) == [("eastus", "Standard_New1", "USD")]
    builder.vm_size = "Standard_New"
    settle(builder)
    assert asked(azure)[1:] == [("eastus", "Standard_New", "USD")]


def test_a_price_that_cannot_be_had_is_no_obstacle(line, builder, azure):
    azure.error = ServiceUnreachableError("Cannot reach the price list.", hint="Check the network.")
    line.allow_prices()
    settle(builder)
    assert "The price could not be had. Cannot reach the price list. Check the network." in line.text.value
    assert line.line() == "6 nodes, charged from allocation until you delete the pool."
    assert builder.message.text == ""
    azure.error = None
    line.allow_prices()
    settle(builder)
    assert "0.44 USD" in line.line()
    assert "could not be had" not in line.text.value


def test_the_builders_foot_has_the_line(account, azure):
    account.prices_allowed = True
    builder = bw.PoolBuilder(account, pool_id="p", vm_size=D2, image=make_image(), target_dedicated_nodes=4)
    try:
        settle(builder)
        assert "4 nodes, about 0.4 USD an hour from allocation until you delete the pool." in builder._summary.value
        builder.target_low_priority_nodes = 2
        assert "6 nodes, about 0.44 USD an hour" in builder._summary.value
    finally:
        builder.close()


def test_a_formula_that_cannot_be_read_says_no_number(line, builder, azure):
    builder.account.prices_allowed = True
    builder.enable_auto_scale, builder.auto_scale_formula = True, "$TargetDedicatedNodes = (1"
    settle(builder)
    assert line.line() == "As many nodes as the formula says, charged from allocation until you delete the pool."
    assert "depends on the formula" in line.text.value
    assert "0.1 USD / h" in line.text.value


@pytest.mark.parametrize(
    ("formula", "start"),
    [
        ("$TargetDedicatedNodes = 1", "1 node, about 0.1 USD an hour from allocation"),
        (
            "$TargetDedicatedNodes = max(1, min(10, $PendingTasks));\n$TargetLowPriorityNodes = 5 * rand()",
            "1 to 15 nodes, about 0.1 to 1.10 USD an hour from allocation",
        ),
        ("$TargetDedicatedNodes = 1 + $PendingTasks", "1 or more nodes, about 0.1 USD or more an hour"),
    ],
)
def test_a_formulas_bounds_give_a_range(line, builder, azure, formula, start):
    builder.account.prices_allowed = True
    builder.enable_auto_scale, builder.auto_scale_formula = True, formula
    settle(builder)
    assert line.line().startswith(start)


def test_the_demo_has_made_up_prices_and_charges_nothing():
    with bw.connect_demo(nodes=0) as account:
        builder = bw.PoolBuilder(account, vm_size="Standard_D2s_v3", target_dedicated_nodes=1)
        line = builder.sizing.cost
        try:
            settle(builder)
            assert line.line() == "1 simulated node, about 0.072 USD an hour at made-up prices. Nothing is charged."
            assert "made up by the demo" in line.text.value
            assert line.prices_button.layout.display == "none"
        finally:
            builder.close()


def test_a_closed_account_is_asked_nothing(line, builder, azure):
    builder.account.close()
    builder.account.prices_allowed = True
    line.refresh()
    assert asked(azure) == []
    assert "not known" in line.text.value
