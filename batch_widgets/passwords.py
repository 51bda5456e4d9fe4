"""Passwords made up for users of nodes."""

from __future__ import annotations

import secrets

_SHORTEST = 12
_LONGEST = 72
# Without what reads alike in many fonts (0 O o, 1 I l, 2 Z, 5 S, 8 B), and of the special characters those that mean
# nothing to sh, cmd and PowerShell in the middle of a word.
_LOWER = "abcdefghijkmnpqrstuvwxyz"
_UPPER = "ACDEFGHJKLMNPQRTUVWXY"
_DIGITS = "34679"
_SPECIAL = "-_.+"
_ALL = _LOWER + _UPPER + _DIGITS + _SPECIAL


def generate_password(length: int = 20) -> str:
    """Make a password up, from the system's source of random numbers.

    It meets the rules of Azure's machines on Linux and Windows: lower and upper case, digits and special characters.
    It begins with a letter, so that no command takes it for an option, and has no characters that look alike or mean
    something to a shell. The 20 characters are worth 114 bits.

    Parameters
    ----------
    length : int
        How many characters: from 12 to 72, the most that Linux nodes take.

    Raises
    ------
    ValueError
        If the length is another.
    """
    if not _SHORTEST <= length <= _LONGEST:
        raise ValueError(f"A password has {_SHORTEST} to {_LONGEST} characters, not {length}.")
    while True:  # a draw from all words, those that break a rule put back: each that is left is as likely as the others
        word = "".join(secrets.choice(_ALL) for _ in range(length))
        if word[0].isalpha() and all(set(word) & set(kind) for kind in (_LOWER, _UPPER, _DIGITS, _SPECIAL)):
            return word
