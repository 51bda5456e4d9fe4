"""What SSH to a node is made with, and how a login can end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from datetime import datetime

LoginOutcome = Literal[
    "ok",
    "no way in",
    "unreachable",
    "port closed",
    "no answer",
    "host key changed",
    "user unknown or expired",
    "key refused",
    "password refused",
    "user or key refused",
    "user or password refused",
    "failed",
    "not reached",
]
"""How a login to a node ends; ``"user or key refused"`` where nobody can tell which of the two it was, and
``"not reached"`` where it was not tried, or not to its end."""


@dataclass(frozen=True, slots=True)
class SshTarget:
    """Where a node's SSH server is.

    Parameters
    ----------
    node_id : str
        The node; its host key is kept under this name, because Azure gives addresses and ports to other nodes later.
    host : str
        Address or name.
    port : int
        Port there.
    """

    node_id: str
    host: str
    port: int


@dataclass(frozen=True, slots=True)
class UserFacts:
    """What is known of a user on a node, to tell a user who is not there from a key that is not hers.

    Parameters
    ----------
    expires : datetime, optional
        When the user ends, in UTC; None where nobody knows.
    was_there : bool
        True where the node had the user before: then her key and password may be others.
    """

    expires: datetime | None = None
    was_there: bool = False


@dataclass(frozen=True, slots=True)
class LoginTest:
    """What came of a login to a node.

    Parameters
    ----------
    node_id : str
        The node.
    outcome : str
        One of :data:`LoginOutcome`.
    message : str
        What happened and what to do; empty where it worked.
    """

    node_id: str
    outcome: LoginOutcome
    message: str = ""


@dataclass(frozen=True, slots=True)
class CommandResult:
    """What came of a command on a node.

    Parameters
    ----------
    node_id : str
        The node.
    exit_status : int, optional
        None where it did not run to its end; 128 and the signal's number where a signal ended it.
    stdout, stderr : str
        What it wrote, as far as it is kept.
    seconds : float, optional
        How long it ran, without the login; None where it did not run.
    error : str
        Why there is no exit status; empty where there is one.
    """

    node_id: str
    exit_status: int | None = None
    stdout: str = ""
    stderr: str = ""
    seconds: float | None = None
    error: str = ""

    @property
    def word(self) -> str:
        """The result in a word or two, to be counted by."""
        if self.exit_status is None:
            return self.error.split(":", 1)[0].split(" after ", 1)[0]
        return "succeeded" if self.exit_status == 0 else "failed"
