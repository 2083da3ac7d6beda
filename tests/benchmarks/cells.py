"""The cells of a written workbook, for those who are to write the same ones; made for XlsxWriter's own files."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

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


def _cells(sheet: ElementTree.Element, texts: list[str]) -> Iterator[Cell]:
    for cell in sheet.iter(f"{M}c"):
        row, column = xl_cell_to_rowcol(cell.get("r", ""))
        formula, value = cell.find(f"{M}f"), cell.findtext(f"{M}v")
        live = None if formula is None else f"={formula.text}"
        yield row, column, int(cell.get("s", "0")), live, _value(cell.get("t", "n"), value, texts)


def _value(kind: str, text: str | None, texts: list[str]) -> float | str | bool | None:
    if text is None:
        return None
    if kind == "n":
        return float(text)
    return texts[int(text)] if kind == "s" else text == "1" if kind == "b" else text
