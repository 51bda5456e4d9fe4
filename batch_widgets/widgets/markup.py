"""HTML of the small things: every text from outside is escaped here, and nowhere else is HTML put together."""

from __future__ import annotations

import html as _html
import re
from typing import TYPE_CHECKING

from batch_widgets.nodes import BROKEN_STATES, ON_THE_WAY_STATES, state_words
from batch_widgets.texts import MOST_SHOWN, cut, plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from batch_widgets.errors import BatchWidgetsError

_STATE_HUES = {"idle": "ok", "running": "run", "offline": "warn", "preempted": "warn", "unknown": "warn"}
_ALLOCATION_HUES = {"steady": "ok", "resizing": "busy", "stopping": "busy", "deleting": "warn"}
_STATUS_HUES = {"running": "busy", "done": "ok", "failed": "err", "cancelled": "none"}
_MOST_IN_TITLE = 1_000
_MOST_CODE = 40_000

# what steers a terminal: colours, positions, titles
_TERMINAL = re.compile("\x1b(?:\\[[0-9;:?]*[ -/]*[@-~]|\\][^\x07\x1b]*(?:\x07|\x1b\\\\)|[@-Z\\\\^_])")


def escape(text: str, most: int = MOST_SHOWN) -> str:
    """Give text as HTML, `most` characters of it; what would not show, or would turn the rest round, becomes U+FFFD."""
    return _html.escape(plain(cut(text, most)))


def state_hue(state: str) -> str:
    """Give the hue of a node's state."""
    if state in BROKEN_STATES:
        return "err"
    if state in ON_THE_WAY_STATES:
        return "busy"
    return _STATE_HUES.get(state, "none")


def allocation_hue(state: str) -> str:
    """Give the hue of a pool's allocation state."""
    return _ALLOCATION_HUES.get(state, "none")


def status_hue(status: str) -> str:
    """Give the hue of an operation's status."""
    return _STATUS_HUES.get(status, "none")


def span(text: object, *classes: str, title: str = "") -> str:
    """Give text in a span."""
    return f'<span class="{" ".join(classes)}" title="{escape(title, _MOST_IN_TITLE)}">{escape(str(text))}</span>'


def muted(text: object) -> str:
    """Give secondary text."""
    return span(text, "bw-muted")


def mono(text: object) -> str:
    """Give code."""
    return span(text, "bw-mono")


def code_block(text: str) -> str:
    """Give code as it is, with its line breaks."""
    return f'<pre class="bw-pre">{escape(text, _MOST_CODE)}</pre>'


def text_end(text: str, label: str) -> str:
    """Give the end of a text, scrolled to its last line; colours that it has for a terminal are taken out."""
    shown = _TERMINAL.sub("", text[-_MOST_CODE:].replace("\r\n", "\n")).rstrip("\n")
    style = "display:flex;flex-direction:column-reverse;max-height:220px"
    opening = f'<div class="bw-pre" style="{style}" tabindex="0" role="region" aria-label="{escape(label)}">'
    return f"{opening}<div>{escape(shown, _MOST_CODE)}</div></div>"


def size(count: int) -> str:
    """Give a number of bytes in words: ``7 bytes``, ``16.4 kB``, ``1.2 GB``."""
    if count < 1000:
        return "1 byte" if count == 1 else f"{count} bytes"
    value, units = count / 1000, ["kB", "MB", "GB", "TB"]
    while value >= 999.95 and len(units) > 1:
        value /= 1000
        units.pop(0)
    return f"{value:,.1f} {units[0]}"


def moment(when: datetime | None) -> str:
    """Give a time in this machine's zone, with its name; a dash where there is none."""
    return f"{when.astimezone():%d %b %Y, %H:%M:%S %Z}" if when is not None else "–"


def pill(text: object, hue: str) -> str:
    """Give a coloured label with a word."""
    return span(text, "bw-pill", f"bw-{hue}")


def heading(text: object) -> str:
    """Give a panel's or section's heading."""
    return f'<span class="bw-title" role="heading" aria-level="3">{escape(str(text))}</span>'


def problem(message: str, severity: str) -> str:
    """Give a problem as it stands below its field."""
    hue, word = ("err", "Error") if severity == "error" else ("warn", "Warning")
    sign = f'<span class="bw-sign" role="img" aria-label="{word}"></span>'
    return f'<span class="bw-prob bw-{hue}">{sign}{escape(message)}</span>'


def check_line(hue: str, field: str, message: str, detail: str = "") -> str:
    """Give a line of the list of checks."""
    below = f"<div>{muted(detail)}</div>" if detail else ""
    name = f"<b>{escape(field)}:</b> " if field else ""
    sign = '<span class="bw-sign" aria-hidden="true"></span>'
    return f'<div class="bw-check bw-{hue}">{sign}<div>{name}{escape(message)}{below}</div></div>'


def message(title: str, text: str = "", details: Mapping[str, str] | None = None) -> str:
    """Give a message: what happened, why, and the details folded away."""
    html = f'<div class="bw-msg-title">{escape(title)}</div>'
    if text:
        html += f"<div>{escape(text)}</div>"
    if shown := {name: value for name, value in (details or {}).items() if value}:
        rows = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in shown.items())
        html += f"<details><summary>Details</summary><dl>{rows}</dl></details>"
    return html


def error_details(error: BatchWidgetsError) -> dict[str, str]:
    """Give what a support ticket asks for."""
    status = "" if error.status is None else str(error.status)
    return {"code": error.code, "status": status, "request": error.request_id}


def state_bar(counts: Mapping[str, int]) -> str:
    """Give a bar of nodes by state: width by number, and words in it."""
    parts = "".join(
        f'<span class="bw-{state_hue(state)}" style="flex-grow:{count}" title="{count} {escape(state_words(state))}">'
        f"{count} {escape(state_words(state))}</span>"
        for state, count in counts.items()
        if count
    )
    return f'<div class="bw-statebar" role="img" aria-label="{escape(counts_words(counts))}">{parts}</div>'


def counts_words(counts: Mapping[str, int]) -> str:
    """Give counts as words: ``3 idle, 1 starting``."""
    return ", ".join(f"{count} {state_words(state)}" for state, count in counts.items() if count)


def progress_line(fraction: float | None) -> str:
    """Give the thin line under a header: a part of it, moving where the part is not known."""
    if fraction is None:
        return '<div class="bw-progress bw-indeterminate" role="progressbar" aria-label="Progress"><i></i></div>'
    percent = round(100 * fraction)
    return (
        f'<div class="bw-progress" role="progressbar" aria-label="Progress" aria-valuenow="{percent}" '
        f'aria-valuemin="0" aria-valuemax="100">'
        f'<i style="width:{percent}%"></i></div>'
    )


def amounts(rows: Iterable[tuple[str, str]]) -> str:
    """Give names at the left and amounts at the right, both texts."""
    lines = "".join(f"<span>{escape(name)}</span><span>{escape(amount)}</span>" for name, amount in rows)
    return f'<div class="bw-amounts">{lines}</div>' if lines else ""


def facts(rows: Iterable[tuple[str, str]]) -> str:
    """Give names and values in two columns; the values are HTML made here."""
    return (
        '<div class="bw-kv">'
        + "".join(f"<span>{escape(name)}</span><span>{value}</span>" for name, value in rows)
        + "</div>"
    )
