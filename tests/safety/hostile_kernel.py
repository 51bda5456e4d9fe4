"""What a kernel does in the test of hostile text in a page: it opens all parts of the widgets, one after another.

Each step is a name and a function; the page is looked at after each.
"""

from __future__ import annotations

import json
import time
from pathlib import Path

from hostile_account import KEY, POOL, WAIT_S, HostileAccount, hostile_body
from hostile_texts import CANARY
from hostile_wire import HTML_TEXTS

import batch_widgets as bw
from batch_widgets.widgets.node_details import FILES, LOGS, START_TASK
from batch_widgets.widgets.pool_sections import SECTIONS
from batch_widgets.widgets.terminal_view import TerminalView

ALL_TEXTS = "".join(text.replace("\0", "") for text in HTML_TEXTS)
PASSWORD = "Pw-1234567890"
# Titles, the clipboard, links, colours, questions whose answer would be typed, and sizes of the window.
TERMINAL = (
    f"\x1b]0;{CANARY} title\x07\x1b]2;<img src=x onerror={CANARY}()>\x07",
    "\x1b]52;c;QkFUQ0hXSURHRVRTQ0FOQVJZ\x07\x1b]52;p;?\x07\x1b]1337;File=inline=1:PHNjcmlwdD4=\x07",
    f"\x1b]8;;javascript:{CANARY}()\x07click me\x1b]8;;\x07 ",
    f"\x1b]8;;data:text/html,<script>{CANARY}()</script>\x07and me\x1b]8;;\x07",
    f"\x1b]8;;https://{CANARY}.example/\x07an address\x1b]8;;\x07\r\n",
    "\x1b[21t\x1b[20t\x1b[8;9;9t\x1bP$q q\x1b\\\x1b]10;?\x07\x1b[5n\x1b[c\x05",
    "\x1b[2J\x1b[H\x1b[31m\x1b[?1049h\x1b[?1000h\x1b[?1003h\x1b[?2004h",
    ALL_TEXTS.replace("\n", "\r\n"),
)


class Opened:
    """All widgets on an account whose answers are hostile.

    Parameters
    ----------
    nodes, texts, ids
        See :class:`HostileAccount`.
    """

    def __init__(self, *, nodes=6, texts=HTML_TEXTS, ids=True):
        _write_keys(ALL_TEXTS.replace("\n", " ").replace("\r", " "))
        self.hostile = HostileAccount(nodes=nodes, texts=texts, ids=ids)
        self.account = self.hostile.account
        self.text = texts[0] if not ids else ALL_TEXTS
        self.plain = self.hostile.plain
        self.browser = bw.SkuBrowser(self.account)
        self.builder = bw.PoolBuilder(self.account)
        self.panel = bw.NodePanel(self.account, self.hostile.pool_id)
        self.commands = bw.NodePanel(self.plain, POOL)
        self.terminal = TerminalView(title=f"alice@{self.text[:2000]}", detail=self.text[:2000], note=self.text[:2000])
        self.terminal.on_input(self._on_input)
        self.answers = b""
        self.workbench = bw.Workbench(self.account)
        self.steps = dict(self._steps())

    def _on_input(self, data):
        self.answers += data

    def _steps(self):
        yield from (("images", self.browser.load), ("image picked", self._pick))
        yield ("images by agent", lambda: setattr(self.browser, "by_node_agent", True))
        yield ("filters", lambda: setattr(self.browser.grid, "filter_row", True))
        yield ("search without a hit", lambda: setattr(self.browser.grid, "search", self.text[:5000]))
        yield ("search over", lambda: setattr(self.browser.grid, "search", ""))
        yield ("affected pools", lambda: self.browser.affected_pools(9_999))
        yield ("gallery image", self._gallery)
        yield ("pool loaded", lambda: self.builder.load(json.dumps(hostile_body(self.text))))
        for title in SECTIONS:
            yield (f"section {title}", lambda title=title: self.builder.form.sections.open_section(title))
        for view in ("Python", "JSON", "az", "Bicep", "Cost", "Checks"):
            yield (f"view {view}", lambda view=view: setattr(self.builder.exports.view, "value", view))
        yield ("pools to clone", self.builder.load_button.click)
        yield ("pool refused", lambda: self._outcome(self.account.delete_pool("none-such"), self.builder))
        yield ("formula", self._formula)
        yield ("pools that scale", self._offer)
        yield ("evaluation", self._evaluate)
        yield ("JSON refused", lambda: self._failing(lambda: self.builder.load("{" + self.text)))
        yield ("nodes", self.panel.refresh)
        yield ("start task", lambda: self._details(START_TASK))
        yield ("files", lambda: self._details(FILES))
        yield ("a file", self._file)
        yield ("logs", lambda: self._details(LOGS))
        yield ("users given", self._give)
        yield ("add user", self.panel.add_button.click)
        yield ("delete user", self.panel.delete_button.click)
        yield ("log in", self.panel.login_button.click)
        yield ("login refused", lambda: self.panel.test_login(user="alice", password=PASSWORD).result(WAIT_S))
        yield ("terminal refused", self._open_terminal)
        yield ("manage", lambda: setattr(self.panel.manage_button, "value", True))
        yield ("another pool", lambda: setattr(self.panel, "pool_id", self.text[:5000]))
        yield ("command", self._command)
        yield ("terminal output", self._terminal)
        for step, name in enumerate(("image", "pool", "nodes")):
            yield (f"workbench, {name}", lambda step=step: self._go_to(step))

    def do(self, name):
        """Do a step, and wait until what it began has ended."""
        self.steps[name]()
        for account in (self.account, self.plain):
            for _ in range(20):
                account.runner.drain()
                time.sleep(0.01)

    def _pick(self):
        self.browser.selected = self.browser.images[1]
        self.builder.image = self.browser.selected

    def _gallery(self):
        self.browser._type_custom.click()
        self.browser._custom.image_id.value = self.text[:5000]
        self.browser._custom.submit()

    def _failing(self, act):
        try:
            act()
        except (bw.BatchWidgetsError, ValueError) as error:
            self.builder.show_error(error)

    def _outcome(self, operation, panel):
        panel.show_error(operation.exception(WAIT_S))

    def _formula(self):
        self.builder.enable_auto_scale = True
        self.builder.auto_scale_formula = f"$x = {self.text[:20_000]};\n" * 3

    def _trial(self):
        return self.builder.form.autoscale.children[0].trial

    def _offer(self):
        self._trial().offer_pools().result(WAIT_S)

    def _evaluate(self):
        self.builder.auto_scale_formula = "$TargetDedicatedNodes = 0; $x = 1;"
        self._trial().evaluate().exception(WAIT_S)

    def _details(self, section):
        self.panel.show_details(self.panel.view.nodes[0].id)
        self.panel.details.section.value = section

    def _file(self):
        self._details(FILES)
        files = self.panel.details.files
        files.load().result(WAIT_S)
        self.account.runner.drain()
        files.grid.selected = (files.grid.rows[0]["key"],)

    def _give(self):
        comment = self.text[:500].replace("\n", " ").replace("\r", " ")
        for key in (KEY + comment, KEY + "me"):
            self._failing(lambda key=key: self.panel.add_user("alice", ssh_public_key=key).result(WAIT_S))
        self.panel.given_button.value = True

    def _open_terminal(self):
        self.panel.connect(self.panel.view.nodes[0].id, user="alice", password=PASSWORD)
        self.panel.connect(self.panel.view.nodes[1].id, user="bob", password=PASSWORD)

    def _command(self):
        assert len(self.commands.view.nodes)
        self.commands.add_user("carol", password=PASSWORD).result(WAIT_S)
        quoted = "'" + self.text[:2000].replace("'", "") + "'"
        done = self.commands.run(f"echo {quoted}", user="carol", password=PASSWORD).result(WAIT_S)
        assert done["stdout"].iloc[0]
        self.plain.runner.drain()
        self.commands.logins.command.grid.selected = (self.commands.logins.command.grid.rows[0]["key"],)

    def _terminal(self):
        self.terminal.state = "connected"
        for text in TERMINAL:
            self.terminal.write(text.encode("utf-8", "replace"))
        self.terminal.write((self.text[:500_000] + "\r\n").encode("utf-8", "replace"))

    def _go_to(self, step):
        self.workbench.panel.pool_id = self.hostile.pool_id
        self.workbench.builder.load(hostile_body(self.text))
        self.workbench.go_to(step)

    def close(self):
        for one in (self.browser, self.builder, self.panel, self.commands, self.terminal, self.workbench):
            one.close()
        self.hostile.close()


def _write_keys(comment):
    folder = Path.home() / ".ssh"
    folder.mkdir(exist_ok=True)
    for name in ("id_<img src=x onerror=BATCHWIDGETSCANARY()>.pub", "id_\u202egpj.pub"):
        (folder / name).write_text(KEY + comment + "\n", encoding="utf-8", errors="replace")
