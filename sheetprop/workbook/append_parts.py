"""Parts of one workbook copied into another with all that they refer to, under names and numbers unused there."""

from __future__ import annotations

import copy
import posixpath
import re
from collections.abc import Sequence

from lxml import etree

from sheetprop.package import MAIN, VML_BLOCK, Element, Package, free_vml_block, local_name, relations_part
from sheetprop.workbook import append_charts
from sheetprop.workbook.append_styles import AddedStyles

FORMULAS = {"f", "formula", "formula1", "formula2", "calculatedColumnFormula", "totalsRowFormula"}
"""Elements of sheets and tables that hold formulas."""
WORDS = re.compile(r"""("(?:[^"]|"")*"|'(?:[^']|'')*')|([\w.\\]+)(?=\[)""")
"""Texts and quoted names in a formula, to be passed over; what stands before a bracket, as tables do."""
OWN_TYPES = ("xml", "rels")
"""Extensions that say nothing of what a part is."""


class Parts:
    """The parts of the added workbook as they get into the existing one, each once."""

    def __init__(
        self, source: Package, target: Package, styles: AddedStyles, strings: Sequence[Element], tables: Tables
    ) -> None:
        """``strings`` are the texts that cells of the added workbook refer to by number."""
        self._source, self._target = source, target
        self._styles, self._strings, self._tables = styles, strings, tables
        self._names: dict[str, str] = {}
        self._block = free_vml_block(target)

    def copy(self, part: str) -> str:
        """Copy a part and all that it refers to; returns its new name. References keep their ids."""
        if part in self._names:
            return self._names[part]
        stem, dotted = posixpath.splitext(part)
        self._names[part] = name = self._target.unused(stem.rstrip("0123456789") + "{}" + dotted)
        content_type = self._source.content_type(part)
        if dotted[1:].lower() not in OWN_TYPES:
            self._target.add_extension(dotted[1:].lower(), content_type)
        self._target.add(name, self._adapted(part), content_type)
        relations = relations_part(part)
        if relations in self._source:
            # What has relationships of its own needs their type, which some packages tell part by part.
            self._target.add_extension("rels", self._source.content_type(relations))
            root = copy.deepcopy(self._source.read(relations))
            for element, relation in zip(root, self._source.relations(part), strict=True):
                if relation.target is not None:
                    copied = self.copy(relation.target)
                    element.set("Target", posixpath.relpath(f"/{copied}", f"/{posixpath.dirname(name)}"))
            self._target.put(relations_part(name), _written(root))
        return name

    def _adapted(self, part: str) -> bytes:
        data = self._source.part(part)
        if part.endswith(".vml"):
            return self._adapt_vml(data)
        if not part.endswith(".xml"):
            return data
        root = copy.deepcopy(self._source.read(part))
        kind = local_name(root)
        if kind in ("worksheet", "chartsheet"):
            self._adapt_sheet(root)
        elif kind == "chartSpace":
            append_charts.complete(root)
        elif kind == "table":
            self._tables.adapt(root)
            self._adapt_rest(root)
        else:
            return data
        return _written(root)

    def _adapt_sheet(self, root: Element) -> None:
        for child in root:
            if local_name(child) == "sheetData":
                for row in child:
                    self._adapt_row(row)
            else:
                self._adapt_rest(child)

    def _adapt_row(self, row: Element) -> None:
        if row.get("s") is not None:
            row.set("s", str(self._styles.format(int(row.get("s")))))
        for cell in row:
            if cell.get("cm") or cell.get("vm"):
                raise ValueError(f"{cell.get('r')}: a cell with metadata cannot be appended")
            # A cell without a format has the first one, which is another in the existing workbook.
            place = self._styles.format(int(cell.get("s", 0)))
            cell.attrib.pop("s", None)
            if place:
                cell.set("s", str(place))
            if cell.get("t") == "s":
                self._write_text(cell)
            elif self._tables.renamed:
                for formula in cell.iterchildren(f"{{{MAIN}}}f"):
                    formula.text = self._tables.in_formula(formula.text or "")

    def _write_text(self, cell: Element) -> None:
        """Have a cell hold its text itself, so that the texts of the existing workbook stay as they are."""
        text = copy.deepcopy(self._strings[int(cell[0].text)])
        text.tag, text.tail = f"{{{MAIN}}}is", None
        self._styles.make_own(text)
        cell.set("t", "inlineStr")
        cell[:] = [text]

    def _adapt_rest(self, root: Element) -> None:
        self._styles.make_own(root)
        for element in root.iter(etree.Element):
            kind = local_name(element)
            if kind == "sheetView":
                # With several sheets selected, what a reader types goes into each of them.
                element.attrib.pop("tabSelected", None)
            elif kind == "col" and element.get("style") is not None:
                element.set("style", str(self._styles.format(int(element.get("style")))))
            elif kind in FORMULAS and self._tables.renamed:
                element.text = self._tables.in_formula(element.text or "")
            for name, value in element.attrib.items():
                if name == "dxfId" or name.endswith("DxfId"):
                    element.set(name, str(self._styles.difference(int(value))))

    def _adapt_vml(self, data: bytes) -> bytes:
        """Give boxes numbers that are unused in the whole workbook."""
        blocks: dict[int, int] = {}

        def block(number: int) -> int:
            if number not in blocks:
                blocks[number] = self._block
                self._block += 1
            return blocks[number]

        def numbers(match: re.Match[bytes]) -> bytes:
            listed = b",".join(b"%d" % block(int(number)) for number in match[2].split(b","))
            return match[1] + listed

        def shape(match: re.Match[bytes]) -> bytes:
            own, within = divmod(int(match[1]), VML_BLOCK)
            return b"_x0000_s%d" % (block(own) * VML_BLOCK + within)

        data = re.sub(rb"""(<o:idmap\b[^>]*\bdata=["'])([\d,]+)""", numbers, data)
        return re.sub(rb"_x0000_s(\d{1,9})\b", shape, data)


class Tables:
    """The numbers and names of the added workbook's tables: unique in a workbook, where names of cells count too."""

    def __init__(self, names: Sequence[str], taken: set[str], first_id: int) -> None:
        """``names`` are the added tables' own, ``taken`` are in lower case, ``first_id`` is the first unused number."""
        self._next_id = first_id
        self.renamed: dict[str, str] = {}
        used = taken | {name.lower() for name in names}
        for name in names:
            if name.lower() in taken:
                self.renamed[name.lower()] = new = _unused_name(name, used)
                used.add(new.lower())

    def adapt(self, root: Element) -> None:
        """Give a table its number and name."""
        root.set("id", str(self._next_id))
        self._next_id += 1
        for key in ("name", "displayName"):
            root.set(key, self.renamed.get(root.get(key).lower(), root.get(key)))

    def in_formula(self, formula: str) -> str:
        """A formula with the tables' new names."""

        def renamed(match: re.Match[str]) -> str:
            return match[1] or self.renamed.get(match[2].lower(), match[2])

        return WORDS.sub(renamed, formula)


def _unused_name(name: str, taken: set[str]) -> str:
    stem, number = name.rstrip("0123456789"), 1
    if stem == name:
        stem += "_"
    while f"{stem}{number}".lower() in taken:
        number += 1
    return f"{stem}{number}"


def _written(root: Element) -> bytes:
    data: bytes = etree.tostring(root, encoding="UTF-8", xml_declaration=True, standalone=True)
    return data
