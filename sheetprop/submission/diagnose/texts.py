"""Judging numbers that are stored as texts: what programs compute with, what functions leave out, what nobody takes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from sheetprop.network import NETWORK, RATE
from sheetprop.submission.compare.case import Case
from sheetprop.submission.diagnose.wording import value_text
from sheetprop.submission.find.tables import Cell, blocks, ranges
from sheetprop.submission.findings import Code, Severity
from sheetprop.submission.open.cells import ErrorValue
from sheetprop.submission.open.text_numbers import TextNumber

MOST_NAMED = 4
"""Numbers that a sentence names one by one."""
Texts = dict[Cell, TextNumber]


def judge_texts(case: Case, told: set[Cell]) -> None:
    """Tell numbers stored as text among a table's own and those its formulas use; ``told`` are told already."""
    texts = {cell: text for cell, text in _used(case).items() if cell not in told}
    told |= texts.keys()
    left_out = {cell: text for cell, text in texts.items() if cell in case.reading.left_out and not text.trouble}
    troubled = {cell: text for cell, text in texts.items() if text.trouble}
    plain = {cell: text for cell, text in texts.items() if cell not in left_out and not text.trouble}
    for kind, say in ((troubled, _tell_troubled), (left_out, _tell_left_out), (plain, _tell_plain)):
        by_sheet: dict[str, Texts] = defaultdict(dict)
        for cell, text in kind.items():
            by_sheet[cell.sheet][cell] = text
        for sheet, own in by_sheet.items():
            say(case, sheet, own)


def _used(case: Case) -> Texts:
    table, reading = case.table, case.reading
    cells = [table.cell(key, n) for key in reading.keys for n in range(table.count)]
    cells += [cell for cell, _ in reading.constants.values() if cell is not None]
    cells += [*case.parameters.cells.values(), *filter(None, [case.parameters.rate_cell])]
    found: Texts = {}
    for cell in cells:
        sheet = reading.book.sheet(cell.sheet)
        if sheet is not None and (text := sheet.text_numbers.get(cell.place)):
            found[cell] = text
    return found


def _tell_plain(case: Case, sheet: str, texts: Texts) -> None:
    message = (
        f"{_subject(case, texts)} stored as text. Formulas compute with {_them(texts)} as with the "
        f"{'number' if len(texts) == 1 else 'numbers'}, but SUM and its like leave texts out."
    )
    _tell(case, Severity.WARNING, message, sheet, texts)


def _tell_left_out(case: Case, sheet: str, texts: Texts) -> None:
    users = {user: name for cell in texts for user, name in case.reading.left_out[cell].items()}
    names = sorted(set(users.values()))
    first = min(users, key=lambda user: (user.sheet, user.place))
    case.wrong_keys |= {key for key in case.reading.keys if _among(case, key, users)}
    message = (
        f"{_subject(case, texts)} stored as text, and {' and '.join(names)} (first in {ranges([first.place])}) "
        f"{'leaves' if len(names) == 1 else 'leave'} texts out: {_they(texts)} for nothing there. Make "
        f"{_them(texts)} {'a number' if len(texts) == 1 else 'numbers'}."
    )
    _tell(case, Severity.ERROR, message, sheet, texts)


def _tell_troubled(case: Case, sheet: str, texts: Texts) -> None:
    words = dict.fromkeys(text.trouble.words for text in texts.values() if text.trouble)
    shown = next(iter(texts.values()))
    message = (
        f"{_subject(case, texts)} stored as text with {' and '.join(words)} ({shown.text!r} for "
        f"{value_text(shown.value)}). An Excel set to English cannot compute with it and shows #VALUE!."
    )
    # Where a program took the texts for numbers, as one set to German does, the results are there.
    broken = _showing_errors(case)
    fails = bool(broken) or not any(cells.stored_results for cells in case.table.sheets.values())
    case.wrong_keys |= broken
    _tell(case, Severity.ERROR if fails else Severity.WARNING, message, sheet, texts)


def _tell(case: Case, severity: Severity, message: str, sheet: str, texts: Texts) -> None:
    cell, text = next(iter(texts.items()))
    same = len({text.value for text in texts.values()}) == 1
    case.tell(
        Code.TEXT_NUMBER,
        severity,
        message,
        _name(case, cell),
        blocks(cell.place for cell in texts),
        text.text,
        value_text(text.value) if same else None,
        sheet,
    )


def _subject(case: Case, texts: Texts) -> str:
    if len(texts) > MOST_NAMED:
        return f"{len(texts)} numbers are"
    names = []
    for cell in texts:
        name, address = _name(case, cell), ranges([cell.place])
        label = "The learning rate" if name == RATE else NETWORK.label(name) if name else "The number"
        names.append(f"{label} in {address}")
    return f"{', '.join(names)} {'is' if len(names) == 1 else 'are'}"


def _name(case: Case, cell: Cell) -> str | None:
    """The quantity whose number stands in a cell, where it is one."""
    if cell == case.parameters.rate_cell:
        return RATE
    for key, own in case.parameters.cells.items():
        if own == cell:
            return key
    found = case.table.quantity(cell)
    return found[0] if found is not None else None


def _among(case: Case, key: str, users: Iterable[Cell]) -> bool:
    return any((found := case.table.quantity(user)) is not None and found[0] == key for user in users)


def _showing_errors(case: Case) -> set[str]:
    """The quantities that have cells with an error value, such as a text makes that nobody can compute with."""
    return {
        key
        for key in case.reading.keys
        if any(isinstance(case.table.value(key, n), ErrorValue) for n in range(case.table.count))
    }


def _them(texts: Texts) -> str:
    return "it" if len(texts) == 1 else "them"


def _they(texts: Texts) -> str:
    return "it counts" if len(texts) == 1 else "they count"
