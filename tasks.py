"""Every chore of this repository: `python tasks.py NAME`, or `make NAME`, which is the same.

Needs nothing but Python 3.11 or later: the first run makes `.venv` from the lock file and builds the front end, later
runs only renew what changed. `python tasks.py --help` lists the chores.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import tasks_audit

if sys.version_info < (3, 11):  # noqa: UP036 - an older one may well be what `python` means
    sys.exit(f"Python 3.11 or later is needed; this is {sys.version.split()[0]} ({sys.executable})")

ROOT = Path(__file__).resolve().parent
WINDOWS = os.name == "nt"
VENV = ROOT / ".venv"
AZURE_CLI_VENV = ROOT / ".venv-az"
AZURE_CLI_LOCK = ROOT / "tests" / "azure_cli" / "requirements.txt"
BENCH_VENV = ROOT / ".venv-bench"
BENCH_LOCK = ROOT / "benchmarks" / "requirements.txt"
KERNEL_LOCKS = ROOT / "tests" / "kernels"
KERNELS = ("6.29", "7.0", "7.3")  # the ipykernels of the slow safety tests, beside the newest
PROGRAMS = VENV / ("Scripts" if WINDOWS else "bin")
PYTHON = PROGRAMS / ("python.exe" if WINDOWS else "python")
LOCK = ROOT / "requirements-dev.txt"
NPM_LOCK = ROOT / "js" / "package-lock.json"
NOTEBOOK = "notebooks/quickstart.ipynb"
MADE = (
    ".venv",
    ".venv-az",
    ".venv-bench",
    "dist",
    "screenshots",
    "batch_widgets/static",
    "js/node_modules",
    "__pycache__",
    ".hypothesis",
    ".mypy_cache",
    ".pytest_cache",
    ".ruff_cache",
)
LOCK_HEADER = """\
# What an environment consists of, for every platform and Python that the package supports.
# Written by `make lock` from pyproject.toml; `make lock UPGRADE=1` takes the newest versions.
"""

LINT = {
    "ruff check": [str(PYTHON), "-m", "ruff", "check", "."],
    "ruff format": [str(PYTHON), "-m", "ruff", "format", "--check", "."],
    "mypy": [str(PYTHON), "-m", "mypy"],
    "typecheck of js": [str(PYTHON), "hatch_build.py", "run", "typecheck"],
    "lint of js": [str(PYTHON), "hatch_build.py", "run", "lint"],
}
PYTEST = [str(PYTHON), "-m", "pytest"]


NOT_ASKED = 3
"""How `audit` ends when it found nothing, but not everything could be asked about."""


class ChoreError(Exception):
    """A chore cannot go on; the text says why and what to do."""

    def __init__(self, text: str, status: int = 1) -> None:
        self.status = status
        super().__init__(text)


# --- The environment -------------------------------------------------------------------------------------------------


def ensure_environment() -> None:
    """Make or renew `.venv` and the built front end, as far as they are out of date."""
    stamp = VENV / ".made-from"
    wanted = _wanted_environment()
    if not PYTHON.is_file() or not stamp.is_file() or stamp.read_text(encoding="utf-8") != wanted:
        say(f"Setting up {VENV} (a minute or two)")
        started = time.monotonic()
        _make_venv(stamp)
        pip = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        with tempfile.TemporaryDirectory() as folder:  # the pip that a venv begins with takes three times as long
            only_pip = Path(folder, "pip.txt")
            only_pip.write_text(_locked("pip"), encoding="utf-8")
            run([*pip, "--require-hashes", "-r", str(only_pip)])
        run([*pip, "--no-compile", "--require-hashes", "-r", str(LOCK)])
        run([str(PYTHON), "hatch_build.py"])  # which the next line would do too, but telling less
        run([*pip, "--no-deps", "--no-build-isolation", "-e", "."])
        stamp.write_text(wanted, encoding="utf-8")
        say(f"Set up in {_duration(started)}")
    run([str(PYTHON), "hatch_build.py"])


def _wanted_environment() -> str:
    digest = hashlib.sha256(str(ROOT).encode())  # programs in a venv name its place
    for name in ("pyproject.toml", "hatch_build.py", LOCK.name):
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()


def _locked(package: str) -> str:
    """Return what the lock file says of one package."""
    entry = re.search(rf"^{package}==.*(?:\n    .*)*", LOCK.read_text(encoding="utf-8"), re.MULTILINE)
    if not entry:
        raise ChoreError(f"{LOCK.name} lacks {package}: run `make lock`")
    return entry[0]


def _make_venv(stamp: Path) -> None:
    stamp.unlink(missing_ok=True)
    if _venv_is_usable():
        return
    try:
        import ensurepip  # noqa: F401 - Debian leaves it out of its python3
    except ImportError:
        package = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
        if not _apt_install(package):
            raise ChoreError(f"this Python cannot make virtual environments: install {package}") from None
    run([sys.executable, "-m", "venv", "--clear", str(VENV)])


def _venv_is_usable() -> bool:
    """Tell whether `.venv` was made here, not copied or moved here, by a Python that is still there and new enough."""
    activate = PROGRAMS / ("activate.bat" if WINDOWS else "activate")
    if not PYTHON.is_file() or not activate.is_file():
        return False
    if str(VENV) not in activate.read_text(encoding="utf-8", errors="replace"):
        return False
    asks_version = [str(PYTHON), "-c", "import pip, sys; sys.exit(sys.version_info < (3, 11))"]
    return subprocess.run(asks_version, capture_output=True, check=False).returncode == 0


def environment(**extra: str) -> dict[str, str]:
    """Return the variables for a program that runs in `.venv`."""
    path = os.pathsep.join([str(PROGRAMS), os.environ.get("PATH", os.defpath)])
    variables = {**os.environ, "PATH": path, "VIRTUAL_ENV": str(VENV), **extra}
    if variables.get("BROWSER") in {"0", "install"}:  # a word to us, not a browser's name
        del variables["BROWSER"]
    return variables


def run(command: list[str], **extra: str) -> None:
    """Run a command in the repository's root; a failure ends the chore."""
    subprocess.run(command, cwd=ROOT, env=environment(**extra), check=True)


# --- What the tests need of the machine ------------------------------------------------------------------------------


def ensure_test_programs(*, install_browser: bool) -> dict[str, str]:
    """Find or install Chromium and the SSH client; return the variables that tell the tests."""
    if not shutil.which("ssh") and not _apt_install("openssh-client"):
        raise ChoreError("the tests log in to simulated nodes: install the OpenSSH client (`ssh`)")
    chromium = _find_chromium()
    if not chromium and _apt_install("chromium"):
        chromium = _find_chromium()
    if not chromium and install_browser:
        run([str(PYTHON), "-m", "playwright", "install", "chromium"])
        chromium = _find_chromium()
    if not chromium:
        raise ChoreError(
            "the tests need Chromium or Chrome: install one, name one in BATCH_WIDGETS_CHROMIUM, "
            "or let Playwright fetch its own with `make test BROWSER=install`"
        )
    return {"BATCH_WIDGETS_CHROMIUM": chromium}


def _find_chromium() -> str | None:
    if named := os.environ.get("BATCH_WIDGETS_CHROMIUM"):
        if not shutil.which(named):
            raise ChoreError(f"BATCH_WIDGETS_CHROMIUM names {named}, which cannot be run")
        return shutil.which(named)
    on_path = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
    chrome = Path("Google", "Chrome", "Application", "chrome.exe")
    places = [
        *(
            Path(os.environ[name]) / chrome
            for name in ("PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA")
            if name in os.environ
        ),
        Path("/Applications/Chromium.app/Contents/MacOS/Chromium"),
        Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"),
        *_playwright_chromium(),
    ]
    return next(filter(None, (shutil.which(candidate) for candidate in (*on_path, *map(str, places)))), None)


def _playwright_chromium() -> list[Path]:
    asks = "from playwright.sync_api import sync_playwright as s\nwith s() as p: print(p.chromium.executable_path)"
    answer = subprocess.run([str(PYTHON), "-c", asks], capture_output=True, text=True, check=False)
    return [Path(answer.stdout.strip())] if answer.returncode == 0 else []


def _apt_install(package: str) -> bool:
    """Install a Debian package where that is ours to do: as root on Debian."""
    release = Path("/etc/os-release")
    is_debian = release.is_file() and re.search(r"^ID=\"?debian", release.read_text(encoding="utf-8"), re.MULTILINE)
    if not is_debian or os.geteuid() != 0 or not shutil.which("apt-get"):
        return False
    say(f"Installing Debian's {package}")
    run(["apt-get", "update", "-qq"])
    run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", package], DEBIAN_FRONTEND="noninteractive")
    return True


# --- Chores ----------------------------------------------------------------------------------------------------------


def demo(options: argparse.Namespace) -> None:
    """Open the quickstart in JupyterLab, with the embedded Batch service."""
    ensure_environment()
    command = [str(PYTHON), "-m", "jupyterlab", "-y", "--ip=127.0.0.1", "--log-level=WARN"]
    command += [f"--ServerApp.root_dir={ROOT}", f"--LabApp.default_url=/lab/tree/{NOTEBOOK}"]
    if options.port:
        command += [f"--port={options.port}", "--ServerApp.port_retries=0"]
    if options.no_browser:
        command.append("--no-browser")
    if not WINDOWS and os.geteuid() == 0:
        command.append("--allow-root")
    say("Starting JupyterLab; Ctrl+C ends it")
    if WINDOWS:
        run(command)
    else:  # Ctrl+C and signals then reach JupyterLab and no one else
        os.chdir(ROOT)
        os.execve(command[0], command, environment())


def test(options: argparse.Namespace) -> None:
    """Run linters, type checkers and all tests except the slow ones."""
    ensure_environment()
    programs = ensure_test_programs(install_browser=options.install_browser)
    steps = {
        **LINT,
        "tests of js": [str(PYTHON), "hatch_build.py", "run", "test"],
        # a file stays on one worker: its fixtures are made once, and a browser test waits more than it computes
        "pytest": [
            *PYTEST,
            "-m",
            "not slow and not azure_cli",
            "--numprocesses=2",
            "--dist=loadfile",
            "--no-loadscope-reorder",
            "--durations=8",
        ],
    }
    _run_steps(steps, **programs)


def test_slow(options: argparse.Namespace) -> None:
    """Run the slow tests: installation from nothing, Binder."""
    ensure_environment()
    programs = ensure_test_programs(install_browser=options.install_browser)
    _run_steps({"slow tests": [*PYTEST, "-m", "slow"]}, **programs)


def test_az(options: argparse.Namespace) -> None:  # noqa: ARG001
    """Run the tests with the Azure CLI, installed into .venv-az."""
    ensure_environment()
    az = AZURE_CLI_VENV / PROGRAMS.name / ("az.bat" if WINDOWS else "az")
    if not az.is_file():
        say(f"Installing the Azure CLI into {AZURE_CLI_VENV} (a minute or two, 0.7 GB)")
        run([sys.executable, "-m", "venv", "--clear", str(AZURE_CLI_VENV)])
        pip = [str(PYTHON), "-m", "pip", f"--python={AZURE_CLI_VENV}", "install", "--quiet"]
        run([*pip, "--disable-pip-version-check", "--no-deps", "--require-hashes", "-r", str(AZURE_CLI_LOCK)])
    run([*PYTEST, "-m", "azure_cli"], BATCH_WIDGETS_AZ=str(az))


def bench(options: argparse.Namespace) -> None:
    """Measure speed in an environment that has what we are measured against; write benchmarks/RESULTS.md."""
    ensure_environment()
    programs = ensure_test_programs(install_browser=options.install_browser)
    own = BENCH_VENV / PROGRAMS.name
    _ensure_bench_environment(own / PYTHON.name)
    path = os.pathsep.join([str(own), os.environ.get("PATH", os.defpath)])
    command = [str(own / PYTHON.name), "benchmarks", *shlex.split(options.rows)]
    run(command, PATH=path, VIRTUAL_ENV=str(BENCH_VENV), **programs)


def _ensure_bench_environment(python: Path) -> None:
    """Make or renew `.venv-bench`, as far as it is out of date."""
    stamp = BENCH_VENV / ".made-from"
    wanted = hashlib.sha256(_wanted_environment().encode() + BENCH_LOCK.read_bytes()).hexdigest()
    if python.is_file() and stamp.is_file() and stamp.read_text(encoding="utf-8") == wanted:
        return
    say(f"Setting up {BENCH_VENV} (a minute or two)")
    run([sys.executable, "-m", "venv", "--clear", str(BENCH_VENV)])
    pip = [str(PYTHON), "-m", "pip", f"--python={BENCH_VENV}", "install", "--quiet", "--disable-pip-version-check"]
    run([*pip, "--require-hashes", "-r", str(BENCH_LOCK)])  # compiled, as pip does for users
    run([*pip, "--no-deps", "--no-build-isolation", "-e", "."])
    stamp.write_text(wanted, encoding="utf-8")


def pytest(options: argparse.Namespace) -> None:
    """Run pytest with the arguments given."""
    ensure_environment()
    programs = ensure_test_programs(install_browser=options.install_browser)
    run([*PYTEST, *shlex.split(options.args)], **programs)


def screenshots(options: argparse.Namespace) -> None:
    """Take pictures of the widgets, light and dark, into screenshots/."""
    ensure_environment()
    programs = ensure_test_programs(install_browser=options.install_browser)
    command = [*PYTEST, "tests/browser", "-k", "screenshots"]
    run(command, BATCH_WIDGETS_SCREENSHOTS=str(ROOT / "screenshots"), **programs)


def lint(_: argparse.Namespace) -> None:
    """Run linters and type checkers."""
    ensure_environment()
    _run_steps(LINT)


def format_(_: argparse.Namespace) -> None:
    """Format Python and TypeScript, mending what the linters can mend."""
    ensure_environment()
    run([str(PYTHON), "-m", "ruff", "check", "--fix-only", "."])
    run([str(PYTHON), "-m", "ruff", "format", "."])
    run([str(PYTHON), "hatch_build.py", "run", "format"])


def lock(options: argparse.Namespace) -> None:
    """Write requirements-dev.txt, and what test-az, bench and tests with kernels install, anew from pyproject.toml."""
    with tempfile.TemporaryDirectory() as folder:
        venv = Path(folder, "venv")
        run([sys.executable, "-m", "venv", str(venv)])
        programs = venv / PROGRAMS.name
        run([str(programs / PYTHON.name), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "uv"])
        uv = str(programs / "uv")
        _lock(LOCK, [uv, "pyproject.toml", "--group", "dev", "--all-extras"], upgrade=options.upgrade)
        _lock(AZURE_CLI_LOCK, [uv, "--group", "azure-cli"], upgrade=options.upgrade)
        groups = ["--group", "bench", "--group", "test", "--group", "build", "--constraints", str(LOCK)]
        _lock(BENCH_LOCK, [uv, "pyproject.toml", *groups, "--all-extras"], upgrade=options.upgrade)
        for version in KERNELS:
            package = [uv, "pyproject.toml", "--group", f"ipykernel-{version.replace('.', '-')}", "--all-extras"]
            _lock(KERNEL_LOCKS / f"ipykernel-{version}.txt", package, upgrade=options.upgrade, like=LOCK)


def _lock(file: Path, command: list[str], *, upgrade: bool, like: Path | None = None) -> None:
    """Write one lock file; its versions, or those of the one that it is to be like, are kept where they still fit."""
    uv, *what = command
    kept = like or file
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder, file.name)
        if kept.is_file():
            shutil.copyfile(kept, output)
        # uv reads none of pip's settings, so what this machine adds to the public index stays out of the lock.
        command = [uv, "--no-config", "--quiet", "pip", "compile", *what]
        command += ["--universal", "--python-version", "3.11", "--python", sys.executable]
        command += ["--generate-hashes", "--no-header", "--no-annotate"]
        command += ["--upgrade"] if upgrade and like is None else []
        run([*command, "--output-file", str(output)])
        text = output.read_text(encoding="utf-8")
    if "://" in text:
        raise ChoreError("the lock would name an address; packages are locked by name, version and hash alone")
    file.write_text(LOCK_HEADER + text, encoding="utf-8", newline="\n")
    say(f"{file.relative_to(ROOT)}: {len(re.findall('^[a-z0-9]', text, re.MULTILINE))} packages")


def audit(_: argparse.Namespace) -> None:
    """Ask the advisory services about the locked packages; ends with 1 if some are vulnerable, with 3 if unknown."""
    ensure_environment()
    say("Asking the advisory services about all that is locked")
    answers = {str(lock.relative_to(ROOT)): _audit_python(lock) for lock in (LOCK, AZURE_CLI_LOCK, BENCH_LOCK)}
    locked = len(json.loads(NPM_LOCK.read_text(encoding="utf-8"))["packages"]) - 1  # itself is one of them
    command = [str(PYTHON), "hatch_build.py", "audit", *tasks_audit.NPM_AUDIT]
    answers[str(NPM_LOCK.relative_to(ROOT))] = tasks_audit.of_npm_audit(_asked(command), locked)
    found, unknown = list[str](), list[str]()
    for name, answer in answers.items():
        say(f"{name}: told about {answer.asked} packages, {len(answer.found)} known vulnerabilities")
        found += [f"{name}: {line}" for line in answer.found]
        unknown += [f"{name}: {line}" for line in answer.unknown]
    for title, lines in (("Vulnerable", found), ("Nothing is known of", unknown)):
        if lines:
            more = [f"and {len(lines) - 20} more"] if len(lines) > 20 else []
            print(f"\n{title}:", *lines[:20], *more, sep="\n  ")
    if found:
        raise ChoreError(f"{len(found)} known vulnerabilities")
    if unknown:
        raise ChoreError("nothing bad is known, but not everything could be asked about: this is no pass", NOT_ASKED)


def _audit_python(lock: Path) -> tasks_audit.Answer:
    answer = tasks_audit.Answer()
    for wanted in tasks_audit.lists_of(lock.read_text(encoding="utf-8")):
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "packages.txt")
            file.write_text("".join(f"{name}=={version}\n" for name, version in wanted.items()), encoding="utf-8")
            command = [str(PYTHON), "-m", "pip_audit", *tasks_audit.PIP_AUDIT, f"--requirement={file}"]
            answer.add(tasks_audit.of_pip_audit(_asked(command), wanted))
    return answer


def _asked(command: list[str]) -> str:
    """Return what a program that asks a service prints; its exit code and what it says besides tell less."""
    done = subprocess.run(command, cwd=ROOT, env=environment(), capture_output=True, text=True, check=False)
    if not done.stdout.strip():
        print(done.stderr[-2000:], file=sys.stderr, flush=True)
    return done.stdout


def build(_: argparse.Namespace) -> None:
    """Build sdist and wheel into dist/."""
    ensure_environment()
    run([str(PYTHON), "-m", "build", "--no-isolation", "--outdir", "dist"])


def clean(_: argparse.Namespace) -> None:
    """Remove everything that was made here, .venv included."""
    for name in MADE:
        shutil.rmtree(ROOT / name, ignore_errors=True)
    for folder in ("batch_widgets", "tests", "notebooks"):
        for pattern in ("__pycache__", ".ipynb_checkpoints"):
            for made in list((ROOT / folder).rglob(pattern)):
                shutil.rmtree(made, ignore_errors=True)


# --- The command line ------------------------------------------------------------------------------------------------


def _run_steps(steps: dict[str, list[str]], **extra: str) -> None:
    """Run the steps in order, timed; stop at the first that fails and say which remain."""
    begun = time.monotonic()
    names = list(steps)
    for index, (name, command) in enumerate(steps.items()):
        say(f"{name} ({index + 1} of {len(steps)})")
        started = time.monotonic()
        try:
            run(command, **extra)
        except subprocess.CalledProcessError as error:
            remaining = ", ".join(names[index + 1 :]) or "nothing"
            raise ChoreError(
                f"{name} failed with exit code {error.returncode} after {_duration(started)}; not run: {remaining}"
            ) from None
        if index + 1 < len(steps):
            say(f"{name}: {_duration(started)}")
    say(f"{', '.join(names)}: all in order after {_duration(begun)}")


def say(text: str) -> None:
    """Tell the user, in order with what the programs print."""
    print(f"== {text}", flush=True)


def _duration(started: float) -> str:
    minutes, seconds = divmod(time.monotonic() - started, 60)
    return f"{minutes:.0f} min {seconds:.0f} s" if minutes else f"{seconds:.1f} s"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="tasks.py", description=__doc__)
    chores = parser.add_subparsers(dest="chore", required=True, metavar="NAME")
    known = (
        demo, test, test_slow, test_az, bench, pytest, lint, format_, screenshots, lock, audit, build, clean,
    )  # fmt: skip
    for chore in known:
        name = chore.__name__.rstrip("_").replace("_", "-")
        sub = chores.add_parser(name, help=(chore.__doc__ or "").rstrip("."), description=chore.__doc__)
        sub.set_defaults(chore=chore)
        if chore is demo:
            sub.add_argument("--port", type=int, help="port on 127.0.0.1; without it, the first free one from 8888")
            sub.add_argument("--no-browser", action="store_true", help="print the address instead of opening it")
        if chore in {test, test_slow, bench, pytest, screenshots}:
            sub.add_argument(
                "--install-browser", action="store_true", help="let Playwright fetch Chromium if none is found"
            )
        if chore is bench:
            sub.add_argument(
                "--rows", default="", help="numbers of the rows to measure, in one string; nothing is written"
            )
        if chore is pytest:
            sub.add_argument("--args", default="", help="arguments of pytest, in one string")
        if chore is lock:
            sub.add_argument("--upgrade", action="store_true", help="take the newest versions")
    return parser


def main() -> int:
    """Run the chore that the command line names."""
    options = _parser().parse_args()
    try:
        options.chore(options)
    except ChoreError as error:
        print(f"\n{error}", file=sys.stderr, flush=True)
        return error.status
    except subprocess.CalledProcessError as error:
        print(f"\nfailed with exit code {error.returncode}: {shlex.join(error.cmd)}", file=sys.stderr, flush=True)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
