"""Requests that a page in the user's browser makes to the embedded service: written by hand, and really made."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from raw_requests import VERSION, send, signature, signed

from batch_widgets.demo import DemoService

FORM = "application/x-www-form-urlencoded"
POOL = json.dumps({"id": "made-by-a-page", "vmSize": "standard_d2s_v3"}).encode()

# What browsers add to the requests of pages, by how the page makes them.
BROWSER_MADE = {
    "fetch from elsewhere": {
        "Origin": "https://evil.example",
        "Sec-Fetch-Site": "cross-site",
        "Sec-Fetch-Mode": "cors",
    },
    "fetch without cors": {
        "Origin": "https://evil.example",
        "Sec-Fetch-Site": "cross-site",
        "Sec-Fetch-Mode": "no-cors",
    },
    "fetch from another port": {"Origin": "http://127.0.0.1:1", "Sec-Fetch-Site": "same-site"},
    "older browser": {"Origin": "https://evil.example"},
    "sandboxed frame or file": {"Origin": "null"},
    "empty origin": {"Origin": ""},
    "two origins": {"Origin": "http://127.0.0.1:1 https://evil.example"},
    "picture or script": {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"},
    "picture of another port": {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Dest": "image"},
    "link": {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"},
    "own page": {"Sec-Fetch-Site": "same-origin"},
    "simple post": {"Origin": "https://evil.example", "Content-Type": "text/plain"},
    "form": {"Origin": "https://evil.example", "Content-Type": FORM, "Sec-Fetch-Mode": "navigate"},
    "beacon": {
        "Origin": "https://evil.example",
        "Content-Type": "text/plain;charset=UTF-8",
        "Sec-Fetch-Mode": "no-cors",
    },
    "preflight": {
        "Origin": "https://evil.example",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type,ocp-date",
        "Access-Control-Request-Private-Network": "true",
    },
    "socket": {"Origin": "https://evil.example", "Connection": "Upgrade", "Upgrade": "websocket"},
}
ASKED = [
    *(("GET", "/pools"), ("POST", "/pools"), ("PATCH", "/pools/demo"), ("DELETE", "/pools/demo")),
    *(("POST", "/pools/demo/resize"), ("OPTIONS", "/pools"), ("HEAD", "/pools/demo"), ("GET", "/api/retail/prices")),
    *(("OPTIONS", "/api/retail/prices"), ("GET", "/")),
]


@pytest.fixture
def service():
    with DemoService(nodes=2, speed=1) as service:
        yield service


@pytest.mark.safety("Demo: requests with the headers that browsers add for a page")
def test_what_browsers_add_is_refused(service, attempts):
    """Signed as well, as by a page that had got at the key: what a page makes is refused whatever it holds."""
    before = signed(service, "GET", "/pools")[2]
    for form, added in BROWSER_MADE.items():
        for method, path in ASKED:
            for headers in ({}, signature(service, method, path)):
                status, given, _ = send(service, method, path, VERSION, {**headers, **added})
                told = [name for name in given if name.lower().startswith("access-control-")]
                attempts.case(f"{form}: {method} {path}", got_through=(status < 400 or told) and (status, told))
    assert signed(service, "GET", "/pools")[2] == before


def test_what_the_user_types_into_the_browser_is_answered(service):
    typed = {"Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    assert send(service, "GET", "/api/retail/prices", "", typed)[0] == 200
    assert send(service, "GET", "/pools", VERSION, typed)[0] == 403
    assert signed(service, "GET", "/pools", headers=typed)[0] == 200


PAGE = b"<!doctype html><title>elsewhere</title><body></body>"

# Each gives what the page found out: the answer's text if it could read any, else why not.
READ = """
async ([url, options]) => {
    try {
        const answer = await fetch(url, options);
        return { readable: answer.type !== "opaque" && answer.type !== "opaqueredirect", text: await answer.text() };
    } catch (error) {
        return { readable: false, text: String(error) };
    }
}
"""
ELEMENT = """
async ([kind, url]) => new Promise((resolve) => {
    const element = document.createElement(kind);
    element.onload = () => resolve({ readable: true, text: "loaded" });
    element.onerror = () => resolve({ readable: false, text: "failed" });
    element[kind === "link" ? "href" : "src"] = url;
    if (kind === "link") element.rel = "stylesheet";
    document.body.append(element);
})
"""
BEACON = "([url, text]) => navigator.sendBeacon(url, text)"
SOCKET = """
async (url) => new Promise((resolve) => {
    const socket = new WebSocket(url.replace("http", "ws"));
    socket.onopen = () => resolve(true);
    socket.onerror = () => resolve(false);
})
"""
SUBMIT = """
([url, kind, text]) => {
    const form = document.createElement("form");
    Object.assign(form, { method: "post", action: url, enctype: kind, target: "into" });
    const field = Object.assign(document.createElement("input"), { name: text, value: "" });
    const into = Object.assign(document.createElement("iframe"), { name: "into" });
    form.append(field);
    document.body.append(into, form);
    return new Promise((resolve) => {
        into.onload = () => { form.remove(); into.remove(); resolve(true); };
        form.submit();
    });
}
"""


class Elsewhere(BaseHTTPRequestHandler):
    """A server of another origin: its page, which all may read; that proves that reading would be seen."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(PAGE)))
        self.send_header("Access-Control-Allow-Origin", "*")
        self.end_headers()
        self.wfile.write(PAGE)

    do_POST = do_GET  # noqa: N815

    def log_message(self, *_arguments):
        """Say nothing."""


@pytest.fixture
def elsewhere():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def chromium(browser_tools):
    from playwright_driver import driver

    names = "--host-resolver-rules=MAP evil.example 127.0.0.1, MAP *.evil.example 127.0.0.1"
    with (
        driver() as playwright,
        playwright.chromium.launch(
            executable_path=browser_tools.find_chromium(), args=[*browser_tools.CHROMIUM_ARGS, names]
        ) as browser,
    ):
        yield browser


def options_of_fetch():
    text = POOL.decode()
    return {
        "plain": {},
        "without cors": {"mode": "no-cors"},
        "with cookies": {"credentials": "include"},
        "post of text": {"method": "POST", "body": text, "headers": {"Content-Type": "text/plain"}, "mode": "no-cors"},
        "post of a form": {"method": "POST", "body": text, "headers": {"Content-Type": FORM}},
        "post of json": {"method": "POST", "body": text, "headers": {"Content-Type": "application/json"}},
        "signed": {"headers": {"Authorization": "SharedKey demo:x", "ocp-date": "x"}},
        "delete": {"method": "DELETE"},
        "head": {"method": "HEAD"},
    }


@pytest.mark.browser
@pytest.mark.timeout(180)
@pytest.mark.safety("Demo: pages in Chromium, of another origin and with a rebound name")
def test_pages_get_nothing_and_do_nothing(service, elsewhere, chromium, attempts):
    port = service.endpoint.rpartition(":")[2]
    before = signed(service, "GET", "/pools")[2]
    handled = service.requests
    pages = [f"http://127.0.0.1:{elsewhere}", f"http://localhost:{elsewhere}", f"http://evil.example:{elsewhere}"]
    targets = [f"http://127.0.0.1:{port}", f"http://localhost:{port}", f"http://evil.example:{port}"]
    paths = [f"/pools?{VERSION}", "/api/retail/prices"]
    for origin in pages:
        page = chromium.new_page()
        page.goto(origin)
        assert page.evaluate(READ, [f"http://127.0.0.1:{elsewhere}/x", {}])["text"] == PAGE.decode()
        for target in targets:
            for path in paths:
                for name, options in options_of_fetch().items():
                    seen = page.evaluate(READ, [target + path, options])
                    attempts.case(f"{name}: {origin} -> {target}{path}", got_through=seen["readable"] and seen)
                for kind in ("img", "script", "link"):
                    seen = page.evaluate(ELEMENT, [kind, target + path])
                    attempts.case(f"{kind}: {origin} -> {target}{path}", got_through=seen["readable"])
                page.evaluate(BEACON, [target + path, POOL.decode()])
                attempts.case(f"beacon: {origin} -> {target}{path}", got_through=made(service))
                attempts.case(f"socket: {origin} -> {target}{path}", got_through=page.evaluate(SOCKET, target + path))
                for kind in (FORM, "text/plain", "multipart/form-data"):
                    page.evaluate(SUBMIT, [target + path, kind, POOL.decode()])
                    attempts.case(f"{kind}: {origin} -> {target}{path}", got_through=made(service))
        page.close()
    # A name that leads to another server first and to the service then: the page is of the service's own origin.
    rebound = chromium.new_page()
    answer = rebound.goto(f"http://evil.example:{port}/api/retail/prices")
    attempts.case("rebound: the page itself", got_through=answer.ok)
    for path in paths:
        seen = rebound.evaluate(READ, [path, {}])
        attempts.case(f"rebound: {path}", got_through="InvalidHeaderValue" not in seen["text"] and seen)
    assert signed(service, "GET", "/pools")[2] == before
    assert service.requests.total() - handled.total() > 100, "the browser must have reached the service"


def made(service):
    return any(pool.id == "made-by-a-page" for pool in service._state.pools())
