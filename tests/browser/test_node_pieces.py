"""Heat map, shown-once secret and download button in JupyterLab."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from accessibility import Axe, settled

if TYPE_CHECKING:
    from conftest import Notebook
    from playwright.sync_api import Locator

HEAT = """from batch_widgets.widgets.heat_map import HeatCell, HeatMap
import ipywidgets
STATES = {"idle": ("ok", ""), "running": ("run", "r"), "starting": ("busy", "s"), "unusable": ("err", "!")}
def cells(count, *broken):
    names = list(STATES)
    states = ["unusable" if n in broken else names[n % 3] for n in range(count)]
    return [HeatCell(f"tvmps_{n:06x}_d", *STATES[state], state) for n, state in enumerate(states)]
heat, picks = HeatMap(), []
heat.on_pick(picks.append)
heat.set_cells(cells(24, 7))"""
CODE = b'"type": "bundle"'
SQUARES = ".bw-heat-field > i"


def key(number: int) -> str:
    return f"tvmps_{number:06x}_d"


def squares(output: Locator) -> Locator:
    return output.locator(SQUARES)


def test_squares_are_chosen_in_step_with_python(notebook: Notebook):
    page = notebook.page
    notebook.open(HEAT, "heat")
    notebook.run(0)
    output = notebook.run(1, SQUARES)
    box = output.get_by_role("listbox", name="24 nodes: 8 idle, 7 running, 8 starting, 1 unusable")
    box.wait_for()
    squares(output).nth(7).click()
    notebook.wait_python("heat.selected", (key(7),))
    squares(output).nth(9).click(modifiers=["Control"])
    notebook.wait_python("heat.selected", (key(7), key(9)))
    squares(output).nth(12).click(modifiers=["Shift"])
    notebook.wait_python("heat.selected", tuple(key(n) for n in range(9, 13)))
    notebook.python(f"heat.selected = ({key(3)!r},)")
    output.locator(f"{SQUARES}.bw-chosen").nth(0).wait_for()
    page.wait_for_function("() => document.querySelectorAll('.bw-heat-field > .bw-chosen').length === 1")
    cells = notebook.cell_count
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    page.keyboard.press("d")
    page.keyboard.press("d")
    notebook.wait_python("heat.selected", (key(3), key(13)))
    output.get_by_role("option", name=f"{key(13)}: running", selected=True).wait_for(state="attached")
    page.keyboard.press("Enter")
    notebook.wait_python("picks", [key(13)])
    assert notebook.cell_count == cells, "no key of the heat map is the notebook's"


def test_only_what_changes_travels_and_a_reload_shows_it_all(notebook: Notebook):
    notebook.open(HEAT, "heat", "heat")
    notebook.run(0)
    output = notebook.run(1, SQUARES)
    notebook.run(2, SQUARES)
    assert notebook.traffic.count_received(CODE) == 1
    before = notebook.traffic.received_bytes
    notebook.python("heat.set_cells(cells(24, 7, 8))")
    output.locator(f"{SQUARES}.bw-err").nth(1).wait_for()
    assert notebook.traffic.received_bytes - before < 3000, "one square travels"
    squares(output).nth(2).hover()
    notebook.page.locator(".bw-heat-tip:visible").get_by_text(f"{key(2)}: starting").wait_for()
    notebook.save()
    notebook.reload()
    notebook.page.locator(f"{SQUARES}.bw-err").nth(1).wait_for()


def test_ten_thousand_squares_are_one_canvas(notebook: Notebook):
    page = notebook.page
    notebook.open(HEAT, "heat.set_cells(cells(10_000, 7, 4_242))\nheat")
    notebook.run(0)
    output = notebook.run(1, ".bw-heat canvas")
    assert output.locator(".bw-heat *").count() < 20
    box = output.get_by_role("listbox")
    box.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("End")
    output.get_by_role("option", name=f"{key(9999)}: idle").wait_for(state="attached")
    page.keyboard.press("Space")
    notebook.wait_python("heat.selected", (key(9999),))
    output.locator("canvas").click(position={"x": 1, "y": 1})
    notebook.wait_python("heat.selected", (key(0),))
    notebook.python("heat.set_cells(cells(24))")
    squares(output).nth(23).wait_for()
    assert output.locator("canvas").count() == 0
    notebook.python("heat.set_cells(cells(10_000))")
    output.locator("canvas").wait_for()
    seen, whole = box.evaluate("one => [one.clientHeight, one.scrollHeight]")
    assert seen == whole > 100, "all squares are in sight again"


def test_a_secret_shows_once_and_a_reload_forgets_it(notebook: Notebook):
    page = notebook.page
    notebook.open(
        "from batch_widgets.widgets.shown_once import ShownOnce\nonce = ShownOnce(label='Password of alice')\n"
        "hidden = []\nonce.on_hide(lambda: hidden.append(1))",
        "once",
        "once",
    )
    notebook.run(0)
    output = notebook.run(1)
    other = notebook.run(2)
    other.locator(".bw-host-once").wait_for(state="attached")
    notebook.python("once.reveal('Sh0wn-0nce-Here')")
    output.get_by_text("Sh0wn-0nce-Here", exact=True).wait_for()
    other.get_by_text("Sh0wn-0nce-Here", exact=True).wait_for()
    output.get_by_role("button", name="Copy: Password of alice").or_(output.get_by_role("button", name="Copy")).click()
    assert notebook.clipboard("Sh0wn") == "Sh0wn-0nce-Here"
    notebook.save_widget_state()
    saved = notebook.save()
    assert "Password of alice" in str(saved["metadata"]["widgets"])
    assert "Sh0wn-0nce-Here" not in str(saved)
    other.get_by_role("button", name="Hide").click()
    output.get_by_text("was shown once").wait_for()
    notebook.wait_python("(once.status, hidden)", ("hidden", [1]))
    notebook.python("once.reveal('An0ther-0ne')")
    output.get_by_text("An0ther-0ne", exact=True).wait_for()
    notebook.reload()
    page.get_by_text("Password of alice was shown once. It is kept nowhere.").first.wait_for()
    assert "An0ther-0ne" not in page.content()


def test_files_are_saved_by_the_browser(notebook: Notebook):
    page = notebook.page
    notebook.open(
        "from batch_widgets.widgets.download import DownloadButton\nimport os\nbig = os.urandom(3_500_000)\n"
        "button, unseen = DownloadButton(label='Download log'), DownloadButton()\n"
        "button.on_click(lambda: button.offer('../wd/std\\u202eout.bin', big))",
        "button",
    )
    notebook.run(0)
    output = notebook.run(1, "button")
    with page.expect_download() as download:
        output.get_by_role("button", name="Download log").click()
    assert download.value.suggested_filename == "std_out.bin"
    saved = Path(download.value.path()).read_bytes()
    asked = "import hashlib; print(hashlib.sha256(big).hexdigest())"
    assert notebook.python(asked) == hashlib.sha256(saved).hexdigest()
    notebook.wait_python("button._offers", {})
    with page.expect_download() as download:
        notebook.python("unseen.offer('empty.csv', b'')")
    assert download.value.suggested_filename == "empty.csv"
    assert Path(download.value.path()).read_bytes() == b""


def test_pictures_and_accessibility(notebook: Notebook):
    notebook.open(
        HEAT,
        "from batch_widgets.widgets.download import DownloadButton\n"
        "from batch_widgets.widgets.shown_once import ShownOnce\n"
        "from batch_widgets.widgets.frame import Frame\n"
        "many, most = HeatMap(), HeatMap()\n"
        "many.set_cells(cells(400, 7, 70))\nmost.set_cells(cells(10_000, 7, 4_242))\n"
        "once = ShownOnce(label='Password of alice on 21 nodes')\n"
        "box = ipywidgets.VBox([Frame(), heat, many, most, once, DownloadButton(label='Download CSV')])\n"
        "box.add_class('bw')\nbox",
    )
    notebook.run(0)
    output = notebook.run(1, SQUARES)
    notebook.python("once.reveal('x7-Kq4vTnm2Rw-9bZp')")
    notebook.python(f"heat.selected = many.selected = most.selected = ({key(0)!r}, {key(4)!r}, {key(6)!r})")
    output.get_by_role("button", name="Hide").wait_for()
    output.locator("canvas").nth(1).wait_for()
    axe = Axe(notebook)
    for theme in ("light", "dark"):
        notebook.theme(theme)
        settled(notebook, theme)
        axe.check(output.locator(".bw"), theme, least=20)
        squares(output).nth(7).hover()
        notebook.screenshot(output, f"node-pieces-{theme}")
        notebook.page.mouse.move(0, 0)
