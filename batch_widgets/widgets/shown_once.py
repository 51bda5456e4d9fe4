"""A secret that is shown once: it goes to the page as a message, and is neither a trait nor kept here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ipywidgets
import traitlets

from batch_widgets.widgets.frontend import FrontEnd

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class ShownOnce(FrontEnd):
    """Shows a secret with the buttons Copy and Hide. Hide, a reload of the page and :meth:`hide` forget it.

    Parameters
    ----------
    **kwargs
        Initial values of the traits below.
    """

    label = traitlets.Unicode("Secret").tag(sync=True)
    """What the secret is: "Password of alice". It stands before it, and names the buttons to assistive technology."""

    status = traitlets.Enum(["empty", "shown", "hidden"], "empty", read_only=True).tag(sync=True)
    """Whether a secret was shown, and whether it was hidden since; not the secret."""

    _bundle_file = "nodes.js"

    def __init__(self, **kwargs: Any) -> None:
        self._hides = ipywidgets.CallbackDispatcher()
        super().__init__(**kwargs)
        self._handlers |= {"hide": self._on_hide_pressed}

    @traitlets.default("_kind")
    def _default_kind(self) -> str:
        return "once"

    def reveal(self, text: str) -> None:
        """Show a secret in the place of an earlier one, on the pages that have the notebook open now."""
        _ = self.model_id  # what nobody has seen yet is opened, for it would not hear a message
        with self._send_lock:
            self.send({"type": "reveal", "text": text})
            self.set_trait("status", "shown")

    def hide(self) -> None:
        """Take the secret away, on every page."""
        if self.status == "shown":
            self.set_trait("status", "hidden")

    def on_hide(self, callback: Callable[[], None], *, remove: bool = False) -> None:
        """Call ``callback()`` when Hide is pressed."""
        self._hides.register_callback(callback, remove=remove)

    def _on_hide_pressed(self, _content: Mapping[str, Any]) -> None:
        self.hide()
        self._hides()
