"""A workbook's file as the zip package that it is: parts copied as they are, and the few that change, as XML trees."""

from __future__ import annotations

import copy
import posixpath
import re
import struct
import zipfile
from dataclasses import dataclass
from functools import cached_property
from io import BytesIO
from typing import Any
from urllib.parse import unquote

from lxml import etree

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
MAIN_STRICT = "http://purl.oclc.org/ooxml/spreadsheetml/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
OFFICE_STRICT = "http://purl.oclc.org/ooxml/officeDocument/relationships"
RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
CONTENT_TYPES = "[Content_Types].xml"
SPREADSHEET_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml."
BOOK_TYPE, MACRO_BOOK_TYPE = SPREADSHEET_TYPE + "sheet.main+xml", "application/vnd.ms-excel.sheet.macroEnabled.main+xml"
"""Of the workbook's own part in an .xlsx and in an .xlsm: Excel opens a file only where the two agree."""

LARGEST_PART = 256 * 2**20
"""Bytes; a part that is larger once inflated is no student's sheet but an attack."""
LOCAL_HEADER = 30
"""Bytes of a member's header in a zip file before its name; the lengths of name and extra field are its last four."""
ENCRYPTED, SIZES_FOLLOW = 0x1, 0x8
"""Flags of a member."""
VML_BLOCK, VML_DIGITS = 1_024, 7
"""Boxes in a block of numbers for them; digits that no block's own number has."""
NEW_DATE = (1980, 1, 1, 0, 0, 0)
"""Of parts that are added: the same input gives the same file."""

Element = Any
"""An lxml element (lxml has no types of its own)."""


class PackageError(ValueError):
    """A package that is not a workbook's, or is damaged where it has to be read."""


class EncryptedError(PackageError):
    """A package that can be read with a password only."""


@dataclass(frozen=True)
class Relation:
    """That a part refers to another by an id; ``kind`` is the last word of its type, ``target`` None outside."""

    id: str
    kind: str
    target: str | None


class Package:
    """The parts of a workbook file by name; names are told apart as the standard does, without regard to case."""

    def __init__(self, source: bytes) -> None:
        """Raises PackageError where ``source`` is no zip file with content types."""
        self._source = source
        try:
            self._zip = zipfile.ZipFile(BytesIO(source))
        except (zipfile.BadZipFile, ValueError, NotImplementedError, struct.error, OSError):
            raise PackageError("not a zip package") from None
        # Of members by the same name the last is the one that counts.
        self._members = {info.filename.lower(): info for info in self._zip.infolist()}
        if sum(info.compress_size for info in self._zip.infolist()) > len(source):
            raise PackageError("its parts overlap, as only a zip bomb's do")
        self._trees: dict[str, Element] = {}
        self._changed: set[str] = set()
        self._added: dict[str, tuple[str, bytes]] = {}
        if CONTENT_TYPES not in self:
            raise PackageError("not a workbook: it has no content types")
        if any(info.flag_bits & ENCRYPTED for info in self._members.values()):
            raise EncryptedError("encrypted")

    def __contains__(self, name: str) -> bool:
        return name.lower() in self._members or name.lower() in self._added

    @property
    def is_ambiguous(self) -> bool:
        """Whether parts share a name: then only the last of them is copied."""
        return len(self._members) < len(self._zip.infolist())

    def part(self, name: str) -> bytes:
        """The bytes of a part, as they were handed in or added."""
        if name.lower() in self._added:
            return self._added[name.lower()][1]
        info = self._members.get(name.lower())
        if info is None:
            raise PackageError(f"{name} is missing")
        if info.file_size > LARGEST_PART:
            raise PackageError(f"{name} is too large")
        try:
            return self._zip.read(info)
        except Exception:  # what zipfile and zlib raise at damaged data is of many kinds
            raise PackageError(f"{name} is damaged") from None

    def names(self, pattern: str) -> list[str]:
        """The parts whose names match, whatever their case."""
        return [name for name in [*self._members, *self._added] if re.fullmatch(pattern, name, re.IGNORECASE)]

    def read(self, name: str) -> Element:
        """The root of an XML part, for reading only."""
        key = name.lower()
        if key not in self._trees:
            self._trees[key] = parse(self.part(name), name)
        return self._trees[key]

    def edit(self, name: str) -> Element:
        """The root of an XML part; what is changed in it is saved."""
        root = self.read(name)
        self._changed.add(name.lower())
        return root

    def put(self, name: str, data: bytes) -> None:
        """Add a part that needs no type of its own, or give one another content."""
        self._added[name.lower()] = (self._actual(name), data)

    def content_type(self, name: str) -> str:
        """The type that a part has by its name or its extension, else nothing."""
        types = self.read(CONTENT_TYPES)
        extension = posixpath.splitext(name)[1].removeprefix(".").lower()
        for override in types.iterchildren(f"{{{TYPES}}}Override"):
            if override.get("PartName", "").lower() == f"/{name}".lower():
                return str(override.get("ContentType", ""))
        for default in types.iterchildren(f"{{{TYPES}}}Default"):
            if default.get("Extension", "").lower() == extension:
                return str(default.get("ContentType", ""))
        return ""

    def add(self, name: str, data: bytes, content_type: str) -> None:
        """Add a part of a type."""
        self.put(name, data)
        if self.content_type(name).lower() == content_type.lower():
            return
        override = etree.SubElement(self.edit(CONTENT_TYPES), f"{{{TYPES}}}Override")
        override.set("PartName", f"/{name}")
        override.set("ContentType", content_type)

    def retype(self, name: str, content_type: str) -> None:
        """Give a part that is there another type."""
        if self.content_type(name).lower() == content_type.lower():
            return
        types = self.edit(CONTENT_TYPES)
        for override in types.iterchildren(f"{{{TYPES}}}Override"):
            if override.get("PartName", "").lower() == f"/{name}".lower():
                override.set("ContentType", content_type)
                return
        types.append(etree.Element(f"{{{TYPES}}}Override", PartName=f"/{name}", ContentType=content_type))

    def add_extension(self, extension: str, content_type: str) -> None:
        """See to it that parts with this extension have a type."""
        types = self.edit(CONTENT_TYPES)
        known = {default.get("Extension", "").lower() for default in types.iterchildren(f"{{{TYPES}}}Default")}
        if extension not in known:
            # Defaults come first by custom, though the standard has no order.
            types.insert(0, etree.Element(f"{{{TYPES}}}Default", Extension=extension, ContentType=content_type))

    def is_free(self, name: str) -> bool:
        """Whether a new part can have a name: neither is there such a part, nor is one told of."""
        return name not in self and relations_part(name) not in self and name.lower() not in self._promised

    def unused(self, pattern: str) -> str:
        """A name for a new part; ``pattern`` has {} where the number goes."""
        number = 1
        while not self.is_free(pattern.format(number)):
            number += 1
        return pattern.format(number)

    def relations(self, part: str) -> list[Relation]:
        """What a part ("" for the package itself) refers to."""
        name = relations_part(part)
        if name not in self:
            return []
        return [
            Relation(
                item.get("Id", ""),
                item.get("Type", "").rsplit("/", 1)[-1],
                None if item.get("TargetMode") == "External" else self._resolved(part, item.get("Target", "")),
            )
            for item in self.read(name).iterchildren(f"{{{RELATIONS}}}Relationship")
        ]

    def related(self, part: str, kind: str) -> str | None:
        """The first part of a kind that a part refers to, if it is there."""
        targets = (relation.target for relation in self.relations(part) if relation.kind == kind)
        return next((target for target in targets if target is not None and target in self), None)

    def relate(self, part: str, kind: str, target: str, office: str) -> str:
        """Have a part refer to another; returns the id. ``office`` is the namespace of the types."""
        name = relations_part(part)
        if name not in self:
            self.put(name, f'<Relationships xmlns="{RELATIONS}"/>'.encode())
        used = {relation.id for relation in self.relations(part)}
        number = len(used) + 1
        while f"rId{number}" in used:
            number += 1
        item = etree.SubElement(self.edit(name), f"{{{RELATIONS}}}Relationship")
        item.set("Id", f"rId{number}")
        item.set("Type", f"{office}/{kind}")
        item.set("Target", posixpath.relpath(f"/{target}", f"/{posixpath.dirname(part)}"))
        return f"rId{number}"

    def save(self) -> bytes:
        """The package as a file: every member in its old place and, but for changed ones, in its old bytes."""
        buffer = BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as out:
            for key, info in self._members.items():
                if key in self._added or key in self._changed:
                    out.writestr(_member(info.filename, info.date_time), self._current(key))
                else:
                    _copy(self._source, info, out)
            for key, (name, _) in self._added.items():
                if key not in self._members:
                    out.writestr(_member(name, NEW_DATE), self._current(key))
        return buffer.getvalue()

    @cached_property
    def _promised(self) -> set[str]:
        """Parts that are told of, though they may not be there: a new one by such a name would become theirs."""
        types = self.read(CONTENT_TYPES).iterchildren(f"{{{TYPES}}}Override")
        promised = {override.get("PartName", "").lstrip("/").lower() for override in types}
        for name in self.names(r"(.*/)?_rels/[^/]*\.rels"):
            folder, file = posixpath.split(name.removesuffix(".rels"))
            try:
                relations = self.relations(posixpath.join(posixpath.dirname(folder), file))
            except PackageError:
                continue
            promised |= {relation.target.lower() for relation in relations if relation.target is not None}
        return promised

    def _current(self, key: str) -> bytes:
        if key not in self._changed:
            return self.part(key)
        data: bytes = etree.tostring(self._trees[key].getroottree(), encoding="UTF-8", standalone=True)
        return data

    def _actual(self, name: str) -> str:
        info = self._members.get(name.lower())
        return info.filename if info else name

    def _resolved(self, part: str, target: str) -> str:
        path = posixpath.normpath(posixpath.join("/", posixpath.dirname(part), target)).lstrip("/")
        return path if path in self else unquote(path)


def parse(data: bytes, name: str) -> Element:
    """The root of an XML document that may come from anyone; PackageError where it is none, or has entities."""
    # A parser is for one document: it is not to be shared by threads.
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, huge_tree=False, load_dtd=False, strip_cdata=False
    )
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError:
        raise PackageError(f"{name} is not XML") from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise PackageError(f"{name} has a document type, which no workbook may have")
    return root


def namespace(root: Element) -> str:
    """The namespace of an element."""
    return str(etree.QName(root).namespace or "")


def office(root: Element) -> str:
    """The namespace of relationships and their types in a document that begins with ``root``."""
    return OFFICE_STRICT if namespace(root) == MAIN_STRICT else OFFICE


def free_vml_block(package: Package) -> int:
    """The first block of numbers for boxes (of comments, for one) that no sheet's old vector drawing has taken."""
    blocks = {0}
    for name in package.names(r".*\.vml"):
        for data in re.findall(rb"""<o:idmap\b[^>]*\bdata=["']([\d,]+)""", package.part(name)):
            blocks |= {int(number) for number in data.split(b",") if 0 < len(number) < VML_DIGITS}
    return max(blocks) + 1


def local_name(element: Element) -> str:
    """An element's name without its namespace; nothing for comments and the like."""
    return str(etree.QName(element).localname) if isinstance(element.tag, str) else ""


def relations_part(part: str) -> str:
    """The name of the part that holds what a part ("" for the package itself) refers to."""
    return posixpath.join(posixpath.dirname(part), "_rels", posixpath.basename(part) + ".rels")


def _member(name: str, date: tuple[int, int, int, int, int, int]) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, date)
    info.compress_type = zipfile.ZIP_DEFLATED
    return info


def _copy(source: bytes, info: zipfile.ZipInfo, out: zipfile.ZipFile) -> None:
    """Copy a member as it is packed: neither inflated, which a hostile file makes dear, nor deflated, which is slow."""
    lengths = source[info.header_offset + LOCAL_HEADER - 4 : info.header_offset + LOCAL_HEADER]
    if len(lengths) != 4:
        raise PackageError(f"{info.filename} is damaged")
    start = info.header_offset + LOCAL_HEADER + sum(struct.unpack("<HH", lengths))
    packed = source[start : start + info.compress_size]
    if len(packed) != info.compress_size:
        raise PackageError(f"{info.filename} is damaged")
    member = copy.copy(info)
    member.flag_bits &= ~SIZES_FOLLOW
    member.extra = b""
    assert out.fp is not None
    member.header_offset = out.fp.tell()
    try:
        header = member.FileHeader(zip64=False)
    except (zipfile.LargeZipFile, struct.error):
        raise PackageError(f"{info.filename} is damaged") from None
    out.fp.write(header + packed)
    # As ZipFile.writestr does it after a member; it has no way to take packed data.
    out.start_dir = out.fp.tell()
    out.filelist.append(member)
    out.NameToInfo[member.filename] = member
