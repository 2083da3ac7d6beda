"""Rows below a table that are prepared for more iterations and show nothing yet: they are none."""

from __future__ import annotations

from sheetprop.submission.compare.case import Case
from sheetprop.submission.find.pieces import GIVEN
from sheetprop.submission.open.cells import ErrorValue


def leave_out_prefilled(case: Case) -> None:
    """End a table before last rows whose formulas ask whether there is something to compute, and find nothing."""
    keys = [key for key in case.reading.keys if key not in GIVEN]
    count = case.table.count
    while count > 1 and keys and all(_waits(case, key, count - 1) for key in keys):
        count -= 1
    if count < case.table.count:
        case.table.end(count)
        case.read(None)


def _waits(case: Case, key: str, step: int) -> bool:
    shape = case.table.sheet(key, step).formulas.get(case.table.place(key, step))
    if shape is None or not shape.conditional:
        return False
    value = case.table.value(key, step)
    return type(value) is not float and not isinstance(value, ErrorValue)


__all__ = ["leave_out_prefilled"]
