"""The grades as a table in a text file, for grade books and statistics programs."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

from sheetprop.report.wording import counted, harmless
from sheetprop.submission.findings import Code, Severity, Submission

# The last four are the full-width forms, which Excel takes for the same in East Asian settings.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
COLUMNS = ("submission", "status", "score", "max_score")
COUNTS = {"errors": Severity.ERROR, "warnings": Severity.WARNING, "notes": Severity.NOTE}


def write_csv(path: Path, submissions: Sequence[Submission]) -> None:
    """Write one row per submission: name, status, score, the points of each criterion, and what was found.

    In UTF-8 with a byte order mark, without which Excel takes it for another encoding. Excel computes what begins
    like a formula also where it stands in a CSV file: a text from a submission or a file name that begins with
    = + - @, a tab or a carriage return, be it after spaces, has an apostrophe put before it.
    """
    criteria = dict.fromkeys(line.criterion for submission in submissions for line in submission.score_lines)
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        # With every text in quotes, none falls apart in a program for which semicolons part the columns.
        table = csv.writer(file, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC)
        table.writerow((*COLUMNS, *map(safe, criteria), *COUNTS, "codes"))
        for submission in submissions:
            table.writerow(_row(submission, criteria))


def safe(text: str) -> str:
    """``text`` as a cell that no spreadsheet program computes."""
    return f"'{harmless(text)}" if text.lstrip(" ").startswith(FORMULA_STARTS) else harmless(text)


def _row(submission: Submission, criteria: Iterable[str]) -> list[str | float]:
    points = {line.criterion: float(line.points) for line in submission.score_lines}
    found = {finding.code for finding in submission.findings}
    return [
        safe(submission.path),
        submission.status.value,
        float(submission.score),
        submission.max_score,
        *(points.get(criterion, "") for criterion in criteria),
        *(counted(submission, severity) for severity in COUNTS.values()),
        " ".join(code.value for code in Code if code in found),
    ]
