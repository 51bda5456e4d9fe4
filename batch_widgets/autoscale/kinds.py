"""What kinds of values there are, and which signs join them."""

from __future__ import annotations

from typing import Literal

Kind = Literal["double", "doubleVec", "string", "timestamp", "timeinterval"]
Verdict = Literal["yes", "unlisted", "no"]

SHOWN: dict[str, str] = {
    "double": "a number",
    "doubleVec": "a vector",
    "string": "a text",
    "timestamp": "a time",
    "timeinterval": "a timeinterval",
}

_COMPARED = frozenset({"double", "string", "timestamp", "timeinterval"})
_COMPARISONS = frozenset({"<", "<=", "==", ">=", ">", "!="})
_LOGIC = frozenset({"&&", "||"})
# The documentation's table of operations.
_LISTED: dict[tuple[str, str, str], Kind] = {
    **{(sign, "double", "double"): "double" for sign in "+-*/"},
    **{(sign, "doubleVec", "double"): "doubleVec" for sign in "+-*/"},
    **{(sign, "doubleVec", "doubleVec"): "doubleVec" for sign in "+-*/"},
    **{(sign, "timeinterval", "timeinterval"): "timeinterval" for sign in "+-"},
    **{(sign, "timeinterval", "double"): "timeinterval" for sign in "*/"},
    ("*", "double", "timeinterval"): "timeinterval",
    ("+", "timeinterval", "timestamp"): "timestamp",
    ("+", "timestamp", "timeinterval"): "timestamp",
    ("-", "timestamp", "timestamp"): "timeinterval",
}
# Not in it, but so near to it that nobody can say that the service refuses them.
_UNLISTED: dict[tuple[str, str, str], Kind] = {
    **{(sign, "double", "doubleVec"): "doubleVec" for sign in "+-*/"},
    ("-", "timestamp", "timeinterval"): "timestamp",
}


def join(sign: str, left: Kind | None, right: Kind | None) -> tuple[Kind | None, Verdict]:
    """Give the kind of two values joined by a sign, and whether the documentation lists that; None is not known."""
    if sign in _LOGIC:
        return "double", "no" if {left, right} - {"double", None} else "yes"
    if sign in _COMPARISONS:
        known = {left, right} - {None}
        return "double", "no" if len(known) == 2 or known - _COMPARED else "yes"
    if left is None or right is None:
        return None, "yes"
    key = (sign, left, right)
    if key in _LISTED:
        return _LISTED[key], "yes"
    return (_UNLISTED[key], "unlisted") if key in _UNLISTED else (None, "no")


def apply(sign: str, kind: Kind | None) -> tuple[Kind | None, Verdict]:
    """Give the kind of a value after a sign before it."""
    if sign == "!":
        return "double", "yes" if kind in {"double", None} else "no"
    if kind is None:
        return None, "yes"
    if sign == "-":
        listed = kind in {"double", "timeinterval"}
        return kind, "yes" if listed else "unlisted" if kind == "doubleVec" else "no"
    return kind, "unlisted" if kind in {"double", "timeinterval"} else "no"
