"""Formats added to a workbook's styles: a cell's own with another fill, and new ones. None that is there changes."""

from __future__ import annotations

import copy
from dataclasses import dataclass

from lxml import etree

from sheetprop.report.package import MAIN, Element, local_name, namespace
from sheetprop.workbook.theme import INK, RULE

ORDER = (
    "numFmts", "fonts", "fills", "borders", "cellStyleXfs", "cellXfs", "cellStyles", "dxfs", "tableStyles", "colors",
    "extLst",
)  # fmt: skip
"""The children of a style sheet, as the schema orders them."""
REQUIRED = {
    "fonts": '<font xmlns="{0}"><sz val="11"/><name val="Calibri"/></font>',
    "fills": '<fill xmlns="{0}"><patternFill patternType="none"/></fill>|'
    '<fill xmlns="{0}"><patternFill patternType="gray125"/></fill>',
    "borders": '<border xmlns="{0}"><left/><right/><top/><bottom/><diagonal/></border>',
    "cellXfs": '<xf xmlns="{0}" numFmtId="0" fontId="0" fillId="0" borderId="0"/>',
}
"""What comes first in lists that a workbook does without: their first entries have a meaning of their own."""
EMPTY = f'<styleSheet xmlns="{MAIN}"/>'


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


class Styles:
    """The styles of a workbook, to which formats can be added."""

    def __init__(self, root: Element) -> None:
        """Of the root of the styles part, which is changed."""
        self._root = root
        self._namespace = namespace(root)
        self._formats = self._list("cellXfs")
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
            self._filled[index, colour] = self._append(self._formats, changed)
        return self._filled[index, colour]

    def new(self, look: Format) -> int:
        """A format that looks like this."""
        if look not in self._new:
            self._new[look] = self._append(self._formats, self._made(look))
        return self._new[look]

    def _made(self, look: Format) -> Element:
        made = self._element("xf", numFmtId="0", fontId=str(self._font(look)))
        made.set("fillId", str(self._fill(look.fill)) if look.fill else "0")
        made.set("borderId", str(self._border()) if look.rule else "0")
        if self._root.find(f"{{{self._namespace}}}cellStyleXfs") is not None:
            made.set("xfId", "0")
        if look.literal:
            made.set("quotePrefix", "1")
        for part in ("Font", "Fill", "Border", "Alignment"):
            made.set(f"apply{part}", "1")
        alignment = self._element("alignment", vertical="center")
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
        font = self._element("font")
        if look.bold:
            font.append(self._element("b"))
        if look.underline:
            font.append(self._element("u"))
        font.append(self._element("sz", val=f"{look.size:g}"))
        font.append(self._element("color", rgb=_argb(look.colour)))
        font.append(self._element("name", val=look.font))
        return self._append(self._list("fonts"), font)

    def _fill(self, colour: str) -> int:
        if colour not in self._fills:
            pattern = self._element("patternFill", patternType="solid")
            pattern.append(self._element("fgColor", rgb=_argb(colour)))
            pattern.append(self._element("bgColor", indexed="64"))
            fill = self._element("fill")
            fill.append(pattern)
            self._fills[colour] = self._append(self._list("fills"), fill)
        return self._fills[colour]

    def _border(self) -> int:
        border = self._element("border")
        for side in ("left", "right", "top", "bottom", "diagonal"):
            border.append(self._element(side))
        border[3].set("style", "thin")
        border[3].append(self._element("color", rgb=_argb(RULE)))
        return self._append(self._list("borders"), border)

    def _list(self, name: str) -> Element:
        found = self._root.find(f"{{{self._namespace}}}{name}")
        if found is None:
            found = self._element(name)
            before = set(ORDER[: ORDER.index(name)])
            place = max((i for i, child in enumerate(self._root, 1) if local_name(child) in before), default=0)
            self._root.insert(place, found)
        if len(found) == 0:
            for entry in REQUIRED[name].format(self._namespace).split("|"):
                self._append(found, etree.fromstring(entry))
        return found

    def _append(self, entries: Element, entry: Element) -> int:
        entries.append(entry)
        count = sum(isinstance(child.tag, str) for child in entries)
        entries.set("count", str(count))
        return count - 1

    def _element(self, name: str, **attributes: str) -> Element:
        return etree.Element(f"{{{self._namespace}}}{name}", attributes)


def _argb(colour: str) -> str:
    return "FF" + colour.removeprefix("#").upper()
