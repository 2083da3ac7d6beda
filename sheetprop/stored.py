"""What a workbook file itself stores: every cell's value as it was saved, and its formula.

openpyxl needs two passes, and ten times as long as the formula engine, to tell this; calamine is as fast as needed
but tells neither formulas nor error values. Hence this one pass of the standard library's XML parser.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from xml.etree import ElementTree
from xml.parsers import expat

import numpy as np
from xlsxwriter.utility import xl_cell_to_rowcol, xl_rowcol_to_cell

from sheetprop.errors import InputError, reason
from sheetprop.grid import Grid, Other

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
NUMBER, BOOLEAN, SHARED_TEXT, INLINE_TEXT = "n", "b", "s", "inlineStr"
"""Types of a cell, as its attribute t tells them; the first is the default."""


COLUMN_DIGITS = 5
"""Digits of a column's number; the last one is 16384."""
ENCODINGS = frozenset(("utf-8", "utf-16", "us-ascii", "iso-8859-1"))
"""Encodings that expat knows itself: for others it takes Python's, whose errors are of many kinds."""


class DocumentTypeError(ValueError):
    """A part of a workbook declares a document type, and maybe entities, which may grow without end."""


class EncodingError(ValueError):
    """A part of a workbook declares an encoding that no spreadsheet program writes."""


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
    except (zipfile.BadZipFile, KeyError, ValueError, ElementTree.ParseError, expat.ExpatError):
        raise InputError(f"{path}: not a workbook, or a damaged one; write it again") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {reason(error)}") from None


def _sheet_parts(package: zipfile.ZipFile) -> Iterator[tuple[str, str]]:
    folder = PurePosixPath("xl")
    relations = ElementTree.fromstring(package.read("xl/_rels/workbook.xml.rels"))
    targets = {r.get("Id"): r.get("Target", "") for r in relations.iter(f"{{{PACKAGE}}}Relationship")}
    for sheet in ElementTree.fromstring(package.read("xl/workbook.xml")).iter(f"{{{MAIN}}}sheet"):
        target = targets[sheet.get(f"{{{RELATIONS}}}id")]
        yield sheet.get("name", ""), target.lstrip("/") if target.startswith("/") else str(folder / target)


def _read_sheet(name: str, xml: bytes) -> StoredSheet:
    cells = read_cells(xml)
    rows, columns, kinds, texts = cells.rows, cells.columns, cells.kinds, cells.texts
    shape = (int(rows.max(initial=-1)) + 1, int(columns.max(initial=-1)) + 1)
    numbers, mask = np.full(shape, np.nan), np.zeros(shape, dtype=bool)
    numeric = [n for n, kind in enumerate(kinds) if kind == NUMBER and texts[n]]
    numbers[rows[numeric], columns[numeric]] = [float(texts[n]) for n in numeric]
    formulas = [n for n, _, _ in cells.formulas]
    mask[rows[formulas], columns[formulas]] = True
    others: dict[tuple[int, int], Other] = {
        (int(rows[n]), int(columns[n])): texts[n].strip() == "1" if kind == BOOLEAN else texts[n]
        for n, kind in enumerate(kinds)
        if kind not in (NUMBER, SHARED_TEXT, INLINE_TEXT) and texts[n]
    }
    return StoredSheet(name, Grid(numbers, others), mask)


@dataclass(frozen=True)
class StoredCells:
    """The cells of a sheet in the order of the file, as parallel lists; rows and columns count from zero.

    ``texts`` is what the value's element holds: a number, an index of a shared text, a text, an error's name.
    ``formulas`` has, per cell with one, the cell's number in the lists, its attributes (t, ref, si) and its text.
    ``hidden_rows`` are rows that are not shown, ``hidden_columns`` the first and last ones of columns that are not.
    """

    rows: np.ndarray
    columns: np.ndarray
    kinds: list[str]
    texts: list[str]
    formulas: list[tuple[int, dict[str, str], str]]
    hidden_rows: set[int]
    hidden_columns: list[tuple[int, int]]


def read_cells(xml: bytes, namespace: str = MAIN) -> StoredCells:
    """Read a worksheet's part; ``namespace`` is that of its elements.

    What stands in elements of another namespace, or in extensions, are no cells: no spreadsheet program shows it.
    Raises ExpatError or ValueError where it is not a worksheet's XML, or declares entities, which no worksheet needs.
    """
    addresses: list[str] = []
    kinds: list[str] = []
    texts: list[str] = []
    formulas: list[tuple[int, dict[str, str], str]] = []
    hidden_rows: set[int] = set()
    hidden_columns: list[tuple[int, int]] = []
    into: list[str] | None = None
    written: list[str] = []
    row_number = column_number = depth = 0
    row, cell, columns_ = f"{namespace} row", f"{namespace} c", f"{namespace} col"
    own, extensions = f"{namespace} ", f"{namespace} extLst"
    formula, value, inline = f"{namespace} f", f"{namespace} v", f"{namespace} t"

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal into, row_number, column_number
        # Not reset where an element ends, as that call costs a tenth: between elements is nothing, or a line break.
        into = None
        if tag == cell:
            address = attributes.get("r")
            if address is None:  # some writers leave it to be counted
                address = xl_rowcol_to_cell(row_number - 1, column_number)
                column_number += 1
            addresses.append(address)
            kinds.append(attributes.get("t", NUMBER))
            texts.append("")
        elif tag == value or (tag == inline and kinds and kinds[-1] == INLINE_TEXT):
            into = texts
        elif tag == formula:
            formulas.append((len(addresses) - 1, attributes, ""))
            written.append("")
            into = written
        elif tag == row:
            row_number, column_number = int(attributes.get("r", row_number + 1)), 0
            if _is_hidden(attributes, "ht"):
                hidden_rows.add(row_number - 1)
        elif tag == columns_ and _is_hidden(attributes, "width"):
            first, last = attributes.get("min", ""), attributes.get("max", "")
            if all(number.isdecimal() and len(number) <= COLUMN_DIGITS for number in (first, last)):
                hidden_columns.append((int(first) - 1, int(last) - 1))
        elif tag == extensions or not tag.startswith(own):
            parser.StartElementHandler, parser.EndElementHandler = deeper, higher

    def deeper(*_: object) -> None:
        nonlocal depth
        depth += 1

    def higher(_: str) -> None:
        nonlocal depth
        depth -= 1
        if depth < 0:
            depth = 0
            parser.StartElementHandler, parser.EndElementHandler = start, None

    def characters(data: str) -> None:
        if into is not None:
            into[-1] += data

    def refuse(*_: object) -> None:
        raise DocumentTypeError("it declares a document type")

    def check_encoding(_version: str, encoding: str | None, _standalone: int) -> None:
        if encoding is not None and encoding.lower() not in ENCODINGS:
            raise EncodingError("it declares an unusual encoding")

    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.CharacterDataHandler = characters
    parser.StartDoctypeDeclHandler = refuse
    parser.XmlDeclHandler = check_encoding
    parser.Parse(xml, True)
    rows, columns = _places(addresses)
    with_texts = [(n, attributes, text) for (n, attributes, _), text in zip(formulas, written, strict=True)]
    return StoredCells(rows, columns, kinds, texts, with_texts, hidden_rows, hidden_columns)


LEAST_SIZE = 1.0
"""Points of a row's height, or characters of a column's width, below which nothing of it is seen."""


def _is_hidden(attributes: dict[str, str], size: str) -> bool:
    if attributes.get("hidden") in ("1", "true"):
        return True
    try:
        return size in attributes and not float(attributes[size]) >= LEAST_SIZE
    except ValueError:
        return False


def _places(addresses: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """Rows and columns of cell addresses, from zero."""
    known: dict[str, int] = {}
    rows, columns = [], []
    for address in addresses:
        letters = address.rstrip("0123456789")
        if letters not in known:
            known[letters] = xl_cell_to_rowcol(f"{letters}1")[1]
        rows.append(int(address[len(letters) :]) - 1)
        columns.append(known[letters])
    return np.array(rows, dtype=np.int64), np.array(columns, dtype=np.int64)
