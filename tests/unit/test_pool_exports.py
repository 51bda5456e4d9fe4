"""A pool as Python, JSON and a command of the Azure CLI, beside the form."""

from __future__ import annotations

import json
import shlex

import pytest

import batch_widgets as bw
from batch_widgets.pools import create_pool_command, needs_file
from unit.fakes import FakeService, make_image
from unit.test_panel import settle

JAMMY = make_image()
PLAIN = {
    "id": "it's",
    "vmSize": "Standard_D2s_v3",
    "virtualMachineConfiguration": JAMMY.to_body(),
    "targetDedicatedNodes": 2,
    "resizeTimeout": "PT15M",
}


@pytest.fixture
def service():
    return FakeService([JAMMY])


@pytest.fixture
def builder(account):
    builder = bw.PoolBuilder(
        account, pool_id="analysis", vm_size="Standard_D2s_v3", image=JAMMY, target_dedicated_nodes=2
    )
    yield builder
    builder.close()


def words(command):
    return shlex.split(command.replace("\\\n", " "))


def test_options_where_they_suffice():
    command = create_pool_command(PLAIN, "https://contoso.eastus.batch.azure.com", "contoso")
    assert not needs_file(PLAIN)
    assert words(command) == [
        *("az", "batch", "pool", "create", "--account-name", "contoso"),
        *("--account-endpoint", "contoso.eastus.batch.azure.com", "--id", "it's", "--vm-size", "Standard_D2s_v3"),
        *("--image", "canonical:0001-com-ubuntu-server-jammy:22_04-lts:latest"),
        *("--node-agent-sku-id", "batch.node.ubuntu 22.04", "--target-dedicated-nodes", "2"),
        *("--resize-timeout", "PT15M"),
    ]
    assert command.endswith("PT15M\n")


@pytest.mark.parametrize(
    "more",
    [
        {"networkConfiguration": {}},
        {"startTask": {"commandLine": "true"}},
        {"metadata": []},
        {"virtualMachineConfiguration": {**JAMMY.to_body(), "osDisk": {}}},
        {"virtualMachineConfiguration": {**JAMMY.to_body(), "imageReference": {"sharedGalleryImageId": "x"}}},
    ],
)
def test_a_file_where_there_is_no_option(more):
    body = {**PLAIN, **more}
    assert needs_file(body)
    assert words(create_pool_command(body, "http://127.0.0.1:1", "demo"))[4:] == [
        *("--account-name", "demo", "--account-endpoint", "http://127.0.0.1:1", "--json-file", "its.json"),
    ]


def test_a_gallery_image_has_an_option():
    image = bw.CustomImage(
        "/subscriptions/0/resourceGroups/r/providers/Microsoft.Compute/galleries/g/images/i", "batch.node.ubuntu 22.04"
    )
    command = create_pool_command({**PLAIN, "virtualMachineConfiguration": image.to_body()}, "https://x", "x")
    assert image.image_id in words(command)


def test_the_views_follow_the_form(builder):
    exports = builder.exports
    assert exports.view.value == "Checks"
    assert exports.text.value == ""
    exports.view.value = "JSON"
    assert json.loads(exports.current()) == builder.spec.to_body()
    assert "analysis" in exports.text.value
    builder.pool_id = "<other>"
    assert "&lt;other&gt;" in exports.text.value
    assert exports.save.filename == "other.json"
    exports.view.value = "Python"
    assert exports.current() == builder.to_python()
    assert "BatchPoolCreateOptions" in exports.text.value
    exports.view.value = "az"
    assert exports.current() == builder.to_cli()
    assert "POSIX" in exports.note.value
    builder.allow_ssh, builder.ssh_sources = True, ("*",)
    assert "Reads other.json" in exports.note.value
    exports.view.value = "Checks"
    assert builder.checks in exports.children


def test_the_text_is_made_when_it_is_wanted(builder, monkeypatch):
    made = []
    monkeypatch.setattr(type(builder), "to_python", lambda _self: made.append(1) or "code")
    builder.pool_id = "a"
    settle(builder)
    assert made == []
    builder.exports.view.value = "Python"
    assert made == [1]
    sent = []
    monkeypatch.setattr(builder.exports.copy, "send", sent.append)
    builder.exports.copy._on_text_wanted({"page": "p", "request": 3})
    assert sent == [{"type": "text", "page": "p", "request": 3, "text": "code"}]


def test_an_empty_form_can_be_exported_too(account):
    builder = bw.PoolBuilder(account)
    for view in ("Python", "JSON", "az"):
        builder.exports.view.value = view
        assert builder.exports.current()
    builder.close()
