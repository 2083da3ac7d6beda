"""Judging results: formulas that only their numbers tell of, errors, rounding, stale values, loops."""

from __future__ import annotations

import re
from collections import defaultdict

import numpy as np

from sheetprop.expression import Call, Expression, Number
from sheetprop.network import NETWORK
from sheetprop.submission.compare.case import Case
from sheetprop.submission.diagnose.disguised import judge_disproved
from sheetprop.submission.diagnose.edits import parts
from sheetprop.submission.diagnose.typed import wrong_numbers
from sheetprop.submission.diagnose.wording import value_text
from sheetprop.submission.find.pieces import GIVEN
from sheetprop.submission.find.tables import WEIGHTS, Cell, cited, ranges
from sheetprop.submission.findings import Code, Severity
from sheetprop.submission.open.cells import ErrorValue
from sheetprop.submission.understand.formula import Name, Shape
from sheetprop.submission.understand.functions import EXCELS_OWN, NOT_EXCELS, is_excels
from sheetprop.submission.understand.reading import Run

NO_TEXT = "it has no text of its own, as in a what-if data table"
"""Why a formula is not followed that stands in its cell by its number alone."""
UNREAD_CELLS = "it is computed from cells whose own formulas were not followed"
"""Why one is not that only leads to others."""
STALE_ADVICE = "the file was saved before it was computed again. Press F9 in Excel and save."
CIRCLE_ADVICE = "Excel computes no formula that is in a circle, nor those that need one that is."


def judge_unread(case: Case) -> None:
    """Formulas that cannot be followed as equations: judged by their stored numbers."""
    agreeing: dict[str, list[tuple[str, list[int]]]] = defaultdict(list)
    for key in [key for key in case.reading.keys if key not in GIVEN | case.settled]:
        grouped: dict[object, list[tuple[Run, str]]] = defaultdict(list)
        for run in case.runs[key]:
            content = run.content
            unread = content.kind in ("unread", "opaque")
            if unread or (content.expression is not None and case.unreadable(content.expression)):
                grouped[id(content.shape)].append((run, content.reason))
        for runs in grouped.values():
            steps = [step for run, _ in runs for step in range(run.first, run.last + 1)]
            reason = runs[0][1]
            if not _judge_by_numbers(case, key, steps, reason, runs[0][0].content.shape):
                continue
            if reason:
                agreeing[reason].append((key, steps))
            elif case.unverified[key].intersection(steps):
                opaque = runs[0][0].content.kind == "opaque"
                agreeing[NO_TEXT if opaque else UNREAD_CELLS].append((key, steps))
    every = [place for places in agreeing.values() for place in places]
    disproved = judge_disproved(case, {key: [s for k, steps in every if k == key for s in steps] for key, _ in every})
    for reason, all_places in agreeing.items():
        places = [place for place in all_places if place[0] not in disproved]
        if not places:
            continue
        unverified = [(key, found) for key, steps in places if (found := _unverified(case, key, steps))]
        severity, what = Severity.NOTE, "its numbers are those of the network's equation."
        if unverified:
            places, severity = unverified, Severity.WARNING
            what = (
                "its numbers are those of the network's equation, but whether it computes them could not be tried: it "
                "earns no points for formulas. Write the equation with the cells that it needs."
            )
        labels = ", ".join(dict.fromkeys(NETWORK.label(key) for key, _ in places))
        case.tell(
            Code.NOT_FOLLOWED,
            severity,
            f"The formula of {labels} was not followed, as {reason}; {what}",
            places[0][0],
            cited([case.table.cell(key, step) for key, steps in places for step in steps]),
            case.writer.found(places[0][0], places[0][1][0]),
        )


def _unverified(case: Case, key: str, steps: list[int]) -> list[int]:
    return sorted(case.unverified[key].intersection(steps))


def _judge_by_numbers(case: Case, key: str, steps: list[int], reason: str, shape: Shape | None) -> bool:
    """Tell what is wrong with the numbers at ``steps``; returns whether they are all there and right."""
    table, label = case.table, NETWORK.label(key)
    errors: list[int] = []
    for step in steps:
        place = table.place(key, step)
        computed = case.book.recomputed(table.sheet(key, step).name, place)
        shown = computed if isinstance(computed, float) else table.value(key, step)
        if isinstance(shown, ErrorValue) or (shown is None and isinstance(computed, ErrorValue)):
            errors.append(step)
        elif isinstance(shown, float):
            case.numbers.replace(key, step, shown)
    wrong = wrong_numbers(case, key, [s for s in steps if key not in WEIGHTS or s])
    if not reason:
        # An error that comes from the cells it is computed from is told where it comes from.
        errors = [step for step in errors if step in _computable(case, key)]
    known = np.isfinite(case.numbers.values(key)[steps])
    if not wrong and not errors and (known.all() or not reason):
        return bool(known.all())
    if not reason and not errors and _tell_typed_helper(case, key, sorted(wrong) or steps):
        return False
    chosen = errors or sorted(wrong) or steps
    shown = table.value(key, chosen[0])
    unknown = _unknown_functions(case, shape)
    severity = Severity.ERROR
    if "#REF!" in reason or "error value" in reason:
        code, message = Code.ERROR_VALUE, f"{label} is broken: {reason}."
    elif unknown and (errors or not known.any()):
        code = Code.UNKNOWN_FUNCTION
        message = f"{label} cannot be computed: it uses the function {unknown[0]}, which Excel does not know."
    elif reason and not wrong and not isinstance(shown, ErrorValue):
        case.unjudged[key] |= {step for step in steps if not np.isfinite(case.numbers.values(key)[step])}
        code, severity = Code.NOT_FOLLOWED, Severity.WARNING
        message = (
            f"{label} was not followed, as {reason}, and it could not be judged by its numbers: the file holds none, "
            "and they could not be computed here. Open the file in Excel, save it, and hand it in again."
        )
    elif reason and isinstance(shown, ErrorValue):
        code, message = Code.ERROR_VALUE, f"{label} shows {shown.name}. Its formula was not followed: {reason}."
    else:
        code = Code.WRONG_FORMULA
        message = f"{label} does not hold what the network's equation gives" + (
            f". Its formula was not followed: {reason}." if reason else "."
        )
    if severity is Severity.ERROR:
        case.wrong_keys.add(key)
    case.tell(
        code,
        severity,
        message,
        key,
        table.cells_of(key, chosen),
        case.writer.found(key, chosen[0]),
        case.writer.expected(key, chosen[0]) if severity is Severity.ERROR else None,
    )
    return False


def _unknown_functions(case: Case, shape: Shape | None) -> list[str]:
    """The functions that a formula calls and that neither Excel nor the workbook has."""
    if shape is None:
        return []
    here, text = case.table.cells.name, shape.text(0, 0).upper()
    return [
        name
        for name in sorted(shape.functions)
        if not is_excels(name)
        and f"_XLFN.{name}" not in text  # so marked by Excel, which has it
        and not re.search(rf"[(,]\s*{re.escape(name)}\s*,", text)  # named by LET in the formula
        and case.book.formula_named(Name(name.lower()), here) is None
    ]


def _computable(case: Case, key: str) -> set[int]:
    """The iterations whose other cells have numbers to compute a quantity from."""
    equation = case.writer.equation(key)
    if equation is None:
        return set()
    return set(np.flatnonzero(np.isfinite(case.numbers.followed(key, equation).expected)).tolist())


def _tell_typed_helper(case: Case, key: str, steps: list[int]) -> bool:
    """Tell the typed-in number in a helper column that makes ``key`` wrong; False where it is something else."""
    expressions = {step: run.content.expression for run in case.runs[key] for step in range(run.first, run.last + 1)}
    cells = set[Cell]()
    for step in steps:
        expression = expressions.get(step)
        names = expression.names if expression is not None else set()
        for name in names:
            sheet, place = case.reading.unread.get(name, ("", (0, 0)))
            if sheet in case.table.sheets and case.table.sheets[sheet].constant(place):
                cells.add(Cell(sheet, place))
    if not cells:
        return False
    case.wrong_keys.add(key)
    ordered = sorted(cells, key=_down_columns)
    case.tell(
        Code.WRONG_VALUE,
        Severity.ERROR,
        f"The helper cell {ranges([ordered[0].place])} holds a typed-in number where the other rows have a formula, "
        f"and it is wrong: {NETWORK.label(key)} does not follow with it.",
        key,
        cited(ordered),
        case.writer.at(ordered[0].place, ordered[0].sheet),
    )
    return True


def _down_columns(cell: Cell) -> tuple[str, int, int]:
    return cell.sheet, cell.place[1], cell.place[0]


def judge_errors(case: Case) -> None:
    """Error values that no wrong formula explains: functions of another program, numbers out of range."""
    unknown: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for key, runs in case.runs.items():
        for run in runs:
            for name in run.content.shape.functions & NOT_EXCELS if run.content.shape else ():
                unknown[name] += [(key, step) for step in range(run.first, run.last + 1)]
    for name, pairs in unknown.items():
        case.tell(
            Code.UNKNOWN_FUNCTION,
            Severity.WARNING,
            f"Excel does not know the function {name}, which is one of Google Sheets, and shows #NAME?: write "
            f"{EXCELS_OWN[name]} instead.",
            pairs[0][0],
            cited(sorted((case.table.cell(*pair) for pair in pairs), key=_down_columns)),
            case.writer.found(*pairs[0]),
            _in_excel(case, *pairs[0]),
        )
    if any(finding.severity is Severity.ERROR for finding in case.findings) or unknown:
        return
    if not any(cells.has_errors for cells in case.table.sheets.values()):
        return
    broken = [
        (key, step)
        for step in range(case.table.count)
        for key in case.reading.keys
        if isinstance(case.table.value(key, step), ErrorValue)
    ]
    if broken:
        shown = case.table.value(*broken[0])
        assert isinstance(shown, ErrorValue)
        case.tell(
            Code.ERROR_VALUE,
            Severity.WARNING,
            f"{len(broken)} cell{'s show' if len(broken) > 1 else ' shows'} an error, {shown.name} first, although the "
            "formulas are right: the numbers overflow, or the file was saved before it was computed.",
            broken[0][0],
            cited([case.table.cell(*broken[0])]),
            shown.name,
        )


def _in_excel(case: Case, key: str, step: int) -> str | None:
    """The formula of a cell with Excel's functions in the place of those of Google Sheets."""
    place = case.table.place(key, step)
    shape = case.table.sheet(key, step).formulas[place]
    if all(EXCELS_OWN[name].isalpha() for name in shape.functions & NOT_EXCELS):
        text = shape.text(*place)
        for name in shape.functions & NOT_EXCELS:
            text = re.sub(rf"\b{name}\(", f"{EXCELS_OWN[name]}(", text, flags=re.IGNORECASE)
        return text
    expression = next(run.content.expression for run in case.runs[key] if run.first <= step <= run.last)
    return None if expression is None else case.writer.formula(expression, step, key)


def judge_stored(case: Case) -> None:
    """Stored results that are not those of the formulas beside them."""
    if not any(cells.stored_results for cells in case.table.sheets.values()):
        return
    numbers = case.numbers
    stale: list[tuple[int, str]] = []
    short = {user for users in case.reading.left_out.values() for user in users}
    for key, runs in case.runs.items():
        for run in runs:
            expression = run.content.expression
            if expression is None or key in GIVEN or not _plain(expression):
                continue
            expression = expression.substitute(
                {
                    name: Number(case.reading.constants[name][1])
                    for name in expression.names
                    if name in case.reading.constants
                }
            )
            followed = numbers.followed(key, expression)
            scale = np.fmax(np.abs(followed.expected), np.abs(followed.found))
            off = followed.known & (np.abs(followed.found - followed.expected) > 1e-5 * scale + 1e-9)
            steps = range(run.first, run.last + 1)
            stale += [(n, key) for n in steps if off[n] and case.table.cell(key, n) not in short]
    if stale:
        n, key = min(stale, key=lambda cell: (cell[0], case.reading.keys.index(cell[1])))
        count = len(stale)
        case.tell(
            Code.STALE_VALUE,
            Severity.WARNING,
            f"{count:,} stored {'value is' if count == 1 else 'values are'} not what the formulas give: "
            + (CIRCLE_ADVICE if case.circular else STALE_ADVICE),
            key,
            cited([case.table.cell(key, n)]),
            value_text(case.table.number(key, n) or 0.0),
        )


def _plain(expression: Expression) -> bool:
    """Whether all names are quantities near by, or constants."""
    names = expression.names
    calls = any(isinstance(part, Call) and part.name != "exp" for part, _ in parts(expression))
    return not calls and all(name.startswith("cell:") or not (":" in name or name.startswith("~")) for name in names)
