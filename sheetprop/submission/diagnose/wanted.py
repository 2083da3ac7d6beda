"""Values that are wanted of a formula's parts: what they must be, and where among known ones they are found."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np

from sheetprop.expression import Expression
from sheetprop.submission.compare.evaluation import OPERATORS
from sheetprop.submission.diagnose.edits import Edit

WIDTH = 2
"""Points on which values are looked up; what is found is confirmed on all."""
CLOSE = 1e-7
"""Relative difference of values that are taken for the same until that is confirmed."""
BESIDE = 2
"""Values on either side of the one that is wanted that may be it; several edits come to the same."""
NEIGHBOURS = np.arange(2 * BESIDE)[:, np.newaxis]
MOST_HITS = 2_000


@dataclass(frozen=True)
class Hit:
    """Edits after which a part has the value of the row it was asked for, and what they make of it."""

    row: int
    edits: tuple[Edit, ...]
    part: Expression


class Bag:
    """Values, each with what it comes from."""

    def __init__(self, segments: Iterable[tuple[np.ndarray, Callable[[int], Hit]]]) -> None:
        kept = [(values, decode) for values, decode in segments if len(values)]
        self.values = np.concatenate([values for values, _ in kept]) if kept else np.empty((0, WIDTH))
        self._starts = list(np.cumsum([0, *(len(values) for values, _ in kept)]))
        self._decoders = [decode for _, decode in kept]
        self._order = np.argsort(self.values[:, 0], kind="stable")
        self._sorted = self.values[self._order]
        # With ends on either side that are near nothing, so that every place has its neighbours.
        ends = np.full(BESIDE, np.nan)
        self._first = np.concatenate([ends, self._sorted[:, 0], ends])
        self._near = CLOSE * np.abs(self._first)

    def __len__(self) -> int:
        return len(self.values)

    def __getitem__(self, n: int) -> Hit:
        segment = bisect_right(self._starts, n) - 1
        return self._decoders[segment](n - int(self._starts[segment]))

    def find(self, wanted: np.ndarray) -> Iterator[tuple[int, int]]:
        """The rows of ``wanted``, shape (n, WIDTH), that are among the values, with the number of the value."""
        if not len(self.values) or not len(wanted):
            return
        first = wanted[:, 0]
        # All neighbours at once: little is asked each time, but tens of thousands of times.
        beside = self._sorted[:, 0].searchsorted(first) + NEIGHBOURS
        offsets, rows = (np.abs(first - self._first[beside]) <= self._near[beside]).nonzero()
        if not len(rows):
            return
        places = beside[offsets, rows] - BESIDE
        found = self._sorted[places]
        same = found.any(axis=1) & (np.abs(wanted[rows] - found) <= CLOSE * np.abs(found)).all(axis=1)
        yield from zip(rows[same].tolist(), self._order[places[same]].tolist(), strict=True)


def apply(operator: str, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """The values of an operation."""
    result: np.ndarray = OPERATORS[operator](left, right)
    return result


def before(operator: str, needed: np.ndarray, right: np.ndarray) -> list[np.ndarray]:
    """What must stand before an operator for the result to be ``needed``; several where a square is taken."""
    match operator:
        case "+":
            return [needed - right]
        case "-":
            return [needed + right]
        case "*":
            return [needed / right]
        case "/":
            return [needed * right]
    root = np.power(needed, 1 / right)
    # On each point a square's base may have either sign.
    return [root * signs for signs in product((1.0, -1.0), repeat=WIDTH)]


def behind(operator: str, needed: np.ndarray, left: np.ndarray) -> list[np.ndarray]:
    """What must stand behind an operator for the result to be ``needed``."""
    match operator:
        case "+":
            return [needed - left]
        case "-":
            return [left - needed]
        case "*":
            return [needed / left]
        case "/":
            return [left / needed]
    return [np.log(needed) / np.log(left)]


def inside(name: str, needed: np.ndarray) -> list[np.ndarray]:
    """What must stand in a function for its values to be ``needed``; none where that cannot be told."""
    match name:
        case "exp":
            return [np.log(needed)]
        case "ln":
            return [np.exp(needed)]
        case "tanh":
            return [np.arctanh(needed)]
        case "sqrt":
            return [needed**2]
        case "round":
            return [needed]
        case "abs":
            return [needed, -needed]
    return []
