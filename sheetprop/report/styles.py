"""Formats added to a workbook's styles: a cell's own with another fill, and new ones. None that is there changes."""

from __future__ import annotations

import copy
from dataclasses import dataclass

from sheetprop.package import Element
from sheetprop.styles import StyleSheet
from sheetprop.workbook.theme import INK, RULE


@dataclass(frozen=True)
class Format:
    """How a new cell looks. ``literal`` keeps a text that begins with = a text when it is edited."""

    size: float = 11
    bold: bool = False
    colour: str = INK
    font: str = "Calibri"
    underline: bool = False
    fill: str | None = None
    rule: bool = False
    wrap: bool = False
    horizontal: str | None = None
    indent: int = 0
    literal: bool = False


class Styles(StyleSheet):
    """The styles of a workbook, to which formats can be added."""

    def __init__(self, root: Element) -> None:
        """Of the root of the styles part, which is changed."""
        super().__init__(root)
        self._formats = self.entries("cellXfs")
        self._fills: dict[str, int] = {}
        self._filled: dict[tuple[int, str], int] = {}
        self._new: dict[Format, int] = {}

    def filled(self, index: int, colour: str) -> int:
        """The format ``index`` with another fill, all else as it is."""
        if (index, colour) not in self._filled:
            own = self._formats[index] if 0 <= index < len(self._formats) else self._formats[0]
            changed = copy.deepcopy(own)
            changed.set("fillId", str(self._fill(colour)))
            changed.set("applyFill", "1")
            self._filled[index, colour] = self.append("cellXfs", changed)
        return self._filled[index, colour]

    def new(self, look: Format) -> int:
        """A format that looks like this."""
        if look not in self._new:
            self._new[look] = self.append("cellXfs", self._made(look))
        return self._new[look]

    def _made(self, look: Format) -> Element:
        made = self.element("xf", numFmtId="0", fontId=str(self._font(look)))
        made.set("fillId", str(self._fill(look.fill)) if look.fill else "0")
        made.set("borderId", str(self._border()) if look.rule else "0")
        if self.has("cellStyleXfs"):
            made.set("xfId", "0")
        if look.literal:
            made.set("quotePrefix", "1")
        for part in ("Font", "Fill", "Border", "Alignment"):
            made.set(f"apply{part}", "1")
        alignment = self.element("alignment", vertical="center")
        if look.horizontal:
            alignment.set("horizontal", look.horizontal)
        if look.indent:
            alignment.set("horizontal", "left")
            alignment.set("indent", str(look.indent))
        if look.wrap:
            alignment.set("wrapText", "1")
        made.append(alignment)
        return made

    def _font(self, look: Format) -> int:
        font = self.element("font")
        if look.bold:
            font.append(self.element("b"))
        if look.underline:
            font.append(self.element("u"))
        font.append(self.element("sz", val=f"{look.size:g}"))
        font.append(self.element("color", rgb=_argb(look.colour)))
        font.append(self.element("name", val=look.font))
        return self.append("fonts", font)

    def _fill(self, colour: str) -> int:
        if colour not in self._fills:
            pattern = self.element("patternFill", patternType="solid")
            pattern.append(self.element("fgColor", rgb=_argb(colour)))
            pattern.append(self.element("bgColor", indexed="64"))
            fill = self.element("fill")
            fill.append(pattern)
            self._fills[colour] = self.append("fills", fill)
        return self._fills[colour]

    def _border(self) -> int:
        border = self.element("border")
        for side in ("left", "right", "top", "bottom", "diagonal"):
            border.append(self.element(side))
        border[3].set("style", "thin")
        border[3].append(self.element("color", rgb=_argb(RULE)))
        return self.append("borders", border)


def _argb(colour: str) -> str:
    return "FF" + colour.removeprefix("#").upper()
