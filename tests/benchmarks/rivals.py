"""Programs that recalculate workbooks too: LibreOffice, and the Python library `formulas`."""

from __future__ import annotations

import io
import warnings
from contextlib import redirect_stderr
from importlib import import_module
from pathlib import Path
from typing import Any

import xlsxwriter

from tests.libreoffice import LibreOffice


def warmed_up_libreoffice(folder: Path) -> tuple[LibreOffice, Path]:
    """LibreOffice, its profile made by a first use, and a workbook of one cell."""
    office, one_cell = LibreOffice(folder), folder / "one-cell.xlsx"
    with xlsxwriter.Workbook(str(one_cell)) as book:
        book.add_worksheet().write_formula(0, 0, "=1+1", None, 0)
    (csv,) = office.convert([one_cell], "csv", folder)
    assert csv.read_text(encoding="utf-8").strip() == "2", "LibreOffice does not recalculate, in spite of its profile"
    return office, one_cell


def calculate_with_formulas(path: Path) -> None:
    """Load and calculate a workbook with the library `formulas`, which must be installed."""
    formulas: Any = import_module("formulas")
    with warnings.catch_warnings(), redirect_stderr(io.StringIO()):
        warnings.simplefilter("ignore")
        formulas.ExcelModel().loads(str(path)).finish().calculate()
