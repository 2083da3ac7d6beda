"""Judging results: formulas that only their numbers tell of, errors, rounding, stale values, loops."""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from sheetprop.expression import Call, Expression, Number
from sheetprop.network import NETWORK
from sheetprop.submission.compare.case import Case
from sheetprop.submission.diagnose.edits import parts
from sheetprop.submission.diagnose.typed import wrong_numbers
from sheetprop.submission.diagnose.wording import value_text
from sheetprop.submission.find.tables import WEIGHTS, Cell, cited, ranges
from sheetprop.submission.findings import Code, Severity
from sheetprop.submission.open.cells import ErrorValue
from sheetprop.submission.understand.functions import NOT_EXCELS
from sheetprop.submission.understand.reading import GIVEN, Run

STALE_ADVICE = "the file was saved before it was computed again. Press F9 in Excel and save."
CIRCLE_ADVICE = "Excel computes no formula that is in a circle, nor those that need one that is."


def judge_unread(case: Case) -> None:
    """Formulas that cannot be followed as equations: judged by their stored numbers."""
    for key in [key for key in case.reading.keys if key not in GIVEN | case.settled]:
        grouped: dict[object, list[tuple[Run, str]]] = defaultdict(list)
        for run in case.runs[key]:
            content = run.content
            unread = content.kind in ("unread", "opaque")
            if unread or (content.expression is not None and case.unreadable(content.expression)):
                grouped[id(content.shape)].append((run, content.reason))
        for runs in grouped.values():
            steps = [step for run, _ in runs for step in range(run.first, run.last + 1)]
            _judge_by_numbers(case, key, steps, runs[0][1])


def _judge_by_numbers(case: Case, key: str, steps: list[int], reason: str) -> None:
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
        return
    if not reason and not errors and _tell_typed_helper(case, key, sorted(wrong) or steps):
        return
    function = reason.rpartition("function ")[2] if "function" in reason else ""
    if "#REF!" in reason or "error value" in reason:
        code, message = Code.ERROR_VALUE, f"{label} is broken: {reason}."
    elif function and (errors or not known.any()):
        code, message = Code.UNKNOWN_FUNCTION, f"{label} cannot be computed: {reason}, which Excel does not know."
    else:
        code = Code.WRONG_FORMULA
        message = f"{label} does not hold what the network's equation gives" + (f"; {reason}." if reason else ".")
    case.wrong_keys.add(key)
    chosen = errors or sorted(wrong) or steps
    case.tell(
        code,
        Severity.ERROR,
        message,
        key,
        table.cells_of(key, chosen),
        case.writer.found(key, chosen[0]),
        case.writer.expected(key, chosen[0]),
    )


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
            f"Excel does not know the function {name}, which is one of Google Sheets, and shows #NAME?.",
            pairs[0][0],
            cited(sorted((case.table.cell(*pair) for pair in pairs), key=_down_columns)),
            case.writer.found(*pairs[0]),
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


def judge_stored(case: Case) -> None:
    """Stored results that are not those of the formulas beside them."""
    if not any(cells.stored_results for cells in case.table.sheets.values()):
        return
    numbers = case.numbers
    stale: list[tuple[int, str]] = []
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
            stale += [(n, key) for n in range(run.first, run.last + 1) if off[n]]
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
