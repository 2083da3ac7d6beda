"""The points of a submission: every criterion of the rubric, how much of it is reached, and why."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

from sheetprop.assignment import Assignment
from sheetprop.rubric import CRITERIA
from sheetprop.submission.findings import Finding, ScoreLine
from sheetprop.submission.grade.chart import judge_chart
from sheetprop.submission.grade.initial_values import judge_initial_values
from sheetprop.submission.grade.iterations import judge_iterations
from sheetprop.submission.grade.judgement import Judged
from sheetprop.submission.grade.mathematics import judge_mathematics, missing_columns
from sheetprop.submission.grade.rates import judge_rates
from sheetprop.submission.grade.share import Share, of_tables
from sheetprop.submission.open.cells import Book

LEAST_POINTS = 0.01
"""What points are rounded to, and what the least lack costs: full points are for what is there in full."""


def judge_assignment(
    book: Book, judged: Sequence[Judged], assignment: Assignment
) -> tuple[list[Finding], list[ScoreLine]]:
    """Findings and points for a workbook with at least one table.

    Tables out of sight may lower the points, but not raise them: what they alone have earns nothing.
    """
    seen = [table for table in judged if not table.hidden]
    findings, lines = _judge_assignment(book, judged, assignment, judged)
    if not seen or len(seen) == len(judged):
        return findings, lines
    _, lines_of_seen = _judge_assignment(book, seen, assignment, judged)
    return findings, [_least(*pair) for pair in zip(lines, lines_of_seen, strict=True)]


def _least(of_all: ScoreLine, of_seen: ScoreLine) -> ScoreLine:
    if of_all.points <= of_seen.points:
        return of_all
    return replace(of_seen, reason=f"{of_seen.reason} (tables out of sight earn nothing)")


def _judge_assignment(
    book: Book, judged: Sequence[Judged], assignment: Assignment, every: Sequence[Judged]
) -> tuple[list[Finding], list[ScoreLine]]:
    shares = judge_mathematics(judged, assignment)
    findings = missing_columns(judged, assignment)
    shares["initial_values"] = judge_initial_values(judged, assignment, findings)
    shares["iterations"] = judge_iterations(judged, assignment, findings)
    shares["learning_rates"] = judge_rates(book, judged, assignment, findings, every)
    # What earns no points was not asked for, and nothing is said of it.
    shares["chart"] = judge_chart(book, judged, findings if assignment.rubric.get("chart") else [])
    shares["live"] = _live(judged)
    return findings, score_lines(shares, assignment)


def _live(judged: Sequence[Judged]) -> Share:
    pasted = [table for table in judged if not table.live]
    reason = f"pasted{of_tables(len(pasted), judged)}" if pasted else "all tables are live"
    return Share(1 - len(pasted) / len(judged), reason)


def score_lines(shares: Mapping[str, Share], assignment: Assignment) -> list[ScoreLine]:
    """The rubric's lines in their order; criteria without points are left out."""
    return [
        ScoreLine(key, title, _points(shares[key].part, points), points, shares[key].reason)
        for key, title in CRITERIA.items()
        if (points := assignment.rubric.get(key, 0))
    ]


def _points(part: float, most: float) -> float:
    """The points for a part, rounded; all of them only for the whole."""
    if part >= 1:
        return most
    return max(min(round(most * part, 2), math.floor((most - LEAST_POINTS) / LEAST_POINTS + 1e-9) * LEAST_POINTS), 0.0)


def nothing_to_judge(reason: str, assignment: Assignment) -> list[ScoreLine]:
    """No points on any line."""
    return score_lines(dict.fromkeys(CRITERIA, Share(0.0, reason)), assignment)


def of_another_student(lines: Sequence[ScoreLine], assignment: Assignment) -> list[ScoreLine]:
    """The lines of a submission with another student's numbers: what the template leaves of them."""
    kept = assignment.other_students_numbers
    reason = "another student's numbers"
    return [
        ScoreLine(
            line.criterion,
            line.title,
            min(_points(line.points * kept / line.max_points, line.max_points), line.points),
            line.max_points,
            f"{reason}; {line.reason}" if kept and line.points < line.max_points else reason,
        )
        for line in lines
    ]
