"""What a workbook file itself stores: every cell's value as it was saved, and which cells hold formulas.

openpyxl needs two passes, and ten times as long as the formula engine, to tell this; calamine is as fast as needed
but tells neither formulas nor error values. Hence this one pass of the standard library's XML parser.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from xml.etree import ElementTree
from xml.parsers import expat

import numpy as np

from sheetprop.errors import InputError
from sheetprop.grid import Grid, Other

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"


@dataclass(frozen=True)
class StoredSheet:
    """A sheet as saved: its values, and where (from zero) its formulas are."""

    name: str
    values: Grid
    formulas: np.ndarray

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns from A1 to the last cell."""
        rows, columns = self.formulas.shape
        return rows, columns


def read_stored(path: Path) -> Iterator[StoredSheet]:
    """The sheets of a workbook file, in the order of their tabs, one at a time.

    Constant texts are left out. Raises InputError where ``path`` is not a workbook.
    """
    try:
        with zipfile.ZipFile(path) as package:
            for name, part in _sheet_parts(package):
                with package.open(part) as file:
                    yield _read_sheet(name, file.read())
    except (zipfile.BadZipFile, KeyError, ElementTree.ParseError, expat.ExpatError) as error:
        raise InputError(f"{path}: not a workbook: {error}") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}") from None


def _sheet_parts(package: zipfile.ZipFile) -> Iterator[tuple[str, str]]:
    folder = PurePosixPath("xl")
    relations = ElementTree.fromstring(package.read("xl/_rels/workbook.xml.rels"))
    targets = {r.get("Id"): r.get("Target", "") for r in relations.iter(f"{{{PACKAGE}}}Relationship")}
    for sheet in ElementTree.fromstring(package.read("xl/workbook.xml")).iter(f"{{{MAIN}}}sheet"):
        target = targets[sheet.get(f"{{{RELATIONS}}}id")]
        yield sheet.get("name", ""), target.lstrip("/") if target.startswith("/") else str(folder / target)


def _read_sheet(name: str, xml: bytes) -> StoredSheet:
    addresses: list[str] = []
    kinds: list[str | None] = []
    texts: list[str] = []
    formulas: list[int] = []
    in_value = False
    cell, formula, value = f"{MAIN} c", f"{MAIN} f", f"{MAIN} v"

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal in_value
        in_value = tag == value
        if tag == cell:
            addresses.append(attributes["r"])
            kinds.append(attributes.get("t"))
            texts.append("")
        elif tag == formula:
            formulas.append(len(addresses) - 1)

    def characters(data: str) -> None:
        if in_value:
            texts[-1] += data

    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.CharacterDataHandler = characters
    parser.Parse(xml, True)

    places = list(_places(addresses))
    shape = (max((row for row, _ in places), default=-1) + 1, max((column for _, column in places), default=-1) + 1)
    cells = (
        (*place, stored)
        for place, kind, text in zip(places, kinds, texts, strict=True)
        if text and (stored := _stored(kind, text)) is not None
    )
    grid = Grid.from_cells(cells, shape)
    mask = np.zeros(shape, dtype=bool)
    for n in formulas:
        mask[places[n]] = True
    return StoredSheet(name, grid, mask)


def _places(addresses: list[str]) -> Iterator[tuple[int, int]]:
    columns: dict[str, int] = {}
    split = re.compile(r"([A-Z]+)(\d+)").fullmatch
    for address in addresses:
        match = split(address)
        if match is None:
            raise KeyError(f"{address!r} is not a cell")
        letters, digits = match.groups()
        if letters not in columns:
            number = 0
            for letter in letters:
                number = number * 26 + ord(letter) - ord("A") + 1
            columns[letters] = number - 1
        yield int(digits) - 1, columns[letters]


def _stored(kind: str | None, text: str) -> float | Other | None:
    if kind is None or kind == "n":
        return float(text)
    if kind == "b":
        return text.strip() == "1"
    return None if kind == "s" else text
