"""The pool builder in JupyterLab: the same pool as Python, JSON and a command, beside the form."""

from __future__ import annotations

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
    view("az")
    output.get_by_text("--json-file nightly-run.json").wait_for()
    output.get_by_text("Reads nightly-run.json").wait_for()
    view("Checks")
    output.get_by_text("Nothing is wrong with this pool.").wait_for()
