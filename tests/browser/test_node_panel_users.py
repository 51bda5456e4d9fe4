"""The node panel by mouse and keyboard in JupyterLab: users by every way in, retries, terminals, commands."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Notebook
    from playwright.sync_api import Locator

CONNECT = """
import os, tempfile
from pathlib import Path
os.environ["HOME"] = tempfile.mkdtemp()
os.environ["XDG_STATE_HOME"] = os.environ["HOME"] + "/state"
import batch_widgets as bw
from batch_widgets.demo import DemoService, Fault
service = DemoService(nodes=2, speed=10)
service.start()
account = bw.connect(service.endpoint, account_name=service.account_name, account_key=service.account_key)
"""
PANEL = 'panel = bw.NodePanel(account, "demo")\npanel'
USERS = "[sorted(node.users) for node in service._core.state.pools['demo'].nodes]"


@pytest.fixture
def panel(notebook: Notebook) -> Locator:
    notebook.open(CONNECT, PANEL)
    notebook.run(0)
    return notebook.run(1, "text=127.0.0.1:")


def add(panel: Locator, name: str, way: str) -> None:
    panel.get_by_role("button", name="Add user…").click()
    panel.get_by_placeholder("alice").first.fill(name)
    panel.get_by_label(way).check()
    panel.get_by_role("button", name=re.compile("^Add user to 2 nodes")).click()
    panel.get_by_text("2 added").wait_for()


def terminal_text(notebook: Notebook) -> str:
    return str(notebook.python("print(bytes(panel.logins.terminals.terminals[-1].view._kept).decode())"))


def test_a_generated_password_is_shown_once_and_opens_a_terminal(notebook: Notebook, panel: Locator):
    add(panel, "alice", "Password, generated")
    shown = panel.locator(".bw-host-once code")
    password = shown.inner_text()
    assert len(password) == 20
    panel.get_by_role("button", name="Hide").click()
    shown.wait_for(state="detached")
    panel.get_by_role("button", name="Open terminal").first.click()
    panel.get_by_role("button", name="Test login").wait_for()
    assert panel.get_by_placeholder("alice").last.input_value() == "alice"
    panel.get_by_placeholder("Password").last.fill(password)
    panel.get_by_role("button", name="Open terminal", exact=True).last.click()
    panel.get_by_text("connected").wait_for()
    notebook.page.keyboard.type("whoami\n")
    notebook.wait_python("b'\\nalice' in bytes(panel.logins.terminals.terminals[-1].view._kept)", expected=True)
    notebook.screenshot(panel, "node-panel-terminal")
    assert password not in notebook.python("import json; print(json.dumps(str(panel.get_state())))")


def test_escape_closes_a_drawer_and_gives_the_focus_back(notebook: Notebook, panel: Locator):
    for opens, inside in (("Add user…", "alice"), ("Delete user…", "alice"), ("Run command…", "alice")):
        button = panel.get_by_role("button", name=opens)
        button.focus()
        notebook.page.keyboard.press("Enter")
        field = panel.locator(".bw-drawer:visible").get_by_placeholder(inside)
        field.wait_for()
        notebook.page.wait_for_function("document.activeElement.placeholder === 'alice'")
        notebook.page.keyboard.press("Escape")
        field.wait_for(state="hidden")
        notebook.page.wait_for_function("text => document.activeElement.textContent.trim() === text", arg=opens)
