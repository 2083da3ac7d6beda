"""Grading one submission: from the bytes of a file to everything that is to be said of it."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np

from sheetprop.assignment import Assignment
from sheetprop.engine import Spreadsheet
from sheetprop.errors import InputError
from sheetprop.submission.cells import Book, ErrorValue
from sheetprop.submission.criteria import LEAST_ITERATIONS, judge_assignment, nothing_to_judge
from sheetprop.submission.findings import Code, Finding, Severity, Status, Submission
from sheetprop.submission.judgement import judge_tables
from sheetprop.submission.package import Unreadable, open_package
from sheetprop.submission.tables import Table, find_tables

ORDER = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.NOTE: 2}


def grade(data: bytes, name: str, assignment: Assignment) -> Submission:
    """Grade the workbook in ``data``, shown as ``name``, against what was asked.

    A file that cannot be opened is a result too, of status unreadable.
    """
    try:
        return _grade(data, name, assignment)
    except Unreadable as reason:
        return unreadable(name, str(reason), assignment)


def unreadable(name: str, reason: str, assignment: Assignment) -> Submission:
    """The result for a file that cannot be opened as a workbook; ``reason`` is a sentence for people."""
    message = reason if reason.endswith(".") else f"{reason}."
    finding = Finding(Code.UNREADABLE, Severity.ERROR, message)
    return Submission(name, Status.UNREADABLE, (), (finding,), nothing_to_judge("cannot be opened", assignment))


def _grade(data: bytes, name: str, assignment: Assignment) -> Submission:
    book = Book(open_package(data))
    tables = [table for cells in book for table in find_tables(cells)]
    if not tables:
        message = (
            "No iteration table was found: no row or column of headings t1 … E_total, w1 … w8 with numbers or formulas "
            "under them."
        )
        finding = Finding(Code.NO_TABLE, Severity.ERROR, message)
        return Submission(name, Status.INCOMPLETE, (), (finding,), nothing_to_judge("no table", assignment))
    _compute_missing(book, tables, data)
    judged = judge_tables(book, tables)
    findings = [finding for table in judged for finding in table.findings]
    of_assignment, lines = judge_assignment(book, judged, assignment)
    findings = sorted([*findings, *of_assignment], key=lambda finding: ORDER[finding.severity])
    if max(table.found.iterations for table in judged) < LEAST_ITERATIONS:
        status = Status.INCOMPLETE
    elif any(finding.severity is Severity.ERROR for finding in findings):
        status = Status.WRONG
    else:
        status = Status.RIGHT
    return Submission(name, status, tuple(table.found for table in judged), tuple(findings), tuple(lines))


def _compute_missing(book: Book, tables: list[Table], data: bytes) -> None:
    """Have the engine compute sheets that were saved without results, as programs do that only write workbooks."""
    sheets = {table.cells.name: table.cells for table in tables}
    lacking = [cells for cells in sheets.values() if cells.formulas and not cells.stored_results]
    if not lacking:
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "submission.xlsx"
        path.write_bytes(data)
        try:
            computed = Spreadsheet(path)
        except InputError:
            return
        for cells in lacking:
            rows = max(row for row, _ in cells.formulas) + 1
            columns = max(column for _, column in cells.formulas) + 1
            grid = computed.values(cells.name, rows, columns)
            for place in cells.formulas:
                number = float(grid.numbers[place])
                if not np.isnan(number):
                    cells.values[place] = number
                elif isinstance(other := grid.others.get(place), str):
                    cells.values[place] = ErrorValue(other) if other.startswith("#") else other
