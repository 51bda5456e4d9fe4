"""How long images are supported, what follows them, what changed, what they bring along, and those of galleries."""

from __future__ import annotations

import ast
import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest
from azure.batch import models

import batch_widgets as bw
from batch_widgets.images import (
    STATES,
    diff,
    ends_within,
    fitting_node_agents,
    gallery_kind,
    gallery_property,
    images_frame,
    row_keys,
    successor,
    support_state,
    to_markdown,
)
from batch_widgets.sdk.convert import supported_image
from unit.fakes import make_image

NOW = datetime(2026, 6, 1, tzinfo=UTC)
RECORDED = Path(__file__).parents[2] / "batch_widgets" / "demo" / "data" / "supported_images.json"


def days(number):
    return NOW + timedelta(days=number)


@pytest.mark.parametrize(
    ("end", "state"),
    [
        (None, "unknown"),
        (NOW, "ended"),
        (datetime(1, 1, 1, tzinfo=UTC), "ended"),
        (days(1), "within 90 days"),
        (days(90), "within 90 days"),
        (days(90) + timedelta(seconds=1), "within a year"),
        (days(364), "within a year"),
        (days(365), "later"),
        (datetime(9999, 12, 31, tzinfo=UTC), "later"),
    ],
)
def test_states_of_support(end, state):
    assert support_state(end, NOW) == state
    image = make_image(batch_support_end_of_life=end)
    assert images_frame([image], NOW)["support"].tolist() == [state]
    assert ends_within(end, 90, NOW) is (state in STATES[:2])


def test_states_are_ordered_by_urgency():
    ends = [None, days(10), days(-10), days(500)]
    frame = images_frame([make_image(str(n), batch_support_end_of_life=end) for n, end in enumerate(ends)], NOW)
    assert frame.sort_values("support")["sku"].tolist() == ["2", "1", "3", "0"]
    assert frame["days_of_support_left"].tolist() == [pd.NA, 10, -10, 500]
    assert ends_within(days(5), 1e12, NOW)


def test_missing_is_not_no():
    silent, speaking = make_image("1"), make_image("2", capabilities=("DockerCompatible", "Generation2VMImage"))
    frame = images_frame([silent, speaking])
    for name in ("containers", "gpu_driver", "rdma", "mpi", "generation"):
        assert frame[name].isna().tolist() == [True, False]
    assert frame.loc[speaking.key, ["generation", "containers", "gpu_driver"]].tolist() == [2, True, False]
    assert make_image(capabilities=("NvidiaGridDriverInstalled",)).gpu_driver is True
    assert make_image(capabilities=("NvidiaTeslaDriverInstalled",)).gpu_driver is True
    assert make_image(capabilities=("SupportsRDMAOnly", "IntelMPIRuntimeInstalled")).rdma is True
    assert make_image(capabilities=()).generation == 1


@pytest.mark.parametrize(
    ("publisher", "offer", "agent", "name"),
    [
        ("canonical", "0001-com-ubuntu-server-jammy", "batch.node.ubuntu 22.04", "Ubuntu"),
        ("microsoft-dsvm", "ubuntu-hpc", "batch.node.ubuntu 22.04", "Ubuntu"),
        ("microsoft-azure-batch", "centos-container", "batch.node.centos 7", "CentOS"),
        ("almalinux", "almalinux", "batch.node.el 9", "AlmaLinux"),
        ("oracle", "oracle-linux", "batch.node.el 8", "Oracle Linux"),
        ("microsoftcblmariner", "cbl-mariner", "batch.node.mariner 2.0", "Mariner"),
        ("debian", "debian-12", "batch.node.debian 12", "Debian"),
        ("microsoftwindowsserver", "windowsserver", "batch.node.windows amd64", "Windows Server"),
        ("batch", "rendering-windows2016", "batch.node.windows amd64", "Windows Server"),
        ("batch", "rendering", "batch.node.windows amd64", "Windows Server"),
        ("nobody", "nothing", "batch.node.x", "Other"),
    ],
)
def test_distributions(publisher, offer, agent, name):
    assert make_image("1", publisher=publisher, offer=offer, node_agent_sku_id=agent).distribution == name


def test_every_recorded_image_has_a_distribution():
    images = json.loads(RECORDED.read_text())["images"]
    converted = [supported_image(models.BatchSupportedImage(image)) for image in images]
    assert "Other" not in {image.distribution for image in converted}
    assert not any(image.unreadable for image in converted)
    assert len(images_frame(converted)) == len(images)


def test_the_nearest_successor_is_of_the_same_flavour():
    old = make_image("2016-datacenter", offer="w", batch_support_end_of_life=days(10))
    older = make_image("2012-datacenter", offer="w")
    small = make_image("2019-datacenter-smalldisk", offer="w")
    newer = make_image("2019-datacenter", offer="w", batch_support_end_of_life=days(900))
    newest = make_image("2022-datacenter", offer="w")
    assert successor(old, [newest, small, newer, older, old], NOW) is newer
    assert successor(old, [small, older], NOW) is small


@pytest.mark.parametrize(
    "more",
    [
        {"publisher": "other"},
        {"offer": "other"},
        {"verified": False},
        {"os_type": "windows"},
        {"batch_support_end_of_life": days(-1)},
        {"batch_support_end_of_life": days(5)},
        {"capabilities": ("Generation2VMImage",)},
    ],
)
def test_what_is_no_successor(more):
    old = make_image("7_9", batch_support_end_of_life=days(10), capabilities=())
    assert successor(old, [make_image("8_5", **more)], NOW) is None
    assert successor(old, [make_image("8_5", capabilities=())], NOW) is not None
    assert successor(make_image("server"), [make_image("server-gen2")], NOW) is None


def test_what_differs_between_two_lists():
    gone, changed, same = make_image("1"), make_image("2"), make_image("3", batch_support_end_of_life=days(9))
    old = images_frame([gone, changed, same])
    new = images_frame([make_image("4"), make_image("2", verified=False, batch_support_end_of_life=days(30)), same])
    found = diff(old, new)
    assert list(zip(found["sku"], found["change"], strict=True)) == [
        ("4", "added"),
        ("1", "removed"),
        ("2", "verification"),
        ("2", "end of support"),
    ]
    assert found.loc[changed.key, "old"].tolist() == [True, pd.NaT]
    assert found.loc[changed.key, "new"].tolist() == [False, pd.Timestamp(days(30))]
    assert diff(old, old).empty
    assert diff(old, old).dtypes.to_dict() == found.dtypes.to_dict()
    assert bw.images.diff is diff


def test_a_list_that_was_kept_as_csv_can_be_compared():
    ends = [None, datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC), days(9)]
    images = [make_image(str(number), batch_support_end_of_life=end) for number, end in enumerate(ends)]
    kept = pd.read_csv(io.StringIO(images_frame(images).to_csv()), index_col="key")
    assert diff(kept, images_frame(images)).empty
    moved = images_frame([*images[:3], make_image("3", batch_support_end_of_life=days(10))])
    assert diff(kept, moved)["new"].tolist() == [pd.Timestamp(days(10))]
    nothing = pd.read_csv(io.StringIO(images_frame([]).to_csv()), index_col="key")
    assert diff(nothing, images_frame(images))["change"].tolist() == ["added"] * 4


def test_frames_that_can_not_be_compared():
    frame = images_frame([make_image()])
    with pytest.raises(ValueError, match="old frame has no column 'verified'"):
        diff(frame.drop(columns="verified"), frame)
    with pytest.raises(ValueError, match="new frame has rows with the same key"):
        diff(frame, pd.concat([frame, frame]))


def test_the_same_image_twice_has_two_keys():
    image = make_image()
    assert row_keys([image, image, make_image("1"), image]) == [
        image.key,
        f"{image.key}|2",
        make_image("1").key,
        f"{image.key}|3",
    ]
    assert images_frame([image, image]).index.is_unique


def test_a_table_in_markdown():
    end = datetime(9999, 1, 2, tzinfo=UTC)
    image = make_image("a|b`c\nd<script>", capabilities=("DockerCompatible", "X"), batch_support_end_of_life=end)
    text = to_markdown(images_frame([image])[["sku", "rdma", "capabilities", "batch_support_end_of_life", "mpi"]])
    assert text.splitlines() == [
        "| sku | rdma | capabilities | batch\\_support\\_end\\_of\\_life | mpi |",
        "| --- | --- | --- | --- | --- |",
        "| a\\|b\\`c d\\<script\\> | False | DockerCompatible, X | 9999-01-02 | False |",
    ]


# galleries

COMPUTE = "/subscriptions/0-1/resourceGroups/rg/providers/Microsoft.Compute/galleries/g/images/i"
SHARED = "/sharedGalleries/0-g/images/i/versions/1.0.0"
COMMUNITY = "/CommunityGalleries/pub-1/Images/i/Versions/latest"


@pytest.mark.parametrize(
    ("image_id", "name", "kind"),
    [
        (COMPUTE, "virtualMachineImageId", "Compute Gallery"),
        (f"{COMPUTE}/versions/1.2.3", "virtualMachineImageId", "Compute Gallery"),
        (COMPUTE.lower(), "virtualMachineImageId", "Compute Gallery"),
        (SHARED, "sharedGalleryImageId", "shared gallery"),
        (COMMUNITY, "communityGalleryImageId", "community gallery"),
    ],
)
def test_ids_of_galleries(image_id, name, kind):
    image = bw.CustomImage(f" {image_id} ", "batch.node.ubuntu 22.04")
    assert (gallery_property(image_id), gallery_kind(image_id)) == (name, kind)
    assert image.to_body() == {"imageReference": {name: image_id}, "nodeAgentSKUId": "batch.node.ubuntu 22.04"}
    made = run(image.to_python())
    assert made.as_dict() == image.to_body() == bw.to_sdk(image).as_dict()


@pytest.mark.parametrize(
    "image_id",
    [
        "",
        "canonical",
        f"{COMPUTE}/versions/1",
        f"{COMPUTE}/versions/1.2.3/x",
        f"{COMPUTE}?x",
        f"{COMPUTE}\n/x",
        COMPUTE.replace("/galleries/g", ""),
        SHARED.replace("/versions/1.0.0", ""),
        SHARED.replace("/0-g", "/"),
    ],
)
def test_ids_that_are_none(image_id):
    assert gallery_kind(image_id) == ""
    with pytest.raises(bw.ValidationError) as caught:
        bw.CustomImage(image_id, "")
    assert [problem.field for problem in caught.value.problems] == ["image_id", "node_agent_sku_id"]
    assert "/communityGalleries/" in str(caught.value.problems[0])


def test_node_agents_that_fit_a_system():
    images = [
        make_image("1", node_agent_sku_id="b"),
        make_image("2", node_agent_sku_id="a"),
        make_image("3", node_agent_sku_id="b"),
        make_image("4", node_agent_sku_id="w", os_type="windows"),
    ]
    assert fitting_node_agents(images, "linux") == ["a", "b"]
    assert fitting_node_agents(images, "windows") == ["w"]


# as code and as objects of the SDK


def run(code):
    """Run what a value shows, after a look at it: an import and an assignment, nothing else."""
    kinds = [type(node) for node in ast.parse(code).body]
    assert kinds == [ast.ImportFrom, ast.Assign]
    scope = {}
    exec(code, scope)
    return scope["virtual_machine_configuration"]


def test_a_pick_is_python_of_todays_sdk():
    image = make_image()
    made = run(image.to_python())
    assert isinstance(made, models.VirtualMachineConfiguration)
    assert made.as_dict() == image.to_body() == bw.to_sdk(image).as_dict()
    assert bw.to_sdk(image.image_reference).as_dict() == image.to_body()["imageReference"]
    assert isinstance(bw.to_sdk(image.image_reference), models.BatchVmImageReference)
    assert isinstance(bw.to_sdk(bw.PoolSpec(pool_id="p", image=image)), models.BatchPoolCreateOptions)
    bundle = image._repr_mimebundle_()
    assert bundle["text/markdown"] == f"```python\n{image.to_python()}```"
    assert bundle["text/plain"] == repr(image)


def test_hostile_texts_stay_texts():
    sku = "```\n'\"); import os #\u202e<script>"
    image = make_image(sku)
    assert run(image.to_python()).image_reference.sku == sku
    markdown = image._repr_mimebundle_()["text/markdown"]
    assert markdown.startswith("````python\n")
    assert markdown.endswith("\n````")


# rows that can't be read


@pytest.mark.parametrize(
    ("change", "unreadable"),
    [
        ({"batchSupportEndOfLife": "soon"}, ("batch_support_end_of_life",)),
        ({"batchSupportEndOfLife": 12}, ("batch_support_end_of_life",)),
        ({"capabilities": "DockerCompatible"}, ("capabilities",)),
        ({"capabilities": [1, None]}, ("capabilities",)),
        ({"imageReference": None}, ("image_reference",)),
        ({"imageReference": "x"}, ("image_reference",)),
        ({"imageReference": {"offer": "o", "sku": "s"}}, ("publisher",)),
        ({"nodeAgentSKUId": None}, ("node_agent_sku_id",)),
        ({"verificationType": None}, ("verification_type",)),
        ({"osType": None}, ("os_type",)),
        ({"osType": "solaris", "verificationType": "perhaps"}, ()),
        ({"capabilities": ["Something new"]}, ()),
        ({"batchSupportEndOfLife": "0001-01-01T00:00:00Z"}, ()),
        ({"batchSupportEndOfLife": "9999-12-31T23:59:59Z"}, ()),
    ],
)
def test_what_can_be_read_of_a_malformed_row_is_kept(change, unreadable):
    row = {
        "imageReference": {"publisher": "p", "offer": "o", "sku": "s"},
        "nodeAgentSKUId": "a",
        "osType": "linux",
        "verificationType": "verified",
        **change,
    }
    image = supported_image(models.BatchSupportedImage(row))
    assert image.unreadable == unreadable
    if "imageReference" not in change:
        assert (image.publisher, image.offer, image.sku, image.version) == ("p", "o", "s", "latest")
    assert len(images_frame([image])) == 1
    if change.get("osType") == "solaris":
        assert (image.os_type, image.verified) == ("solaris", False)


@pytest.mark.parametrize("row", [None, "text", 5, []])
def test_a_row_that_is_none_is_shown_too(row):
    image = supported_image(row)
    assert image.unreadable == ("row",)
    assert image.key == "|||latest|"
