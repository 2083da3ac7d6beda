"""Who is in the class: the students of a roster, whichever platform or program it comes from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from sheetprop.errors import InputError
from sheetprop.report.wording import harmless
from sheetprop.school import canvas, moodle
from sheetprop.school.headings import (
    EMAIL,
    FIRST_NAME,
    FULL_NAME,
    ID,
    LAST_NAME,
    MOODLE_EMAIL,
    ROLE,
    STUDENT_ROLES,
    USERNAME,
    plain,
)
from sheetprop.school.sheet import Export
from sheetprop.school.student import Entry, Student, check_entries

__all__ = ["Roster", "Student", "read_roster"]


@dataclass(frozen=True)
class Roster:
    """The students of a class in their order; ``remarks`` are lines on what was skipped or is missing."""

    students: list[Student]
    remarks: tuple[str, ...] = ()


def read_roster(path: str | Path) -> Roster:
    """The students of a roster, in its order: of Canvas, Moodle, Gradescope, or any CSV file with headings.

    Columns are found by their headings. Raises InputError where the file is no such table, has no column with IDs or
    no students, or where an ID is empty or stands there twice.
    """
    export = Export.read(path)
    if canvas.is_export(export):
        entries = canvas.entries(export)
    elif moodle.is_worksheet(export):
        entries = moodle.entries(export)
    else:
        entries = _entries(export)
    students = [entry.student for entry in entries]
    remarks = export.remarks
    if all(student.name == student.id for student in students):
        where = export.at(export.heading_line)
        remarks += (f"{where}: no name column among the headings {export.shown_headings}; students go by their IDs",)
    return Roster(students, remarks)


def _entries(export: Export) -> list[Entry]:
    column = _id_column(export)
    logins, emails, roles = (export.column(names) for names in (USERNAME, EMAIL, ROLE))
    columns = zip(export.column_texts(column), _names(export), logins, emails, roles, strict=True)
    entries = [
        Entry(Student(own, name or own, email, login if login != own else ""), row)
        for row, (own, name, login, email, role) in enumerate(columns)
        if _is_student(role)
    ]
    if not entries and export.rows:
        found = ", ".join(sorted({harmless(role) for role in roles}))
        raise InputError(f"{export.name}: no students, the roles are {found}; export the roster with the students")
    return check_entries(export, entries, export.headings[column])


def _id_column(export: Export) -> int:
    """The column that tells students apart; of several the first that is not empty."""
    columns = [column for names in (ID, USERNAME) for column in _present(export, names)]
    for column in columns:
        if any(export.column_texts(column)):
            return column
    # Moodle's list of participants has no more, unless it is set up to show the ID number.
    email = export.find(MOODLE_EMAIL)
    if email is not None and export.has(FIRST_NAME) and export.has(LAST_NAME):
        return email
    if columns:
        return columns[0]
    raise InputError(
        f"{export.at(export.heading_line)}: no column with the students' IDs among the headings "
        f"{export.shown_headings}; add one called ID, Student ID, ID number, SID or Username"
    )


def _present(export: Export, names: Iterable[str]) -> list[int]:
    return [column for name in names if (column := export.find((name,))) is not None]


def _names(export: Export) -> list[str]:
    first, last = export.find(FIRST_NAME), export.find(LAST_NAME)
    full = export.find(FULL_NAME)
    if first is not None and last is None and full is not None and plain(export.headings[full]) == "name":
        last = full  # beside a column of first names, the other one is that of family names
    if first is not None and last is not None:
        pairs = zip(export.column_texts(first), export.column_texts(last), strict=True)
        return [" ".join(filter(None, pair)) for pair in pairs]
    return export.column_texts(next((column for column in (full, first, last) if column is not None), None))


def _is_student(role: str) -> bool:
    return not role or any(name in plain(role) for name in STUDENT_ROLES)
