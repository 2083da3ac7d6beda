"""Telling wrong formulas: each mistake once, where it is made, with what belongs there."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from itertools import islice

from sheetprop.expression import Expression, Symbol
from sheetprop.network import NETWORK, RATE, Role
from sheetprop.submission.compare.case import Case, Wrong
from sheetprop.submission.diagnose.advice import advice
from sheetprop.submission.diagnose.diagnosis import Diagnosis, diagnose
from sheetprop.submission.diagnose.edits import Edit
from sheetprop.submission.diagnose.helper_cells import MOST_UNEXPLAINED, at_helper_cells, names_of
from sheetprop.submission.diagnose.known import as_known
from sheetprop.submission.diagnose.loops import closed_circle
from sheetprop.submission.diagnose.outside import diagnosed_outside, leads_outside
from sheetprop.submission.diagnose.updated import updated_weights
from sheetprop.submission.diagnose.wording import explain, value_text
from sheetprop.submission.find.tables import WEIGHTS, Cell, quoted
from sheetprop.submission.findings import Code
from sheetprop.submission.understand.formula import Crossing, Leaf, Name, Reference, ThisRow
from sheetprop.submission.understand.parameters import address
from sheetprop.submission.understand.reading import EMPTY, TEXT

MOST_COPIES = 4
"""Rows in which copies of one formula are diagnosed where each means something else."""
MOST_TOLD = 400
"""Formulas and what is wrong with them, of which each is told; of more, each column is told once."""
UNKNOWN = (Edit(Code.WRONG_FORMULA),)
MOST_LITERALS_NAMED = 4
"""Ways to take typed numbers for the inputs, targets or rate that they equal, in looking for several slips."""


@dataclass
class Told:
    """A mistake: the formula in which it was found first, with the edit that it is (None: all of its edits).

    ``steps`` are all iterations that have it, ``items`` the formulas that stand in them.
    """

    item: Wrong
    edit: Edit | None
    steps: list[int]
    items: list[Wrong]


def tell_wrong(case: Case, wrong: list[Wrong]) -> None:
    """Diagnose wrong formulas and tell each mistake once, at the cells where it is made."""
    wrong = at_helper_cells(case, wrong)
    told: dict[tuple[object, ...], Told] = {}
    # A formula that leads off the table in its first or last rows is better understood in the others.
    wrong = sorted(wrong, key=lambda item: _leads_off(case, item))
    _diagnose(case, wrong)
    for item in wrong:
        assert item.diagnosis is not None
        edits = tuple(as_known(case.mistakes, item.key, edit) for edit in item.diagnosis.edits)
        item.diagnosis = replace(item.diagnosis, edits=edits)
        if updated := updated_weights(case, item):
            item.diagnosis = replace(item.diagnosis, edits=(updated,))
        case.wrong_keys.add(item.key)
        edits = item.diagnosis.edits
        if len(edits) > 1 and item.content.expression and item.key in item.content.expression.names:
            continue  # its own result is all that it has: told as a circle
        apart = item.key in WEIGHTS or len(edits) == 1
        for edit in edits if apart else (None,):
            # Copies of one formula are one mistake, and so is the same mistake in different formulas.
            signature = (item.key, *_signature(case, item, edit))
            copied = (item.key, "copied", id(item.content.shape), len(edits) > 1 and _signature(case, item, edit))
            known = told.get(signature) or told.get(copied)
            if known is None and len(told) >= MOST_TOLD:
                item.diagnosis = replace(item.diagnosis, edits=UNKNOWN, searched=False)
                signature = item.key, *_signature(case, item, UNKNOWN[0])
                known = told.get(signature)
            if known:
                known.steps.extend(item.steps)
                known.items.append(item)
            else:
                known = Told(item, edit, list(item.steps), [item])
            told[signature] = told[copied] = known
    for mistake in {id(known): known for known in told.values()}.values():
        mistake.steps = sorted(set(mistake.steps))
        _tell_formula(case, mistake)


def _diagnose(case: Case, wrong: list[Wrong]) -> None:
    """Diagnose wrong formulas, those first that stand in most rows, and of these gradients, while there is budget."""
    copies: dict[tuple[str, int], list[Wrong]] = defaultdict(list)
    for item in wrong:
        copies[item.key, id(item.content.shape)].append(item)
    for items in sorted(copies.values(), key=_counts_less):
        # A reference that slides makes of one formula another mistake in every row; the first few tell them all.
        for item in items[:MOST_COPIES]:
            item.diagnosis = _diagnosis(case, item)
        for item in items[MOST_COPIES:]:
            item.diagnosis = items[MOST_COPIES - 1].diagnosis


def _counts_less(copies: list[Wrong]) -> tuple[int, bool]:
    return -sum(len(item.steps) for item in copies), NETWORK[copies[0].key].role is not Role.GRADIENT


def _leads_off(case: Case, item: Wrong) -> bool:
    if item.key in WEIGHTS:  # where a rate's reference slides, the first row is the one to show
        return item.content.expression is not None and leads_outside(
            case.reading, item.steps[0], item.content.expression
        )
    names = item.content.expression.names if item.content.expression else ()
    return any(name.startswith((EMPTY, TEXT)) for name in names)


def _diagnosis(case: Case, item: Wrong) -> Diagnosis:
    assert item.content.expression is not None
    if case.unexplained >= MOST_UNEXPLAINED:
        return Diagnosis(UNKNOWN)
    found = diagnosed_outside(
        case.reading, item.steps[0], item.content.expression, lambda expression: _with_literals(case, item, expression)
    )
    case.unexplained += found.searched and found.edits[0].code is Code.WRONG_FORMULA
    return found


def _with_literals(case: Case, item: Wrong, expression: Expression) -> Diagnosis:
    """The diagnosis of a formula, in which typed numbers may stand for what they equal."""
    typed_in, names = case.has_typed_in(item.key, expression), names_of(case)
    budget = case.budget
    found = diagnose(item.key, expression, case.evaluator, names, not typed_in, budget)
    if found.right is None and typed_in and found.searched:
        # With what the typed number stands for in its place; else as it is, where equal inputs may hide one another.
        forms = list(islice(case.with_literals_named(item.key, expression), MOST_LITERALS_NAMED))
        single = (diagnose(item.key, form, case.evaluator, names, False, budget) for form in forms)
        found = next((d for d in single if d.right is not None), found)
        typed = found
        if found.right is None:
            typed = diagnose(item.key, expression, case.with_typed_in(case.evaluator), names, False, budget)
            if typed.right is not None and _holds_for_any_inputs(case, item.key, typed.right):
                found = typed
        if found.right is None:
            tried = [diagnose(item.key, form, case.evaluator, names, True, budget) for form in (expression, *forms)]
            known = [d for d in tried if d.right is not None]
            if not known and typed.right is None:
                typed = diagnose(item.key, expression, case.with_typed_in(case.evaluator), names, True, budget)
            known = known or ([typed] if typed.right is not None else [])
            found = min(known, key=lambda d: (len(d.edits), d.unlikely)) if known else tried[0]
    return found


def _holds_for_any_inputs(case: Case, key: str, right: Expression) -> bool:
    """Whether a formula is right with what its typed numbers stand for, not only where inputs are equal."""
    forms = islice(case.with_literals_named(key, right), MOST_LITERALS_NAMED)
    return any(case.right(key, form, case.evaluator) for form in forms)


def _signature(case: Case, item: Wrong, edit: Edit | None) -> tuple[object, ...]:
    """What makes the same mistake in different rows one: for a reference that slides, what belongs there."""
    if edit is None:
        assert item.diagnosis is not None
        return tuple(_signature(case, item, one) for one in item.diagnosis.edits)
    if isinstance(edit.expected, Symbol) and edit.expected.key == RATE:
        return ("rate",)
    if edit.code in (Code.STUCK_REFERENCE, Code.WRONG_ROW) and isinstance(edit.expected, Symbol):
        return ("row", edit.expected.key)
    if edit.code is Code.TYPED_PART and isinstance(edit.expected, Symbol):
        return ("typed", edit.expected.key)  # another number in each row
    if edit.code is Code.WRONG_FORMULA:
        if item.diagnosis is not None and not item.diagnosis.searched:
            return ("not searched",)
        return ("unexplained", id(item.content.shape))
    return (edit.code, repr(edit.found), repr(edit.expected), edit.joint)


def _tell_formula(case: Case, mistake: Told) -> None:
    item, edit, steps = mistake.item, mistake.edit, mistake.steps
    assert item.diagnosis is not None
    edits = item.diagnosis.edits if edit is None else (edit,)
    key, first, step = item.key, steps[0], item.steps[0]
    stuck = False
    if edit is not None and len(steps) > 1:
        edits = (_with_dollar(case, item, edit),)
        stuck = edits[0].code is Code.WRONG_GRADIENT and all(_fixed(case, item, edit) or [False])
    code = edits[0].code
    known = code is not Code.WRONG_FORMULA
    message = explain(case.writer, key, edits, step) if known else _unexplained(case, item, step)
    if not item.diagnosis.searched:
        message += _not_searched(mistake.items)
    if stuck:
        message += " Its $ also keeps it at one iteration."
    owner = next((own for own in mistake.items if first in own.steps), item)
    expected = advice(case, key, steps, owner)
    message += closed_circle(case, key, steps, expected)
    case.tell_wrong(code, message, key, steps, case.writer.found(key, first), expected)


def _not_searched(items: list[Wrong]) -> str:
    """That the search ended before these formulas, and how many there are besides the one that is told."""
    others = len({id(item.content.shape) for item in items}) - 1
    besides = (
        f" {others:,} more wrong formula{'s stand' if others > 1 else ' stands'} in these cells." if others else ""
    )
    return f"{besides} What is wrong was not diagnosed further: the file has more different mistakes than are searched."


def _with_dollar(case: Case, item: Wrong, edit: Edit) -> Edit:
    """The same edit, told as a $ that is missing or too much where that is what makes a reference wrong."""
    if edit.code is Code.STUCK_REFERENCE and isinstance(edit.expected, Symbol) and edit.expected.key != RATE:
        return replace(edit, joint=_kept_by(case, item, edit))
    if edit.code not in (Code.WRONG_RATE, Code.WRONG_ROW):
        return edit
    fixed = _fixed(case, item, edit)
    if edit.code is Code.WRONG_RATE and fixed and not any(fixed) and _under_rate(case, item, edit):
        return replace(edit, code=Code.SLIDING_REFERENCE)
    if edit.code is Code.WRONG_ROW and fixed and all(fixed):
        return replace(edit, code=Code.STUCK_REFERENCE, joint=_kept_by(case, item, edit))
    return edit


def _kept_by(case: Case, item: Wrong, edit: Edit) -> str:
    """What keeps a reference at one iteration: a name, another cell that takes it from there, or (empty) its own $."""
    if not isinstance(edit.found, Symbol):
        return ""
    step = item.steps[0]
    writer = case.writer.at_quantity(item.key, step)
    place, taken = case.table.place(item.key, step), writer.reference(edit.found.key, step).replace("$", "")
    leaves = _replaced(case, item, edit)
    if any(isinstance(leaf, Name) for leaf in leaves):
        return "name"
    targets = (Cell(leaf.sheet or writer.sheet, leaf.at(*place)) for leaf in leaves if isinstance(leaf, Reference))
    return "" if all(address(target, writer.sheet) == taken for target in targets) else "cell"


def _fixed(case: Case, item: Wrong, edit: Edit) -> list[bool]:
    """Of each reference that an edit replaces, whether a $ keeps it at one iteration."""
    side = "column_fixed" if case.table.across else "row_fixed"
    moving = (ThisRow, Crossing)
    return [not isinstance(leaf, moving) and getattr(leaf, side, True) for leaf in _replaced(case, item, edit)]


def _replaced(case: Case, item: Wrong, edit: Edit) -> list[Leaf]:
    shape, step = item.content.shape, item.steps[0]
    if shape is None or not isinstance(edit.found, Symbol):
        return []
    names = case.reading.names_of(shape, item.key, step)
    return [shape.leaves[n] for n, name in names.items() if name == edit.found.key]


def _under_rate(case: Case, item: Wrong, edit: Edit) -> bool:
    """Whether references stand in the column of the learning rate's cell, from which they slid."""
    rate = case.parameters.rate_cell
    if rate is None:
        return False
    place = case.table.place(item.key, item.steps[0])
    targets = [leaf.at(*place) for leaf in _replaced(case, item, edit) if isinstance(leaf, Reference)]
    piece = case.table.piece(item.key, item.steps[0])
    column = piece.position(rate.place)[1]
    return bool(targets) and all(piece.position(target)[1] == column for target in targets)


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
            piece = case.table.piece(item.key, n)
            where = "column" if piece.across else "row"
            on = "" if piece.cells is case.table.cells else f" of {quoted(piece.cells.name)}"
            text += (
                f" It is off first in {where} {piece.line(n) + 1}{on}: {value_text(found)} where "
                f"{value_text(expected)} belongs, a difference of {found - expected:.2g}."
            )
    return text
