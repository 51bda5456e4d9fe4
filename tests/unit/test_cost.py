"""Meters from price items, and what a pool costs, known and unknown."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batch_widgets.cost import (
    BESIDES,
    SPOT_UNVERIFIED,
    Estimate,
    Meters,
    PriceItem,
    choose_meters,
    fixed,
    price_table,
)

NOW = datetime(2026, 1, 2, tzinfo=UTC)
SIZE = "Standard_D4s_v5"
LINUX = PriceItem(
    SIZE,
    "eastus",
    "USD",
    0.192,
    product_name="Virtual Machines Dsv5 Series",
    sku_name="D4s v5",
    meter_name="D4s v5",
    effective_start=NOW - timedelta(days=100),
)
SPOT = replace(LINUX, retail_price=0.04, sku_name="D4s v5 Spot", meter_name="D4s v5 Spot")
LOW = replace(LINUX, retail_price=0.08, sku_name="D4s v5 Low Priority", meter_name="D4s v5 Low Priority")
WINDOWS = replace(LINUX, retail_price=0.376, product_name="Virtual Machines Dsv5 Series Windows")
WINDOWS_SPOT = replace(SPOT, retail_price=0.09, product_name=WINDOWS.product_name)
TRAPS = (
    replace(LINUX, retail_price=900.0, type="Reservation"),
    replace(LINUX, retail_price=0.1, type="DevTestConsumption"),
    replace(LINUX, retail_price=5.0, unit="1/Month"),
    replace(LINUX, retail_price=6.0, vm_size="Standard_D8s_v5"),
    replace(LINUX, retail_price=7.0, product_name="Dsv5 Series CloudServices"),
    replace(LINUX, retail_price=8.0, effective_start=NOW + timedelta(days=1)),
    LOW,
)
ALL = (*TRAPS, LINUX, SPOT, WINDOWS, WINDOWS_SPOT)
METERS = Meters(LINUX, SPOT)


@pytest.mark.parametrize(
    ("os_type", "chosen"), [("linux", Meters(LINUX, SPOT)), ("windows", Meters(WINDOWS, WINDOWS_SPOT))]
)
def test_the_meters_that_bill_a_node_are_chosen(os_type, chosen):
    assert choose_meters(ALL, SIZE.upper(), os_type, now=NOW) == chosen
    assert choose_meters(reversed(ALL), f" {SIZE} ", os_type, now=NOW) == chosen


def test_the_newest_price_holds_and_of_two_the_higher():
    newer = replace(LINUX, retail_price=0.2, effective_start=NOW)
    assert choose_meters([newer, LINUX], SIZE, now=NOW).dedicated == newer
    higher = replace(newer, retail_price=0.3)
    assert choose_meters([higher, newer, replace(newer, effective_start=None)], SIZE, now=NOW).dedicated == higher


def test_a_spot_price_is_not_made_of_the_low_priority_one():
    assert choose_meters([LINUX, LOW], SIZE, now=NOW) == Meters(LINUX, None)


def test_without_a_price_there_is_none():
    assert choose_meters([], SIZE) == Meters()
    assert Meters().currency == ""
    assert Meters().hours == (None, None)
    assert not Meters().made_up


def test_many_sizes_at_once():
    table = price_table(ALL, now=NOW)
    assert table["standard_d4s_v5"] == METERS
    assert table["standard_d8s_v5"].dedicated.retail_price == 6.0


def test_a_fixed_pool():
    estimate = fixed(4, 2, METERS)
    assert estimate.hour == (pytest.approx(0.848), pytest.approx(0.848))
    assert estimate.day == (pytest.approx(20.352), pytest.approx(20.352))
    assert estimate.month == (pytest.approx(619.04), pytest.approx(619.04))
    assert estimate.summary() == (
        "4 dedicated and 2 Spot nodes, about 0.848 USD an hour, 20.35 USD a day, 619.04 USD a month."
    )
    assert estimate.lines()[1:] == (SPOT_UNVERIFIED, BESIDES)
    assert estimate.rows() == (
        ("A dedicated node", "0.192 USD / h"),
        ("A Spot node", "0.04 USD / h"),
        ("4 dedicated and 2 Spot nodes, an hour", "0.848 USD"),
        ("A day", "20.35 USD"),
        ("A month, 730 hours", "619.04 USD"),
    )
    assert estimate.hourly() == "about 0.848 USD an hour"


def test_one_node_and_none():
    assert fixed(1, 0, METERS).summary().startswith("1 dedicated node, about 0.192 USD an hour, 4.61 USD a day")
    assert fixed(0, 0, METERS).summary() == "No nodes, and so nothing to pay for them."
    assert fixed(0, 0, METERS).hour == (0, 0)
    assert fixed(0, 0, METERS).hourly() == ""
    assert fixed(0, 0, METERS).rows() == ()
    assert fixed(1, 0, METERS).lines()[1:] == (BESIDES,)


def test_what_is_not_known_is_said_to_be():
    assert fixed(4, 0, None).hour is None
    assert fixed(4, 0, None).summary() == "4 dedicated nodes; the price is not known."
    assert fixed(4, 0, Meters()).summary() == "4 dedicated nodes; the price is not known."
    assert fixed(4, 0).hourly() == ""
    assert fixed(4, 0).rows()[:2] == (
        ("A dedicated node", "not known"),
        ("4 dedicated nodes, an hour", "not known"),
    )
    no_spot = fixed(4, 2, Meters(LINUX, None))
    assert no_spot.hour is None
    assert "The list has no Spot price for this size." in no_spot.lines()
    assert fixed(4, 0, Meters(LINUX, None)).hour is not None


def test_a_formula_with_bounds_gives_a_range():
    estimate = Estimate((1, 10), (0, 0), METERS)
    assert estimate.summary() == (
        "1 to 10 dedicated nodes, about 0.192 to 1.92 USD an hour, 4.61 to 46.08 USD a day, "
        "140.16 to 1,402 USD a month."
    )
    open_ended = Estimate((1, 1), (0, None), METERS)
    assert open_ended.hour == (pytest.approx(0.192), None)
    assert open_ended.summary().startswith("1 dedicated and 0 or more Spot nodes, about 0.192 USD or more an hour,")


def test_a_formula_without_bounds_says_so():
    estimate = Estimate(None, None, METERS)
    assert estimate.hour is None
    assert estimate.summary() == (
        "What the pool costs depends on its formula: a dedicated node about 0.192 USD and a Spot node about 0.04 USD "
        "an hour."
    )
    assert estimate.rows()[2:4] == (
        ("All nodes, an hour", "depends on the formula"),
        ("A day", "depends on the formula"),
    )
    assert Estimate(None, None).summary() == "What the pool costs depends on its formula."
    assert Estimate(None, (0, 0), Meters()).summary() == "What the pool costs depends on its formula."


def test_other_currencies_are_for_reference_and_made_up_prices_say_so():
    euro = Meters(replace(LINUX, currency="EUR"), None)
    assert any("for reference" in line for line in fixed(1, 0, euro).lines())
    demo = Meters(replace(LINUX, product_name="Virtual Machines (made-up price of the demo)"), None)
    estimate = fixed(1, 0, demo)
    assert estimate.summary().endswith("a month (made-up prices).")
    assert "The prices are made up by the demo. Nothing is charged." in estimate.lines()


def test_what_else_is_charged_is_always_told():
    for estimate in (fixed(0, 0), fixed(1, 1, METERS), Estimate(None, None)):
        assert estimate.lines()[-1] == BESIDES
        assert "Batch itself costs nothing" in BESIDES


@given(st.integers(0, 500), st.integers(0, 500), st.integers(0, 500), st.integers(0, 500))
def test_a_range_holds_every_pool_within_its_bounds(least, more, spot, more_spot):
    spans = Estimate((least, least + more), (spot, spot + more_spot), METERS)
    low, high = spans.hour
    for dedicated, spots in ((least, spot), (least + more, spot + more_spot), (least + more // 2, spot)):
        (hour, _) = fixed(dedicated, spots, METERS).hour
        assert low - 1e-9 <= hour <= high + 1e-9


@pytest.mark.parametrize(
    ("price", "shown"),
    [(0.0041, "0.0041"), (0.0416, "0.0416"), (0.1234, "0.123"), (12.345, "12.35"), (12345.6, "12,346")],
)
def test_amounts_have_the_digits_that_one_can_use(price, shown):
    assert f"about {shown} USD an hour" in fixed(1, 0, Meters(replace(LINUX, retail_price=price))).summary()
