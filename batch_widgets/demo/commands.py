"""The few commands that simulated machines know. Each reads the machine and nothing of the host."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .command_context import Builtin, Context, Output, Run, Sleep, refuse
from .machine import resolve
from .text_commands import TEXT_COMMANDS

if TYPE_CHECKING:
    from .machine import Machine


_USED_KIB = 600 * 1024.0
_SYSTEM_DISK_KIB = 30 * (1 << 20)
_SYSTEM_USED_KIB = 3 * (1 << 20)


def _printenv(context: Context, arguments: list[str]) -> Run:
    if not arguments:
        yield Output("".join(f"{name}={value}\n" for name, value in context.environment.items()))
        return 0
    found = [context.environment[name] for name in arguments if name in context.environment]
    yield Output("".join(f"{value}\n" for value in found))
    return 0 if len(found) == len(arguments) else 1


def _true(_context: Context, _arguments: list[str]) -> Run:
    yield from ()
    return 0


def _false(_context: Context, _arguments: list[str]) -> Run:
    yield from ()
    return 1


def _hostname(context: Context, arguments: list[str]) -> Run:
    if arguments not in ([], ["-s"], ["-f"]):
        return (yield from refuse("hostname", "-s or -f"))
    yield Output(f"{context.machine.hostname}\n")
    return 0


def _whoami(context: Context, arguments: list[str]) -> Run:
    if arguments:
        return (yield from refuse("whoami", "no arguments"))
    yield Output("root\n" if context.account.is_root else f"{context.account.name}\n")
    return 0


def _id(context: Context, arguments: list[str]) -> Run:
    account = context.account
    name, number = ("root", 0) if account.is_root else (account.name, 1001)
    groups = ",27(sudo)" if account.is_admin and not account.is_root else ""
    answers = {
        "": f"uid={number}({name}) gid={number}({name}) groups={number}({name}){groups}",
        "-u": f"{number}",
        "-g": f"{number}",
        "-un": name,
        "-gn": name,
    }
    option = " ".join(arguments)
    if option not in answers:
        return (yield from refuse("id", "-u, -g, -un or -gn"))
    yield Output(f"{answers[option]}\n")
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


def _date(context: Context, arguments: list[str]) -> Run:
    if arguments not in ([], ["-u"]):
        return (yield from refuse("date", "-u"))
    yield Output(context.machine.now.strftime("%a %b %e %H:%M:%S UTC %Y\n"))
    return 0


def _nproc(context: Context, arguments: list[str]) -> Run:
    if arguments not in ([], ["--all"]):
        return (yield from refuse("nproc", "--all"))
    yield Output(f"{context.machine.size.vcpus}\n")
    return 0


def _free(context: Context, arguments: list[str]) -> Run:
    divisor, unit = {"": (1, ""), "-k": (1, ""), "-m": (1024, ""), "-g": (1 << 20, ""), "-h": (1 << 20, "Gi")}.get(
        " ".join(arguments), (0, "")
    )
    if not divisor:
        return (yield from refuse("free", "-k, -m, -g or -h"))
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
        return (yield from refuse("df", "-h or -k"))
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


def _stty(context: Context, arguments: list[str]) -> Run:
    if arguments != ["size"]:
        return (yield from refuse("stty", "size"))
    if context.terminal is None:
        yield Output("stty: 'standard input': Inappropriate ioctl for device\n", error=True)
        return 1
    columns, rows = context.terminal
    yield Output(f"{rows} {columns}\n")
    return 0


def _uptime(context: Context, arguments: list[str]) -> Run:
    if arguments:
        return (yield from refuse("uptime", "no arguments"))
    seconds = max(0, int((context.machine.now - context.machine.booted).total_seconds()))
    days, rest = divmod(seconds, 86_400)
    up = (f"{days} days, " if days else "") + f"{rest // 3600:2}:{rest // 60 % 60:02}"
    yield Output(f" {context.machine.now:%H:%M:%S} up {up},  load average: 0.00, 0.00, 0.00\n")
    return 0


def _ps(context: Context, arguments: list[str]) -> Run:
    if arguments not in ([], ["aux"], ["-e"], ["-ef"]):
        return (yield from refuse("ps", "aux, -e or -ef"))
    rows = [("1001", "bash"), ("1002", "ps")]
    if context.account.is_root:
        rows = [("1", "systemd"), ("640", "sshd"), *rows]
    yield Output("    PID COMMAND\n" + "".join(f"{number:>7} {name}\n" for number, name in rows))
    return 0


def _which(_context: Context, arguments: list[str]) -> Run:
    found = [f"/usr/bin/{name}\n" for name in arguments if name in _known()]
    yield Output("".join(found))
    return 0 if arguments and len(found) == len(arguments) else 1


def _known() -> set[str]:
    """Return the names of all programs that a node has."""
    return {*BUILTINS, "bash", "sh", "sudo"}


def _help(_context: Context, _arguments: list[str]) -> Run:
    names = " ".join(sorted({*_known(), "cd", "exit", "export"}))
    yield Output(f"This is a simulated node of batch_widgets: nothing runs for real. It knows:\n{names}\n")
    return 0


def _ls(context: Context, arguments: list[str]) -> Run:
    options = {letter for name in arguments if name.startswith("-") for letter in name[1:]}
    names = [name for name in arguments if not name.startswith("-")] or [context.directory]
    if options - set("laAh1"):
        return (yield from refuse("ls", "names, -l, -a, -A, -h and -1", 2))
    long = "l" in options
    status = 0
    for name in names:
        path = resolve(name, context.directory)
        listing = context.machine.listing(path)
        if listing is not None:
            heading = f"{name}:\n" if len(names) > 1 else ""
            inside = [*((".", "..") if "a" in options else ()), *listing]
            entries = (
                (entry, resolve(entry, path)) for entry in inside if options & {"a", "A"} or not entry.startswith(".")
            )
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


BUILTINS: dict[str, Builtin] = {
    **TEXT_COMMANDS,
    "date": _date,
    "df": _df,
    "env": _printenv,
    "false": _false,
    "free": _free,
    "help": _help,
    "hostname": _hostname,
    "id": _id,
    "ls": _ls,
    "nproc": _nproc,
    "printenv": _printenv,
    "ps": _ps,
    "pwd": _pwd,
    "sleep": _sleep,
    "stty": _stty,
    "true": _true,
    "uname": _uname,
    "uptime": _uptime,
    "which": _which,
    "whoami": _whoami,
}
