"""Canvas's gradebook export: https://community.canvaslms.com, "How do I export grades in the Gradebook?"."""

from __future__ import annotations

import re

from sheetprop.errors import InputError
from sheetprop.report.wording import harmless
from sheetprop.school.filling import Gradebook, read_number
from sheetprop.school.headings import plain
from sheetprop.school.sheet import Export, Row, entry
from sheetprop.school.student import Entry, Student, check_entries

POINTS = "Points Possible"
ASSIGNMENT = re.compile(r"(?P<name>.*\S)\s*\((?P<number>\d+)\)")
TOTALS = re.compile(
    r"(?:Current|Final) (?:Score|Points|Grade)|Override (?:Score|Grade|Status)"  # as Canvas itself tells them apart
)
POSTING = re.compile(r"\s*(?:muted|manual posting.*)?\s*", re.IGNORECASE)
EXPORT_ANEW = "export the gradebook from Canvas anew (Grades, Export, Export Entire Gradebook)"
NOT_ASSIGNED = {"ex": "is excused from it in Canvas", "n/a": "is not assigned it in Canvas"}


def is_export(export: Export) -> bool:
    """Whether this is a gradebook from Canvas, be it changed."""
    return (
        export.has(("sisloginid", "sisuserid"))
        or _points_row(export) is not None
        or (export.has(("student",)) and any(ASSIGNMENT.fullmatch(heading) for heading in export.headings))
    )


def entries(export: Export) -> list[Entry]:
    """The students, without the test student. Raises InputError as for any roster."""
    column = _id_column(export)
    logins, school, last, first = (
        export.column((name,)) for name in ("sisloginid", "sisuserid", "lastname", "firstname")
    )
    names = export.column(("student",))
    found = []
    for index, row in enumerate(export.rows):
        name = _name(names[index]) or " ".join(filter(None, (first[index], last[index])))
        if _describes(export, row) or name == "Test Student":
            continue
        number = entry(row.cells[column])
        student = Student(number, name or number, _email(logins[index]), logins[index], number, school[index])
        found.append(Entry(student, index))
    return check_entries(export, found, "ID")


def gradebook(export: Export, assignment: str | None) -> Gradebook:
    """The gradebook with the column of one assignment to fill in.

    ``assignment`` is its name, its number or the whole heading; it may be left out where there is only one. Raises
    InputError where there is no such column or there are several, and where the export cannot be imported again.
    """
    first = [plain(heading) for heading in export.headings[:3]]
    if first[:2] != ["student", "id"] and first != ["lastname", "firstname", "id"]:
        _id_column(export)
        raise InputError(
            f"{export.at(export.heading_line)}: Canvas takes a gradebook only with Student and ID as its first "
            f"columns; {EXPORT_ANEW}"
        )
    column = _assignment_column(export, assignment)
    found = entries(export)
    points = _points_row(export)
    locked = {
        item.student.id: f"{item.student} {NOT_ASSIGNED[mark]}"
        for item in found
        if (mark := export.rows[item.row].cells[column].strip().lower()) in NOT_ASSIGNED
    }
    return Gradebook(
        platform="Canvas",
        export=export,
        entries=tuple(found),
        grade_column=column,
        comment_column=None,
        points_possible=read_number(points.cells[column]) if points else None,
        points_at=f"{export.at(points.line)}, {POINTS} of {harmless(export.headings[column])}" if points else "",
        number_columns=(column,),
        locked=locked,
    )


def _id_column(export: Export) -> int:
    column = export.find(("id",))
    if column is None:
        raise InputError(
            f"{export.at(export.heading_line)}: the column ID is missing from this Canvas gradebook; {EXPORT_ANEW}"
        )
    if not export.has(("student", "lastname")):
        raise InputError(
            f"{export.at(export.heading_line)}: the column Student is missing from this Canvas gradebook; {EXPORT_ANEW}"
        )
    return column


def _assignment_column(export: Export, assignment: str | None) -> int:
    points = _points_row(export)
    candidates = [
        column
        for column, heading in enumerate(export.headings)
        if ASSIGNMENT.fullmatch(heading) and not TOTALS.search(heading) and _is_open(points, column)
    ]
    where = export.at(export.heading_line)
    if not candidates:
        raise InputError(
            f"{where}: no assignment column, which is called like Homework 1 (12345), among the headings "
            f"{export.shown_headings}; publish the assignment and {EXPORT_ANEW}"
        )
    chosen = candidates if assignment is None else _called(export, candidates, assignment)
    if len(chosen) == 1:
        return chosen[0]
    listed = "; ".join(harmless(export.headings[column]) for column in (chosen or candidates))
    if assignment is None:
        raise InputError(f"{where}: several assignments; choose one with --column, by its name or number: {listed}")
    if not chosen:
        raise InputError(f"{where}: no assignment is called {harmless(assignment)}; choose one of: {listed}")
    if len({export.headings[column] for column in chosen}) == 1:
        raise InputError(f"{where}: {len(chosen)} columns are called {listed.split('; ')[0]}; {EXPORT_ANEW}")
    raise InputError(
        f"{where}: several assignments are called {harmless(assignment)}; choose one with --column, by its number: "
        f"{listed}"
    )


def _called(export: Export, candidates: list[int], assignment: str) -> list[int]:
    """The columns that a name means: a whole heading before a number, a number before a name."""
    wanted = assignment.strip().casefold()
    by_kind: tuple[list[int], ...] = ([], [], [])
    for column in candidates:
        heading = export.headings[column]
        if (parts := ASSIGNMENT.fullmatch(heading)) is not None:
            for kind, text in zip(by_kind, (heading, parts["number"], parts["name"]), strict=True):
                if text.casefold() == wanted:
                    kind.append(column)
    return next((kind for kind in by_kind if kind), [])


def _is_open(points: Row | None, column: int) -> bool:
    """Whether grades can go into a column; "(read only)" stands there in the language of who exported it."""
    text = points.cells[column].strip() if points else ""
    return not text or read_number(text) is not None


def _points_row(export: Export) -> Row | None:
    return next((row for row in export.rows if POINTS in row.cells[0]), None)


def _describes(export: Export, row: Row) -> bool:
    """Whether a row is about the assignments rather than about a student.

    Before the row of the most points, there may be one that says of which grades are posted by hand, in the language
    of who exported it.
    """
    points = _points_row(export)
    before = points is not None and row.line <= points.line
    return before or all(POSTING.fullmatch(cell) for cell in row.cells)


def _name(sortable: str) -> str:
    """First name first, of a name as Canvas sorts it: "Doe, Jane", "Doe, John, Jr."."""
    last, comma, rest = sortable.partition(",")
    first, _, suffix = (part.strip() for part in rest.partition(","))
    if not comma:
        return sortable
    return f"{first} {last.strip()}".strip() + (f", {suffix}" if suffix else "")


def _email(login: str) -> str:
    return login if "@" in login else ""
