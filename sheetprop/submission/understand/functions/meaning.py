"""The values that parts of a formula have before it is an expression: cells, arrays, texts, truths, functions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sheetprop.expression import Expression, Number, Symbol

if TYPE_CHECKING:
    from sheetprop.submission.understand.functions.builder import Builder

Node = tuple[Any, ...]
"""A node of a formula's tree: its kind, then its parts."""
EMPTY, TEXT, LOOP, FOREIGN, UNREAD = "empty:", "text:", "loop:", "other:", "unread:"
"""Prefixes of the names of what a formula refers to but no equation can contain."""


class NotUnderstoodError(Exception):
    """A formula whose meaning cannot be followed as an equation; its text says why."""


class TooMuchError(NotUnderstoodError):
    """A formula that comes to more operations than any formula of one iteration."""

    def __init__(self) -> None:
        super().__init__("it computes more than one iteration has")


@dataclass(frozen=True, eq=False)
class Several(Expression):
    """The cells of a range whose extent only the workbook tells; a function may take it as its argument."""

    rows: tuple[tuple[Scalar, ...], ...]

    def symbols(self) -> Iterator[str]:
        """The names of all the cells."""
        for row in self.rows:
            for part in row:
                if isinstance(part, Expression):
                    yield from part.symbols()


@dataclass(frozen=True)
class Text:
    """A text written in the formula."""

    value: str


@dataclass(frozen=True)
class Truth:
    """TRUE or FALSE, where cells' being empty or numbers decides it."""

    value: bool


@dataclass(frozen=True, eq=False)
class Array:
    """Rows of values: the cells of a range, or ``computed`` from others."""

    rows: tuple[tuple[Scalar, ...], ...]
    computed: bool = True

    @property
    def height(self) -> int:
        """The number of rows."""
        return len(self.rows)

    @property
    def width(self) -> int:
        """The number of columns."""
        return len(self.rows[0])

    def at(self, row: int, column: int) -> Scalar:
        """A value; of a single row or column, whatever number it is asked for. Raises NotUnderstoodError."""
        row, column = (0 if self.height == 1 else row), (0 if self.width == 1 else column)
        if not (0 <= row < self.height and 0 <= column < self.width):
            raise NotUnderstoodError("its array is smaller than the cells that it fills")
        return self.rows[row][column]


@dataclass(frozen=True, eq=False)
class Function:
    """A LAMBDA: its parameters, and its body with what surrounds it."""

    parameters: tuple[str, ...]
    body: Node
    builder: Builder
    scope: Scope


@dataclass(frozen=True, eq=False)
class Scope:
    """Where a part of a formula stands: the names that LET and LAMBDA gave, and whether arrays are taken as such."""

    variables: Mapping[str, Value]
    arrays: bool = False
    depth: int = 0


Scalar = Expression | Text | Truth
Value = Scalar | Array | Function


def is_number(value: Scalar) -> bool:
    """Whether a value is a number whatever the numbers are. Raises NotUnderstoodError where that is not known."""
    if isinstance(value, Symbol):
        if value.key.startswith((EMPTY, TEXT)):
            return False
        if value.key.startswith((LOOP, FOREIGN, UNREAD)):
            raise NotUnderstoodError("it asks for the kind of a cell that cannot be followed")
    return isinstance(value, Expression)


def is_empty(value: Scalar) -> bool:
    """Whether a value is that of an empty cell."""
    return isinstance(value, Symbol) and value.key.startswith(EMPTY)


def as_number(value: Scalar) -> Expression:
    """A value in arithmetic. Raises NotUnderstoodError for texts."""
    if isinstance(value, Text):
        raise NotUnderstoodError(f"it computes with the text {value.value!r}")
    return Number(float(value.value)) if isinstance(value, Truth) else value


def one_value(value: Value) -> Scalar:
    """A value where one belongs: of a computed array the first. Raises NotUnderstoodError for ranges."""
    if isinstance(value, Array):
        if value.computed or value.height == value.width == 1:
            return value.rows[0][0]
        raise NotUnderstoodError("it uses a range where one cell is meant")
    if isinstance(value, Function):
        raise NotUnderstoodError("it gives a LAMBDA that is not called")
    return value
