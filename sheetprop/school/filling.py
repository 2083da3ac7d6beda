"""A school's gradebook, and putting grades into it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sheetprop.errors import InputError
from sheetprop.report.wording import harmless, number
from sheetprop.school.sheet import NUMBER, Export
from sheetprop.school.student import Entry, Student


@dataclass(frozen=True)
class Grade:
    """What a student gets: points, and a comment in the platform's markup (``comment.comment`` words it)."""

    score: float
    comment: str = ""


@dataclass(frozen=True)
class Kept:
    """A student's grade that stays in the place of the ``score``; without ``grade`` only the comment stays."""

    student: Student
    grade: str = ""
    score: float = 0.0

    def __str__(self) -> str:
        if self.grade:
            return f"{self.student} has the grade {harmless(self.grade)} already, where {number(self.score)} is due"
        return f"{self.student} has a comment already"


@dataclass(frozen=True)
class Gradebook:
    """An export whose grades can be filled in.

    ``points_possible`` is None where the export does not tell, ``points_at`` is where it stands. ``locked`` has, by
    their IDs, the students whose cells are left as they are, and why.
    """

    platform: str
    export: Export = field(repr=False)
    entries: tuple[Entry, ...] = field(repr=False)
    grade_column: int
    comment_column: int | None
    points_possible: float | None
    points_at: str
    number_columns: tuple[int, ...]
    locked: Mapping[str, str]

    @property
    def students(self) -> list[Student]:
        """The students, in the order of the export."""
        return [entry.student for entry in self.entries]

    @property
    def assignment(self) -> str:
        """The heading of the column that the grades go into."""
        return self.export.headings[self.grade_column]

    def kept(self, grades: Mapping[str, Grade]) -> list[Kept]:
        """What students have already, and keep, in the place of grades and comments."""
        found = []
        for entry in self.entries:
            grade = grades.get(entry.student.id)
            if grade is None or entry.student.id in self.locked:
                continue
            had, said = self._there(entry)
            if had:
                if read_number(had) != grade.score:
                    found.append(Kept(entry.student, had, grade.score))
            elif said and grade.comment and said != grade.comment:
                found.append(Kept(entry.student))
        return found

    def _there(self, entry: Entry) -> tuple[str, str]:
        """The grade and the comment that a student has in the export."""
        cells = self.export.rows[entry.row].cells
        comment = "" if self.comment_column is None else cells[self.comment_column].strip()
        return cells[self.grade_column].strip(), comment

    def filled(self, grades: Mapping[str, Grade], *, replace: bool = False) -> bytes:
        """The export with the grades of students, by their IDs, and every other byte as it was.

        Students who are ``locked`` keep what they have, and so does, unless ``replace`` is set, who has a grade
        already; a comment is kept likewise. Raises InputError where an ID is not in the export.
        """
        rows = {entry.student.id: entry.row for entry in self.entries}
        if unknown := [harmless(own) for own in grades if own not in rows]:
            more = f" and {len(unknown) - 5} more" if len(unknown) > 5 else ""
            raise InputError(
                f"{self.export.name}: no student with the ID {', '.join(unknown[:5])}{more}; export it anew with all "
                "students, or enter their grades by hand"
            )
        comma = self.export.decimal_comma(self.number_columns)
        changes = {}
        there = {entry.student.id: self._there(entry) for entry in self.entries}
        for own, grade in grades.items():
            had, said = there[own]
            if own in self.locked or (had and not replace):
                continue
            points = number(grade.score)
            changes[rows[own], self.grade_column] = points.replace(".", ",") if comma else points
            if self.comment_column is not None and grade.comment and (replace or not said):
                changes[rows[own], self.comment_column] = grade.comment
        return self.export.with_cells(changes)


def read_number(text: str) -> float | None:
    """A number with a decimal point or comma, or None where it is none."""
    text = text.strip()
    return float(text.replace(",", ".")) if NUMBER.fullmatch(text) else None
