"""The file that is written: sheets, formats, names, and a way to write tables of formulas fast."""

from __future__ import annotations

import math
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from itertools import chain, repeat
from pathlib import Path
from typing import Any, cast

import xlsxwriter
from xlsxwriter.exceptions import XlsxFileError
from xlsxwriter.format import Format
from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.worksheet import Worksheet

from sheetprop.workbook import theme

NUM_ERROR = "#NUM!"
ROW, ABOVE = "{row}", "{above}"
Value = float | int | str | bool
ALLOWED = dict.fromkeys(("objects", "scenarios", "format_cells", "format_columns", "format_rows"), True)
"""What a reader may do to a protected sheet, besides filling the unlocked cells."""


@dataclass(frozen=True)
class Column:
    """A column of a table: ``formula`` for every row, ``first`` for the first row where that one differs.

    In a formula, without its =, ROW stands for the number of its own row and ABOVE for that of the row above; it has no
    percent sign. ``values`` are the computed values, one per row; NaN stands for #NUM!. Without a formula the values
    are constants. Cells below the last value are left blank, in the format ``blank``; values that are texts are all
    empty, of a formula that waits for numbers.
    """

    values: Sequence[float] | Sequence[str]
    format: Format
    formula: str | None = None
    first: str | None = None
    blank: Format | None = None

    def texts(self, rows: int) -> Iterator[str]:
        """What the file has of the values in so many rows, empty for blank cells."""
        blanks = rows - len(self.values) if self.blank else 0
        return chain(map(repr if self.kind is None else str, self.values), repeat("", blanks))

    @property
    def kind(self) -> str | None:
        """The type that the file gives to cells of texts, None for numbers."""
        return "str" if self.values and isinstance(self.values[0], str) else None


class Sheet(Worksheet):  # type: ignore[misc]
    """A worksheet that can also hold one table of formulas; other cells in the table's rows stand to its left.

    XlsxWriter's ``write_formula`` keeps an object per cell and searches every formula for functions newer than
    Excel 2007. The table's formulas are of one shape per column and use no such function, so its rows are
    written from one pattern when the file is closed.
    """

    _table: tuple[int, int, Sequence[Column]] | None = None
    when_written: Callable[[], None]
    dim_rowmin: int
    dim_rowmax: int
    formulas = 0

    def write_computed(self, row: int, column: int, formula: str, value: Value, look: Format) -> None:
        """Write a formula with the value that it computes; NaN stands for #NUM!."""
        self.formulas += 1
        if isinstance(value, float) and math.isnan(value):
            value = NUM_ERROR
        self.write_formula(row, column, formula, look, value)

    def _write_string(self, row: int, column: int, text: str, look: Format | None = None) -> Any:
        # XlsxWriter takes a text between these two for markup that is written as it stands.
        marked = text.startswith("<r>") and text.endswith("</r>")
        return super()._write_string(row, column, f"{text} " if marked else text, look)

    def write_table(self, first_row: int, first_column: int, columns: Sequence[Column]) -> None:
        """Write ``columns`` side by side, their first values at ``first_row`` (rows and columns from zero)."""
        self._table = (first_row, first_column, columns)
        self.formulas += sum(len(column.values) for column in columns if column.formula or column.first)
        self._check_dimensions(first_row, first_column)
        last_row, last_column = first_row + len(columns[0].values) - 1, first_column + len(columns) - 1
        self._check_dimensions(last_row, last_column)
        area = f"{address(first_row, first_column)}:{address(last_row, last_column)}"
        # Excel would mark the first row, which starts from the inputs, as inconsistent with the rows below, and every
        # formula that a student writes as unprotected.
        self.ignore_errors(
            {"formula_differs": area} | ({"formula_unlocked": area} if any(column.blank for column in columns) else {})
        )

    def _write_rows(self) -> None:
        if self._table is None:
            super()._write_rows()
            self.when_written()
            return
        first_row, first_column, columns = self._table
        after = first_row + len(columns[0].values)
        top, bottom = self.dim_rowmin, self.dim_rowmax
        self.dim_rowmax = first_row - 1
        super()._write_rows()
        self._write_table_rows(first_row, first_column, columns)
        self.dim_rowmin, self.dim_rowmax = after, bottom
        super()._write_rows()
        self.dim_rowmin = top
        self.when_written()

    def _write_table_rows(self, first_row: int, first_column: int, columns: Sequence[Column]) -> None:
        names = [xl_col_to_name(first_column + n) for n in range(len(columns))]

        def pattern(formulas: Iterable[str | None], errors: Container[int], values: int) -> str:
            cells = []
            for n, (name, column, formula) in enumerate(zip(names, columns, formulas, strict=True)):
                if column.blank and len(column.values) < values:
                    cells.append(f'<c r="{name}{ROW}" s="{column.blank._get_xf_index()}"/>%s')
                    continue
                kind = "e" if n in errors else column.kind
                typed = f' t="{kind}"' if kind else ""
                live = f"<f>{escape(formula, quote=False)}</f>" if formula else ""
                cells.append(f'<c r="{name}{ROW}" s="{column.format._get_xf_index()}"{typed}>{live}<v>%s</v></c>')
            return "".join(cells) + "</row>"

        patterns: dict[tuple[int, ...], str] = {}
        rows = zip(*(column.texts(len(columns[0].values)) for column in columns), strict=True)
        for row, texts in enumerate(rows, start=first_row + 1):
            errors: tuple[int, ...] = ()
            if "nan" in texts:
                errors = tuple(n for n, text in enumerate(texts) if text == "nan")
                texts = tuple(NUM_ERROR if text == "nan" else text for text in texts)
            if row == first_row + 1:
                cells = pattern((column.first or column.formula for column in columns), errors, 1)
            else:
                if errors not in patterns:
                    patterns[errors] = pattern((column.formula for column in columns), errors, 2)
                cells = patterns[errors]
            self.fh.write(f'<row r="{row}">')
            for column, cell in sorted(self.table.get(row - 1, {}).items()):
                self._write_cell(row - 1, column, cell)
            self.fh.write(at_row(cells % texts, row))

    def _xml_number_element(self, number: float, attributes: Iterable[tuple[str, object]] = ()) -> None:
        # XlsxWriter's own writes 16 digits where a number may need 17: too few once a trajectory is chaotic.
        written = "".join(f' {key}="{value}"' for key, value in attributes)
        self.fh.write(f"<c{written}><v>{number!r}</v></c>")

    def _prepare_formula(self, formula: str, expand_future_functions: bool = False) -> str:
        # XlsxWriter's own searches for functions newer than Excel 2007, of which there is none here.
        return formula.removeprefix("=")


def at_row(pattern: str, row: int) -> str:
    """``pattern`` with ROW and ABOVE replaced by the numbers of a row (from 1) and of the row above."""
    return pattern.replace(ROW, str(row)).replace(ABOVE, str(row - 1))


class Book:
    """An XlsxWriter workbook in the workbook's look; the same input writes the same bytes."""

    def __init__(
        self,
        path: Path,
        folder: Path,
        title: str,
        written: Callable[[int, int], None] | None = None,
        protected: bool = False,
    ) -> None:
        """Begin to write ``path``; ``folder`` is for temporary files and belongs to the caller.

        ``written`` is called, while the file is closed, with how many sheets are written and of how many. In a
        ``protected`` workbook only the cells that a reader may change are unlocked; there is no password.
        """
        self._protected = protected
        self._written = written
        self._sheets_written = 0
        self.file = xlsxwriter.Workbook(str(path), {"tmpdir": str(folder)})
        self.file.set_properties({"title": title, "comments": "Made with sheetprop", "created": datetime(2000, 1, 1)})
        self.file.set_calc_mode("auto")
        self.file.set_size(1600, 1000)
        self._formats: dict[tuple[tuple[str, Any], ...], Format] = {}

    def sheet(self, name: str, colour: str) -> Sheet:
        """Add a sheet without gridlines, printed on landscape pages one page wide."""
        sheet = cast(Sheet, self.file.add_worksheet(name, worksheet_class=Sheet))
        sheet.when_written = self._count
        sheet.set_tab_color(colour)
        sheet.hide_gridlines(2)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        if self._protected:
            sheet.protect(options=ALLOWED)
        return sheet

    @property
    def sheets(self) -> list[str]:
        """The names of the sheets, in the order of their tabs."""
        return [sheet.name for sheet in self.file.worksheets()]

    @property
    def formulas(self) -> int:
        """How many formulas the sheets hold."""
        return sum(sheet.formulas for sheet in self.file.worksheets())

    def close(self) -> None:
        """Write the file; raises OSError where that fails."""
        try:
            self.file.close()
        except XlsxFileError as error:
            raise OSError(str(error)) from None

    def _count(self) -> None:
        self._sheets_written += 1
        if self._written:
            self._written(self._sheets_written, len(self.file.worksheets()))

    def look(self, properties: dict[str, Any] = theme.BASE, **more: Any) -> Format:
        """The cell format with these XlsxWriter properties, made once."""
        wanted = properties | more
        key = tuple(sorted(wanted.items()))
        if key not in self._formats:
            self._formats[key] = self.file.add_format(wanted)
        return self._formats[key]

    def heading(self, sheet: Sheet, title: str) -> None:
        """Write a sheet's title, and under it a link back to the first sheet."""
        sheet.set_row(0, 30)
        sheet.write_string(0, 0, title, self.look(theme.TITLE))
        home = self.sheets[0]
        sheet.write_url(1, 0, f"internal:'{home}'!A1", self.look(theme.LINK), f"← {home}")

    def changeable(
        self, sheet: Sheet, row: int, column: int, name: str, value: float, number: str = theme.GIVEN_NUMBER
    ) -> None:
        """Write a number that a reader may change, in a cell with a name known to the whole workbook."""
        unlocked = {"locked": False} if self._protected else {}
        self.named(sheet, row, column, name, value, self.look(theme.CHANGEABLE, num_format=number, **unlocked))

    def named(self, sheet: Sheet, row: int, column: int, name: str, value: float, look: Format) -> None:
        """Write a number in a cell with a name known to the whole workbook."""
        sheet.write_number(row, column, value, look)
        self.file.define_name(name, f"={reference(sheet.name, row, column)}")


def address(row: int, column: int, absolute: bool = False) -> str:
    """The address of a cell of the same sheet, row and column from zero."""
    return f"${xl_col_to_name(column)}${row + 1}" if absolute else f"{xl_col_to_name(column)}{row + 1}"


def column_range(first_row: int, column: int, last_row: int) -> str:
    """The absolute address of cells of one column of the same sheet, from zero."""
    return f"{address(first_row, column, absolute=True)}:{address(last_row, column, absolute=True)}"


def reference(sheet: str, row: int, column: int, last_row: int | None = None) -> str:
    """The absolute reference of a cell of another sheet, or of cells of one of its columns, from zero."""
    cells = address(row, column, absolute=True) if last_row is None else column_range(row, column, last_row)
    return "'" + sheet.replace("'", "''") + f"'!{cells}"


def if_filled(cell: str) -> str:
    """The formula, without its =, of what stands in a cell, and of nothing while that is blank.

    ``cell`` is an address, or a formula without its =.
    """
    return f'IF({cell}="","",{cell})'


def cell_name(key: str) -> str:
    """The defined name of a given quantity: w_1 for w1, since w1 itself is a cell's address."""
    letters = key.rstrip("0123456789")
    return f"{letters}_{key[len(letters) :]}"
