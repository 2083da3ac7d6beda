"""A table's parameters: its inputs, targets and learning rate, and which constants elsewhere stand for them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import NamedTuple

from xlsxwriter.utility import xl_rowcol_to_cell

from sheetprop.expression import Expression, Number, Symbol
from sheetprop.submission.compare.evaluation import Evaluator
from sheetprop.submission.compare.samples import Samples, equal
from sheetprop.submission.diagnose.edits import parts
from sheetprop.submission.find.labels import quantity
from sheetprop.submission.find.pieces import GIVEN
from sheetprop.submission.find.tables import Cell, Table, quoted
from sheetprop.submission.findings import LearningRate
from sheetprop.submission.open.cells import Cells, Place
from sheetprop.submission.understand.reading import Reading, Run

SHOWN_BY = {"h1": ("i1", "i2"), "E1": ("t1",), "E2": ("t2",)}
"""Quantities whose formula shows what stands for which inputs or targets."""
SAME = 1e-9
"""Relative difference up to which two typed numbers are the same: filling down adds some 1e-15."""


class Said(NamedTuple):
    """A learning rate that a sheet tells: the cell of the number, or of the text that holds it."""

    cell: Cell
    rate: float
    in_text: bool = False


@dataclass
class Parameters:
    """Values of inputs and targets by key; the learning rate and where it stands (None: typed into the formulas).

    ``bindings`` say what constants elsewhere stand for: a quantity's name, or only their number. ``cells`` are where
    inputs and targets stand that have no column in the table. ``rates`` are those that the weights of each iteration
    were updated with, where they are not all the same; ``said`` is where another rate is told than the formulas have
    typed in.
    """

    given: dict[str, float] = field(default_factory=dict)
    cells: dict[str, Cell] = field(default_factory=dict)
    rate: float | None = None
    rate_cell: Cell | None = None
    rate_names: set[str] = field(default_factory=set)
    rates: list[float] | None = None
    said: Said | None = None
    bindings: dict[str, str | float] = field(default_factory=dict)

    def learning_rate(self, table: Table) -> LearningRate | None:
        """As results have it; None where nothing is known of it."""
        if self.rate is None and self.rate_cell is None:
            return None
        return LearningRate(address(self.rate_cell, table.cells.name) if self.rate_cell else None, self.rate)


def address(cell: Cell, here: str) -> str:
    """A cell as A1 text, with its sheet where that is another than ``here``."""
    text: str = xl_rowcol_to_cell(*cell.place)
    return text if cell.sheet == here else f"{quoted(cell.sheet)}!{text}"


def find_given(reading: Reading, runs: Mapping[str, list[Run]]) -> Parameters:
    """The inputs and targets that a table's formulas use; its learning rate is not looked for yet."""
    parameters = Parameters()
    for key in sorted(GIVEN):
        _find_given(reading, key, runs.get(key, []), parameters)
    for name, (cell, value) in reading.constants.items():
        parameters.bindings[name] = _meaning(reading, cell, value, parameters)
    _infer_given(reading, runs, parameters)
    return parameters


def _find_given(reading: Reading, key: str, runs: list[Run], parameters: Parameters) -> None:
    table = reading.table
    if key in table.columns:
        value = table.number(key, 0)
        if value is None and runs and isinstance(symbol := runs[0].content.expression, Symbol):
            value = reading.constants.get(symbol.key, (None, None))[1]
        if value is not None:
            parameters.given[key] = value
    elif found := labelled(table, lambda text: quantity(text) == key):
        parameters.cells[key], parameters.given[key] = found


def _infer_given(reading: Reading, runs: Mapping[str, list[Run]], parameters: Parameters) -> None:
    """Inputs and targets that have neither column nor label: what stands in their place in the formulas."""
    for shown_by, keys in SHOWN_BY.items():
        missing = [key for key in keys if key not in parameters.given and key not in reading.table.columns]
        formulas = [run.content.expression for run in runs.get(shown_by, []) if run.content.expression is not None]
        if not missing or not formulas:
            continue
        expression = formulas[-1]
        cells = [name for name in dict.fromkeys(expression.symbols()) if name in reading.constants]
        typed = list(dict.fromkeys(numbers_in(expression)))
        candidates: list[str | float] = [*cells, *typed]
        for chosen in product(candidates, repeat=len(missing)):
            values: dict[str, float] = {
                key: reading.constants[found][1] if isinstance(found, str) else found
                for key, found in zip(missing, chosen, strict=True)
            }
            named = {found: key for key, found in zip(missing, chosen, strict=True) if isinstance(found, str)}
            given = parameters.given | values
            evaluator = Evaluator(
                Samples(given=tuple(sorted(given.items()))), reading.helpers, parameters.bindings | named
            )
            if equal(evaluator(expression), evaluator.name(shown_by)):
                parameters.given |= values
                for found, key in _in_every_row(reading, runs[shown_by], named).items():
                    parameters.bindings[found] = key
                    cell = reading.constants[found][0]
                    if cell is not None:
                        parameters.cells.setdefault(key, cell)
                break


def _in_every_row(reading: Reading, runs: Sequence[Run], named: Mapping[str, str]) -> dict[str, str]:
    """What the last formula of a column calls inputs and targets, and the cells in their place in its copies.

    A column without a heading that is read has one for each row; the first row's come first.
    """
    formulas = [run.content for run in runs if run.content.expression is not None]
    last, found = formulas[-1], {}
    assert last.expression is not None
    for content in formulas:
        if content.shape is not last.shape or content.expression is None:
            continue
        for name, own in zip(last.expression.symbols(), content.expression.symbols(), strict=False):
            there = own in reading.constants and name in named
            if there and same_number(reading.constants[own][1], reading.constants[name][1]):
                found[own] = named[name]
    return {**found, **named}


def labelled(table: Table, names: Callable[[str], bool]) -> tuple[Cell, float] | None:
    """The number beside or below a text that ``names`` accepts, the nearest to the table's headings."""
    found = (labelled_in(cells, table, names) for cells in table.sheets.values())
    return next((place for place in found if place is not None), None)


def labelled_in(cells: Cells, table: Table, names: Callable[[str], bool]) -> tuple[Cell, float] | None:
    """The same in one sheet, which may be another than the table's."""
    header = table.corner
    found: list[tuple[int, Place, float]] = []
    for (row, column), text in cells.texts.items():
        if not names(text):
            continue
        for place in ((row, column + 1), (row, column + 2), (row + 1, column)):
            if (value := cells.number(place)) is not None and not table.contains(cells.name, place):
                found.append((abs(row - header[0]) + abs(column - header[1]) // 4, place, value))
                break
    if not found:
        return None
    _, place, value = min(found)
    return Cell(cells.name, place), value


def _meaning(reading: Reading, cell: Cell | None, value: float, parameters: Parameters) -> str | float:
    """What a constant elsewhere stands for: the input or target that its label says and whose value it has."""
    if cell is None:
        return value
    for key, own in parameters.cells.items():
        if own == cell:
            return key
    cells = reading.book.sheet(cell.sheet)
    assert cells is not None
    row, column = cell.place
    for place in ((row, column - 1), (row - 1, column), (row, column - 2)):
        label = cells.values.get(place)
        if isinstance(label, str) and (named := quantity(label)):
            if named in GIVEN and same_number(parameters.given.setdefault(named, value), value):
                return named
            break
    return value


def numbers_in(expression: Expression) -> Iterable[float]:
    """The numbers typed into a formula, but 0."""
    return (part.value for part, _ in parts(expression) if isinstance(part, Number) and part.value)


def same_number(a: float, b: float) -> bool:
    """Whether two typed numbers are the same."""
    return abs(a - b) <= SAME * max(abs(a), abs(b))


def same_size(a: float, b: float) -> bool:
    """Whether two typed numbers are the same but for their sign."""
    return same_number(abs(a), abs(b))


__all__ = [
    "Parameters",
    "Said",
    "address",
    "find_given",
    "labelled",
    "labelled_in",
    "numbers_in",
    "same_number",
    "same_size",
]
