"""The learning rates that were asked for: a table, or a column of errors beside others, for each of them."""

from __future__ import annotations

from collections.abc import Sequence

from sheetprop.assignment import Assignment
from sheetprop.submission.findings import Code, Finding, Severity
from sheetprop.submission.grade.comparison import Comparison, find_comparisons
from sheetprop.submission.grade.initial_values import initial_values
from sheetprop.submission.grade.judgement import Judged
from sheetprop.submission.grade.share import Share
from sheetprop.submission.open.cells import Book


def judge_rates(
    book: Book,
    judged: Sequence[Judged],
    assignment: Assignment,
    findings: list[Finding],
    every: Sequence[Judged] = (),
) -> Share:
    """Which rates are covered, and what is said of the others; ``every`` has tables that do not count as well."""
    asked = assignment.learning_rates
    own = [table.parameters.rate for table in judged if table.parameters.rate is not None]
    missing = [rate for rate in asked if not any(assignment.tolerances.same(found, rate) for found in own)]
    comparisons: list[Comparison] = []
    if missing:
        tables = [table.table for table in every or judged]
        comparisons = find_comparisons(book, tables, assignment, initial_values(judged[0]), missing)
    covered = {comparison.rate for comparison in comparisons if comparison.right}
    comparisons = [comparison for comparison in comparisons if comparison.is_meant(comparisons)]
    lacking = [rate for rate in missing if rate not in covered]
    for rate in lacking:
        wrong = next((c for c in comparisons if c.rate == rate), None)
        if wrong:
            findings.append(
                Finding(
                    Code.RATE_NOT_COVERED,
                    Severity.WARNING,
                    f"The numbers under the learning rate {rate:g} are not the errors at that rate.",
                    sheet=wrong.sheet,
                    cells=wrong.cells,
                )
            )
    absent = [rate for rate in lacking if not any(c.rate == rate for c in comparisons)]
    if absent:
        rates = ", ".join(f"{rate:g}" for rate in absent)
        findings.append(
            Finding(
                Code.RATE_NOT_COVERED,
                Severity.WARNING,
                f"Learning {'rate' if len(absent) == 1 else 'rates'} {rates}: neither a table nor a column of errors "
                "beside others.",
                expected=rates,
            )
        )
    covered_count = len(asked) - len(lacking)
    reason = (
        "all covered"
        if not lacking
        else f"{covered_count} of {len(asked)} covered; not {', '.join(f'{rate:g}' for rate in lacking)}"
    )
    return Share(covered_count / len(asked), reason)
