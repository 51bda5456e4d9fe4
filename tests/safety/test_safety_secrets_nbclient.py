"""Secrets used in a notebook that nbclient executes, with the state of its widgets stored, are in nothing of it."""

from __future__ import annotations

import json
import os
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbconvert import HTMLExporter
from safety.secret_forms import Secrets
from safety.secret_paths import FOLDER, USES
from safety.secret_place import GENERATED_NAME, OWN_FILES

TESTS = Path(__file__).resolve().parents[1]
FAILS = "raises-exception"
CELLS = [
    ("from safety.secret_kernel import paths, tell", []),
    *((f"paths.{use}()\npaths.kept[-1]", []) for use in USES),
    ("paths.operations[-1]", []),
    ("paths.account", []),
    ("paths.builder.spec, paths.builder.loaded, paths.builder.user_accounts, paths.builder.extensions", []),
    ("paths.builder", []),
    ("paths.builder.creation.result()", [FAILS]),
    ("paths.account.check(); paths.refuse(); paths.account.create_pool(paths.builder.spec).result()", [FAILS]),
    ("%xmode Verbose", []),
    ("paths.account.create_pool(paths.builder.spec).result()", [FAILS]),
    ("tell()", []),
]


class Recording(NotebookClient):
    """Keeps every message of the kernel."""

    def __init__(self, *arguments, **options):
        self.messages = []
        super().__init__(*arguments, **options)

    def process_message(self, msg, cell, cell_index):
        self.messages.append(json.dumps([msg["msg_type"], msg["content"]], default=str))
        return super().process_message(msg, cell, cell_index)


def run(folder, cells):
    """Execute a notebook of these cells; give it, and the messages of its kernel."""
    book = nbformat.v4.new_notebook()
    for source, tags in cells:
        book.cells.append(nbformat.v4.new_code_cell(source, metadata={"tags": tags}))
    client = Recording(book, timeout=120, store_widget_state=True, resources={"metadata": {"path": str(folder)}})
    client.execute()
    return client.nb, client.messages


@pytest.mark.timeout(300)
@pytest.mark.safety("Secrets: used in a notebook that nbclient executes, the state of widgets stored")
def test_secrets_in_a_notebook_by_nbclient(tmp_path, monkeypatch, attempts):
    secrets = Secrets.make()
    folder = tmp_path / "told"
    folder.mkdir()
    secrets.write(folder / "secrets")
    monkeypatch.setenv(FOLDER, str(folder))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(TESTS), str(TESTS.parent)]))
    monkeypatch.setenv("PYDEVD_DISABLE_FILE_VALIDATION", "1")
    book, messages = run(tmp_path, CELLS)
    secrets = Secrets.read(folder / "secrets")
    texts = json.loads((folder / "texts").read_text(encoding="utf-8"))
    texts |= {
        "the notebook": nbformat.writes(book),
        "its HTML": HTMLExporter().from_notebook_node(book)[0],
        "messages of the kernel": "\n".join(messages),
    }
    for file in sorted(Path.home().rglob("*")):
        if file.is_file() and file.name not in OWN_FILES:
            texts[f"file {file.name}"] = file.read_bytes().decode("utf-8", "replace")
    errors = [cell for cell in book.cells for output in cell.outputs if output.output_type == "error"]
    assert len(errors) == 3, "tracebacks are among the outputs"
    state = book.metadata["widgets"]["application/vnd.jupyter.widget-state+json"]["state"]
    assert len(state) > 500, "the state of the widgets is in the notebook"
    assert texts["messages of the kernel"].count(json.dumps(secrets.values[GENERATED_NAME])) == 1
    secrets.tell(attempts, texts, {(GENERATED_NAME, "messages of the kernel")})


def test_the_search_sees_what_a_notebook_would_save(tmp_path):
    """A password field of ipywidgets keeps what is typed: the search finds it in notebook, HTML and messages."""
    secrets = Secrets({"planted": f"Pw-{'7f' * 16}"})
    secrets.write(tmp_path / "secrets")
    cells = [
        ("import json\nsecret = json.load(open('secrets'))[0]['planted']", []),
        ("from ipywidgets import Password\nfield = Password()\nfield", []),
        ("field.value = secret", []),
    ]
    book, messages = run(tmp_path, cells)
    assert secrets.found_in(nbformat.writes(book))
    assert secrets.found_in("\n".join(messages))
    assert secrets.found_in(HTMLExporter().from_notebook_node(book)[0])
