"""What validate is told of a class: the school's gradebook to fill, and who was assigned which numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sheetprop.assigned import Assigned, read_assigned
from sheetprop.assignment import Assignment
from sheetprop.errors import InputError
from sheetprop.output import written_whole
from sheetprop.school.attempts import ATTEMPTS, Attempts
from sheetprop.school.feedback_zip import write_feedback_zip
from sheetprop.school.filling import Gradebook
from sheetprop.school.gradebook import check_points, open_gradebook
from sheetprop.school.roll import Roll

FEEDBACK = "moodle-feedback.zip"


@dataclass(frozen=True)
class Classroom:
    """A class, as far as it is known: without a gradebook its students are those of the assigned numbers."""

    gradebook_path: Path | None
    gradebook: Gradebook | None
    assigned: Assigned | None
    student: str | None
    replace_grades: bool = False
    attempts: Attempts = ATTEMPTS["latest"]

    def roll(self, paths: Sequence[str | Path]) -> Roll:
        """The roll, before anything was handed in at ``paths``."""
        students = self.gradebook.students if self.gradebook else ()
        return Roll(students, self.assigned, paths, self.student, self.attempts)

    @property
    def wants_comments(self) -> bool:
        """Whether the gradebook has a column for feedback in words."""
        return self.gradebook is not None and self.gradebook.comment_column is not None

    def write(self, folder: Path, roll: Roll) -> list[str]:
        """Write the filled gradebook, and Moodle's feedback, into a report folder; returns a line for each."""
        if self.gradebook is None or self.gradebook_path is None:
            return []
        path = filled_path(folder, self.gradebook_path)
        grades = roll.grades
        data = self.gradebook.filled(grades, replace=self.replace_grades)
        kept = [] if self.replace_grades else self.gradebook.kept(grades)
        with written_whole(path) as unfinished:
            unfinished.write_bytes(data)
        locked = [reason for own, reason in self.gradebook.locked.items() if own in grades]
        filled = len(grades) - len(locked) - sum(bool(each.grade) for each in kept)
        lines = [
            *self.gradebook.export.remarks,
            f"{path}: {filled:,} of {len(self.gradebook.students):,} grades filled into "
            f"{self.gradebook.assignment}; upload it to {self.gradebook.platform}",
            *(f"  left as it was: {reason}" for reason in locked),
            *(f"  kept: {each}; --replace-grades replaces it" for each in kept),
        ]
        if self.gradebook.platform == "Moodle" and roll.feedback:
            write_feedback_zip(folder / FEEDBACK, folder, roll.feedback, force=True)
            lines.append(
                f"{folder / FEEDBACK}: the feedback files, for Moodle's “Upload multiple feedback files in a zip”"
            )
        return lines


def open_classroom(
    assignment: Assignment,
    *,
    gradebook: str | Path | None,
    column: str | None,
    assigned: str | Path | None,
    student: str | None,
    replace_grades: bool = False,
) -> Classroom:
    """Read what validate was given of a class.

    ``column`` chooses the assignment in a gradebook that has several. Raises InputError where something cannot be
    read, the gradebook's points are not the rubric's, or ``student`` has no assigned numbers.
    """
    if column is not None and gradebook is None:
        raise InputError("--column: chooses a column of a gradebook; name its export with --gradebook")
    if replace_grades and gradebook is None:
        raise InputError("--replace-grades: replaces grades of a gradebook; name its export with --gradebook")
    if student is not None and assigned is None:
        raise InputError(
            "--student: says whose numbers the submissions have; name the list of numbers with --assigned, or leave "
            "--student out"
        )
    own_numbers = read_assigned(assigned) if assigned is not None else None
    if student is not None and own_numbers is not None:
        entry = own_numbers.find(student)
        if entry is None:
            raise InputError(f"--student: {student!r} is not in {assigned}; give an id or e-mail address that is")
        student = entry.id
    opened = open_gradebook(gradebook, assignment=column) if gradebook is not None else None
    if opened is not None:
        check_points(opened, assignment.points)
    path = Path(gradebook) if gradebook is not None else None
    return Classroom(path, opened, own_numbers, student, replace_grades, ATTEMPTS[assignment.attempts])


def filled_path(folder: Path, gradebook: Path) -> Path:
    """Where in a report folder the filled gradebook stands; the school's own file is never written to."""
    return folder / f"{gradebook.stem}-filled{gradebook.suffix or '.csv'}"
