"""The numbers that were given: whether a table starts from the inputs, targets and weights that were asked for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from sheetprop.assignment import Assignment
from sheetprop.network import NETWORK
from sheetprop.submission.find.tables import WEIGHTS, cited
from sheetprop.submission.findings import Code, Finding, Severity
from sheetprop.submission.grade.judgement import Judged
from sheetprop.submission.grade.share import Share, also_in, of_tables


def judge_initial_values(judged: Sequence[Judged], assignment: Assignment, findings: list[Finding]) -> Share:
    """How many of the given numbers are as asked, in the mean of the tables; others become findings."""
    parts, unknown = [], 0
    told: dict[tuple[tuple[str, float, float], ...], list[Judged]] = defaultdict(list)
    for table in judged:
        own, asked = initial_values(table), _asked_of(table, assignment)
        other = [
            (key, value, asked[key]) for key, value in own.items() if not assignment.tolerances.same(value, asked[key])
        ]
        absent = asked.keys() - own.keys()
        unknown += bool(absent)
        parts.append(1 - (len(other) + len(absent)) / len(asked))
        if other:
            told[tuple(other)].append(table)
    for differing, tables in told.items():
        first = tables[0]
        values = ", ".join(f"{NETWORK.label(key)} = {own:.6g} (asked: {asked:.6g})" for key, own, asked in differing)
        cells = [first.table.cell(key, 0) for key, _, _ in differing if key in first.table.columns]
        at = cited(sorted(cells, key=lambda cell: cell.place)).sheets or ((first.found.sheet, None),)
        findings.append(
            Finding(
                Code.INITIAL_VALUES,
                Severity.WARNING,
                f"Other initial values than asked: {values}{also_in(tables)}.",
                sheet=at[0][0],
                cells=at[0][1],
                found=", ".join(f"{own:.6g}" for _, own, _ in differing),
                expected=", ".join(f"{asked:.6g}" for _, _, asked in differing),
            )
        )
    if not told and not unknown:
        return Share(1.0, "as asked")
    reasons = []
    if told:
        keys = dict.fromkeys(key for differing in told for key, _, _ in differing)
        otherwise = sum(map(len, told.values()))
        reasons.append(f"other than asked: {', '.join(map(NETWORK.label, keys))}{of_tables(otherwise, judged)}")
    if unknown:
        reasons.append(f"not all of them found{of_tables(unknown, judged)}")
    return Share(sum(parts) / len(parts), "; ".join(reasons))


def _asked_of(table: Judged, assignment: Assignment) -> Mapping[str, float]:
    """What a table is asked to start from: by the names of the weights, or by its own wiring, whichever is nearer."""
    asked, own = assignment.given, initial_values(table)
    wired = {key: asked[table.convention.renamed(key)] for key in asked}
    return min((asked, wired), key=lambda given: sum(not assignment.tolerances.same(own[k], given[k]) for k in own))


def initial_values(judged: Judged) -> dict[str, float]:
    """Inputs, targets and the first iteration's weights of a table, as far as they are known."""
    values = dict(judged.parameters.given)
    for weight in WEIGHTS:
        if weight in judged.table.columns:
            value = judged.table.number(weight, 0)
            if value is not None:
                values[weight] = value
    return values
