"""The verb ``validate``: judge anyone's workbooks, and say what is wrong where."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from sheetprop.errors import InputError
from sheetprop.options import DEFAULT_TEMPLATE
from sheetprop.report.terminal import summary
from sheetprop.submission.batch import Finish, Work, grade_all
from sheetprop.submission.findings import Status, Submission
from sheetprop.submission.intake import find_submissions
from sheetprop.template import load_assignment
from sheetprop.verification import Progress


@dataclass(frozen=True)
class Validation:
    """Judged workbooks, in the order in which they were given."""

    submissions: Sequence[Submission]

    @property
    def passed(self) -> bool:
        """Whether every submission is right."""
        return all(submission.status is Status.RIGHT for submission in self.submissions)

    def to_dict(self) -> dict[str, Any]:
        """As the contract of ``validate --json`` has it."""
        return {"submissions": [submission.to_dict() for submission in self.submissions]}

    def to_json(self) -> str:
        """One JSON document."""
        return json.dumps(self.to_dict(), ensure_ascii=False, indent=2)

    def __str__(self) -> str:
        return summary(self.submissions)


def validate(
    *,
    paths: Sequence[str | Path],
    template: str | Path = DEFAULT_TEMPLATE,
    report: str | Path | None = None,
    workers: int | None = None,
    force: bool = False,
    progress: Progress | None = None,
) -> Validation:
    """Judge workbooks: files, folders of them (with their subfolders), zip archives.

    ``template`` says what was asked and how points are given. With ``report``, a folder gets a gradebook and, for each
    submission, an annotated copy and a page; a report that is there already is replaced only with ``force``.
    ``workers`` is the number of processes, one per core where it is None. Raises InputError where something that was
    asked for cannot be used; a submission that cannot be opened is a result.
    """
    if workers is not None and workers < 1:
        raise InputError(f"workers: {workers} is not possible; at least 1 is needed")
    assignment = load_assignment(template)
    sources = find_submissions(paths)
    folder = None if report is None else Path(report)
    finish: Finish | None = None
    if folder is not None:
        from sheetprop.report.folder import write_submission

        _check_report(folder, force)
        finish = partial(write_submission, folder)
    work = Work(assignment, finish)
    tell = (lambda done, total: progress("judging", done, total)) if progress else None
    submissions = grade_all(sources, work, workers, tell)
    if folder is not None:
        from sheetprop.report.folder import write_batch

        write_batch(folder, sources, submissions)
    return Validation(submissions)


def _check_report(folder: Path, force: bool) -> None:
    from sheetprop.report.folder import GRADEBOOK, begin

    try:
        if folder.exists() and not folder.is_dir():
            raise InputError(f"{folder}: is a file; name a folder for the report")
        if not folder.parent.is_dir():
            raise InputError(f"{folder}: the folder {folder.parent} does not exist; create it first")
        if (folder / GRADEBOOK).exists() and not force:
            raise InputError(f"{folder}: holds a report already; use --force to replace it, or another folder")
        if not os.access(folder if folder.exists() else folder.parent, os.W_OK):
            raise InputError(f"{folder}: is not writable; choose another folder")
        begin(folder)
    except OSError as error:
        raise InputError(f"{folder}: cannot be written: {error.strerror or error}") from None
