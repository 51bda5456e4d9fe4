"""The article's flow by mouse and keyboard, ending with OpenSSH's client and the very command that the panel shows."""

from __future__ import annotations

import os
import shlex
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Notebook

CONNECT = "import batch_widgets as bw\naccount = bw.connect_demo(nodes=0, speed=20)"
WORKBENCH = "workbench = bw.Workbench(account)\nworkbench"
ROW = "[role=grid] [role=row][aria-rowindex='2']"
PASSWORD = "correct-Horse-7-battery"
POOLS = "print([pool.id for pool in account.list_pools() if pool.id == 'analysis'])"


def log_in(command: str, words: str, *, password: str | None = None, folder: Path | None = None):
    """Run an ``ssh`` command as a shell would; a password is typed by an askpass program."""
    environment = dict(os.environ)
    if password is not None and folder is not None:
        askpass = folder / "askpass"
        askpass.write_text(f"#!/bin/sh\necho {shlex.quote(password)}\n", encoding="utf-8")
        askpass.chmod(0o700)
        environment |= {"SSH_ASKPASS": str(askpass), "SSH_ASKPASS_REQUIRE": "force", "DISPLAY": ":0"}
    return subprocess.run(
        ["/bin/sh", "-c", f"{command} {shlex.quote(words)}"],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def field(output, label: str):
    """The control in the form's row with this label."""
    return output.locator(".bw-row", has=output.page.get_by_text(label, exact=True)).locator("input, textarea").first


def type_into(output, label: str, text: str) -> None:
    control = field(output, label)
    control.click()
    control.press("Control+a")
    control.press_sequentially(text)


def pick_an_image_by_mouse(notebook: Notebook, output) -> None:
    output.get_by_placeholder("Search agent").fill("ubuntu 22.04 jammy")
    output.get_by_text("1 of").wait_for()
    output.locator(ROW).click()
    output.get_by_text("Picked", exact=True).wait_for()
    notebook.screenshot(output, "flow-1-image")
    output.get_by_role("button", name="Use in pool builder").click()


def create_a_pool_by_keyboard(notebook: Notebook, output) -> None:
    type_into(output, "Pool id", "analysis")
    notebook.page.keyboard.press("Tab")
    type_into(output, "VM size", "Standard_D2s_v3")
    type_into(output, "Nodes", "2")
    type_into(output, "Command", "printenv AZ_BATCH_NODE_STARTUP_DIR")
    output.get_by_text("Allow SSH (port 22)").click()
    output.get_by_text("Say who may connect").first.wait_for()
    create = output.get_by_role("button", name="Create pool")
    assert create.is_disabled()
    type_into(output, "Allowed sources", "127.0.0.1")
    notebook.wait_python("workbench.builder.ssh_sources", ("127.0.0.1",))
    notebook.screenshot(output, "flow-2-pool")
    create.focus()
    create.press("Enter")
    output.get_by_text("Stop following").wait_for()
    notebook.screenshot(output, "flow-3-creating")
    output.locator(".bw-card").get_by_text("2 of 2 nodes ready").wait_for(timeout=30_000)


def log_in_by_key(notebook: Notebook, output) -> None:
    output.get_by_role("button", name="3 Nodes").click()
    output.get_by_text("127.0.0.1:").first.wait_for()
    output.get_by_role("button", name="Add user…").click()
    type_into(output, "Name", "alice")
    output.get_by_text("New key", exact=True).click()
    output.get_by_text("Administrator (sudo)").click()
    output.get_by_role("button", name="Add user to 2 nodes").click()
    output.get_by_text("2 added").wait_for()
    notebook.screenshot(output, "flow-4-user")
    command_cell = "[role=gridcell][title^='ssh '], [role=gridcell] [title^='ssh ']"
    shown = output.locator(command_cell).first.get_attribute("title")
    output.locator("[role=gridcell] button").first.click()
    copied = notebook.page.evaluate("() => navigator.clipboard.readText()")
    assert copied == shown
    commands = notebook.python("print(*workbench.panel.frame['ssh_command'], sep='\\n')").splitlines()
    assert len(commands) == 2
    assert copied in commands
    for command in commands:
        answer = log_in(command, "whoami; sudo whoami")
        assert (answer.returncode, answer.stdout) == (0, "alice\nroot\n"), answer


def log_in_by_password(notebook: Notebook, output, folder: Path) -> str:
    output.get_by_role("button", name="Add user…").click()
    type_into(output, "Name", "bob")
    output.get_by_text("Password, typed", exact=True).click()
    password = output.locator("input[type=password]")
    password.click()  # waits until the kernel has shown the field
    password.press_sequentially(PASSWORD)
    output.get_by_role("button", name="Add user to 2 nodes").click()
    output.get_by_role("row").get_by_text("ssh bob@127.0.0.1").nth(1).wait_for()
    command = notebook.python("print(workbench.panel.frame['ssh_command'][0])")
    assert "bob@127.0.0.1" in command
    answer = log_in(command, "whoami", password=PASSWORD, folder=folder)
    assert (answer.returncode, answer.stdout) == (0, "bob\n"), answer
    answer = log_in(command, "whoami", password="wrong-Horse-7", folder=folder)
    assert answer.returncode == 255
    assert "Permission denied" in answer.stderr
    assert PASSWORD not in str(notebook.save())
    return command


def delete_the_pool(notebook: Notebook, output) -> None:
    output.get_by_role("button", name="2 Pool").click()
    output.get_by_role("button", name="Delete pool…").click()
    output.get_by_role("button", name="Keep pool").click()
    assert (
        notebook.python("print([pool.id for pool in account.list_pools() if pool.id == 'analysis'])") == "['analysis']"
    )
    output.get_by_role("button", name="Delete pool…").click()
    output.get_by_role("button", name="Delete pool", exact=True).click()
    output.locator(".bw-card").get_by_text("deleted").wait_for(timeout=30_000)
    assert notebook.python(POOLS) == "[]"


def test_the_flow_by_mouse_and_keyboard(notebook: Notebook, tmp_path: Path):
    notebook.page.set_viewport_size({"width": 1360, "height": 1500})
    notebook.open(CONNECT, WORKBENCH)
    notebook.run(0)
    output = notebook.run(1, ROW)
    pick_an_image_by_mouse(notebook, output)
    create_a_pool_by_keyboard(notebook, output)
    log_in_by_key(notebook, output)
    command = log_in_by_password(notebook, output, tmp_path)
    delete_the_pool(notebook, output)
    assert log_in(command, "whoami", password=PASSWORD, folder=tmp_path).returncode == 255


def test_an_image_is_picked_by_keyboard(notebook: Notebook):
    notebook.open(CONNECT, "browser = bw.SkuBrowser(account)\nbrowser")
    notebook.run(0)
    output = notebook.run(1, ROW)
    output.get_by_placeholder("Search agent").fill("ubuntu canonical")
    output.locator("[role=grid]").focus()
    for key in ("ArrowDown", "ArrowDown", "Enter"):
        notebook.page.keyboard.press(key)
    output.get_by_text("Picked", exact=True).wait_for()
    assert "canonical" in notebook.python("print(browser.selected)")
    assert notebook.cell_count == 2


def test_what_is_typed_while_the_kernel_is_busy_counts_though_the_click_comes_first(notebook: Notebook):
    notebook.open(
        CONNECT,
        "builder = bw.PoolBuilder(account, pool_id='early', vm_size='Standard_D2s_v3', "
        "image=bw.select_image(account.list_supported_images(), 'jammy', latest=True))\nbuilder",
        "import time; time.sleep(3)",
    )
    notebook.run(0)
    output = notebook.run(1, "button:has-text('Create pool'):not([disabled])")
    notebook.wait_python("builder.frame_piece.is_displayed()", expected=True)
    notebook.run(2)
    notebook.page.locator(".jp-Notebook .jp-CodeCell").nth(2).get_by_text("[*]:").wait_for()
    type_into(output, "Pool id", "late")
    output.get_by_role("button", name="Create pool").click()
    output.locator(".bw-card").get_by_text("Create pool late").wait_for()
    notebook.wait_python("[pool.id for pool in account.list_pools() if pool.id in ('l', 'late', 'early')]", ["late"])
