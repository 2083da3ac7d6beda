"""What was not understood: headings beside a table's own, and the nearest to a table where there is none."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sheetprop.network import ITERATION, NETWORK, RATE, Role
from sheetprop.submission.find.labels import quantities, quantity
from sheetprop.submission.find.pieces import FILLED_SHARE, MAIN, has_number
from sheetprop.submission.find.tables import Table, ranges
from sheetprop.submission.find.vocabulary.concepts import Concept
from sheetprop.submission.find.vocabulary.spelling import equation, has_decimal, normal, spoken, words
from sheetprop.submission.open.cells import Cells, Place

LONGEST_HEADING = 40
"""Longer texts are remarks."""
BESIDE = 2
"""How many columns beyond a table's own a heading may stand to be one of its headings."""
MOST_TOLD = 8
"""Headings that a sentence lists; of more it says how many there are."""
_OPERATORS = re.compile(r"[*·×+^()\[\]]|(?<=\w) ?[-−–] ?(?=\w)")
_HELPERS = {Concept.HELPER, Concept.NEW, Concept.OLD, Concept.CHANGE, Concept.RATE, Concept.ITERATION}
_HELPERS |= {Concept.DERIVATIVE, Concept.GRADIENT}


@dataclass(frozen=True)
class Unread:
    """A heading that names no quantity we know, or, ``again``, one that another heading names as well."""

    place: Place
    text: str
    again: bool = False


def unread_headings(table: Table) -> list[Unread]:
    """The headings of columns with numbers that look like quantities of a table, but were not understood.

    What a student plainly adds besides the network's quantities (a counter, "w1 new", a check) is no such heading.
    One that stands twice is told where the table lacks a column, which may be the one that is meant.
    """
    piece, cells = table.main, table.cells
    own, lacking = set(piece.columns.values()), bool(MAIN - table.columns.keys())
    found = []
    for column in range(max(min(own) - BESIDE, 0), max(own) + 1 + BESIDE):
        place = piece.at(piece.header, column)
        text = cells.texts.get(place)
        if column in own or text is None or not looks_like_a_quantity(text):
            continue
        again = quantity(text) in table.columns
        if again and not lacking:
            continue
        filled = sum(has_number(cells, piece.at(line, column)) for line in piece.lines)
        if filled >= FILLED_SHARE * len(piece.lines):
            found.append(Unread(place, text.strip(), again))
    return found


def looks_like_a_quantity(text: str) -> bool:
    """Whether a text may be meant for a quantity, though it is none that we know: short, and no known extra."""
    plain = normal(text)
    if not plain or len(plain) > LONGEST_HEADING or not any(map(str.isalpha, plain)):
        return False
    if has_decimal(plain) or quantity(text) in (RATE, ITERATION):
        return False
    left, _ = equation(plain)
    upper, stroke, lower = left.partition("/")
    if stroke and quantity(upper.lstrip("( d")) and quantity(lower.lstrip("( d")):
        return False  # a derivative that the class has no column for
    parts = [part.strip() for part in _OPERATORS.split(left) if part.strip()]
    if len(parts) > 1 and all(part.isdigit() or quantity(part) for part in parts):
        return False  # a formula of what is known: η·∂E/∂w1
    named = words(left)
    if named and not named.numbers and len(spoken(left)) == 1:
        return True  # a letter of the student's own
    return not (named and set(named.concepts) & _HELPERS)


def tell_headings(found: Sequence[Unread]) -> str:
    """What is said about headings of one table that were not understood."""
    sentences = []
    for again in (False, True):
        told = [f"{quoted(unread.text)} ({ranges([unread.place])})" for unread in found if unread.again is again]
        if told:
            one = len(told) == 1
            subject = f"The heading {told[0]}" if one else f"The headings {_listed(told)}"
            why = ("names a quantity" if one else "name quantities") + " that another heading names as well"
            why = why if again else f"{'was' if one else 'were'} not understood"
            columns = "its column is treated as a helper" if one else "their columns are treated as helpers"
            sentences.append(f"{subject} {why}; {columns}.")
    return " ".join(sentences)


def tell_nearest(sheets: Iterable[Cells]) -> str:
    """What comes nearest to a table in sheets that have none: the headings that were understood and those missing."""
    best: tuple[int, str] = (0, "")
    for cells in sheets:
        for across in (False, True):
            lines: dict[int, list[Place]] = {}
            for place in cells.texts:
                lines.setdefault(place[across], []).append(place)
            for line, places in lines.items():
                keys = quantities([cells.texts[place] for place in places])
                count = len(set(keys) & MAIN)
                if count > best[0]:
                    best = (count, _nearest(cells, line, across, places, keys))
    return best[1] or "No heading of the network's quantities was understood anywhere."


def _nearest(cells: Cells, line: int, across: bool, places: list[Place], keys: list[str | None]) -> str:
    where = f"{'column' if across else 'row'} {_name(line, across)} of '{cells.name}'"
    there = {key for key in keys if key}
    known = [NETWORK.label(key) for key in NETWORK.keys() if key in there]
    missing = [NETWORK.label(key) for key in NETWORK.keys_except(Role.STEP) if key not in there]
    parts = [f"The nearest is {where}: understood there {_are(known)} {_listed(known)}"]
    parts.append(f"missing {_are(missing)} {_listed(missing)}" if missing else "no numbers or formulas belong to them")
    unread = [
        f"{quoted(cells.texts[place])} ({ranges([place])})"
        for place, key in zip(places, keys, strict=True)
        if key is None and looks_like_a_quantity(cells.texts[place])
    ]
    if unread:
        parts.append(f"not understood {_are(unread)} {_listed(unread)}")
    return "; ".join(parts) + "."


def _name(line: int, across: bool) -> str:
    return "".join(c for c in ranges([(0, line) if across else (line, 0)]) if c.isalpha() is across)


def _are(things: list[str]) -> str:
    return "is" if len(things) == 1 else "are"


def quoted(text: str) -> str:
    """A text from a cell as a sentence may hold it: on one line, bounded."""
    line = " ".join(text.split())
    return f"'{line if len(line) <= LONGEST_HEADING else line[: LONGEST_HEADING - 1] + '…'}'"


def _listed(things: list[str]) -> str:
    if len(things) > MOST_TOLD:
        return f"{', '.join(things[:MOST_TOLD])} and {len(things) - MOST_TOLD} more"
    return " and ".join(filter(None, [", ".join(things[:-1]), things[-1]]))
