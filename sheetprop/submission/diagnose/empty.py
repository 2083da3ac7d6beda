"""Empty cells that formulas read, and take for 0: they are the mistake, not the formulas."""

from __future__ import annotations

from collections import defaultdict

from sheetprop.network import NETWORK, RATE
from sheetprop.submission.compare.case import Case, read_quantities
from sheetprop.submission.compare.evaluation import Evaluator
from sheetprop.submission.find.pieces import GIVEN
from sheetprop.submission.find.tables import NOWHERE, WEIGHTS, ranges
from sheetprop.submission.findings import Code, Severity
from sheetprop.submission.understand.reading import EMPTY

LEAST_UPDATES = 2
"""Updates that use an empty cell as the learning rate, for it to be meant as that."""


def judge_empty_rate(case: Case) -> None:
    """An empty cell that stands in the place of the learning rate: the updates are right but for it."""
    if case.parameters.rate_cell is not None:
        return  # references that slide from it are told as that
    found: dict[str, list[str]] = defaultdict(list)
    for key in WEIGHTS:
        for run in case.runs.get(key, []):
            expression = run.content.expression
            if expression is None:
                continue
            for name in expression.names:
                if name.startswith(EMPTY) and key not in found[name]:
                    bindings = case.parameters.bindings | {name: RATE}
                    evaluator = Evaluator(case.evaluator.samples, case.reading.helpers, bindings)
                    found[name] += [key] if case.right(key, expression, evaluator) else []
    for name, keys in found.items():
        if len(keys) < LEAST_UPDATES:
            continue
        case.parameters.bindings[name] = RATE
        case.evaluator = Evaluator(case.evaluator.samples, case.reading.helpers, case.parameters.bindings)
        case.wrong_keys |= set(keys)
        sheet, _, place = name.removeprefix(EMPTY).rpartition("!")
        row, _, column = place.partition(",")
        cells = ranges([(int(row), int(column))])
        case.tell(
            Code.MISSING_COLUMN,
            Severity.ERROR,
            f"The cell {cells} is empty, which the updates take for the learning rate: they subtract 0, and nothing is "
            "learned.",
            RATE,
            cells,
            sheet=sheet,
        )


def judge_empty(case: Case) -> None:
    """Inputs, targets and first weights that are not there, where formulas need them."""
    read = read_quantities(case.table)
    for key, runs in case.runs.items():
        kinds = [run.content.kind for run in runs]
        if key not in read or set(kinds) == {"empty"}:
            continue
        empty = [step for run in runs if run.content.kind == "empty" for step in range(run.first, run.last + 1)]
        empty = [step for step in empty if case.table.place(key, step) != NOWHERE]
        if key in WEIGHTS and empty[:1] == [0]:
            _tell(case, key, [0], "has no first value, and formulas take the empty cell for 0")
        elif key in GIVEN and empty:
            filled = [run for run in runs if run.content.kind != "empty"]
            # Those among its numbers are told as gaps.
            outside = [step for step in empty if step < filled[0].first or step > filled[-1].last]
            if outside:
                what = "empty cells, and the formulas beside them take them for 0"
                one = "an empty cell, and the formulas beside it take it for 0"
                _tell(case, key, outside, f"has {what if len(outside) > 1 else one}")


def _tell(case: Case, key: str, steps: list[int], what: str) -> None:
    value = case.parameters.given.get(key) if key in GIVEN else None
    message = f"{NETWORK.label(key)} {what}."
    case.tell_wrong(Code.MISSING_COLUMN, message, key, steps, None, None if value is None else f"{value:.15g}")


__all__ = ["judge_empty", "judge_empty_rate"]
