"""The pool builder with VM sizes, quotas and cost: learnt in the background, checked, opened and closed."""

from __future__ import annotations

import pytest

import batch_widgets as bw
from batch_widgets.account.surroundings import Surroundings
from batch_widgets.errors import ValidationError
from batch_widgets.sizes import Quotas, VmSize
from unit.fake_azure import FakeAzure
from unit.fakes import FakeService, make_account, make_image
from unit.test_panel import settle, shown, tree

GOOD = {"pool_id": "p", "vm_size": "Standard_Big", "image": make_image(), "target_dedicated_nodes": 2}
BIG = VmSize(
    "Standard_Big", "fam", (("vCPUs", "16"), ("MemoryGB", "64"), ("HyperVGenerations", "V1,V2"), ("GPUs", "1"))
)


@pytest.fixture
def azure():
    azure = FakeAzure()
    azure.sizes, azure.quotas = [BIG], Quotas(20, 0, 9)
    return azure


@pytest.fixture
def account(azure):
    surroundings = Surroundings(make_management=lambda: azure, make_prices=lambda: azure, location="eastus")
    account = make_account(FakeService(), surroundings=surroundings)
    yield account
    account.close()


@pytest.fixture
def builder(account):
    builder = bw.PoolBuilder(account, **GOOD)
    account.learn_sizes().result(5)
    account.runner.drain()
    yield builder
    builder.close()


def rules(builder):
    return {problem.rule for problem in builder.problems}


def test_sizes_and_quotas_are_learnt_in_the_background_and_checked(builder, azure):
    assert azure.calls == [("list_vm_sizes",), ("get_quotas",)]
    assert "core-quota" in rules(builder)
    assert builder.create_button.disabled
    builder.target_dedicated_nodes = 1
    assert "core-quota" not in rules(builder)
    assert not builder.create_button.disabled
    builder.target_low_priority_nodes = 1
    assert "spot-quota" in rules(builder)
    builder.vm_size = "Standard_Unheard"
    assert "vm-size-unknown" in rules(builder)


def test_a_second_builder_asks_nothing(builder, account, azure):
    second = bw.PoolBuilder(account, **GOOD)
    try:
        assert "core-quota" in rules(second)
        account.runner.drain()
        assert azure.calls == [("list_vm_sizes",), ("get_quotas",)]
    finally:
        second.close()


def test_nothing_is_sent_for_a_pool_that_the_quota_does_not_allow(builder, account):
    with pytest.raises(ValidationError, match="quota of dedicated cores is 20"):
        builder.create()
    with pytest.raises(ValidationError, match="quota of dedicated cores is 20"):
        account.create_pool(builder.spec)


def test_what_is_known_of_the_size_stands_beside_it(builder):
    assert "16 cores, 64 GB, 1 NVIDIA, Gen 1 and Gen 2" in builder.sizing.facts.value
    builder.vm_size = "Standard_Unheard"
    assert builder.sizing.facts.value == ""


def test_a_service_that_refuses_is_no_obstacle(azure):
    azure.error = bw.AuthenticationError("May not be read.")
    with make_account(FakeService(), surroundings=Surroundings(make_management=lambda: azure)) as account:
        builder = bw.PoolBuilder(account, **{**GOOD, "vm_size": "Standard_D2s_v3"})
        try:
            account.learn_sizes().result(5)
            account.runner.drain()
            assert not builder.create_button.disabled
            assert builder.message.text == ""
            assert "2 cores, 8 GB" in builder.sizing.facts.value
        finally:
            builder.close()


def test_a_closed_account_can_still_show_a_builder():
    account = make_account(FakeService())
    account.close()
    builder = bw.PoolBuilder(account, **GOOD)
    assert builder.account.known_vm_sizes is None
    builder.close()


def test_the_table_opens_and_closes(builder):
    assert builder.sizing.place.children == ()
    builder.sizing.choose_button.click()
    picker = builder.sizing.picker
    assert builder.sizing.place.children == (picker,)
    settle(builder)
    assert len(picker.frame) == 1
    builder.sizing.choose_button.click()
    assert builder.sizing.place.children == ()
    assert builder.sizing.picker is None
    assert all(widget.comm is None for widget in tree(picker))


def test_closing_the_builder_closes_the_table(account):
    builder = bw.PoolBuilder(account, **GOOD)
    picker = builder.sizing.open()
    assert builder.sizing.open() is picker
    settle(builder)
    builder.close()
    assert all(widget.comm is None for widget in tree(picker))


def test_enter_in_the_table_picks_and_closes_it(builder):
    builder.vm_size = ""
    picker = builder.sizing.open()
    settle(builder)
    picker.grid._on_pick({"key": "standard_big"})
    assert builder.vm_size == "Standard_Big"
    assert builder.sizing.picker is None


def test_the_cost_has_a_view_of_its_own(builder):
    assert builder.sizing.cost not in builder.exports.children
    builder.exports.view.value = "Cost"
    assert builder.sizing.cost in builder.exports.children
    assert shown(builder.sizing.cost)
    builder.exports.view.value = "JSON"
    assert builder.sizing.cost not in builder.exports.children


def test_table_and_cost_have_one_currency(builder):
    picker = builder.sizing.open()
    builder.sizing.cost.currency = "EUR"
    assert picker.currency == "EUR"
