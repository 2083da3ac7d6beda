"""Points for the mathematics: what of a criterion's quantities is there, as formulas, and without a mistake."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from xlsxwriter.utility import xl_cell_to_rowcol

from sheetprop.assignment import Assignment
from sheetprop.network import NETWORK, Role, partial
from sheetprop.rubric import Per
from sheetprop.submission.find.tables import WEIGHTS
from sheetprop.submission.findings import Code, Finding, Severity
from sheetprop.submission.grade.idea import Idea, idea, most_apart
from sheetprop.submission.grade.iterations import shown
from sheetprop.submission.grade.judgement import Judged
from sheetprop.submission.grade.share import Share, of_tables
from sheetprop.submission.grade.valueless import Rows

SHARED_OUT = {
    "forward": NETWORK.keys(Role.FORWARD),
    "error": NETWORK.keys(Role.ERROR),
    "gradients": NETWORK.keys(Role.GRADIENT, Role.STEP),
    "updates": WEIGHTS,
}
"""Criteria whose points are shared out over these quantities."""
CRITERION_OF = {
    **{key: criterion for criterion, keys in SHARED_OUT.items() for key in keys},
    **dict.fromkeys(NETWORK.keys(Role.INPUT), "forward"),
    **dict.fromkeys(NETWORK.keys(Role.TARGET), "error"),
}
"""Where a mistake costs; inputs and targets are given and earn nothing, but may be spoiled."""
WITHOUT_PLACE = "updates"
"""Where a mistake costs that is no quantity's, such as another rule of training."""
WRONG, NO_VALUE, MISSING, TYPED, BLANK = "wrong", "without a value", "missing", "typed", "not filled"
"""Why a quantity loses points, the gravest first."""


def judge_mathematics(judged: Sequence[Judged], assignment: Assignment) -> dict[str, Share]:
    """The share of each criterion of :data:`SHARED_OUT`, in the mean of the tables."""
    tables = [_Mathematics(table, assignment) for table in judged]
    return {criterion: _share(criterion, tables, assignment) for criterion in SHARED_OUT}


def missing_columns(judged: Sequence[Judged], assignment: Assignment) -> list[Finding]:
    """Tell the quantities of the class that a table has no column for, nor inside the formulas of others."""
    findings = []
    for table in judged:
        mathematics = _Mathematics(table, assignment)
        told = {finding.quantity for finding in table.findings if finding.code is Code.MISSING_COLUMN}
        lacking = [key for key in CRITERION_OF if mathematics.is_missing(key) and key not in told]
        if lacking:
            labels = ", ".join(map(NETWORK.label, lacking))
            findings.append(
                Finding(
                    Code.MISSING_COLUMN,
                    Severity.WARNING,
                    f"The table has no {'column' if len(lacking) == 1 else 'columns'} for {labels}.",
                    sheet=table.found.sheet,
                )
            )
    return findings


class _Mathematics:
    """One table: of each quantity how much of it is there, and which mistakes it has."""

    def __init__(self, judged: Judged, assignment: Assignment) -> None:
        self.judged = judged
        self.asked = assignment.iterations
        self.rows = min(judged.iterations, self.asked)
        # Rows that are lacking cost under "iterations", and here only where hardly any is there.
        self.shown = shown(self.rows, self.asked)

    def keys(self, criterion: str) -> list[str]:
        """The quantities that count: the class's columns always, steps of the chain rule where the sheet has them."""
        columns = self.judged.table.columns
        return [key for key in SHARED_OUT[criterion] if key in columns or NETWORK[key].role is not Role.STEP]

    def there(self, key: str) -> float:
        """How much of a quantity is there, from 0 to 1: the share of its iterations that have a formula and a value."""
        if key not in self.judged.table.columns:
            users = _needed_by(key)
            inside = users and users <= self.judged.table.columns.keys()
            return min(map(self.there, users)) if inside else 0.0
        pasted = self.judged.pasted_from
        good = np.ones(self.rows, dtype=bool) if pasted else self._rows_of(self.judged.formulas, key)
        good = (good & ~self._rows_of(self.judged.valueless, key))[int(key in WEIGHTS) :]  # the first are given
        return float(np.mean(good)) if good.size else float(self.asked == 1)

    def _rows_of(self, rows: Rows, key: str) -> NDArray[np.bool_]:
        return rows[key][: self.rows] if key in rows else np.zeros(self.rows, dtype=bool)

    def is_missing(self, key: str) -> bool:
        """Whether a quantity of the class has neither a column nor is inside the formulas of what needs it."""
        if key in self.judged.table.columns or key not in SHARED_OUT[CRITERION_OF[key]]:
            return False
        users = _needed_by(key)
        computed, wrong = self.judged.computed, self.judged.wrong
        return NETWORK[key].role is not Role.STEP and not (users and users <= computed - wrong)

    @cached_property
    def ideas(self) -> dict[str, dict[str, set[Idea]]]:
        """By criterion, of each quantity that has one, its ideas (see idea.py)."""
        errors = [finding for finding in self.judged.findings if finding.severity is Severity.ERROR]
        if self.judged.iterations < self.asked:  # which rows that are copies cost already
            errors = [finding for finding in errors if finding.code is not Code.REPEATED_ROWS]
        of_key: dict[str, set[Idea]] = defaultdict(set)
        for finding in errors:
            of_key[finding.quantity if finding.quantity in CRITERION_OF else ""].add(idea(finding))
        # What is wrong by a helper's mistake, which is told at the first of the quantities that it makes wrong.
        shared = {idea(finding) for finding in errors if self._elsewhere(finding)}
        for key in self.judged.wrong - of_key.keys():
            of_key[key] = shared or {(WRONG, key)}
        for key in CRITERION_OF:
            if key not in self.judged.table.columns and key not in of_key:
                users = _needed_by(key)
                of_key[key] = set().union(*(of_key[user] for user in users if user in of_key))
        found: dict[str, dict[str, set[Idea]]] = {criterion: {} for criterion in SHARED_OUT}
        for key, its in of_key.items():
            if its:
                found[CRITERION_OF.get(key, WITHOUT_PLACE)][key] = its
        return found

    def _elsewhere(self, finding: Finding) -> bool:
        """Whether a finding is about cells of no quantity's column."""
        table = self.judged.table
        if finding.sheet is None or not finding.cells:
            return True
        place = xl_cell_to_rowcol(finding.cells.split(",")[0].split(":")[0])
        return not table.contains(finding.sheet, place)

    def lost(self, criterion: str, per: Per) -> float:
        """How many quantities' worth of a criterion are lost, at most all of them."""
        keys, ideas = self.keys(criterion), self.ideas[criterion]
        worth = {key: self.there(key) for key in keys} | dict.fromkeys(ideas.keys() - {*keys}, 1.0)
        wrong = sum(worth[key] for key in ideas)
        if per is Per.MISTAKE:
            paid = sum(worth[key] for key in most_apart(ideas, worth))
            wrong = max(paid, self.wrong_beyond_half * wrong)
        return min(float(len(keys)), sum(1 - worth[key] for key in keys) + wrong)

    @cached_property
    def wrong_beyond_half(self) -> float:
        """From 0, where at most half of the table's quantities are wrong, to 1, where all are."""
        keys = [key for criterion in SHARED_OUT for key in self.keys(criterion)]
        wrong = {key for ideas in self.ideas.values() for key in ideas}
        return max(2 * len(wrong.intersection(keys)) / len(keys) - 1, 0.0)

    def reached(self, criterion: str, per: Per) -> float:
        """The part of a criterion that is reached, from 0 to 1."""
        keys = self.keys(criterion)
        return self.shown * (1 - self.lost(criterion, per) / len(keys))

    def lacks(self, criterion: str) -> dict[str, str]:
        """Of each quantity that loses points, why."""
        why = dict.fromkeys((key for key in self.ideas[criterion] if key), WRONG)
        for key in self.keys(criterion):
            if key not in why and self.there(key) < 1:
                why[key] = self._why(key)
        return why

    def _why(self, key: str) -> str:
        if key not in self.judged.table.columns or key not in self.judged.filled:
            return MISSING
        if self._rows_of(self.judged.valueless, key).any():
            return NO_VALUE
        table = self.judged.table
        steps = range(int(key in WEIGHTS), self.rows)
        return TYPED if any(table.constant(key, step) for step in steps) else BLANK


def _needed_by(key: str) -> set[str]:
    """In whose formulas a quantity without a column of its own may stand."""
    if key in NETWORK.keys(Role.FORWARD):
        return {f"a_{key}"} & {*NETWORK.keys()}
    if key in ("E1", "E2"):
        return {"E_total"}
    return {weight for weight in WEIGHTS if partial("E", weight) == key}


def _share(criterion: str, tables: Sequence[_Mathematics], assignment: Assignment) -> Share:
    parts = [table.reached(criterion, assignment.per) for table in tables]
    if all(part == 1 for part in parts):
        return Share(1.0, "all right")
    return Share(max(sum(parts) / len(parts), 0.0), _reason(criterion, tables, assignment.per))


def _reason(criterion: str, tables: Sequence[_Mathematics], per: Per) -> str:
    """What is lacking, each quantity with the tables where it is."""
    count = Counter((why, key) for table in tables for key, why in table.lacks(criterion).items())
    parts = []
    for why in (WRONG, NO_VALUE, MISSING, TYPED, BLANK):
        by_count: dict[int, list[str]] = defaultdict(list)
        for key in NETWORK.keys():
            if (why, key) in count:
                by_count[count[why, key]].append(key)
        for number, keys in sorted(by_count.items(), reverse=True):
            by = ""
            if why == WRONG and per is Per.MISTAKE and len(tables) == 1 and not tables[0].wrong_beyond_half:
                own = tables[0].ideas[criterion]
                paying = len(most_apart(own, dict.fromkeys(own, 1.0)))
                by = f" by {paying} {'mistake' if paying == 1 else 'mistakes'}" if paying < len(keys) else ""
            parts.append(f"{why}{by}: {', '.join(map(NETWORK.label, keys))}{of_tables(number, tables)}")
    if any("" in table.ideas[criterion] for table in tables):
        parts.append("a mistake that is no single quantity's")
    for rows, times in sorted(Counter(table.rows for table in tables if table.shown < 1).items()):
        parts.append(f"only {rows} of {tables[0].asked} iterations{of_tables(times, tables)}")
    return "; ".join(parts)
