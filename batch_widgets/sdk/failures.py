"""SDK errors to own errors."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from math import isfinite
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

_EXISTS = {"PoolExists", "NodeUserExists"}
_BUSY = {"ServerBusy", "TooManyRequests"}
_CLOCK_TOLERANCE_S = 600.0
_LOOK_FIRST = "The change may have been made: look before you try again."
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
        f"{endpoint} gave an answer that the SDK cannot read: {_first_line(error)}",
        hint="Check that the address is that of a Batch account.",
    )


def _was_sent(error: azure_errors.ServiceRequestError) -> bool:
    """Tell whether it may have gone out: azure-core says "request error" of a connection that breaks later too."""
    cause = error.inner_exception
    return isinstance(cause, aiohttp.ServerDisconnectedError | aiohttp.ClientOSError) and not isinstance(
        cause, aiohttp.ClientConnectorError
    )


def _timed_out(error: Exception) -> bool:
    return isinstance(error, TimeoutError | azure_errors.ServiceResponseTimeoutError)


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
        return ThrottledError(
            "The account asks for a pause.", retry_after_s=_retry_after(headers.get("Retry-After", "")), **details
        )
    if response.status_code == 404 or code.endswith("NotFound"):
        return NotFoundError(text or f"{endpoint} does not have this.", **details)
    if code in _EXISTS:
        return AlreadyExistsError(text, **details)
    if changes and response.status_code >= 500:  # the service, or a proxy before it, failed somewhere on the way
        details |= {"maybe_done": True, "hint": details["hint"] or _LOOK_FIRST}
    return ServiceError(text or f"{endpoint} answered with status {response.status_code}.", **details)


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
    details["hint"] = "Copy the current key from the account's Keys page, or sign in with Entra ID."
    try:
        skew_s = (datetime.now(UTC) - parsedate_to_datetime(server_date)).total_seconds()
    except (TypeError, ValueError):
        skew_s = 0.0
    if abs(skew_s) > _CLOCK_TOLERANCE_S:
        details["hint"] = (
            f"This machine's clock is {abs(skew_s) / 60:.0f} minutes {'ahead' if skew_s > 0 else 'behind'}; "
            "the service refuses calls that are 15 minutes off. Set the clock."
        )
    return AuthenticationError(
        "The account refused the key: it does not belong to this account, or it was renewed.", **details
    )


def _retry_after(header: str) -> float:
    try:
        pause_s = float(header)
    except ValueError:
        try:
            pause_s = (parsedate_to_datetime(header) - datetime.now(UTC)).total_seconds()
        except (TypeError, ValueError):
            return 1.0
    return max(0.0, pause_s) if isfinite(pause_s) else 1.0
