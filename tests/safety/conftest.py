"""What all safety tests share: the record of what was tried, and of what got through."""

from __future__ import annotations

import pytest
from faulty_world import world


class Attempts:
    """What one test tried to break."""

    def __init__(self):
        self.cases = 0
        self.through = []

    def case(self, what, *, got_through):
        """Record one case; `got_through` is anything that is true if the product failed."""
        self.cases += 1
        if got_through:
            self.through.append(f"{what}: {got_through!r}"[:400])


@pytest.fixture
def attempts(request):
    """The record of the test that asks; what got through fails it."""
    record = Attempts()
    yield record
    request.node.user_properties.append(("cases", record.cases))
    lines = "\n".join(record.through)
    assert not record.through, f"{len(record.through)} of {record.cases} got through:\n{lines}"


@pytest.fixture
def a_world(monkeypatch):
    with world(monkeypatch) as made:
        yield made
