"""Formulas whose result depends on chance, the time or the computer: whatever they show, it follows from no cell."""

from __future__ import annotations

from collections import defaultdict

from sheetprop.network import NETWORK
from sheetprop.submission.compare.case import Case
from sheetprop.submission.find.pieces import GIVEN
from sheetprop.submission.find.tables import WEIGHTS
from sheetprop.submission.findings import Code
from sheetprop.submission.understand.circles import Node
from sheetprop.submission.understand.functions import VOLATILE

MOST_CELLS = 100_000
"""Cells beside the tables that are looked through, on the way to such a function."""


def judge_volatile(case: Case) -> None:
    """Tell computed quantities that use such a function, in their own formulas or in helper cells."""
    if not case.book.shapes.functions & VOLATILE.keys():
        return
    found: dict[tuple[str, str], list[int]] = defaultdict(list)
    known: dict[Node, str | None] = {}
    for key in [key for key in case.runs if key not in GIVEN]:
        for step in range(int(key in WEIGHTS), case.table.count):
            cell = case.table.cell(key, step)
            if (name := _volatile(case, (cell.sheet, *cell.place), known)) is not None:
                found[key, name].append(step)
    for (key, name), steps in found.items():
        case.settled.add(key)
        case.tell_wrong(
            Code.VOLATILE,
            f"{NETWORK.label(key)} is computed with {name}, so that it depends on {VOLATILE[name]}: the network's "
            "equation has no such part.",
            key,
            steps,
            case.writer.found(key, steps[0]),
            case.writer.expected(key, steps[0]),
        )


def _volatile(case: Case, start: Node, known: dict[Node, str | None]) -> str | None:
    """The first such function that a cell needs, by way of cells that are no quantities; None where it needs none."""
    seen, pending = {start}, [start]
    while pending:
        node = pending.pop()
        if node in known:
            if known[node] is not None:
                return known[node]
            continue
        cells = case.book.sheet(node[0])
        shape = cells.formulas.get(node[1:]) if cells is not None else None
        names = sorted(shape.functions & VOLATILE.keys()) if shape is not None else []
        if names:
            known[start] = names[0]
            return names[0]
        for needed in case.book.circles.needed(node) if shape is not None else ():
            own = any(table.contains(needed[0], needed[1:]) for table in case.tables)
            if not own and needed not in seen and len(seen) < MOST_CELLS:
                seen.add(needed)
                pending.append(needed)
    known |= dict.fromkeys(seen)
    return None


__all__ = ["judge_volatile"]
