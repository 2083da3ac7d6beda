"""Names of people and of files as their words, so that they can be compared."""

from __future__ import annotations

import re

from sheetprop.letters import folded

Words = tuple[str, ...]
_WORD = re.compile(r"[^\W_]+")


def words(text: str) -> Words:
    """The words of a text in lower case and plain letters: letters and digits, everything else parts them."""
    return tuple(_WORD.findall(folded(text)))


def rotations(name: Words) -> list[Words]:
    """A name as lists have it: first name first, or family name first, wherever that begins."""
    return [name[turn:] + name[:turn] for turn in range(len(name))]


def squashed(name: Words) -> str:
    """Words without anything between them."""
    return "".join(name)


def is_contained(span: tuple[int, int], other: tuple[int, int]) -> bool:
    """Whether a stretch of words is a part of another one."""
    return other[0] <= span[0] and span[1] <= other[1] and span != other
