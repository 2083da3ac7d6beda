"""Filling the school's gradebook: which platform an export is from, and whether its points are the rubric's."""

from __future__ import annotations

from pathlib import Path

from sheetprop.errors import InputError
from sheetprop.report.wording import harmless, number
from sheetprop.school import canvas, moodle
from sheetprop.school.filling import Grade, Gradebook
from sheetprop.school.headings import ROLE
from sheetprop.school.sheet import Export

__all__ = ["Grade", "Gradebook", "check_points", "open_gradebook"]

GRADESCOPE = ("totalscore", "lateness", "latenesshms", "submissionid")
ROUNDING = 1e-9


def open_gradebook(path: str | Path, *, assignment: str | None = None) -> Gradebook:
    """Open an export of Canvas or Moodle to fill in its grades.

    ``assignment`` chooses among several in Canvas's: its name, its number or the whole heading. Raises InputError
    where the export is neither, or lacks what its platform needs to take it back.
    """
    export = Export.read(path)
    if canvas.is_export(export):
        return canvas.gradebook(export, assignment)
    if moodle.is_worksheet(export):
        return moodle.gradebook(export)
    if (export.has(("sid",)) and export.has(ROLE)) or export.has(GRADESCOPE):
        raise InputError(
            f"{export.name}: is a list from Gradescope, which takes no grades from a file; use the results.json in "
            "the report folder, or upload the autograder"
        )
    raise InputError(
        f"{export.at(export.heading_line)}: neither Canvas's gradebook (Student, ID, …) nor Moodle's grading worksheet "
        f"(Identifier, Grade, …): the headings are {export.shown_headings}; export it anew from the platform"
    )


def check_points(gradebook: Gradebook, rubric_total: float, *, rubric_at: str = "the template, [rubric]") -> None:
    """Raise InputError where an assignment's points in the gradebook are not those of the rubric.

    ``rubric_at`` is where the rubric stands, for the message.
    """
    possible = gradebook.points_possible
    if possible is None or abs(possible - rubric_total) <= ROUNDING:
        return
    raise InputError(
        f"{gradebook.points_at}: {number(possible)} points, but the rubric gives {number(rubric_total)} "
        f"({harmless(rubric_at)}); change the points in the template, or those of the assignment in "
        f"{gradebook.platform} and export it anew"
    )
