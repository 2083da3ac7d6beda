"""Gradescope's results.json: https://gradescope-autograders.readthedocs.io/en/latest/specs/#output-format."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sheetprop.report.statistics import Statistics
from sheetprop.report.stream import Streamed
from sheetprop.report.terminal import findings_text
from sheetprop.report.wording import harmless
from sheetprop.submission.findings import ScoreLine, Submission

ROUNDING = 1e-9
NOT_JUDGED = (
    "Your workbook was not judged, because the autograder failed; the fault may not be yours. These points are not "
    "your grade: tell your teacher, who finds the reason in the autograder's output."
)


def results(submissions: Sequence[Submission], *, streamed: bool = False) -> dict[str, Any]:
    """What Gradescope shows of these submissions, ready for JSON.

    Gradescope grades one hand-in at a time. Of one workbook each criterion of the rubric is a test, and the findings
    are the text over the tests. Where a student handed in several workbooks each of them is a test, with its findings,
    and the score is the mean of theirs, so that it stays out of the same maximum however many there are. Without any
    workbook the score is 0. ``extra_data`` counts the findings by code, for Gradescope's export. ``streamed`` tests are
    made only while :func:`sheetprop.report.stream.write_json` writes them.
    """
    statistics = Statistics.of(submissions)
    if len(submissions) == 1:
        text = findings_text(submissions[0])
        tests = [_criterion(line) for line in submissions[0].score_lines]
    else:
        text = str(statistics) if submissions else "No workbook was handed in."
        tests = Streamed(_workbook, submissions) if streamed else list(map(_workbook, submissions))
    return {
        "score": statistics.mean_score or 0.0,
        "output": text,
        "output_format": "text",
        "tests": tests,
        "extra_data": statistics.to_dict(),
    }


def refusal(reason: str, points: float) -> dict[str, Any]:
    """What Gradescope shows of a hand-in that cannot be judged: the reason, and none of the points."""
    return results([]) | {"output": reason, "tests": [_test("A workbook", 0.0, points, reason)]}


def failure(points: float) -> dict[str, Any]:
    """What Gradescope shows of a hand-in that was not judged, for which its student can do nothing."""
    return refusal(NOT_JUDGED, points)


def _criterion(line: ScoreLine) -> dict[str, Any]:
    return _test(line.title, line.points, line.max_points, line.reason)


def _workbook(submission: Submission) -> dict[str, Any]:
    return _test(submission.path, submission.score, submission.max_score, findings_text(submission))


def _test(name: str, score: float, max_score: float, output: str) -> dict[str, Any]:
    return {
        "name": harmless(name),
        "score": score,
        "max_score": max_score,
        "status": "passed" if score >= max_score - ROUNDING else "failed",
        "output": output,
        "output_format": "text",
        "visibility": "visible",
    }
