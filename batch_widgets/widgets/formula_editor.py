"""A field for an autoscale formula: colours, completion, and what the checker finds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import traitlets

from batch_widgets import autoscale
from batch_widgets.widgets.frontend import FrontEnd

if TYPE_CHECKING:
    from collections.abc import Mapping

    from batch_widgets.autoscale import Finding


class FormulaEditor(FrontEnd):
    """An editor of autoscale formulas.

    Its code is a bundle of its own, which a page fetches when it first shows an editor; until then, and where it never
    comes, a plain text field stands there. Tab leaves the editor; Ctrl+Space completes, F8 goes to the next finding.

    Parameters
    ----------
    **kwargs
        Initial values of the traits below.
    """

    value = traitlets.Unicode().tag(sync=True)
    """The formula."""

    label = traitlets.Unicode("Autoscale formula").tag(sync=True)
    """Its name for assistive technology."""

    placeholder = traitlets.Unicode().tag(sync=True)
    """Shown while it is empty."""

    disabled = traitlets.Bool(default_value=False).tag(sync=True)
    """Whether typing is refused."""

    rows = traitlets.Int(6).tag(sync=True)
    """How many lines it shows at least."""

    findings = traitlets.Tuple(read_only=True)
    """What the checker says of :attr:`value`: a tuple of Finding, empty while there is no formula; not sent as such."""

    _bundle_file = "formula.js"
    _plain = traitlets.Unicode("value").tag(sync=True)
    _words: Any = traitlets.List().tag(sync=True)
    _findings = traitlets.Dict().tag(sync=True)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._check()
        self.observe(self._on_value, "value")

    @traitlets.default("_kind")
    def _default_kind(self) -> str:
        return "formula"

    @traitlets.default("_words")
    def _default_words(self) -> list[dict[str, Any]]:
        return [
            {"name": word.name, "kind": word.kind, "help": word.help, "takes": word.takes, "offered": word.offered}
            for word in autoscale.WORDS
        ]

    def _on_value(self, _change: Mapping[str, Any]) -> None:
        self._check()

    def _check(self) -> None:
        found = autoscale.check(self.value) if self.value.strip() else ()
        self.set_trait("findings", found)
        self._findings = _marks(self.value, found)


def _marks(text: str, found: tuple[Finding, ...]) -> dict[str, Any]:
    """Give the findings with places as a browser counts them: in halves of UTF-16."""

    def units(part: str) -> int:
        return len(part.encode("utf-16-le", "surrogatepass")) // 2

    return {
        "length": units(text),
        "found": [
            {
                "from": units(text[: finding.start]),
                "to": units(text[: finding.end]),
                "severity": finding.severity,
                "message": finding.message,
            }
            for finding in found
        ],
    }
