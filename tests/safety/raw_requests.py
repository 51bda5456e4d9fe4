"""Requests as an attacker makes them: signed for one thing and sent for another, with any headers."""

import hashlib
import hmac
import http.client
from base64 import b64decode, b64encode
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

VERSION = "api-version=2025-06-01"


def signature(
    service, method, path, query=VERSION, *, key=None, account=None, minutes=0.0, length=None, kind="", more=None
):
    """Return the headers that sign a request, a number of minutes from now, with the account's key unless another."""
    date = (datetime.now(UTC) + timedelta(minutes=minutes)).strftime("%a, %d %b %Y %H:%M:%S GMT")
    pairs = sorted((name.lower(), value) for name, value in parse_qsl(query, keep_blank_values=True))
    if length is None:
        length = "" if method in {"GET", "HEAD"} else "0"
    signed_too = {**{name.lower(): value for name, value in (more or {}).items()}, "ocp-date": date}
    ocp = "".join(f"{name}:{value}\n" for name, value in sorted(signed_too.items()))
    text = f"{method}\n\n\n{length}\n\n{kind}\n\n\n\n\n\n\n{ocp}/{account or service.account_name}{path}"
    text += "".join(f"\n{name}:{value}" for name, value in pairs)
    digest = hmac.new(b64decode(key or service.account_key), text.encode(), hashlib.sha256).digest()
    return {
        "ocp-date": date,
        "Authorization": f"SharedKey {account or service.account_name}:{b64encode(digest).decode()}",
    }


def send(service, method, path, query=VERSION, headers=None, body=b""):
    """Send a request with exactly these headers, and what HTTP needs; return status, headers and body of the answer."""
    address = urlsplit(service.endpoint)
    headers = dict(headers or {})
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=20)
    try:
        connection.putrequest(method, f"{path}?{query}" if query else path, skip_host="Host" in headers)
        if method not in {"GET", "HEAD"} or body:
            headers.setdefault("Content-Length", str(len(body)))
        for name, value in headers.items():
            if value is not None:
                connection.putheader(name, value)
        connection.endheaders(body or None)
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        connection.close()


def signed(service, method, path, query=VERSION, headers=None):
    """Send a request that is signed as it should be."""
    return send(service, method, path, query, {**signature(service, method, path, query), **(headers or {})})
