"""Typed numbers that look like formulas, and formulas that are right at the numbers of their own sheet alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np

from sheetprop.expression import Expression, Symbol
from sheetprop.network import NETWORK, RATE
from sheetprop.submission.compare.case import Case
from sheetprop.submission.compare.evaluation import Evaluator, evaluated, shifted
from sheetprop.submission.compare.numbers import Numbers
from sheetprop.submission.compare.reference import agrees
from sheetprop.submission.compare.samples import Convention
from sheetprop.submission.compare.trial import CLOSE, UNKNOWN, tried
from sheetprop.submission.diagnose.wording import value_text
from sheetprop.submission.find.pieces import GIVEN
from sheetprop.submission.find.tables import WEIGHTS
from sheetprop.submission.findings import Code
from sheetprop.submission.open.cells import ErrorValue, Value
from sheetprop.submission.understand.formula import NotUnderstoodError, Shape
from sheetprop.submission.understand.functions import CONDITIONAL
from sheetprop.submission.understand.reading import EMPTY, Run

STILL = 1e-9
"""By how much of itself what is the same on all points may differ there by rounding."""
TWICE = 2
"""Sets of points on which a formula must be another one: where two terms are nearly the same on a point, rounding is
no mistake."""
DECIDING = {*CONDITIONAL, "IFERROR", "IFNA"}
"""Functions by which a cell may come to something else than the formula means."""


def take_as_typed(case: Case) -> None:
    """Take formulas that come to their numbers whatever the cells hold that they should follow from as typed numbers.

    What is no equation, and gives other numbers than the network where other numbers are put in, is kept for
    :func:`judge_disproved`.
    """
    typed = [(key, step, value) for key, step, value in _constant(case)]
    unread = {key: runs for key in case.runs if key not in GIVEN and (runs := list(_unread(case, key)))}
    if unread:
        found_of = tried(case, unread, case.seed)
        for key, runs in unread.items():
            followed = found_of[key].followed if key in found_of else []
            unknown = (run for run in runs if run.content.expression is None or case.unfollowed(run.content.expression))
            case.unverified[key] |= {step for run in unknown for step in run.steps}.difference(followed)
        for key, found in found_of.items():
            kept = [] if found.given else found.kept
            numbers = [(step, value) for step in kept if type(value := _computed(case, key, step)) is float]
            typed += [(key, step, value) for step, value in numbers if _follows(case, key, value)[step]]
            if found.disproved and (found.given or found.other):
                case.disproved[key] = found
    for key, step, value in typed:
        case.table.sheet(key, step).fold(case.table.place(key, step), value)
    if typed:
        case.read(None)


def judge_disproved(case: Case, agreeing: Mapping[str, list[int]]) -> set[str]:
    """Tell formulas that were not followed and give the network's numbers here, but not where others are put in."""
    told = agreeing.keys() & case.disproved.keys()
    for key in sorted(told, key=list(agreeing).index):
        found = case.disproved[key]
        steps = sorted({*found.other, *found.kept}.intersection(agreeing[key])) or agreeing[key]
        where = "inputs, targets or learning rates" if found.given else "weights"
        case.tell_wrong(
            Code.ONLY_HERE,
            f"{NETWORK.label(key)} has a formula that gives what the network's equation gives at the numbers of this "
            f"sheet only: with other {where} it gives something else.",
            key,
            steps,
            case.writer.found(key, steps[0]),
            case.writer.expected(key, steps[0]),
        )
    return told


def _constant(case: Case) -> Iterator[tuple[str, int, float]]:
    """Formulas that mean a number, and one that is right where they stand."""
    for key, run, right in case.formulas(case.evaluator):
        expression = run.content.expression
        if right or key in GIVEN or expression is None:
            continue
        value = _meant(case, expression)
        if value is None:
            continue
        follows = _follows(case, key, value)
        for step in range(max(run.first, int(key in WEIGHTS)), run.last + 1):
            if follows[step]:
                yield key, step, value


def _meant(case: Case, expression: Expression) -> float | None:
    """The number that a formula means; None where it means none."""
    if isinstance(expression, Symbol) and expression.key in case.reading.constants:
        return case.reading.constants[expression.key][1]  # one cell alone, whatever it was taken for
    values = case.evaluator(expression)
    same = np.all(np.isfinite(values)) and np.ptp(values) <= STILL * abs(values[0])
    return float(values[0]) if same else None


def _computed(case: Case, key: str, step: int) -> Value | None:
    cell = case.table.cell(key, step)
    return case.book.recomputed(cell.sheet, cell.place)


def _follows(case: Case, key: str, value: float) -> np.ndarray:
    """The iterations at which a number is the one that follows for a quantity from the other cells."""
    equation = case.writer.equation(key)
    if equation is None:
        return np.zeros(case.table.count, dtype=bool)
    return agrees(np.full(case.table.count, value), case.numbers.followed(key, equation).expected)


def _unread(case: Case, key: str) -> Iterator[Run]:
    for run in case.runs[key]:
        expression = run.content.expression
        first = max(run.first, int(key in WEIGHTS))
        if first <= run.last and (
            run.content.kind in ("unread", "opaque") or (expression is not None and case.unreadable(expression))
        ):
            yield Run(first, run.last, run.content)


def judge_only_here(case: Case) -> None:
    """Formulas that mean the network's equation at some numbers alone, or do not come to it in their own cells."""
    own = case.evaluator
    secret = [Evaluator(replace(own.samples, seed=case.seed + n), own.helpers, own.bindings) for n in range(TWICE)]
    known: dict[tuple[str, int], bool] = {}
    elsewhere: dict[str, list[int]] = defaultdict(list)
    here: dict[str, dict[int, float | ErrorValue]] = defaultdict(dict)
    for key, run, right in case.formulas(case.evaluator):
        expression = run.content.expression
        if not right or expression is None or key in GIVEN or key in case.settled:
            continue
        steps = range(max(run.first, int(key in WEIGHTS)), run.last + 1)
        if (key, id(expression)) not in known:
            known[key, id(expression)] = any(case.right(key, expression, points) for points in secret)
        if not known[key, id(expression)]:
            elsewhere[key] += steps
        else:
            here[key] |= _not_here(case, key, expression, run.content.shape, steps)
    for key, at in elsewhere.items():
        case.tell_wrong(
            Code.ONLY_HERE,
            f"{NETWORK.label(key)} has a formula that gives what the network's equation gives at some numbers only: "
            "something in it vanishes there, and not where other numbers stand.",
            key,
            sorted(at),
            case.writer.found(key, min(at)),
            case.writer.expected(key, min(at)),
        )
    for key, wrong in here.items():
        if not wrong:
            continue
        first = min(wrong)
        shown = wrong[first]
        what = shown.name if isinstance(shown, ErrorValue) else value_text(shown)
        case.tell_wrong(
            Code.ONLY_HERE,
            f"{NETWORK.label(key)} comes to {what} here when it is computed, and the network's equation does not, "
            "although the formula would mean that at other numbers.",
            key,
            sorted(wrong),
            case.writer.found(key, first),
            case.writer.expected(key, first),
        )


def _not_here(
    case: Case, key: str, expression: Expression, shape: Shape | None, steps: range
) -> dict[int, float | ErrorValue]:
    """Of the iterations where a formula does not come to the equation of the quantities that it is computed from."""
    equation = _in_its_words(case, key, expression) or expression
    computed = shape is not None and _may_differ(shape)
    numbers = case.recomputed if computed else case.numbers
    with np.errstate(all="ignore"):
        right = np.broadcast_to(evaluated(equation, _Own(case, numbers, 0)), (case.table.count,))
        found = np.broadcast_to(evaluated(expression, _Own(case, numbers, 0)), (case.table.count,))
    wrong: dict[int, float | ErrorValue] = {}
    for step in steps:
        if not np.isfinite(right[step]):
            continue
        value: float | ErrorValue = float(found[step]) if np.isfinite(found[step]) else ErrorValue("an error")
        if computed:
            own = _computed(case, key, step)
            if own is None or own == UNKNOWN or isinstance(own, str | bool):
                continue
            value = own
        if isinstance(value, ErrorValue) or abs(value - right[step]) > CLOSE * abs(right[step]) + 1e-12:
            wrong[step] = value
    return wrong


def _in_its_words(case: Case, key: str, expression: Expression) -> Expression | None:
    """The equation of a quantity in the quantities that a formula of it uses; None where they do not suffice."""
    if key in WEIGHTS:
        equation = case.writer.equation(key)
        return equation if equation is not None and equation.names - {RATE} <= expression.names else None
    used = {name.partition("@")[0].partition("#")[0] for name in expression.names} & {*NETWORK.keys()}
    convention = case.evaluator.samples.convention
    if convention != Convention() or used != expression.names:
        return None
    try:
        equation = convention.network.equation(key, used | GIVEN)
    except ValueError:
        return None
    return equation if equation is not None and equation.names <= used else None


def _may_differ(shape: Shape) -> bool:
    try:
        return not shape.functions.isdisjoint(DECIDING) or len(shape.used) < len(shape.leaves)
    except NotUnderstoodError:
        return False


class _Own(Mapping[str, np.ndarray]):
    """The numbers of a table by the names that its formulas are read with, as seen from ``shift`` iterations back."""

    def __init__(self, case: Case, numbers: Numbers, shift: int) -> None:
        self._case, self._numbers, self._shift = case, numbers, shift

    def __getitem__(self, name: str) -> np.ndarray:
        case = self._case
        if name.startswith("~"):
            helper, _, offset = name.partition("@")
            own = _Own(case, self._numbers, self._shift + int(offset or 0))
            return evaluated(case.reading.helpers[helper].expression, own)
        if name in case.reading.constants:
            bound = case.parameters.bindings.get(name)
            return self[bound] if bound == RATE else np.asarray(case.reading.constants[name][1])
        if name.startswith(EMPTY):
            return np.asarray(0.0)
        if ":" in name:
            return np.asarray(np.nan)
        return self._numbers.named(shifted(name, self._shift))

    def __iter__(self) -> Iterator[str]:
        raise TypeError("its names are not counted")

    def __len__(self) -> int:
        raise TypeError("its names are not counted")


__all__ = ["judge_disproved", "judge_only_here", "take_as_typed"]
