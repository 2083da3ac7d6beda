"""Last rows that are pasted copies of earlier ones: told once, and not counted among the iterations."""

from __future__ import annotations

import numpy as np
from xlsxwriter.utility import xl_col_to_name

from sheetprop.submission.compare.case import Case
from sheetprop.submission.find.pieces import GIVEN
from sheetprop.submission.find.tables import WEIGHTS, blocks
from sheetprop.submission.findings import Code, Severity

SAME = 1e-9
"""Relative difference of numbers that are copies of each other."""


def leave_out_repeated(case: Case) -> None:
    """Tell typed rows at the end of a live table that repeat earlier ones, and end the table before them."""
    table = case.table
    sources = _repeated(case)
    start = table.count - len(sources)
    if not sources or not _is_live(case, start) or not _does_not_follow(case, start):
        return
    of = sorted(set(sources))
    plural = len(sources) > 1
    case.tell(
        Code.REPEATED_ROWS,
        Severity.ERROR,
        f"{_lines(case, start, table.count - 1).capitalize()} {'repeat' if plural else 'repeats'} "
        f"{_lines(case, of[0], of[-1])}: typed copies, in which nothing is learned. "
        f"{'They are' if plural else 'It is'} not counted among the iterations.",
        None,
        blocks([table.place(key, step) for key in table.keys for step in range(start, table.count)]),
    )
    table.end(start)
    case.read(None)


def _repeated(case: Case) -> list[int]:
    """Of each of the last iterations that is typed and a copy, which earlier one it repeats."""
    table = case.table
    keys = [key for key in case.reading.keys if key not in GIVEN]
    end = table.count
    while end > 0 and keys and all(table.constant(key, end - 1) for key in keys):
        end -= 1
    if end in (0, table.count):
        return []
    numbers = np.array([case.numbers.values(key) for key in keys])
    sources: list[int] = []
    for step in range(table.count - 1, end - 1, -1):
        near = np.abs(numbers[:, :step] - numbers[:, [step]]) <= SAME * np.abs(numbers[:, [step]])
        same = np.flatnonzero(near.all(axis=0))
        if not same.size:
            break
        sources.insert(0, int(same[0]))
    return sources


def _is_live(case: Case, count: int) -> bool:
    """Whether most of the first iterations update some weight by a formula."""
    live = {
        step
        for key in WEIGHTS
        for run in case.runs.get(key, [])
        if run.content.shape is not None
        for step in range(max(run.first, 1), min(run.last + 1, count))
    }
    return 2 * len(live) >= max(count - 1, 1)


def _does_not_follow(case: Case, start: int) -> bool:
    """Whether some weight of the copies is not what the iteration before makes of it."""
    equations = {key: case.writer.equation(key) for key in WEIGHTS if key in case.runs}
    return any(
        equation is not None and case.numbers.followed(key, equation).wrong[start:].any()
        for key, equation in equations.items()
    )


def _lines(case: Case, first: int, last: int) -> str:
    across = case.table.across
    lines = [case.table.main.line(step) for step in dict.fromkeys((first, last))]
    names = [str(xl_col_to_name(line)) if across else str(line + 1) for line in lines]
    return f"{'column' if across else 'row'}{'s' if len(names) > 1 else ''} {'–'.join(names)}"


__all__ = ["leave_out_repeated"]
