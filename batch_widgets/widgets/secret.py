"""A field for a password or a key whose content never becomes state: it is neither a trait nor kept here."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import ipywidgets
import traitlets

from batch_widgets.widgets.frontend import FrontEnd

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class SecretInput(FrontEnd):
    """A password field. What is typed stays in the browser until :meth:`request` hands it to one callback.

    Parameters
    ----------
    **kwargs
        Initial values of the traits below.
    """

    label = traitlets.Unicode().tag(sync=True)
    """Name of the field, shown above it."""

    placeholder = traitlets.Unicode().tag(sync=True)
    """Shown while the field is empty."""

    disabled = traitlets.Bool(default_value=False).tag(sync=True)
    """Whether typing is refused."""

    filled = traitlets.Bool(default_value=False).tag(sync=True)
    """Whether something is typed; not what."""

    def __init__(self, **kwargs: Any) -> None:
        self._waiting: dict[str, Callable[[str], None]] = {}
        self._submits = ipywidgets.CallbackDispatcher()
        super().__init__(**kwargs)
        self._handlers |= {"secret": self._on_secret, "submit": self._on_submit}

    @traitlets.default("_kind")
    def _default_kind(self) -> str:
        return "secret"

    def request(self, callback: Callable[[str], None]) -> None:
        """Ask the browser for what is typed and clear the field; ``callback(text)`` is called once.

        An earlier request that has no answer yet is forgotten. Empty fields do not answer.
        """
        self._waiting.clear()
        ticket = uuid.uuid4().hex
        self._waiting[ticket] = callback
        self.send({"type": "request", "id": ticket})

    def clear(self) -> None:
        """Empty the field."""
        self._waiting.clear()
        self.filled = False
        self.send({"type": "clear"})

    def on_submit(self, callback: Callable[[], None], *, remove: bool = False) -> None:
        """Call ``callback()`` on Enter in the field."""
        self._submits.register_callback(callback, remove=remove)

    def close(self) -> None:
        """Close the widget; a request without an answer gets none."""
        self._waiting.clear()
        super().close()

    def _on_secret(self, content: Mapping[str, Any]) -> None:
        value = content.get("value")
        if not isinstance(value, str) or not value:
            return
        callback = self._waiting.pop(str(content.get("id")), None)
        if callback is not None:
            callback(value)

    def _on_submit(self, _content: Mapping[str, Any]) -> None:
        self._submits()
