"""The SKU browser in JupyterLab: filters, groups, the pick, what is taken away, and accessibility."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from accessibility import Axe

if TYPE_CHECKING:
    from conftest import Notebook
    from playwright.sync_api import Locator

CONNECT = "import batch_widgets as bw\naccount = bw.connect_demo(nodes=2, speed=50)"
ROW = "[role=row][data-key]"


@pytest.fixture
def browser(notebook: Notebook) -> Locator:
    notebook.open(CONNECT, "browser = bw.SkuBrowser(account)\nbrowser", "browser.selected")
    notebook.run(0)
    return notebook.run(1, f".bw {ROW}")


def count(notebook: Notebook) -> str:
    return notebook.python("print(len(browser.visible_frame), 'of', len(browser.frame), 'images')")


def wait_for_count(notebook: Notebook, browser: Locator, expression: str) -> None:
    """Wait until the header tells what an expression over the frame gives in Python."""
    wanted = notebook.python(f"f = browser.frame; print(int(({expression}).sum()), 'of', len(f), 'images')")
    browser.get_by_text(wanted, exact=False).first.wait_for()
    assert count(notebook) == wanted
    rows = int(wanted.split()[0])
    browser.locator(f"[role=grid][aria-rowcount='{rows + 1}']").wait_for()


TODAY = "(f.support != 'ended')"


def test_each_filter_by_mouse(notebook: Notebook, browser: Locator):
    wait_for_count(notebook, browser, f"f.verified & {TODAY}")
    for name, flag in (("Containers", "containers"), ("GPU driver", "gpu_driver"), ("RDMA", "rdma")):
        browser.get_by_role("button", name=name, exact=True).click()
        wait_for_count(notebook, browser, f"f.verified & {TODAY} & f.{flag}.fillna(False)")
        browser.get_by_role("button", name=name, exact=True).click()
    browser.get_by_role("button", name="Verified only").click()
    wait_for_count(notebook, browser, TODAY)
    browser.get_by_role("button", name="Supported today").click()
    wait_for_count(notebook, browser, "f.verified | True")
    system, distribution = browser.locator(".bw-select select").nth(0), browser.locator(".bw-select select").nth(1)
    system.select_option(label="Windows")
    wait_for_count(notebook, browser, "f.os_type == 'windows'")
    system.select_option(label="Any system")
    distribution.select_option(label="AlmaLinux")
    wait_for_count(notebook, browser, "f.distribution == 'AlmaLinux'")
    assert notebook.python("print(browser.distribution)") == "AlmaLinux"
    distribution.select_option(label="Any distribution")
    browser.get_by_placeholder("Search agent").fill("hpc gen 2")
    wait_for_count(notebook, browser, "f.offer.str.contains('hpc') & (f.generation == 2).fillna(False)")
    # what a cell doesn't show is found too: a capability's own name, what it is for, the distribution
    for words, flag in (("NvidiaTeslaDriverInstalled", "gpu_driver"), ("containers", "containers")):
        browser.get_by_placeholder("Search agent").fill(words)
        wait_for_count(notebook, browser, f"f.{flag}.fillna(False)")
    browser.get_by_placeholder("Search agent").fill("Windows Server")
    wait_for_count(notebook, browser, "f.distribution == 'Windows Server'")
    notebook.python("browser.rdma = True; browser.os_type = 'windows'")
    browser.get_by_text("No image is left").wait_for()
    browser.get_by_role("button", name="Clear filters").click()
    wait_for_count(notebook, browser, "f.verified | True")


def test_groups_and_the_pick_by_keyboard_alone(notebook: Notebook, browser: Locator):
    page = notebook.page
    browser.get_by_placeholder("Search agent").focus()
    for _ in range(30):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.getAttribute('role')") == "grid":
            break
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    notebook.wait_python("browser.selected is not None", expected=True)
    first = notebook.python("print(browser.selected.key)")
    assert first == notebook.python("print(browser.visible_frame.index[1])")
    for _ in range(30):
        page.keyboard.press("Shift+Tab")
        if page.evaluate("document.activeElement.textContent.trim()") in {"List", "By node agent"}:
            break
    while page.evaluate("document.activeElement.textContent.trim()") != "By node agent":
        page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    browser.locator("[role=treegrid]").wait_for()
    agents = notebook.python("print(len({i.node_agent_sku_id for i in browser._visible()}))")
    assert browser.locator("[aria-expanded]").count() == int(agents)
    browser.get_by_text(f"{agents} node agents").wait_for()
    # the group of the pick is open, and the others are closed
    assert browser.locator("[aria-expanded=true]").count() == 1
    browser.locator("[role=treegrid]").focus()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    notebook.wait_python(f"browser.selected.key != {first!r}", expected=True)
    assert notebook.python("print(browser.selected.node_agent_sku_id)") == notebook.python(
        "print(sorted(browser.visible_frame.node_agent_sku_id)[0])"
    )
    picked = notebook.python("print(browser.selected.node_agent_sku_id)")
    marked = page.evaluate(
        "document.getElementById(document.activeElement.getAttribute('aria-activedescendant'))"
        ".closest('[role=row]').dataset.key"
    )
    assert marked == notebook.python("print(browser.selected.key)")
    assert browser.locator("[aria-expanded=true]").first.inner_text().startswith(picked)
    page.keyboard.press("Home")
    page.keyboard.press("ArrowLeft")
    browser.locator("[aria-expanded]").first.and_(browser.locator("[aria-expanded=false]")).wait_for()
    assert notebook.cell_count == 3


def test_the_grouped_view_is_the_list_of_node_agents(notebook: Notebook, browser: Locator):
    notebook.python("browser.clear_filters(); browser.verified_only = True; browser.by_node_agent = True")
    browser.locator("[role=treegrid] [aria-expanded]").first.wait_for()
    listed = json.loads(
        notebook.python(
            "import json; print(json.dumps(sorted((a.id, len(a.verified_image_references)) "
            "for a in account.list_node_agent_skus())))"
        )
    )
    browser.get_by_text(f"{len(listed)} node agents").wait_for()
    shown = [heading.inner_text() for heading in browser.locator("[aria-expanded]").all()]
    assert len(shown) == len(listed)
    for agent, images in listed:
        (text,) = [text for text in shown if text.split("\n")[0] == agent]
        assert text.split("\n")[1].startswith(str(images))


def test_sorting_by_the_end_of_support(notebook: Notebook, browser: Locator):
    notebook.python("browser.clear_filters()")
    wait_for_count(notebook, browser, "f.verified | True")
    heading = browser.get_by_role("columnheader", name="Support ends")
    ends = "f.batch_support_end_of_life.dropna()"
    for order, which in (("ascending", "min"), ("descending", "max")):
        heading.click()
        browser.locator(f"[role=columnheader][aria-sort={order}]").wait_for()
        first = browser.locator("[role=row][aria-rowindex='2']").get_attribute("data-key")
        wanted = notebook.python(f"f = browser.frame; e = {ends}; print(list(e[e == e.{which}()].index))")
        assert repr(first) in wanted
    # images without a date stand last in either order
    browser.locator("[role=grid]").focus()
    notebook.page.keyboard.press("End")
    last = browser.locator(f"{ROW}[aria-rowindex='78']")
    last.wait_for()
    assert "no date" in last.inner_text()


def test_copying_and_downloading(notebook: Notebook, browser: Locator):
    page = notebook.page
    browser.get_by_placeholder("Search agent").fill("jammy")
    wait_for_count(notebook, browser, f"f.verified & {TODAY} & f.offer.str.contains('jammy')")
    browser.get_by_role("button", name="Copy table as Markdown").click()
    browser.get_by_role("button", name="Copied").wait_for()
    lines = notebook.clipboard("| node").splitlines()
    assert lines[0].startswith("| node\\_agent\\_sku\\_id |")
    assert len(lines) - 2 == int(notebook.python("print(len(browser.visible_frame))"))
    with page.expect_download() as download:
        browser.get_by_role("button", name="Download CSV").click()
    assert download.value.suggested_filename == "images.csv"
    with Path(download.value.path()).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["sku"] for row in rows] == notebook.python("print(*browser.visible_frame.sku)").split()
    browser.locator(ROW).first.click()
    browser.locator("[role=grid]").focus()
    page.keyboard.press("Control+C")
    cells = notebook.clipboard("\t").split("\t")
    assert cells[:4] == notebook.python(
        "i = browser.selected; print(i.node_agent_sku_id, i.publisher, i.offer, i.sku, sep='\\t')"
    ).split("\t")
    browser.get_by_role("button", name="Copy row").click()
    assert notebook.clipboard("\tlinux\t").split("\t")[:3] == [cells[0], "linux", cells[1]]
    browser.get_by_role("button", name="Copy as Python").click()
    code = notebook.clipboard("from azure.batch")
    notebook.python(code + "assert virtual_machine_configuration.node_agent_sku_id == 'batch.node.ubuntu 22.04'")
    shown = notebook.run(2, "code").inner_text()
    assert "models.BatchVmImageReference(" in shown


def test_affected_pools_and_a_gallery_image(notebook: Notebook, browser: Locator):
    browser.get_by_role("button", name="Which of my pools are affected").click()
    browser.get_by_text("2 of 5 pools are on images").wait_for()
    assert browser.get_by_text("that the list does not have").count() == 0
    assert "none evident" in browser.locator(f"{ROW}[data-key=nightly]").inner_text()
    browser.locator(f"{ROW}[data-key=reports]").get_by_role("button", name="Pick").click()
    notebook.wait_python("browser.selected.sku", "2025-datacenter")
    browser.get_by_role("button", name="Close").click()
    browser.get_by_role("button", name="Use a gallery image").click()
    field = browser.get_by_placeholder("/subscriptions/…", exact=False)
    field.fill("/sharedGalleries/mine")
    browser.get_by_role("button", name="Pick this image").click()
    browser.get_by_text("This is not the id of a gallery image", exact=False).wait_for()
    field.fill("/sharedGalleries/0-mine/images/tools/versions/1.0.0")
    browser.get_by_role("button", name="Pick this image").click()
    notebook.wait_python(
        "getattr(browser.selected, 'image_id', '')", "/sharedGalleries/0-mine/images/tools/versions/1.0.0"
    )
    notebook.python(
        "spec = bw.PoolSpec(pool_id='mine', vm_size='Standard_D2s_v3', image=browser.selected, "
        "target_dedicated_nodes=1); account.create_pool(spec).result(30)"
    )


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_accessibility(notebook: Notebook, browser: Locator, theme: str):
    notebook.theme(theme)
    axe = Axe(notebook)
    root = browser.locator(".bw").first
    browser.locator(ROW).first.click()
    axe.check(root, "the list")
    browser.get_by_role("button", name="Which of my pools are affected").click()
    browser.get_by_text("2 of 5 pools are on images").wait_for()
    browser.get_by_role("button", name="Use a gallery image").click()
    browser.get_by_role("button", name="Pick this image").click()
    browser.get_by_text("This is not the id of a gallery image", exact=False).wait_for()
    browser.get_by_role("button", name="Column filters").click()
    notebook.python("browser.verified_only = browser.supported_today = False")
    browser.locator(".bw-pill", has_text="unverified").first.wait_for()
    axe.check(root, "with all sections open")
    notebook.python("browser.by_node_agent = True")
    browser.locator("[role=treegrid]").wait_for()
    axe.check(root, "by node agent")
    notebook.python("browser.search = 'nothing like it'")
    browser.get_by_text("No image is left").wait_for()
    axe.check(root, "empty")
    # and it would find what is wrong: a button without a name, and a text that is hardly darker than what it stands on
    browser.locator(".bw-head").first.evaluate(
        """(head) => {
            const ground = getComputedStyle(head.closest(".bw")).backgroundColor;
            head.insertAdjacentHTML("afterbegin", `<button></button><b>hardly there</b>`);
            head.querySelector("b").style.color = `color-mix(in srgb, ${ground}, #888 30%)`;
        }"""
    )
    assert {one["id"] for one in axe.findings(root)} == {"button-name", "color-contrast"}
