"""The grammar: tokens to statements.

An expression is kept as steps in the order in which they are done, operands before what joins them. Who reads them
needs a stack and no recursion, however long or deep the formula is.
"""

from __future__ import annotations

from dataclasses import dataclass

from batch_widgets.autoscale.findings import Findings
from batch_widgets.autoscale.tokens import Token, tokenize
from batch_widgets.autoscale.vocabulary import MAX_CHARACTERS, MAX_STATEMENTS

MAX_LEVELS = 50
"""Parentheses within parentheses: the documentation names no limit, and nobody reads more."""

_PRECEDENCE = {
    "||": 1,
    "&&": 2,
    **dict.fromkeys(("==", "!="), 3),
    **dict.fromkeys(("<", "<=", ">", ">="), 4),
    **dict.fromkeys("+-", 5),
    **dict.fromkeys("*/", 6),
}
_UNARY = ("-", "!", "+")


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do.

    ``kind`` says what, and how many operands it takes: ``"number"``, ``"string"`` and ``"name"`` none; ``"group"`` (a
    pair of parentheses), ``"unary"`` and ``"field"`` one; ``"binary"`` two; ``"choose"`` three; ``"call"`` its
    arguments; ``"method"`` its arguments and before them its owner.
    """

    kind: str
    text: str
    start: int
    end: int
    arguments: int = 0


@dataclass(frozen=True, slots=True)
class Statement:
    """``target = steps``, or steps alone."""

    target: Token | None
    steps: tuple[Step, ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Formula:
    """The statements that could be read, and what is wrong so far.

    ``unread`` names the variables that the other statements set, as far as that could be read; ``complete`` tells
    whether there are none.
    """

    statements: tuple[Statement, ...]
    complete: bool
    findings: Findings
    unread: frozenset[str] = frozenset()


class _WrongSyntaxError(Exception):
    """The statement can't be read; why is noted already."""


def parse(text: str) -> Formula:
    """Read a formula; what can't be read is among the findings, and the statements after it are read all the same."""
    findings = Findings(text)
    if len(text) > MAX_CHARACTERS:
        findings.add(
            f"A formula has at most {MAX_CHARACTERS:,} characters; this one has {len(text):,}.",
            MAX_CHARACTERS,
            len(text),
        )
        return Formula((), complete=False, findings=findings)
    return _Parser(tokenize(text, findings), findings).formula()


class _Parser:
    def __init__(self, tokens: list[Token], findings: Findings) -> None:
        self._tokens = tokens
        self._at = 0
        self._level = 0
        self._findings = findings
        self._steps: list[Step] = []

    @property
    def _next(self) -> Token:
        return self._tokens[self._at]

    def _take(self) -> Token:
        token = self._next
        if token.kind != "end":
            self._at += 1
        return token

    def _fail(self, message: str, start: int, end: int) -> _WrongSyntaxError:
        self._findings.add(message, start, end)
        return _WrongSyntaxError()

    def _expected(self, what: str) -> _WrongSyntaxError:
        token = self._next
        if token.kind == "bad":  # the tokenizer has said what is wrong with it
            return _WrongSyntaxError()
        return self._fail(f"Expected {what}, not {token.shown}.", token.start, token.end)

    def _expect(self, sign: str, what: str) -> Token:
        if not self._next.is_sign(sign):
            raise self._expected(what)
        return self._take()

    def formula(self) -> Formula:
        statements: list[Statement] = []
        unread: set[str] = set()
        complete = True
        count = 0
        while self._next.kind != "end":
            if self._next.is_sign(";"):
                self._take()
                continue
            count += 1
            if count == MAX_STATEMENTS + 1:
                last = self._tokens[-1]
                self._findings.add(
                    f"A formula has at most {MAX_STATEMENTS} statements. This is one more.", self._next.start, last.end
                )
                complete = False
                break
            first = self._next
            try:
                statements.append(self._statement())
            except _WrongSyntaxError:
                complete = False
                unread.add(first.text)
                while self._next.kind != "end" and not self._next.is_sign(";"):
                    self._take()
        if count == 0:
            end = self._next.end
            self._findings.add("The formula is empty.", end, end)
        return Formula(tuple(statements), complete, self._findings, frozenset(unread))

    def _statement(self) -> Statement:
        self._steps = []
        self._level = 0
        first = self._next
        target = None
        if first.kind == "name" and self._tokens[self._at + 1].is_sign("="):
            target = self._take()
            self._take()
        self._expression()
        token = self._next
        if token.is_sign("="):
            hint = "A single = sets a variable, at the beginning of a statement. To compare, write ==."
            raise self._fail(hint, token.start, token.end)
        if token.kind != "end" and not token.is_sign(";"):
            raise self._expected("a sign or ;")
        return Statement(target, tuple(self._steps), first.start, self._tokens[self._at - 1].end)

    def _emit(self, kind: str, token: Token, arguments: int = 0, end: int | None = None) -> None:
        self._steps.append(Step(kind, token.text, token.start, token.end if end is None else end, arguments))

    def _expression(self) -> None:
        """Read ``a ? b : c`` and all that binds tighter; chains to the right without recursion."""
        self._level += 1
        if self._level > MAX_LEVELS:
            token = self._next
            raise self._fail(
                f"More than {MAX_LEVELS} levels of parentheses. Split it into statements.", token.start, token.end
            )
        self._operation()
        questions: list[Token] = []
        while self._next.is_sign("?"):
            questions.append(self._take())
            self._expression()
            self._expect(":", "a sign or :")
            self._operation()
        for question in reversed(questions):
            self._emit("choose", question)
        self._level -= 1

    def _operation(self) -> None:
        """Read operands joined by signs with two sides; equal ones go from left to right."""
        waiting: list[Token] = []
        self._operand()
        while self._next.kind == "sign" and (binds := _PRECEDENCE.get(self._next.text)):
            while waiting and _PRECEDENCE[waiting[-1].text] >= binds:
                self._emit("binary", waiting.pop())
            waiting.append(self._take())
            self._operand()
        while waiting:
            self._emit("binary", waiting.pop())

    def _operand(self) -> None:
        signs: list[Token] = []
        while self._next.is_sign(*_UNARY):
            signs.append(self._take())
        self._primary()
        while self._next.is_sign("."):
            self._take()
            self._member()
        while signs:
            self._emit("unary", signs.pop())

    def _primary(self) -> None:
        token = self._next
        if token.kind in {"number", "string"}:
            self._emit(token.kind, self._take())
        elif token.kind == "name":
            self._take()
            if self._next.is_sign("("):
                count, end = self._arguments(token)
                self._emit("call", token, count, end)
            else:
                self._emit("name", token)
        elif token.is_sign("("):
            self._take()
            self._expression()
            end = self._expect(")", "a sign or )").end
            self._emit("group", token, end=end)
        else:
            raise self._expected("a value")

    def _member(self) -> None:
        name = self._next
        if name.kind != "name":
            raise self._expected("a method or a field")
        self._take()
        if self._next.is_sign("("):
            count, end = self._arguments(name)
            self._emit("method", name, count, end)
        else:
            self._emit("field", name)

    def _arguments(self, owner: Token) -> tuple[int, int]:
        """Read what stands in parentheses; give how many, and where they end."""
        self._take()
        if self._next.is_sign(")"):
            return 0, self._take().end
        self._expression()
        count = 1
        while self._next.is_sign(","):
            self._take()
            self._expression()
            count += 1
        return count, self._expect(")", f"a sign, a comma, or ) after the arguments of {owner.text}").end
