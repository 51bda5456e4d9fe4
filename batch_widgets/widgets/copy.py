"""A button that copies or downloads a text. Clipboard and downloads are the browser's, so the kernel cannot do it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import traitlets

from batch_widgets.widgets.frontend import FrontEnd

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class CopyButton(FrontEnd):
    """Copies a text, or downloads it; where the browser refuses to copy, the text is shown selected.

    Parameters
    ----------
    make_text : callable, optional
        Makes the text when it is wanted; for one that is large or changes often. Without it ``text`` is taken.
    **kwargs
        Initial values of the traits below.
    """

    text = traitlets.Unicode().tag(sync=True)
    """What is copied. No secrets: this is state, and state is saved with the notebook."""

    label = traitlets.Unicode("Copy").tag(sync=True)
    """Text of the button; empty for the icon alone."""

    title = traitlets.Unicode().tag(sync=True)
    """Tooltip, and the button's name when it has no label."""

    disabled = traitlets.Bool(default_value=False).tag(sync=True)
    """Whether there is nothing to copy yet."""

    filename = traitlets.Unicode().tag(sync=True)
    """With a name the text is downloaded as a file of that name instead."""

    on_demand = traitlets.Bool(default_value=False, read_only=True).tag(sync=True)
    """Whether the text is asked for when it is wanted."""

    def __init__(self, *, make_text: Callable[[], str] | None = None, **kwargs: Any) -> None:
        self._make_text = make_text
        super().__init__(**kwargs)
        self.set_trait("on_demand", make_text is not None)
        self._handlers |= {"text": self._on_text_wanted}

    @traitlets.default("_kind")
    def _default_kind(self) -> str:
        return "copy"

    def _on_text_wanted(self, content: Mapping[str, Any]) -> None:
        if self._make_text is not None:
            asked = {"page": content.get("page"), "request": content.get("request")}
            self.send({"type": "text", **asked, "text": self._make_text()})
