"""Hostile text in the widgets in JupyterLab: no script runs, no column breaks, and the page goes on answering."""

import contextlib
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from hostile_page import Canary
from hostile_texts import CANARY

HERE = Path(__file__).parent
SETUP = f"""
import sys
sys.path[:0] = [{str(HERE)!r}, {str(HERE.parent)!r}]
from hostile_kernel import Opened
"""
WIDGETS = ("browser", "builder", "panel", "commands", "terminal", "workbench")
LONG = "('<b>' * 333_333, *[''] * 22)"  # in each place after a while; an answer with all at once would take minutes
MOST_IN_DOM = 3_000_000
MOST_OF_ONE = 60_000

# What breaks where a text is more than its cell: rows, cells, their order, and panels that grow beyond their place.
LAYOUT = """
() => {
    const wrong = [];
    const about = (element) => `${element.className}: ${element.textContent.slice(0, 60)}`;
    const tell = (what, element) => wrong.length < 20 && wrong.push(`${what} ${about(element)}`);
    for (const panel of document.querySelectorAll(".jp-OutputArea .bw")) {
        if (panel.clientWidth && panel.scrollWidth > panel.clientWidth + 1) tell("too wide:", panel);
    }
    for (const grid of document.querySelectorAll(".bw-grid")) {
        if (!grid.clientHeight) continue;
        const heads = [...grid.querySelectorAll(".bw-headrow .bw-headcell")].map((one) => one.getBoundingClientRect());
        let before = null;
        for (const row of grid.querySelectorAll(".bw-row-grid:not(.bw-heading)")) {
            const place = row.getBoundingClientRect();
            if (Math.abs(place.height - 24) > 1) tell("row height", row);
            if (before !== null && place.top < before - 1) tell("rows overlap", row);
            before = place.bottom;
            const cells = [...row.querySelectorAll(":scope > .bw-cell")];
            if (heads.length && heads.length !== cells.length) tell("columns", row);
            let end = -Infinity;
            cells.forEach((cell, index) => {
                const box = cell.getBoundingClientRect();
                if (box.left < end - 0.6) tell("cells overlap", cell);
                if (heads[index] && Math.abs(heads[index].left - box.left) > 1) tell("away from its head", cell);
                if (box.height > 25 || box.top < place.top - 1) tell("cell height", cell);
                if (getComputedStyle(cell).overflow !== "hidden") tell("not cut", cell);
                end = box.right;
                let left = -Infinity;
                for (const part of cell.children) {
                    const at = part.getBoundingClientRect();
                    if (at.width && at.left < left - 0.6) tell("parts out of order", cell);
                    left = at.left;
                }
            });
        }
    }
    for (const piece of document.querySelectorAll(".bw .widget-html")) {
        const runsOver = piece.clientWidth && piece.scrollWidth > piece.clientWidth + 1;
        if (runsOver && getComputedStyle(piece).overflowX === "visible") tell("covers its neighbour", piece);
    }
    for (const element of document.querySelectorAll(".bw span, .bw b, .bw dd")) {
        if (element.closest(".xterm, .cm-editor")) continue;
        if (!getComputedStyle(element).unicodeBidi.includes("isolate")) tell("not isolated", element);
    }
    return wrong;
}
"""
# How much of texts the document holds: what is in elements, and in their attributes; and the longest of one element.
SIZE = """
() => {
    let all = 0, longest = 0, where = "";
    for (const output of document.querySelectorAll(".jp-OutputArea")) {
        for (const element of output.querySelectorAll("*")) {
            let own = 0;
            for (const node of element.childNodes) if (node.nodeType === 3) own += node.data.length;
            for (const { value } of element.attributes) own += value.length;
            all += own;
            if (own > longest) [longest, where] = [own, `${element.localName}.${element.className}`.slice(0, 200)];
        }
    }
    return [all, longest, where];
}
"""
CONTROLS = """
() => [...document.querySelectorAll(".jp-OutputArea .bw *")].flatMap((element) => [
    ...[...element.childNodes].filter((node) => node.nodeType === 3).map((node) => node.data),
    ...[...element.attributes].map(({ value }) => value),
]).filter((text) => text !== "\\u200b" && /[\\u202a-\\u202e\\u2066-\\u2069\\u001b\\u009b\\u200b\\ufeff]/.test(text))
 .map((text) => text.slice(0, 200))
"""


@pytest.fixture(scope="module")
def lab(browser_tools, tmp_path_factory):
    folder = tmp_path_factory.mktemp("lab")
    (folder / "root").mkdir()
    with browser_tools.serve_lab(folder, folder / "root") as lab:
        yield lab


@pytest.fixture
def book(browser_tools, lab, chromium, request):
    """A notebook, and a canary that lives in its page."""
    context = chromium.new_context(viewport={"width": 1440, "height": 1000})
    context.grant_permissions(["clipboard-read", "clipboard-write"], origin=lab.url)
    page = context.new_page()
    canary = Canary(page, own=(urlsplit(lab.url).netloc,))
    book = browser_tools.Notebook(lab, page, request.node.name)
    book.canary = canary
    page.set_default_timeout(90_000)
    try:
        yield book
    finally:
        context.close()
        with contextlib.suppress(OSError):
            lab.end_kernels()


def opened(book, how=""):
    """Show all widgets, each in a cell."""
    book.open(*(f"opened.{name}" for name in WIDGETS))
    book.python(f"{SETUP}\nopened = Opened({how})")
    for number, name in enumerate(WIDGETS):
        book.run(number, ".bw-host-terminal" if name == "terminal" else ".bw-title")
    return book.python("print('\\n'.join(opened.steps))").split("\n")


def step(book, name, attempts):
    """Do a step in the kernel, let the page draw what came of it, and record whether all is in its place."""
    book.python(f"opened.do({name!r})")
    book.page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    attempts.case(f"{name}: scripts, elements, requests", got_through=book.canary.wrong())
    attempts.case(f"{name}: rows, cells, panels", got_through=book.page.evaluate(LAYOUT))


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.timeout(1200)
@pytest.mark.safety("Hostile text: the widgets in JupyterLab, all parts opened")
def test_the_widgets_in_a_page(book, attempts):
    page = book.page
    steps = opened(book)
    title = page.title()
    page.evaluate("navigator.clipboard.writeText('mine')")
    for name in steps:
        step(book, name, attempts)
        attempts.case(f"{name}: controls", got_through=page.evaluate(CONTROLS))
        for number, widget in enumerate(WIDGETS):
            if book.takes_pictures:
                output = page.locator(".jp-Notebook .jp-CodeCell").nth(number).locator(".jp-OutputArea")
                book.screenshot(output, f"hostile-{steps.index(name):02}-{name.replace(' ', '-')}-{widget}")
    attempts.case("the page's title", got_through=page.title() != title and page.title())
    copied = page.evaluate("navigator.clipboard.readText()")
    attempts.case("the clipboard", got_through=copied != "mine" and copied)
    answers = book.python("print(ascii(opened.answers))")
    attempts.case("answers of the terminal", got_through=CANARY in answers and answers)
    attempts.case("links of the terminal", got_through=links_followed(book))
    shown = page.locator(".jp-OutputArea").all_inner_texts()
    assert sum(text.count(CANARY) for text in shown) > 100, "the texts were there"
    attempts.case("errors of the page", got_through=book.errors)
    book.python("opened.close()")


def links_followed(book):
    """Click in the terminal, with and without Ctrl, wherever a link may be."""
    screen = book.page.locator(".bw-host-terminal .xterm-screen").first
    for modifiers in ([], ["Control"]):
        for left in (20, 60, 100):
            screen.click(position={"x": left, "y": 8}, modifiers=modifiers, force=True)
    return [one for one in book.canary.wrong() if "page was opened" in one]


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.timeout(1200)
@pytest.mark.safety("Hostile text: texts of 1 MB in the widgets, in JupyterLab")
def test_long_texts_in_a_page(book, attempts):
    """What the document holds is bounded, and the page answers after each step."""
    page = book.page
    steps = opened(book, f"nodes=2, texts={LONG}, ids=False")
    most = longest = 0
    for name in steps:
        step(book, name, attempts)
        total, one, where = page.evaluate(SIZE)
        attempts.case(f"{name}: all text", got_through=total > MOST_IN_DOM and total)
        attempts.case(f"{name}: one element", got_through=one > MOST_OF_ONE and (one, where))
        most, longest = max(most, total), max(longest, one)
    attempts.figure("characters in the document, at most", f"{most:,}")
    attempts.figure("characters in one element, at most", f"{longest:,}")
    book.python("opened.close()")


PLANTED = f"""
from IPython.display import HTML, display
import ipywidgets
display(ipywidgets.HTML("<p class=planted>planted</p><img src=x onerror={CANARY}()>"))
"""


@pytest.mark.browser
@pytest.mark.timeout(180)
def test_a_widget_that_takes_text_for_html_is_seen(book):
    """So no policy of the page hides what would get through."""
    book.open(PLANTED)
    book.run(0, ".planted")
    book.page.wait_for_function("document.querySelector('.jp-OutputArea img')?.complete")
    wrong = book.canary.wrong()
    assert any("a script ran" in one for one in wrong), wrong
    assert any("onerror" in one for one in wrong), wrong
    assert not book.page.evaluate(LAYOUT)
