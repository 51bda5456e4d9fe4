"""The simulated shell: runs command lines on a simulated machine, and never anything on the host."""

from __future__ import annotations

import posixpath
import re
import shlex
from dataclasses import replace
from typing import TYPE_CHECKING

from .command_context import Context, Output, Run, Sleep, TooMuchError
from .commands import BUILTINS
from .machine import ROOT, Account, resolve
from .shell_syntax import MAX_WORD, Command, Pipeline, ShellSyntaxError, Word, parse

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

_ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)=(.*)", re.ASCII | re.DOTALL)
_SHELLS = frozenset({"/bin/bash", "/bin/sh", "/usr/bin/bash", "/usr/bin/sh", "bash", "sh"})
_REDIRECTED: dict[str, Callable[[str], dict[bool, str]]] = {
    ">": lambda path: {False: path},
    "1>": lambda path: {False: path},
    ">>": lambda path: {False: path},
    "2>": lambda path: {True: path},
    "2>>": lambda path: {True: path},
    "&>": lambda path: {False: path, True: path},
}
"""Where standard output (False) and standard error (True) go after each operator."""

_NOWHERE = "/dev/null"
_EVERYBODYS = ("/home/", "/tmp/", f"{ROOT}/")  # noqa: S108  names on the simulated machine
_MAX_NESTING = 8
_MAX_WORDS = 131_072
"""Characters that the words of one command may have in all, as Linux has such a limit."""
_MAX_VARIABLES = 262_144
"""Characters that the variables of a shell may have in all; sessions are long."""


class ExitShellError(Exception):
    """The shell was told to end."""

    def __init__(self, status: int) -> None:
        self.status = status
        super().__init__(status)


class Shell:
    """One shell on a machine, with a directory and variables of its own.

    Parameters
    ----------
    context
        The machine, the user, the environment and the directory to start in.
    """

    def __init__(self, context: Context, nesting: int = 0) -> None:
        self.context = context
        self.variables: dict[str, str] = {}
        self.status = 0
        self._nesting = nesting

    def run(self, script: str) -> Run:
        """Run a script and return the status of its last command.

        Raises
        ------
        ExitShellError
            When the script says ``exit``.
        """
        try:
            pipelines = parse(script)
        except ShellSyntaxError as error:
            yield Output(f"bash: {error}\n", error=True)
            self.status = 2
            return 2
        for pipeline in pipelines:
            if (pipeline.joint == "&&" and self.status != 0) or (pipeline.joint == "||" and self.status == 0):
                continue
            try:
                self.status = yield from self._pipeline(pipeline)
            except ShellSyntaxError as error:
                yield Output(f"bash: {error}\n", error=True)
                self.status = 1
            except TooMuchError as error:
                yield Output(f"bash: {error}\n", error=True)
                self.status = 1
                return 1
        return self.status

    def execute(self, words: list[str]) -> Run:
        """Run one program with its arguments, without any shell language."""
        if self._nesting > _MAX_NESTING:
            yield Output("bash: too many shells in shells\n", error=True)
            return 126
        name, arguments = words[0], words[1:]
        if name in _SHELLS:
            return (yield from self._nested(name, arguments))
        if name == "sudo":
            return (yield from self._sudo(arguments))
        if name in {"env", "/usr/bin/env"} and arguments:
            return (yield from self._env(arguments))
        builtin = BUILTINS.get(posixpath.basename(name) if name.startswith(("/bin/", "/usr/bin/")) else name)
        if builtin is None:
            yield Output(f"bash: {name}: command not found on this simulated node; try help\n", error=True)
            return 127
        return (yield from builtin(self.context, arguments))

    def _lookup(self, name: str) -> str:
        if name == "?":
            return str(self.status)
        if name == "$":
            return "1"
        return self.variables.get(name, self.context.environment.get(name, ""))

    def _pipeline(self, pipeline: Pipeline) -> Run:
        status = 0
        piped = ""
        for index, command in enumerate(pipeline.commands):
            last = index == len(pipeline.commands) - 1
            before = self.context.stdin
            self.context.stdin = piped if index else before
            try:
                collected: list[str] = []
                run = self._redirected(command, in_pipe=len(pipeline.commands) > 1)
                status = yield from _pass(run, None if last else collected)
                piped = "".join(collected)
            finally:
                self.context.stdin = before
        return status

    def _redirected(self, command: Command, *, in_pipe: bool) -> Run:
        """Run a command with its output going where its redirects say; files are opened before it starts."""
        self.context.meter.spend(commands=1)
        yield Sleep(0.0)
        routes: dict[bool, str | None] = {False: None, True: None}
        joined = False
        for operator, word in command.redirects:
            if word is None:
                joined, routes[True] = True, routes[False]
                continue
            path = resolve(word.expand(self._lookup), self.context.directory)
            if (trouble := self._open(path, append=operator.endswith(">>"))) is not None:
                yield Output(f"bash: {path}: {trouble}\n", error=True)
                return 1
            joined = joined and not operator.startswith("2")
            routes.update(_REDIRECTED[operator](path))
        run = self._simple(command.words, in_pipe=in_pipe)
        while True:
            try:
                event = next(run)
            except StopIteration as stop:
                status: int = stop.value
                return status
            if isinstance(event, Sleep):
                yield event
                continue
            self.context.meter.spend(characters=len(event.text))
            if (target := routes[event.error]) is not None:
                if target != _NOWHERE and not self.context.machine.write(target, event.text, append=True):
                    yield Output(f"bash: {target}: No space left on device\n", error=True)
                    return 1
            else:
                yield Output(event.text, error=event.error and not joined)

    def _open(self, path: str, *, append: bool) -> str | None:
        """Make a file ready to be written to; or return why it can't be."""
        machine = self.context.machine
        if path == _NOWHERE:
            return None
        if not machine.can_write(path):
            return "Is a directory" if machine.listing(path) is not None else "No such file or directory"
        if not (self.context.account.is_root or path.startswith(_EVERYBODYS)):
            return "Permission denied"
        return None if machine.write(path, "", append=append) else "No space left on device"

    def _simple(self, words: list[Word], *, in_pipe: bool) -> Run:
        expanded: list[str] = []
        room = _MAX_WORDS
        for word in words:
            expanded.append(word.expand(self._lookup))
            room -= len(expanded[-1])
            if room < 0:
                raise ShellSyntaxError("Argument list too long")
        # A word that was only an unset variable vanishes, as in a real shell.
        texts = [text for text, word in zip(expanded, words, strict=True) if text or word.quoted]
        assigned: dict[str, str] = {}
        while texts and (match := _ASSIGNMENT.fullmatch(texts[0])):
            assigned[match[1]] = match[2][:MAX_WORD]
            texts.pop(0)
        if not texts:
            self._keep(self.variables, assigned)
            return 0
        if assigned:
            inner = Shell(
                replace(self.context, environment={**self.context.environment, **assigned}), self._nesting + 1
            )
            return (yield from inner.execute(texts))
        return (yield from self._builtin(texts, in_pipe=in_pipe))

    def _builtin(self, texts: list[str], *, in_pipe: bool) -> Run:
        name, arguments = texts[0], texts[1:]
        if name in {"exit", "logout"}:
            status = int(arguments[0]) & 255 if arguments and re.fullmatch(r"\d{1,9}", arguments[0], re.ASCII) else None
            status = (2 if arguments else self.status) if status is None else status
            if in_pipe:
                return status
            raise ExitShellError(status)
        if name == "cd":
            return (yield from self._cd(arguments))
        if name == "export":
            for argument in arguments:
                match = _ASSIGNMENT.fullmatch(argument)
                if match:
                    self._keep(self.context.environment, {match[1]: match[2]})
                elif argument in self.variables:
                    self.context.environment[argument] = self.variables.pop(argument)
            return 0
        if name in {"set", ":"}:
            return 0
        return (yield from self.execute(texts))

    def _keep(self, where: dict[str, str], assigned: dict[str, str]) -> None:
        """Set variables, as long as there is room for them."""
        kept = {**self.context.environment, **self.variables, **assigned}
        if sum(len(name) + len(value) for name, value in kept.items()) > _MAX_VARIABLES:
            raise ShellSyntaxError("no room for more variables")
        where.update(assigned)

    def _cd(self, arguments: list[str]) -> Run:
        target = arguments[0] if arguments else self.context.environment.get("HOME", "/")
        path = resolve(target, self.context.directory)
        if self.context.machine.listing(path) is None:
            yield Output(f"bash: cd: {target}: No such file or directory\n", error=True)
            return 1
        self.context.directory = path
        return 0

    def _nested(self, name: str, arguments: list[str]) -> Run:
        while arguments and arguments[0] in {"-l", "-e", "-x", "-u"}:
            arguments = arguments[1:]
        if not arguments or not re.fullmatch(r"-[a-z]*c", arguments[0]) or len(arguments) < 2:
            yield Output(f"{name}: the simulated shell takes -c and a command\n", error=True)
            return 2
        inner = Shell(replace(self.context, environment=dict(self.context.environment)), self._nesting + 1)
        try:
            return (yield from inner.run(arguments[1]))
        except ExitShellError as ended:
            return ended.status

    def _sudo(self, arguments: list[str]) -> Run:
        while arguments and arguments[0] in {"-n", "-E", "-H", "-i", "--"}:
            arguments = arguments[1:]
        account = self.context.account
        if not (account.is_admin or account.is_root):
            yield Output(f"{account.name} is not in the sudoers file.\n", error=True)
            return 1
        if not arguments:
            yield Output("usage: sudo command [arguments]\n", error=True)
            return 1
        root = Account("root", is_admin=True, elevated=True)
        return (yield from Shell(replace(self.context, account=root), self._nesting + 1).execute(arguments))

    def _env(self, arguments: list[str]) -> Run:
        environment = dict(self.context.environment)
        while arguments and (match := _ASSIGNMENT.fullmatch(arguments[0])):
            environment[match[1]] = match[2]
            arguments = arguments[1:]
        inner = Shell(replace(self.context, environment=environment), self._nesting + 1)
        return (yield from inner.execute(arguments or ["printenv"]))


def run_program(shell: Shell, command_line: str) -> Run:
    """Run a command line the way the service runs a task's: as a program with arguments, not through a shell."""
    try:
        words = shlex.split(command_line)
    except ValueError as error:
        yield Output(f"{error}\n", error=True)
        return 2
    if not words:
        yield Output("the command line is empty\n", error=True)
        return 127
    if words[0] == "exit":
        yield Output("exit: not a program; a shell knows it: /bin/bash -c 'exit 3'\n", error=True)
        return 127
    return (yield from shell.execute(words))


def run_windows(context: Context, command_line: str) -> Run:
    """Run a command line of a Windows node: ``cmd /c`` with ``echo``, ``set``, ``exit`` or ``hostname``."""
    match = re.fullmatch(r"\s*cmd(?:\.exe)?\s+/c\s+(.*)", command_line, re.IGNORECASE | re.DOTALL)
    if match is None:
        name = command_line.split(maxsplit=1)[0] if command_line.split() else command_line
        yield Output(f"'{name}' is not recognized as an internal or external command.\n", error=True)
        return 127
    upper = {name.upper(): value for name, value in context.environment.items()}
    text = re.sub(r"%(\w+)%", lambda found: upper.get(found[1].upper(), found[0]), match[1].strip().strip('"'))
    name, _, rest = text.partition(" ")
    if name.lower() == "echo":
        yield Output(f"{rest}\n")
        return 0
    if name.lower() == "set":
        yield Output("".join(f"{key}={value}\n" for key, value in sorted(context.environment.items())))
        return 0
    if name.lower() == "hostname":
        yield Output(f"{context.machine.hostname}\n")
        return 0
    if name.lower() == "exit":
        number = rest.lower().removeprefix("/b").strip()
        return int(number) if re.fullmatch(r"\d{1,9}", number, re.ASCII) else 0
    yield Output(f"'{name}' is not recognized as an internal or external command.\n", error=True)
    return 127


def _pass(run: Run, collected: list[str] | None) -> Generator[Output | Sleep, None, int]:
    """Hand on what a command does; standard output goes to the next command of a pipe if there is one."""
    while True:
        try:
            event = next(run)
        except StopIteration as stop:
            status: int = stop.value
            return status
        if collected is not None and isinstance(event, Output) and not event.error:
            collected.append(event.text)
        else:
            yield event
