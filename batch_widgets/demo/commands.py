"""The few commands that simulated machines know. Each reads the machine and nothing of the host."""

from __future__ import annotations

import re
from collections.abc import Callable, Generator
from dataclasses import dataclass

from .machine import Account, Machine, resolve


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


@dataclass
class Context:
    """What a command sees: machine, user, environment, directory and standard input."""

    machine: Machine
    account: Account
    environment: dict[str, str]
    directory: str
    stdin: str = ""


Builtin = Callable[[Context, list[str]], Run]


def _printenv(context: Context, arguments: list[str]) -> Run:
    if not arguments:
        yield Output("".join(f"{name}={value}\n" for name, value in context.environment.items()))
        return 0
    found = [context.environment[name] for name in arguments if name in context.environment]
    yield Output("".join(f"{value}\n" for value in found))
    return 0 if len(found) == len(arguments) else 1


def _echo(_context: Context, arguments: list[str]) -> Run:
    newline = "\n"
    if arguments[:1] == ["-n"]:
        arguments, newline = arguments[1:], ""
    elif arguments[:1] == ["-e"]:
        arguments = arguments[1:]
    yield Output(" ".join(arguments) + newline)
    return 0


def _true(_context: Context, _arguments: list[str]) -> Run:
    yield from ()
    return 0


def _false(_context: Context, _arguments: list[str]) -> Run:
    yield from ()
    return 1


def _hostname(context: Context, _arguments: list[str]) -> Run:
    yield Output(f"{context.machine.hostname}\n")
    return 0


def _whoami(context: Context, _arguments: list[str]) -> Run:
    yield Output("root\n" if context.account.is_root else f"{context.account.name}\n")
    return 0


def _id(context: Context, _arguments: list[str]) -> Run:
    name = context.account.name
    if context.account.is_root:
        yield Output("uid=0(root) gid=0(root) groups=0(root)\n")
    else:
        groups = ",27(sudo)" if context.account.is_admin else ""
        yield Output(f"uid=1001({name}) gid=1001({name}) groups=1001({name}){groups}\n")
    return 0


def _pwd(context: Context, _arguments: list[str]) -> Run:
    yield Output(f"{context.directory}\n")
    return 0


def _sleep(_context: Context, arguments: list[str]) -> Run:
    match = re.fullmatch(r"(\d{1,9}(?:\.\d{1,9})?)([smhd]?)", arguments[0], re.ASCII) if len(arguments) == 1 else None
    if match is None:
        yield Output(f"sleep: invalid time interval '{' '.join(arguments)}'\n", error=True)
        return 1
    yield Sleep(float(match[1]) * {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}[match[2]])
    return 0


def _uname(context: Context, arguments: list[str]) -> Run:
    kernel, host = context.machine.kernel, context.machine.hostname
    answers = {
        "": "Linux",
        "-s": "Linux",
        "-n": host,
        "-r": kernel,
        "-m": "x86_64",
        "-a": f"Linux {host} {kernel} #1 SMP x86_64 GNU/Linux",
    }
    option = " ".join(arguments)
    if option not in answers:
        yield Output(f"uname: invalid option '{option}'\n", error=True)
        return 1
    yield Output(f"{answers[option]}\n")
    return 0


def _date(context: Context, _arguments: list[str]) -> Run:
    yield Output(context.machine.now.strftime("%a %b %e %H:%M:%S UTC %Y\n"))
    return 0


def _nproc(context: Context, _arguments: list[str]) -> Run:
    yield Output(f"{context.machine.vcpus}\n")
    return 0


def _cat(context: Context, arguments: list[str]) -> Run:
    if not arguments:
        yield Output(context.stdin)
    status = 0
    for name in arguments:
        path = resolve(name, context.directory)
        if path in context.machine.files:
            yield Output(context.machine.files[path])
            continue
        status = 1
        is_directory = context.machine.listing(path) is not None
        yield Output(f"cat: {name}: {'Is a directory' if is_directory else 'No such file or directory'}\n", error=True)
    return status


def _ls(context: Context, arguments: list[str]) -> Run:
    names = [name for name in arguments if not name.startswith("-")] or [context.directory]
    status = 0
    for name in names:
        path = resolve(name, context.directory)
        listing = context.machine.listing(path)
        if listing is not None:
            heading = f"{name}:\n" if len(names) > 1 else ""
            yield Output(heading + "".join(f"{entry}\n" for entry in listing))
        elif path in context.machine.files:
            yield Output(f"{name}\n")
        else:
            status = 2
            yield Output(f"ls: cannot access '{name}': No such file or directory\n", error=True)
    return status


def _grep(context: Context, arguments: list[str]) -> Run:
    options = {letter for name in arguments if name.startswith("-") for letter in name[1:]}
    patterns = [name for name in arguments if not name.startswith("-")]
    if len(patterns) != 1 or options - {"i", "v", "c", "F", "E"}:
        yield Output("grep: the simulated grep takes one pattern, plain text, and -i, -v or -c\n", error=True)
        return 2
    fold = str.lower if "i" in options else str
    wanted = fold(patterns[0])
    anchored = wanted.startswith("^")
    needle = wanted.removeprefix("^")
    lines = context.stdin.splitlines()
    hits = [
        line
        for line in lines
        if (fold(line).startswith(needle) if anchored else needle in fold(line)) is not ("v" in options)
    ]
    yield Output(f"{len(hits)}\n" if "c" in options else "".join(f"{line}\n" for line in hits))
    return 0 if hits else 1


def _sort(context: Context, _arguments: list[str]) -> Run:
    yield Output("".join(f"{line}\n" for line in sorted(context.stdin.splitlines())))
    return 0


def _head(context: Context, arguments: list[str]) -> Run:
    match = re.fullmatch(r"-n? ?(\d{1,6})", " ".join(arguments), re.ASCII) if arguments else None
    count = int(match[1]) if match else 10
    yield Output("".join(f"{line}\n" for line in context.stdin.splitlines()[:count]))
    return 0


def _wc(context: Context, _arguments: list[str]) -> Run:
    yield Output(f"{len(context.stdin.splitlines())}\n")
    return 0


BUILTINS: dict[str, Builtin] = {
    "cat": _cat,
    "date": _date,
    "echo": _echo,
    "env": _printenv,
    "false": _false,
    "grep": _grep,
    "head": _head,
    "hostname": _hostname,
    "id": _id,
    "ls": _ls,
    "nproc": _nproc,
    "printenv": _printenv,
    "pwd": _pwd,
    "sleep": _sleep,
    "sort": _sort,
    "true": _true,
    "uname": _uname,
    "wc": _wc,
    "whoami": _whoami,
}
