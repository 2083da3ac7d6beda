"""Small edits of a formula: every formula that is one slip of the hand away from the one that was found."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from operator import is_

from sheetprop.expression import Call, Expression, Negation, Number, Operation, Symbol
from sheetprop.submission.diagnose.parentheses import parenthesized, unparenthesized, with_other_operator
from sheetprop.submission.findings import Code

CONSTANTS = (0.5, 1.0, 2.0, -1.0, 3.0, 0.25)


@dataclass(frozen=True)
class Edit:
    """What was changed to make a formula right.

    ``found`` and ``expected`` are the parts before and after, ``joint`` the operator before a part that was put in or
    left out; ``everywhere`` says that all occurrences of a name were replaced; ``also`` is a second pair of names;
    ``called`` is what people call what was found.
    """

    code: Code
    found: Expression | None = None
    expected: Expression | None = None
    joint: str = ""
    everywhere: bool = True
    also: tuple[str, str] | None = None
    called: str = ""


Edited = tuple[Edit, Expression]


def parts(expression: Expression) -> Iterator[tuple[Expression, Callable[[Expression], Expression]]]:
    """Every subexpression, with a function that puts another in its place; the whole one first."""
    yield expression, lambda new: new
    children = expression.children
    for n, child in enumerate(children):
        before, after = children[:n], children[n + 1 :]
        for part, put in parts(child):
            yield (
                part,
                lambda new, put=put, before=before, after=after: expression.rebuild(*before, put(new), *after),  # type: ignore[misc]
            )


def contains_call(expression: Expression, name: str) -> bool:
    """Whether a function is called anywhere in an expression."""
    return any(isinstance(part, Call) and part.name == name for part, _ in parts(expression))


def replaced_names(expression: Expression, names: Sequence[str]) -> Iterator[Edited]:
    """One name replaced by another, at all its places, then at each of its places alone."""
    used = list(expression.symbols())
    for found in dict.fromkeys(used):
        for name in names:
            if name != found:
                yield Edit(Code.WRONG_QUANTITY, Symbol(found), Symbol(name)), put_name(expression, found, name)
    for part, put in parts(expression):
        if isinstance(part, Symbol) and used.count(part.key) > 1:
            for name in names:
                if name != part.key:
                    yield Edit(Code.WRONG_QUANTITY, part, Symbol(name), everywhere=False), put(Symbol(name))


def put_name(expression: Expression, found: str, name: str) -> Expression:
    """``found`` replaced by ``name`` everywhere, the tree otherwise as it is."""
    if isinstance(expression, Symbol):
        return Symbol(name) if expression.key == found else expression
    children = expression.children
    new = [put_name(child, found, name) for child in children]
    # What stays is the very same object, whose values are known already.
    return expression if all(map(is_, new, children)) else expression.rebuild(*new)


Change = Callable[[Expression], Iterator[Edited]]
"""What can be changed at one part: the edits, and what each puts in its place."""


def changed(expression: Expression, change: Change) -> Iterator[Edited]:
    """The expression with one of its parts changed, the whole first."""
    for part, put in parts(expression):
        for edit, new in change(part):
            yield edit, put(new)


def signs(part: Expression) -> Iterator[Edited]:
    """A sign or operator changed: + for −, × for ÷, a minus too many or too few, a difference the other way round."""
    changes: list[tuple[Code, Expression]] = []
    match part:
        case Operation("+", left, right):
            changes = [
                (Code.WRONG_SIGN, Operation("-", left, right)),
                (Code.WRONG_OPERATOR, Operation("*", left, right)),
            ]
        case Operation("-", left, right):
            changes = [
                (Code.WRONG_SIGN, Operation("+", left, right)),
                (Code.WRONG_SIGN, Operation("-", right, left)),
                (Code.WRONG_OPERATOR, Operation("*", left, right)),
            ]
        case Operation("*", left, right):
            changes = [(Code.WRONG_OPERATOR, Operation(operator, left, right)) for operator in "+-/"]
        case Operation("/", left, right):
            changes = [
                (Code.WRONG_OPERATOR, Operation("*", left, right)),
                (Code.WRONG_OPERATOR, Operation("/", right, left)),
            ]
        case Negation(operand):
            changes = [(Code.WRONG_SIGN, operand)]
    if not isinstance(part, (Number, Negation)):
        changes.append((Code.WRONG_SIGN, Negation(part)))
    for code, new in changes:
        yield Edit(code, part, new), new
    for new in with_other_operator(part):
        yield Edit(Code.WRONG_OPERATOR, part, new), new


def constants(part: Expression) -> Iterator[Edited]:
    """A number replaced by another."""
    if isinstance(part, Number):
        for value in CONSTANTS:
            if value != part.value:
                yield Edit(Code.WRONG_CONSTANT, part, Number(value)), Number(value)


def groupings(part: Expression) -> Iterator[Edited]:
    """One pair of parentheses put in, left out or set otherwise."""
    for new in chain(_regrouped(part), parenthesized(part), unparenthesized(part)):
        yield Edit(Code.PRECEDENCE, part, new), new


def _regrouped(part: Expression) -> Iterator[Expression]:
    """A minus or a function that reaches farther, or less far."""
    match part:
        case Operation(outer, Negation(a), b):
            yield Negation(Operation(outer, a, b))
        case Negation(Operation(outer, a, b)):
            yield Operation(outer, Negation(a), b)
        case Operation(outer, Call(name, a), b):
            yield Call(name, Operation(outer, a, b))
        case Call(name, Operation(outer, a, b)):
            yield Operation(outer, Call(name, a), b)


def superfluous(part: Expression) -> Iterator[Edited]:
    """A number or a function left out that nobody writes on purpose: · (−1), ÷ 0, + 1, ABS."""
    match part:
        case Operation(operator, left, Number() | Negation(Number()) as right):
            yield Edit(Code.EXTRA_PART, right, joint=operator), left
        case Operation("*" | "+" as operator, Number() | Negation(Number()) as left, right):
            yield Edit(Code.EXTRA_PART, left, joint=operator), right
        case Call("abs", argument):
            yield Edit(Code.EXTRA_PART, part, argument), argument


def doubled(part: Expression) -> Iterator[Edited]:
    """One of two equal factors left out that stand side by side."""
    match part:
        case Operation("*", left, right) if left == right:
            yield Edit(Code.EXTRA_PART, right, joint="*"), left


def missing_factors(expression: Expression, factors: Sequence[Expression]) -> Iterator[Edited]:
    """The whole multiplied with one factor more."""
    for factor in factors:
        yield Edit(Code.MISSING_PART, None, factor, "*"), Operation("*", expression, factor)


def dropped(part: Expression) -> Iterator[Edited]:
    """A factor, term, exponent or function left out: what is too much in the formula."""
    match part:
        case Operation(operator, left, right):
            yield Edit(Code.EXTRA_PART, right, joint=operator), left
            if operator != "^":
                yield Edit(Code.EXTRA_PART, left, joint=operator), right
        case Call(_, argument):
            yield Edit(Code.EXTRA_PART, part, argument), argument


def reshaped(part: Expression) -> Iterator[Edited]:
    """A square, a function or a 1 put to a part that lacks it."""
    one = Number(1)
    squared = isinstance(part, Operation) and part.operator == "^"
    changes: list[Expression] = [
        *([] if squared else [Operation("^", part, Number(2))]),
        Call("exp", part),
        Operation("+", one, part),
        Operation("/", one, part),
    ]
    if isinstance(part, Symbol):
        changes.append(Operation("-", one, part))
    for new in changes:
        yield Edit(Code.MISSING_PART, part, new), new


def added(expression: Expression, names: Sequence[str]) -> Iterator[Edited]:
    """A factor, divisor, term or square put in: what is missing in the formula."""
    whole = [Symbol(name) for name in names]
    factors: list[Expression] = [*whole, *(1 - symbol for symbol in whole), Number(0.5), Number(2)]
    for part, put in parts(expression):
        for edit, new in reshaped(part):
            yield edit, put(new)
        for factor in factors:
            yield Edit(Code.MISSING_PART, None, factor, "*"), put(Operation("*", part, factor))
        for symbol in whole:
            yield Edit(Code.EXTRA_PART, symbol, None, "*"), put(Operation("/", part, symbol))
            for operator in "-+":
                yield Edit(Code.MISSING_PART, None, symbol, operator), put(Operation(operator, part, symbol))
