"""The terminal in JupyterLab, with a real shell of this machine behind it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from accessibility import Axe, settled
from playwright.sync_api import expect

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Notebook
    from playwright.sync_api import Locator

SHELL = """import fcntl, os, pty, struct, subprocess, termios, threading
from batch_widgets.widgets.terminal_view import TerminalView
import ipywidgets

class Shell:
    def __init__(self, view):
        self.view = view
        self.room = threading.Event()
        self.room.set()
        self.fd, inner = pty.openpty()
        self.process = subprocess.Popen(
            ["bash", "--norc", "--noprofile", "-i"], stdin=inner, stdout=inner, stderr=inner, start_new_session=True,
            env={**os.environ, "PS1": "$ ", "TERM": "xterm-256color", "HISTFILE": "/dev/null"},
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        os.close(inner)
        view.on_input(lambda data: os.write(self.fd, data))
        view.on_resize(self.resize)
        view.on_behind(self.room.clear)
        view.on_drain(self.room.set)
        threading.Thread(target=self.read, daemon=True).start()
        view.state = "connected"

    def resize(self, columns, rows):
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def read(self):
        while True:
            self.room.wait()
            try:
                data = os.read(self.fd, 65536)
            except OSError:
                break
            self.view.write(data)
        self.view.end(f"The shell ended with {self.process.wait()}.")

view = TerminalView(title="alice@tvmps_6d7bd9_d", detail="host key SHA256:uVhq0c9Tq4",
                    note="The AZ_BATCH_ variables belong to tasks; a login shell does not have them.")
shell = Shell(view)"""
BOB = "other = TerminalView(title='bob@tvmps_2_d', height=120)"
COLOURS = (
    """clear; for c in 1 2 3 4 5 6 7; do printf "\\033[3${c}mcolour $c \\033[9${c}mbright\\033[0m  "; done; echo"""
)
CODE = b'"type": "bundle"'
NODE = """import batch_widgets as bw
from batch_widgets.widgets.terminal_view import TerminalView
account = bw.connect_demo(nodes=1, speed=50)
node_id = account.list_nodes("demo")[0].id
password = "Correct-h0rse"
account.add_user("demo", "alice", password=password, days=3).result(30)
view = TerminalView(title=f"alice@{node_id}")
session = account.open_terminal(
    "demo", node_id, user="alice", password=password, on_output=view.write, on_end=view.end
).result(30)
view.on_input(session.send)
view.on_resize(session.resize)
view.on_behind(session.pause)
view.on_drain(session.resume)
view.on_close(session.close)
view.state, view.detail = "connected", f"host key {session.host_key_fingerprint}"
"""
TEXT = """([element, text]) => element.querySelector('.xterm-rows')?.textContent.includes(text)"""
BACKGROUND = "(element) => getComputedStyle(element).backgroundColor"
INSIDE = "document.activeElement.classList.contains('xterm-helper-textarea')"


def shows(output: Locator, text: str) -> None:
    """Wait until the terminal shows a text; what is out of sight is not drawn."""
    terminal = output.locator(".bw-host-terminal").first
    terminal.locator(".bw-term-place").scroll_into_view_if_needed()
    output.page.wait_for_function(TEXT, arg=[terminal.element_handle(), text])


@pytest.fixture
def terminal(notebook: Notebook) -> Callable[..., Locator]:
    def start(*cells: str) -> Locator:
        notebook.open(SHELL, *(cells or ("view",)))
        notebook.run(0)
        output = notebook.run(1, ".xterm-rows")
        shows(output, "$ ")
        return output

    return start


def typed(notebook: Notebook, text: str) -> None:
    notebook.page.keyboard.type(f"{text}\n")


def test_a_shell_gets_every_key_and_the_notebook_none(notebook: Notebook, terminal):
    page = notebook.page
    output = terminal()
    cells = notebook.cell_count
    output.locator(".xterm-screen").click()
    output.get_by_text("leaves the terminal").wait_for()
    typed(notebook, "echo answer $((6 * 7))")
    shows(output, "answer 42")
    page.keyboard.type("ddaabb\u00e9")
    shows(output, "$ ddaabb\u00e9")
    page.keyboard.press("Control+u")
    typed(notebook, "sleep 1000; echo interrupted with $?")
    shows(output, "sleep 1000")
    page.keyboard.press("Control+c")
    shows(output, "^C")
    page.keyboard.type("unse")
    page.keyboard.press("Tab")
    shows(output, "$ unset ")
    page.keyboard.press("Control+u")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    shows(output, "$ echo answer")
    page.keyboard.press("Escape")
    assert page.evaluate(INSIDE)
    assert notebook.cell_count == cells
    page.keyboard.press("Control+Shift+Escape")
    output.get_by_text("Enter types in it").wait_for()
    assert not page.evaluate(INSIDE)
    page.keyboard.press("Enter")
    assert page.evaluate(INSIDE)
    page.keyboard.press("Control+Shift+Home")
    page.keyboard.press("Tab")
    assert not page.evaluate("document.activeElement.closest('.bw-host-terminal') !== null"), "no trap"
    assert notebook.cell_count == cells


def test_a_node_of_the_demo_says_who_one_is(notebook: Notebook):
    notebook.open(NODE, "view")
    notebook.run(0)
    output = notebook.run(1, ".xterm-rows")
    output.get_by_text("connected", exact=True).wait_for()
    output.get_by_text("host key SHA256:").wait_for()
    output.locator(".xterm-screen").click()
    typed(notebook, "whoami")
    output.locator(".xterm-rows > div").filter(has_text=re.compile(r"^alice\s*$")).wait_for()
    output.get_by_role("button", name="Close terminal alice@").click()
    output.get_by_role("status").get_by_text("Closed.").wait_for()
    notebook.wait_python("(session.ended, view.state)", (True, "ended"))


def test_the_shell_has_the_size_of_its_place(notebook: Notebook, terminal):
    output = terminal()
    output.locator(".xterm-screen").click()
    notebook.wait_python("view.columns > 100", expected=True)
    typed(notebook, "stty size")
    shows(output, notebook.python("print(view.rows, view.columns)"))
    before = int(notebook.python("print(view.columns)"))
    notebook.page.set_viewport_size({"width": 1000, "height": 900})
    notebook.wait_python(f"view.columns < {before}", expected=True)
    notebook.python("view.height = 400")
    notebook.wait_python("view.rows > 20", expected=True)
    typed(notebook, "clear; stty size")
    shows(output, notebook.python("print(view.rows, view.columns)"))


def test_copy_and_paste(notebook: Notebook, terminal):
    page = notebook.page
    output = terminal()
    output.locator(".xterm-screen").click()
    typed(notebook, "clear; echo copied-$((40 + 2))")
    shows(output, "copied-42")
    row = output.locator(".xterm-rows > div").filter(has_text=re.compile("^copied-42"))
    place = row.bounding_box()
    page.mouse.dblclick(place["x"] + 20, place["y"] + 6)
    page.keyboard.press("Control+Shift+c")
    assert notebook.clipboard("copied") == "copied-42"
    assert page.evaluate(INSIDE)
    page.evaluate("navigator.clipboard.writeText('echo pasted-$((1 + 1))')")
    page.keyboard.press("Control+Shift+v")
    shows(output, "$ echo pasted-$((1 + 1))")
    page.keyboard.press("Enter")
    shows(output, "pasted-2")


def test_a_reload_shows_what_was_there_and_the_file_has_none_of_it(notebook: Notebook, terminal):
    page = notebook.page
    output = terminal()
    output.locator(".xterm-screen").click()
    # The question is answered when it is first drawn, and not again after the reload.
    typed(notebook, "printf 'Kept-%s\\n' S3cret; printf '\\033[6n'")
    shows(output, "Kept-S3cret")
    page.keyboard.press("Control+u")
    notebook.save_widget_state()
    saved = str(notebook.save())
    assert "alice@tvmps" in saved
    assert "Kept-S3cret" not in saved
    notebook.python("heard = []; view.on_input(heard.append)")
    notebook.reload()
    output = page.locator(".jp-OutputArea").last
    shows(output, "Kept-S3cret")
    notebook.wait_python("list(view._pages.values())[0].drawn == view._end", expected=True)
    assert notebook.python("print(heard)") == "[]"
    assert notebook.python("print(len(view._pages))") == "1", "the page that went has said so"
    output.locator(".xterm-screen").click()
    typed(notebook, "echo still $((3 * 3))")
    shows(output, "still 9")


def test_what_is_typed_while_old_output_is_drawn_is_not_lost(notebook: Notebook, terminal):
    terminal("view", "view")
    notebook.python("heard = []; view.on_input(heard.append)")
    notebook.python("view.write(b'old output\\r\\n' * 2000 + b'\\x1b[6n')")
    notebook.wait_python(
        "b'R' in b''.join(heard)", expected=True
    )  # the answer to the question, which is not given again
    notebook.python("heard.clear()")
    notebook.page.evaluate(
        """() => new MutationObserver((_changes, observer) => {
            const field = document.querySelectorAll(".xterm-helper-textarea")[1];
            if (!field) return;
            observer.disconnect();
            field.focus();
            field.dispatchEvent(new InputEvent("input", { data: "typed", inputType: "insertText" }));
        }).observe(document.body, { childList: true, subtree: true })"""
    )
    shows(notebook.run(2, ".xterm-rows"), "old output")
    notebook.wait_python("heard", [b"typed"])


def test_what_is_typed_keeps_its_order_where_threads_of_the_kernel_take_turns(notebook: Notebook, terminal):
    output = terminal("view", "import time; time.sleep(2)")
    notebook.python(
        "import itertools\n"
        "heard, asked, send, turns = [], [], view.send, itertools.count()\n"
        "view.on_input(heard.append)\n"
        "def by(data, shell):\n"
        "    typed = data.get('content', {}).get('type') == 'input'\n"
        "    return None if typed and next(turns) % 3 else shell\n"
        "view.comm._reply_subshell_for = by\n"
        "def watch(content, buffers=None):\n"
        "    if content.get('type') == 'again':\n"
        "        asked.append(content)\n"
        "    send(content, buffers)\n"
        "view.send = watch"
    )
    notebook.run(2)  # the shell of cells is busy, and the subshell is not
    output.locator(".xterm-screen").click()
    text = "".join(f"{number} " for number in range(30))
    notebook.page.keyboard.type(text)
    shows(output, "28 29")
    notebook.wait_python("b''.join(heard).decode()", text)
    assert notebook.python("print(len(asked) > 0)") == "True"


def test_much_output_comes_whole_and_is_not_sent_faster_than_it_is_drawn(notebook: Notebook, terminal):
    output = terminal()
    notebook.python(
        "most, skipped, send = [0], [], view.send\n"
        "def watch(content, buffers=None):\n"
        "    if content.get('type') == 'output':\n"
        "        skipped.append(content['skipped'])\n"
        "        most[0] = max(most[0], max(page.sent - page.drawn for page in view._pages.values()))\n"
        "    send(content, buffers)\n"
        "view.send = watch"
    )
    output.locator(".xterm-screen").click()
    typed(notebook, "seq 1 400000; echo whole $((5 * 5))")
    notebook.wait_python("b'whole 25' in view._kept", expected=True, seconds=60)
    shows(output, "whole 25")
    shows(output, "400000")
    assert notebook.python("print(sum(skipped), most[0] <= 262144 + 65536)") == "0 True"
    notebook.wait_python("view.backlog", 0)


def test_several_terminals_two_views_and_code_that_travels_when_it_is_needed(notebook: Notebook):
    page = notebook.page
    page.set_viewport_size({"width": 1360, "height": 1600})  # what is out of sight is not drawn
    notebook.open(SHELL, "box = ipywidgets.VBox()\nbox", BOB, "view")
    notebook.run(0)
    notebook.run(1)
    notebook.wait_python("box.children", ())
    assert notebook.traffic.count_received(CODE) == 0
    notebook.run(2)
    notebook.python("bob = Shell(other); box.children = (view, other)")
    first = page.locator(".jp-OutputArea").nth(1)
    alice, bob = first.locator(".bw-host-terminal").nth(0), first.locator(".bw-host-terminal").nth(1)
    bob.locator(".xterm-rows").wait_for()
    notebook.python("view.focus_terminal()")
    page.wait_for_function(INSIDE)
    typed(notebook, "echo first $((1 + 1))")
    shows(first, "first 2")
    second = notebook.run(3, ".xterm-rows")
    shows(second, "first 2")
    second.locator(".xterm-screen").click()
    typed(notebook, "echo second $((2 + 2))")
    shows(first, "second 4")
    shows(second, "second 4")
    notebook.python("other.focus_terminal()")
    bob.get_by_text("leaves the terminal").wait_for()
    typed(notebook, "echo for bob $((3 + 3))")
    page.wait_for_function(TEXT, arg=[bob.element_handle(), "for bob 6"])
    assert "for bob" not in alice.locator(".xterm-rows").inner_text()
    assert notebook.traffic.count_received(CODE) == 1


def test_who_gets_the_focus_comes_into_sight(notebook: Notebook):
    far = "ipywidgets.VBox([view, ipywidgets.HTML('<div style=\"height: 3000px\"></div>'), ipywidgets.Button()])"
    notebook.open(SHELL, far)
    notebook.run(0)
    output = notebook.run(1, ".xterm-rows")
    output.get_by_role("button").last.scroll_into_view_if_needed()
    place = output.locator(".bw-term-place")
    expect(place).not_to_be_in_viewport()
    notebook.python("view.focus_terminal()")
    expect(place).to_be_in_viewport(ratio=1)
    notebook.page.wait_for_function(INSIDE)


def test_it_says_why_it_ended(notebook: Notebook, terminal):
    output = terminal()
    output.locator(".xterm-screen").click()
    typed(notebook, "exit 3")
    output.get_by_role("status").get_by_text("The shell ended with 3.").wait_for()
    output.get_by_text("ended", exact=True).wait_for()
    notebook.python("closed = []; view.on_close(lambda: closed.append(1))")
    output.get_by_role("button", name="Close terminal alice@tvmps_6d7bd9_d").click()
    notebook.wait_python("closed", [1])


def test_pictures_themes_and_accessibility(notebook: Notebook, terminal):
    page = notebook.page
    output = terminal(
        "from batch_widgets.widgets.frame import Frame\n"
        "box = ipywidgets.VBox([Frame(), view])\nbox.add_class('bw')\nbox",
    )
    output.locator(".xterm-screen").click()
    typed(notebook, COLOURS)
    shows(output, "colour 7 bright")
    typed(notebook, "ls -l --color=always /usr | head -5")
    shows(output, "total")
    backgrounds = set()
    axe = Axe(notebook)
    for theme in ("light", "dark"):
        notebook.theme(theme)
        settled(notebook, theme)
        backgrounds.add(output.locator(".xterm-scrollable-element").evaluate(BACKGROUND))
        axe.check(output.locator(".bw"), theme, least=4)
        notebook.screenshot(output, f"terminal-{theme}")
        page.keyboard.press("Control+Shift+Escape")
        page.keyboard.press("Shift+Tab")
        page.keyboard.press("Shift+Tab")
        notebook.screenshot(output, f"terminal-left-{theme}")
        output.get_by_role("button", name="Screen reader mode").click()
        output.get_by_role("listitem").filter(has_text="colour 1 bright").wait_for(state="attached")
        output.get_by_role("button", name="Screen reader mode").click()
        output.locator(".xterm-screen").click()
    assert len(backgrounds) == 2
