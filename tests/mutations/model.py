"""A workbook with iteration tables as this package keeps it in memory, and how it becomes a file."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import openpyxl
import xlsxwriter
from openpyxl.utils import get_column_letter
from openpyxl.workbook.defined_name import DefinedName
from xlsxwriter.worksheet import Worksheet

from sheetprop.assignment import Assignment
from sheetprop.descent import compute
from sheetprop.engine import Spreadsheet
from sheetprop.network import ITERATION, RATE
from sheetprop.template import load_assignment
from tests.mutations.formula import Node, Ref, render

Content = Node | float | str
"""What a cell holds: a formula, a number or a text."""
Place = tuple[int, int]
"""Row and column, from 1."""
PARAMETER = -1
"""As a reference's ``at``: not at an iteration but in the list of parameters."""


@dataclass(frozen=True)
class Rate:
    """Where a table's learning rate stands: how formulas write it, and its cell where it has one of its own."""

    value: float
    style: str
    text: str = ""
    sheet: str = ""
    place: Place | None = None


@dataclass
class Table:
    """One iteration table: iteration k is ``first`` + k, a row, or a column where it is ``transposed``.

    ``dollars`` are keys whose references have a $ before their column; in an Excel table, a ``structured`` one,
    references to the own row name the column.
    """

    sheet: str
    header: int
    first: int
    count: int
    columns: dict[str, int]
    labels: dict[str, str]
    rate: Rate
    transposed: bool = False
    spaced: str = ""
    dollars: frozenset[str] = frozenset()
    structured: str | None = None
    parameters: dict[str, str] = field(default_factory=dict)
    contents: dict[tuple[str, int], Content] = field(default_factory=dict)

    def place(self, key: str, iteration: int) -> Place:
        """Row and column of a quantity at an iteration."""
        return self._place(self.first + iteration, self.columns[key])

    def header_place(self, key: str) -> Place:
        """Row and column of a quantity's label."""
        return self._place(self.header, self.columns[key])

    def _place(self, along: int, across: int) -> Place:
        return (across, along) if self.transposed else (along, across)

    @property
    def corners(self) -> tuple[Place, Place]:
        """The first and last place, labels included."""
        across = [place for key in self.columns for place in (self.header_place(key), self.place(key, self.count - 1))]
        return min(across), max(across)

    def cell(self, key: str, iteration: int) -> str:
        """A1 reference of a quantity at an iteration."""
        return a1(self.place(key, iteration))

    def formula(self, key: str, iteration: int) -> str | None:
        """The formula of a cell, with its =, None where there is none."""
        content = self.contents.get((key, iteration))
        if content is None or isinstance(content, float | str):
            return None
        return "=" + render(content, lambda ref: self._spell(ref, iteration), self.spaced)

    def _spell(self, ref: Ref, iteration: int) -> str:
        if ref.key == RATE and ref.slide is not None:
            assert self.rate.place
            row, column = self.rate.place
            gone = iteration - ref.slide
            place = (row, column + gone) if self.transposed else (row + gone, column)
            return quoted(self.rate.sheet, self.sheet) + a1(place)
        if ref.key == RATE and self.rate.style != "column":
            return self.rate.text
        if ref.at == PARAMETER:
            return self.parameters[ref.key]
        if ref.at is not None:
            row, column = self.place(ref.key, ref.at)
            return f"${get_column_letter(column)}${row}"
        if self.structured and not ref.offset:
            return f"{self.structured}[[#This Row],[{self.labels[ref.key]}]]"
        cell = self.cell(ref.key, iteration + ref.offset)
        return f"${cell}" if ref.key in self.dollars else cell

    def cells(self) -> Iterator[tuple[Place, Content | None, str | None]]:
        """Every cell of the table: where it is, what it holds, and its formula as text."""
        for key, label in self.labels.items():
            if label:
                yield self.header_place(key), label, None
        for (key, iteration), content in self.contents.items():
            yield self.place(key, iteration), content, self.formula(key, iteration)

    def value(self, ref: Ref, iteration: int, sample: int) -> float:
        """The number a reference has where all else is right, at random given values; ``sample`` says which."""
        numbers, rate = random_trajectory(sample, self.count)
        if ref.key == RATE and self.rate.style == "literal":
            return self.rate.value
        if ref.key == RATE:
            gone = 0 if ref.slide is None else iteration - ref.slide
            return rate if not gone else rate + 0.618 * gone
        where = max(ref.at, 0) if ref.at is not None else iteration + ref.offset
        if where < 0:
            return math.nan  # the label above
        if where >= self.count:
            return 0.0  # the empty cell below
        return float(where) if ref.key == ITERATION else float(numbers[ref.key][where])


@dataclass
class Sheet:
    """A sheet: what stands on it besides the tables."""

    name: str
    hidden: bool = False
    cells: dict[Place, float | str] = field(default_factory=dict)


@dataclass
class Variant:
    """A workbook, and where everything in it is.

    ``writer`` is openpyxl or xlsxwriter, or "generated" where ``path`` is a file by sheetprop that is edited.
    ``digits`` are those of stored values, None where none are stored; in a ``circular`` one, 0 is stored for errors.
    """

    seed: int
    path: Path
    assignment: Assignment
    tables: list[Table]
    sheets: list[Sheet] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)
    writer: str = "openpyxl"
    digits: int | None = None
    circular: bool = False
    notes: list[str] = field(default_factory=list)

    @property
    def formulas(self) -> dict[tuple[str, str], str]:
        """Every formula of the tables by sheet and cell."""
        return {
            (table.sheet, a1(place)): formula
            for table in self.tables
            for place, _, formula in table.cells()
            if formula is not None
        }

    def write(self, path: Path | None = None) -> None:
        """Write the file as ``path`` (as it is called, without one), which becomes the variant's."""
        source, self.path = self.path, path or self.path
        if self.writer == "generated":
            self._edit(source, self.path)
        elif self.digits is None:
            self._write(self.path, {})
        else:
            with TemporaryDirectory() as folder:
                plain = self.plain(Path(folder))
                stored = {sheet.name: recalculated(plain, sheet.name) for sheet in self.sheets}
            self._write(self.path, stored)

    def plain(self, folder: Path) -> Path:
        """The workbook in a new file without stored values and, as the engine cannot follow them, structured tables."""
        path = folder / "plain.xlsx"
        if self.writer == "generated":
            self._edit(self.path, path)
            return path
        names = [table.structured for table in self.tables]
        for table in self.tables:
            table.structured = None
        self._write(path, {})
        for table, name in zip(self.tables, names, strict=True):
            table.structured = name
        return path

    def _edit(self, source: Path, path: Path) -> None:
        book = openpyxl.load_workbook(source)
        for table in self.tables:
            sheet = book[table.sheet]
            for (row, column), content, formula in table.cells():
                sheet.cell(row, column).value = content if formula is None else formula
        book.save(path)

    def _write(self, path: Path, stored: dict[str, dict[Place, float | str | bool]]) -> None:
        if self.writer == "xlsxwriter":
            self._write_with_xlsxwriter(path, stored)
        else:
            self._write_with_openpyxl(path)

    def _contents(self, name: str) -> Iterator[tuple[Place, float | str, bool]]:
        """The cells of a sheet: where, what, and whether it is a formula."""
        sheet = next(sheet for sheet in self.sheets if sheet.name == name)
        for place, value in sheet.cells.items():
            yield place, value, isinstance(value, str) and value.startswith("=")
        for table in self.tables:
            if table.sheet == name:
                for place, content, formula in table.cells():
                    if formula is not None:
                        yield place, formula, True
                    elif isinstance(content, float | str):
                        yield place, content, False

    def _write_with_openpyxl(self, path: Path) -> None:
        book = openpyxl.Workbook()
        book.remove(book.active)
        for sheet in self.sheets:
            written = book.create_sheet(sheet.name)
            written.sheet_state = "hidden" if sheet.hidden else "visible"
            for (row, column), value, _ in self._contents(sheet.name):
                written.cell(row, column).value = value
        for name, target in self.names.items():
            book.defined_names[name] = DefinedName(name, attr_text=target)
        book.save(path)

    def _write_with_xlsxwriter(self, path: Path, stored: dict[str, dict[Place, float | str | bool]]) -> None:
        book = xlsxwriter.Workbook(str(path))
        for sheet in self.sheets:
            written = book.add_worksheet(sheet.name, worksheet_class=_Plain)
            if sheet.hidden:
                written.hide()
            for table in self.tables:
                if table.sheet == sheet.name and table.structured:
                    (top, left), (bottom, right) = table.corners
                    headers = [{"header": table.labels[key]} for key in table.columns]
                    settings = {"name": table.structured, "columns": headers, "autofilter": False}
                    written.add_table(top - 1, left - 1, bottom - 1, right - 1, settings)
            values = stored.get(sheet.name, {})
            for (row, column), value, is_formula in self._contents(sheet.name):
                if is_formula:
                    result = values.get((row, column), 0)
                    if self.circular and isinstance(result, str):
                        result = 0.0
                    if self.digits and isinstance(result, float):
                        result = float(f"{result:.{self.digits}g}")
                    written.write_formula(row - 1, column - 1, str(value), None, result)
                elif isinstance(value, str):
                    written.write_string(row - 1, column - 1, value)
                else:
                    written.write_number(row - 1, column - 1, value)
        for name, target in self.names.items():
            book.define_name(name, f"={target}")
        book.close()


class _Plain(Worksheet):
    """A sheet that does not look through every formula for functions newer than Excel 2007."""

    def _prepare_formula(self, formula: str, expand_future_functions: bool = False) -> str:
        return formula.removeprefix("=")


def a1(place: Place) -> str:
    """A1 reference of a row and column."""
    return f"{get_column_letter(place[1])}{place[0]}"


def quoted(sheet: str, own: str) -> str:
    """What stands before a cell on ``sheet`` in a formula on the sheet ``own``."""
    if sheet in ("", own):
        return ""
    return f"{sheet}!" if sheet.isalnum() and not sheet[0].isdigit() else f"'{sheet}'!"


def recalculated(path: Path, sheet: str) -> dict[Place, float | str | bool]:
    """The values of a sheet by place, computed by the formula engine; not to be changed."""
    return _recalculated(path, path.stat().st_mtime_ns, sheet)


@lru_cache(maxsize=4)
def _recalculated(path: Path, changed: int, sheet: str) -> dict[Place, float | str | bool]:
    written = openpyxl.load_workbook(path, read_only=True)[sheet]
    grid = _opened(path, changed).values(sheet, written.max_row, written.max_column)
    numbers = {(r + 1, c + 1): float(grid.numbers[r, c]) for r, c in np.argwhere(~np.isnan(grid.numbers)).tolist()}
    return numbers | {(r + 1, c + 1): value for (r, c), value in grid.others.items()}


@lru_cache(maxsize=1)
def _opened(path: Path, _: int) -> Spreadsheet:
    return Spreadsheet(path)


@lru_cache(maxsize=256)
def random_trajectory(sample: int, count: int) -> tuple[dict[str, np.ndarray], float]:
    """Every quantity at ``count`` iterations from random given values, and the learning rate."""
    rng = np.random.default_rng(sample)
    assignment = load_assignment(
        inputs=rng.uniform(0.4, 1.6, 2).tolist(),
        targets=rng.uniform(0.1, 0.9, 2).tolist(),
        weights=(rng.uniform(0.2, 1.4, 8) * rng.choice([-1, 1], 8)).tolist(),
        learning_rates=(float(rng.uniform(0.6, 1.7)),),
        iterations=count,
    )
    return {key: values[0] for key, values in compute(assignment).items()}, assignment.learning_rates[0]
