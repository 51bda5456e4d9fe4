"""NodeDetails on a scripted service with a node whose start task failed, and what its tests do again and again."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest

from batch_widgets.errors import ServiceError
from batch_widgets.node_facts import StartTaskInfo, TaskFailure
from batch_widgets.widgets.controls import close_tree
from batch_widgets.widgets.node_details import NodeDetails
from unit.fakes import make_node

SOON = 5.0
START = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
FAILURE = TaskFailure("usererror", "FailureExitCode", "It <failed>.", (("Message", "It <failed>."), ("Odd", "7")))
INFO = StartTaskInfo("completed", 127, START, START + timedelta(seconds=90), 2, START, "failure", FAILURE)
NODE = make_node("n", "starttaskfailed", start_task=INFO, start_task_exit_code=127, ip_address="10.0.0.4")
REFUSED = ServiceError("Odd.", code="Odd", status=400)


@pytest.fixture(name="files")
def files_fixture(service):
    script = service.add_pool("p", nodes=[NODE, make_node("m")])
    script.files["m"] = {}
    return script.files.setdefault(
        "n", {"startup/stdout.txt": b"trying <hard>\n", "startup/stderr.txt": b"", "startup/wd/blob": b"a\0b"}
    )


@pytest.fixture(name="details")
def details_fixture(account, service, files):
    details = NodeDetails(account)
    _ = details.model_id
    yield details
    close_tree(details)


def shown(widget):
    return widget.layout.display != "none"


def settled(account):
    """Wait until nothing is asked any more, and all is told."""
    deadline = time.monotonic() + SOON
    while account.runner._operations and time.monotonic() < deadline:
        time.sleep(0.002)
    account.runner.drain()


def show_node(details, account, node=NODE):
    details.show_node("p", node)
    settled(account)


def open_section(details, account, name):
    details.section.value = name
    settled(account)
