"""Functions of numbers, and sums and products of ranges."""

from __future__ import annotations

import math
from functools import reduce
from operator import add
from typing import TYPE_CHECKING

from sheetprop.expression import Call, Expression, Negation, Number, Operation, exp
from sheetprop.submission.open.text_numbers import text_number
from sheetprop.submission.understand.functions.meaning import Array, NotUnderstoodError, Scalar, Text, Value, as_number
from sheetprop.submission.understand.functions.registry import MANY, Known, elementwise, of_arrays

if TYPE_CHECKING:
    from sheetprop.submission.understand.functions.builder import Builder

UNARY = {"EXP": "exp", "ABS": "abs", "LN": "ln", "TANH": "tanh", "SIGN": "sign", "SQRT": "sqrt"}
"""Functions of one argument, and what expressions call them."""
ROUNDING = {
    "ROUND": (1, 2),
    "ROUNDUP": (1, 2),
    "ROUNDDOWN": (1, 2),
    "TRUNC": (1, 2),
    "INT": (1, 1),
    "EVEN": (1, 1),
    "ODD": (1, 1),
    "MROUND": (2, 2),
    "CEILING": (1, 2),
    "CEILING.MATH": (1, 3),
    "CEILING.PRECISE": (1, 2),
    "ISO.CEILING": (1, 2),
    "FLOOR": (1, 2),
    "FLOOR.MATH": (1, 3),
    "FLOOR.PRECISE": (1, 2),
    "FIXED": (1, 3),
    "DOLLAR": (1, 2),
    "TEXT": (2, 2),
}
"""Functions that round their first argument, or write it with fewer digits, and how many arguments they take."""


def _total(terms: list[Expression]) -> Expression:
    return reduce(add, terms)


def _product(factors: list[Expression]) -> Expression:
    return reduce(lambda left, right: Operation("*", left, right), factors)


def _square(x: Expression) -> Expression:
    return Operation("^", x, Number(2))


def _half_of(operator: str) -> Known:
    def function(x: Expression) -> Expression:
        return Operation("/", Operation(operator, exp(x), exp(Negation(x))), Number(2))

    return elementwise(1, 1, function)


def _logarithm(x: Expression, base: Expression = Number(10)) -> Expression:  # noqa: B008
    return Operation("/", Call("ln", x), Call("ln", base))


def _cells(arrays: tuple[Array, ...]) -> list[Expression]:
    return [as_number(cell) for array in arrays for row in array.rows for cell in row]


def _sum(builder: Builder, *arrays: Array) -> Value:
    return _total(_cells(arrays))


def _average(builder: Builder, *arrays: Array) -> Value:
    cells = _cells(arrays)
    return Operation("/", _total(cells), Number(len(cells)))


def _multiplied(builder: Builder, *arrays: Array) -> Value:
    return _product(_cells(arrays))


def _squares(builder: Builder, *arrays: Array) -> Value:
    return _total([_square(cell) for cell in _cells(arrays)])


def _sum_of_products(builder: Builder, *arrays: Array) -> Value:
    if len({(array.height, array.width) for array in arrays}) != 1:
        raise NotUnderstoodError("the ranges of SUMPRODUCT are of different size")
    columns = [_cells((array,)) for array in arrays]
    builder.count(len(columns[0]))
    return _total([_product(list(factors)) for factors in zip(*columns, strict=True)])


def _pairs(left: Array, right: Array) -> list[tuple[Expression, Expression]]:
    a, b = _cells((left,)), _cells((right,))
    if len(a) != len(b):
        raise NotUnderstoodError("its ranges are of different size")
    return list(zip(a, b, strict=True))


def _squared_differences(builder: Builder, left: Array, right: Array) -> Value:
    return _total([_square(Operation("-", a, b)) for a, b in _pairs(left, right)])


def _of_squares(operator: str) -> Known:
    def function(builder: Builder, left: Array, right: Array) -> Value:
        return _total([Operation(operator, _square(a), _square(b)) for a, b in _pairs(left, right)])

    return of_arrays(2, 2, function)


def _rounding(arguments: tuple[int, int]) -> Known:
    return Known(
        arguments,
        lambda builder, nodes, scope: builder.each(
            lambda x: Call("round", as_number(x)), [builder.operand(nodes[0], scope)]
        ),
    )


def _number_of(value: Scalar) -> Expression:
    if isinstance(value, Text) and (written := text_number(value.value)) and not written.trouble:
        return Number(written.value)
    return as_number(value)


VALUE = Known((1, 1), lambda builder, nodes, scope: builder.each(_number_of, [builder.operand(nodes[0], scope)]))
FUNCTIONS: dict[str, Known] = {
    **{name: elementwise(1, 1, lambda x, call=call: Call(call, x)) for name, call in UNARY.items()},
    **{name: _rounding(arguments) for name, arguments in ROUNDING.items()},
    "POWER": elementwise(2, 2, lambda x, y: Operation("^", x, y)),
    "POW": elementwise(2, 2, lambda x, y: Operation("^", x, y)),
    "ADD": elementwise(2, 2, lambda x, y: Operation("+", x, y)),
    "MINUS": elementwise(2, 2, lambda x, y: Operation("-", x, y)),
    "MULTIPLY": elementwise(2, 2, lambda x, y: Operation("*", x, y)),
    "DIVIDE": elementwise(2, 2, lambda x, y: Operation("/", x, y)),
    "UMINUS": elementwise(1, 1, Negation),
    "QUOTIENT": elementwise(2, 2, lambda x, y: Call("round", Operation("/", x, y))),
    "LOG": elementwise(1, 2, _logarithm),
    "LOG10": elementwise(1, 1, _logarithm),
    "COSH": _half_of("+"),
    "SINH": _half_of("-"),
    "PI": Known((0, 0), lambda builder, nodes, scope: Number(math.pi)),
    "E": Known((0, 0), lambda builder, nodes, scope: Number(math.e)),
    "N": elementwise(1, 1, lambda x: x),
    "VALUE": VALUE,
    "NUMBERVALUE": VALUE,
    "SUM": of_arrays(1, MANY, _sum, arrays=False),
    "PRODUCT": of_arrays(1, MANY, _multiplied, arrays=False),
    "AVERAGE": of_arrays(1, MANY, _average, arrays=False),
    "SUMSQ": of_arrays(1, MANY, _squares, arrays=False),
    "SUMPRODUCT": of_arrays(1, MANY, _sum_of_products),
    "SUMXMY2": of_arrays(2, 2, _squared_differences),
    "SUMX2MY2": _of_squares("-"),
    "SUMX2PY2": _of_squares("+"),
}
"""What each function makes of its arguments, by its name."""
