"""Lists of supported images through HTTP and the SDK into the browser's frame: the official ones, and hostile ones."""

import json
from collections import Counter
from datetime import UTC, datetime

import pytest
from hostile_images import MALFORMED, MARKUP, hostile_images, let_it_send
from official_definition import DATA

import batch_widgets as bw
from batch_widgets.images import STATES

RECORDED = "recorded"
EXAMPLES = ("2024-07-01.20.0/examples/AccountListSupportedImages", "2025-06-01/examples/Pools_ListSupportedImages")


@pytest.fixture
def account(service):
    account = bw.connect(service.endpoint, account_name=service.account_name, account_key=service.account_key)
    yield account
    account.close()


@pytest.fixture
def load(service, account):
    """Let the service send some images, and give a browser that has loaded them."""
    made = []

    def load(images):
        let_it_send(service, images)
        made.append(bw.SkuBrowser(account))
        made[-1].clear_filters()
        assert len(made[-1].frame) == len(images)
        return made[-1]

    yield load
    for browser in made:
        browser.close()


def official(name):
    """Give a list that the real service is documented, or recorded, to have sent."""
    if name == RECORDED:
        path = DATA.parents[2] / "batch_widgets" / "demo" / "data" / "supported_images.json"
        return json.loads(path.read_text(encoding="utf-8"))["images"]
    answer = json.loads((DATA / f"{name}.json").read_text(encoding="utf-8"))["responses"]["200"]["body"]
    return answer["value"]


def expected(image):
    """Read a row as it should be read."""
    reference = image["imageReference"]
    end = image.get("batchSupportEndOfLife")
    capabilities = image.get("capabilities")
    return (
        image["nodeAgentSKUId"],
        image["osType"],
        reference["publisher"],
        reference["offer"],
        reference["sku"],
        reference.get("version", "latest"),
        image["verificationType"] == "verified",
        None if capabilities is None else tuple(capabilities),
        None if end is None else datetime.fromisoformat(end).astimezone(UTC),
    )


def found(image):
    """Give what was read of a row."""
    return (
        image.node_agent_sku_id,
        image.os_type,
        image.publisher,
        image.offer,
        image.sku,
        image.version,
        image.verified,
        image.capabilities,
        image.batch_support_end_of_life,
    )


@pytest.mark.parametrize(("name", "count"), [(RECORDED, 68), *((name, 5) for name in EXAMPLES)])
def test_official_lists_lose_no_row(load, name, count):
    images = official(name)
    browser = load(images)
    assert len(images) == count
    assert [found(image) for image in browser.images] == [expected(image) for image in images]
    assert len(browser.visible_frame) == count
    assert not any(image.unreadable for image in browser.images)


def test_a_hostile_list_loses_no_row(service, load):
    images = hostile_images(5000)
    assert Counter(map(str, images)).most_common(1)[0][1] == 2, "each row is there twice"
    browser = load(images)
    assert [found(image) for image in browser.images] == [expected(image) for image in images]
    assert service.requests["GET", "list_supported_images"] == 5
    frame = browser.frame
    assert frame.index.is_unique
    ends = set(frame["batch_support_end_of_life"].dropna().dt.year)
    assert ends == {1, 9999, 2024}
    assert frame["containers"].isna().sum() == sum("capabilities" not in image for image in images)
    assert len(browser.visible_frame) == 5000
    browser.search = "no such image"
    assert browser.visible_frame.empty
    assert browser.grid.empty_text == "No image is left: the search hides 5000."
    browser.clear_filters()
    assert set(browser.frame["os_type"]) == {"linux", "windows", "solaris", MARKUP}
    assert "<img" not in browser._repr_mimebundle_()["text/html"]
    assert "\x1b" not in str(browser)


def test_rows_that_can_not_be_read_are_there_beside_those_that_can(load, wait_for):
    fine = official(RECORDED)[:3]
    browser = load([*MALFORMED, *fine])
    unreadable = [image.unreadable for image in browser.images]
    assert all(unreadable[: len(MALFORMED)])
    assert unreadable[len(MALFORMED) :] == [(), (), ()]
    assert len(browser.visible_frame) == len(MALFORMED) + 3
    assert wait_for(lambda: browser.message.visible)
    assert f"{len(MALFORMED)} of {len(MALFORMED) + 3} rows could not be read in full" in browser.message.text


def test_the_demo_shows_every_state_without_preparation():
    account = bw.connect_demo(nodes=0)
    browser = bw.SkuBrowser(account)
    try:
        assert set(browser.frame["support"]) == set(STATES)
        affected = browser.affected_pools().result(15)
        assert dict(affected["support"]) == {"nightly": "ended", "reports": "within 90 days"}
        assert affected["successor"].notna().to_dict() == {"nightly": False, "reports": True}
        assert not affected["current_nodes"].any()
    finally:
        browser.close()
        account.close()
