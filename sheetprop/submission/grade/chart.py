"""The chart that was asked for: whether the error of every table is shown, whole."""

from __future__ import annotations

from collections.abc import Sequence

from sheetprop.network import NETWORK, Role
from sheetprop.submission.findings import Code, Finding, Severity
from sheetprop.submission.grade.judgement import Judged
from sheetprop.submission.grade.share import Share
from sheetprop.submission.open.areas import corners
from sheetprop.submission.open.cells import Book
from sheetprop.submission.open.package import Chart

ERRORS = frozenset(NETWORK.keys(Role.ERROR))


def judge_chart(book: Book, judged: Sequence[Judged], findings: list[Finding]) -> Share:
    """Whether there is a chart, and of each table whether it is shown to its last iteration."""
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
    if other := _only_other_columns(charts, judged):
        findings.append(
            Finding(
                Code.CHART_MISSING,
                Severity.WARNING,
                f"There is no chart of the error over the iterations: what is charted is {other}.",
                sheet=judged[0].found.sheet,
            )
        )
        return Share(0.0, "no chart of the error")
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


def _only_other_columns(charts: Sequence[Chart], judged: Sequence[Judged]) -> str:
    """The quantities that charts show where they show columns of the tables, and no errors; else nothing."""
    shown: set[str] = set()
    for chart in charts:
        for reference in chart.series:
            keys = {key for table in judged for key in table.table.columns if _lines_of(key, [reference], table)}
            if not keys or keys & ERRORS:
                return ""
            shown |= keys
    return ", ".join(NETWORK.label(key) for key in NETWORK.keys() if key in shown)


def _shown_lines(charts: Sequence[Chart], judged: Judged) -> list[tuple[int, int]]:
    """The lines of a table's error column that charts show, as first and last, from zero."""
    return _lines_of("E_total", [reference for chart in charts for reference in chart.series], judged)


def _lines_of(key: str, references: Sequence[str], judged: Judged) -> list[tuple[int, int]]:
    """The lines of a table's column that references take in, as first and last, from zero."""
    table, shown = judged.table, []
    if key not in table.columns:
        return []
    pieces = table.pieces_of(key)
    for reference in references:
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
            on_column = column <= piece.columns[key] <= last_column
            if on_column and first <= piece.lines[-1] and last >= piece.lines[0]:
                shown.append((first, last))
    return shown
