"""The formula engine, formualizer, behind one small interface: open a workbook, recalculate it, read it."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from importlib.metadata import version
from itertools import chain
from pathlib import Path
from typing import Any

import formualizer
import numpy as np

from sheetprop.errors import InputError
from sheetprop.grid import Grid, Other

ENGINE = f"formualizer {version('formualizer')}"

ERRORS = {
    "Null": "#NULL!",
    "Div": "#DIV/0!",
    "Value": "#VALUE!",
    "Ref": "#REF!",
    "Name": "#NAME?",
    "Num": "#NUM!",
    "Na": "#N/A",
    "Spill": "#SPILL!",
    "Calc": "#CALC!",
}
"""Excel's names of the engine's kinds of error."""
UNTOLD = "#N/IMPL!"
"""What stands for a kind of error that only the engine has."""


class Spreadsheet:
    """A workbook file, opened and recalculated from its formulas and constants alone."""

    def __init__(self, path: Path) -> None:
        """Open and recalculate; raises InputError where ``path`` is no workbook that can be read."""
        try:
            self._book = formualizer.Workbook.load_path(str(path), config=_configuration())
            self._book.evaluate_all()
        except Exception:  # the engine raises no narrower class
            raise InputError(f"{path}: cannot be opened as a workbook; write it again") from None

    @property
    def sheets(self) -> list[str]:
        """The names of the sheets, in the order of their tabs."""
        return list(self._book.sheet_names)

    def cells_by_name(self) -> dict[str, tuple[str, int, int]]:
        """Per defined name of a single cell: its sheet, row and column, from zero."""
        return {
            name["name"]: (name["sheet"], name["start_row"] - 1, name["start_col"] - 1)
            for name in self._book.get_named_ranges()
            if name["kind"] == "cell"
        }

    def replace_formulas(self, formulas: Iterable[tuple[str, int, int, str]]) -> None:
        """Put other formulas (with =) into cells, by sheet, row and column from zero, and recalculate.

        A formula that the engine does not take, such as one that needs its own result, is left as it was. Raises
        InputError where the workbook cannot be recalculated.
        """
        replaced = False
        for sheet, row, column, formula in formulas:
            with suppress(Exception):  # the engine raises no narrower class
                self._book.set_formula(sheet, row + 1, column + 1, formula)
                replaced = True
        try:
            if replaced:
                self._book.evaluate_all()
        except Exception:  # likewise
            raise InputError("the workbook cannot be recalculated") from None

    def values(self, sheet: str, rows: int, columns: int) -> Grid:
        """The recalculated values of the first ``rows`` and ``columns`` of a sheet."""
        area = formualizer.RangeAddress(sheet, 1, 1, rows, columns)
        flat = list(chain.from_iterable(self._book.sheet(sheet).get_values(area)))
        numbers = np.fromiter((x if type(x) is float else np.nan for x in flat), float, len(flat))
        others = {
            divmod(n, columns): _other(x) for n, x in enumerate(flat) if type(x) is not float and x not in ("", None)
        }
        return Grid(numbers.reshape(rows, columns), others)

    def with_numbers(
        self, numbers: Iterable[tuple[str, int, int, float]], cells: Iterable[tuple[str, int, int]]
    ) -> list[float | Other | None]:
        """The values of ``cells`` (sheet, row and column from zero) once other cells hold these ``numbers``.

        None where the workbook cannot be recalculated. The numbers stay.
        """
        try:
            for sheet, row, column, number in numbers:
                self._book.set_value(sheet, row + 1, column + 1, number)
            self._book.evaluate_all()
            values = [self._book.get_value(sheet, row + 1, column + 1) for sheet, row, column in cells]
        except Exception:  # the engine raises no narrower class
            return [None for _ in cells]
        return [x if x is None or type(x) is float else _other(x) for x in values]

    def formula(self, sheet: str, row: int, column: int) -> str | None:
        """The formula of a cell (from zero) without its =, None where there is none."""
        return self._book.get_formula(sheet, row + 1, column + 1) or None


def _configuration() -> formualizer.WorkbookConfig:
    evaluation = formualizer.EvaluationConfig()
    # Each row needs the row above, so few formulas are ever ready at once: threads cost more than they bring.
    evaluation.enable_parallel = False
    return formualizer.WorkbookConfig(mode=formualizer.WorkbookMode.Interactive, eval_config=evaluation)


def _other(value: Any) -> Other:
    if isinstance(value, dict):
        return ERRORS.get(value.get("kind", ""), UNTOLD)
    return value if isinstance(value, (str, bool)) else str(value)
