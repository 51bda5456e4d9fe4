"""What every piece with JavaScript of its own shares: the stub, the bundle that a page asks for once, the messages.

``_esm`` of each widget is a stub of two kilobytes. It asks for the bundle by a custom message, and the answer travels
as a gzipped binary buffer. The page keeps the bundle under its content hash, so that the next widgets on it need no
transfer.
"""

from __future__ import annotations

import difflib
import functools
import gzip
import hashlib
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anywidget
import traitlets

from batch_widgets.widgets.lean import Lean
from batch_widgets.widgets.unlogged import keep_unlogged

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

STATIC = Path(__file__).resolve().parent.parent / "static"

# Requests that waited together behind a busy cell get one answer, not one each.
_SAME_QUESTION_S = 2.0


class FrontEndNotBuiltError(RuntimeError):
    """The JavaScript of the package is missing, as it is in a fresh checkout."""


def _read_static(name: str) -> bytes:
    path = STATIC / name
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise FrontEndNotBuiltError(
            f"The front end is not built: {path} is missing. Installing the package builds it; in a checkout run "
            "`make build`, or `npm ci && npm run build` in the folder js."
        ) from None


@functools.lru_cache(maxsize=8)
def _pack(code: bytes) -> tuple[str, bytes]:
    """Return the content hash of the bundle and its gzipped bytes."""
    return hashlib.sha256(code).hexdigest()[:16], gzip.compress(code, 9, mtime=0)


def bundle(name: str = "bundle.js") -> tuple[str, bytes]:
    """Return the hash and the gzipped bytes of a bundle that is on disk now.

    Parameters
    ----------
    name : str
        The bundle's file.

    Raises
    ------
    FrontEndNotBuiltError
        When there is no bundle; the text says how to build it.
    """
    return _pack(_read_static(name))


def stub() -> str:
    """Return the code that each widget carries itself."""
    return _read_static("stub.js").decode()


class FrontEnd(Lean, anywidget.AnyWidget):
    """Base of the widgets that bring their own JavaScript.

    Parameters
    ----------
    **kwargs
        Initial values of the public traits. A name that is not one of them is refused.
    """

    _esm = traitlets.Unicode().tag(sync=True)
    _anywidget_id = traitlets.Unicode("batch_widgets").tag(sync=True)
    _kind = traitlets.Unicode().tag(sync=True)
    _bundle_hash = traitlets.Unicode().tag(sync=True)

    # Most pieces share a bundle; one that is heavy and not always needed has one of its own.
    _bundle_file = "bundle.js"

    def __init__(self, **kwargs: Any) -> None:
        self._refuse_unknown(kwargs)
        keep_unlogged()
        self._handlers: dict[str, Callable[[Mapping[str, Any]], None]] = {"bundle": self._on_bundle_wanted}
        self._answered: dict[str, float] = {}
        self._send_lock = threading.RLock()
        super().__init__(**kwargs)
        self.on_msg(self._on_message)

    @traitlets.default("_esm")
    def _default_esm(self) -> str:
        return stub()

    @traitlets.default("_bundle_hash")
    def _default_bundle_hash(self) -> str:
        return bundle(self._bundle_file)[0]

    def add_traits(self, **traits: Any) -> None:
        """Add traits, except those that the class declares: otherwise each instance would get a class of its own."""
        missing = {name: trait for name, trait in traits.items() if not self.has_trait(name)}
        if missing:
            super().add_traits(**missing)

    def close(self) -> None:
        """Close the widget here and on every page. Harmless when repeated."""
        self.on_msg(self._on_message, remove=True)
        super().close()

    def _refuse_unknown(self, kwargs: Mapping[str, Any], also: Sequence[str] = ()) -> None:
        known = sorted({*also, *(name for name in self.trait_names() if not name.startswith("_"))})
        for name in kwargs:
            if name not in known:
                near = difflib.get_close_matches(name, known, 1)
                hint = f" Did you mean {near[0]!r}?" if near else f" It takes {', '.join(known)}."
                raise TypeError(f"{type(self).__name__} has no argument {name!r}.{hint}")

    def _on_message(self, _widget: object, content: object, _buffers: object) -> None:
        if not isinstance(content, dict):
            return
        handler = self._handlers.get(str(content.get("type")))
        if handler is not None:
            handler(content)

    def _on_bundle_wanted(self, content: Mapping[str, Any]) -> None:
        page = str(content.get("page", ""))
        now = time.monotonic()
        last = self._answered.get(page)
        if last is not None and now - last < _SAME_QUESTION_S:
            return
        self._answered[page] = now
        digest, packed = bundle(self._bundle_file)
        self.send({"type": "bundle", "hash": digest}, buffers=[packed])
