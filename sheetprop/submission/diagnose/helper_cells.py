"""Mistakes that are made in helper cells: told there, and not in the columns that only use them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

import numpy as np

from sheetprop.expression import Number
from sheetprop.network import NETWORK, RATE
from sheetprop.submission.compare.case import Case, Wrong
from sheetprop.submission.compare.samples import equal
from sheetprop.submission.diagnose.advice import advice_for_helper
from sheetprop.submission.diagnose.diagnosis import Diagnosis, diagnose
from sheetprop.submission.diagnose.known import as_known
from sheetprop.submission.diagnose.wording import explain
from sheetprop.submission.find.pieces import GIVEN
from sheetprop.submission.find.tables import ranges
from sheetprop.submission.findings import Severity
from sheetprop.submission.understand.parameters import address

MOST_UNEXPLAINED = 16
"""Formulas of a table whose mistake was searched for in vain; after so many it is not one slip of the hand."""
MOST_USERS = 3
"""Wrong formulas by which one helper is tried; if it is at fault, each of them shows it."""


def at_helper_cells(case: Case, wrong: list[Wrong]) -> list[Wrong]:
    """Tell mistakes that are made in helper cells there, and leave the columns that only use them."""
    used: dict[str, list[Wrong]] = defaultdict(list)
    for item in wrong:
        for name in case.helpers_of(item.content.expression):
            used[name].append(item)
    trusted = _helpers_of_right_formulas(case)
    rest = list(wrong)
    for name in sorted(used, key=lambda name: (case.reading.helpers[name].depth, name)):
        users = [item for item in used[name] if item in rest]
        if not users or name in trusted:
            continue
        found = _helper_mistake(case, name, users)
        if found:
            diagnosis, cured = found
            _tell_helper(case, name, diagnosis, cured)
            rest = [item for item in rest if item not in cured]
    return rest


def _helpers_of_right_formulas(case: Case) -> set[str]:
    found = set[str]()
    for _, run, right in case.formulas(case.evaluator):
        if right:
            found |= case.helpers_of(run.content.expression)
    return found


def _helper_mistake(case: Case, name: str, users: list[Wrong]) -> tuple[Diagnosis, list[Wrong]] | None:
    helper = case.reading.helpers[name]
    for user in users[:MOST_USERS]:
        if case.unexplained >= MOST_UNEXPLAINED or case.budget.spent:
            return None
        expected = _needed(case, name, user)
        if expected is None:
            continue
        diagnosis = diagnose(user.key, helper.expression, case.evaluator, names_of(case), True, case.budget, expected)
        if diagnosis.right is None:
            case.unexplained += 1
            continue
        trial = case.evaluator.trial({name: diagnosis.right})
        cured = [
            item
            for item in users
            if item.content.expression is not None and equal(trial(item.content.expression), trial.name(item.key))
        ]
        if cured:
            edits = tuple(as_known(case.mistakes, user.key, edit) for edit in diagnosis.edits)
            return replace(diagnosis, edits=edits), cured
    return None


def _needed(case: Case, name: str, user: Wrong) -> np.ndarray | None:
    """The values that a helper must have for a formula to be right, where the formula is linear in it."""
    assert user.content.expression is not None
    values = []
    for number in (0.0, 1.0, 2.0):
        trial = case.evaluator.trial({name: Number(number)})
        values.append(trial(user.content.expression))
    zero, one, two = values
    slope = one - zero
    with np.errstate(all="ignore"):
        if not np.all(np.abs((two - one) - slope) <= 1e-9 * np.abs(slope)):
            return None
        needed = (case.evaluator.name(user.key) - zero) / slope
    return needed if np.all(np.isfinite(needed)) else None


def _tell_helper(case: Case, name: str, diagnosis: Diagnosis, cured: list[Wrong]) -> None:
    helper, writer, key = case.reading.helpers[name], case.writer, cured[0].key
    keys = list(dict.fromkeys(item.key for item in cured))
    case.wrong_keys |= set(keys)
    cells = sorted(helper.cells, key=lambda cell: (cell.sheet, cell.place))
    sheet = cells[0].sheet
    places = [cell.place for cell in cells if cell.sheet == sheet]
    step = case.reading.step(cells[0]) or 0
    writer = writer.on(sheet)
    first = address(cells[0], case.table.cells.name)
    users = " and ".join(NETWORK.label(key) for key in keys)
    message = explain(writer, key, diagnosis.edits, step, f"The helper cell {first}")
    message += f" {users} {'is' if len(keys) == 1 else 'are'} computed from it."
    assert diagnosis.right is not None
    case.tell(
        diagnosis.edits[0].code,
        Severity.ERROR,
        message,
        key,
        ranges(places),
        writer.at(places[0], sheet),
        advice_for_helper(case, helper, diagnosis.right, places, sheet, step),
        sheet,
    )


def names_of(case: Case) -> list[str]:
    """The names that a formula of a table may have, those of the rows before and after among them."""
    keys = case.reading.keys
    moving = [key for key in keys if key not in GIVEN]
    given = sorted(GIVEN)
    return [*given, *moving, *(f"{key}@-1" for key in moving), *(f"{key}@+1" for key in moving), RATE]
