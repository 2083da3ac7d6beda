"""Letters of names in those that every system has, so that they can be compared and written."""

from __future__ import annotations

import unicodedata

from anyascii import anyascii


def transliterated(text: str) -> str:
    """``text`` in ASCII, every letter by the nearest ones: đ is d, ø is o, ß is ss, 王 is Wang."""
    return anyascii(unicodedata.normalize("NFC", text))


def folded(text: str) -> str:
    """``text`` in lower case with Latin letters as :func:`transliterated` has them; other scripts stay as they are."""
    composed = unicodedata.normalize("NFC", unicodedata.normalize("NFKD", text))
    return "".join(_fold(c) for c in composed).casefold()


def _fold(character: str) -> str:
    if character.isascii():
        return character
    if unicodedata.combining(character):
        return ""
    name = unicodedata.name(character, "")
    return anyascii(character) if name.startswith("LATIN") and character.isalpha() else character
