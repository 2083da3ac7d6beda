"""The looks of added sheets among those of another workbook: what is there keeps its place, ours is put after it."""

from __future__ import annotations

import colorsys
import copy
import itertools
import re
from collections.abc import Sequence

from lxml import etree

from sheetprop.package import MAIN, Element, PackageError, local_name
from sheetprop.styles import StyleSheet

DRAWING = "http://schemas.openxmlformats.org/drawingml/2006/main"
FIRST_OWN_NUMBER_FORMAT = 164
"""Number formats before it are built into every program."""
BUILT_IN_DATES = {*range(14, 23), *range(27, 37), *range(50, 59)}
NOT_IN_DATES = re.compile(r'"[^"]*"|\\.|_.|\*.|\[[^]]*\]')
"""What letters of a number format are no parts of a date: texts, fillers, colours, conditions, elapsed times."""
MOST_FORMATS = 65_490
"""Formats of cells that Excel takes in a workbook."""
APPLIED = ("NumberFormat", "Font", "Fill", "Border", "Alignment", "Protection")


class AddedStyles(StyleSheet):
    """Where the formats of the added workbook are in the existing one: put there once they are asked for."""

    def __init__(self, added: Element, existing: Element, theme: Sequence[str]) -> None:
        """Of the roots of both styles, the existing one to be changed, and the colours of the added one's theme."""
        super().__init__(existing)
        self._own = {name: _entries(added, name) for name in ("fonts", "fills", "borders", "cellXfs", "dxfs")}
        self._own_codes = {entry.get("numFmtId"): entry.get("formatCode", "") for entry in _entries(added, "numFmts")}
        self._theme = theme
        self._places: dict[tuple[str, int], int] = {}
        self._known: dict[str, dict[bytes, int]] = {}
        self._codes: dict[str, str] = {
            entry.get("formatCode", ""): entry.get("numFmtId", "")
            for entry in reversed(_entries(existing, "numFmts"))
            if entry.get("numFmtId", "").isdecimal() and int(entry.get("numFmtId")) >= FIRST_OWN_NUMBER_FORMAT
        }
        self._number_formats = {element.get("numFmtId") for element in existing.iter()}
        self.has_dates = False

    def format(self, index: int) -> int:
        """The place of the added workbook's format of cells ``index``."""
        place = self._place("cellXfs", index)
        if place >= MOST_FORMATS:
            raise PackageError("it has so many cell formats that Excel takes no more")
        return place

    def difference(self, index: int) -> int:
        """The place of the added workbook's format of conditions and tables ``index``."""
        return self._place("dxfs", index)

    def make_own(self, element: Element) -> None:
        """Have an element look without its workbook's theme as it looked with it: another has other fonts, colours."""
        for scheme in list(element.iter(f"{{{MAIN}}}scheme")):
            scheme.getparent().remove(scheme)
        for colour in element.iter(etree.Element):
            index = colour.get("theme")
            if index is not None and int(index) < len(self._theme):
                del colour.attrib["theme"]
                colour.set("rgb", "FF" + _tinted(self._theme[int(index)], float(colour.attrib.pop("tint", 0))))

    def _place(self, name: str, index: int) -> int:
        if (name, index) not in self._places:
            entry = copy.deepcopy(self._own[name][index])
            entry.tail = None
            self.make_own(entry)
            if name == "cellXfs":
                self._adapt(entry)
            for number_format in entry.iter(f"{{{MAIN}}}numFmt"):
                number_format.set(
                    "numFmtId", self._number_format(number_format.get("numFmtId"), number_format.get("formatCode", ""))
                )
            self._places[name, index] = self._found_or_added(name, entry)
        return self._places[name, index]

    def _adapt(self, entry: Element) -> None:
        for name in ("font", "fill", "border"):
            entry.set(f"{name}Id", str(self._place(f"{name}s", int(entry.get(f"{name}Id", 0)))))
        number_format = entry.get("numFmtId", "0")
        code = self._own_codes.get(number_format)
        self.has_dates |= int(number_format) in BUILT_IN_DATES or bool(
            code and re.search("[dmyhs]", NOT_IN_DATES.sub("", code), re.IGNORECASE)
        )
        if code is not None:
            entry.set("numFmtId", self._number_format(number_format, code))
        # The existing workbook's named styles are its own: ours must not turn into one of them.
        entry.attrib.pop("xfId", None)
        if self.has("cellStyleXfs"):
            entry.set("xfId", "0")
        for part in APPLIED:
            entry.set(f"apply{part}", "1")

    def _number_format(self, number: str, code: str) -> str:
        """The number of a number format: an own one that means the same in the existing workbook, or a free one."""
        if int(number) < FIRST_OWN_NUMBER_FORMAT:
            return number
        if code in self._codes:
            return self._codes[code]
        new = next(str(n) for n in itertools.count(FIRST_OWN_NUMBER_FORMAT) if str(n) not in self._number_formats)
        self._number_formats.add(new)
        self._codes[code] = new
        self.append("numFmts", self.element("numFmt", numFmtId=new, formatCode=code))
        return new

    def _found_or_added(self, name: str, entry: Element) -> int:
        """The place of an entry that is there already, as after an earlier addition, or of a new one."""
        if name not in self._known:
            elements = [child for child in self.entries(name) if local_name(child)]
            # Of equal ones the first, as if it had been put in last.
            self._known[name] = {_canonical(elements[place]): place for place in reversed(range(len(elements)))}
        known = self._known[name]
        key = _canonical(entry)
        if key not in known:
            known[key] = self.append(name, entry)
        return known[key]


def theme_colours(theme: Element) -> list[str]:
    """The colours of a theme by the numbers that cells' formats know them by."""
    scheme = theme.find(f"{{{DRAWING}}}themeElements/{{{DRAWING}}}clrScheme")
    colours = [child[0].get("lastClr") or child[0].get("val") for child in (() if scheme is None else scheme)]
    # Formats count light before dark; the theme has it the other way round.
    return [colours[n ^ 1] if n < 4 else colours[n] for n in range(len(colours))]


def _entries(root: Element, name: str) -> list[Element]:
    entries = root.find(f"{{{MAIN}}}{name}")
    return [] if entries is None else [child for child in entries if local_name(child)]


def _canonical(entry: Element) -> bytes:
    text: bytes = etree.tostring(entry, method="c14n", exclusive=True, with_tail=False)
    return text


def _tinted(colour: str, tint: float) -> str:
    """A colour made darker (below 0) or lighter."""
    red, green, blue = (int(colour[n : n + 2], 16) / 255 for n in (0, 2, 4))
    hue, light, saturation = colorsys.rgb_to_hls(red, green, blue)
    light = light * (1 + tint) if tint < 0 else light * (1 - tint) + tint
    return "".join(f"{round(part * 255):02X}" for part in colorsys.hls_to_rgb(hue, light, saturation))
