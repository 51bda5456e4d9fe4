"""What stands before a service, and refuses changes with all that was sent in the answer."""

from __future__ import annotations

import http.client
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit


class Echo(ThreadingHTTPServer):
    """Stands before a service, and may refuse what would change something with all that was sent in the answer."""

    daemon_threads = True

    def __init__(self, service):
        self.target = urlsplit(service.endpoint).netloc
        self.refuses = False
        super().__init__(("127.0.0.1", 0), _EchoHandler)
        self.endpoint = f"http://127.0.0.1:{self.server_address[1]}"
        self._thread = threading.Thread(target=self.serve_forever, daemon=True)
        self._thread.start()

    def stop(self):
        self.shutdown()
        self.server_close()
        self._thread.join()


class _EchoHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def _handle(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.server.refuses and self.command != "GET":
            self._refuse(body)
            return
        connection = http.client.HTTPConnection(self.server.target, timeout=10)
        try:
            connection.request(self.command, self.path, body or None, {**self.headers, "Host": self.server.target})
            answer = connection.getresponse()
            self._answer(answer.status, answer.read(), dict(answer.getheaders()))
        finally:
            connection.close()

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _handle  # noqa: N815

    def _refuse(self, body):
        """Answer as Batch does to a value that it does not take: it names the property and repeats the value."""
        values = [{"key": "PropertyName", "value": "all of it"}]
        values += [{"key": "PropertyValue", "value": value} for value in (*texts_in(json.loads(body)), body.decode())]
        values.append({"key": "Headers", "value": str(self.headers)})
        error = {
            "code": "InvalidPropertyValue",
            "message": {
                "lang": "en-us",
                "value": f"The value provided for one of the properties is invalid: {body.decode()}",
            },
            "values": values,
        }
        self._answer(400, json.dumps(error).encode(), {"Content-Type": "application/json;odata=minimalmetadata"})

    def _answer(self, status, body, headers):
        self.send_response(status)
        for name, value in headers.items():
            if name.lower() not in {"content-length", "transfer-encoding", "date", "server", "connection"}:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Say nothing on standard error."""


def texts_in(value):
    """Give all texts in a body."""
    if isinstance(value, dict):
        return [text for one in value.values() for text in texts_in(one)]
    if isinstance(value, list):
        return [text for one in value for text in texts_in(one)]
    return [value] if isinstance(value, str) else []
