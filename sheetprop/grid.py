"""A sheet's values as arrays: what two programs must agree on, cell by cell."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

Other = str | bool


@dataclass(frozen=True)
class Grid:
    """The values of a sheet from A1 on, rows and columns counted from zero.

    ``numbers`` has NaN where a cell holds no number; ``others`` holds texts, truth values, and error values by
    their Excel name (#NUM!).
    """

    numbers: np.ndarray
    others: dict[tuple[int, int], Other]

    def at(self, row: int, column: int) -> float | Other | None:
        """The value of a cell, None where there is none, also outside the grid."""
        rows, columns = self.numbers.shape
        number = float(self.numbers[row, column]) if row < rows and column < columns else np.nan
        return self.others.get((row, column)) if np.isnan(number) else number
