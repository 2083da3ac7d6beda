"""The file that is written: sheets, formats, names, and a way to write tables of formulas fast."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, cast

import xlsxwriter
from xlsxwriter.exceptions import XlsxFileError
from xlsxwriter.format import Format
from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.worksheet import Worksheet

from sheetprop.options import MADE
from sheetprop.workbook import theme
from sheetprop.workbook.cell import Value, as_value, formula_cell, number_cell, text_cell
from sheetprop.workbook.table import Column, Rows

CONTENT: dict[str, Callable[[Any], str]] = {
    "String": lambda cell: text_cell(cell.string),
    "Number": lambda cell: number_cell(cell.number),
    "Formula": lambda cell: formula_cell(cell.formula, cell.value),
}
"""What XlsxWriter calls the kinds of cells that are written here: its own way is slow, and rounds to 16 digits."""
LONGEST_TEXT = 32_767
"""UTF-16 units that a cell can hold."""
ALLOWED = dict.fromkeys(("objects", "scenarios", "format_cells", "format_columns", "format_rows"), True)
"""What a reader may do to a protected sheet, besides filling the unlocked cells."""


class Sheet(Worksheet):  # type: ignore[misc]
    """A worksheet that can also hold one table of formulas; other cells in the table's rows stand to its left.

    XlsxWriter's ``write_formula`` keeps an object per cell and searches every formula for functions newer than
    Excel 2007. The table's formulas are of one shape per column and use no such function, so its rows are
    written from one pattern when the file is closed.
    """

    _table: tuple[int, int, Sequence[Column]] | None = None
    rows: Rows | None = None
    rows_are_kept = False
    when_written: Callable[[], None]
    dim_rowmin: int
    dim_rowmax: int
    formulas = 0

    def write_computed(self, row: int, column: int, formula: str, value: Value, look: Format) -> None:
        """Write a formula with the value that it computes; NaN stands for #NUM!."""
        self.formulas += 1
        self.write_formula(row, column, formula, look, as_value(value))

    def _write_string(self, row: int, column: int, text: str, look: Format | None = None) -> Any:
        return super()._write_string(row, column, as_text(text), look)

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
        self.rows = Rows(first_row, first_column, columns, self.rows_are_kept)
        for row, cells in enumerate(self.rows.written(columns), start=first_row):
            self.fh.write(f'<row r="{row + 1}">')
            for column, cell in sorted(self.table.get(row, {}).items()):
                self._write_cell(row, column, cell)
            self.fh.write(self._row_content(row, cells))

    def _row_content(self, row: int, cells: str) -> str:
        return cells

    def _write_cell(self, row: int, column: int, cell: Any) -> None:
        kind = type(cell).__name__
        # In a workbook whose rows are not kept, texts stand in their cells.
        if kind not in CONTENT or cell.format is None or (kind == "String" and self.constant_memory):
            super()._write_cell(row, column, cell)
            return
        self.fh.write(f'<c r="{address(row, column)}" s="{cell.format._get_xf_index()}"')
        self.fh.write(self._content(row, column, cell))

    def _content(self, row: int, column: int, cell: Any) -> str:
        """What follows the cell's address and format."""
        return CONTENT[type(cell).__name__](cell)

    def _xml_number_element(self, number: float, attributes: Iterable[tuple[str, object]] = ()) -> None:
        self.fh.write("<c" + "".join(f' {key}="{value}"' for key, value in attributes) + number_cell(number))

    def _prepare_formula(self, formula: str, expand_future_functions: bool = False) -> str:
        # XlsxWriter's own searches for functions newer than Excel 2007, of which there is none here.
        return formula.removeprefix("=")


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
        self.file = self._begin(path, folder)
        self.file.set_properties(properties(title))
        self.file.set_calc_mode("auto")
        self.file.set_size(1600, 1000)
        self._hidden: set[str] = set()
        self._formats: dict[frozenset[tuple[str, Any]], Format] = {}

    def _begin(self, path: Path, folder: Path) -> Any:
        return xlsxwriter.Workbook(str(path), {"tmpdir": str(folder)})

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

    def hidden_sheet(self, name: str) -> Sheet:
        """Add a sheet that no program offers to show."""
        sheet = self.sheet(name, theme.MUTED)
        sheet.very_hidden()
        self._hidden.add(name)
        return sheet

    @property
    def sheets(self) -> list[str]:
        """The names of the sheets that a reader sees, in the order of their tabs."""
        return [sheet.name for sheet in self.file.worksheets() if sheet.name not in self._hidden]

    @property
    def formulas(self) -> int:
        """How many formulas the sheets hold."""
        return sum(sheet.formulas for sheet in self.file.worksheets())

    def close(self) -> None:
        """Write the file; raises OSError where that fails."""
        try:
            self.file.close()
        except XlsxFileError as error:
            raise (cause if isinstance(cause := error.args[0], OSError) else OSError(str(error))) from None

    def _count(self) -> None:
        self._sheets_written += 1
        if self._written:
            self._written(self._sheets_written, len(self.file.worksheets()))

    def look(self, properties: dict[str, Any] = theme.BASE, **more: Any) -> Format:
        """The cell format with these XlsxWriter properties, made once."""
        wanted = properties | more
        key = frozenset(wanted.items())
        if key not in self._formats:
            self._formats[key] = self.file.add_format(wanted)
        return self._formats[key]

    def heading(self, sheet: Sheet, title: str) -> None:
        """Write a sheet's title, and under it a link back to the first sheet."""
        sheet.set_row(0, 30)
        sheet.write_string(0, 0, title, self.look(theme.TITLE))
        home = self.sheets[0]
        sheet.write_url(1, 0, f"internal:'{home}'!A1", self.look(theme.LINK), f"← {home}")

    def print_titled(self, sheet: Sheet, title: str, area: tuple[int, int, int, int]) -> None:
        """Print an area (first row and column, last row and column) whose sheet's title is that of each page.

        In cells, a title longer than its column is cut where the column is repeated on the pages to the right.
        """
        sheet.print_area(*area)
        name = theme.TITLE["font_name"]
        sheet.set_header(f'&L&"{name},Bold"&12{title.replace("&", "&&")}&R&"{name},Regular"&9&A, page &P of &N')
        sheet.set_margins(left=0.4, right=0.4, top=0.8, bottom=0.5)

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


def as_text(text: str) -> str:
    """A text as a cell can hold it, and XlsxWriter does not take for markup."""
    if text.startswith("<r>") and text.endswith("</r>"):
        text += " "
    if len(text) <= LONGEST_TEXT // 2:
        return text
    return text.encode("utf-16-le")[: 2 * LONGEST_TEXT].decode("utf-16-le", "ignore")


def properties(title: str) -> dict[str, Any]:
    """What the file says of itself."""
    return {"title": title, "comments": "Made with sheetprop", "created": MADE}


@cache
def letters(column: int) -> str:
    """The name of a column, from zero."""
    return str(xl_col_to_name(column))


def address(row: int, column: int, absolute: bool = False) -> str:
    """The address of a cell of the same sheet, row and column from zero."""
    return f"${letters(column)}${row + 1}" if absolute else f"{letters(column)}{row + 1}"


def column_range(first_row: int, column: int, last_row: int) -> str:
    """The absolute address of cells of one column of the same sheet, from zero."""
    return f"{address(first_row, column, absolute=True)}:{address(last_row, column, absolute=True)}"


@lru_cache(maxsize=8192)
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
