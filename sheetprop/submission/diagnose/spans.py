"""A formula's text as a tree: which stretch of what the student typed computes what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import formualizer

from sheetprop.expression import ATOM, POWER, PRODUCT, SUM, Call, Expression, Negation, Number, Operation, Symbol
from sheetprop.submission.understand.functions.arithmetic import UNARY

BINDING = {"^": 5, "*": 4, "/": 4, "+": 3, "-": 3, "&": 2, "=": 1, "<": 1, ">": 1, "<=": 1, ">=": 1, "<>": 1}
"""How strongly Excel's operators bind; a sign before an operand binds more strongly than any."""
STRENGTHS = {"^": POWER, "*": PRODUCT, "/": PRODUCT, "+": SUM, "-": SUM}


@dataclass
class Span:
    """A stretch of text: what it is, the texts around its ``parts``, and whether parentheses stand around it.

    ``texts`` has one more member than ``parts``: they alternate. ``expression`` is what the stretch computes, where
    that is known.
    """

    kind: str
    texts: list[str]
    parts: list[Span] = field(default_factory=list)
    grouped: tuple[str, str] | None = None
    expression: Expression | None = None

    @property
    def inner(self) -> str:
        """The text without the parentheses around it."""
        rest = zip(self.parts, self.texts[1:], strict=True)
        return self.texts[0] + "".join(part.text + after for part, after in rest)

    @property
    def text(self) -> str:
        """The text as it stands."""
        before, after = self.grouped or ("", "")
        return before + self.inner + after

    @property
    def strength(self) -> int:
        """How strongly the text without parentheses holds together, as expressions have it."""
        return STRENGTHS.get(self.kind, SUM if self.kind in ("unary-", "unary+") else ATOM)


def spans(text: str) -> Span | None:
    """The tree of a formula (without its =); None where it has more than operators, operands and calls."""
    try:
        tokens = [(str(token.token_type), token.value) for token in formualizer.tokenize("=" + text) if token]
    except Exception:  # the engine raises no narrower class
        return None
    parser = _Parser(tokens)
    if "".join(value for _, value in tokens) != text:
        return None
    try:
        tree = parser.expression(0)
    except (_OtherError, RecursionError):
        return None
    tree.texts[-1] += parser.blanks() if tree.grouped is None else ""
    return tree if parser.at == len(tokens) else None


class _OtherError(Exception):
    """Something else than what is followed here."""


class _Parser:
    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self.tokens, self.at = tokens, 0

    def blanks(self) -> str:
        """The blanks that stand here."""
        found = ""
        while self.at < len(self.tokens) and self.tokens[self.at][0] == "Whitespace":
            found += self.tokens[self.at][1]
            self.at += 1
        return found

    def _peek(self) -> tuple[str, str]:
        return self.tokens[self.at] if self.at < len(self.tokens) else ("End", "")

    def _take(self) -> str:
        self.at += 1
        return self.tokens[self.at - 1][1]

    def expression(self, least: int) -> Span:
        """Operands joined by operators that bind at least as strongly as ``least``, from the left."""
        left = self._operand()
        while True:
            before = self.at
            gap = self.blanks()
            kind, value = self._peek()
            if kind == "OpPostfix":
                left = Span("percent", ["", gap + self._take()], [left])
                continue
            if kind != "OpInfix" or value not in BINDING or BINDING[value] < least:
                self.at = before
                return left
            self._take()
            after = self.blanks()
            left = Span(value, ["", gap + value + after, ""], [left, self.expression(BINDING[value] + 1)])

    def _operand(self) -> Span:
        blanks = self.blanks()
        kind, value = self._peek()
        match kind:
            case "Operand":
                found = Span("operand", [self._take()])
            case "OpPrefix":
                sign = self._take() + self.blanks()
                found = Span(f"unary{value}", [sign, ""], [self._operand()])
            case "Paren" if value == "(":
                before = self._take() + self.blanks()
                found = self.expression(0)
                after = self.blanks()
                if self._peek() != ("Paren", ")"):
                    raise _OtherError
                after += self._take()
                if found.grouped:
                    before, after = before + found.grouped[0], found.grouped[1] + after
                found.grouped = (before, after)
            case "Func" if value.endswith("("):
                found = self._call()
            case _:
                raise _OtherError
        if blanks:
            if found.grouped:
                found.grouped = (blanks + found.grouped[0], found.grouped[1])
            else:
                found.texts[0] = blanks + found.texts[0]
        return found

    def _call(self) -> Span:
        found = Span("call", [self._take()])
        while True:
            found.texts[-1] += self.blanks()
            kind, value = self._peek()
            if kind == "Func" and value == ")":
                found.texts[-1] += self._take()
                return found
            if kind == "Sep":
                found.texts[-1] += self._take()
                continue
            if len(found.parts) == len(found.texts):
                raise _OtherError
            found.parts.append(self.expression(0))
            found.texts.append("")


def assign(span: Span, expression: Expression, renamed: Mapping[str, Expression]) -> None:
    """Note of each stretch what it computes, given what the whole computes, with symbols ``renamed``."""
    span.expression = expression.substitute(renamed)
    parts = span.parts
    match span.kind, expression:
        case "unary+", _:
            assign(parts[0], expression, renamed)
        case "unary-", Negation(operand):
            assign(parts[0], operand, renamed)
        case ("+" | "-" | "*" | "/" | "^") as kind, Operation(operator, left, right) if kind == operator:
            assign(parts[0], left, renamed)
            assign(parts[1], right, renamed)
        case "percent", Operation("/", left, Number(100)):
            assign(parts[0], left, renamed)
        case "call", Call(name, argument) if len(parts) == 1 and UNARY.get(function(span)) == name:
            assign(parts[0], argument, renamed)
        case "call", Operation("^", left, right) if function(span) == "POWER" and len(parts) == 2:
            assign(parts[0], left, renamed)
            assign(parts[1], right, renamed)
        case "call", Operation("+" | "*" as operator, _, _) if function(span) == {"+": "SUM", "*": "PRODUCT"}[operator]:
            _assign_arguments(parts, operator, expression, renamed)


def _assign_arguments(
    parts: list[Span], operator: str, expression: Expression, renamed: Mapping[str, Expression]
) -> None:
    """Of SUM and PRODUCT, where each argument is one cell or formula."""
    terms: list[Expression] = []
    while isinstance(expression, Operation) and expression.operator == operator and len(terms) < len(parts) - 1:
        terms.insert(0, expression.right)
        expression = expression.left
    terms.insert(0, expression)
    if len(terms) == len(parts) and not any(":" in part.text for part in parts):
        for part, term in zip(parts, terms, strict=True):
            if part.kind != "operand" or isinstance(term, (Symbol, Number)):
                assign(part, term, renamed)


def function(span: Span) -> str:
    """The name of the function that a call calls, in capitals."""
    return span.texts[0].partition("(")[0].strip().upper().removeprefix("_XLFN.")


__all__ = ["Span", "assign", "function", "spans"]
