"""The repository as a whole: its files, and what is built from them on a machine without Node."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NOT_OURS = {".git", ".venv", "node_modules", "__pycache__", "dist", "static", "screenshots", ".ipynb_checkpoints"}


@pytest.fixture(scope="session")
def repository() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def repository_files() -> list[str]:
    """Every file that is, or would be, committed, as paths from the root."""
    if (ROOT / ".git").exists():
        git = ["git", "-c", f"safe.directory={ROOT}", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        listed = subprocess.run(git, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
        return sorted(name for name in set(listed) if name and (ROOT / name).is_file())
    files = []
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [name for name in folders if name not in NOT_OURS and not name.endswith("_cache")]
        files += [(Path(folder, name)).relative_to(ROOT).as_posix() for name in names]
    return sorted(files)


@pytest.fixture(scope="session")
def bare_environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Variables for a program that is to find neither Node nor npm, nor this Python, on PATH."""
    programs = tmp_path_factory.mktemp("bare") / "bin"
    programs.mkdir()
    for name in ("sh", "bash", "env", "rm", "uname", "git"):  # what npm's scripts and postBuild may count on
        if found := shutil.which(name):
            (programs / name).symlink_to(found)
    dropped = {"VIRTUAL_ENV", "PYTHONPATH", "PYTHONHOME"}
    environment = {name: value for name, value in os.environ.items() if name not in dropped}
    environment["PATH"] = str(programs)
    assert not shutil.which("node", path=environment["PATH"])
    assert not shutil.which("npm", path=environment["PATH"])
    return environment


@pytest.fixture(scope="module")
def copy_of_repository(tmp_path_factory: pytest.TempPathFactory, repository_files: list[str]) -> Path:
    """A fresh clone, as it were: committed files alone, in a folder with a space in its name."""
    copy = tmp_path_factory.mktemp("clone") / "fresh copy"
    for name in repository_files:
        target = copy / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, target)
    return copy


@dataclass(frozen=True)
class Distributions:
    sdist: Path
    unpacked: Path  # the sdist, after the wheel was built in it
    wheel: Path


@pytest.fixture(scope="session")
def distributions(tmp_path_factory: pytest.TempPathFactory, bare_environment: dict[str, str]) -> Distributions:
    """The sdist of this tree, and the wheel that is built from it with the build tools of this environment."""
    folder = tmp_path_factory.mktemp("distributions")
    build = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder)]
    _run([*build, "--sdist", str(ROOT)], folder, bare_environment)
    (sdist,) = folder.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        archive.extractall(folder / "unpacked")
    (unpacked,) = (folder / "unpacked").iterdir()
    _run([*build, "--wheel", str(unpacked)], folder, bare_environment)
    (wheel,) = folder.glob("*.whl")
    return Distributions(sdist, unpacked, wheel)


def _run(command: list[str], folder: Path, environment: dict[str, str]) -> str:
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.fail(f"{' '.join(command)}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}", pytrace=False)
    return done.stdout


@pytest.fixture(scope="session")
def run():
    """Run a command to its end and return what it printed; fail with its output if it fails."""
    return _run
