"""Texts from outside, made fit to be shown: nothing in them steers a terminal or turns letters round, or has no end."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

MOST_SHOWN = 4_000
"""int: so many characters of a text are shown where nothing else is said."""

# control characters, those that turn the direction of what follows or have no width, line ends of other systems, and
# halves of pairs
_MISLEADING = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)
_MOST_CHOICE = 200
# what a spreadsheet takes for the beginning of a formula, the wide forms that some take for the same included
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def plain(text: str) -> str:
    """Give text in which what would not show, or would make the rest show in another order, is U+FFFD."""
    return text if text.isprintable() else _MISLEADING.sub("\ufffd", text)


def cut(text: str, most: int = MOST_SHOWN) -> str:
    """Give the beginning of a text, with the number of characters that are left out; a short one as it is."""
    return text if len(text) <= most else f"{text[:most]}… and {len(text) - most:,} more characters"


def for_terminal(text: str, most: int | None = None) -> str:
    """Give text with its lines: what would steer a terminal, or not show, is U+FFFD."""
    shown = text if most is None else cut(text, most)
    return plain(shown.replace("\r\n", "\n").replace("\r", "\ufffd"))


def one_line(text: str, most: int = MOST_SHOWN) -> str:
    """Give text for one line of a terminal: what would steer the terminal, or not show, becomes U+FFFD."""
    return plain(" ".join(cut(text, most).split()))


def choice(text: str) -> str:
    """Give the words of a choice: what is chosen is the text itself."""
    return one_line(text, _MOST_CHOICE)


def escaped_json(text: str) -> str:
    r"""Give JSON that says the same, and in which what would not show is written as ``\uXXXX``."""
    return _MISLEADING.sub(lambda found: _escape(found[0]), text)


def _escape(character: str) -> str:
    units = character.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))


def sheet_cell(text: str) -> str:
    """Give text for a cell of a spreadsheet: a ``'`` stands before what would be taken for a formula."""
    # a bare carriage return is not quoted in CSV by everybody, and would end the row
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return f"'{lines}" if text.startswith(_FORMULA_STARTS) else lines


def frame_csv(frame: pd.DataFrame, *, index: bool = False) -> str:
    """Give a table as CSV for any program: what a spreadsheet would take for a formula gets a ``'`` in front.

    Parameters
    ----------
    frame : pandas.DataFrame
        The table; texts in it may be in the service's words.
    index : bool
        Whether its index is a column too.
    """

    def marked(value: Any) -> Any:
        return sheet_cell(value) if isinstance(value, str) else value

    safe = frame.apply(lambda column: column.astype("object").map(marked) if _has_texts(column) else column)
    safe.index = frame.index.map(marked)
    safe.index.name = frame.index.name
    return str(safe.to_csv(index=index))


def _has_texts(column: pd.Series[Any]) -> bool:
    return any(isinstance(value, str) for value in column)
