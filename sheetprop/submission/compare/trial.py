"""Trying a table with other numbers: what formulas that cannot be followed come to in another run of the network.

A formula that is no equation may still give the right numbers, and they alone would not tell it from numbers that were
copied into it. So the engine computes it once more, with another run's numbers in the cells that it is computed from.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sheetprop.network import RATE
from sheetprop.submission.compare.samples import course
from sheetprop.submission.find.pieces import GIVEN
from sheetprop.submission.find.tables import WEIGHTS, Cell
from sheetprop.submission.open.cells import ErrorValue, Place
from sheetprop.submission.understand.reading import Run

if TYPE_CHECKING:
    from sheetprop.submission.compare.case import Case

CLOSE = 1e-6
"""Relative difference up to which a number is that of the run: equal formulas differ by their rounding, far below."""
SMALLEST, LARGEST = 0.1, 0.9
"""Of the numbers that are put in: nothing hides behind a small factor, and no sigmoid is saturated."""
UNKNOWN = ErrorValue("#NAME?")
"""What the engine gives for functions of Excel's that it does not know."""


@dataclass(frozen=True)
class Tried:
    """The iterations at which formulas of a quantity keep their number, give another than the run has, or that one.

    ``given`` says that they keep theirs or give another only where inputs, targets or learning rate are other ones. In
    none of the lists are those that the engine cannot compute.
    """

    kept: list[int]
    other: list[int]
    followed: list[int]
    given: bool = False

    @property
    def disproved(self) -> bool:
        """Whether some do not follow the run."""
        return bool(self.kept or self.other)


def tried(case: Case, formulas: Mapping[str, list[Run]], seed: int) -> dict[str, Tried]:
    """What comes of the ``formulas``, by quantity, in runs with other numbers."""
    found: dict[str, Tried] = {}
    for given in (False, True):
        rest = {
            (key, step)
            for key, runs in formulas.items()
            if key not in found or not found[key].disproved
            for run in runs
            for step in run.steps
        }
        for key, its in _tried(case, rest, seed, given).items():
            if its.disproved or key not in found:
                found[key] = its
    return found


def _tried(case: Case, formulas: Set[tuple[str, int]], seed: int, given: bool) -> dict[str, Tried]:
    run, numbers = _other_run(case, seed, given)
    for key in case.reading.keys:
        for step in range(case.table.count):
            if (key, step) not in formulas and key not in GIVEN and np.isfinite(run[key][step]):
                numbers[_address(case.table.cell(key, step))] = float(run[key][step])
    ordered = sorted(formulas)
    cells = [_address(case.table.cell(key, step)) for key, step in ordered]
    kept, other, followed = (defaultdict[str, list[int]](list) for _ in range(3))
    for (key, step), cell, value in zip(ordered, cells, case.book.with_numbers(numbers, cells), strict=True):
        right, before = float(run[key][step]), case.book.recomputed(*cell)
        # What the engine cannot compute, it cannot try either.
        if not np.isfinite(right) or value is None or not isinstance(before, float):
            continue
        (followed if _close(value, right) else kept if _close(value, before) else other)[key].append(step)
    keys = sorted({*kept, *other, *followed})
    return {key: Tried(kept[key], other[key], followed[key], given) for key in keys}


def _other_run(case: Case, seed: int, given: bool) -> tuple[dict[str, np.ndarray], dict[tuple[str, Place], float]]:
    """A run with other weights, or also other numbers given; with it what is put into the cells that these are in."""
    parameters = case.parameters
    random = np.random.default_rng([seed, given])
    names = (*WEIGHTS, *sorted(GIVEN), RATE)
    drawn = dict(zip(names, random.uniform(SMALLEST, LARGEST, len(names)).tolist(), strict=True))
    cells = {key: list(_cells_of(case, key)) for key in (*sorted(GIVEN), RATE)} if given else {}
    own = {**parameters.given, RATE: parameters.rate}
    values = {key: drawn[key] if cells.get(key) else own.get(key) for key in (*sorted(GIVEN), RATE)}
    known = {key: np.nan if value is None else value for key, value in values.items()}
    weights = {key: drawn[key] for key in WEIGHTS}
    run = course(case.evaluator.samples.convention, known | weights, case.table.count)
    return run, {_address(cell): known[key] for key, places in cells.items() for cell in places}


def _close(value: object, right: object) -> bool:
    return isinstance(value, float) and isinstance(right, float) and abs(value - right) <= CLOSE * abs(right)


def _cells_of(case: Case, key: str) -> Iterator[Cell]:
    """Where a number that is given, or the rate, is typed."""
    table, parameters = case.table, case.parameters
    cells = [parameters.rate_cell if key == RATE else parameters.cells.get(key)]
    cells += [case.reading.constants[name][0] for name, bound in parameters.bindings.items() if bound == key]
    if key in table.columns and key != RATE:
        cells += (table.cell(key, step) for step in range(table.count))
    for cell in cells:
        sheet = case.book.sheet(cell.sheet) if cell is not None else None
        if cell is not None and sheet is not None and sheet.constant(cell.place):
            yield cell


def _address(cell: Cell) -> tuple[str, Place]:
    return cell.sheet, cell.place


__all__ = ["Tried", "tried"]
