"""Telling wrong formulas: each mistake once, where it is made, with what belongs there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice

import numpy as np

from sheetprop.expression import Number, Symbol
from sheetprop.network import NETWORK, RATE
from sheetprop.submission.compare.case import Case, Wrong
from sheetprop.submission.compare.samples import equal
from sheetprop.submission.diagnose.diagnosis import Diagnosis, diagnose
from sheetprop.submission.diagnose.edits import Edit
from sheetprop.submission.diagnose.wording import UNKNOWN_RATE, explain, value_text
from sheetprop.submission.find.tables import WEIGHTS, ranges
from sheetprop.submission.findings import Code, Severity
from sheetprop.submission.understand.formula import Leaf, Reference
from sheetprop.submission.understand.reading import EMPTY, GIVEN, TEXT

MOST_UNEXPLAINED = 16
"""Formulas of a table whose mistake was searched for in vain; after so many it is not one slip of the hand."""
MOST_COPIES = 4
"""Rows in which copies of one formula are diagnosed where each means something else."""
MOST_LITERALS_NAMED = 4
"""Ways to take typed numbers for the inputs, targets or rate that they equal, in looking for several slips."""
MOST_USERS = 3
"""Wrong formulas by which one helper is tried; if it is at fault, each of them shows it."""


def tell_wrong(case: Case, wrong: list[Wrong]) -> None:
    """Diagnose wrong formulas and tell each mistake once, at the cells where it is made."""
    wrong = _at_helpers(case, wrong)
    told: dict[tuple[object, ...], tuple[Wrong, Edit | None, list[int]]] = {}
    diagnosed: dict[tuple[str, int], list[Diagnosis]] = defaultdict(list)
    # A formula that leads off the table in its first or last rows is better understood in the others.
    for item in sorted(wrong, key=_leads_off):
        # A reference that slides makes of one formula another mistake in every row; the first few tell them all.
        known_copies = diagnosed[item.key, id(item.content.shape)]
        if len(known_copies) < MOST_COPIES:
            known_copies.append(_diagnosis(case, item))
        item.diagnosis = known_copies[-1]
        case.wrong_keys.add(item.key)
        edits = item.diagnosis.edits
        apart = item.key in WEIGHTS or len(edits) == 1
        for edit in edits if apart else (None,):
            # Copies of one formula are one mistake, and so is the same mistake in different formulas.
            signature = (item.key, *_signature(case, item, edit))
            copied = (item.key, "copied", id(item.content.shape), len(edits) > 1 and _signature(case, item, edit))
            known = told.get(signature) or told.get(copied)
            if known:
                known[2].extend(item.steps)
            else:
                known = (item, edit, list(item.steps))
            told[signature] = told[copied] = known
    for item, edit, steps in {id(known): known for known in told.values()}.values():
        _tell_formula(case, item, edit, sorted(set(steps)))


def _leads_off(item: Wrong) -> bool:
    if item.key in WEIGHTS:
        return False  # where a rate's reference slides, the first row is the one to show
    names = item.content.expression.names if item.content.expression else ()
    return any(name.startswith((EMPTY, TEXT)) for name in names)


def _diagnosis(case: Case, item: Wrong) -> Diagnosis:
    expression = item.content.expression
    assert expression is not None
    if case.unexplained >= MOST_UNEXPLAINED:
        return Diagnosis((Edit(Code.WRONG_FORMULA),))
    typed_in = case.has_typed_in(item.key, expression)
    found = diagnose(item.key, expression, case.evaluator, _names(case), several=not typed_in)
    if found.right is None and typed_in:
        # One edit where the typed number is right; else several, with what it stands for in its place.
        found = diagnose(item.key, expression, case.with_typed_in(case.evaluator), _names(case), several=False)
        if found.right is None:
            forms = (expression, *islice(case.with_literals_named(item.key, expression), MOST_LITERALS_NAMED))
            tried = [diagnose(item.key, form, case.evaluator, _names(case)) for form in forms]
            known = [d for d in tried if d.right is not None]
            found = min(known, key=lambda d: (len(d.edits), d.unlikely)) if known else tried[0]
    case.unexplained += found.edits[0].code is Code.WRONG_FORMULA
    return found


def _signature(case: Case, item: Wrong, edit: Edit | None) -> tuple[object, ...]:
    """What makes the same mistake in different rows one: for a reference that slides, what belongs there."""
    if edit is None:
        return (id(item.content.expression),)
    if isinstance(edit.expected, Symbol) and edit.expected.key == RATE:
        return ("rate",)
    if edit.code in (Code.STUCK_REFERENCE, Code.WRONG_ROW) and isinstance(edit.expected, Symbol):
        return ("row", edit.expected.key)
    if edit.code is Code.WRONG_FORMULA:
        return ("unexplained", id(item.content.shape))
    return (edit.code, repr(edit.found), repr(edit.expected), edit.joint)


def _tell_formula(case: Case, item: Wrong, edit: Edit | None, steps: list[int]) -> None:
    assert item.diagnosis is not None
    edits = item.diagnosis.edits if edit is None else (edit,)
    code = edits[0].code
    stuck = False
    if edit is not None and len(steps) > 1:
        edits = (_with_dollar(case, item, edit),)
        code = edits[0].code
        stuck = code is Code.WRONG_GRADIENT and all(_fixed(case, item, edit) or [False])
    writer, key, step = case.writer, item.key, item.steps[0]
    message = explain(writer, key, edits, step)
    if code is Code.WRONG_FORMULA:
        message = _unexplained(case, item, step)
    if stuck:
        message += " Its $ also keeps it at one iteration."
    if code is not Code.CIRCULAR and _looks_ahead(case, item):
        case.circular = True
        message += " That makes the sheet circular: the cell needs its own result."
    computed = sum(run.last - run.first + 1 for run in case.runs[key] if run.content.expression is not None)
    if len(steps) == 1 and computed > 3:
        message += " The other rows of the column have another formula."
    right, first = item.diagnosis.right, steps[0]
    copied = case.table.cells.formulas.get(case.table.place(key, first)) is item.content.shape
    if right is not None and copied:
        expected = _in_own_form(case, item, edits, first) or writer.formula(right, first)
    else:
        expected = writer.expected(key, first) or ""
    case.tell(
        code,
        Severity.ERROR,
        message,
        key,
        case.table.cells_of(key, steps),
        writer.found(key, first),
        expected if expected and UNKNOWN_RATE not in expected else None,
    )


def _in_own_form(case: Case, item: Wrong, edits: Sequence[Edit], step: int) -> str | None:
    """The student's own formula at ``step`` with other references, where that is all that is wrong with it."""
    shape, typical = item.content.shape, item.steps[0]
    names: dict[str, str] = {}
    for edit in item.diagnosis.edits if item.diagnosis else edits:
        found, expected = edit.found, edit.expected
        if not (edit.everywhere and isinstance(found, Symbol) and isinstance(expected, Symbol)):
            return None
        names[found.key] = expected.key
        if edit.also:
            names[edit.also[0]] = edit.also[1]
    if shape is None:
        return None
    used = case.reading.names_of(shape, case.table.place(item.key, typical), typical)
    replaced = {n: name for n, name in used.items() if name in names}
    if any(getattr(shape.leaves[n], "sheet", None) is not None for n in replaced):
        return None  # the sheet's name stands before the reference
    references = {n: case.writer.reference(names[name], step) for n, name in replaced.items()}
    return shape.with_references(case.table.place(item.key, step), references)


def _with_dollar(case: Case, item: Wrong, edit: Edit) -> Edit:
    """The same edit, told as a $ that is missing or too much where that is what makes a reference wrong."""
    if edit.code not in (Code.WRONG_RATE, Code.WRONG_ROW):
        return edit
    fixed = _fixed(case, item, edit)
    if edit.code is Code.WRONG_RATE and fixed and not any(fixed) and _under_rate(case, item, edit):
        return replace(edit, code=Code.SLIDING_REFERENCE)
    if edit.code is Code.WRONG_ROW and fixed and all(fixed):
        return replace(edit, code=Code.STUCK_REFERENCE)
    return edit


def _fixed(case: Case, item: Wrong, edit: Edit) -> list[bool]:
    """Of each reference that an edit replaces, whether a $ keeps it at one iteration."""
    side = "column_fixed" if case.table.across else "row_fixed"
    return [getattr(leaf, side, True) for leaf in _replaced(case, item, edit)]


def _replaced(case: Case, item: Wrong, edit: Edit) -> list[Leaf]:
    shape, step = item.content.shape, item.steps[0]
    if shape is None or not isinstance(edit.found, Symbol):
        return []
    names = case.reading.names_of(shape, case.table.place(item.key, step), step)
    return [shape.leaves[n] for n, name in names.items() if name == edit.found.key]


def _under_rate(case: Case, item: Wrong, edit: Edit) -> bool:
    """Whether references stand in the column of the learning rate's cell, from which they slid."""
    rate = case.parameters.rate_cell
    if rate is None:
        return False
    place = case.table.place(item.key, item.steps[0])
    targets = [leaf.at(*place) for leaf in _replaced(case, item, edit) if isinstance(leaf, Reference)]
    column = case.table.position(rate.place)[1]
    return bool(targets) and all(case.table.position(target)[1] == column for target in targets)


def _looks_ahead(case: Case, item: Wrong) -> bool:
    names = item.content.expression.names if item.content.expression else set()
    ahead = any("@+" in name for name in names if name.partition("@")[0] not in GIVEN)
    fixed = [int(name.partition("#")[2]) for name in names if "#" in name]
    return ahead or item.key in names or any(step >= item.steps[0] for step in fixed)


def _unexplained(case: Case, item: Wrong, step: int) -> str:
    label, writer = NETWORK.label(item.key), case.writer
    assert item.content.expression is not None
    text = f"{label} computes {writer.text(item.content.expression, step)}, which is not the network's equation."
    equation = writer.equation(item.key)
    if equation is not None:
        followed = case.numbers.followed(item.key, equation)
        off = [n for n in item.steps if n < len(followed.wrong) and followed.wrong[n]]
        if off:
            n = off[0]
            found, expected = float(followed.found[n]), float(followed.expected[n])
            line = case.table.first + n + 1
            where = "column" if case.table.across else "row"
            text += (
                f" It is off first in {where} {line}: {value_text(found)} where {value_text(expected)} belongs, "
                f"a difference of {found - expected:.2g}."
            )
    return text


def _names(case: Case) -> list[str]:
    keys = case.reading.keys
    moving = [key for key in keys if key not in GIVEN]
    given = sorted(GIVEN)
    return [*given, *moving, *(f"{key}@-1" for key in moving), *(f"{key}@+1" for key in moving), RATE]


def _at_helpers(case: Case, wrong: list[Wrong]) -> list[Wrong]:
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
        if case.unexplained >= MOST_UNEXPLAINED:
            return None
        expected = _needed(case, name, user)
        if expected is None:
            continue
        diagnosis = diagnose(user.key, helper.expression, case.evaluator, _names(case), expected)
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
            return diagnosis, cured
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
    step = max(case.table.position(places[0])[0] - case.table.first, 0)
    first = ranges(places[:1])
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
        writer.formula(diagnosis.right, step),
        sheet,
    )
