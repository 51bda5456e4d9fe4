"""Nodes: values, states in words, and what came of a call on many of them."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from batch_widgets.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    import pandas as pd

    from batch_widgets.login import RemoteLoginSettings
    from batch_widgets.node_facts import StartTaskInfo

USABLE_STATES = frozenset({"idle", "running"})
"""States in which a node takes users and tasks."""

BROKEN_STATES = frozenset({"starttaskfailed", "unusable"})
"""States that a node does not leave by itself."""

ON_THE_WAY_STATES = frozenset(
    {"creating", "starting", "waitingforstarttask", "rebooting", "reimaging", "upgradingos", "deallocating"}
)
"""States that a node leaves by itself."""

EMPTY_STATES = frozenset({"creating", "reimaging", "preempted", "deallocated"})
"""States in which a node has none of the users that it may have had before."""

_WORDS = {
    "waitingforstarttask": "waiting for start task",
    "starttaskfailed": "start task failed",
    "leavingpool": "leaving pool",
    "upgradingos": "upgrading OS",
}
# the order of a node's life, the good end first
_ORDER = (
    "idle",
    "running",
    "waitingforstarttask",
    "starting",
    "creating",
    "rebooting",
    "reimaging",
    "upgradingos",
    "offline",
    "preempted",
    "unknown",
    "starttaskfailed",
    "unusable",
    "deallocating",
    "deallocated",
    "leavingpool",
)

Outcome = Literal["added", "updated", "exists", "deleted", "absent", "done", "skipped", "failed", "not reached"]

_TO_DO = frozenset({"failed", "not reached"})


def state_words(state: str) -> str:
    """Give a node's state as a person reads it."""
    return _WORDS.get(state, state)


@dataclass(frozen=True, slots=True)
class Node:
    """A node of a pool.

    Parameters
    ----------
    id : str
        The service's id.
    state : str
        Such as ``"idle"``; a new state of the service comes as it is.
    is_dedicated : bool
        False for a Spot node.
    ip_address : str
        Inside the pool's network; empty while there is none.
    scheduling_state : str
        ``"enabled"`` or ``"disabled"``.
    running_tasks_count : int, optional
        Tasks on it now.
    start_task_exit_code : int, optional
        Of the last run of the start task.
    start_task_failure : str
        Why the start task failed, in the service's words; empty where it did not.
    errors : tuple of str
        The node's errors: code and message.
    allocation_time : datetime, optional
        In UTC.
    state_transition_time : datetime, optional
        Since when it is in its state, in UTC.
    last_boot_time : datetime, optional
        In UTC; None while it never ran.
    node_agent_version : str
        Version of Batch's agent on it; empty while it is not known.
    start_task : StartTaskInfo, optional
        The last run of the start task; None where there was none.
    """

    id: str
    state: str
    is_dedicated: bool = True
    ip_address: str = ""
    scheduling_state: str = ""
    running_tasks_count: int | None = None
    start_task_exit_code: int | None = None
    start_task_failure: str = ""
    errors: tuple[str, ...] = ()
    allocation_time: datetime | None = None
    state_transition_time: datetime | None = None
    last_boot_time: datetime | None = None
    node_agent_version: str = ""
    start_task: StartTaskInfo | None = None

    @property
    def usable(self) -> bool:
        """True where the node takes users: it is idle or running."""
        return self.state in USABLE_STATES

    @property
    def trouble(self) -> str:
        """Why it is broken, in a sentence; empty where it is not."""
        if self.state == "starttaskfailed" or (self.start_task_failure and self.state in BROKEN_STATES):
            code = self.start_task_exit_code
            known = {126: "the command is not executable", 127: "command not found"}.get(
                code or 0, self.start_task_failure
            )
            parts = ("Start task", "" if code is None else f"exit code {code}", known)
            return ": ".join(filter(None, parts)) if any(parts[1:]) else "The start task failed."
        if self.state == "unusable":
            return "; ".join(self.errors) or "Batch cannot talk to the machine."
        return "; ".join(self.errors)


def state_counts(nodes: Iterable[Node]) -> dict[str, int]:
    """Count nodes by state, in the order of a node's life."""
    counts = Counter(node.state for node in nodes)
    known = [state for state in _ORDER if counts[state]]
    return {state: counts[state] for state in [*known, *sorted(set(counts) - set(_ORDER))]}


@dataclass(frozen=True, slots=True)
class NodeOutcome:
    """What came of a call on one node.

    Parameters
    ----------
    node_id : str
        The node.
    outcome : str
        ``"added"``, ``"updated"``, ``"exists"``, ``"deleted"``, ``"absent"``, ``"done"``, ``"skipped"``,
        ``"failed"``, or ``"not reached"`` where the call was not made (yet), or its end is not known.
    error_code : str
        The service's code, where it gave one.
    message : str
        What it means.
    allocation_time : datetime, optional
        When the node was allocated, in UTC: it tells the node from a later one of the same id.
    may_pass : bool
        True where it failed by what may pass without anybody's doing.
    """

    node_id: str
    outcome: Outcome
    error_code: str = ""
    message: str = ""
    allocation_time: datetime | None = None
    may_pass: bool = False


def outcomes_frame(outcomes: Sequence[NodeOutcome]) -> pd.DataFrame:
    """Lay outcomes out as a table.

    Parameters
    ----------
    outcomes : sequence of NodeOutcome
        The rows.

    Returns
    -------
    pandas.DataFrame
        ``node_id``, ``outcome``, ``error_code``, ``message`` as nullable strings; a row per node asked for. Its
        ``attrs`` have ``allocation_time``: when each node was allocated, as ISO 8601 text by node id.
    """
    import pandas as pd

    columns = ("node_id", "outcome", "error_code", "message")
    frame = pd.DataFrame(
        {name: pd.Series([getattr(outcome, name) for outcome in outcomes], dtype="string") for name in columns}
    )
    frame.attrs["allocation_time"] = {
        outcome.node_id: outcome.allocation_time.isoformat() for outcome in outcomes if outcome.allocation_time
    }
    return frame


def failed_nodes(frame: pd.DataFrame) -> tuple[str, ...]:
    """Give the nodes to try again, from a table of outcomes, in its order: those that failed or were not reached."""
    return tuple(frame.loc[frame["outcome"].isin(_TO_DO), "node_id"])


def nodes_frame(
    nodes: Sequence[Node], logins: dict[str, RemoteLoginSettings] | None = None, commands: dict[str, str] | None = None
) -> pd.DataFrame:
    """Lay nodes out as a table.

    Parameters
    ----------
    nodes : sequence of Node
        The rows.
    logins : dict of str to RemoteLoginSettings, optional
        Where to log in, by node id.
    commands : dict of str to str, optional
        The ``ssh`` command of each node to which a user was added, by node id.

    Returns
    -------
    pandas.DataFrame
        ``node_id``, ``state``, ``is_dedicated`` (bool), ``ip_address``, ``remote_login_ip_address``,
        ``remote_login_port`` (nullable integer), ``ssh_command``, ``scheduling_state``, ``running_tasks_count``
        (nullable integer), ``allocation_time`` (UTC), ``trouble``, ``state_transition_time`` and ``last_boot_time``
        (UTC), ``node_agent_version``; text columns are nullable strings.
    """
    import pandas as pd

    logins, commands = logins or {}, commands or {}

    def text(values: Iterable[str | None]) -> pd.Series[str]:
        return pd.Series([value or None for value in values], dtype="string")

    def times(values: Iterable[datetime | None]) -> pd.Series[pd.Timestamp]:
        return pd.Series(list(values), dtype="datetime64[us, UTC]")

    found = [logins.get(node.id) for node in nodes]
    return pd.DataFrame(
        {
            "node_id": text(node.id for node in nodes),
            "state": text(node.state for node in nodes),
            "is_dedicated": pd.Series([node.is_dedicated for node in nodes], dtype="bool"),
            "ip_address": text(node.ip_address for node in nodes),
            "remote_login_ip_address": text(login.ip_address if login else None for login in found),
            "remote_login_port": pd.Series([login.port if login else None for login in found], dtype="Int64"),
            "ssh_command": text(commands.get(node.id) for node in nodes),
            "scheduling_state": text(node.scheduling_state for node in nodes),
            "running_tasks_count": pd.Series([node.running_tasks_count for node in nodes], dtype="Int64"),
            "allocation_time": times(node.allocation_time for node in nodes),
            "trouble": text(node.trouble for node in nodes),
            "state_transition_time": times(node.state_transition_time for node in nodes),
            "last_boot_time": times(node.last_boot_time for node in nodes),
            "node_agent_version": text(node.node_agent_version for node in nodes),
        }
    )


_REFUSED_NAMES = frozenset(
    {
        *("administrator", "admin", "admin1", "admin2", "user", "user1", "user2", "user3", "user4", "user5"),
        *("test", "test1", "test2", "test3", "1", "123", "a", "actuser", "adm", "aspnet", "backup", "console"),
        *("david", "guest", "john", "owner", "root", "server", "sql", "support", "sys"),
    }
)
_MAX_DAYS = 36_500  # a hundred years: the calendar ends some time after
_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")


def check_user(name: str, *, days: int | None, has_password: bool, has_key: bool, os_type: str) -> tuple[Problem, ...]:
    """Check a node user before anything is sent.

    Batch's own rules for names are not published; those of Azure's virtual machines are warned of, not enforced.

    Parameters
    ----------
    name : str
        The user's name.
    days : int, optional
        Days until the user expires.
    has_password, has_key : bool
        How the user signs in.
    os_type : str
        ``"linux"`` or ``"windows"``.

    Returns
    -------
    tuple of Problem
        Fields ``name``, ``days``, ``password`` and ``ssh_public_key``.
    """
    problems = []
    if not name:
        problems.append(Problem("name", "The user needs a name."))
    elif name.startswith("-") or not name.isprintable() or re.search(r"[\s'\"\\/:@;,|<>*?=+\[\]]", name):
        problems.append(Problem("name", "Use letters, digits, _, . and - in the name, no blanks, and no - in front."))
    elif len(name) > (20 if os_type == "windows" else 64):
        problems.append(Problem("name", f"The name is too long: {len(name)} characters."))
    elif name.casefold() in _REFUSED_NAMES:
        problems.append(
            Problem("name", f"Azure reserves the name {name} on its machines; Batch may refuse it.", "warning")
        )
    elif not _PLAIN_NAME.fullmatch(name):
        problems.append(Problem("name", "Linux may refuse this name. Plain ASCII letters and digits work.", "warning"))
    if days is not None and not 1 <= days <= _MAX_DAYS:
        message = f"A user lives for 1 to {_MAX_DAYS:,} days: Linux nodes count expiry in whole days."
        problems.append(Problem("days", message))
    if has_password and has_key:
        problems.append(Problem("password", "Give a password or an SSH public key, not both."))
    elif os_type == "windows" and has_key:
        problems.append(Problem("ssh_public_key", "Windows nodes take no SSH key. Give a password."))
    elif not has_password and not has_key:
        field = "password" if os_type == "windows" else "ssh_public_key"
        problems.append(Problem(field, "Say how the user signs in: with an SSH public key or a password."))
    return tuple(problems)


@dataclass(frozen=True, slots=True)
class NodeUser:
    """A user to be added to nodes. Its text form hides the password.

    Parameters
    ----------
    name : str
        The user's name.
    password : str, optional
        In clear, for the call only.
    ssh_public_key : str, optional
        In OpenSSH's one-line form.
    is_admin : bool
        Whether it may use ``sudo``.
    expiry_time : datetime, optional
        When it ends, in UTC; the service's default is a day from now.
    """

    name: str
    password: str | None = field(default=None, repr=False)
    ssh_public_key: str | None = field(default=None, repr=False)
    is_admin: bool = False
    expiry_time: datetime | None = None
