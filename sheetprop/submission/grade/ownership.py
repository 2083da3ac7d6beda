"""Whose numbers a submission uses: what it is judged by, where each student or each hand-out has its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sheetprop.assigned import Assigned
from sheetprop.assignment import Assignment
from sheetprop.handout import HandoutRecord
from sheetprop.submission.findings import Code, Finding, Severity
from sheetprop.submission.grade.initial_values import initial_values
from sheetprop.submission.grade.judgement import Judged
from sheetprop.submission.open.cells import Book

MOST_SHOWN = 40
"""Characters of an id that are told."""


@dataclass(frozen=True)
class Ownership:
    """What a submission is asked for, the id of the student whose numbers it uses, and what is to be said of that.

    ``findings`` tell that the numbers are another student's; ``remarks`` cost nothing.
    """

    asked: Assignment
    numbers_of: str | None
    findings: tuple[Finding, ...] = ()
    remarks: tuple[Finding, ...] = ()


def find_ownership(
    book: Book, judged: Sequence[Judged], assignment: Assignment, assigned: Assigned | None, student: str | None
) -> Ownership:
    """Judge by the student's own numbers, where it is known whose submission it is and which were assigned.

    Else by those of the student whose they are; else by those of the student whose hand-out it is, or, where there is
    no list, by those that it names and the template allows; else by the template's. What else was asked the template
    says. ``student`` is an id of ``assigned``.

    Where hand-outs are signed, a line without the signature is told, and does not say whose a submission is.
    """
    key = assigned.key if assigned is not None else None
    records = list(_records(book))
    forged = [sheet for sheet, record in records if key is not None and not record.is_signed_with(key)]
    remarks = (_not_signed(forged[0]),) if forged else ()
    if assigned is not None:
        given = max((initial_values(table) for table in judged), key=len)
        owner = assigned.owner(given, assignment.tolerances, student)
        own = assigned.by_id.get(student) if student is not None else None
        if own is not None and owner is not None and owner.id != own.id:
            findings = (_other_students(judged, assignment),)
            return Ownership(assignment.with_given(own.given), owner.id, findings, remarks)
        if entry := own or owner:
            return Ownership(assignment.with_given(entry.given), owner.id if owner else None, remarks=remarks)
    for sheet, record in records:
        listed = assigned.by_id.get(record.student_id or "") if assigned is not None else None
        if listed is not None:
            return Ownership(assignment.with_given(listed.given), None if remarks else listed.id, remarks=remarks)
        if assigned is not None:
            remarks = remarks or (_of_nobody(record, sheet),)
            continue
        if said := record.asks_otherwise(assignment):
            remarks = (_asked_otherwise(said, sheet),)
        if (asked := record.assignment_of(assignment)) is not None:
            return Ownership(asked, record.student_id, remarks=remarks)
    return Ownership(assignment, None, remarks=remarks)


def _not_signed(sheet: str) -> Finding:
    return Finding(
        Code.OTHER_HANDOUT,
        Severity.WARNING,
        "The line by which the hand-out tells whose it is is not signed with the key of the list of assigned numbers: "
        "it was changed, or is from hand-outs that were made with another list. It does not say whose this is.",
        sheet=sheet,
    )


def _of_nobody(record: HandoutRecord, sheet: str) -> Finding:
    named = "no student" if record.student_id is None else f"the student {record.student_id[:MOST_SHOWN]}"
    return Finding(
        Code.OTHER_HANDOUT,
        Severity.WARNING,
        f"The line by which the hand-out tells what it asks for names {named}, for whom the list of assigned numbers "
        "has none. It is judged by the template.",
        sheet=sheet,
    )


def _asked_otherwise(said: Sequence[str], sheet: str) -> Finding:
    return Finding(
        Code.OTHER_HANDOUT,
        Severity.WARNING,
        f"The line by which the hand-out tells what it asks for names {' and '.join(said)}. Anyone can write such a "
        "line: it is judged by the template. Where the hand-out was made so, judge it with the template that says so.",
        sheet=sheet,
    )


def _other_students(judged: Sequence[Judged], assignment: Assignment) -> Finding:
    kept = assignment.other_students_numbers
    # The student reads this too: whose numbers they are is the teacher's to know.
    return Finding(
        Code.OTHER_STUDENTS_NUMBERS,
        Severity.WARNING,
        "The inputs, targets and initial weights are those of another student's hand-out, not of your own: it earns "
        + (f"{kept * 100:g} % of its points." if kept else "no points."),
        sheet=judged[0].found.sheet,
    )


def _records(book: Book) -> Iterator[tuple[str, HandoutRecord]]:
    for cells in book:
        for value in cells.values.values():
            if isinstance(value, str) and (record := HandoutRecord.from_text(value)) is not None:
                yield cells.name, record
