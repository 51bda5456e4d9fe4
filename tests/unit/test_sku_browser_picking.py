"""Picking an image in SkuBrowser: by a click, by code, and taking it along."""

from __future__ import annotations

import threading

import pytest

from batch_widgets.errors import AmbiguousSelectionError
from batch_widgets.images import SupportedImage
from unit.fakes import make_image
from unit.sku_browsers import (  # noqa: F401 (fixtures)
    GEN2,
    JAMMY,
    OLD,
    UNVERIFIED,
    WINDOWS,
    make_browser_fixture,
    service_fixture,
    sku_browser_fixture,
)
from unit.test_panel import shown, wait_until


def test_a_row_is_a_pick_and_a_pick_is_a_row(sku_browser):
    sku_browser.grid.selected = (JAMMY.key,)
    assert sku_browser.selected == JAMMY
    sku_browser.selected = WINDOWS
    assert sku_browser.grid.selected == (WINDOWS.key,)
    sku_browser.grid.selected = ()
    assert sku_browser.selected is None
    sku_browser.selected = JAMMY
    sku_browser.selected = None
    assert sku_browser.grid.selected == ()


def test_the_pick_stays_when_filters_hide_it(sku_browser):
    sku_browser.selected = JAMMY
    sku_browser.os_type = "windows"
    assert sku_browser.selected == JAMMY
    assert sku_browser.grid.selected == ()
    assert "hidden by the filters" in sku_browser._picked.value
    sku_browser.os_type = ""
    assert sku_browser.grid.selected == (JAMMY.key,)
    assert "hidden" not in sku_browser._picked.value


def test_the_pick_stays_when_the_images_load_anew(service, sku_browser):
    sku_browser.selected = JAMMY
    service.images = [WINDOWS]
    sku_browser.load().result(5)
    wait_until(lambda: len(sku_browser.grid.rows) == 1)
    assert sku_browser.selected == JAMMY


def test_observers_of_the_pick_run(sku_browser):
    seen = []
    sku_browser.observe(lambda change: seen.append(change["new"]), "selected")
    sku_browser.grid.selected = (JAMMY.key,)
    sku_browser.select("windows")
    sku_browser.os_type = "linux"
    assert seen == [JAMMY, WINDOWS]


@pytest.mark.parametrize(
    ("query", "how", "pick"),
    [
        ("windows", {}, WINDOWS),
        ("ubuntu 22.04", {"latest": True}, JAMMY),
        ("ubuntu 22.04", {"first": True}, JAMMY),
        (None, {"sku": "22_04-LTS-gen2"}, GEN2),
        (None, {"publisher": "canonical", "offer": JAMMY.offer, "sku": "20_04-lts"}, OLD),
        (None, {"node_agent_sku_id": "batch.node.windows amd64"}, WINDOWS),
        (lambda image: not image.verified, {}, UNVERIFIED),
    ],
)
def test_select(sku_browser, query, how, pick):
    assert sku_browser.select(query, **how) == pick
    assert sku_browser.selected == pick


def test_select_waits_for_the_first_load(service, make_browser):
    service.hold("list_supported_images")
    sku_browser = make_browser()
    threading.Timer(0.05, service.release, ["list_supported_images"]).start()
    assert sku_browser.select("windows") == WINDOWS


@pytest.mark.parametrize(("query", "matches"), [("ubuntu", 3), ("nothing like it", 0)])
def test_select_none_or_several_changes_nothing(sku_browser, query, matches):
    sku_browser.selected = WINDOWS
    with pytest.raises(AmbiguousSelectionError) as caught:
        sku_browser.select(query)
    assert len(caught.value.matches) == matches
    assert sku_browser.selected == WINDOWS


def test_the_copied_code_makes_the_same_choice(sku_browser):
    assert sku_browser._copy.disabled
    sku_browser.select("windows")
    assert sku_browser._copy.text == WINDOWS.to_python()
    assert not sku_browser._copy.disabled
    sku_browser.selected = None
    assert sku_browser._copy.text == ""


def test_the_copied_row_is_what_stands_in_it(sku_browser):
    assert sku_browser._copy_row.disabled
    sku_browser.selected = OLD
    ended = f"{OLD.batch_support_end_of_life.day} {OLD.batch_support_end_of_life:%b %Y}"
    cells = [OLD.node_agent_sku_id, "linux", "canonical", OLD.offer, "20_04-lts", "latest", "verified", ""]
    assert sku_browser._copy_row.text.split("\t") == [*cells, f"ended {ended}"]
    assert not sku_browser._copy_row.disabled
    sku_browser.selected = make_image("a\tb\nc")
    assert len(sku_browser._copy_row.text.split("\t")) == 9
    sku_browser.selected = None
    assert sku_browser._copy_row.disabled


def test_the_pick_is_escaped(sku_browser):
    sku_browser.selected = make_image("<img src=x onerror=alert(1)>")
    assert "<img" not in sku_browser._picked.value
    assert "&lt;img" in sku_browser._picked.value


def test_use_is_offered_where_there_is_a_builder(sku_browser):
    used = []
    assert not shown(sku_browser.use_button)
    sku_browser.offer_use(lambda: used.append(sku_browser.selected))
    assert shown(sku_browser.use_button)
    assert sku_browser.use_button.disabled
    sku_browser.selected = JAMMY
    assert not sku_browser.use_button.disabled
    sku_browser.use_button.click()
    assert used == [JAMMY]


def test_the_pick_outlives_frames_read_on_two_threads(sku_browser):
    sku_browser.selected = JAMMY
    sku_browser.os_type = "windows"

    def read():
        for _ in range(20):
            assert len(sku_browser.visible_frame) == 1

    threads = [threading.Thread(target=read) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sku_browser.selected == JAMMY
    assert isinstance(sku_browser.selected, SupportedImage)
