"""Playwright once in a process at a time: a second one beside it can't be started."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Playwright

_running: list[Playwright] = []


@contextmanager
def driver() -> Iterator[Playwright]:
    """Give the Playwright that runs, or one that ends with the block."""
    from playwright.sync_api import sync_playwright

    if _running:
        yield _running[0]
        return
    with sync_playwright() as started:
        _running.append(started)
        try:
            yield started
        finally:
            _running.clear()
