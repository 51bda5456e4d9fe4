"""Rules of a pool's start task."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from batch_widgets.pools.rules.names import Rule
from batch_widgets.pools.secrets import is_secret

if TYPE_CHECKING:
    from collections.abc import Iterator

    from batch_widgets.pools.spec import PoolSpec
    from batch_widgets.problems import Problem

_SHELL = re.compile(r"^\s*(\S*[/\\])?(bash|sh|dash|zsh|cmd(\.exe)?|powershell(\.exe)?|pwsh)\b", re.IGNORECASE)
_SHELL_SYNTAX = re.compile(r"\$[\w{(]|[|><;&`*]|%\w+%")
_SOURCES = ("httpUrl", "storageContainerUrl", "autoStorageContainerName")
_DETAILS = (
    "start_task_username",
    "start_task_max_task_retry_count",
    "start_task_environment_settings",
    "start_task_resource_files",
    "start_task_container_image_name",
    "start_task_container_run_options",
)


def wrap_in_shell(command_line: str, os_type: str) -> str:
    """Give the command line that runs `command_line` in the system's shell."""
    if os_type == "windows":
        return f"cmd /c {command_line}"
    quoted = command_line.replace("'", "'\\''")
    return f"/bin/bash -c '{quoted}'"


def check_start_task(spec: PoolSpec) -> Iterator[Problem]:
    """Check the start task, if there is one."""
    command_line = spec.start_task_command_line
    if not command_line:
        if any(getattr(spec, name) not in ("", None, ()) for name in _DETAILS):
            yield Rule.START_TASK_WITHOUT_COMMAND.warning(
                "start_task_command_line", "Without a command there is no start task, and its settings are not sent."
            )
        return
    if not command_line.strip():
        yield Rule.COMMAND_BLANK.error(
            "start_task_command_line", "The command line is blank. Empty it for no start task."
        )
    elif not _SHELL.match(command_line) and _SHELL_SYNTAX.search(command_line):
        yield Rule.COMMAND_NEEDS_SHELL.warning(
            "start_task_command_line",
            f"Batch runs this without a shell, so variables and operators stay as they are. "
            f"Use {wrap_in_shell('…' if is_secret('', command_line) else command_line, spec.os_type)}",
        )
    retries = spec.start_task_max_task_retry_count
    if retries is not None and retries < -1:
        yield Rule.RETRIES_RANGE.error(
            "start_task_max_task_retry_count", "A number of retries is 0 or more, or -1 for without end."
        )
    yield from _check_user(spec)
    if spec.start_task_container_image_name and not spec.container_type:
        yield Rule.START_TASK_NOT_IN_CONTAINER.warning(
            "start_task_container_image_name",
            "The pool is not set up for containers. Choose a container type under Containers.",
        )
    if spec.start_task_container_run_options and not spec.start_task_container_image_name:
        yield Rule.ITEM_INCOMPLETE.error(
            "start_task_container_image_name", "Options for a container need the container's image."
        )
    yield from _check_files(spec)


def _check_user(spec: PoolSpec) -> Iterator[Problem]:
    name = spec.start_task_username
    if not name:
        return
    if name not in {account.get("name") for account in spec.user_accounts}:
        yield Rule.START_TASK_USER_UNKNOWN.error(
            "start_task_username", f"{name} is none of the pool's user accounts. Add it under Users and mounts."
        )
    if spec.start_task_elevated:
        yield Rule.START_TASK_TWO_USERS.error(
            "start_task_username",
            "A user account and “Run as administrator” exclude each other. Turn that off, and give the account rights.",
        )


def _check_files(spec: PoolSpec) -> Iterator[Problem]:
    field = "start_task_resource_files"
    for number, file in enumerate(spec.start_task_resource_files, 1):
        given = [name for name in _SOURCES if file.get(name)]
        if len(given) != 1:
            yield Rule.RESOURCE_FILE_SOURCE.error(
                field,
                f"Resource file {number} needs exactly one source: a URL of a file or container, or a container of "
                "the account's storage.",
            )
        elif given == ["httpUrl"] and not file.get("filePath"):
            yield Rule.RESOURCE_FILE_PATH.error(field, f"Resource file {number} needs its path on the node.")
        elif given == ["httpUrl"] and file.get("blobPrefix"):
            yield Rule.RESOURCE_FILE_PREFIX.error(
                field, f"Resource file {number} is a single file: a blob prefix goes with a container only."
            )
