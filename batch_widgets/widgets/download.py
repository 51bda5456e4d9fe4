"""A button that saves a file. Only the browser can do that, so the bytes go there, a piece at a time."""

from __future__ import annotations

import re
import threading
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import ipywidgets
import traitlets

from batch_widgets.errors import ValidationError
from batch_widgets.problems import Problem
from batch_widgets.widgets.frontend import FrontEnd

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

MOST_BYTES = 50_000_000
"""int: Larger files are refused: they would pass through the kernel's and the browser's memory."""

_PIECE_BYTES = 1_000_000
_MOST_NAME = 120
_NOT_IN_NAMES = re.compile(r'[\x00-\x1f\x7f-\x9f<>:"|?*\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]')
_DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)


def clean_file_name(name: str) -> str:
    """Give a name under which any system saves a file: no folders, no signs with a meaning, not hidden, not too long.

    Parameters
    ----------
    name : str
        A name or a path; of a path the last part is taken.
    """
    last = re.split(r"[\\/]", name.rstrip("\\/"))[-1]
    clean = _NOT_IN_NAMES.sub("_", last).strip(" ").lstrip(".").rstrip(". ")
    if _DEVICES.match(clean):
        clean = f"_{clean}"
    if len(clean) > _MOST_NAME:
        stem, dot, ending = clean.rpartition(".")
        keeps_ending = bool(stem) and len(ending) < 16
        clean = f"{stem[: _MOST_NAME - len(ending) - 1]}{dot}{ending}" if keeps_ending else clean[:_MOST_NAME]
    return clean or "download"


@dataclass
class _Offer:
    data: bytes
    page: str | None


class DownloadButton(FrontEnd):
    """A button, and the way by which a file reaches the browser.

    A press is told to :meth:`on_click`; whoever hears it makes the bytes, which may take time, and then calls
    :meth:`offer`. Without a press the file goes to the page that takes it first, and the button need not be on show.

    Parameters
    ----------
    **kwargs
        Initial values of the traits below.
    """

    label = traitlets.Unicode("Download").tag(sync=True)
    """Text of the button; empty for the icon alone."""

    title = traitlets.Unicode().tag(sync=True)
    """Tooltip, and the button's name when it has no label."""

    disabled = traitlets.Bool(default_value=False).tag(sync=True)
    """Whether there is nothing to download."""

    busy = traitlets.Bool(default_value=False).tag(sync=True)
    """Whether the bytes are being made: a press does nothing meanwhile."""

    _bundle_file = "nodes.js"

    def __init__(self, **kwargs: Any) -> None:
        self._offers: dict[str, _Offer] = {}
        self._offers_lock = threading.Lock()
        self._clicked_on: str | None = None
        self._clicks = ipywidgets.CallbackDispatcher()
        super().__init__(**kwargs)
        self._handlers |= {"click": self._on_clicked, "pull": self._on_pull, "saved": self._on_saved}

    @traitlets.default("_kind")
    def _default_kind(self) -> str:
        return "download"

    def on_click(self, callback: Callable[[], None], *, remove: bool = False) -> None:
        """Call ``callback()`` on a press."""
        self._clicks.register_callback(callback, remove=remove)

    def offer(self, name: str, data: bytes) -> None:
        """Let the browser save a file.

        Parameters
        ----------
        name : str
            The file's name, cleaned by :func:`clean_file_name`.
        data : bytes
            What is in it. It is held until a page has saved it, the button is closed, or newer files need the room.

        Raises
        ------
        ValidationError
            When it has more than :data:`MOST_BYTES`.
        """
        if len(data) > MOST_BYTES:
            size, most = len(data) / 1_000_000, MOST_BYTES // 1_000_000
            told = f"{clean_file_name(name)} has {size:,.1f} MB; a browser is sent {most} MB at most."
            raise ValidationError([Problem("data", f"{told} Write it to a file with Python instead.")])
        _ = self.model_id  # what nobody has seen yet is opened, for it would not hear a message
        offer_id = uuid.uuid4().hex
        with self._offers_lock:
            page, self._clicked_on = self._clicked_on, None
            self._offers[offer_id] = _Offer(bytes(data), page)
            left_out = self._over_the_limit()
        for one in left_out:
            self.send({"type": "gone", "id": one, "page": None})
        told_name = clean_file_name(name)
        self.send({"type": "offer", "id": offer_id, "name": told_name, "size": len(data), "page": page})

    def close(self) -> None:
        """Close the button; what nobody has taken yet is forgotten."""
        with self._offers_lock:
            self._offers.clear()
        super().close()

    def _over_the_limit(self) -> list[str]:
        left_out = []
        while sum(len(offer.data) for offer in self._offers.values()) > MOST_BYTES:
            oldest = next(iter(self._offers))
            del self._offers[oldest]
            left_out.append(oldest)
        return left_out

    def _on_clicked(self, content: Mapping[str, Any]) -> None:
        if self.disabled or self.busy:
            return
        with self._offers_lock:
            self._clicked_on = str(content.get("page"))
        self._clicks()

    def _on_pull(self, content: Mapping[str, Any]) -> None:
        offer_id, page, start = str(content.get("id")), str(content.get("page")), content.get("start")
        with self._offers_lock:
            offer = self._offers.get(offer_id)
            first = offer is not None and offer.page is None
            if offer is not None and first:
                offer.page = page
        if offer is None or not isinstance(start, int) or not 0 <= start <= len(offer.data):
            self.send({"type": "gone", "id": offer_id, "page": None})
            return
        if first:
            self.send({"type": "gone", "id": offer_id, "page": page})
        if offer.page == page:
            piece = memoryview(offer.data)[start : start + _PIECE_BYTES]
            self.send({"type": "piece", "id": offer_id, "page": page, "start": start}, buffers=[piece])

    def _on_saved(self, content: Mapping[str, Any]) -> None:
        with self._offers_lock:
            self._offers.pop(str(content.get("id")), None)
