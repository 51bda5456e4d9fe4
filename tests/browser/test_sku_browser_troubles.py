"""The SKU browser in JupyterLab when things go wrong: failed loads, unreadable rows, hostile ones, no kernel."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from accessibility import Axe

if TYPE_CHECKING:
    from conftest import Notebook
    from playwright.sync_api import Locator

TESTS = Path(__file__).parents[1]
ROW = "[role=row][data-key]"
CONNECT = f"""
import sys
sys.path.append({str(TESTS)!r})
from hostile_images import MALFORMED, hostile_images, let_it_send
import batch_widgets as bw
from batch_widgets.demo import DemoService
service = DemoService(nodes=0).start()
account = bw.connect(service.endpoint, account_name=service.account_name, account_key=service.account_key)
"""
BROWSER = "browser = bw.SkuBrowser(account)\nbrowser"
FAULT = 'service.faults.add("error operation=list_supported_images status=503")'


def open_browser(notebook: Notebook, before: str = "", selector: str = f".bw {ROW}") -> Locator:
    notebook.open(CONNECT + before, BROWSER)
    notebook.run(0)
    return notebook.run(1, selector)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_failed_load_keeps_the_rows_and_offers_to_try_again(notebook: Notebook, theme: str):
    out = open_browser(notebook)
    notebook.theme(theme)
    rows = out.locator(ROW).all_inner_texts()
    notebook.python(FAULT)
    out.get_by_role("button", name="Refresh").click()
    again = out.get_by_role("button", name="Try again")
    again.wait_for()
    out.get_by_text("27 of 77 images from", exact=False).first.wait_for()
    assert out.locator(ROW).all_inner_texts() == rows
    assert notebook.python("print(len(browser.frame))") == "77"
    out.get_by_text("Details").click()
    Axe(notebook).check(out.locator(".bw").first, "a failed load")
    notebook.screenshot(out, f"sku-browser-failed-{theme}")
    again.click()  # fails again, and says so again
    again.wait_for(state="hidden")
    again.wait_for()
    notebook.python("service.faults.clear()")
    again.click()
    again.wait_for(state="hidden")
    out.get_by_text("images from", exact=False).first.wait_for(state="detached")
    assert out.locator(ROW).all_inner_texts() == rows


def test_a_first_load_that_fails_can_be_tried_again(notebook: Notebook):
    out = open_browser(notebook, FAULT, "text=Try again")
    out.get_by_text("Loading the images has failed.").wait_for()
    assert out.locator(ROW).count() == 0
    notebook.python("service.faults.clear()")
    out.get_by_role("button", name="Try again").click()
    out.locator(ROW).first.wait_for()
    out.get_by_text("27 of 77 images", exact=False).first.wait_for()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_rows_that_can_not_be_read_are_shown_and_counted(notebook: Notebook, theme: str):
    send = "let_it_send(service, [*MALFORMED, *service._state.images.images])"
    out = open_browser(notebook, send, "text=could not be read in full")
    notebook.theme(theme)
    out.get_by_text("7 of 84 rows could not be read in full.").wait_for()
    out.get_by_role("button", name="Clear filters").click()
    out.get_by_text("84 of 84 images", exact=False).first.wait_for()
    out.locator("[role=grid][aria-rowcount='85']").wait_for()
    out.locator(ROW, has_text="batch.node.x").first.wait_for()
    Axe(notebook).check(out.locator(".bw").first, "rows that can't be read")
    notebook.screenshot(out, f"sku-browser-malformed-{theme}")


def test_a_hostile_list_shows_as_text(notebook: Notebook):
    out = open_browser(notebook, "let_it_send(service, hostile_images(5000))")
    out.get_by_role("button", name="Clear filters").click()
    out.get_by_text("5000 of 5000 images", exact=False).first.wait_for()
    out.locator("[role=grid][aria-rowcount='5001']").wait_for()
    out.locator(ROW).first.click()
    notebook.wait_python("browser.selected.key == browser.frame.index[0]", expected=True)
    notebook.page.keyboard.press("End")
    out.locator(f"{ROW}[aria-rowindex='5001']").wait_for()
    notebook.page.keyboard.press("Enter")
    notebook.wait_python("browser.selected == browser.images[-1]", expected=True)
    notebook.screenshot(out, "sku-browser-hostile")
    out.get_by_role("button", name="By node agent").click()
    out.locator("[role=treegrid]").wait_for()
    out.get_by_text("7 node agents").wait_for()
    out.get_by_role("button", name="Which of my pools are affected").click()
    out.get_by_text("are on images that the list does not have", exact=False).wait_for()
    out.get_by_placeholder("Search agent").fill("no such image")
    out.get_by_text("the search hides 5000").wait_for()
    assert out.locator("img").count() == 0
    assert "owned" not in notebook.page.title()


def test_without_a_kernel_the_images_stand_in_a_table(notebook: Notebook, tmp_path: Path):
    notebook.open(CONNECT, BROWSER.replace("\nbrowser", "\nbrowser.frame\nbrowser"))  # once the list is here
    notebook.run(0)
    out = notebook.run(1, f".bw {ROW}")
    out.get_by_text("27 of 77 images", exact=False).first.wait_for()
    saved = notebook.save()
    (shown,) = saved["cells"][1]["outputs"]
    assert "<table>" in "".join(shown["data"]["text/html"])
    page = tmp_path / "page.html"
    subprocess.run(
        [sys.executable, "-m", "nbconvert", "--to", "html", "--output", str(page), str(notebook.path)],
        check=True,
        capture_output=True,
    )
    # what a page shows where nobody makes a widget of it
    html = page.read_text(encoding="utf-8")
    assert "27 of 77 images of" in html
    assert html.count("batch.node.windows amd64") >= 10
    # JupyterLab makes a widget of it from the saved state, if there is one
    notebook.save_widget_state()
    notebook.save()
    notebook.page.goto("about:blank")
    notebook.lab.end_kernels()
    notebook.visit()
    out = notebook.page.locator(".jp-OutputArea").nth(1)
    out.get_by_text("The kernel does not answer").first.wait_for()
    assert out.get_by_text("The kernel does not answer").count() == 1
    assert out.locator("td", has_text="batch.node.el 9").count() >= 1
    assert out.locator("td", has_text="verified").count() == 27
    notebook.screenshot(out, "sku-browser-no-kernel")
