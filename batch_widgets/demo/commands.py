"""The few commands that simulated machines know. Each reads the machine and nothing of the host."""

from __future__ import annotations

import re
from collections.abc import Callable, Generator
from dataclasses import dataclass, field

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
    """What a command sees: machine, user, environment, directory and standard input."""

    machine: Machine
    account: Account
    environment: dict[str, str]
    directory: str
    stdin: str = ""
    meter: Meter = field(default_factory=Meter)


_USED_KIB = 600 * 1024.0
_SYSTEM_DISK_KIB = 30 * (1 << 20)
_SYSTEM_USED_KIB = 3 * (1 << 20)
_COUNT = re.compile(r"(?:-n? ?(\d{1,6}) )?((?:[^-\s]\S* )*)\Z", re.ASCII)

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
    yield Output(f"{context.machine.size.vcpus}\n")
    return 0


def _free(context: Context, arguments: list[str]) -> Run:
    divisor, unit = {"": (1, ""), "-k": (1, ""), "-m": (1024, ""), "-g": (1 << 20, ""), "-h": (1 << 20, "Gi")}.get(
        " ".join(arguments), (0, "")
    )
    if not divisor:
        yield Output("free: the simulated free takes -k, -m, -g or -h\n", error=True)
        return 1
    digits = 1 if unit else 0
    total = context.machine.size.memory_gib * (1 << 20)
    used = min(total, _USED_KIB)
    columns = "".join(f"{name:>12}" for name in ("total", "used", "free"))
    values = "".join(f"{f'{value / divisor:.{digits}f}{unit}':>12}" for value in (total, used, total - used))
    swap = "".join(f"{f'0{unit}':>12}" for _ in range(3))
    yield Output(f"{'':8}{columns}\n{'Mem:':8}{values}\n{'Swap:':8}{swap}\n")
    return 0


def _df(context: Context, arguments: list[str]) -> Run:
    if set(arguments) - {"-h", "-k"}:
        yield Output("df: the simulated df takes -h or -k\n", error=True)
        return 1
    divisor, unit, head = (1 << 20, "G", "Size") if "-h" in arguments else (1, "", "1K-blocks")
    disks = [("/dev/root", "/", _SYSTEM_DISK_KIB, float(_SYSTEM_USED_KIB))]
    if context.machine.size.temporary_disk_mib:
        written_kib = context.machine.used_bytes / 1024
        disks.append(("/dev/sdb1", "/mnt", context.machine.size.temporary_disk_mib * 1024, written_kib))
    yield Output(f"{'Filesystem':<12}{head:>12}{'Used':>12}{'Avail':>12}{'Use%':>6} Mounted on\n")
    for name, where, total, used in disks:
        shown = "".join(f"{f'{value / divisor:.0f}{unit}':>12}" for value in (total, used, total - used))
        yield Output(f"{name:<12}{shown}{used / total:>6.0%} {where}\n")
    return 0


def _uptime(context: Context, _arguments: list[str]) -> Run:
    seconds = max(0, int((context.machine.now - context.machine.booted).total_seconds()))
    days, rest = divmod(seconds, 86_400)
    up = (f"{days} days, " if days else "") + f"{rest // 3600:2}:{rest // 60 % 60:02}"
    yield Output(f" {context.machine.now:%H:%M:%S} up {up},  load average: 0.00, 0.00, 0.00\n")
    return 0


def _ps(context: Context, _arguments: list[str]) -> Run:
    rows = [("1001", "bash"), ("1002", "ps")]
    if context.account.is_root:
        rows = [("1", "systemd"), ("640", "sshd"), *rows]
    yield Output("    PID COMMAND\n" + "".join(f"{number:>7} {name}\n" for number, name in rows))
    return 0


def _which(_context: Context, arguments: list[str]) -> Run:
    found = [f"/usr/bin/{name}\n" for name in arguments if name in BUILTINS]
    yield Output("".join(found))
    return 0 if arguments and len(found) == len(arguments) else 1


def _help(_context: Context, _arguments: list[str]) -> Run:
    names = " ".join(sorted({*BUILTINS, "bash", "cd", "exit", "export", "sh", "sudo"}))
    yield Output(f"This is a simulated node of batch_widgets: nothing runs for real. It knows:\n{names}\n")
    return 0


def _cat(context: Context, arguments: list[str]) -> Run:
    if not arguments:
        yield Output(context.stdin)
    return (yield from _each_file(context, "cat", arguments, lambda text: text))


def _each_file(context: Context, command: str, names: list[str], show: Callable[[str], str]) -> Run:
    """Write what a command shows of some files."""
    status = 0
    for name in names:
        path = resolve(name, context.directory)
        text = context.machine.read(path)
        if text is not None:
            yield Output(show(text))
            continue
        status = 1
        reason = "Is a directory" if context.machine.listing(path) is not None else "No such file or directory"
        yield Output(f"{command}: {name}: {reason}\n", error=True)
    return status


def _ls(context: Context, arguments: list[str]) -> Run:
    names = [name for name in arguments if not name.startswith("-")] or [context.directory]
    long = any(name.startswith("-") and "l" in name for name in arguments)
    status = 0
    for name in names:
        path = resolve(name, context.directory)
        listing = context.machine.listing(path)
        if listing is not None:
            heading = f"{name}:\n" if len(names) > 1 else ""
            entries = ((entry, f"{path.rstrip('/')}/{entry}") for entry in listing)
            yield Output(heading + "".join(_entry(context.machine, *entry, long=long) for entry in entries))
        elif context.machine.read(path) is not None:
            yield Output(_entry(context.machine, name, path, long=long))
        else:
            status = 2
            yield Output(f"ls: cannot access '{name}': No such file or directory\n", error=True)
    return status


def _entry(machine: Machine, name: str, path: str, *, long: bool) -> str:
    if not long:
        return f"{name}\n"
    text = machine.read(path)
    mode = "drwxr-xr-x" if text is None else "-rw-r--r--"
    size = 4096 if text is None else len(text.encode("utf-8", "surrogatepass"))
    return f"{mode} 1 root root {size:>8} {machine.modified(path):%b %e %H:%M} {name}\n"


def _grep(context: Context, arguments: list[str]) -> Run:
    options = {letter for name in arguments if name.startswith("-") for letter in name[1:]}
    names = [name for name in arguments if not name.startswith("-")]
    if not 1 <= len(names) <= 2 or options - {"i", "v", "c", "F", "E"}:
        yield Output("grep: the simulated grep takes a plain text, one file, and -i, -v or -c\n", error=True)
        return 2
    text: str | None = context.stdin
    if len(names) == 2:
        text = context.machine.read(resolve(names[1], context.directory))
        if text is None:
            yield Output(f"grep: {names[1]}: No such file or directory\n", error=True)
            return 2
    fold = str.lower if "i" in options else str
    wanted = fold(names[0])
    anchored = wanted.startswith("^")
    needle = wanted.removeprefix("^")
    hits = [
        line
        for line in (text or "").splitlines()
        if (fold(line).startswith(needle) if anchored else needle in fold(line)) is not ("v" in options)
    ]
    yield Output(f"{len(hits)}\n" if "c" in options else "".join(f"{line}\n" for line in hits))
    return 0 if hits else 1


def _sort(context: Context, _arguments: list[str]) -> Run:
    yield Output("".join(f"{line}\n" for line in sorted(context.stdin.splitlines())))
    return 0


def _head(context: Context, arguments: list[str]) -> Run:
    return (yield from _some_lines(context, "head", arguments, lambda lines, count: lines[:count]))


def _tail(context: Context, arguments: list[str]) -> Run:
    return (yield from _some_lines(context, "tail", arguments, lambda lines, count: lines[-count:] if count else []))


def _some_lines(
    context: Context, command: str, arguments: list[str], cut: Callable[[list[str], int], list[str]]
) -> Run:
    """Write some lines of files, or of what comes through a pipe."""
    match = _COUNT.match(" ".join(arguments) + " ")
    if match is None:
        yield Output(f"{command}: the simulated {command} takes -n, a number and names of files\n", error=True)
        return 1
    count = int(match[1]) if match[1] else 10

    def show(text: str) -> str:
        return "".join(f"{line}\n" for line in cut(text.splitlines(), count))

    if not match[2]:
        yield Output(show(context.stdin))
        return 0
    return (yield from _each_file(context, command, match[2].split(), show))


def _wc(context: Context, _arguments: list[str]) -> Run:
    yield Output(f"{len(context.stdin.splitlines())}\n")
    return 0


BUILTINS: dict[str, Builtin] = {
    "cat": _cat,
    "date": _date,
    "df": _df,
    "echo": _echo,
    "env": _printenv,
    "false": _false,
    "free": _free,
    "grep": _grep,
    "head": _head,
    "help": _help,
    "hostname": _hostname,
    "id": _id,
    "ls": _ls,
    "nproc": _nproc,
    "printenv": _printenv,
    "ps": _ps,
    "pwd": _pwd,
    "sleep": _sleep,
    "sort": _sort,
    "tail": _tail,
    "true": _true,
    "uname": _uname,
    "uptime": _uptime,
    "wc": _wc,
    "which": _which,
    "whoami": _whoami,
}
