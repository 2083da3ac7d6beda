"""A student's right table in other layouts: rows apart, blocks, a sheet per iteration, labels beside values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from xlsxwriter.utility import xl_rowcol_to_cell

from sheetprop.network import NETWORK, RATE
from sheetprop.submission.findings import Submission
from sheetprop.submission.grade.submission import grade
from tests.student import ASKED, GIVEN, GRADIENTS, HANDOUT, NAMES, WEIGHTS, Book, Student

Spot = tuple[str, int, int]
"""Sheet, row and column, from zero."""
RATE_SPOT: Spot = ("Data", 0, 1)


@dataclass
class Laid:
    """A right table of which ``value`` says where each quantity stands at each iteration, ``label`` where its heading.

    ``wrong`` are formulas, with names, in the place of the right ones, by quantity and iteration.
    """

    value: Callable[[str, int], Spot]
    label: Callable[[str, int], Spot]
    iterations: int = 12
    wrong: Mapping[tuple[str, int], str] = field(default_factory=dict)
    texts: Mapping[Spot, str] = field(default_factory=dict)
    given_once: bool = False

    @property
    def book(self) -> Book:
        """The file."""
        book, right = Book(), Student()
        self._put(book, RATE_SPOT, right.rate)
        self._put(book, (RATE_SPOT[0], RATE_SPOT[1], RATE_SPOT[2] - 1), "Learning rate")
        for k in range(self.iterations):
            for key in HANDOUT:
                if key in GIVEN and self.given_once and k:
                    continue
                self._put(book, self.label(key, k), NETWORK.label(key))
                given = key in GIVEN or (key in WEIGHTS and not k)
                formula = self.wrong.get((key, k)) or (None if given else right.equation(key))
                own = self.value(key, k)
                self._put(book, own, right.given[key] if formula is None else self._written(formula, own[0], k))
        for spot, text in self.texts.items():
            self._put(book, spot, text)
        return book

    def judged(self) -> Submission:
        """What the validator says of the file."""
        return grade(self.book.saved(), "laid.xlsx", ASKED)

    def cell(self, key: str, k: int) -> tuple[str, str]:
        """Sheet and address of a quantity at an iteration."""
        sheet, row, column = self.value(key, k)
        return sheet, xl_rowcol_to_cell(row, column)

    def _written(self, formula: str, sheet: str, k: int) -> str:
        def reference(key: str, where: str) -> str:
            at = 0 if key in GIVEN and self.given_once else k + int(where or 0)
            spot = RATE_SPOT if key == RATE else self.value(key, at)
            prefix = "" if spot[0] == sheet else f"'{spot[0]}'!"
            absolute = key == RATE
            return prefix + xl_rowcol_to_cell(spot[1], spot[2], row_abs=absolute, col_abs=absolute)

        return NAMES.sub(lambda found: reference(found[1], found[2] or ""), formula)

    @staticmethod
    def _put(book: Book, spot: Spot, content: str | float) -> None:
        sheet, row, column = spot
        book.sheets.setdefault(sheet, {})[xl_rowcol_to_cell(row, column)] = content


COLUMN = {key: n for n, key in enumerate(HANDOUT)}


def rows_apart(stride: int = 2) -> Laid:
    """Every so many rows an iteration, one line of headings."""
    return Laid(lambda key, k: ("Data", 4 + stride * k, COLUMN[key]), lambda key, k: ("Data", 3, COLUMN[key]))


def headed_blocks(rows: int = 1) -> Laid:
    """Blocks of so many iterations below one another, each under headings of its own."""
    return Laid(
        lambda key, k: ("Data", 4 + k // rows * (rows + 2) + k % rows, COLUMN[key]),
        lambda key, k: ("Data", 3 + k // rows * (rows + 2), COLUMN[key]),
    )


def sheet_each() -> Laid:
    """One sheet per iteration, headings and values below each other."""
    return Laid(lambda key, k: (f"Iteration {k}", 4, COLUMN[key]), lambda key, k: (f"Iteration {k}", 3, COLUMN[key]))


def labelled(below: bool = True, given_once: bool = False) -> Laid:
    """Labels in a column and values right of them; iterations below one another, or to the right of one another."""

    def label(key: str, k: int) -> Spot:
        row, column = COLUMN[key] % 16, COLUMN[key] // 16 * 3
        return ("Data", 2 + row + 18 * k * below, column + 7 * k * (not below))

    return Laid(lambda key, k: (s := label(key, k)) and (s[0], s[1], s[2] + 1), label, given_once=given_once)


def labelled_sheets() -> Laid:
    """One sheet per iteration, labels in a column and values right of them."""

    def label(key: str, k: int) -> Spot:
        return f"Iteration {k}", 2 + COLUMN[key], 0

    return Laid(lambda key, k: (s := label(key, k)) and (s[0], s[1], s[2] + 1), label)


def banded() -> Laid:
    """Each iteration three lines of headings with their values below: weights, forward pass, gradients."""

    def label(key: str, k: int) -> Spot:
        band, column = _part(key)
        return "Data", 3 + 7 * k + 2 * band, column

    return Laid(lambda key, k: (s := label(key, k)) and (s[0], s[1] + 1, s[2]), label)


def three_sheets() -> Laid:
    """Weights, forward pass and gradients on a sheet each, row by row."""
    names = ("Weights", "Forward", "Backward")
    return Laid(
        lambda key, k: (names[_part(key)[0]], 3 + k, _part(key)[1]),
        lambda key, k: (names[_part(key)[0]], 2, _part(key)[1]),
    )


def in_pairs() -> Laid:
    """Labels and values in turn along rows: w1, 0.15, w2, 0.2, and so on; iterations below one another."""

    def label(key: str, k: int) -> Spot:
        return "Data", 2 + COLUMN[key] // 4 + 10 * k, COLUMN[key] % 4 * 2

    return Laid(lambda key, k: (s := label(key, k)) and (s[0], s[1], s[2] + 1), label)


def _part(key: str) -> tuple[int, int]:
    """Weights and what is given, forward pass, or gradients, and the place among them."""
    first = [*GIVEN, *WEIGHTS]
    if key in first:
        return 0, first.index(key)
    if key in GRADIENTS:
        return 2, GRADIENTS.index(key)
    forward = [key for key in HANDOUT if key not in first and key not in GRADIENTS]
    return 1, forward.index(key)
