"""A node panel on 10,000 nodes: what is in the page and what travels stays small whatever is done."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from long_tasks import LongTasks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conftest import Notebook

NODES = 10_000
MOST_ROWS = 60
# In a process of its own: in the kernel it would take turns with what is looked at here.
SERVE = f"""
import sys
from batch_widgets.demo import DemoService
with DemoService(nodes={NODES}, speed="instant", max_ssh_listeners={NODES}) as service:
    print(service.endpoint, service.account_key, flush=True)
    for line in sys.stdin:
        service.break_node("demo", line.strip())
        print("broken", flush=True)
"""
CONNECT = """
import time
import batch_widgets as bw
account = bw.connect({endpoint!r}, account_name="demo", account_key={key!r})
from batch_widgets.widgets import node_watch
node_watch._STEADY_S = 3600.0
"""
PANEL = 'panel = bw.NodePanel(account, "demo")\npanel'
LOGINS = "sum(one.reachable for one in panel.last_view.logins.values())"
PATCH = b'"type": "patch"'

pytestmark = [pytest.mark.slow, pytest.mark.timeout(420)]


class Service:
    """An embedded service with many nodes, in a process of its own."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.endpoint, self.key = self._read().split()

    def _read(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline()

    def break_node(self, node_id: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{node_id}\n")
        self._process.stdin.flush()
        assert self._read() == "broken\n"


@pytest.fixture
def service() -> Iterator[Service]:
    with subprocess.Popen(
        [sys.executable, "-c", SERVE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield Service(process)
        assert process.stdin is not None
        process.stdin.close()
        process.wait(30)


class Steps:
    """What is done to a panel with many nodes, and what it took."""

    def __init__(self, notebook: Notebook, service: Service) -> None:
        self.notebook = notebook
        self.service = service
        notebook.page.set_default_timeout(60_000)
        notebook.page.set_viewport_size({"width": 1440, "height": 1200})
        notebook.open(CONNECT.format(endpoint=service.endpoint, key=service.key), PANEL)
        notebook.run(0)
        self.watch = LongTasks(notebook.page)
        self.panel = notebook.run(1, f"text={NODES} idle")
        self.grid = self.panel.get_by_role("grid")

    def took(self, step: str) -> None:
        """Print the figures of a step (``pytest -s`` shows them), and see that the page stayed light."""
        self.notebook.page.wait_for_timeout(500)  # what comes after is the step's too
        seen = self.watch.take()
        print(f"{step}: {seen.words()}")  # noqa: T201
        assert seen.rows <= MOST_ROWS, f"{step}: rows are drawn as they come into sight"
        assert self.panel.locator(".bw-heat *").count() < 20, f"{step}: the squares are drawn on a canvas"

    def scroll(self) -> None:
        box = self.grid.bounding_box()
        assert box is not None
        self.notebook.page.mouse.move(box["x"] + 200, box["y"] + 100)
        for _ in range(40):
            self.notebook.page.mouse.wheel(0, 2_000)
        self.notebook.page.wait_for_function(
            "() => [...document.querySelectorAll('.bw [role=row]')].some((row) => Number(row.ariaRowIndex) > 1000)"
        )

    def refresh_with_one_change(self) -> str:
        """Let one node break, read once more, and see that little travels; give its id."""
        notebook, traffic = self.notebook, self.notebook.traffic
        node_id = notebook.python("print(panel.last_view.nodes[4_321].id)")
        self.service.break_node(node_id)
        received, patches = traffic.received_bytes, traffic.count_received(PATCH)
        notebook.python("panel._show_view(account.runner.submit('Read', lambda _: panel._read()).result(60))")
        self.panel.get_by_text("1 unusable").first.wait_for()
        self.took("refreshed, one node has changed")
        received, patches = traffic.received_bytes - received, traffic.count_received(PATCH) - patches
        print(f"    {received} bytes, {patches} patches")  # noqa: T201
        assert patches == 2, "one for the grid and one for the heat map"
        assert received < 20_000
        return node_id


def test_ten_thousand_nodes(notebook: Notebook, service: Service):
    steps = Steps(notebook, service)
    panel = steps.panel
    known = int(notebook.python(f"print({LOGINS})"))
    assert known < NODES, "nodes are on show long before the last address is read"
    panel.locator(".bw-heat canvas").wait_for()
    seen, whole = panel.locator(".bw-heat").evaluate("one => [one.clientHeight, one.scrollHeight]")
    assert seen == whole > 100, "all squares are in sight"
    steps.took("opened")
    assert steps.grid.get_attribute("aria-rowcount") == str(NODES + 1)
    steps.scroll()
    steps.took("scrolled while addresses are read")
    notebook.wait_python(LOGINS, NODES, seconds=240)
    notebook.python("panel._load.result(60); account.runner.drain()")  # and the last of them is on its way to the page
    steps.took("all addresses read")
    node_id = steps.refresh_with_one_change()

    panel.get_by_role("button", name="Column filters").click()
    panel.get_by_label("Filter State").select_option("unusable")
    panel.get_by_label(f"Select node {node_id}").wait_for()
    steps.took("filtered by state")
    assert steps.grid.get_attribute("aria-rowcount") == "3"
    panel.get_by_label("Filter State").select_option("")
    panel.get_by_role("columnheader", name="Node", exact=True).click()
    notebook.wait_python("panel.grid.sort", [["node_id", "asc"]])
    steps.took("sorted by id")
    panel.get_by_label("Select all nodes that the filters leave").click()
    panel.get_by_text(f"{NODES} of {NODES} selected").wait_for()
    notebook.wait_python("len(panel.selected)", NODES)
    steps.took("all selected")
    notebook.screenshot(panel, "node-panel-10000")
    panel.get_by_role("button", name="Clear selection").click()
    panel.get_by_text(f"0 of {NODES} selected").wait_for()
    steps.took("selection cleared")
    notebook.python("panel.close(); account.close()")
