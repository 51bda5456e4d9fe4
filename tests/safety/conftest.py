"""What the tests of this folder share; the fixture ``attempts`` is there for all."""

from __future__ import annotations

import importlib.util
import sys
from typing import TYPE_CHECKING

import pytest
from safety_record import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

    from playwright.sync_api import Browser


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


@pytest.fixture(scope="module")
def chromium(browser_tools: ModuleType) -> Iterator[Browser]:
    """A Chromium for the tests of one file that are marked ``browser``."""
    from playwright_driver import driver

    with (
        driver() as playwright,
        playwright.chromium.launch(
            executable_path=browser_tools.find_chromium(), args=browser_tools.CHROMIUM_ARGS
        ) as browser,
    ):
        yield browser
