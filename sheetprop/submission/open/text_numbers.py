"""Numbers that stand in cells as texts: which of them programs compute with, and what hinders the others."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

LONGEST = 40
"""Characters of a text that may be a number."""
_ENGLISH = re.compile(r"[+-]?(?=[\d.]*\d)(?:[1-9]\d{0,2}(?:,\d{3})+|\d*)(?:\.\d*)?(?:[eE][+-]?\d{1,3})? ?%?")
_DECIMAL_COMMA = re.compile(r"[+-]?\d*,\d+(?:[eE][+-]?\d{1,3})? ?%?")


@dataclass(frozen=True)
class Trouble:
    """What keeps programs set to English from taking a text as the number that is meant, and what to write instead.

    ``sign`` is what is taken for ``plain``; ``words`` end the sentence "it is written with …".
    """

    sign: str
    plain: str
    words: str


APOSTROPHE = "an apostrophe that belongs to the text"
TROUBLES = (
    Trouble("\N{NO-BREAK SPACE}", "", "a no-break space"),
    Trouble("\N{MINUS SIGN}", "-", "a minus sign that is not the hyphen of the keyboard"),
    Trouble("'", "", APOSTROPHE),
    Trouble("\N{RIGHT SINGLE QUOTATION MARK}", "", APOSTROPHE),
)
COMMA = Trouble(",", ".", "a decimal comma")


@dataclass(frozen=True)
class TextNumber:
    """A text and the number that it is meant as; ``trouble`` is None where programs take it for that number."""

    text: str
    value: float
    trouble: Trouble | None = None


@lru_cache(maxsize=4096)
def text_number(text: str) -> TextNumber | None:
    """The number that a text is, or is meant as; None where it is none."""
    if len(text) > LONGEST or not any(map(str.isdecimal, text)):
        return None
    plain, trouble = text.strip(" "), None
    for known in TROUBLES:
        if known.sign in plain:
            plain, trouble = plain.replace(known.sign, known.plain, 1).strip(" "), known
    if _DECIMAL_COMMA.fullmatch(plain) and not _ENGLISH.fullmatch(plain):
        plain, trouble = plain.replace(COMMA.sign, COMMA.plain), COMMA
    if not plain.isascii() or not _ENGLISH.fullmatch(plain):
        return None
    percent = plain.endswith("%")
    value = float(plain.rstrip("% ").replace(",", ""))
    return TextNumber(text, value / 100 if percent else value, trouble)
