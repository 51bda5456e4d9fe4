"""Attacks: a kernel that restarts in mid-operation, and what is left once accounts and widgets are closed."""

from __future__ import annotations

import os
import re
import time
from pathlib import Path

from proc_net import listeners

KINDS = ("threads", "sockets", "widgets")
NOTHING = {"threads": [], "sockets": [], "tasks": [], "widgets": []}
_PASSWORD = "Secret-42-abc"
_ENDS_S = 60
EVERYTHING = f"""
browser = bw.SkuBrowser({{account}})
image = browser.select("ubuntu 22.04", latest=True)
builder = bw.PoolBuilder({{account}}, pool_id={{pool!r}}, vm_size="Standard_D2s_v3", image=image,
                         target_dedicated_nodes=2)
creation = builder.create()
panel = bw.NodePanel({{account}}, "demo")
nodes = list(panel.frame["node_id"])[:3]
panel.add_user({{user!r}} + "-ssh", password={_PASSWORD!r}, nodes=nodes).result(60)
ran = panel.run("hostname", user={{user!r}} + "-ssh", password={_PASSWORD!r}, nodes=nodes).result(60)
terminal = panel.connect(nodes[0], user={{user!r}} + "-ssh", password={_PASSWORD!r})
terminal.opening.result(60)
bench = bw.Workbench({{account}})
adding = panel.add_user({{user!r}}, password={_PASSWORD!r})
kc.has_begun(adding, {{begun}})
"""
SHOW = "from IPython.display import display; display(browser, builder, creation, panel, bench, adding)"
WIDGETS = "(browser, builder, panel, bench, *views)"


def restarts(world):
    """Restart in mid-operation, politely and by killing; nothing of the old kernel is left, and the new one works."""
    for how, now in (("a polite restart", False), ("a restart that kills", True)):
        _restart(world, how, now=now)
    world.quiet("restarts")


def _restart(world, how, *, now):
    page, user = world.page, "killed" if now else "ended"
    page.run("inside = bw.connect_demo(nodes=3); inside.list_remote_login_settings('demo')")
    page.run(EVERYTHING.format(account="account", pool=user, user=user, begun=50))
    page.run(SHOW)
    before, doors = page.pid, {port for _, _, port in listeners(page.pid)}
    group = os.getpgid(before)
    inside = {int(port) for port in page.value("[int(inside.endpoint.rsplit(':', 1)[1])]")}
    world.so(f"{how}: the demo in the kernel listens before", inside <= doors)
    world.same(f"{how}: the operation is in the middle before", page.value("adding.status"), "running")
    page.restart(now=now)
    world.begin()
    world.so(f"{how}: another kernel", page.pid != before)
    world.same(f"{how}: processes of the old kernel", _gone(group), [])
    ours = {port for _, _, port in listeners(page.pid)}
    taken = sorted(port for port in inside & ours)
    world.same(f"{how}: the new kernel has nothing of the old demo", taken, [])
    page.run("account.close()")
    world.same(f"{how}: sockets of the old kernel in the demo", world.demo.left(), 0)
    page.run("account = bw.connect()")
    world.same(f"{how}: the next call", page.value("account.get_pool('demo').id"), "demo")
    page.run(f"again = account.add_user('demo', {user!r}, password={_PASSWORD!r}); again.result(90)")
    words = page.value("sorted({word for _, word, _ in kc.outcomes(again)})")
    world.same(f"{how}: what was begun can be ended", words, ["added", "exists"])


def _gone(group):
    """Give the processes of a group that are there, once those that are ending have ended."""
    deadline = time.monotonic() + _ENDS_S
    while True:
        left = []
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = stat.read_text().rpartition(")")[2].split()
            except (FileNotFoundError, ProcessLookupError):
                continue
            if int(fields[2]) == group and fields[0] != "Z":
                left.append(stat.parent.name)
        if not left or time.monotonic() > deadline:
            return left
        time.sleep(0.02)


WAYS = {
    "a cell": "first.close(); again.close()",
    "two threads at once": "for one in (first, again, first, again): threading.Thread(target=one.close).start()",
    "an awaiting cell": "await asyncio.to_thread(first.close); await asyncio.to_thread(again.close)",
    "an observer": "adding.add_done_callback(lambda _: (first.close(), again.close())); adding.cancel()",
    "a click": "again.close()",
}
"""How accounts are closed; the click is on the workbench's button."""


def closings(world, ways=tuple(WAYS)):
    """Close accounts in each of some ways; no thread, socket, task or widget is left in the kernel."""
    page = world.page
    page.run("account.close(); await asyncio.to_thread(int)")
    _everything(world, "warm-up")  # what libraries keep once they were used is no leak
    page.run(f"first.close(); again.close()\nfor one in {WIDGETS}: one.close()")
    for way in ways:
        page.run("del adding, creation, other; left = kc.Left()")
        views = _everything(world, way)
        more = page.value("left.more()")
        world.so(f"before it is closed by {way}: it has threads, sockets and widgets", all(more[one] for one in KINDS))
        page.run(WAYS[way])
        if way == "a click":
            page.click(page.find(views[4], description="Disconnect"))
        _after(world, way, views)
    world.same("messages to widgets after they were closed", page.after_close, [])
    world.quiet("closings")


def _everything(world, way):
    """Begin all there is on two accounts: that of the demo's own process, and one whose demo is in the kernel."""
    page, user = world.page, re.sub(r"\W+", "-", way)
    page.run("first = bw.connect(); again = bw.connect_demo(nodes=3); again.list_remote_login_settings('demo')")
    page.run("other = again.add_user('demo', 'mallory', password='Secret-42-abc')")
    page.run(EVERYTHING.format(account="first", pool=user, user=user, begun=20))
    views = page.run(SHOW).views
    page.run("from ipywidgets.widgets import widget")
    ids = [views[2], views[5]]
    page.run(f"views = [widget._instances[one] for one in {ids!r}]")
    for view in views:
        page.show(view)
    return views


def _after(world, way, views):
    """Record what is left by a way to close."""
    page = world.page
    world.until("first.closed and again.closed and not kc.own_threads()")
    world.so(f"closed by {way}: the operations have ended", page.value("adding.done() and creation.done()"))
    more = page.value("left.more()")
    world.same(f"closed by {way}: what is left", {**more, "widgets": []}, NOTHING)
    world.same(f"closed by {way}: sockets in the demo", world.demo.left(), 0)
    tree = [model for view in views[:1] for model in page.tree(view)]
    said = any("disconnected" in str(model.state.get("value", "")) for model in tree)
    world.so(f"closed by {way}: widgets say so", said)
    page.run(f"for one in {WIDGETS}: one.close()")
    world.same(f"closed by {way}: what is left once widgets are closed", page.value("left.now()"), NOTHING)
    still = sorted({model.state.get("_model_name", "?") for model in page.open_models()})
    world.same(f"closed by {way}: widgets that the page still has", still, [])
