"""JupyterLab in Chromium, driven as the browser's tests do, and the clock of its page: when is what painted."""

from __future__ import annotations

import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from playwright.sync_api import sync_playwright

sys.path.extend(str(Path(__file__).resolve().parents[1] / "tests" / folder) for folder in ("browser", ""))

from conftest import CHROMIUM_ARGS, Notebook, find_chromium, serve_lab  # type: ignore[import-not-found]

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conftest import Lab
    from playwright.sync_api import Browser, ViewportSize

VIEWPORT: ViewportSize = {"width": 1360, "height": 900}
WAIT_MS = 180_000
QUIET_MS = 1_000

# What is looked for is looked for once per frame, in each widget alike. The frame that has it is the one that is about
# to be painted, so the time is that of the frame after it.
CLOCK = """
() => {
    const frame = () => new Promise(requestAnimationFrame);
    const output = () => document.querySelector(".jp-Notebook .jp-CodeCell .jp-OutputArea");
    const box = (element) => element?.getBoundingClientRect();

    // The pixels of a rectangle of a canvas, those apart that have the colour of most: a text, or nothing.
    const ink = (canvas, [x, y, width, height]) => {
        const scale = canvas.width / canvas.clientWidth;
        const { data } = canvas.getContext("2d").getImageData(x * scale, y * scale, width * scale, height * scale);
        const colours = new Uint32Array(data.buffer);
        const often = new Map();
        for (const colour of colours) often.set(colour, (often.get(colour) ?? 0) + 1);
        const [most] = [...often].reduce((a, b) => (b[1] > a[1] ? b : a));
        const drawn = colours.reduce((all, colour, at) => (colour === most ? all : all + at + ":" + colour + " "), "");
        return colours.length - often.get(most) >= 15 ? drawn : "";
    };

    const clock = {
        // What can be read of the widget now: the text of a row, or the ink of a cell on a canvas. Empty: nothing yet.
        look({ row, canvas, cell }) {
            if (canvas) {
                const found = output()?.querySelector(canvas);
                return found && found.width > 0 && box(found).height > 0 ? ink(found, cell) : "";
            }
            const found = output()?.querySelector(row);
            return found && box(found).height > 0 ? found.textContent : "";
        },
        // Until what can be read is not empty, has the text where it is one, and is not what it was before.
        async painted(where, before = "") {
            for (const end = performance.now() + 120_000; performance.now() < end; ) {
                await frame();
                const seen = clock.look(where);
                if (seen && seen !== before && (where.canvas || seen.includes(where.text))) {
                    await frame();
                    return performance.now();
                }
            }
            throw new Error(`not painted: ${JSON.stringify(where)}, but ${clock.look(where).slice(0, 200)}`);
        },
        async cell(where) {
            const { commands, shell } = window.jupyterapp;
            const notebook = shell.currentWidget.content;
            notebook.activeCellIndex = 0;
            notebook.deselectAll();
            await commands.execute("notebook:clear-cell-output");
            while (clock.look(where)) await frame();
            await frame();
            const start = performance.now();
            commands.execute("notebook:run-cell");
            return (await clock.painted(where)) - start;
        },
        async code(code, where) {
            const { kernel } = window.jupyterapp.shell.currentWidget.sessionContext.session;
            const before = clock.look(where);
            const start = performance.now();
            kernel.requestExecute({ code, store_history: false });
            return (await clock.painted(where, before)) - start;
        },
        // When the next such event of the mouse comes, by the clock on the wall.
        press(event) {
            const note = () => (clock.pressed = (performance.timeOrigin + performance.now()) / 1000);
            document.addEventListener(event, note, { capture: true, once: true });
        },
    };
    globalThis.benchClock = clock;
}
"""


class Book:
    """A notebook of one cell, in sight, that shows what is measured; `setup` has run in the kernel before."""

    def __init__(self, notebook: Notebook, setup: str, cell: str) -> None:
        self.notebook = notebook
        self.page = notebook.page
        notebook.page.set_default_timeout(WAIT_MS)
        notebook.open(cell)
        self.python(setup)
        self.page.evaluate(CLOCK)
        self.quiet()

    def python(self, code: str) -> str:
        """Run code in the kernel and return what it printed."""
        return str(self.notebook.python(code))

    def quiet(self) -> None:
        """Wait until the websocket has carried nothing for a second."""
        traffic = self.notebook.traffic
        before = -1
        while before != (before := len(traffic.received) + len(traffic.sent)):
            self.page.wait_for_timeout(QUIET_MS)

    def carried(self) -> int:
        """How many bytes the websockets have carried since the page was opened, both ways."""
        traffic = self.notebook.traffic
        frames = [*traffic.received, *traffic.sent]
        return sum(len(frame if isinstance(frame, bytes) else frame.encode()) for frame in frames)

    def run_cell(self, where: dict[str, Any]) -> float:
        """Return the milliseconds from the press on Run until what `where` says is painted."""
        return float(self.page.evaluate("(where) => benchClock.cell(where)", where))

    def run_code(self, code: str, where: dict[str, Any]) -> float:
        """Return the milliseconds from the request to run the code until what `where` says has changed."""
        return float(self.page.evaluate("([code, where]) => benchClock.code(code, where)", [code, where]))


class Browsing:
    """A JupyterLab and a Chromium, from which notebooks are opened."""

    def __init__(self, lab: Lab, chromium: Browser) -> None:
        self._lab = lab
        self._chromium = chromium
        self._count = 0

    @contextmanager
    def book(self, setup: str, cell: str) -> Iterator[Book]:
        """Open a notebook with a kernel, a cache and a page of its own."""
        self._count += 1
        context = self._chromium.new_context(viewport=VIEWPORT)
        context.add_init_script("performance.setResourceTimingBufferSize(10_000)")
        notebook = Notebook(self._lab, context.new_page(), f"bench{self._count}")
        try:
            yield Book(notebook, setup, cell)
            assert notebook.traffic.elsewhere == [], "each is measured offline, with what its package brings"
        finally:
            context.close()
            self._lab.end_kernels()


@contextmanager
def browsing() -> Iterator[Browsing]:
    """Start both, with the packages of this environment."""
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        root = folder / "root"
        root.mkdir()
        chromium = playwright.chromium.launch(executable_path=find_chromium(), args=CHROMIUM_ARGS)
        with serve_lab(folder, root) as lab:
            yield Browsing(lab, chromium)
        chromium.close()
