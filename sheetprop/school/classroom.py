"""What validate is told of a class: the school's gradebook to fill, and who was assigned which numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sheetprop.assigned import Assigned, read_assigned
from sheetprop.assignment import Assignment
from sheetprop.errors import InputError
from sheetprop.output import written_whole
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

    def roll(self, paths: Sequence[str | Path]) -> Roll:
        """The roll, before anything was handed in at ``paths``."""
        return Roll(self.gradebook.students if self.gradebook else (), self.assigned, paths, self.student)

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
        data = self.gradebook.filled(grades)
        with written_whole(path) as unfinished:
            unfinished.write_bytes(data)
        locked = [reason for own, reason in self.gradebook.locked.items() if own in grades]
        lines = [
            f"{path}: {len(grades) - len(locked):,} of {len(self.gradebook.students):,} grades filled into "
            f"{self.gradebook.assignment}; upload it to {self.gradebook.platform}",
            *(f"  left as it was: {reason}" for reason in locked),
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
) -> Classroom:
    """Read what validate was given of a class.

    ``column`` chooses the assignment in a gradebook that has several. Raises InputError where something cannot be
    read, the gradebook's points are not the rubric's, or ``student`` has no assigned numbers.
    """
    if column is not None and gradebook is None:
        raise InputError("--column: chooses a column of a gradebook; name its export with --gradebook")
    own_numbers = read_assigned(assigned) if assigned is not None else None
    if student is not None and own_numbers is not None:
        entry = own_numbers.find(student)
        if entry is None:
            raise InputError(f"--student: {student!r} is not in {assigned}; give an id or e-mail address that is")
        student = entry.id
    opened = open_gradebook(gradebook, assignment=column) if gradebook is not None else None
    if opened is not None:
        check_points(opened, assignment.points)
    return Classroom(Path(gradebook) if gradebook is not None else None, opened, own_numbers, student)


def filled_path(folder: Path, gradebook: Path) -> Path:
    """Where in a report folder the filled gradebook stands; the school's own file is never written to."""
    return folder / f"{gradebook.stem}-filled{gradebook.suffix or '.csv'}"
