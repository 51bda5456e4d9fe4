"""The pool builder in JupyterLab: the same pool as Python, JSON and a command, beside the form."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conftest import Notebook

CONNECT = "import batch_widgets as bw\naccount = bw.connect_demo(nodes=0, speed=50)"
BUILDER = """builder = bw.PoolBuilder(
    account, pool_id="analysis", vm_size="Standard_D2s_v3", target_dedicated_nodes=2, allow_ssh=True,
    image=bw.select_image(account.list_supported_images(), "ubuntu 22.04", latest=True), ssh_sources=("127.0.0.1",))
builder"""


def test_a_pool_is_carried_away(notebook: Notebook):
    page = notebook.page
    notebook.open(CONNECT, BUILDER)
    notebook.run(0)
    output = notebook.run(1, "text=Create pool")

    def view(name: str) -> None:
        output.get_by_role("button", name=name, exact=True).click()

    view("JSON")
    output.get_by_text('"id": "analysis"').wait_for()
    output.locator("input[type=text]").first.fill("nightly-run")
    output.get_by_text('"id": "nightly-run"').wait_for()
    with page.expect_download() as download:
        output.get_by_role("button", name="Save as file").click()
    assert download.value.suggested_filename == "nightly-run.json"
    saved = json.loads(Path(download.value.path()).read_text(encoding="utf-8"))
    assert saved == json.loads(notebook.python("print(builder.to_json())"))
    view("Python")
    output.get_by_text("models.BatchPoolCreateOptions(").wait_for()
    output.get_by_role("button", name="Copy", exact=True).click()
    assert notebook.clipboard("BatchPoolCreateOptions").strip() == notebook.python("print(builder.to_python())")
    view("Bicep")
    output.get_by_text("resource pool 'Microsoft.Batch/batchAccounts/pools").wait_for()
    view("az")
    output.get_by_text("--json-file nightly-run.json").wait_for()
    output.get_by_text("Reads nightly-run.json").wait_for()
    view("Checks")
    output.get_by_text("Nothing is wrong with this pool.").wait_for()


EMPTY = "builder = bw.PoolBuilder(account)\nbuilder"
CREATED = "account.get_pool('article').body"


def row(output, label: str):
    """The form's row with this label."""
    return output.locator(".bw-row", has=output.page.get_by_text(label, exact=True)).first


def test_the_articles_pool_by_mouse_and_keyboard(notebook: Notebook):
    page = notebook.page
    notebook.open(CONNECT, EMPTY)
    notebook.run(0)
    output = notebook.run(1, "text=Create pool")
    notebook.python("account.list_supported_images()")
    row(output, "Pool id").locator("input").click()
    page.keyboard.type("article")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.type("Standard_D2s_v3")
    output.get_by_role("button", name="Type it in").click()
    for label, text in (
        ("Publisher", "canonical"),
        ("Offer", "0001-com-ubuntu-server-jammy"),
        ("SKU", "22_04-lts"),
        ("Node agent", "batch.node.ubuntu 22.04"),
    ):
        row(output, label).locator("input").click()
        page.keyboard.type(text)
    row(output, "Nodes").locator("input").first.fill("1")
    row(output, "Command").locator("input").click()
    page.keyboard.type("echo $AZ_BATCH_NODE_STARTUP_DIR")
    output.get_by_role("button", name="Wrap in /bin/bash -c").click()
    output.get_by_text("Run as administrator").click()
    output.get_by_text("Allow SSH (port 22)").click()
    output.get_by_role("button", name="Add this kernel's address").click()
    output.get_by_text("1000 allow 127.0.0.1; 4096 deny *").wait_for()
    output.get_by_text("Pool id is free in this account.").wait_for()
    output.get_by_role("button", name="Create pool").click()
    output.get_by_text("1 idle").first.wait_for()
    body = ast.literal_eval(notebook.python(f"print({CREATED})"))
    assert body["vmSize"] == "Standard_D2s_v3"
    assert body["virtualMachineConfiguration"]["nodeAgentSKUId"] == "batch.node.ubuntu 22.04"
    assert body["startTask"]["commandLine"] == "/bin/bash -c 'echo $AZ_BATCH_NODE_STARTUP_DIR'"
    assert body["startTask"]["userIdentity"]["autoUser"]["elevationLevel"] == "admin"
    (nat,) = body["networkConfiguration"]["endpointConfiguration"]["inboundNATPools"]
    assert nat["backendPort"] == 22
    # And from Python in one expression.
    notebook.python(
        "again = bw.PoolBuilder(account, pool_id='again', vm_size='Standard_D2s_v3', target_dedicated_nodes=1,"
        " image=bw.select_image(account.known_images, 'ubuntu 22.04', latest=True), start_task_elevated=True,"
        " start_task_command_line=builder.start_task_command_line, allow_ssh=True,"
        " ssh_sources=('127.0.0.1',)).create().result(60)"
    )
    ours = ast.literal_eval(notebook.python("print(account.get_pool('again').body)"))
    for name in ("vmSize", "virtualMachineConfiguration", "startTask", "networkConfiguration"):
        assert ours[name] == body[name]
    assert notebook.errors == []


def test_what_the_builder_sends(notebook: Notebook):
    notebook.open(CONNECT, "bw.SkuBrowser(account)", EMPTY, "builder.form.sections.open_section('Network')")
    notebook.run(0)
    notebook.run(1, ".bw [role=grid] [role=row][aria-rowindex='2']")  # brings the code that all widgets share
    before = notebook.traffic.received_bytes
    output = notebook.run(2, "text=Create pool")
    notebook.python("account.runner.drain()")
    opened = notebook.traffic.received_bytes - before
    assert 0 < opened < 150_000
    # A section travels when it is opened.
    assert output.get_by_text("Accelerated networking").count() == 0
    notebook.run(3)
    output.get_by_text("Accelerated networking").wait_for()
    assert notebook.traffic.received_bytes - before > opened


def test_a_pool_is_brought_in_and_edited(notebook: Notebook):
    page = notebook.page
    notebook.open(CONNECT, EMPTY)
    notebook.run(0)
    output = notebook.run(1, "text=Create pool")
    output.get_by_role("button", name="Load…").click()
    field = output.locator(".bw-source .bw-secret input")
    field.click()
    page.keyboard.insert_text(json.dumps(PASTED))
    output.get_by_role("button", name="Load JSON").click()
    output.get_by_text("1 problem to solve first: user accounts").wait_for()
    assert row(output, "Pool id").locator("input").input_value() == "pasted"
    output.get_by_role("button", name="Go to field").first.click()
    output.get_by_text("User account 1", exact=True).wait_for()
    page.wait_for_function("document.activeElement.closest('.bw-at-user_accounts') !== null")
    secret = output.locator(".bw-at-user_accounts .bw-secret input").first
    secret.fill("s3cret-by-hand")
    secret.press("Enter")
    output.get_by_text("problem to solve first").wait_for(state="detached")
    output.get_by_role("button", name="Add user account").click()
    output.get_by_text("User account 2", exact=True).wait_for()
    output.locator(".bw-at-user_accounts").get_by_role("button", name="Remove").nth(1).click()
    output.get_by_text("User account 2", exact=True).wait_for(state="detached")
    assert notebook.python("print(builder.user_accounts[0]['password'])") == "s3cret-by-hand"
    assert notebook.python("print('resourceTags.cost' in builder.spec.kept)") == "True"
    notebook.save_widget_state()
    saved = json.dumps(notebook.save())
    assert "pasted" in saved
    assert "s3cret-by-hand" not in saved
    assert "s3cret-pasted" not in saved
    output.get_by_role("button", name="Create pool").click()
    notebook.wait_python("builder.creation and builder.creation.status", "done", 30)
    output.get_by_role("button", name="Reset…").click()
    output.get_by_role("button", name="Reset form").click()
    notebook.wait_python("builder.pool_id", "")


PASTED = {
    "id": "pasted",
    "vmSize": "Standard_D2s_v3",
    "virtualMachineConfiguration": {
        "imageReference": {"publisher": "canonical", "offer": "0001-com-ubuntu-server-jammy", "sku": "22_04-lts"},
        "nodeAgentSKUId": "batch.node.ubuntu 22.04",
    },
    "targetDedicatedNodes": 1,
    "userAccounts": [{"name": "bob", "password": {"$secret": "POOL_USER_ACCOUNTS_0_PASSWORD"}}],
    "mountConfiguration": [
        {
            "cifsMountConfiguration": {
                "username": "u",
                "password": "s3cret-pasted",
                "source": "//x/y",
                "relativeMountPath": "data",
            }
        }
    ],
    "resourceTags": {"cost": "42"},
}
