"""Round after round of use in JupyterLab leaves nothing behind in page and kernel, and no refresh is lost."""

from pathlib import Path

import pytest
import soak_counts
from soak_counts import grown, grown_twice, words
from soak_page import BOUNDS, SAME, PageDesk

WARM_UP, ROUNDS, LEAKS = 3, 7, 4
MINUTES = 30
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
    def rounds(count):
        samples = []
        for _ in range(count):
            desk.round()
            samples.append(desk.counts())
        return samples

    rounds(WARM_UP)
    found, samples = grown_twice(lambda: rounds(ROUNDS), BOUNDS)
    for what in SAME:
        attempts.case(f"shown: {what}", got_through=[lost for lost in desk.lost if lost.startswith(f"{what}:")])
    for name in samples[0]:
        attempts.case(f"grows: {name}", got_through=found.get(name))
        attempts.figure(name, words(samples, name))
    attempts.figure(
        "rounds", f"{WARM_UP} to warm up, {len(samples)} counted; {desk.minutes:.0f} minutes at the service"
    )
    attempts.case("too short", got_through=desk.minutes < MINUTES and desk.minutes)
    leaks = []
    for _ in range(LEAKS):
        desk.leave_open()
        leaks.append(desk.counts())
    for name in sorted(LEAK):
        attempts.figure(f"left open, {name}", words(leaks, name))
    assert grown(leaks, BOUNDS).keys() >= LEAK, "what is left open must be seen"
