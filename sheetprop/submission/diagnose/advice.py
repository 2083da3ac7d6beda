"""What belongs in the cells of a finding: the simplest formula that was tried and is right in all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from sheetprop.expression import Expression
from sheetprop.network import RATE
from sheetprop.submission.compare.case import Case, Wrong
from sheetprop.submission.compare.evaluation import Evaluator
from sheetprop.submission.compare.samples import equal
from sheetprop.submission.diagnose.rewriting import rewritten
from sheetprop.submission.diagnose.wording import Writer, in_cells
from sheetprop.submission.find.tables import Cell
from sheetprop.submission.open.cells import Place
from sheetprop.submission.understand.formula import NotUnderstoodError, Shape, ThisRow, shape_key
from sheetprop.submission.understand.reading import Helper

T = TypeVar("T")
MOST_TRIED = 48
"""Cells in which a formula is tried, evenly spread over those of a finding."""


def advice(case: Case, key: str, steps: Sequence[int], owner: Wrong | None = None) -> str | None:
    """The formula for the first of ``steps``, which is right in all of them when it is filled down from there.

    ``owner`` is the wrong formula that stands in the first of them. None where no formula is known to be right.
    """
    first = steps[0]
    return _first_right(
        case,
        _candidates(case, key, first, owner),
        [(case.table.cell(key, step), step) for step in _spread(steps)],
        lambda expression, evaluator: case.right(key, expression, evaluator),
    )


def advice_for_helper(
    case: Case, helper: Helper, right: Expression, places: Sequence[Place], sheet: str, step: int
) -> str | None:
    """The same for cells of a helper, of which ``right`` is what they should compute."""
    writer = case.writer.on(sheet)
    wanted = case.evaluator(right)
    own = {place: case.reading.step(Cell(sheet, place)) for place in places}
    candidates = (
        _in_own_words(case, writer, helper.shape, helper.expression, right, places[0], step, own[places[0]]),
        writer.formula(right, step),
    )
    return _first_right(
        case,
        candidates,
        [(Cell(sheet, place), own[place]) for place in _spread(places)],
        lambda expression, evaluator: equal(evaluator(expression), wanted),
    )


def _spread(items: Sequence[T]) -> list[T]:
    """At most so many of the items, the first and the last among them."""
    if len(items) <= MOST_TRIED:
        return list(items)
    return [items[n * (len(items) - 1) // (MOST_TRIED - 1)] for n in range(MOST_TRIED)]


def _candidates(case: Case, key: str, first: int, owner: Wrong | None) -> Iterable[str | None]:
    right = owner.diagnosis.right if owner is not None and owner.diagnosis is not None else None
    if owner is not None and right is not None and owner.content.shape is not None:
        place, typical = case.table.place(key, first), owner.steps[0]
        expression = owner.content.expression
        assert expression is not None
        shape = case.table.sheet(key, first).formulas.get(place)
        if shape is owner.content.shape:
            writer = case.writer.at_quantity(key, first)
            yield _in_own_words(case, writer, shape, expression, right, place, first, typical)
        yield case.writer.formula(right, first, key)
    yield case.writer.expected(key, first)


def _in_own_words(
    case: Case,
    writer: Writer,
    shape: Shape,
    found: Expression,
    right: Expression,
    place: Place,
    step: int,
    typical: int | None,
) -> str | None:
    bound = {name: own for name, own in case.evaluator.bindings.items() if own == RATE}
    style = next((leaf for leaf in shape.leaves if isinstance(leaf, ThisRow)), None)

    def reference(name: str) -> str:
        return _structured(case, name, place, step, style) if style is not None else writer.reference(name, step)

    text = rewritten(shape.text(*place)[1:], found, right, dict.fromkeys(bound, RATE), reference)
    return None if text is None else f"={text}"


def _structured(case: Case, name: str, place: Place, step: int, style: ThisRow) -> str:
    """A column of an Excel table as the student's formulas name it, where it is one of the same row."""
    plain = case.writer.reference(name, step)
    if "@" in name or "#" in name or ":" in name or name not in case.table.columns:
        return plain
    column = case.table.columns[name]
    for table in case.book.tables.values():
        within = table.first_row <= place[0] <= table.last_row and table.sheet == case.table.cells.name
        if within and 0 <= (n := column - table.first_column) < len(table.columns):
            heading = table.columns[n]
            if not set(heading) & set("[]#'@"):
                return f"{table.name}[[#This Row],[{heading}]]"
    return plain


def _first_right(
    case: Case,
    candidates: Iterable[str | None],
    cells: Sequence[tuple[Cell, int | None]],
    right: Callable[[Expression, Evaluator], bool],
) -> str | None:
    for text in map(in_cells, dict.fromkeys(candidates)):
        if text and _holds(case, text, cells, right):
            return text
    return None


def _holds(
    case: Case,
    text: str,
    cells: Sequence[tuple[Cell, int | None]],
    right: Callable[[Expression, Evaluator], bool],
) -> bool:
    """Whether a formula, filled down from the first of ``cells``, is right in all of them."""
    shape = Shape(shape_key(text[1:], *cells[0][0].place)[1])
    verdicts: dict[Expression, bool] = {}
    for cell, step in cells:
        try:
            expression = case.reading.meaning(shape, cell, step)
        except NotUnderstoodError:
            return False
        if expression not in verdicts:
            verdicts[expression] = right(expression, _knowing(case, expression))
        if not verdicts[expression]:
            return False
    return True


def _knowing(case: Case, expression: Expression) -> Evaluator:
    """The case's evaluator, which also knows what the cells stand for that only this expression refers to."""
    own, parameters = case.evaluator, case.parameters
    meant: dict[str, str | float] = {}
    for name in expression.names - own.bindings.keys():
        if name in case.reading.constants:
            cell, value = case.reading.constants[name]
            given = (key for key, at in parameters.cells.items() if at == cell)
            meant[name] = RATE if cell and cell == parameters.rate_cell else next(given, value)
    return Evaluator(own.samples, case.reading.helpers, {**own.bindings, **meant}) if meant else own


__all__ = ["advice", "advice_for_helper"]
