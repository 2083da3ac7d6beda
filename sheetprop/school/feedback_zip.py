"""Moodle's "Upload multiple feedback files in a zip": https://docs.moodle.org, "Assignment grading"."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from sheetprop.errors import InputError
from sheetprop.output import check_output, written_whole
from sheetprop.report.wording import harmless
from sheetprop.school.student import Student
from sheetprop.submission.open.intake import REPORT

FILES = ("feedback.xlsx", "feedback.xlsm", REPORT[1])
TIME = (1980, 1, 1, 0, 0, 0)
"""The time of every file: a zip of the same feedback is the same file."""
NAME = 100


def write_feedback_zip(
    path: Path, report: Path, feedback: Iterable[tuple[Student, str]], *, force: bool = False
) -> int:
    """Pack the feedback from a report folder as Moodle takes it, and return the number of files.

    ``feedback`` has students of a Moodle worksheet and the names of their folders (slugs) in ``report``/submissions.
    The files of further submissions by a student have numbers. Raises InputError where a student has no participant
    number or no feedback, and where the zip cannot be written.
    """
    check_output(path, force, what="feedback zip", suffix=".zip")
    files = sorted(_files(report, feedback))
    if not files:
        raise InputError(f"{harmless(str(path))}: no feedback to pack; no submission was matched to a student")
    with written_whole(path) as unfinished, zipfile.ZipFile(unfinished, "w") as archive:
        for name, source in files:
            info = zipfile.ZipInfo(name, TIME)
            info.external_attr = 0o644 << 16
            info.create_system = 3
            # Workbooks are packed already.
            info.compress_type = zipfile.ZIP_DEFLATED if name.endswith(".html") else zipfile.ZIP_STORED
            info.file_size = source.stat().st_size
            with source.open("rb") as data, archive.open(info, "w") as member:
                shutil.copyfileobj(data, member)
    return len(files)


def moodle_folder(student: Student) -> str:
    """The folder for a student's feedback, called as in Moodle's download: Jane Doe_12345_assignsubmission_file_.

    Moodle finds the student by the number between the first two underscores. Raises InputError where there is none.
    """
    if not student.platform_id.isdecimal():
        raise InputError(
            f"{student}: no participant number, by which Moodle knows whose feedback it is; use the grading worksheet "
            "as the gradebook"
        )
    name = "".join(" " if not c.isprintable() or c in '_/\\:*?"<>|' else c for c in harmless(student.name))
    name = " ".join(name.split()).strip(".~ ")[:NAME].strip() or "Participant"
    return f"{name}_{student.platform_id}_assignsubmission_file_"


def _files(report: Path, feedback: Iterable[tuple[Student, str]]) -> Iterator[tuple[str, Path]]:
    times: dict[str, int] = {}
    for student, slug in feedback:
        folder = moodle_folder(student)
        times[folder] = turn = times.get(folder, 0) + 1
        found = [place for name in FILES if (place := report / REPORT[0] / slug / name).is_file()]
        if not found:
            raise InputError(
                f"{harmless(str(report / REPORT[0] / slug))}: no feedback for {student}; write the report anew"
            )
        for place in found:
            name = place.name if turn == 1 else f"{place.stem}-{turn}{place.suffix}"
            yield f"{folder}/{name}", place
