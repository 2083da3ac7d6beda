"""Reading zip files and XML of strangers safely: everything that is unpacked or parsed is bounded."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, NoReturn, cast
from xml.parsers import expat

from sheetprop.stored import ENCODINGS

MEGABYTE = 1_000_000
FILE_BYTES = 100 * MEGABYTE
"""The largest file taken: fifty times the largest submission known, and still held in memory with ease."""
PARTS = 20_000
"""The most parts of a workbook, or members of an archive: Excel's own workbooks have some five per sheet."""
ENTRY = b"PK\x01\x02"
"""What each entry of a zip file's directory begins with."""
DIRECTORY_BYTES = 10 * MEGABYTE
"""The largest directory of a zip file: that of PARTS members with long names. Reading it takes a second."""
DEPTH = 200
"""The deepest nesting of XML elements: charts, the deepest parts of workbooks, have about 20."""
CHUNK = MEGABYTE

SAVE_ANEW = "open it in Excel, save it as an Excel workbook (.xlsx) and hand in that file"
HAND_IN = "hand in the Excel workbook (.xlsx) itself"
SEND_AGAIN = "hand in a fresh copy that opens in Excel"

ZIP = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
DAMAGE = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, OverflowError, RuntimeError, ValueError)
"""All that zipfile raises for a file that is not as it should be."""

Start = Callable[[list[str], dict[str, str]], None]
End = Callable[[list[str], str], None]


class Unreadable(Exception):  # noqa: N818 - it says what a file is, rather than what went wrong here
    """A file that cannot be opened as a workbook; its text is one plain sentence: what it is, what to hand in instead.

    The sentence begins with a capital, names no path and has no full stop.
    """


def check_size(size: int) -> None:
    """Raise Unreadable where a file of ``size`` bytes is too large."""
    if size > FILE_BYTES:
        raise Unreadable(
            f"This file is too large ({size / MEGABYTE:.0f} MB; at most {FILE_BYTES // MEGABYTE} MB are read): "
            "hand in a workbook without large pictures or data that do not belong to the assignment"
        )


class _TooManyError(Exception):
    """A zip file's directory is too large to be read."""


class _Guarded:
    """A file as zipfile reads it: as long as it looks for the directory, none is given out that is too large.

    The directory is what zipfile reads at once. What is in the members is not looked at: a workbook in an archive has
    a directory of its own.
    """

    def __init__(self, file: BinaryIO, most: int) -> None:
        self._file, self._most = file, most
        self.seek, self.tell, self.seekable = file.seek, file.tell, file.seekable
        self.read: Callable[..., bytes] = self._read_directory

    def _read_directory(self, size: int = -1) -> bytes:
        data = self._file.read(size if size < 0 else min(size, DIRECTORY_BYTES + 1))
        if len(data) > DIRECTORY_BYTES or data.count(ENTRY) > self._most:
            raise _TooManyError
        return data

    def release(self) -> None:
        """Give out anything."""
        self.read = self._file.read


def open_zip(source: bytes | Path, what: str, most: int = PARTS) -> zipfile.ZipFile:
    """Open a zip file of which nothing is known, of at most so many members.

    ``what`` is what the reader of a refusal calls it. Raises OSError where ``source`` is a path that cannot be read.
    """
    advice = SEND_AGAIN if what == "workbook" else "download or pack it anew"
    file = _Guarded(io.BytesIO(source) if isinstance(source, bytes) else source.open("rb"), most)
    try:
        archive = zipfile.ZipFile(cast(BinaryIO, file))
    except _TooManyError:
        raise Unreadable(f"This {what} has too many parts (more than {most:,}): {advice}") from None
    except UnicodeDecodeError:
        raise Unreadable(f"This {what} has file names that cannot be read: unpack it and {HAND_IN}") from None
    except DAMAGE:
        raise Unreadable(f"This {what} is cut off or damaged: {advice}") from None
    file.release()
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
        too_large(f"This {what} has a part, {shown(info.filename)}, of more than {limit // MEGABYTE} MB")
    return b"".join(chunks)


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


def shown(name: str) -> str:
    """A name out of a file, as it may be shown: of one line, without control characters, not too long."""
    plain = "".join(character if character.isprintable() else "\ufffd" for character in name)
    return plain if len(plain) <= 80 else f"{plain[:79]}…"


def too_large(sentence: str) -> NoReturn:
    """Refuse what is too large; the sentence goes on where ``sentence`` ends."""
    raise Unreadable(f"{sentence}, more than a workbook for this assignment ever has: {SEND_AGAIN}")
