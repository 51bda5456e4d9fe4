"""What is wrong with a node, seen and clicked in the page: start task, files and a download, logs, actions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from accessibility import Axe

if TYPE_CHECKING:
    from conftest import Notebook
    from playwright.sync_api import Locator

CONNECT = """
import batch_widgets as bw
from batch_widgets.demo import DemoService
from batch_widgets.widgets import lean
from batch_widgets.widgets.frame import Frame
from batch_widgets.widgets.node_actions import NodeActions
from batch_widgets.widgets.node_details import NodeDetails
service = DemoService(nodes=2, speed=300)
service.start()
account = bw.connect(service.endpoint, account_name=service.account_name, account_key=service.account_key)
account.poll_interval_s = 0.05
lines = "; ".join(f"echo step {number}: fetching part {number} of the data" for number in range(60))
spec = bw.PoolSpec(
    pool_id="broken", image=bw.select_image(account.list_supported_images(), "ubuntu 22.04", latest=True),
    vm_size="Standard_D2s_v3", target_dedicated_nodes=1, start_task_wait_for_success=True,
    start_task_command_line=f"/bin/sh -c '{lines}; echo \\"<b>kept</b>\\" > note; apt-get install nonsense'")
account.create_pool(spec).exception(60)
(node,) = account.list_nodes("broken")
"""
DETAILS = """
frame = Frame()
details = NodeDetails(account, settle=frame.settle)
box = lean.VBox((details, frame))
box.add_class("bw")
details.show_node("broken", node)
box"""
ACTIONS = """
started = []
frame2 = Frame()
actions = NodeActions(account, lambda operation, title: started.append(operation), focus=frame2.focus)
box2 = lean.VBox((actions, frame2))
box2.add_class("bw")
from dataclasses import replace
nodes = account.list_nodes("demo")
actions.set_nodes("demo", [replace(one, running_tasks_count=1) for one in nodes])
box2"""


@pytest.fixture
def opened(notebook: Notebook) -> Notebook:
    notebook.page.set_viewport_size({"width": 1440, "height": 1600})
    notebook.open(CONNECT, DETAILS, ACTIONS)
    notebook.run(0)
    notebook.wait_python("'node' in globals()", expected=True, seconds=60)
    yield notebook
    notebook.python("account.close(); service.stop()")


def both_themes(notebook: Notebook, output: Locator, name: str) -> None:
    if notebook.takes_pictures:
        for theme in ("light", "dark"):
            notebook.theme(theme)
            notebook.page.wait_for_timeout(300)
            notebook.screenshot(output, f"{name}-{theme}")


def test_a_start_task_that_failed(opened: Notebook):
    output = opened.run(1, "text=command not found >> nth=0")
    output.get_by_text("step 59", exact=False).wait_for()
    end = output.get_by_role("region", name="End of stdout.txt")
    both_themes(opened, output, "node-details-start-task")
    at_its_end = """one => one.scrollHeight > one.clientHeight
        && one.firstChild.getBoundingClientRect().bottom <= one.getBoundingClientRect().bottom"""
    opened.page.wait_for_function(at_its_end, arg=end.element_handle())
    Axe(opened).check(output.locator(".bw").first, "details", 15)
    output.get_by_role("button", name="Close").click()
    output.get_by_role("region", name="End of stdout.txt").wait_for(state="hidden")


def test_files_are_looked_at_and_saved(opened: Notebook):
    output = opened.run(1, "text=step 59")
    output.get_by_role("button", name="Files", exact=True).click()
    output.get_by_text("startup/wd/note").click()
    output.get_by_text("<b>kept</b>").wait_for()
    both_themes(opened, output, "node-details-files")
    Axe(opened).check(output.locator(".bw").first, "files", 15)
    with opened.page.expect_download() as download:
        output.get_by_role("button", name="Download").click()
    assert download.value.suggested_filename == "note"
    assert download.value.path().read_bytes() == b"<b>kept</b>\n"


def test_the_url_for_logs_reaches_the_kernel_as_a_message_only(opened: Notebook):
    output = opened.run(1, "text=step 59")
    output.get_by_role("button", name="Service logs").click()
    field = output.locator(".bw-secret-field input")
    field.fill("https://contoso.blob.core.windows.net/logs")
    output.get_by_role("button", name="Upload logs").click()
    output.get_by_text("no shared access signature").wait_for()
    both_themes(opened, output, "node-details-logs")
    Axe(opened).check(output.locator(".bw").first, "logs", 10)
    field.fill("https://contoso.blob.core.windows.net/logs?sp=rw&sig=c2VudGluZWw")
    field.press("Enter")
    output.get_by_text("Batch puts 8 files").wait_for()
    both_themes(opened, output, "node-details-uploaded")
    assert field.input_value() == ""
    opened.save_widget_state()
    assert "c2VudGluZWw" not in str(opened.save())


def test_actions_ask_first(opened: Notebook):
    output = opened.run(2, "text=Selected: 2 idle")
    output.get_by_role("button", name="Reimage…").click()
    output.get_by_text("Reimage 2 nodes?").wait_for()
    opened.page.wait_for_function("() => document.activeElement.textContent === 'Leave as is'")
    output.get_by_label("Tasks that run on them").select_option("are waited for")
    both_themes(opened, output, "node-actions-question")
    Axe(opened).check(output.locator(".bw").first, "actions", 8)
    opened.page.keyboard.press("Escape")
    output.get_by_text("Reimage 2 nodes?").wait_for(state="hidden")
    opened.page.wait_for_function("() => document.activeElement.textContent.includes('Reimage')")
    assert opened.python("print(len(started))") == "0"
    output.get_by_role("button", name="Reboot…").click()
    output.get_by_role("button", name="Reboot 2 nodes").click()
    opened.wait_python("[list(one.result(10)['outcome']) for one in started]", [["done", "done"]])
