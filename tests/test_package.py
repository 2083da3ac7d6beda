"""Opening what students hand in: right workbooks in all their variants, and every other file with a plain refusal."""

import io
import json
import os
import re
import struct
import time
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import xlsxwriter

from sheetprop.submission.open import archive, formats, package
from sheetprop.submission.open.package import Chart, ExcelTable, Unreadable, open_package

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
DOWNLOADED = os.environ.get("SHEETPROP_SUBMISSIONS")


def relations(*targets: tuple[str, str]) -> str:
    """A part with relationships rId1, rId2, … of these kinds to these targets."""
    rows = "".join(
        f'<Relationship Id="rId{n}" Type="{OFFICE}/{kind}" Target="{target}"/>'
        for n, (kind, target) in enumerate(targets, start=1)
    )
    return f'<Relationships xmlns="{RELATIONS}">{rows}</Relationships>'


PARTS = {
    "[Content_Types].xml": "<Types/>",
    "_rels/.rels": relations(("officeDocument", "xl/workbook.xml")),
    "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>'
    '<sheet name="One" sheetId="1" r:id="rId1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": relations(("worksheet", "worksheets/sheet1.xml")),
    "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{MAIN}"><sheetData/></worksheet>',
}
"""The least a workbook can be."""


def zipped(parts: dict[str, str | bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip file of these parts."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return buffer.getvalue()


def without(*names: str) -> dict[str, str | bytes]:
    """The least workbook without some of its parts."""
    return {name: text for name, text in PARTS.items() if name not in names}


def with_field(data: bytes, name: str, central: int, local: int, value: bytes) -> bytes:
    """A zip file with a field of a part's two headers overwritten."""
    changed = bytearray(data)
    for signature, offset, length in ((b"PK\x01\x02", central, 46), (b"PK\x03\x04", local, 30)):
        start = 0
        while (start := data.find(signature, start)) >= 0:
            if data[start + length :].startswith(name.encode()):
                changed[start + offset : start + offset + len(value)] = value
            start += 4
    assert changed != data
    return bytes(changed)


def ole2(*streams: str) -> bytes:
    """The beginning of an OLE2 file, with directory entries of these names."""
    return formats.OLE2 + bytes(504) + b"".join(name.encode("utf-16-le").ljust(128, b"\0") for name in streams)


@pytest.fixture(scope="module")
def workbook() -> bytes:
    """A workbook with all that a package tells about, as XlsxWriter makes it."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer) as book:
        first, hidden, deepest = (book.add_worksheet(name) for name in ("Net work ", "Été & co", "Deep"))
        sheet = book.add_chartsheet("Curve")
        hidden.hide()
        deepest.very_hidden()
        first.write_column("A1", ["text", "x < y", " blank "])
        first.write_rich_string("A4", "plain ", book.add_format({"bold": True}), "bold")
        columns = [{"header": "w1"}, {"header": "E total"}, {"header": "∂E/∂w1"}]
        first.add_table("B3:D8", {"name": "Steps", "columns": columns, "total_row": True})
        hidden.add_table("A1:B4", {"name": "Bare", "header_row": False})
        line = book.add_chart({"type": "line"})
        line.add_series(
            {"values": "='Net work '!$C$4:$C$7", "categories": "='Net work '!$B$4:$B$7", "name": "=Deep!$A$1"}
        )
        line.add_series({"values": "=Deep!$A$1:$A$9"})
        first.insert_chart("F1", line)
        scatter = book.add_chart({"type": "scatter"})
        scatter.add_series({"categories": "=Deep!$B$1:$B$9", "values": "=Deep!$A$1:$A$9"})
        sheet.set_chart(scatter)
        book.define_name("LearningRate", "='Net work '!$B$1")
        book.define_name("'Deep'!Rate", "=Deep!$B$1")
        picture = bytes.fromhex(
            "89504e470d0a1a0a0000000d494844520000000100000001080000000"
            "03a7e9b550000000a49444154789c6360000000020001e221bc330000000049454e44ae426082"
        )
        first.insert_image("F20", "dot.png", {"image_data": io.BytesIO(picture)})
    return buffer.getvalue()


def test_sheets_come_in_the_order_of_their_tabs(workbook: bytes) -> None:
    """Sheets have their names to the last blank and their states; chart sheets are not among them."""
    sheets = open_package(workbook).sheets
    assert [(sheet.name, sheet.state) for sheet in sheets] == [
        ("Net work ", "visible"),
        ("Été & co", "hidden"),
        ("Deep", "veryHidden"),
    ]
    assert sheets[1].part == "xl/worksheets/sheet2.xml"


def test_defined_names_tell_their_scope(workbook: bytes) -> None:
    """A name of one sheet is kept apart from a name of the workbook; case does not count."""
    assert open_package(workbook).defined_names == {"learningrate": "'Net work '!$B$1", "deep!rate": "Deep!$B$1"}


def test_shared_strings_are_plain(workbook: bytes) -> None:
    """Runs of a rich text are one text, blanks stay, and Japanese pronunciation aids are no part of it."""
    strings = open_package(workbook).shared_strings()
    assert strings[:4] == ["text", "x < y", " blank ", "plain bold"]
    pronounced = '<si><t>東京</t><rPh sb="0" eb="2"><t>トウキョウ</t></rPh></si>'
    xml = f'<sst xmlns="{MAIN}">{pronounced}<si/><si><t>a_x000A_b_x005F_</t></si></sst>'
    assert open_package(zipped({**PARTS, "xl/sharedStrings.xml": xml})).shared_strings() == ["東京", "", "a\nb_"]


def test_tables_have_their_place_and_columns(workbook: bytes) -> None:
    """An Excel table's corners count from zero and include its header and totals rows."""
    steps, bare = open_package(workbook).tables()
    assert steps == ExcelTable("Steps", "Net work ", 2, 1, 7, 3, ("w1", "E total", "∂E/∂w1"), 1, 1)
    assert (bare.sheet, bare.first_row, bare.last_row, bare.header_rows, bare.totals_rows) == ("Été & co", 0, 3, 0, 0)


def test_charts_tell_what_they_show(workbook: bytes) -> None:
    """A chart's series are its values, not their names or categories, on worksheets and on chart sheets."""
    assert open_package(workbook).charts() == [
        Chart("Net work ", "xl/charts/chart1.xml", ("'Net work '!$C$4:$C$7", "Deep!$A$1:$A$9")),
        Chart(None, "xl/charts/chart2.xml", ("Deep!$A$1:$A$9",)),
    ]


def test_charts_of_newer_kinds_are_seen() -> None:
    """A chart of the kinds that came with Excel 2016 counts as a chart, with its values."""
    parts = {
        "xl/worksheets/_rels/sheet1.xml.rels": relations(("drawing", "../drawings/drawing1.xml")),
        "xl/drawings/drawing1.xml": "<wsDr/>",
        "xl/drawings/_rels/drawing1.xml.rels": relations(("chartEx", "../charts/chartEx1.xml")),
        "xl/charts/chartEx1.xml": '<cx:chartSpace xmlns:cx="urn:cx"><cx:chartData><cx:data id="0">'
        '<cx:strDim type="cat"><cx:f>One!$A$1:$A$9</cx:f></cx:strDim>'
        '<cx:numDim type="val"><cx:f>One!$B$1:$B$9</cx:f></cx:numDim></cx:data></cx:chartData></cx:chartSpace>',
    }
    assert open_package(zipped(PARTS | parts)).charts() == [Chart("One", "xl/charts/chartEx1.xml", ("One!$B$1:$B$9",))]


def test_pictures_macros_and_links_are_told(workbook: bytes) -> None:
    """A picture of a chart, macros and links to other workbooks are noticed, and only where they are."""
    opened = open_package(workbook)
    assert (opened.pictures, opened.has_macros, opened.external_links) == (1, False, False)
    links = relations(("worksheet", "worksheets/sheet1.xml"), ("externalLink", "externalLinks/externalLink1.xml"))
    opened = open_package(zipped({**PARTS, "xl/_rels/workbook.xml.rels": links, "xl/vbaProject.bin": "macros"}))
    assert (opened.pictures, opened.has_macros, opened.external_links) == (0, True, True)


def prefixed(xml: str) -> str:
    """The workbook part with a prefix for each of its elements."""
    return re.sub(r"(</?)(\w)", r"\1x:\2", xml).replace("xmlns=", "xmlns:x=")


VARIANTS = {
    "least": PARTS,
    "absolute target": PARTS | {"xl/_rels/workbook.xml.rels": relations(("worksheet", "/xl/worksheets/sheet1.xml"))},
    "dotted target": PARTS | {"xl/_rels/workbook.xml.rels": relations(("worksheet", "../xl/./worksheets/sheet1.xml"))},
    "target from the root without a slash": PARTS
    | {"xl/_rels/workbook.xml.rels": relations(("worksheet", "xl/worksheets/sheet1.xml"))},
    "percent-encoded target": without("xl/worksheets/sheet1.xml")
    | {
        "xl/_rels/workbook.xml.rels": relations(("worksheet", "work%20sheets/a.xml")),
        "xl/work sheets/a.xml": "<worksheet/>",
    },
    "strict": {
        name: text.replace(
            "http://schemas.openxmlformats.org/officeDocument/2006", "http://purl.oclc.org/ooxml/officeDocument"
        ).replace(MAIN, "http://purl.oclc.org/ooxml/spreadsheetml/main")
        for name, text in PARTS.items()
    },
    "prefixed elements": PARTS | {"xl/workbook.xml": prefixed(PARTS["xl/workbook.xml"])},
    "an entry without a name": PARTS | {"\x01folder/": ""},
    "backslashes": {name.replace("/", "\\"): text for name, text in PARTS.items()},
    "other case": {name.title() if name.startswith("xl/") else name: text for name, text in PARTS.items()},
    "UTF-16": PARTS | {"xl/workbook.xml": PARTS["xl/workbook.xml"].encode("utf-16")},
    "workbook elsewhere": {
        "_rels/.rels": relations(("officeDocument", "/book/main.xml")),
        "book/main.xml": PARTS["xl/workbook.xml"],
        "book/_rels/main.xml.rels": PARTS["xl/_rels/workbook.xml.rels"],
        "book/worksheets/sheet1.xml": "<worksheet/>",
    },
    "no package relationships": without("_rels/.rels", "[Content_Types].xml"),
    "no workbook relationships": without("xl/_rels/workbook.xml.rels"),
}


@pytest.mark.parametrize("parts", VARIANTS.values(), ids=VARIANTS)
def test_variants_of_workbooks_open(parts: dict[str, str | bytes]) -> None:
    """Whatever program saved it: a workbook opens, its sheet can be read, and nothing that is missing is missed."""
    opened = open_package(zipped(parts).replace(b"\x01folder/", b"\x00folder/"))
    (sheet,) = opened.sheets
    assert sheet.name == "One"
    assert opened.read(sheet.part).startswith(b"<worksheet")
    assert opened.read("/" + sheet.part.upper()) == opened.read(sheet.part)
    assert (opened.shared_strings(), opened.tables(), opened.charts()) == ([], [], [])


OTHER_FILES = {
    "nothing": (b"", "empty (0 bytes)"),
    "zeros": (bytes(9000), "nothing but zeros"),
    "password": (ole2("EncryptionInfo", "EncryptedPackage"), "protected by a password"),
    "rights management": (ole2("DRMEncryptedDataSpace", "EncryptedPackage"), "rights management"),
    "xls": (ole2("Root Entry", "Workbook"), "an old Excel workbook (.xls), whatever its name says: open it in Excel"),
    "xls of Excel 95": (ole2("Root Entry", "Book"), "an old Excel workbook (.xls)"),
    "xls of Excel 4": (b"\x09\x04\x06\x00\x00\x00\x10\x00", "an old Excel workbook (.xls)"),
    "doc": (ole2("WordDocument"), "an old Word document"),
    "csv": ("#;w1;Übung\r\n0;0,15;1\r\n".encode("cp1252"), "a text file (CSV), which holds values but no formulas"),
    "text": (b"I could not upload it, sorry\n", "a text file, not"),
    "html": (b"\xef\xbb\xbf\n<!DOCTYPE html><html><table>", "a web page (HTML)"),
    "XML spreadsheet": (
        b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet">',
        "an old XML spreadsheet",
    ),
    "link": (b'{"url":"https://docs.google.com/open?id=1"}', "only a link to a Google sheet"),
    "pdf": (b"%PDF-1.7\n\xe2\xe3", "a PDF document"),
    "picture": (b"\x89PNG\r\n\x1a\n\0\0", "a picture"),
    "rar": (b"Rar!\x1a\x07\x01\0", "a RAR archive"),
    "noise": (bytes(range(256)) * 9, "not an Excel workbook"),
    "ods": (
        zipped({"mimetype": "application/vnd.oasis.opendocument.spreadsheet"}),
        "an OpenDocument spreadsheet (.ods)",
    ),
    "odt": (zipped({"mimetype": "application/vnd.oasis.opendocument.text"}), "an OpenDocument file, not a spreadsheet"),
    "xlsb": (
        zipped({"_rels/.rels": relations(("officeDocument", "xl/workbook.bin")), "xl/workbook.bin": b"\x83\x01"}),
        "a binary Excel workbook (.xlsb)",
    ),
    "docx": (
        zipped({"_rels/.rels": relations(("officeDocument", "word/document.xml")), "word/document.xml": "<document/>"}),
        "a Word document",
    ),
    "pptx": (zipped({"ppt/presentation.xml": "<presentation/>"}), "a PowerPoint presentation"),
    "numbers": (zipped({"Index/Document.iwa": b"\0", "preview.jpg": b"\0"}), "an Apple Numbers document"),
    "zip of workbooks": (zipped({"anna/bp.xlsx": zipped(PARTS)}), "a zip archive with workbooks in it"),
    "zip of anything": (zipped({"notes.txt": "x"}), "a zip archive without an Excel workbook"),
    "empty zip": (zipped({}), "a zip archive without an Excel workbook"),
    "no workbook in it": (zipped({**PARTS, "xl/workbook.xml": "<html/>"}), "not an Excel workbook"),
}


@pytest.mark.parametrize(("data", "what"), OTHER_FILES.values(), ids=OTHER_FILES)
def test_other_files_are_named(data: bytes, what: str) -> None:
    """A file that is no .xlsx is told by what it is, and what to hand in, in one line."""
    with pytest.raises(Unreadable) as refusal:
        open_package(data)
    sentence = str(refusal.value)
    assert what in sentence
    assert re.fullmatch(
        r"This [^\n]+: (hand in|open it|save it|unpack it|remove|in Google|export)[^\n]+[^.]",
        sentence.replace(", saving or uploading it failed", ""),
    )


def replaced(part: str, text: str | bytes) -> bytes:
    """The least workbook with one part replaced."""
    return zipped({**PARTS, part: text})


def damaged_crc() -> bytes:
    """The least workbook with a changed letter in its workbook part."""
    return zipped(PARTS, zipfile.ZIP_STORED).replace(b'name="One"', b'name="Two"')


LAUGHS = (
    '<!DOCTYPE workbook [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefghi", "bcdefghij", strict=True))
    + "]><workbook>&j;</workbook>"
)
DAMAGED: dict[str, tuple[Callable[[], bytes], str]] = {
    "cut off": (lambda: zipped(PARTS)[:-60], "cut off or damaged"),
    "cut off early": (lambda: zipped(PARTS)[:100], "cut off or damaged"),
    "checksum": (damaged_crc, "xl/workbook.xml cannot be unpacked"),
    "encrypted part": (
        lambda: with_field(zipped(PARTS), "xl/workbook.xml", 8, 6, b"\x01\x00"),
        "protected by a password",
    ),
    "other compression": (lambda: zipped(PARTS, zipfile.ZIP_LZMA), "packed by an unusual method"),
    "unknown compression": (
        lambda: with_field(zipped(PARTS), "xl/workbook.xml", 10, 8, b"\x63\x00"),
        "packed by an unusual method",
    ),
    "not XML": (lambda: replaced("xl/workbook.xml", "<workbook><sheets></workbook>"), "not well-formed XML"),
    "unknown entity": (lambda: replaced("xl/workbook.xml", "<workbook>&nbsp;</workbook>"), "not well-formed XML"),
    "odd encoding": (lambda: replaced("xl/workbook.xml", '<?xml version="1.0" encoding="utf-7"?><a/>'), "an encoding"),
    "document type": (
        lambda: replaced("xl/workbook.xml", "<!DOCTYPE workbook><workbook/>"),
        "contains a document type declaration",
    ),
    "billion laughs": (lambda: replaced("xl/workbook.xml", LAUGHS), "contains a document type declaration"),
    "external entity": (
        lambda: replaced(
            "xl/workbook.xml", '<!DOCTYPE w [<!ENTITY e SYSTEM "file:///etc/passwd">]><workbook>&e;</workbook>'
        ),
        "contains a document type declaration",
    ),
    "document type in relationships": (
        lambda: replaced("xl/_rels/workbook.xml.rels", "<!DOCTYPE r><Relationships/>"),
        "contains a document type declaration",
    ),
    "deep": (lambda: replaced("xl/workbook.xml", "<workbook>" + "<a>" * 100_000), "nested too deeply"),
    "no sheets": (lambda: replaced("xl/workbook.xml", "<workbook><sheets/></workbook>"), "no worksheet"),
    "lost sheet": (lambda: zipped(without("xl/worksheets/sheet1.xml")), "its sheet One is missing"),
    "too many parts": (lambda: zipped({f"{n}": "" for n in range(archive.PARTS + 1)}), "too many parts"),
}


@pytest.mark.parametrize(("make", "what"), DAMAGED.values(), ids=DAMAGED)
def test_damaged_workbooks_are_refused(make: Callable[[], bytes], what: str) -> None:
    """A damaged or hostile workbook is refused in one line that tells what is wrong."""
    with pytest.raises(Unreadable, match=re.escape(what)) as refusal:
        open_package(make())
    assert "\n" not in str(refusal.value)


def measured(run: Callable[[], object]) -> tuple[str, int]:
    """The refusal that a call ends in, and the most memory that it took."""
    tracemalloc.start()
    try:
        with pytest.raises(Unreadable) as refusal:
            run()
        return str(refusal.value), tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def bomb(size: int) -> bytes:
    """A workbook whose sheet unpacks to this many zeros; small on the disk."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in PARTS.items():
            if name != "xl/worksheets/sheet1.xml":
                archive.writestr(name, text)
        with archive.open("xl/worksheets/sheet1.xml", "w") as member:
            for _ in range(size // 1_000_000):
                member.write(bytes(1_000_000))
    return buffer.getvalue()


@pytest.mark.parametrize("size", [30_000_000, 300_000_000])
def test_zip_bombs_are_refused_before_they_unpack(size: int) -> None:
    """A file of 0.3 MB that unpacks to 300 MB is refused, and none of it is unpacked."""
    data = bomb(size)
    assert len(data) < 350_000
    sentence, memory = measured(lambda: open_package(data))
    assert "only a zip bomb" in sentence or "unpacks to 300 MB" in sentence
    assert memory < 2_000_000


def test_a_header_that_lies_unpacks_no_more_than_it_says() -> None:
    """A part that unpacks to 30 MB but declares 1,000 bytes costs no memory and counts as damaged."""
    data = with_field(bomb(30_000_000), "xl/worksheets/sheet1.xml", 24, 22, struct.pack("<I", 1000))
    opened = open_package(data)
    sentence, memory = measured(lambda: opened.read("xl/worksheets/sheet1.xml"))
    assert "cannot be unpacked" in sentence
    assert memory < 5_000_000


def test_reading_one_part_again_and_again_comes_to_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """All that is ever unpacked from one workbook is bounded, not only each part."""
    monkeypatch.setattr(package, "READ_BYTES", 5000)
    opened = open_package(replaced("xl/worksheets/sheet1.xml", "<worksheet>" + " " * 1000))
    with pytest.raises(Unreadable, match="has a part"):
        [opened.read("xl/worksheets/sheet1.xml") for _ in range(10)]


def test_too_much_structure_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A workbook whose texts or charts would take minutes to parse is refused, one with much in its cells is not."""
    monkeypatch.setattr(package, "XML_BYTES", 5000)
    parts = {
        **PARTS,
        "xl/sharedStrings.xml": "<sst>" + "<si/>" * 1000 + "</sst>",
        "xl/worksheets/sheet1.xml": " " * 9000,
    }
    opened = open_package(zipped(parts))
    assert len(opened.read("xl/worksheets/sheet1.xml")) == 9000
    with pytest.raises(Unreadable, match="of charts, texts and the like"):
        opened.shared_strings()


def test_many_large_parts_are_refused_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts that are each within the limit, but not together, are refused before they are unpacked."""
    monkeypatch.setattr(package, "TOTAL_BYTES", 5000)
    with pytest.raises(Unreadable, match="unpacks to"):
        open_package(zipped({**PARTS, **{f"xl/media/{n}": bytes(1000) for n in range(5)}}))


def test_large_files_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file beyond the limit is refused by its size."""
    monkeypatch.setattr(archive, "FILE_BYTES", 1000)
    with pytest.raises(Unreadable, match="too large"):
        open_package(zipped(PARTS) + bytes(1000))


def test_names_out_of_a_file_stay_on_one_line() -> None:
    """A part or sheet whose name has control characters or thousands of letters cannot garble the refusal."""
    relation = relations(("worksheet", "worksheets/sheet1.xml"))
    name = f"a&#10;b&#x202E;{'c' * 999}"
    sheet = f'<workbook xmlns:r="{OFFICE}"><sheets><sheet name="{name}" r:id="rId9"/></sheets></workbook>'
    with pytest.raises(Unreadable) as refusal:
        open_package(zipped({**PARTS, "xl/workbook.xml": sheet, "xl/_rels/workbook.xml.rels": relation}))
    assert str(refusal.value).isprintable()
    assert len(str(refusal.value)) < 250


def test_no_damage_crashes(workbook: bytes) -> None:
    """Whichever byte of a workbook is changed: it opens, or it is refused; nothing else ever happens."""
    step = len(workbook) // 150
    for position in [*range(0, len(workbook), step), *range(len(workbook) - 1500, len(workbook), 7)]:
        data = bytearray(workbook)
        data[position] ^= 0xFF
        try:
            opened = open_package(bytes(data))
            opened.shared_strings(), opened.tables(), opened.charts()
            [opened.read(sheet.part) for sheet in opened.sheets]
        except Unreadable:
            pass


def test_opening_parses_no_cells(workbook: bytes) -> None:
    """To open a workbook its sheets are not unpacked: a damaged one is noticed only when it is read."""
    damaged = with_field(workbook, "xl/worksheets/sheet1.xml", 16, 14, b"\0\0\0\0")
    opened = open_package(damaged)
    with pytest.raises(Unreadable, match="cannot be unpacked"):
        opened.read(opened.sheets[0].part)


@pytest.mark.skipif(not DOWNLOADED, reason="SHEETPROP_SUBMISSIONS does not name a folder with students' workbooks")
def test_students_workbooks_open() -> None:
    """Workbooks of all programs open, with as many charts as counted independently; the encrypted one is refused."""
    folder = Path(DOWNLOADED or "")
    labels = json.loads((folder / "labels.json").read_text(encoding="utf-8"))
    started = time.perf_counter()
    for path in sorted(folder.glob("*.xlsx")):
        if path.name == "legacy-xls-named-xlsx.xlsx":  # encrypted, for all its name
            with pytest.raises(Unreadable, match="rights management"):
                open_package(path.read_bytes())
        else:
            opened = open_package(path.read_bytes())
            assert len(opened.charts()) == labels[path.stem]["charts"], path.name
            assert {table["sheet"] for table in labels[path.stem]["tables"]} <= {sheet.name for sheet in opened.sheets}
    assert time.perf_counter() - started < 10
