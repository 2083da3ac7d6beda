"""The cells of a written workbook, and a plain way to write the same ones; made for XlsxWriter's own files."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import xlsxwriter
from xlsxwriter.utility import xl_cell_to_rowcol

from sheetprop.stored import MAIN

M = f"{{{MAIN}}}"
Cell = tuple[int, int, int, str | None, float | str | bool | None]
"""Row and column from zero, style number, formula with its =, value (None where the cell is blank)."""


@dataclass(frozen=True)
class Cells:
    """A workbook's cells by sheet, and per style number its number format as XlsxWriter takes it."""

    sheets: dict[str, list[Cell]]
    number_formats: list[str | int]

    @property
    def formulas(self) -> int:
        """How many of the cells are formulas."""
        return sum(1 for cells in self.sheets.values() for cell in cells if cell[3] is not None)


def read_cells(path: Path) -> Cells:
    """Every cell of the workbook at ``path``."""
    with zipfile.ZipFile(path) as package:

        def root(part: str) -> ElementTree.Element:
            return ElementTree.fromstring(package.read(part))

        texts: list[str] = []
        if "xl/sharedStrings.xml" in package.namelist():
            texts = ["".join(item.itertext()) for item in root("xl/sharedStrings.xml")]
        styles = root("xl/styles.xml")
        codes = {code.get("numFmtId"): code.get("formatCode", "") for code in styles.iter(f"{M}numFmt")}
        number_formats: list[str | int] = [
            codes.get(style.get("numFmtId"), int(style.get("numFmtId", "0")))
            for style in styles.iterfind(f"{M}cellXfs/{M}xf")
        ]
        names = [sheet.get("name", "") for sheet in root("xl/workbook.xml").iter(f"{M}sheet")]
        sheets = {
            name: list(_cells(root(f"xl/worksheets/sheet{n}.xml"), texts)) for n, name in enumerate(names, start=1)
        }
    return Cells(sheets, number_formats)


def write_plainly(cells: Cells, path: Path) -> None:
    """Write the cells as XlsxWriter's examples do, one by one; no charts and no names."""
    book = xlsxwriter.Workbook(str(path))
    formats = [book.add_format({"num_format": code}) for code in cells.number_formats]
    for name, sheet_cells in cells.sheets.items():
        sheet = book.add_worksheet(name)
        for row, column, style, formula, value in sheet_cells:
            if formula is not None:
                sheet.write_formula(row, column, formula, formats[style], value)
            elif isinstance(value, float):
                sheet.write_number(row, column, value, formats[style])
            elif value is None:
                sheet.write_blank(row, column, None, formats[style])
            else:
                sheet.write_string(row, column, str(value), formats[style])
    book.close()


def _cells(sheet: ElementTree.Element, texts: list[str]) -> Iterator[Cell]:
    for cell in sheet.iter(f"{M}c"):
        row, column = xl_cell_to_rowcol(cell.get("r", ""))
        formula, value = cell.find(f"{M}f"), cell.findtext(f"{M}v")
        live = None if formula is None else f"={formula.text}"
        yield row, column, int(cell.get("s", "0")), live, _value(cell.get("t", "n"), value, texts)


def _value(kind: str, text: str | None, texts: list[str]) -> float | str | bool | None:
    if not text:
        return None
    if kind == "n":
        return float(text)
    return texts[int(text)] if kind == "s" else text == "1" if kind == "b" else text
