"""A button that copies a text. The clipboard is the browser's, so the kernel cannot do it."""

from __future__ import annotations

import traitlets

from batch_widgets.widgets.frontend import FrontEnd


class CopyButton(FrontEnd):
    """Copies ``text``; where the browser refuses, the text is shown selected.

    Parameters
    ----------
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

    @traitlets.default("_kind")
    def _default_kind(self) -> str:
        return "copy"
