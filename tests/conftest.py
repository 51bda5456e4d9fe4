"""What holds for every test: nothing is left running, and nothing of the user's is read or written."""

from __future__ import annotations

import os
import sys
import threading
import time

import pytest
from safety_record import Summary

_PATIENCE_S = 2.0


def pytest_configure(config: pytest.Config) -> None:
    """Print at the end of a run what its safety tests tried."""
    config.pluginmanager.register(Summary(), "safety-summary")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the browser tests last: Playwright keeps a loop running in its thread, and other tests start their own."""
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)


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
