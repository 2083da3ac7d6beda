"""What the sheets' modules share: the assignment, its computed values, and where each number has its cell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from sheetprop.assignment import Assignment
from sheetprop.network import ITERATION, Network
from sheetprop.options import Layout
from sheetprop.workbook.book import letters, reference

INSTRUCTIONS, NETWORK, EQUATIONS, LEARNING_RATES = "Instructions", "Network", "Equations", "Learning rates"
GRADIENT_CHECK, CHECKS = "Gradient check", "Checks"
BAND_ROW, HEADER_ROW, FIRST_ROW = 4, 5, 6
"""Rows, from zero, of every sheet with one row per iteration: role names, labels, iteration 0."""
COMPARISON_COLUMN = 8
"""The column, from zero, of the iterations on the sheet "Learning rates"; those of E_total follow it."""
ITERATIONS_NAME, RATES_NAME = "iterations", "rates"
"""Defined names of the lists that drop-downs offer."""


@dataclass(frozen=True)
class IterationTable:
    """The table on the sheet of one learning rate: which quantity has which column, and the values in it."""

    network: Network
    index: int
    rate: float
    columns: tuple[str, ...]
    values: Mapping[str, np.ndarray]
    iterations: int

    @cached_property
    def sheet(self) -> str:
        """The name of the sheet."""
        return f"lr {self.rate!r}"

    @property
    def rate_name(self) -> str:
        """The defined name of the cell with the learning rate; by position, since its user may change the rate."""
        return f"rate_{self.index + 1}"

    @property
    def last_row(self) -> int:
        """The row of the last iteration, from zero."""
        return FIRST_ROW + self.iterations - 1

    def column(self, key: str) -> int:
        """The column of a quantity, from zero."""
        return self._places[key]

    @cached_property
    def _places(self) -> Mapping[str, int]:
        return {key: n for n, key in enumerate(self.columns)}

    def letter(self, key: str) -> str:
        """The letter of a quantity's column."""
        return letters(self.column(key))

    def cell(self, key: str, iteration: int = 0) -> str:
        """Reference, from any sheet, of a quantity at an iteration."""
        return reference(self.sheet, FIRST_ROW + iteration, self.column(key))

    def range(self, key: str) -> str:
        """Reference, from any sheet, of a quantity at all iterations."""
        return reference(self.sheet, FIRST_ROW, self.column(key), self.last_row)


@dataclass(frozen=True)
class Contents:
    """An assignment, its computed values, and the tables that hold them.

    ``blank`` are the columns that a hand-out leaves to students, of weights all but the first row; in their computed
    values they count as 0.
    """

    assignment: Assignment
    computed: Mapping[str, np.ndarray]
    blank: frozenset[str] = frozenset()

    @property
    def is_handout(self) -> bool:
        """Whether something is left to students."""
        return bool(self.blank)

    @property
    def network(self) -> Network:
        """The network that the workbook is about."""
        return self.assignment.network

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """The keys of the iteration sheets' columns, from the left."""
        numbered = self.assignment.layout is Layout.FULL
        return (*((ITERATION,) if numbered else ()), *self.assignment.columns)

    @cached_property
    def tables(self) -> tuple[IterationTable, ...]:
        """The table of every learning rate, in the order of the sheets."""
        count = self.assignment.iterations
        values = {ITERATION: np.tile(np.arange(count, dtype=float), (len(self.assignment.learning_rates), 1))}
        values |= self.computed
        return tuple(
            IterationTable(self.network, n, rate, self.columns, {k: values[k][n] for k in self.columns}, count)
            for n, rate in enumerate(self.assignment.learning_rates)
        )
