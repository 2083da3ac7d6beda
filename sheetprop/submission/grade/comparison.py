"""Comparison columns: the errors of several learning rates side by side, which students copy out of their one table."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from sheetprop.assignment import Assignment, Tolerances
from sheetprop.descent import compute
from sheetprop.submission.find.tables import Table, span
from sheetprop.submission.open.cells import Book, Cells, Place
from sheetprop.submission.understand.rates import rate_in_text

LEAST = 10
"""Numbers under a rate's heading that make a column of errors."""
SEVERAL = 3
"""Rates side by side that are headings of a comparison."""
COMPARED = 12
CLOSE = 1e-2
"""Relative difference from the right error that still shows that rate: the sheet's own mistakes are told elsewhere."""
_LAST_NUMBER = re.compile(r"([0-9]*\.?[0-9]+)\s*\)?\s*$")


@dataclass(frozen=True)
class Comparison:
    """A series of numbers headed by a learning rate, and whether it is the error at that rate."""

    rate: float
    sheet: str
    cells: str
    right: bool
    heading: Place

    def is_meant(self, others: Sequence[Comparison]) -> bool:
        """Whether it stands beside right ones or in a row of several: many a column begins with such a number."""
        beside = [o for o in others if o.sheet == self.sheet]
        rows = {o.rate for o in beside if o.heading[0] == self.heading[0]}
        columns = {o.rate for o in beside if o.heading[1] == self.heading[1]}
        return any(o.right for o in beside) or max(len(rows), len(columns)) >= SEVERAL


def find_comparisons(
    book: Book, tables: Sequence[Table], assignment: Assignment, given: Mapping[str, float], rates: Sequence[float]
) -> list[Comparison]:
    """The series for ``rates`` in a workbook whose tables start from ``given`` (inputs, targets and weights)."""
    errors = _errors(assignment, given, rates)
    found = []
    for cells in book:
        for place, rate in _headings(cells, rates, assignment.tolerances):
            for series in _series(cells, place, tables):
                numbers = np.array([cells.number(p) for p in series[:COMPARED]], dtype=float)
                right = errors is None or _follows(numbers, errors[rate])
                found.append(Comparison(rate, cells.name, span(series[0], series[-1]), right, place))
    return found


def _errors(
    assignment: Assignment, given: Mapping[str, float], rates: Sequence[float]
) -> dict[float, np.ndarray] | None:
    if not assignment.given.keys() <= given.keys():
        return None
    asked = replace(assignment.with_given(given), learning_rates=tuple(rates), iterations=COMPARED + 2)
    return dict(zip(rates, compute(asked)["E_total"], strict=True))


def _follows(numbers: np.ndarray, errors: np.ndarray) -> bool:
    """Whether numbers are an error's course, from its first or second iteration on."""
    for start in (0, 1, 2):
        expected = errors[start : start + len(numbers)]
        if np.all(np.abs(numbers[: len(expected)] - expected) <= CLOSE * np.abs(expected) + 1e-12):
            return True
    return False


def _headings(cells: Cells, rates: Sequence[float], tolerances: Tolerances) -> Iterator[tuple[Place, float]]:
    for place, value in cells.values.items():
        if type(value) is float:
            rate: float | None = value
        elif isinstance(value, str) and len(value) <= 40:
            number = _LAST_NUMBER.search(value)
            rate = rate_in_text(value) or (float(number[1]) if number else None)
        else:
            continue
        same = [asked for asked in rates if rate is not None and tolerances.same(rate, asked)]
        if same:
            yield place, same[0]


def _series(cells: Cells, place: Place, tables: Sequence[Table]) -> Iterator[list[Place]]:
    """The numbers below, or to the right of, a heading that is not itself part of a table."""
    own = [table for table in tables if cells.name in table.sheets]
    if any(table.contains(cells.name, place) for table in own):
        return
    for down, right in ((1, 0), (0, 1)):
        series: list[Place] = []
        row, column = place[0] + down, place[1] + right
        # One cell between the heading and its numbers may hold a second heading.
        if cells.number((row, column)) is None:
            row, column = row + down, column + right
        while cells.number((row, column)) is not None and not any(
            table.contains(cells.name, (row, column)) for table in own
        ):
            series.append((row, column))
            row, column = row + down, column + right
        if len(series) >= LEAST:
            yield series
