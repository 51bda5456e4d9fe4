"""The formula's text as tokens."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from batch_widgets.autoscale.findings import Findings

_TOKEN = re.compile(
    r"""
    (?P<skip>[ \t\r\n\f\v]+|//[^\n]*)
    |(?P<number>(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
    |(?P<name>\$?[A-Za-z_][A-Za-z0-9_]*)
    |(?P<string>"[^"\n]*"|'[^'\n]*')
    |(?P<sign>&&|\|\||[<>=!]=|/(?!\*)|[-+*<>=!?:(),;.])
    |(?P<bad>/\*.*?(?:\*/|$)|\\["']?|["'][^\n]*|.)
    """,
    re.VERBOSE | re.DOTALL,
)
_REMEDIES = {
    "%": "The language has no %. The remainder of a / b is a - b * floor(a / b).",
    "&": "Write && for “and”.",
    "|": "Write || for “or”.",
    "/*": "A comment starts with // and ends with its line.",
    "\\": "A backslash has no meaning here; quotes stand as they are.",
    "^": "The language has no power operator.",
    "$": "A name follows the $.",
    "{": "The language knows no braces.",
    "}": "The language knows no braces.",
    "[": "The language knows no brackets; val(vector, index) gives an element.",
    "]": "The language knows no brackets; val(vector, index) gives an element.",
    "#": "A comment starts with // and ends with its line.",
    '"': "The text has no closing quote on this line.",
    "'": "The text has no closing quote on this line.",
    "“": 'Write plain quotes: ".',
    "”": 'Write plain quotes: ".',
}


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of a formula.

    ``kind`` is ``"number"``, ``"name"``, ``"string"``, ``"sign"``, ``"bad"`` (and then noted already) or ``"end"``.
    """

    kind: str
    text: str
    start: int
    end: int

    def is_sign(self, *signs: str) -> bool:
        """Tell whether it is one of these signs."""
        return self.kind == "sign" and self.text in signs

    @property
    def shown(self) -> str:
        """What a message calls it."""
        return "the end" if self.kind == "end" else f"“{self.text}”"


def tokenize(text: str, findings: Findings) -> list[Token]:
    """Split a formula; the last token is its end, which stands behind the last one that says something."""
    tokens: list[Token] = []
    last = 0
    for match in _TOKEN.finditer(text):
        kind = str(match.lastgroup)
        if kind == "skip":
            continue
        last = match.end()
        tokens.append(Token(kind, match.group(), match.start(), last))
        if kind == "bad":
            findings.add(_remedy(match.group()), match.start(), last)
        elif match.group().startswith("'"):
            findings.add("The documentation shows double quotes only.", match.start(), last, "warning")
    tokens.append(Token("end", "", last, last))
    return tokens


def _remedy(found: str) -> str:
    start = found[:2] if found.startswith("/*") else found[0]
    if start in _REMEDIES:
        return _REMEDIES[start]
    if start.isprintable() and not start.isspace():
        return f"“{start}” has no meaning here."
    return f"This is an invisible character: {unicodedata.name(start, f'U+{ord(start):04X}').lower()}. Delete it."
