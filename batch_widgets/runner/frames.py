"""Errors are kept for as long as anybody holds the operation; what the work was given is not."""

from __future__ import annotations

import traceback


def forget_frames(error: BaseException) -> None:
    """Empty the frames that an error passed by, and those of the errors behind it: they hold passwords and keys.

    Files, lines and names of the traceback stay.
    """
    left: list[BaseException | None] = [error]
    seen: set[int] = set()
    while left:
        one = left.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        traceback.clear_frames(one.__traceback__)
        left += [one.__cause__, one.__context__]
        if isinstance(one, BaseExceptionGroup):
            left += one.exceptions
