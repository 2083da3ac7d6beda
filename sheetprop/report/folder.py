"""The report folder: what ``validate --report`` writes where, each file whole or not at all."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

from sheetprop.errors import InputError
from sheetprop.output import written_whole
from sheetprop.report.annotated import annotate
from sheetprop.report.gradebook import write_gradebook
from sheetprop.report.gradescope import results
from sheetprop.report.page import page
from sheetprop.report.table import write_csv
from sheetprop.submission.findings import Status, Submission
from sheetprop.submission.intake import REPORT, Source

SUBMISSIONS, PAGE = REPORT
GRADEBOOK, RESULTS = "gradebook.xlsx", "results.json"


def begin(folder: Path) -> None:
    """Make a report folder; a gradebook that is there is no longer that of the submissions."""
    (folder / SUBMISSIONS).mkdir(parents=True, exist_ok=True)
    (folder / GRADEBOOK).unlink(missing_ok=True)


def write_submission(folder: Path, source: Source, data: bytes, submission: Submission) -> None:
    """Write a student's page, Gradescope's results and, where the file can be opened, its annotated copy."""
    own = folder / SUBMISSIONS / source.slug
    own.mkdir(parents=True, exist_ok=True)
    if submission.status is not Status.UNREADABLE:
        suffix = ".xlsm" if submission.path.lower().endswith((".xlsm", ".xltm")) else ".xlsx"
        try:
            copy = annotate(data, submission)
        except InputError as reason:
            # Rare packages cannot be changed without harm; the page says everything the copy would.
            _write(own / "feedback.txt", f"No annotated copy: {reason}\n".encode())
        else:
            _write(own / f"feedback{suffix}", copy)
    _write(own / PAGE, page(submission).encode())
    _write(own / RESULTS, _json([submission]))


def write_batch(folder: Path, sources: Sequence[Source], submissions: Sequence[Submission]) -> None:
    """Write what is about all submissions; the gradebook last, as the sign that the report is whole."""
    current = {source.slug for source in sources}
    for own in (folder / SUBMISSIONS).iterdir():
        # Left from an earlier report: a student who is not in the gradebook must not be beside it either.
        if own.name not in current and (own / RESULTS).is_file():
            shutil.rmtree(own)
    _write(folder / RESULTS, _json(submissions))
    with written_whole(folder / "grades.csv") as unfinished:
        write_csv(unfinished, submissions)
    write_gradebook(folder / GRADEBOOK, submissions)


def _json(submissions: Sequence[Submission]) -> bytes:
    return json.dumps(results(submissions), ensure_ascii=False, indent=2).encode()


def _write(path: Path, data: bytes) -> None:
    with written_whole(path) as unfinished:
        unfinished.write_bytes(data)
