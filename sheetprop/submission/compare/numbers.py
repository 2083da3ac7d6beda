"""Following a table by its numbers: what each cell should hold, given what the cells it follows from hold."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from copy import copy
from dataclasses import dataclass

import numpy as np

from sheetprop.expression import Expression
from sheetprop.network import RATE
from sheetprop.submission.compare.evaluation import evaluated
from sheetprop.submission.find.pieces import GIVEN
from sheetprop.submission.find.tables import WEIGHTS, Table

SHORT_RESULTS = 10
"""Digits to which some programs cut the results that they store."""
MOST_DECIMALS = 14
SLACK = 1.5
"""Rounded numbers may be rounded twice, and their errors add up in more than first order."""


@dataclass(frozen=True)
class Followed:
    """Per iteration: the number that stands there, the one that follows, and how far apart they may be."""

    found: np.ndarray
    expected: np.ndarray
    tolerance: np.ndarray

    @property
    def known(self) -> np.ndarray:
        """Where both numbers are there to be compared."""
        known: np.ndarray = np.isfinite(self.found) & np.isfinite(self.expected)
        return known

    @property
    def wrong(self) -> np.ndarray:
        """Where the number does not follow."""
        wrong: np.ndarray = self.known & (np.abs(self.found - self.expected) > self.tolerance)
        return wrong


class Numbers:
    """The numbers of a table by quantity and iteration, and how exact each of them is."""

    def __init__(
        self, table: Table, given: Mapping[str, float], rate: float | np.ndarray | None, exactness: float
    ) -> None:
        """Take the stored values of ``table``; ``given`` and ``rate`` stand for what has no column.

        ``rate`` has one number for all iterations, or for each the one that its weights were updated with.
        ``exactness`` is asked of any number, relative to its size.
        """
        self.table = table
        self.count = table.count
        self._exactness = exactness
        self._values: dict[str, np.ndarray] = {}
        self._quanta: dict[str, np.ndarray] = {}
        self._given: dict[str, float | np.ndarray] = {**given}
        if rate is not None:
            self._given[RATE] = rate

    def values(self, key: str) -> np.ndarray:
        """The numbers of a quantity, NaN where there is none."""
        if key not in self._values:
            if key in self.table.columns and key != RATE:
                numbers = [self.table.number(key, step) for step in range(self.count)]
                self._values[key] = np.array([np.nan if n is None else n for n in numbers])
            else:
                self._values[key] = np.array(np.broadcast_to(self._given.get(key, np.nan), (self.count,)), dtype=float)
        return self._values[key]

    def named(self, name: str) -> np.ndarray:
        """The numbers of a name as formulas are read with it, of each iteration: ``w1@-1`` is one back."""
        return self._of(name, self.values)

    def copy(self) -> Numbers:
        """The same numbers, to replace some of them."""
        other = copy(self)
        other._values = {key: values.copy() for key, values in self._values.items()}
        other._quanta = {}
        return other

    def replace(self, key: str, step: int, value: float) -> None:
        """Take a number other than the stored one, as the engine computed it."""
        self.values(key)[step] = value

    def quanta(self, key: str) -> np.ndarray:
        """Half of the last digit of each number, as it was typed or stored."""
        if key not in self._quanta:
            self._quanta[key] = self._find_quanta(key)
        return self._quanta[key]

    def _find_quanta(self, key: str) -> np.ndarray:
        quanta = np.zeros(self.count)
        if key in GIVEN or key == RATE or key not in self.table.columns:
            return quanta
        constant, values = self.table.constant, self.values(key)
        # The first values of weights are given, and exact.
        first = 1 if key in WEIGHTS else 0
        for n in range(first, self.count):
            # Each by its own digits: what is copied as shown is cut to the width of the column.
            if constant(key, n) and (shown := decimals(values[n])) < MOST_DECIMALS:
                quanta[n] = 0.5 * 10.0**-shown
        live = [n for n in range(self.count) if not constant(key, n) and np.isfinite(values[n])]
        if live and max(digits(values[n]) for n in live) <= SHORT_RESULTS:
            quanta[live] = np.abs(values[live]) * 0.5 * 10.0 ** (1 - SHORT_RESULTS)
        return quanta

    def followed(self, key: str, equation: Expression) -> Followed:
        """A quantity against its equation, whose names may lead one iteration back (``w1@-1``)."""
        names = list(dict.fromkeys(equation.symbols()))
        arrays = {name: self._of(name, self.values) for name in names}

        def function(values: Mapping[str, np.ndarray]) -> np.ndarray:
            return evaluated(equation, values)

        with np.errstate(all="ignore"):
            expected = np.broadcast_to(np.asarray(function(arrays), dtype=float), (self.count,))
            tolerance = self.quanta(key) + self._exactness * np.abs(expected) + 1e-15
            for name in names:
                quanta = self._of(name, self.quanta)
                if np.any(quanta > 0):
                    moved = function(arrays | {name: arrays[name] + quanta})
                    tolerance = tolerance + np.nan_to_num(np.abs(moved - expected))
        return Followed(self.values(key), expected, SLACK * tolerance)

    def _of(self, name: str, source: Callable[[str], np.ndarray]) -> np.ndarray:
        key, fixed, step = name.partition("#")
        if fixed:
            return np.full(self.count, source(key)[int(step)])
        key, _, offset = name.partition("@")
        values: np.ndarray = source(key)
        by = int(offset or 0)
        if not by or key in GIVEN or key == RATE:
            return values
        shifted = np.full(self.count, np.nan)
        if abs(by) < self.count:
            if by < 0:
                shifted[-by:] = values[:by]
            else:
                shifted[:-by] = values[by:]
        return shifted


def digits(value: float) -> int:
    """How many significant digits a number is written with, zeros at its end left out."""
    mantissa, _, _ = f"{abs(value):.15g}".partition("e")
    return len(mantissa.replace(".", "").lstrip("0"))


def decimals(value: float) -> int:
    """How many decimals a number is written with."""
    mantissa, _, exponent = f"{abs(value):.15g}".partition("e")
    return len(mantissa.partition(".")[2]) - int(exponent or 0)


def steps(mask: Iterable[bool]) -> list[int]:
    """The iterations where a mask is set."""
    return [n for n, flag in enumerate(mask) if flag]
