"""The table of VM sizes in JupyterLab: opened, filtered, picked from by mouse and by keyboard; and the cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Notebook
    from playwright.sync_api import Locator

CONNECT = "import batch_widgets as bw\naccount = bw.connect_demo(nodes=0, speed=50)"
BUILDER = """builder = bw.PoolBuilder(
    account, pool_id="analysis", target_dedicated_nodes=2,
    image=bw.select_image(account.list_supported_images(), "ubuntu 22.04", latest=True))
builder"""
ROW = "[role=row][data-key]"
SEARCH = "Search name, family, processor"


@pytest.fixture
def builder(notebook: Notebook) -> Locator:
    notebook.page.set_viewport_size({"width": 1440, "height": 1400})
    notebook.open(CONNECT, BUILDER, "builder.vm_size")
    notebook.run(0)
    return notebook.run(1, "text=Create pool")


def open_table(builder: Locator) -> None:
    builder.get_by_role("button", name="Choose…").click()
    builder.locator(ROW).first.wait_for()


def counted(notebook: Notebook) -> str:
    return notebook.python(
        "print(len(builder.sizing.picker.visible_frame), 'of', len(builder.sizing.picker.frame), 'sizes')"
    )


def test_a_size_is_found_and_picked_by_mouse(notebook: Notebook, builder: Locator):
    open_table(builder)
    fitting = counted(notebook)
    builder.get_by_text(fitting).wait_for()
    builder.get_by_text("published 24 Jun 2024").wait_for()
    builder.get_by_text("made-up prices in USD").wait_for()
    builder.get_by_role("button", name="GPU", exact=True).click()
    builder.get_by_text("1 NVIDIA").first.wait_for()
    assert counted(notebook) != fitting
    builder.get_by_text(counted(notebook)).wait_for()
    builder.get_by_placeholder(SEARCH).fill("nc4as_t4")
    builder.locator(ROW).get_by_text("Standard_NC4as_T4_v3").click()
    notebook.wait_python("builder.vm_size", "Standard_NC4as_T4_v3")
    builder.get_by_text("4 cores, 28 GB, 1 NVIDIA, Gen 1 and Gen 2").wait_for()
    builder.get_by_text("the list names no driver in this image").first.wait_for()
    builder.get_by_role("button", name="Close", exact=True).click()
    builder.get_by_placeholder(SEARCH).wait_for(state="detached")


def test_a_size_is_found_and_picked_by_keyboard(notebook: Notebook, builder: Locator):
    page = notebook.page
    builder.get_by_role("button", name="Choose…").focus()
    page.keyboard.press("Enter")
    builder.locator(ROW).first.wait_for()
    search = builder.get_by_placeholder(SEARCH)
    page.wait_for_function("text => document.activeElement?.placeholder === text", arg=SEARCH)
    page.keyboard.type("standard_d4s_v3")
    builder.locator(ROW).get_by_text("Standard_D4s_v3").wait_for()
    page.wait_for_function("() => document.querySelectorAll('.bw [role=row][data-key]').length === 1")
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("() => document.activeElement?.closest('[role=grid]') !== null"):
            break
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    notebook.wait_python("builder.vm_size", "Standard_D4s_v3")
    search.wait_for(state="detached")
    page.wait_for_function("() => document.activeElement?.textContent?.includes('Choose')")
    assert notebook.cell_count == 3


def test_the_cost_follows_the_form(notebook: Notebook, builder: Locator):
    builder.get_by_placeholder("Standard_D2s_v3").fill("Standard_D2s_v3")
    builder.get_by_text("2 simulated nodes, about 0.144 USD an hour at made-up prices. Nothing is charged.").wait_for()
    builder.get_by_role("button", name="Cost", exact=True).click()
    builder.get_by_text("105.12 USD").wait_for()
    builder.get_by_text("Batch itself costs nothing.").wait_for()
    builder.locator(".bw-side select").select_option("EUR")
    builder.get_by_text("94.61 EUR").wait_for()
    notebook.python("builder.target_low_priority_nodes = 3")
    builder.get_by_text("is not verified", exact=False).first.wait_for()
    builder.get_by_text("5 simulated nodes, about 0.168 EUR an hour", exact=False).wait_for()


def test_a_pool_beyond_the_quota_is_stopped(notebook: Notebook, builder: Locator):
    notebook.python('builder.vm_size = "Standard_D64s_v3"; builder.target_dedicated_nodes = 8')
    builder.get_by_text(
        "8 dedicated nodes need 512 cores; the account's quota of dedicated cores is 500."
    ).first.wait_for()
    assert builder.get_by_role("button", name="Create pool").is_disabled()
    notebook.python("builder.target_dedicated_nodes = 7")
    builder.get_by_text("7 simulated nodes", exact=False).wait_for()


def test_pictures(notebook: Notebook, builder: Locator):
    open_table(builder)
    builder.get_by_text("made-up prices in USD").wait_for()
    notebook.python('builder.vm_size = "Standard_NC16as_T4_v3"')
    builder.get_by_role("button", name="Cost", exact=True).click()
    builder.get_by_text("A month, 730 hours").wait_for()
    for theme in ("light", "dark"):
        if notebook.takes_pictures:
            notebook.theme(theme)
            notebook.page.wait_for_timeout(300)
            notebook.screenshot(builder, f"size-picker-{theme}")
