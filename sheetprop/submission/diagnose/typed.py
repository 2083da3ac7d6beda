"""Judging numbers: inputs that drift, numbers typed in or pasted where formulas belong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from sheetprop.expression import Symbol
from sheetprop.network import NETWORK, Role
from sheetprop.submission.compare.case import Case
from sheetprop.submission.compare.numbers import MOST_DECIMALS, SLACK, Followed, decimals, digits
from sheetprop.submission.compare.reference import SIGNIFICANT, agrees
from sheetprop.submission.compare.samples import equal
from sheetprop.submission.diagnose.diagnosis import kind_of, siblings
from sheetprop.submission.diagnose.edits import Edit
from sheetprop.submission.diagnose.known import as_known
from sheetprop.submission.diagnose.wording import explain, share_text, value_text
from sheetprop.submission.find.pieces import GIVEN
from sheetprop.submission.find.tables import WEIGHTS, Cell, blocks, cited, ranges
from sheetprop.submission.findings import Code, Severity
from sheetprop.submission.understand.parameters import SAME, same_number, same_size
from sheetprop.submission.understand.reading import Run

COMPUTED = NETWORK.keys_except(Role.TARGET, Role.INPUT, Role.WEIGHT)
ENOUGH_NUMBERS = 10
"""Wrong numbers that one slip must explain before it is told as their cause."""
PASTED_SHARE = 0.9
"""Share of numbers among a table's computed cells from which on it counts as pasted as a whole."""
SHOWN_DECIMALS = 3
"""Decimals that the columns of a table pasted as shown must have for it to count as a copy of the live one."""
COPIED_DIGITS = 6
"""Digits from which on a number counts as computed and copied, rather than typed in by hand."""


def judge_given(case: Case) -> None:
    """Inputs and targets must not change from row to row."""
    for key in [key for key in case.reading.keys if key in GIVEN]:
        first = case.parameters.given.get(key)
        off: list[int] = []
        for run in case.runs[key]:
            content = run.content
            if content.kind == "constant":
                if first is not None and abs(float(content.value or 0.0) - first) > SAME * abs(first):  # type: ignore[arg-type]
                    off += range(run.first, run.last + 1)
            elif content.expression is not None and run.last > 0:
                value = case.evaluator(content.expression)
                constant = np.full(value.shape, np.nan if first is None else first)
                if not equal(value, case.evaluator.name(key)) and not equal(value, constant):
                    off += range(max(run.first, 1), run.last + 1)
            elif content.kind in ("text", "error"):
                off += range(run.first, run.last + 1)
        if off:
            label = NETWORK.label(key)
            case.tell_wrong(
                Code.DRIFTING_INPUT,
                f"{label} changes from row to row: it is {value_text(first) if first is not None else 'unknown'} "
                f"in the first iteration and {case.writer.found(key, off[0]) or 'empty'} here. "
                "The same example is learned in every iteration.",
                key,
                off,
                case.writer.found(key, off[0]),
                None if first is None else value_text(first),
            )


def judge_constants(case: Case) -> bool:
    """Numbers typed or pasted where formulas belong; returns whether the table is live."""
    typed: dict[str, list[int]] = {}
    computed = 0
    for key in [key for key in case.reading.keys if key in COMPUTED or key in WEIGHTS]:
        steps: list[int] = []
        for run in case.runs[key]:
            first = max(run.first, 1) if key in WEIGHTS else run.first
            if run.content.kind == "constant":
                steps += range(first, run.last + 1)
            if run.content.kind not in ("empty", "text"):
                computed += max(run.last - first + 1, 0)
            if run.content.kind in ("text", "error"):
                _tell_no_number(case, key, run)
        if steps:
            typed[key] = steps
    count = sum(map(len, typed.values()))
    pasted = count >= PASTED_SHARE * computed if computed else not typed
    right: list[tuple[str, int]] = []
    case.copied = pasted and computed > 0 and came_from_live(case, typed)
    for key, steps in typed.items():
        wrong = wrong_numbers(case, key, steps)
        if not case.copied:
            wrong = wrong - _like(case, key, steps) | _unlike(case, key, steps)
        right += [(key, step) for step in steps if step not in wrong]
        if wrong:
            _tell_numbers(case, key, sorted(wrong))
    if computed and pasted:
        case.tell(
            Code.NOT_LIVE,
            Severity.WARNING,
            f"The table holds {count:,} numbers and hardly a formula: it is pasted, so nothing follows when an "
            f"input changes.{_folded(case, typed)}",
            None,
            case.table.area,
        )
    elif right:
        case.tell(
            Code.NOT_LIVE,
            Severity.WARNING,
            (
                "1 typed-in or pasted number stands where a formula belongs. It is right, but does not follow when an "
                "input changes."
                if len(right) == 1
                else f"{len(right)} typed-in or pasted numbers stand where formulas belong. They are right, but do not "
                "follow when an input changes."
            )
            + _folded(case, typed),
            right[0][0] if len({key for key, _ in right}) == 1 else None,
            cited((case.table.cell(key, step) for key, step in right), blocks),
            case.writer.found(*right[0]),
            case.writer.expected(*right[0]),
        )
    return not pasted


def _folded(case: Case, typed: Mapping[str, Sequence[int]]) -> str:
    """A sentence on typed numbers that are written as formulas; nothing where none is."""
    written = [
        cell for key, steps in typed.items() for step in steps if _is_folded(case, cell := case.table.cell(key, step))
    ]
    if not written:
        return ""
    first = written[0]
    example = f"{ranges([first.place])} ({case.writer.at(first.place, first.sheet)})"
    if len(written) == 1:
        return f" It is written as a formula, {example}, but comes to the same number whatever the other cells hold."
    return (
        f" {len(written):,} of them are written as formulas, such as {example}, but come to the same numbers whatever "
        "the other cells hold."
    )


def _is_folded(case: Case, cell: Cell) -> bool:
    cells = case.book.sheet(cell.sheet)
    return cells is not None and cell.place in cells.folded


def wrong_numbers(case: Case, key: str, steps: list[int]) -> set[int]:
    """The iterations, among ``steps``, whose number does not follow from the others."""
    equation = case.writer.equation(key)
    if equation is None:
        return set()
    followed = case.numbers.followed(key, equation)
    wrong = {step for step in steps if followed.wrong[step]}
    if key in WEIGHTS:
        wrong |= _not_learning(case, key, followed, steps)
    return wrong


def _like(case: Case, key: str, steps: list[int]) -> set[int]:
    """The iterations whose number is right to three digits and has hardly more: those behind are nobody's slip."""
    right, found = case.reference[key], case.numbers.values(key)
    like = agrees(found, right)
    return {step for step in steps if like[step] and digits(found[step]) < COPIED_DIGITS}


def _unlike(case: Case, key: str, steps: list[int]) -> set[int]:
    """The iterations, among ``steps``, whose typed number is not the right one to three significant digits.

    Nothing is computed in a typed number, so that it is right by its value alone. One that was computed elsewhere from
    the numbers beside it, a slip among them, is told where the slip was made; few digits do not tell that.
    """
    right, found = case.reference[key], case.numbers.values(key)
    equation = case.writer.equation(key)
    if equation is None:
        return set()
    follows = agrees(found, case.numbers.followed(key, equation).expected)
    computed = np.array([np.isfinite(x) and digits(x) >= SIGNIFICANT for x in found])
    fine = agrees(found, right) | (follows & computed) | ~np.isfinite(right)
    unlike = {step for step in steps if not fine[step]}
    if key in WEIGHTS and steps and np.all(found[steps] == found[0]) and len(steps) > 1:
        moved = np.abs(right - found[0]) > SAME * np.abs(found[0])
        unlike |= {step for step in steps if moved[step]}
    return unlike


def came_from_live(case: Case, typed: Mapping[str, Sequence[int]]) -> bool:
    """Whether a table of numbers is a copy of a live table of the workbook.

    That is one of its numbers as they are shown now, or of those that it showed at another learning rate.
    """
    for other in case.others:
        unseen = other.hidden and not case.hidden
        if other.table is case.table or unseen or not _live(other, typed) or not _same_start(case, other):
            continue
        if all(_shown_by(case, other, key, steps) for key, steps in typed.items()):
            return True
        rates = case.parameters.rate, other.parameters.rate
        apart = None not in rates and not same_size(*rates)  # type: ignore[arg-type]
        if apart and _computed(case, typed):
            return True
    return False


def _live(case: Case, keys: Mapping[str, object]) -> bool:
    """Whether a table has formulas in all the columns of ``keys`` that it has, and at least in half of them."""
    own, last = [key for key in keys if key in case.runs], case.table.count - 1
    live = (case.table.place(key, last) in case.table.cells.formulas for key in own)
    return len(own) * 2 >= len(keys) and all(live)


def _same_start(case: Case, other: Case) -> bool:
    starts = (
        {**a.parameters.given} | {key: float(a.numbers.values(key)[0]) for key in WEIGHTS if key in a.runs}
        for a in (case, other)
    )
    own, live = starts
    return all(key in live and same_number(own[key], live[key]) for key in own)


def _shown_by(case: Case, other: Case, key: str, steps: Sequence[int]) -> bool:
    """Whether numbers are those of the live table, rounded to the decimals that their column shows."""
    if key not in other.runs:
        return False
    found, live = case.numbers.values(key), other.numbers.values(key)
    within = [step for step in steps if step < len(live)]
    shown = min(max((decimals(found[step]) for step in within), default=0), MOST_DECIMALS)
    if shown < SHOWN_DECIMALS or len(within) < len(steps):
        return False
    off = np.abs(found[within] - live[within])
    return bool(np.all(off <= SLACK * 0.5 * 10.0**-shown))


def _computed(case: Case, typed: Mapping[str, Sequence[int]]) -> bool:
    """Whether all numbers are right, and most have more digits than anyone types by hand."""
    right = (agrees(case.numbers.values(key), case.reference[key])[list(steps)].all() for key, steps in typed.items())
    shown = [digits(case.numbers.values(key)[step]) for key, steps in typed.items() for step in steps]
    return float(np.median(shown)) >= COPIED_DIGITS - 1 and all(right)


def _not_learning(case: Case, key: str, followed: Followed, steps: list[int]) -> set[int]:
    """Typed weights that stand still although their changes, each too small for their digits, add up."""
    typed = set(steps)
    count = next((n for n in range(1, case.table.count) if n not in typed), case.table.count)
    values, quanta = followed.found[:count], case.numbers.quanta(key)[:count]
    if count < 2 or not np.all(values == values[0]):
        return set()
    changes = followed.expected[1:count] - values[:-1]
    inexact = np.fmax(followed.tolerance[1:count] / SLACK - quanta[1:] - quanta[:-1], 0)
    off = np.abs(np.cumsum(changes)) > SLACK * (quanta[1:] + np.cumsum(inexact))
    return set(range(1, count)) if off.any() else set()


def judge_gaps(case: Case) -> None:
    """Empty cells between those of a column, which formulas take for 0."""
    for key, runs in case.runs.items():
        filled = [run for run in runs if run.content.kind != "empty"]
        if not filled:
            continue
        first, last = filled[0].first, filled[-1].last
        gaps = [n for run in runs if run.content.kind == "empty" and first < run.first < last for n in _steps(run)]
        if gaps:
            case.tell_wrong(
                Code.MISSING_COLUMN,
                f"{NETWORK.label(key)} has {'an empty cell' if len(gaps) == 1 else 'empty cells'} among its numbers; "
                "formulas take that for 0.",
                key,
                gaps,
                None,
                case.writer.expected(key, gaps[0]),
            )


def _steps(run: Run) -> range:
    return range(run.first, run.last + 1)


def _tell_numbers(case: Case, key: str, steps: list[int]) -> None:
    equation = case.writer.equation(key)
    assert equation is not None
    followed, right = case.numbers.followed(key, equation), case.reference[key]
    n = steps[0]
    label = NETWORK.label(key)
    beside = bool(followed.wrong[n]) or not np.isfinite(right[n])
    found, expected = float(followed.found[n]), float(followed.expected[n] if beside else right[n])
    code = Code.WRONG_VALUE
    if mistake := _mistake_in_numbers(case, key, steps):
        code = mistake.code
        message = f"{explain(case.writer, key, (mistake,), n)} The numbers that stand here come from that formula."
    elif key in WEIGHTS and len(steps) > 1 and np.ptp(case.numbers.values(key)[steps]) == 0:
        message = f"{label} stays {value_text(found)}: typed in where updates belong, it learns nothing."
    else:
        off = abs(found - expected)
        relative = f", {share_text(off / abs(expected))}" if expected else ""
        is_typed = f"is typed in as {value_text(found)}"
        if _is_folded(case, case.table.cell(key, n)):
            is_typed = f"has a formula that comes to {value_text(found)} whatever the other cells hold"
        message = (
            f"{label} {is_typed}, but {value_text(expected)} "
            f"{'follows from the other cells' if beside else 'is right'}: it is off by {off:.2g}{relative}."
        )
    stands = case.writer.found(key, n) if _is_folded(case, case.table.cell(key, n)) else value_text(found)
    case.tell_wrong(code, message, key, steps, stands, case.writer.expected(key, n))


def _rounded_right(case: Case, key: str, steps: Sequence[int]) -> bool:
    """Whether numbers are the right ones in too few digits, which many a slip would give as well."""
    found, right = case.numbers.values(key)[list(steps)], case.reference[key][list(steps)]
    shown = min(max(map(decimals, found)), MOST_DECIMALS)
    return bool(np.all(np.abs(found - right) <= SLACK * 0.5 * 10.0**-shown))


def _mistake_in_numbers(case: Case, key: str, steps: list[int]) -> Edit | None:
    """The slip by which pasted numbers were computed, where one explains them all."""
    equation = case.writer.equation(key)
    if equation is None or len(steps) < ENOUGH_NUMBERS or np.ptp(case.numbers.values(key)[steps]) == 0:
        return None
    if _rounded_right(case, key, steps):
        return None
    for right in dict.fromkeys(equation.symbols()):
        for wrong in siblings(right):
            slipped = equation.substitute({right: Symbol(wrong)})
            followed = case.numbers.followed(key, slipped)
            if not followed.wrong[steps].any() and followed.known[steps].all():
                edit = kind_of(key, Edit(Code.WRONG_QUANTITY, Symbol(wrong), Symbol(right)))
                return as_known(case.mistakes, key, edit)
    return None


def _tell_no_number(case: Case, key: str, run: Run) -> None:
    shows = run.content.kind == "error"
    case.tell_wrong(
        Code.ERROR_VALUE if shows else Code.WRONG_VALUE,
        f"{NETWORK.label(key)} holds {'an error' if shows else 'a text'} where a number belongs.",
        key,
        list(_steps(run)),
        case.writer.found(key, run.first),
        case.writer.expected(key, run.first),
    )
