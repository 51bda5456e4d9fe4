"""The notebook that a newcomer sees first runs from top to bottom, twice in one kernel, and shows what it says."""

from __future__ import annotations

import copy
import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

QUICKSTART = Path(__file__).parents[2] / "notebooks" / "quickstart.ipynb"
LINE = re.compile(r"tvmps_[0-9a-f]{64}_d \| idle \| 127\.0\.0\.1 \| \d+")


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """The notebook's cells after one run and after another in the same kernel."""
    book = nbformat.read(QUICKSTART, as_version=4)
    home = tmp_path_factory.mktemp("notebook-home")
    again = copy.deepcopy(book.cells)
    for number, cell in enumerate(again):
        cell["id"] = f"again-{number}"
    length = len(book.cells)
    book.cells += again
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(home))
        patch.setenv("XDG_STATE_HOME", str(home / "state"))
        patch.setenv("PYDEVD_DISABLE_FILE_VALIDATION", "1")
        NotebookClient(book, timeout=90, resources={"metadata": {"path": str(QUICKSTART.parent)}}).execute()
    return book.cells[:length], book.cells[length:]


@pytest.fixture(params=["first run", "second run"])
def cells(runs, request):
    return runs[request.param == "second run"]


def output_of(cells, start):
    """The text of what the cell with this piece of source printed or gave."""
    cell = next(cell for cell in cells if cell.cell_type == "code" and start in cell.source)
    texts = [output.get("text") or output.get("data", {}).get("text/plain", "") for output in cell.outputs]
    return "".join(texts)


def test_the_node_agents_are_listed(cells):
    lines = output_of(cells, "list_node_agent_skus").splitlines()
    assert any(re.fullmatch(r"batch\.node\.ubuntu 22\.04 +\d+ verified images", line) for line in lines)


def test_the_pool_gets_its_nodes(cells):
    assert output_of(cells, "creation.result") == "('LinuxNodesSamplePoolPython', 'steady', 2)"


def test_the_user_is_added_to_each_node(cells):
    assert output_of(cells, "adding.result").count("added") == 2


def test_the_lines_of_the_article_are_printed(cells):
    lines = output_of(cells, "print(panel)").splitlines()
    assert len(lines) == 2
    assert all(LINE.fullmatch(line) for line in lines)


def test_ssh_logs_in(cells):
    printed = output_of(cells, "{command}").split()
    assert printed[0] == "linuxuser"
    assert {"shared", "startup", "workitems"} <= set(printed)


def test_commands_run_on_each_node(cells):
    printed = output_of(cells, "panel.run")
    assert "exit_status" in printed
    assert printed.count("tvmps_") == 2


def test_each_login_works(cells):
    assert len(re.findall(r"^\d +tvmps_\S+ +ok *$", output_of(cells, "test_login"), re.MULTILINE)) == 2


def test_the_file_of_settings_logs_in(cells):
    lines = output_of(cells, "write_ssh_config").splitlines()
    assert lines[0] == "linuxuser"
    assert "load average" in lines[1]


def test_the_pool_is_gone_in_the_end(cells):
    assert "LinuxNodesSamplePoolPython" not in output_of(cells, "delete_pool")
    assert "'demo'" in output_of(cells, "delete_pool")


def test_each_widget_is_shown(cells):
    shown = [
        cell.source
        for cell in cells
        for output in cell.get("outputs", ())
        if "application/vnd.jupyter.widget-view+json" in output.get("data", {})
    ]
    names = ["workbench", "browser", "builder", "creation", "panel", "terminal"]
    assert [source.splitlines()[-1] for source in shown] == names


def test_it_is_committed_without_outputs():
    book = nbformat.read(QUICKSTART, as_version=4)
    assert [cell for cell in book.cells if cell.get("outputs") or cell.get("execution_count")] == []
