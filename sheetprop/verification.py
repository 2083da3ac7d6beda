"""Confirming a written workbook: every number of the file on disk, against its own formulas and against NumPy.

Three computations must agree: the value that the file stores for a cell, the value that the formula engine
computes from the file's formulas and constants, and the NumPy trajectory of the assignment; gradients must also
agree with torch.autograd.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from xlsxwriter.utility import xl_rowcol_to_cell

from sheetprop.assignment import Assignment
from sheetprop.autograd import autograd_gradients, torch_is_installed
from sheetprop.descent import compute
from sheetprop.engine import ENGINE, Spreadsheet
from sheetprop.grid import Grid
from sheetprop.network import ITERATION, Role
from sheetprop.stored import StoredSheet, read_stored
from sheetprop.tolerance import TOLERANCE
from sheetprop.workbook import magnitudes, named_constants
from sheetprop.workbook.contents import FIRST_ROW, HEADER_ROW, Contents, IterationTable

Progress = Callable[[str, int, int], None]
"""Called with what is done, how many steps of it are done, and of how many."""


@dataclass(frozen=True)
class Mismatch:
    """A cell on which two computations differ: ``found`` in the file, ``expected`` by ``reference``."""

    sheet: str
    cell: str
    what: str
    found: Any
    expected: Any

    def __str__(self) -> str:
        return f"'{self.sheet}'!{self.cell}: {self.what}: found {_shown(self.found)}, expected {_shown(self.expected)}"


@dataclass
class Verification:
    """What was confirmed of a workbook file, and what was not."""

    engine: str = ENGINE
    cells: int = 0
    formulas: int = 0
    sheets: list[str] = field(default_factory=list)
    quantities: int = 0
    mismatches: list[Mismatch] = field(default_factory=list)
    max_abs_error_vs_numpy: float = 0.0
    max_abs_error_cached: float = 0.0
    max_abs_error_vs_autograd: float | None = None

    @property
    def passed(self) -> bool:
        """Whether every number was confirmed."""
        return not self.mismatches

    def to_dict(self) -> dict[str, Any]:
        """As the contract of ``generate --json`` has it."""
        return {
            "engine": self.engine,
            "cells": self.cells,
            "mismatches": len(self.mismatches),
            "max_abs_error_vs_numpy": self.max_abs_error_vs_numpy,
            "max_abs_error_cached": self.max_abs_error_cached,
            "max_abs_error_vs_autograd": self.max_abs_error_vs_autograd,
        }

    def __str__(self) -> str:
        autograd = (
            "torch is not installed"
            if self.max_abs_error_vs_autograd is None
            else f"{self.max_abs_error_vs_autograd:.1e}"
        )
        verdict = "no mismatch" if self.passed else f"{len(self.mismatches):,} MISMATCHES"
        lines = [
            f"Confirmed from the file with {self.engine}: {self.cells:,} cells, {self.quantities:,} of them "
            f"quantities of the network; {verdict}.",
            "Largest difference",
            f"  file's formulas, re-evaluated, and NumPy      {self.max_abs_error_vs_numpy:.1e}",
            f"  file's formulas and the values it stores      {self.max_abs_error_cached:.1e}",
            f"  gradients and torch.autograd                  {autograd}",
        ]
        return "\n".join(lines)

    def complaints(self, most: int = 10) -> list[str]:
        """A line for each of the first ``most`` mismatches, and one that counts the others."""
        lines = [str(mismatch) for mismatch in self.mismatches[:most]]
        more = len(self.mismatches) - most
        return [*lines, f"… and {more:,} more cells that do not match"] if more > 0 else lines


def verify(
    *, path: str | Path, assignment: Assignment, autograd: bool | None = None, progress: Progress | None = None
) -> Verification:
    """Confirm every number of the generated workbook at ``path``, which ``assignment`` asks for.

    All values come from the file: its stored values, and its formulas re-evaluated. ``autograd`` says whether
    gradients are also compared with torch.autograd (None: if torch is installed). Raises InputError where the
    file cannot be read as a workbook.
    """
    path = Path(path)
    report = progress or (lambda what, done, total: None)
    report("re-evaluating", 0, 1)
    with ThreadPoolExecutor(1) as beside:
        # The engine needs no Python while it evaluates, so another core can read and compute meanwhile.
        opening = beside.submit(Spreadsheet, path)
        sheets = list(read_stored(path))
        contents = Contents(assignment, compute(assignment))
        spreadsheet = opening.result()
    report("re-evaluating", 1, 1)
    result = Verification(sheets=spreadsheet.sheets)
    tables = {table.sheet: table for table in contents.tables}
    sizes = magnitudes(contents)
    with_torch = torch_is_installed() if autograd is None else autograd
    constants = _named_constants(spreadsheet, contents, result)
    for n, stored in enumerate(sheets):
        report("comparing", n, len(result.sheets))
        evaluated = spreadsheet.values(stored.name, *stored.shape) if all(stored.shape) else stored.values
        formulas = int(stored.formulas.sum())
        result.cells += formulas
        result.formulas += formulas
        _compare_stored(result, stored, evaluated, sizes.get(stored.name, {}))
        for (row, column), (name, value) in constants.get(stored.name, {}).items():
            result.cells += 1
            found = evaluated.at(row, column)
            if not (isinstance(found, float) and TOLERANCE.allows(found, value)):
                result.mismatches.append(_mismatch(stored.name, row, column, f"constant {name}", found, value))
        if table := tables.pop(stored.name, None):
            found_columns = _compare_table(result, table, stored, evaluated)
            if with_torch and set(table.columns) == set(found_columns):
                _compare_autograd(result, table, found_columns, evaluated)
    for sheet in tables:
        result.mismatches.append(Mismatch(sheet, "A1", "sheet", None, sheet))
    report("comparing", len(result.sheets), len(result.sheets))
    return result


def _named_constants(
    spreadsheet: Spreadsheet, contents: Contents, result: Verification
) -> dict[str, dict[tuple[int, int], tuple[str, float]]]:
    """Per sheet and cell: the name and the value that the assignment asks for there."""
    places = spreadsheet.cells_by_name()
    found: dict[str, dict[tuple[int, int], tuple[str, float]]] = {}
    for name, value in named_constants(contents).items():
        if name in places:
            sheet, row, column = places[name]
            found.setdefault(sheet, {})[row, column] = (name, value)
        else:
            result.mismatches.append(Mismatch("", name, "named cell", None, value))
    return found


def _compare_stored(
    result: Verification, stored: StoredSheet, evaluated: Grid, sizes: dict[tuple[int, int], float]
) -> None:
    magnitude = np.zeros(stored.shape)
    for (row, column), size in sizes.items():
        magnitude[row : row + 1, column : column + 1] = size
    saved, now = stored.values.numbers, evaluated.numbers
    both = stored.formulas & ~np.isnan(saved) & ~np.isnan(now)
    if both.any():
        result.max_abs_error_cached = max(result.max_abs_error_cached, float(np.abs(saved - now)[both].max()))
    wrong = both & ~TOLERANCE.allows(saved, now, magnitude)
    # What is no number on both sides must be the same text, truth value or error.
    others = stored.values.others.keys() | evaluated.others.keys()
    for place in others:
        if stored.formulas[place] and stored.values.others.get(place) != evaluated.others.get(place):
            wrong[place] = True
    wrong |= stored.formulas & (np.isnan(saved) != np.isnan(now))
    for row, column in np.argwhere(wrong).tolist():
        result.mismatches.append(
            _mismatch(
                stored.name, row, column, "stored value", stored.values.at(row, column), evaluated.at(row, column)
            )
        )


def _compare_table(result: Verification, table: IterationTable, stored: StoredSheet, evaluated: Grid) -> dict[str, int]:
    """Compare the table of one learning rate with NumPy; returns each quantity's column, found by the label over it."""
    found_columns: dict[str, int] = {}
    labels = {evaluated.others.get((HEADER_ROW, column)): column for column in range(stored.shape[1])}
    rows = slice(FIRST_ROW, FIRST_ROW + table.iterations)
    for key in table.columns:
        label = table.network.label(key)
        column = labels.get(label)
        if column is None or stored.shape[0] < rows.stop:
            result.mismatches.append(_mismatch(table.sheet, HEADER_ROW, table.column(key), "column", None, label))
            continue
        found_columns[key] = column
        found, expected = evaluated.numbers[rows, column], table.values[key]
        if key == ITERATION:
            result.cells += table.iterations
        else:
            result.quantities += table.iterations
        difference = np.abs(found - expected)
        if not np.isnan(difference).all():
            result.max_abs_error_vs_numpy = max(result.max_abs_error_vs_numpy, float(np.nanmax(difference)))
        for n in np.flatnonzero(~TOLERANCE.allows(found, expected)).tolist():
            row = FIRST_ROW + n
            result.mismatches.append(
                _mismatch(
                    table.sheet, row, column, f"{label} at iteration {n}", evaluated.at(row, column), float(expected[n])
                )
            )
        if key != ITERATION:
            for n in np.flatnonzero(~stored.formulas[rows, column]).tolist():
                row = FIRST_ROW + n
                result.mismatches.append(
                    _mismatch(table.sheet, row, column, f"{label} at iteration {n}", "a constant", "a live formula")
                )
    return found_columns


def _compare_autograd(result: Verification, table: IterationTable, columns: Mapping[str, int], evaluated: Grid) -> None:
    network = table.network
    rows = slice(FIRST_ROW, FIRST_ROW + table.iterations)
    used = network.keys(Role.TARGET, Role.INPUT, Role.WEIGHT, Role.GRADIENT)
    values = {key: evaluated.numbers[rows, columns[key]] for key in used}
    # Where Excel says #NUM! there is no gradient to compare.
    finite = ~np.isnan(np.stack(list(values.values()))).any(axis=0)
    expected = autograd_gradients(network, {key: value[finite] for key, value in values.items()})
    largest = result.max_abs_error_vs_autograd or 0.0
    for key, gradient in expected.items():
        found = values[key][finite]
        largest = max(largest, float(np.abs(found - gradient).max(initial=0.0)))
        for n in np.flatnonzero(~TOLERANCE.allows(found, gradient)).tolist():
            row = FIRST_ROW + int(np.flatnonzero(finite)[n])
            what = f"{network.label(key)} against torch.autograd"
            result.mismatches.append(
                _mismatch(table.sheet, row, columns[key], what, float(found[n]), float(gradient[n]))
            )
    result.max_abs_error_vs_autograd = largest


def _mismatch(sheet: str, row: int, column: int, what: str, found: Any, expected: Any) -> Mismatch:
    return Mismatch(sheet, xl_rowcol_to_cell(row, column), what, found, expected)


def _shown(value: Any) -> str:
    if value is None:
        return "nothing"
    return "#NUM!" if isinstance(value, float) and np.isnan(value) else str(value)
