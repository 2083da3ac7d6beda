"""Cells of a sheet's XML: the areas that findings name, and colouring them, also where nothing has been typed yet."""

from __future__ import annotations

from bisect import bisect, insort
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lxml import etree
from xlsxwriter.utility import xl_cell_to_rowcol, xl_col_to_name

from sheetprop.package import Element, namespace
from sheetprop.report.styles import Styles
from sheetprop.submission.open.areas import corners

LAST_ROW, LAST_COLUMN = 1_048_576, 16_384
MOST_BLANKS_AN_AREA, MOST_BLANKS_A_SHEET = 5_000, 50_000
"""Blank cells that are made to be coloured; in larger areas those that exist will do."""


@dataclass(frozen=True)
class Area:
    """A rectangle of cells, rows and columns from 1."""

    first_row: int
    first_column: int
    last_row: int
    last_column: int

    @property
    def cells(self) -> int:
        """How many cells it has."""
        return (self.last_row - self.first_row + 1) * (self.last_column - self.first_column + 1)

    @property
    def first(self) -> Area:
        """Its first cell, as an area."""
        return Area(self.first_row, self.first_column, self.first_row, self.first_column)

    def __str__(self) -> str:
        last = address(self.last_row, self.last_column)
        return last if self.cells == 1 else f"{self.first}:{last}"


def areas(cells: str | None) -> list[Area]:
    """What 'Z33:Z40,AA45' names; parts that name no cells are left out."""
    found = []
    for part in (cells or "").upper().split(","):
        try:
            top, left, bottom, right = corners(part.strip())
        except ValueError:
            continue
        rows, columns = sorted((top + 1, bottom + 1)), sorted((left + 1, right + 1))
        if rows[1] <= LAST_ROW and columns[1] <= LAST_COLUMN:
            found.append(Area(rows[0], columns[0], rows[1], columns[1]))
    return found


def address(row: int, column: int) -> str:
    """A cell's address, both counted from 1."""
    return f"{xl_col_to_name(column - 1)}{row}"


def column_number(letters: str) -> int:
    """A column counted from 1."""
    return int(xl_cell_to_rowcol(f"{letters}1")[1]) + 1


def colour(sheet: Element, marks: Sequence[tuple[Area, str]], styles: Styles) -> None:
    """Fill areas with colours; where areas overlap, the first one counts."""
    made = _SheetData(sheet)
    blanks = MOST_BLANKS_A_SHEET
    for area, _ in marks:
        if area.cells <= min(MOST_BLANKS_AN_AREA, blanks):
            blanks -= made.fill_in(area)
    for number in made.rows:
        here = [(area, fill) for area, fill in marks if area.first_row <= number <= area.last_row]
        coloured: set[int] = set()
        for area, fill in here:
            for column, cell in made.within(number, area):
                if column not in coloured:
                    coloured.add(column)
                    cell.set("s", str(styles.filled(int(cell.get("s", "0")), fill)))


class _SheetData:
    """The rows and cells of a sheet, by number; addresses that a file leaves to be counted are written into it."""

    def __init__(self, sheet: Element) -> None:
        self._sheet = sheet
        self._row, self._cell = (f"{{{namespace(sheet)}}}{name}" for name in ("row", "c"))
        data = sheet.find(f"{{{namespace(sheet)}}}sheetData")
        if data is None:
            raise ValueError("a sheet has no place for cells")
        self._data = data
        self._columns: dict[str, int] = {}
        self._cells: dict[int, dict[int, Element]] = {}
        self.rows: dict[int, Element] = {}
        number = 0
        for row in data.iterchildren(self._row):
            number = int(row.get("r", number + 1))
            row.set("r", str(number))
            self.rows[number] = row
        self._numbers = sorted(self.rows)

    def cells(self, number: int) -> dict[int, Element]:
        """The cells of a row by column, in their order."""
        if number not in self._cells:
            found, column = {}, 0
            for cell in self.rows[number].iterchildren(self._cell):
                place = cell.get("r")
                column = self._column(place.rstrip("0123456789")) if place else column + 1
                if not place:
                    cell.set("r", address(number, column))
                found[column] = cell
            self._cells[number] = found
        return self._cells[number]

    def within(self, number: int, area: Area) -> list[tuple[int, Element]]:
        """The cells of a row that are in an area, by column."""
        cells = self.cells(number)
        if area.last_column - area.first_column < len(cells):
            return [(c, cells[c]) for c in range(area.first_column, area.last_column + 1) if c in cells]
        return [(c, cell) for c, cell in cells.items() if area.first_column <= c <= area.last_column]

    def fill_in(self, area: Area) -> int:
        """Make the cells that an area lacks, with the looks of their row or column; returns how many."""
        made = 0
        for number in range(area.first_row, area.last_row + 1):
            row = self.rows[number] if number in self.rows else self._new_row(number)
            cells, end = self.cells(number), row.find(f"{{{namespace(self._sheet)}}}extLst")
            missing = [c for c in range(area.first_column, area.last_column + 1) if c not in cells]
            for column in missing:
                cell = etree.Element(self._cell)
                cell.set("r", address(number, column))
                cell.set("s", self._style(row, column))
                _insert(row, cell, next((other for place, other in cells.items() if place > column), end))
            if missing:
                # A hint at the columns in use, which is no longer true.
                row.attrib.pop("spans", None)
                del self._cells[number]
                made += len(missing)
        if made:
            self._extend_dimension(area)
        return made

    def _new_row(self, number: int) -> Element:
        row = etree.Element(self._row)
        row.set("r", str(number))
        place = bisect(self._numbers, number)
        _insert(self._data, row, self.rows[self._numbers[place]] if place < len(self._numbers) else None)
        insort(self._numbers, number)
        self.rows[number] = row
        return row

    def _style(self, row: Element, column: int) -> str:
        if row.get("customFormat") in ("1", "true"):
            return str(row.get("s", "0"))
        for item in self._sheet.iterfind(f"{{{namespace(self._sheet)}}}cols/{{{namespace(self._sheet)}}}col"):
            if int(item.get("min", 0)) <= column <= int(item.get("max", 0)):
                return str(item.get("style", "0"))
        return "0"

    def _extend_dimension(self, area: Area) -> None:
        dimension = self._sheet.find(f"{{{namespace(self._sheet)}}}dimension")
        known = areas(dimension.get("ref")) if dimension is not None else []
        if known:
            dimension.set("ref", str(_hull([known[0], area])))

    def _column(self, letters: str) -> int:
        if letters not in self._columns:
            self._columns[letters] = column_number(letters)
        return self._columns[letters]


def _insert(parent: Element, element: Element, before: Element | None) -> None:
    if before is None:
        parent.append(element)
    else:
        before.addprevious(element)


def _hull(parts: Iterable[Area]) -> Area:
    parts = list(parts)
    return Area(
        min(part.first_row for part in parts),
        min(part.first_column for part in parts),
        max(part.last_row for part in parts),
        max(part.last_column for part in parts),
    )
