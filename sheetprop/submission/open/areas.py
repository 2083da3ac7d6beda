"""A1 ranges as numbers."""

from __future__ import annotations

from openpyxl.utils.cell import range_boundaries


def corners(area: str) -> tuple[int, int, int, int]:
    """The first row and column and the last row and column of an A1 range, from zero.

    Raises ValueError where ``area`` is no range of cells, or one of whole rows or columns.
    """
    try:
        left, top, right, bottom = range_boundaries(area)
    except TypeError:
        raise ValueError(f"{area!r} is no range of cells") from None
    if left is None or top is None or right is None or bottom is None:
        raise ValueError(f"{area!r} is a range of whole rows or columns")
    return top - 1, left - 1, bottom - 1, right - 1
