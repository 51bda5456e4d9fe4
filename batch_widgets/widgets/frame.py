"""The invisible piece in each panel: brings the style sheet, knows whether the panel is in sight, speaks for it."""

from __future__ import annotations

import time
import uuid
from typing import TYPE_CHECKING, Any

import ipywidgets
import traitlets

from batch_widgets.widgets.frontend import FrontEnd

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

# A page with the panel in sight says so every 20 seconds; three missed in a row and it is taken for gone.
_GONE_AFTER_S = 60.0


class Frame(FrontEnd):
    """Tells whether anybody sees the panel it stands in, and speaks for it.

    A page counts while one of its views is scrolled into sight in a visible browser tab. During a long cell the kernel
    may handle no messages, and after a minute of that the panel counts as hidden until it does again.

    Parameters
    ----------
    **kwargs
        Initial values of the traits below.
    """

    announcement = traitlets.Unicode().tag(sync=True)
    """Said by a polite live region, at most every five seconds; the latest wins."""

    displayed = traitlets.Bool(default_value=False)
    """Whether the panel was in sight when last heard of or asked; not sent anywhere."""

    def __init__(self, **kwargs: Any) -> None:
        self._pages: dict[str, float] = {}
        self._displayed_callbacks = ipywidgets.CallbackDispatcher()
        self._settling: dict[str, Callable[[], object]] = {}
        super().__init__(**kwargs)
        self._handlers |= {"views": self._on_views, "settled": self._on_settled}
        self.observe(self._tell_displayed, "displayed")

    @traitlets.default("_kind")
    def _default_kind(self) -> str:
        return "frame"

    @property
    def last_seen(self) -> float | None:
        """When a page last said that it shows the panel, on the monotonic clock."""
        return max(self._pages.values(), default=None)

    def is_displayed(self) -> bool:
        """Tell whether a page shows the panel now; a page silent for a minute is gone."""
        oldest = time.monotonic() - _GONE_AFTER_S
        self._pages = {page: seen for page, seen in list(self._pages.items()) if seen > oldest}
        self.displayed = bool(self._pages)
        return self.displayed

    def on_displayed(self, callback: Callable[[bool], None], *, remove: bool = False) -> None:
        """Call ``callback(displayed)`` when the panel comes into sight or leaves it."""
        self._displayed_callbacks.register_callback(callback, remove=remove)

    def focus(self, class_name: str) -> None:
        """Move the focus to the first element with this class inside the panel, as soon as it is there."""
        self.send({"type": "focus", "class": class_name})

    def settle(self, callback: Callable[[], object]) -> None:
        """Call ``callback()`` once all that was typed before has arrived; at once where no page shows the panel.

        ipywidgets keeps the second change of a control back until the kernel has handled the first, so that a click
        may overtake the end of what was typed. The page has sent it by the time that it answers.
        """
        if not self.is_displayed():
            callback()
            return
        ticket = uuid.uuid4().hex
        self._settling[ticket] = callback
        self.send({"type": "settle", "id": ticket})

    def close(self) -> None:
        """Close the widget; the panel is then not displayed."""
        self._settling.clear()
        self._pages.clear()
        self.displayed = False
        super().close()

    def _on_views(self, content: Mapping[str, Any]) -> None:
        page = str(content.get("page"))
        if content.get("visible"):
            self._pages[page] = time.monotonic()
        else:
            self._pages.pop(page, None)
        self.is_displayed()

    def _on_settled(self, content: Mapping[str, Any]) -> None:
        callback = self._settling.pop(str(content.get("id")), None)
        if callback is not None:
            callback()

    def _tell_displayed(self, change: Mapping[str, Any]) -> None:
        self._displayed_callbacks(change["new"])
