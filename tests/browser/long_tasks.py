"""What keeps a page from answering: its long tasks, and the gaps between its frames."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page

WATCH = """
() => {
    const watch = (globalThis.bwWatch = { tasks: [], gaps: [], rows: 0 });
    new PerformanceObserver((list) => watch.tasks.push(...list.getEntries().map((one) => one.duration)))
        .observe({ entryTypes: ["longtask"] });
    let before = performance.now();
    const tick = (now) => {
        watch.gaps.push(now - before);
        watch.rows = Math.max(watch.rows, document.querySelectorAll(".bw [role=grid] [role=row]").length);
        before = now;
        requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
}
"""
TAKE = """
() => {
    const { tasks, gaps, rows } = globalThis.bwWatch;
    Object.assign(globalThis.bwWatch, { tasks: [], gaps: [], rows: 0 });
    return { tasks, gaps, rows };
}
"""


@dataclass(frozen=True)
class Taken:
    """What was seen since the last time.

    Parameters
    ----------
    tasks : list of float
        Milliseconds of each task above 50 ms.
    gaps : list of float
        Milliseconds from each frame to the next.
    rows : int
        How many rows of grids were in the document at most.
    """

    tasks: list[float]
    gaps: list[float]
    rows: int

    def words(self) -> str:
        """Give the figures."""
        longest, gap = max(self.tasks, default=0.0), max(self.gaps, default=0.0)
        return (
            f"{len(self.tasks)} long tasks, the longest {longest:.0f} ms, {sum(self.tasks):.0f} ms in all; "
            f"{len(self.gaps)} frames, the longest gap {gap:.0f} ms; {self.rows} rows"
        )


class LongTasks:
    """Watches a page from now on."""

    def __init__(self, page: Page) -> None:
        self._page = page
        page.evaluate(WATCH)

    def take(self) -> Taken:
        """Give what was seen since the last time, and begin anew."""
        return Taken(**self._page.evaluate(TAKE))
