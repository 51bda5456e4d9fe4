"""The tree of errors, and how they read."""

from __future__ import annotations

import pytest

from batch_widgets import errors
from batch_widgets.problems import Problem, errors_of

TREE = {
    errors.AuthenticationError: errors.BatchWidgetsError,
    errors.ServiceUnreachableError: errors.BatchWidgetsError,
    errors.ServiceError: errors.BatchWidgetsError,
    errors.NotFoundError: errors.ServiceError,
    errors.AlreadyExistsError: errors.ServiceError,
    errors.ThrottledError: errors.ServiceError,
    errors.PoolAllocationError: errors.BatchWidgetsError,
    errors.ValidationError: errors.BatchWidgetsError,
    errors.AmbiguousSelectionError: errors.BatchWidgetsError,
    errors.LoginError: errors.BatchWidgetsError,
    errors.ClosedError: errors.BatchWidgetsError,
}


@pytest.mark.parametrize(("kind", "parent"), TREE.items())
def test_tree(kind, parent):
    assert kind.__mro__[1] is parent
    assert kind.__name__ in (errors.BatchWidgetsError.__doc__ or "")


def test_standard_bases():
    assert issubclass(errors.ValidationError, ValueError)
    assert issubclass(errors.AmbiguousSelectionError, LookupError)


def test_details_and_text():
    error = errors.ServiceError("It failed.", hint="Try again.", code="ServerBusy", request_id="r-1", status=503)
    assert (error.message, error.hint, error.code, error.request_id, error.status) == (
        "It failed.",
        "Try again.",
        "ServerBusy",
        "r-1",
        503,
    )
    assert str(error) == "It failed. Try again."
    assert str(errors.ServiceError("It failed.")) == "It failed."


def test_defaults():
    error = errors.ClosedError("Closed.")
    assert (error.hint, error.code, error.request_id, error.status) == ("", "", "", None)
    assert errors.ServiceUnreachableError("Gone.").maybe_done is False
    assert errors.ThrottledError("Wait.").retry_after_s == 1.0


def test_validation_error_names_fields():
    problems = [Problem("pool_id", "A pool needs an id."), Problem("vm_size", "Choose one.")]
    error = errors.ValidationError(problems)
    assert error.problems == tuple(problems)
    assert str(error) == "pool_id: A pool needs an id.; vm_size: Choose one. Nothing was sent."


@pytest.mark.parametrize(("count", "last"), [(2, "  1"), (20, "  19"), (21, "  … and 1 more"), (50, "  … and 30 more")])
def test_ambiguous_selection_lists_matches(count, last):
    lines = str(errors.AmbiguousSelectionError("Several.", range(count), hint="Add one.")).split("\n")
    assert lines[0] == "Several. Add one."
    assert lines[-1] == last
    assert len(lines) == 1 + min(count, 20) + (count > 20)


def test_problems():
    error, warning = Problem("a", "Bad."), Problem("b", "Odd.", "warning")
    assert errors_of((error, warning)) == (error,)
    assert str(warning) == "warning: b: Odd."


def test_the_text_of_an_error_steers_no_terminal_and_has_an_end():
    error = errors.ServiceError("\x1b[2J\u202ebad\r\nnext", hint="x" * 1_000_000)
    assert str(error).startswith("\ufffd[2J\ufffdbad\nnext xxx")
    assert len(str(error)) < 10_000
    assert error.message == "\x1b[2J\u202ebad\r\nnext"  # as the service said it, for those who look for it
    matches = str(errors.AmbiguousSelectionError("Several.", ["a\nb\x1b[1m", "y" * 1_000_000])).split("\n")
    assert matches[1] == "  a b\ufffd[1m"
    assert len(matches[2]) < 500
