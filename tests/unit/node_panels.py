"""A node panel on a scripted service, which looks often, and what its tests do again and again."""

from __future__ import annotations

from pathlib import Path

import pytest

import batch_widgets as bw
from batch_widgets.errors import ServiceUnreachableError
from batch_widgets.widgets import node_watch
from unit.fakes import FakeService
from unit.test_panel import settle

TICK_S = 0.02
REFUSED = ServiceUnreachableError("Cannot <reach> it.", hint="Look at the network.", code="Gone", request_id="r-1")


class Service(FakeService):
    """Gives the number of requests of any kind."""

    @property
    def requests(self):
        return len(self.calls)


@pytest.fixture(name="service")
def service_fixture():
    service = Service()
    service.add_pool("analysis", 2)
    return service


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    for name in ("_CHANGING_S", "_STEADY_S", "_DEMO_S", "_LOOK_S"):
        monkeypatch.setattr(node_watch, name, TICK_S)


@pytest.fixture(name="make_panel")
def make_panel_fixture(account):
    made = []

    def make(*arguments):
        made.append(bw.NodePanel(account, *arguments))
        return made[-1]

    yield make
    for panel in made:
        panel.close()


@pytest.fixture(name="panel")
def panel_fixture(make_panel):
    return read(make_panel("analysis"))


def read(panel):
    """Wait until all that was asked for is shown."""
    settle(panel)
    return panel


def refreshed(panel):
    panel.refresh().result(5)
    return read(panel)


def see(panel, *, visible=True, page="page"):
    """Let a page say that it shows the panel, or no longer does."""
    panel.frame_piece._handle_custom_msg({"type": "views", "page": page, "visible": int(visible)}, [])


def rows(panel):
    return {row["node_id"]: row for row in panel.grid.rows}


def part_of(panel):
    """Give what shows the last call on many nodes."""
    return next(iter(panel.users.outcomes.parts), None)


def outcomes(panel):
    part = part_of(panel)
    return {row["node_id"]: row["outcome"]["text"] for row in part.grid.rows} if part else {}


def public_key():
    path = Path.home() / ".ssh" / "id_ed25519"
    return bw.make_key_pair(path).line if not path.exists() else path.with_suffix(".pub").read_text().strip()


def fill(panel, **values):
    panel.add_button.click()
    for name, value in values.items():
        getattr(panel.users.form, name).value = value
