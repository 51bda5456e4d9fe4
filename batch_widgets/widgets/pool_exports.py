"""The pool builder's side: checks, cost, and the same pool as Python, JSON, a command of the Azure CLI and Bicep."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from batch_widgets.pools import file_name, needs_file
from batch_widgets.widgets import lean, markup
from batch_widgets.widgets.controls import html, row, styled
from batch_widgets.widgets.copy import CopyButton

if TYPE_CHECKING:
    from collections.abc import Mapping

    import ipywidgets

_VIEWS = ("Checks", "Cost", "Python", "JSON", "az", "Bicep")


class PoolExports(lean.VBox):
    """One of a few views of a pool; a text is made when its view is open, and follows the form.

    Parameters
    ----------
    builder : PoolBuilder
        Whose pool it shows.
    checks, cost : Widget
        The first two views.
    """

    def __init__(self, builder: Any, checks: ipywidgets.Widget, cost: ipywidgets.Widget) -> None:
        self._builder = builder
        self._checks = checks
        self._cost = cost
        self.view = styled(lean.ToggleButtons(options=_VIEWS), "bw-seg", "bw-side-head")
        self.text = html("", "bw-code")
        self.note = html("", "bw-grow")
        self.copy = CopyButton(label="Copy", make_text=self.current)
        self.save = CopyButton(label="Save as file", filename="pool", make_text=self.current)
        self._code = lean.VBox((self.text, row("bw-foot", self.note, self.copy, self.save)))
        super().__init__((self.view, checks))
        self.add_class("bw-side")
        self.view.observe(self._on_view, "value")

    def current(self) -> str:
        """Give the text of the view that is open."""
        builder = self._builder
        makers = {"Python": builder.to_python, "JSON": builder.to_json, "az": builder.to_cli, "Bicep": builder.to_bicep}
        return str(makers[self.view.value]())

    def refresh(self) -> None:
        """Make the text anew, if one is shown."""
        view = self.view.value
        if view in {"Checks", "Cost"}:
            return
        self.text.value = markup.code_block(self.current())
        body = self._builder.spec.to_body()
        file = file_name(body)
        name = file.removesuffix(".json")
        names = {"Python": f"create_{name}.py", "az": f"create_{name}.sh", "Bicep": f"{name}.bicep"}
        self.save.filename = names.get(view, file)
        self.note.value = markup.muted(
            {
                "Python": "azure-batch 15.1 or later",
                "JSON": "Nothing is left out",
                "Bicep": "Not tried against Azure",
                "az": f"Reads {file}: save it in the view JSON" if needs_file(body) else "For a POSIX shell",
            }[view]
        )

    def _on_view(self, change: Mapping[str, Any]) -> None:
        self.children = (self.view, {"Checks": self._checks, "Cost": self._cost}.get(change["new"], self._code))
        self.refresh()

    def take_all(self) -> None:
        """Take the views that are not shown for content too: what is to be closed has to be in its place."""
        self.content = (self.view, self._checks, self._cost, self._code)
