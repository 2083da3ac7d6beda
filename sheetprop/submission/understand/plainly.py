"""Formulas in plain arithmetic, for the formula engine: what it cannot compute, but what is understood here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import formualizer
from xlsxwriter.utility import xl_rowcol_to_cell

from sheetprop.expression import Expression, Symbol
from sheetprop.submission.understand.formula import Columns, Crossing, Leaf, Name, Reference, Shape, ThisRow
from sheetprop.submission.understand.functions import (
    EMPTY,
    TEXT,
    UNDERSTOOD,
    Array,
    NotUnderstoodError,
    Several,
    bounded,
    contains_rounding,
    is_excels,
    one_value,
)
from sheetprop.submission.understand.named import NamedFormulas
from sheetprop.submission.understand.parsing import parsed

if TYPE_CHECKING:
    from sheetprop.submission.open.cells import Book, Cells, Place

ENGINE_LACKS = {
    "ANCHORARRAY",
    "ARRAYFORMULA",
    "BYCOL",
    "BYROW",
    "CHOOSE",
    "HSTACK",
    "INDEX",
    "LAMBDA",
    "MAP",
    "MMULT",
    "REDUCE",
    "SINGLE",
    "TOCOL",
    "TOROW",
    "TRANSPOSE",
    "VSTACK",
}
"""Functions that are understood here, but that the engine has not, or not within others."""
BROKEN = ("#REF!", "error value")
"""What is said of formulas that show an error wherever they are opened."""
CELL = "cell:"
MOST_PLAIN = 50_000
"""Cells of a workbook whose formulas are put in plain arithmetic; a submission of the largest assignment has fewer."""


def plain_formulas(book: Book) -> Iterator[tuple[str, int, int, str | None]]:
    """Sheet, row, column (from zero) and plain formula of every cell whose own formula the engine cannot compute.

    None stands for the formula where it is no plain arithmetic either: what the engine makes of it is not Excel's.
    """
    names = bool(book.package.defined_names)
    left = MOST_PLAIN
    for cells in book:
        for place, shape in cells.formulas.items():
            beyond = shape.element is not None or shape.crosses or not shape.functions.isdisjoint(ENGINE_LACKS)
            if beyond or (names and _named(shape)):
                left -= 1
                if left < 0:
                    yield cells.name, *place, None
                    continue
                try:
                    yield cells.name, *place, _Plain(book, cells, place).formula(shape)
                except NotUnderstoodError:
                    yield cells.name, *place, None
            elif _beyond_both(shape):
                yield cells.name, *place, None
            elif book.tables and _is_structured(shape):
                try:
                    yield cells.name, *place, _Plain(book, cells, place).in_addresses(shape)
                except NotUnderstoodError:
                    yield cells.name, *place, None


def _beyond_both(shape: Shape) -> bool:
    """Whether a formula can be computed in Excel, though it is understood neither here nor, perhaps, by the engine."""
    if any(name not in UNDERSTOOD | {"NA"} and is_excels(name) for name in shape.functions):
        return True
    try:
        return not shape.tree
    except NotUnderstoodError as reason:
        return not any(mark in str(reason) for mark in BROKEN)


def _named(shape: Shape) -> bool:
    if not all(map(is_excels, shape.functions)):
        return True
    try:
        return bool(shape.tree) and any(isinstance(leaf, Name) for leaf in shape.leaves)
    except NotUnderstoodError:
        return False


def _is_structured(shape: Shape) -> bool:
    """Whether a formula names columns of an Excel table, not all of whose headings the engine finds."""
    try:
        return bool(shape.tree) and any(isinstance(leaf, (ThisRow, Columns)) for leaf in shape.leaves)
    except NotUnderstoodError:
        return False


class _Plain:
    def __init__(self, book: Book, cells: Cells, place: Place) -> None:
        self.book, self.cells, self.place = book, cells, place
        self._names = NamedFormulas(book, cells.name)

    def formula(self, shape: Shape) -> str:
        """The formula, with its =; raises NotUnderstoodError."""
        value = shape.value(self._leaves(shape), self._names.functions(shape, self._leaf))
        if isinstance(value, Array) and shape.element is not None:
            value = value.at(*shape.element)
        result = one_value(value)
        if not isinstance(result, Expression) or contains_rounding(bounded(result)):
            raise NotUnderstoodError("it is no plain arithmetic")
        return "=" + result.excel(_address)

    def in_addresses(self, shape: Shape) -> str:
        """The formula as it stands, with its =, but with cells for columns of tables; raises NotUnderstoodError."""
        tokens = formualizer.tokenize(shape.text(*self.place))
        return "=" + "".join(self._in_address(token.value) for token in tokens if token is not None)

    def _in_address(self, token: str) -> str:
        if "[" not in token:
            return token
        leaves: list[Leaf] = []
        parsed(f"={token}", leaves, *self.place, None)
        if len(leaves) != 1 or not isinstance(leaves[0], (ThisRow, Columns)):
            raise NotUnderstoodError("it names more than columns of its own row")
        ends = [leaves[0]] if isinstance(leaves[0], ThisRow) else [leaves[0].first, leaves[0].last]
        return ":".join(xl_rowcol_to_cell(*self.book.structured(end, self.cells.name, self.place)) for end in ends)

    def _leaves(self, shape: Shape) -> list[Expression]:
        used = set(shape.used)
        return [self._leaf(leaf) if n in used else Symbol(EMPTY) for n, leaf in enumerate(shape.leaves)]

    def _leaf(self, leaf: Leaf) -> Expression:
        match leaf:
            case Reference() | Crossing():
                return self._cell(leaf.sheet or self.cells.name, *leaf.at(*self.place))
            case ThisRow():
                return self._cell(self.cells.name, *self.book.structured(leaf, self.cells.name, self.place))
            case Columns():
                row, first = self.book.structured(leaf.first, self.cells.name, self.place)
                _, last = self.book.structured(leaf.last, self.cells.name, self.place)
                return Several((tuple(self._cell(self.cells.name, row, c) for c in range(first, last + 1)),))
            case Name():
                if (value := self._names.value(leaf, self._leaf)) is not None:
                    return value
                meaning = self.book.named(leaf, self.cells.name, self.place)
                return Symbol(f"{CELL}{leaf.name}") if isinstance(meaning, float) else self._cell(*meaning)

    def _cell(self, sheet: str, row: int, column: int) -> Symbol:
        cells = self.book.sheet(sheet)
        if cells is None or row < 0 or column < 0:
            raise NotUnderstoodError("it refers to a cell that is not there")
        computed = (row, column) in cells.formulas
        typed = not computed and isinstance(cells.values.get((row, column)), str)
        kind = CELL if computed or cells.filled((row, column)) else EMPTY
        return Symbol(f"{TEXT if typed else kind}{cells.name}!{row},{column}")


def _address(key: str) -> str:
    sheet, mark, place = key.partition(":")[2].rpartition("!")
    if not mark:
        return place  # a name
    row, _, column = place.partition(",")
    return "'" + sheet.replace("'", "''") + f"'!{xl_rowcol_to_cell(int(row), int(column))}"
