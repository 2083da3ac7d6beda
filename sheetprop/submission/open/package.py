"""What a student's workbook file holds, opened safely: its sheets, names, tables and charts, each read when asked for.

Files come from strangers and by hundreds. Hence everything unpacked or parsed is bounded, and nothing is parsed that is
not asked for. Only the structure is read here: cells are left to who needs them, by way of ``Package.read``.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import unquote

from sheetprop.submission.open.archive import (
    CHUNK,
    HAND_IN,
    MEGABYTE,
    SAVE_ANEW,
    SEND_AGAIN,
    ZIP,
    End,
    Start,
    Unreadable,
    check_size,
    open_zip,
    parse_xml,
    read_member,
    shown,
    too_large,
)
from sheetprop.submission.open.formats import what_it_is, what_zip_is
from sheetprop.submission.open.unseen import UnseenStyles

TOTAL_BYTES = 400 * MEGABYTE
"""The most that all parts may unpack to together: spreadsheet XML is four to ten times as large as its file."""
PART_BYTES = 200 * MEGABYTE
"""The most that one part may unpack to, as it is held in memory whole: a million rows of five numbers are 150 MB."""
READ_BYTES = 2 * TOTAL_BYTES
"""The most that is unpacked from one workbook, so that parts asked for again and again come to an end."""
XML_BYTES = 16 * MEGABYTE
"""The most of workbook structure (all but cells) that is parsed: ten seconds at worst; submissions have under 1 MB."""
BOMB_BYTES, BOMB_RATIO = 5 * MEGABYTE, 250
"""A larger part that is packed tighter is a zip bomb: worksheets are packed 60 to 1 at the most, deflate can 1030."""

ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
RANGE = re.compile(r"\$?([A-Za-z]{1,3})\$?([1-9]\d{0,6})(?::\$?([A-Za-z]{1,3})\$?([1-9]\d{0,6}))?")


@dataclass(frozen=True)
class SheetPart:
    """A worksheet: its name, its state (visible, hidden, veryHidden) and the part of the package that holds it."""

    name: str
    state: str
    part: str


@dataclass(frozen=True)
class ExcelTable:
    """An Excel table (Insert > Table). Rows and columns from zero, header and totals rows included."""

    name: str
    sheet: str
    first_row: int
    first_column: int
    last_row: int
    last_column: int
    columns: tuple[str, ...]
    header_rows: int
    totals_rows: int


@dataclass(frozen=True)
class Chart:
    """A chart on ``sheet`` (None: on a chart sheet), and the value references of its series as in the file.

    A series of typed-in values, or one that a filter hides, has none.
    """

    sheet: str | None
    part: str
    series: tuple[str, ...]


class Relation(NamedTuple):
    """A relationship of a part: its kind is the last word of its type, its part None if outside or not there."""

    id: str
    kind: str
    part: str | None


def open_package(data: bytes) -> Package:
    """The workbook in a file's bytes. Raises Unreadable where there is none."""
    check_size(len(data))
    if not data.startswith(ZIP):
        raise Unreadable(what_it_is(data))
    return Package(open_zip(data, "workbook"))


class Package:
    """An opened workbook: its worksheets in the order of their tabs, and its defined names.

    ``defined_names`` has what each name refers to, without "=", by the name in lower case; names that belong to one
    sheet are "sheet!name".
    """

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        # An entry may have no name at all, which ZipInfo.is_dir does not expect
        infos = [info for info in archive.infolist() if not _path(info.filename).endswith("/")]
        self._infos = {_path(info.filename).lower(): info for info in infos}
        self._left = READ_BYTES
        self._xml_left = XML_BYTES
        self._known: dict[str, list[Relation]] = {}
        sizes = [info.file_size for info in self._infos.values()]
        if sum(sizes) > TOTAL_BYTES or max(sizes, default=0) > PART_BYTES:
            too_large(f"This workbook unpacks to {sum(sizes) / MEGABYTE:.0f} MB")
        if any(i.file_size > max(BOMB_BYTES, i.compress_size * BOMB_RATIO) for i in self._infos.values()):
            raise Unreadable(f"This workbook is packed as tightly as only a zip bomb is: {SEND_AGAIN}")
        self._workbook = self._find_workbook()
        self.sheets: tuple[SheetPart, ...]
        self.defined_names: dict[str, str] = {}
        self._chart_sheets: list[str] = []
        self._read_workbook()

    def read(self, part: str) -> bytes:
        """The bytes of a part. Raises Unreadable where it is missing, damaged or too large."""
        info = self._infos.get(_path(part).lower())
        if info is None:
            raise Unreadable(f"This workbook is damaged, its part {shown(part)} is missing: {SEND_AGAIN}")
        data = read_member(self._archive, info, min(PART_BYTES, self._left), "workbook")
        self._left -= len(data)
        return data

    def head(self, part: str, size: int) -> bytes:
        """The first bytes of a part that :meth:`read` has given before."""
        with self._archive.open(self._infos[_path(part).lower()]) as member:
            return member.read(size)

    @property
    def has_macros(self) -> bool:
        """Whether the workbook holds macros (which nothing here ever runs)."""
        return any(name.endswith("vbaproject.bin") for name in self._infos)

    @property
    def external_links(self) -> bool:
        """Whether formulas may refer to other workbooks."""
        return any(relation.kind == "externalLink" for relation in self._relations(self._workbook))

    @property
    def pictures(self) -> int:
        """How many images are on worksheets."""
        parts = [part for _, part in self._drawings()]
        return sum(relation.kind == "image" for part in parts for relation in self._relations(part))

    def shared_strings(self) -> list[str]:
        """The plain texts that cells of type "s" have by number; parsed at every call."""
        texts: list[str] = []
        pieces: list[str] = []

        def end(path: list[str], text: str) -> None:
            if path[-1] == "t" and path[-2] in ("si", "r"):  # not in rPh, which tells how to pronounce it
                pieces.append(text)
            elif path[-1] == "si":
                texts.append(_unescaped("".join(pieces)))
                pieces.clear()

        part = next((r.part for r in self._relations(self._workbook) if r.kind == "sharedStrings" and r.part), None)
        part = part or self._existing(_joined(self._workbook, "sharedStrings.xml"))
        if part is not None:
            self._parse(part, end=end)
        return texts

    def unseen_styles(self) -> frozenset[str]:
        """The styles, by their numbers, in which nothing of a cell is seen; parsed at every call."""
        unseen = UnseenStyles()
        part = next((r.part for r in self._relations(self._workbook) if r.kind == "styles" and r.part), None)
        if part is not None:
            self._parse(part, unseen.start)
        return unseen.numbers

    def tables(self) -> list[ExcelTable]:
        """The Excel tables of all worksheets; parsed at every call."""
        return [
            table
            for sheet in self.sheets
            for relation in self._relations(sheet.part)
            if relation.kind == "table" and relation.part and (table := self._table(sheet.name, relation.part))
        ]

    def charts(self) -> list[Chart]:
        """The charts of all worksheets, then those of chart sheets; parsed at every call."""
        return [
            Chart(sheet, relation.part, self._series(relation.part))
            for sheet, drawing in self._drawings(chart_sheets=True)
            for relation in self._relations(drawing)
            if relation.kind in ("chart", "chartEx") and relation.part
        ]

    def _drawings(self, chart_sheets: bool = False) -> list[tuple[str | None, str]]:
        owners: list[tuple[str | None, str]] = [(sheet.name, sheet.part) for sheet in self.sheets]
        if chart_sheets:
            owners += [(None, part) for part in self._chart_sheets]
        return [
            (sheet, relation.part)
            for sheet, part in owners
            for relation in self._relations(part)
            if relation.kind == "drawing" and relation.part
        ]

    def _series(self, part: str) -> tuple[str, ...]:
        references: list[str] = []

        def end(path: list[str], text: str) -> None:
            # Val > numRef > f of ordinary charts; numDim > f of those that came with Excel 2016
            if path[-1] == "f" and ("numDim" in path[-2:] or path[-3:-2] in (["val"], ["yVal"])):
                references.append(text.strip())

        self._parse(part, end=end)
        return tuple(references)

    def _table(self, sheet: str, part: str) -> ExcelTable | None:
        table: dict[str, str] = {}
        columns: list[str] = []

        def start(path: list[str], attributes: dict[str, str]) -> None:
            if path == ["table"]:
                table.update(attributes)
            elif path == ["table", "tableColumns", "tableColumn"]:
                columns.append(_unescaped(attributes.get("name", "")))

        self._parse(part, start)
        match = RANGE.fullmatch(table.get("ref", ""))
        if match is None:
            return None
        left, top, right, bottom = match.groups()
        return ExcelTable(
            name=_unescaped(table.get("displayName") or table.get("name", "")),
            sheet=sheet,
            first_row=int(top) - 1,
            first_column=_column(left),
            last_row=int(bottom or top) - 1,
            last_column=_column(right or left),
            columns=tuple(columns),
            header_rows=_count(table.get("headerRowCount"), 1),
            totals_rows=_count(table.get("totalsRowCount"), 0),
        )

    def _find_workbook(self) -> str:
        related = [r.part for r in self._relations("") if r.kind == "officeDocument" and r.part]
        part = related[0] if related else self._existing("xl/workbook.xml")
        if part is not None and not part.lower().startswith(("word/", "ppt/")):
            if part.lower().endswith(".bin"):
                raise Unreadable(f"This is a binary Excel workbook (.xlsb), whatever its name says: {SAVE_ANEW}")
            return part
        raise Unreadable(self._other_zip())

    def _other_zip(self) -> str:
        """What a zip file is that is no workbook."""
        info = self._infos.get("mimetype")
        return what_zip_is(self._infos.keys(), read_member(self._archive, info, CHUNK, "file") if info else b"")

    def _read_workbook(self) -> None:
        sheets: list[tuple[str, str, str]] = []
        names: list[tuple[str, str | None, str]] = []
        scopes: list[dict[str, str]] = []
        root: list[str] = []

        def start(path: list[str], attributes: dict[str, str]) -> None:
            if len(path) == 1:
                root.append(path[0])
            elif path == ["workbook", "sheets", "sheet"]:
                name = _unescaped(attributes.get("name", ""))
                sheets.append((name, attributes.get("state", "visible"), attributes.get("id", "")))
            elif path == ["workbook", "definedNames", "definedName"]:
                scopes.append(attributes)

        def end(path: list[str], text: str) -> None:
            if path == ["workbook", "definedNames", "definedName"]:
                names.append((scopes[-1].get("name", ""), scopes[-1].get("localSheetId"), text))

        self._parse(self._workbook, start, end)
        if root != ["workbook"]:
            raise Unreadable(f"This is not an Excel workbook, although it is packed like one: {HAND_IN}")
        relations = {relation.id: relation for relation in self._relations(self._workbook)}
        found: list[SheetPart] = []
        unnamed = iter(self._worksheet_parts() if not relations else [])
        for name, state, identifier in sheets:
            relation = relations.get(identifier)
            kind, part = (relation.kind, relation.part) if relation else ("worksheet", next(unnamed, None))
            if kind == "chartsheet" and part:
                self._chart_sheets.append(part)
            elif kind == "worksheet":
                if part is None:
                    raise Unreadable(f"This workbook is damaged, its sheet {shown(name)} is missing: {SEND_AGAIN}")
                found.append(SheetPart(name, state if state in ("hidden", "veryHidden") else "visible", part))
        if not found:
            raise Unreadable(f"This workbook has no worksheet: {HAND_IN} with the sheet that holds the table")
        self.sheets = tuple(found)
        for name, scope, text in names:
            refers_to = text.strip().removeprefix("=")
            if scope is None:
                self.defined_names[name.lower()] = refers_to
            elif scope.isdecimal() and int(scope) < len(sheets):  # counts chart sheets as well
                self.defined_names[f"{sheets[int(scope)][0]}!{name}".lower()] = refers_to

    def _worksheet_parts(self) -> list[str]:
        """The parts with worksheets by their number, for workbooks that have lost their relationships."""
        parts = [_path(info.filename) for info in self._infos.values()]
        numbers = {part: re.search(r"worksheets/sheet(\d{1,9})\.xml$", part, re.IGNORECASE) for part in parts}
        return [part for _, part in sorted((int(match[1]), part) for part, match in numbers.items() if match)]

    def _relations(self, part: str) -> list[Relation]:
        """The relationships of a part, or for "" those of the package."""
        if part in self._known:
            return self._known[part]
        relations: list[Relation] = []

        def start(path: list[str], attributes: dict[str, str]) -> None:
            if path == ["Relationships", "Relationship"]:
                kind = attributes.get("Type", "").rpartition("/")[2]
                external = attributes.get("TargetMode") == "External"
                target = None if external else self._target(part, attributes.get("Target", ""))
                relations.append(Relation(attributes.get("Id", ""), kind, target))

        folder, name = posixpath.split(part)
        file = self._existing(posixpath.join(folder, "_rels", f"{name}.rels"))
        if file is not None:
            self._parse(file, start)
        self._known[part] = relations
        return relations

    def _target(self, part: str, target: str) -> str | None:
        """The part that a relationship of ``part`` points to, if it is there."""
        plain = _path(target.partition("#")[0])
        relative = plain if target.startswith(("/", "\\")) else _joined(part, plain)
        for candidate in (relative, unquote(relative), plain):  # some programs leave out the first slash
            if existing := self._existing(candidate):
                return existing
        return None

    def _existing(self, part: str) -> str | None:
        """A part's name as it is in the package, whatever the case of its letters."""
        info = self._infos.get(_path(part).lower())
        return _path(info.filename) if info else None

    def _parse(self, part: str, start: Start | None = None, end: End | None = None) -> None:
        xml = self.read(part)
        self._xml_left -= len(xml)
        if self._xml_left < 0:
            too_large(f"This workbook has more than {XML_BYTES // MEGABYTE} MB of charts, texts and the like")
        parse_xml(xml, part, start, end)


def _path(name: str) -> str:
    """A part's name with slashes only, and none in front."""
    return name.replace("\\", "/").lstrip("/")


def _joined(part: str, target: str) -> str:
    """A target that is relative to a part."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(part), target))


def _column(letters: str) -> int:
    """A column from zero."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1


def _count(text: str | None, default: int) -> int:
    return int(text) if text and text.isdecimal() and len(text) < 8 else default


def _unescaped(text: str) -> str:
    """Text with its characters that XML cannot hold, which Excel writes as _x000A_."""
    if "_x" not in text:
        return text
    plain = ESCAPED.sub(lambda match: chr(int(match[1], 16)), text)
    return plain.encode("utf-16", "surrogatepass").decode("utf-16", "replace")  # some come as two halves


__all__ = ["Chart", "ExcelTable", "Package", "SheetPart", "Unreadable", "open_package"]
