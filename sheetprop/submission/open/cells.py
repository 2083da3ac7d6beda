"""What a student's workbook holds, cell by cell: values as they were saved, formulas by their shapes."""

from __future__ import annotations

import math
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import product
from pathlib import Path
from xml.parsers.expat import ExpatError

from xlsxwriter.utility import xl_cell_to_rowcol

from sheetprop.engine import UNTOLD, Spreadsheet
from sheetprop.errors import InputError
from sheetprop.grid import Grid
from sheetprop.stored import BOOLEAN, NUMBER, SHARED_TEXT, DocumentTypeError, EncodingError, read_cells
from sheetprop.submission.open.archive import SEND_AGAIN
from sheetprop.submission.open.areas import corners
from sheetprop.submission.open.other_files import refers_to_other_files, without_other_files
from sheetprop.submission.open.package import Chart, ExcelTable, Unreadable, open_package
from sheetprop.submission.open.text_numbers import TextNumber, text_number
from sheetprop.submission.open.unseen import cells_with
from sheetprop.submission.understand.circles import Circles
from sheetprop.submission.understand.formula import Name, NotUnderstoodError, Shape, Shapes, ThisRow, crossed
from sheetprop.submission.understand.plainly import plain_formulas

Place = tuple[int, int]
"""Row and column of a cell, from zero."""
MAX_CELLS = 5_000_000
"""A submission of the largest assignment has a tenth of this; beyond it, memory would not be bounded."""
NUMBER_TEXT = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?")
INDEX_DIGITS = 9
"""Digits of a shared text's number; no file of the size that is read has so many texts."""
MOST_SPILLED = 2_000
"""Cells that one array formula may fill to be followed cell by cell."""
MOST_ROWS, MOST_COLUMNS, MOST_RECOMPUTED = 200_000, 1_000, 4_000_000
"""Rows, columns and cells of a sheet whose recomputed values are looked at."""


@dataclass(frozen=True)
class ErrorValue:
    """What a cell shows where its formula has no value: #REF!, #NAME? and the like."""

    name: str


Value = float | str | bool | ErrorValue


@dataclass(eq=False)
class Cells:
    """One sheet: its values (stored results of formulas included) and the shapes of its formulas, by place.

    ``opaque`` are cells whose formula has no text of its own: parts of data tables. ``text_numbers`` are typed-in texts
    that are meant as numbers: their values are these numbers. ``folded`` are formulas that came to a number whatever
    other cells hold: they count as that number, typed, and are no formulas any more.
    """

    name: str
    state: str
    values: dict[Place, Value] = field(default_factory=dict)
    formulas: dict[Place, Shape] = field(default_factory=dict)
    opaque: set[Place] = field(default_factory=set)
    text_numbers: dict[Place, TextNumber] = field(default_factory=dict)
    folded: dict[Place, Shape] = field(default_factory=dict)
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: list[tuple[int, int]] = field(default_factory=list)

    def number(self, place: Place) -> float | None:
        """The number in a cell, None where there is none."""
        value = self.values.get(place)
        return value if type(value) is float else None

    def filled(self, place: Place) -> bool:
        """Whether a cell holds anything."""
        return place in self.values or place in self.formulas or place in self.opaque

    def constant(self, place: Place) -> bool:
        """Whether a cell holds a typed-in or pasted number."""
        return place not in self.formulas and place not in self.opaque and type(self.values.get(place)) is float

    def fold(self, place: Place, value: float) -> None:
        """Take a formula as the number that it comes to, as if that were typed."""
        if place in self.formulas:
            self.folded[place] = self.formulas.pop(place)
        self.opaque.discard(place)
        self.values[place] = value

    @cached_property
    def texts(self) -> dict[Place, str]:
        """Cells that hold a text, typed in or computed."""
        return {place: value for place, value in self.values.items() if type(value) is str}

    @cached_property
    def has_errors(self) -> bool:
        """Whether any cell shows an error."""
        return any(isinstance(value, ErrorValue) for value in self.values.values())

    @cached_property
    def stored_results(self) -> bool:
        """Whether formulas have stored results; programs that cannot compute leave them out, or write zeros."""
        return any(self.values.get(place, 0.0) != 0.0 for place in self.formulas)


class Book:
    """A student's workbook, its sheets read when first asked for."""

    def __init__(self, data: bytes) -> None:
        """Open a workbook file; nothing but its structure is read yet. Raises Unreadable."""
        self.package = open_package(data)
        self._data = data
        self.shapes = Shapes()
        self._sheets: dict[str, Cells] = {}
        self._beyond: list[tuple[str, Place]] = []
        self._parts = {part.name.lower(): part for part in self.package.sheets}

    def __iter__(self) -> Iterator[Cells]:
        """The sheets in the order of their tabs."""
        for part in self.package.sheets:
            sheet = self.sheet(part.name)
            assert sheet is not None
            yield sheet

    def sheet(self, name: str) -> Cells | None:
        """A sheet by its name, whatever its case; raises Unreadable where its part is damaged."""
        name = name.lower()
        if name in self._parts and name not in self._sheets:
            self._sheets[name] = self._read(name)
        return self._sheets.get(name)

    @cached_property
    def tables(self) -> dict[str, ExcelTable]:
        """Excel tables by name in lower case."""
        return {table.name.lower(): table for table in self.package.tables()}

    def unseen(self, sheet: str) -> set[Place]:
        """The cells of a sheet whose style shows nothing of what is in them."""
        part = self._parts.get(sheet.lower())
        if part is None or not self._unseen_styles:
            return set()
        return cells_with(self.package.read(part.part), self._unseen_styles, xl_cell_to_rowcol)

    @cached_property
    def _unseen_styles(self) -> frozenset[str]:
        return self.package.unseen_styles()

    @cached_property
    def circles(self) -> Circles:
        """Formulas that need their own results."""
        return Circles(self)

    @cached_property
    def charts(self) -> list[Chart]:
        """The charts of the workbook."""
        return self.package.charts()

    @cached_property
    def _shared_texts(self) -> list[str]:
        return self.package.shared_strings()

    def named(self, name: Name, here: str, place: Place = (0, 0)) -> tuple[str, int, int] | float:
        """What a defined name means on the sheet ``here``: a cell (sheet, row, column) or a number.

        Where it crosses the formula's cell, it is of a range what is in line with ``place``. Raises NotUnderstoodError
        where it means something else, or is not defined.
        """
        meaning = self._meaning(name, here)
        if meaning is None:
            raise NotUnderstoodError(f"the name {name.name} is not defined")
        if NUMBER_TEXT.fullmatch(meaning) and math.isfinite(value := float(meaning)):
            return value
        sheet, area = _area(meaning) or ("", None)
        if area is None:
            raise NotUnderstoodError(f"the name {name.name} means no cell")
        if area[:2] == area[2:]:
            return sheet or here, *area[:2]
        if name.crosses:
            return sheet or here, *crossed(area, place)
        raise NotUnderstoodError(f"the name {name.name} means more than one cell")

    def range_named(self, name: Name, here: str) -> tuple[int, int, int, int] | None:
        """Top, left, bottom and right of a range of several cells that a name means; None where it means no such."""
        meaning = self._meaning(name, here)
        found = _area(meaning) if meaning is not None else None
        return found[1] if found is not None and found[1][:2] != found[1][2:] else None

    def formula_named(self, name: Name, here: str) -> Shape | None:
        """The formula that a defined name stands for on the sheet ``here``; None where it means a cell or a number."""
        meaning = self._meaning(name, here)
        if meaning is None or "#REF!" in meaning or (name.crosses and self.range_named(name, here)):
            return None
        try:
            self.named(name, here)
        except NotUnderstoodError:
            return self.shapes.of(meaning, 0, 0)  # in the file, a name's references are those of a formula in A1
        return None

    def structured(self, leaf: ThisRow, sheet: str, place: Place) -> Place:
        """The cell that a structured reference means in a cell of ``sheet``; raises NotUnderstoodError."""
        for table in self.tables.values():
            inside = table.first_row <= place[0] <= table.last_row and table.sheet == sheet
            if inside and leaf.table in (None, table.name.lower()):
                names = [_squeezed(name) for name in table.columns]
                if _squeezed(leaf.column) in names:
                    return place[0], table.first_column + names.index(_squeezed(leaf.column))
        raise NotUnderstoodError(f"it refers to a table's column {leaf.column!r}, not there or not in this row")

    def _meaning(self, name: Name, here: str) -> str | None:
        names = self.package.defined_names
        scopes = [f"{(name.sheet or here).lower()}!{name.name}", name.name]
        return next((names[scope] for scope in scopes if scope in names), None)

    def recomputed(self, sheet: str, place: Place) -> Value | None:
        """What the formula engine computes for a cell, None where it cannot open the file."""
        if self._engine is None or sheet not in self._computed or (sheet, place) in self._of_other_files:
            return None
        grid = self._computed[sheet]
        value = grid.at(*place)
        if isinstance(value, float) and not math.isfinite(value):  # the engine goes on where Excel gives up
            return ErrorValue("#NUM!")
        if isinstance(value, str) and value.startswith("#"):
            return None if value in self._engines_own else ErrorValue(value)
        return value

    @cached_property
    def _engines_own(self) -> set[str]:
        """Kinds of error that some cell shows in the engine though Excel might compute it.

        Another cell may have such an error from that one, so that nothing is said of any.
        """
        shown = (self._computed[sheet].at(*place) for sheet, place in self._beyond)
        return {UNTOLD, *(value for value in shown if isinstance(value, str) and value.startswith("#"))}

    def _plain_formulas(self) -> Iterator[tuple[str, int, int, str]]:
        for sheet, row, column, formula in plain_formulas(self):
            if formula is None:
                self._beyond.append((sheet, (row, column)))
            else:
                yield sheet, row, column, formula

    def with_numbers(
        self, numbers: Mapping[tuple[str, Place], float], cells: Sequence[tuple[str, Place]]
    ) -> list[Value | None]:
        """What the engine computes for some cells where others, by sheet and place, hold other numbers.

        None where it cannot. What is put in stays for the next time that is asked.
        """
        if self._trial_engine is None:
            return [None] * len(cells)
        values = self._trial_engine.with_numbers(
            ((sheet, *place, number) for (sheet, place), number in numbers.items()),
            [(sheet, *place) for sheet, place in cells],
        )
        shown = [ErrorValue(v) if isinstance(v, str) and v.startswith("#") else v for v in values]
        return [None if cell in self._of_other_files else v for cell, v in zip(cells, shown, strict=True)]

    @cached_property
    def _trial_engine(self) -> Spreadsheet | None:
        return self._opened()

    @cached_property
    def _engine(self) -> Spreadsheet | None:
        return self._opened()

    def _opened(self) -> Spreadsheet | None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "submission.xlsx"
            path.write_bytes(self._data)
            try:
                try:
                    spreadsheet = Spreadsheet(path)
                except InputError:
                    if not self._of_other_files:
                        return None
                    sheets = {part.part for part in self._parts.values()}
                    path.write_bytes(without_other_files(self._data, sheets))
                    spreadsheet = Spreadsheet(path)
                spreadsheet.replace_formulas(self._plain_formulas())
            except InputError:
                return None
        return spreadsheet

    @cached_property
    def _of_other_files(self) -> set[tuple[str, Place]]:
        """The cells whose formulas refer to other files, of which nobody here knows what they come to."""
        shapes = {id(shape): shape for cells in self for shape in cells.formulas.values()}
        texts = {
            known: " ".join(piece for piece in shape.pieces if isinstance(piece, str))
            for known, shape in shapes.items()
        }
        outside = {known for known, text in texts.items() if refers_to_other_files(text)}
        return {(c.name, place) for c in self for place, shape in c.formulas.items() if id(shape) in outside}

    @cached_property
    def _computed(self) -> dict[str, Grid]:
        """The recomputed values of the sheets that have formulas."""
        grids = {}
        for cells in self if self._engine is not None else ():
            if cells.formulas and self._engine is not None:
                # A formula far off, as in the last cell of a sheet, must not ask for all the cells before it.
                near = [place for place in cells.formulas if place[0] < MOST_ROWS and place[1] < MOST_COLUMNS]
                rows = max((row for row, _ in near), default=0) + 1
                columns = max((column for _, column in near), default=0) + 1
                grids[cells.name] = self._engine.values(cells.name, min(rows, MOST_RECOMPUTED // columns), columns)
        return grids

    def _read(self, name: str) -> Cells:
        part = self._parts[name]
        xml = self.package.read(part.part)
        try:
            stored = read_cells(xml)
            if not stored.kinds and b"purl.oclc.org" in xml[:2000]:
                stored = read_cells(xml, "http://purl.oclc.org/ooxml/spreadsheetml/main")
        except DocumentTypeError:
            raise Unreadable(
                f"This workbook's sheet {part.name!r} declares a document type, as no spreadsheet program does: "
                f"{SEND_AGAIN}"
            ) from None
        except EncodingError:
            raise Unreadable(
                f"This workbook's sheet {part.name!r} has an encoding that workbooks never have: {SEND_AGAIN}"
            ) from None
        except (ExpatError, ValueError, IndexError, OverflowError):
            raise Unreadable(f"This workbook's sheet {part.name!r} is damaged: {SEND_AGAIN}") from None
        if len(stored.kinds) > MAX_CELLS:
            raise Unreadable(
                f"This workbook's sheet {part.name!r} has {len(stored.kinds):,} cells, more than any submission needs: "
                "hand in the one with the iterations only"
            )
        cells = Cells(part.name, part.state, hidden_rows=stored.hidden_rows, hidden_columns=stored.hidden_columns)
        places: list[Place] = list(zip(stored.rows.tolist(), stored.columns.tolist(), strict=True))
        for place, kind, text in zip(places, stored.kinds, stored.texts, strict=True):
            if text and (value := self._value(kind, text)) is not None:
                cells.values[place] = value
        shared: dict[str, Shape] = {}
        for n, attributes, text in stored.formulas:
            self._add_formula(cells, places[n], attributes, text, shared)
        for place, typed in cells.texts.items():
            computed = place in cells.formulas or place in cells.opaque
            if not computed and (number := text_number(typed)) and math.isfinite(number.value):
                cells.text_numbers[place] = number
                cells.values[place] = number.value
        cells.__dict__.pop("texts")
        return cells

    def _value(self, kind: str, text: str) -> Value | None:
        if kind == NUMBER:
            try:
                number = float(text)
            except ValueError:
                return ErrorValue("#VALUE!")
            return number if math.isfinite(number) else ErrorValue("#NUM!")
        if kind == SHARED_TEXT:
            index = text.strip()
            known = index.isdecimal() and len(index) <= INDEX_DIGITS and int(index) < len(self._shared_texts)
            return self._shared_texts[int(index)] or None if known else None
        if kind == BOOLEAN:
            return text.strip() == "1"
        if kind == "e":
            return ErrorValue(text)
        return text

    def _add_formula(
        self, cells: Cells, place: Place, attributes: dict[str, str], text: str, shared: dict[str, Shape]
    ) -> None:
        kind, group = attributes.get("t"), attributes.get("si", "")
        if kind == "shared" and not text:
            if group in shared:
                cells.formulas[place] = shared[group]
            else:
                cells.opaque.add(place)
            return
        if kind in ("array", "dataTable") and (area := attributes.get("ref")):
            try:
                top, left, bottom, right = corners(area)
            except ValueError:  # of whole columns, or no range at all: the cell that it stands in is all that is known
                (top, left), (bottom, right) = place, place
            if kind == "array" and text and (bottom - top + 1) * (right - left + 1) <= MOST_SPILLED:
                for row, column in product(range(top, bottom + 1), range(left, right + 1)):
                    if (row, column) == place or (row, column) not in cells.formulas:
                        element = row - top, column - left
                        cells.formulas[row, column] = self.shapes.of(text.lstrip("="), row, column, element)
                return
            if kind == "dataTable" or (top, left) != (bottom, right):
                inside = (place for place in cells.values if top <= place[0] <= bottom and left <= place[1] <= right)
                cells.opaque.update(inside)
                return
        if not text:
            cells.opaque.add(place)
            return
        cells.formulas[place] = shape = self.shapes.of(text.lstrip("="), *place)
        if kind == "shared":
            shared[group] = shape


def _area(meaning: str) -> tuple[str, tuple[int, int, int, int]] | None:
    """Sheet (empty where none is named), top, left, bottom and right of what a name means; None where it is no area."""
    sheet, _, cells = meaning.rpartition("!")
    try:
        return sheet.strip("'").replace("''", "'"), corners(cells)
    except ValueError:
        return None


def _squeezed(name: str) -> str:
    return "".join(name.lower().split())
