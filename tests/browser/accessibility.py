"""axe over a widget: what it finds, and that it did look."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from conftest import Notebook
    from playwright.sync_api import Locator

AXE = Path(__file__).parents[2] / "js" / "node_modules" / "axe-core" / "axe.min.js"
SERIOUS = {"serious", "critical"}
# JupyterLab's body has no height and hides what flows over it: axe takes all in it for invisible, and judges no
# contrast. A gradient (the arrow of a dropdown, the line between two headings) makes it give up on the colour behind
# a text.
JUDGEABLE = "html, body { height: 100% } .bw * { background-image: none !important }"
LEAST_JUDGED = 40
QUIET_MS = 400
RUN = """
async (root) => {
    const { violations, incomplete, passes } = await axe.run(root);
    const told = ({ id, impact, nodes }) => ({
        id, impact, nodes: nodes.slice(0, 3).map(({ html, any }) => [html.slice(0, 300), any.map((of) => of.message)]),
    });
    const contrast = ({ id }) => id === "color-contrast";
    return {
        violations: violations.map(told),
        undecided: incomplete.filter(contrast).map(told),
        judged: passes.filter(contrast).flatMap(({ nodes }) => nodes).length,
    };
}
"""

SETTLED = """
(dark) => {
    const [red] = getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number);
    return (red < 128) === dark && !document.getElementById('jupyterlab-splash');
}
"""


def settled(notebook: Notebook, theme: str) -> None:
    """Wait until a switch of the theme has come through: meanwhile JupyterLab covers the page."""
    notebook.page.wait_for_function(SETTLED, arg=theme == "dark")


class Axe:
    """axe on the page of a notebook."""

    def __init__(self, notebook: Notebook) -> None:
        self._notebook = notebook
        notebook.page.add_style_tag(content=JUDGEABLE)
        notebook.page.evaluate(AXE.read_text(encoding="utf-8"))

    def findings(self, root: Locator, least: int = LEAST_JUDGED) -> list[dict[str, Any]]:
        """Give what is serious in an element, after a look at whether the contrast of its texts was judged at all."""
        self._wait_for_widgets()
        found = root.evaluate(RUN)
        assert found["judged"] >= least, json.dumps(found)[:3000]
        assert not found["undecided"], json.dumps(found["undecided"], indent=1)
        return [one for one in found["violations"] if one["impact"] in SERIOUS]

    def _wait_for_widgets(self) -> None:
        """Wait until what was just opened has come: axe holds the page, and a model has two seconds to begin."""
        received = self._notebook.traffic.received
        before = -1
        while before != (before := len(received)):
            self._notebook.page.wait_for_timeout(QUIET_MS)

    def check(self, root: Locator, what: str, least: int = LEAST_JUDGED) -> None:
        """Assert that nothing serious is found; in what is small fewer texts can be judged."""
        found = self.findings(root, least)
        assert not found, f"{what}: {json.dumps(found, indent=1)}"
