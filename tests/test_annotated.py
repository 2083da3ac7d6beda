"""The annotated copy of a submission: what it adds can be seen in it, and nothing else of the workbook changes."""

import json
import os
import re
import zipfile
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter
from lxml import etree
from openpyxl.worksheet.worksheet import Worksheet

from sheetprop import generate
from sheetprop.errors import InputError
from sheetprop.package import BOOK_TYPE, MACRO_BOOK_TYPE, Package
from sheetprop.report.annotated import annotate
from sheetprop.report.cells import Area, areas
from sheetprop.submission.findings import Code, Finding, ScoreLine, Severity, Status, Submission
from tests.libreoffice import needs_libreoffice, recalculate

RED, AMBER = "FFFFC7CE", "FFFFE699"
MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
SUBMISSIONS = os.environ.get("SHEETPROP_SUBMISSIONS")
WRONG_FORMULA = '=HYPERLINK("http://example.org";"click")'
SCORE = [ScoreLine("mathematics", "Mathematics", 62.5, 80, "∂E/∂w3 is wrong."), ScoreLine("chart", "Chart", 20, 20, "")]
ORDER = [
    "sheetPr", "dimension", "sheetViews", "sheetFormatPr", "cols", "sheetData", "sheetCalcPr", "sheetProtection",
    "protectedRanges", "scenarios", "autoFilter", "sortState", "dataConsolidate", "customSheetViews", "mergeCells",
    "phoneticPr", "conditionalFormatting", "dataValidations", "hyperlinks", "printOptions", "pageMargins", "pageSetup",
    "headerFooter", "rowBreaks", "colBreaks", "customProperties", "cellWatches", "ignoredErrors", "smartTags",
    "drawing", "legacyDrawing", "legacyDrawingHF", "picture", "oleObjects", "controls", "webPublishItems",
    "tableParts", "extLst",
]  # fmt: skip
"""The children of a worksheet, as the schema orders them."""


def finding(sheet: str | None, cells: str | None, severity: Severity = Severity.ERROR, **more: str) -> Finding:
    """A finding at these cells."""
    return Finding(
        Code.WRONG_FORMULA, severity, **{"message": "a_h2 belongs here", "sheet": sheet, "cells": cells} | more
    )


def submission(*findings: Finding) -> Submission:
    """A submission with these findings."""
    return Submission("class.zip/ada/work.xlsx", Status.WRONG, [], findings, SCORE)


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A workbook with all that is easily damaged: charts, names, comments, conditional formats, hidden sheets."""
    path = tmp_path_factory.mktemp("source") / "source.xlsx"
    with xlsxwriter.Workbook(path) as book:
        work, second, hidden = (book.add_worksheet(name) for name in ("Ada's work", "Second", "Secret"))
        number = book.add_format({"num_format": "0.0000", "bold": True, "border": 1, "bg_color": "#00FF00"})
        for row in range(20):
            work.write_formula(row, 1, f"=ROW()+{row}", number)
            work.write(row, 3, row / 7)
        work.write(0, 5, "plain")
        work.write_comment("B5", "The student's own words", {"author": "Ada"})
        work.conditional_format("B1:B20", {"type": "data_bar"})
        work.data_validation("D1:D9", {"validate": "integer", "criteria": ">", "value": 0})
        work.set_column("G:G", 12, book.add_format({"num_format": "0.00%"}))
        chart = book.add_chart({"type": "line"})
        chart.add_series({"values": "='Ada''s work'!$B$1:$B$20"})
        work.insert_chart("H2", chart)
        work.insert_textbox("H20", "a shape")
        second.write("A1", 1)
        second.write("A9", 1)
        second.add_table("C1:D4")
        second.activate()
        second.select()
        hidden.write("A1", 1)
        hidden.hide()
        book.define_name("'Second'!local", "=Second!$A$1")
        book.define_name("everywhere", "=Second!$A$1")
        work.print_area("A1:D20")
    return path.read_bytes()


def parts(data: bytes) -> dict[str, bytes]:
    """Every part of a file by name."""
    with zipfile.ZipFile(BytesIO(data)) as package:
        assert package.testzip() is None
        assert len(package.namelist()) == len(set(package.namelist()))
        return {name: package.read(name) for name in package.namelist()}


def packed(files: dict[str, bytes]) -> bytes:
    """A file of parts."""
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as package:
        for name, data in files.items():
            package.writestr(name, data)
    return buffer.getvalue()


def opened(data: bytes) -> openpyxl.Workbook:
    """A workbook in openpyxl."""
    return openpyxl.load_workbook(BytesIO(data))


def fill(sheet: Worksheet, cell: str) -> str:
    """The colour of a cell's fill."""
    return str(sheet[cell].fill.fgColor.rgb)


def feedback(data: bytes) -> list[tuple[object, ...]]:
    """The rows of the first sheet, without their blanks."""
    rows = opened(data).worksheets[0].iter_rows(values_only=True)
    return [kept for row in rows if (kept := tuple(value for value in row if value is not None))]


def test_everything_else_stays_byte_for_byte(source: bytes) -> None:
    """A copy has every part of the original, in its order, and only those that must change are changed."""
    before, after = parts(source), parts(annotate(source, submission(finding("Second", "A1:A3"))))
    changed = {name for name in before if before[name] != after[name]}
    assert list(after)[: len(before)] == list(before)
    assert changed == {
        "[Content_Types].xml", "xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/styles.xml",
        "xl/worksheets/sheet2.xml", "xl/worksheets/_rels/sheet2.xml.rels",
    }  # fmt: skip
    assert "xl/charts/chart1.xml" in before
    assert set(after) - set(before) == {"xl/worksheets/sheet4.xml", "xl/comments2.xml", "xl/drawings/vmlDrawing2.vml"}


def test_wrong_cells_are_coloured_and_keep_their_looks(source: bytes) -> None:
    """A wrong cell turns red and keeps its formula, number format, font and border; its neighbours do not change."""
    sheet = opened(annotate(source, submission(finding("Ada's work", "B3:B6,D2"))))["Ada's work"]
    assert [fill(sheet, f"B{row}") for row in range(2, 8)] == ["FF00FF00", RED, RED, RED, RED, "FF00FF00"]
    assert fill(sheet, "D2") == RED
    cell = sheet["B3"]
    assert (cell.value, cell.number_format) == ("=ROW()+2", "0.0000")
    assert cell.font.b
    assert cell.border.top.style == "thin"


def test_an_error_outweighs_a_warning_and_notes_have_no_colour(source: bytes) -> None:
    """Warnings are amber, errors on the same cells red whichever comes first; what a note is about keeps its colour."""
    sheet = opened(
        annotate(
            source,
            submission(
                finding("Ada's work", "B1:B4", Severity.WARNING),
                finding("Ada's work", "B3"),
                finding("Ada's work", "D1:D4", Severity.NOTE),
            ),
        )
    )["Ada's work"]
    assert [fill(sheet, f"B{row}") for row in (2, 3, 4)] == [AMBER, RED, AMBER]
    assert sheet["D1"].fill.fill_type is None


def test_blank_cells_are_made_in_order(source: bytes) -> None:
    """Blank cells of a range are coloured too, with their column's format, and rows and cells stay in order."""
    after = annotate(source, submission(finding("Ada's work", "A19:G24"), finding("Second", "A3:A10")))
    book = opened(after)
    assert {fill(book["Ada's work"], cell) for cell in ("A19", "C20", "G24")} == {RED}
    assert {fill(book["Second"], f"A{row}") for row in range(3, 11)} == {RED}
    assert book["Ada's work"]["G24"].number_format == "0.00%"
    for name, used in ("sheet1", "A1:G24"), ("sheet2", "A1:D10"):
        sheet = etree.fromstring(parts(after)[f"xl/worksheets/{name}.xml"])
        assert sheet.find(f"{MAIN}dimension").get("ref") == used
        rows = sheet.findall(f"{MAIN}sheetData/{MAIN}row")
        numbers = [int(row.get("r")) for row in rows]
        assert numbers == sorted(set(numbers))
        for row in rows:
            columns = [openpyxl.utils.cell.coordinate_to_tuple(cell.get("r"))[1] for cell in row]
            first, last = map(int, row.get("spans", "1:99").split(":"))
            assert columns == sorted(set(columns))
            assert first <= columns[0] <= columns[-1] <= last


def test_a_huge_range_is_coloured_where_something_is(source: bytes) -> None:
    """A range of millions of cells colours those that exist and makes no others."""
    before = len(source)
    after = annotate(source, submission(finding("Ada's work", "A1:Z1048576")))
    assert fill(opened(after)["Ada's work"], "B20") == RED
    assert len(after) < before + 20_000


def test_comments_say_what_is_wrong(source: bytes) -> None:
    """The first cell of each range has the message, what was found and what was expected, of all findings on it."""
    wrong = finding("Second", "A1:A3,C2", found="=A1", expected="=B1")
    sheet = opened(annotate(source, submission(wrong, finding("Second", "A1", message="Another"))))["Second"]
    text = sheet["A1"].comment.text
    assert [line for line in text.split("\n") if line] == [
        "Error (no. 1)", "a_h2 belongs here", "Found: =A1", "Expected: =B1", "Error (no. 2)", "Another",
    ]  # fmt: skip
    assert "Found in A1: =A1" in sheet["C2"].comment.text
    assert sheet["A2"].comment is None


def test_each_place_of_a_mistake_is_marked_with_its_own_formulas(source: bytes) -> None:
    """A mistake on two sheets is one line of the feedback, and on each sheet its cells say what stands there."""
    first = finding("Second", "A1", found="=A1+1", expected="=A1")
    other = finding("Ada's work", "D2", found="=D2+1", expected="=D2")
    after = annotate(source, submission(first, other))
    book = opened(after)
    assert "Error (no. 1)" in book["Second"]["A1"].comment.text
    assert "Error (no. 1)" in book["Ada's work"]["D2"].comment.text
    assert "Found: =D2+1" in book["Ada's work"]["D2"].comment.text
    assert fill(book["Ada's work"], "D2") == fill(book["Second"], "A1") == "FFFFC7CE"
    told = [row for row in feedback(after) if "error" in row]
    assert [row[0] for row in told] == [1]
    assert "Also in: 'Ada''s work'!D2" in told[0][3]


def test_a_students_own_comments_stay(source: bytes) -> None:
    """Where the student has commented, ours follows in the same comment; others' boxes and texts stay."""
    after = annotate(source, submission(finding("Ada's work", "B5"), finding("Ada's work", "D5", message="New")))
    sheet = opened(after)["Ada's work"]
    assert re.match("The student's own words\n+Error .no. 1.\na_h2 belongs here", sheet["B5"].comment.text)
    assert sheet["B5"].comment.author == "Ada"
    assert "New" in sheet["D5"].comment.text
    before, files = parts(source), parts(after)
    assert [name for name in files if "omments" in name] == ["xl/comments1.xml"]
    boxes = files["xl/drawings/vmlDrawing1.vml"]
    assert boxes.startswith(before["xl/drawings/vmlDrawing1.vml"].rpartition(b"</xml>")[0])
    shapes = [shape.get("id") for shape in etree.fromstring(boxes).findall("{urn:schemas-microsoft-com:vml}shape")]
    assert len(shapes) == len(set(shapes)) == 2


def test_a_plain_comment_is_added_to(source: bytes) -> None:
    """A comment without formats, as some programs write it, keeps its text first and is of one kind of text after."""
    files = parts(source)
    name = "xl/comments1.xml"
    files[name] = re.sub(rb"<text>.*</text>", b"<text><t>Plain</t></text>", files[name])
    after = annotate(packed(files), submission(finding("Ada's work", "B5")))
    assert re.match("Plain\n+Error", opened(after)["Ada's work"]["B5"].comment.text)
    assert {etree.QName(child).localname for child in etree.fromstring(parts(after)[name]).find(f".//{MAIN}text")} == {
        "r"
    }


def test_children_of_sheets_are_in_the_schemas_order(source: bytes) -> None:
    """Excel repairs sheets whose elements are out of order: ours are in order in every sheet."""
    files = parts(annotate(source, submission(finding("Ada's work", "B5"), finding("Second", "A1"))))
    for name in (name for name in files if name.startswith("xl/worksheets/sheet")):
        places = [ORDER.index(etree.QName(child).localname) for child in etree.fromstring(files[name])]
        assert places == sorted(places), name


def test_feedback_is_first_and_alone_selected(source: bytes) -> None:
    """The workbook opens at Feedback, no other sheet is selected with it, and hidden sheets stay hidden."""
    book = opened(annotate(source, submission(finding("Secret", "A1"))))
    assert book.sheetnames == ["Feedback", "Ada's work", "Second", "Secret"]
    assert book.active.title == "Feedback"
    assert [sheet.title for sheet in book if sheet.sheet_view.tabSelected] == ["Feedback"]
    assert book["Secret"].sheet_state == "hidden"


def test_feedback_finds_another_name(source: bytes) -> None:
    """A workbook that has been annotated before, or has such a sheet whatever its case, gets a Feedback 2."""
    renamed = parts(source)
    renamed["xl/workbook.xml"] = renamed["xl/workbook.xml"].replace(b'name="Second"', b'name="FEEDBACK"')
    assert opened(annotate(packed(renamed), submission())).sheetnames[0] == "Feedback 2"
    twice = annotate(annotate(source, submission(finding("Second", "A1"))), submission(finding("Second", "A1")))
    assert opened(twice).sheetnames[:2] == ["Feedback 2", "Feedback"]


def test_local_names_still_belong_to_their_sheet(source: bytes) -> None:
    """Names of one sheet, its print area among them, are that sheet's still, and global ones are global."""
    before, after = opened(source), opened(annotate(source, submission()))
    assert list(after["Second"].defined_names) == ["local"]
    assert after["Ada's work"].print_area == before["Ada's work"].print_area != ""
    assert list(after.defined_names) == ["everywhere"]


def test_feedback_says_it_all(source: bytes) -> None:
    """Feedback has status, score, every score line, and the findings, the gravest first."""
    rows = feedback(annotate(source, submission(
        finding("Second", "A1", Severity.NOTE, message="Just a note"),
        finding("Ada's work", "B3:B6", found="=A1", expected="=B1"),
        finding(None, None, Severity.WARNING, message="No chart"),
    )))  # fmt: skip
    assert rows[:3] == [("Feedback",), ("work.xlsx",), ("Wrong", "82.5 of 100", "1 error, 1 warning, 1 note")]
    assert (62.5, 80, "Mathematics", "∂E/∂w3 is wrong.") in rows
    assert rows[-3:] == [
        (1, "error", "Ada's work: B3:B6", "a_h2 belongs here", "=A1", "=B1"),
        (2, "warning", "No chart"),
        (3, "note", "Second: A1", "Just a note"),
    ]


def test_links_lead_to_the_cells(source: bytes) -> None:
    """A finding's place leads to its first range; hidden and unknown sheets have no link, nor has anything if asked."""
    findings = (finding("Ada's work", "B3:B6,D2"), finding("Secret", "A1"), finding("Nowhere", "A1"))
    sheet = opened(annotate(source, submission(*findings))).worksheets[0]
    linked = [cell for row in sheet.iter_rows() for cell in row if cell.hyperlink]
    assert [(cell.value, cell.hyperlink.location) for cell in linked] == [
        ("Ada's work: B3:B6, D2", "'Ada''s work'!B3:B6")
    ]
    without = opened(annotate(source, submission(*findings), links=False)).worksheets[0]
    assert not any(cell.hyperlink for row in without.iter_rows() for cell in row)


def test_nothing_becomes_a_formula_or_markup(source: bytes) -> None:
    """Whatever a submission says is text in Feedback and in comments, also when a reader edits it."""
    hostile = finding(
        "Second", "A1", message="<b>bold</b> & \x00\x1b\ud800\u202e", found=WRONG_FORMULA, expected="=1+1"
    )
    after = annotate(source, submission(hostile))
    sheet = opened(after).worksheets[0]
    cells = [cell for row in sheet.iter_rows() for cell in row if cell.value is not None]
    found = next(cell for cell in cells if cell.value == WRONG_FORMULA)
    assert {cell.data_type for cell in cells} == {"s", "n"}
    assert found.quotePrefix
    assert "<b>bold</b> & " in {cell.value for cell in cells}
    assert b"<f" not in parts(after)["xl/worksheets/sheet4.xml"]
    assert "<b>bold</b> & \nFound: =HYPERLINK" in opened(after)["Second"]["A1"].comment.text


def test_rows_are_tall_enough_for_their_text(source: bytes) -> None:
    """A long message gets a taller row than a short one, and no row is taller than Excel allows."""
    after = annotate(source, submission(finding("Second", "A1"), finding("Second", "A2", message="long words " * 30),
                                        finding("Second", "A3", message="a line\n" * 99)))  # fmt: skip
    sheet = opened(after).worksheets[0]
    short, long, longest = (sheet.row_dimensions[row].height for row in range(sheet.max_row - 2, sheet.max_row + 1))
    assert 15 <= short < 5 * 15 < long < longest <= 409


def test_prefixed_documents_stay_prefixed(source: bytes) -> None:
    """A workbook whose elements have a prefix, as some programs write it, is annotated like any other."""
    files = parts(source)
    for name in ("xl/workbook.xml", "xl/styles.xml", "xl/worksheets/sheet2.xml"):
        text = re.sub(r"<(/?)(\w+)(?=[\s/>])", r"<\1x:\2", files[name].decode())
        files[name] = text.replace('xmlns="http', 'xmlns:x="http').encode()
    after = annotate(packed(files), submission(finding("Second", "A1:B9")))
    assert fill(opened(after)["Second"], "A1") == fill(opened(after)["Second"], "B9") == RED
    assert re.search(rb'<x:row r="8">\s*<x:c r="A8"', parts(after)["xl/worksheets/sheet2.xml"])
    assert not any(b"ns0" in data for data in parts(after).values())


def test_strict_workbooks_stay_strict(source: bytes) -> None:
    """In a workbook of the standard's strict kind everything new is in the strict namespaces."""
    strict = {
        b"http://schemas.openxmlformats.org/spreadsheetml/2006/main": b"http://purl.oclc.org/ooxml/spreadsheetml/main",
        b"http://schemas.openxmlformats.org/officeDocument/2006/relationships": (
            b"http://purl.oclc.org/ooxml/officeDocument/relationships"
        ),
    }
    files = parts(source)
    for old, new in strict.items():
        files = {name: data.replace(old, new) for name, data in files.items()}
    after = parts(annotate(packed(files), submission(finding("Second", "A1"))))
    assert RED.encode() in after["xl/styles.xml"]
    for name, data in after.items():
        assert not any(old in data for old in strict), name


def test_cells_without_addresses_are_counted(source: bytes) -> None:
    """Rows and cells may go without their addresses: the right ones are coloured all the same."""
    files = parts(source)
    name = "xl/worksheets/sheet1.xml"
    files[name] = re.sub(rb'<(row|c) r="\w+"', rb"<\1", files[name].replace(b' spans="2:6"', b""))
    sheet = opened(annotate(packed(files), submission(finding("Ada's work", "A7"))))["Ada's work"]
    assert fill(sheet, "A7") == RED
    assert sheet["A7"].value == "=ROW()+6"
    assert fill(sheet, "A6") == fill(sheet, "A8") == "FF00FF00"


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("work.xltx", "openxmlformats-officedocument.spreadsheetml.template", BOOK_TYPE),
        ("work.XLTM", "ms-excel.template.macroEnabled", MACRO_BOOK_TYPE),
        ("work.xlsm", "openxmlformats-officedocument.spreadsheetml.sheet", MACRO_BOOK_TYPE),
        ("work.xlsm", "ms-excel.sheet.macroEnabled", MACRO_BOOK_TYPE),
        ("work.xlsx", "openxmlformats-officedocument.spreadsheetml.sheet", BOOK_TYPE),
    ],
)
@pytest.mark.parametrize("default", [False, True])
def test_a_copy_is_of_the_kind_that_its_ending_says(
    source: bytes, name: str, before: str, after: str, default: bool
) -> None:
    """Excel opens no .xlsx that calls itself a template, nor one whose ending and type differ as to macros."""
    files = parts(source)
    types = files["[Content_Types].xml"].replace(BOOK_TYPE.encode(), f"application/vnd.{before}.main+xml".encode())
    if default:  # the type of all parts that end so, until one has its own
        types = types.replace(b'Override PartName="/xl/workbook.xml"', b'Default Extension="book"')
        files["xl/workbook.book"] = files.pop("xl/workbook.xml")
        files["xl/_rels/workbook.book.rels"] = files.pop("xl/_rels/workbook.xml.rels")
        files["_rels/.rels"] = files["_rels/.rels"].replace(b"workbook.xml", b"workbook.book")
    files["[Content_Types].xml"] = types
    copy = Package(annotate(packed(files), replace(submission(finding("Second", "A1")), path=f"all/{name}")))
    book = copy.related("", "officeDocument")
    assert book is not None
    assert copy.content_type(book) == after


@pytest.mark.parametrize(
    "broken",
    [b"", b"PK\x03\x04 but no more", packed({"a.txt": b"x"}), packed({"[Content_Types].xml": b"<Types/>"})],
    ids=["empty", "cut off", "other zip", "no workbook"],
)
def test_what_is_no_workbook_is_said_in_a_line(broken: bytes) -> None:
    """What cannot be annotated is an input error of one line that names the file, not the folders of the teacher."""
    with pytest.raises(InputError) as error:
        annotate(broken, submission())
    assert re.fullmatch(r"work\.xlsx: cannot be annotated: .+", str(error.value))


def test_entities_are_refused(source: bytes) -> None:
    """A workbook that declares entities, which no honest one does, is refused and nothing of it is expanded."""
    files = parts(source)
    files["xl/workbook.xml"] = files["xl/workbook.xml"].replace(
        b"<workbook", b'<!DOCTYPE workbook [<!ENTITY x SYSTEM "file:///etc/passwd">]><workbook', 1
    )
    with pytest.raises(InputError, match="document type"):
        annotate(packed(files), submission())


def test_areas_name_cells() -> None:
    """Ranges are read with or without $, in any case and direction; what names no cells is left out."""
    assert areas("$Z$33:z100, B2") == [Area(33, 26, 100, 26), Area(2, 2, 2, 2)]
    assert areas("B9:A1") == [Area(1, 1, 9, 2)]
    assert areas(None) == areas("") == areas("A:A") == areas("XFE1") == areas("A1048577") == []
    assert [str(area) for area in areas("XFD1048576,A1:B2")] == ["XFD1048576", "A1:B2"]


def test_a_generated_workbook_can_be_annotated(tmp_path: Path) -> None:
    """Our own workbook keeps every formula, chart and name when it is annotated."""
    path = tmp_path / "workbook.xlsx"
    generate(path=path, iterations=20, learning_rates=(0.5,), verify_numbers=False)
    before = opened(path.read_bytes())
    name = before.sheetnames[-1]
    after = opened(annotate(path.read_bytes(), submission(finding(name, "B3:D9"))))
    assert after.sheetnames == ["Feedback", *before.sheetnames]
    assert fill(after[name], "C5") == RED
    for sheet in before:
        copy = after[sheet.title]
        assert [c.value for row in sheet.iter_rows() for c in row if c.value is not None] == [
            c.value for row in copy.iter_rows() for c in row if c.value is not None
        ]
        assert list(copy.defined_names) == list(sheet.defined_names)
    charts = [n for n in parts(path.read_bytes()) if n.startswith("xl/charts/")]
    assert charts
    assert set(charts) <= set(parts(annotate(path.read_bytes(), submission())))


@needs_libreoffice
def test_libreoffice_sees_what_was_added(source: bytes, tmp_path: Path) -> None:
    """LibreOffice opens the copy and finds the texts, comments, fills and links that were added, and no new formula."""
    path = tmp_path / "annotated.xlsx"
    wrong = finding("Ada's work", "B5:B6,A30", found=WRONG_FORMULA, expected="=B1")
    path.write_bytes(annotate(source, submission(wrong, finding("Second", "A1", Severity.WARNING))))
    book = openpyxl.load_workbook(recalculate(path, tmp_path / "recalculated"))
    first, work = book.worksheets[0], book["Ada's work"]
    assert WRONG_FORMULA in {cell.value for row in first.iter_rows() for cell in row if cell.data_type == "s"}
    assert not [cell for row in first.iter_rows() for cell in row if cell.data_type == "f"]
    assert [link.hyperlink.location for row in first.iter_rows() for link in row if link.hyperlink]
    assert (fill(work, "B6"), fill(work, "A30"), fill(book["Second"], "A1")) == (RED, RED, AMBER)
    assert "own words" in work["B5"].comment.text
    assert all("a_h2 belongs here" in work[cell].comment.text for cell in ("B5", "A30"))
    assert len(work._charts) == 1


@pytest.mark.skipif(SUBMISSIONS is None, reason="SHEETPROP_SUBMISSIONS names no folder with real submissions")
def test_real_submissions_lose_nothing() -> None:
    """Real students' workbooks of all programs: wrong cells are coloured and commented, charts and pictures kept."""
    folder = Path(SUBMISSIONS or "")
    labels = json.loads((folder / "labels.json").read_text(encoding="utf-8"))
    kept = re.compile(
        r"xl/(charts|drawings|media|theme|tables|externalLinks|sharedStrings|calcChain|chartsheets/_rels).*"
    )
    for name, label in labels.items():
        source = (folder / f"{name}.xlsx").read_bytes()
        tables = [table for table in label["tables"] if table["first_row"] and "w3" in table["columns"]]
        cells = [
            (t["sheet"], "{0}{1}:{0}{2}".format(t["columns"]["w3"], t["first_row"], t["last_row"])) for t in tables
        ]
        after = annotate(source, submission(*(finding(*place) for place in cells)))
        before, files = parts(source), parts(after)
        assert all(before[part] == files[part] for part in before if kept.fullmatch(part)), name
        book = opened(after)
        assert book.sheetnames == ["Feedback", *openpyxl.load_workbook(BytesIO(source), read_only=True).sheetnames], (
            name
        )
        for sheet, where in cells:
            first, last = where.split(":")
            assert fill(book[sheet], first) == fill(book[sheet], last) == RED, name
            assert "a_h2 belongs here" in book[sheet][first].comment.text, name
