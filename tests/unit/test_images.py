"""Images: the 2017 shape, the frame, and picking one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from batch_widgets.errors import AmbiguousSelectionError
from batch_widgets.images import ImageReference, NodeAgentSku, images_frame, node_agent_skus, select_image
from unit.fakes import make_image

JAMMY = make_image()
JAMMY_GEN2 = make_image("22_04-lts-gen2")
FOCAL = make_image(
    "20_04-lts", offer="0001-com-ubuntu-server-focal", node_agent_sku_id="batch.node.ubuntu 20.04", verified=True
)
NOBLE = make_image("server", offer="ubuntu-24_04-lts", node_agent_sku_id="batch.node.ubuntu 24.04")
UNVERIFIED = make_image("26_04-lts", node_agent_sku_id="batch.node.ubuntu 26.04", verified=False)
WINDOWS = make_image(
    "2022-datacenter",
    publisher="microsoftwindowsserver",
    offer="windowsserver",
    node_agent_sku_id="batch.node.windows amd64",
    os_type="windows",
)
IMAGES = (UNVERIFIED, FOCAL, JAMMY, JAMMY_GEN2, WINDOWS)


def test_values():
    assert str(JAMMY) == "canonical : 0001-com-ubuntu-server-jammy : 22_04-lts : latest → batch.node.ubuntu 22.04"
    assert (JAMMY.publisher, JAMMY.offer, JAMMY.sku, JAMMY.version) == (
        "canonical",
        "0001-com-ubuntu-server-jammy",
        "22_04-lts",
        "latest",
    )
    assert len({image.key for image in IMAGES}) == len(IMAGES)


def test_support_ended():
    end = datetime(2025, 5, 1, tzinfo=UTC)
    image = make_image(batch_support_end_of_life=end)
    assert image.support_ended(end)
    assert not image.support_ended(end - timedelta(seconds=1))
    assert image.support_ended()
    assert not JAMMY.support_ended()


def test_node_agent_skus_hold_verified_images_in_order():
    assert node_agent_skus(IMAGES) == [
        NodeAgentSku("batch.node.ubuntu 20.04", "linux", (FOCAL.image_reference,)),
        NodeAgentSku("batch.node.ubuntu 22.04", "linux", (JAMMY.image_reference, JAMMY_GEN2.image_reference)),
        NodeAgentSku("batch.node.windows amd64", "windows", (WINDOWS.image_reference,)),
    ]


def test_node_agent_skus_work_as_in_2017():
    agent = next(agent for agent in node_agent_skus(IMAGES) if "ubuntu 20.04" in agent.id)
    assert agent.verified_image_references[0] == ImageReference(
        "canonical", "0001-com-ubuntu-server-focal", "20_04-lts"
    )


DTYPES = {
    "node_agent_sku_id": "category",
    "os_type": "category",
    "distribution": "category",
    "publisher": "string",
    "offer": "string",
    "sku": "string",
    "version": "string",
    "verified": "bool",
    "generation": "Int8",
    "containers": "boolean",
    "gpu_driver": "boolean",
    "rdma": "boolean",
    "mpi": "boolean",
    "capabilities": "object",
    "batch_support_end_of_life": "datetime64[us, UTC]",
    "days_of_support_left": "Int64",
    "support": "category",
}


@pytest.mark.parametrize("images", [(), IMAGES], ids=["empty", "full"])
def test_frame_has_the_same_types_when_empty(images):
    frame = images_frame(images)
    assert {name: str(dtype) for name, dtype in frame.dtypes.items()} == DTYPES
    assert list(frame.index) == [image.key for image in images]
    assert frame.index.name == "key"


def test_frame_values():
    end = datetime(9999, 12, 31, tzinfo=UTC)
    images = (make_image(capabilities=("DockerCompatible",), batch_support_end_of_life=end), UNVERIFIED)
    frame = images_frame(images)
    assert frame["capabilities"].tolist() == [("DockerCompatible",), None]
    assert frame["batch_support_end_of_life"].tolist() == [pd.Timestamp(end), pd.NaT]
    assert frame["verified"].tolist() == [True, False]
    assert frame.loc[UNVERIFIED.key, "sku"] == "26_04-lts"


@pytest.mark.parametrize(
    ("query", "options", "expected"),
    [
        ("ubuntu 20.04", {}, FOCAL),
        ("UBUNTU 20.04", {}, FOCAL),
        ("canonical 0001-com-ubuntu-server-focal 20_04", {}, FOCAL),
        (lambda image: image.os_type == "windows", {}, WINDOWS),
        (None, {"sku": "22_04-LTS"}, JAMMY),
        (None, {"publisher": "MicrosoftWindowsServer"}, WINDOWS),
        (None, {"offer": "windowsserver", "node_agent_sku_id": "batch.node.windows amd64"}, WINDOWS),
        ("ubuntu 22.04", {"first": True}, JAMMY),
        ("ubuntu", {"first": True}, FOCAL),
        ("ubuntu 22.04", {"latest": True}, JAMMY),
        ("ubuntu", {"latest": True}, JAMMY),
        ("ubuntu 26.04", {}, UNVERIFIED),
    ],
)
def test_select(query, options, expected):
    assert select_image(IMAGES, query, **options) is expected


def test_select_takes_exact_properties_whole():
    with pytest.raises(AmbiguousSelectionError, match="No image matches sku='22_04'"):
        select_image(IMAGES, sku="22_04")


@pytest.mark.parametrize("images", [(JAMMY, NOBLE), (NOBLE, JAMMY)])
def test_latest_looks_at_the_offer_where_the_sku_has_no_number(images):
    assert select_image(images, "ubuntu", latest=True) is NOBLE


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ("20_04-lts", "22_04-lts"),
        ("8_9", "8_10"),
        ("9-4", "10-0"),
        ("2004", "22_04-lts"),
        ("20_04-lts", "2204"),
        ("2019-datacenter", "2022-datacenter"),
        ("20_04-lts-gen2", "22_04-lts"),
        ("2022-datacenter-g2", "2022-datacenter"),
        ("22_04-lts-gen2", "22_04-lts"),
        ("22_04-LTS-Gen2", "22_04-LTS"),
        ("2016-datacenter-with-containers-g2", "2019-datacenter"),
    ],
)
def test_latest_compares_number_by_number(older, newer):
    for skus in ((older, newer), (newer, older)):
        assert select_image([make_image(sku) for sku in skus], latest=True).sku == newer


def test_an_ambiguous_choice_lists_the_verified_matches():
    with pytest.raises(AmbiguousSelectionError) as caught:
        select_image(IMAGES, "ubuntu")
    assert caught.value.matches == (FOCAL, JAMMY, JAMMY_GEN2)
    assert "3 images match 'ubuntu'" in str(caught.value)
    assert str(FOCAL) in str(caught.value)
    assert "26_04" not in str(caught.value)


def test_nothing_found_is_a_lookup_error():
    with pytest.raises(LookupError, match="No image matches 'solaris' and publisher='sun'"):
        select_image(IMAGES, "solaris", publisher="sun")
    with pytest.raises(AmbiguousSelectionError, match="the predicate"):
        select_image(IMAGES, lambda _: False, latest=True)
    with pytest.raises(AmbiguousSelectionError, match="no condition"):
        select_image(())


def test_a_wrong_query_is_a_type_error():
    with pytest.raises(TypeError, match="not int"):
        select_image(IMAGES, 22)


@given(st.lists(st.text("0123456789_-ltsgen.", max_size=12), min_size=1, max_size=5))
def test_latest_takes_one_of_the_matches_whatever_the_skus(skus):
    images = [make_image(sku) for sku in skus]
    assert select_image(images, latest=True) in images
