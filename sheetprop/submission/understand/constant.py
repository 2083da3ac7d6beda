"""Formulas that refer to no cell, as ``=IF(1,0.15)``: whatever they are written with, they are typed numbers."""

from __future__ import annotations

from collections.abc import Iterable

from sheetprop.network import ITERATION, RATE
from sheetprop.submission.find.pieces import GIVEN
from sheetprop.submission.find.tables import WEIGHTS, Table
from sheetprop.submission.open.cells import Book
from sheetprop.submission.understand.formula import NotUnderstoodError, Shape
from sheetprop.submission.understand.functions import REACHING, VOLATILE, is_excels

_ELSEWHERE = REACHING | VOLATILE.keys()


def fold_constants(book: Book, tables: Iterable[Table]) -> None:
    """Take formulas that refer to no cell, where formulas of cells belong, as the numbers that they come to."""
    known: dict[int, bool] = {}
    for table in tables:
        for key in table.columns:
            if key in GIVEN or key in (RATE, ITERATION):
                continue
            for step in range(int(key in WEIGHTS), table.count):
                cells, place = table.sheet(key, step), table.place(key, step)
                shape = cells.formulas.get(place)
                if shape is None:
                    continue
                if id(shape) not in known:
                    known[id(shape)] = _is_constant(shape)
                if known[id(shape)]:
                    value = book.recomputed(cells.name, place)
                    value = value if type(value) is float else cells.number(place)
                    if value is not None:
                        cells.fold(place, value)


def _is_constant(shape: Shape) -> bool:
    try:
        used = shape.used
    except NotUnderstoodError:
        return False
    return not used and shape.functions.isdisjoint(_ELSEWHERE) and all(map(is_excels, shape.functions))


__all__ = ["fold_constants"]
