"""A node panel in a notebook whose kernel has a home of its own, and what its tests do again and again."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from conftest import Notebook
    from playwright.sync_api import Locator

SERVICE = """
import os
os.environ["HOME"] = {home!r}
os.environ["XDG_STATE_HOME"] = os.environ["HOME"] + "/state"
import batch_widgets as bw
from batch_widgets.account import attempts
from batch_widgets.demo import DemoService, Fault, SteppedClock
attempts._LONGEST_BREATH_S = 0.05
clock = SteppedClock()
service = DemoService(nodes={nodes}, clock=clock)
service.start()
account = bw.connect(service.endpoint, account_name=service.account_name, account_key=service.account_key)
nodes = sorted((node for _, node in service._state.nodes()), key=lambda node: node.id)
first = nodes[0]
def users():
    return [sorted(node.users) for node in nodes]
def public_keys():
    return {{user.ssh_public_key for node in nodes for user in node.users.values()}}
"""
PANEL = 'panel = bw.NodePanel(account, "demo")\npanel'
GIVE_ALICE = 'print(panel.add_user("alice", ssh_public_key=bw.own_key().line).result(30).outcome.to_list())'


class NodePanels:
    """Opens a panel on the pool of an embedded service: time stands still there until ``clock.advance``."""

    def __init__(self, notebook: Notebook, home: Path) -> None:
        self.notebook = notebook
        self.home = home

    def open(self, nodes: int = 2) -> Locator:
        """Give the output of the cell that shows the panel, once addresses are in it."""
        self.notebook.page.set_viewport_size({"width": 1440, "height": 1600})
        self.notebook.open(SERVICE.format(home=str(self.home), nodes=nodes), PANEL)
        self.notebook.run(0)
        return self.notebook.run(1, "text=127.0.0.1:")

    def give_alice(self) -> None:
        """Give all nodes the user alice with the key that the package makes for itself, by Python."""
        outcomes = self.notebook.python(GIVE_ALICE)
        assert set(ast.literal_eval(outcomes)) == {"added"}, outcomes


@pytest.fixture
def panels(notebook: Notebook, tmp_path: Path) -> Iterator[NodePanels]:
    yield NodePanels(notebook, tmp_path)
    notebook.python("panel.close(); account.close(); service.stop()")


def row(panel: Locator, node_id: str) -> Locator:
    """Give the row of a node in the panel's grid."""
    return panel.get_by_role("grid", name="nodes").first.get_by_role("row").filter(has_text=node_id[-9:])


def add(panel: Locator, name: str, way: str | re.Pattern[str], outcome: str = "2 added") -> None:
    """Add a user by the form, and wait until it says what came of it."""
    panel.get_by_role("button", name="Add user…").click()
    panel.get_by_placeholder("alice").first.fill(name)
    panel.get_by_label(way).check()
    panel.get_by_role("button", name=re.compile("^Add user to")).click()
    panel.get_by_text(outcome).first.wait_for()


def terminal_has(notebook: Notebook, text: str, number: int = -1) -> None:
    """Wait until a terminal has been given a text by its node."""
    kept = f"panel.logins.terminals.terminals[{number}].view._kept"
    notebook.wait_python(f"{text.encode()!r} in bytes({kept})", expected=True)
