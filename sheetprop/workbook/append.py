"""Sheets added to anyone's workbook, without harm to anything in it.

openpyxl would lose charts, shapes and more. So the file stays the zip package that it is: the sheets are put beside
what is there, and only the lists that name them grow. What would be harmed nevertheless is told, and refused.
"""

from __future__ import annotations

from collections.abc import Sequence

from sheetprop.errors import InputError
from sheetprop.package import MAIN, OFFICE, Element, Package
from sheetprop.workbook.append_existing import ANOTHER_FILE, ELSEWHERE, Existing, counts_from_1904, told_of
from sheetprop.workbook.append_parts import Parts, Tables
from sheetprop.workbook.append_styles import AddedStyles, theme_colours

LONGEST_NAME = 31
"""Characters of a sheet's name."""
SHEETS = ("worksheet", "chartsheet")
KINDS = {*SHEETS, "theme", "styles", "sharedStrings"}
"""What an added workbook may refer to: all else, such as macros, belongs to a workbook as a whole."""


def free_names(existing: bytes, wanted: Sequence[str], name: str) -> dict[str, str]:
    """Names that sheets to be added must have, by the names that they would have in a workbook of their own.

    All get the same number where one of them is taken: "Training 2", "Model 2". Raises InputError, which calls the
    file ``name``, where sheets cannot be added to it at all.
    """
    taken = Existing(existing, name).sheet_names
    names, number = list(wanted), 1
    while taken.intersection(new.lower() for new in names):
        number += 1
        suffix = f" {number}"
        # A name cannot end in an apostrophe.
        names = [old[: LONGEST_NAME - len(suffix)].rstrip(" '") + suffix for old in wanted]
    if len({new.lower() for new in names}) < len(wanted):
        raise ValueError(f"sheets cannot be told apart: {', '.join(names)}")
    return dict(zip(wanted, names, strict=True))


def taken_names(existing: bytes, name: str) -> set[str]:
    """The names of cells and tables that are known to a whole workbook, in lower case: none can be given again.

    Raises InputError, which calls the file ``name``, where sheets cannot be added to it at all.
    """
    return Existing(existing, name).taken_names


def append_sheets(added: bytes, existing: bytes, name: str) -> bytes:
    """The existing workbook with the sheets of the added one after its last, every other part of it byte for byte.

    ``added`` is a workbook that XlsxWriter wrote. Its sheets and defined names must be free in the existing one (see
    free_names, taken_names); its tables get other names where theirs are taken. Raises InputError, which calls the
    existing file ``name``, where something in it would be harmed, and ValueError where ``added`` has what belongs to a
    workbook as a whole: macros, cells with metadata.
    """
    own = _Added(added)
    book = Existing(existing, name)
    for sheet, _ in own.sheets:
        if sheet.get("name").lower() in book.sheet_names:
            raise InputError(f'{name}: has a sheet "{sheet.get("name")}" already; rename or delete it, {ELSEWHERE}')
    for defined in own.names:
        if defined.get("localSheetId") is None and defined.get("name").lower() in book.taken_names:
            raise InputError(f'{name}: has the name "{defined.get("name")}" already; rename or delete it, {ELSEWHERE}')
    with told_of(name):
        styles = AddedStyles(own.styles, book.styles, own.theme)
        tables = Tables(own.tables, book.taken_names | own.taken_names, book.first_table)
        parts = Parts(own.package, book.package, styles, own.strings, tables)
        for sheet, part in own.sheets:
            book.add_sheet(own.kinds[part], parts.copy(part), sheet.get("name"), sheet.get("state"))
        if styles.has_dates and book.dates_from_1904 != own.dates_from_1904:
            raise InputError(f"{name}: counts its dates from 1904, the new sheets theirs from 1900; {ANOTHER_FILE}")
        for defined in own.names:
            attributes = dict(defined.attrib)
            if "localSheetId" in attributes:
                attributes["localSheetId"] = str(int(attributes["localSheetId"]) + len(book.sheets))
            book.add_name(attributes, tables.in_formula(defined.text or ""))
        return book.package.save()


class _Added:
    """The workbook whose sheets are added."""

    def __init__(self, source: bytes) -> None:
        self.package = Package(source)
        workbook = self.package.related("", "officeDocument")
        if workbook is None:
            raise ValueError("the added file is not a workbook")
        root = self.package.read(workbook)
        relations = self.package.relations(workbook)
        if unknown := {relation.kind for relation in relations} - KINDS:
            raise ValueError(f"{', '.join(sorted(unknown))}: cannot be appended to another workbook")
        targets = {relation.id: relation.target or "" for relation in relations}
        self.sheets = [
            (sheet, targets[sheet.get(f"{{{OFFICE}}}id")])
            for sheet in root.iterfind(f"{{{MAIN}}}sheets/{{{MAIN}}}sheet")
        ]
        self.kinds = {relation.target: relation.kind for relation in relations if relation.kind in SHEETS}
        self.names = list(root.iterfind(f"{{{MAIN}}}definedNames/{{{MAIN}}}definedName"))
        self.taken_names = {defined.get("name").lower() for defined in self.names}
        self.dates_from_1904 = counts_from_1904(root)
        self.styles = self.package.read(self.package.related(workbook, "styles") or "")
        theme = self.package.related(workbook, "theme")
        self.theme = theme_colours(self.package.read(theme)) if theme else []
        strings = self.package.related(workbook, "sharedStrings")
        self.strings: list[Element] = list(self.package.read(strings)) if strings else []

    @property
    def tables(self) -> list[str]:
        """The names of the tables on the sheets."""
        return [
            self.package.read(relation.target).get("displayName")
            for _, part in self.sheets
            for relation in self.package.relations(part)
            if relation.kind == "table" and relation.target is not None
        ]
