"""Judging results: formulas that only their numbers tell of, errors, rounding, stale values, loops."""

from __future__ import annotations

import re
from collections import defaultdict

import numpy as np

from sheetprop.expression import Call, Expression, Number
from sheetprop.network import NETWORK
from sheetprop.submission.compare.case import Case, Wrong
from sheetprop.submission.compare.evaluation import shifted
from sheetprop.submission.diagnose.edits import contains_call, parts
from sheetprop.submission.diagnose.typed import wrong_numbers
from sheetprop.submission.diagnose.wording import value_text
from sheetprop.submission.find.tables import WEIGHTS, blocks, ranges
from sheetprop.submission.findings import Code, Severity
from sheetprop.submission.open.cells import ErrorValue, Place
from sheetprop.submission.understand.formula import Name, Shape
from sheetprop.submission.understand.functions import EXCELS_OWN, NOT_EXCELS, is_excels
from sheetprop.submission.understand.functions.arithmetic import ROUNDING
from sheetprop.submission.understand.reading import GIVEN, Run

STALE_ADVICE = "the file was saved before it was computed again. Press F9 in Excel and save."


def judge_unread(case: Case) -> None:
    """Formulas that cannot be followed as equations: judged by their stored numbers."""
    agreeing: dict[str, list[tuple[str, list[int]]]] = defaultdict(list)
    for key in [key for key in case.reading.keys if key not in GIVEN]:
        grouped: dict[object, list[tuple[Run, str]]] = defaultdict(list)
        for run in case.runs[key]:
            content = run.content
            unread = content.kind in ("unread", "opaque")
            if unread or (content.expression is not None and case.unreadable(content.expression)):
                grouped[id(content.shape)].append((run, content.reason))
        for runs in grouped.values():
            steps = [step for run, _ in runs for step in range(run.first, run.last + 1)]
            reason = runs[0][1]
            if _judge_by_numbers(case, key, steps, reason, runs[0][0].content.shape) and reason:
                agreeing[reason].append((key, steps))
    for reason, places in agreeing.items():
        labels = ", ".join(dict.fromkeys(NETWORK.label(key) for key, _ in places))
        case.tell(
            Code.NOT_FOLLOWED,
            Severity.NOTE,
            f"The formula of {labels} was not followed, as {reason}; its numbers are those of the network's equation.",
            places[0][0],
            blocks(case.table.place(key, step) for key, steps in places for step in steps),
            case.writer.found(places[0][0], places[0][1][0]),
        )


def _judge_by_numbers(case: Case, key: str, steps: list[int], reason: str, shape: Shape | None) -> bool:
    """Tell what is wrong with the numbers at ``steps``; returns whether they are all there and right."""
    table, label = case.table, NETWORK.label(key)
    errors: list[int] = []
    for step in steps:
        place = table.place(key, step)
        computed = case.book.recomputed(table.cells.name, place)
        shown = computed if isinstance(computed, float) else table.cells.values.get(place)
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
    shown = table.cells.values.get(table.place(key, chosen[0]))
    unknown = _unknown_functions(case, shape)
    severity = Severity.ERROR
    if "#REF!" in reason or "error value" in reason:
        code, message = Code.ERROR_VALUE, f"{label} is broken: {reason}."
    elif unknown and (errors or not known.any()):
        code = Code.UNKNOWN_FUNCTION
        message = f"{label} cannot be computed: it uses the function {unknown[0]}, which Excel does not know."
    elif reason and not wrong and not isinstance(shown, ErrorValue):
        case.unjudged.add(key)
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
    places = set[Place]()
    for step in steps:
        expression = expressions.get(step)
        names = expression.names if expression is not None else set()
        for name in names:
            sheet, place = case.reading.unread.get(name, ("", (0, 0)))
            if sheet == case.table.cells.name and case.table.cells.constant(place):
                places.add(place)
    if not places:
        return False
    case.wrong_keys.add(key)
    ordered = sorted(places, key=lambda place: (place[1], place[0]))
    case.tell(
        Code.WRONG_VALUE,
        Severity.ERROR,
        f"The helper cell {ranges(ordered[:1])} holds a typed-in number where the other rows have a formula, and it is "
        f"wrong: {NETWORK.label(key)} does not follow with it.",
        key,
        ranges(ordered),
        case.writer.at(ordered[0]),
    )
    return True


def judge_loops(case: Case, wrong: list[Wrong]) -> None:
    """Right formulas that need each other's results."""
    needs: dict[str, set[str]] = defaultdict(set)
    for key, run, right in case.formulas(case.evaluator):
        if right and run.content.expression is not None:
            names = _needed_names(case, run.content.expression, 0)
            needs[key] |= {name for name in names if name in case.runs and name not in GIVEN}
    order = NETWORK.keys()
    told: set[str] = set()
    for key in needs:
        loop = {k for k in needs if k in _reached(needs, key) and key in _reached(needs, k)}
        if key not in _reached(needs, key) or loop & told:
            continue
        told |= loop
        # At fault is who needs what comes after it; the others compute forward, as they should.
        back = [k for k in loop if any(order.index(name) > order.index(k) for name in needs[k] & loop)]
        culprit = min(back or loop, key=order.index)
        labels = ", ".join(NETWORK.label(k) for k in sorted(loop, key=order.index))
        case.wrong_keys.add(culprit)
        case.circular = True
        case.tell(
            Code.CIRCULAR,
            Severity.ERROR,
            f"{labels} are computed from each other, so that none can be computed first.",
            culprit,
            case.table.cells_of(culprit, list(range(case.table.count))),
            case.writer.found(culprit, 0),
            case.writer.expected(culprit, 0),
        )


def _needed_names(case: Case, expression: Expression, shift: int) -> set[str]:
    """The names that an expression needs, those of its helpers at the iteration where they are used."""
    found = set[str]()
    for name in expression.names:
        if name.startswith("~"):
            helper, _, offset = name.partition("@")
            found |= _needed_names(case, case.reading.helpers[helper].expression, shift + int(offset or 0))
        else:
            found.add(shifted(name, shift))
    return found


def judge_rounding(case: Case) -> None:
    """Formulas that are right but for rounding their result, or for a rounded e, in columns and in helpers."""
    helpers: dict[str, str] = {}
    for key, run, right in case.formulas(case.evaluator):
        expression = run.content.expression
        if not right or expression is None:
            continue
        helpers |= dict.fromkeys(case.helpers_of(expression), key)
        if contains_call(expression, "round"):
            case.tell(
                Code.ROUNDED,
                Severity.WARNING,
                _rounding(NETWORK.label(key), run.content.shape),
                key,
                case.table.cells_of(key, list(range(run.first, run.last + 1))),
                case.writer.found(key, run.first),
                case.writer.formula(_without(expression, "round"), run.first),
            )
    for name, key in helpers.items():
        helper = case.reading.helpers[name]
        if contains_call(helper.expression, "round"):
            sheet = helper.cells[0].sheet
            places = sorted(cell.place for cell in helper.cells if cell.sheet == sheet)
            subject = f"The helper cell {ranges(places[:1])}"
            case.tell(
                Code.ROUNDED,
                Severity.WARNING,
                _rounding(subject, helper.shape),
                key,
                ranges(places),
                case.writer.at(places[0], sheet),
                sheet=sheet,
            )


def _rounding(subject: str, shape: Shape | None) -> str:
    if shape is not None and (shape.functions & {*ROUNDING, "QUOTIENT"} or "^" not in shape.text(0, 0)):
        advice = "Show fewer digits by the cell's format instead."
        return f"{subject} is rounded, and training goes on with the rounded number. {advice}"
    return f"{subject} takes a rounded number for e; EXP is exact."


def judge_errors(case: Case) -> None:
    """Error values that no wrong formula explains: functions of another program, numbers out of range."""
    unknown: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for key, runs in case.runs.items():
        for run in runs:
            for name in run.content.shape.functions & NOT_EXCELS if run.content.shape else ():
                unknown[name] += [case.table.place(key, step) for step in range(run.first, run.last + 1)]
    for name, places in unknown.items():
        case.tell(
            Code.UNKNOWN_FUNCTION,
            Severity.WARNING,
            f"Excel does not know the function {name}, which is one of Google Sheets, and shows #NAME?: write "
            f"{EXCELS_OWN[name]} instead.",
            case.table.keys.get(case.table.position(places[0])[1]),
            ranges(sorted(places, key=lambda place: (place[1], place[0]))),
            case.writer.at(places[0]),
            _in_excel(case, min(places, key=lambda place: (place[1], place[0]))),
        )
    if any(finding.severity is Severity.ERROR for finding in case.findings) or unknown:
        return
    if not case.table.cells.has_errors:
        return
    broken = [
        case.table.place(key, step)
        for key in case.reading.keys
        for step in range(case.table.count)
        if isinstance(case.table.cells.values.get(case.table.place(key, step)), ErrorValue)
    ]
    if broken:
        first = min(broken, key=lambda place: case.table.position(place))
        shown = case.table.cells.values[first]
        assert isinstance(shown, ErrorValue)
        case.tell(
            Code.ERROR_VALUE,
            Severity.WARNING,
            f"{len(broken)} cell{'s show' if len(broken) > 1 else ' shows'} an error, {shown.name} first, although the "
            "formulas are right: the numbers overflow, or the file was saved before it was computed.",
            case.table.keys.get(case.table.position(first)[1]),
            ranges([first]),
            shown.name,
        )


def _in_excel(case: Case, place: Place) -> str | None:
    """The formula of a cell with Excel's functions in the place of those of Google Sheets."""
    line, column = case.table.position(place)
    key = case.table.keys[column]
    step = line - case.table.first
    shape = case.table.cells.formulas[place]
    if all(EXCELS_OWN[name].isalpha() for name in shape.functions & NOT_EXCELS):
        text = shape.text(*place)
        for name in shape.functions & NOT_EXCELS:
            text = re.sub(rf"\b{name}\(", f"{EXCELS_OWN[name]}(", text, flags=re.IGNORECASE)
        return text
    expression = next(run.content.expression for run in case.runs[key] if run.first <= step <= run.last)
    return None if expression is None else case.writer.formula(expression, step)


def judge_stored(case: Case) -> None:
    """Stored results that are not those of the formulas beside them."""
    if not case.table.cells.stored_results:
        return
    numbers = case.numbers
    stale: list[tuple[int, int]] = []
    short = {user.place for users in case.reading.left_out.values() for user in users}
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
            stale += [case.table.place(key, n) for n in range(run.first, run.last + 1) if off[n]]
    stale = [place for place in stale if place not in short]
    if stale:
        first = min(stale, key=lambda place: case.table.position(place))
        count = len(stale)
        case.tell(
            Code.STALE_VALUE,
            Severity.WARNING,
            f"{count:,} stored {'value is' if count == 1 else 'values are'} not what the formulas give: "
            + ("circular formulas have none." if case.circular else STALE_ADVICE),
            case.table.keys.get(case.table.position(first)[1]),
            ranges([first]),
            value_text(case.table.cells.number(first) or 0.0),
        )


def _reached(needs: dict[str, set[str]], start: str) -> set[str]:
    reached, pending = set[str](), list(needs.get(start, ()))
    while pending:
        key = pending.pop()
        if key not in reached:
            reached.add(key)
            pending += needs.get(key, ())
    return reached


def _without(expression: Expression, call: str) -> Expression:
    for part, put in parts(expression):
        if isinstance(part, Call) and part.name == call:
            return _without(put(part.argument), call)
    return expression


def _plain(expression: Expression) -> bool:
    """Whether all names are quantities near by, or constants."""
    names = expression.names
    calls = any(isinstance(part, Call) and part.name != "exp" for part, _ in parts(expression))
    return not calls and all(name.startswith("cell:") or not (":" in name or name.startswith("~")) for name in names)
