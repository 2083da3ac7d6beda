"""How a function is entered in a table of functions: how many arguments it takes, and what it makes of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sheetprop.expression import Expression
from sheetprop.submission.understand.functions.meaning import Array, Node, Scope, Value, as_number, one_value

if TYPE_CHECKING:
    from sheetprop.submission.understand.functions.builder import Builder

MANY = 255
"""The most arguments that Excel's functions take."""
Build = Callable[["Builder", Sequence[Node], Scope], Value]


@dataclass(frozen=True)
class Known:
    """A function: the least and most arguments it takes, and what it makes of them."""

    arguments: tuple[int, int]
    build: Build


def elementwise(least: int, most: int, function: Callable[..., Expression]) -> Known:
    """A function of single numbers, which takes arrays element by element where arrays are taken."""

    def build(builder: Builder, arguments: Sequence[Node], scope: Scope) -> Value:
        values = [builder.operand(argument, scope) for argument in arguments]
        return builder.each(lambda *scalars: function(*map(as_number, scalars)), values)

    return Known((least, most), build)


def of_arrays(least: int, most: int, function: Callable[..., Value], arrays: bool = True) -> Known:
    """A function of whole arrays; where ``arrays``, what is computed inside it is computed for arrays too."""

    def build(builder: Builder, arguments: Sequence[Node], scope: Scope) -> Value:
        inside = Scope(scope.variables, scope.arrays or arrays, scope.depth)
        return function(builder, *(whole(builder.value(argument, inside)) for argument in arguments))

    return Known((least, most), build)


def whole(value: Value) -> Array:
    """A value as an array, of one element where it is one value."""
    return value if isinstance(value, Array) else Array(((one_value(value),),))
