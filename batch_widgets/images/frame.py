"""Images as tables: the frame, what differs between two of them, and Markdown."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from batch_widgets.images.support import STATES, support_state
from batch_widgets.texts import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pandas as pd

    from batch_widgets.images.values import SupportedImage

_FLAGS = ("containers", "gpu_driver", "rdma", "mpi")
_COMPARED = {"verified": "verification", "batch_support_end_of_life": "end of support"}


def row_keys(images: Iterable[SupportedImage]) -> list[str]:
    """Give each image a key of its own: :attr:`SupportedImage.key`, numbered from the second one on."""
    seen: Counter[str] = Counter()
    keys = []
    for image in images:
        key = image.key
        seen[key] += 1
        keys.append(key if seen[key] == 1 else f"{key}|{seen[key]}")
    return keys


def images_frame(images: Sequence[SupportedImage], now: datetime | None = None) -> pd.DataFrame:
    """Lay the images out as a table.

    Parameters
    ----------
    images : sequence of SupportedImage
        The rows.
    now : datetime, optional
        The moment that the days of support are counted from, in UTC; default: now.

    Returns
    -------
    pandas.DataFrame
        A row per image and node agent, in the given order: ``node_agent_sku_id``, ``os_type``, ``distribution``
        (categories), ``publisher``, ``offer``, ``sku``, ``version`` (strings), ``verified`` (bool), ``generation``
        (1, 2 or missing), ``containers``, ``gpu_driver``, ``rdma``, ``mpi`` (true, false or missing),
        ``capabilities`` (tuple of str, or None), ``batch_support_end_of_life`` (UTC timestamp, or NaT),
        ``days_of_support_left`` (whole days, below 0 once support has ended, or missing), ``support`` (category, in
        the order of urgency). The index is :attr:`SupportedImage.key`, the same image's second row numbered.
    """
    import pandas as pd

    now = now or datetime.now(UTC)
    ends = [image.batch_support_end_of_life for image in images]
    columns: dict[str, Any] = {
        "node_agent_sku_id": pd.Categorical([image.node_agent_sku_id for image in images]),
        "os_type": pd.Categorical([image.os_type for image in images]),
        "distribution": pd.Categorical([image.distribution for image in images]),
        **{
            name: pd.Series([getattr(image, name) for image in images], dtype="string")
            for name in ("publisher", "offer", "sku", "version")
        },
        "verified": pd.Series([image.verified for image in images], dtype="bool"),
        "generation": pd.Series([image.generation for image in images], dtype="Int8"),
        **{name: pd.Series([getattr(image, name) for image in images], dtype="boolean") for name in _FLAGS},
        "capabilities": pd.Series([image.capabilities for image in images], dtype="object"),
        "batch_support_end_of_life": pd.Series(ends, dtype="datetime64[us, UTC]"),
        "days_of_support_left": pd.Series([image.days_of_support_left(now) for image in images], dtype="Int64"),
        "support": pd.Categorical([support_state(end, now) for end in ends], categories=STATES, ordered=True),
    }
    frame = pd.DataFrame(columns)
    frame.index = pd.Index(row_keys(images), name="key", dtype="object")
    return frame


def diff(old: pd.DataFrame, new: pd.DataFrame) -> pd.DataFrame:
    """Tell what differs between two lists of images, of two days or two accounts.

    Parameters
    ----------
    old, new : pandas.DataFrame
        As :func:`images_frame` gives them, or as ``pd.read_csv(name, index_col="key")`` reads them back.

    Returns
    -------
    pandas.DataFrame
        A row per difference: ``change`` (``"added"``, ``"removed"``, ``"verification"``, ``"end of support"``; a
        category), ``node_agent_sku_id``, ``publisher``, ``offer``, ``sku``, ``version``, ``old``, ``new`` (what was
        compared; missing where there is no such row). The index is the row's key.

    Raises
    ------
    ValueError
        If one of the frames lacks a column that is compared.
    """
    import pandas as pd

    names = ["node_agent_sku_id", "publisher", "offer", "sku", "version"]
    for which, frame in (("old", old), ("new", new)):
        if missing := [name for name in (*names, *_COMPARED) if name not in frame.columns]:
            raise ValueError(f"The {which} frame has no column {missing[0]!r}: give frames as browser.frame does.")
        if not frame.index.is_unique:
            raise ValueError(f"The {which} frame has rows with the same key: its index must be unique.")
    old, new = _with_moments(old), _with_moments(new)
    added, removed = new.index.difference(old.index, sort=False), old.index.difference(new.index, sort=False)
    rows: list[tuple[Any, ...]] = [(key, "added", *new.loc[key, names], None, None) for key in added]
    rows += [(key, "removed", *old.loc[key, names], None, None) for key in removed]
    for key in old.index.intersection(new.index, sort=False):
        for column, change in _COMPARED.items():
            before, after = old.loc[key, column], new.loc[key, column]
            if before != after and not (pd.isna(before) and pd.isna(after)):
                rows.append((key, change, *new.loc[key, names], before, after))
    found = pd.DataFrame(rows, columns=["key", "change", *names, "old", "new"]).set_index("key")
    found["change"] = pd.Categorical(found["change"], categories=["added", "removed", *_COMPARED.values()])
    return found.astype(dict.fromkeys(names, "string")).astype({"old": "object", "new": "object"})


def _with_moments(frame: pd.DataFrame) -> pd.DataFrame:
    """Give a frame whose ends of support are moments, though a file had them as text."""
    import pandas as pd

    end = frame["batch_support_end_of_life"]
    if not isinstance(end.dtype, pd.DatetimeTZDtype):
        end = pd.Series(pd.to_datetime(end, utc=True, format="ISO8601"), dtype="datetime64[us, UTC]")
    return frame.assign(batch_support_end_of_life=end)


def to_markdown(frame: pd.DataFrame) -> str:
    """Give a frame as a table in Markdown; text is escaped, missing values are empty."""
    import pandas as pd

    def shown(value: Any) -> str:
        if isinstance(value, tuple):
            text = ", ".join(map(str, value))
        elif value is None or (pd.api.types.is_scalar(value) and pd.isna(value)):
            text = ""
        else:
            text = f"{value:%Y-%m-%d}" if isinstance(value, datetime) else str(value)
        return "".join(f"\\{one}" if one in "\\`*_{}[]<>|#&$~" else one for one in one_line(text, len(text)))

    lines = [[shown(name) for name in frame.columns], ["---"] * len(frame.columns)]
    lines += [[shown(value) for value in row] for row in frame.itertuples(index=False, name=None)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
