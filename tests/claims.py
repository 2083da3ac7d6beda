"""What findings claim, put to the formula engine and to the workbook's own formulas.

A finding's ``expected`` goes into all the cells that it lists; then the engine must compute there what NumPy makes of
the network's equations and of the other numbers of the table. A circle must be one: each cell that is named in it
refers to the next.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from itertools import pairwise, product

import formualizer
import numpy as np
from openpyxl.formula.translate import Translator
from openpyxl.utils import get_column_letter, range_boundaries
from openpyxl.utils.cell import column_index_from_string, coordinate_from_string

from sheetprop.engine import _configuration
from sheetprop.network import ITERATION, NETWORK, RATE, Role, partial
from sheetprop.submission.compare.samples import Convention, squared_error_network
from sheetprop.submission.findings import Code, Finding, FoundTable, Severity, Submission
from sheetprop.submission.open.cells import Book

GIVEN = NETWORK.keys(Role.TARGET, Role.INPUT)
WEIGHTS = NETWORK.keys(Role.WEIGHT)
GRADIENTS = NETWORK.keys(Role.GRADIENT)
CONVENTIONS = [
    Convention(network, crossed, halved, gradient)
    for network, crossed, halved, gradient in product(
        (NETWORK, squared_error_network()), ((), (1,), (2,), (1, 2)), (False, True), ("1", "-1", "lr", "-lr")
    )
]
_CELL = r"(?:'(?:[^']|'')+'!)?[A-Z]{1,3}[0-9]+"
_CIRCLE = re.compile(rf"(?P<first>{_CELL}) needs (?P<rest>its own result|{_CELL}(?:, which needs {_CELL})*)")
_REFERENCE = re.compile(r"(?:'((?:[^']|'')+)'!|(\w+)!)?(\$?[A-Z]{1,3}\$?[0-9]+(?::\$?[A-Z]{1,3}\$?[0-9]+)?)")
_ROW_OF_TABLE = re.compile(r"(?P<table>\w*)\[\[#This Row\],\s*\[(?P<column>[^\]]*)\]\]", re.IGNORECASE)


class Workbook:
    """A student's workbook: its formulas as they stand, and an engine in which they can be replaced."""

    def __init__(self, data: bytes) -> None:
        self.book = Book(data)
        self.engine = formualizer.Workbook.from_bytes(data, config=_configuration())
        for cells in self.book:
            for place, shape in cells.formulas.items():
                text = shape.text(*place)
                if "[" in text:  # the engine does not know the names of an Excel table's columns
                    self.put(cells.name, (place[0] + 1, place[1] + 1), text)

    def formula(self, sheet: str, cell: str) -> str:
        """What stands in a cell, empty where it is no formula."""
        letters, row = coordinate_from_string(cell)
        place = (row - 1, column_index_from_string(letters) - 1)
        cells = self.book.sheet(sheet)
        assert cells is not None
        return cells.formulas[place].text(*place) if place in cells.formulas else ""

    def put(self, sheet: str, place: tuple[int, int], content: str) -> None:
        """Write a formula or number into a cell, counted from 1."""
        if content.startswith("="):
            self.engine.set_formula(sheet, *place, self._plain(content, place[0]))
        else:
            self.engine.set_value(sheet, *place, float(content))

    def _plain(self, formula: str, row: int) -> str:
        def cell(found: re.Match[str]) -> str:
            tables = self.book.tables
            table = tables.get(found["table"].lower()) or next(iter(tables.values()))
            names = ["".join(name.lower().split()) for name in table.columns]
            column = names.index("".join(found["column"].lower().split()))
            return f"${get_column_letter(table.first_column + column + 1)}{row}"

        return _ROW_OF_TABLE.sub(cell, formula)

    def numbers(self, table: FoundTable) -> dict[str, np.ndarray]:
        """The recalculated numbers of a table by quantity, NaN where there is none; shape (iterations,)."""
        found = {}
        for key, line in table.columns.items():
            at = int(line) if table.transposed else column_index_from_string(line)
            corners = (table.first_row, at, table.last_row, at)
            if table.transposed:
                corners = (at, table.first_row, at, table.last_row)
            area = formualizer.RangeAddress(table.sheet, *corners)
            values = [value for row in self.engine.sheet(table.sheet).get_values(area) for value in row]
            found[key] = np.array([x if type(x) in (int, float) else math.nan for x in values], dtype=float)
        return found


def false_claims(data: bytes, submission: Submission, given: Mapping[str, float]) -> tuple[list[str], int]:
    """What findings claim that does not hold, and how many formulas the engine could be asked about.

    ``given`` are inputs and targets for tables that have no column for them.
    """
    workbook = Workbook(data)
    false = [f"{f.place}: {reason}" for f in submission.findings for reason in _false_words(workbook, f)]
    advised = [f for f in submission.of(Severity.ERROR) if f.expected and f.cells and f.sheet and f.quantity]
    for finding in advised:
        _follow(workbook, finding)
    workbook.engine.evaluate_all()
    conventions = CONVENTIONS if any(f.code is Code.OTHER_CONVENTION for f in submission.findings) else CONVENTIONS[:1]
    asked = 0
    for finding in advised:
        for table in _tables(submission, finding):
            numbers = workbook.numbers(table)
            verdicts = [_holds(finding, table, numbers, given, convention) for convention in conventions]
            asked += any(verdict is not None for verdict in verdicts)
            if not any(verdict is not False for verdict in verdicts):
                false.append(f"{finding.place} {finding.quantity}: not mended by {finding.expected}: {finding.message}")
    return false, asked


def _follow(workbook: Workbook, finding: Finding) -> None:
    places = list(_places(finding.cells or ""))
    origin = f"{get_column_letter(places[0][1])}{places[0][0]}"
    for row, column in places:
        content = finding.expected or ""
        if content.startswith("="):
            content = Translator(content, origin=origin).translate_formula(f"{get_column_letter(column)}{row}")
        workbook.put(str(finding.sheet), (row, column), content)


def _places(cells: str) -> Iterator[tuple[int, int]]:
    for area in cells.split(","):
        left, top, right, bottom = range_boundaries(area)
        yield from ((row, column) for row in range(top, bottom + 1) for column in range(left, right + 1))


def _tables(submission: Submission, finding: Finding) -> list[FoundTable]:
    """The tables whose numbers show whether a finding's advice is right."""
    row, column = next(_places(finding.cells or ""))
    own = []
    for table in submission.tables:
        along = column if table.transposed else row
        if table.sheet == finding.sheet and table.first_row <= along <= table.last_row:
            own.append(table)
    lines = {True: str(row), False: get_column_letter(column)}
    exact = [table for table in own if table.columns.get(str(finding.quantity)) == lines[table.transposed]]
    return exact or own or list(submission.tables)


def _holds(
    finding: Finding,
    table: FoundTable,
    numbers: Mapping[str, np.ndarray],
    given: Mapping[str, float],
    convention: Convention,
) -> bool | None:
    """Whether a quantity's numbers follow from the others; None where that cannot be computed."""
    key, renamed = str(finding.quantity), convention.renamed
    if key not in numbers or key in GIVEN:
        return None
    rate = table.learning_rate.value if table.learning_rate else None
    values = {renamed(k): array for k, array in numbers.items() if k not in (RATE, ITERATION, key)}
    values |= {k: np.full(len(numbers[key]), value) for k, value in given.items() if k in GIVEN and k not in values}
    scale = {"1": 1.0, "-1": -1.0, "lr": rate or math.nan, "-lr": -(rate or math.nan)}[convention.gradient]
    values |= {k: values[k] / scale for k in GRADIENTS if k in values}
    if convention.halved_total:
        values |= {k: values[k] / 2 for k in ("E1", "E2") if k in values}
    gradient = partial("E", renamed(key))
    try:
        if key in WEIGHTS:
            values[renamed(key)] = numbers[key]
            equation = convention.network.equation(gradient, set(values) - {gradient})
            slope = values[gradient] if gradient in values else equation.evaluate(values)  # type: ignore[union-attr]
            expected = np.append(np.nan, (numbers[key] - (math.nan if rate is None else rate) * slope)[:-1])
        else:
            expected = convention.network.equation(renamed(key), set(values)).evaluate(values)  # type: ignore[union-attr]
    except ValueError:
        return None
    expected = expected * (scale if key in GRADIENTS else 2 if convention.halved_total and key in ("E1", "E2") else 1)
    places = set(_places(finding.cells or ""))
    across = table.columns[key]
    at = int(across) if table.transposed else column_index_from_string(across)
    lines = [(at, n) if table.transposed else (n, at) for n in range(table.first_row, table.last_row + 1)]
    own = np.array([line in places for line in lines])
    own = own if own.any() else np.ones(len(lines), dtype=bool)  # in a helper cell: all that is computed with it
    known = own & np.isfinite(expected) & np.isfinite(numbers[key])
    if not known.any():
        return None
    return bool(np.allclose(numbers[key][known], expected[known], rtol=1e-7, atol=1e-13))


def _false_words(workbook: Workbook, finding: Finding) -> Iterator[str]:
    """What is false in a finding's message, as far as the workbook's formulas tell."""
    message, sheet = finding.message, str(finding.sheet)
    for found in _CIRCLE.finditer(message):
        rest = found["rest"]
        cells = [found["first"], *rest.split(", which needs ")] if rest[0] != "i" else [found["first"], found["first"]]
        for cell, needed in pairwise(cells):
            if not _refers(workbook, sheet, cell, needed):
                yield f"{cell} does not need {needed}: {message}"
        if "and so on through" not in message and cells[0] != cells[-1]:
            yield f"no circle: {message}"
    if ("circular" in message or finding.code is Code.CIRCULAR) and not _CIRCLE.search(message):
        yield f"no circle is named: {message}"
    for mark in ("#NAME?", "η", "#REF!"):
        if mark in (finding.expected or ""):
            yield f"{mark} stands in {finding.expected}"


def _refers(workbook: Workbook, sheet: str, cell: str, needed: str) -> bool:
    """Whether the formula in a cell has a reference to another, alone or within a range, or by a name."""
    own, _, address = cell.rpartition("!")
    other, _, target = needed.rpartition("!")
    own, other = (name[1:-1].replace("''", "'") if name else sheet for name in (own, other))
    formula = workbook.formula(own, address)
    if "[" in formula or not re.search(r"[A-Z]+\$?[0-9]", formula):
        return bool(formula)
    (column, row, _, _) = range_boundaries(target)
    for found in _REFERENCE.finditer(formula):
        there = (found[1] or found[2] or own).replace("''", "'")
        left, top, right, bottom = range_boundaries(found[3].replace("$", ""))
        if there.lower() == other.lower() and left <= column <= right and top <= row <= bottom:
            return True
    return False
