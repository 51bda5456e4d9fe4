"""Secrets used in every way that the widgets have for them are in nothing that is shown, sent, logged or written."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import comm
import ipywidgets
import pytest
from comm.base_comm import BaseComm
from safety.secret_forms import Secrets
from safety.secret_page import show
from safety.secret_paths import USES, Paths
from safety.secret_place import GENERATED_NAME, OWN_FILES

SEEN_HERE = (
    "ipywidgets.embed",
    "logs",
    "messages to the page",
    "printed",
    "repr of every object",
    "text of every error",
    "tracebacks",
    "variables in tracebacks of operations",
    "what cells show",
    "widget state",
)


class RecordedComm(BaseComm):
    """What a widget sends to the page, kept."""

    sent: list[str]

    def publish_msg(self, msg_type, data=None, metadata=None, buffers=None, **keys):
        self.sent.append(json.dumps([msg_type, data, metadata, keys], default=str))


class Looking:
    """Paths for secrets, and all that can be seen of them in this process."""

    def __init__(self, folder, capsys):
        self.sent = []
        self.secrets = Secrets.make()
        self.comm = type("Comm", (RecordedComm,), {"sent": self.sent})
        self._folder = folder
        self._capsys = capsys

    def start(self):
        self.paths = Paths(self.secrets, self._folder / "log")
        return self.paths

    def texts(self):
        """Give what there is to see, by place."""
        self.paths.look()
        out = self._capsys.readouterr()
        texts = {**self.paths.texts, "messages to the page": "\n".join(self.sent), "printed": out.out + out.err}
        for file in sorted(Path.home().rglob("*")):
            if file.is_file() and file.name not in OWN_FILES:
                texts[f"file {file.name}"] = file.read_bytes().decode("utf-8", "replace")
        return texts


@pytest.fixture
def looking(monkeypatch, tmp_path, capsys):
    looking = Looking(tmp_path, capsys)
    monkeypatch.setattr(comm, "create_comm", looking.comm)
    paths = looking.start()
    yield looking
    paths.close()


@pytest.mark.timeout(300)
@pytest.mark.safety("Secrets: used in this process, and shown by `ipywidgets.embed`")
def test_secrets_in_this_process(looking, attempts):
    for use in USES:
        getattr(looking.paths, use)()
    texts = looking.texts()
    assert set(texts) > set(SEEN_HERE)
    assert len([place for place in texts if place.startswith("exported")]) == 13
    files = [place for place in texts if place.startswith("file")]
    assert files == ["file known_hosts_demo", "file ssh_config_demo_demo"]
    shown = texts["messages to the page"].count(looking.secrets.values[GENERATED_NAME])
    assert shown == 1, f"a generated password goes to the page once, not {shown} times"
    looking.secrets.tell(attempts, texts, {(GENERATED_NAME, "messages to the page")})


class Careless:
    """Keeps a secret where it is seen; its class is taken for one of the package."""

    __module__ = "batch_widgets.careless"

    def __init__(self, secret):
        self._secret = secret

    def __repr__(self):
        return f"Careless({self._secret})"

    def fail(self):
        secret = self._secret
        raise ValueError(secret)


@pytest.mark.parametrize("name", ["account key", "password from Python", "private key that logs in"])
def test_each_search_sees_what_is_planted(looking, name):
    secret = looking.secrets.values[name]
    assert all(name not in looking.secrets.found_in(text) for text in looking.texts().values())
    careless = Careless(secret)
    logging.getLogger("somebody").debug("signing in with %s", secret)
    print(secret)  # noqa: T201
    (Path.home() / "notes").write_text(secret, encoding="utf-8")
    box = ipywidgets.VBox([ipywidgets.Text(secret)])
    box.frame_piece = None  # so that it is taken for a panel
    box._repr_mimebundle_ = lambda: {"text/plain": secret}
    operation = looking.paths.account.runner.submit("Fail", lambda _: _fail(careless))
    looking.paths.operations.append(operation)
    looking.paths.failing(lambda: operation.result(10))
    show(ipywidgets.Text(secret))
    texts = looking.texts()
    missed = [place for place in (*SEEN_HERE, "file notes") if name not in looking.secrets.found_in(texts[place])]
    assert not missed


async def _fail(careless):
    careless.fail()
