"""Start tasks: their environment, and what becomes of them on the simulated machine."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from .clock import later
from .command_context import Context, Output, Sleep
from .machine import STARTUP, Account
from .shell import Shell, run_program, run_windows
from .wire import JsonObject, timestamp

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .machine import Machine

LEAST_S = 1.0
"""A start task takes at least this long, so that one can see it run."""

_INT32_MAX = 2**31 - 1
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True)
class StartTaskRun:
    """A start task on one node.

    Parameters
    ----------
    once_s
        Simulated seconds that each try takes.
    retries
        How often it is tried again; None for ever.
    """

    started: datetime
    once_s: float
    retries: int | None
    exit_code: int

    @classmethod
    def of(
        cls,
        task: Mapping[str, Any],
        environment: dict[str, str],
        machine: Machine,
        *,
        started: datetime,
        windows: bool,
    ) -> StartTaskRun:
        """Run a start task on a simulated machine, which keeps what it writes."""
        environment = {
            **environment,
            **{item["name"]: item.get("value", "") for item in task.get("environmentSettings", ())},
        }
        machine.now = started
        context = Context(machine, _account(task), environment, f"{STARTUP}/wd")
        command_line = task["commandLine"]
        run = run_windows(context, command_line) if windows else run_program(Shell(context), command_line)
        texts: tuple[list[str], list[str]] = [], []
        seconds = 0.0
        while True:
            try:
                event = next(run)
            except StopIteration as stop:
                exit_code: int = stop.value
                break
            if isinstance(event, Sleep):
                seconds += event.seconds
            elif isinstance(event, Output):
                texts[event.error].append(event.text)
        most = task.get("maxTaskRetryCount", 0)
        for name, written in zip(("stdout.txt", "stderr.txt"), texts, strict=True):
            machine.write(f"{STARTUP}/{name}", "".join(written))
        retries = (None if most < 0 else most) if exit_code else 0
        return cls(started, max(LEAST_S, seconds), retries, exit_code)

    @property
    def succeeds(self) -> bool:
        """Whether the exit code is 0."""
        return self.exit_code == 0

    @property
    def duration_s(self) -> float | None:
        """The simulated seconds until the last try ends; None if there is always another."""
        return None if self.retries is None else self.once_s * (self.retries + 1)

    def to_wire(self, now: datetime) -> JsonObject:
        """Return the ``startTaskInfo`` of the node."""
        tries = int((now - self.started) / timedelta(seconds=self.once_s)) if self.once_s < 1e12 else 0
        retried = max(0, min(tries, _INT32_MAX if self.retries is None else self.retries))
        running = self.duration_s is None or now < later(self.started, self.duration_s)
        info: JsonObject = {
            "state": "running" if running else "completed",
            "startTime": timestamp(self.started),
            "retryCount": retried,
        }
        if retried:
            info["lastRetryTime"] = timestamp(later(self.started, self.once_s * retried))
        if running or self.duration_s is None:
            return info
        info["endTime"] = timestamp(later(self.started, self.duration_s))
        info["exitCode"] = self.exit_code
        if not self.succeeds:
            message = "The task exited with an exit code representing a failure"
            info["failureInfo"] = {
                "category": "usererror",
                "code": "FailureExitCode",
                "message": message,
                "details": [{"name": "Message", "value": message}],
            }
        info["result"] = "success" if self.succeeds else "failure"
        return info


def task_environment(
    *, account_name: str, account_url: str, pool_id: str, node_id: str, dedicated: bool, windows: bool
) -> dict[str, str]:
    """Return the variables that the service gives to a start task."""
    root, join = ("C:\\user\\tasks", "\\") if windows else ("/mnt/batch/tasks", "/")
    startup = f"{root}{join}startup"
    variables = {
        "AZ_BATCH_ACCOUNT_NAME": account_name,
        "AZ_BATCH_ACCOUNT_URL": account_url,
        "AZ_BATCH_NODE_ID": node_id,
        "AZ_BATCH_NODE_IS_DEDICATED": str(dedicated).lower(),
        "AZ_BATCH_NODE_MOUNTS_DIR": f"{root}{join}fsmounts",
        "AZ_BATCH_NODE_ROOT_DIR": root,
        "AZ_BATCH_NODE_SHARED_DIR": f"{root}{join}shared",
        "AZ_BATCH_NODE_STARTUP_DIR": startup,
        "AZ_BATCH_POOL_ID": pool_id,
        "AZ_BATCH_TASK_DIR": startup,
        "AZ_BATCH_TASK_WORKING_DIR": f"{startup}{join}wd",
    }
    if not windows:
        variables |= {"HOME": f"{startup}/wd", "PATH": _PATH, "PWD": f"{startup}/wd"}
    return variables


def _account(task: Mapping[str, Any]) -> Account:
    identity = task.get("userIdentity") or {}
    auto = identity.get("autoUser") or {}
    elevated = str(auto.get("elevationLevel", "")).lower() == "admin"
    name = str(
        identity.get("username") or ("_azbatch" if not auto or auto.get("scope") == "pool" else "_azbatchtask_1")
    )
    return Account(name, is_admin=elevated, elevated=elevated)
