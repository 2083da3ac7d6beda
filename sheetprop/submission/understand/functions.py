"""What a parsed formula computes, as an expression of what its references are: operators, and functions by name."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import Any

from sheetprop.expression import Call, Expression, Negation, Number, Operation

Node = tuple[Any, ...]
"""A node of a formula's tree: its kind, then its parts."""
ROUNDED_E = 1e-2
"""A number so near to e, taken to a power, is meant as e."""


@dataclass(frozen=True, eq=False)
class Several(Expression):
    """The cells of a range whose extent only the workbook tells; a function may take it as its argument."""

    parts: tuple[Expression, ...]

    def symbols(self) -> Iterator[str]:
        """The names of all the cells."""
        for part in self.parts:
            yield from part.symbols()


class NotUnderstoodError(Exception):
    """A formula whose meaning cannot be followed as an equation; its text says why."""


UNARY = {"EXP": "exp", "ABS": "abs", "LN": "ln", "TANH": "tanh", "SIGN": "sign", "SQRT": "sqrt"}
"""Functions of one argument, and what expressions call them."""
NOT_EXCELS = {"POW", "ADD", "MINUS", "MULTIPLY", "DIVIDE", "UMINUS"}
"""Functions of Google Sheets that Excel does not know and shows as #NAME?."""
LEAVE_TEXTS_OUT = {"SUM", "AVERAGE", "PRODUCT", "SUMPRODUCT", "SUMSQ", "SUMXMY2", "SUMX2MY2", "SUMX2PY2", "MMULT", "N"}
"""Functions that count a number stored as text as nothing where it is a cell of theirs."""
SAME_CELLS = {"TRANSPOSE"}
"""Functions that hand texts on as they are."""


def build(node: Node, leaves: Sequence[Expression]) -> Expression:
    """The expression of a node whose n-th reference is ``leaves[n]``; raises NotUnderstoodError."""
    match node:
        case ("number", value):
            return Number(value)
        case ("leaf", n) if not isinstance(leaves[n], Several):
            return leaves[n]
        case ("unary", "-", ("number", value)):
            return Number(-value)
        case ("unary", "-", operand):
            return Negation(build(operand, leaves))
        case ("unary", "%", operand):
            return Operation("/", build(operand, leaves), Number(100))
        case ("unary", _, operand):
            return build(operand, leaves)
        case ("binary", "^", ("number", base), exponent) if abs(base - math.e) < ROUNDED_E:
            return Call("round", Call("exp", build(exponent, leaves)))
        case ("binary", ("+" | "-" | "*" | "/" | "^") as operator, left, right):
            return Operation(operator, build(left, leaves), build(right, leaves))
        case ("call", name, *arguments):
            return _call(name, arguments, leaves)
        case ("area", (only,)):
            return build(only, leaves)
        case ("text", value):
            raise NotUnderstoodError(f"it computes with the text {value!r}")
        case ("binary", operator, *_):
            raise NotUnderstoodError(f"it uses the operator {operator!r}")
    raise NotUnderstoodError("it uses a range where one cell is meant")


def _call(name: str, arguments: list[Node], leaves: Sequence[Expression]) -> Expression:
    def one(n: int) -> Expression:
        return build(arguments[n], leaves)

    def every() -> list[Expression]:
        return [x for argument in arguments for x in _cells(argument, leaves)]

    def products() -> list[Expression]:
        columns = [list(_cells(argument, leaves)) for argument in arguments]
        if len({len(column) for column in columns}) != 1:
            raise NotUnderstoodError("the ranges of SUMPRODUCT are of different size")
        return [reduce(_times, terms) for terms in zip(*columns, strict=True)]

    match name, len(arguments):
        case _, 1 if name in UNARY:
            return Call(UNARY[name], one(0))
        case (("POWER" | "POW"), 2):
            return Operation("^", one(0), one(1))
        case "SUM", n if n:
            return _sum(every())
        case "ADD", 2:
            return Operation("+", one(0), one(1))
        case "MINUS", 2:
            return Operation("-", one(0), one(1))
        case "MULTIPLY", 2:
            return Operation("*", one(0), one(1))
        case "DIVIDE", 2:
            return Operation("/", one(0), one(1))
        case "UMINUS", 1:
            return Negation(one(0))
        case "PRODUCT", n if n:
            return reduce(_times, every())
        case "SUMPRODUCT", n if n:
            return _sum(products())
        case "SUMSQ", n if n:
            return _sum([Operation("^", x, Number(2)) for x in every()])
        case "SUMXMY2", 2:
            left, right = (list(_cells(argument, leaves)) for argument in arguments)
            if len(left) == len(right):
                return _sum([Operation("^", Operation("-", a, b), Number(2)) for a, b in zip(left, right, strict=True)])
        case "AVERAGE", n if n:
            parts = every()
            return Operation("/", _sum(parts), Number(len(parts)))
        case "IFERROR", 2:
            return one(0)
        case (("N" | "SINGLE"), 1):
            return one(0)
        case (("ROUND" | "ROUNDUP" | "ROUNDDOWN" | "TRUNC"), n) if n:
            return Call("round", one(0))
        case "PI", 0:
            return Number(math.pi)
        case "E", 0:
            return Number(math.e)
    raise NotUnderstoodError(f"it uses the function {name}")


def _cells(argument: Node, leaves: Sequence[Expression]) -> Iterator[Expression]:
    if argument[0] == "area":
        for row in argument[1:]:
            for leaf in row:
                yield build(leaf, leaves)
    elif argument[0] == "leaf" and isinstance(several := leaves[argument[1]], Several):
        yield from several.parts
    else:
        yield build(argument, leaves)


def _times(left: Expression, right: Expression) -> Expression:
    return Operation("*", left, right)


def _sum(terms: list[Expression]) -> Expression:
    return reduce(add, terms)
