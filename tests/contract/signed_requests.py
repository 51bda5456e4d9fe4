"""Requests signed by hand: written here a second time, so that a fault in the service's own code is not one in both."""

import hashlib
import hmac
import http.client
import json
from base64 import b64decode, b64encode
from datetime import UTC, datetime
from urllib.parse import quote, urlsplit

CONTENT_TYPE = "application/json; odata=minimalmetadata"


def signed_headers(service, method, raw_path, query, content_length="", content_type=""):
    """Return the headers of a request that is signed with the service's key."""
    date = datetime.now(UTC).strftime("%a, %d %b %Y %H:%M:%S GMT")
    parameters = "".join(f"\n{name.lower()}:{query[name]}" for name in sorted(query, key=str.lower))
    text = (
        f"{method}\n\n\n{content_length}\n\n{content_type}\n\n\n\n\n\n\nocp-date:{date}\n"
        f"/{service.account_name}{raw_path}{parameters}"
    )
    digest = hmac.new(b64decode(service.account_key), text.encode(), hashlib.sha256).digest()
    return {"ocp-date": date, "Authorization": f"SharedKey {service.account_name}:{b64encode(digest).decode()}"}


def send(service, method, path, body=None, version="2025-06-01", query=None):
    """Sign and send a request; return the answer's status, headers and body, read if it is JSON."""
    query = {"api-version": version, **(query or {})}
    raw = b"" if body is None else json.dumps(body).encode()
    content_type = CONTENT_TYPE if raw else ""
    length = str(len(raw)) if raw else ("" if method in {"GET", "HEAD"} else "0")
    raw_path = quote(path)
    headers = signed_headers(service, method, raw_path, query, length, content_type)
    if raw:
        headers["Content-Type"] = content_type
    if length:
        headers["Content-Length"] = length
    raw_query = "&".join(f"{quote(name, safe='$')}={quote(value)}" for name, value in query.items())
    connection = http.client.HTTPConnection(urlsplit(service.endpoint).netloc, timeout=10)
    try:
        connection.request(method, f"{raw_path}?{raw_query}", raw or None, headers)
        answer = connection.getresponse()
        content = answer.read()
    finally:
        connection.close()
    is_json = "json" in answer.headers.get("Content-Type", "")
    return answer.status, answer.headers, json.loads(content) if content and is_json else content or None
