"""A user at a notebook in JupyterLab: rounds of use of all widgets by mouse and keyboard, and what the page holds."""

from __future__ import annotations

import ast
import re

import soak_counts

WAIT_S = 90.0
TITLES = ("Images and node agents", "Pool builder", "Nodes")
NEW_POOL = "soak"
READY_POOL = "demo"
NODES = {READY_POOL: 2, NEW_POOL: 1}

# The clock of the embedded service runs 60 times as fast: a node is ready in a second. The widgets' timers keep pace.
KERNEL = """
import os, sys
os.environ["HOME"] = {home!r}
os.environ["XDG_STATE_HOME"] = os.environ["HOME"] + "/state"
sys.path.insert(0, {folder!r})
import batch_widgets as bw
from IPython.display import display
from batch_widgets.widgets import node_watch
from soak_counts import settled
node_watch._DEMO_S = node_watch._LOOK_S = 0.25
account = bw.connect_demo(nodes={nodes}, speed={speed})
account.poll_interval_s = 0.1
service = account._on_close.__self__
started = service._state.now()
browser = builder = panel = None
loops = account.runner._loop_thread.loop, service._loop
def held(pool_id):
    with service._core.lock:
        service._state.advance()
        pool = {{pool.id: pool for pool in service._state.pools()}}.get(pool_id)
        return sorted((node.id[-9:], node.state) for node in pool.nodes.values()) if pool else []
def minutes():
    return (service._state.now() - started).total_seconds() / 60
"""
# A cell that is run again takes the place of what it made before, which is closed. One cell: JupyterLab 4.6 keeps some
# hundreds of listeners whenever another cell becomes the active one.
CELL = """
for one in (browser, builder, panel):
    one and one.close()
browser = bw.SkuBrowser(account)
builder = bw.PoolBuilder(account, vm_size="Standard_D2s_v3", target_dedicated_nodes=1)
builder.allow_ssh, builder.ssh_sources, builder.start_task_command_line = True, ("127.0.0.1",), "printenv"
browser.observe(lambda change: change.new and setattr(builder, "image", change.new), "selected")
panel = bw.NodePanel(account, "demo")
display(browser, builder, panel)
"""
CLOSE = "[one.close() for one in (browser, builder, panel)]; account.runner.drain()"
# JupyterLab 4.6 keeps what handles a comm for as long as the kernel is connected, and with it model, view and elements
# of each closed widget, whosesoever it is. Here it lets go of them, so that what we keep ourselves shows.
LET_GO = """
() => {
    const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
    const handler = Object.getPrototypeOf([...kernel._comms.values()][0]);
    const dispose = handler.dispose;
    handler.dispose = function () {
        dispose.call(this);
        this._onClose = this._onMsg = undefined;
    };
}
"""
COMMS = "() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel._comms.size"
METRICS = {"Nodes": "DOM nodes", "JSEventListeners": "event listeners", "JSHeapUsedSize": "heap KiB"}
BOUNDS = {
    **{f"kernel: {name}": bound for name, bound in soak_counts.BOUNDS.items()},
    "kernel: blocks": 600.0,  # IPython keeps something of each of the hundred or so snippets that are run in a round
    "page: heap KiB": 2048.0,  # and JupyterLab a KiB of each of some 600 comms, all the same
}
"""By how much a count may grow in a round."""
SAME = ("the ready pool", "the new pool", "more nodes", "the pool is gone", "another pool chosen")
"""What is looked at in each round: that it comes to be shown as the service holds it."""
ROWS = """
(grids) => grids.flatMap((grid) => [...grid.querySelectorAll("[role=row][aria-rowindex]")])
    .map((row) => [...row.querySelectorAll("[role=gridcell]")].map((cell) => cell.textContent))
"""


class PageDesk:
    """A notebook in a page, a service behind its kernel, and one round of use after the other."""

    def __init__(self, notebook, home, folder, *, speed):
        self.notebook = notebook
        self.page = notebook.page
        self.page.set_default_timeout(1000 * WAIT_S)
        self.lost = []
        self._last = None
        self._cdp = self.page.context.new_cdp_session(self.page)
        self._cdp.send("Performance.enable")
        self._cdp.send("HeapProfiler.enable")
        self.page.set_viewport_size({"width": 1440, "height": 3200})
        notebook.open(KERNEL.format(home=str(home), folder=str(folder), nodes=NODES[READY_POOL], speed=speed), CELL)
        notebook.run(0)
        notebook.wait_python("'minutes' in globals()", expected=True, seconds=WAIT_S)
        notebook.python("import ipywidgets; kept = ipywidgets.HTML()")
        self.page.wait_for_function(COMMS)
        self.page.evaluate(LET_GO)

    def round(self):
        """Run the cell again and use what it shows; at the end all is closed."""
        output = self.notebook.run(1, "text=127.0.0.1:")
        browser, builder, panel = (output.locator(".bw-head", has_text=title).locator("..") for title in TITLES)
        self._same(panel, READY_POOL, "the ready pool")
        self._browse(browser)
        self._create(builder)
        panel.get_by_label("Pool").first.select_option(NEW_POOL)
        self._same(panel, NEW_POOL, "the new pool")
        self._give_user(panel)
        self._log_in(panel)
        self._look_at_details(panel)
        self._resize(builder)
        self._same(panel, NEW_POOL, "more nodes")
        self._take_user(panel)
        self._hide()
        self._delete()
        self._show()
        self._same(panel, NEW_POOL, "the pool is gone")
        panel.get_by_label("Pool").first.select_option(READY_POOL)
        self._same(panel, READY_POOL, "another pool chosen")
        self.close()

    def close(self):
        """Close the widgets."""
        self.notebook.python(CLOSE)
        self.page.locator(".bw").first.wait_for(state="detached")

    def leave_open(self):
        """Leave the widgets of a cell open, as a leak."""
        self.notebook.python("browser = builder = panel = None")
        self.notebook.run(1, "text=127.0.0.1:")
        self.page.evaluate("() => (window.kept ??= []).push(new Array(500_000).fill(0.5))")

    def _browse(self, browser):
        browser.get_by_placeholder("Search agent").fill("ubuntu 22.04 jammy")
        browser.get_by_text("1 of").wait_for()
        browser.locator("[role=grid] [role=row][aria-rowindex='2']").click()
        browser.get_by_text("Picked", exact=True).wait_for()

    def _create(self, builder):
        field = builder.locator(".bw-row", has=self.page.get_by_text("Pool id", exact=True)).locator("input").first
        field.click()
        field.press("Control+a")
        field.press_sequentially(NEW_POOL)
        create = builder.get_by_role("button", name="Create pool")
        self.notebook.wait_python("builder.create_button.disabled", expected=False, seconds=WAIT_S)
        create.click()
        builder.locator(".bw-card").get_by_text("done", exact=True).wait_for()

    def _give_user(self, panel):
        panel.get_by_role("button", name="Add user…").click()
        panel.get_by_placeholder("alice").first.fill("alice")
        panel.get_by_label("New key").check()
        panel.get_by_role("button", name=re.compile("^Add user to")).click()
        panel.get_by_text("1 added").first.wait_for()

    def _log_in(self, panel):
        panel.get_by_role("button", name="Log in or run…").click()
        panel.get_by_placeholder("nvidia-smi").fill("hostname")
        panel.get_by_role("button", name="Run on 1 node").click()
        panel.get_by_text("1 ok").first.wait_for()
        self.page.keyboard.press("Escape")
        panel.get_by_role("button", name="Open terminal").first.click()
        panel.get_by_text("connected", exact=True).wait_for()
        panel.locator(".xterm-screen:visible").click()
        self.page.keyboard.type("echo in $USER\n")
        panel.locator(".xterm-rows:visible").get_by_text("in alice", exact=True).wait_for()
        panel.get_by_role("button", name="Close terminal").locator("visible=true").click()
        panel.locator(".xterm").wait_for(state="detached")

    def _look_at_details(self, panel):
        panel.get_by_role("button", name="Details").first.click()
        panel.get_by_role("button", name="Files", exact=True).click()
        panel.get_by_text("startup/stdout.txt").locator("visible=true").first.wait_for()
        panel.locator(".bw-card").get_by_role("button", name="Close").locator("visible=true").first.click()

    def _resize(self, builder):
        card = builder.locator(".bw-card")
        size = card.locator("input[type=number]").first
        size.fill("2")
        size.press("Tab")
        self.notebook.wait_python("builder.card.dedicated.value", 2, seconds=WAIT_S)
        card.get_by_role("button", name="Resize pool…").click()
        card.get_by_role("button", name="Resize to 2 nodes").click()
        card.get_by_text("2 of 2 nodes ready").wait_for()

    def _take_user(self, panel):
        panel.get_by_role("button", name="Delete user…").click()
        panel.get_by_role("button", name=re.compile("^Delete alice from")).click()
        panel.get_by_text("1 deleted").wait_for()

    def _delete(self):
        """Delete the pool while nobody sees the page: the kernel clicks."""
        self.notebook.python("builder.card.delete_button.click(); builder.card.question.buttons[1].click()")
        pools = "'soak' in [pool.id for pool in service._state.pools()]"
        self.notebook.wait_python(pools, expected=False, seconds=WAIT_S)

    def _hide(self):
        self.page.evaluate("() => window.jupyterapp.shell.currentWidget.hide()")
        self.notebook.wait_python("panel.frame_piece.displayed", expected=False, seconds=WAIT_S)

    def _show(self):
        self.page.evaluate("() => window.jupyterapp.shell.currentWidget.show()")

    def _same(self, panel, pool_id, what):
        """See that the page comes to show what the service holds, by the panel's own refreshes alone."""
        grid = panel.get_by_role("grid", name="nodes").first

        for _ in range(300):
            held = ast.literal_eval(self.notebook.python(f"print(held({pool_id!r}))"))
            seen = sorted((row[1][-9:], row[2]) for row in grid.evaluate_all(ROWS) if len(row) > 2)
            if held == seen:
                return
            self.page.wait_for_timeout(100)
        self.lost.append(f"{what}: {held} is held, {seen} is shown")

    # counting

    def counts(self):
        """Count what page and kernel hold, after their garbage was collected."""
        for _ in range(3):
            self._cdp.send("HeapProfiler.collectGarbage")
        found = {one["name"]: one["value"] for one in self._cdp.send("Performance.getMetrics")["metrics"]}
        page = {told: found[name] / (1024 if "KiB" in told else 1) for name, told in METRICS.items()}
        page["comms"] = self.page.evaluate(COMMS)
        self._last = ast.literal_eval(self.notebook.python(f"print(settled(*loops, like={self._last!r}))"))
        return {f"page: {name}": count for name, count in page.items()} | {
            f"kernel: {name}": count for name, count in self._last.items()
        }

    @property
    def minutes(self):
        """How many minutes have passed at the service."""
        return float(self.notebook.python("print(minutes())"))
