"""SkuBrowser: loads by itself, filters, picks."""

from __future__ import annotations

import re
import threading
from datetime import UTC, datetime, timedelta

import pytest
from traitlets import TraitError

import batch_widgets as bw
from batch_widgets.errors import AmbiguousSelectionError, ServiceUnreachableError
from batch_widgets.images import SupportedImage
from unit.fakes import FakeService, make_image
from unit.test_panel import settle, shown, wait_until

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


@pytest.fixture
def service():
    return FakeService(IMAGES)


@pytest.fixture
def make_browser(account):
    made = []

    def make(**traits):
        made.append(bw.SkuBrowser(account, **traits))
        return made[-1]

    yield make
    for sku_browser in made:
        sku_browser.close()


@pytest.fixture
def sku_browser(make_browser):
    sku_browser = make_browser()
    settle(sku_browser)
    return sku_browser


def skus(frame):
    return list(frame["sku"])


def facts(sku_browser):
    return sku_browser._facts.value


# loading


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


# frames and filters


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


# picking


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


def test_repr(sku_browser):
    sku_browser.select("windows")
    assert repr(sku_browser) == f"<SkuBrowser on fake: 5 images, picked {WINDOWS}>"


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
