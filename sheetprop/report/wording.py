"""How the reports word what they have in common, and how they make text from submissions harmless."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import Protocol, TypeVar

from sheetprop.network import partial_label
from sheetprop.submission.findings import FoundTable, Severity, Status, Submission
from sheetprop.submission.mistake import Mistake, Place

MOST_PLACES = 6
"""Of one mistake, besides the first, that a text lists."""
SEVERITIES = tuple(Severity)
"""From the gravest to the lightest."""
# Characters that turn the direction of writing can make a name look like another one.
TURNING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_WITHOUT_TURNING = str.maketrans(dict.fromkeys(TURNING))
_NOT_XML = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_LOOKS_ESCAPED = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")


def harmless(text: str) -> str:
    r"""``text`` as one line that shows what it is: control characters and the like are written as \x1b, \n, \u202e.

    Half surrogates, which names of files can have, and non-characters can be in no UTF-8 and no XML file.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(_escaped(character) if _is_harmful(character) else character for character in text)


def clean(text: str, limit: int) -> str:
    """A text as a workbook may hold it: at most ``limit`` characters and nothing that does harm.

    That is what XML forbids, what turns the direction of writing, and what a spreadsheet reads as an escape.
    """
    text = _NOT_XML.sub("", text.replace("\r\n", "\n").replace("\r", "\n").translate(_WITHOUT_TURNING))
    if len(text) > limit:
        text = text[: limit - 1] + "…"
    return _LOOKS_ESCAPED.sub("_x005F_", text)


def _is_harmful(character: str) -> bool:
    return (
        unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp")
        or character in TURNING
        or ord(character) & 0xFFFE == 0xFFFE
    )


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


def number(value: float) -> str:
    """Points: with two digits after the point at most, and none where none are needed."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def count(things: int, thing: str) -> str:
    """A number of things: 1 submission, 2 submissions."""
    return f"{things:,} {thing}" if things == 1 else f"{things:,} {thing}s"


def score(submission: Submission) -> str:
    """Points reached of those that could be reached."""
    return f"{number(submission.score)} of {number(submission.max_score)}"


def verdict(submission: Submission) -> str:
    """Status and score in a phrase."""
    return f"{submission.status.value}, {score(submission)}"


def missing(submission: Submission) -> str:
    """What an incomplete submission lacks: each reason once, after the criteria that have it. Else nothing."""
    if submission.status is not Status.INCOMPLETE:
        return ""
    titles: dict[str, list[str]] = {}
    for line in submission.score_lines:
        if line.points < line.max_points:
            titles.setdefault(line.reason, []).append(line.title)
    if len(titles) == 1 and len(submission.score_lines) == sum(map(len, titles.values())) > 1:
        return next(iter(titles))
    return "; ".join(f"{', '.join(own)}: {reason}" for reason, own in titles.items())


class _Weighs(Protocol):
    @property
    def severity(self) -> Severity: ...


Told = TypeVar("Told", bound=_Weighs)


def gravest_first(told: Iterable[Told]) -> list[Told]:
    """Errors before warnings before notes, else in the given order."""
    return sorted(told, key=lambda each: SEVERITIES.index(each.severity))


def counted(submission: Submission, severity: Severity) -> int:
    """How many mistakes or remarks of a severity a submission has."""
    return sum(mistake.severity is severity for mistake in submission.mistakes)


def quantities(mistake: Mistake) -> str:
    """The quantities that a mistake is made in, as people write them."""
    return ", ".join(map(partial_label, mistake.quantities))


def elsewhere(mistake: Mistake, most: int = MOST_PLACES) -> str:
    """Where else a mistake is made than where it is told: 'Sheet1'!AA4:AA23 (∂E/∂w4); and 2 more places.

    The quantities are named where there are several.
    """
    further, several = mistake.places[1:], len(mistake.quantities) > 1
    texts = [text for place in further[:most] if (text := _named(place, several))]
    left = len(further) - most
    return "; ".join(texts) + (f"; and {count(left, 'more place')}" if left > 0 else "")


def _named(place: Place, quantity: bool) -> str:
    if not quantity or place.quantity is None:
        return str(place)
    label = partial_label(place.quantity)
    return f"{place} ({label})" if str(place) else label


def file_name(submission: Submission) -> str:
    """The name of a submission's file, without folders."""
    return PurePosixPath(submission.path.replace("\\", "/")).name or submission.path


def rows(table: FoundTable) -> str:
    """Which rows of its sheet a table's iterations take (columns, by letter, where they run along a row)."""
    first, last = table.first_row, table.last_row
    if table.transposed:
        return f"columns {_letters(first)} to {_letters(last)}"
    return f"rows {first} to {last}"


def learning_rate(table: FoundTable) -> str:
    """The learning rate of a table, and where it stands."""
    rate = table.learning_rate
    if rate is None:
        return "not found"
    value = "unknown" if rate.value is None else f"{rate.value:g}"
    return f"{value}, typed into the formulas" if rate.cell is None else f"{value}, in {harmless(rate.cell)}"


def _letters(column: int) -> str:
    """The letters of a column counted from 1."""
    letters = ""
    while column > 0:
        column, last = divmod(column - 1, 26)
        letters = chr(ord("A") + last) + letters
    return letters
