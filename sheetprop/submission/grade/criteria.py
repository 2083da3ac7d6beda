"""The assignment apart from the mathematics: what was asked, how much of it is there, and the points for it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from sheetprop.assignment import Assignment
from sheetprop.network import NETWORK, Role, partial
from sheetprop.rubric import CRITERIA
from sheetprop.submission.find.tables import WEIGHTS, cited
from sheetprop.submission.findings import Code, Finding, ScoreLine, Severity
from sheetprop.submission.grade.comparison import Comparison, find_comparisons
from sheetprop.submission.grade.judgement import Judged
from sheetprop.submission.open.areas import corners
from sheetprop.submission.open.cells import Book
from sheetprop.submission.open.package import Chart

LEAST_ITERATIONS = 10
"""With fewer there is too little to judge."""
GIVEN = NETWORK.keys(Role.TARGET, Role.INPUT)
SHARED_OUT = {
    "forward": [*GIVEN, *NETWORK.keys(Role.FORWARD)],
    "error": NETWORK.keys(Role.ERROR),
    "gradients": [*NETWORK.keys(Role.GRADIENT), *NETWORK.keys(Role.STEP)],
    "updates": WEIGHTS,
}
"""Criteria whose points are shared out over the quantities that are right."""


@dataclass
class Share:
    """How much of a criterion is reached, from 0 to 1, and why."""

    part: float
    reason: str


def judge_assignment(
    book: Book, judged: Sequence[Judged], assignment: Assignment
) -> tuple[list[Finding], list[ScoreLine]]:
    """Findings and points for a workbook with at least one table."""
    findings: list[Finding] = []
    shares = {key: _mathematics(key, judged) for key in SHARED_OUT}
    _missing_columns(judged, findings)
    shares["initial_values"] = _initial_values(judged, assignment, findings)
    shares["iterations"] = _iterations(judged, assignment, findings)
    shares["learning_rates"] = _learning_rates(book, judged, assignment, findings)
    shares["chart"] = _chart(book, judged, findings)
    live = [table for table in judged if table.live]
    reason = "all tables are live" if len(live) == len(judged) else f"{len(judged) - len(live)} of {len(judged)} pasted"
    shares["live"] = Share(len(live) / len(judged), reason)
    return findings, score_lines(shares, assignment)


def score_lines(shares: dict[str, Share], assignment: Assignment) -> list[ScoreLine]:
    """The rubric's lines in their order; criteria without points are left out."""
    lines = []
    for key, title in CRITERIA.items():
        points = assignment.rubric.get(key, 0)
        if points:
            share = shares[key]
            lines.append(ScoreLine(key, title, round(points * share.part, 2), points, share.reason))
    return lines


def nothing_to_judge(reason: str, assignment: Assignment) -> list[ScoreLine]:
    """No points on any line."""
    return score_lines(dict.fromkeys(CRITERIA, Share(0.0, reason)), assignment)


def _mathematics(criterion: str, judged: Sequence[Judged]) -> Share:
    parts, wrong = [], defaultdict(list)
    for table in judged:
        keys = [key for key in SHARED_OUT[criterion] if _expected(key, table)]
        right = [key for key in keys if _is_right(key, table)]
        for key in keys:
            if key not in right:
                wrong[key].append(table.found.sheet)
        parts.append(len(right) / len(keys) if keys else 0.0)
    if not wrong:
        return Share(sum(parts) / len(parts), "all right")
    labels = ", ".join(NETWORK.label(key) for key in wrong)
    where = "" if len(judged) == 1 else f" (in {max(map(len, wrong.values()))} of {len(judged)} tables)"
    return Share(sum(parts) / len(parts), f"wrong or missing: {labels}{where}")


def _expected(key: str, table: Judged) -> bool:
    """Whether a quantity counts: the class's own columns always, others where the sheet has them."""
    return key in table.table.columns or (key not in GIVEN and NETWORK[key].role is not Role.STEP)


def _is_right(key: str, table: Judged) -> bool:
    if key in table.wrong:
        return False
    columns = table.table.columns
    if key in columns:
        return key in table.filled
    # What has no column of its own may stand inside the formulas of what needs it.
    needed_by = {f"a_{key}"} if key in NETWORK.keys(Role.FORWARD) else set()
    if key in ("E1", "E2"):
        needed_by = {"E_total"}
    needed_by |= {weight for weight in WEIGHTS if partial("E", weight) == key}
    return bool(needed_by) and all(user in table.computed and user not in table.wrong for user in needed_by)


def _missing_columns(judged: Sequence[Judged], findings: list[Finding]) -> None:
    """Quantities of the class that a table has no column for, nor inside the formulas of others."""
    for table in judged:
        missing = [
            key
            for keys in SHARED_OUT.values()
            for key in keys
            if key not in table.table.columns and _expected(key, table) and not _is_right(key, table)
        ]
        told = {finding.quantity for finding in table.findings if finding.code is Code.MISSING_COLUMN}
        if lacking := [key for key in missing if key not in told]:
            labels = ", ".join(NETWORK.label(key) for key in lacking)
            findings.append(
                Finding(
                    Code.MISSING_COLUMN,
                    Severity.WARNING,
                    f"The table has no {'column' if len(lacking) == 1 else 'columns'} for {labels}.",
                    sheet=table.found.sheet,
                )
            )


def _initial_values(judged: Sequence[Judged], assignment: Assignment, findings: list[Finding]) -> Share:
    asked, parts = assignment.given, []
    told: dict[tuple[tuple[str, float], ...], list[Judged]] = defaultdict(list)
    for table in judged:
        own = initial_values(table)
        other = {key: value for key, value in own.items() if not assignment.tolerances.same(value, asked[key])}
        parts.append(1 - (len(other) + len(asked.keys() - own.keys())) / len(asked))
        if other:
            told[tuple(other.items())].append(table)
    for differing, tables in told.items():
        first = tables[0]
        values = ", ".join(f"{NETWORK.label(key)} = {value:.6g} (asked: {asked[key]:.6g})" for key, value in differing)
        cells = [first.table.cell(key, 0) for key, _ in differing if key in first.table.columns]
        at = cited(sorted(cells, key=lambda cell: cell.place)).sheets or ((first.found.sheet, None),)
        findings.append(
            Finding(
                Code.INITIAL_VALUES,
                Severity.WARNING,
                f"Other initial values than asked: {values}{_also_on(tables)}.",
                sheet=at[0][0],
                cells=at[0][1],
                found=", ".join(f"{value:.6g}" for _, value in differing),
                expected=", ".join(f"{asked[key]:.6g}" for key, _ in differing),
            )
        )
    reason = "as asked" if not told else f"{sum(map(len, told.values()))} of {len(judged)} tables start otherwise"
    return Share(max(sum(parts) / len(parts), 0.0), reason)


def initial_values(judged: Judged) -> dict[str, float]:
    """Inputs, targets and the first iteration's weights of a table, as far as they are known."""
    values = dict(judged.parameters.given)
    for weight in WEIGHTS:
        if weight in judged.table.columns:
            value = judged.table.number(weight, 0)
            if value is not None:
                values[weight] = value
    return values


def _also_on(tables: Sequence[Judged]) -> str:
    return "" if len(tables) == 1 else f" (in {len(tables)} tables)"


def _iterations(judged: Sequence[Judged], assignment: Assignment, findings: list[Finding]) -> Share:
    asked = assignment.iterations
    short = [table for table in judged if table.found.iterations < asked]
    by_count: dict[int, list[Judged]] = defaultdict(list)
    for table in short:
        by_count[table.found.iterations].append(table)
    most = max(table.found.iterations for table in judged)
    for count, tables in by_count.items():
        first = tables[0]
        findings.append(
            Finding(
                Code.TOO_FEW_ITERATIONS,
                Severity.WARNING if most >= LEAST_ITERATIONS else Severity.ERROR,
                f"{count} {'iteration' if count == 1 else 'iterations'} where {asked} are asked{_also_on(tables)}."
                + ("" if most >= LEAST_ITERATIONS else " That is too little to judge."),
                sheet=first.found.sheet,
                cells=str(first.table.cells_of(first.table.keys[0], [first.table.count - 1])),
                found=str(count),
                expected=str(asked),
            )
        )
    parts = [min(table.found.iterations / asked, 1.0) for table in judged]
    reason = f"{asked} or more" if not short else f"{min(by_count)} of {asked}{_also_on(short)}"
    return Share(sum(parts) / len(parts), reason)


def _learning_rates(
    book: Book,
    judged: Sequence[Judged],
    assignment: Assignment,
    findings: list[Finding],
) -> Share:
    asked = assignment.learning_rates
    own = [table.parameters.rate for table in judged if table.parameters.rate is not None]
    missing = [rate for rate in asked if not any(assignment.tolerances.same(found, rate) for found in own)]
    comparisons: list[Comparison] = []
    if missing:
        tables = [table.table for table in judged]
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
    reason = "all covered" if not lacking else f"{covered_count} of {len(asked)} covered"
    return Share(covered_count / len(asked), reason)


def _chart(book: Book, judged: Sequence[Judged], findings: list[Finding]) -> Share:
    charts = book.charts
    if charts and all("[" in reference for chart in charts for reference in chart.series or ("[",)):
        findings.append(
            Finding(
                Code.CHART_SHORT,
                Severity.WARNING,
                "The charts show numbers of another workbook, not of this one.",
                sheet=judged[0].found.sheet,
            )
        )
        return Share(0.5, "shows another workbook")
    if not charts:
        picture = " A picture of a chart does not follow the numbers." if book.package.pictures else ""
        findings.append(
            Finding(
                Code.CHART_MISSING,
                Severity.WARNING,
                f"There is no chart of the error over the iterations.{picture}",
                sheet=judged[0].found.sheet,
            )
        )
        return Share(0.0, "no chart")
    short = 0
    for table in judged:
        own, shown = table.table, _shown_lines(charts, table)
        if not shown or any(first <= own.lines[0] + 1 and last >= own.lines[-1] for first, last in shown):
            continue
        first, last = max(shown, key=lambda lines: lines[1] - lines[0])
        short += 1
        findings.append(
            Finding(
                Code.CHART_SHORT,
                Severity.WARNING,
                f"The error chart shows rows {first + 1} to {last + 1}; the table has rows {own.lines[0] + 1} to "
                f"{own.lines[-1] + 1}.",
                "E_total",
                *own.cells_of("E_total", range(own.count)).sheets[0],
            )
        )
    reason = "there" if not short else f"{short} of {len(judged)} tables not shown whole"
    return Share(1 - 0.5 * short / len(judged), reason)


def _shown_lines(charts: Sequence[Chart], judged: Judged) -> list[tuple[int, int]]:
    """The lines of a table's error column that charts show, as first and last, from zero."""
    table, shown = judged.table, []
    if "E_total" not in table.columns:
        return []
    pieces = table.pieces_of("E_total")
    for chart in charts:
        for reference in chart.series:
            sheet, _, cells = reference.rpartition("!")
            try:
                top, left, bottom, right = corners(cells)
            except ValueError:
                continue
            for piece in pieces:
                if sheet.strip("'").replace("''", "'").lower() != piece.cells.name.lower():
                    continue
                first, column = piece.position((top, left))
                last, last_column = piece.position((bottom, right))
                on_column = column <= piece.columns["E_total"] <= last_column
                if on_column and first <= piece.lines[-1] and last >= piece.lines[0]:
                    shown.append((first, last))
    return shown
