"""Judging the learning rate: one that the sheet says otherwise, and one that changes on the way."""

from __future__ import annotations

from dataclasses import replace

from sheetprop.expression import Expression
from sheetprop.network import NETWORK, RATE
from sheetprop.submission.compare.case import Case, Wrong
from sheetprop.submission.compare.samples import equal
from sheetprop.submission.diagnose.wording import Writer, value_text
from sheetprop.submission.find.tables import WEIGHTS
from sheetprop.submission.findings import Code
from sheetprop.submission.understand.parameters import Said, address, same_number
from sheetprop.submission.understand.rates import with_literal
from sheetprop.submission.understand.reading import Helper


def judge_rates(case: Case) -> None:
    """Tell a learning rate that changes from row to row once, and one typed in where a cell says another."""
    if case.parameters.rates is not None:
        _tell_changing(case, case.parameters.rates)
    elif case.parameters.said is not None and not _of_another_table(case, case.parameters.said):
        _tell_said_otherwise(case, case.parameters.said)


def without_typed_rates(case: Case, wrong: list[Wrong]) -> list[Wrong]:
    """The wrong formulas without updates that are right but for a rate that changes on the way, which is told once."""
    rates = dict.fromkeys(case.parameters.rates or ())

    def is_update(found: Wrong) -> bool:
        expression = found.content.expression
        return expression is not None and any(_with_rate(case, found.key, expression, rate) for rate in rates)

    return [found for found in wrong if found.key not in WEIGHTS or not is_update(found)]


def _of_another_table(case: Case, said: Said) -> bool:
    """Whether what says another rate says that of another table on its sheet."""
    others = (other.parameters for other in case.others if other is not case and other.table.cells is case.table.cells)
    return any(
        other.rate_cell == said.cell or (other.rate is not None and same_number(other.rate, said.rate))
        for other in others
    )


def _tell_changing(case: Case, rates: list[float]) -> None:
    first = rates[0]
    step = next(n for n, rate in enumerate(rates) if not same_number(rate, first))
    weights = [weight for weight in WEIGHTS if weight in case.runs]
    line = f"{'column' if case.table.across else 'row'} {case.table.main.line(step) + 1}"
    for weight in weights:
        case.tell_wrong(
            Code.CHANGING_RATE,
            f"The learning rate changes on the way: it is {value_text(first)} at first and {value_text(rates[step])} "
            f"in the update of {line}. All updates of a table have one learning rate.",
            weight,
            list(range(1, case.table.count)),
            case.writer.found(weight, step),
        )


def _tell_said_otherwise(case: Case, said: Said) -> None:
    rate = case.parameters.rate
    assert rate is not None
    cell = address(said.cell, case.table.cells.name)
    put = replace(case.parameters, rate=said.rate, rate_cell=None if said.in_text else said.cell)
    writer = Writer(case.reading, put, case.writer.convention)
    for weight in WEIGHTS:
        steps, expected, where = list[int](), None, "the formula"
        for run in case.runs.get(weight, []):
            expression = run.content.expression
            if expression is None or run.last == 0:
                continue
            own = range(max(run.first, 1), run.last + 1)
            if meant := _with_rate(case, weight, expression, rate):
                steps += own
                expected = expected or writer.formula(meant, own[0])
            elif helper := _helper_with_rate(case, weight, expression, rate):
                steps += own
                where = f"a formula that it uses ({address(helper.cells[0], case.table.cells.name)})"
        if steps:
            case.tell_wrong(
                Code.WRONG_RATE,
                f"{NETWORK.label(weight)} is updated with the learning rate {value_text(rate)}, which is typed into "
                f"{where}, but {cell} says that the learning rate is {value_text(said.rate)}.",
                weight,
                steps,
                case.writer.found(weight, steps[0]),
                expected,
            )


def _with_rate(case: Case, weight: str, expression: Expression, rate: float) -> Expression | None:
    """The update with the learning rate in the place of the number typed in; None where no number is the rate."""
    right = case.evaluator.name(weight)
    return next((new for new in with_literal(expression, rate, RATE) if equal(case.evaluator(new), right)), None)


def _helper_with_rate(case: Case, weight: str, expression: Expression, rate: float) -> Helper | None:
    """The formula elsewhere that an update uses and that has the rate typed in."""
    right = case.evaluator.name(weight)
    for name in dict.fromkeys(symbol.partition("@")[0] for symbol in expression.symbols() if symbol.startswith("~")):
        helper = case.reading.helpers[name]
        for formula in with_literal(helper.expression, rate, RATE):
            if equal(case.evaluator.trial({name: formula})(expression), right):
                return helper
    return None


__all__ = ["judge_rates", "without_typed_rates"]
