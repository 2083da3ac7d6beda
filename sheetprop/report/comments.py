"""Comments on cells, in the form that every version of Excel, LibreOffice and Google Sheets shows.

A comment is two things: its text in a comments part, and a box in a drawing in Microsoft's old vector language. Where
a sheet has them already they are added to, so that nobody's own comments are lost.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from lxml import etree

from sheetprop.package import (
    SPREADSHEET_TYPE,
    VML_BLOCK,
    Element,
    Package,
    free_vml_block,
    local_name,
    namespace,
    office,
)
from sheetprop.report.cells import LAST_COLUMN, LAST_ROW, Area

AUTHOR = "sheetprop"
MOST_COMMENTS = 1_000
"""On one sheet: the numbers of its boxes go in blocks of 1,024."""
LONGEST = 8_000
"""Characters of a comment; programs take 32,767."""
VML_TYPE = "application/vnd.openxmlformats-officedocument.vmlDrawing"
BEFORE_LEGACY_DRAWING = {
    "sheetPr", "dimension", "sheetViews", "sheetFormatPr", "cols", "sheetData", "sheetCalcPr", "sheetProtection",
    "protectedRanges", "scenarios", "autoFilter", "sortState", "dataConsolidate", "customSheetViews", "mergeCells",
    "phoneticPr", "conditionalFormatting", "dataValidations", "hyperlinks", "printOptions", "pageMargins",
    "pageSetup", "headerFooter", "rowBreaks", "colBreaks", "customProperties", "cellWatches", "ignoredErrors",
    "smartTags", "drawing",
}  # fmt: skip
WIDTH, LINE, MARGIN, TALLEST, CHARACTERS = 320, 15, 18, 460, 50
"""Of a comment's box: width, height of a line, room around, and the most, in pixels; characters in a line."""

HIGH, WIDE = 15.0, 8.43
"""A row in points and a column in characters, where a sheet does not say otherwise."""
MOST_SIZE = 409.5
"""Of a row in points; that of a column is less."""
NAMESPACES = {
    b"v": b"urn:schemas-microsoft-com:vml",
    b"o": b"urn:schemas-microsoft-com:office:office",
    b"x": b"urn:schemas-microsoft-com:office:excel",
}
DRAWING = """<xml xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" \
xmlns:x="urn:schemas-microsoft-com:office:excel">
<o:shapelayout v:ext="edit"><o:idmap v:ext="edit" data="{block}"/></o:shapelayout>
</xml>"""
SHAPE_TYPE = """<v:shapetype id="_x0000_t202" coordsize="21600,21600" o:spt="202" path="m,l,21600r21600,l21600,xe"\
{namespaces}><v:stroke joinstyle="miter"/><v:path gradientshapeok="t" o:connecttype="rect"/></v:shapetype>
"""
SHAPE = """<v:shape id="_x0000_s{id}" type="#_x0000_t202" style="position:absolute;margin-left:0;margin-top:0;\
width:{width}pt;height:{height}pt;z-index:{order};visibility:hidden" fillcolor="#ffffe1" o:insetmode="auto"{namespaces}>
<v:fill color2="#ffffe1"/><v:shadow on="t" color="black" obscured="t"/><v:path o:connecttype="none"/>
<v:textbox style="mso-direction-alt:auto"><div style="text-align:left"></div></v:textbox>
<x:ClientData ObjectType="Note"><x:MoveWithCells/><x:SizeWithCells/><x:Anchor>{anchor}</x:Anchor>\
<x:AutoFill>False</x:AutoFill><x:Row>{row}</x:Row><x:Column>{column}</x:Column></x:ClientData></v:shape>
"""


@dataclass(frozen=True)
class Remark:
    """What a comment says about one finding: a heading, and lines of a bold word and its text."""

    heading: str
    lines: Sequence[tuple[str, str]]

    @property
    def runs(self) -> list[tuple[str, bool]]:
        """Texts, and whether they are bold."""
        runs = [(self.heading, True)]
        for word, text in self.lines:
            runs += [(f"\n{word}", True), (text, False)] if word else [(f"\n{text}", False)]
        return runs

    @property
    def height(self) -> int:
        """Lines that it takes in a comment's box."""
        text = "".join(text for text, _ in self.runs)
        return sum(len(line) // CHARACTERS + 1 for line in text.split("\n"))


def add_comments(package: Package, part: str, sheet: Element, remarks: Mapping[Area, Sequence[Remark]]) -> None:
    """Comment cells (areas of one) of the sheet in ``part``; what a cell's own comment says stays before it."""
    drawing = _drawing(package, part, sheet)
    if drawing is None:
        return
    comments = package.related(part, "comments")
    if comments is None:
        folder = posixpath.dirname(posixpath.dirname(part))
        comments = package.unused(posixpath.join(folder, "comments{}.xml"))
        empty = f'<comments xmlns="{namespace(sheet)}"><authors/><commentList/></comments>'
        package.add(comments, empty.encode(), SPREADSHEET_TYPE + "comments+xml")
        package.relate(part, "comments", comments, office(sheet))
    texts = _Comments(package.edit(comments))
    ruler = _Ruler(sheet)
    boxes = []
    said_first = list(remarks.items())[:MOST_COMMENTS]
    for cell, said in sorted(said_first, key=lambda item: (item[0].first_row, item[0].first_column)):
        if texts.say(cell, said):
            boxes.append((cell, sum(remark.height + 1 for remark in said) * LINE + MARGIN))
    package.put(drawing, _with_boxes(package.part(drawing), boxes, ruler))


class _Comments:
    """The texts of a sheet's comments."""

    def __init__(self, root: Element) -> None:
        self._root, self._namespace = root, namespace(root)
        self._authors, self._list = self._child("authors"), self._child("commentList")
        self._by_cell = {item.get("ref", "").replace("$", "").upper(): item for item in self._list if item.get("ref")}
        names = [author.text for author in self._authors]
        if AUTHOR not in names:
            etree.SubElement(self._authors, f"{{{self._namespace}}}author").text = AUTHOR
            names.append(AUTHOR)
        self._author = names.index(AUTHOR)

    def say(self, cell: Area, remarks: Sequence[Remark]) -> bool:
        """Comment a cell, after what is said there; returns whether the comment is new."""
        runs = [run for remark in remarks for run in [("\n\n", False), *remark.runs]]
        comment = self._by_cell.get(str(cell))
        if comment is None:
            comment = etree.SubElement(self._list, f"{{{self._namespace}}}comment")
            comment.set("ref", str(cell))
            comment.set("authorId", str(self._author))
            self._append(etree.SubElement(comment, f"{{{self._namespace}}}text"), runs[1:])
            self._by_cell[str(cell)] = comment
            return True
        text = comment.find(f"{{{self._namespace}}}text")
        if text is None:
            text = etree.Element(f"{{{self._namespace}}}text")
            comment.insert(0, text)
        plain = text.find(f"{{{self._namespace}}}t")
        if plain is not None:
            # A plain text cannot be followed by formatted ones in every program.
            run = etree.Element(f"{{{self._namespace}}}r")
            text.replace(plain, run)
            run.append(plain)
        self._append(text, runs)
        return False

    def _append(self, text: Element, runs: Sequence[tuple[str, bool]]) -> None:
        left = LONGEST
        place = sum(local_name(child) in ("t", "r") for child in text)
        for words, bold in runs:
            words = words[:left]
            left -= len(words)
            if words:
                text.insert(place, self._run(words, bold))
                place += 1

    def _run(self, words: str, bold: bool) -> Element:
        run = etree.Element(f"{{{self._namespace}}}r")
        looks = etree.SubElement(run, f"{{{self._namespace}}}rPr")
        if bold:
            etree.SubElement(looks, f"{{{self._namespace}}}b")
        etree.SubElement(looks, f"{{{self._namespace}}}sz").set("val", "9")
        etree.SubElement(looks, f"{{{self._namespace}}}color").set("indexed", "81")
        etree.SubElement(looks, f"{{{self._namespace}}}rFont").set("val", "Tahoma")
        etree.SubElement(looks, f"{{{self._namespace}}}family").set("val", "2")
        text = etree.SubElement(run, f"{{{self._namespace}}}t")
        text.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
        text.text = words
        return run

    def _child(self, name: str) -> Element:
        found = self._root.find(f"{{{self._namespace}}}{name}")
        if found is None:
            found = etree.Element(f"{{{self._namespace}}}{name}")
            self._root.insert(0 if name == "authors" else 1, found)
        return found


class _Ruler:
    """The sizes of a sheet's columns and rows, in pixels."""

    def __init__(self, sheet: Element) -> None:
        main = f"{{{namespace(sheet)}}}"
        usual = sheet.find(f"{main}sheetFormatPr")
        height, width = (
            usual.get(name) if usual is not None else None for name in ("defaultRowHeight", "defaultColWidth")
        )
        self._height = _points(_size(height, HIGH))
        self._width = _characters(_size(width, WIDE))
        self._columns = [
            (
                _whole(item.get("min")),
                _whole(item.get("max")),
                _hidden(item) or _characters(_size(item.get("width"), WIDE)),
            )
            for item in sheet.iterfind(f"{main}cols/{main}col")
        ]
        self._rows = {
            _whole(row.get("r")): _hidden(row) or _points(_size(row.get("ht"), self._height * 0.75))
            for row in sheet.iterfind(f"{main}sheetData/{main}row")
            if row.get("ht") or row.get("hidden")
        }

    def anchor(self, cell: Area, height: int) -> str:
        """A box at the right of a cell: column, pixels in it, row, pixels in it, and the same for its far corner."""
        left, top = min(cell.last_column + 1, LAST_COLUMN - 6), max(cell.first_row - 1, 1)
        right, beyond = self._walk(left, 15 + WIDTH, self._column, LAST_COLUMN)
        bottom, below = self._walk(top, 4 + height, self._row, LAST_ROW)
        return f"{left - 1}, 15, {top - 1}, 4, {right - 1}, {beyond}, {bottom - 1}, {below}"

    def _walk(self, start: int, distance: float, size: Callable[[int], float], last: int) -> tuple[int, int]:
        at = start
        # Where all is hidden there is no end to the walk.
        while at < min(last, start + 500) and distance >= size(at):
            distance -= size(at)
            at += 1
        return at, int(min(distance, size(at)))

    def _column(self, number: int) -> float:
        return next((width for first, last, width in self._columns if first <= number <= last), self._width)

    def _row(self, number: int) -> float:
        return self._rows.get(number, self._height)


def _hidden(item: Element) -> float | None:
    return 1.0 if item.get("hidden") in ("1", "true") else None


def _size(text: str | None, usual: float) -> float:
    """A size as a sheet has it, the usual one where it is none."""
    try:
        size = float(text) if text is not None else usual
    except ValueError:
        return usual
    return size if 0 <= size <= MOST_SIZE else usual


def _whole(text: str | None) -> int:
    return int(text) if text is not None and text.isdecimal() and len(text) < 8 else 0


def _points(size: float) -> float:
    return size / 0.75


def _characters(size: float) -> float:
    return size * 7 + 5


def _drawing(package: Package, part: str, sheet: Element) -> str | None:
    """The part that has the boxes of a sheet's comments, made if need be; None where there is one that is damaged."""
    main = namespace(sheet)
    relations = office(sheet)
    legacy = sheet.find(f"{{{main}}}legacyDrawing")
    if legacy is not None:
        related = {relation.id: relation.target for relation in package.relations(part)}
        drawing = related.get(legacy.get(f"{{{relations}}}id", ""))
        sound = drawing is not None and drawing in package and _end(package.part(drawing)) is not None
        return drawing if sound else None
    folder = posixpath.join(posixpath.dirname(posixpath.dirname(part)), "drawings")
    drawing = package.unused(posixpath.join(folder, "vmlDrawing{}.vml"))
    package.add_extension("vml", VML_TYPE)
    package.put(drawing, DRAWING.format(block=free_vml_block(package)).encode())
    legacy = etree.Element(
        f"{{{main}}}legacyDrawing", nsmap=sheet.nsmap | ({} if "r" in sheet.nsmap else {"r": relations})
    )
    legacy.set(f"{{{relations}}}id", package.relate(part, "vmlDrawing", drawing, relations))
    place = max(i for i, child in enumerate(sheet, 1) if local_name(child) in BEFORE_LEGACY_DRAWING)
    sheet.insert(place, legacy)
    return drawing


def _end(drawing: bytes) -> int | None:
    """Where a drawing's root element ends. Excel's own drawings are not always XML, so that they cannot be parsed."""
    found = [match.start() for match in re.finditer(rb"</xml\s*>", drawing)]
    return found[-1] if found else None


def _with_boxes(drawing: bytes, boxes: Sequence[tuple[Area, int]], ruler: _Ruler) -> bytes:
    end = _end(drawing)
    if end is None or not boxes:
        return drawing
    root = re.search(rb"<xml\b[^>]*>", drawing)
    declared = root.group() if root else b""
    missing = [
        f' xmlns:{prefix.decode()}="{uri.decode()}"'
        for prefix, uri in NAMESPACES.items()
        if not re.search(rb"xmlns:%s\s*=\s*[\"']%s[\"']" % (prefix, re.escape(uri)), declared)
    ]
    block = re.search(rb"""<o:idmap\b[^>]*\bdata=["'](\d+)""", drawing)
    used = [int(number) for number in re.findall(rb"_x0000_s(\d{1,9})\b", drawing)]
    first = max([*used, int(block.group(1)) * VML_BLOCK if block else VML_BLOCK]) + 1
    orders = [int(number) for number in re.findall(rb"z-index:\s*(\d{1,9})", drawing)]
    parts = []
    if b"_x0000_t202" not in drawing:
        parts.append(SHAPE_TYPE.format(namespaces="".join(missing)))
    for number, (cell, height) in enumerate(boxes):
        tall = min(height, TALLEST)
        parts.append(
            SHAPE.format(
                id=first + number,
                width=WIDTH * 0.75,
                height=tall * 0.75,
                order=max(orders, default=0) + number + 1,
                namespaces="".join(missing),
                anchor=ruler.anchor(cell, tall),
                row=cell.first_row - 1,
                column=cell.first_column - 1,
            )
        )
    return drawing[:end] + "".join(parts).encode("ascii") + drawing[end:]
