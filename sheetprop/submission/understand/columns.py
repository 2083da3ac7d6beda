"""The columns beside a table's quantities: what stands in a whole column tells what one cell of it is."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from sheetprop.submission.find.pieces import Piece
from sheetprop.submission.find.tables import Cell, Table
from sheetprop.submission.understand.formula import Reference, Shape
from sheetprop.submission.understand.functions import NotUnderstoodError


class HelperColumns:
    """What is so of all cells in a column of a table's lines; each column is looked at once."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._known: dict[tuple[str, int, int], bool] = {}

    def hold_formulas(self, cell: Cell) -> bool:
        """Whether a cell stands in a column of helper formulas, so that a number there is judged by its value."""
        return self._of(cell, "formulas", lambda shapes, _: any(not shape.repeats for shape in shapes))

    def go_their_own_way(self, cell: Cell) -> bool:
        """Whether a cell stands in a column that goes its own way from iteration to iteration.

        So does a learning rate that decays: its formulas refer to their own column and to fixed cells alone.
        """
        return self._of(
            cell,
            "own",
            lambda shapes, piece: (
                all(_is_of_own_column(shape, piece.across) for shape in shapes)
                and any(not shape.repeats for shape in shapes)
            ),
        )

    def _of(self, cell: Cell, what: str, holds: Callable[[Iterable[Shape], Piece], bool]) -> bool:
        beside = self._table.beside(cell)
        if beside is None:
            return False
        piece, column = beside[0], beside[0].position(cell.place)[1]
        known = (what, id(piece), column)
        if known not in self._known:
            every = (piece.cells.formulas.get(piece.at(line, column)) for line in piece.lines)
            shapes = dict.fromkeys(shape for shape in every if shape is not None)
            self._known[known] = holds(shapes, piece)
        return self._known[known]


def _is_of_own_column(shape: Shape, across: bool) -> bool:
    try:
        leaves = [shape.leaves[n] for n in shape.used]
    except NotUnderstoodError:
        return False
    return bool(leaves) and all(
        isinstance(leaf, Reference)
        and leaf.sheet is None
        and (
            (leaf.row_fixed and leaf.column_fixed)
            or (leaf.row == 0 and not leaf.row_fixed if across else leaf.column == 0 and not leaf.column_fixed)
        )
        for leaf in leaves
    )


__all__ = ["HelperColumns"]
