"""The iterations that were asked for: how many each table has."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from sheetprop.assignment import Assignment
from sheetprop.submission.findings import Code, Finding, Severity
from sheetprop.submission.grade.judgement import Judged
from sheetprop.submission.grade.share import Share, also_in, of_tables

LEAST_ITERATIONS = 10
"""What a table needs to show its mathematics whole where more are asked; half of what is asked where that is less."""


def shown(iterations: int, asked: int) -> float:
    """Which share of the mathematics so many iterations show: one row shows that of all, but not that it goes on."""
    return min(1.0, iterations / min(LEAST_ITERATIONS, asked / 2))


def judge_iterations(judged: Sequence[Judged], assignment: Assignment, findings: list[Finding]) -> Share:
    """How many of the iterations are there, in the mean of the tables; what is lacking becomes findings."""
    asked = assignment.iterations
    by_count: dict[int, list[Judged]] = defaultdict(list)
    for table in judged:
        if table.iterations < asked:
            by_count[table.iterations].append(table)
    most = max(table.iterations for table in judged)
    for count, tables in by_count.items():
        first = tables[0].table
        findings.append(
            Finding(
                Code.TOO_FEW_ITERATIONS,
                Severity.WARNING,
                f"{count} {'iteration' if count == 1 else 'iterations'} where {asked} are asked{also_in(tables)}."
                + ("" if shown(most, asked) == 1 else " That is too little to judge: it counts in part."),
                sheet=tables[0].found.sheet,
                cells=str(first.cells_of(first.keys[0], [count - 1])),
                found=str(count),
                expected=str(asked),
            )
        )
    if not by_count:
        return Share(1.0, f"{asked} or more")
    reasons = (f"{count} of {asked}{of_tables(len(tables), judged)}" for count, tables in sorted(by_count.items()))
    return Share(sum(min(table.iterations / asked, 1.0) for table in judged) / len(judged), "; ".join(reasons))
