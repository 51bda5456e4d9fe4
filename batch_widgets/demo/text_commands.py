"""The commands of simulated machines that write, cut and count text."""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING

from .command_context import Builtin, Context, Output, Run, refuse
from .machine import resolve

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_COUNT = re.compile(r"(?:-n? ?(\d{1,6}) )?((?:[^-\s]\S* )*)\Z", re.ASCII)
_PATTERN = re.compile(r"[*\[\]\\$]")
_EXTENDED_PATTERN = re.compile(r"[*\[\]\\$+?|(){}]")
_ESCAPES = MappingProxyType({"\\n": "\n", "\\t": "\t", "\\\\": "\\"})


def _echo(_context: Context, arguments: list[str]) -> Run:
    newline = "\n"
    if arguments[:1] == ["-n"]:
        arguments, newline = arguments[1:], ""
    elif arguments[:1] == ["-e"]:
        arguments = [re.sub(r"\\[nt\\]", lambda found: _ESCAPES[found[0]], argument) for argument in arguments[1:]]
    yield Output(" ".join(arguments) + newline)
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


def _grep(context: Context, arguments: list[str]) -> Run:
    options = {letter for name in arguments if name.startswith("-") for letter in name[1:]}
    names = [name for name in arguments if not name.startswith("-")]
    special = _EXTENDED_PATTERN if "E" in options else _PATTERN
    if (
        not 1 <= len(names) <= 2
        or options - {"i", "v", "c", "F", "E"}
        or ("F" not in options and special.search(names[0]))
    ):
        return (yield from refuse("grep", "a plain text, one file, and -i, -v or -c", 2))
    text: str | None = context.stdin
    if len(names) == 2:
        text = context.machine.read(resolve(names[1], context.directory))
        if text is None:
            yield Output(f"grep: {names[1]}: No such file or directory\n", error=True)
            return 2
    fold = str.lower if "i" in options else str
    wanted = fold(names[0])
    anchored = wanted.startswith("^") and "F" not in options
    needle = wanted.removeprefix("^") if anchored else wanted
    hits = [
        line
        for line in (text or "").splitlines()
        if (fold(line).startswith(needle) if anchored else needle in fold(line)) is not ("v" in options)
    ]
    yield Output(f"{len(hits)}\n" if "c" in options else "".join(f"{line}\n" for line in hits))
    return 0 if hits else 1


def _sort(context: Context, arguments: list[str]) -> Run:
    options = {letter for name in arguments if name.startswith("-") for letter in name[1:]}
    names = [name for name in arguments if not name.startswith("-")]
    if options - {"r", "u"}:
        return (yield from refuse("sort", "names of files, -r and -u", 2))

    def show(text: str) -> str:
        lines = text.splitlines()
        return "".join(f"{line}\n" for line in sorted(set(lines) if "u" in options else lines, reverse="r" in options))

    if len(names) > 1:
        return (yield from refuse("sort", "one file", 2))
    if names:
        return (yield from _each_file(context, "sort", names, show))
    yield Output(show(context.stdin))
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
        return (yield from refuse(command, "-n, a number and names of files"))
    count = int(match[1]) if match[1] else 10

    def show(text: str) -> str:
        return "".join(f"{line}\n" for line in cut(text.splitlines(), count))

    if not match[2]:
        yield Output(show(context.stdin))
        return 0
    return (yield from _each_file(context, command, match[2].split(), show))


def _wc(context: Context, arguments: list[str]) -> Run:
    options = [name for name in arguments if name.startswith("-")]
    names = [name for name in arguments if not name.startswith("-")]
    if len(names) > 1 or len(options) > 1 or set(options) - {"-l", "-w", "-c"}:
        return (yield from refuse("wc", "one of -l, -w and -c, and one file"))

    def show(text: str) -> str:
        counts = {"-l": text.count("\n"), "-w": len(text.split()), "-c": len(text.encode("utf-8", "surrogatepass"))}
        shown = " ".join(str(counts[option]) for option in options or counts)
        return " ".join([shown, *names]) + "\n"

    if names:
        return (yield from _each_file(context, "wc", names, show))
    yield Output(show(context.stdin))
    return 0


TEXT_COMMANDS: Mapping[str, Builtin] = MappingProxyType(
    {
        "cat": _cat,
        "echo": _echo,
        "grep": _grep,
        "head": _head,
        "sort": _sort,
        "tail": _tail,
        "wc": _wc,
    }
)
