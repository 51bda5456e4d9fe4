"""SDK errors to own errors."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import aiohttp
from azure.core import exceptions as azure_errors

from batch_widgets.errors import (
    AlreadyExistsError,
    AuthenticationError,
    BatchWidgetsError,
    NotFoundError,
    ServiceError,
    ServiceUnreachableError,
    ThrottledError,
)
from batch_widgets.sdk.answers import clock_ahead
from batch_widgets.sdk.retries import pause_asked_for

_EXISTS = {"PoolExists", "NodeUserExists"}
_BUSY = {"ServerBusy", "TooManyRequests"}
_CLOCK_TOLERANCE_S = 600.0
_LOOK_FIRST = "The change may have been made: look before you try again."
_ELSEWHERE = "If it stays so, check that the address is that of a Batch account and that no proxy answers in its place."
_HINTS = {
    "PoolExists": "Choose another pool id, or show the pool that exists.",
    "PoolBeingDeleted": "Wait until the deletion has ended.",
    "PoolBeingResized": "Wait until the resize has ended.",
    "PoolQuotaReached": "Delete a pool, or ask for more quota.",
    "PoolNotFound": "It may have been deleted elsewhere. Refresh the list of pools.",
    "NodeUserExists": "Delete the user from this node first, or take another name.",
    "UnsupportedRequestVersion": "The service does not speak the API version of this SDK.",
}


def translate(error: Exception, *, endpoint: str, changes: bool) -> BatchWidgetsError:
    """Say an SDK error in this package's words.

    Parameters
    ----------
    error : Exception
        What the SDK, its transport or a credential raised.
    endpoint : str
        Who was asked.
    changes : bool
        True where the call was to change something, so that a lost answer leaves the outcome open.
    """
    if isinstance(error, azure_errors.IncompleteReadError):
        error = azure_errors.ServiceResponseError("The connection broke in the middle of the answer.")
    if (
        isinstance(error, azure_errors.HttpResponseError)
        and error.response is not None
        and (error.status_code or 0) >= 300
    ):
        return _answered(error, endpoint, changes=changes)
    if isinstance(error, azure_errors.ClientAuthenticationError):
        return AuthenticationError(
            "Signing in with Entra ID failed.",
            hint=f"Run “az login”, or give account_name and account_key. {_first_line(error)}".strip(),
        )
    if isinstance(error, azure_errors.ServiceRequestError) and not _was_sent(error):
        return ServiceUnreachableError(f"Cannot reach {endpoint}.", hint="Check the address and the network.")
    if isinstance(error, azure_errors.ServiceRequestError | azure_errors.ServiceResponseError | TimeoutError):
        return ServiceUnreachableError(
            f"{endpoint} did not answer in time." if _timed_out(error) else f"The connection to {endpoint} broke.",
            hint=_LOOK_FIRST if changes else "Try again.",
            maybe_done=changes,
        )
    return ServiceError(
        f"{endpoint} gave an answer that cannot be read: {_what_is_wrong(error)}",
        hint=f"{_LOOK_FIRST} {_ELSEWHERE}" if changes else f"Try again. {_ELSEWHERE}",
        maybe_done=changes,
    )


def _was_sent(error: azure_errors.ServiceRequestError) -> bool:
    """Tell whether it may have gone out: azure-core says "request error" of a connection that breaks later too."""
    cause = error.inner_exception
    return isinstance(cause, aiohttp.ServerDisconnectedError | aiohttp.ClientOSError) and not isinstance(
        cause, aiohttp.ClientConnectorError
    )


def _timed_out(error: Exception) -> bool:
    return isinstance(error, TimeoutError | azure_errors.ServiceResponseTimeoutError)


def _what_is_wrong(error: Exception) -> str:
    """Say what is wrong with an answer in words that are not those of a programming language."""
    if isinstance(error, azure_errors.HttpResponseError) and error.status_code:
        return f"its status {error.status_code} was not expected."
    if isinstance(error, azure_errors.DecodeError | UnicodeDecodeError | json.JSONDecodeError | RecursionError):
        return "it is not in the form of JSON."
    return _first_line(error) if type(error) is ValueError else "it has another form than the service's answers."


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n", 1)[0][:300]


def _answered(error: azure_errors.HttpResponseError, endpoint: str, *, changes: bool) -> BatchWidgetsError:
    response: Any = error.response
    code, message, values = _body(error)
    headers = response.headers
    details: dict[str, Any] = {
        "code": code,
        "request_id": headers.get("request-id", ""),
        "status": response.status_code,
        "hint": _HINTS.get(code, ""),
    }
    reasons = "; ".join(f"{key}: {value}" for key, value in values)
    text = f"{message} ({reasons})" if reasons else message
    if response.status_code in {401, 403}:
        return _refused(code, text, headers.get("Date", ""), details)
    if response.status_code == 429 or code in _BUSY:
        pause_s = pause_asked_for(headers.get("Retry-After", ""))
        details["hint"] = f"Try again in {pause_s:.0f} s." if pause_s < 600 else "Try again later."
        return ThrottledError("The account asks for a pause.", retry_after_s=pause_s, **details)
    details["hint"] = details["hint"] or _usual_hint(response.status_code, code)
    # The service names what it does not find, but for HEAD; without a name a proxy may have answered.
    is_named = bool(code) or response.request.method == "HEAD"
    if (response.status_code == 404 and is_named) or code.endswith("NotFound"):
        return NotFoundError(text or f"{endpoint} does not have this.", **details)
    if code in _EXISTS:
        return AlreadyExistsError(text, **details)
    if changes and response.status_code >= 500:  # the service, or a proxy before it, failed somewhere on the way
        details |= {"maybe_done": True, "hint": _HINTS.get(code) or _LOOK_FIRST}
    return ServiceError(text or f"{endpoint} answered with status {response.status_code}.", **details)


def _usual_hint(status: int, code: str) -> str:
    """Say what to do about a failure of which the service says no more."""
    if status == 407:
        return "A proxy wants a name and a password: ask who runs it, and set HTTPS_PROXY."
    if status == 408 or (status >= 500 and status != 501):
        return "Try again."
    return "" if code else _ELSEWHERE


def _body(error: azure_errors.HttpResponseError) -> tuple[str, str, list[tuple[str, str]]]:
    """Give code, message and details; all empty where the answer has no body of Batch's form."""
    model = getattr(error, "model", None)
    code = str(getattr(model, "code", None) or "")
    message = getattr(getattr(model, "message", None), "value", None) or ""
    values = getattr(model, "error_values", None) or ()
    pairs = [(str(item.key), str(item.value)) for item in values if getattr(item, "key", None)]
    return code, message.split("\nRequestId:", 1)[0].strip(), pairs


def _refused(code: str, text: str, server_date: str, details: dict[str, Any]) -> AuthenticationError:
    if code and code != "AuthenticationFailed":
        return AuthenticationError(text or "The account refused the call.", **details)
    message = "The account refused the key: it does not belong to this account, or it was renewed."
    details["hint"] = "Copy the current key from the account's Keys page, or sign in with Entra ID."
    skew_s = -clock_ahead(server_date, timedelta()).total_seconds()
    if abs(skew_s) > _CLOCK_TOLERANCE_S:
        details["hint"] = (
            f"This machine's clock is {abs(skew_s) / 60:.0f} minutes {'ahead' if skew_s > 0 else 'behind'}; "
            "the service refuses calls that are 15 minutes off. Set the clock."
        )
        message = "The account refused the call."
    return AuthenticationError(message, **details)
