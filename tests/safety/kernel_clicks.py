"""Attacks: the four things that users do, by clicks, while the kernel is idle and in the middle of a 5-second cell."""

from __future__ import annotations

IMAGE = "image=browser.select('ubuntu 22.04', latest=True)"
PASSWORD = "Typed-Secret-42"
STARTED = "5 seconds begin"


def clicks(world):
    """Load, create, add users, cancel; by the shell of cells, then as JupyterLab sends it, by a subshell."""
    _by_one_shell(world, "main shell")
    subshell = world.page.use_subshell()
    world.same("has subshells", subshell, world.kind.has_subshells)
    if subshell:
        _by_one_shell(world, "subshell")
    world.quiet("clicks")


def _by_one_shell(world, shell):
    browser, first, second, panel = _show_all(world, shell)
    _idle(world, shell, browser, first, panel)
    _busy(world, shell, browser, second, panel)
    world.page.run("for one in (browser, builder, other, panel): one.close()")


def _show_all(world, shell):
    """Show the widgets, and let their buttons tell where handlers run."""
    page, name = world.page, shell.replace(" ", "-")
    cell = page.run("browser = bw.SkuBrowser(account); browser.images; browser")
    common = f"vm_size='Standard_D2s_v3', {IMAGE}, target_dedicated_nodes=2"
    one = page.run(f"builder = bw.PoolBuilder(account, pool_id='{name}-idle', {common}); builder")
    two = page.run(f"other = bw.PoolBuilder(account, pool_id='{name}-busy', {common}); other")
    three = page.run("panel = bw.NodePanel(account, 'demo'); panel.view; panel")
    page.run("buttons = (browser._refresh, builder.create_button, other.create_button, panel.users.form.add_button)")
    page.run("for one in buttons: one.on_click(kc.tell)")
    views = [shown.views[0] for shown in (cell, one, two, three)]
    for view in views:
        page.show(view)
    return views


def _idle(world, shell, browser, builder, panel):
    page = world.page
    page.run("kc.told.clear(); load = browser._load")
    page.click(page.find(browser, tooltip="Refresh"))
    world.until("browser._load is not load and browser._load.status == 'done'")
    grid = page.models[page.find(browser, _kind="grid")]
    shown = page.value("len(browser.visible_frame)")
    world.same(f"{shell}, idle, load: rows on the page", len(grid.state["_snapshot"]["keys"]), shown)

    button = page.find(builder, description="Create pool")
    page.click(button)
    page.click(button)  # the second of two
    seen_at_once = page.value("builder.creation is not None")
    world.attempts.figure(
        f"{world.kind.version}, {shell}: the next cell sees the creation", "yes" if seen_at_once else "not yet"
    )
    world.until("builder.creation is not None and builder.creation.progress.accepted")
    pools = page.value("[pool.id for pool in account.list_pools()].count(builder.pool_id)")
    world.same(f"{shell}, idle, create by two clicks: pools", pools, 1)

    view = page.run("builder.creation").views[0]
    page.click(page.find(view, description="Stop following"))
    world.until("builder.creation.done()")
    world.same(f"{shell}, idle, cancel: status", page.value("builder.creation.status"), "cancelled")
    world.same(
        f"{shell}, idle, cancel: pools", page.value("account.get_pool(builder.pool_id).id"), f"{_id(shell)}-idle"
    )

    _fill(world, panel, f"alice-{_id(shell)}")
    page.click(page.find(panel, description="Add user to"))
    world.until("panel.operation is not None and panel.operation.done()")
    words = page.value("[word for _, word, _ in kc.outcomes(panel.operation)]")
    world.same(f"{shell}, idle, add a user: outcomes", words, ["added"] * 4)
    where = page.value("kc.told")
    world.same(f"{shell}, idle: clicks that were handled", len(where), 4)
    world.same(f"{shell}, idle: a cell ran meanwhile", [cell for _, cell in where if cell], [])
    world.attempts.figure(f"{world.kind.version}, {shell}: handlers run on", ", ".join({thread for thread, _ in where}))


def _busy(world, shell, browser, builder, panel):
    page = world.page
    meanwhile = shell == "subshell" and world.kind.handles_meanwhile
    gate = world.folder / f"{_id(shell)}-gate"
    page.run(f"kc.told.clear(); load = browser._load; panel.operation = None; gate = {str(gate)!r}")
    page.run(f"import dataclasses; pool = dataclasses.replace(builder.spec, pool_id='{_id(shell)}-stopped')")
    cancelled = page.run("going = account.create_pool(pool); going").views[0]
    page.run("panel.close_drawer()")
    _fill(world, panel, f"bob-{_id(shell)}")
    add, create = page.find(panel, description="Add user to"), page.find(builder, description="Create pool")
    stop, refresh = page.find(cancelled, description="Stop following"), page.find(browser, tooltip="Refresh")
    adding = f"adding = panel.add_user('cell-{_id(shell)}', password={PASSWORD!r})"
    cell = page.start(f"{adding}; print({STARTED!r}); kc.busy(gate)")
    page.wait(lambda: STARTED in cell.text, "the beginning of a cell")
    rows = page.find(panel, _kind="grid", row_label="node", selection="none")
    page.wait(lambda: (_keys(page, rows) and not page.models[add].state["disabled"]) or cell.is_over, "its own users")
    world.same(
        f"{shell}, busy: what a thread of ours tells is shown meanwhile", (_keys(page, rows), cell.ended), (4, 0)
    )
    for button in (refresh, create, create, stop, add):
        page.click(button)
    if meanwhile:
        page.wait(lambda: _says(page, builder, "is being created") or cell.is_over, "a pool that is being created")
        page.wait(lambda: _says(page, cancelled, "Stopped.") or cell.is_over, "an operation that stops")
        world.same(f"{shell}, busy: the cell still runs when clicks have been handled", cell.ended, 0)
    gate.touch()
    page.finish(cell)
    world.same(f"{shell}, busy: how the cell ended", (cell.status, cell.name), ("ok", ""))
    world.until("other.creation is not None and other.creation.progress.accepted")
    world.until("browser._load is not load and browser._load.status == 'done' and going.done()")
    world.until("panel.operation is not adding and panel.operation.done()")
    pools = page.value("[pool.id for pool in account.list_pools()].count(other.pool_id)")
    world.same(f"{shell}, busy, create by two clicks: pools", pools, 1)
    world.same(f"{shell}, busy, cancel: status", page.value("going.status"), "cancelled")
    for operation, name in (("panel.operation", "a click"), ("adding", "the cell")):
        words = page.value(f"[word for _, word, _ in kc.outcomes({operation})]")
        world.same(f"{shell}, busy, add a user by {name}: outcomes", words, ["added"] * 4)
    told = page.value("kc.told")
    world.same(f"{shell}, busy: clicks that were handled", len(told), 4)
    during = sum(cell for _, cell in told)
    world.same(f"{shell}, busy: clicks that were handled while the cell ran", during, 4 * meanwhile)
    words = f"{during} of 4 in it, {4 - during} after it"
    world.attempts.figure(f"{world.kind.version}, {shell}: clicks in a 5-second cell are handled", words)
    page.run("other.creation.cancel()")


def _id(shell):
    return shell.replace(" ", "-")


def _keys(page, grid):
    return len(page.models[grid].state["_snapshot"]["keys"])


def _says(page, view, text):
    return any(text in str(model.state.get("value", "")) for model in page.tree(view))


def _fill(world, panel, name):
    """Fill in the form for a user, with a password that is typed."""
    page = world.page
    page.click(page.find(panel, description="Add user…"))
    page.set(page.find(panel, placeholder="alice"), value=name)
    method = page.find(panel, _model_name="RadioButtonsModel", _options_labels="['New key'")
    labels = list(page.models[method].state["_options_labels"])
    page.set(method, index=labels.index("Password, typed"))
    secret = page.find(panel, placeholder="Password")
    page.secret = PASSWORD
    page.set(secret, filled=True)
