"""What a mistake leaves without a value: cells that show an error because of it, or need their own result."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from graphlib import CycleError, TopologicalSorter

import numpy as np
from numpy.typing import NDArray

from sheetprop.expression import Expression
from sheetprop.submission.compare.case import Case
from sheetprop.submission.find.pieces import GIVEN
from sheetprop.submission.findings import Severity
from sheetprop.submission.grade.idea import DOLLAR
from sheetprop.submission.open.cells import ErrorValue
from sheetprop.submission.understand.reading import LOOP, Run

Rows = dict[str, NDArray[np.bool_]]
"""By quantity, of each iteration whether something holds."""
_Needed = tuple[str, int, bool]
"""A quantity, an iteration, and whether that is fixed rather than counted from the formula's own."""


def valueless_rows(case: Case) -> Rows:
    """The iterations at which quantities have no value because of a mistake; nothing where no mistake was told."""
    if not any(finding.severity is Severity.ERROR for finding in case.findings):
        return {}
    rows = _showing_errors(case)
    for key, lost in _in_circles(case).items():
        rows[key] = rows[key] | lost if key in rows else lost
    return rows


def _showing_errors(case: Case) -> Rows:
    """Cells that show an error; none of them where the first ones are right, so that something else is the cause."""
    table = case.table
    if not any(cells.has_errors for cells in table.sheets.values()):
        return {}
    rows = {
        key: np.array([isinstance(table.value(key, n), ErrorValue) for n in range(table.count)]) for key in case.runs
    }
    rows = {key: shown for key, shown in rows.items() if shown.any()}
    first = min((int(np.argmax(shown)) for shown in rows.values()), default=0)
    # A missing $ is one mistake, also where the reference slides onto a heading.
    slid = {finding.quantity for finding in case.findings if finding.code in DOLLAR}
    caused = any(rows[key][first] for key in rows.keys() & case.wrong_keys - slid)
    return rows if caused else {}


def _in_circles(case: Case) -> Rows:
    """Cells that need their own result, and those that need them."""
    formulas = [
        (key, run, set(_needed(case, run.content.expression, 0)))
        for key, runs in case.runs.items()
        if key not in GIVEN
        for run in runs
        if run.content.expression is not None
    ]
    if not case.book.circles and not _may_close(formulas):
        return {}
    needs = {
        (key, step): {(name, at if fixed else step + at) for name, at, fixed in needed}
        for key, run, needed in formulas
        for step in range(run.first, run.last + 1)
    }
    for (key, step), sources in needs.items():
        own = case.table.cell(key, step)
        if case.book.circles.number(own.sheet, own.place) is not None:  # also by what is multiplied by 0
            sources.add((LOOP, 0))
    waiting: dict[tuple[str, int], int] = {}
    users: dict[tuple[str, int], list[tuple[str, int]]] = defaultdict(list)
    for cell, sources in needs.items():
        sources = {source for source in sources if source in needs or source[0] == LOOP}
        waiting[cell] = len(sources)
        for source in sources:
            users[source].append(cell)
    ready = deque(cell for cell, count in waiting.items() if not count)
    while ready:
        for user in users[ready.popleft()]:
            waiting[user] -= 1
            if not waiting[user]:
                ready.append(user)
    rows: Rows = {}
    for (key, step), count in waiting.items():
        if count:
            rows.setdefault(key, np.zeros(case.table.count, dtype=bool))[step] = True
    return rows


def _needed(case: Case, expression: Expression, shift: int) -> Iterator[_Needed]:
    """What a formula needs, its helpers' needs included, which are seen from where they are used."""
    for name in expression.names:
        if name.startswith("~"):
            helper, _, offset = name.partition("@")
            yield from _needed(case, case.reading.helpers[helper].expression, shift + int(offset or 0))
        elif name.startswith(LOOP):
            yield LOOP, 0, True
        elif ":" not in name:
            key, fixed, step = name.partition("#")
            if fixed:
                yield key, int(step), True
            else:
                key, _, offset = name.partition("@")
                yield key, shift + int(offset or 0), False


def _may_close(formulas: Sequence[tuple[str, Run, set[_Needed]]]) -> bool:
    """Whether there can be a circle: something leads ahead, or quantities of one iteration need each other."""
    beside: dict[str, set[str]] = defaultdict(set)
    for key, run, needed in formulas:
        for name, at, fixed in needed:
            if name == LOOP or (at >= run.first if fixed else at > 0):
                return True
            if not fixed and at == 0:
                beside[key].add(name)
    try:
        TopologicalSorter(beside).prepare()
    except CycleError:
        return True
    return False
