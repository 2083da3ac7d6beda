"""Sheets appended to anyone's workbook: they look and compute as they did, and nothing that was there is harmed."""

import io
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
import xlsxwriter
from lxml import etree
from openpyxl.cell.rich_text import CellRichText

from sheetprop.errors import InputError
from sheetprop.workbook.append import append_sheets, free_names, taken_names
from tests.appending import (
    ADDED,
    CHART_ORDERS,
    LOSSES,
    MAIN,
    OFFICE,
    SHEETS,
    assert_same_sheets,
    assert_sound,
    bare,
    every_chart,
    everything,
    from_openpyxl,
    full_house,
    look,
    macros,
    picture,
    related,
    sheets_of,
    written,
)
from tests.conftest import Workbook
from tests.libreoffice import needs_libreoffice, recalculate_all
from tests.test_annotated import opened, packed, parts

SUBMISSIONS = os.environ.get("SHEETPROP_SUBMISSIONS")
CHANGED = {"[Content_Types].xml", "xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/styles.xml"}
"""The parts that list what is in a workbook: all others stay byte for byte."""
EXISTING = {"full house": full_house, "openpyxl": from_openpyxl, "bare": bare}


@pytest.fixture(params=[*EXISTING, "generated"])
def existing(request: pytest.FixtureRequest) -> bytes:
    """Each existing workbook in turn."""
    if request.param == "generated":
        path, _ = request.getfixturevalue("full")
        return bytes(path.read_bytes())
    return EXISTING[request.param]()


def test_everything_else_stays_byte_for_byte(existing: bytes) -> None:
    """Of an existing workbook every part stays, in its place, and only those that list what there is are changed."""
    before, data = parts(existing), append_sheets(ADDED, existing, "book")
    after = parts(data)
    assert list(after)[: len(before)] == list(before)
    assert {name for name in before if before[name] != after[name]} <= CHANGED | {"book.xml", "_rels/book.xml.rels"}
    assert sheets_of(data) == [*sheets_of(existing), *SHEETS]
    assert_sound(data)
    added = parts(ADDED)
    for kind in ("charts/", "drawings/drawing", "drawings/vml", "media/", "tables/", "comments"):
        there = [sum(f"xl/{kind}" in name for name in files) for files in (before, added, after)]
        assert there[0] + there[1] == there[2], kind


def test_formats_stay_in_their_places() -> None:
    """Styles are only added to: every list of the existing ones begins as it did, with the same number of formats."""
    existing = full_house()
    before, after = (
        etree.fromstring(parts(d)["xl/styles.xml"]) for d in (existing, append_sheets(ADDED, existing, ""))
    )
    for old, new in zip(before, after, strict=True):
        assert old.tag == new.tag
        kept = [etree.tostring(entry) for entry in new][: len(old)]
        assert kept == [etree.tostring(entry) for entry in old]


def test_sheets_look_and_compute_as_before(existing: bytes) -> None:
    """Old and new sheets have the values, formulas, fonts, fills, borders and number formats that they had."""
    data = append_sheets(ADDED, existing, "book")
    assert_same_sheets(ADDED, data, ["Training", "Model"])
    assert_same_sheets(existing, data, [sheet.title for sheet in opened(existing).worksheets])
    frame = pd.read_excel(io.BytesIO(data), sheet_name="Training", usecols="A:C", nrows=3, engine="openpyxl")
    assert frame.to_dict("list") == {"epoch": [1, 2, 3], "loss": list(LOSSES), "twice": [2 * loss for loss in LOSSES]}


def test_what_hangs_on_sheets_comes_along(existing: bytes) -> None:
    """Charts, pictures, comments, links, conditions, lists, tables and columns of the added sheets are there."""
    data = append_sheets(ADDED, existing, "book")
    book, own = opened(data), opened(ADDED)
    sheet, model = book["Training"], book["Model"]
    assert len(sheet._charts) == 1
    assert sheet._charts[0].series[0].val.numRef.f == "'Training'!$B$2:$B$4"
    assert len(sheet._images) == len(model._images) == 1
    assert sheet._images[0]._data() == picture(90).getvalue()
    assert (sheet["B2"].comment.text, sheet["B2"].comment.author) == ("the first loss", "sheetprop")
    assert model["A1"].comment.text == "from the other sheet"
    assert sheet["E3"].hyperlink.location == "'Model'!A1"
    assert sheet["E4"].hyperlink.target == "https://example.org/?a=1&b=2"
    (cells, (rule,)), *_ = sheet.conditional_formatting._cf_rules.items()
    assert str(cells.sqref) == "B2:B4"
    assert rule.dxf.fill.bgColor.rgb == "FFFEE2E2"
    assert rule.dxf.font.color.rgb == "FF991B1B"
    assert rule.dxf.numFmt.formatCode == "0.0000"
    assert sheet.data_validations.dataValidation[0].formula1 == '"a,b"'
    assert (sheet.print_area, sheet.print_title_rows) == ("'Training'!$A$1:$H$9", "$1:$1")
    assert sheet.auto_filter.ref == "A1:C4"
    assert sheet.sheet_properties.tabColor.rgb == "FF1E3A5F"
    assert sheet.column_dimensions["G"].width == own["Training"].column_dimensions["G"].width
    assert look(sheet.column_dimensions["G"]) == look(own["Training"].column_dimensions["G"])
    assert look(sheet.row_dimensions[13]) == look(own["Training"].row_dimensions[13])
    assert book.defined_names["cutoff"].attr_text == "'Model'!$B$1"
    assert len(book["Curves"]._charts) == 1
    files = parts(data)
    shapes = [n for n, f in files.items() if n.startswith("xl/drawings/drawing") and b"a shape" in f]
    assert len(shapes) == 1 + sum(b"a shape" in f for f in parts(existing).values())
    assert sum(b"sparklineGroup " in f for f in files.values()) == len(shapes)


def test_texts_keep_their_formats_without_the_theme() -> None:
    """A text of several formats stays one in its cell, in fonts that no theme of another workbook changes."""
    data = append_sheets(ADDED, from_openpyxl(), "book")
    book = openpyxl.load_workbook(io.BytesIO(data), rich_text=True)
    text = book["Training"]["E1"].value
    assert isinstance(text, CellRichText)
    assert [str(run) for run in text] == ["plain, ", "bold ", "blue", " end"]
    assert (text[1].font.b, text[1].font.rFont, text[1].font.scheme, text[1].font.color.rgb) == (
        True, "Calibri", None, "FF000000",
    )  # fmt: skip
    assert text[2].font.color.rgb == "FF1F5C99"
    assert book["Training"]["E2"].value == "  spaces & <signs>\n"
    new = parts(data)
    styles = etree.fromstring(new["xl/styles.xml"])
    formats = styles.findall(f"{MAIN}cellXfs/{MAIN}xf")
    fonts = styles.findall(f"{MAIN}fonts/{MAIN}font")
    kept = len(etree.fromstring(parts(from_openpyxl())["xl/styles.xml"]).find(f"{MAIN}cellXfs"))
    for form in formats[kept:]:
        font = fonts[int(form.get("fontId"))]
        assert font.find(f"{MAIN}scheme") is None
        assert all(element.get("theme") is None for element in font)
    sheets = [data for name, data in new.items() if "worksheets/sheet" in name and b"plain, " in data]
    assert [b"theme=" in sheet for sheet in sheets] == [False]


def test_tints_of_theme_colours_are_kept() -> None:
    """A colour of the theme made lighter or darker becomes the colour that Excel shows for it."""
    added = written(
        lambda book: book.add_worksheet("New").write(
            "A1", 1, book.add_format({"bg_color": xlsxwriter.color.Color.theme(4, 3), "font_color": "#010203"})
        )
    )
    fill = opened(append_sheets(added, full_house(), "book"))["New"]["A1"].fill.fgColor.rgb
    # Accent 1 of Office 2007, 4F81BD, is B8CCE4 60 % lighter.
    wanted = opened(added)["New"]["A1"].fill.fgColor
    assert wanted.type == "theme"
    expected = {0.4: "FF95B3D7", 0.6: "FFB8CCE4", 0.8: "FFDCE6F1"}[round(wanted.tint, 1)]
    assert all(abs(int(fill[n : n + 2], 16) - int(expected[n : n + 2], 16)) <= 1 for n in (2, 4, 6))


def test_the_workbook_opens_where_it_did() -> None:
    """The sheet in front, the selected sheets and the way of computing stay: new sheets are not selected with them."""

    def fill(book: Any) -> None:
        book.add_worksheet("One")
        two = book.add_worksheet("Two")
        two.activate()
        book.set_calc_mode("manual")

    existing = written(fill)
    data = append_sheets(ADDED, existing, "book")
    assert_sound(data)
    before, after = (etree.fromstring(parts(d)["xl/workbook.xml"]) for d in (existing, data))
    for name in ("bookViews", "calcPr", "workbookPr", "fileVersion"):
        assert etree.tostring(before.find(f"{MAIN}{name}")) == etree.tostring(after.find(f"{MAIN}{name}"))
    assert [s.title for s in opened(data).worksheets if s.sheet_view.tabSelected] == ["Two"]


def test_names_of_one_sheet_follow_their_sheets() -> None:
    """Print areas, titles and filters belong to the sheets that they belonged to, old and new."""
    existing = full_house()
    book = opened(append_sheets(ADDED, existing, "book"))
    for sheet in (book["Ada's work"], book["Training"]):
        assert sheet.print_area == "'{}'!$A$1:$H$9".format(sheet.title.replace("'", "''"))
        assert sheet.print_title_rows == "$1:$1"
    assert book["Second"].print_area == book["Model"].print_area == ""
    assert set(book.defined_names) == {"epsilon", "cutoff"}


def test_tables_get_numbers_and_names_of_their_own() -> None:
    """A table whose name is taken gets another, and the formulas that refer to it follow; the existing ones stay."""
    book = opened(append_sheets(ADDED, full_house(), "book"))
    assert list(book["Ada's work"].tables) == ["Table1"]
    assert list(book["Training"].tables) == ["Table2"]
    table = book["Training"].tables["Table2"]
    assert table.name == "Table2"
    assert table.tableColumns[1].calculatedColumnFormula.attr_text == "Table2[[#This Row],[n]]*2"
    assert book["Training"]["J2"].value == "=Table2[[#This Row],[n]]*2"
    assert book["Training"]["E7"].value == "=SUM(Table2[n])"
    assert book["Model"]["A3"].value == "=COUNT(Table2[m])"
    assert book["Ada's work"]["E7"].value == "=SUM(Table1[n])"


def test_texts_in_formulas_are_no_tables() -> None:
    """A table's new name is put where the table is meant, not in texts, sheets' names and longer words."""

    def fill(name: str) -> Callable[[Any], object]:
        def fill_book(book: Any) -> None:
            sheet = book.add_worksheet(name)
            sheet.add_table("A1:A3", {"name": "Losses", "columns": [{"header": "Losses"}]})
            sheet.write_formula("C1", '="Losses[a]"&COUNTA(losses[Losses])&MyLosses', None, "")

        return fill_book

    book = opened(append_sheets(written(fill("New")), written(fill("Losses")), "book"))
    assert book["New"]["C1"].value == '="Losses[a]"&COUNTA(Losses_1[Losses])&MyLosses'
    assert book["Losses"]["C1"].value == '="Losses[a]"&COUNTA(losses[Losses])&MyLosses'


def test_appending_twice() -> None:
    """A second run's sheets come after the first's, with one number for all, and add formats only where they differ."""
    once = append_sheets(ADDED, from_openpyxl(), "book")
    assert taken_names(once, "book") == {"cutoff", "table1"}
    names = free_names(once, SHEETS, "book")
    assert list(names.values()) == ["Training 2", "Model 2", "Curves 2"]
    new = tuple(names[sheet] for sheet in SHEETS)
    second = written(lambda book: everything(book, (new[0], new[1], new[2]), "cutoff_2"))
    twice = append_sheets(second, once, "book")
    assert sheets_of(twice) == ["Sheet", "Hidden", *SHEETS, *new]
    assert_sound(twice)
    assert_same_sheets(once, twice, ["Sheet", "Training", "Model"])
    assert_same_sheets(second, twice, [new[0], new[1]])
    assert parts(once)["xl/styles.xml"] == parts(twice)["xl/styles.xml"]
    assert opened(twice)["Hidden"].sheet_state == "hidden"


def test_the_same_input_gives_the_same_bytes(existing: bytes) -> None:
    """Nothing of the time or the place of writing is in the file."""
    assert append_sheets(ADDED, existing, "book") == append_sheets(ADDED, existing, "other")


def test_free_names_have_one_number() -> None:
    """Names are taken whatever their case; where one is, all get the smallest number that leaves all free."""

    def called(*names: str) -> bytes:
        return written(lambda book: [book.add_worksheet(name) for name in names])

    assert free_names(called("One"), ["Training", "Model"], "b") == {"Training": "Training", "Model": "Model"}
    assert free_names(called("MODEL"), ["Training", "Model"], "b") == {"Training": "Training 2", "Model": "Model 2"}
    assert free_names(called("training", "Model 2"), ["Training", "Model"], "b")["Training"] == "Training 3"
    long = "A name of exactly 31 characters"
    assert len(long) == 31
    assert free_names(called(long), [long], "b") == {long: "A name of exactly 31 characte 2"}
    assert free_names(called("Ada's very long name of a sheet"), ["Ada's very long name of a sheet"], "b")
    with pytest.raises(ValueError, match="cannot be told apart"):
        free_names(called(long), [long, long[:-1] + "z"], "b")


def test_taken_names_are_those_of_cells_and_tables() -> None:
    """Names of cells known to the whole workbook and tables' names are taken, those of one sheet are not."""
    assert taken_names(full_house(), "book") == {"epsilon", "table1"}


def test_macros_are_kept() -> None:
    """A workbook with macros keeps them, its type, and parts that nothing here knows, byte for byte."""
    existing = macros(full_house())
    before, data = parts(existing), append_sheets(ADDED, existing, "book.xlsm")
    after = parts(data)
    assert {name for name in before if before[name] != after[name]} == CHANGED
    assert b"macroEnabled.main" in after["[Content_Types].xml"]
    assert_sound(data)


def test_parts_that_are_only_told_of_stay_missing() -> None:
    """A new part gets no name that the existing workbook mentions, though no such part is there: it would be used."""
    stale = b'<Override PartName="/xl/worksheets/sheet3.xml" ContentType="application/xml"/></Types>'
    files = parts(full_house())
    files["[Content_Types].xml"] = files["[Content_Types].xml"].replace(b"</Types>", stale)
    files["xl/worksheets/_rels/sheet4.xml.rels"] = related(("drawing", "../drawings/drawing9.xml"))
    files["xl/worksheets/_rels/sheet2.xml.rels"] = files["xl/worksheets/_rels/sheet2.xml.rels"].replace(
        b"</Relationships>",
        f'<Relationship Id="x" Type="{OFFICE}/drawing" Target="../drawings/drawing5.xml"/></Relationships>'.encode(),
    )
    before, after = (set(f) for f in (files, parts(append_sheets(ADDED, packed(files), "book"))))
    assert {n for n in after - before if "worksheets/s" in n} == {
        "xl/worksheets/sheet5.xml",
        "xl/worksheets/sheet6.xml",
    }
    assert "xl/drawings/drawing4.xml" in before | after
    assert "xl/drawings/drawing5.xml" not in after


def test_number_formats_get_free_numbers() -> None:
    """A number that another number format has in the existing workbook is not used; the same format is used again."""
    files = parts(from_openpyxl())
    assert b'numFmtId="164"' in files["xl/styles.xml"]
    data = append_sheets(ADDED, packed(files), "book")
    codes = {
        entry.get("numFmtId"): entry.get("formatCode")
        for entry in etree.fromstring(parts(data)["xl/styles.xml"]).iterfind(f"{MAIN}numFmts/{MAIN}numFmt")
    }
    assert {"0.000000", "0.00 €", "0.000%", "0.0000"} <= set(codes.values())
    book = opened(data)
    assert (book["Training"]["B2"].number_format, book["Sheet"]["A1"].number_format) == ("0.000%", "0.000000")


@needs_libreoffice
def test_libreoffice_computes_old_and_new_sheets(full: Workbook, tmp_path: Path) -> None:
    """LibreOffice opens the workbooks and recalculates formulas of old and new sheets, also across new sheets."""
    sources = {**{name: make() for name, make in EXISTING.items()}, "generated": full[0].read_bytes()}
    paths = {}
    for name, source in sources.items():
        paths[name] = tmp_path / f"{name}.xlsx"
        paths[name].write_bytes(append_sheets(ADDED, source, name))
    for name, saved in recalculate_all(paths, tmp_path / "recalculated").items():
        book = openpyxl.load_workbook(saved, data_only=True)
        model = book["Model"]
        assert [model[cell].value for cell in ("A1", "A2", "A3")] == [0.875, 3.5, 3], name
        assert [book["Training"][f"C{row}"].value for row in (2, 3, 4)] == [1, 0.5, 0.25], name
        assert [book["Training"][cell].value for cell in ("E5", "E7", "J4")] == ["text", 6, 6], name
        assert (len(book["Training"]._charts), len(book["Training"]._images)) == (1, 1), name
        assert look(book["Training"]["B2"])[:3] == ("Calibri", 11, True), name
        assert book["Training"]["B2"].fill.fgColor.rgb == "FFDDEFD9", name
        assert book["Training"]["B2"].number_format == "0.000%", name
        if name == "full house":
            assert [book["Second"][cell].value for cell in ("A1", "A2", "A3")] == [0.875, 3.5, 3]
            assert len(book["Ada's work"]._charts) == 1
        if name == "openpyxl":
            assert book["Sheet"]["A2"].value == 2
        if name == "generated":
            old = openpyxl.load_workbook(full[0], data_only=True)
            assert book["lr 0.5"]["W20"].value == pytest.approx(old["lr 0.5"]["W20"].value, abs=1e-12)


@needs_libreoffice
def test_charts_look_alike_in_every_workbook(tmp_path: Path) -> None:
    """What XlsxWriter's charts leave out means the same in the workbook of a program that would fill it in else."""
    paths = {"own": tmp_path / "own.xlsx", "appended": tmp_path / "appended.xlsx"}
    paths["own"].write_bytes(written(every_chart))
    paths["appended"].write_bytes(append_sheets(written(every_chart), from_openpyxl(), "book"))
    saved = {name: parts(path.read_bytes()) for name, path in recalculate_all(paths, tmp_path / "saved").items()}
    own, appended = (charts(files) for files in saved.values())
    assert len(own) == 21
    for number, (before, after) in enumerate(zip(own, appended, strict=True), 1):
        assert before == after, number


def charts(files: dict[str, bytes]) -> list[bytes]:
    """The charts that LibreOffice saved, in their order, without the numbers that it gives to axes at random."""
    numbers = {int(match[1]): match[0] for name in files if (match := re.fullmatch(r"xl/charts/chart(\d+)\.xml", name))}
    return [re.sub(rb'(axId|crossAx) val="\d+"', rb"\1", files[numbers[number]]) for number in sorted(numbers)]


def test_charts_stay_in_the_schemas_order() -> None:
    """What charts leave out is written where the schema wants it; what they say themselves stays."""
    added = written(every_chart)
    before, after = parts(added), parts(append_sheets(added, from_openpyxl(), "book"))
    for name in (name for name in before if name.startswith("xl/charts/chart")):
        old, new = (list(etree.fromstring(files[name]).iter(etree.Element)) for files in (before, after))
        there = iter([(element.tag, dict(element.attrib), element.text) for element in new])
        assert all((element.tag, dict(element.attrib), element.text) in there for element in old), name
        for element in new:
            kind = etree.QName(element).localname
            above = "" if element.getparent() is None else etree.QName(element.getparent()).localname
            order = CHART_ORDERS.get(f"{above}/{kind}", CHART_ORDERS.get(kind, "")).split()
            places = [order.index(etree.QName(child).localname) for child in element if order]
            assert places == sorted(places), (name, kind)


@pytest.mark.skipif(SUBMISSIONS is None, reason="SHEETPROP_SUBMISSIONS names no folder with real submissions")
def test_real_workbooks_lose_nothing() -> None:
    """Real students' workbooks of all programs take the sheets and keep all that they had byte for byte."""
    refused = []
    for number, path in enumerate(sorted(Path(SUBMISSIONS or "").glob("*.xlsx"))):
        source = path.read_bytes()
        try:
            data = append_sheets(ADDED, source, path.name)
        except InputError as error:
            refused.append(str(error).split(";")[0])
            continue
        before, after = parts(source), parts(data)
        assert {name for name in before if before[name] != after[name]} <= CHANGED, path.name
        if number % 12 == 0:
            book = opened(data)
            assert [s.title for s in book._sheets] == [*(s.title for s in opened(source)._sheets), *SHEETS], path.name
            assert look(book["Training"]["B2"]) == look(opened(ADDED)["Training"]["B2"])
    assert refused == ["legacy-xls-named-xlsx.xlsx: is encrypted"]
