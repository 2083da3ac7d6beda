"""Judging the learning rate: one that the sheet says otherwise, and one that changes on the way."""

from __future__ import annotations

from dataclasses import replace

from sheetprop.expression import Expression
from sheetprop.network import NETWORK, RATE
from sheetprop.submission.compare.case import Case
from sheetprop.submission.compare.samples import equal
from sheetprop.submission.diagnose.wording import Writer, value_text
from sheetprop.submission.find.tables import WEIGHTS
from sheetprop.submission.findings import Code, Severity
from sheetprop.submission.understand.parameters import address, same_number
from sheetprop.submission.understand.rates import with_literal


def judge_rates(case: Case) -> None:
    """Tell a learning rate that changes from row to row once, and one typed in where a cell says another."""
    if case.parameters.rates is not None:
        _tell_changing(case, case.parameters.rates)
    if case.parameters.said is not None and not _of_another_table(case):
        _tell_said_otherwise(case)


def _of_another_table(case: Case) -> bool:
    """Whether the cell that says another rate says that of another table on its sheet."""
    said = case.parameters.said
    told = case.table.cells.number(said.place) if said is not None else None
    others = (other.parameters for other in case.others if other is not case and other.table.cells is case.table.cells)
    return told is not None and any(
        other.rate_cell == said or (other.rate is not None and same_number(other.rate, told)) for other in others
    )


def _tell_changing(case: Case, rates: list[float]) -> None:
    first = rates[0]
    step = next(n for n, rate in enumerate(rates) if not same_number(rate, first))
    weights = [weight for weight in WEIGHTS if weight in case.runs]
    case.wrong_keys |= set(weights)
    line = f"{'column' if case.table.across else 'row'} {case.table.main.line(step) + 1}"
    for weight in weights:
        case.tell(
            Code.CHANGING_RATE,
            Severity.ERROR,
            f"The learning rate changes on the way: it is {value_text(first)} at first and {value_text(rates[step])} "
            f"in the update of {line}. All updates of a table have one learning rate.",
            weight,
            case.table.cells_of(weight, list(range(1, case.table.count))),
            case.writer.found(weight, step),
        )


def _tell_said_otherwise(case: Case) -> None:
    said, rate = case.parameters.said, case.parameters.rate
    assert said is not None
    assert rate is not None
    told = case.table.cells.number(said.place)
    assert told is not None
    cell = address(said, case.table.cells.name)
    writer = Writer(case.reading, replace(case.parameters, rate=told, rate_cell=said), case.writer.convention)
    for weight in WEIGHTS:
        steps, expected = list[int](), None
        for run in case.runs.get(weight, []):
            expression = run.content.expression
            meant = None if expression is None or run.last == 0 else _with_rate(case, weight, expression, rate)
            if meant is not None:
                steps += range(max(run.first, 1), run.last + 1)
                expected = expected or writer.formula(meant, steps[0])
        if steps:
            case.wrong_keys.add(weight)
            case.tell(
                Code.WRONG_RATE,
                Severity.ERROR,
                f"{NETWORK.label(weight)} is updated with the learning rate {value_text(rate)}, which is typed into "
                f"the formula, but {cell} says that the learning rate is {value_text(told)}.",
                weight,
                case.table.cells_of(weight, steps),
                case.writer.found(weight, steps[0]),
                expected,
            )


def _with_rate(case: Case, weight: str, expression: Expression, rate: float) -> Expression | None:
    """The update with the learning rate in the place of the number typed in; None where no number is the rate."""
    right = case.evaluator.name(weight)
    return next((new for new in with_literal(expression, rate, RATE) if equal(case.evaluator(new), right)), None)


__all__ = ["judge_rates"]
