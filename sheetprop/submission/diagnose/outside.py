"""References that lead off a table: a cell above its first row or below its last, in the column of a quantity."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from sheetprop.expression import Expression, Symbol
from sheetprop.submission.diagnose.diagnosis import Diagnosis
from sheetprop.submission.diagnose.edits import Edit, put_name
from sheetprop.submission.find.pieces import GIVEN
from sheetprop.submission.find.tables import Cell
from sheetprop.submission.findings import Code
from sheetprop.submission.understand.reading import EMPTY, TEXT, Reading

FARTHEST = 3
"""Rows above the first or below the last in which a reference is taken for one that missed its row."""


def diagnosed_outside(
    reading: Reading, step: int, expression: Expression, diagnose: Callable[[Expression], Diagnosis]
) -> Diagnosis:
    """The diagnosis of a formula, in which cells outside of a table's rows are their column's in another row.

    ``diagnose`` is what diagnoses any formula. Where it finds no wrong row, such cells are empty or words to it.
    """
    missed = {name: key for name in expression.names if (key := _missed(reading, step, name))}
    if any("@" in key for key in missed.values()):
        inside = expression
        for name, key in missed.items():
            inside = put_name(inside, name, key)
        meant = diagnose(inside)
        if meant.right is not None and any(edit.code is Code.WRONG_ROW for edit in meant.edits):
            stands = {key: name for name, key in missed.items()}
            return replace(meant, edits=tuple(_where_it_stands(edit, stands) for edit in meant.edits))
    found = diagnose(expression)
    return replace(found, edits=tuple(_as_row(edit, missed) for edit in found.edits))


def leads_outside(reading: Reading, step: int, expression: Expression) -> bool:
    """Whether a formula refers to a cell above or below a table's rows."""
    return any(_missed(reading, step, name) for name in expression.names)


def _missed(reading: Reading, step: int, name: str) -> str | None:
    """What the cell of a name would be if the table went on to its row; None where it is no empty cell or text."""
    if not name.startswith((EMPTY, TEXT)):
        return None
    sheet, _, place = name.partition(":")[2].rpartition("!")
    row, _, column = place.partition(",")
    if not (row.isdecimal() and column.isdecimal()):
        return None
    cell = Cell(sheet, (int(row), int(column)))
    table = reading.table
    for offset in (o for n in range(1, FARTHEST + 1) for o in (-n, n)):
        for key in table.keys:
            if table.cell(key, step + offset) == cell:
                return key if key in GIVEN else f"{key}@{offset:+d}"
    return _missed_helper(reading, step, cell)


def _missed_helper(reading: Reading, step: int, cell: Cell) -> str | None:
    """The same of a column of helper cells beside the table's own."""
    piece = reading.table.main
    line, column = piece.position(cell.place)
    offsets = {piece.line(step + o): o for n in range(1, FARTHEST + 1) for o in (-n, n)}
    if cell.sheet != piece.cells.name or line not in offsets:
        return None
    beside = Cell(cell.sheet, piece.at(piece.line(step), column))
    helper = next((name for name, own in reading.helpers.items() if beside in own.cells), None)
    return None if helper is None else f"{helper}@{offsets[line]:+d}"


def _where_it_stands(edit: Edit, stands: Mapping[str, str]) -> Edit:
    """The same edit, told of the cell that the formula refers to."""
    if isinstance(edit.found, Symbol):
        return replace(edit, found=Symbol(stands.get(edit.found.key, edit.found.key)))
    return edit


def _as_row(edit: Edit, missed: Mapping[str, str]) -> Edit:
    """A name in the place of its column's own as the wrong row that it is."""
    match edit:
        case Edit(Code.WRONG_QUANTITY, Symbol(found), Symbol(expected)) if found in missed:
            if missed[found].partition("@")[0] == expected.partition("@")[0]:
                return replace(edit, code=Code.WRONG_ROW)
    return edit


__all__ = ["diagnosed_outside", "leads_outside"]
