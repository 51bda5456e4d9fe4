"""What holds for every test: nothing is left running, and nothing of the user's is read or written.

A safety test has the mark ``safety`` with its area's name and takes the fixture ``attempts``; it tells each case to it
and goes on. When the test has ended, it fails if something got through, or if the page tells another number of cases.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from typing import TYPE_CHECKING

import pytest
from safety_record import PROPERTY, Attempts, Summary

if TYPE_CHECKING:
    from collections.abc import Iterator

_PATIENCE_S = 2.0
_ATTEMPTS = pytest.StashKey[Attempts]()


def pytest_configure(config: pytest.Config) -> None:
    """Print at the end of a run what its safety tests tried."""
    config.pluginmanager.register(Summary(), "safety-summary")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the browser tests last: Playwright keeps a loop running in its thread, and other tests start their own."""
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Judge what a test recorded as a part of the test, so that it fails rather than its clean-up."""
    attempts = item.stash.get(_ATTEMPTS, None)
    try:
        result = yield
        if attempts is not None:
            attempts.check()
    finally:
        if attempts is not None:
            record = (attempts.area, attempts.cases, len(attempts.through), attempts.figures)
            item.user_properties.append((PROPERTY, record))
    return result


@pytest.fixture
def attempts(request: pytest.FixtureRequest) -> Attempts:
    """The record of the test that asks."""
    mark = request.node.get_closest_marker("safety")
    assert mark is not None, "a test that records attempts names its area: @pytest.mark.safety('...')"
    attempts = request.node.stash[_ATTEMPTS] = Attempts(mark.args[0])
    return attempts


@pytest.fixture(autouse=True)
def clean_environment(request, monkeypatch, tmp_path_factory):
    """No account in the environment, and a home folder of the test's own (browsers need the real one)."""
    for name in list(os.environ):
        if name.startswith("AZURE_"):
            monkeypatch.delenv(name)
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("XDG_STATE_HOME", str(home / "state"))
    if request.node.get_closest_marker("browser") is None:
        monkeypatch.setenv("HOME", str(home))
        monkeypatch.setenv("USERPROFILE", str(home))


@pytest.fixture(autouse=True)
def no_leaks(clean_environment):
    """Fail a test that leaves a thread of the package running or a widget open.

    What was there before the test began belongs to fixtures that live longer.
    """
    threads_before = set(threading.enumerate())
    widgets_before = set(_open_widgets())
    yield
    deadline = time.monotonic() + _PATIENCE_S
    while (threads := _package_threads() - threads_before) and time.monotonic() < deadline:
        time.sleep(0.01)
    leaked = {model_id: widget for model_id, widget in _open_widgets().items() if model_id not in widgets_before}
    for widget in list(leaked.values()):
        widget.close()
    assert not threads, f"threads left running: {sorted(thread.name for thread in threads)}"
    assert not leaked, f"widgets left open: {sorted({type(widget).__name__ for widget in leaked.values()})}"


def _package_threads():
    return {thread for thread in threading.enumerate() if thread.name.startswith("batch-widgets-")}


def _open_widgets():
    module = sys.modules.get("ipywidgets.widgets.widget")
    if module is None:
        return {}
    from ipywidgets import Layout, Style

    # ipywidgets itself leaves the layout and the style of a closed widget open
    return {
        model_id: widget
        for model_id, widget in list(module._instances.items())
        if not isinstance(widget, Layout | Style)
    }
