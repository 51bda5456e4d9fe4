"""Whether ``time("…")`` can read a text: W3C's profile of ISO 8601, or RFC 1123."""

from __future__ import annotations

import re
from datetime import datetime
from email.utils import parsedate_to_datetime

_W3C = re.compile(
    r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.\d{1,7})?)?(?:Z|[+-]\d\d:\d\d)?)?)?)?", re.ASCII
)


def is_date(text: str) -> bool:
    """Tell whether the service's documentation lets ``time`` read it; the empty text stands for now."""
    text = text.strip()
    if not text:
        return True
    if match := _W3C.fullmatch(text):
        year, month, day, hour, minute, second = (int(part) if part else None for part in match.groups())
        try:
            datetime(year or 0, month or 1, day or 1, hour or 0, minute or 0, second or 0)  # noqa: DTZ001  only whether
        except ValueError:
            return False
        return True
    try:
        parsedate_to_datetime(text)
    except (TypeError, ValueError, IndexError, OverflowError):
        return False
    return True
