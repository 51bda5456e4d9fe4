"""A user at a notebook without a browser: rounds of use of all widgets on the embedded service, whose clock runs fast.

What a page would do, its comms do here: a widget is shown, said to be in sight or hidden, and clicked by messages.
"""

from __future__ import annotations

from secret_page import click, send, show, wait

import batch_widgets as bw
from batch_widgets.keys import make_key_pair
from batch_widgets.nodes import state_words

WAIT_S = 60.0  # nothing is measured by it: what has not come by then does not come
POOL = "soak"
SAME = (
    "what the filter leaves",
    "no problem in the form",
    "the ready pool",
    "the new pool",
    "more nodes",
    "users given",
    "users taken",
    "the pool is gone",
    "another pool chosen",
)
"""What is looked at in each round: that it comes to be shown as the service holds it."""


class Desk:
    """An account, and the rounds of use on it."""

    def __init__(self, folder, *, speed):
        self.account = bw.connect_demo(nodes=2, speed=speed)
        self.account.poll_interval_s = 0.02
        self.service = self.account._on_close.__self__
        self.started = self.service._state.now()
        self.key = make_key_pair(folder / "id_soak")
        self.identity_file = folder / "id_soak"
        self.lost = []

    @property
    def loops(self):
        """The event loops of both sides."""
        return self.account.runner._loop_thread.loop, self.service._loop

    @property
    def minutes(self):
        """How many minutes have passed at the service."""
        return (self.service._state.now() - self.started).total_seconds() / 60

    def round(self):
        """Load, filter, pick, create, follow, resize, give and take users, run, log in, look at details, delete."""
        image = self._browse()
        builder = self._create(image)
        panel = shown(bw.NodePanel(self.account, "demo"))
        self.same(panel, "the ready pool")
        panel.picker.value = POOL
        self.same(panel, "the new pool")
        self.account.resize_pool(POOL, target_dedicated_nodes=2).result(WAIT_S)
        self.same(panel, "more nodes")
        self._users_and_logins(panel)
        in_sight(panel, visible=False)
        self._delete(builder)
        in_sight(panel, visible=True)
        self.same(panel, "the pool is gone")
        panel.picker.value = "demo"
        self.same(panel, "another pool chosen")
        for one in (builder, panel):
            one.close()
        self.account.runner.drain()

    def _browse(self):
        browser = shown(bw.SkuBrowser(self.account))
        whole = len(browser.frame)
        browser.search = "ubuntu"
        browser.by_node_agent = True
        if not 0 < len(browser.visible_frame) < whole:
            self.lost.append(f"what the filter leaves: {len(browser.visible_frame)} of {whole}")
        browser.clear_filters()
        image = browser.select("ubuntu 22.04", latest=True)
        browser.load().result(WAIT_S)
        browser.close()
        return image

    def _create(self, image):
        builder = shown(bw.PoolBuilder(self.account, image=image, vm_size="Standard_D2s_v3", target_dedicated_nodes=1))
        builder.pool_id = POOL
        builder.allow_ssh, builder.ssh_sources = True, ("127.0.0.1",)
        builder.start_task_command_line = "/bin/bash -c 'echo hello'"
        if builder.problems:
            self.lost.append(f"no problem in the form: {builder.problems}")
        builder.to_python(), builder.to_json(), builder.to_cli()
        press(builder.create_button, builder)
        wait(lambda: builder.creation is not None)
        builder.creation.result(WAIT_S)
        return builder

    def _users_and_logins(self, panel):
        for number in range(2):
            panel.add_user(f"user{number}", ssh_public_key=self.key.line).result(WAIT_S)
        self.same(panel, "users given", with_users=True)
        panel.run("hostname", user="user0", identity_file=self.identity_file).result(WAIT_S)
        node = panel.last_view.nodes[0]
        terminal = panel.connect(node.id, user="user1", identity_file=self.identity_file)
        wait(lambda: terminal.view.state == "connected")
        send(terminal.view, type="attach", page="page")
        terminal.view._on_typed({"page": "page", "typed": True}, [memoryview(b"whoami\n")])
        wait(lambda: b"\nuser1" in bytes(terminal.view._kept))
        send(terminal.view, type="close")
        wait(lambda: not panel.logins.terminals.terminals)
        panel.show_details(node.id)
        wait(lambda: "start_task" in panel.details._loaded and not panel.details.start_task._asking)
        panel.details.section.value = "files"
        wait(lambda: not panel.details.files._asking)
        click(panel.details.close_button)
        panel.selected = (node.id,)
        for number in range(2):
            panel.delete_user(f"user{number}").result(WAIT_S)
        self.same(panel, "users taken", with_users=True)

    def _delete(self, builder):
        click(builder.card.delete_button)
        click(builder.card.question.buttons[1])
        wait(lambda: POOL not in [pool.id for pool in self.service._state.pools()])
        wait(builder.card.view._operation.done)

    def same(self, panel, what, *, with_users=False):
        """See that the panel comes to show what the service holds, by its own refreshes alone."""
        self.account.runner.drain()

        def same():
            self.held, self.seen = held(self.service, panel.pool_id, with_users), seen(panel, with_users)
            return self.held == self.seen

        try:
            wait(same, WAIT_S)
        except AssertionError:
            self.lost.append(f"{what}: {self.held} is held, {self.seen} is shown")

    def close(self):
        self.account.close()


def held(service, pool_id, with_users):
    """Give what the service holds: its pools, and a pool's nodes with their states, and how many users they have."""
    with service._core.lock:
        service._state.advance()
        pools = service._state.pools()
        nodes = [node for pool in pools if pool.id == pool_id for node in pool.nodes.values()]
        rows = {node.id: (state_words(node.state), len(node.users) if with_users else 0) for node in nodes}
        return [pool.id for pool in pools], rows


def seen(panel, with_users):
    """Give the same as the panel shows it."""
    rows = {row["key"]: (row["state"]["text"], _users(row["user"]) if with_users else 0) for row in panel.grid.rows}
    pools = [value for _, value in panel.picker.options if value and value in panel.last_view.pool_ids]
    return pools, rows


def _users(cell):
    return 0 if cell.get("muted") else 1 + int(cell["note"] or 0)


def shown(widget):
    """Show a widget as the last line of a cell does; a page has it in sight."""
    show(widget)
    in_sight(widget, visible=True)
    return widget


def in_sight(panel, *, visible):
    """Scroll a panel into sight, or out of it."""
    send(panel.frame_piece, type="views", page="page", visible=int(visible))


def press(button, panel):
    """Press a button of a panel that waits for the page to have sent all that was typed, and tell that it has."""
    click(button)
    for ticket in list(panel.frame_piece._settling):
        send(panel.frame_piece, type="settled", id=ticket)
