"""What comes over the wire and is hardly HTTP: answered with an error of the service, never with a trace."""

import json
import logging
import re
import socket

import pytest

from batch_widgets.demo import DemoService, server


@pytest.fixture(scope="module")
def service():
    with DemoService(nodes=0) as service:
        yield service


def connect(service):
    """Open a connection; return it and the headers that name the service."""
    host = service.endpoint.removeprefix("http://")
    return socket.create_connection(host.split(":"), timeout=10), f"Host: {host}".encode()


def read(stream):
    """Read an answer of the service: its status and its error."""
    status = int(stream.readline().split()[1])
    headers = dict(line.decode().strip().split(": ", 1) for line in iter(stream.readline, b"\r\n"))
    assert headers["Server"] == "batch-widgets-demo"
    assert re.fullmatch("[0-9a-f-]{36}", headers["request-id"])
    return status, json.loads(stream.read(int(headers["Content-Length"])))


POST = b"POST /pools?api-version=2025-06-01 HTTP/1.1\r\nHOST\r\n"


@pytest.mark.parametrize(
    ("sent", "status", "code"),
    [
        (b"BREW /pools?api-version=2025-06-01 HTTP/1.1\r\nHOST\r\n\r\n", 400, "InvalidHttpVerb"),
        (b"hello\r\n\r\n", 400, "InvalidHttpVerb"),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400, "InvalidHttpVerb"),
        (b"GET /pools HTTP/9.9\r\nHOST\r\n\r\n", 400, "InvalidInput"),
        (b"GET /pools HTTP/1.1\r\n\r\n", 400, "InvalidInput"),
        (b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\nHOST\r\n\r\n", 400, "InvalidInput"),
        (b"GET /pools HTTP/1.1\r\nHOST\r\nX: " + b"a" * 20_000 + b"\r\n\r\n", 400, "InvalidInput"),
        (b"GET /pools HTTP/1.1\r\nHOST\r\nX-\xff: a\r\n\r\n", 400, "InvalidInput"),
        (POST + b"Content-Length: -5\r\n\r\n", 400, "InvalidInput"),
        (POST + b"Content-Length: 9999999999\r\n\r\n", 413, "RequestBodyTooLarge"),
        (POST + b"Transfer-Encoding: chunked\r\n\r\nZZ\r\n", 400, "InvalidInput"),
        (POST + b"Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}", 403, "AuthenticationFailed"),
        (b"CONNECT example.com:443 HTTP/1.1\r\nHOST\r\n\r\n", 403, "AuthenticationFailed"),
    ],
)
def test_what_is_no_request_is_refused_as_the_service_does(service, caplog, sent, status, code):
    connection, host = connect(service)
    with caplog.at_level(logging.WARNING), connection, connection.makefile("rb") as stream:
        connection.sendall(sent.replace(b"HOST", host))
        answer = read(stream)
    assert answer[0] == status
    assert answer[1]["code"] == code
    assert "RequestId:" in answer[1]["message"]["value"]
    assert caplog.records == []


@pytest.mark.parametrize("body", [b"Content-Length: 10\r\n\r\n{}", b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n"])
def test_a_body_that_never_comes_is_not_waited_for_for_ever(service, monkeypatch, caplog, body):
    monkeypatch.setattr(server, "BODY_S", 0.05)
    connection, host = connect(service)
    with caplog.at_level(logging.WARNING), connection, connection.makefile("rb") as stream:
        connection.sendall((POST + body).replace(b"HOST", host))
        status, body = read(stream)
        assert (status, body["code"]) == (500, "OperationTimedOut")
    assert caplog.records == []


def test_who_leaves_in_the_middle_of_a_request_is_no_matter_for_the_log(caplog):
    with caplog.at_level(logging.WARNING), DemoService(nodes=0) as service:
        connection, host = connect(service)
        with connection:
            connection.sendall((POST + b"Content-Length: 10\r\n\r\n{}").replace(b"HOST", host))
        other, _ = connect(service)
        with other, other.makefile("rb") as stream:
            other.sendall(b"GET /pools HTTP/1.1\r\nHOST\r\n\r\n".replace(b"HOST", host))
            assert read(stream)[0] == 403
    assert caplog.records == []
