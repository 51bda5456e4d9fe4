"""Durations as the service writes them, in the form of ISO 8601, and as a person reads them."""

from __future__ import annotations

import re
from datetime import timedelta

_DURATION = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?")


def parse_duration(text: str) -> timedelta | None:
    """Read a duration such as ``"PT15M"``; None for what is none. Months and years have no fixed length: None too."""
    match = _DURATION.fullmatch(text)
    if match is None or not any(match.groups()):
        return None
    days, hours, minutes, seconds = (float(part or 0) for part in match.groups())
    try:
        return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    except OverflowError:
        return None


def format_duration(duration: timedelta) -> str:
    """Write a duration in minutes and seconds."""
    minutes, seconds = divmod(duration.total_seconds(), 60)
    rest = f"{seconds:.6f}".rstrip("0").rstrip(".") + "S" if seconds else ""
    return f"PT{int(minutes)}M{rest}"


def duration_words(seconds: float) -> str:
    """Say a duration as coarsely as a person would: ``"12 min"``, ``"3 h"``, ``"2 days"``."""
    for unit, one, many in ((86_400, "day", "days"), (3_600, "h", "h"), (60, "min", "min")):
        number = int(seconds // unit)
        if number:
            return f"{number} {one if number == 1 else many}"
    return "under 1 min"
