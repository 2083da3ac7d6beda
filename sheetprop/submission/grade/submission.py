"""Grading one submission: from the bytes of a file to everything that is to be said of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sheetprop.assigned import Assigned
from sheetprop.assignment import Assignment
from sheetprop.submission.find.tables import Table, find_tables
from sheetprop.submission.findings import Code, Finding, Severity, Status, Submission
from sheetprop.submission.grade.criteria import GIVEN, LEAST_ITERATIONS, judge_assignment, nothing_to_judge
from sheetprop.submission.grade.judgement import Judged, judge_tables
from sheetprop.submission.grade.ownership import find_ownership
from sheetprop.submission.open.cells import Book, ErrorValue
from sheetprop.submission.open.package import Unreadable
from sheetprop.submission.resemblance.traits import traits

ORDER = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.NOTE: 2}


def grade(
    data: bytes, name: str, assignment: Assignment, assigned: Assigned | None = None, student: str | None = None
) -> Submission:
    """Grade the workbook in ``data``, shown as ``name``, against what was asked.

    ``assigned`` has the numbers of each student, ``student`` is the id of the one whose workbook it is. A file that
    cannot be opened is a result too, of status unreadable.
    """
    try:
        submission = _grade(data, name, assignment, assigned, student)
    except Unreadable as reason:
        submission = unreadable(name, str(reason), assignment)
    return replace(submission, student=student)


def unreadable(name: str, reason: str, assignment: Assignment) -> Submission:
    """The result for a file that cannot be opened as a workbook; ``reason`` is a sentence for people."""
    message = reason if reason.endswith(".") else f"{reason}."
    finding = Finding(Code.UNREADABLE, Severity.ERROR, message)
    lines = nothing_to_judge("cannot be opened", assignment)
    return Submission(name, Status.UNREADABLE, (), (finding,), tuple(lines))


def _grade(
    data: bytes, name: str, assignment: Assignment, assigned: Assigned | None, student: str | None
) -> Submission:
    book = Book(data)
    tables = [table for cells in book for table in find_tables(cells)]
    if not tables:
        message = (
            "No iteration table was found: no row or column of headings t1 … E_total, w1 … w8 with numbers or formulas "
            "under them."
        )
        return _incomplete(name, Finding(Code.NO_TABLE, Severity.ERROR, message), "no table", assignment)
    _compute_missing(book, tables)
    judged = judge_tables(book, tables, assignment.tolerances)
    ownership = find_ownership(book, judged, assignment, assigned, student)
    if not any(table.filled.difference(GIVEN) for table in judged):
        blank = _incomplete(name, _only_given(judged), "nothing is filled in", assignment)
        return replace(blank, tables=tuple(table.found for table in judged), numbers_of=ownership.numbers_of)
    findings = [finding for table in judged for finding in table.findings]
    of_assignment, lines = judge_assignment(book, judged, ownership.asked)
    if ownership.findings:  # which numbers they are instead is said there
        of_assignment = [finding for finding in of_assignment if finding.code is not Code.INITIAL_VALUES]
    findings = sorted([*findings, *ownership.findings, *of_assignment], key=lambda finding: ORDER[finding.severity])
    if max(table.found.iterations for table in judged) < LEAST_ITERATIONS:
        status = Status.INCOMPLETE
    elif any(finding.severity is Severity.ERROR for finding in findings):
        status = Status.WRONG
    else:
        status = Status.RIGHT
    found = tuple(table.found for table in judged)
    own = traits(data, book, judged, findings, ownership.asked if ownership.numbers_of is None else assignment)
    return Submission(name, status, found, tuple(findings), tuple(lines), numbers_of=ownership.numbers_of, traits=own)


def _incomplete(name: str, finding: Finding, reason: str, assignment: Assignment) -> Submission:
    return Submission(name, Status.INCOMPLETE, (), (finding,), tuple(nothing_to_judge(reason, assignment)))


def _only_given(judged: Sequence[Judged]) -> Finding:
    sheets = ", ".join(f"'{table.found.sheet}'" for table in judged)
    return Finding(
        Code.NOTHING_FILLED,
        Severity.ERROR,
        f"Nothing is filled in on {sheets}: there is only what was given, as in a hand-out that nobody has worked on.",
        sheet=judged[0].found.sheet,
    )


def _compute_missing(book: Book, tables: list[Table]) -> None:
    """Have the engine compute sheets that were saved without results, as programs do that only write workbooks."""
    for cells in {table.cells.name: table.cells for table in tables}.values():
        if cells.formulas and not cells.stored_results:
            for place in cells.formulas:
                value = book.recomputed(cells.name, place)
                # The engine's #NAME? may be a function of Excel's that only the engine does not know.
                if value is not None and value != ErrorValue("#NAME?"):
                    cells.values[place] = value
