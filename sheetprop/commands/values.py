"""The values of options as people type them: read here, so that what is none is told in our words, with its remedy."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation

import typer

from sheetprop.options import Layout

PLAIN = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.IGNORECASE | re.ASCII)
WHOLE = re.compile(r"[+-]?\d+", re.ASCII)
DECIMAL_COMMA = re.compile(r"[+-]?\d*,\d+(e[+-]?\d+)?", re.IGNORECASE | re.ASCII)
NO_NUMBERS = ("nan", "inf", "-inf", "+inf", "infinity", "-infinity")
"""What has a meaning as a number, and is refused by whoever asked for one."""
MOST_DIGITS = 18
"""Of a whole number: nothing that can be asked for has as many."""


def number(typed: str | float) -> float:
    """The number that was typed, or an option's default."""
    text = str(typed)
    meant = _tidied(text)
    if PLAIN.fullmatch(meant) or meant.lower() in NO_NUMBERS:
        return float(meant)
    raise typer.BadParameter(f"{_quoted(text)} is not a number; write {_number_meant(meant) or 'one such as 0.5'}")


def whole_number(typed: str | int) -> int:
    """The whole number that was typed, or an option's default."""
    text = str(typed)
    meant = _tidied(text)
    if WHOLE.fullmatch(meant):
        if len(meant.lstrip("+-0")) > MOST_DIGITS:
            raise typer.BadParameter(f"{_shortened(text)} is too large; write one of at most {MOST_DIGITS} digits")
        return int(meant)
    raise typer.BadParameter(f"{_quoted(text)} is not a whole number; write {_whole_meant(meant) or 'one such as 10'}")


def numbers(text: str) -> tuple[float, ...]:
    """The numbers in ``text``, separated by commas or blanks."""
    if not text.strip():
        raise typer.BadParameter("no numbers are given; write them with commas between them, as in 0.05,0.1")
    parts = [part for part in re.split(r"[;\s]+", _tidied(text)) if part.strip(",")]
    commas = len(parts) > 1 and all(DECIMAL_COMMA.fullmatch(part.strip(",")) for part in parts)
    if not commas and ";" not in text:
        parts = [part for part in re.split(r"[,\s]+", _tidied(text)) if part]
        if all(PLAIN.fullmatch(part) or part.lower() in NO_NUMBERS for part in parts):
            return tuple(float(part) for part in parts)
    meant = [_number_meant(part.strip(",")) or part.strip(",") for part in parts]
    good = all(PLAIN.fullmatch(part) for part in meant)
    remedy = ",".join(meant) if good else "numbers with commas between them, as in 0.05,0.1"
    raise typer.BadParameter(f"{_quoted(text)} is not a list of numbers; write {remedy}")


def layout(text: str) -> Layout:
    """The layout that ``text`` names."""
    try:
        return Layout(text)
    except ValueError:
        raise typer.BadParameter(f"{_quoted(text)} is not a layout; write {' or '.join(Layout)}") from None


def _tidied(text: str) -> str:
    """Without blanks around it, and with the minus sign that programs know."""
    return text.strip().replace("\N{MINUS SIGN}", "-")


def _number_meant(text: str) -> str | None:
    """How the number that somebody seems to mean is written, None where it is not clear."""
    if PLAIN.fullmatch(text):
        return text
    if DECIMAL_COMMA.fullmatch(text):
        return text.replace(",", ".")
    if re.fullmatch(r"[+-]?\d{1,3}(\.\d{3})+,\d+", text):
        return text.replace(".", "").replace(",", ".")
    if text.endswith("%") and (share := _number_meant(text[:-1].strip())):
        return _plain(Decimal(share) / 100)
    if (fraction := re.fullmatch(r"([+-]?\d{1,9})/(\d{1,9})", text)) and int(fraction[2]):
        return repr(int(fraction[1]) / int(fraction[2]))
    return None


def _whole_meant(text: str) -> str | None:
    if re.fullmatch(r"[+-]?\d{1,3}([,._' ]\d{3})+", text):
        return re.sub(r"[,._' ]", "", text)
    try:
        value = Decimal(_number_meant(text) or "")
    except InvalidOperation:
        return None
    if value.adjusted() >= MOST_DIGITS or value != value.to_integral_value():
        return None
    return _plain(value)


def _plain(value: Decimal) -> str:
    return f"{value.normalize():f}"


def _quoted(text: str) -> str:
    """The text as it was typed, where that can be told from the sentence around it."""
    return _shortened(text) if text and text.isprintable() and " " not in text else repr(_shortened(text))


def _shortened(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:40]}…"
