"""What the advisory services of PyPI and npm say of the locked packages: part of `tasks.py`.

A service that cannot be asked is no good news: what it told nothing about is told, and is a failure of its own.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field

PIP_AUDIT = ("--no-deps", "--disable-pip", "--progress-spinner=off", "--format=json", "--output=stdout")
NPM_AUDIT = ("--json", "--no-offline", "--package-lock", "--include=dev", "--include=optional", "--include=peer")
"""Whatever the user's settings say: with some, npm asks nobody, or not about what it takes to build, and ends well."""


@dataclass
class Answer:
    """What is known of the packages of a lock file.

    Attributes
    ----------
    asked
        How many packages the service told about.
    found
        A line for each known vulnerability.
    unknown
        Which packages it told nothing about, and why.
    """

    asked: int = 0
    found: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)

    def add(self, other: Answer) -> None:
        """Add what is known of other packages of the same file."""
        self.asked += other.asked
        self.found += other.found
        self.unknown += other.unknown


def lists_of(lock: str) -> list[dict[str, str]]:
    """Return the versions of all packages of a lock file by name, also of what other platforms need.

    A package that is locked in several versions is in as many lists: pip-audit takes one at a time.
    """
    lists: list[dict[str, str]] = []
    for name, version in re.findall(r"^([\w.-]+)==([^\s;]+)", lock, re.MULTILINE):
        free = next((each for each in lists if name not in each), None)
        if free is None:
            lists.append(free := {})
        free[name] = version
    return lists


def of_pip_audit(output: str, wanted: dict[str, str]) -> Answer:
    """Read what `pip-audit --format json` printed; it ends well too where it could ask about no package."""
    try:
        told = {package["name"]: package for package in json.loads(output)["dependencies"]}
    except (ValueError, KeyError, TypeError):
        return Answer(unknown=[f"the advisory service of PyPI could not be asked about {len(wanted)} packages"])
    answer = Answer()
    for name, version in wanted.items():
        package = told.get(name, {})
        if package.get("version") != version:
            answer.unknown.append(package.get("skip_reason", f"no answer: {name} ({version})"))
            continue
        answer.asked += 1
        for advisory in package["vulns"]:
            mended = ", ".join(advisory["fix_versions"]) or "no version"
            answer.found.append(f"{name} {version}: {advisory['id']}, mended in {mended}")
    return answer


def of_npm_audit(output: str, wanted: int) -> Answer:
    """Read what `npm audit --json` printed about so many packages."""
    report = {}
    try:
        report = json.loads(output)
        packages = report["vulnerabilities"]
        total = report["metadata"]["dependencies"]["total"]
    except (ValueError, KeyError, TypeError):
        why = f": {report['message']}" if isinstance(report, dict) and "message" in report else ""
        return Answer(unknown=[f"the advisory service of npm could not be asked about {wanted} packages{why}"])
    answer = Answer(asked=total)
    if total != wanted:
        answer.unknown.append(f"npm asked about {total} packages of {wanted}")
    for name, package in packages.items():
        causes = [
            cause if isinstance(cause, str) else f"{cause['title']} ({cause['range']})" for cause in package["via"]
        ]
        answer.found.append(f"{name}, {package['severity']}: {'; '.join(causes)}")
    return answer
