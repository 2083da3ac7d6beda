"""Moodle's offline grading worksheet: https://docs.moodle.org, "Assignment grading"."""

from __future__ import annotations

import re

from sheetprop.errors import InputError
from sheetprop.report.wording import harmless
from sheetprop.school.filling import Gradebook, read_number
from sheetprop.school.headings import (
    CHANGEABLE,
    EMAIL,
    FEEDBACK,
    FIRST_NAME,
    FULL_NAME,
    GRADE,
    ID_NUMBER,
    IDENTIFIER,
    LAST_GRADED,
    LAST_NAME,
    MAXIMUM,
    NO,
    SCALE,
    USERNAME,
    plain,
)
from sheetprop.school.sheet import Export
from sheetprop.school.student import Entry, Student, check_entries

DOWNLOAD_ANEW = "download the grading worksheet from the assignment in Moodle anew"
BY_SCALE = f"this assignment is graded by a scale, not in points; set its grade to points in Moodle and {DOWNLOAD_ANEW}"
_NUMBER = re.compile(r"\D*?(\d+)")
"""Moodle's identifiers: Participant 12345, Teilnehmer/in12345."""


def is_worksheet(export: Export) -> bool:
    """Whether this is Moodle's grading worksheet, be it changed."""
    return sum(export.has(names) for names in (IDENTIFIER, MAXIMUM, CHANGEABLE, LAST_GRADED, FEEDBACK)) >= 2


def entries(export: Export) -> list[Entry]:
    """The students: their ID is the ID number, or the username, or else the number of the participant.

    Where there is an ID number for some only, the others have their participant number. Raises InputError as for any
    roster.
    """
    identifiers = _needed(export, IDENTIFIER, "Identifier")
    ids = export.column(ID_NUMBER)
    logins, emails, fulls = (export.column(names) for names in (USERNAME, EMAIL, FULL_NAME))
    if not any(ids):
        ids = logins
    firsts, lasts = export.column(FIRST_NAME), export.column(LAST_NAME)
    found = []
    for index, row in enumerate(export.rows):
        text = row.cells[identifiers].strip()
        number = _NUMBER.fullmatch(text)
        if number is None:
            raise InputError(
                f"{export.at(row.line)}: {harmless(text) or 'nothing'} stands in the column "
                f"{harmless(export.headings[identifiers])}, where Moodle has Participant and a number; {DOWNLOAD_ANEW}"
            )
        name = fulls[index] or " ".join(filter(None, (firsts[index], lasts[index])))
        found.append(
            Entry(Student(ids[index] or number[1], name or text, emails[index], logins[index], number[1]), index)
        )
    return check_entries(export, found, export.headings[identifiers])


def gradebook(export: Export) -> Gradebook:
    """The worksheet with its grades and comments to fill in.

    Raises InputError where columns are missing that Moodle needs, and where the assignment is graded by a scale.
    """
    found = entries(export)
    if export.has(SCALE):
        raise InputError(f"{export.at(export.heading_line)}: {BY_SCALE}")
    grade = _needed(export, GRADE, "Grade")
    _needed(export, LAST_GRADED, "Last modified (grade)")
    maximum = export.find(MAXIMUM)
    changeable = export.column(CHANGEABLE)
    possible, points_at = _points(export, maximum) if maximum is not None else (None, "")
    return Gradebook(
        platform="Moodle",
        export=export,
        entries=tuple(found),
        grade_column=grade,
        comment_column=export.find(FEEDBACK),
        points_possible=possible,
        points_at=points_at,
        number_columns=(grade,) if maximum is None else (grade, maximum),
        locked={
            entry.student.id: f"{entry.student} has a grade that cannot be changed in Moodle"
            for entry in found
            if plain(changeable[entry.row]) in NO
        },
    )


def _points(export: Export, column: int) -> tuple[float | None, str]:
    """The most points, which stand in every row, and where."""
    first: tuple[float, int] | None = None
    for row in export.rows:
        value = read_number(row.cells[column])
        if value is None and row.cells[column].strip(" -"):
            raise InputError(f"{export.at(row.line)}: {BY_SCALE}")
        if value is None:
            continue
        if first is None:
            first = value, row.line
        elif value != first[0]:
            raise InputError(
                f"{export.at(row.line)}: another {harmless(export.headings[column])} than in line {first[1]}; "
                f"{DOWNLOAD_ANEW}"
            )
    if first is None:
        return None, ""
    return first[0], f"{export.at(first[1])}, {harmless(export.headings[column])}"


def _needed(export: Export, names: tuple[str, ...], english: str) -> int:
    column = export.find(names)
    if column is None:
        raise InputError(
            f"{export.at(export.heading_line)}: the column {english} is missing from this Moodle grading worksheet, "
            f"the headings are {export.shown_headings}; {DOWNLOAD_ANEW}"
        )
    return column
