"""A formula as people type it, operand by operand: with one pair of parentheses more or less, or another operator."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sheetprop.expression import PRODUCT, STRENGTH, SUM, Expression, Operation

MOST_OPERANDS = 24
"""Operands of a part that is tried with parentheses put in; the tries grow with their square."""


def parenthesized(part: Expression) -> Iterator[Expression]:
    """The part with one pair of parentheses put in that reaches over its middle operator: (a − b)·c for a − b·c."""
    if not isinstance(part, Operation):
        return
    operands, operators = _flat(part, SUM)
    middle = len(_flat(*_side(part, left=True))[0])
    if len(operands) > MOST_OPERANDS:
        return
    for first in range(middle):
        for last in range(middle, len(operands)):
            before = operators[first - 1] if first else ""
            after = operators[last] if last < len(operators) else ""
            inside = operators[first:last]
            if len(inside) == len(operators) or _idle(before, inside, after):
                continue
            group = _tree(operands[first : last + 1], inside)
            yield _tree(
                [*operands[:first], group, *operands[last + 1 :]],
                [*operators[:first], *operators[last:]],
            )


def unparenthesized(part: Expression) -> Iterator[Expression]:
    """The part with one pair of its parentheses left out: a + b·c for (a + b)·c."""
    if not isinstance(part, Operation):
        return
    operands, operators = _flat(part, SUM)
    for n, operand in enumerate(operands):
        if isinstance(operand, Operation):
            inner, inside = _flat(operand, SUM)
            before = operators[n - 1] if n else ""
            after = operators[n] if n < len(operators) else ""
            if not _idle(before, inside, after):
                yield _tree([*operands[:n], *inner, *operands[n + 1 :]], [*operators[:n], *inside, *operators[n:]])


OTHERS = {"+": "*", "-": "*", "*": "+-", "/": "+-"}
"""Operators typed for one another that bind more or less, so that the operands around them go elsewhere."""


def with_other_operator(part: Expression) -> Iterator[Expression]:
    """The part with one operator typed for another: w3·i1 + w4·i2 for w3·i1·w4·i2."""
    if not isinstance(part, Operation):
        return
    operands, operators = _flat(part, SUM)
    if not 2 < len(operands) <= MOST_OPERANDS:
        return
    for n, operator in enumerate(operators):
        for other in OTHERS.get(operator, ""):
            yield _tree(operands, [*operators[:n], other, *operators[n + 1 :]])


def _idle(before: str, inside: Sequence[str], after: str) -> bool:
    """Whether parentheses around these operators mean nothing between those."""
    weakest = min(STRENGTH[operator] for operator in inside)
    if weakest == SUM:
        return before in ("", "+") and after in ("", "+", "-")
    if weakest == PRODUCT:
        return before not in ("/", "^") and after != "^"
    return before != "^" and after != "^"


def _side(part: Operation, left: bool) -> tuple[Expression, int]:
    """An operand of a part, and how strongly it must bind to stand there without parentheses."""
    strength = STRENGTH[part.operator]
    if left:
        return part.left, strength + (part.operator == "^")
    return part.right, strength + 1


def _flat(part: Expression, strength: int) -> tuple[list[Expression], list[str]]:
    """The operands of a part and the operators between them, as they are written without parentheses."""
    if not isinstance(part, Operation) or part.strength < strength:
        return [part], []
    left, operators = _flat(*_side(part, left=True))
    right, others = _flat(*_side(part, left=False))
    return [*left, *right], [*operators, part.operator, *others]


def _tree(operands: Sequence[Expression], operators: Sequence[str]) -> Expression:
    """The expression that operands mean with operators between them."""
    done, waiting = [operands[0]], list[str]()
    for operator, operand in zip(operators, operands[1:], strict=True):
        _join(done, waiting, STRENGTH[operator])
        waiting.append(operator)
        done.append(operand)
    _join(done, waiting, SUM)
    return done[0]


def _join(done: list[Expression], waiting: list[str], strength: int) -> None:
    while waiting and STRENGTH[waiting[-1]] >= strength:
        right, left = done.pop(), done.pop()
        done.append(Operation(waiting.pop(), left, right))


__all__ = ["parenthesized", "unparenthesized", "with_other_operator"]
