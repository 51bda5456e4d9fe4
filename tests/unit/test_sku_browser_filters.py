"""The filters of SkuBrowser, and the frames and rows that they leave."""

from __future__ import annotations

import pytest
from traitlets import TraitError

from unit.sku_browsers import (  # noqa: F401 (fixtures)
    GEN2,
    IMAGES,
    JAMMY,
    OLD,
    UNVERIFIED,
    WINDOWS,
    facts,
    make_browser_fixture,
    service_fixture,
    sku_browser_fixture,
    skus,
)


def test_frame_is_everything_and_visible_frame_what_is_left(sku_browser):
    assert skus(sku_browser.frame) == [image.sku for image in IMAGES]
    assert skus(sku_browser.visible_frame) == ["22_04-lts", "22_04-lts-gen2", "2022-datacenter"]
    assert "3 of 5 images" in facts(sku_browser)


@pytest.mark.parametrize(
    ("traits", "left"),
    [
        ({"verified_only": False, "supported_today": False}, IMAGES),
        ({"verified_only": False}, [JAMMY, GEN2, UNVERIFIED, WINDOWS]),
        ({"supported_today": False}, [JAMMY, GEN2, OLD, WINDOWS]),
        ({"os_type": "windows"}, [WINDOWS]),
        ({"os_type": "linux"}, [JAMMY, GEN2]),
        ({"search": "GEN2 canonical"}, [GEN2]),
        ({"search": "generation 2"}, [GEN2]),
        ({"search": "Generation2VMImage"}, [GEN2]),
        ({"search": "Windows Server"}, [WINDOWS]),
        ({"search": "nothing like it"}, []),
        ({"search": "ubuntu", "os_type": "windows"}, []),
    ],
)
def test_each_filter(make_browser, traits, left):
    at_first = make_browser(**traits)
    later = make_browser()
    for name, value in traits.items():
        setattr(later, name, value)
    for sku_browser in (at_first, later):
        assert skus(sku_browser.visible_frame) == [image.sku for image in left]
        assert f"{len(left)} of 5 images" in facts(sku_browser)
        assert len(sku_browser.frame) == len(IMAGES)


@pytest.mark.parametrize(
    ("filters", "left"),
    [
        ({"publisher": "micro"}, [WINDOWS]),
        ({"node_agent_sku_id": ["batch.node.windows amd64"]}, [WINDOWS]),
        ({"sku": "gen2", "publisher": "canon"}, [GEN2]),
        ({"capabilities": "gen 2"}, [GEN2]),
    ],
)
def test_column_filters(sku_browser, filters, left):
    sku_browser.grid.filters = filters
    assert skus(sku_browser.visible_frame) == [image.sku for image in left]
    assert f"{len(left)} of 5 images" in facts(sku_browser)


@pytest.mark.parametrize(
    ("trait", "control", "value"),
    [
        ("search", "search", "gen2"),
        ("os_type", "os_type", "windows"),
        ("distribution", "distribution", "Ubuntu"),
        ("by_node_agent", "_view", True),
        ("verified_only", "verified_only", False),
        ("supported_today", "supported_today", False),
        ("containers", "containers", True),
        ("gpu_driver", "gpu_driver", True),
        ("rdma", "rdma", True),
    ],
)
def test_filters_and_controls_are_in_step(sku_browser, trait, control, value):
    bar = sku_browser.filter_bar
    control = bar.toggles.get(control) or getattr(bar, control, None) or getattr(sku_browser, control)
    default = getattr(sku_browser, trait)
    assert control.value == default
    control.value = value
    assert getattr(sku_browser, trait) == value
    setattr(sku_browser, trait, default)
    assert control.value == default


def test_the_search_reaches_the_grid(sku_browser):
    sku_browser.filter_bar.search.value = "gen2"
    assert sku_browser.grid.search == "gen2"
    sku_browser.grid.search = "datacenter"  # typed while a cell runs: the page links the two itself
    assert sku_browser.search == "datacenter"


def test_column_filters_show_on_demand(sku_browser):
    assert not sku_browser.grid.filter_row
    sku_browser._filter_row.value = True
    assert sku_browser.grid.filter_row


def test_clear_filters_shows_every_image(sku_browser):
    sku_browser.search, sku_browser.os_type, sku_browser.grid.filters = "x", "windows", {"sku": "y"}
    sku_browser.filter_bar.clear.click()
    assert len(sku_browser.visible_frame) == len(IMAGES)
    assert "5 of 5 images" in facts(sku_browser)


def test_wrong_values_raise_and_change_nothing(sku_browser, make_browser):
    with pytest.raises(TraitError):
        sku_browser.os_type = "mac"
    with pytest.raises(TraitError):
        sku_browser.selected = "ubuntu"
    assert sku_browser.os_type == ""
    with pytest.raises(TraitError):
        make_browser(verified_only="very")


def test_an_empty_table_says_what_to_do(sku_browser):
    sku_browser.search = "nothing like it"
    assert sku_browser.grid.empty_text == "No image is left: the search hides 3."
    sku_browser.search, sku_browser.rdma, sku_browser.os_type = "", True, "windows"
    assert sku_browser.grid.empty_text == "No image is left: “RDMA” hides 1."
    sku_browser.os_type, sku_browser.search, sku_browser.rdma = "", "20_04", False
    assert sku_browser.grid.empty_text == "No image is left: “Supported today” hides 1, the search hides 3."
    sku_browser.search, sku_browser.rdma, sku_browser.containers = "x", True, True
    assert "not a single filter" in sku_browser.grid.empty_text
    sku_browser.clear_filters()
    sku_browser.grid.filters = {"sku": "datacenter", "publisher": "canonical"}
    assert sku_browser.grid.empty_text == "No image is left: the column filters hide 5."
    sku_browser.search = "windows"
    assert sku_browser.grid.empty_text == "No image is left: the column filters hide 1."
    sku_browser.search, sku_browser.grid.filters = "windows", {"publisher": "canonical"}
    assert sku_browser.grid.empty_text == "No image is left: the search hides 4, the column filters hide 1."


def test_rows_say_what_they_know(sku_browser):
    sku_browser.clear_filters()
    rows = {row["sku"]: row for row in sku_browser.grid.rows}
    assert rows["20_04-lts"]["support"]["text"] == "ended"
    assert rows["20_04-lts"]["support"]["hue"] == "err"
    assert rows["24_04"]["support"]["text"] == "30 days"
    assert rows["24_04"]["verified"]["text"] == "unverified"
    assert rows["2022-datacenter"]["support"]["text"] == "supported"
    assert rows["22_04-lts"]["support"] == {"text": "no date", "muted": True, "sort": ""}
    assert rows["22_04-lts"]["capabilities"] is None
    assert rows["24_04"]["capabilities"] == {"text": "none", "muted": True}
    assert [chip["text"] for chip in rows["22_04-lts-gen2"]["capabilities"]] == ["Gen 2", "New"]
