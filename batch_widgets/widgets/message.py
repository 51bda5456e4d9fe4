"""Message: what happened, why, and what to try, in its place in a panel. Confirmations are messages too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batch_widgets.widgets import lean, markup
from batch_widgets.widgets.controls import button, html, row
from batch_widgets.widgets.lean import show

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_HUES = ("err", "warn", "busy", "ok", "none")
_BUTTONS = 2


class Message(lean.HBox):
    """A message with up to two buttons; hidden until it has something to say."""

    def __init__(self) -> None:
        self._text = html("", "bw-msg-text", "bw-grow")
        self._handlers: list[Callable[[], object]] = []
        self.buttons = tuple(button("") for _ in range(_BUTTONS))
        for number, one in enumerate(self.buttons):
            one.on_click(lambda _, number=number: self._on_clicked(number))
        self._actions = row("bw-msg-actions", *self.buttons)
        super().__init__((self._text, self._actions))
        self.add_class("bw-msg")
        show(self, visible=False)

    def show(
        self,
        hue: str,
        title: str,
        text: str = "",
        details: Mapping[str, str] | None = None,
        *,
        actions: Sequence[tuple[str, Callable[[], object]]] = (),
        classes: Sequence[str] = (),
    ) -> None:
        """Show a message.

        Parameters
        ----------
        hue : {"err", "warn", "busy", "ok", "none"}
            How bad it is.
        title, text : str
            What happened; why, or what to do.
        details : mapping, optional
            Folded away.
        actions : sequence of (str, callable)
            Buttons, at most two; each hides the message first.
        classes : sequence of str
            A style class for each button.
        """
        for other in _HUES:
            (self.add_class if other == hue else self.remove_class)(f"bw-{other}")
        self._text.value = markup.message(title, text, details)
        self._handlers = [handler for _, handler in actions]
        for number, one in enumerate(self.buttons):
            show(one, visible=number < len(actions))
            one.description = actions[number][0] if number < len(actions) else ""
            one.disabled = False
            for name in ("bw-danger", "bw-primary", "bw-safe", "bw-on-escape"):
                one.remove_class(name)
            if number < len(classes) and classes[number]:
                one.add_class(classes[number])
                if classes[number] == "bw-safe":
                    one.add_class("bw-on-escape")
        show(self, visible=True)

    def clear(self) -> None:
        """Hide it."""
        self._handlers = []
        self._text.value = ""
        show(self, visible=False)

    @property
    def visible(self) -> bool:
        """True while it says something."""
        return bool(self.layout.display != "none")

    @property
    def text(self) -> str:
        """What it says, as HTML."""
        return str(self._text.value)

    def _on_clicked(self, number: int) -> None:
        handler = self._handlers[number] if number < len(self._handlers) else None
        self.clear()
        if handler is not None:
            handler()
