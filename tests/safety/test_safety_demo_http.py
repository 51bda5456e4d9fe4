"""HTTP that is broken, ambiguous, or has no end, and connections that are held: to a service of the demo."""

import contextlib
import json
import os
from concurrent.futures import ThreadPoolExecutor

import pytest
from host_demo import host_demo
from proc_net import descriptors, memory_kib
from raw_http import connect, say, statuses
from raw_requests import VERSION, send, signature, signed

from batch_widgets.demo import DemoService, http_connection, server

PRICES = b"/api/retail/prices"
"""What anybody may ask for: who gets an answer here was refused nowhere."""


@pytest.fixture
def service():
    with DemoService(nodes=2, speed=1) as service:
        yield service


def host_of(service):
    return b"Host: " + service.endpoint.partition("://")[2].encode()


def written(service, *lines, first=b"GET " + PRICES + b" HTTP/1.1", last=True):
    """Write the head of a request; the connection ends after the last one."""
    lines = [first, host_of(service), *lines, *([b"Connection: close"] if last else [])]
    return b"\r\n".join(lines) + b"\r\n\r\n"


# What stands in a head or after it, so that where a request ends depends on who reads it; a second one follows.
LENGTHS = (
    *(b"0, 5", b"5, 5", b"+5", b"-1", b"-0", b"0x5", b"", b"5.0", b"1_0", b"1 0", b"9" * 25, "\u0665".encode()),
    *(b"5;", b'"5"', b"\x0b5", b"NaN", b"5\xa0"),
)
CODINGS = (
    *(b"", b"identity", b"gzip", b"xchunked", b"chunkedx", b"chunked,", b"chunked, identity", b"identity, chunked"),
    *(b"gzip, chunked", b"chunked, chunked", b'"chunked"', b"\x0bchunked", b"chunked;q=1", b"chun\xc3\xa7ed"),
)
CHUNKS = (
    *(b"+1\r\nx", b"-1\r\nx", b"0x1\r\nx", b"1_0\r\nx", b"f" * 17 + b"\r\nx", b"\r\nx", b"1\r\nxyz", b"1\nx", b"1\rx"),
    *(b"1 \r\nx", b" 1\r\nx", b"1;a\nb\r\nx", b"1;a\rb\r\nx", b"1\r\nx\n", b"1\r\n", b"g\r\nx", "\u0661\r\nx".encode()),
)
CODED = b"Transfer-Encoding: chunked"
HEADS = {
    "length and coding": [b"Content-Length: 0", CODED],
    "coding and length": [CODED, b"Content-Length: 5"],
    "two lengths": [b"Content-Length: 0", b"Content-Length: 5"],
    "the same length twice": [b"Content-Length: 0", b"Content-Length: 0"],
    "two codings": [CODED, b"Transfer-Encoding: identity"],
    "a space before the colon": [b"Transfer-Encoding : chunked"],
    "a space before the colon of a length": [b"Content-Length : 0"],
    "a folded coding": [b"Transfer-Encoding:\r\n chunked"],
    "a folded header": [b"A: b\r\n " + CODED],
    "a folded header by a tab": [b"A: b\r\n\tc"],
    "a line feed": [b"A: b\n" + CODED],
    "a carriage return": [b"A: b\r" + CODED],
    "a null": [b"A: b\0c"],
    "a null in a name": [b"A\0: b"],
    "no colon": [b"Abc"],
    "no name": [b": b"],
    "a space in a name": [b"A b: c"],
    "a letter that is none of ASCII's": ["\u00e4: b".encode()],
    "another host": [b"Host: evil.example"],
}
FIRST_LINES = (
    *(
        b"GET /%s",
        b"GET /%s HTTP/2.0",
        b"GET /%s HTTP/1.9",
        b"GET /%s HTTP/11.1",
        b"GET /%s HTTP/1.1x",
        b"GET /%s http/1.1",
    ),
    *(
        b"GET\t/%s\tHTTP/1.1",
        b"GET /%s x HTTP/1.1",
        b"GET /%s\0 HTTP/1.1",
        b"get /%s HTTP/1.1",
        b"PRI * HTTP/2.0",
        b"/%s",
    ),
    *(
        b"G\xc3\x84T /%s HTTP/1.1",
        b" GET /%s HTTP/1.1",
        b"GET %s HTTP/1.1",
        b"GET /%s HTTP/1.1\n",
        b"GET /%s\r HTTP/1.1",
    ),
)


def ambiguous(service):
    """Yield what is wrong, and the bytes."""
    second = written(service)
    chunked_none = b"0\r\n\r\n"
    for value in LENGTHS:
        yield f"length {value!r}", written(service, b"Content-Length: " + value, last=False) + second
    for value in CODINGS:
        yield f"coding {value!r}", written(service, b"Transfer-Encoding: " + value, last=False) + chunked_none + second
    for value in CHUNKS:
        yield f"chunk {value!r}", written(service, CODED, last=False) + value + b"\r\n" + chunked_none + second
    for name, lines in HEADS.items():
        yield name, written(service, *lines, last=False) + chunked_none + second
    for line in FIRST_LINES:
        first = line.replace(b"/%s", PRICES).replace(b"%s", PRICES[1:])
        yield f"first line {line!r}", written(service, first=first, last=False) + second
    yield "TLS", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"x" * 512 + b"\r\n\r\n" + second
    yield "a coding in HTTP/1.0", written(service, CODED, first=b"GET " + PRICES + b" HTTP/1.0") + chunked_none + second


@pytest.mark.safety("Demo: requests that end where one likes, and a second one behind")
def test_what_is_ambiguous_is_refused_with_all_behind_it(service, attempts):
    fine = written(service, last=False) + written(service)
    assert statuses(say(service, fine)) == [200, 200], "two that are fine must both be answered"
    for what, data in ambiguous(service):
        found = statuses(say(service, data))
        attempts.case(what, got_through=found != [400] and found)


METHODS = ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override")
PATHS = ("X-Original-URL", "X-Rewrite-URL", "X-Forwarded-Uri", "X-Forwarded-Prefix", "X-Forwarded-Host", "Forwarded")


def elsewhere(service):
    """Other ways to write a path that needs a signature or the token; some begin as the one that needs nothing."""
    host = service.endpoint.partition("://")[2]
    management = f"/subscriptions/{service.subscription_id}/providers/Microsoft.Batch/batchAccounts"
    for path in ("/pools", "/pools/demo/nodes", management):
        name = path.strip("/")
        coded = "".join(f"%{byte:02x}" for byte in name.encode())
        for prefix in ("/api/..", "/api/%2e%2e", "/api//..", "/api/.", "/api", "/api/retail", "/api/retail/prices/.."):
            yield f"{prefix}{path}"
            yield f"{prefix};{path}"
        yield from (f"/api%2f..%2f{name}", f"/api\\..\\{name}", f"\\{name}", f"//{name}", f"///{name}", f"/./{name}")
        yield from (
            f"{path}/",
            f"{path}/.",
            f"{path};",
            f"{path}%00",
            f"{path}%20",
            f"{path}#",
            f"{path}%3f",
            f"{path}%23",
        )
        yield from (
            path.upper(),
            f"/{coded}",
            f"/%2f{name}",
            f"/{name.replace('o', '%6f')}",
            f"/{name}%0d%0a",
            f"{path}/x/..",
        )
        yield from (f"http://{host}{path}", f"http://evil.example{path}", f"http://{host}/api{path}", f"//{host}{path}")
        yield from (f"{path}?{PRICES.decode()}", f"/?{path}", f"/{name}\u00a0", f"/{name}\ufeff".replace("o", "\uff4f"))


@pytest.mark.safety("Demo: paths and verbs written in other ways")
def test_no_way_to_write_a_path_leads_past_the_signature(service, attempts):
    """Nor does the token open what needs a signature."""
    before = signed(service, "GET", "/pools")[2]
    token = {"Authorization": f"Bearer {service.management_token}"}
    for path in elsewhere(service):
        headers = [host_of(service), b"Connection: close"]
        for who, more in {"nobody": {}, "the token": token}.items():
            lines = [*headers, *(f"{name}: {value}".encode() for name, value in more.items())]
            query = "&" if "?" in path else "?"
            first = f"GET {path}{query}{VERSION} HTTP/1.1".encode()
            answer = say(service, b"\r\n".join([first, *lines]) + b"\r\n\r\n")
            management = who == "the token" and "subscriptions" in path.lower().replace("%6f", "o")
            attempts.case(f"{who}: {path}", got_through=200 in statuses(answer) and not management and answer)
    for name in METHODS:
        found = signed(service, "GET", "/pools/demo", headers={name: "DELETE"})[0]
        attempts.case(name, got_through=found != 200)
    for name in PATHS:
        found = send(service, "GET", PRICES.decode(), VERSION, {name: "/pools"})
        attempts.case(name, got_through=found[0] == 200 and "Items" not in json.loads(found[2]))
        found = send(service, "GET", "/pools", VERSION, {name: PRICES.decode()})
        attempts.case(f"{name} for a path", got_through=found[0] < 400)
    assert signed(service, "GET", "/pools")[2] == before
    good = signature(service, "GET", "/pools")
    assert send(service, "GET", "/pools", VERSION, good)[0] == 200


ENDLESS = 24 * 1024 * 1024
"""Bytes of what has no end; the service may keep far less of it."""
KEPT_KIB = 10 * 1024
"""A body may have 4 MiB, which are there twice while its pieces are joined."""


def endless(service):
    """What never ends, by what it is: how it begins and what is then said again and again."""
    chunked = written(service, CODED, first=b"POST /pools HTTP/1.1")
    return {
        "blank lines": (b"", b"\r\n" * 32_768),
        "a first line": (b"GET /", b"x" * 65_536),
        "a verb": (b"", b"G" * 65_536),
        "a query": (b"GET /pools?", b"a=b&" * 16_384),
        "a header": (b"GET /pools HTTP/1.1\r\nA: ", b"x" * 65_536),
        "a header's name": (b"GET /pools HTTP/1.1\r\n", b"x" * 65_536),
        "headers": (b"GET /pools HTTP/1.1\r\n", b"A: b\r\n" * 8_192),
        "a body": (written(service, b"Content-Length: 4294967296", first=b"POST /pools HTTP/1.1"), b"x" * 65_536),
        "chunks": (chunked, b"10000\r\n" + b"x" * 65_536 + b"\r\n"),
        "small chunks": (chunked, b"4\r\nxxxx\r\n" * 8_192),
        "a chunk's size": (chunked, b"0" * 65_536),
        "a chunk's extension": (chunked + b"1;", b"x" * 65_536),
        "chunks with extensions": (chunked, b"1;" + b"y" * 4_096 + b"\r\nx\r\n"),
        "trailers": (chunked + b"0\r\n", b"A: b\r\n" * 8_192),
        "a trailer": (chunked + b"0\r\nA: ", b"x" * 65_536),
        "requests whose answers nobody reads": (b"", written(service, last=False) * 256),
        "bad requests": (b"", b"x\r\n\r\n" * 8_192),
        "an upgrade": (written(service, b"Connection: upgrade", b"Upgrade: h2c", last=False), b"x" * 65_536),
        "a tunnel": (written(service, first=b"CONNECT 127.0.0.1:22 HTTP/1.1"), b"x" * 65_536),
    }


def test_what_is_kept_would_be_seen():
    before = memory_kib(os.getpid())
    kept = b"x" * ENDLESS
    assert memory_kib(os.getpid()) - before > KEPT_KIB
    assert len(kept) == ENDLESS


@pytest.mark.safety("Demo: requests without an end")
def test_what_has_no_end_is_not_kept(tmp_path, attempts):
    with host_demo(tmp_path, "--nodes", "2", "--speed", "1") as demo:
        said = endless(demo)
        for begin, again in said.values():  # what the interpreter keeps for good it has from now on
            flood(demo, begin, again, 4 * 1024 * 1024).close()
            signed(demo, "GET", "/pools")
        most = 0
        for what, (begin, again) in said.items():
            with contextlib.ExitStack() as held:
                kept = kept_by(demo, held, begin, again)
                attempts.case(f"{what}: memory", got_through=kept > KEPT_KIB and f"{kept} KiB")
                attempts.case(f"{what}: others", got_through=signed(demo, "GET", "/pools")[0] != 200)
            most = max(most, kept)
        attempts.figure("most memory that one connection took", f"{most / 1024:.1f} MiB")


def kept_by(demo, held, begin, again):
    """Return what a connection made the service keep; memory that it only had for a moment another one finds free."""
    for _ in range(3):
        before = memory_kib(demo.pid)
        held.enter_context(flood(demo, begin, again, ENDLESS))
        kept = memory_kib(demo.pid) - before
        if kept <= KEPT_KIB:
            break
    return kept


def flood(service, begin, again, size):
    """Say something again and again, until so much is said, or it is refused or no longer taken."""
    connection = connect(service)
    connection.settimeout(1)
    with contextlib.suppress(OSError):
        connection.sendall(begin)
        for _ in range(size // len(again)):
            connection.sendall(again)
    return connection


HELD = 600
MOST_HELD = 256 + 10
"""Descriptors that they may take: one each of those that are kept, and a few that others ask with."""


@pytest.mark.safety("Demo: connections that are held open by HTTP")
def test_held_connections_lock_nobody_out(tmp_path, attempts):
    with host_demo(tmp_path, "--nodes", "2") as demo, contextlib.ExitStack() as held:
        demo.add_user()
        post = b"POST /pools HTTP/1.1"
        kinds = (
            b"",
            b"GE",
            b"GET /pools HTTP/1.1\r\nHost: ",
            written(demo, b"Content-Length: 100", first=post) + b"{",
            written(demo, CODED, first=post) + b"5\r\n{",
            written(demo, CODED, first=post) + b"0\r\nA: ",
            written(demo, last=False),
            written(demo, b"Expect: 100-continue", b"Content-Length: 100", first=post),
        )
        before = descriptors(demo.pid)
        for number in range(HELD):
            connection = held.enter_context(connect(demo))
            connection.sendall(kinds[number % len(kinds)])
            if number % 20 == 19:
                found = signed(demo, "GET", "/pools")[0]
                attempts.case(f"requests beside {number + 1} connections", got_through=found != 200 and found)
        more = descriptors(demo.pid) - before
        assert more > 200, "the connections must be held at all"
        attempts.case("descriptors", got_through=more > MOST_HELD and more)
        attempts.figure("descriptors that they took", more)
        demo.process.terminate()
        attempts.case("the end of the service", got_through=demo.process.wait(timeout=60))


@pytest.mark.safety("Demo: requests that come too slowly")
def test_what_does_not_come_is_not_waited_for(monkeypatch, attempts):
    """With shorter times than the usual ones."""
    monkeypatch.setattr(http_connection, "IDLE_S", 0.5)
    monkeypatch.setattr(server, "BODY_S", 0.5)
    with DemoService(nodes=0, speed=1) as service:
        post = b"POST /pools HTTP/1.1"
        asked = written(service, last=False)
        kinds = {
            "nothing": (b"", []),
            "a verb": (b"GET", []),
            "half a head": (written(service)[:-2], []),
            "half a head after a request": (asked + written(service)[:-2], [200]),
            "nothing after a request": (asked, [200]),
            "half a body": (written(service, b"Content-Length: 9", first=post, last=False) + b"{", [500]),
            "half a chunk": (written(service, CODED, first=post, last=False) + b"5\r\n{", [500]),
            "no trailer": (written(service, CODED, first=post, last=False) + b"0\r\nA: b", [500]),
            "no body": (written(service, b"Expect: 100-continue", b"Content-Length: 9", first=post, last=False), [500]),
        }
        with ThreadPoolExecutor(len(kinds)) as pool:  # after a refusal the service reads on for 10 s
            answers = pool.map(lambda kind: statuses(say(service, kind[0])), kinds.values())
        for (what, (_, wanted)), found in zip(kinds.items(), answers, strict=True):
            attempts.case(what, got_through=found != wanted and found)
