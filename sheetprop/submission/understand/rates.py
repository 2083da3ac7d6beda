"""A table's learning rate: what its updates really multiply the gradient with, and where that stands."""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import compress

from sheetprop.expression import Expression, Number, Symbol
from sheetprop.network import NETWORK, RATE, Role
from sheetprop.submission.compare.evaluation import Evaluator
from sheetprop.submission.compare.samples import Convention, Samples, equal
from sheetprop.submission.diagnose.edits import parts
from sheetprop.submission.find.labels import is_rate, quantity
from sheetprop.submission.find.tables import WEIGHTS, Cell, Table
from sheetprop.submission.open.cells import Cells
from sheetprop.submission.understand.parameters import (
    Parameters,
    Said,
    find_given,
    labelled,
    labelled_in,
    numbers_in,
    same_number,
    same_size,
)
from sheetprop.submission.understand.reading import Reading, Run

OWN_LINES = 0.9
"""Share of the updates that take their rate from the table's own lines from which it is a column of its own."""


def find_parameters(reading: Reading, runs: Mapping[str, list[Run]]) -> Parameters:
    """The parameters that a table's formulas use."""
    parameters = find_given(reading, runs)
    _find_rate(reading, runs, parameters)
    if parameters.rate is None:
        _find_labelled_rate(reading.table, parameters)
    elif parameters.rate_cell is None and not parameters.rate_names:
        parameters.said = _said_otherwise(reading, parameters.rate)
    return parameters


def _updates(runs: Mapping[str, list[Run]]) -> Iterator[tuple[str, Run, Expression]]:
    for weight in WEIGHTS:
        for run in runs.get(weight, []):
            if run.content.expression is not None and run.last > 0:
                yield weight, run, run.content.expression


def _find_rate(reading: Reading, runs: Mapping[str, list[Run]], parameters: Parameters) -> None:
    """The constant that most updates multiply the gradient with."""
    uses: Counter[str] = Counter()
    literals: Counter[float] = Counter()
    typed: list[tuple[str, Run, float]] = []
    values: Counter[float] = Counter()
    by_step: dict[int, set[str]] = defaultdict(set)
    samples, updates = Samples(), 0
    for weight, run, expression in _updates(runs):
        count = run.last - run.first + 1
        updates += count
        formulas = [expression, *_helpers(reading, expression)]
        alone = isinstance(expression, Symbol)  # one cell, which is multiplied with nothing
        direct = [name for name in dict.fromkeys(expression.symbols()) if name in reading.constants and not alone]
        names = [n for n in dict.fromkeys(n for f in formulas for n in f.symbols()) if n in reading.constants]
        for name in names:
            acts = _acts_as_rate(reading, weight, expression, name, parameters, samples)
            if acts or [name] == direct:
                uses[name] += count
                values[reading.constants[name][1]] += count
            if acts:
                for step in range(run.first, run.last + 1):
                    by_step[step].add(name)
        if not names:
            for literal in {abs(value) for formula in formulas for value in numbers_in(formula)}:
                literals[literal] += count
                typed.append((weight, run, literal))
    if _find_column(reading, by_step, parameters):
        return
    if values:
        value, count = values.most_common(1)[0]
        labelled_uses = [name for name in uses if _is_labelled_rate(reading, reading.constants[name][0])]
        if count * 4 < updates and labelled_uses:
            value = reading.constants[labelled_uses[0]][1]
        same = [name for name in uses if same_number(reading.constants[name][1], value)]
        best = max(same, key=lambda name: uses[name])
        parameters.rate, parameters.rate_cell = value, reading.constants[best][0]
        parameters.rate_names = set(same)
        parameters.bindings |= dict.fromkeys(same, RATE)
    elif scaled := _rate_in_gradients(reading, runs, parameters):
        parameters.rate_cell, parameters.rate = reading.constants[scaled]
        parameters.bindings[scaled] = RATE
    elif literals:
        # What most updates have; of two numbers in the same updates, a factor 1 is rather nothing than a rate.
        likely = sorted(literals, key=lambda literal: (-literals[literal], literal == 1.0))
        having: dict[float, list[tuple[str, Run]]] = defaultdict(list)
        for weight, run, literal in typed:
            having[literal].append((weight, run))
        is_rate = (_rates_literally(reading, having[literal], literal, parameters, samples) for literal in likely)
        right = next(compress(likely, is_rate), None)
        if right is not None:
            parameters.rates = _typed_by_step(reading, typed, parameters, samples)
            parameters.rate = parameters.rates[0] if parameters.rates else right


def _find_column(reading: Reading, by_step: Mapping[int, set[str]], parameters: Parameters) -> bool:
    """A rate for each iteration, in a column of the table's own lines, that is not everywhere the same."""
    table = reading.table
    own: dict[int, str] = {}
    for step, names in by_step.items():
        for name in names:
            cell = reading.constants[name][0]
            found = None if cell is None else table.step(cell)
            # A cell that only repeats the one above means the one above.
            if found is not None and found <= step:
                own[step] = name
    rates = {step: reading.constants[name][1] for step, name in own.items()}
    if not rates or len(own) < OWN_LINES * len(by_step):
        return False
    first = rates[min(rates)]
    if all(same_number(rate, first) for rate in rates.values()):
        return False
    filled, rate = [], first
    for step in range(table.count):
        rate = rates.get(step, rate)
        filled.append(rate)
    parameters.rate, parameters.rate_cell = first, reading.constants[own[min(own)]][0]
    parameters.rate_names = set(own.values())
    parameters.bindings |= dict.fromkeys(own.values(), RATE)
    parameters.rates = filled
    return True


def _helpers(reading: Reading, expression: Expression) -> list[Expression]:
    """The formulas of the helpers that an expression uses, directly or through others."""
    pending, found = list(expression.symbols()), dict[str, Expression]()
    while pending:
        name = pending.pop().partition("@")[0]
        if name.startswith("~") and name not in found:
            found[name] = reading.helpers[name].expression
            pending += found[name].symbols()
    return list(found.values())


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
    reading: Reading,
    updates: Iterable[tuple[str, Run]],
    literal: float,
    parameters: Parameters,
    samples: Samples,
) -> bool:
    """Whether a number acts as the learning rate in one of the updates, which all have it typed in."""
    evaluator = Evaluator(samples, reading.helpers, parameters.bindings)
    for weight, run in updates:
        expression = run.content.expression
        assert expression is not None
        if any(equal(evaluator(x), samples[weight]) for x in with_literal(expression, literal, RATE)):
            return True
        for name in {name.partition("@")[0] for name in expression.symbols() if name.startswith("~")}:
            for formula in with_literal(reading.helpers[name].expression, literal, RATE):
                if equal(evaluator.trial({name: formula})(expression), samples[weight]):
                    return True
    return False


def _typed_by_step(
    reading: Reading, typed: Iterable[tuple[str, Run, float]], parameters: Parameters, samples: Samples
) -> list[float] | None:
    """The rates typed into the updates, for each iteration, where all weights change theirs together."""
    evaluator = Evaluator(samples, reading.helpers, parameters.bindings)
    by_step: dict[int, dict[str, float]] = defaultdict(dict)
    for weight, run, literal in typed:
        expression = run.content.expression
        trials = with_literal(expression, literal, RATE) if expression is not None and literal != 1.0 else ()
        if any(equal(evaluator(trial), samples[weight]) for trial in trials):
            for step in range(max(run.first, 1), run.last + 1):
                by_step[step][weight] = literal
    rates = []
    for step in range(1, reading.table.count):
        found = by_step[step]
        if len(found) < len(WEIGHTS) or not all(same_number(rate, found[WEIGHTS[0]]) for rate in found.values()):
            return None
        rates.append(found[WEIGHTS[0]])
    changing = any(not same_number(rate, rates[0]) for rate in rates)
    return [rates[0], *rates] if changing else None


def with_literal(expression: Expression, value: float, name: str) -> Iterable[Expression]:
    """The expression with one number ``value``, wherever it stands, replaced by a name."""
    for part, put in parts(expression):
        if isinstance(part, Number) and same_size(part.value, value):
            yield put(Symbol(name) if part.value * value > 0 else -Symbol(name))


def _is_labelled_rate(reading: Reading, cell: Cell | None) -> bool:
    if cell is None:
        return False
    cells = reading.book.sheet(cell.sheet)
    assert cells is not None
    row, column = cell.place
    around = ((row, column - 1), (row - 1, column), (row, column - 2))
    return any(isinstance(label := cells.values.get(place), str) and is_rate(label) for place in around)


_RATE_IN_TEXT = re.compile(
    r"(?:η|ɳ|ή|α|\blr\b|l\.r\.?|eta|learning[ _]?rate)[\s=:_]*(?:\(\w+\)[\s=:_]*)?([0-9]*\.?[0-9]+)", re.IGNORECASE
)


def rate_in_text(text: str) -> float | None:
    """The learning rate that a text tells, as "η = 0.2" or "LR_0.5"."""
    found = _RATE_IN_TEXT.search(text)
    rate = float(found[1]) if found else math.inf
    return rate if math.isfinite(rate) else None


def _said_otherwise(reading: Reading, rate: float) -> Said | None:
    """Where another learning rate is told than the updates have typed in; None where none is, or it is theirs.

    By a cell that is labelled as the rate, on the table's sheets or on one that only holds parameters, or by a text
    above the headings.
    """
    table = reading.table
    elsewhere = (cells for cells in reading.book if cells.name not in table.sheets and _is_of_parameters(cells))
    places = (labelled(table, is_rate), *(labelled_in(cells, table, is_rate) for cells in elsewhere))
    found = [Said(*place) for place in places if place is not None and not _counts(reading, *place)]
    told = found or list(_told_above(table))
    apart = all(not same_number(said.rate, rate) for said in told)
    alike = all(same_number(said.rate, told[0].rate) for said in told)
    return told[0] if told and apart and alike else None


def _counts(reading: Reading, cell: Cell, number: float) -> bool:
    """Whether a number is one of a column that counts the iterations, which some call n."""
    row, column = cell.place
    sheet = reading.book.sheet(cell.sheet)
    beside = [sheet.number(place) for place in ((row + 1, column), (row, column + 1))] if sheet is not None else []
    counting = any(other is not None and not same_number(other, number) for other in beside)
    return counting and reading.table.step(cell) is not None


def _is_of_parameters(cells: Cells) -> bool:
    return sum(quantity(text) in WEIGHTS for text in cells.texts.values()) < len(WEIGHTS) // 2


def _told_above(table: Table) -> Iterator[Said]:
    for place, text in table.cells.texts.items():
        if place[0] < table.main.header and (rate := rate_in_text(text)) is not None:
            yield Said(Cell(table.cells.name, place), rate, in_text=True)


def _find_labelled_rate(table: Table, parameters: Parameters) -> None:
    """The rate that a label near the table, or the sheet's name, tells, where no formula does."""
    if found := labelled(table, is_rate):
        parameters.rate_cell, parameters.rate = found
        return
    texts = [text for (row, _), text in table.cells.texts.items() if row <= table.main.header]
    told = (rate_in_text(text) for text in [*reversed(texts), table.cells.name])
    parameters.rate = next((value for value in told if value is not None), None)


__all__ = ["find_parameters", "rate_in_text", "with_literal"]
