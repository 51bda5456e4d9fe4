"""Logging in to the nodes of a panel in JupyterLab: commands, tests, terminals, and OpenSSH's own client."""

from __future__ import annotations

import csv
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from node_panels import NodePanels, panels, row, terminal_has

if TYPE_CHECKING:
    from conftest import Notebook
    from playwright.sync_api import Locator

__all__ = ["panels"]


@pytest.fixture
def panel(panels: NodePanels) -> Locator:
    """Give a panel on two nodes with a user alice."""
    output = panels.open()
    panels.give_alice()
    output.get_by_role("button", name="Open terminal").nth(1).wait_for()
    return output


def ssh(config: str, host: str) -> str:
    done = subprocess.run(
        [
            "ssh",
            "-F",
            config,
            "-o",
            "BatchMode=yes",
            "-o",
            "IdentityAgent=none",
            "-o",
            "LogLevel=ERROR",
            host,
            "whoami",
        ],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=30,
        check=False,
    )
    return f"{done.stdout}{done.stderr}".strip()


def type_line(notebook: Notebook, panel: Locator, text: str) -> None:
    """Type into the terminal that is on show, once it has the focus."""
    panel.locator(".bw-term-hint:visible", has_text="leaves the terminal").wait_for()
    notebook.page.keyboard.type(f"{text}\n")


def node_ids(notebook: Notebook) -> list[str]:
    return notebook.python("print(*(node.id for node in nodes))").split()


def test_a_command_on_two_nodes_and_the_output_of_one(notebook: Notebook, panel: Locator):
    panel.get_by_role("button", name="Log in or run…").click()
    panel.get_by_placeholder("nvidia-smi").fill("hostname; echo and more; false")
    panel.get_by_role("button", name="Run on 2 nodes").click()
    panel.get_by_text("2 failed").wait_for()
    hints = panel.get_by_text("The next cell has this table as").locator("visible=true")
    assert hints.count() == 1, "panel.operation is the command by now, not the users of before"
    for node_id in node_ids(notebook):
        ran = f"panel.operation.result().set_index('node_id').stdout[{node_id!r}].split()[0]"
        host = notebook.python(f"print({ran})")
        panel.get_by_role("grid").last.get_by_text(host, exact=True).click()
        panel.locator("pre, .bw-pre").filter(has_text=f"{host}\nand more").wait_for()
    notebook.screenshot(panel, "node-panel-command")
    assert notebook.python("print(panel.operation.result().exit_status.to_list())") == "[1, 1]"


def test_another_host_key_is_named_and_gets_no_terminal(notebook: Notebook, panel: Locator):
    changed, other = node_ids(notebook)
    panel.get_by_role("button", name="Log in or run…").click()
    panel.get_by_role("button", name="Test login on 2 nodes").click()
    panel.get_by_text("2 ok").wait_for()
    notebook.python(f"service.trouble_login('demo', {changed!r}, 'other host key')")
    panel.get_by_role("button", name="Test login on 2 nodes").click()
    panel.get_by_text("1 host key changed").wait_for()
    panel.get_by_text("1 ok").wait_for()
    outcomes = panel.get_by_role("grid").last
    outcomes.get_by_role("row").filter(has_text=changed[-9:]).get_by_text("host key changed").wait_for()
    row(panel, changed).get_by_role("button", name="Open terminal").click()
    panel.get_by_text("Nothing was sent to it").last.wait_for()
    panel.get_by_text("Not connected.").wait_for()
    notebook.screenshot(panel, "node-panel-host-key")
    row(panel, other).get_by_role("button", name="Open terminal").click()
    panel.get_by_text("connected", exact=True).wait_for()


def test_what_is_taken_along_serves_openssh(notebook: Notebook, panel: Locator):
    panel.get_by_role("button", name="Log in or run…").click()
    panel.get_by_text("For all 2 nodes").wait_for()
    panel.get_by_role("button", name="Write ssh config file").click()
    panel.get_by_text("Written to").wait_for()
    panel.get_by_role("button", name="Copy command").last.click()
    _, _, path, alias = notebook.clipboard("ssh -F ").split()
    aliases = [line.split()[1] for line in Path(path).read_text().splitlines() if line.startswith("Host ")]
    assert aliases[0] == alias
    assert len(aliases) == 2
    assert [ssh(path, host) for host in aliases] == ["alice", "alice"]

    panel.get_by_role("button", name="Copy ssh_config").click()
    assert notebook.clipboard("HostKeyAlias") == Path(path).read_text()
    panel.get_by_role("button", name="Copy all commands").click()
    commands = notebook.clipboard("ssh -i").splitlines()
    assert len(commands) == 2
    assert subprocess.check_output(f"{commands[1]} -n whoami", shell=True, text=True, timeout=30) == "alice\n"
    with notebook.page.expect_download() as download:
        panel.get_by_role("button", name="Download CSV").click()
    assert download.value.suggested_filename == "demo-logins.csv"
    rows = list(csv.DictReader(download.value.path().read_text().splitlines()))
    assert [one["ssh_command"] for one in rows] == commands

    notebook.python("service.trouble_login('demo', first.id, 'other host key')")
    told = [ssh(path, host) for host in aliases]
    assert sum("HOST IDENTIFICATION HAS CHANGED" in one for one in told) == 1
    assert told.count("alice") == 1


def test_two_terminals_and_a_page_that_is_loaded_again(notebook: Notebook, panel: Locator):
    one, two = node_ids(notebook)
    row(panel, one).get_by_role("button", name="Open terminal").click()
    panel.get_by_text("connected", exact=True).wait_for()
    type_line(notebook, panel, "echo in $USER first")
    terminal_has(notebook, "\nin alice first", 0)
    row(panel, two).get_by_role("button", name="Open terminal").click()
    notebook.wait_python("[one.view.state for one in panel.logins.terminals.terminals]", ["connected"] * 2)
    type_line(notebook, panel, "echo in $USER second")
    terminal_has(notebook, "\nin alice second", 1)
    panel.get_by_role("button", name=f"{one[:12]}…").click()
    panel.locator(".xterm-rows:visible").get_by_text("in alice first", exact=True).wait_for()
    notebook.screenshot(panel, "node-panel-terminals")

    notebook.save()
    notebook.reload()
    panel.get_by_text("127.0.0.1:").first.wait_for()
    panel.locator(".xterm-rows:visible").get_by_text("in alice first", exact=True).wait_for()
    panel.locator(".xterm-screen:visible").click()
    type_line(notebook, panel, "echo still $USER")
    terminal_has(notebook, "\nstill alice", 0)
    panel.get_by_role("button", name="Close terminal").locator("visible=true").click()
    panel.locator(".xterm-rows:visible").get_by_text("in alice second", exact=True).wait_for()
    notebook.wait_python("len(panel.logins.terminals.terminals)", 1)
