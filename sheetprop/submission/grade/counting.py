"""Which tables of a workbook count as the submission's own, and why others are left out.

Left out is what was only tried out, checked or copied. A table that is wrong is never left out for that.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np

from sheetprop.expression import Expression, Symbol
from sheetprop.network import NETWORK, Role
from sheetprop.submission.compare.case import Case
from sheetprop.submission.compare.samples import equal
from sheetprop.submission.find.pieces import GIVEN
from sheetprop.submission.find.tables import WEIGHTS, Table
from sheetprop.submission.findings import Code, Finding, Severity

TRAINING = set(NETWORK.keys(Role.FORWARD, Role.STEP, Role.GRADIENT))
"""What the next weights are computed from, besides the weights themselves."""
GRADIENTS = set(NETWORK.keys(Role.GRADIENT))
FEW, MANY = 2, 10
"""So few iterations are tried out, where another table has so many."""
HALF = 2
EQUAL = 1e-9
"""Relative difference of numbers that are the same but for rounding."""
"""A table that is filled in no more than the right one over this is one that was given up."""


class Placed(Protocol):
    """What is about a table: its case, or what its judgement came to."""

    @property
    def table(self) -> Table:
        """The table."""


def choose(cases: Sequence[Case]) -> tuple[list[Case], list[Finding]]:
    """The tables that are judged, and a note on each of the others; where none would count, all do."""
    counted, notes = [case for case in cases if trains(case)], list[Finding]()
    if all(case.hidden for case in counted):  # what is shown in its place is judged, whatever its weights do
        counted = [case for case in cases if case in counted or (not case.hidden and _is_whole(case))] or list(cases)
    for rule in BEFORE_JUDGEMENT:
        reasons = {id(case): rule(case, counted) for case in counted}
        if all(reasons.values()):
            continue
        for case in counted:
            if reason := reasons[id(case)]:
                notes.append(left_out(case, reason))
        counted = [case for case in counted if not reasons[id(case)]]
    return counted, notes


def _is_whole(case: Case) -> bool:
    """Whether a table has the columns of training, and is no check of gradients or list of results."""
    return {*WEIGHTS, *GRADIENTS} <= {*case.table.keys}


def trains(case: Case) -> bool:
    """Whether a table is meant to train; a check of the gradients or a list of results is not, and goes without saying.

    Weights that are typed are its own, and so are those that only stand still.
    """
    computed = moving = False
    learning = TRAINING | (set(WEIGHTS) if GRADIENTS & set(case.table.keys) else set())
    for weight in WEIGHTS:
        for run in case.runs.get(weight, []):
            expression = run.content.expression
            if run.last == 0 or run.content.kind in ("constant", "empty"):
                continue
            computed = True
            moving = moving or expression is None or not _stands_still(case, weight, expression)
            if expression is None:
                continue
            parts = (expression, *case.helpers_of_expression(expression))
            if {name.partition("@")[0].partition("#")[0] for part in parts for name in part.symbols()} & learning:
                return True
    return not (computed and moving)


def _stands_still(case: Case, weight: str, expression: Expression) -> bool:
    """Whether a formula repeats its own weight, the one before or that of some iteration."""
    if isinstance(expression, Symbol):
        return expression.key.partition("@")[0].partition("#")[0] == weight
    return equal(case.evaluator(expression), case.evaluator.name(f"{weight}@-1"))


def given_up(case: Case, right: Sequence[Case]) -> str | None:
    """Why a judged table is one that was given up, beside the ``right`` ones of the workbook."""
    rate, filled = case.parameters.rate, filled_cells(case)
    for other in right:
        if other.hidden and not case.hidden:
            continue
        own = other.parameters.rate
        same = rate is None or (own is not None and case.tolerances.same(rate, own))
        if other is not case and same and filled * HALF <= filled_cells(other):
            return f"it is filled in at most half as far as the right table {named(other)} at the same learning rate"
    return None


def equal_to(case: Case, others: Sequence[Case]) -> str | None:
    """Why a right table does not count besides the ``others``: one of them has its columns and its numbers."""
    rate, keys = case.parameters.rate, sorted(case.reading.keys)
    for other in others:
        own = other.parameters.rate
        same_rate = rate == own or (rate is not None and own is not None and case.tolerances.same(rate, own))
        if not same_rate or other.table.count != case.table.count or sorted(other.reading.keys) != keys:
            continue
        pairs = [(case.numbers.values(key), other.numbers.values(key)) for key in keys]
        if all(np.allclose(found, known, rtol=EQUAL, atol=0, equal_nan=True) for found, known in pairs):
            return f"it has the numbers of the right table {named(other)}, and equal tables count once"
    return None


def left_out(case: Placed, reason: str) -> Finding:
    """The note on a table that does not count."""
    sheet, cells = case.table.area.sheets[0]
    message = f"The table {named(case)} is left out of the count: {reason}."
    return Finding(Code.LEFT_OUT, Severity.NOTE, message, sheet=sheet, cells=cells)


def named(case: Placed) -> str:
    """A table for people: on 'Sheet1' (A4:AE15)."""
    sheet, cells = case.table.area.sheets[0]
    return f"on '{sheet}' ({cells})"


def filled_keys(case: Case) -> set[str]:
    """Quantities that have something after what is given."""
    after = {key: [run for run in runs if run.last >= (key in WEIGHTS)] for key, runs in case.runs.items()}
    return {key for key, runs in after.items() if any(run.content.kind != "empty" for run in runs)}


def filled_cells(case: Case) -> int:
    """How many cells of a table hold anything."""
    runs = (run for runs in case.runs.values() for run in runs)
    return sum(run.last - run.first + 1 for run in runs if run.content.kind != "empty")


def _not_filled_in(case: Case, cases: Sequence[Case]) -> str | None:
    return None if filled_keys(case) - GIVEN else "nothing is filled in, as in the file that was handed out"


def _tried_out(case: Case, cases: Sequence[Case]) -> str | None:
    count, most = case.table.count, max((o.table.count for o in cases if case.hidden or not o.hidden), default=0)
    if count > FEW or most < MANY:
        return None
    return f"it has {count} {'iteration' if count == 1 else 'iterations'}, tried out beside a table of {most}"


def _copied(case: Case, cases: Sequence[Case]) -> str | None:
    """The same formulas and numbers, cell by cell, as a table before it."""
    for other in sorted(cases, key=lambda case: case.hidden is not None):  # what is seen first
        if other is case:
            return None
        alike = other.table.count == case.table.count and set(other.table.keys) == set(case.table.keys)
        if alike and other.parameters.rate == case.parameters.rate and _contents(other) == _contents(case):
            return f"it is a copy of the table {named(other)}"
    return None


def _contents(case: Case) -> list[object]:
    table = case.table
    return [
        (table.sheet(key, step).formulas.get(table.place(key, step)), table.value(key, step))
        for key in sorted(table.keys)
        for step in range(table.count)
    ]


BEFORE_JUDGEMENT: tuple[Callable[[Case, Sequence[Case]], str | None], ...] = (
    _not_filled_in,
    _tried_out,
    _copied,
)
"""Why a table does not count, each asked in turn of those that still do."""
