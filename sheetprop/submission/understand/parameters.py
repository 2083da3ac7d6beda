"""A table's parameters: its inputs, targets and learning rate, and which constants elsewhere stand for them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import product

from xlsxwriter.utility import xl_rowcol_to_cell

from sheetprop.expression import Expression, Number, Symbol
from sheetprop.network import NETWORK, RATE, Role
from sheetprop.submission.compare.evaluation import Evaluator
from sheetprop.submission.compare.samples import Convention, Samples, equal
from sheetprop.submission.diagnose.edits import parts
from sheetprop.submission.find.labels import is_rate, quantity
from sheetprop.submission.find.tables import WEIGHTS, Cell, Table, quoted
from sheetprop.submission.findings import LearningRate
from sheetprop.submission.open.cells import Place
from sheetprop.submission.understand.reading import GIVEN, Reading, Run

SHOWN_BY = {"h1": ("i1", "i2"), "E1": ("t1",), "E2": ("t2",)}
"""Quantities whose formula shows what stands for which inputs or targets."""
SAME = 1e-9
"""Relative difference up to which two typed numbers are the same: filling down adds some 1e-15."""


@dataclass
class Parameters:
    """Values of inputs and targets by key; the learning rate and where it stands (None: typed into the formulas).

    ``bindings`` say what constants elsewhere stand for: a quantity's name, or only their number. ``cells`` are where
    inputs and targets stand that have no column in the table.
    """

    given: dict[str, float] = field(default_factory=dict)
    cells: dict[str, Cell] = field(default_factory=dict)
    rate: float | None = None
    rate_cell: Cell | None = None
    rate_names: set[str] = field(default_factory=set)
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


def find_parameters(reading: Reading, runs: Mapping[str, list[Run]]) -> Parameters:
    """The parameters that a table's formulas use."""
    table, parameters = reading.table, Parameters()
    for key in sorted(GIVEN):
        _find_given(reading, key, runs.get(key, []), parameters)
    for name, (cell, value) in reading.constants.items():
        parameters.bindings[name] = _meaning(reading, cell, value, parameters)
    _infer_given(reading, runs, parameters)
    _find_rate(reading, runs, parameters)
    if parameters.rate is None:
        _find_labelled_rate(table, parameters)
    return parameters


def _find_given(reading: Reading, key: str, runs: list[Run], parameters: Parameters) -> None:
    table = reading.table
    if key in table.columns:
        value = table.number(key, 0)
        if value is None and runs and isinstance(symbol := runs[0].content.expression, Symbol):
            value = reading.constants.get(symbol.key, (None, None))[1]
        if value is not None:
            parameters.given[key] = value
    elif found := _labelled(table, lambda text: quantity(text) == key):
        parameters.cells[key], parameters.given[key] = found


def _infer_given(reading: Reading, runs: Mapping[str, list[Run]], parameters: Parameters) -> None:
    """Inputs and targets that have neither column nor label: what stands in their place in the formulas."""
    for shown_by, keys in SHOWN_BY.items():
        missing = [key for key in keys if key not in parameters.given]
        formulas = [run.content.expression for run in runs.get(shown_by, []) if run.content.expression is not None]
        if not missing or not formulas:
            continue
        expression = formulas[-1]
        cells = [name for name in dict.fromkeys(expression.symbols()) if name in reading.constants]
        typed = list(dict.fromkeys(_numbers(expression)))
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
                parameters.bindings |= named
                for found, key in named.items():
                    cell = reading.constants[found][0]
                    if cell is not None:
                        parameters.cells[key] = cell
                break


def _labelled(table: Table, names: Callable[[str], bool]) -> tuple[Cell, float] | None:
    """The number beside or below a text that ``names`` accepts, the nearest to the table's headings."""
    header = table.corner
    for cells in table.sheets.values():
        found: list[tuple[int, Place, float]] = []
        for (row, column), text in cells.texts.items():
            if not names(text):
                continue
            for place in ((row, column + 1), (row, column + 2), (row + 1, column)):
                if (value := cells.number(place)) is not None and not table.contains(cells.name, place):
                    found.append((abs(row - header[0]) + abs(column - header[1]) // 4, place, value))
                    break
        if found:
            _, place, value = min(found)
            return Cell(cells.name, place), value
    return None


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
            if named in GIVEN and _same(parameters.given.setdefault(named, value), value):
                return named
            break
    return value


def same_size(a: float, b: float) -> bool:
    """Whether two typed numbers are the same but for their sign."""
    return _same(abs(a), abs(b))


def _same(a: float, b: float) -> bool:
    return abs(a - b) <= SAME * max(abs(a), abs(b))


def _find_rate(reading: Reading, runs: Mapping[str, list[Run]], parameters: Parameters) -> None:
    """The constant that most updates multiply the gradient with."""
    uses: Counter[str] = Counter()
    literals: Counter[float] = Counter()
    values: Counter[float] = Counter()
    samples = Samples()
    for weight in WEIGHTS:
        for run in runs.get(weight, []):
            expression = run.content.expression
            if expression is None or run.last == 0:
                continue
            count = run.last - run.first + 1
            names = [name for name in dict.fromkeys(expression.symbols()) if name in reading.constants]
            for name in names:
                if len(names) == 1 or _acts_as_rate(reading, weight, expression, name, parameters, samples):
                    uses[name] += count
                    values[reading.constants[name][1]] += count
            if not names:
                for literal in set(_numbers(expression)):
                    literals[abs(literal)] += count
    if values:
        value, count = values.most_common(1)[0]
        updates = sum(run.last - run.first + 1 for w in WEIGHTS for run in runs.get(w, []) if run.content.expression)
        labelled = [name for name in uses if _is_labelled_rate(reading, reading.constants[name][0])]
        if count * 4 < updates and labelled:
            value = reading.constants[labelled[0]][1]
        same = [name for name in uses if _same(reading.constants[name][1], value)]
        best = max(same, key=lambda name: uses[name])
        parameters.rate, parameters.rate_cell = value, reading.constants[best][0]
        parameters.rate_names = set(same)
        parameters.bindings |= dict.fromkeys(same, RATE)
    elif scaled := _rate_in_gradients(reading, runs, parameters):
        parameters.rate_cell, parameters.rate = reading.constants[scaled]
        parameters.bindings[scaled] = RATE
    elif literals:
        likely = [literal for literal, _ in literals.most_common() if literal not in (1.0,)] or list(literals)
        right = [literal for literal in likely if _rates_literally(reading, runs, literal, parameters, samples)]
        if right:
            parameters.rate = right[0]


def _rate_in_gradients(reading: Reading, runs: Mapping[str, list[Run]], parameters: Parameters) -> str | None:
    """The constant that the gradient columns are multiplied with, where they hold the change of each weight."""
    uses: Counter[str] = Counter()
    for key in NETWORK.keys(Role.GRADIENT):
        for run in runs.get(key, []):
            expression = run.content.expression
            for name in (n for n in (expression.names if expression else ()) if n in reading.constants):
                for sign in ("lr", "-lr"):
                    samples = Samples(Convention(gradient=sign))
                    evaluator = Evaluator(samples, reading.helpers, parameters.bindings | {name: RATE})
                    assert expression is not None
                    uses[name] += equal(evaluator(expression), samples[key])
    best = uses.most_common(1)
    return best[0][0] if best and best[0][1] else None


def _acts_as_rate(
    reading: Reading, weight: str, expression: Expression, name: str, parameters: Parameters, samples: Samples
) -> bool:
    evaluator = Evaluator(samples, reading.helpers, parameters.bindings | {name: RATE})
    return equal(evaluator(expression), samples[weight])


def _rates_literally(
    reading: Reading, runs: Mapping[str, list[Run]], literal: float, parameters: Parameters, samples: Samples
) -> bool:
    for weight in WEIGHTS:
        for run in runs.get(weight, []):
            expression = run.content.expression
            if expression is not None and run.last > 0:
                evaluator = Evaluator(samples, reading.helpers, parameters.bindings)
                if any(equal(evaluator(x), samples[weight]) for x in with_literal(expression, literal, RATE)):
                    return True
    return False


def with_literal(expression: Expression, value: float, name: str) -> Iterable[Expression]:
    """The expression with one number ``value``, wherever it stands, replaced by a name."""
    for part, put in parts(expression):
        if isinstance(part, Number) and same_size(part.value, value):
            yield put(Symbol(name) if part.value * value > 0 else -Symbol(name))


def _numbers(expression: Expression) -> Iterable[float]:
    return (part.value for part, _ in parts(expression) if isinstance(part, Number) and part.value)


def _is_labelled_rate(reading: Reading, cell: Cell | None) -> bool:
    if cell is None:
        return False
    cells = reading.book.sheet(cell.sheet)
    assert cells is not None
    row, column = cell.place
    around = ((row, column - 1), (row - 1, column), (row, column - 2))
    return any(isinstance(label := cells.values.get(place), str) and is_rate(label) for place in around)


_RATE_IN_TEXT = re.compile(
    r"(?:η|ɳ|ή|α|\blr\b|l\.r\.?|eta|learning[ _]?rate)\s*(?:\(\w+\))?\s*[=:_ ]*\s*([0-9]*\.?[0-9]+)", re.IGNORECASE
)


def rate_in_text(text: str) -> float | None:
    """The learning rate that a text tells, as "η = 0.2" or "LR_0.5"."""
    found = _RATE_IN_TEXT.search(text)
    return float(found[1]) if found else None


def _find_labelled_rate(table: Table, parameters: Parameters) -> None:
    """The rate that a label near the table, or the sheet's name, tells, where no formula does."""
    cells = table.cells
    if found := _labelled(table, is_rate):
        parameters.rate_cell, parameters.rate = found
        return
    texts = [text for (row, _), text in cells.texts.items() if row <= table.main.header]
    told = (rate_in_text(text) for text in [*reversed(texts), cells.name])
    parameters.rate = next((value for value in told if value is not None), None)


__all__ = ["Parameters", "address", "find_parameters", "rate_in_text", "with_literal"]
