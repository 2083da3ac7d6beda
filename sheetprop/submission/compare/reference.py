"""What belongs in a table's cells where nothing is typed: the network run on from what is given and what is live."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from sheetprop.network import RATE
from sheetprop.submission.compare.evaluation import evaluated
from sheetprop.submission.compare.numbers import SLACK
from sheetprop.submission.find.pieces import GIVEN
from sheetprop.submission.find.tables import WEIGHTS

if TYPE_CHECKING:
    from sheetprop.submission.compare.case import Case

SIGNIFICANT = 3
"""Digits to which a typed number must agree with the right one."""


class Reference:
    """The numbers that belong in a table, by quantity, each an array of shape (iterations,).

    A cell with a formula counts as what it shows, so that what it leads to is not blamed on what follows; a cell in
    which a number is typed, or nothing stands, counts as what the network's equation gives.
    """

    def __init__(self, case: Case) -> None:
        self._case = case
        keys = [key for key in case.reading.keys if key not in GIVEN]
        order = {key: n for n, key in enumerate(case.evaluator.samples.convention.network.keys())}
        self._equations = {
            key: equation for key in sorted(keys, key=order.__getitem__) if (equation := case.writer.equation(key))
        }
        self._values = self._run()

    def __getitem__(self, key: str) -> np.ndarray:
        """The right numbers of a quantity; NaN where they cannot be told."""
        return self._values.get(key, np.full(self._case.table.count, np.nan))

    def _run(self) -> dict[str, np.ndarray]:
        numbers, table = self._case.numbers, self._case.table
        shown = {key: numbers.values(key) for key in {*self._equations, *GIVEN, RATE}}
        live = {
            key: [table.place(key, step) in table.cells.formulas for step in range(table.count)]
            for key in self._equations
        }
        found = {key: np.full(table.count, np.nan) for key in self._equations}
        before: dict[str, np.ndarray] = {}
        with np.errstate(all="ignore"):
            for step in range(table.count):
                row: dict[str, np.ndarray] = {key: shown[key][step] for key in (*GIVEN, RATE)}
                for key, equation in self._equations.items():
                    stands = shown[key][step]
                    if (key in WEIGHTS and step == 0) or (live[key][step] and np.isfinite(stands)):
                        row[key] = stands
                    else:
                        names = {name: _value(name, row, before) for name in equation.names}
                        row[key] = evaluated(equation, names)
                    found[key][step] = row[key]
                before = row
        return found


def _value(name: str, row: Mapping[str, np.ndarray], before: Mapping[str, np.ndarray]) -> np.ndarray:
    key, _, offset = name.partition("@")
    return (before if offset == "-1" else row).get(key, np.asarray(np.nan))


def agrees(found: np.ndarray, expected: np.ndarray) -> np.ndarray:
    """Whether numbers are the expected ones to their first three significant digits, element by element.

    Nothing but 0 agrees with 0, and 0 with nothing else; False where a number is unknown.
    """
    with np.errstate(all="ignore"):
        unit = 10.0 ** (np.floor(np.log10(np.abs(expected))) - (SIGNIFICANT - 1))
        near: np.ndarray = np.abs(found - expected) <= 0.5 * SLACK * unit
    same: np.ndarray = np.where(expected == 0, np.abs(found) <= 1e-15, near & (found != 0))
    return same


__all__ = ["Reference", "agrees"]
