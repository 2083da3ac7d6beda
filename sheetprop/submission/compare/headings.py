"""Headings that trade places: two columns that are right, if each had the other's heading."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import combinations

from sheetprop.expression import Symbol
from sheetprop.network import NETWORK
from sheetprop.submission.compare.case import Case, Wrong
from sheetprop.submission.find.pieces import GIVEN
from sheetprop.submission.find.tables import Cited, cited
from sheetprop.submission.findings import Code, Severity
from sheetprop.submission.understand.parameters import address

MOST_OF_COLUMN = 8
"""Wrong formulas of a column that are read with headings exchanged before all are."""
LEAST_MENDED = 2
"""Columns that an exchange makes right, for it to be one."""


def without_swapped_headings(case: Case, wrong: list[Wrong]) -> list[Wrong]:
    """Judge again with two headings exchanged, where that makes both columns right and none wrong; and tell that."""
    few = _few_of_each(wrong)
    while pair := next((pair for pair in _candidates(case, wrong) if _mends(case, wrong, few, pair)), None):
        wrong = case.wrong_formulas()
        few = _few_of_each(wrong)
        _tell(case, pair)
    return wrong


def _few_of_each(wrong: list[Wrong]) -> list[Wrong]:
    """The first few wrong formulas of each column."""
    count: Counter[str] = Counter()
    few = []
    for item in wrong:
        count[item.key] += 1
        if count[item.key] <= MOST_OF_COLUMN:
            few.append(item)
    return few


def _candidates(case: Case, wrong: list[Wrong]) -> Iterator[tuple[str, str]]:
    """Pairs of headings, both of wrong columns, whose formulas each compute the other's quantity."""
    keys = list(dict.fromkeys(w.key for w in wrong))
    yield from combinations(keys, 2)
    given = [key for key in case.reading.keys if key in GIVEN]
    yield from ((a, b) for a, b in combinations(given, 2) if a[0] == b[0])


def _mends(case: Case, wrong: list[Wrong], few: list[Wrong], pair: tuple[str, str]) -> bool:
    """Whether all is better with two headings exchanged; they stay so if it is."""
    if not _seems_to_mend(case, few, pair):
        return False
    trade = {pair[0]: pair[1], pair[1]: pair[0]}
    case.rename(trade)
    keys, left = {w.key for w in wrong}, {w.key for w in case.wrong_formulas()}
    if left <= keys - set(pair) and len(left) <= len(keys) - LEAST_MENDED:
        return True
    case.rename(trade)
    return False


def _seems_to_mend(case: Case, wrong: list[Wrong], pair: tuple[str, str]) -> bool:
    """Whether formulas, read with the headings exchanged, are right: those of both columns, or of two that use them."""
    trade = {pair[0]: pair[1], pair[1]: pair[0]}

    def exchanged(name: str) -> Symbol:
        key = name.partition("@")[0].partition("#")[0]
        return Symbol(trade.get(key, key) + name[len(key) :])

    mended = set[str]()
    for item in sorted(wrong, key=lambda item: item.key not in trade):
        expression = item.content.expression
        if expression is None or case.helpers_of(expression):
            continue
        read = expression.substitute({name: exchanged(name) for name in expression.names if ":" not in name})
        if case.right(trade.get(item.key, item.key), read, case.evaluator):
            mended.add(item.key)
        elif item.key in trade:
            return False
    return len(mended) >= LEAST_MENDED


def _tell(case: Case, pair: tuple[str, str]) -> None:
    table = case.table
    left, right = sorted(pair, key=table.columns.__getitem__)
    headings = [table.heading(key) for key in (left, right)]
    addresses = [address(heading, table.cells.name) for heading in headings]
    case.wrong_keys |= {left, right}
    # What is read as the one now has the other's heading.
    own, other = NETWORK.label(right), NETWORK.label(left)
    columns = [
        cited([heading, *(table.cell(key, step) for step in range(table.count))])
        for heading, key in zip(headings, (left, right), strict=True)
    ]
    apart = len({at[0] for column in columns for at in column.sheets}) > 1
    case.tell(
        Code.SWAPPED_HEADINGS,
        Severity.ERROR,
        f"The headings {own} ({addresses[0]}) and {other} ({addresses[1]}) have traded places: the formulas take what "
        f"stands under {own} for {other}, and what stands under {other} for {own}.",
        right,
        Cited(tuple(at for column in columns for at in column.sheets)) if apart else ",".join(map(str, columns)),
        own,
        other,
    )


__all__ = ["without_swapped_headings"]
