"""SharedKey: who signed a request, and whether lately. And the token of the management calls."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from .errors import BatchError

if TYPE_CHECKING:
    from collections.abc import Mapping

WINDOW = timedelta(minutes=15)

_SIGNED_HEADERS = (
    "content-encoding",
    "content-language",
    "content-length",
    "content-md5",
    "content-type",
    "date",
    "if-modified-since",
    "if-match",
    "if-none-match",
    "if-unmodified-since",
    "range",
)


def verify(
    method: str, raw_path: str, raw_query: str, headers: Mapping[str, str], account: str, key: str, wall: datetime
) -> None:
    """Let a request pass that the account's key signed within the window.

    Parameters
    ----------
    headers
        The request's headers, names in lower case.
    wall
        Real time; the service's own clock may run at another speed than the client's.

    Raises
    ------
    BatchError
        ``AuthenticationFailed`` or ``InvalidAuthenticationInfo``.
    """
    authorization = headers.get("authorization", "")
    scheme, _, credential = authorization.partition(" ")
    if not authorization:
        raise _refusal("The Authorization header is missing.")
    if scheme.lower() != "sharedkey":
        raise _refusal("The simulated service takes the SharedKey scheme only.")
    name, colon, signature = credential.strip().rpartition(":")
    if not colon:
        raise BatchError("InvalidAuthenticationInfo", Reason="Expected 'SharedKey account:signature'.")
    _check_date(headers, wall)
    texts = [
        string_to_sign(method, raw_path, raw_query, headers, account, as_documented=documented)
        for documented in (False, True)
    ]
    same_account = hmac.compare_digest(name.encode(errors="replace"), account.encode())
    given = signature.encode(errors="replace")
    same_signature = any(hmac.compare_digest(given, sign(text, key).encode()) for text in texts)
    if not (same_account and same_signature):
        raise _refusal("The account name or the signature is wrong.")


def verify_token(headers: Mapping[str, str], token: str) -> None:
    """Let a request pass that carries the token.

    Raises
    ------
    BatchError
        ``InvalidAuthenticationToken``.
    """
    scheme, _, given = headers.get("authorization", "").partition(" ")
    same = hmac.compare_digest(given.strip().encode(errors="replace"), token.encode())
    if scheme.lower() != "bearer" or not same:
        raise BatchError("InvalidAuthenticationToken")


def string_to_sign(
    method: str,
    raw_path: str,
    raw_query: str,
    headers: Mapping[str, str],
    account: str,
    *,
    as_documented: bool = False,
) -> str:
    """Return the canonical form of a request, its path as it travelled and not decoded.

    Parameters
    ----------
    as_documented
        Write the names of query parameters in lower case, and those without a value too. The SDK does neither, and
        both must be taken: nobody knows which of them the service corrects.
    """
    values = {name: headers.get(name, "") for name in _SIGNED_HEADERS}
    if method not in {"GET", "HEAD"} and not values["content-length"]:
        values["content-length"] = "0"
    lines = [method, *values.values()]
    lines += [f"{name}:{value}" for name, value in sorted(headers.items()) if name.startswith("ocp-") and value]
    lines.append(f"/{account}{raw_path}")
    try:
        query = parse_qs(raw_query, keep_blank_values=as_documented, max_num_fields=100)
    except ValueError as error:
        raise BatchError("InvalidUri", Reason="The query has too many parameters.") from error
    if as_documented:
        query = {name.lower(): values for name, values in query.items()}
    lines += [f"{name}:{values[0]}" for name, values in sorted(query.items())]
    return "\n".join(lines)


def sign(text: str, key: str) -> str:
    """Return the signature of a text under a base64 key."""
    digest = hmac.new(base64.b64decode(key), text.encode(errors="replace"), hashlib.sha256).digest()
    return base64.b64encode(digest).decode("ascii")


def check_key(key: str) -> str:
    """Return the key if it can sign.

    Raises
    ------
    ValueError
        If it is not base64.
    """
    try:
        base64.b64decode(key, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError("account_key must be base64") from error
    return key


def _check_date(headers: Mapping[str, str], wall: datetime) -> None:
    text = headers.get("ocp-date") or headers.get("date")
    if not text:
        raise _refusal("Neither the ocp-date nor the Date header is there.")
    try:
        sent = parsedate_to_datetime(text)
        sent = sent.replace(tzinfo=UTC) if sent.tzinfo is None else sent
        distance = abs(sent - wall)
    except (TypeError, ValueError, OverflowError, IndexError) as error:
        raise _refusal("The date header is not an HTTP date.") from error
    if distance > WINDOW:
        raise _refusal(f"The date header is more than {WINDOW} away from the service's clock.")


def _refusal(reason: str) -> BatchError:
    return BatchError("AuthenticationFailed", AuthenticationErrorDetail=reason)
