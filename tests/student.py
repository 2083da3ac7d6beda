"""A student's sheet: right to begin with, so that a test says only what the student did otherwise.

Formulas are written with the names of quantities: ``w1`` is the cell of this iteration, ``w1[-1]`` the one of the
iteration before, ``w1[$3]`` the cell of iteration 3 with its $, ``lr`` the learning rate with its $, and ``lr[slides]``
the same without, so that it slides down with the formula.
"""

from __future__ import annotations

import io
import re
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import xlsxwriter
from openpyxl.formula.translate import Translator
from openpyxl.utils.cell import get_column_letter, range_boundaries
from xlsxwriter.utility import xl_cell_to_rowcol, xl_rowcol_to_cell
from xlsxwriter.worksheet import Worksheet

from sheetprop.assignment import Assignment
from sheetprop.engine import Spreadsheet
from sheetprop.network import ITERATION, NETWORK, RATE, Role
from sheetprop.submission.findings import Code, Finding, Severity, Submission
from sheetprop.submission.grade.submission import grade
from sheetprop.template import load_assignment

HANDOUT = tuple(NETWORK.keys_except(Role.STEP))
"""The columns of the class hand-out, in its order."""
GIVEN = NETWORK.keys(Role.TARGET, Role.INPUT)
WEIGHTS = NETWORK.keys(Role.WEIGHT)
GRADIENTS = NETWORK.keys(Role.GRADIENT)
STEPS = NETWORK.keys(Role.STEP)
FORWARD = ["h1", "h2", "a_h1", "a_h2", "o1", "o2", "a_o1", "a_o2", "E1", "E2", "E_total"]
ASKED = load_assignment(targets=[0.01, 0.99], learning_rates=[0.5], iterations=12)
"""What the class asked of these students: different targets, so that no mistake hides in equal ones."""

Content = str | float
"""What a cell holds: a formula (with =), a text or a number."""
NAMES = re.compile(
    rf"\b({'|'.join(sorted([*NETWORK.keys(), RATE, ITERATION], key=len, reverse=True))})(?:\[([^\]]*)\])?(?![\w(])"
)


@dataclass
class Book:
    """The student's file: what stands in the cells of each sheet, the charts, the names, and Excel's tables by name."""

    sheets: dict[str, dict[str, Content]] = field(default_factory=dict)
    charts: list[tuple[str, str]] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)
    tables: dict[str, tuple[str, str]] = field(default_factory=dict)
    stored: dict[tuple[str, str], Content] = field(default_factory=dict)

    def saved(self, results: bool = True) -> bytes:
        """The file as Excel saves it, with every formula's result; without ``results``, as openpyxl writes it.

        ``stored`` are results that are in the file instead of the formulas' own.
        """
        if results:
            return self._written(self.computed | self.stored)
        book = openpyxl.load_workbook(io.BytesIO(self._written({})))
        buffer = io.BytesIO()
        book.save(buffer)
        return buffer.getvalue()

    @property
    def computed(self) -> dict[tuple[str, str], Any]:
        """What the formula engine gives for every formula, by sheet and cell."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "book.xlsx"
            path.write_bytes(self._written({}))
            engine = Spreadsheet(path)
            values = {}
            for sheet, cells in self.sheets.items():
                formulas = {cell: xl_cell_to_rowcol(cell) for cell, content in cells.items() if _is_formula(content)}
                if formulas:
                    rows, columns = (max(numbers) + 1 for numbers in zip(*formulas.values(), strict=True))
                    grid = engine.values(sheet, rows, columns)
                    values |= {(sheet, cell): grid.at(*place) for cell, place in formulas.items()}
        return values

    def _written(self, results: dict[tuple[str, str], Any]) -> bytes:
        buffer = io.BytesIO()
        with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
            for name, cells in self.sheets.items():
                sheet = book.add_worksheet(name, _Plain)
                for cell, content in cells.items():
                    if array := _array(content):
                        sheet.write_array_formula(array[0] or cell, array[1], None, results.get((name, cell), 0))
                        for other in addresses(array[0] or cell):
                            if other != cell:
                                sheet.write(other, results.get((name, other), 0))
                    elif _is_formula(content):
                        sheet.write_formula(cell, str(content), None, results.get((name, cell), 0))
                    else:
                        sheet.write(cell, content)
            for name, meaning in self.names.items():
                book.define_name(name, f"={meaning}")
            for name, (sheet, area) in self.tables.items():
                left, top, right, _ = range_boundaries(area)
                headings = [str(self.sheets[sheet][f"{get_column_letter(n)}{top}"]) for n in range(left, right + 1)]
                columns = [{"header": heading} for heading in headings]
                book.get_worksheet_by_name(sheet).add_table(area, {"name": name, "columns": columns})
            for sheet, area in self.charts:
                chart = book.add_chart({"type": "line"})
                left, top, right, bottom = range_boundaries(area)
                chart.add_series({"values": [sheet, top - 1, left - 1, bottom - 1, right - 1]})
                book.get_worksheet_by_name(sheet).insert_chart("A200", chart)
        return buffer.getvalue()


@dataclass
class Student:
    """One iteration table on a sheet of a book, right until something is filled in otherwise.

    ``header`` is the row of the headings and ``column`` the first column, both from 1; ``across`` turns the table, so
    that these are column and row. Where ``rate_cell`` is empty, the rate is typed into the formulas.
    """

    columns: Iterable[str] = HANDOUT
    header: int = 3
    column: int = 1
    rate: float = 0.5
    rate_cell: str = "B1"
    iterations: int = 12
    sheet: str = "Sheet1"
    gap: int = 0
    across: bool = False
    chart: bool = True
    equations: dict[str, str] = field(default_factory=dict)
    given: dict[str, float] = field(default_factory=lambda: dict(ASKED.given))
    book: Book = field(default_factory=Book)

    def __post_init__(self) -> None:
        self.columns = list(self.columns)
        if self.rate_cell:
            row, column = xl_cell_to_rowcol(self.rate_cell)
            if column:
                self[xl_rowcol_to_cell(row, column - 1)] = "Learning rate"
            self[self.rate_cell] = self.rate
        for key in self.columns:
            self.head(key, {RATE: "η", ITERATION: "iteration"}.get(key) or NETWORK.label(key))
            if key in (*GIVEN, *WEIGHTS):
                self.fill(key, self.given[key], at=range(self.iterations) if key in GIVEN else 0)
            if key == RATE:
                self.fill(key, self.rate, at=range(self.iterations))
            elif key == ITERATION:
                for k in range(self.iterations):
                    self.fill(key, k, at=k)
            elif key not in GIVEN:
                self.fill(key, self.equation(key))
        if self.chart:
            self.book.charts.append((self.sheet, self.cells("E_total")))

    @property
    def own(self) -> dict[str, Content]:
        """The cells of the sheet, by address."""
        return self.book.sheets.setdefault(self.sheet, {})

    def __setitem__(self, cell: str, content: Content) -> None:
        self.own[cell] = content

    def __getitem__(self, cell: str) -> Content:
        return self.own[cell]

    def equation(self, key: str) -> str:
        """The right formula of a quantity in the columns that are there, written with names."""
        if key in self.equations:
            return self.equations[key]
        if key in WEIGHTS:
            return f"={key}[-1]-lr*dE_d{key}[-1]"
        known = {*self.columns, *self.given} - {RATE, ITERATION, key}
        equation = NETWORK.equation(key, known)
        assert equation is not None
        return "=" + equation.excel(str)

    def head(self, key: str, text: str) -> None:
        """Write the heading of a column."""
        self[self._cell(key, self.header)] = text

    def fill(self, key: str, content: Content, at: int | Iterable[int] | None = None) -> None:
        """Write a formula (with names) or a number into a column: at one iteration, several, or all that compute."""
        steps = [at] if isinstance(at, int) else at or range(int(key in WEIGHTS), self.iterations)
        for k in steps:
            self[self.cell(key, k)] = self.written(content, k) if isinstance(content, str) else content

    def replace(self, key: str, old: str, new: str, at: int | Iterable[int] | None = None) -> None:
        """Fill a column with its right formula but for a part of its text, which stands there as another."""
        formula = self.equation(key)
        assert old in formula, formula
        self.fill(key, formula.replace(old, new), at)

    def typed(self, key: str, at: int | Iterable[int] | None = None, digits: int = 15) -> None:
        """Paste the number that a column's formulas give over them, rounded to some decimals."""
        steps = [at] if isinstance(at, int) else at or range(self.iterations)
        computed = self.book.computed
        for k in steps:
            cell = self.cell(key, k)
            self[cell] = round(float(computed.get((self.sheet, cell), self[cell])), digits)

    def written(self, formula: str, k: int) -> str:
        """A formula with names as it stands in a cell of iteration ``k``."""
        return NAMES.sub(lambda found: self._reference(found[1], found[2] or "", k), formula)

    def _reference(self, key: str, where: str, k: int) -> str:
        if key == RATE and RATE not in self.columns:
            if not self.rate_cell:
                return f"{self.rate:g}"
            row, column = xl_cell_to_rowcol(self.rate_cell)
            gone = k - 1 if where == "slides" else 0
            return xl_rowcol_to_cell(row + gone, column, row_abs=not where, col_abs=not where)
        if key not in self.columns:
            return f"{self.given[key]:g}"
        if where.startswith("$"):
            return xl_rowcol_to_cell(*xl_cell_to_rowcol(self.cell(key, int(where[1:]))), row_abs=True, col_abs=True)
        return self.cell(key, k + int(where or 0))

    def cell(self, key: str, k: int) -> str:
        """The address of a quantity at an iteration."""
        return self._cell(key, self.header + 1 + self.gap + k)

    def _cell(self, key: str, line: int) -> str:
        column = self.column + list(self.columns).index(key)
        return f"{get_column_letter(line)}{column}" if self.across else f"{get_column_letter(column)}{line}"

    def cells(self, key: str, first: int = 0, last: int = -1) -> str:
        """The range of a quantity from one iteration to another."""
        return f"{self.cell(key, first)}:{self.cell(key, last % self.iterations)}"

    def judged(self, asked: Assignment = ASKED, results: bool = True) -> Submission:
        """What the validator says of the file."""
        return grade(self.book.saved(results), "student.xlsx", asked)

    @property
    def numbers(self) -> dict[str, np.ndarray]:
        """What every column shows once the formula engine has computed it; NaN for anything but numbers."""
        shown = {(self.sheet, cell): content for cell, content in self.own.items()} | self.book.computed
        columns = {
            key: [shown.get((self.sheet, self.cell(key, k))) for k in range(self.iterations)] for key in self.columns
        }
        return {
            key: np.array([x if isinstance(x, int | float) else np.nan for x in column])
            for key, column in columns.items()
        }

    def is_right(self) -> bool:
        """Whether every column shows the numbers of gradient descent, as :func:`descent` computes it."""
        right = descent(self.given, self.rate, self.iterations)
        shown = {key: column for key, column in self.numbers.items() if key in right}
        return all(np.allclose(column, right[key], rtol=1e-9, atol=1e-14) for key, column in shown.items())

    def follow(self, finding: Finding) -> None:
        """Do what a finding says: put what it expects into its first cell and copy that to the others."""
        assert finding.cells
        assert finding.expected
        assert finding.sheet
        cells = self.book.sheets[finding.sheet]
        places = list(addresses(finding.cells))
        assert cells.get(places[0]) != finding.expected, "the advice is what stands there"
        for place in places:
            if finding.expected.startswith("="):
                cells[place] = Translator(finding.expected, origin=places[0]).translate_formula(place)
            else:
                cells[place] = float(finding.expected)


def descent(given: dict[str, float], rate: float, iterations: int) -> dict[str, np.ndarray]:
    """Gradient descent with matrices, in NumPy, which knows nothing of the library's equations; values by key."""
    x, t = (np.array([given[f"{name}1"], given[f"{name}2"]]) for name in "it")
    w = np.array([given[key] for key in WEIGHTS])
    rows = []
    for _ in range(iterations):
        hidden, output = w[:4].reshape(2, 2), w[4:].reshape(2, 2)
        h = hidden @ x
        a_h = 1 / (1 + np.exp(-h))
        o = output @ a_h
        a_o = 1 / (1 + np.exp(-o))
        e = (t - a_o) ** 2 / 2
        delta_o = (a_o - t) * a_o * (1 - a_o)
        delta_h = (output.T @ delta_o) * a_h * (1 - a_h)
        gradient = np.concatenate([np.outer(delta_h, x).ravel(), np.outer(delta_o, a_h).ravel()])
        rows.append(np.concatenate([t, x, w, h, a_h, o, a_o, e, [e.sum()], gradient]))
        w = w - rate * gradient
    keys = [*GIVEN, *WEIGHTS, *FORWARD, *GRADIENTS]
    return dict(zip(keys, np.array(rows).T, strict=True))


class _Plain(Worksheet):
    """A sheet that does not look through every formula for functions newer than Excel 2007, which takes most time."""

    def _prepare_formula(self, formula: str, expand_future_functions: bool = False) -> str:
        return formula.removeprefix("=")

    def _xml_formula_element(self, formula: str, result: Any, attributes: list[tuple[str, str]]) -> None:
        """As Excel writes it: an empty text is a result of its own, where XlsxWriter leaves the result out."""
        empty = [("t", "str")] if result in ("", None) else []
        super()._xml_formula_element(formula, "" if empty else result, [*attributes, *empty])


def addresses(cells: str) -> Iterable[str]:
    """Every cell of ranges joined by commas, in their order."""
    for area in cells.split(","):
        left, top, right, bottom = range_boundaries(area)
        for row in range(top, bottom + 1):
            for column in range(left, right + 1):
                yield f"{get_column_letter(column)}{row}"


def errors(submission: Submission) -> list[Finding]:
    """What is against the mathematics."""
    return submission.of(Severity.ERROR)


def only_error(submission: Submission) -> Finding:
    """The one error of a submission."""
    (finding,) = errors(submission)
    return finding


def with_code(submission: Submission, code: Code) -> list[Finding]:
    """The findings of a kind."""
    return [finding for finding in submission.findings if finding.code is code]


def _is_formula(content: Content) -> bool:
    return isinstance(content, str) and content.startswith(("=", "{"))


def _array(content: Content) -> tuple[str, str] | None:
    """The cells (empty: its own) and the formula of an array formula, which is written {=…} or {I4:J4=…}."""
    if not isinstance(content, str) or not content.startswith("{"):
        return None
    area, _, formula = content.strip("{}").partition("=")
    return area, f"={formula}"


__all__ = ["ASKED", "Book", "Student", "addresses", "errors", "only_error", "with_code"]
