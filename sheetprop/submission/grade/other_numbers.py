"""Tables of other numbers than asked, as that of the class's file, beside a right one of those asked."""

from __future__ import annotations

from collections.abc import Sequence

from sheetprop.assignment import Assignment
from sheetprop.submission.findings import Finding, Severity
from sheetprop.submission.grade.counting import left_out, named
from sheetprop.submission.grade.initial_values import initial_values
from sheetprop.submission.grade.judgement import Judged

HALF = 2
"""A table is another's where one in so many of its numbers, or more, is not the one asked for."""


def without_other_numbers(judged: Sequence[Judged], asked: Assignment) -> tuple[list[Judged], list[Finding]]:
    """The tables that count, with a note on each of the others; all do without a right one that starts as asked."""
    right = [table for table in judged if not _apart(table, asked) and not _is_wrong(table)]
    counted, notes = list[Judged](), list[Finding]()
    for table in judged:
        seen = (other for other in right if table.hidden or not other.hidden)
        own = next((other for other in seen if other.table.count >= table.table.count), None)
        if own is None or _apart(table, asked) * HALF < len(asked.given):
            counted.append(table)
            continue
        reason = f"it starts from other numbers than asked, beside the right table {named(own)} that starts from those"
        notes.append(left_out(table, reason))
    return counted, notes


def _apart(table: Judged, asked: Assignment) -> int:
    """How many of the numbers asked for a table does not start from."""
    own = initial_values(table)
    return sum(key not in own or not asked.tolerances.same(own[key], value) for key, value in asked.given.items())


def _is_wrong(table: Judged) -> bool:
    return any(finding.severity is Severity.ERROR for finding in table.findings)
