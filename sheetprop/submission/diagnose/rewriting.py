"""A student's own formula with the smallest part changed that makes it another one: spacing, $ and names are kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher

from sheetprop.expression import ATOM, POWER, PRODUCT, SUM, Call, Expression, Negation, Number, Operation, Symbol
from sheetprop.submission.diagnose.spans import Span, assign, function, spans

CHAINS = {"+": "+-", "-": "+-", "*": "*/", "/": "*/"}
"""Operators that stand in one chain of terms or factors."""
ONE, MINUS_ONE = Number(1.0), Number(-1.0)


def rewritten(
    text: str,
    found: Expression,
    right: Expression,
    names: Mapping[str, str],
    reference: Callable[[str], str],
) -> str | None:
    """The formula ``text`` (without =), which computes ``found``, changed so that it computes ``right``.

    ``names`` says which names of ``found`` the equation calls otherwise; ``reference`` writes names that do not stand
    in the text. None where the text cannot be followed.
    """
    tree = spans(text)
    if tree is None:
        return None
    renamed: dict[str, Expression] = {name: Symbol(new) for name, new in names.items()}
    assign(tree, found, renamed)
    own = _Own(tree, reference)
    right = simplified(right.substitute({}), set(own.known))
    new = own.changed(tree, right)
    before, after = new.grouped or ("", "")
    return before + new.inner + after


def simplified(right: Expression, known: set[Expression]) -> Expression:
    """``right`` as one would write it: no minus before a minus, no factor 1; what is ``known`` stays as it is."""
    if right in known:
        return right
    match right:
        case Operation(operator, left, other):
            left, other = simplified(left, known), simplified(other, known)
            match operator, left, other:
                case "*", Number(1.0), _:
                    return other
                case (("*" | "/" | "^"), _, Number(1.0)):
                    return left
                case "*", Number(-1.0), _:
                    return _negative(other)
                case (("*" | "/"), _, Number(-1.0)):
                    return _negative(left)
                case (("+" | "-"), _, Negation(operand)):
                    return Operation("-" if operator == "+" else "+", left, operand)
                case (("+" | "-"), _, Number(value)) if value < 0:
                    return Operation("-" if operator == "+" else "+", left, Number(-value))
                case "+", Negation(operand), _:
                    return Operation("-", other, operand)
            return Operation(operator, left, other)
        case Negation(operand):
            return _negative(simplified(operand, known))
        case Call(name, argument):
            return Call(name, simplified(argument, known))
    return right


def _negative(expression: Expression) -> Expression:
    """Minus an expression, with a minus of its own taken out where it has one."""
    match expression:
        case Negation(operand):
            return operand
        case Number(value):
            return Number(-value)
        case Operation("-", left, right):
            return Operation("-", right, left)
        case Operation("*" | "/"):
            factors = _chain(expression)
            for n, (operator, factor) in enumerate(factors):
                match factor:
                    case Negation(operand):
                        return _joined([*factors[:n], (operator, operand), *factors[n + 1 :]])
                    case Number(-1.0) if len(factors) > 1 and (n or factors[1][0] == "*"):
                        return _joined([*factors[:n], *factors[n + 1 :]])
                    case Number(value) if value < 0:
                        return _joined([*factors[:n], (operator, Number(-value)), *factors[n + 1 :]])
            for n, (operator, factor) in enumerate(factors):
                if isinstance(factor, Operation) and factor.operator == "-" and not isinstance(factor.left, Number):
                    turned = Operation("-", factor.right, factor.left)
                    return _joined([*factors[:n], (operator, turned), *factors[n + 1 :]])
            return _joined([("*", Negation(factors[0][1])), *factors[1:]])
    return Negation(expression)


def _chain(expression: Expression) -> list[tuple[str, Expression]]:
    """The terms of a sum, or the factors of a product, each with the operator before it."""
    operators = CHAINS[expression.operator] if isinstance(expression, Operation) else ""
    found: list[tuple[str, Expression]] = []
    while isinstance(expression, Operation) and expression.operator in operators:
        found.append((expression.operator, expression.right))
        expression = expression.left
    found.append((operators[:1], expression))
    return found[::-1]


def _joined(chain: list[tuple[str, Expression]]) -> Expression:
    result = chain[0][1]
    for operator, part in chain[1:]:
        result = Operation(operator, result, part)
    return result


@dataclass(frozen=True)
class Text:
    """A stretch of a formula, how strongly it holds together, and the parentheses that the student put around it."""

    inner: str
    strength: int
    grouped: tuple[str, str] | None = None

    def within(self, least: int) -> str:
        """The stretch in parentheses, where it needs them, or had them and is still more than one thing."""
        if self.strength >= ATOM or (self.strength >= least and self.grouped is None):
            return self.inner
        before, after = self.grouped or ("(", ")")
        return before + self.inner + after


class _Own:
    """What a student typed, by what it computes."""

    def __init__(self, tree: Span, reference: Callable[[str], str]) -> None:
        self.reference = reference
        self.known: dict[Expression, Span] = {}
        self.gaps: dict[str, str] = {}
        pending = [tree]
        while pending:
            span = pending.pop(0)
            if span.expression is not None:
                self.known.setdefault(span.expression, span)
            if span.kind in CHAINS or span.kind == "^":
                self.gaps.setdefault(span.kind, span.texts[1])
            pending += span.parts

    def gap(self, operator: str) -> str:
        """An operator with the blanks that the student puts around it."""
        if operator in self.gaps:
            return self.gaps[operator]
        alike = [gap.replace(own, operator) for own, gap in self.gaps.items() if own in CHAINS.get(operator, "")]
        spaced = bool(self.gaps) and all(gap.strip() != gap for gap in self.gaps.values())
        return alike[0] if alike else f" {operator} " if spaced else operator

    def changed(self, span: Span, right: Expression) -> Text:
        """What stands in the place of a stretch where it shall compute ``right``."""
        if span.expression == right:
            return Text(span.inner, span.strength, span.grouped)
        followed = all(part.expression is not None for part in span.parts)
        match span.kind, right:
            case "unary+", _:
                return Text(span.texts[0] + self.changed(span.parts[0], right).within(PRODUCT), SUM, span.grouped)
            case "unary-", Negation(operand) if followed:
                return Text(span.texts[0] + self.changed(span.parts[0], operand).within(ATOM), SUM, span.grouped)
            case "call", Call(name, argument) if followed and _calls(span, name):
                return Text(span.texts[0] + self.changed(span.parts[0], argument).within(SUM) + span.texts[1], ATOM)
            case "call", Operation("^", left, other) if followed and function(span) == "POWER":
                base, exponent = (self.changed(*pair) for pair in zip(span.parts, (left, other), strict=True))
                return Text(span.texts[0] + base.inner + span.texts[1] + exponent.inner + span.texts[2], ATOM)
            case "^", Operation("^", left, other) if followed:
                base, exponent = (self.changed(*pair) for pair in zip(span.parts, (left, other), strict=True))
                return Text(base.within(ATOM) + span.texts[1] + exponent.within(ATOM), POWER, span.grouped)
            case ("+" | "-" | "*" | "/") as kind, Operation(operator, _, _) if operator in CHAINS[kind]:
                return self._changed_chain(span, right)
        return self.written(right)

    def _changed_chain(self, span: Span, right: Expression) -> Text:
        own, parts = _parts_of(span), _chain(right)
        texts: list[tuple[str, Text] | None] = [None] * len(parts)
        wanted = [(operator if n else "", part) for n, (operator, part) in enumerate(parts)]
        have = [(gap.strip(), stretch.expression) for gap, stretch in own]
        for tag, a, b, c, d in SequenceMatcher(None, have, wanted, autojunk=False).get_opcodes():
            for n, m in zip(range(a, b), range(c, d), strict=False):
                gap, stretch = own[n]
                if tag == "equal":
                    texts[m] = gap, Text(stretch.text, ATOM if stretch.grouped else stretch.strength)
                elif tag == "replace" and stretch.expression is not None:
                    gap = gap if gap.strip() == parts[m][0] else self.gap(parts[m][0])
                    texts[m] = gap, self.changed(stretch, parts[m][1])
        least = SUM if span.kind in "+-" else PRODUCT
        result = ""
        for m, (operator, part) in enumerate(parts):
            gap, text = texts[m] or (self.gap(operator), self.written(part))
            # A sign may stand bare at the beginning, where Excel takes it first as well.
            signed = m == 0 and text.inner.startswith(("-", "+")) and isinstance(part, (Negation, Number))
            result += (gap if m else "") + (text.inner if signed else text.within(least + (m > 0)))
        return Text(result, least, span.grouped)

    def written(self, right: Expression) -> Text:
        """``right`` in the student's own words where they have some."""
        own = self.known.get(right)
        if own is not None:
            return Text(own.inner, own.strength, own.grouped)
        match right:
            case Symbol(key):
                return Text(self.reference(key), ATOM)
            case Number():
                return Text(right.excel(str), ATOM if right.value >= 0 else SUM)
            case Negation(operand):
                return Text("-" + self.written(operand).within(ATOM), SUM)
            case Call(name, argument):
                return Text(f"{name.upper()}({self.written(argument).inner})", ATOM)
            case Operation("^", left, other):
                return Text(self.written(left).within(ATOM) + self.gap("^") + self.written(other).within(ATOM), POWER)
            case Operation(operator, left, other):
                least = SUM if operator in "+-" else PRODUCT
                left_text, other_text = self.written(left).within(least), self.written(other).within(least + 1)
                return Text(left_text + self.gap(operator) + other_text, least)
        raise TypeError(right)


def _calls(span: Span, name: str) -> bool:
    return isinstance(span.expression, Call) and span.expression.name == name and len(span.parts) == 1


def _parts_of(span: Span) -> list[tuple[str, Span]]:
    """The parts of a chain, each with the text of the operator before it."""
    operators = CHAINS[span.kind]
    found: list[tuple[str, Span]] = []
    while span.kind in operators and (span.grouped is None or not found):
        found.append((span.texts[1], span.parts[1]))
        span = span.parts[0]
    found.append(("", span))
    return found[::-1]


__all__ = ["rewritten", "simplified"]
