"""Attacks: all cells at once, a widget that is shown several times, widgets that are closed while they load."""

from __future__ import annotations

ALL_CELLS = (
    "import batch_widgets as bw",
    "account = bw.connect_demo(nodes=4, speed=60)",
    "bench = bw.Workbench(account); bench",
    "browser = bw.SkuBrowser(account); browser",
    "image = browser.select('ubuntu 22.04', latest=True)",
    "builder = bw.PoolBuilder(account, pool_id='all', vm_size='Standard_D2s_v3', image=image, allow_ssh=True); builder",
    "builder.ssh_sources, builder.target_dedicated_nodes = ('127.0.0.1',), 2",
    "creation = builder.create(); creation",
    "creation.result(60).current_dedicated_nodes",
    "panel = bw.NodePanel(account, 'all'); panel",
    "adding = panel.add_user('alice', password='Secret-42-abc'); adding",
    "adding.result(60)['outcome'].tolist()",
    "panel.run('hostname', user='alice', password='Secret-42-abc').result(60)['exit_status'].tolist()",
    "account.delete_pool('all').result(60); [pool.id for pool in account.list_pools()].count('all')",
)
SAID = {8: "2", 11: "['added', 'added']", 12: "[0, 0]", 13: "0"}
WIDGETS = {
    "SkuBrowser": "bw.SkuBrowser(account)",
    "PoolBuilder": "bw.PoolBuilder(account, pool_id='never')",
    "NodePanel": "bw.NodePanel(account, 'demo')",
    "Workbench": "bw.Workbench(account)",
    "OperationView": "OperationView(account.runner.submit('Load', lambda _: account.aio.list_supported_images()))",
}
WAYS = {
    "the same cell": ("one.close()", ""),
    "the next cell": ("", "one.close()"),
    "another thread": ("kc.on_a_thread(one.close)", ""),
    "two threads": ("for _ in range(2): kc.on_a_thread(one.close)", ""),
}


def showings(world, turns=("first", "second")):
    """Do what notebooks do to widgets."""
    _shown_twice(world)
    _closed_early(world)
    _all_cells(world, turns)
    world.quiet("showings")


def _all_cells(world, turns):
    """Send all cells at once, twice in one kernel, as "Run All" does."""
    page = world.page
    page.run("account.close()")
    for turn in turns:
        cells = [page.start(code) for code in ALL_CELLS]
        for number, cell in enumerate(cells):
            page.finish(cell)
            for view in cell.views:
                page.show(view)
            world.same(f"all cells, {turn} run, cell {number}: how it ended", (cell.status, cell.name), ("ok", ""))
            if number in SAID:
                world.same(f"all cells, {turn} run, cell {number}: what it says", cell.text, SAID[number])
        page.run("account.close()\nfor one in (bench, browser, builder, panel): one.close()")
    world.until("not kc.own_threads()")


def _shown_twice(world):
    """Show a panel three times, on two pages."""
    page = world.page
    page.run("from IPython.display import display; panel = bw.NodePanel(account, 'demo'); panel.view")
    views = [*page.run("display(panel); display(panel)").views, *page.run("panel").views]
    world.same("shown three times: it is one widget", len(set(views)), 1)
    again = [name for name, times in page.opened.items() if times > 1]
    world.same("shown three times: pieces that were opened twice", again, [])
    for name in ("page-1", "page-2"):
        page.show(views[0], name)
    world.until("panel.frame_piece.displayed")
    frame = page.find(views[0], _kind="frame")
    page.wait(lambda: len(_bundles(page, frame)) >= 2, "the code for each page")
    world.same("shown on two pages: each gets the code once", len(_bundles(page, frame)), 2)
    page.run("load = panel._load")
    page.click(page.find(views[0], tooltip="Refresh"))
    world.until("panel._load is not load and panel._load.done()")
    world.same("shown twice: how a refresh ends", page.value("panel._load.status"), "done")
    for name, still in (("page-1", True), ("page-2", False)):
        page.show(views[0], name, visible=False)
        world.until(f"panel.frame_piece.displayed == {still}")
        world.same(f"shown twice, hidden on {name}: displayed", page.value("panel.frame_piece.displayed"), still)
    page.run("panel.close()")
    world.same(
        "shown twice, closed once: pieces that stay", [one.state["_model_name"] for one in page.open_models()], []
    )


def _bundles(page, model_id):
    return [one for one in page.models[model_id].custom if one.get("type") == "bundle"]


def _closed_early(world):
    """Close each widget while it loads."""
    page = world.page
    page.run("from batch_widgets.widgets.operation import OperationView; left = kc.Left()")
    for kind, make in WIDGETS.items():
        page.models.clear()
        for way, (at_once, later) in WAYS.items():
            code = f"one = {make}; display(one)\n{at_once or 'pass'}\nloads = bool(account.runner._operations)"
            view = page.run(code).views[0]
            if at_once and kind != "PoolBuilder":  # which asks for little
                world.so(f"{kind}, closed in {way}: it was loading", page.value("loads"))
            page.show(view)
            if later:
                page.run(later)
            world.until("one.is_closed")
        world.until("not account.runner._operations")
        page.run("account.runner.drain()")
        stay = sorted({model.state["_model_name"] for model in page.open_models()})
        world.same(f"{kind}, closed in each way: pieces that stay on the page", stay, [])
        world.same(f"{kind}, closed in each way: widgets that stay", page.value("left.now()['widgets']"), [])
    world.same("closed early: messages to widgets after they were closed", page.after_close, [])
