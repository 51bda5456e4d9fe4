"""The formula editor in JupyterLab: typing, completion, what the checker finds, and its code, which travels once."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conftest import Notebook
    from playwright.sync_api import Locator

EDITOR = """import batch_widgets as bw
from batch_widgets.widgets.formula_editor import FormulaEditor
import ipywidgets
editor = FormulaEditor(value="x = 1;\\n")
other = FormulaEditor(value="$TargetDedicatedNodes = 2", rows=3)
hidden = FormulaEditor(value="never seen", layout={"display": "none"})
box = ipywidgets.VBox([hidden])
box"""
FORMULA = """span = TimeInterval_Minute * 15;
// The mean of the tasks that wait or run, if it is known.
tasks = $PendingTasks.GetSamplePercent(span) < 70 ? 1 : avg($PendingTasks.GetSample(span));
$TargetDedicatedNodes = max(0, mni(10, tasks)) + "a";
$NodeDeallocationOption = taskcompletion;"""
CODE = b'"type": "bundle"'


def content(output: Locator) -> Locator:
    return output.locator(".cm-content").first


def test_a_formula_is_typed_completed_and_checked(notebook: Notebook):
    page = notebook.page
    notebook.open(EDITOR, "box.children = (editor, hidden)")
    output = notebook.run(0)
    notebook.run(1)
    content(output).wait_for()
    cells = notebook.cell_count
    content(output).click()
    page.keyboard.press("Control+End")
    page.keyboard.type("$TargetDedicatedNodes = $Pend")
    tips = page.locator(".bw-formula-tips")
    chosen = tips.locator("li[aria-selected=true]")
    chosen.filter(has_text="$PendingTasks").wait_for()
    tips.get_by_text("Tasks that wait or run.").wait_for()
    chosen.click()  # Enter does too, but not in the first 75 ms, when it still ends the line
    notebook.wait_python("editor.value", "x = 1;\n$TargetDedicatedNodes = $PendingTasks")
    page.keyboard.type(".GetSamp")
    chosen.filter(has_text="GetSample").first.wait_for()
    page.keyboard.press("Escape")
    chosen.wait_for(state="detached")
    page.keyboard.type("(1)")
    # a mistake is underlined, and says what it is
    output.locator(".cm-lintRange-error").filter(has_text="GetSamp").wait_for()
    output.locator(".cm-lintRange-error").filter(has_text="GetSamp").hover()
    tips.get_by_text("Unknown method GetSamp. Did you mean GetSample?").wait_for()
    page.mouse.move(0, 0)
    for _ in "(1)":
        page.keyboard.press("Backspace")
    page.keyboard.type("le(1)")
    output.locator(".cm-lintRange-warning").filter(has_text="GetSample(1)").or_(
        output.locator(".cm-lintRange-error")
    ).first.wait_for()
    notebook.wait_python("editor.value", "x = 1;\n$TargetDedicatedNodes = $PendingTasks.GetSample(1)")
    # letters that are commands of the notebook, and running a cell, are nothing but keys here
    for key in ("Control+Enter", "Shift+Enter", "d", "d", "a", "b"):
        page.keyboard.press(key)
    assert notebook.cell_count == cells
    # what was typed reaches the kernel before the kernel's own change comes
    notebook.wait_python("editor.value.endswith('ddab')", expected=True)
    assert page.evaluate("document.activeElement.classList.contains('cm-content')")
    # the kernel's change shows, and Tab leaves the editor
    notebook.python('editor.value = "$TargetDedicatedNodes = 3"')
    output.get_by_text("= 3").wait_for()
    page.keyboard.press("Tab")
    assert not page.evaluate("document.activeElement.classList.contains('cm-content')")
    assert notebook.python("print(editor.value)") == "$TargetDedicatedNodes = 3"


def test_the_code_travels_once_and_not_before_it_is_seen(notebook: Notebook):
    notebook.open(EDITOR, "box.children = (editor, other)", "editor")
    output = notebook.run(0)
    notebook.wait_python("box.children[0] is hidden", expected=True)
    assert notebook.traffic.count_received(CODE) == 0
    assert output.locator(".cm-editor").count() == 0
    notebook.run(1)
    output.locator(".cm-editor").nth(1).wait_for()
    notebook.run(2, ".cm-editor")
    assert notebook.traffic.count_received(CODE) == 1
    assert "never seen" not in output.inner_text()


def test_a_plain_field_does_where_no_code_arrives(notebook: Notebook):
    notebook.open(
        EDITOR,
        "editor._handlers.pop('bundle'); other._handlers.pop('bundle')\nbox.children = (editor,)",
    )
    output = notebook.run(0)
    notebook.run(1)
    field = output.get_by_role("textbox", name="Autoscale formula")
    field.wait_for()
    field.fill("$TargetDedicatedNodes = 4")
    notebook.wait_python("editor.value", "$TargetDedicatedNodes = 4")
    notebook.wait_python("editor.findings", ())
    notebook.python("editor.value = 'x = 5'")
    notebook.page.wait_for_function("() => document.querySelector('textarea[aria-label]').value === 'x = 5'")
    assert output.locator(".cm-editor").count() == 0


def test_what_was_typed_into_the_plain_field_stays(notebook: Notebook):
    page = notebook.page
    notebook.open(
        EDITOR,
        "wanted = editor._handlers.pop('bundle')\nasked = []\neditor._handlers['bundle'] = asked.append\n"
        "box.children = (editor,)",
    )
    output = notebook.run(0)
    notebook.run(1)
    field = output.get_by_role("textbox", name="Autoscale formula")
    field.click()
    page.keyboard.press("Control+End")
    page.keyboard.type("y = 2;")
    notebook.wait_python("len(asked)", 1)
    notebook.python("wanted(asked[0])")
    content(output).wait_for()
    page.keyboard.type(" z = 3;")
    notebook.wait_python("editor.value", "x = 1;\ny = 2; z = 3;")


def test_lists_and_notes_in_both_themes(notebook: Notebook):
    page = notebook.page
    notebook.open(EDITOR, f"editor.value = {FORMULA!r}\nother.rows = 3\nbox.children = (editor, other)")
    output = notebook.run(0)
    notebook.run(1)
    output.locator(".cm-lintRange-error").first.wait_for()
    for theme in ("light", "dark"):
        notebook.theme(theme)
        content(output).click()
        page.keyboard.press("Control+End")
        page.keyboard.type("\n$T")
        page.locator(".bw-formula-tips li[aria-selected=true]").wait_for()
        notebook.screenshot(page.locator(".jp-NotebookPanel").first, f"formula-editor-{theme}")
        page.keyboard.press("Escape")
        output.locator(".cm-lintRange-error").filter(has_text="mni").hover()
        page.locator(".bw-formula-tips").get_by_text("Unknown function mni").wait_for()
        notebook.screenshot(page.locator(".jp-NotebookPanel").first, f"formula-editor-note-{theme}")
        notebook.python(f"editor.value = {FORMULA!r}")
        page.mouse.move(0, 0)


BUILDER = """import batch_widgets as bw
account = bw.connect_demo(nodes=0, speed=50)
image = bw.select_image(account.list_supported_images(), "ubuntu 22.04", latest=True)
spec = bw.PoolSpec(pool_id="night", vm_size="Standard_D2s_v3", image=image, enable_auto_scale=True,
                   auto_scale_formula="$TargetDedicatedNodes = 0")
night = account.create_pool(spec)
builder = bw.PoolBuilder(account, pool_id="analysis", vm_size="Standard_D2s_v3", image=image)
builder"""


def test_a_formula_is_made_from_numbers_and_evaluated_in_the_builder(notebook: Notebook):
    page = notebook.page
    page.set_viewport_size({"width": 1440, "height": 1700})
    notebook.open(BUILDER)
    output = notebook.run(0, "text=Create pool")
    notebook.page.locator("#batch-widgets-style").wait_for(state="attached")
    assert notebook.traffic.count_received(CODE) == 1, "only what all widgets share"
    output.get_by_role("button", name="Autoscale formula", exact=True).click()
    content(output).wait_for()
    assert notebook.traffic.count_received(CODE) == 2
    output.get_by_text("Autoscale needs a formula", exact=False).first.wait_for()
    output.get_by_role("combobox", name="Start from").select_option("By pending tasks")
    output.get_by_text("As many nodes as the tasks that wait or run need", exact=False).wait_for()
    field = output.locator(".bw-typed:visible input:visible").nth(1)
    field.fill("25")
    field.press("Tab")
    notebook.screenshot(output, "autoscale-numbers")
    output.get_by_role("button", name="Insert formula").click()
    output.get_by_text("Keeps the pool at 0 to 25 dedicated nodes.").wait_for()
    notebook.wait_python("'most = 25;' in builder.auto_scale_formula", expected=True)
    page.wait_for_function("() => document.activeElement.classList.contains('cm-content')")
    output.get_by_role("button", name="Evaluate on a pool…").click()
    output.get_by_role("button", name="Evaluate formula").click()
    output.get_by_text("Pool night would get 0 dedicated nodes", exact=False).wait_for()
    output.get_by_text("taskcompletion", exact=True).last.wait_for()
    for theme in ("light", "dark"):
        notebook.theme(theme)
        page.wait_for_timeout(300)
        notebook.screenshot(output, f"autoscale-evaluated-{theme}")
    content(output).click()
    page.keyboard.press("Control+End")
    page.keyboard.type("x = 1 / 0;")
    output.get_by_role("button", name="Evaluate formula").click()
    output.locator(".bw-msg-title").filter(has_text="could not be evaluated on pool night").wait_for()
    content(output).click()
    page.keyboard.press("Control+End")
    page.keyboard.type("\ny = (1;\nz = w % 2;")
    output.get_by_text("Line 11, column 7, the first of 2 errors: Expected a sign or )", exact=False).first.wait_for()
    output.get_by_text("Line 12: The language has no %.", exact=False).wait_for()
    notebook.screenshot(output, "autoscale-wrong")
    notebook.wait_python("builder.create_button.disabled", expected=True)
    page.keyboard.press("Control+a")
    page.keyboard.type("$TargetDedicatedNodes = 1")
    output.get_by_role("button", name="Create pool").click()
    notebook.wait_python("builder.creation and builder.creation.status", "done", 30)
