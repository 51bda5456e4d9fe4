"""What all safety tests share.

A safety test has the mark ``safety`` with its area's name and takes the fixture ``attempts``; it tells each case to it
and goes on. When the test has ended, it fails if something got through, or if the page tells another number of cases.
"""

from __future__ import annotations

import importlib.util
import sys
from typing import TYPE_CHECKING

import pytest
from safety_record import PROPERTY, ROOT, Attempts

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

ATTEMPTS = pytest.StashKey[Attempts]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Judge what a test recorded as a part of the test, so that it fails rather than its clean-up."""
    attempts = item.stash.get(ATTEMPTS, None)
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
    attempts = request.node.stash[ATTEMPTS] = Attempts(mark.args[0])
    return attempts


@pytest.fixture
def a_world(monkeypatch):
    """A service, the way to it, and what goes wrong on it."""
    from faulty_world import world

    with world(monkeypatch) as made:
        yield made


@pytest.fixture(scope="session")
def browser_tools() -> Iterator[ModuleType]:
    """What the browser tests drive Chromium and JupyterLab with; call it where a test is marked ``browser``."""
    spec = importlib.util.spec_from_file_location("browser_tools", ROOT / "tests" / "browser" / "conftest.py")
    assert spec is not None
    assert spec.loader is not None
    tools = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = tools
    spec.loader.exec_module(tools)
    yield tools
    del sys.modules[spec.name]
