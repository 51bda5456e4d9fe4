"""`make audit`: the real programs, against advisory services on this machine and against none."""

from __future__ import annotations

import argparse
import gzip
import importlib
import json
import re
import socket
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

ADVISORY = {
    "id": 1,
    "url": "https://advisories.example/1",
    "title": "A hole",
    "severity": "high",
    "vulnerable_versions": "<=99.0.0",
    "cwe": [],
    "cvss": {"score": 7.5, "vectorString": None},
}


@pytest.fixture
def tasks(repository, monkeypatch):
    """The chores, in an environment that is made already."""
    monkeypatch.syspath_prepend(str(repository))
    tasks = importlib.import_module("tasks")
    monkeypatch.setattr(tasks, "ensure_environment", lambda: None)
    monkeypatch.setattr(tasks, "PYTHON", sys.executable)
    yield tasks
    for name in ("tasks", "tasks_audit"):
        sys.modules.pop(name, None)


@pytest.fixture
def nobody(monkeypatch, tmp_path):
    """Let nobody answer: neither a proxy nor a registry is there."""
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{reserved.getsockname()[1]}/"
        for name in ("HTTPS_PROXY", "https_proxy", "npm_config_registry"):
            monkeypatch.setenv(name, address)
        monkeypatch.setenv("npm_config_fetch_retries", "0")
        monkeypatch.setenv("npm_config_cache", str(tmp_path / "npm"))
        yield


HOLE = {
    "id": "PYSEC-1",
    "affected": [
        {
            "package": {"name": "numpy", "ecosystem": "PyPI"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "99"}]}],
        }
    ],
}


class Registry(BaseHTTPRequestHandler):
    """Answers the questions of npm and pip-audit for advisories with those of the server."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers["Content-Encoding"] == "gzip":
            body = gzip.decompress(body)
        question = json.loads(body)
        advisories = self.server.advisories
        if "version" in question:  # of pip-audit, about one package
            name = question["package"]["name"]
            self.server.asked[f"{name}=={question['version']}"] = question
            advisories = {"vulns": [HOLE]} if name == "numpy" and advisories else {}
        else:
            self.server.asked |= question
        body = json.dumps(advisories).encode()
        self.send_response(self.server.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments):
        """Say nothing."""


@pytest.fixture
def registry(nobody, monkeypatch):
    server = ThreadingHTTPServer(("127.0.0.1", 0), Registry)
    server.advisories, server.status, server.asked = {}, 200, {}
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    monkeypatch.setenv("npm_config_noproxy", "127.0.0.1")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("PIP_AUDIT_VULNERABILITY_SERVICE", "osv")  # that of PyPI has one address, and no setting for it
    monkeypatch.setenv("PIP_AUDIT_OSV_URL", f"http://127.0.0.1:{server.server_address[1]}/")
    monkeypatch.setenv("npm_config_registry", f"http://127.0.0.1:{server.server_address[1]}/")
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def npm_alone(tasks, monkeypatch):
    """Let pip-audit have an answer for every package, so that npm's decides."""
    monkeypatch.setattr(tasks, "_audit_python", lambda _lock: tasks.tasks_audit.Answer(asked=1))


def npm_locked(repository):
    lock = json.loads((repository / "js" / "package-lock.json").read_text(encoding="utf-8"))
    return {place for place in lock["packages"] if place}


def audit(tasks):
    tasks.audit(argparse.Namespace())


def test_what_cannot_be_asked_is_a_failure_of_its_own(tasks, nobody, capfd):
    with pytest.raises(tasks.ChoreError, match="no pass") as caught:
        audit(tasks)
    assert caught.value.status == tasks.NOT_ASKED == 3
    told = capfd.readouterr().out
    for name, service in {
        "requirements-dev.txt": "PyPI",
        "requirements.txt": "PyPI",
        "package-lock.json": "npm",
    }.items():
        assert f"{name}: the advisory service of {service} could not be asked about" in told
    assert "told about 0 packages" in told


@pytest.mark.parametrize("status", [405, 500, 404])
def test_a_registry_without_advisories_is_one_that_cannot_be_asked(tasks, npm_alone, registry, capsys, status):
    registry.status = status
    with pytest.raises(tasks.ChoreError, match="no pass"):
        audit(tasks)
    assert "the advisory service of npm could not be asked" in capsys.readouterr().out


def test_a_registry_that_answers_with_a_page_is_one_that_cannot_be_asked(tasks, npm_alone, registry, capsys):
    registry.advisories = "<html>"
    with pytest.raises(tasks.ChoreError, match="no pass"):
        audit(tasks)
    assert "the advisory service of npm could not be asked" in capsys.readouterr().out


@pytest.mark.slow
def test_nothing_known_of_any_locked_package_is_a_pass(tasks, registry, repository, capsys):
    """Each is asked about, those too that another platform or Python needs and pip-audit would leave out silently."""
    audit(tasks)
    told = capsys.readouterr().out
    asked = {place.rpartition("node_modules/")[2] for place in npm_locked(repository)}
    assert f"js/package-lock.json: told about {len(npm_locked(repository))} packages, 0 known" in told
    for lock in ("requirements-dev.txt", "tests/azure_cli/requirements.txt", "benchmarks/requirements.txt"):
        lines = [line for line in (repository / lock).read_text(encoding="utf-8").splitlines() if "==" in line]
        assert any(" ; sys_platform == 'win32'" in line or " ; os_name == 'nt'" in line for line in lines)
        assert f"{lock}: told about {len(lines)} packages, 0 known" in told
        asked |= {line.split(" ")[0] for line in lines}
    assert registry.asked.keys() == asked


@pytest.mark.slow
def test_known_vulnerabilities_are_told(tasks, registry, capsys):
    registry.advisories = {"preact": [ADVISORY]}
    with pytest.raises(tasks.ChoreError, match="5 known vulnerabilities"):
        audit(tasks)
    told = capsys.readouterr().out
    assert "js/package-lock.json: preact, high: A hole" in told
    assert len(re.findall(r"requirements-dev.txt: numpy 2\.[\d.]+: PYSEC-1, mended in 99\n", told)) == 2


@pytest.mark.parametrize("name", ["preact", "esbuild"])
def test_a_known_vulnerability_is_told(tasks, npm_alone, registry, capsys, name):
    registry.advisories = {name: [ADVISORY]}
    with pytest.raises(tasks.ChoreError, match="known vulnerabilit") as caught:
        audit(tasks)
    assert caught.value.status == 1
    assert f"js/package-lock.json: {name}, high: A hole (<=99.0.0)" in capsys.readouterr().out


@pytest.mark.slow
@pytest.mark.parametrize(
    "setting",
    [
        *(("npm_config_offline", "true"), ("npm_config_audit", "false"), ("npm_config_omit", "dev")),
        *(("NODE_ENV", "production"), ("npm_config_package_lock", "false"), ("npm_config_audit_level", "none")),
    ],
    ids="=".join,
)
def test_settings_of_npm_hide_nothing(tasks, npm_alone, registry, monkeypatch, setting):
    monkeypatch.setenv(*setting)
    registry.advisories = {"esbuild": [ADVISORY]}  # of those that are for development alone
    with pytest.raises(tasks.ChoreError, match="known vulnerabilit"):
        audit(tasks)


def test_packages_that_pip_audit_skipped_are_told(tasks):
    """pip-audit itself ends with 0 then, having looked at nothing."""
    package = {"name": "six", "version": "1.17.0"}
    hole = {"id": "PYSEC-1", "fix_versions": ["1.18.0"], "aliases": [], "description": ""}

    def read(*packages):
        output = json.dumps({"dependencies": packages, "fixes": []})
        answer = tasks.tasks_audit.of_pip_audit(output, {"six": "1.17.0"})
        return answer.asked, answer.found, answer.unknown

    assert read({"name": "six", "skip_reason": "not found"}) == (0, [], ["not found"])
    assert read({**package, "vulns": [hole]}) == (1, ["six 1.17.0: PYSEC-1, mended in 1.18.0"], [])
    assert read({**package, "vulns": []}) == (1, [], [])
    assert read({**package, "version": "1.16.0", "vulns": []}) == read() == (0, [], ["no answer: six (1.17.0)"])
    for output in ("", "no JSON", "[]", "{}"):
        assert tasks.tasks_audit.of_pip_audit(output, {"six": "1.17.0"}).unknown
