"""How images stand in the SKU browser's grid, in words and on a page without a kernel."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from batch_widgets.images import CustomImage, row_keys, support_state
from batch_widgets.texts import one_line, sheet_cell
from batch_widgets.widgets import markup
from batch_widgets.widgets._cells import cell_text, wire_cell
from batch_widgets.widgets.grid import Column

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from batch_widgets.images import SupportedImage

_ALSO = {
    "DockerCompatible": "containers",
    "NvidiaTeslaDriverInstalled": "GPU driver",
    "NvidiaGridDriverInstalled": "GPU driver",
    "Generation2VMImage": "generation 2",
}
"""Words of the filters and the frame, by which the search finds a capability besides its own name."""

CHIPS = {
    "DockerCompatible": "Docker",
    "NvidiaTeslaDriverInstalled": "Tesla",
    "NvidiaGridDriverInstalled": "GRID",
    "SupportsRDMAOnly": "RDMA",
    "IntelMPIRuntimeInstalled": "MPI",
    "Generation2VMImage": "Gen 2",
}
COLUMNS = (
    Column("node_agent_sku_id", "Node agent", width=150, grow=True, cut="middle", filter="choice"),
    Column("os_type", "OS", width=96, filter="choice", drop=3),
    Column("publisher", "Publisher", width=112, grow=True),
    Column("offer", "Offer", width=150, grow=True, cut="middle"),
    Column("sku", "SKU", width=120, grow=True),
    Column("version", "Version", width=66, drop=4),
    Column("verified", "Verified", kind="pill", width=98, filter="choice"),
    Column("capabilities", "Capabilities", kind="chips", width=190, drop=2),
    Column("support", "Support ends", kind="pill", width=172, drop=1),
)
_HUES = {"ended": "err", "within 90 days": "warn", "within a year": "none", "later": "ok"}
_TALLIES = {"ended": "ended", "within 90 days": "end within 90 days"}
_SUMMARY = {
    "ended": "ended",
    "within 90 days": "end within 90 days",
    "within a year": "within a year",
    "later": "later",
    "unknown": "without a date",
}
_MOST_STATIC_ROWS = 500
_MOST_IN_WORD = 300


def image_row(key: str, image: SupportedImage, now: datetime) -> dict[str, Any]:
    """Give an image as a row of the grid."""
    return {
        "key": key,
        "node_agent_sku_id": image.node_agent_sku_id,
        "os_type": {"text": image.os_type, "find": image.distribution},
        "publisher": image.publisher,
        "offer": image.offer,
        "sku": image.sku,
        "version": image.version,
        "verified": {"text": "verified", "hue": "ok"} if image.verified else {"text": "unverified", "hue": "none"},
        "capabilities": _capabilities_cell(image.capabilities),
        "support": support_cell(image, now),
    }


def _capabilities_cell(capabilities: tuple[str, ...] | None) -> Any:
    if capabilities is None:
        return None  # a dash: the service says nothing
    if not capabilities:
        return {"text": "none", "muted": True}
    return [
        {"text": CHIPS.get(name, name), "title": name, "find": f"{name} {_ALSO.get(name, '')}"} for name in capabilities
    ]


def support_cell(image: SupportedImage, now: datetime) -> dict[str, Any]:
    """Give the end of an image's support as a coloured label with its date."""
    return end_of_support_cell(image.batch_support_end_of_life, now)


def end_of_support_cell(end: datetime | None, now: datetime) -> dict[str, Any]:
    """Give an end of support as a coloured label with its date."""
    if end is None:
        return {"text": "no date", "muted": True, "sort": ""}  # last in either order
    state = support_state(end, now)
    words = {"ended": "ended", "later": "supported"}.get(state, f"{(end - now).days} days")
    note = f"{end.day} {end:%b} {end.year:04}"
    # the year 1 and the year 9999 have no timestamp everywhere
    since = (end.astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds()
    return {"text": words, "hue": _HUES[state], "note": note, "sort": since, "tally": _TALLIES.get(state)}


def support_summary(images: Iterable[SupportedImage], now: datetime) -> str:
    """Give how many images are in each state of support, in words."""
    counts = Counter(support_state(image.batch_support_end_of_life, now) for image in images)
    told = {
        state: f"{counts[state]} {words if counts[state] != 1 else words.replace('end ', 'ends ', 1)}"
        for state, words in _SUMMARY.items()
        if counts[state]
    }
    urgent = [markup.pill(text, _HUES[state]) for state, text in told.items() if state in _TALLIES]
    others = [text for state, text in told.items() if state not in _TALLIES]
    return " ".join([*urgent, markup.muted(" · ".join(others))])


def row_text(image: SupportedImage | CustomImage) -> str:
    """Give what stands in an image's row, tab-separated, to paste into a sheet; of a gallery image its id and agent."""
    if isinstance(image, CustomImage):
        return "\t".join(sheet_cell(" ".join(text.split())) for text in (image.image_id, image.node_agent_sku_id))
    cells = image_row(image.key, image, datetime.now(UTC))
    return "\t".join(sheet_cell(" ".join(cell_text(wire_cell(cells[column.key])).split())) for column in COLUMNS)


def text_table(images: Sequence[SupportedImage], heading: str) -> str:
    """Give images as plain text: a heading and a line for each, of which none steers a terminal."""
    rows = [tuple(one_line(word, _MOST_IN_WORD) for word in _words(image)) for image in images[:_MOST_STATIC_ROWS]]
    widths = [max((len(row[place]) for row in rows), default=0) for place in range(4)]
    lines = ["  ".join(word.ljust(width) for word, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    more = len(images) - _MOST_STATIC_ROWS
    return "\n".join([one_line(heading), *lines, *([f"And {more} more."] if more > 0 else [])])


def static_table(images: Sequence[SupportedImage], heading: str) -> str:
    """Give images as an HTML table for a page without a kernel."""
    names = ("Node agent", "Image", "Verified", "Support")
    head = "".join(f"<th>{name}</th>" for name in names)
    rows = "".join(
        "<tr>" + "".join(f"<td>{markup.escape(word, _MOST_IN_WORD)}</td>" for word in _words(image)) + "</tr>"
        for image in images[:_MOST_STATIC_ROWS]
    )
    more = len(images) - _MOST_STATIC_ROWS
    rest = f"<p>And {more} more.</p>" if more > 0 else ""
    return f"<p>{markup.escape(heading)}</p><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>{rest}"


def _words(image: SupportedImage) -> tuple[str, str, str, str]:
    cell = support_cell(image, datetime.now(UTC))
    support = f"{cell['text']}, {cell['note']}" if "note" in cell else cell["text"]
    name = f"{image.publisher} {image.offer} {image.sku}"
    return image.node_agent_sku_id, name, "verified" if image.verified else "unverified", support


def keyed(images: Sequence[SupportedImage]) -> dict[str, SupportedImage]:
    """Give images by keys of their own, as the frame has them."""
    return dict(zip(row_keys(images), images, strict=True))
