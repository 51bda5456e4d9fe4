"""Rules that the repository's files keep."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib

import pytest

# In pieces, so that this file keeps the rule too.
HOSTS = (("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "(org|com)"), ("yarnpkg", "com"))
REGISTRIES = re.compile("|".join(rf"\b{name}\.{end}" for name, end in HOSTS))
INDEX_OPTION = re.compile(
    r"^\s*(--)?(extra-)?index-url[ =]|^\s*registry\s*=\s*http|\"resolved\":\s*\"http", re.MULTILINE
)
MACHINE_PATHS = re.compile(r"(?<![\w.~])/(root|home/\w+|work|Users/\w+)/\w")


@pytest.fixture(scope="module")
def texts(repository, repository_files):
    """The text of every file that is one."""
    found = {}
    for name in repository_files:
        content = (repository / name).read_bytes()
        if b"\0" not in content[:8000]:
            found[name] = content.decode("utf-8")
    return found


@pytest.fixture(scope="module")
def pyproject(texts):
    return tomllib.loads(texts["pyproject.toml"])


@pytest.fixture(scope="module")
def targets(texts):
    return set(re.search(r"^\.PHONY: (.+)$", texts["Makefile"], re.MULTILINE)[1].split())


def normal(requirement):
    return re.sub(r"[-_.]+", "-", re.match(r"[\w.-]+", requirement)[0]).lower()


@pytest.mark.parametrize("pattern", [REGISTRIES, INDEX_OPTION], ids=["host", "option"])
def test_no_file_names_a_package_registry(texts, pattern):
    assert [name for name, text in texts.items() if pattern.search(text)] == []


def test_no_file_of_ours_names_a_place_on_one_machine(texts):
    ours = {name: text for name, text in texts.items() if not name.startswith(("tests/", "batch_widgets/demo/"))}
    assert [f"{name}: {found[0]}" for name, text in ours.items() if (found := MACHINE_PATHS.search(text))] == []


LOCKS = {
    "requirements-dev.txt": ["lint", "test", "build", "audit"],
    "tests/azure_cli/requirements.txt": ["azure-cli"],
    "benchmarks/requirements.txt": ["bench"],
}
LOCKS |= {f"tests/kernels/ipykernel-{one}.txt": [f"ipykernel-{normal(one)}"] for one in ("6.29", "7.0", "7.3")}


def test_locks_hold_every_direct_dependency(pyproject, texts):
    groups = pyproject["dependency-groups"]
    assert groups.keys() == {"dev", *(name for names in LOCKS.values() for name in names)}
    for lock, names in LOCKS.items():
        wanted = [entry for name in names for entry in groups[name]]
        if lock == "requirements-dev.txt":
            wanted += pyproject["build-system"]["requires"]
        if lock != "tests/azure_cli/requirements.txt":
            wanted += pyproject["project"]["dependencies"]
            wanted += [entry for extra in pyproject["project"]["optional-dependencies"].values() for entry in extra]
        locked = {normal(line) for line in re.findall(r"^[a-z0-9].*?==", texts[lock], re.MULTILINE)}
        assert {normal(requirement) for requirement in wanted} - locked == set()


@pytest.mark.parametrize("lock", LOCKS)
def test_every_locked_package_has_hashes(texts, lock):
    entries = re.split(r"^(?=[a-z0-9])", texts[lock], flags=re.MULTILINE)[1:]
    assert entries
    assert [entry.splitlines()[0] for entry in entries if "--hash=sha256:" not in entry] == []


def test_lock_of_npm_has_hashes_and_the_pinned_versions(texts):
    package, lock = (json.loads(texts[f"js/{name}"]) for name in ("package.json", "package-lock.json"))
    pinned = {**package["dependencies"], **package["devDependencies"]}
    assert [name for name, version in pinned.items() if not re.fullmatch(r"\d+\.\d+\.\d+", version)] == []
    locked = {place: entry for place, entry in lock["packages"].items() if place}
    assert {name: locked[f"node_modules/{name}"]["version"] for name in pinned} == pinned
    assert [place for place, entry in locked.items() if "integrity" not in entry] == []


def test_version_is_the_same_everywhere(pyproject, texts):
    version = pyproject["project"]["version"]
    assert f'__version__ = "{version}"' in texts["batch_widgets/_version.py"]
    assert json.loads(texts["js/package.json"])["version"] == version
    assert re.search(rf"^## \[?{re.escape(version)}\b", texts["CHANGELOG.md"], re.MULTILINE)


def test_make_targets_are_documented_and_are_chores(repository, texts, targets):
    lines = texts["Makefile"].splitlines()
    assert {line.partition(":")[0] for line in lines if re.match(r"[a-z-]+:", line)} == targets
    assert [name for name in targets if f"`make {name}`" not in texts["CONTRIBUTING.md"]] == []
    assert "`make demo`" in texts["README.md"] or "make demo" in texts["README.md"]
    listed = subprocess.run(
        [sys.executable, "tasks.py", "--help"], cwd=repository, capture_output=True, text=True, check=True
    ).stdout
    chores = set(re.findall(r"^    ([a-z-]+)(?:  |$)", listed, re.MULTILINE))
    assert chores == targets - {"help"}


def test_notebooks_are_committed_without_outputs(texts):
    notebooks = {name: json.loads(text) for name, text in texts.items() if name.endswith(".ipynb")}
    assert notebooks
    for name, notebook in notebooks.items():
        code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
        assert not any(cell["outputs"] or cell["execution_count"] for cell in code), name
        assert "widgets" not in notebook["metadata"], name
        assert notebook["metadata"]["kernelspec"]["name"] == "python3", name


def test_nothing_built_is_committed(repository_files):
    built = re.compile(r"^batch_widgets/static/|node_modules/|^dist/|\.(whl|tar\.gz|map|pyc)$|\.min\.js$")
    assert [name for name in repository_files if built.search(name)] == []


def test_scripts_can_be_run(repository):
    for name in (".ci/run", "binder/postBuild"):
        script = repository / name
        assert script.read_text(encoding="utf-8").startswith("#!"), name
        assert script.stat().st_mode & 0o111, name
