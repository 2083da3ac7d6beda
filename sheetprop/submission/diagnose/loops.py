"""Telling circles: which formula closes one, and which right formulas need each other's results."""

from __future__ import annotations

from collections import defaultdict

from xlsxwriter.utility import xl_rowcol_to_cell

from sheetprop.network import NETWORK
from sheetprop.submission.compare.case import Case, Wrong
from sheetprop.submission.diagnose.advice import advice
from sheetprop.submission.find.pieces import GIVEN
from sheetprop.submission.find.tables import Cell, ranges
from sheetprop.submission.findings import Code, Severity
from sheetprop.submission.mistake import CLOSES
from sheetprop.submission.open.cells import Place
from sheetprop.submission.understand.circles import Node
from sheetprop.submission.understand.formula import Shape, shape_key
from sheetprop.submission.understand.parameters import address
from sheetprop.submission.understand.reading import LOOP

MOST_NAMED = 8
"""Cells of a circle that are named."""


def without_loops(case: Case, wrong: list[Wrong]) -> list[Wrong]:
    """Leave formulas that only use a circle of helper cells to :func:`judge_loops`, which tells the circle itself."""
    rest = []
    for item in wrong:
        expression = item.content.expression
        parts = [expression, *case.helpers_of_expression(expression)] if expression is not None else []
        if any(name.startswith(LOOP) for part in parts for name in part.symbols()):
            case.wrong_keys.add(item.key)
            case.circular = True
        else:
            rest.append(item)
    return rest


def closed_circle(case: Case, key: str, steps: list[int], expected: str | None) -> str:
    """The circle that wrong formulas close, in a sentence; nothing where what is expected has it too."""
    circles, here = case.book.circles, case.table.cells.name
    told = ""
    for step in steps if circles else ():
        cell = case.table.cell(key, step)
        sheet, place = cell.sheet, cell.place
        number = circles.number(sheet, place)
        if number is None or number in case.explained:
            continue
        right = _right_shape(expected, case.table.place(key, steps[0]))
        kept = set(circles.needed((sheet, *place), right)) if right else set()
        for needed in dict.fromkeys(circles.needed((sheet, *place))):
            if needed not in kept and circles.number(needed[0], needed[1:]) == number:
                case.explained.add(number)
                case.circular = True
                told = told or f"{CLOSES}{_way(circles.through(sheet, place, needed), here)}."
                break
    return told


def _right_shape(expected: str | None, place: Place) -> Shape | None:
    return Shape(shape_key(expected[1:], *place)[1]) if expected and expected.startswith("=") else None


def _way(circle: list[Node], sheet: str) -> str:
    """A circle in words: X5 needs M6, M6 needs X5."""
    names = [address(Cell(node[0], node[1:]), sheet) for node in circle]
    if len(names) == 1:
        return f"{names[0]} needs its own result"
    if len(names) > MOST_NAMED:
        shown = ", which needs ".join(names[1:MOST_NAMED])
        return f"{names[0]} needs {shown}, and so on through {len(names)} cells back to {names[0]}"
    return f"{names[0]} needs " + ", which needs ".join([*names[1:], names[0]])


def judge_loops(case: Case) -> None:
    """Right formulas that need each other's results."""
    circles, table, order = case.book.circles, case.table, NETWORK.keys()
    if not circles:
        return
    members: dict[int, dict[tuple[str, int], None]] = defaultdict(dict)
    for key in (key for key in case.runs if key not in GIVEN):
        for step in range(table.count):
            cell = table.cell(key, step)
            number = circles.number(cell.sheet, cell.place)
            if number is not None and number not in case.explained:
                members[number][key, step] = None
    told: dict[tuple[str, frozenset[str]], list[int]] = defaultdict(list)
    for number, cells in members.items():
        # At fault is who needs what comes after it; the others compute forward, as they should.
        at = {(table.sheet(*cell).name, *table.place(*cell)): cell for cell in cells}
        needs = ((cell, at[needed]) for node, cell in at.items() for needed in circles.needed(node) if needed in at)
        back = [cell for cell, needed in needs if _after(needed, cell, order)]
        culprit = min(back or cells, key=lambda cell: (cell[1], order.index(cell[0])))
        told[culprit[0], frozenset(key for key, _ in cells)].append(culprit[1])
        case.explained.add(number)
    for (at_fault, keys), steps in told.items():
        steps.sort()
        labels = [NETWORK.label(key) for key in sorted(keys, key=order.index)]
        circle = circles.through(table.sheet(at_fault, steps[0]).name, table.place(at_fault, steps[0]))
        message = (
            f"{', '.join(labels)} are computed from each other, so that none can be computed first"
            if len(labels) > 1
            else f"{labels[0]} is computed from itself, so that it has no value"
        )
        case.circular = True
        case.tell_wrong(
            Code.CIRCULAR,
            f"{message}: {_way(circle, table.cells.name)}.",
            at_fault,
            steps,
            case.writer.found(at_fault, steps[0]),
            advice(case, at_fault, steps),
        )
    _tell_helpers(case)


def _after(needed: tuple[str, int], cell: tuple[str, int], order: list[str]) -> bool:
    return (needed[1], order.index(needed[0])) >= (cell[1], order.index(cell[0]))


def _tell_helpers(case: Case) -> None:
    """Circles of helper cells alone that the table uses."""
    circles = case.book.circles
    loops: dict[int, Node] = {}
    for run in (run for runs in case.runs.values() for run in runs):
        expression = run.content.expression
        parts = [expression, *case.helpers_of_expression(expression)] if expression is not None else []
        for name in (name for part in parts for name in part.symbols() if name.startswith(LOOP)):
            sheet, _, place = name.removeprefix(LOOP).rpartition("!")
            row, _, column = place.partition(",")
            number = circles.number(sheet, (int(row), int(column)))
            if number is not None and number not in case.explained:
                loops.setdefault(number, (sheet, int(row), int(column)))
    for sheet in dict.fromkeys(node[0] for node in loops.values()):
        places = sorted(node[1:] for node in loops.values() if node[0] == sheet)
        way = _way(circles.through(sheet, places[0]), sheet)
        case.tell(
            Code.CIRCULAR,
            Severity.ERROR,
            f"The helper cell {xl_rowcol_to_cell(*places[0])} cannot be computed: {way}.",
            None,
            ranges(places),
            case.writer.at(places[0], sheet),
            sheet=sheet,
        )
    case.explained |= loops.keys()


__all__ = ["closed_circle", "judge_loops", "without_loops"]
