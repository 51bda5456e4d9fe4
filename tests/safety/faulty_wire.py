"""A server before the embedded service that spoils answers, as networks, proxies and overloaded services do."""

from __future__ import annotations

import http.client
import json
import re
import socket
import struct
import threading
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from batch_widgets.demo import routes

if TYPE_CHECKING:
    from collections.abc import Callable

_NOT_COPIED = {"connection", "transfer-encoding", "content-length", "keep-alive", "host"}


@dataclass
class Answer:
    """What is sent back; `sent` tells how much of it before the connection ends, None for all, 0 for a reset."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    sent: float | None = None
    drips: bool = False


@dataclass(frozen=True)
class Fault:
    """Something that goes wrong: `before` the service has the request, or after it did the work.

    `make` gives what is sent in place of the service's answer, which is None where there is none; None is silence.
    """

    name: str
    make: Callable[[Answer | None], Answer | None]
    before: bool = False


@dataclass
class _Spoiling:
    fault: Fault
    meets: Callable[[str], bool]
    times: float


class FaultyWire:
    """Hands requests on to a service, and spoils what it is told to.

    Attributes
    ----------
    done
        How often the service answered an operation with success, whatever became of the answer.
    """

    def __init__(self, upstream: str) -> None:
        self.upstream = upstream
        self.done: Counter[str] = Counter()
        self.asked: Counter[str] = Counter()
        self.minutes = 0  # by how much the service's clock goes before ours
        self._spoilings: list[_Spoiling] = []
        self._lock = threading.Lock()
        self._mended = threading.Event()
        self._open: set[socket.socket] = set()
        self._server: ThreadingHTTPServer | None = None
        self._port = 0
        self.revive()

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def spoil(self, fault, operation=None, *, times=float("inf"), meets=None) -> None:
        """Let a fault meet requests from now on."""
        self._mended = threading.Event()
        meets = meets or (lambda name: operation in {None, name})
        with self._lock:
            self._spoilings.append(_Spoiling(fault, meets, times))

    def mend(self) -> None:
        """Let nothing be spoiled any more, and end what is silent."""
        with self._lock:
            self._spoilings.clear()
        self._mended.set()

    def die(self) -> None:
        """Listen no more, and break every connection."""
        server, self._server = self._server, None
        server.shutdown()
        server.server_close()
        with self._lock:
            for connection in self._open:
                _reset(connection)

    def revive(self) -> None:
        """Listen on the same port again."""
        wire = self

        class Handler(_Handler):
            the_wire = wire

        self._server = _Server(("127.0.0.1", self._port), Handler)
        self._port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def on_the_way(self, _method: str, target: str, headers: dict[str, str]) -> tuple[str, dict[str, str]]:
        """Give what is handed on to the service in the place of a request's target and headers."""
        return target, headers

    def close(self) -> None:
        self.mend()
        if self._server is not None:
            self.die()

    def take(self, operation: str) -> Fault | None:
        with self._lock:
            for spoiling in self._spoilings:
                if spoiling.times > 0 and spoiling.meets(operation):
                    spoiling.times -= 1
                    return spoiling.fault
        return None


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 200

    def handle_error(self, request, client_address):
        """Say nothing of connections that a fault broke."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    the_wire: FaultyWire

    def setup(self):
        super().setup()
        with self.the_wire._lock:
            self.the_wire._open.add(self.connection)

    def finish(self):
        with self.the_wire._lock:
            self.the_wire._open.discard(self.connection)
        super().finish()

    def log_message(self, *_arguments):
        """Say nothing."""

    def _handle(self):
        wire = self.the_wire
        mended = wire._mended
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = urlsplit(self.path).path
        operation = routes.match(self.command, [unquote(part) for part in path.strip("/").split("/")]).operation
        wire.asked[operation] += 1
        fault = wire.take(operation)
        answer = None
        if fault is None or not fault.before:
            answer = self._ask(body)
            if answer.status < 400:
                wire.done[operation] += 1
        if fault is not None:
            answer = fault.make(answer)
        if answer is not None and wire.minutes:
            answer = _at_another_time(answer, wire.minutes)
        if answer is None:
            mended.wait(60)
            self.close_connection = True
            return
        self._send(answer)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = _handle  # noqa: N815  the server's names for it

    def _ask(self, body: bytes) -> Answer:
        wire = self.the_wire
        address = urlsplit(wire.upstream)
        connection = http.client.HTTPConnection(address.hostname, address.port, timeout=30)
        try:
            headers = {name: value for name, value in self.headers.items() if name.lower() not in _NOT_COPIED}
            if self.headers.get("Content-Length") is not None:
                headers["Content-Length"] = self.headers["Content-Length"]
            target, headers = wire.on_the_way(self.command, self.path, headers)
            connection.request(self.command, target, body or None, headers)
            given = connection.getresponse()
            text = given.read().replace(wire.upstream.encode(), wire.endpoint.encode())
            kept = {name: value for name, value in given.headers.items() if name.lower() not in _NOT_COPIED}
            if self.command == "HEAD":
                kept["Content-Length"] = given.headers.get("Content-Length", "0")
            return Answer(given.status, kept, text)
        finally:
            connection.close()

    def _send(self, answer: Answer) -> None:
        lines = [f"HTTP/1.1 {answer.status} Told", *(f"{name}: {value}" for name, value in answer.headers.items())]
        if "content-length" not in {name.lower() for name in answer.headers}:
            lines.append(f"Content-Length: {len(answer.body)}")
        head = ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", errors="replace")
        body = b"" if self.command == "HEAD" else answer.body
        if answer.sent is None:
            self.wfile.write(head + body)
            self.wfile.flush()
            return
        self.close_connection = True
        if answer.sent == 0:
            _reset(self.connection)
            return
        part = head + body[: int(len(body) * answer.sent)] if body else head[: int(len(head) * answer.sent)]
        self.wfile.write(part)
        self.wfile.flush()
        while answer.drips and not self.the_wire._mended.wait(0.05):
            self.wfile.write(b" ")
            self.wfile.flush()


def _at_another_time(answer: Answer, minutes: int) -> Answer:
    """Give an answer as a service whose clock differs would: its Date, and what it says of when a pool was made."""
    later = timedelta(minutes=minutes)
    headers = {name: value for name, value in answer.headers.items() if name.lower() != "date"}
    headers["Date"] = format_datetime(datetime.now(UTC) + later, usegmt=True)
    made = rb'"creationTime": ?"([^"]+)"'

    def shifted(match: re.Match[bytes]) -> bytes:
        moment = datetime.fromisoformat(match[1].decode()) + later
        return b'"creationTime":"' + moment.isoformat().replace("+00:00", "Z").encode() + b'"'

    return Answer(answer.status, headers, re.sub(made, shifted, answer.body), answer.sent, answer.drips)


def _reset(connection: socket.socket) -> None:
    try:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.shutdown(socket.SHUT_RDWR)
        connection.close()
    except OSError:
        return


# the faults


def _error(status, body=b"", kind="application/json", **headers):
    return lambda _: Answer(
        status, {"Content-Type": kind, **{k.replace("_", "-"): v for k, v in headers.items()}}, body
    )


def _said(code, message="Said by the service."):
    text = {"odata.metadata": "x", "code": code, "message": {"lang": "en-US", "value": message}}
    return json.dumps(text).encode()


def _spoilt(**changes):
    def make(answer):
        body = changes.get("body", answer.body)
        headers = {name: value for name, value in answer.headers.items() if name.lower() != "content-type"}
        headers["Content-Type"] = changes.get("kind", "application/json")
        return Answer(changes.get("status", answer.status), headers, body, changes.get("sent"))

    return make


PAUSES = (
    *(
        None,
        "0",
        "1",
        "2",
        "30",
        "999999999",
        "-5",
        "1.5",
        "nan",
        "inf",
        "-inf",
        "1e400",
        "soon",
        " ",
        "1, 2",
        "\u0661",
    ),
    *("Wed, 21 Oct 2015 07:28:00 GMT", "Wed, 21 Oct 2015 07:28:00 -0000", "Fri, 31 Dec 9999 23:59:59 GMT"),
    *("Mon, 01 Jan 99999 00:00:00 GMT", "Mon, 01 Jan 2024 00:00:00 +99999999999999999999"),
    *("Mon, 32 Jan 2024 00:00:00 GMT", "Fri, 31 Dec 9999 23:59:59 -2300", "0x10", "9" * 5000),
)
PAGE_OF_A_PROXY = b"<!doctype html><html><body><script>x()</script>Sign in to the network</body></html>"

THROTTLES = tuple(
    Fault(
        f"429, Retry-After {pause!r}"[:60],
        _error(429, _said("TooManyRequests"), **({} if pause is None else {"Retry_After": pause})),
        before=True,
    )
    for pause in PAUSES
)
BEFORE = (
    Fault("500", _error(500, _said("InternalError")), before=True),
    Fault("500 without a word", _error(500), before=True),
    Fault("503", _error(503, _said("ServerBusy")), before=True),
    Fault("503 with Retry-After", _error(503, _said("ServerBusy"), Retry_After="1"), before=True),
    Fault("503 of a proxy", _error(503, PAGE_OF_A_PROXY, "text/html"), before=True),
    Fault("502 of a proxy", _error(502, PAGE_OF_A_PROXY, "text/html"), before=True),
    Fault("504 of a proxy", _error(504, b"", "text/plain"), before=True),
    Fault("500 with half a body", _error(500, _said("InternalError")[:30]), before=True),
    Fault("500 with other JSON", _error(500, b'{"code": 7, "message": [null]}'), before=True),
    Fault("408", _error(408, _said("RequestTimeout")), before=True),
    Fault("403", _error(403, _said("AuthenticationFailed")), before=True),
    Fault("401 of a proxy", _error(401, PAGE_OF_A_PROXY, "text/html"), before=True),
    Fault("407 of a proxy", _error(407, PAGE_OF_A_PROXY, "text/html"), before=True),
    Fault("404 of a proxy", _error(404, PAGE_OF_A_PROXY, "text/html"), before=True),
    Fault("302 to a sign-in page", _error(302, b"", "text/html", Location="/pools-sign-in"), before=True),
    Fault("a proxy's own page", _error(200, PAGE_OF_A_PROXY, "text/html"), before=True),
    Fault("200 and nothing", _error(200), before=True),
    Fault("204", _error(204), before=True),
    Fault("reset", lambda _: Answer(0, sent=0), before=True),
    Fault("no HTTP", lambda _: Answer(99, {}, b"\0" * 50, sent=0.5), before=True),
)
AFTER = (
    Fault("lost: reset", _spoilt(sent=0)),
    Fault("lost: 500", _spoilt(status=500, body=_said("InternalError"))),
    Fault("lost: 502 of a proxy", _spoilt(status=502, body=PAGE_OF_A_PROXY, kind="text/html")),
    Fault("lost: half an answer", _spoilt(sent=0.5)),
    Fault("lost: all but the end", _spoilt(sent=0.97)),
    Fault("lost: a page in its place", _spoilt(status=200, body=PAGE_OF_A_PROXY, kind="text/html")),
    Fault("other content type", _spoilt(kind="text/html")),
    Fault("no content type", _spoilt(kind="")),
    Fault("wrong JSON: {", _spoilt(body=b"{")),
    Fault("wrong JSON: null", _spoilt(body=b"null")),
    Fault("wrong JSON: []", _spoilt(body=b"[]")),
    Fault("wrong JSON: a text", _spoilt(body=b'"odd"')),
    Fault("wrong JSON: {}", _spoilt(body=b"{}")),
    Fault("wrong JSON: a number for the list", _spoilt(body=b'{"value": 7}')),
    Fault("wrong JSON: no rows in the list", _spoilt(body=b'{"value": [null, 7, "x", [], {}]}')),
    Fault("wrong JSON: types", _spoilt(body=b'{"id": 7, "state": [], "creationTime": "x", "value": [{"id": {}}]}')),
    Fault("wrong JSON: no UTF-8", _spoilt(body=b'{"value": [{"id": "\xff\xfe"}]}')),
    Fault("wrong JSON: deep", _spoilt(body=b"[" * 100_000)),
)
SILENT = (Fault("silence", lambda _: None, before=True), Fault("lost: silence", lambda _: None))
LOST = AFTER[0]
REFUSED = next(fault for fault in BEFORE if fault.name == "403")


def _dripping(_answer: Answer | None) -> Answer:
    return Answer(200, {"Content-Type": "application/json", "Content-Length": "100000"}, b'{"value": [', 1, drips=True)


DRIP = Fault("an answer that comes letter by letter", _dripping, before=True)
