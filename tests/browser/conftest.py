"""A real JupyterLab in a real Chromium.

``notebook`` is what tests use: it writes a notebook, opens it, runs cells and asks the kernel. One server and one
browser serve the session; each test has a browser context and kernels of its own.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import nbformat
import pytest
from playwright.sync_api import Error as PlaywrightError
from playwright_driver import driver

import batch_widgets

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Locator, Page, Request, WebSocket

START_S = 60.0
WAIT_MS = 15_000
CHROMIUM_ARGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")
HERE = Path(__file__).resolve().parent

EVALUATE = """
async (code) => {
    const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
    const future = kernel.requestExecute({ code, store_history: false });
    let out = "", problem = null;
    future.onIOPub = ({ header, content }) => {
        if (header.msg_type === "stream") out += content.text;
        if (header.msg_type === "error") problem = content.traceback.join("\\n");
    };
    await future.done;
    return { out, problem };
}
"""

OPENED = "() => Boolean(window.jupyterapp?.shell?.currentWidget?.sessionContext)"
LOADED = """
async () => {
    const panel = window.jupyterapp.shell.currentWidget;
    await panel.context.ready;
    await panel.sessionContext.ready;
}
"""
IDLE = """
() => {
    const kernel = window.jupyterapp.shell.currentWidget?.sessionContext.session?.kernel;
    return kernel?.connectionStatus === "connected" && kernel.status === "idle";
}
"""


BOOK = pytest.StashKey["Notebook"]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """With a failure, tell what the page showed: a wait that ran out says nothing by itself."""
    report = yield
    if call.when == "call" and call.excinfo is not None and (book := item.stash.get(BOOK, None)) is not None:
        report.sections.append(("the page", book.describe()))
    return report


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder drives a browser."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)
            if item.get_closest_marker("timeout") is None:
                item.add_marker(pytest.mark.timeout(180))


def find_chromium() -> str | None:
    """Return the path of a Chromium, or None when only Playwright's own may be there."""
    named = os.environ.get("BATCH_WIDGETS_CHROMIUM")
    if named:
        return named
    found = (path for path in ("/usr/bin/chromium",) if Path(path).exists())
    return next(found, None) or next((path for name in CHROMIUM_NAMES if (path := shutil.which(name))), None)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """A headless Chromium. Without one the test fails; a skipped test would look like a passed one."""
    with driver() as playwright:
        path = find_chromium()
        try:
            browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM_ARGS)
        except PlaywrightError as problem:
            pytest.fail(
                f"No Chromium could be started ({path or 'none on the PATH'}): {str(problem).splitlines()[0]}\n"
                "Install one: `apt-get install chromium`, or `python -m playwright install --with-deps chromium`, "
                "or set BATCH_WIDGETS_CHROMIUM to the path of one.",
                pytrace=False,
            )
        try:
            yield browser
        finally:
            browser.close()


class Lab:
    """A running JupyterLab server."""

    def __init__(self, url: str, root: Path) -> None:
        self.url = url
        self.root = root

    def api(self, method: str, path: str) -> Any:
        request = urllib.request.Request(f"{self.url}/api/{path}", method=method)
        with urllib.request.urlopen(request, timeout=10) as answer:
            body = answer.read()
        return json.loads(body) if body else None

    def end_kernels(self) -> None:
        """End all kernels, and see that they are gone: a session that is being made comes late."""
        end = time.monotonic() + START_S
        while kernels := [f"sessions/{one['id']}" for one in self.api("GET", "sessions")] or [
            f"kernels/{one['id']}" for one in self.api("GET", "kernels")
        ]:
            assert time.monotonic() < end, f"These don't end: {kernels}"
            for path in kernels:
                with contextlib.suppress(urllib.error.HTTPError):  # it may have gone by itself
                    self.api("DELETE", path)


def _jupyter_environment(folder: Path) -> dict[str, str]:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("JUPYTER")}
    places = {
        "JUPYTER_CONFIG_DIR": "config",
        "JUPYTER_DATA_DIR": "data",
        "JUPYTER_RUNTIME_DIR": "runtime",
        "IPYTHONDIR": "ipython",
        "HOME": "home",  # keys are made there
        "XDG_STATE_HOME": "state",
        "JUPYTERLAB_SETTINGS_DIR": "settings",
        "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
    }
    for name, place in places.items():
        (folder / place).mkdir()
        environment[name] = str(folder / place)
    # No question whether to fetch news, for nothing is fetched.
    settings = folder / "settings" / "@jupyterlab" / "apputils-extension"
    settings.mkdir(parents=True)
    (settings / "notification.jupyterlab-settings").write_text(
        json.dumps({"fetchNews": "false", "checkForUpdates": False}), encoding="utf-8"
    )
    # The kernel imports the package from where the tests do, installed or not.
    environment["PYTHONPATH"] = str(Path(batch_widgets.__file__).resolve().parent.parent)
    environment["PYDEVD_DISABLE_FILE_VALIDATION"] = "1"
    return environment


@contextlib.contextmanager
def serve_lab(folder: Path, root: Path, python: str = sys.executable) -> Iterator[Lab]:
    """Serve `root` with a JupyterLab, settings and a kernel of this Python's environment; its files go to `folder`."""
    environment = _jupyter_environment(folder)
    if python != sys.executable:
        del environment["PYTHONPATH"]  # that environment has a package of its own
    subprocess.run(
        [python, "-m", "ipykernel", "install", "--prefix", str(folder / "kernel"), "--name", "python3"],
        env=environment,
        check=True,
        capture_output=True,
    )
    environment["JUPYTER_PATH"] = str(folder / "kernel" / "share" / "jupyter")
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    log = folder / "server.log"
    options = [
        "--no-browser",
        "--allow-root",
        "--ServerApp.ip=127.0.0.1",
        f"--ServerApp.port={port}",
        "--ServerApp.port_retries=0",
        "--IdentityProvider.token=",
        "--ServerApp.password=",
        f"--ServerApp.root_dir={root}",
        "--ServerApp.disable_check_xsrf=True",
        "--LabApp.expose_app_in_browser=True",
        "--LabApp.collaborative=False",
        "--ServerApp.log_level=DEBUG",
    ]
    with log.open("wb") as output:
        server = subprocess.Popen(
            [python, "-m", "jupyterlab", *options], env=environment, stdout=output, stderr=subprocess.STDOUT
        )
        try:
            _wait_for(server, f"{url}/api/status", log)
            yield Lab(url, root)
        finally:
            server.terminate()
            try:
                server.wait(15)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A JupyterLab server with settings of its own, whose kernel is this Python."""
    folder = tmp_path_factory.mktemp("lab")
    root = folder / "root"
    root.mkdir()
    with serve_lab(folder, root) as served:
        yield served


def _wait_for(server: subprocess.Popen[bytes], url: str, log: Path) -> None:
    end = time.monotonic() + START_S
    while time.monotonic() < end:
        if server.poll() is not None:
            break
        with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=2):
            return
        time.sleep(0.2)
    pytest.fail(
        f"JupyterLab did not start:\n{log.read_text(encoding='utf-8', errors='replace')[-4000:]}", pytrace=False
    )


class Traffic:
    """What the websockets of a page carried, and which hosts it asked."""

    def __init__(self, page: Page, host: str) -> None:
        self.received: list[str | bytes] = []
        self.sent: list[str | bytes] = []
        self.elsewhere: list[str] = []
        self._host = host
        page.on("websocket", self._on_websocket)
        page.on("request", self._on_request)

    @property
    def received_bytes(self) -> int:
        return sum(len(frame) for frame in self.received)

    def count_received(self, needle: bytes) -> int:
        """How many frames hold these bytes."""
        return sum(needle in (frame if isinstance(frame, bytes) else frame.encode()) for frame in self.received)

    def _on_websocket(self, socket_: WebSocket) -> None:
        if "/channels" in socket_.url:
            # Playwright marks the function that it is given, which it cannot with a built-in one.
            socket_.on("framereceived", lambda frame: self.received.append(frame))  # noqa: PLW0108
            socket_.on("framesent", lambda frame: self.sent.append(frame))  # noqa: PLW0108

    def _on_request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme in {"http", "https", "ws", "wss"} and parts.netloc != self._host:
            self.elsewhere.append(request.url)


class Notebook:
    """A notebook open in JupyterLab."""

    def __init__(self, lab_: Lab, page: Page, name: str) -> None:
        self.lab = lab_
        self.page = page
        self.path = lab_.root / f"{name}.ipynb"
        self.errors: list[str] = []
        self.traffic = Traffic(page, urlsplit(lab_.url).netloc)
        self.console: list[str] = []
        page.on("console", lambda message: self.console.append(f"{message.type}: {message.text[:500]}"))
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.set_default_timeout(WAIT_MS)

    def open(self, *cells: str) -> Notebook:
        """Write a notebook of these cells and open it; nothing runs yet."""
        book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
        book.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
        nbformat.write(book, self.path)
        return self.visit()

    def visit(self) -> Notebook:
        """Open the notebook as it is on disk."""
        self.page.goto(f"{self.lab.url}/lab/tree/{self.path.name}?reset", wait_until="domcontentloaded")
        return self.wait_ready()

    def wait_ready(self) -> Notebook:
        self.page.wait_for_function(OPENED)
        self.page.evaluate(LOADED)
        self.page.wait_for_function(IDLE)
        return self

    def reload(self) -> Notebook:
        """Load the page again; the kernel lives on."""
        self.page.reload(wait_until="domcontentloaded")
        return self.wait_ready()

    def run(self, index: int, wait_for: str | None = None) -> Locator:
        """Run a cell and return its output area, once `wait_for` is visible in it."""
        self.page.evaluate(
            """async (index) => {
                const app = window.jupyterapp;
                const notebook = app.shell.currentWidget.content;
                notebook.activeCellIndex = index;
                notebook.deselectAll();
                app.commands.execute('notebook:run-cell');
            }""",
            index,
        )
        output = self.page.locator(".jp-Notebook .jp-CodeCell").nth(index).locator(".jp-OutputArea")
        if wait_for is not None:
            try:
                output.locator(wait_for).first.wait_for(state="visible")
            except PlaywrightError:
                pytest.fail(f"{wait_for} did not show.\n{self.story(output)}", pytrace=False)
        return output

    def story(self, output: Locator) -> str:
        """What a failure needs: the text of the output, and what the page said."""
        text = " | ".join(output.all_inner_texts())
        return "\n".join(["Output: " + text[-2000:], *self.console[-20:], *self.errors])

    def python(self, code: str) -> str:
        """Run code in the kernel and return what it printed."""
        result = self.page.evaluate(EVALUATE, code)
        if result["problem"]:
            pytest.fail(re.sub(r"\x1b\[[0-9;]*m", "", result["problem"]), pytrace=False)
        return result["out"].strip()

    def wait_python(self, expression: str, expected: object, seconds: float = 10.0) -> None:
        """Wait until an expression in the kernel has this value."""
        end = time.monotonic() + seconds
        while True:
            value = self.python(f"print(repr({expression}))")
            if value == repr(expected):
                return
            if time.monotonic() > end:
                pytest.fail(f"{expression} is {value}, not {expected!r}", pytrace=False)
            self.page.wait_for_timeout(100)

    def clipboard(self, contains: str, seconds: float = 10.0) -> str:
        """Wait until the clipboard holds a text with this in it, and return that text."""
        end = time.monotonic() + seconds
        while contains not in (text := self.page.evaluate("navigator.clipboard.readText()")):
            if time.monotonic() > end:
                pytest.fail(f"The clipboard holds {text[:200]!r}, without {contains!r}", pytrace=False)
            self.page.wait_for_timeout(50)
        return str(text)

    def theme(self, name: str) -> None:
        """Switch to "dark" or "light"."""
        theme = {"dark": "JupyterLab Dark", "light": "JupyterLab Light"}[name]
        self.page.evaluate("(theme) => window.jupyterapp.commands.execute('apputils:change-theme', { theme })", theme)
        light = "false" if name == "dark" else "true"
        self.page.locator(f"body[data-jp-theme-light='{light}']").wait_for(state="attached")

    def save_widget_state(self) -> None:
        """Let the next save write the state of the widgets into the file, as the menu Settings does."""
        self.page.evaluate(
            """async () => {
                const { commands } = window.jupyterapp;
                const id = '@jupyter-widgets/jupyterlab-manager:saveWidgetState';
                if (!commands.isToggled(id)) await commands.execute(id);
            }"""
        )

    def save(self) -> dict[str, Any]:
        """Save by the toolbar's button and return what is in the file."""
        before = self.path.stat().st_mtime_ns
        self.page.locator("[data-command='docmanager:save']").first.click()
        end = time.monotonic() + 10
        while self.path.stat().st_mtime_ns == before and time.monotonic() < end:
            self.page.wait_for_timeout(50)
        self.page.wait_for_timeout(200)
        return json.loads(self.path.read_text(encoding="utf-8"))

    def describe(self) -> str:
        """Tell what the page shows, which kernels there are, and what the console said last."""
        try:
            outputs = self.page.locator(".jp-OutputArea-output").all_inner_texts()
            kernels = self.lab.api("GET", "kernels")
        except (PlaywrightError, OSError) as problem:
            return str(problem)
        shown = "\n---\n".join(text[:1500] for text in outputs)
        return f"{self.page.url}\n{shown}\nkernels: {kernels}\nconsole:\n" + "\n".join(self.console[-15:])

    @property
    def takes_pictures(self) -> bool:
        """Whether pictures are wanted."""
        return "BATCH_WIDGETS_SCREENSHOTS" in os.environ

    def screenshot(self, locator: Locator, name: str) -> None:
        """Write a picture, but only where BATCH_WIDGETS_SCREENSHOTS names a folder."""
        folder = os.environ.get("BATCH_WIDGETS_SCREENSHOTS")
        if folder:
            Path(folder).mkdir(parents=True, exist_ok=True)
            locator.screenshot(path=str(Path(folder) / f"{name}.png"))

    @property
    def cell_count(self) -> int:
        """How many cells the notebook has; a stray shortcut of the notebook would change it."""
        return int(self.page.evaluate("() => window.jupyterapp.shell.currentWidget.content.widgets.length"))


@pytest.fixture
def notebook(lab: Lab, chromium: Browser, request: pytest.FixtureRequest) -> Iterator[Notebook]:
    """A notebook in a browser context of its own. Afterwards the page threw no error and asked no other host."""
    context = chromium.new_context(viewport={"width": 1360, "height": 900})
    context.grant_permissions(["clipboard-read", "clipboard-write"], origin=lab.url)
    book = Notebook(lab, context.new_page(), re.sub(r"\W+", "_", request.node.name))
    request.node.stash[BOOK] = book
    try:
        yield book
        assert book.traffic.elsewhere == []
        assert book.errors == []
    finally:
        context.close()
        lab.end_kernels()
        # what a test has set, its theme and whether the state of widgets is saved, is not for the next
        kept = lab.root.parent / "settings"
        (kept / "@jupyterlab" / "apputils-extension" / "themes.jupyterlab-settings").unlink(missing_ok=True)
        shutil.rmtree(kept / "@jupyter-widgets", ignore_errors=True)
