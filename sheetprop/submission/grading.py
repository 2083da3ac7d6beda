"""Grading one submission: from the bytes of a file to everything that is to be said of it."""

from __future__ import annotations

from sheetprop.assignment import Assignment
from sheetprop.submission.cells import Book
from sheetprop.submission.criteria import LEAST_ITERATIONS, judge_assignment, nothing_to_judge
from sheetprop.submission.findings import Code, Finding, Severity, Status, Submission
from sheetprop.submission.judgement import judge_tables
from sheetprop.submission.package import Unreadable
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
    book = Book(data)
    tables = [table for cells in book for table in find_tables(cells)]
    if not tables:
        message = (
            "No iteration table was found: no row or column of headings t1 … E_total, w1 … w8 with numbers or formulas "
            "under them."
        )
        finding = Finding(Code.NO_TABLE, Severity.ERROR, message)
        return Submission(name, Status.INCOMPLETE, (), (finding,), nothing_to_judge("no table", assignment))
    _compute_missing(book, tables)
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


def _compute_missing(book: Book, tables: list[Table]) -> None:
    """Have the engine compute sheets that were saved without results, as programs do that only write workbooks."""
    for cells in {table.cells.name: table.cells for table in tables}.values():
        if cells.formulas and not cells.stored_results:
            for place in cells.formulas:
                value = book.recomputed(cells.name, place)
                if value is not None:
                    cells.values[place] = value
