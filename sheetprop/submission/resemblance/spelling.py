"""How a student spells a formula: its own text, with quantities in the place of cells, wherever the table stands."""

from __future__ import annotations

import re
from collections import Counter

from sheetprop.network import NETWORK, RATE
from sheetprop.submission.find.tables import Cell
from sheetprop.submission.grade.judgement import Judged
from sheetprop.submission.open.cells import Book, Place
from sheetprop.submission.understand.formula import Shape

MOST_LINES = 400
"""Iterations in which spellings are looked for; a column has few."""
MOST_SPELLINGS = 2
"""Spellings of one column; more are the noise of formulas typed cell by cell."""
_SHEET = re.compile(r"(?:'(?P<quoted>(?:[^']|''){1,300})'|(?<![\w.])(?P<plain>[^\W\d][\w.]*))!$")


class Speller:
    """Spells the formulas of a table. Blanks, parentheses, $ and the order of terms are the student's own."""

    def __init__(self, book: Book, judged: Judged) -> None:
        self._book, self._judged = book, judged

    def own(self, key: str) -> list[tuple[Shape, Cell]]:
        """The most usual formulas in the column of a quantity, each with the first cell that has it."""
        table = self._judged.table
        cells = [table.cell(key, step) for step in range(min(table.count, MOST_LINES + 1))]
        found = [(table.sheets[cell.sheet].formulas.get(cell.place), cell) for cell in cells]
        shapes = [(shape, cell) for shape, cell in found if shape is not None]
        first: dict[Shape, Cell] = {}
        for shape, cell in shapes:
            first.setdefault(shape, cell)
        often = Counter(shape for shape, _ in shapes).most_common(MOST_SPELLINGS)
        return [(shape, first[shape]) for shape, _ in often]

    def spelled(self, shape: Shape, own: Cell, alike: bool = False) -> str:
        """The formula of a cell with names for its references.

        With ``alike`` the names are without their numbers, so that h1 = w1·i1 + w2·i2 and h2 = w3·i1 + w4·i2 are one.
        """
        parts = ["="]
        for piece in shape.pieces:
            if isinstance(piece, str):
                parts.append(piece)
                continue
            elsewhere = _SHEET.search(parts[-1])
            if elsewhere:
                parts[-1] = parts[-1][: elsewhere.start()]
            name = (elsewhere["quoted"] or elsewhere["plain"]).replace("''", "'") if elsewhere else own.sheet
            label, where = self._name(name, piece.at(*own.place), own)
            label = label.translate(_NO_DIGITS) if alike else label
            parts.append(f"{'$' * piece.column_fixed}{label}{where}{'$' * piece.row_fixed}")
        return "".join(parts)

    def _name(self, sheet: str, target: Place, own: Cell) -> tuple[str, str]:
        """What a cell is called in the formula of ``own``, and from which iteration it is."""
        table, parameters = self._judged.table, self._judged.parameters
        here = self._book.sheet(sheet)
        if here is None:
            return "", "[?]"
        cell = Cell(here.name, target)
        if cell == parameters.rate_cell:
            return NETWORK.label(RATE), ""
        for key, given in parameters.cells.items():
            if given == cell:
                return NETWORK.label(key), ""
        found, own_step = table.under_heading(cell), table.step(own)
        if found is not None:
            away = found[1] - (own_step if own_step is not None else found[1])
            return NETWORK.label(found[0]), f"[{away:+d}]" if away else ""
        value = here.number(target)
        return "", "[…]" if value is None or target in here.formulas else f"[{value:.15g}]"


_NO_DIGITS = str.maketrans(dict.fromkeys("0123456789"))
__all__ = ["Speller"]
