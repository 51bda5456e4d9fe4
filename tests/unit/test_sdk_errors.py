"""Answers with an error to SdkService: which error of ours, with which advice, and no secret in it."""

from __future__ import annotations

import traceback
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from azure.core import exceptions as azure_errors

from batch_widgets.errors import (
    AlreadyExistsError,
    AuthenticationError,
    NotFoundError,
    ServiceError,
    ServiceUnreachableError,
    ThrottledError,
)
from batch_widgets.nodes import NodeUser
from batch_widgets.sdk.failures import translate
from unit.sdk_server import (  # noqa: F401 (fixtures)
    CHANGES,
    KEY,
    PASSWORD,
    READS,
    USER,
    changes,
    failure,
    problem,
    quick,
    server_fixture,
)

# answers with an error


@pytest.mark.parametrize(
    ("status", "body", "headers", "kind", "code", "hint"),
    [
        (404, problem("PoolNotFound"), {}, NotFoundError, "PoolNotFound", "Refresh"),
        (404, problem("NodeUserNotFound"), {}, NotFoundError, "NodeUserNotFound", ""),
        (404, None, {}, ServiceError, "", ""),
        (409, problem("PoolExists"), {}, AlreadyExistsError, "PoolExists", "another pool id"),
        (409, problem("NodeUserExists"), {}, AlreadyExistsError, "NodeUserExists", "Delete the user"),
        (409, problem("PoolBeingDeleted"), {}, ServiceError, "PoolBeingDeleted", "deletion has ended"),
        (409, problem("NodeStateUnusable"), {}, ServiceError, "NodeStateUnusable", ""),
        (409, problem("PoolQuotaReached"), {}, ServiceError, "PoolQuotaReached", "quota"),
        (400, problem("InvalidPropertyValue"), {}, ServiceError, "InvalidPropertyValue", ""),
        (400, problem("UnsupportedRequestVersion"), {}, ServiceError, "UnsupportedRequestVersion", "API version"),
        (403, problem("AuthenticationFailed"), {}, AuthenticationError, "AuthenticationFailed", "Keys page"),
        (401, None, {}, AuthenticationError, "", "Keys page"),
        (403, problem("AccountIsDisabled"), {}, AuthenticationError, "AccountIsDisabled", ""),
        (500, problem("InternalError"), {}, ServiceError, "InternalError", ""),
        (501, None, {}, ServiceError, "", ""),
        (503, problem("ServerBusy"), {}, ThrottledError, "ServerBusy", ""),
        (429, None, {}, ThrottledError, "", ""),
        (429, problem("TooManyRequests"), {"Retry_After": "7"}, ThrottledError, "TooManyRequests", ""),
        (502, "<html>Bad gateway</html>", {"Content_Type": "text/html"}, ServiceError, "", ""),
        (400, "{not json", {"Content_Type": "application/json"}, ServiceError, "", ""),
    ],
)
def test_errors_of_the_service(server, status, body, headers, kind, code, hint):
    server.answer(status, body, **headers)
    error = failure(server, READS["get_pool"])
    assert type(error) is kind
    assert (error.code, error.status, error.request_id) == (code, status, "r-1")
    assert hint in error.hint
    assert error.message
    assert "RequestId" not in str(error)
    assert "html" not in str(error)
    assert not error.maybe_done


@pytest.mark.parametrize(
    ("status", "body", "maybe_done"),
    [
        (500, problem("InternalError"), True),
        (502, "<html>Bad gateway</html>", True),
        (503, problem("ServerBusy"), False),
        (409, problem("PoolBeingResized"), False),
    ],
)
@changes
def test_a_change_that_ends_in_a_server_error_may_have_been_made(server, call, status, body, maybe_done):
    server.answer(status, body)
    error = failure(server, call)
    assert error.maybe_done is maybe_done
    assert ("may have been made" in error.hint) is maybe_done
    assert len(server.sent) == 1


@pytest.mark.parametrize(
    "call",
    [
        lambda service: service.get_pool(""),
        lambda service: service.list_nodes(""),
        lambda service: service.delete_pool(""),
        lambda service: service.resize_pool("", target_dedicated_nodes=1, target_low_priority_nodes=None),
        lambda service: service.create_node_user("p", "", USER),
        lambda service: service.replace_node_user("p", "n", NodeUser("", "x")),
        lambda service: service.delete_node_user("p", "n", ""),
        lambda service: service.get_remote_login_settings("", "n"),
    ],
)
def test_an_empty_id_is_not_sent(server, call):
    error = failure(server, call)
    assert type(error) is NotFoundError
    assert "empty id" in error.message
    assert not server.sent


def test_the_services_words_and_details_are_kept(server):
    server.answer(400, problem("InvalidPropertyValue", values=[("PropertyName", "vmSize"), ("Reason", "unknown")]))
    assert failure(server, CHANGES["create_pool"]).message == "What happened. (PropertyName: vmSize; Reason: unknown)"


@pytest.mark.parametrize(
    ("header", "low", "high"),
    [
        ("7", 7, 7),
        ("0.5", 0.5, 0.5),
        ("-3", 0, 0),
        ("soon", 1, 1),
        ("inf", 1, 1),
        ("nan", 1, 1),
        ("9" * 5000, 1, 1),
        ("Mon, 01 Jan 2024 00:00:00 +99999999999999999999", 1, 1),
        (timedelta(seconds=600), 500, 600),
        (timedelta(seconds=-600), 0, 0),
    ],
)
def test_retry_after(server, header, low, high):
    if isinstance(header, timedelta):
        header = format_datetime(datetime.now(UTC) + header, usegmt=True)
    server.answer(429, None, Retry_After=header)
    error = failure(server, CHANGES["create_node_user"])
    assert isinstance(error, ThrottledError)
    assert low <= error.retry_after_s <= high
    assert len(server.sent) == 1


@pytest.mark.parametrize(("minutes", "says"), [(20, "20 minutes behind"), (-20, "20 minutes ahead")])
def test_a_wrong_clock_is_told(server, minutes, says):
    date = format_datetime(datetime.now(UTC) + timedelta(minutes=minutes), usegmt=True)
    server.answer(403, problem("AuthenticationFailed"), Date=date)
    error = failure(server, READS["check"])
    assert says in error.hint
    assert "Set the clock" in error.hint


@pytest.mark.parametrize("minutes", [-5, 0, 5])
def test_a_clock_that_is_right_enough_is_not_blamed(server, minutes):
    date = format_datetime(datetime.now(UTC) + timedelta(minutes=minutes), usegmt=True)
    server.answer(403, problem("AuthenticationFailed"), Date=date)
    assert "clock" not in failure(server, READS["check"]).hint


@pytest.mark.parametrize("text", ["<html>Welcome to the hotel's Wi-Fi</html>", "{", "[]", '"text"'])
def test_an_answer_that_cannot_be_read(server, text):
    server.answer(200, text, Content_Type="text/html" if text.startswith("<") else "application/json")
    error = failure(server, READS["list_pools"])
    assert type(error) is ServiceError
    assert "cannot be read" in error.message
    assert "Batch account" in error.hint


@pytest.mark.parametrize(
    ("error", "kind", "maybe_done"),
    [
        (azure_errors.ServiceRequestError("no route"), ServiceUnreachableError, False),
        (azure_errors.ServiceRequestTimeoutError("slow"), ServiceUnreachableError, False),
        (azure_errors.ServiceResponseError("reset"), ServiceUnreachableError, True),
        (azure_errors.ServiceResponseTimeoutError("slow"), ServiceUnreachableError, True),
        (azure_errors.IncompleteReadError("half"), ServiceUnreachableError, True),
        (TimeoutError(), ServiceUnreachableError, True),
        (azure_errors.ClientAuthenticationError("No credential.\nMore."), AuthenticationError, None),
        (ValueError("odd"), ServiceError, None),
        (azure_errors.HttpResponseError("no response"), ServiceError, None),
    ],
)
@pytest.mark.parametrize("changing", [True, False])
def test_errors_without_an_answer(error, kind, maybe_done, changing):
    said = translate(error, endpoint="https://contoso", changes=changing)
    assert type(said) is kind
    if maybe_done is not None:
        assert said.maybe_done is (maybe_done and changing)
        assert ("may have been made" in said.hint) is said.maybe_done
    if kind is AuthenticationError:
        assert "az login" in said.hint
        assert "More." not in said.hint


# secrets


@pytest.mark.parametrize("status", [400, 403, 500])
def test_no_error_and_no_traceback_shows_a_secret(server, status):
    server.answer(status, problem("InvalidPropertyValue"))
    error = failure(server, CHANGES["create_node_user"])
    assert PASSWORD.encode() in server.bodies[0], "the password did go out"
    shown = "".join(traceback.format_exception(error)) + repr(error) + str(error)
    assert PASSWORD not in shown
    assert KEY not in shown
    assert error.__suppress_context__


def test_nothing_is_logged_that_is_secret(server, caplog):
    server.answer(400, problem("InvalidPropertyValue"))
    with caplog.at_level("DEBUG"):
        failure(server, CHANGES["create_node_user"])
    assert PASSWORD not in caplog.text
    assert "SharedKey contoso:" not in caplog.text
