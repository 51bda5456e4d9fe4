"""Files of ours that are written whole or not at all."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path


def write_whole(path: Path, text: str) -> None:
    """Write a file in one step, readable by its owner only; a link in its place is replaced, not followed.

    Parameters
    ----------
    path : Path
        Where. Its folder is made for its owner only if it is not there.
    text : str
        All that is to be in it; what is not UTF-8 is written as it was read.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Under a name that nobody foresees: where others may write too, it could be a link to a file of the user's.
    descriptor, scratch = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="surrogateescape", newline="\n") as file:
            file.write(text)
        Path(scratch).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(scratch).unlink()
        raise
