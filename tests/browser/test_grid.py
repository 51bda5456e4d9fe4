"""The grid in a real JupyterLab."""

from __future__ import annotations

import json

MAKE = """
from batch_widgets.widgets.grid import Column, Grid

STATES = [("idle", "ok"), ("running", "run"), ("starting", "busy"), ("unusable", "err"), ("offline", "warn")]

def make_rows(count, start=0):
    return [
        {
            "key": f"tvmps_{n * 7919:024x}_d",
            "state": {"text": STATES[n % 5][0], "hue": STATES[n % 5][1]},
            "address": f"203.0.113.{n % 250}:{40000 + n}",
            "tasks": n,
            "user": None if n % 3 else {"text": "alice", "note": "30 days"},
            "caps": [{"text": "Docker", "title": "DockerCompatible"}, "RDMA"] if n % 2 else [],
            "ssh": {"text": f"ssh alice@203.0.113.{n % 250}", "copy": f"ssh alice@203.0.113.{n % 250} -p {40000 + n}",
                    "actions": [{"name": "terminal", "label": "Open terminal", "icon": "terminal"}]}
                   if n % 4 else {"text": "add a user first", "muted": True},
        }
        for n in range(start, start + count)
    ]

COLUMNS = [
    Column("key", "Node", "mono", width=192, cut="middle"),
    Column("state", "State", "pill", width=120, filter="choice"),
    Column("address", "Login address", "mono", width=156),
    Column("tasks", "Tasks", "number", width=70),
    Column("user", "Added user", width=130),
    Column("caps", "Capabilities", "chips", width=130, drop=2),
    Column("ssh", "SSH command", "command", width=220, grow=True, drop=1),
]
grid = Grid(COLUMNS, row_label="node", selection="multiple", height=292)
"""


ROW = "[role=row][data-key]"
HEADER = "[role=columnheader]"


def node(number):
    return f"tvmps_{number * 7919:024x}_d"


def first_rows(out, column=3, count=3):
    cells = out.locator(f"{ROW} [data-column='{column}']")
    return [cells.nth(index).inner_text() for index in range(count)]


def sorted_rows(out, column=3):
    """Texts of a column from top to bottom; the rows stand in the document in no order."""
    return out.evaluate(
        """(out, column) => [...out.querySelectorAll("[role=row][data-key]")]
            .sort((a, b) => a.ariaRowIndex - b.ariaRowIndex)
            .map((row) => row.querySelector(`[data-column="${column}"]`).innerText)""",
        column,
    )


def open_grid(notebook, count, *more):
    notebook.open(MAKE + f"grid.set_rows(make_rows({count}))\ngrid", *more)
    return notebook.run(0, ROW)


def test_300_rows(notebook):
    out = open_grid(notebook, 300)
    assert out.locator("[role=grid]").get_attribute("aria-rowcount") == "301"
    assert out.locator(ROW).count() < 40
    notebook.screenshot(out, "grid-light")
    notebook.theme("dark")
    out.locator(ROW).first.wait_for()
    notebook.screenshot(out, "grid-dark")
    # A switch of the theme leaves the rows drawn.
    assert out.locator(ROW).count() > 10
    notebook.theme("light")
    page_width = notebook.page.evaluate("[document.body.scrollWidth, innerWidth]")
    assert page_width[0] <= page_width[1]


def test_10_000_rows(notebook):
    out = open_grid(notebook, 10_000)
    few = out.locator(ROW).count()
    assert few < 40
    grid = out.locator("[role=grid]")
    grid.evaluate("(grid) => { grid.scrollTop = 120000 }")
    out.get_by_text("203.0.113.0:45000", exact=True).wait_for()
    assert out.locator(ROW).count() <= few + 10
    grid.evaluate("(grid) => { grid.scrollTop = grid.scrollHeight }")
    out.get_by_text("203.0.113.249:49999", exact=True).wait_for()
    grid.focus()
    notebook.page.keyboard.press("Home")
    out.get_by_text("203.0.113.0:40000", exact=True).wait_for()


def test_little_travels_when_few_of_10_000_rows_change(notebook):
    out = open_grid(notebook, 10_000)
    traffic = notebook.traffic
    elements, snapshot = out.locator("*").count(), traffic.received_bytes
    patches = traffic.count_received(b'"type": "patch"')
    notebook.python("rows = make_rows(10_000)\nfor row in rows[::100]: row['tasks'] = -1\ngrid.set_rows(rows)")
    out.locator(f"{ROW}[data-key='{node(0)}']").get_by_text("-1", exact=True).wait_for()
    assert traffic.count_received(b'"type": "patch"') - patches == 1
    assert traffic.received_bytes - snapshot < snapshot / 20
    notebook.python("grid.set_rows(make_rows(300))")
    out.locator("[role=grid][aria-rowcount='301']").wait_for()
    assert out.locator("*").count() == elements, "10,000 rows are as many elements as 300"


def test_sort_search_and_filters(notebook):
    out = open_grid(notebook, 300)
    out.locator(HEADER, has_text="Tasks").click()
    assert sorted_rows(out)[:2] == ["0", "1"]
    out.locator(HEADER, has_text="Tasks").click()
    assert sorted_rows(out)[:2] == ["299", "298"]
    notebook.wait_python("grid.sort", [["tasks", "desc"]])
    out.locator(HEADER, has_text="Tasks").click()
    notebook.wait_python("grid.sort", [])
    out.locator(HEADER, has_text="State").click()
    out.locator(HEADER, has_text="Tasks").click(modifiers=["Shift"])
    notebook.wait_python("grid.sort", [["state", "asc"], ["tasks", "asc"]])
    assert sorted_rows(out)[:2] == ["0", "5"]

    notebook.python("grid.sort = []; grid.search = 'UNUSABLE days'")
    out.locator("[role=grid][aria-rowcount='21']").wait_for()
    assert notebook.python("print(len(grid.visible_keys()))") == "20"
    notebook.python("grid.search = 'nothing has this'; grid.empty_text = 'No node fits.'")
    out.get_by_text("No node fits.").wait_for()

    notebook.python("grid.search = ''; grid.filter_row = True")
    out.locator("input[aria-label='Filter Login address']").fill("113.7:")
    out.locator("[role=grid][aria-rowcount='4']").wait_for()
    notebook.wait_python("grid.filters", {"address": "113.7:"})
    out.locator("select[aria-label='Filter State']").select_option("starting")
    notebook.wait_python("grid.filters", {"address": "113.7:", "state": ["starting"]})
    assert json.loads(notebook.python("import json; print(json.dumps(grid.visible_keys()))")) == [node(7), node(257)]
    notebook.screenshot(out, "grid-filters")


def test_selection_by_mouse(notebook):
    out = open_grid(notebook, 300)
    cell = out.locator(ROW).locator("[data-column='0']")
    cell.nth(1).click()
    notebook.wait_python("grid.selected", (node(1),))
    cell.nth(4).click(modifiers=["Shift"])
    notebook.wait_python("grid.selected", tuple(node(n) for n in (1, 2, 3, 4)))
    cell.nth(2).click(modifiers=["Control"])
    notebook.wait_python("grid.selected", tuple(node(n) for n in (1, 3, 4)))
    out.locator(ROW).nth(7).get_by_role("checkbox").click()
    notebook.wait_python("grid.selected", tuple(node(n) for n in (1, 3, 4, 7)))
    notebook.screenshot(out, "grid-selected")
    everything = out.locator(HEADER).get_by_role("checkbox")
    assert everything.evaluate("(box) => box.indeterminate")
    notebook.python("grid.search = 'idle'")
    out.locator("[role=grid][aria-rowcount='61']").wait_for()
    everything.click()
    # What the search hides keeps its state.
    notebook.wait_python("len(grid.selected)", 60 + 4)
    notebook.python(f"grid.search = ''; grid.selected = ['{node(2)}']")
    out.locator(f"{ROW}[aria-selected=true]").wait_for()
    assert out.locator(f"{ROW}[aria-selected=true]").get_attribute("data-key") == node(2)


def test_keys_stay_in_the_grid(notebook):
    out = open_grid(notebook, 300, "second = 1")
    picked = "picked = []; acted = []; grid.on_pick(picked.append); grid.on_action(lambda *what: acted.append(what))"
    notebook.python(picked)
    grid, keyboard = out.locator("[role=grid]"), notebook.page.keyboard
    grid.focus()
    for key in ("a", "b", "d", "d", "x", "Shift+M", "ArrowDown", "Space", "Shift+ArrowDown"):
        keyboard.press(key)
    notebook.wait_python("grid.selected", (node(1), node(2)))
    assert notebook.cell_count == 2
    keyboard.press("Enter")
    notebook.wait_python("picked", [node(2)])
    keyboard.press("Control+a")
    notebook.wait_python("len(grid.selected)", 300)
    keyboard.press("End")
    out.get_by_text("203.0.113.49:40299", exact=True).wait_for()
    keyboard.press("Home")
    keyboard.press("ArrowDown")
    for _ in range(9):
        keyboard.press("ArrowRight")
    keyboard.press("Enter")
    notebook.wait_python("acted", [(node(1), "ssh", "terminal")])
    notebook.python(f"grid.selected = ['{node(1)}']")
    out.locator(f"{ROW}[aria-selected=true]").wait_for()
    keyboard.press("Control+c")
    notebook.page.wait_for_timeout(200)
    copied = notebook.page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith(f"{node(1)}\trunning\t203.0.113.1:40001\t1\t")
    notebook.screenshot(out, "grid-keyboard")
    # One tab stop: the next one is outside.
    keyboard.press("Tab")
    assert not grid.evaluate("(grid) => grid.contains(document.activeElement)")
    assert notebook.cell_count == 2


def test_patches_disturb_nothing(notebook):
    out = open_grid(notebook, 10_000)
    grid = out.locator("[role=grid]")
    out.locator(HEADER, has_text="State").click()
    notebook.python(f"grid.selected = ['{node(5)}', '{node(10)}']")
    notebook.page.mouse.move(0, 0)
    notebook.page.evaluate("document.activeElement.blur()")
    grid.evaluate("(grid) => { grid.scrollTop = 2400 }")
    out.get_by_text("203.0.113.0:40500", exact=True).wait_for()
    before = notebook.traffic.received_bytes
    notebook.python(
        "rows = make_rows(10_000)\n"
        "for row in rows[:1000:10]: row['tasks'] = 77\n"
        "rows[500]['address'] = 'changed'\n"
        "grid.set_rows(rows)"
    )
    out.get_by_text("changed", exact=True).wait_for()
    assert notebook.traffic.received_bytes - before < 20_000
    assert grid.evaluate("(grid) => grid.scrollTop") == 2400
    assert out.locator(f"{HEADER}[aria-sort=ascending]").inner_text() == "State"
    notebook.wait_python("grid.selected", (node(5), node(10)))
    before = notebook.traffic.received_bytes
    notebook.python("grid.set_rows(rows)")
    assert notebook.traffic.received_bytes - before < 4000

    notebook.python("grid.sort = []; grid.set_rows(rows[1:6] + make_rows(1, start=20_000) + rows[6:])")
    out.locator("[role=grid][aria-rowcount='10001']").wait_for()
    notebook.wait_python("grid.selected", (node(5), node(10)))


def test_order_is_held_while_the_user_is_there(notebook):
    out = open_grid(notebook, 50)
    out.locator(HEADER, has_text="Tasks").click()
    out.locator(ROW).first.hover()
    notebook.python("rows = make_rows(50); rows[0]['tasks'] = 1000; grid.set_rows(rows)")
    out.get_by_text("1000", exact=True).wait_for()
    assert sorted_rows(out)[0] == "1000"
    assert "held" in out.locator(HEADER, has_text="Tasks").get_attribute("title")
    notebook.page.evaluate("document.activeElement.blur()")
    notebook.page.mouse.move(5, 5)
    out.get_by_text("1000", exact=True).wait_for(state="detached")
    assert sorted_rows(out)[0] == "1"


def test_code_travels_once(notebook):
    four = "grids = [Grid(COLUMNS) for _ in range(4)]\nfor one in grids: one.set_rows(make_rows(3))\n"
    notebook.open(MAKE + four + "from ipywidgets import VBox\nVBox(grids)")
    out = notebook.run(0, ROW)
    notebook.page.wait_for_function("document.querySelectorAll('[role=row][data-key]').length === 12")
    notebook.page.wait_for_timeout(500)
    assert notebook.traffic.count_received(b'"type": "bundle"') == 1
    assert out.locator("[role=grid]").count() == 4
    assert notebook.page.locator("#batch-widgets-style").count() == 1
    before = notebook.traffic.received_bytes
    notebook.python("from IPython.display import display; extra = Grid(COLUMNS); extra.set_rows(make_rows(3))")
    notebook.page.wait_for_timeout(300)
    assert notebook.traffic.received_bytes - before < 15_000


def test_another_asks_when_the_first_is_closed(notebook):
    notebook.open(MAKE + "grid.set_rows(make_rows(3))\nother = Grid(COLUMNS)\nother.close()\ngrid")
    notebook.run(0, ROW)


def test_reload_with_the_kernel_alive(notebook):
    out = open_grid(notebook, 300)
    notebook.python("rows = make_rows(300); rows[0]['address'] = 'changed'; grid.set_rows(rows)")
    out.get_by_text("changed", exact=True).wait_for()
    out.locator(ROW).nth(1).locator("[data-column='0']").click()
    notebook.wait_python("grid.selected", (node(1),))
    notebook.save()
    notebook.reload()
    out = notebook.page.locator(".jp-OutputArea").first
    out.get_by_text("changed", exact=True).wait_for()
    assert out.locator(f"{ROW}[aria-selected=true]").get_attribute("data-key") == node(1)
    out.locator(ROW).nth(2).locator("[data-column='0']").click()
    notebook.wait_python("grid.selected", (node(2),))


def test_two_outputs_and_a_second_tab(notebook):
    out = open_grid(notebook, 20, "grid")
    second = notebook.run(1, ROW)
    out.locator(ROW).nth(3).locator("[data-column='0']").click()
    second.locator(f"{ROW}[aria-selected=true]").wait_for()
    notebook.save()
    other = notebook.page.context.new_page()
    other.goto(notebook.page.url.split("?")[0].replace("/lab/", "/lab/workspaces/second/"))
    other.locator(f"{ROW}[aria-selected=true]").first.wait_for()
    notebook.python("rows = make_rows(20); rows[0]['address'] = 'changed'; grid.set_rows(rows)")
    other.get_by_text("changed", exact=True).first.wait_for()
    out.get_by_text("changed", exact=True).first.wait_for()
    other.close()


def test_without_its_kernel_the_saved_rows_show(notebook):
    out = open_grid(notebook, 5)
    notebook.python("rows = make_rows(5); rows[0]['address'] = '<b>late</b>'; grid.set_rows(rows)")
    out.get_by_text("<b>late</b>", exact=True).wait_for()
    notebook.save_widget_state()
    # The patch is in the saved state, not only the rows that travelled first.
    assert "<b>late</b>" in json.dumps(notebook.save()["metadata"]["widgets"])
    notebook.page.goto("about:blank")
    notebook.lab.end_kernels()
    notebook.visit()
    out = notebook.page.locator(".jp-OutputArea").first
    out.get_by_text("The kernel does not answer").wait_for()
    out.locator("td", has_text="<b>late</b>").wait_for()


SECRET = """
from batch_widgets.widgets.secret import SecretInput
from batch_widgets.widgets.frame import Frame
from batch_widgets.widgets.copy import CopyButton
import ipywidgets
field, frame, copy = SecretInput(label="Password"), Frame(), CopyButton(text="ssh alice", label="Copy")
safe = ipywidgets.Button(description="Keep pool")
safe.add_class("bw-safe")
panel = ipywidgets.VBox([field, copy, safe, frame])
panel.add_class("bw")
panel
"""


def test_secrets_are_not_saved(notebook):
    notebook.open(SECRET, "heard = []\nfield.request(lambda text: heard.append(len(text)))")
    out = notebook.run(0, "input[type=password]")
    out.locator("input[type=password]").fill("hunter2")
    notebook.wait_python("field.filled", expected=True)
    notebook.save_widget_state()
    assert "hunter2" not in json.dumps(notebook.save())
    notebook.run(1)
    notebook.wait_python("heard", [7])
    notebook.wait_python("field.filled", expected=False)
    assert out.locator("input[type=password]").input_value() == ""
    notebook.save_widget_state()
    assert "hunter2" not in json.dumps(notebook.save())


def test_frame_and_copy(notebook):
    notebook.open(SECRET, *["print('x\\n' * 60)"] * 3)
    out = notebook.run(0, "input[type=password]")
    notebook.wait_python("frame.is_displayed()", expected=True)
    out.get_by_role("button", name="Copy").click()
    out.get_by_text("Copied").wait_for(state="attached")
    assert notebook.page.evaluate("navigator.clipboard.readText()") == "ssh alice"
    notebook.python("frame.focus('bw-safe'); frame.announcement = 'Two nodes are ready'")
    notebook.page.wait_for_function("document.activeElement.textContent === 'Keep pool'")
    out.get_by_role("status").filter(has_text="Two nodes are ready").wait_for(state="attached")
    notebook.page.keyboard.press("d")
    notebook.page.keyboard.press("d")
    assert notebook.cell_count == 4
    for index in (1, 2, 3):
        notebook.run(index, "pre")
    notebook.page.locator(".jp-WindowedPanel-outer").evaluate("(outer) => { outer.scrollTop = outer.scrollHeight }")
    notebook.wait_python("frame.is_displayed()", expected=False)
    notebook.python("panel.close()")
