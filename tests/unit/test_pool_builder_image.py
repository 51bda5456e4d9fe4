"""The image in the pool builder: supported or typed, and its node agent."""

from __future__ import annotations

from dataclasses import replace

from batch_widgets.images import ImageReference
from unit.fakes import make_image
from unit.pool_builders import (  # noqa: F401 (fixtures)
    GOOD,
    IMAGE,
    beside,
    builder_fixture,
    make_builder_fixture,
    problem_fields,
    shared_builder_fixture,
)
from unit.test_panel import shown

OTHER = make_image("8", publisher="almalinux", offer="almalinux", node_agent_sku_id="batch.node.el 8")


def test_a_supported_image_brings_its_node_agent(builder):
    builder.node_agent_sku_id = ""
    builder.image = replace(IMAGE, verified=False)
    assert builder.node_agent_sku_id == IMAGE.node_agent_sku_id
    assert builder.form.image_part.node_agent.value == IMAGE.node_agent_sku_id
    builder.image = OTHER
    assert builder.spec.node_agent_sku_id == OTHER.node_agent_sku_id


def test_a_node_agent_that_is_given_counts_in_any_order(make_builder):
    assert make_builder(node_agent_sku_id="batch.node.el 8", image=IMAGE).node_agent_sku_id == "batch.node.el 8"


def test_an_image_shows_in_the_four_fields(builder):
    controls = builder.form.image_part.controls
    assert {name: control.value for name, control in controls.items()} == {
        "publisher": "canonical",
        "offer": "0001-com-ubuntu-server-jammy",
        "sku": "22_04-lts",
        "version": "latest",
    }
    builder.image = None
    assert {control.value for control in controls.values()} == {""}


def test_a_typed_image_is_a_reference(builder):
    builder.image, builder.node_agent_sku_id = None, ""
    controls = builder.form.image_part.controls
    controls["publisher"].value = " almalinux "
    assert builder.image == ImageReference("almalinux", "", "")
    assert "offer and sku" in beside(builder, "image")
    controls["offer"].value, controls["sku"].value = "almalinux", "8"
    assert builder.image == ImageReference("almalinux", "almalinux", "8", "latest")
    controls["version"].value = "8.1.2"
    assert builder.image == ImageReference("almalinux", "almalinux", "8", "8.1.2")
    assert problem_fields(builder) == ["node_agent_sku_id"]
    builder.form.image_part.node_agent.value = "batch.node.el 8"
    assert builder.problems == ()
    for control in controls.values():
        control.value = ""
    assert builder.image is None


def test_the_fields_for_typing_open_and_close(builder):
    part = builder.form.image_part
    assert not shown(part._typed)
    part.change_button.click()
    assert shown(part._typed)
    part.change_button.click()
    assert not shown(part._typed)


def test_a_known_image_is_held_against_its_node_agents(account, service, make_builder):
    service.images = [IMAGE, OTHER]
    account.list_supported_images()
    builder = make_builder(**{**GOOD, "image": OTHER.image_reference, "node_agent_sku_id": "batch.node.ubuntu 22.04"})
    assert problem_fields(builder) == ["node_agent_sku_id"]
    assert "batch.node.el 8" in beside(builder, "node_agent_sku_id")
    builder.node_agent_sku_id = "batch.node.el 8"
    assert builder.problems == ()
    builder.image = ImageReference("who", "is", "this")
    assert problem_fields(builder, "warning") == ["image"]
    assert list(builder.form.image_part.node_agent.options) == ["batch.node.el 8", "batch.node.ubuntu 22.04"]


def test_the_image_is_escaped(builder):
    builder.image = ImageReference("<b>", "o", "s")
    assert "<b>" not in builder.form.image_part._line.value
    assert "&lt;b&gt;" in builder.form.image_part._line.value
