"""The documentation says what is simulated; here it is held to that."""

import re
from pathlib import Path

import pytest

from batch_widgets.demo import routes
from batch_widgets.demo.autoscale import EVALUATION_FAILED
from batch_widgets.demo.errors import MESSAGES

PAGE = Path(__file__).parents[2] / "docs" / "demo-service.md"


@pytest.fixture(scope="module")
def documentation():
    return PAGE.read_text(encoding="utf-8")


def test_the_table_of_operations_is_what_is_simulated(documentation, client):
    rows = re.findall(r"^\| `(\w+)` \| ([A-Z]+) `(\S+)` \|", documentation, re.MULTILINE)
    documented = {operation: (verb, path) for operation, verb, path in rows}
    assert len(rows) == len(documented)
    assert documented == {name: routes.OPERATIONS[name] for name in client.core.operations}


def test_codes_that_the_page_names_are_those_of_the_service(documentation):
    named = set(
        re.findall(r"`((?:Node|Pool|Operation|Invalid|Unsupported|Missing|OutOf|AutoScaling)[A-Za-z]+)`", documentation)
    )
    assert named - {*MESSAGES, EVALUATION_FAILED} == set()
    assert "OperationNotValidOnNode" in named
