"""A workbook of anyone's, to which sheets are to be added: opened, and refused where it would lose something."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from lxml import etree

from sheetprop.errors import InputError
from sheetprop.package import (
    MAIN,
    MAIN_STRICT,
    OFFICE,
    Element,
    EncryptedError,
    Package,
    PackageError,
    local_name,
    namespace,
)
from sheetprop.styles import edit_styles

ZIP, OLE2 = b"PK", bytes.fromhex("d0cf11e0a1b11ae1")
"""What files of today and encrypted or old ones begin with."""
ZIP_HEADER, OPEN_DOCUMENT = 30, b"mimetypeapplication/vnd.oasis.opendocument"
"""Bytes before the first name in a zip file, and what stands there in an OpenDocument file."""
ANOTHER_FILE = "write to another file, without --append"
ELSEWHERE = f"or {ANOTHER_FILE}"
SAVE_ANEW = f'save it in Excel as "Excel Workbook (*.xlsx)", {ELSEWHERE}'
BEFORE_NAMES = {"sheets", "functionGroups", "externalReferences"}
"""What comes right before the defined names in a workbook, as the schema orders it; all else before is before these."""
LARGEST_SHEET_ID = 65_534


class Existing:
    """The workbook: its package, its workbook part with its root, its sheets, styles and names."""

    def __init__(self, source: bytes, name: str) -> None:
        """Raises InputError, which calls the file ``name``, where sheets cannot be added without harm."""
        with told_of(name):
            self.package, self.part = _opened(source, name)
            self.root = self.package.read(self.part)
            _check(self.package, self.part, self.root, name)
            sheets = self.root.find(f"{{{MAIN}}}sheets")
            self.sheets: list[Element] = [] if sheets is None else list(sheets.iterchildren(f"{{{MAIN}}}sheet"))
            if not self.sheets:
                raise PackageError("it has no sheets")
            if not all(sheet.get("sheetId", "").isdecimal() for sheet in self.sheets):
                raise PackageError("it has a sheet without a number")
            self.sheet_names = {sheet.get("name", "").lower() for sheet in self.sheets}
            self.dates_from_1904 = counts_from_1904(self.root)
            self.styles = edit_styles(self.package, self.part)
            if self.styles.tag != f"{{{MAIN}}}styleSheet":
                raise PackageError("its part for styles holds something else")
            self._read_names()

    def add_sheet(self, kind: str, part: str, name: str, state: str | None) -> None:
        """Put a part after the last sheet."""
        sheets = self.package.edit(self.part).find(f"{{{MAIN}}}sheets")
        used = {int(sheet.get("sheetId")) for sheet in sheets.iterchildren(f"{{{MAIN}}}sheet")}
        number = max(used) + 1
        if number > LARGEST_SHEET_ID:
            number = min(set(range(1, LARGEST_SHEET_ID + 1)) - used)
        sheet = etree.SubElement(sheets, f"{{{MAIN}}}sheet")
        sheet.set("name", name)
        sheet.set("sheetId", str(number))
        if state is not None:
            sheet.set("state", state)
        sheet.set(f"{{{OFFICE}}}id", self.package.relate(self.part, kind, part, OFFICE))

    def add_name(self, attributes: dict[str, str], text: str) -> None:
        """Add a defined name."""
        names = self.package.edit(self.part).find(f"{{{MAIN}}}definedNames")
        if names is None:
            names = etree.Element(f"{{{MAIN}}}definedNames")
            place = max(i for i, child in enumerate(self.root, 1) if local_name(child) in BEFORE_NAMES)
            self.root.insert(place, names)
        etree.SubElement(names, f"{{{MAIN}}}definedName", attributes).text = text

    def _read_names(self) -> None:
        """What names known to the whole workbook are taken, in lower case, and the first unused number of a table."""
        self.first_table = 1
        self.taken_names = {
            name.get("name", "").lower()
            for name in self.root.iterfind(f"{{{MAIN}}}definedNames/{{{MAIN}}}definedName")
            if name.get("localSheetId") is None
        }
        sheets = {relation.target for relation in self.package.relations(self.part) if relation.kind == "worksheet"}
        for sheet in sheets:
            for relation in self.package.relations(sheet) if sheet else ():
                if relation.kind == "table" and relation.target is not None and relation.target in self.package:
                    table = self.package.read(relation.target)
                    self.taken_names |= {table.get(key, "").lower() for key in ("name", "displayName")}
                    if table.get("id", "").isdecimal():
                        self.first_table = max(self.first_table, int(table.get("id")) + 1)


@contextmanager
def told_of(name: str) -> Iterator[None]:
    """Have failures on a file that is called ``name`` told as errors of input, in a line."""
    try:
        yield
    except InputError:
        raise
    except (PackageError, ValueError, etree.LxmlError) as error:
        # What libraries say is not for users; our own may hold names out of the file.
        said = " ".join(str(error).split()) if isinstance(error, PackageError) else "it is damaged"
        reason = "".join(c if c.isprintable() else "\ufffd" for c in said)
        raise InputError(
            f"{name}: sheets cannot be added to it: {reason}; open and save it in Excel or LibreOffice, {ELSEWHERE}"
        ) from None


def counts_from_1904(workbook: Element) -> bool:
    """Whether dates are counted from 1904, as Excel for Mac once did."""
    properties = workbook.find(f"{{{MAIN}}}workbookPr")
    return properties is not None and _is_true(properties.get("date1904"))


def _opened(source: bytes, name: str) -> tuple[Package, str]:
    """The package and the name of its workbook part."""
    if not source.startswith(ZIP) or source[ZIP_HEADER:].startswith(OPEN_DOCUMENT):
        raise InputError(f"{name}: {_what_it_is(source)}")
    try:
        package = Package(source)
    except EncryptedError:
        raise InputError(f"{name}: is protected by a password; take it off, {ELSEWHERE}") from None
    part = package.related("", "officeDocument")
    if part is None:
        raise InputError(f"{name}: is not an Excel workbook (.xlsx or .xlsm), or damaged; {SAVE_ANEW}")
    if part.lower().endswith(".bin"):
        raise InputError(f"{name}: is a binary Excel workbook (.xlsb); {SAVE_ANEW}")
    return package, part


def _what_it_is(source: bytes) -> str:
    if source.startswith(OLE2):
        if "EncryptedPackage".encode("utf-16-le") in source:
            return f"is encrypted; take off its password or its sensitivity label in Excel, {ELSEWHERE}"
        return f"is an old Excel workbook (.xls) or another file of an old Office program; {SAVE_ANEW}"
    if source.startswith(ZIP):
        return f"is an OpenDocument file, not an Excel workbook (.xlsx or .xlsm); {SAVE_ANEW}"
    if not source:
        return f"is empty; name a workbook (.xlsx or .xlsm), {ELSEWHERE}"
    return f"is not an Excel workbook (.xlsx or .xlsm); {SAVE_ANEW}"


def _check(package: Package, part: str, root: Element, name: str) -> None:
    """Raise InputError where adding sheets would break what the workbook holds or asks for."""
    if local_name(root) != "workbook" or namespace(root) not in (MAIN, MAIN_STRICT):
        raise InputError(f"{name}: is not an Excel workbook (.xlsx or .xlsm); {SAVE_ANEW}")
    if namespace(root) == MAIN_STRICT:
        raise InputError(f'{name}: is a "Strict Open XML" workbook, which takes no ordinary sheets; {SAVE_ANEW}')
    if any(relation.kind == "origin" for relation in package.relations("")) or package.names("_xmlsignatures/.*"):
        raise InputError(
            f"{name}: is digitally signed, and the signature would not hold once sheets are added; "
            f"remove it in Excel (File > Info), {ELSEWHERE}"
        )
    protection = root.find(f"{{{MAIN}}}workbookProtection")
    if protection is not None and _is_true(protection.get("lockStructure")):
        raise InputError(
            f"{name}: its structure is protected, so that it takes no more sheets; "
            f"unprotect it in Excel (Review > Protect Workbook), {ELSEWHERE}"
        )
    if any(relation.kind == "revisionHeaders" for relation in package.relations(part)):
        raise InputError(
            f"{name}: is a shared workbook, whose record of changes would not know the new sheets; "
            f"stop sharing it in Excel (Review > Unshare Workbook), {ELSEWHERE}"
        )
    if package.is_ambiguous:
        raise PackageError("it has two parts of one name")


def _is_true(value: str | None) -> bool:
    return value in ("1", "true")
