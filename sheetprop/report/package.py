"""A workbook's file as the zip package that it is: parts copied as they are, and the few that change, as XML trees."""

from __future__ import annotations

import copy
import posixpath
import re
import struct
import zipfile
from dataclasses import dataclass
from io import BytesIO
from typing import Any
from urllib.parse import unquote

from lxml import etree

from sheetprop.report import wording

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
MAIN_STRICT = "http://purl.oclc.org/ooxml/spreadsheetml/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
OFFICE_STRICT = "http://purl.oclc.org/ooxml/officeDocument/relationships"
RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
CONTENT_TYPES = "[Content_Types].xml"
SPREADSHEET_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml."

LARGEST_PART = 256 * 2**20
"""Bytes; a part that is larger once inflated is no student's sheet but an attack."""
LOCAL_HEADER = 30
"""Bytes of a member's header in a zip file before its name; the lengths of name and extra field are its last four."""
ENCRYPTED, SIZES_FOLLOW = 0x1, 0x8
"""Flags of a member."""
NEW_DATE = (1980, 1, 1, 0, 0, 0)
"""Of parts that are added: the same input gives the same file."""

_NOT_XML = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_TURNING = str.maketrans(dict.fromkeys(wording.TURNING))
_LOOKS_ESCAPED = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")

Element = Any
"""An lxml element (lxml has no types of its own)."""


class PackageError(ValueError):
    """A package that is not a workbook's, or is damaged where it has to be read."""


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
        except (zipfile.BadZipFile, ValueError, NotImplementedError, struct.error, OSError) as error:
            raise PackageError(f"not a zip package: {error}") from None
        # Of members by the same name the last is the one that counts.
        self._members = {info.filename.lower(): info for info in self._zip.infolist()}
        self._trees: dict[str, Element] = {}
        self._changed: set[str] = set()
        self._added: dict[str, tuple[str, bytes]] = {}
        if CONTENT_TYPES not in self:
            raise PackageError("not a workbook: it has no content types")
        if any(info.flag_bits & ENCRYPTED for info in self._members.values()):
            raise PackageError("encrypted")

    def __contains__(self, name: str) -> bool:
        return name.lower() in self._members or name.lower() in self._added

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
        except Exception as error:  # what zipfile and zlib raise at damaged data is of many kinds
            raise PackageError(f"{name} is damaged: {error}") from None

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

    def add(self, name: str, data: bytes, content_type: str) -> None:
        """Add a part of a type."""
        self.put(name, data)
        override = etree.SubElement(self.edit(CONTENT_TYPES), f"{{{TYPES}}}Override")
        override.set("PartName", f"/{name}")
        override.set("ContentType", content_type)

    def add_extension(self, extension: str, content_type: str) -> None:
        """See to it that parts with this extension have a type."""
        types = self.edit(CONTENT_TYPES)
        known = {default.get("Extension", "").lower() for default in types.iterchildren(f"{{{TYPES}}}Default")}
        if extension not in known:
            # Defaults come first by custom, though the standard has no order.
            types.insert(0, etree.Element(f"{{{TYPES}}}Default", Extension=extension, ContentType=content_type))

    def unused(self, pattern: str) -> str:
        """A name for a new part; ``pattern`` has {} where the number goes."""
        number = 1
        while pattern.format(number) in self:
            number += 1
        return pattern.format(number)

    def relations(self, part: str) -> list[Relation]:
        """What a part ("" for the package itself) refers to."""
        name = _relations_part(part)
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
        name = _relations_part(part)
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
    except etree.XMLSyntaxError as error:
        raise PackageError(f"{name} is not XML: {error}") from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise PackageError(f"{name} has a document type, which no workbook may have")
    return root


def namespace(root: Element) -> str:
    """The namespace of an element."""
    return str(etree.QName(root).namespace or "")


def office(root: Element) -> str:
    """The namespace of relationships and their types in a document that begins with ``root``."""
    return OFFICE_STRICT if namespace(root) == MAIN_STRICT else OFFICE


def local_name(element: Element) -> str:
    """An element's name without its namespace; nothing for comments and the like."""
    return str(etree.QName(element).localname) if isinstance(element.tag, str) else ""


def clean(text: str, limit: int) -> str:
    """A text as a workbook may hold it: at most ``limit`` characters and nothing that does harm.

    That is what XML forbids, what turns the direction of writing, and what a spreadsheet reads as an escape.
    """
    text = _NOT_XML.sub("", text.replace("\r\n", "\n").replace("\r", "\n").translate(_TURNING))
    if len(text) > limit:
        text = text[: limit - 1] + "…"
    return _LOOKS_ESCAPED.sub("_x005F_", text)


def _relations_part(part: str) -> str:
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
    member = copy.copy(info)
    member.flag_bits &= ~SIZES_FOLLOW
    member.extra = b""
    assert out.fp is not None
    member.header_offset = out.fp.tell()
    out.fp.write(member.FileHeader(zip64=False))
    out.fp.write(source[start : start + info.compress_size])
    # As ZipFile.writestr does it after a member; it has no way to take packed data.
    out.start_dir = out.fp.tell()
    out.filelist.append(member)
    out.NameToInfo[member.filename] = member
