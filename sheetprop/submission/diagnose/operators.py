"""One operator typed for another: what the formula would compute with it, by the order of operations."""

from __future__ import annotations

from collections.abc import Iterator

from sheetprop.expression import Expression, Operation
from sheetprop.submission.diagnose.edits import Edit, Edited, parts
from sheetprop.submission.findings import Code

Chain = list[tuple[str, Expression]]


def other_operators(expression: Expression) -> Iterator[Edited]:
    """A + or − in the place of a · or ÷ of a product, and the reverse in a sum: a·b·c·d becomes a·b + c·d.

    An operator stands between what is left and right of it, so that a product falls into two, and two terms of a sum
    become one.
    """
    for part, put in parts(expression):
        match part:
            case Operation("*" | "/"):
                factors = _chain(part, "*/")
                for n in range(1, len(factors)):
                    left, right = _joined(factors[:n]), _joined([("*", factors[n][1]), *factors[n + 1 :]])
                    for operator in "+-":
                        new = Operation(operator, left, right)
                        yield Edit(Code.WRONG_OPERATOR, part, new), put(new)
            case Operation("+" | "-"):
                terms = _chain(part, "+-")
                for n in range(1, len(terms)):
                    (sign, left), (_, right) = terms[n - 1], terms[n]
                    for operator in "*/":
                        factors = _chain(right, "*/")
                        joined = _joined([("", left), (operator, factors[0][1]), *factors[1:]])
                        product = _joined([*terms[: n - 1], (sign, joined), *terms[n + 1 :]])
                        yield Edit(Code.WRONG_OPERATOR, part, product), put(product)


def _chain(expression: Expression, operators: str) -> Chain:
    found: Chain = []
    while isinstance(expression, Operation) and expression.operator in operators:
        found.append((expression.operator, expression.right))
        expression = expression.left
    return [("", expression), *reversed(found)]


def _joined(chain: Chain) -> Expression:
    result = chain[0][1]
    for operator, part in chain[1:]:
        result = Operation(operator, result, part)
    return result


__all__ = ["other_operators"]
