"""SKU browsers on a service with images of all kinds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

import batch_widgets as bw
from batch_widgets.errors import ServiceUnreachableError
from unit.fakes import FakeService, make_image
from unit.test_panel import settle

NOW = datetime.now(UTC)
JAMMY = make_image("22_04-lts")
GEN2 = make_image("22_04-lts-gen2", capabilities=("Generation2VMImage", "New"))
OLD = make_image("20_04-lts", batch_support_end_of_life=NOW - timedelta(days=1, hours=1))
UNVERIFIED = make_image(
    "24_04", verified=False, capabilities=(), batch_support_end_of_life=NOW + timedelta(days=30, hours=1)
)
WINDOWS = make_image(
    "2022-datacenter",
    publisher="microsoftwindowsserver",
    offer="windowsserver",
    node_agent_sku_id="batch.node.windows amd64",
    os_type="windows",
    batch_support_end_of_life=NOW + timedelta(days=900),
)
IMAGES = [JAMMY, GEN2, OLD, UNVERIFIED, WINDOWS]
REFUSED = ServiceUnreachableError("Cannot reach it.", hint="Look at the address.")


@pytest.fixture(name="service")
def service_fixture():
    return FakeService(IMAGES)


@pytest.fixture(name="make_browser")
def make_browser_fixture(account):
    made = []

    def make(**traits):
        made.append(bw.SkuBrowser(account, **traits))
        return made[-1]

    yield make
    for sku_browser in made:
        sku_browser.close()


@pytest.fixture(name="sku_browser")
def sku_browser_fixture(make_browser):
    sku_browser = make_browser()
    settle(sku_browser)
    return sku_browser


def skus(frame):
    return list(frame["sku"])


def facts(sku_browser):
    return sku_browser._facts.value
