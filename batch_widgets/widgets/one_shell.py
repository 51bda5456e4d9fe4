"""Keeps the messages of a widget on the way that the page chose, so that they are handled in the order of the page."""

from __future__ import annotations

import weakref
from types import MethodType
from typing import Any


def keep_on_one_shell(comm: Any) -> None:
    """Have the kernel handle what a page sends to a widget on the shell that the page names; harmless elsewhere.

    A page sends all to one shell: to its subshell, or to that of the cells. ipykernel 7.4 gives each message to the
    shell from which its widget was last changed instead. Two widgets of one panel may then be on two shells: a click is
    handled while the end of what was typed before still waits for a cell to end, or both at once.
    """
    route = getattr(comm, "_reply_subshell_for", None)
    if not isinstance(route, MethodType):  # another kernel, or kept there before
        return
    looked_up = weakref.WeakMethod(route)

    def as_sent(data: Any, named: str | None) -> str | None:
        if (forget := looked_up()) is not None:
            forget(data, named)  # it remembers the shell of each question until the answer comes
        return named

    comm._reply_subshell_for = as_sent  # noqa: SLF001  there is no public way
