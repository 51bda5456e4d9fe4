"""The part of the shell language that the simulated shell reads: words, lists, pipes and redirects."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_OPERATORS = ("2>&1", "2>>", "&>", "2>", "1>", ">>", "&&", "||", ">", ";", "|", "\n")
_REFUSED = "`()<&"
_NAME = re.compile(r"\{([A-Za-z_]\w*|\?)\}|([A-Za-z_]\w*|[?$])", re.ASCII)
_KEYWORDS = frozenset({"if", "for", "while", "until", "case", "function", "{", "}", "[[", "!"})

MAX_WORD = 32_768


class ShellSyntaxError(Exception):
    """A command line that the simulated shell does not read."""


@dataclass(frozen=True)
class Word:
    """A word as written: pieces of text, and whether variables in a piece are to be put in."""

    pieces: tuple[tuple[str, bool], ...]
    quoted: bool = False

    def expand(self, lookup: Callable[[str], str]) -> str:
        """Return the word with its variables put in."""
        parts: list[str] = []
        room = MAX_WORD
        for piece, open_ in self.pieces:
            for part in _expand(piece, lookup) if open_ else (piece,):
                room -= len(part)
                if room < 0:  # said before the word is put together: variables may make very much of a short line
                    raise ShellSyntaxError("a word is too long")
                parts.append(part)
        return "".join(parts)


@dataclass
class Command:
    """A simple command: its words and where its output goes."""

    words: list[Word] = field(default_factory=list)
    redirects: list[tuple[str, Word | None]] = field(default_factory=list)


@dataclass
class Pipeline:
    """Commands joined by pipes, and the operator that stands before them."""

    joint: str
    commands: list[Command]


def parse(script: str) -> list[Pipeline]:
    """Return the pipelines of a script in order.

    Raises
    ------
    ShellSyntaxError
        If the script has anything that the simulated shell does not know.
    """
    if len(script) > MAX_WORD:
        raise ShellSyntaxError("the command line is too long")
    pipelines: list[Pipeline] = []
    joint = ";"
    commands = [Command()]
    pending: str | None = None
    tokens: list[Word | str] = [*_tokens(script), "\n"]
    for lexeme in tokens:
        if isinstance(lexeme, Word):
            if pending is not None:
                commands[-1].redirects.append((pending, lexeme))
                pending = None
            else:
                _check_keyword(commands[-1], lexeme)
                commands[-1].words.append(lexeme)
            continue
        if pending is not None:
            raise ShellSyntaxError(f"syntax error near unexpected token `{_shown(lexeme)}'")
        if lexeme == "2>&1":
            commands[-1].redirects.append((lexeme, None))
        elif lexeme.endswith(">"):
            pending = lexeme
        else:
            joint = _close(pipelines, commands, joint, lexeme)
    if joint in {"&&", "||"}:
        raise ShellSyntaxError("syntax error: unexpected end of file")
    return pipelines


def _close(pipelines: list[Pipeline], commands: list[Command], joint: str, lexeme: str) -> str:
    """End a command at an operator; return the operator that stands before the next pipeline."""
    empty = not commands[-1].words and not commands[-1].redirects
    if lexeme == "|" and not empty:
        commands.append(Command())
        return joint
    if empty:
        if lexeme == "\n" and len(commands) == 1:
            return joint
        raise ShellSyntaxError(f"syntax error near unexpected token `{_shown(lexeme)}'")
    pipelines.append(Pipeline(joint, list(commands)))
    commands[:] = [Command()]
    return ";" if lexeme == "\n" else lexeme


def _check_keyword(command: Command, word: Word) -> None:
    if not command.words and not word.quoted and word.pieces and word.pieces[0][0] in _KEYWORDS:
        raise ShellSyntaxError(f"the simulated shell does not know `{word.pieces[0][0]}'")


def _tokens(script: str) -> list[Word | str]:
    tokens: list[Word | str] = []
    position = 0
    while position < len(script):
        character = script[position]
        if character in " \t\r":
            position += 1
        elif script.startswith("\\\n", position):
            position += 2
        elif character == "#":
            end = script.find("\n", position)
            position = len(script) if end < 0 else end
        elif operator := next((name for name in _OPERATORS if script.startswith(name, position)), None):
            tokens.append(operator)
            position += len(operator)
        elif character in _REFUSED:
            raise ShellSyntaxError(f"the simulated shell does not know `{character}'")
        else:
            word, position = _word(script, position)
            tokens.append(word)
    return tokens


def _word(script: str, position: int) -> tuple[Word, int]:
    pieces: list[tuple[str, bool]] = []
    quoted = False
    while position < len(script):
        character = script[position]
        if character in " \t\r\n;|>" + _REFUSED:
            break
        if character == "'":
            end = script.find("'", position + 1)
            if end < 0:
                raise ShellSyntaxError("unexpected EOF while looking for matching `''")
            pieces.append((script[position + 1 : end], False))
            quoted = True
            position = end + 1
        elif character == '"':
            position = _double_quoted(script, position + 1, pieces)
            quoted = True
        elif character == "\\":
            pieces.append((script[position + 1 : position + 2], False))
            quoted = True
            position += 2
        else:
            end = position
            while end < len(script) and script[end] not in " \t\r\n;|>'\"\\" + _REFUSED:
                end += 1
            _refuse_substitution(script, position, end)
            text = script[position:end]
            if not pieces and (text == "~" or text.startswith("~/")):
                pieces.append(("${HOME}", True))
                text = text[1:]
            pieces.append((text, True))
            position = end
    return Word(tuple(pieces), quoted), position


def _double_quoted(script: str, position: int, pieces: list[tuple[str, bool]]) -> int:
    start = position
    while position < len(script):
        character = script[position]
        if character == '"':
            pieces.append((script[start:position], True))
            return position + 1
        if character == "`" or script.startswith("$(", position):
            raise ShellSyntaxError("the simulated shell does not know command substitution")
        if character == "\\" and script[position + 1 : position + 2] in {'"', "\\", "$", "`"}:
            pieces.append((script[start:position], True))
            pieces.append((script[position + 1], False))
            position += 2
            start = position
        else:
            position += 1
    raise ShellSyntaxError("unexpected EOF while looking for matching `\"'")


def _refuse_substitution(script: str, start: int, end: int) -> None:
    if script[end : end + 1] in {"(", "`"} and script[start:end].endswith("$"):
        raise ShellSyntaxError("the simulated shell does not know command substitution")


def _expand(text: str, lookup: Callable[[str], str]) -> Iterator[str]:
    parts = text.split("$")
    yield parts[0]
    for part in parts[1:]:
        match = _NAME.match(part)
        if match is None:
            if part.startswith("{"):
                raise ShellSyntaxError(f"${part}: bad substitution")
            yield "$" + part
        else:
            yield lookup(match[1] or match[2])
            yield part[match.end() :]


def _shown(lexeme: str) -> str:
    return "newline" if lexeme == "\n" else lexeme
