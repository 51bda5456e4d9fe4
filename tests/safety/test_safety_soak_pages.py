"""Round after round of use in JupyterLab leaves nothing behind in page and kernel, and no refresh is lost."""

from pathlib import Path

import pytest
import soak_counts
from soak_counts import grown, soak, words
from soak_page import BOUNDS, SAME, PageDesk

LEAKS = 4
LEAK = {
    *("page: DOM nodes", "page: event listeners", "page: heap KiB", "page: comms"),
    *("kernel: widgets", "kernel: comms", "kernel: tasks", "kernel: objects", "kernel: blocks", "kernel: resident KiB"),
}
SPEED = 60


@pytest.fixture
def desk(browser_tools, tmp_path):
    from playwright_driver import driver

    root = tmp_path / "root"
    root.mkdir()
    with (
        browser_tools.serve_lab(tmp_path, root) as lab,
        driver() as playwright,
        playwright.chromium.launch(
            executable_path=browser_tools.find_chromium(), args=browser_tools.CHROMIUM_ARGS
        ) as browser,
    ):
        notebook = browser_tools.Notebook(lab, browser.new_page(), "soak")
        desk = PageDesk(notebook, tmp_path / "home", Path(soak_counts.__file__).parent, speed=SPEED)
        yield desk
        notebook.python("account.close()")
        assert notebook.errors == []
        lab.end_kernels()


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.timeout(3600)
@pytest.mark.safety("Soak: rounds of use in JupyterLab")
def test_rounds_of_use_leave_nothing_behind(desk, attempts):
    soak(desk, attempts, lambda _: desk.counts(), SAME, BOUNDS)
    leaks = []
    for _ in range(LEAKS):
        desk.leave_open()
        leaks.append(desk.counts())
    for name in sorted(LEAK):
        attempts.figure(f"left open, {name}", words(leaks, name))
    assert grown(leaks, BOUNDS).keys() >= LEAK, "what is left open must be seen"
