"""An account on a service that the test scripts."""

from __future__ import annotations

import pytest

from unit.fakes import FakeService, make_account


@pytest.fixture
def service():
    """A scripted service without pools."""
    return FakeService()


@pytest.fixture
def account(service):
    """An account on :func:`service`."""
    account = make_account(service)
    yield account
    account.close()


@pytest.fixture
def breathless(monkeypatch):
    """Calls that failed are made again at once."""
    monkeypatch.setattr("batch_widgets.account.attempts._BREATH_S", 0.0)
