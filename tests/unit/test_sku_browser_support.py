"""SkuBrowser: groups, ends of support, affected pools, gallery images, unreadable rows, taking the table away."""

from __future__ import annotations

import io
import threading
from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest

import batch_widgets as bw
from batch_widgets.errors import ServiceUnreachableError
from batch_widgets.images import ImageReference, node_agent_skus
from unit.fakes import FakeService, make_image, make_pool
from unit.test_panel import settle, wait_until

NOW = datetime.now(UTC)
JAMMY = make_image("22_04-lts")
WINDOWS = {
    "publisher": "microsoftwindowsserver",
    "offer": "windowsserver",
    "node_agent_sku_id": "batch.node.windows amd64",
    "os_type": "windows",
}
SOON = make_image("2019-datacenter", batch_support_end_of_life=NOW + timedelta(days=30, hours=1), **WINDOWS)
LATER = make_image("2022-datacenter", batch_support_end_of_life=NOW + timedelta(days=900), **WINDOWS)
ENDED = make_image("2016-datacenter", batch_support_end_of_life=NOW - timedelta(days=5), **WINDOWS)
DOCKER = make_image(
    "20-04-lts", offer="ubuntu-server-container", capabilities=("DockerCompatible", "NvidiaTeslaDriverInstalled")
)
RDMA = make_image("2204", offer="ubuntu-hpc", verified=False, capabilities=("SupportsRDMAOnly",))
IMAGES = [JAMMY, SOON, LATER, ENDED, DOCKER, RDMA]
GALLERY = "/communityGalleries/pub/images/mine/versions/latest"


@pytest.fixture
def service():
    return FakeService(IMAGES)


@pytest.fixture
def sku_browser(account):
    sku_browser = bw.SkuBrowser(account)
    settle(sku_browser)
    yield sku_browser
    sku_browser.close()


def skus(frame):
    return list(frame["sku"])


@pytest.mark.parametrize(
    ("traits", "left"),
    [
        ({"distribution": "Windows Server"}, [SOON, LATER]),
        ({"distribution": "Ubuntu"}, [JAMMY, DOCKER]),
        ({"distribution": "None such"}, []),
        ({"containers": True}, [DOCKER]),
        ({"gpu_driver": True}, [DOCKER]),
        ({"rdma": True}, []),
        ({"rdma": True, "verified_only": False}, [RDMA]),
    ],
)
def test_filters_by_what_an_image_is_and_has(account, sku_browser, traits, left):
    at_first = bw.SkuBrowser(account, **traits)
    for name, value in traits.items():
        setattr(sku_browser, name, value)
    for one in (at_first, sku_browser):
        assert skus(one.visible_frame) == [image.sku for image in left]
    at_first.close()


def test_distributions_are_offered_as_they_are_known(sku_browser):
    assert [value for _, value in sku_browser.filter_bar.distribution.options] == ["", "Ubuntu", "Windows Server"]


def test_images_below_their_node_agents(sku_browser, account):
    sku_browser.clear_filters()
    sku_browser.by_node_agent = True
    assert sku_browser.grid.group_by == "node_agent_sku_id"
    assert sku_browser.grid.group_totals == {"batch.node.ubuntu 22.04": 3, "batch.node.windows amd64": 3}
    assert "6 of 6 images, 2 node agents" in sku_browser._facts.value
    sku_browser.verified_only = True
    grouped = {}
    for row in sku_browser.visible_frame.itertuples():
        grouped.setdefault(row.node_agent_sku_id, []).append(row.sku)
    listed = account.list_node_agent_skus()
    assert listed == node_agent_skus(IMAGES)
    assert grouped == {agent.id: [one.sku for one in agent.verified_image_references] for agent in listed}
    sku_browser.by_node_agent = False
    assert sku_browser.grid.group_by == ""


def test_the_summary_counts_all_images(sku_browser):
    for words in ("1 ended", "1 ends within 90 days", "1 later", "3 without a date"):
        assert words in sku_browser._summary.value


def test_end_of_support(sku_browser):
    assert skus(sku_browser.end_of_support()) == ["2016-datacenter", "2019-datacenter"]
    assert skus(sku_browser.end_of_support(days=0)) == ["2016-datacenter"]
    assert skus(sku_browser.end_of_support(days=10_000)) == ["2016-datacenter", "2019-datacenter", "2022-datacenter"]


def pool_on(image, pool_id):
    reference = ImageReference(image.publisher.upper(), image.offer, image.sku)
    return make_pool(pool_id, image_reference=reference, node_agent_sku_id=image.node_agent_sku_id)


@pytest.fixture
def pools(service):
    for pool in (
        pool_on(SOON, "soon"),
        pool_on(ENDED, "ended"),
        pool_on(JAMMY, "fine"),
        make_pool("gallery", image_reference=None),
        make_pool("gone", image_reference=ImageReference("p", "o", "s")),
    ):
        service.script_pool((pool, ()))


def test_pools_that_are_affected(sku_browser, pools):
    frame = sku_browser.affected_pools().result(5)
    assert list(frame.index) == ["ended", "soon"]
    assert frame["successor"].tolist() == ["2019-datacenter", "2022-datacenter"]
    assert frame["support"].tolist() == ["ended", "within 90 days"]
    assert frame["days_of_support_left"].tolist() == [-6, 30]
    settle(sku_browser)
    section = sku_browser._affected
    assert section in sku_browser._sections.children
    assert [row["pool"] for row in section.grid.rows] == ["ended", "soon"]
    assert "2 of 5 pools are on images whose" in section._said.value
    assert "1 is on an image that the list does not have: gone." in section._said.value
    assert section.grid.height == 76
    section.grid._on_action({"key": "soon", "column": "successor", "action": "pick"})
    assert sku_browser.selected == LATER
    section.close_button.click()
    assert section not in sku_browser._sections.children
    assert list(sku_browser.affected_pools(days=1).result(5).index) == ["ended"]


def test_pools_on_images_that_the_list_does_not_have(service, sku_browser):
    for number in range(4):
        service.script_pool((make_pool(f"<b>{number}", image_reference=ImageReference("p", "o", "s")), ()))
    service.script_pool((pool_on(ENDED, "ended"), ()))
    sku_browser.affected_pools().result(5)
    settle(sku_browser)
    said = sku_browser._affected._said.value
    assert "1 of 5 pools is on an image whose" in said
    assert "4 are on images that the list does not have: &lt;b&gt;0, &lt;b&gt;1, &lt;b&gt;2, …." in said


def test_no_pool_is_affected(sku_browser):
    frame = sku_browser.affected_pools().result(5)
    assert frame.empty
    assert str(frame.dtypes["batch_support_end_of_life"]) == "datetime64[us, UTC]"


def test_pools_that_can_not_be_listed(service, sku_browser):
    service.fail("list_pools", ServiceUnreachableError("Cannot reach it."))
    sku_browser._ask_affected.click()
    wait_until(lambda: sku_browser.message.visible)
    assert "could not be listed" in sku_browser._affected._said.value


# gallery images


def test_a_gallery_image_is_picked(sku_browser):
    sku_browser._type_custom.click()
    form = sku_browser._custom
    assert form in sku_browser._sections.children
    assert [agent for _, agent in form.node_agent.options] == ["batch.node.ubuntu 22.04"]
    form.os_type.value = "windows"
    assert form.node_agent.value == "batch.node.windows amd64"
    form.image_id.value = "/communityGalleries/x"
    form.submit()
    assert "This is not the id of a gallery image" in form._said.value
    assert sku_browser.selected is None
    form.image_id.value = f" {GALLERY} "
    assert "An image of a community gallery." in form._said.value
    form.submit()
    image = bw.CustomImage(GALLERY, "batch.node.windows amd64", "windows")
    assert sku_browser.selected == image
    assert sku_browser._copy.text == image.to_python()
    assert sku_browser._copy_row.text == f"{GALLERY}\tbatch.node.windows amd64"
    assert "hidden" not in sku_browser._picked.value
    assert sku_browser.grid.selected == ()
    sku_browser._type_custom.click()
    assert form not in sku_browser._sections.children


def test_a_pool_on_a_gallery_image(account):
    image = bw.CustomImage(GALLERY, "batch.node.ubuntu 22.04")
    spec = bw.PoolSpec(pool_id="p", vm_size="Standard_D2s_v3", image=image, target_dedicated_nodes=1, allow_ssh=True)
    assert spec.to_body()["virtualMachineConfiguration"] == image.to_body()
    assert (spec.node_agent_sku_id, spec.os_type, spec.image_reference) == ("batch.node.ubuntu 22.04", "linux", None)
    from batch_widgets.pools import check

    assert not [problem for problem in check(spec, IMAGES) if problem.field in {"image", "node_agent_sku_id"}]
    wrong = bw.PoolSpec(pool_id="p", image=bw.CustomImage(GALLERY, "batch.node.windows amd64"))
    assert [problem.field for problem in check(wrong, IMAGES)].count("node_agent_sku_id") == 1
    builder = bw.PoolBuilder(account, image=image)
    assert builder.node_agent_sku_id == "batch.node.ubuntu 22.04"
    assert GALLERY in builder.form.image_part._line.value
    assert builder.to_options().as_dict()["virtualMachineConfiguration"] == image.to_body()
    builder.close()


# what the service sends in a form that can't be read, and twice


def test_rows_that_can_not_be_read_are_shown_and_counted(service, sku_browser):
    service.images = [JAMMY, make_image("", publisher="", unreadable=("image_reference",))]
    sku_browser.load().result(5)
    wait_until(lambda: sku_browser.message.visible)
    assert "1 of 2 rows could not be read in full" in sku_browser.message.text
    assert "image_reference" in sku_browser.message.text
    assert len(sku_browser.grid.rows) == 2
    service.images = IMAGES
    sku_browser.load().result(5)
    settle(sku_browser)
    assert not sku_browser.message.visible


def test_a_hostile_list_loses_no_row(service, sku_browser):
    far = [datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC), None]
    markup = "<img src=x onerror=alert(1)>|\n\u202e"
    service.images = [
        make_image(
            f"{markup}{number % 2500}",
            publisher=markup,
            offer=markup,
            node_agent_sku_id=f"{markup}{number % 7}",
            os_type=("linux", "windows", "solaris", "")[number % 4],
            verified=number % 3 > 0,
            capabilities=(None, (), (markup,), ("DockerCompatible", "New"))[number % 4],
            batch_support_end_of_life=far[number % 3],
        )
        for number in range(5000)
    ]
    sku_browser.load().result(30)
    settle(sku_browser)
    sku_browser.clear_filters()
    assert len(sku_browser.grid.rows) == len(sku_browser.frame) == 5000
    assert sku_browser.frame.index.is_unique
    assert "5000 of 5000 images" in sku_browser._facts.value
    assert "<img" not in sku_browser._summary.value + sku_browser._facts.value
    assert "<img" not in sku_browser._repr_mimebundle_()["text/html"]
    assert "And 4500 more" in sku_browser._repr_mimebundle_()["text/html"]
    assert len(str(sku_browser).splitlines()) == 502
    sku_browser.by_node_agent = True
    sku_browser.distribution = "Other"
    sku_browser.selected = service.images[0]
    assert "<img" not in sku_browser._picked.value
    sku_browser._markdown._make_text()
    sku_browser._csv._make_text()


# taking it away


def test_the_table_as_markdown_and_csv(sku_browser):
    sku_browser.distribution = "Windows Server"
    lines = sku_browser._markdown._make_text().splitlines()
    assert len(lines) == 4
    assert "2019-datacenter" in lines[2]
    frame = pd.read_csv(io.StringIO(sku_browser._csv._make_text()), index_col="key")
    assert list(frame["sku"]) == ["2019-datacenter", "2022-datacenter"]
    assert sku_browser._csv.filename == "images.csv"


def test_a_terminal_and_a_page_without_a_kernel_show_the_images(sku_browser):
    sku_browser.distribution = "Windows Server"
    lines = str(sku_browser).splitlines()
    assert lines[0] == "2 of 6 images of fake"
    assert lines[1].startswith("batch.node.windows amd64  microsoftwindowsserver windowsserver 2019-datacenter")
    assert "verified" in lines[1]
    assert "30 days" in lines[1]
    bundle = sku_browser._repr_mimebundle_()
    assert bundle["text/plain"] == str(sku_browser)
    assert bundle["text/html"].count("<tr>") == 3
    assert "application/vnd.jupyter.widget-view+json" in bundle


def test_a_display_does_not_wait_long_for_the_images(service, account, monkeypatch):
    monkeypatch.setattr("batch_widgets.widgets.sku_browser._STATIC_WAIT_S", 0.05)
    service.hold("list_supported_images")
    sku_browser = bw.SkuBrowser(account)
    assert "not loaded yet" in str(sku_browser)
    assert "not loaded yet" in sku_browser._repr_mimebundle_()["text/plain"]
    service.release("list_supported_images")
    settle(sku_browser)
    assert "images of fake" in sku_browser._repr_mimebundle_()["text/plain"]
    sku_browser.close()


def test_print_waits_a_little_for_the_images(service, account):
    service.hold("list_supported_images")
    sku_browser = bw.SkuBrowser(account)
    threading.Timer(0.05, service.release, ["list_supported_images"]).start()
    assert str(sku_browser).startswith("4 of 6 images of fake\n")
    sku_browser.close()


def test_a_text_steers_no_terminal(service, sku_browser):
    service.images = [make_image("a\nb\x1b[2J\u202ec", os_type="linux")]
    sku_browser.load().result(5)
    settle(sku_browser)
    heading, line = str(sku_browser).splitlines()
    assert heading == "1 of 1 images of fake"
    assert "a b\ufffd[2J\ufffdc" in line


def test_closing_closes_the_sections_too(account):
    sku_browser = bw.SkuBrowser(account)
    settle(sku_browser)
    sku_browser._type_custom.click()
    sku_browser._type_custom.click()
    sku_browser.affected_pools().result(5)
    settle(sku_browser)
    sku_browser._affected.close_button.click()
    made = {sku_browser._custom, sku_browser._affected, sku_browser._affected.grid, sku_browser._custom.pick}
    sku_browser.close()
    assert not any(widget.comm for widget in made)
