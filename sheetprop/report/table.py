"""The grades as a table in a text file, for grade books and statistics programs."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from sheetprop.report.wording import harmless
from sheetprop.submission.findings import Code, Severity, Submission

# The last four are the full-width forms, which Excel takes for the same in East Asian settings.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
COLUMNS = ("submission", "status", "score", "max_score")
COUNTS = {"errors": Severity.ERROR, "warnings": Severity.WARNING, "notes": Severity.NOTE}


def write_csv(path: Path, submissions: Iterable[Submission]) -> None:
    """Write one row per submission: name, status, score, the points of each criterion, and what was found.

    In UTF-8 with a byte order mark, without which Excel takes it for another encoding. Excel computes what begins
    like a formula also where it stands in a CSV file: a text from a submission or a file name that begins with
    = + - @, a tab or a carriage return, be it after spaces, has an apostrophe put before it.
    """
    import pandas as pd

    criteria: dict[str, None] = {}
    rows = []
    for submission in submissions:
        criteria |= dict.fromkeys(line.criterion for line in submission.score_lines)
        rows.append(_row(submission))
    columns = {column: column for column in COLUMNS} | {_points(criterion): safe(criterion) for criterion in criteria}
    columns |= {column: column for column in (*COUNTS, "codes")}
    table = pd.DataFrame(rows, columns=list(columns)).rename(columns=columns)
    # With every text in quotes, none falls apart in a program for which semicolons part the columns.
    table.to_csv(path, index=False, encoding="utf-8-sig", lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC)


def safe(text: str) -> str:
    """``text`` as a cell that no spreadsheet program computes."""
    return f"'{harmless(text)}" if text.lstrip(" ").startswith(FORMULA_STARTS) else harmless(text)


def _points(criterion: str) -> str:
    # A criterion may be called like one of the other columns.
    return f"points {criterion}"


def _row(submission: Submission) -> dict[str, Any]:
    found = {finding.code for finding in submission.findings}
    return {
        "submission": safe(submission.path),
        "status": submission.status.value,
        "score": submission.score,
        "max_score": submission.max_score,
        **{_points(line.criterion): line.points for line in submission.score_lines},
        **{column: len(submission.of(severity)) for column, severity in COUNTS.items()},
        "codes": " ".join(code.value for code in Code if code in found),
    }
