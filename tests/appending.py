"""Workbooks for sheets to be appended to, sheets to append, and what to look at afterwards."""

import io
import os
import random
import re
import struct
import zlib
from collections.abc import Callable
from datetime import date, datetime
from functools import cache
from typing import Any

import openpyxl
import xlsxwriter
from lxml import etree
from openpyxl.styles import Color, Font

from tests.test_annotated import ORDER as SHEET_ORDER
from tests.test_annotated import opened, packed, parts

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
BOOK_ORDER = [
    "fileVersion", "fileSharing", "workbookPr", "workbookProtection", "bookViews", "sheets", "functionGroups",
    "externalReferences", "definedNames", "calcPr", "oleSize", "customWorkbookViews", "pivotCaches", "smartTagPr",
    "smartTagTypes", "webPublishing", "fileRecoveryPr", "webPublishObjects", "extLst",
]  # fmt: skip
STYLES_ORDER = ["numFmts", "fonts", "fills", "borders", "cellStyleXfs", "cellXfs", "cellStyles", "dxfs", "tableStyles",
                "colors", "extLst"]  # fmt: skip
SERIES = "idx order tx spPr"
AXIS = (
    "axId scaling delete axPos majorGridlines minorGridlines title numFmt majorTickMark minorTickMark tickLblPos spPr "
    "txPr crossAx crosses"
)
LABELS = "numFmt spPr txPr dLblPos showLegendKey showVal showCatName showSerName showPercent showBubbleSize separator"
CHART_ORDERS = {
    "chartSpace": "date1904 lang roundedCorners style protection chart spPr txPr printSettings",
    "chart": "title autoTitleDeleted plotArea legend plotVisOnly dispBlanksAs showDLblsOverMax",
    "title": "tx layout overlay spPr txPr",
    "legend": "legendPos legendEntry layout overlay spPr txPr",
    "barChart": "barDir grouping varyColors ser dLbls gapWidth overlap axId",
    "lineChart": "grouping varyColors ser dLbls dropLines hiLowLines upDownBars marker smooth axId",
    "areaChart": "grouping varyColors ser dLbls dropLines axId",
    "scatterChart": "scatterStyle varyColors ser dLbls axId",
    "radarChart": "radarStyle varyColors ser dLbls axId",
    "pieChart": "varyColors ser dLbls firstSliceAng",
    "doughnutChart": "varyColors ser dLbls firstSliceAng holeSize",
    "stockChart": "ser dLbls dropLines hiLowLines upDownBars axId",
    "barChart/ser": f"{SERIES} invertIfNegative dPt dLbls trendline errBars cat val",
    "lineChart/ser": f"{SERIES} marker dPt dLbls trendline errBars cat val smooth",
    "stockChart/ser": f"{SERIES} marker dPt dLbls trendline errBars cat val smooth",
    "scatterChart/ser": f"{SERIES} marker dPt dLbls trendline errBars xVal yVal smooth",
    "areaChart/ser": f"{SERIES} dPt dLbls trendline errBars cat val",
    "radarChart/ser": f"{SERIES} marker dPt dLbls cat val",
    "pieChart/ser": f"{SERIES} explosion dPt dLbls cat val",
    "doughnutChart/ser": f"{SERIES} explosion dPt dLbls cat val",
    "dPt": "idx invertIfNegative marker bubble3D explosion spPr",
    "dLbls": f"dLbl delete {LABELS} showLeaderLines leaderLines",
    "dLbl": f"idx delete layout tx {LABELS}",
    "trendline": "name spPr trendlineType order period forward backward intercept dispRSqr dispEq",
    "errBars": "errDir errBarType errValType noEndCap plus minus val spPr",
    "catAx": f"{AXIS} auto lblAlgn lblOffset tickLblSkip tickMarkSkip noMultiLvlLbl",
    "dateAx": f"{AXIS} auto lblOffset baseTimeUnit majorUnit majorTimeUnit",
    "valAx": f"{AXIS} crossBetween majorUnit minorUnit dispUnits",
    "dTable": "showHorzBorder showVertBorder showOutline showKeys",
}
"""The children of elements of charts, as the schema orders them."""
SHEETS = ("Training", "Model", "Curves")
LOSSES = (0.5, 0.25, 0.125)


def picture(shade: int) -> io.BytesIO:
    """A grey PNG of 20 × 10 pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = (b"\0" + bytes([shade]) * 20) * 10
    header = struct.pack(">IIBBBBB", 20, 10, 8, 0, 0, 0, 0)
    data = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return io.BytesIO(b"\x89PNG\r\n\x1a\n" + data)


def written(fill: Callable[[Any], object], **options: object) -> bytes:
    """What XlsxWriter writes."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, options) as book:
        book.set_properties({"created": datetime(2000, 1, 1)})
        fill(book)
    return buffer.getvalue()


def everything(book: Any, names: tuple[str, str, str] = SHEETS, defined: str = "cutoff") -> None:
    """Three sheets with all that a workbook can hold and XlsxWriter can write."""
    table, model, curves = (name.replace("'", "''") for name in names)
    sheet, second = book.add_worksheet(names[0]), book.add_worksheet(names[1])
    percent = book.add_format({"num_format": "0.000%", "bold": True, "font_color": "#1F5C99", "bg_color": "#DDEFD9",
                               "border": 1, "align": "center", "indent": 1})  # fmt: skip
    whole = book.add_format({"num_format": "#,##0", "font_name": "Consolas", "font_size": 9, "top": 2})
    bad = book.add_format({"bg_color": "#FEE2E2", "font_color": "#991B1B", "num_format": "0.0000"})
    sheet.write_row(0, 0, ["epoch", "loss", "twice"], whole)
    for row, loss in enumerate(LOSSES, 1):
        sheet.write_number(row, 0, row, whole)
        sheet.write_number(row, 1, loss, percent)
        sheet.write_formula(row, 2, f"=B{row + 1}*2", None, loss * 2)
    sheet.write_rich_string("E1", "plain, ", book.add_format({"bold": True}), "bold ", percent, "blue", " end")
    sheet.write_string("E2", "  spaces & <signs>\n")
    sheet.write_url("E3", f"internal:'{model}'!A1", None, "there")
    sheet.write_url("E4", "https://example.org/?a=1&b=2")
    sheet.write_formula("E5", '="te"&"xt"', None, "text")
    sheet.write_boolean("E6", True)
    sheet.set_column("G:G", 30, percent)
    sheet.set_row(12, 40, whole)
    sheet.write_comment("B2", "the first loss", {"author": "sheetprop"})
    sheet.conditional_format("B2:B4", {"type": "cell", "criteria": ">", "value": 0.3, "format": bad})
    sheet.conditional_format("C2:C4", {"type": "data_bar", "data_bar_2010": True})
    sheet.data_validation("D2:D4", {"validate": "list", "source": ["a", "b"]})
    sheet.add_table("I1:J4", {"name": "Table1", "columns": [
        {"header": "n", "format": percent}, {"header": "m", "formula": "=Table1[@[n]]*2"},
    ], "data": [[1, 2], [2, 4], [3, 6]]})  # fmt: skip
    sheet.write_formula("E7", "=SUM(Table1[n])", None, 6)
    sheet.insert_image("L1", "grey.png", {"image_data": picture(90)})
    sheet.insert_textbox("L20", "a shape")
    chart = book.add_chart({"type": "line"})
    chart.add_series({"values": f"='{table}'!$B$2:$B$4", "line": {"color": "#B0401C"}})
    sheet.insert_chart("L5", chart)
    sheet.add_sparkline("K1", {"range": f"'{table}'!B2:B4"})
    sheet.set_header("&L&G", {"image_left": "grey.png", "image_data_left": picture(30)})
    sheet.print_area("A1:H9")
    sheet.repeat_rows(0)
    sheet.autofilter("A1:C4")
    sheet.set_tab_color("#1E3A5F")
    second.write_formula("A1", f"=SUM('{table}'!B2:B4)", percent, sum(LOSSES))
    second.write_formula("A2", f"=A1/{defined}", whole, sum(LOSSES) / 0.25)
    second.write_formula("A3", "=COUNT(Table1[m])", None, 3)
    second.write_comment("A1", "from the other sheet")
    second.write_number("B1", 0.25)
    second.insert_image("D1", "grey.png", {"image_data": picture(90)})
    book.define_name(defined, f"='{model}'!$B$1")
    sheet_with_chart = book.add_chartsheet(curves)
    curve = book.add_chart({"type": "scatter"})
    curve.add_series({"categories": f"='{table}'!$A$2:$A$4", "values": f"='{table}'!$B$2:$B$4"})
    sheet_with_chart.set_chart(curve)


def every_chart(book: Any) -> None:
    """A sheet with charts of every kind, plain and with all that can be left to the program."""
    sheet = book.add_worksheet("Charts")
    for row in range(4):
        sheet.write_row(row, 0, [row + 1, (row + 1) ** 2, 0.5 - row])

    def add(options: dict[str, str], *series: dict[str, Any], **calls: dict[str, Any]) -> None:
        chart = book.add_chart(options)
        for column, more in zip("ABC", series, strict=False):
            values = {"categories": "=Charts!$A$1:$A$4", "values": f"=Charts!${column}$1:${column}$4"}
            chart.add_series({"name": column, **values, **more})
        for call, argument in calls.items():
            getattr(chart, call)(argument)
        sheet.insert_chart(20 * len(sheet.charts), 5, chart)

    labelled: dict[str, Any] = {"data_labels": {"value": True}}
    for kind in ("area", "bar", "column", "doughnut", "line", "pie", "radar", "scatter", "stock"):
        several = 3 if kind == "stock" else 1
        add({"type": kind}, *[{}] * several)
        add({"type": kind}, *[labelled] * several, set_title={"name": "Title"}, set_legend={"position": "bottom"})
    add(
        {"type": "column"},
        {
            "trendline": {"type": "linear"},
            "y_error_bars": {"type": "standard_error"},
            "points": [{"fill": {"color": "red"}}],
        },
        {"data_labels": {"value": True, "custom": [{"delete": True}, {"value": "x"}]}},
        set_table={"show_keys": True},
    )
    add({"type": "scatter", "subtype": "straight"}, {}, {"smooth": True}, set_x_axis={"visible": False})
    add({"type": "line"}, {}, {"y2_axis": True}, set_title={"none": True}, set_x_axis={"date_axis": True})


ADDED = written(everything)
OLD = ("Ada's work", "Second", "Chart")


@cache
def full_house() -> bytes:
    """An existing workbook with numbers, names and parts that collide with the added ones' wherever they can."""
    return written(lambda book: everything(book, OLD, "epsilon"))


@cache
def from_openpyxl() -> bytes:
    """An existing workbook of another program: other default font, other order of styles, no shared theme fonts."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet["A1"], sheet["A2"], sheet["A3"] = 1, "=A1+1", date(2026, 11, 21)
    sheet["A1"].font = Font(name="Arial", size=10, italic=True)
    sheet["A1"].number_format = "0.000000"
    sheet["A2"].number_format = "0.00 €"
    book._fonts[0] = Font(name="Arial", size=10)
    book.create_sheet("Hidden").sheet_state = "hidden"
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def bare() -> bytes:
    """The least that a workbook can be: no styles, no texts, no properties, its parts in unusual places."""
    sheet = f'<x:worksheet xmlns:x="{MAIN[1:-1]}"><x:sheetData><x:row><x:c><x:v>7</x:v></x:c></x:row></x:sheetData>'
    return packed(
        {
            "[Content_Types].xml": b'<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
            b'<Default Extension="xml" ContentType="application/xml"/>'
            b'<Default Extension="png" ContentType="image/x-png"/>'
            b'<Override PartName="/_rels/.rels" '
            b'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            b'<Override PartName="/_rels/book.xml.rels" '
            b'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            b'<Override PartName="/book.xml" '
            b'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
            b'<Override PartName="/one.xml" '
            b'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>',
            "_rels/.rels": related(("officeDocument", "/book.xml")),
            "book.xml": f'<x:workbook xmlns:x="{MAIN[1:-1]}" xmlns:r="{OFFICE}"><x:sheets>'
            '<x:sheet name="One" sheetId="65534" r:id="rId1"/></x:sheets></x:workbook>'.encode(),
            "_rels/book.xml.rels": related(("worksheet", "one.xml")),
            "one.xml": (sheet + "</x:worksheet>").encode(),
        }
    )


def related(*targets: tuple[str, str]) -> bytes:
    """A part with relationships with the ids rId1, rId2 and so on."""
    rows = "".join(
        f'<Relationship Id="rId{n}" Type="{OFFICE}/{kind}" Target="{target}"/>'
        for n, (kind, target) in enumerate(targets, 1)
    )
    return f'<Relationships xmlns="{RELATIONS}">{rows}</Relationships>'.encode()


def changed(**changes: Callable[[bytes], bytes] | bytes) -> bytes:
    """A full house with parts (their names' first words: workbook, styles, …) changed or replaced."""
    files = parts(full_house())
    for word, change in changes.items():
        name = {"types": "[Content_Types].xml", "root": "_rels/.rels", "rels": "xl/_rels/workbook.xml.rels"}.get(
            word, f"xl/{word}.xml"
        )
        files[name] = change(files[name]) if callable(change) else change
    return packed(files)


def roots(files: dict[str, bytes], pattern: str) -> dict[str, Any]:
    """The XML parts whose names match, parsed."""
    return {name: etree.fromstring(data) for name, data in files.items() if re.fullmatch(pattern, name)}


def assert_sound(data: bytes) -> None:
    """What Excel would repair or refuse is not in a workbook."""
    files = parts(data)
    types = etree.fromstring(files["[Content_Types].xml"])
    overrides = [item.get("PartName") for item in types if item.tag.endswith("Override")]
    defaults = {item.get("Extension").lower() for item in types if item.tag.endswith("Default")}
    assert len(overrides) == len({name.lower() for name in overrides})
    assert {name.lstrip("/") for name in overrides} <= set(files)
    for name in files:
        assert f"/{name}" in overrides or name.rsplit(".", 1)[-1].lower() in defaults, name
    targets = {name: related_parts(files, name) for name in files if name.endswith(".rels")}
    for name, found in targets.items():
        assert {part for part, _ in found.values() if part} <= set(files), name
    book_part = next(part for part, kind in targets["_rels/.rels"].values() if kind == "officeDocument")
    folder, _, file = book_part.rpartition("/")
    of_book = targets[f"{folder}/_rels/{file}.rels".lstrip("/")]
    book = etree.fromstring(files[book_part])
    order = [BOOK_ORDER.index(etree.QName(child).localname) for child in book]
    assert order == sorted(set(order))
    sheets = book.findall(f"{MAIN}sheets/{MAIN}sheet")
    for key in ("name", "sheetId"):
        values = [sheet.get(key).lower() for sheet in sheets]
        assert len(values) == len(set(values)), key
    assert all(0 < int(sheet.get("sheetId")) < 65_535 for sheet in sheets)
    assert len({of_book[sheet.get(f"{{{OFFICE}}}id")][0] for sheet in sheets}) == len(sheets)
    names = [(n.get("name").lower(), n.get("localSheetId")) for n in book.iter(f"{MAIN}definedName")]
    assert len(names) == len(set(names))
    assert all(scope is None or int(scope) < len(sheets) for _, scope in names)
    styles = etree.fromstring(next(files[part] for part, kind in of_book.values() if kind == "styles"))
    order = [STYLES_ORDER.index(etree.QName(child).localname) for child in styles]
    assert order == sorted(set(order))
    count = {name: len(styles.findall(f"{MAIN}{name}/*")) for name in STYLES_ORDER}
    for entries in styles:
        assert int(entries.get("count", len(entries))) == len(entries)
    for form in styles.iterfind(f"{MAIN}cellXfs/{MAIN}xf"):
        for key in ("font", "fill", "border"):
            assert int(form.get(f"{key}Id")) < count[f"{key}s"]
        assert (form.get("xfId") is None) == (count["cellStyleXfs"] == 0)
        assert int(form.get("xfId", 0)) < max(1, count["cellStyleXfs"])
    codes = [entry.get("numFmtId") for entry in styles.iterfind(f"{MAIN}numFmts/{MAIN}numFmt")]
    assert len(codes) == len(set(codes))
    for name, root in roots(files, r".*sheets/sheet\d+\.xml|.*tables/.*\.xml").items():
        for element in root.iter(etree.Element):
            for key, value in element.attrib.items():
                if key.lower().endswith("dxfid"):
                    assert int(value) < count["dxfs"], name
            format_key = {f"{MAIN}c": "s", f"{MAIN}row": "s", f"{MAIN}col": "style"}.get(element.tag)
            if format_key:
                assert int(element.get(format_key, 0)) < count["cellXfs"], name
        if "worksheet" in root.tag:
            order = [SHEET_ORDER.index(etree.QName(child).localname) for child in root]
            assert order == sorted(order)
    tables = roots(files, r".*tables/.*\.xml").values()
    for key in ("id", "displayName"):
        assert len({table.get(key).lower() for table in tables}) == len(tables)
    assert not {table.get("displayName").lower() for table in tables} & {name for name, _ in names}
    # In one sheet's comments and pictures of its header XlsxWriter itself numbers twice.
    comments = [data for name, data in files.items() if name.endswith(".vml") and b"ObjectType" in data]
    boxes = [box for data in comments for box in set(re.findall(rb'_x0000_s\d+"', data))]
    blocks = [block for data in comments for block in re.findall(rb'idmap [^>]*data="([\d,]+)"', data)]
    assert len(boxes) == len(set(boxes))
    assert len(blocks) == len(set(blocks))


def related_parts(files: dict[str, bytes], name: str) -> dict[str, tuple[str, str]]:
    """By id, what a part of relationships leads to inside ("" outside), and of what kind it is."""
    folder = name.rpartition("_rels/")[0]
    found = {}
    for item in etree.fromstring(files[name]):
        target = item.get("Target")
        path = os.path.normpath(os.path.join("/", folder, target)).lstrip("/")  # noqa: PTH118
        external = item.get("TargetMode") == "External"
        found[item.get("Id")] = "" if external else path, item.get("Type").rpartition("/")[2]
    return found


def colour(found: Color | None) -> object:
    """A colour: what the theme of XlsxWriter's workbooks calls 1 and 10 is black and blue."""
    if found is None:
        return None
    if found.type == "theme":
        return {1: "FF000000", 10: "FF0000FF"}[found.theme]
    return found.rgb if found.type == "rgb" else (found.type, found.value)


def look(cell: Any) -> tuple[object, ...]:
    """All of a cell's format that can be seen."""
    font, border = cell.font, cell.border
    edges = [(edge.style, colour(edge.color)) for edge in (border.left, border.right, border.top, border.bottom)]
    return (
        font.name, font.sz, font.b, font.i, font.u, colour(font.color) or "FF000000", cell.fill.fill_type,
        colour(cell.fill.fgColor), edges, cell.number_format, cell.alignment.horizontal, cell.alignment.indent,
    )  # fmt: skip


def assert_same_sheets(before: bytes, after: bytes, names: list[str]) -> None:
    """Sheets have the values, formulas and looks that they had."""
    for values in (False, True):
        old, new = (openpyxl.load_workbook(io.BytesIO(data), data_only=values) for data in (before, after))
        for name in names:
            for row in old[name].iter_rows():
                for cell in row:
                    there = new[name][cell.coordinate]
                    assert renamed(there.value) == renamed(cell.value), (name, cell.coordinate)
                    if cell.value is not None or cell.has_style:
                        assert look(there) == look(cell), (name, cell.coordinate)


def renamed(value: object) -> object:
    """A formula whatever its table is called."""
    return re.sub(r"Table\d+\[", "Table[", value) if isinstance(value, str) else value


def sheets_of(data: bytes) -> list[str]:
    """The names of the sheets, chart sheets among them."""
    return [sheet.title for sheet in opened(data)._sheets]


def macros(data: bytes) -> bytes:
    """A workbook with macros and more that no library knows."""
    files = parts(data)
    files["xl/vbaProject.bin"] = random.Random(1).randbytes(5000)
    files["customXml/item1.xml"] = b"<note>\r\n  mine\t</note>"
    files["xl/_rels/workbook.xml.rels"] = files["xl/_rels/workbook.xml.rels"].replace(
        b"</Relationships>",
        f'<Relationship Id="rId99" Type="{OFFICE}/vbaProject" Target="vbaProject.bin"/></Relationships>'.encode(),
    )
    files["[Content_Types].xml"] = (
        files["[Content_Types].xml"]
        .replace(b"spreadsheetml.sheet.main", b"ms-excel.sheet.macroEnabled.main")
        .replace(
            b"<Override", b'<Default Extension="bin" ContentType="application/vnd.ms-office.vbaProject"/><Override', 1
        )
    )
    return packed(files)
