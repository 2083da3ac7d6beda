"""The characters of a heading: one spelling for each sign, its parts in brackets, its equation, its words."""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

from sheetprop.submission.find.vocabulary.concepts import Concept
from sheetprop.submission.find.vocabulary.languages import LONGEST_PHRASE, WORDS

LONGEST_RUN = 24
"""Letters without a blank between that are still taken apart into words: out_h is outh."""
MOST_WORDS = 12
_SIGNS = str.maketrans(
    dict.fromkeys("∂δΔәƏəӘ∆ðẟ∇", "d") | dict.fromkeys("σϭΣ", " sigma ") | {"ŷ": " yhat ", "ή": "η", "ß": "ss"}
)
_ARROWS = "→⟶➔➜➝⇒►▶>←"
_BLANK = str.maketrans(dict.fromkeys("_-^{}().,:=[]*'’‘`´\"“”#|;!?~°–—‐‑…•" + _ARROWS, " "))
_OPEN, _CLOSE = "([（【", ")]）】"
DASHES = (" - ", " – ", " — ")
"""Dashes that part a name from what explains it."""
_TOKEN = re.compile(r"[^\W\d_]+|\d+|\S")
_NEXT_PASS = re.compile(r"\b([tkni]) ?\+ ?1\b")
_DECIMAL = re.compile(r"\d[.,]\d|(?<![\w)\]])[.,]\d")
_ZERO = re.compile(r"(?<=[at])[ _]?0(?=[1-9])")
"""A zero that is meant for an o: a_01, out_01."""
_GLUED = {
    word: concepts
    for word, concepts in WORDS.items()
    if " " not in word and not {Concept.FILLER, Concept.HELPER} & set(concepts)
}
_LONGEST_WORD = max(map(len, _GLUED))


class Words(NamedTuple):
    """The concepts that a text names, in its order, and its numbers."""

    concepts: tuple[Concept, ...]
    numbers: tuple[str, ...]


def normal(text: str) -> str:
    """The text in small letters, one character for each sign, without accents and characters of no width."""
    # NFKC makes mathematical letters plain ones, subscripts digits and hard spaces soft ones.
    shown = "".join(c for c in unicodedata.normalize("NFKC", text) if unicodedata.category(c) != "Cf")
    shown = shown.replace("(d)", "d").translate(_SIGNS).lower().translate(_SIGNS)
    letters = unicodedata.normalize("NFKD", shown)
    return "".join(c for c in letters if not unicodedata.combining(c)).strip()


def spoken(text: str) -> str:
    """The words of a normal text with one blank between: what stands for a blank is one."""
    return " ".join(_NEXT_PASS.sub(" new ", text).translate(_BLANK).split())


def equation(text: str) -> tuple[str, str]:
    """What stands left and right of the first = outside of brackets; nothing on the right without one."""
    depth = 0
    for n, character in enumerate(text):
        if character in _OPEN:
            depth += 1
        elif character in _CLOSE:
            depth = max(depth - 1, 0)
        elif character == "=" and depth == 0:
            left = text[:n].rstrip(":≔ ")
            return (left, text[n + 1 :]) if left else (text[n + 1 :], "")
    return text, ""


def bracketed(text: str) -> tuple[str, str]:
    """What stands outside of brackets, or before a colon or a dash between blanks, and what stands inside or after."""
    outside: list[str] = []
    inside: list[str] = []
    depth = 0
    for n, character in enumerate(text):
        after = text[n - 1 : n + 2]
        if character in _OPEN:
            depth += 1
            inside.append(" ")
        elif character in _CLOSE:
            depth = max(depth - 1, 0)
        elif depth == 0 and outside and (character == ":" or after in DASHES):
            return "".join(outside).strip(), ("".join(inside) + " " + text[n + 1 :]).strip()
        else:
            (inside if depth else outside).append(character)
    return "".join(outside).strip(), "".join(inside).strip()


def has_decimal(text: str) -> bool:
    """Whether a text holds a number with a decimal point or comma."""
    return bool(_DECIMAL.search(text))


def words(text: str) -> Words | None:
    """The concepts and numbers of a normal text; None where something in it is no word that we know."""
    if has_decimal(text):
        return None
    tokens = _TOKEN.findall(spoken(_ZERO.sub("o", text)))
    if not tokens or len(tokens) > MOST_WORDS:
        return None
    concepts: list[Concept] = []
    numbers: list[str] = []
    n = 0
    while n < len(tokens):
        token = tokens[n]
        if token.isdigit():
            numbers.append(token)
            n += 1
            continue
        for length in range(min(LONGEST_PHRASE, len(tokens) - n), 0, -1):
            if found := WORDS.get(" ".join(tokens[n : n + length])):
                break
        else:
            length = 1
            found = _taken_apart(token)
        if not found:
            return None
        concepts += found
        n += length
    for concept, number in ((Concept.FIRST, "1"), (Concept.SECOND, "2")):
        numbers += [number] * concepts.count(concept)
    silent = (Concept.FILLER, Concept.FIRST, Concept.SECOND)
    return Words(tuple(concept for concept in concepts if concept not in silent), tuple(numbers))


def _taken_apart(run: str) -> tuple[Concept, ...]:
    """Letters without a blank as the fewest words that make them: outh is out and h."""
    if len(run) > LONGEST_RUN:
        return ()
    best: list[tuple[Concept, ...] | None] = [()]
    fewest = [0]
    for end in range(1, len(run) + 1):
        options = [
            (fewest[start] + 1, start)
            for start in range(max(0, end - _LONGEST_WORD), end)
            if best[start] is not None and run[start:end] in _GLUED
        ]
        count, start = min(options, default=(0, -1))
        before = best[start] if options else None
        best.append(None if before is None else before + _GLUED[run[start:end]])
        fewest.append(count)
    return best[-1] or ()
