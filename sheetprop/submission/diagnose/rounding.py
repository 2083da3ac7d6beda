"""Judging formulas that are right but for rounding, in columns and in helper cells: by how much it moves the value."""

from __future__ import annotations

import numpy as np

from sheetprop.expression import Call, Expression, Number, Operation
from sheetprop.network import NETWORK
from sheetprop.submission.compare.case import Case
from sheetprop.submission.diagnose.edits import contains_call, parts
from sheetprop.submission.diagnose.wording import value_text
from sheetprop.submission.find.tables import WEIGHTS, ranges
from sheetprop.submission.findings import Code, Severity
from sheetprop.submission.understand.formula import Shape
from sheetprop.submission.understand.functions.arithmetic import ROUNDING

MOST_MOVED = 1e-3
"""By how much of itself rounding may move a value before it is an error."""
BY_NAME = {*ROUNDING, "QUOTIENT"}
"""Functions that round, where else a number near e is taken to a power."""
STILL = 0.5
"""Share of the updates that rounding undoes from which on a weight does not learn."""


def judge_rounding(case: Case) -> None:
    """Formulas that are right but for rounding their result, or for a rounded e, in columns and in helpers."""
    helpers: dict[str, dict[str, list[int]]] = {}
    for key, run, right in case.formulas(case.evaluator):
        expression = run.content.expression
        if not right or expression is None:
            continue
        steps = list(range(run.first, run.last + 1))
        for name in case.helpers_of(expression):
            helpers.setdefault(name, {}).setdefault(key, []).extend(steps)
        if contains_call(expression, "round"):
            off = _moved(case, key, steps)
            if off is not None:
                case.wrong_keys.add(key)
            case.tell(
                Code.ROUNDED,
                Severity.WARNING if off is None else Severity.ERROR,
                _rounding(case, NETWORK.label(key), run.content.shape, key, off),
                key,
                case.table.cells_of(key, steps),
                case.writer.found(key, run.first),
                case.writer.formula(_without(expression, "round"), run.first),
            )
    for name, users in helpers.items():
        helper = case.reading.helpers[name]
        if contains_call(helper.expression, "round"):
            moved = {key: off for key, steps in users.items() if (off := _moved(case, key, steps)) is not None}
            key = next(iter(moved or users))
            case.wrong_keys |= moved.keys()
            sheet = helper.cells[0].sheet
            places = sorted(cell.place for cell in helper.cells if cell.sheet == sheet)
            subject = f"The helper cell {ranges(places[:1])}"
            case.tell(
                Code.ROUNDED,
                Severity.ERROR if moved else Severity.WARNING,
                _rounding(case, subject, helper.shape, key, moved.get(key)),
                key,
                ranges(places),
                case.writer.at(places[0], sheet),
                sheet=sheet,
            )


def _moved(case: Case, key: str, steps: list[int]) -> int | None:
    """The first iteration at which rounding moves a quantity too far; None where it does nowhere."""
    equation = case.writer.equation(key)
    if equation is None:
        return None
    followed = case.recomputed.followed(key, equation)
    with np.errstate(all="ignore"):
        off = np.abs(followed.found - followed.expected) > MOST_MOVED * np.abs(followed.expected) + 1e-15
    off &= followed.known
    first = next((step for step in steps if off[step]), None)
    if first is None and key in WEIGHTS:
        before = np.concatenate([[np.nan], followed.found[:-1]])
        stands = (followed.found == before) & (np.abs(followed.expected - before) > 1e-12 * np.abs(before))
        still = [step for step in steps if stands[step]]
        first = still[0] if len(still) > STILL * len(steps) else None
    return first


def _rounding(case: Case, subject: str, shape: Shape | None, key: str, off: int | None) -> str:
    by_function = shape is not None and bool(shape.functions & BY_NAME or "^" not in shape.text(0, 0))
    if off is not None:
        equation = case.writer.equation(key)
        assert equation is not None
        followed = case.recomputed.followed(key, equation)
        label = NETWORK.label(key)
        what = "is rounded" if by_function else "takes a rounded number for e"
        return (
            f"{subject} {what}, so that {label} is {value_text(float(followed.found[off]))} where "
            f"{value_text(float(followed.expected[off]))} belongs: training goes on with the rounded number."
        )
    if by_function:
        advice = "Show fewer digits by the cell's format instead."
        return f"{subject} is rounded, and training goes on with the rounded number. {advice}"
    return f"{subject} takes a rounded number for e; EXP is exact."


def _without(expression: Expression, call: str) -> Expression:
    """The same without the function, and without the scaling around it: x for INT(x*100)/100."""
    for part, put in parts(expression):
        match part:
            case Operation("/", Call(name, Operation("*", scaled, Number(factor))), Number(divisor)):
                if name == call and factor == divisor:
                    return _without(put(scaled), call)
            case Operation("/", Call(name, Operation("*", Number(factor), scaled)), Number(divisor)):
                if name == call and factor == divisor:
                    return _without(put(scaled), call)
            case Operation("*", Call(name, Operation("/", scaled, Number(divisor))), Number(factor)):
                if name == call and factor == divisor:
                    return _without(put(scaled), call)
        if isinstance(part, Call) and part.name == call:
            return _without(put(part.argument), call)
    return expression


__all__ = ["judge_rounding"]
