"""A terminal in a cell: what a program writes goes to the page as messages, and so does what is typed come back."""

from __future__ import annotations

import threading
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import ipywidgets
import traitlets

from batch_widgets.widgets.frontend import FrontEnd

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

_KEPT_BYTES = 65_536  # what a page that comes later is shown
_HELD_BYTES = 1_048_576  # what waits at most for a page that draws slowly; older output is left out then
_PIECE_BYTES = 65_536
_UNDRAWN_BYTES = 262_144  # what is on its way to a page at most
_BEHIND_BYTES = 524_288
_CAUGHT_UP_BYTES = 131_072
_SIZES = range(1, 2001)


@dataclass
class _Page:
    """How far a page has been sent the output, and how far it has drawn it; places in the whole output."""

    sent: int
    drawn: int
    replay_until: int
    is_new: bool = True


@dataclass
class _Turns:
    """What a page tells in order: which is next, and those that came before their turn."""

    next: int = 0
    early: dict[int, tuple[Mapping[str, Any], Iterable[memoryview]]] = field(default_factory=dict)


class TerminalView(FrontEnd):
    """A terminal, for whatever program stands behind it.

    Output and input travel as messages with bytes. They are no state: nothing of them is saved with the notebook. The
    last 64 KiB of the output are kept here for a page that is loaded later. A page tells how far it has drawn, and is
    sent no more than it can take: see :attr:`backlog`.

    The terminal takes every key. Ctrl+Shift+Esc leaves it (on Windows, which takes that one, Ctrl+Shift+Home does);
    Ctrl+Shift+C copies, Ctrl+C too while something is selected; Ctrl+Shift+V and the browser's menu paste.

    Parameters
    ----------
    **kwargs
        Initial values of the traits below.
    """

    title = traitlets.Unicode().tag(sync=True)
    """Who is where: ``alice@tvmps_1_d``. It stands in the bar, and names the terminal to assistive technology."""

    state = traitlets.Enum(["connecting", "connected", "ended"], "connecting").tag(sync=True)
    """Stands in the bar. Once ended, nothing that is typed is taken."""

    detail = traitlets.Unicode().tag(sync=True)
    """What else stands in the bar: the fingerprint of the host key."""

    note = traitlets.Unicode().tag(sync=True)
    """A line below the terminal."""

    reason = traitlets.Unicode(read_only=True).tag(sync=True)
    """Why it ended, see :meth:`end`; it takes the place of the note."""

    height = traitlets.Int(288).tag(sync=True)
    """Height of the terminal itself in px."""

    disabled = traitlets.Bool(default_value=False).tag(sync=True)
    """Whether typing is refused."""

    closable = traitlets.Bool(default_value=True).tag(sync=True)
    """Whether the bar has a button that closes; see :meth:`on_close`."""

    _size: Any = traitlets.List().tag(sync=True)
    _bundle_file = "terminal.js"

    def __init__(self, **kwargs: Any) -> None:
        self._kept = bytearray()
        self._end = 0
        self._pages: dict[str, _Page] = {}
        self._turns: defaultdict[str, _Turns] = defaultdict(_Turns)
        self._turn_lock = threading.RLock()
        self._lead: str | None = None  # the page whose size the program has, and that answers for the terminal
        self._was_behind = False
        self._inputs = ipywidgets.CallbackDispatcher()
        self._resizes = ipywidgets.CallbackDispatcher()
        self._closes = ipywidgets.CallbackDispatcher()
        self._behinds = ipywidgets.CallbackDispatcher()
        self._drains = ipywidgets.CallbackDispatcher()
        super().__init__(**kwargs)
        self._handlers |= {
            "attach": self._on_attached,
            "detach": self._on_detached,
            "ack": self._on_drawn,
            "close": lambda _: self._closes(),
        }

    @traitlets.default("_kind")
    def _default_kind(self) -> str:
        return "terminal"

    # output

    def write(self, data: bytes) -> None:
        """Show what a program wrote. Any thread may call this; it does not wait for the page."""
        with self._send_lock:
            self._kept += data
            self._end += len(data)
            for name, page in self._pages.items():
                self._send_on(name, page)
            self._forget()
            if not self._was_behind and self.is_behind:
                self._was_behind = True
                self._behinds()

    @property
    def backlog(self) -> int:
        """How many bytes no page has drawn yet; 0 without a page, for then only the end is kept."""
        with self._send_lock:
            return min((self._end - page.drawn for page in self._pages.values()), default=0)

    @property
    def is_behind(self) -> bool:
        """Whether the page draws more slowly than output comes: time to read no more of it, see :meth:`on_behind`."""
        return self.backlog > _BEHIND_BYTES

    def on_behind(self, callback: Callable[[], None], *, remove: bool = False) -> None:
        """Call ``callback()`` when no more output should be read. It must not wait; :meth:`on_drain` follows it."""
        self._behinds.register_callback(callback, remove=remove)

    def on_drain(self, callback: Callable[[], None], *, remove: bool = False) -> None:
        """Call ``callback()`` when the page has caught up after it was behind. It must not wait."""
        self._drains.register_callback(callback, remove=remove)

    def clear(self) -> None:
        """Empty the terminal, and forget what was written."""
        with self._send_lock:
            self._kept.clear()
            for page in self._pages.values():
                page.sent = page.drawn = page.replay_until = self._end
            self.send({"type": "clear"})

    def end(self, text: str = "") -> None:
        """Say that the program has ended, and why; what it wrote stays on show."""
        with self.hold_sync():
            self.set_trait("reason", text)
            self.state = "ended"

    def restart(self) -> None:
        """Empty the terminal for another program."""
        self.clear()
        with self.hold_sync():
            self.set_trait("reason", "")
            self.state = "connecting"

    # input

    def on_input(self, callback: Callable[[bytes], None], *, remove: bool = False) -> None:
        """Call ``callback(data)`` with what is typed or pasted. It must not wait."""
        self._inputs.register_callback(callback, remove=remove)

    def on_resize(self, callback: Callable[[int, int], None], *, remove: bool = False) -> None:
        """Call ``callback(columns, rows)`` when the terminal has another size."""
        self._resizes.register_callback(callback, remove=remove)

    def on_close(self, callback: Callable[[], None], *, remove: bool = False) -> None:
        """Call ``callback()`` when the bar's button is pressed. The widget does not close by itself."""
        self._closes.register_callback(callback, remove=remove)

    @property
    def columns(self) -> int:
        """How many columns it has; 80 until a page has told."""
        return int(self._size[0]) if self._size else 80

    @property
    def rows(self) -> int:
        """How many rows it has; 24 until a page has told."""
        return int(self._size[1]) if self._size else 24

    def focus_terminal(self) -> None:
        """Let the terminal have the focus; a page that is still fetching it does so when it is there."""
        _ = self.model_id  # what nobody has seen yet is opened, for it would not hear a message
        self.send({"type": "focus"})

    def close(self) -> None:
        """Close the widget here and on every page. Harmless when repeated."""
        super().close()
        with self._send_lock:
            self._pages.clear()
            self._kept.clear()
        with self._turn_lock:
            self._turns.clear()

    # what pages say

    def _on_message(self, widget: object, content: object, buffers: Any) -> None:
        if isinstance(content, dict) and content.get("type") in {"input", "size"}:
            self._on_told(content, buffers)
        else:
            super()._on_message(widget, content, buffers)

    def _on_told(self, content: Mapping[str, Any], buffers: Iterable[memoryview]) -> None:
        """Take what a page tells in the order in which it told it, on whichever threads; ask again for what is missed.

        A page that has just got a subshell sends the next key by it while the shell of cells still has the last.
        """
        page, number = str(content.get("page")), content.get("number")
        if not isinstance(number, int):
            return
        with self._turn_lock:
            turns = self._turns[page]
            if number < turns.next:
                return
            turns.early[number] = content, buffers
            if number > turns.next:
                self.send({"type": "again", "page": page, "first": turns.next, "until": number})
            while turns.next in turns.early:
                told = turns.early.pop(turns.next)
                turns.next += 1
                if told[0]["type"] == "size":
                    self._on_sized(told[0])
                else:
                    self._on_typed(*told)

    def _on_typed(self, content: Mapping[str, Any], buffers: Iterable[memoryview]) -> None:
        if self.disabled or self.state == "ended":
            return
        page = str(content.get("page"))
        if content.get("typed"):
            self._lead = page
        elif page != self._lead:
            return  # two pages answer what a program asks its terminal, and it needs one answer
        if data := b"".join(buffers):
            self._inputs(data)

    def _on_attached(self, content: Mapping[str, Any]) -> None:
        name = str(content.get("page"))
        with self._send_lock:
            start = self._end - min(len(self._kept), _KEPT_BYTES)
            start = self._whole_from(start)
            page = self._pages[name] = _Page(start, start, self._end)
            if self._lead not in self._pages:
                self._lead = name
            self._send_on(name, page)
        self._tell_drained()

    def _on_detached(self, content: Mapping[str, Any]) -> None:
        with self._send_lock:
            name = str(content.get("page"))
            self._pages.pop(name, None)
            if self._lead == name:
                self._lead = next(iter(self._pages), None)
        self._tell_drained()

    def _on_drawn(self, content: Mapping[str, Any]) -> None:
        position = content.get("position")
        name = str(content.get("page"))
        with self._send_lock:
            page = self._pages.get(name)
            if page is None or not isinstance(position, int):
                return
            page.drawn = max(page.drawn, min(position, page.sent))
            self._send_on(name, page)
            self._forget()
        self._tell_drained()

    def _on_sized(self, content: Mapping[str, Any]) -> None:
        page, columns, rows = str(content.get("page")), content.get("columns"), content.get("rows")
        if columns not in _SIZES or rows not in _SIZES:
            return
        if content.get("entered"):
            self._lead = page
        if page != self._lead:
            return
        before = self.columns, self.rows
        first = not self._size
        self._size = [columns, rows, page]
        if first or before != (columns, rows):
            self._resizes(columns, rows)

    # sending

    def _send_on(self, name: str, page: _Page) -> None:
        """Send a page what it has not been sent yet, as far as it can take more."""
        while page.sent < self._end and page.sent - page.drawn < _UNDRAWN_BYTES:
            oldest = self._end - len(self._kept)
            skipped = 0
            if page.sent < oldest:
                whole = self._whole_from(oldest)
                skipped = whole - page.sent
                page.sent = whole
            replay = page.sent < page.replay_until
            until = min(page.sent + _PIECE_BYTES, page.replay_until if replay else self._end)
            piece = bytes(self._kept[page.sent - oldest : until - oldest])
            message = {"type": "output", "page": name, "position": page.sent, "replay": replay, "skipped": skipped}
            self.send({**message, "reset": page.is_new}, buffers=[piece])
            page.sent, page.is_new = until, False

    def _whole_from(self, position: int) -> int:
        """Give the first place from there on where a line begins, or at least a character."""
        oldest = self._end - len(self._kept)
        if position <= 0 or position >= self._end:
            return position
        line_end = self._kept.find(b"\n", position - oldest, position - oldest + 4096)
        if line_end >= 0:
            return oldest + line_end + 1
        while position < self._end and self._kept[position - oldest] & 0xC0 == 0x80:
            position += 1
        return position

    def _forget(self) -> None:
        """Keep the end, and what a page waits for."""
        waits = max((self._end - page.sent for page in self._pages.values()), default=0)
        keep = min(max(_KEPT_BYTES, waits), _HELD_BYTES)
        if len(self._kept) > keep:
            del self._kept[: len(self._kept) - keep]

    def _tell_drained(self) -> None:
        with self._send_lock:  # the two callbacks come in turn, whichever threads bring them
            if self._was_behind and self.backlog <= _CAUGHT_UP_BYTES:
                self._was_behind = False
                self._drains()
