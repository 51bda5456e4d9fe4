"""Hostile text in pages without a kernel: exported notebooks and embedded widgets, opened in Chromium."""

import json

import IPython.core.ultratb
import ipywidgets
import nbformat
import pytest
from hostile_account import HostileAccount, hostile_body
from hostile_page import Canary
from hostile_texts import CANARY
from hostile_wire import HTML_TEXTS
from ipywidgets.embed import embed_data, embed_minimal_html
from ipywidgets.widgets.widget import _instances
from nbconvert import HTMLExporter

import batch_widgets as bw
from batch_widgets.images import to_markdown

WAIT_S = 60.0


@pytest.fixture
def hostile():
    made = HostileAccount(nodes=4)
    yield made
    for one in list(_instances.values()):
        one.close()
    made.close()


def things(hostile):
    """Give what a notebook would show, all of it with hostile text."""
    account, pool_id = hostile.account, hostile.pool_id
    browser, panel, builder = bw.SkuBrowser(account), bw.NodePanel(account, pool_id), bw.PoolBuilder(account)
    browser.selected = browser.images[0]
    panel.show_details(panel.view.nodes[0].id)
    builder.load(hostile_body(pool_id))
    for view in ("Python", "JSON", "az", "Bicep"):
        builder.exports.view.value = view
    outcomes = panel.add_user("alice", password="Pw-1234567890").result(WAIT_S)
    failed = account.delete_pool("none-such" + HTML_TEXTS[0])
    error = failed.exception(WAIT_S)
    assert error is not None
    return [browser, panel, builder, failed, browser.selected, browser.frame, panel.frame, outcomes, account], error


def a_notebook(shown, error):
    """Store what a notebook shows as its outputs, with the state of the widgets."""
    ipython = IPython.core.ultratb.FormattedTB(mode="Context", theme_name="linux")
    book = nbformat.v4.new_notebook()
    for one in shown:
        cell = nbformat.v4.new_code_cell("it")
        data = one._repr_mimebundle_() if hasattr(one, "_repr_mimebundle_") else {"text/plain": repr(one)}
        data = data[0] if isinstance(data, tuple) else data
        if hasattr(one, "_repr_html_"):
            data = {**data, "text/html": one._repr_html_()}
        cell.outputs.append(nbformat.v4.new_output("display_data", data))
        cell.outputs.append(nbformat.v4.new_output("stream", name="stdout", text=str(one)))
        book.cells.append(cell)
    trace = ipython.structured_traceback(type(error), error, error.__traceback__)
    cell = nbformat.v4.new_code_cell("fails")
    cell.outputs.append(nbformat.v4.new_output("error", ename="E", evalue=str(error), traceback=trace))
    book.cells += [cell, nbformat.v4.new_markdown_cell(to_markdown(shown[5]))]
    state = ipywidgets.Widget.get_manager_state(drop_defaults=False, widgets=list(_instances.values()))
    book.metadata["widgets"] = {"application/vnd.jupyter.widget-state+json": json.loads(json.dumps(state, default=str))}
    return book


def without_widgets(book):
    """Give the same notebook as one sees it where no widget is drawn: by its plain text, HTML and Markdown."""
    plain = nbformat.from_dict(json.loads(json.dumps(book)))
    del plain.metadata["widgets"]
    for cell in plain.cells:
        for output in cell.get("outputs", ()):
            output.get("data", {}).pop("application/vnd.jupyter.widget-view+json", None)
    return plain


def is_there(page):
    return page.evaluate("(canary) => document.documentElement.textContent.includes(canary)", CANARY)


@pytest.mark.browser
@pytest.mark.timeout(300)
@pytest.mark.safety("Hostile text: exported notebooks and embedded widgets, in Chromium")
def test_pages_without_a_kernel(hostile, chromium, tmp_path, attempts):
    shown, error = things(hostile)
    book = a_notebook(shown, error)
    embedded = tmp_path / "embedded.html"
    embed_minimal_html(str(embedded), views=shown[:3], title=HTML_TEXTS[0])
    pages = {
        "embedded widgets": embedded.read_text(encoding="utf-8"),
        "their state": f"<title>x</title><p>{CANARY}</p><script type='application/json'>"
        + json.dumps(embed_data(views=shown[:3]), default=str).replace("<", "\\u003c")
        + "</script>",
        **{
            f"{template}, {which}": HTMLExporter(template_name=template).from_notebook_node(one)[0]
            for template in ("lab", "classic", "basic")
            for which, one in {"with widgets": book, "without": without_widgets(book)}.items()
        },
    }
    for name, html in pages.items():
        page = chromium.new_page()
        page.route("**/*", lambda route: route.abort())
        canary = Canary(page, own=("cdn.jsdelivr.net", "cdnjs.cloudflare.com", "unpkg.com"))
        page.set_content(html, wait_until="load")
        attempts.case(name, got_through=canary.wrong())
        attempts.case(f"{name}: the texts are there", got_through=not is_there(page))
        page.close()


@pytest.mark.browser
@pytest.mark.timeout(120)
@pytest.mark.parametrize(
    "text", [text for text in HTML_TEXTS if text.startswith(("<script", "<img", '"><svg', "</tex"))]
)
def test_a_page_that_takes_text_for_more_is_seen(chromium, text):
    page = chromium.new_page()
    page.route("**/*", lambda route: route.abort())
    canary = Canary(page)
    page.set_content(f"<p>{text}</p>", wait_until="load")
    page.wait_for_function("true")
    wrong = canary.wrong()
    assert "a script ran" in wrong
    assert len(wrong) > 1, "the document tells it too"
