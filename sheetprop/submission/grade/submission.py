"""Grading one submission: from the bytes of a file to everything that is to be said of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sheetprop.assigned import Assigned
from sheetprop.assignment import Assignment
from sheetprop.submission.compare.samples import UNDRAWN
from sheetprop.submission.find.index_order import order_indices
from sheetprop.submission.find.joining import find_tables
from sheetprop.submission.find.pieces import GIVEN
from sheetprop.submission.find.tables import Table
from sheetprop.submission.find.unread import tell_nearest
from sheetprop.submission.findings import Code, Finding, ScoreLine, Severity, Status, Submission
from sheetprop.submission.grade.criteria import judge_assignment, nothing_to_judge, of_another_student
from sheetprop.submission.grade.extent import first_of
from sheetprop.submission.grade.judgement import Judged, judge_tables
from sheetprop.submission.grade.other_numbers import without_other_numbers
from sheetprop.submission.grade.ownership import find_ownership
from sheetprop.submission.open.cells import Book, ErrorValue
from sheetprop.submission.open.package import Unreadable
from sheetprop.submission.resemblance.traits import traits
from sheetprop.submission.understand.constant import fold_constants

ORDER = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.NOTE: 2}


def grade(
    data: bytes,
    name: str,
    assignment: Assignment,
    assigned: Assigned | None = None,
    student: str | None = None,
    seed: int = UNDRAWN,
) -> Submission:
    """Grade the workbook in ``data``, shown as ``name``, against what was asked.

    ``assigned`` has the numbers of each student, ``student`` is the id of the one whose workbook it is. ``seed`` is
    what numbers are drawn with on which right formulas are tried once more: one that no student knows, and the same
    where a judgement is to be the same to the letter. A file that cannot be opened is a result too, of status
    unreadable.
    """
    try:
        submission = _grade(data, name, assignment, assigned, student, seed)
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
    data: bytes, name: str, assignment: Assignment, assigned: Assigned | None, student: str | None, seed: int
) -> Submission:
    book = Book(data)
    tables = find_tables(book)
    if not tables:
        message = (
            "No iteration table was found: no row or column of headings t1 … E_total, w1 … w8 with numbers or formulas "
            f"under them. {tell_nearest(book)}"
        )
        return _incomplete(name, Finding(Code.NO_TABLE, Severity.WARNING, message), "no table", assignment)
    for table in tables:
        order_indices(table)
    _compute_missing(book, tables)
    fold_constants(book, tables)
    judged, left_out = judge_tables(book, tables, assignment, seed)
    ownership = find_ownership(book, judged, assignment, assigned, student)
    judged, of_others = without_other_numbers(judged, ownership.asked)
    left_out += of_others
    if not any(table.filled.difference(GIVEN) for table in judged):
        blank = _incomplete(name, _only_given(judged), "nothing is filled in", assignment)
        return replace(blank, tables=tuple(table.found for table in judged), numbers_of=ownership.numbers_of)
    findings = [finding for table in judged for finding in table.findings]
    of_assignment, lines = judge_assignment(book, judged, ownership.asked)
    if ownership.findings:  # which numbers they are instead is said there
        of_assignment = [finding for finding in of_assignment if finding.code is not Code.INITIAL_VALUES]
        lines = of_another_student(lines, assignment)
    findings += [*ownership.findings, *ownership.remarks, *of_assignment, *left_out]
    findings = sorted(findings, key=lambda finding: ORDER[finding.severity])
    status = _status(findings, lines, own_numbers=not ownership.findings)
    findings = first_of(findings)
    found = tuple(table.found for table in judged)
    own = traits(data, book, judged, findings, ownership.asked if ownership.numbers_of is None else assignment)
    return Submission(name, status, found, tuple(findings), tuple(lines), numbers_of=ownership.numbers_of, traits=own)


def _status(findings: Sequence[Finding], lines: Sequence[ScoreLine], own_numbers: bool) -> Status:
    """Wrong with an error, right where besides all that earns points is there in full, and else incomplete."""
    if any(finding.severity is Severity.ERROR for finding in findings):
        return Status.WRONG
    full = all(line.points == line.max_points for line in lines)
    return Status.RIGHT if full and own_numbers else Status.INCOMPLETE


def _incomplete(name: str, finding: Finding, reason: str, assignment: Assignment) -> Submission:
    return Submission(name, Status.INCOMPLETE, (), (finding,), tuple(nothing_to_judge(reason, assignment)))


def _only_given(judged: Sequence[Judged]) -> Finding:
    sheets = ", ".join(f"'{table.found.sheet}'" for table in judged)
    return Finding(
        Code.NOTHING_FILLED,
        Severity.WARNING,
        f"Nothing is filled in on {sheets}: there is only what was given, as in a hand-out that nobody has worked on.",
        sheet=judged[0].found.sheet,
    )


def _compute_missing(book: Book, tables: list[Table]) -> None:
    """Have the engine compute sheets that were saved without results, as programs do that only write workbooks."""
    for cells in {name: cells for table in tables for name, cells in table.sheets.items()}.values():
        if cells.formulas and not cells.stored_results:
            for place in cells.formulas:
                value = book.recomputed(cells.name, place)
                # The engine's #NAME? may be a function of Excel's that only the engine does not know.
                if value is not None and value != ErrorValue("#NAME?"):
                    cells.values[place] = value
