"""SkuBrowser: loads by itself, and says what it does."""

from __future__ import annotations

import re
import threading

import pytest

from batch_widgets.errors import ServiceUnreachableError
from unit.sku_browsers import (  # noqa: F401 (fixtures)
    IMAGES,
    JAMMY,
    REFUSED,
    WINDOWS,
    facts,
    make_browser_fixture,
    service_fixture,
    sku_browser_fixture,
    skus,
)
from unit.test_panel import settle, wait_until


def test_shows_that_it_loads_and_what_it_asks(service, make_browser):
    service.hold("list_supported_images")
    sku_browser = make_browser()
    assert sku_browser.grid.busy
    assert "fake" in sku_browser.grid.empty_text
    assert "bw-indeterminate" in sku_browser._line.value
    assert sku_browser.grid.rows == []
    assert "images" not in facts(sku_browser)
    service.release("list_supported_images")
    settle(sku_browser)
    assert "bw-indeterminate" not in sku_browser._line.value
    assert "5 images loaded" in sku_browser.frame_piece.announcement


def test_a_load_that_fails_says_so_and_frame_raises_it(service, make_browser):
    service.fail("list_supported_images", REFUSED)
    sku_browser = make_browser()
    wait_until(lambda: sku_browser.message.visible)
    assert REFUSED.message in sku_browser.message.text
    assert REFUSED.hint in sku_browser.message.text
    assert "failed" in sku_browser.grid.empty_text
    assert not sku_browser.grid.busy
    for _ in range(2):
        with pytest.raises(ServiceUnreachableError, match="Cannot reach it"):
            sku_browser.frame  # noqa: B018
    with pytest.raises(ServiceUnreachableError):
        sku_browser.visible_frame  # noqa: B018


def test_try_again_loads_and_frame_has_the_rows_then(service, make_browser):
    service.fail("list_supported_images", REFUSED, times=1)
    sku_browser = make_browser()
    wait_until(lambda: sku_browser.message.visible)
    sku_browser.message.buttons[0].click()
    assert len(sku_browser.frame) == len(IMAGES)
    settle(sku_browser)
    assert not sku_browser.message.visible


def test_a_later_failure_keeps_the_rows(service, sku_browser):
    service.fail("list_supported_images", REFUSED)
    sku_browser._refresh.click()
    wait_until(lambda: sku_browser.message.visible)
    assert len(sku_browser.frame) == len(IMAGES)
    assert len(sku_browser.grid.rows) == 3
    assert re.search(r"3 of 5 images<.*>from \d\d:\d\d<", facts(sku_browser))
    service.mend()
    sku_browser.message.buttons[0].click()
    settle(sku_browser)
    assert not sku_browser.message.visible
    assert "from" not in facts(sku_browser)


def test_frame_waits_for_the_first_load(service, make_browser):
    service.hold("list_supported_images")
    sku_browser = make_browser()
    threading.Timer(0.05, service.release, ["list_supported_images"]).start()
    assert len(sku_browser.frame) == len(IMAGES)


def test_frame_says_when_the_first_load_takes_too_long(service, make_browser, monkeypatch):
    monkeypatch.setattr("batch_widgets.widgets.sku_browser._FIRST_LOAD_S", 0.02)
    service.hold("list_supported_images")
    sku_browser = make_browser()
    with pytest.raises(TimeoutError, match="Load the images"):
        sku_browser.frame  # noqa: B018


def test_frame_never_waits_after_the_first_load(service, sku_browser):
    service.hold("list_supported_images")
    operation = sku_browser.load()
    assert len(sku_browser.frame) == len(IMAGES)
    assert len(sku_browser.visible_frame) == 3
    assert not operation.done()
    service.release("list_supported_images")


def test_frame_has_what_a_load_has_brought_at_once(service, sku_browser, account):
    blocked = threading.Event()
    account.runner.notify(lambda: blocked.wait(5))  # an observer of the user's that takes its time
    service.images = [JAMMY]
    sku_browser.load().result(5)
    assert skus(sku_browser.frame) == ["22_04-lts"]
    assert skus(sku_browser.visible_frame) == ["22_04-lts"]
    blocked.set()


def test_a_second_load_supersedes_the_first(service, account, make_browser, monkeypatch):
    sku_browser = make_browser()
    settle(sku_browser)
    service.hold("list_supported_images")
    first = sku_browser.load()
    wait_until(lambda: service.in_flight == 1)
    second = sku_browser.load()
    wait_until(lambda: service.in_flight == 2)
    shown_lists = []
    monkeypatch.setattr(sku_browser, "announce", shown_lists.append)
    service.release("list_supported_images")
    first.result(5)
    second.result(5)
    settle(sku_browser)
    assert shown_lists == ["5 images loaded"]


def test_a_load_that_is_cancelled_leaves_nothing_busy(service, sku_browser):
    service.hold("list_supported_images")
    sku_browser.load().cancel()
    settle(sku_browser)
    assert "stopped" in sku_browser.grid.empty_text
    assert not sku_browser.message.visible
    assert len(sku_browser.frame) == len(IMAGES)


def test_a_load_that_ends_after_close_does_nothing(service, make_browser, account):
    service.hold("list_supported_images")
    sku_browser = make_browser()
    operation = sku_browser._load
    sku_browser.close()
    service.release("list_supported_images")
    operation.result(5)
    settle(sku_browser)
    assert sku_browser.grid.rows == []


def test_an_account_without_images_says_so(service, make_browser):
    service.images = []
    sku_browser = make_browser()
    settle(sku_browser)
    assert "0 of 0" in facts(sku_browser)
    assert "no images" in sku_browser.grid.empty_text
    assert len(sku_browser.frame) == 0


def test_repr(sku_browser):
    sku_browser.select("windows")
    assert repr(sku_browser) == f"<SkuBrowser on fake: 5 images, picked {WINDOWS}>"
