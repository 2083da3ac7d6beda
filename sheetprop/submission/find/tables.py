"""Iteration tables: which cell is which quantity at which iteration, however a table is laid out."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from xlsxwriter.utility import xl_col_to_name, xl_rowcol_to_cell

from sheetprop.network import ITERATION, RATE
from sheetprop.submission.find.pieces import WEIGHTS, Piece
from sheetprop.submission.open.cells import Cells, Place, Value

NOWHERE: Place = (-1, -1)
"""The place of what stands in no cell."""


@dataclass(frozen=True)
class Cell:
    """A cell of a workbook."""

    sheet: str
    place: Place


@dataclass(frozen=True)
class Cited:
    """Cells in A1 ranges, sheet by sheet, in the order in which they are to be named."""

    sheets: tuple[tuple[str, str], ...]

    def __str__(self) -> str:
        """The ranges as people read them; sheets are named where there are several."""
        if len(self.sheets) == 1:
            return self.sheets[0][1]
        return ", ".join(f"{quoted(sheet)}!{ranges}" for sheet, ranges in self.sheets)


def quoted(sheet: str) -> str:
    """A sheet's name as a reference has it."""
    return "'" + sheet.replace("'", "''") + "'"


class Table:
    """An iteration table, made of one piece, or of several that are joined by what their formulas refer to.

    It alone knows where a quantity stands at an iteration, and what a cell is; who needs a cell asks here.
    """

    def __init__(self, pieces: Sequence[Piece]) -> None:
        """Take the pieces in the order of their iterations; no two have the same quantity at the same iteration."""
        self.pieces = tuple(pieces)
        self.count = max(piece.steps.stop for piece in self.pieces)
        self._arrange()

    def _arrange(self) -> None:
        self._of: dict[str, list[Piece]] = defaultdict(list)
        for piece in self.pieces:
            for key in piece.columns:
                self._of[key].append(piece)
        self.columns = {key: pieces[0].columns[key] for key, pieces in self._of.items()}
        for name in ("_main_keys", "_cells"):
            self.__dict__.pop(name, None)

    def drop(self, key: str) -> None:
        """Leave out a heading that is none of the table's quantities after all."""
        for piece in self._of[key]:
            del piece.columns[key]
        self._arrange()

    def end(self, count: int) -> None:
        """Leave out the iterations from the one of this number on, from zero."""
        lines = ((piece, piece.lines[: max(count - piece.start, 0)]) for piece in self.pieces)
        self.pieces = tuple(replace(piece, lines=left) for piece, left in lines if left)
        self.count = count
        for name in ("sheets", "_lines", "_blocks"):
            self.__dict__.pop(name, None)
        self._arrange()

    def rename(self, names: Mapping[str, str]) -> None:
        """Take headings for other quantities than they were taken for; ``names`` has the new by the old ones."""
        for piece in self.pieces:
            renamed = {names.get(key, key): column for key, column in piece.columns.items()}
            piece.columns.clear()
            piece.columns.update(renamed)
        self._arrange()

    @property
    def main(self) -> Piece:
        """The piece by which the table is named."""
        return self.pieces[0]

    @property
    def cells(self) -> Cells:
        """The sheet by which the table is named."""
        return self.main.cells

    @property
    def across(self) -> bool:
        """Whether iterations run to the right."""
        return self.main.across

    @property
    def lines(self) -> list[int]:
        """Its lines on the sheet by which it is named, in the direction of its main piece."""
        main = self.main
        here = [piece for piece in self.pieces if piece.cells is main.cells and piece.across == main.across]
        return sorted({line for piece in here for line in piece.lines})

    @cached_property
    def sheets(self) -> dict[str, Cells]:
        """All sheets on which it stands, by name."""
        return {piece.cells.name: piece.cells for piece in self.pieces}

    @property
    def keys(self) -> list[str]:
        """The network's quantities that it has, in the order of pieces and columns."""
        keys = [key for key in self.columns if key not in (RATE, ITERATION)]
        order = {id(piece): n for n, piece in enumerate(self.pieces)}
        return sorted(keys, key=lambda key: (order[id(self._of[key][0])], self.columns[key]))

    def piece(self, key: str, step: int) -> Piece:
        """The piece in which a quantity stands at an iteration."""
        pieces = self._of[key]
        if len(pieces) == 1:
            return pieces[0]
        return pieces[max(bisect_right(pieces, step, key=lambda piece: piece.start) - 1, 0)]

    def pieces_of(self, key: str) -> list[Piece]:
        """The pieces that have a quantity, in the order of their iterations."""
        return self._of[key]

    def heading(self, key: str) -> Cell:
        """Where the first heading of a quantity stands."""
        piece = self._of[key][0]
        return Cell(piece.cells.name, piece.at(piece.header, piece.columns[key]))

    def place(self, key: str, step: int) -> Place:
        """The row and column of a quantity at an iteration, on the sheet that :meth:`sheet` gives.

        Of a table in several pieces, :data:`NOWHERE` for what none of them has.
        """
        piece = self.piece(key, step)
        if step not in piece.steps and len(self.pieces) > 1:
            return NOWHERE
        return piece.place(key, step)

    def sheet(self, key: str, step: int) -> Cells:
        """The sheet on which a quantity stands at an iteration."""
        return self.piece(key, step).cells

    def cell(self, key: str, step: int) -> Cell:
        """The cell of a quantity at an iteration."""
        return Cell(self.sheet(key, step).name, self.place(key, step))

    def value(self, key: str, step: int) -> Value | None:
        """What a quantity's cell shows at an iteration."""
        return self.sheet(key, step).values.get(self.place(key, step))

    def number(self, key: str, step: int) -> float | None:
        """The number in a quantity's cell at an iteration."""
        return self.sheet(key, step).number(self.place(key, step))

    def constant(self, key: str, step: int) -> bool:
        """Whether a quantity's cell holds a typed-in or pasted number at an iteration."""
        return self.sheet(key, step).constant(self.place(key, step))

    def filled(self, key: str, step: int) -> bool:
        """Whether a quantity's cell holds anything at an iteration."""
        return self.sheet(key, step).filled(self.place(key, step))

    def under_heading(self, cell: Cell) -> tuple[str, int] | None:
        """Under which heading at which iteration a cell stands, those of the rate and the count included."""
        if len(self.pieces) > 1:
            return self._cells.get(cell)
        piece = self.main
        if cell.sheet != piece.cells.name:
            return None
        line, column = piece.position(cell.place)
        key, n = self._main_keys.get(column), piece.index.get(line)
        return None if key is None or n is None else (key, piece.start + n)

    def quantity(self, cell: Cell) -> tuple[str, int] | None:
        """Which quantity at which iteration a cell is; None where it is none of the table's."""
        found = self.under_heading(cell)
        return found if found is not None and found[0] not in (RATE, ITERATION) else None

    @cached_property
    def _main_keys(self) -> dict[int, str]:
        return {column: key for key, column in self.main.columns.items()}

    @cached_property
    def _cells(self) -> dict[Cell, tuple[str, int]]:
        return {
            Cell(piece.cells.name, piece.place(key, step)): (key, step)
            for piece in self.pieces
            for key in piece.columns
            for step in piece.steps
        }

    def contains(self, sheet: str, place: Place) -> bool:
        """Whether a cell is one of the table's quantities at one of its iterations."""
        return self.quantity(Cell(sheet, place)) is not None

    def beside(self, cell: Cell) -> tuple[Piece, int] | None:
        """The piece on one of whose lines a cell stands, and the iteration of the line."""
        if len(self.pieces) == 1:
            n = self.main.index.get(self.main.position(cell.place)[0]) if cell.sheet == self.cells.name else None
            return None if n is None else (self.main, self.main.start + n)
        row, column = cell.place
        found = [*self._lines.get((cell.sheet, False, row), ()), *self._lines.get((cell.sheet, True, column), ())]
        if len(found) > 1 and len(inside := self._blocks_around(cell)) == 1:
            found = [(piece, step) for piece, step in found if piece.steps == inside[0].steps] or found
        return min(found, key=lambda beside: _distance(beside[0], cell.place)) if found else None

    def step(self, cell: Cell) -> int | None:
        """The iteration to whose cells a cell belongs: on a line of it, or in a block that is one iteration alone."""
        if found := self.beside(cell):
            return found[1]
        if len(self.pieces) == 1:
            return None
        blocks = self._blocks_around(cell) or self._blocks.get(cell.sheet, [])
        return blocks[0].steps.start if len(blocks) == 1 and len(blocks[0].steps) == 1 else None

    @cached_property
    def _lines(self) -> dict[tuple[str, bool, int], list[tuple[Piece, int]]]:
        lines: dict[tuple[str, bool, int], list[tuple[Piece, int]]] = defaultdict(list)
        for piece in self.pieces:
            for line, step in zip(piece.lines, piece.steps, strict=True):
                lines[piece.cells.name, piece.across, line].append((piece, step))
        return lines

    @cached_property
    def _blocks(self) -> dict[str, list[_Block]]:
        """The areas of pieces that have the same iterations, sheet by sheet."""
        corners: dict[tuple[str, range], list[Place]] = defaultdict(list)
        for piece in self.pieces:
            along = piece.columns.values()
            for line in (piece.header, piece.lines[0], piece.lines[-1]):
                corners[piece.cells.name, piece.steps] += (piece.at(line, column) for column in along)
        blocks: dict[str, list[_Block]] = defaultdict(list)
        for (sheet, steps), places in corners.items():
            rows, columns = zip(*places, strict=True)
            blocks[sheet].append(_Block(steps, (min(rows), min(columns)), (max(rows), max(columns))))
        return blocks

    def _blocks_around(self, cell: Cell) -> list[_Block]:
        row, column = cell.place
        return [
            block
            for block in self._blocks.get(cell.sheet, ())
            if block.first[0] <= row <= block.last[0] and block.first[1] <= column <= block.last[1]
        ]

    @property
    def corner(self) -> Place:
        """The first cell of its headings."""
        return self.main.at(self.main.header, min(self.main.columns.values()))

    def column_name(self, key: str) -> str:
        """The letter of a quantity's column; the number of its row where iterations run to the right.

        With its sheet, where that is not the one by which the table is named.
        """
        piece = self._of[key][0]
        column = piece.columns[key]
        name = str(column + 1) if piece.across else str(xl_col_to_name(column))
        return name if piece.cells is self.cells else f"{quoted(piece.cells.name)}!{name}"

    def cells_of(self, key: str, steps: Sequence[int]) -> Cited:
        """The cells of a quantity at ascending iterations."""
        return cited([self.cell(key, step) for step in steps])

    @property
    def area(self) -> Cited:
        """All cells of its quantities and iterations, piece by piece."""
        areas: dict[str, list[str]] = defaultdict(list)
        for piece in self.pieces:
            columns = [column for key, column in piece.columns.items() if key in piece.keys]
            first, last = piece.at(piece.lines[0], min(columns)), piece.at(piece.lines[-1], max(columns))
            areas[piece.cells.name].append(span(first, last))
        return Cited(tuple((sheet, ",".join(parts)) for sheet, parts in areas.items()))


@dataclass(frozen=True)
class _Block:
    """The area of some iterations on a sheet, from its first cell to its last."""

    steps: range
    first: Place
    last: Place


def _distance(piece: Piece, place: Place) -> int:
    """How far a cell on a line of a piece is from the piece's columns."""
    column = piece.position(place)[1]
    return max(min(piece.columns.values()) - column, column - max(piece.columns.values()), 0)


def span(first: Place, last: Place) -> str:
    """The A1 range from one cell to another."""
    return f"{xl_rowcol_to_cell(*first)}:{xl_rowcol_to_cell(*last)}"


def ranges(places: list[Place]) -> str:
    """Cells as A1 ranges joined by commas; neighbours in one column or row make one range."""
    parts: list[list[Place]] = []
    for place in places:
        if parts and len(parts[-1]) <= 2:
            start, end = parts[-1][0], parts[-1][-1]
            step = (place[0] - end[0], place[1] - end[1])
            if step in ((1, 0), (0, 1)) and (start == end or place[0] == start[0] or place[1] == start[1]):
                parts[-1] = [start, place]
                continue
        parts.append([place])
    return ",".join(":".join(xl_rowcol_to_cell(*place) for place in part) for part in parts)


def blocks(places: Iterable[Place]) -> str:
    """Cells, in any order, as rectangles joined by commas: fewer and easier to read than ranges along one line."""
    spans: dict[tuple[int, int], list[tuple[int, int]]] = defaultdict(list)
    rows: dict[int, list[int]] = defaultdict(list)
    for row, column in sorted(places):
        rows[row].append(column)
    for row, columns in rows.items():
        starts = [c for n, c in enumerate(columns) if n == 0 or columns[n - 1] != c - 1]
        ends = [c for n, c in enumerate(columns) if n + 1 == len(columns) or columns[n + 1] != c + 1]
        for across in zip(starts, ends, strict=True):
            down = spans[across]
            if down and down[-1][1] == row - 1:
                down[-1] = (down[-1][0], row)
            else:
                down.append((row, row))
    areas = sorted((top, left, bottom, right) for (left, right), down in spans.items() for top, bottom in down)
    return ",".join(
        xl_rowcol_to_cell(top, left) if (top, left) == (bottom, right) else span((top, left), (bottom, right))
        for top, left, bottom, right in areas
    )


def cited(cells: Iterable[Cell], how: Callable[[list[Place]], str] = ranges) -> Cited:
    """Cells sheet by sheet as A1 ranges: as :func:`ranges` or :func:`blocks` have them."""
    sheets: dict[str, list[Place]] = defaultdict(list)
    for cell in cells:
        sheets[cell.sheet].append(cell.place)
    return Cited(tuple((sheet, how(places)) for sheet, places in sheets.items()))


__all__ = ["WEIGHTS", "Cell", "Cited", "Table", "blocks", "cited", "quoted", "ranges", "span"]
