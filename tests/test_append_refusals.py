"""Workbooks that would be harmed by sheets appended to them, and what is none: each refused in a line, never lost."""

import random
import re
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from sheetprop.errors import InputError
from sheetprop.workbook.append import append_sheets, free_names
from tests.appending import (
    ADDED,
    OFFICE,
    RELATIONS,
    SHEETS,
    changed,
    everything,
    from_openpyxl,
    full_house,
    macros,
    related,
    sheets_of,
    written,
)
from tests.test_annotated import packed, parts


def test_names_that_collide_are_refused() -> None:
    """A sheet or name that is there already is neither renamed nor replaced, whatever its case."""
    existing = full_house()
    for names, defined, said in (
        (("Training", "SECOND", "Curves"), "cutoff", r'^marks\.xlsx: has a sheet "SECOND" already; .+$'),
        (SHEETS, "Epsilon", r'^marks\.xlsx: has the name "Epsilon" already; .+$'),
        (SHEETS, "table1", r'^marks\.xlsx: has the name "table1" already; .+$'),
    ):
        added = written(partial(everything, names=names, defined=defined))
        with pytest.raises(InputError, match=said):
            append_sheets(added, existing, "marks.xlsx")


def formatted(code: str) -> bytes:
    """A workbook with a number in a number format."""
    return written(lambda book: book.add_worksheet("New").write(0, 0, 1, book.add_format({"num_format": code})))


def test_dates_from_1904() -> None:
    """A workbook that counts dates from 1904 takes sheets without dates, and refuses those with dates."""
    existing = written(lambda book: book.add_worksheet("Old"), date_1904=True)
    assert sheets_of(append_sheets(ADDED, existing, "book")) == ["Old", *SHEETS]
    for code in ("yyyy-mm-dd", 'd" of "mmm', "[$-409]h:mm", "d/m/yy"):
        with pytest.raises(InputError, match=r"^book: counts its dates from 1904.+ write to another file"):
            append_sheets(formatted(code), existing, "book")
        assert append_sheets(formatted(code), full_house(), "book")
    for code in ('0.0" seconds"', "[Red]0.0E+00", "General", "[h]"):
        assert append_sheets(formatted(code), existing, "book")


STRICT = {
    b"http://schemas.openxmlformats.org/spreadsheetml/2006/main": b"http://purl.oclc.org/ooxml/spreadsheetml/main",
    b"http://schemas.openxmlformats.org/officeDocument/2006/relationships": (
        b"http://purl.oclc.org/ooxml/officeDocument/relationships"
    ),
}


def strict() -> bytes:
    """A workbook of the standard's strict kind."""
    files = parts(full_house())
    for old, new in STRICT.items():
        files = {name: data.replace(old, new) for name, data in files.items()}
    return packed(files)


def before_end(more: bytes) -> Callable[[bytes], bytes]:
    """A change that puts something before the end of a part's root element."""
    return replaced(b"(?=</[^>]*>$)", more)


def replaced(old: bytes, new: bytes) -> Callable[[bytes], bytes]:
    """A change that replaces the first match of a pattern."""

    def change(data: bytes) -> bytes:
        assert re.search(old, data)
        return re.sub(old, lambda _: new, data, count=1)

    return change


def binary() -> bytes:
    """A workbook of the binary kind."""
    files = parts(changed(root=related(("officeDocument", "xl/workbook.bin"))))
    return packed({**files, "xl/workbook.bin": b"binary"})


def ole2(stream: str) -> bytes:
    """A file of the kind that Office used up to 2003, and uses for encrypted ones."""
    return bytes.fromhex("d0cf11e0a1b11ae1") + bytes(504) + stream.encode("utf-16-le") + bytes(504)


def locked(flag: int) -> bytes:
    """A workbook whose members are marked in their headers as encrypted."""
    data = bytearray(full_house())
    for signature, offset in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        start = 0
        while (start := data.find(signature, start)) >= 0:
            data[start + offset] |= flag
            start += 4
    return bytes(data)


def doubled() -> bytes:
    """A workbook with two parts whose names differ in case only."""
    files = parts(full_house())
    return packed({**files, "XL/Styles.xml": files["xl/styles.xml"]})


PROTECTION = b'<workbookProtection lockStructure="1"/><bookViews'
SIGNATURE = f'<Relationship Id="s" Type="{RELATIONS}/digital-signature/origin" Target="_xmlsignatures/origin.sigs"/>'
SHARED = f'<Relationship Id="s" Type="{OFFICE}/revisionHeaders" Target="revisions/revisionHeaders.xml"/>'
ENTITY = b'<!DOCTYPE w [<!ENTITY x "y">]><workbook'
OPEN_DOCUMENT = {"mimetype": b"application/vnd.oasis.opendocument.spreadsheet", "content.xml": b"<x/>"}
REFUSED: dict[str, tuple[Callable[[], bytes], str]] = {
    "empty": (lambda: b"", "is empty"),
    "text": (lambda: b"a;b\n1;2\n", "is not an Excel workbook"),
    "old": (lambda: ole2("Workbook"), r"is an old Excel workbook \(\.xls\)"),
    "encrypted": (lambda: ole2("EncryptedPackage"), "is encrypted"),
    "locked": (lambda: locked(1), "is protected by a password"),
    "ods": (lambda: packed(OPEN_DOCUMENT), "is an OpenDocument file"),
    "zip": (lambda: packed({"a.txt": b"a"}), "has no content types"),
    "xlsb": (lambda: binary(), r"is a binary Excel workbook \(\.xlsb\)"),
    "no workbook": (lambda: changed(root=related(("officeDocument", "gone.xml"))), "is not an Excel workbook"),
    "word": (lambda: changed(workbook=b"<document/>"), "is not an Excel workbook"),
    "strict": (strict, 'is a "Strict Open XML" workbook'),
    "signed": (lambda: changed(root=before_end(SIGNATURE.encode())), "is digitally signed, .+ would not hold"),
    "protected": (lambda: changed(workbook=replaced(b"<bookViews", PROTECTION)), "its structure is protected"),
    "shared": (lambda: changed(rels=before_end(SHARED.encode())), "is a shared workbook"),
    "cut off": (lambda: full_house()[:-300], "not a zip package"),
    "doubled": (doubled, "two parts of one name"),
    "no sheets": (lambda: changed(workbook=replaced(b"<sheets>.*</sheets>", b"<sheets/>")), "has no sheets"),
    "no number": (lambda: changed(workbook=replaced(b'sheetId="1"', b'sheetId="one"')), "without a number"),
    "broken list": (lambda: changed(workbook=lambda data: data[:-20]), "is not XML"),
    "broken styles": (lambda: changed(styles=b"<styles"), "is not XML"),
    "other styles": (lambda: changed(styles=b"<styles/>"), "holds something else"),
    "entities": (lambda: changed(workbook=replaced(b"<workbook", ENTITY)), "document type"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_would_be_harmed_is_refused_in_a_line(case: str) -> None:
    """What cannot take sheets is told, also before any is made: what it is, and what to do."""
    make, said = REFUSED[case]
    existing = make()
    line = rf"^marks/ada\.xlsx: .*{said}[^\n]*; [^\n]+ without --append$"
    with pytest.raises(InputError, match=line):
        append_sheets(ADDED, existing, "marks/ada.xlsx")
    with pytest.raises(InputError, match=line):
        free_names(existing, SHEETS, "marks/ada.xlsx")


def test_too_many_formats_are_refused() -> None:
    """A workbook with as many cell formats as Excel takes is not made one that Excel cannot open."""
    form = b'<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    full = changed(styles=lambda data: data.replace(b"</cellXfs>", form * 65_485 + b"</cellXfs>"))
    with pytest.raises(InputError, match="so many cell formats"):
        append_sheets(ADDED, full, "book")


def test_damage_never_shows_a_traceback() -> None:
    """Whatever bytes of a workbook are damaged, it takes the sheets or is refused in a line."""
    pick = random.Random(7)
    source = packed({name: data for name, data in parts(from_openpyxl()).items() if len(data) < 20_000})
    said = []
    for _ in range(300):
        data = bytearray(source)
        for _ in range(pick.choice((1, 3, 30))):
            data[pick.randrange(len(data))] = pick.randrange(256)
        try:
            append_sheets(ADDED, bytes(data[: pick.choice((len(data), pick.randrange(len(data))))]), "book")
        except InputError as error:
            said.append(str(error))
    assert len(said) > 50
    assert all(line.isprintable() for line in said)


def test_only_sheets_can_be_added() -> None:
    """What belongs to a workbook as a whole, such as macros, is refused as a mistake of the caller."""
    with pytest.raises(ValueError, match="vbaProject: cannot be appended"):
        append_sheets(macros(ADDED), full_house(), "book")

    def dynamic(book: Any) -> None:
        book.add_worksheet("New").write_dynamic_array_formula("A1", "=SEQUENCE(3)")

    with pytest.raises(ValueError, match="sheetMetadata"):
        append_sheets(written(dynamic), full_house(), "book")
