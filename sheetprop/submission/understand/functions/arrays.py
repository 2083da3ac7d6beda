"""Functions that make, turn and take apart arrays."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import add
from typing import TYPE_CHECKING

from sheetprop.expression import Number, Operation
from sheetprop.submission.understand.functions.meaning import (
    Array,
    Node,
    NotUnderstoodError,
    Scalar,
    Scope,
    Value,
    as_number,
    one_value,
)
from sheetprop.submission.understand.functions.registry import MANY, Known, of_arrays, whole

if TYPE_CHECKING:
    from sheetprop.submission.understand.functions.builder import Builder


def _product(builder: Builder, left: Array, right: Array) -> Value:
    if left.width != right.height:
        raise NotUnderstoodError("the ranges of MMULT do not fit each other")
    builder.count(left.height * right.width * left.width)
    return Array(
        tuple(
            tuple(
                reduce(
                    add,
                    [Operation("*", as_number(row[k]), as_number(right.rows[k][c])) for k in range(left.width)],
                )
                for c in range(right.width)
            )
            for row in left.rows
        )
    )


def _turned(builder: Builder, array: Array) -> Value:
    return Array(tuple(zip(*array.rows, strict=True)), array.computed)


def _row(builder: Builder, array: Array) -> Value:
    return Array((tuple(cell for row in array.rows for cell in row),))


def _column(builder: Builder, array: Array) -> Value:
    return Array(tuple((cell,) for row in array.rows for cell in row))


def _beside(builder: Builder, *arrays: Array) -> Value:
    if len({array.height for array in arrays}) != 1:
        raise NotUnderstoodError("its ranges are of different size")
    return Array(tuple(tuple(c for row in rows for c in row) for rows in zip(*(a.rows for a in arrays), strict=True)))


def _below(builder: Builder, *arrays: Array) -> Value:
    if len({array.width for array in arrays}) != 1:
        raise NotUnderstoodError("its ranges are of different size")
    return Array(tuple(row for array in arrays for row in array.rows))


def _index(builder: Builder, nodes: Sequence[Node], scope: Scope) -> Value:
    array = whole(builder.value(nodes[0], Scope(scope.variables, True, scope.depth)))
    numbers = [0 if node == ("omitted",) else builder.constant(node, scope) for node in nodes[1:]]
    row, column = numbers if len(numbers) > 1 else (1, *numbers) if array.height == 1 else (*numbers, 1)
    if len(numbers) == 1 and array.height > 1 and array.width > 1:
        column = 0
    rows = array.rows if row == 0 else array.rows[row - 1 : row] if row > 0 else ()
    cut = tuple(r if column == 0 else r[column - 1 : column] if column > 0 else () for r in rows)
    if not cut or not cut[0]:
        raise NotUnderstoodError("INDEX takes a cell outside of its range")
    return cut[0][0] if len(cut) == len(cut[0]) == 1 else Array(cut, array.computed)


def _choose(builder: Builder, nodes: Sequence[Node], scope: Scope) -> Value:
    def choice(number: int) -> Node:
        if not 0 < number < len(nodes):
            raise NotUnderstoodError("CHOOSE has no such choice")
        return nodes[number]

    numbers = builder.value(nodes[0], scope)
    if isinstance(numbers, Array) and scope.arrays:  # CHOOSE({1,2},a,b) puts a and b beside each other
        typed = [[int(n.value) if isinstance(n, Number) else 0 for n in row] for row in numbers.rows]
        return Array(tuple(tuple(builder.scalar(choice(number), scope) for number in row) for row in typed))
    return builder.value(choice(builder.constant(nodes[0], scope)), scope)


def _called(builder: Builder, function: Value, arguments: Sequence[Value], scope: Scope) -> Scalar:
    return one_value(builder.applied(function, arguments, scope))


def _map(builder: Builder, nodes: Sequence[Node], scope: Scope) -> Value:
    inside = Scope(scope.variables, True, scope.depth)
    *arrays, function = (builder.value(node, inside) for node in nodes)
    return builder.each(lambda *cells: _called(builder, function, cells, scope), [whole(array) for array in arrays])


def _by(rows: bool) -> Known:
    def build(builder: Builder, nodes: Sequence[Node], scope: Scope) -> Value:
        inside = Scope(scope.variables, True, scope.depth)
        array, function = whole(builder.value(nodes[0], inside)), builder.value(nodes[1], inside)
        lines = array.rows if rows else tuple(zip(*array.rows, strict=True))
        parts = [Array((line,)) if rows else Array(tuple((cell,) for cell in line)) for line in lines]
        results = [_called(builder, function, [part], inside) for part in parts]
        return Array(tuple((x,) for x in results) if rows else (tuple(results),))

    return Known((2, 2), build)


def _reduced(builder: Builder, nodes: Sequence[Node], scope: Scope) -> Value:
    inside = Scope(scope.variables, True, scope.depth)
    value, array, function = (builder.value(node, inside) for node in nodes)
    for row in whole(array).rows:
        for cell in row:
            value = builder.applied(function, [value, cell], inside)
    return value


FUNCTIONS: dict[str, Known] = {
    "MMULT": of_arrays(2, 2, _product),
    "TRANSPOSE": of_arrays(1, 1, _turned),
    "TOROW": of_arrays(1, 1, _row),
    "TOCOL": of_arrays(1, 1, _column),
    "HSTACK": of_arrays(1, MANY, _beside),
    "VSTACK": of_arrays(1, MANY, _below),
    "INDEX": Known((2, 3), _index),
    "CHOOSE": Known((2, MANY), _choose),
    "MAP": Known((2, MANY), _map),
    "BYROW": _by(rows=True),
    "BYCOL": _by(rows=False),
    "REDUCE": Known((3, 3), _reduced),
    # Google Sheets' mark of an array formula.
    "ARRAYFORMULA": of_arrays(1, 1, lambda builder, array: array),
}
"""What each function makes of its arguments, by its name."""
