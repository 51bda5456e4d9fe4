"""Hostile text in what is shown without a browser: printed, in tracebacks, as HTML, Markdown and CSV."""

import csv
import io
import json
import re
import subprocess
import traceback
from html.parser import HTMLParser
from pathlib import Path

import IPython.core.ultratb
import mistune
import pytest
from hostile_account import HostileAccount, hostile_body
from hostile_texts import ALL, CANARY, LONG
from ipywidgets.widgets.widget import _instances

import batch_widgets as bw
from batch_widgets.autoscale.findings import Finding
from batch_widgets.errors import (
    AmbiguousSelectionError,
    BatchWidgetsError,
    LoginError,
    PoolAllocationError,
    ServiceError,
    ValidationError,
)
from batch_widgets.images import CustomImage, ImageReference, SupportedImage, images_frame, to_markdown
from batch_widgets.login import RemoteLoginSettings, SshHost, login_csv, login_frame, ssh_command, ssh_config
from batch_widgets.nodes import Node, NodeOutcome, nodes_frame, outcomes_frame
from batch_widgets.pools import PoolSpec, ResizeError
from batch_widgets.problems import Problem
from batch_widgets.texts import frame_csv
from batch_widgets.widgets.image_rows import row_text, static_table, text_table

WAIT_S = 60.0
MOST_PRINTED = 60_000
TEXTS = (*ALL, *LONG)
# What moves a cursor, sets a title, rings, turns letters round or hides them; line ends and tabs are no harm.
STEERS = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)
COLOURS = re.compile("\x1b\\[[0-9;]*m")  # of IPython itself
TAGS = frozenset(
    {
        *("a", "b", "br", "code", "details", "dd", "div", "dl", "dt", "em", "h2", "hr", "li", "ol", "p", "pre", "span"),
        *("strong", "style", "summary", "table", "tbody", "td", "th", "thead", "tr", "ul"),
    }
)
ATTRIBUTES = frozenset(
    {
        "aria-label",
        "border",
        "class",
        "dataframe",
        "halign",
        "href",
        "rel",
        "role",
        "scope",
        "scoped",
        "style",
        "title",
        "valign",
    }
)


def steers(text, most=MOST_PRINTED):
    """Say what is wrong with a text that a terminal is to show; nothing where that is in order."""
    if found := STEERS.search(text):
        return f"{found[0]!r} in {text[max(0, found.start() - 60) : found.end() + 60]!r}"
    return len(text) > most and f"{len(text)} characters"


class Reader(HTMLParser):
    """Finds elements and attributes that only a text can have brought in."""

    def __init__(self, html):
        super().__init__()
        self.found = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attributes):
        strange = [name for name, _ in attributes if name not in ATTRIBUTES]
        links = [value for name, value in attributes if name == "href" and not re.match("https?:|#", value or "")]
        styles = [value for name, value in attributes if name == "style" and CANARY in (value or "")]
        if tag not in TAGS or strange or links or styles:
            self.found.append((tag, attributes))


def breaks_out(html):
    return Reader(html).found


def test_the_checks_would_see_it():
    assert steers("a\x1b[2Jb")
    assert steers("\u202egpj.exe")
    assert steers("x" * (MOST_PRINTED + 1))
    assert not steers("two\n\tlines")
    assert breaks_out(f"<p><img src=x onerror={CANARY}()></p>")
    assert breaks_out(f"<p onclick={CANARY}()>x</p>")
    assert breaks_out("<a href='javascript:x()'>x</a>")
    assert not breaks_out("<p class=x>&lt;script></p>")


def an_image(text, key=""):
    return SupportedImage(text, ImageReference(text, text, text + key, text), text, verified=True, capabilities=(text,))


def values(text):
    """Give whatever has a text form, with a text in each of its places."""
    image = an_image(text)
    problem = Problem("pool_id", text)
    yield from (image, image.image_reference, problem, Finding(text, 1, 1, 0, 1))
    yield Node(text, text, ip_address=text, errors=(text,), start_task_failure=text, node_agent_version=text)
    yield from (ResizeError(text, text, ((text, text),)), RemoteLoginSettings(text, text, 22, reason=text))
    details = {"hint": text, "code": text, "request_id": text}
    yield BatchWidgetsError(text, **details)
    yield ServiceError(text, **details)
    yield PoolAllocationError(text, **details)
    yield LoginError(text, outcome=text, **details)
    yield AmbiguousSelectionError(text, [image] * 30, **details)
    yield ValidationError([problem] * 2)
    try:
        yield CustomImage(text, text)
    except ValidationError as refused:
        yield refused
    try:
        yield PoolSpec.from_body(hostile_body(text))
    except ValidationError as refused:
        yield refused


@pytest.mark.timeout(300)
@pytest.mark.safety("Hostile text: values and errors that are printed")
def test_values_that_are_printed(attempts):
    for text in TEXTS:
        most = MOST_PRINTED if len(text) < MOST_PRINTED else 100 * len(text)  # a repr is whole
        for value in values(text):
            what = f"{type(value).__name__} with {text[:40]!r}"
            attempts.case(f"print of {what}", got_through=steers(str(value), most))
            attempts.case(f"repr of {what}", got_through=steers(repr(value), most))
            bundle = value._repr_mimebundle_() if hasattr(value, "_repr_mimebundle_") else {}
            attempts.case(f"cell of {what}", got_through=steers("\n".join(bundle.values()), most))


@pytest.mark.timeout(300)
@pytest.mark.safety("Hostile text: tracebacks")
def test_tracebacks(attempts):
    """As Python and IPython write them: coloured by IPython and by nobody else, and no longer than a page or ten."""
    ipython = IPython.core.ultratb.FormattedTB(mode="Context", theme_name="linux", include_vars=False)
    for text in TEXTS:
        for error in values(text):
            if not isinstance(error, BatchWidgetsError):
                continue
            try:
                raise error
            except BatchWidgetsError:
                python = traceback.format_exc()
                coloured = "\n".join(ipython.structured_traceback(type(error), error, error.__traceback__))
            what = f"{type(error).__name__} with {text[:40]!r}"
            attempts.case(f"Python: {what}", got_through=steers(python))
            attempts.case(f"IPython: {what}", got_through=steers(COLOURS.sub("", coloured)))


@pytest.fixture
def hostile():
    """An account all of whose answers are hostile."""
    made = HostileAccount(nodes=6)
    yield made
    for one in list(_instances.values()):
        one.close()
    made.close()


def looked_at(hostile):
    """Give widgets and operations that have read what there is, and failed at what there is not."""
    account, pool_id = hostile.account, hostile.pool_id
    browser, panel = bw.SkuBrowser(account), bw.NodePanel(account, pool_id)
    builder, bench = bw.PoolBuilder(account), bw.Workbench(account)
    images = list(browser.images)
    browser.selected = images[0]
    assert len(panel.view.nodes) == 6
    assert any(CANARY in node.id for node in panel.view.nodes)
    adding = panel.add_user("alice", password="Pw-1234567890")
    adding.result(WAIT_S)
    builder.load(hostile_body(pool_id))
    failing = [
        account.create_pool(PoolSpec(pool_id="demo", vm_size="Standard_D2s_v3", image=images[0])),
        account.delete_pool("none-such"),
        account.resize_pool(pool_id, target_dedicated_nodes=999_999),
        panel.add_user("alice", password="Pw-1234567890"),
        panel.run("true", user="alice", password="Pw-1234567890"),
        account.delete_user(pool_id, "nobody"),
    ]
    for operation in failing:
        operation.exception(WAIT_S)
    return {
        "browser": browser,
        "panel": panel,
        "builder": builder,
        "workbench": bench,
        "adding": adding,
        "account": account,
        "pool": account.get_pool(pool_id),
        **{f"operation {number}": operation for number, operation in enumerate(failing)},
        **{f"its error {number}": operation.exception() for number, operation in enumerate(failing)},
    }


@pytest.mark.timeout(300)
@pytest.mark.safety("Hostile text: widgets and operations without a page")
def test_widgets_without_a_page(hostile, attempts):
    made = looked_at(hostile)
    for name, one in made.items():
        bundle = one._repr_mimebundle_() if hasattr(one, "_repr_mimebundle_") else {}
        bundle = bundle[0] if isinstance(bundle, tuple) else bundle
        attempts.case(f"print of {name}", got_through=steers(str(one)))
        attempts.case(f"repr of {name}", got_through=steers(repr(one)))
        attempts.case(f"{name} as text", got_through=steers(bundle.get("text/plain", "")))
        attempts.case(f"{name} as HTML", got_through=breaks_out(bundle.get("text/html", "")))
    assert CANARY in made["browser"]._repr_mimebundle_()["text/html"], "the texts were there"
    frames = {
        "images": made["browser"].frame,
        "nodes": made["panel"].frame,
        "outcomes": made["adding"].result(),
        "logins": hostile.account.login_frame(hostile.pool_id),
    }
    for name, frame in frames.items():
        attempts.case(f"frame of {name} as HTML", got_through=breaks_out(frame._repr_html_()))


def frames(text):
    """Give the tables that are exported, two rows of each hostile."""
    images = images_frame([an_image(text), an_image(text, "2")])
    logins = [RemoteLoginSettings(text, text, 22, ipv6_address=text, private_ip_address=text), *[_away(text)] * 2]
    outcomes = [NodeOutcome(text, "failed", text, text), NodeOutcome("b", "done", text, text)]
    nodes = [Node(text, text, ip_address=text, errors=(text,), scheduling_state=text), Node("b", "idle")]
    return {
        "images": images,
        "logins": login_frame(logins, {text: text}),
        "outcomes": outcomes_frame(outcomes),
        "nodes": nodes_frame(nodes, {}, {text: text}),
    }


def _away(text):
    return RemoteLoginSettings("b", reason=text)


@pytest.mark.timeout(300)
@pytest.mark.safety("Hostile text: CSV")
def test_csv(attempts):
    """Every reader finds the same rows, and no spreadsheet a formula in one."""
    for text in TEXTS:
        if "\ud800" in text:
            continue  # no file can hold it
        for name, frame in frames(text).items():
            made = login_csv(frame) if name == "logins" else frame_csv(frame, index=name == "images")
            csv.field_size_limit(10_000_000)
            rows = list(csv.reader(io.StringIO(made, newline="")))
            width = len(frame.columns) + (name == "images")
            shape = len(rows) != len(frame) + 1 or any(len(row) != width for row in rows)
            cells = [cell for row in rows for cell in row if re.match("[=+@\t\r\n\uff1d]|-[^0-9]", cell)]
            attempts.case(f"{name}: {text[:40]!r}", got_through=shape or cells)
    sheet = row_text(an_image("=1+1")).split("\t")
    attempts.case("a row to paste", got_through=[cell for cell in sheet if cell.startswith("=")])


def as_html(markdown):
    """Give what a renderer that lets HTML through makes of it."""
    return str(mistune.create_markdown(escape=False, plugins=["table", "url", "strikethrough"])(markdown))


@pytest.mark.timeout(300)
@pytest.mark.safety("Hostile text: Markdown")
def test_markdown(attempts):
    assert breaks_out(as_html(f"<script>{CANARY}()</script>"))
    for text in ALL:
        for name, frame in frames(text).items():
            html = as_html(to_markdown(frame))
            rows = html.count("<tr>") != len(frame) + 1 or html.count("<td") != len(frame) * len(frame.columns)
            attempts.case(f"{name}: {text!r}", got_through=breaks_out(html) or (rows and html[:900]))
        code = an_image(text)._repr_mimebundle_()["text/markdown"]
        html = as_html(code)
        attempts.case(f"code: {text!r}", got_through=breaks_out(html) or (html.count("<pre>") != 1 and html))


@pytest.mark.timeout(300)
@pytest.mark.safety("Hostile text: tables for pages without a kernel")
def test_static_tables(attempts):
    for text in TEXTS:
        images = [an_image(text), an_image(text, "2")]
        html, plain = static_table(images, text), text_table(images, text)
        wrong = html.count("<tr>") != 3 or html.count("<td>") != 8 or len(html) > MOST_PRINTED
        attempts.case(f"HTML: {text[:40]!r}", got_through=breaks_out(html) or (wrong and html[:900]))
        wrong = steers(plain) or (len(plain.split("\n")) != 3 and plain)
        attempts.case(f"text: {text[:40]!r}", got_through=wrong)


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.safety("Hostile text: 1 MB in shell lines, ssh config and pools")
def test_long_texts(tmp_path, attempts):
    """Such a word is too long for the arguments of a program, not for the shell, which shows that it is one word."""
    path, says, hosts = tmp_path / "script.sh", tmp_path / "says", Path("/h")
    quotes = ("'" * 500_000, "\n" * 1_000_000, "$(x)" * 250_000, '"`' * 500_000)
    for text in (*LONG, *quotes):
        what = f"{len(text)} of {text[:4]!r}"
        settings = RemoteLoginSettings("node", "203.0.113.5", 40_017, reason=text)
        for place, make in {
            "user": lambda text=text, settings=settings: ssh_command(text, settings, known_hosts=hosts),
            "address": lambda text=text: ssh_command("alice", RemoteLoginSettings("node", text, 22), known_hosts=hosts),
            "key": lambda text=text, settings=settings: ssh_command(
                "a", settings, identity_file=Path("/x/" + text), known_hosts=hosts
            ),
            "az": lambda text=text: bw.pools.create_pool_command({"id": text, "vmSize": text}, "https://x", "x"),
        }.items():
            try:
                line = make()
            except ValidationError as error:
                attempts.case(f"{place}: {what}", got_through=steers(str(error)))
                continue
            path.write_text('ssh() { printf \'%s\\0\' "$@" > says; }\naz() { ssh "$@"; }\n' + line + "\n")
            done = subprocess.run(["bash", str(path)], cwd=tmp_path, check=False, capture_output=True, timeout=60)
            words = says.read_text().split("\0")
            wrong = done.returncode or not any(text in word for word in words) or len(words) > 20
            attempts.case(f"{place}: {what}", got_through=wrong and (done.stderr[:300], len(words)))
            assert {one.name for one in tmp_path.iterdir()} == {path.name, says.name}
        try:
            config = ssh_config("p", [SshHost(settings, "bob"), SshHost(_away(text), text)], known_hosts=Path("/h"))
        except ValidationError:
            config = ssh_config("p", [SshHost(settings, "bob"), SshHost(_away(text), "bob")], known_hosts=Path("/h"))
        named = [line for line in config.splitlines() if line.startswith("Host ")]
        attempts.case(f"ssh config: {what}", got_through=len(named) > 2 and named)
        spec = PoolSpec.from_body({"id": "p", "displayName": text, "startTask": {"commandLine": text}})
        attempts.case(f"pool: {what}", got_through=json.loads(spec.to_json())["displayName"] != text)
