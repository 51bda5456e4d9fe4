"""What a simulated command gets to see, and what it does: it writes text and takes time."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .machine import Account, Machine


@dataclass(frozen=True)
class Output:
    """Text that a command wrote, to standard error or to standard output."""

    text: str
    error: bool = False


@dataclass(frozen=True)
class Sleep:
    """Time that a command takes."""

    seconds: float


Run = Generator[Output | Sleep, None, int]


class TooMuchError(Exception):
    """A command line does more than the simulated node lets one do."""


@dataclass
class Meter:
    """What one command line may still do."""

    commands: int = 1000
    characters: int = 4 * 1024 * 1024

    def spend(self, *, commands: int = 0, characters: int = 0) -> None:
        """Take from what is left.

        Raises
        ------
        TooMuchError
            If there is not enough.
        """
        self.commands -= commands
        self.characters -= characters
        if min(self.commands, self.characters) < 0:
            raise TooMuchError("a command line does too much for a simulated node")


@dataclass
class Context:
    """What a command sees: machine, user, environment, directory, standard input, and a terminal's columns and rows."""

    machine: Machine
    account: Account
    environment: dict[str, str]
    directory: str
    stdin: str = ""
    terminal: tuple[int, int] | None = None
    meter: Meter = field(default_factory=Meter)


Builtin = Callable[[Context, list[str]], Run]


def refuse(command: str, takes: str, status: int = 1) -> Run:
    """Say that a command is simulated for a few arguments only, rather than to give a wrong answer."""
    yield Output(f"{command}: the simulated {command} takes {takes}\n", error=True)
    return status
