"""What a student's workbook file holds, opened safely: its sheets, names, tables and charts, each read when asked for.

Files come from strangers and by hundreds. Hence everything unpacked or parsed is bounded, and nothing is parsed that is
not asked for. Only the structure is read here: cells are left to who needs them, by way of ``Package.read``.
"""

from __future__ import annotations

import io
import posixpath
import re
import struct
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, NoReturn
from urllib.parse import unquote
from xml.parsers import expat

MEGABYTE = 1_000_000
FILE_BYTES = 100 * MEGABYTE
"""The largest file taken: fifty times the largest submission known, and still held in memory with ease."""
TOTAL_BYTES = 400 * MEGABYTE
"""The most that all parts may unpack to together: spreadsheet XML is four to ten times as large as its file."""
PART_BYTES = 200 * MEGABYTE
"""The most that one part may unpack to, as it is held in memory whole: a million rows of five numbers are 150 MB."""
READ_BYTES = 2 * TOTAL_BYTES
"""The most that is unpacked from one workbook, so that parts asked for again and again come to an end."""
XML_BYTES = 16 * MEGABYTE
"""The most of workbook structure (all but cells) that is parsed: ten seconds at worst; submissions have under 1 MB."""
PARTS = 20_000
"""The most parts of a workbook, or members of an archive: Excel's own workbooks have some five per sheet."""
ENTRIES = 5 * PARTS
"""Entries seen before a file's directory is even read, which takes a second for so many and has no bound of its own.

More than PARTS, because the entries of workbooks inside an archive are seen as well.
"""
BOMB_BYTES, BOMB_RATIO = 5 * MEGABYTE, 250
"""A larger part that is packed tighter is a zip bomb: worksheets are packed 60 to 1 at the most, deflate can 1030."""
DEPTH = 200
"""The deepest nesting of XML elements: charts, the deepest parts of workbooks, have about 20."""
CHUNK = MEGABYTE
ENCODINGS = {"utf-8", "utf-16", "us-ascii", "iso-8859-1"}
"""Encodings that expat knows itself: for others it takes Python's, with errors that a handler could raise as well."""

SAVE_ANEW = "open it in Excel, save it as an Excel workbook (.xlsx) and hand in that file"
HAND_IN = "hand in the Excel workbook (.xlsx) itself"
SEND_AGAIN = "hand in a fresh copy that opens in Excel"

OLE2 = bytes.fromhex("d0cf11e0a1b11ae1")
OLD_BIFF = (b"\x09\x00\x04\x00", b"\x09\x02\x06\x00", b"\x09\x04\x06\x00")
ZIP = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
OTHER_FORMATS = {
    b"Rar!": f"a RAR archive, not a workbook: unpack it and {HAND_IN}",
    b"7z\xbc\xaf\x27\x1c": f"a 7-Zip archive, not a workbook: unpack it and {HAND_IN}",
    b"\x1f\x8b": f"a gzip archive, not a workbook: unpack it and {HAND_IN}",
    b"\x89PNG": f"a picture, not a workbook: {HAND_IN}",
    b"\xff\xd8\xff": f"a picture, not a workbook: {HAND_IN}",
    b"GIF8": f"a picture, not a workbook: {HAND_IN}",
    b"{\\rtf": f"a text document (RTF), not a workbook: {HAND_IN}",
}
TEXT = re.compile(rb"[^\x00-\x08\x0e-\x1a\x1c-\x1f]+")
DAMAGE = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, OverflowError, RuntimeError, ValueError)
"""All that zipfile raises for a file that is not as it should be."""

ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
RANGE = re.compile(r"\$?([A-Za-z]{1,3})\$?([1-9]\d{0,6})(?::\$?([A-Za-z]{1,3})\$?([1-9]\d{0,6}))?")


class Unreadable(Exception):  # noqa: N818 - it says what a file is, rather than what went wrong here
    """A file that cannot be opened as a workbook; its text is one plain sentence: what it is, what to hand in instead.

    The sentence begins with a capital, names no path and has no full stop.
    """


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
        refuse(data)
    return Package(open_zip(data, "workbook"))


def check_size(size: int) -> None:
    """Raise Unreadable where a file of ``size`` bytes is too large."""
    if size > FILE_BYTES:
        raise Unreadable(
            f"This file is too large ({size / MEGABYTE:.0f} MB; at most {FILE_BYTES // MEGABYTE} MB are read): "
            "hand in a workbook without large pictures or data that do not belong to the assignment"
        )


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
            _too_large(f"This workbook unpacks to {sum(sizes) / MEGABYTE:.0f} MB")
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
        names = self._infos.keys()
        if "mimetype" in names:
            text = read_member(self._archive, self._infos["mimetype"], CHUNK, "file")
            if text.startswith(b"application/vnd.oasis.opendocument.spreadsheet"):
                return (
                    "This is an OpenDocument spreadsheet (.ods), whatever its name says: "
                    "save it as an Excel workbook (.xlsx) and hand in that file"
                )
            if text.startswith(b"application/vnd.oasis.opendocument"):
                return f"This is an OpenDocument file, not a spreadsheet: {HAND_IN}"
        if "xl/workbook.bin" in names:
            return f"This is a binary Excel workbook (.xlsb), whatever its name says: {SAVE_ANEW}"
        if "word/document.xml" in names:
            return f"This is a Word document, not a workbook: {HAND_IN}"
        if "ppt/presentation.xml" in names:
            return f"This is a PowerPoint presentation, not a workbook: {HAND_IN}"
        if any(name.endswith(".iwa") or name.endswith("index.zip") for name in names):
            return "This is an Apple Numbers document: export it (File > Export To > Excel) and hand in that file"
        if any(name.endswith((".xlsx", ".xlsm", ".xls")) for name in names):
            return f"This is a zip archive with workbooks in it: unpack it and {HAND_IN}"
        return f"This is a zip archive without an Excel workbook in it: {HAND_IN}"

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
            _too_large(f"This workbook has more than {XML_BYTES // MEGABYTE} MB of charts, texts and the like")
        parse_xml(xml, part, start, end)


Start = Callable[[list[str], dict[str, str]], None]
End = Callable[[list[str], str], None]


def parse_xml(xml: bytes, part: str, start: Start | None = None, end: End | None = None) -> None:
    """Go through the XML of a small part: ``start`` gets attributes, ``end`` the text directly inside an element.

    Both get the path of element names from the root down, which is a list that changes as the parsing goes on. Names
    are without their namespaces, because those differ between the two variants of the file format (Strict).
    """
    path: list[str] = []
    texts: list[list[str]] = []
    parser = hardened_parser(part)

    def on_start(tag: str, attributes: dict[str, str]) -> None:
        path.append(tag[tag.rfind(" ") + 1 :])
        texts.append([])
        if len(path) > DEPTH:
            raise Unreadable(f"This workbook is damaged, its part {shown(part)} is nested too deeply: {SEND_AGAIN}")
        if start is not None:
            start(path, {name[name.rfind(" ") + 1 :]: value for name, value in attributes.items()})

    def on_end(tag: str) -> None:
        text = "".join(texts.pop())
        if end is not None:
            end(path, text)
        path.pop()

    parser.StartElementHandler = on_start
    parser.EndElementHandler = on_end
    if end is not None:
        parser.CharacterDataHandler = lambda data: texts[-1].append(data)
    feed(parser, xml, part)


def hardened_parser(part: str) -> expat.XMLParserType:
    """A parser for the XML of a part, which names elements "namespace name" and refuses declarations of entities."""
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True

    def refuse_doctype(*_: object) -> NoReturn:
        raise Unreadable(
            f"This workbook's part {shown(part)} contains a document type declaration, and a workbook has none: "
            f"{SEND_AGAIN}"
        )

    def check_encoding(_version: str, encoding: str | None, _standalone: int) -> None:
        if encoding is not None and encoding.lower() not in ENCODINGS:
            raise Unreadable(
                f"This workbook's part {shown(part)} has an encoding that workbooks never have: {SEND_AGAIN}"
            )

    parser.StartDoctypeDeclHandler = refuse_doctype
    parser.XmlDeclHandler = check_encoding
    return parser


def feed(parser: expat.XMLParserType, xml: bytes, part: str) -> None:
    """Parse the XML of a part. Raises Unreadable where it is not well-formed."""
    try:
        parser.Parse(xml, True)
    except expat.ExpatError as error:
        raise Unreadable(
            f"This workbook is damaged, its part {shown(part)} is not well-formed XML "
            f"({expat.ErrorString(error.code)}, line {error.lineno}): {SEND_AGAIN}"
        ) from None


def open_zip(source: bytes | Path, what: str) -> zipfile.ZipFile:
    """Open a zip file of which nothing is known; ``what`` is what the reader of a refusal calls it.

    Raises OSError where ``source`` is a path that cannot be read.
    """
    advice = SEND_AGAIN if what == "workbook" else "download or pack it anew"
    signatures = 0
    with io.BytesIO(source) if isinstance(source, bytes) else source.open("rb") as file:
        while chunk := file.read(CHUNK):
            signatures += chunk.count(b"PK\x01\x02")
    if signatures > ENTRIES:
        raise Unreadable(f"This {what} has too many parts (more than {PARTS:,}): {advice}")
    try:
        archive = zipfile.ZipFile(io.BytesIO(source) if isinstance(source, bytes) else source)
    except UnicodeDecodeError:
        raise Unreadable(f"This {what} has file names that cannot be read: unpack it and {HAND_IN}") from None
    except DAMAGE:
        raise Unreadable(f"This {what} is cut off or damaged: {advice}") from None
    if len(archive.filelist) > PARTS:
        raise Unreadable(f"This {what} has too many parts ({len(archive.filelist):,}; at most {PARTS:,}): {advice}")
    return archive


def read_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, limit: int, what: str) -> bytes:
    """What a member of a zip file unpacks to, at most ``limit`` bytes. Raises Unreadable where that is not possible."""
    if info.flag_bits & 0x1:
        raise Unreadable(f"This {what} is protected by a password: hand in one without a password")
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):  # the others can take gigabytes of memory
        raise Unreadable(f"This {what} is packed by an unusual method: {SEND_AGAIN}")
    chunks: list[bytes] = []
    size = info.file_size
    try:
        if size <= limit:
            size = 0
            with archive.open(info) as member:
                while size <= limit and (chunk := member.read(CHUNK)):
                    chunks.append(chunk)
                    size += len(chunk)
    except DAMAGE:
        raise Unreadable(f"This {what} is damaged, {shown(info.filename)} cannot be unpacked: {SEND_AGAIN}") from None
    if size > limit:
        _too_large(f"This {what} has a part, {shown(info.filename)}, of more than {limit // MEGABYTE} MB")
    return b"".join(chunks)


def refuse(data: bytes) -> NoReturn:
    """Say what a file is that is not even packed like a workbook."""
    raise Unreadable(_what_it_is(data))


def _what_it_is(data: bytes) -> str:
    if not data.strip(b"\0"):
        state = "empty (0 bytes)" if not data else "empty (it has nothing but zeros)"
        return f"This file is {state}, saving or uploading it failed: {SEND_AGAIN}"
    if data.startswith(OLE2):
        return _which_ole2(data)
    if data.startswith(OLD_BIFF):
        return f"This is an old Excel workbook (.xls), whatever its name says: {SAVE_ANEW}"
    for beginning, format_ in OTHER_FORMATS.items():
        if data.startswith(beginning):
            return f"This is {format_}"
    if b"%PDF-" in data[:1024]:
        return f"This is a PDF document, not a workbook: {HAND_IN}"
    wide = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    text = data[:20_000].decode("utf-16", "replace").encode() if wide else data[:20_000]
    if TEXT.fullmatch(text):
        return _which_text(text.removeprefix(b"\xef\xbb\xbf").strip().lower())
    return f"This is not an Excel workbook, or it is damaged from its first byte on: {SEND_AGAIN}"


def _which_ole2(data: bytes) -> str:
    """What a file is in the container that Office used up to 2003, and uses for encrypted files to this day."""

    def has(stream: str) -> bool:
        return stream.encode("utf-16-le") in data

    if has("DRMEncryptedDataSpace"):
        return (
            "This workbook is encrypted by its organization's rights management: remove its sensitivity label or "
            "restricted access in Excel (File > Info > Protect Workbook), save it and hand in that file"
        )
    if has("EncryptedPackage"):
        return (
            "This workbook is protected by a password: remove the password in Excel "
            "(File > Info > Protect Workbook), save it and hand in that file"
        )
    if has("Workbook") or has("Book"):
        return f"This is an old Excel workbook (.xls), whatever its name says: {SAVE_ANEW}"
    if has("WordDocument"):
        return f"This is an old Word document (.doc), not a workbook: {HAND_IN}"
    if has("PowerPoint Document"):
        return f"This is an old PowerPoint presentation (.ppt), not a workbook: {HAND_IN}"
    return f"This is a file of an old Office program, not a workbook: {HAND_IN}"


def _which_text(text: bytes) -> str:
    """What a text file is; ``text`` is its beginning in lower case."""
    if b"urn:schemas-microsoft-com:office:spreadsheet" in text:
        return f"This is an old XML spreadsheet (Excel 2003), whatever its name says: {SAVE_ANEW}"
    if text.startswith((b"<!doctype html", b"<html", b"mime-version:")) or b"<table" in text or b"<html" in text:
        return f"This is a web page (HTML) under the name of a workbook: {SAVE_ANEW}"
    if b"docs.google.com/" in text and len(text) < 2000:
        return (
            "This is only a link to a Google sheet: in Google Sheets choose File > Download > Microsoft Excel (.xlsx) "
            "and hand in that file"
        )
    if text.startswith(b"<"):
        return f"This is an XML file, not a workbook: {HAND_IN}"
    lines = [line for line in text.splitlines()[:10] if line.strip()]
    if len(lines) > 1 and any(all(line.count(mark) for line in lines) for mark in (b",", b";", b"\t")):
        return f"This is a text file (CSV), which holds values but no formulas: {HAND_IN}"
    return f"This is a text file, not a workbook: {HAND_IN}"


def shown(name: str) -> str:
    """A name out of a file, as it may be shown: of one line, without control characters, not too long."""
    plain = "".join(character if character.isprintable() else "\ufffd" for character in name)
    return plain if len(plain) <= 80 else f"{plain[:79]}…"


def _too_large(sentence: str) -> NoReturn:
    raise Unreadable(f"{sentence}, more than a workbook for this assignment ever has: {SEND_AGAIN}")


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
