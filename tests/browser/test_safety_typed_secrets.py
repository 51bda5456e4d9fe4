"""Secrets typed in JupyterLab are in nothing that is saved, sent back, logged or written."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import nbformat
import pytest
from nbconvert import HTMLExporter
from safety.secret_forms import Secrets
from secret_clicks import GENERATED, IN_TERMINAL, NEW_KEY, Clicks

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from conftest import Notebook
    from safety_record import Attempts

CONNECT = r"""
import json, logging, os
from pathlib import Path
os.environ["HOME"] = {home!r}
os.environ["XDG_STATE_HOME"] = os.environ["HOME"] + "/state"
import batch_widgets as bw
from batch_widgets.demo import DemoService
from ipywidgets.embed import embed_minimal_html
handler = logging.FileHandler("../log", mode="w")
handler.setFormatter(logging.Formatter("%(name)s: %(message)s"))
for logger in (logging.getLogger(), *map(logging.getLogger, logging.root.manager.loggerDict)):
    logger.setLevel(logging.DEBUG)
    if logger is logging.getLogger() or not logger.propagate:
        logger.addHandler(handler)
values = json.loads(Path("../secrets").read_text())[0]
service = DemoService(nodes=2, speed=60, account_key=values["account key"]).start()
account = bw.connect(service.endpoint, account_name=service.account_name, account_key=service.account_key)
account.poll_interval_s = 0.1
"""
PANEL = 'panel = bw.NodePanel(account, "demo")\npanel'
GIVE = 'account.add_user("demo", "words", password=values["password typed to log in"]).result(timeout=30)'
BUILDER = "builder = bw.PoolBuilder(account)\nbuilder"
SHOWN = ("account", "panel.operation", "panel.frame", "builder.spec, builder.user_accounts, builder.loaded")
MISSING = """
values = json.loads(Path("../secrets").read_text())[0]
body = json.dumps(builder.spec.to_body())
print([name for name in values if name.startswith("secret typed into") and values[name] not in body])
"""
CLOSE = "panel.close(); builder.close(); account.close(); service.stop()"
OWN_FILES = {"secrets", "log", "batch_widgets_ed25519"}
"""What the test hands to the kernel and has it write, and the private key that the user asked to be made."""
USED = {
    *("account key", GENERATED, NEW_KEY, IN_TERMINAL),
    *("password typed for a user", "password typed to log in", "private key pasted for the public one"),
    *("password of a pool's user", "private key of a pool's user", "password of a registry", "password of a share"),
    *("word of a protected setting", "secret of a start task", "signature of a resource file"),
    *("signature in a command line", "signature in the environment", "signature of what is mounted"),
    *("signature of a container for logs", "storage key of a mount", "storage key in a connection string"),
}
FIELDS = 13
"""Into so many fields of the form for that pool a secret can be typed."""


class Place:
    """A notebook in JupyterLab, and all that there is to see of it."""

    def __init__(self, notebook: Notebook, home: Path) -> None:
        self.notebook = notebook
        self.home = home
        self.folder = notebook.lab.root.parent
        self.secrets = Secrets.make()
        self.file = self.folder / "secrets"
        self.secrets.write(self.file)

    def frames(self, frames: list[str | bytes]) -> list[str]:
        return [one if isinstance(one, str) else one.decode("utf-8", "replace") for one in frames]

    def texts(self, *, shown_once: str = "") -> dict[str, str]:
        """Give what there is to see; a password that is shown once comes in one message, which is left out."""
        notebook = self.notebook
        received = self.frames(notebook.traffic.received)
        if shown_once:
            assert sum(one.count(shown_once) for one in received) == 1, "a generated password goes to the page once"
        return {
            "the notebook": notebook.path.read_text(encoding="utf-8"),
            "its checkpoint": self._checkpoint().read_text(encoding="utf-8"),
            "its HTML": HTMLExporter().from_notebook_node(nbformat.read(notebook.path, as_version=4))[0],
            "a page by ipywidgets.embed": (self.folder / "root" / "embedded.html").read_text(encoding="utf-8"),
            "what the kernel sent": "\n".join(one for one in received if not shown_once or shown_once not in one),
            "the page": notebook.page.content(),
            "the page's console": "\n".join(notebook.console),
            "the kernel's log": (self.folder / "log").read_text(encoding="utf-8"),
            "files": "\n".join(
                f"{file.name} {file.read_bytes().decode('utf-8', 'replace')}"
                for file in sorted((*self.folder.rglob("*"), *self.home.rglob("*")))
                if file.is_file() and file.name not in OWN_FILES and file.suffix not in {".ipynb", ".html"}
            ),
        }

    def _checkpoint(self) -> Path:
        (file,) = self.notebook.path.parent.glob(f".ipynb_checkpoints/{self.notebook.path.stem}*.ipynb")
        return file


@pytest.fixture
def place(notebook: Notebook, tmp_path: Path) -> Iterator[Place]:
    place = Place(notebook, tmp_path)
    yield place
    place.file.unlink()


def use_secrets(place: Place, attempts: Attempts, *, saves_state: bool) -> None:
    notebook, secrets = place.notebook, place.secrets
    notebook.page.set_viewport_size({"width": 1440, "height": 1600})
    notebook.open(CONNECT.format(home=str(place.home)), PANEL, GIVE, BUILDER, *SHOWN)
    notebook.run(0)
    panel = notebook.run(1, "text=127.0.0.1:")
    notebook.run(2)
    if saves_state:
        notebook.save_widget_state()
    clicks = Clicks(notebook, secrets, place.home)
    clicks.use_panel(panel)
    typed = clicks.use_builder(notebook.run(3, "text=Create pool"))
    assert len(typed) == FIELDS
    secrets.write(place.file)
    assert notebook.python(MISSING) == "[]", "all that was typed has come to the kernel"
    for index in range(len(SHOWN)):
        notebook.run(4 + index, ".jp-OutputArea-output")
    notebook.python('embed_minimal_html("embedded.html", views=[panel, builder])')
    book = notebook.save()
    notebook.save()  # what was there before goes to the checkpoint
    assert ("widgets" in book["metadata"]) is saves_state

    sent = {name for one in place.frames(notebook.traffic.sent) for name in secrets.found_in(one)}
    used = {*sent, "account key", GENERATED, NEW_KEY}
    assert used == {*USED, *typed}
    secrets.values = {name: value for name, value in secrets.values.items() if name in used}
    texts = {**place.texts(shown_once=secrets.values[GENERATED]), **clicks.taken}
    assert "Comm: handle_msg" in texts["the kernel's log"], "Jupyter's own loggers write down messages of the page"
    assert "IPKernelApp: " in texts["the kernel's log"]
    assert "is left out here" in texts["the kernel's log"]
    assert "[D " in (place.folder / "server.log").read_text(encoding="utf-8"), "among the files: the server's, at DEBUG"
    # a terminal shows what is typed into it
    secrets.tell(attempts, texts, {(IN_TERMINAL, "what the kernel sent"), (IN_TERMINAL, "the page")})
    notebook.python(CLOSE)


@pytest.mark.timeout(300)
@pytest.mark.safety("Secrets: typed in JupyterLab, the state of widgets saved")
def test_secrets_where_the_state_of_widgets_is_saved(place: Place, attempts: Attempts):
    use_secrets(place, attempts, saves_state=True)


@pytest.mark.timeout(300)
@pytest.mark.safety("Secrets: typed in JupyterLab, the state of widgets not saved")
def test_secrets_where_the_state_of_widgets_is_not_saved(place: Place, attempts: Attempts):
    use_secrets(place, attempts, saves_state=False)


CARELESS = """
import json, logging
from pathlib import Path
from ipywidgets import Password
from ipywidgets.embed import embed_minimal_html
handler = logging.FileHandler("../log", mode="w")
logging.getLogger("Comm").addHandler(handler)
logging.getLogger("Comm").setLevel("DEBUG")
field = Password()
field"""


def test_the_search_sees_what_a_careless_field_leaks(place: Place):
    """A password field of ipywidgets is a trait: what is typed into it is found in each of the places."""
    notebook = place.notebook
    secret = place.secrets.values["password typed for a user"]
    notebook.open(CARELESS)
    output = notebook.run(0, "input")
    notebook.save_widget_state()
    output.locator("input").fill(secret)
    notebook.wait_python("len(field.value)", len(secret))
    notebook.python('embed_minimal_html("embedded.html", views=[field])')
    notebook.python('Path("../notes").write_text(field.value)')
    notebook.page.evaluate("text => { console.log(text); document.body.dataset.leak = text }", secret)
    notebook.save()
    notebook.save()
    assert json.loads(notebook.path.read_text(encoding="utf-8"))["metadata"]["widgets"]
    texts = place.texts()
    (place.folder / "notes").unlink()
    missed = [name for name, text in texts.items() if "password typed for a user" not in place.secrets.found_in(text)]
    assert missed == []
