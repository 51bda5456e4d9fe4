"""Attacks: an interrupt while something waits, in the middle of a call on 1,000 nodes above all."""

from __future__ import annotations

NOW = "interrupt now"
INTERRUPTS = ("KeyboardInterrupt", "CancelledError")  # an awaiting cell is cancelled, so say some ipykernels
CLOSING = """
import pathlib
demo = bw.connect_demo(nodes=2)
demo.list_remote_login_settings("demo")

async def will_not_end(operation):
    try:
        await asyncio.sleep(3600)
    except asyncio.CancelledError:
        pathlib.Path("closing").touch()
        await asyncio.sleep(1)
        raise

stubborn = demo.runner.submit("Go on", will_not_end)
"""
BEGINNING = """
import pathlib
import batch_widgets.demo.server as server
serve = server.HttpServer.start

async def start_late(self):
    pathlib.Path("beginning").touch()
    await asyncio.sleep(1)
    return await serve(self)

server.HttpServer.start = start_late
"""


def interrupts(world):
    """Interrupt what waits; the kernel lives, the next call works, and what is told to be done is done."""
    _adding(world, "waiting for it", "adding.result()")
    _adding(world, "awaiting it", "await adding")
    for what, code in {
        "a call that waits": "account.list_supported_images()",
        "a first load": "bw.SkuBrowser(account).frame",
    }.items():
        _interrupted(world, what, code)
    world.page.interrupt()
    world.same("an interrupt of an idle kernel: the next call", _next_call(world), "demo")
    _in_a_click(world)
    _closing(world)
    _beginning(world)
    world.quiet("interrupts")


def _next_call(world):
    return world.page.value("account.get_pool('demo').id")


def _interrupted(world, what, code):
    page = world.page
    cell = page.start(f"print({NOW!r}, flush=True); {code}")
    page.wait(lambda: NOW in cell.text, "the middle of a cell")
    page.interrupt()
    page.nudge()
    page.finish(cell)
    world.so(f"{what}: the cell is interrupted", cell.name in INTERRUPTS)
    world.same(f"{what}: the next call", _next_call(world), "demo")


def _adding(world, what, wait):
    """Interrupt, let some more be done, cancel; then ask the service about each node by adding the same user again."""
    page, user = world.page, f"user-{what.split()[0]}"
    page.run(f"adding = account.add_user('demo', {user!r}, password='Secret-42-abc')")
    page.run("kc.has_begun(adding, 50)")
    _interrupted(world, f"1,000 nodes, {what}", wait)
    world.same(f"1,000 nodes, {what}: it goes on after the interrupt", page.value("adding.status"), "running")
    page.run("kc.has_begun(adding, 200)")
    page.run("adding.cancel(); adding.result(60)", fails="CancelledError")
    told = page.value("kc.outcomes(adding)")
    world.same(f"1,000 nodes, {what}: nodes that are told of", len(told), 1000)
    page.run(f"again = account.add_user('demo', {user!r}, password='Secret-42-abc'); again.result(90)")
    is_there = {node: word for node, word, _ in page.value("kc.outcomes(again)")}
    wanted = {"added": {"exists"}, "under way": {"exists", "added"}, "not reached": {"added"}}
    wrong = []
    for node, word, message in told:
        known = "under way" if message.startswith("The call was under way") else word
        if is_there[node] not in wanted.get(known, ()):
            wrong.append((node, known, is_there[node]))
    world.same(f"1,000 nodes, {what}: nodes told wrongly", wrong, [])
    counts = {word: sum(one == word for _, one, _ in told) for word in ("added", "not reached")}
    world.attempts.figure(f"{world.kind.version}: told after an interrupt and cancel() of 1,000, {what}", counts)


def _in_a_click(world):
    """Interrupt while the handler of a click waits in the shell of cells."""
    page = world.page
    page.run("panel = bw.NodePanel(account, 'demo'); panel.view")
    view = page.run("panel").views[0]
    page.run(f"gate = {str(world.folder / 'in-a-click')!r}")
    page.run(
        "import pathlib; panel._refresh.on_click(lambda _: (pathlib.Path(gate).touch(), kc.wait_for(gate + '-2')))"
    )
    page.click(page.find(view, tooltip="Refresh"))
    page.wait((world.folder / "in-a-click").exists, "a handler that waits")
    page.interrupt()
    world.same("in a click: the next call", _next_call(world), "demo")
    (world.folder / "in-a-click-2").touch()
    page.run("panel.refresh().result(30)")
    world.same("in a click: the panel still shows its nodes", page.value("len(panel.frame)"), 1000)
    page.run("panel.close()")


def _closing(world):
    """Interrupt `account.close()`: all that it ends is ended all the same."""
    page = world.page
    page.run("left = kc.Left()")
    page.run(CLOSING)
    world.so("a demo in the kernel: it has sockets", page.value("left.more()['sockets']"))
    cell = page.start("demo.close()")
    page.wait((world.folder / "closing").exists, "the middle of close()")
    page.interrupt()
    page.finish(cell)
    world.same("interrupted close(): the cell is interrupted", cell.name, "KeyboardInterrupt")
    page.run("demo.close()")
    world.same("interrupted close(), and another: what is left", page.value("left.now()"), _NOTHING)
    world.same("interrupted close(): the next call", _next_call(world), "demo")


def _beginning(world):
    """Interrupt `connect_demo()` while its service begins to listen."""
    page = world.page
    page.run("left = kc.Left()")
    page.run(BEGINNING)
    cell = page.start("demo = bw.connect_demo(nodes=2)")
    page.wait((world.folder / "beginning").exists, "the middle of connect_demo()")
    page.interrupt()
    page.finish(cell)
    page.run("server.HttpServer.start = serve")
    world.same("interrupted connect_demo(): the cell is interrupted", cell.name, "KeyboardInterrupt")
    world.same("interrupted connect_demo(): what is left", page.value("left.now()"), _NOTHING)


_NOTHING = {"threads": [], "sockets": [], "tasks": [], "widgets": []}
