"""The page about the node panel: its code runs as it stands, and its tables name what there is."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import get_args

import pytest

import batch_widgets as bw
from batch_widgets.nodes import Outcome
from batch_widgets.widgets.live_nodes import LiveNodes
from batch_widgets.widgets.node_actions import NodeActions
from batch_widgets.widgets.node_rows import NODE_COLUMNS

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture(scope="module")
def page():
    return (DOCS / "node-panel.md").read_text(encoding="utf-8")


def first_cells(page, heading):
    """The first cells of the table that has this heading."""
    lines = page[page.index(f"| {heading} |") :].splitlines()[2:]
    end = next(number for number, line in enumerate([*lines, ""]) if not line.startswith("|"))
    return [line.split("|")[1].strip() for line in lines[:end]]


def run(source, names):
    """Run a cell as a notebook does, and give what its last expression gives."""
    tree = ast.parse(source)
    last = ast.Expression(tree.body.pop().value) if isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, "node-panel.md", "exec"), names)
    return eval(compile(last, "node-panel.md", "eval"), names) if last else None


def test_its_code_runs_from_top_to_bottom(page, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    names: dict[str, object] = {}
    blocks = re.findall(r"^```python\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    shown, given, gone, _logins, config, _end = [run(block, names) for block in blocks]
    assert shown is names["panel"]
    assert list(given["outcome"]) == ["added"] * 4
    assert list(gone["outcome"]) == ["deleted"] * 4
    assert config is None  # it is printed
    printed = capsys.readouterr().out
    assert printed.count("Host demo-") == 4
    assert len(re.findall(r"^tvmps_\w+ \| idle \| 127\.0\.0\.1 \| \d+$", printed, re.MULTILINE)) == 4
    assert names["terminal"].is_closed
    assert names["panel"].is_closed
    account = names["account"]
    assert set(account.users_given.frame["name"]) == {"alice"}
    account.close()


def test_columns_outcomes_and_buttons_are_those_that_there_are(page):
    columns = [name for cell in first_cells(page, "column") for name in cell.split(", ")]
    assert sorted(columns) == sorted(column.label for column in NODE_COLUMNS)
    outcomes = re.findall(r"`([a-z ]+)`", " ".join(first_cells(page, "outcome")))
    assert sorted(outcomes) == sorted(set(get_args(Outcome)) - {"done"})
    with bw.connect_demo(nodes=0) as account:
        actions = NodeActions(account, lambda _operation, _words: None)
        assert first_cells(page, "button") == [one.description for one in actions.buttons.values()]
        actions.close()


def test_names_in_python_are_those_that_there_are(page):
    names = set(re.findall(r"`panel\.(\w+)", " ".join(first_cells(page, "name"))))
    assert {name for name in names if not hasattr(bw.NodePanel, name)} == set()
    traits = {*LiveNodes.class_own_traits(), *bw.NodePanel.class_own_traits()}
    assert {name for name in traits if not name.startswith("_")} - names == set()


def test_the_pages_that_it_links_are_there(page):
    for target in re.findall(r"\]\(([^)#]+)\)", page):
        assert (DOCS / target).is_file(), target
