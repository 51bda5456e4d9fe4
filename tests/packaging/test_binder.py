"""What Binder does with `binder/`, in its order: base environment, requirements.txt, postBuild; then the quickstart.

No image is built: the base environment has the versions of JupyterLab and the kernel that repo2docker's images have.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import sys
import venv
from pathlib import Path

import pytest
from playwright_driver import driver

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

BASE = ["ipykernel==7.0.1", "jupyterlab==4.4.9", "notebook>=7,<8", "ipywidgets>=8,<9"]
NOTEBOOK = "notebooks/quickstart.ipynb"
CELL_TIMEOUT_S = 120

EXECUTE = """
import nbclient, nbformat, sys
from pathlib import Path

path = Path(sys.argv[1])
resources = {"metadata": {"path": str(path.parent)}}
nbclient.NotebookClient(nbformat.read(path, as_version=4), timeout=int(sys.argv[2]), resources=resources).execute()
"""
VERSIONS = """
import importlib.metadata as m
print(*(m.version(name) for name in ("ipykernel", "jupyterlab")))
"""
RUN = """
(index) => {
    const { commands, shell } = window.jupyterapp;
    shell.currentWidget.content.activeCellIndex = index;
    commands.execute("notebook:run-cell");
}
"""
HAS_RUN = """
(index) => {
    const panel = window.jupyterapp.shell.currentWidget;
    const idle = panel.sessionContext.session.kernel.status === "idle";
    return idle && panel.content.widgets[index].model.executionCount !== null;
}
"""
OUTPUTS = "(index) => window.jupyterapp.shell.currentWidget.content.widgets[index].model.outputs.toJSON()"


@pytest.fixture(scope="module")
def binder_python(tmp_path_factory, copy_of_repository, bare_environment, run):
    """The Python of an environment made in Binder's order."""
    folder = tmp_path_factory.mktemp("binder") / "kernel"
    wanted = (copy_of_repository / "binder" / "runtime.txt").read_text(encoding="utf-8").strip()
    named = shutil.which(wanted.replace("-", "")) if sys.version_info[:2] != (3, 11) else None
    if named:
        run([named, "-m", "venv", "--without-pip", str(folder)], folder.parent, bare_environment)
    else:
        venv.create(folder, with_pip=False, symlinks=True)
    python = folder / "bin" / "python"
    environment = {**bare_environment, "PATH": os.pathsep.join([str(folder / "bin"), bare_environment["PATH"]])}
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet"]
    run([*pip, *BASE], folder, environment)
    run([*pip, "-r", "binder/requirements.txt"], copy_of_repository, environment)
    run([str(copy_of_repository / "binder" / "postBuild")], copy_of_repository, environment)
    return str(python)


@pytest.fixture(scope="module")
def browser_tools(repository):
    """What the browser tests drive JupyterLab with."""
    spec = importlib.util.spec_from_file_location("browser_tools", repository / "tests" / "browser" / "conftest.py")
    tools = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = tools
    spec.loader.exec_module(tools)
    yield tools
    del sys.modules[spec.name]


def test_versions_of_the_image_are_kept(binder_python, bare_environment, run, tmp_path):
    assert run([binder_python, "-c", VERSIONS], tmp_path, bare_environment).split() == ["7.0.1", "4.4.9"]
    run([sys.executable, "-m", "pip", "--python", binder_python, "check"], tmp_path, bare_environment)


def test_quickstart_runs(binder_python, copy_of_repository, bare_environment, run, tmp_path):
    command = [binder_python, "-c", EXECUTE, str(copy_of_repository / NOTEBOOK), str(CELL_TIMEOUT_S)]
    run(command, tmp_path, bare_environment)


@pytest.mark.browser
def test_quickstart_runs_in_the_browser(binder_python, copy_of_repository, browser_tools, tmp_path, monkeypatch):
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)  # IPython would add the packages of that environment
    monkeypatch.setenv("PATH", str(Path(binder_python).parent), prepend=os.pathsep)
    cells = json.loads((copy_of_repository / NOTEBOOK).read_text(encoding="utf-8"))["cells"]
    with (
        browser_tools.serve_lab(tmp_path, copy_of_repository, python=binder_python) as lab,
        driver() as playwright,
        playwright.chromium.launch(
            executable_path=browser_tools.find_chromium(), args=browser_tools.CHROMIUM_ARGS
        ) as browser,
        browser.new_page(viewport={"width": 1360, "height": 900}) as page,
    ):
        notebook = browser_tools.Notebook(lab, page, NOTEBOOK.removesuffix(".ipynb"))
        page.goto(f"{lab.url}/lab/tree/{NOTEBOOK}", wait_until="domcontentloaded")
        notebook.wait_ready()
        for index in (index for index, cell in enumerate(cells) if cell["cell_type"] == "code"):
            check_cell(page, index)
        where = notebook.python("import batch_widgets; print(batch_widgets.__file__)")
        assert Path(where).is_relative_to(Path(binder_python).parents[1])
        assert notebook.errors == []
        assert [
            url for url in notebook.traffic.elsewhere if not re.search(r"//(127\.0\.0\.1|localhost)[:/]", url)
        ] == []
        lab.end_kernels()


def check_cell(page, index):
    """Run a cell; it raises nothing, and the widgets that it shows are there to see."""
    page.evaluate(RUN, index)
    page.wait_for_function(HAS_RUN, arg=index, timeout=CELL_TIMEOUT_S * 1000)
    outputs = page.evaluate(OUTPUTS, index)
    assert [output for output in outputs if output["output_type"] == "error"] == []
    widgets = [output for output in outputs if "application/vnd.jupyter.widget-view+json" in output.get("data", {})]
    shown = page.locator(f".jp-Notebook [data-windowed-list-index='{index}'] .jp-OutputArea-output .jupyter-widgets")
    if widgets:
        shown.first.wait_for(state="visible")
    assert page.get_by_text(re.compile("Error displaying widget|Loading widget")).count() == 0
