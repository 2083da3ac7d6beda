"""Workbooks that a program may stumble over: each is judged in the usual way, or refused in one clear sentence."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from sheetprop.submission.findings import Status
from tests.test_hostile import OFFICE, RELATIONS, SHEET, changed, with_relation, workbook

BOOK = "xl/workbook.xml"
JUDGED = (Status.RIGHT, Status.INCOMPLETE, Status.WRONG)
REFUSED = (Status.UNREADABLE,)


@dataclass(frozen=True)
class Attack:
    """A file, what it must come to (one of several), and words of its first finding."""

    make: Callable[[], bytes]
    gets: tuple[Status, ...]
    words: str = ""


def _sheet(change: Callable[[bytes], bytes]) -> Callable[[], bytes]:
    return lambda: changed({SHEET: change})


def _first_cell(cell: str) -> Callable[[bytes], bytes]:
    """Another cell in the place of the input i1 of the first row."""
    return lambda xml: re.sub(rb'<c r="C3">.*?</c>', cell.encode(), xml, count=1)


def _encoded(encoding: str) -> Callable[[bytes], bytes]:
    return lambda xml: xml.replace(b'encoding="UTF-8"', f'encoding="{encoding}"'.encode())


def _named(text: str) -> bytes:
    """The learning rate is a defined name that stands for a text."""
    name = f'<definedNames><definedName name="eta">{text}</definedName></definedNames><calcPr'
    return changed(
        {
            BOOK: lambda xml: xml.replace(b"<calcPr", name.encode(), 1),
            SHEET: lambda xml: xml.replace(b"$B$1", b"eta"),
        }
    )


def _excel_table(area: str) -> bytes:
    table = (
        '<table xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" id="1" name="T" displayName="T" '
        f'ref="{area}"><tableColumns count="1"><tableColumn id="1" name="a"/></tableColumns></table>'
    )
    relation = f'<Relationship Id="rId1" Type="{OFFICE}/table" Target="../tables/table1.xml"/>'
    return changed(
        {
            "xl/tables/table1.xml": table.encode(),
            "xl/worksheets/_rels/sheet1.xml.rels": (
                f'<Relationships xmlns="{RELATIONS}">{relation}</Relationships>'.encode()
            ),
        }
    )


def _rows_of(height: str) -> Callable[[bytes], bytes]:
    return lambda xml: re.sub(rb'defaultRowHeight="[^"]*"', f'defaultRowHeight="{height}"'.encode(), xml)


def _wrong(change: Callable[[bytes], bytes]) -> Callable[[], bytes]:
    """A wrong workbook, so that its cells are commented."""

    def make() -> bytes:
        return changed({SHEET: lambda xml: change(xml.replace(b"+F3*D3", b"-F3*D3"))})

    return make


ATTACKS = {
    "a number beyond all, in a formula": Attack(lambda: workbook({"I": "E{r}*C{r}+F{r}*D{r}+0*1E400"}), JUDGED),
    "a number beyond all, alone": Attack(lambda: workbook({"I": "1E400"}), JUDGED),
    "a rate beyond all": Attack(lambda: workbook(rate="=1E400"), JUDGED),
    "a number of 5,000 digits": Attack(lambda: workbook({"I": f"E{{r}}*C{{r}}+F{{r}}*D{{r}}+0*{'9' * 5000}"}), JUDGED),
    "a rate of 400 digits": Attack(_sheet(lambda x: x.replace(b"<v>0.5</v>", b"<v>%s</v>" % (b"9" * 400), 1)), JUDGED),
    **{
        f"a formula in the array {area}": Attack(
            _sheet(_first_cell(f'<c r="C3"><f t="array" ref="{area}">0.05</f><v>0.05</v></c>')), JUDGED
        )
        for area in ("A:B", "1:2", "", "nonsense", "A0", "ZZZZ1", "A1:XFD1048576", "C3:A1", "Sheet2!A1", "9" * 5000)
    },
    **{
        f"a data table {area}": Attack(
            _sheet(_first_cell(f'<c r="C3"><f t="dataTable" ref="{area}"/><v>0.05</v></c>')), JUDGED
        )
        for area in ("A:B", "1:2", "nonsense", "A1:XFD1048576")
    },
    **{f"an Excel table {area}": Attack(lambda area=area: _excel_table(area), JUDGED) for area in ("A:B", "x", "A0")},
    "a shared text of 5,000 digits": Attack(_sheet(_first_cell(f'<c r="C3" t="s"><v>{"9" * 5000}</v></c>')), JUDGED),
    "a shared text minus one": Attack(_sheet(_first_cell('<c r="C3" t="s"><v>-1</v></c>')), JUDGED),
    "a shared text in other digits": Attack(_sheet(_first_cell('<c r="C3" t="s"><v>٣</v></c>')), JUDGED),
    "a cell at nowhere": Attack(_sheet(_first_cell('<c r="nowhere"><v>1</v></c>')), REFUSED, "is damaged"),
    "a cell in row 5,000 digits": Attack(_sheet(_first_cell(f'<c r="C{"9" * 5000}"/>')), REFUSED, "is damaged"),
    "a cell in row 30 digits": Attack(_sheet(_first_cell(f'<c r="C{"9" * 30}"><v>1</v></c>')), REFUSED, "is damaged"),
    "a row of 5,000 digits": Attack(
        _sheet(lambda xml: xml.replace(b'<row r="3"', b'<row r="%s"' % (b"9" * 5000))), REFUSED, "is damaged"
    ),
    **{
        f"a sheet in the encoding {encoding}": Attack(_sheet(_encoded(encoding)), REFUSED, "encoding")
        for encoding in ("none", "utf-7", "idna", "rot13", "utf-32", "punycode", "hex", "undefined", "x" * 5000)
    },
    **{
        f"a name {text}": Attack(lambda text=text: _named(text), JUDGED)
        for text in ("nan", "inf", "-Infinity", "1e999", "1_0", "A:B", "")
    },
    **{
        f"rows {height} high": Attack(_wrong(_rows_of(height)), JUDGED)
        for height in ("-inf", "nan", "1e999", "-5", "x", "9" * 5000)
    },
    "columns of no width": Attack(
        _wrong(lambda x: x.replace(b"<sheetData>", b'<cols><col min="-1" max="x" width="nan"/></cols><sheetData>')),
        JUDGED,
    ),
    "columns without end": Attack(
        _wrong(
            lambda x: x.replace(b"<sheetData>", b'<cols><col min="1" max="99999999" width="-inf"/></cols><sheetData>')
        ),
        JUDGED,
    ),
    "a nameless sheet": Attack(lambda: changed({BOOK: lambda x: x.replace(b'name="Sheet1"', b'name=""')}), JUDGED),
    "a sheet without a name": Attack(lambda: changed({BOOK: lambda x: x.replace(b'name="Sheet1"', b"")}), JUDGED),
    "a sheet without a number": Attack(
        lambda: changed({BOOK: lambda x: x.replace(b'sheetId="1"', b'sheetId="x"')}), JUDGED
    ),
    "a sheet of a name of 5,000": Attack(
        lambda: changed({BOOK: lambda x: x.replace(b'name="Sheet1"', b'name="%s"' % (b"n" * 5000))}), JUDGED
    ),
    "two sheets of one name": Attack(
        lambda: changed(
            {
                BOOK: lambda x: x.replace(b"</sheets>", b'<sheet name="SHEET1" sheetId="2" r:id="more"/></sheets>'),
                "xl/_rels/workbook.xml.rels": lambda x: with_relation(x, "worksheet", "worksheets/sheet2.xml"),
                "xl/worksheets/sheet2.xml": b"<worksheet/>",
            }
        ),
        JUDGED,
    ),
}
"""By what is hostile in them."""
