"""What the service tells of one node: how its start task went, its files, and where its logs were put."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from batch_widgets.problems import Problem

_CONTAINER = re.compile(r"https://[^/?#\s]+/([^?#\s]*)(?:\?([^#\s]*))?")
_NO_CONTAINER = "Give the URL of a blob container with its shared access signature: https://….blob.core.windows.net/…?…"

_ADVICE = {
    "starttaskfailed": "Read below what it wrote. Mend the pool's start task, then reboot the node, or remove it.",
    "unusable": "Batch may get it back by itself within an hour. Else reboot or reimage it; where that is refused, "
    "remove it and resize the pool.",
    "unknown": "Batch has lost contact with it. Wait, or remove it.",
    "preempted": "Azure took the Spot machine back. Another comes by itself as soon as there is room.",
    "offline": "Scheduling is off, so it gets no tasks and takes no users. Enable scheduling to use it.",
    "deallocated": "Its machine was given back. Start the node to use it.",
}


def advice(state: str) -> str:
    """Say what can be done about a node in a state in which it is of no use; empty for the others."""
    return _ADVICE.get(state, "")


@dataclass(frozen=True, slots=True)
class TaskFailure:
    """Why a start task failed, in the service's words.

    Parameters
    ----------
    category : str
        ``"usererror"`` or ``"servererror"``.
    code : str
        The service's code, such as ``"FailureExitCode"``.
    message : str
        What happened.
    details : tuple of (str, str)
        Further names and values.
    """

    category: str
    code: str = ""
    message: str = ""
    details: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class StartTaskInfo:
    """The last run of a node's start task.

    Parameters
    ----------
    state : str
        ``"running"`` or ``"completed"``.
    exit_code : int, optional
        None while it runs, and where it could not be started.
    start_time, end_time : datetime, optional
        Of the last try, in UTC.
    retry_count : int
        How often it was tried again.
    last_retry_time : datetime, optional
        When it was last tried again, in UTC.
    result : str
        ``"success"`` or ``"failure"``; empty while it runs.
    failure : TaskFailure, optional
        Why it failed.
    """

    state: str
    exit_code: int | None = None
    start_time: datetime | None = None
    end_time: datetime | None = None
    retry_count: int = 0
    last_retry_time: datetime | None = None
    result: str = ""
    failure: TaskFailure | None = None

    @property
    def failed(self) -> bool:
        """True where its last try ended badly."""
        return self.result == "failure" or self.failure is not None or bool(self.exit_code)


@dataclass(frozen=True, slots=True)
class FileEnd:
    """The end of a text file on a node.

    Parameters
    ----------
    path : str
        The file, below the node's root folder.
    text : str
        Its last part; what is no UTF-8 becomes U+FFFD.
    size : int, optional
        Bytes of the whole file; None where it could not be read.
    is_whole : bool
        True where `text` is all of it.
    missing : str
        Why there is no text, in a sentence; empty where there is.
    """

    path: str
    text: str = ""
    size: int | None = None
    is_whole: bool = False
    missing: str = ""

    @property
    def is_text(self) -> bool:
        """False where it looks like no text."""
        return "\0" not in self.text


@dataclass(frozen=True, slots=True)
class StartTaskResult:
    """How a node's start task went.

    Parameters
    ----------
    node_id : str
        The node.
    info : StartTaskInfo, optional
        None where the pool has no start task, or the node has not come to it yet.
    stdout, stderr : FileEnd
        The last 16 KiB of what it wrote.
    """

    node_id: str
    info: StartTaskInfo | None
    stdout: FileEnd
    stderr: FileEnd

    @property
    def exit_code(self) -> int | None:
        """Its exit code; None where there is none."""
        return self.info.exit_code if self.info else None


@dataclass(frozen=True, slots=True)
class NodeFile:
    """A file or folder on a node.

    Parameters
    ----------
    path : str
        Below the node's root folder, as the service writes it: with backslashes on Windows.
    is_directory : bool
        True for a folder.
    size : int, optional
        Bytes; None for a folder.
    last_modified : datetime, optional
        In UTC; None for a folder.
    """

    path: str
    is_directory: bool = False
    size: int | None = None
    last_modified: datetime | None = None


@dataclass(frozen=True, slots=True)
class UploadedLogs:
    """Where the service puts the logs of a node.

    Parameters
    ----------
    virtual_directory_name : str
        What the names of the blobs begin with, inside the container.
    number_of_files : int
        How many files there will be.
    """

    virtual_directory_name: str
    number_of_files: int


def check_log_upload(
    container_url: str, start_time: datetime, end_time: datetime | None, *, now: datetime
) -> tuple[Problem, ...]:
    """Check where logs are to be put before anything is sent. No message repeats the URL: it is a secret.

    Parameters
    ----------
    container_url : str
        Of a blob container, with a shared access signature.
    start_time, end_time : datetime
        From when to when the logs are wanted, in UTC.
    now : datetime
        The time, in UTC.

    Returns
    -------
    tuple of Problem
        Fields ``container_url``, ``start_time`` and ``end_time``.
    """
    problems = []
    if wrong := _wrong_url(container_url.strip(), now):
        problems.append(Problem("container_url", wrong))
    if start_time > now:
        problems.append(Problem("start_time", "It is in the future; there are no logs yet."))
    if end_time is not None and end_time <= start_time:
        problems.append(Problem("end_time", "The end is not after the start."))
    return tuple(problems)


def _wrong_url(url: str, now: datetime) -> str:
    parts = _CONTAINER.fullmatch(url)
    if parts is None or not parts[1].strip("/"):
        return _NO_CONTAINER
    query = {name: value for name, _, value in (one.partition("=") for one in (parts[2] or "").split("&"))}
    if not query.get("sig"):
        return "It has no shared access signature (sig=…), so Batch could not write there."
    if query.get("sp") and "w" not in query["sp"]:
        return "Its signature does not allow writing: sp has no w."
    try:
        ends = datetime.fromisoformat(query.get("se", "").replace("%3A", ":").replace("%3a", ":"))
    except ValueError:
        return ""
    return "Its signature has expired." if (ends if ends.tzinfo else ends.replace(tzinfo=UTC)) <= now else ""
