"""OperationView: an operation in a cell."""

from __future__ import annotations

import asyncio
import threading

import pytest

import batch_widgets as bw
from batch_widgets.errors import ServiceError
from batch_widgets.runner import Progress
from batch_widgets.widgets.operation import OperationView
from unit.test_panel import shown, wait_until


class Work:
    """Work that goes on when a test says so."""

    def __init__(self, account, *, title="Create pool analysis", on_cancel="The pool may remain."):
        self.go_on = threading.Event()
        self.error = None
        self.operation = account.runner.submit(title, self._run, on_cancel=on_cancel)

    async def _run(self, operation):
        while not self.go_on.is_set():  # noqa: ASYNC110 -- set on another thread
            await asyncio.sleep(0.002)
        if self.error is not None:
            raise self.error
        return 7


@pytest.fixture
def work(account):
    return Work(account)


@pytest.fixture
def view(work):
    view = OperationView(work.operation)
    yield view
    view.close()


def texts(view):
    return " ".join(
        str(widget.value) for widget in (view._state, view._seconds, view._line, view._text) if shown(widget)
    )


def test_shows_that_it_runs(view):
    assert "under way" in texts(view)
    assert "bw-indeterminate" in texts(view)
    assert shown(view.cancel_button)
    assert view.cancel_button.tooltip == "The pool may remain."


def test_shows_progress(view, work, account):
    work.operation.report(Progress(1, 4, "<starting>", {"idle": 1, "starting": 3}))
    wait_until(lambda: "1 of 4" in texts(view))
    assert "&lt;starting&gt;" in texts(view)
    assert "width:25%" in texts(view)
    assert "3 starting" in texts(view)


def test_shows_the_end(view, work):
    work.go_on.set()
    assert work.operation.result(5) == 7
    wait_until(lambda: "done" in texts(view))
    assert not shown(view.cancel_button)
    assert "progressbar" not in texts(view)
    assert not view._message.visible


def test_shows_why_it_failed(view, work):
    work.error = ServiceError("No <b>quota</b>.", hint="Ask for more.", code="Quota", request_id="r-7", status=409)
    work.go_on.set()
    wait_until(lambda: view._message.visible)
    text = view._message.text
    for part in ("No &lt;b&gt;quota&lt;/b&gt;.", "Ask for more.", "<details", "Quota", "r-7", "409"):
        assert part in text
    assert "failed" in texts(view)


def test_an_unexpected_error_shows_without_its_text(view, work):
    work.error = RuntimeError("inner detail")
    work.go_on.set()
    wait_until(lambda: view._message.visible)
    assert "RuntimeError" in view._message.text
    assert "inner detail" not in view._message.text


def test_the_button_stops_and_says_what_remains(view, work):
    view.cancel_button.click()
    wait_until(lambda: view._message.visible)
    assert work.operation.cancelled()
    assert "The pool may remain." in view._message.text
    assert "stopped" in texts(view)


def test_an_operation_that_has_ended_shows_at_once(account):
    work = Work(account)
    work.go_on.set()
    work.operation.result(5)
    view = OperationView(work.operation)
    assert "done" in texts(view)
    view.close()


def test_a_closed_view_stays_as_it_was(view, work, account):
    before = texts(view)
    view.close()
    work.go_on.set()
    work.operation.result(5)
    wait_until(lambda: not work.operation._trait_notifiers.get("status", {}).get("change"))
    assert texts(view) == before


def test_an_operation_displays_itself_as_a_view(account, monkeypatch):
    made = []
    monkeypatch.setattr(
        bw.Operation, "view", staticmethod(lambda operation: made.append(OperationView(operation)) or made[0])
    )
    work = Work(account)
    bundle = work.operation._repr_mimebundle_()
    bundle = bundle[0] if isinstance(bundle, tuple) else bundle
    (view,) = made
    assert bundle["application/vnd.jupyter.widget-view+json"]["model_id"] == view.model_id
    view.close()


def test_the_package_says_how_operations_display(account):
    from batch_widgets.runner import Operation

    assert bw.Operation is Operation
    view = Operation.view(Work(account).operation)
    assert isinstance(view, OperationView)
    view.close()


def test_what_was_never_shown_closes_too(work):
    """It has a look of others, which would stay open for it."""
    view = OperationView(work.operation)
    shown(view)
    message = view._message
    assert message.comm is None
    view.close()
    assert message.is_closed
    assert all(one.is_closed for one in message.buttons)
    work.go_on.set()
