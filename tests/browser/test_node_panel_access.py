"""The node panel by keyboard alone, and what axe says of it with every part open, light and dark."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from accessibility import Axe, settled
from node_panels import NodePanels, panels

if TYPE_CHECKING:
    from conftest import Notebook
    from playwright.sync_api import Locator

__all__ = ["panels"]

ANY_REBOOT = "service.requests['POST', 'reboot_node']"


def focused(notebook: Notebook, text: str) -> None:
    notebook.page.wait_for_function("(text) => document.activeElement.textContent.trim() === text", arg=text)


def press(notebook: Notebook, panel: Locator, name: str, key: str = "Enter") -> None:
    panel.get_by_role("button", name=name, exact=True).focus()
    notebook.page.keyboard.press(key)


def test_a_reboot_asks_and_the_keyboard_answers(notebook: Notebook, panels: NodePanels):
    panel = panels.open()
    panel.get_by_label(f"Select node {notebook.python('print(first.id)')}").focus()
    notebook.page.keyboard.press("Space")
    notebook.wait_python("panel.selected == (first.id,)", expected=True)
    press(notebook, panel, "Manage…", "Space")
    press(notebook, panel, "Reboot…")
    panel.get_by_text("Reboot 1 node?").wait_for()
    focused(notebook, "Leave as is")
    notebook.screenshot(panel, "node-panel-reboot")
    notebook.page.keyboard.press("Escape")
    panel.get_by_text("Reboot 1 node?").wait_for(state="hidden")
    focused(notebook, "Reboot…")
    notebook.page.keyboard.press("Enter")
    focused(notebook, "Leave as is")
    notebook.page.keyboard.press("Enter")
    panel.get_by_text("Reboot 1 node?").wait_for(state="hidden")
    focused(notebook, "Reboot…")
    assert notebook.python(f"print({ANY_REBOOT})") == "0"
    notebook.page.keyboard.press("Enter")
    focused(notebook, "Leave as is")
    notebook.page.keyboard.press("Tab")
    focused(notebook, "Reboot 1 node")
    notebook.page.keyboard.press("Enter")
    panel.get_by_text("1 done").wait_for()
    assert notebook.python(f"print({ANY_REBOOT}, first.state)") == "1 rebooting"


def open_everything(notebook: Notebook, panel: Locator) -> None:
    """Open every part of the panel that can stand beside the others."""
    notebook.python("service.break_node('demo', nodes[2].id); panel.refresh().result(30)")
    notebook.python("panel.selected = tuple(node.id for node in nodes[:2])")
    panel.get_by_text("2 of 3 selected").wait_for()
    panel.get_by_role("button", name="Users given").click()
    panel.get_by_role("button", name="Manage…").click()
    panel.get_by_role("button", name="Log in or run…").click()
    panel.get_by_placeholder("nvidia-smi").fill("uname -a; ls /missing")
    panel.get_by_role("button", name="Run on 2 nodes").click()
    panel.get_by_text("2 failed").wait_for()
    notebook.python("panel.add_user('bob', password='Pass-w0rd-here').result(30)")
    notebook.python("panel.add_user('bob', ssh_public_key=bw.own_key().line).result(30)")
    panel.get_by_role("button", name="Replace on 2 nodes…").click()
    panel.get_by_text("Replace bob on 2 nodes?").wait_for()
    panel.get_by_role("button", name="Reboot…").click()
    panel.get_by_text("Reboot 2 nodes?").wait_for()
    notebook.python("panel.connect(nodes[0].id, user='alice'); panel.connect(nodes[1].id, user='alice')")
    panel.get_by_text("connected", exact=True).locator("visible=true").wait_for()
    notebook.python("panel.show_details(nodes[0].id)")
    panel.get_by_role("button", name="Files", exact=True).wait_for()


def test_axe_finds_nothing_serious_with_every_part_open(notebook: Notebook, panels: NodePanels):
    panel = panels.open(nodes=3)
    panels.give_alice()
    open_everything(notebook, panel)
    root = panel.locator(".bw").first
    notebook.page.mouse.move(0, 0)
    axe = Axe(notebook)
    for theme in ("light", "dark"):
        notebook.theme(theme)
        settled(notebook, theme)
        for opens in ("Add user…", "Delete user…", "Log in or run…"):
            panel.get_by_role("button", name=opens).click()
            notebook.screenshot(panel, f"node-panel-open-{opens.split()[0].lower()}-{theme}")
            axe.check(root, f"{opens} {theme}")
    root.evaluate(
        "root => root.querySelector('.bw-selbar').insertAdjacentHTML('beforeend', '<button></button>"
        '<span style="color: #777; background: #888">hardly to be read</span>\')'
    )
    found = axe.findings(root)
    assert {"button-name", "color-contrast"} <= {one["id"] for one in found}, json.dumps(found)
