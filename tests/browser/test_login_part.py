"""What a panel hands out for logging in elsewhere, by mouse in a real page, and OpenSSH's client with it."""

from __future__ import annotations

import csv
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conftest import Notebook

SETUP = """
import asyncio
import batch_widgets as bw
from batch_widgets.widgets.login_part import LoginPart
from batch_widgets.widgets.node_view import LoginMemory, read_nodes
from batch_widgets.widgets.panel import Panel
account = bw.connect_demo(nodes=2, speed=50)
key = bw.own_key()
account.add_user("demo", "alice", ssh_public_key=key.line).result(timeout=30)
memory = LoginMemory("demo")
reading = account.runner.submit("Read", lambda _: read_nodes(account, "demo", memory, lambda view: None))
view = reading.result(timeout=30)
"""
SHOW = """
panel = Panel(account, "Nodes")
part = LoginPart(account, lambda: view)
panel.lay_out(part)
panel
"""


def ssh(config: str, host: str) -> str:
    done = subprocess.run(
        ["ssh", "-F", config, "-o", "BatchMode=yes", "-o", "IdentityAgent=none", host, "whoami"],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=30,
        check=False,
    )
    return f"{done.stdout}{done.stderr}".strip()


def test_two_nodes_by_a_file_written_with_a_click(notebook: Notebook):
    notebook.open(SETUP, SHOW)
    notebook.run(0)
    output = notebook.run(1, "text=For all 2 nodes")
    output.get_by_role("button", name="Write ssh config file").click()
    output.get_by_text("Written to").wait_for()
    for theme in ("light", "dark") if notebook.takes_pictures else ():
        notebook.theme(theme)
        notebook.page.wait_for_timeout(300)
        notebook.screenshot(output, f"login-part-{theme}")
    output.get_by_role("button", name="Copy command").click()
    _, _, path, alias = notebook.clipboard("ssh -F ").split()
    aliases = [line.split()[1] for line in Path(path).read_text().splitlines() if line.startswith("Host ")]
    assert aliases[0] == alias
    assert len(aliases) == 2
    assert [ssh(path, host) for host in aliases] == ["alice", "alice"]

    output.get_by_role("button", name="Copy ssh_config").click()
    assert notebook.clipboard("HostKeyAlias") == Path(path).read_text()
    output.get_by_role("button", name="Copy all commands").click()
    commands = notebook.clipboard("ssh -i").splitlines()
    assert len(commands) == 2
    assert subprocess.check_output(f"{commands[1]} -n whoami", shell=True, text=True, timeout=30) == "alice\n"

    with notebook.page.expect_download() as download:
        output.get_by_role("button", name="Download CSV").click()
    assert download.value.suggested_filename == "demo-logins.csv"
    rows = list(csv.DictReader(download.value.path().read_text().splitlines()))
    assert [row["ssh_command"] for row in rows] == commands
    notebook.python("panel.close(); account.close()")
