"""Styles in which nothing of a number is seen: in the colour of what is behind it, or in a format without digits."""

from __future__ import annotations

import re
from collections.abc import Callable, Set

from sheetprop.submission.open.archive import Start

WHITE = ("white",)
MOST_DIGITS = 8
"""Of the number of a font or fill; no workbook has so many."""
_WHITES = {"FFFFFFFF", "00FFFFFF", "FFFFFF"}
_CELL = re.compile(rb"<(?:\w+:)?c (?P<attributes>[^<>]*)>")
_ATTRIBUTE = re.compile(rb'\b(?P<name>[rs])="(?P<value>\w{1,12})"')


class UnseenStyles:
    """Takes in a workbook's styles; ``numbers`` are then those of the styles in which nothing is seen."""

    def __init__(self) -> None:
        self._fonts: list[tuple[str, ...]] = []
        self._fills: list[tuple[str, ...]] = []
        self._formats: set[str] = set()
        self._styles: list[dict[str, str]] = []

    @property
    def start(self) -> Start:
        """What takes in each element."""
        return self._start

    @property
    def numbers(self) -> frozenset[str]:
        """The styles by their numbers, as cells have them."""
        return frozenset(str(n) for n, style in enumerate(self._styles) if self._hides(style))

    def _start(self, path: list[str], attributes: dict[str, str]) -> None:
        match path[1:]:
            case ["numFmts", "numFmt"] if not attributes.get("formatCode", "x").strip("; "):
                self._formats.add(attributes.get("numFmtId", ""))
            case ["fonts", "font"]:
                self._fonts.append(())
            case ["fonts", "font", "color"] if self._fonts:
                self._fonts[-1] = _colour(attributes)
            case ["fills", "fill"]:
                self._fills.append(WHITE)
            case ["fills", "fill", "patternFill", "fgColor"] if self._fills:
                self._fills[-1] = _colour(attributes)
            case ["cellXfs", "xf"]:
                self._styles.append(attributes)

    def _hides(self, style: dict[str, str]) -> bool:
        if style.get("numFmtId") in self._formats:
            return True
        font = _nth(self._fonts, style.get("fontId", ""))
        return font is not None and font == (_nth(self._fills, style.get("fillId", "")) or WHITE)


def _nth(colours: list[tuple[str, ...]], number: str) -> tuple[str, ...] | None:
    known = number.isdecimal() and len(number) < MOST_DIGITS and int(number) < len(colours)
    return colours[int(number)] if known else None


def _colour(attributes: dict[str, str]) -> tuple[str, ...]:
    rgb, theme, indexed = (attributes.get(name, "") for name in ("rgb", "theme", "indexed"))
    if "tint" not in attributes and (rgb.upper() in _WHITES or theme == "0" or indexed in ("1", "9")):
        return WHITE
    return rgb.upper(), theme, indexed, attributes.get("tint", "")


def cells_with(xml: bytes, styles: Set[str], place: Callable[[str], tuple[int, int]]) -> set[tuple[int, int]]:
    """The cells of a sheet that have one of some styles."""
    found = set()
    for cell in _CELL.finditer(xml):
        own = {each["name"]: each["value"].decode() for each in _ATTRIBUTE.finditer(cell["attributes"])}
        if own.get(b"s") in styles and b"r" in own:
            found.add(place(own[b"r"]))
    return found


__all__ = ["UnseenStyles", "cells_with"]
