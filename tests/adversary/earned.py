"""Full marks without the work: attacks that begin with an honest workbook, what each must get, and what it is told."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from openpyxl.utils import get_column_letter

from sheetprop.network import RATE
from sheetprop.submission.compare.samples import Samples
from sheetprop.submission.findings import Code, Status
from tests.student import FORWARD, GRADIENTS, HANDOUT, NAMES, WEIGHTS, Student

COMPUTED = (*FORWARD, *GRADIENTS, *WEIGHTS)
"""What a sheet computes, and earns its points with."""


@dataclass(frozen=True)
class Attack:
    """How a workbook is made, the finding that it must get, and a part of its sentence."""

    build: Callable[[], Student]
    code: Code
    says: str
    status: Status = Status.WRONG


def _typed(formula: str) -> Attack:
    """Every number written as a formula in which ``NUMBER`` stands for it."""

    def build() -> Student:
        student = Student()
        for key, numbers in student.numbers.items():
            if key in COMPUTED:
                for k in range(int(key in WEIGHTS), student.iterations):
                    student.fill(key, formula.replace("NUMBER", repr(float(numbers[k]))), at=k)
        return student

    return Attack(build, Code.NOT_LIVE, "come to the same numbers whatever the other cells hold", Status.INCOMPLETE)


def _wrapped(formula: str, code: Code, says: str, cells: dict[str, str | float] | None = None) -> Attack:
    """Every right formula within another, in which ``RIGHT`` is the right one; ``cells`` are written besides."""

    def build() -> Student:
        student = Student()
        for key in COMPUTED:
            student.fill(key, formula.replace("RIGHT", student.equation(key)[1:]))
        for cell, content in (cells or {}).items():
            student[cell] = content
        return student

    return Attack(build, code, says)


def vanishing(key: str, name: str) -> Student:
    """A term that is nothing on the points that are the same in every run, and something everywhere else."""
    student = Student()
    factors = "".join(f"*({name}-{value!r})" for value in Samples()[name].tolist())
    student.fill(key, f"{student.equation(key)}+1000{factors}".replace("--", "+"))
    return student


def looked_up() -> Student:
    """The numbers typed on another sheet, and looked up by the iteration."""
    student = Student()
    numbers = student.numbers
    keys = [key for key in COMPUTED if key in numbers]
    notes = student.book.sheets.setdefault("Notes", {})
    for column, key in enumerate(keys):
        for k in range(student.iterations):
            notes[f"{get_column_letter(column + 1)}{k + 1}"] = float(numbers[key][k])
    for column, key in enumerate(keys):
        for k in range(int(key in WEIGHTS), student.iterations):
            student[student.cell(key, k)] = f"=INDEX(Notes!$A$1:$AZ$12,ROW()-3,{column + 1})"
    return student


def referred_to() -> Student:
    """The numbers typed on another sheet, and referred to cell by cell."""
    student = looked_up()
    for column, key in enumerate(key for key in COMPUTED if key in student.numbers):
        for k in range(int(key in WEIGHTS), student.iterations):
            student[student.cell(key, k)] = f"=Notes!{get_column_letter(column + 1)}{k + 1}"
    return student


def row_by_row() -> Student:
    """Every formula written with the numbers of its row in the place of cells, as =0.15*0.05+0.2*0.1."""
    student = Student()
    numbers = student.numbers

    def number(found: re.Match[str], k: int) -> str:
        return repr(student.rate if found[1] == RATE else float(numbers[found[1]][k + int(found[2] or 0)]))

    for key in COMPUTED:
        for k in range(int(key in WEIGHTS), student.iterations):
            student[student.cell(key, k)] = NAMES.sub(lambda found, k=k: number(found, k), student.equation(key))
    return student


def untried(formula: str) -> Attack:
    """A formula that only its stored numbers speak for, which are right, in every cell."""

    def build() -> Student:
        student = Student()
        student.book.stored = student.book.computed
        for key in COMPUTED:
            student.fill(key, formula)
        return student

    return Attack(build, Code.NOT_FOLLOWED, "it earns no points for formulas", Status.INCOMPLETE)


ATTACKS: dict[str, Attack] = {
    "a function that nobody knows": untried("=MYUDF(i1,i2)"),
    "a function of another program's": untried("=_xll.KEY(i1)"),
    "a name that is not defined": untried("=answer*i1"),
    "another program's cells": untried("=Excel|Sheet1!R1C1"),
    "what Excel alone crosses": untried("=SUM(AZ1:AZ9 AY2:BB2)"),
    "what Excel alone fills": untried("=SUM(AZ1#)"),
    "cells by another way to write them": untried('=INDIRECT("R1C52",FALSE)'),
    "a condition that is a number": _typed("=IF(1,NUMBER)"),
    "a text that is a number": _typed('=VALUE("NUMBER")'),
    "the greater of two numbers": _typed("=MAX(NUMBER,-99)"),
    "the smaller of a number twice": _typed("=MIN(NUMBER,NUMBER)"),
    "the first of one": _typed("=CHOOSE(1,NUMBER)"),
    "the first of an array": _typed("=INDEX({NUMBER;1},1)"),
    "the sum of one": _typed("=SUM(NUMBER)"),
    "times one": _typed("=NUMBER*1"),
    "plus the number of a text": _typed('=N("")+NUMBER'),
    "plus nothing of an input": _typed("=NUMBER+0*i1"),
    "plus an input, minus it": _typed("=NUMBER+i1-i1"),
    "the greater of a number and a small cell": _typed("=MAX(NUMBER,i1-99)"),
    "the middle of a number and far cells": _typed("=MEDIAN(NUMBER,i1-99,i2+99)"),
    "a number wherever an input is positive": _typed("=IF(i1>0,NUMBER,0)"),
    "a number, defined by LET": _typed("=LET(a,NUMBER,a)"),
    "rounded to itself": _typed("=ROUND(NUMBER,15)"),
    "numbers looked up elsewhere": Attack(
        looked_up, Code.NOT_LIVE, "come to the same numbers whatever the other cells hold", Status.INCOMPLETE
    ),
    "numbers referred to elsewhere": Attack(
        referred_to, Code.NOT_LIVE, "come to the same numbers whatever the other cells hold", Status.INCOMPLETE
    ),
    "formulas of the numbers of their rows": Attack(
        row_by_row, Code.NOT_LIVE, "come to the same numbers whatever the other cells hold", Status.INCOMPLETE
    ),
    "a term that vanishes on the points that are known": Attack(
        lambda: vanishing("h1", "w1"), Code.ONLY_HERE, "at some numbers only"
    ),
    "a gradient's term that vanishes on the points that are known": Attack(
        lambda: vanishing("dE_dw5", "a_h1"), Code.ONLY_HERE, "at some numbers only"
    ),
    "right, plus an error": _wrapped("=RIGHT+0*#N/A", Code.ERROR_VALUE, "it contains an error value"),
    "right but for an error, else a number": _wrapped(
        "=IFERROR(RIGHT+0*#N/A,0.5)", Code.ERROR_VALUE, "it contains an error value"
    ),
    "right, plus an error in another cell": _wrapped(
        "=RIGHT+0*$AZ$1", Code.ONLY_HERE, "comes to #N/A here when it is computed", {"AZ1": "=NA()"}
    ),
    "right but for an error in another cell": _wrapped(
        "=IFERROR(RIGHT+0*$AZ$1,0.5)", Code.ONLY_HERE, "comes to 0.5 here when it is computed", {"AZ1": "=NA()"}
    ),
    "right but for a division at the given input": _wrapped(
        "=IFERROR(RIGHT+0/($C$4-0.05),0.5)", Code.ONLY_HERE, "comes to 0.5 here when it is computed"
    ),
    "right unless something else fails": _wrapped(
        "=IF(ISERROR(1/($C$4-0.05)),0.5,RIGHT)", Code.ONLY_HERE, "comes to 0.5 here when it is computed"
    ),
    "right at the given input": _wrapped("=IF($C$4=0.05,RIGHT,0)", Code.ONLY_HERE, "with other inputs, targets"),
    "right at the given weight": _wrapped("=IF($E$4=0.15,RIGHT,0)", Code.ONLY_HERE, "with other weights"),
    "right at the given rate": _wrapped("=IF($B$1=0.5,RIGHT,0)", Code.ONLY_HERE, "with other inputs, targets"),
    "right, plus chance": _wrapped("=RIGHT+0*RAND()", Code.VOLATILE, "is computed with RAND, so that it depends on"),
    "right, by chance": _wrapped("=IF(RAND()<2,RIGHT,0)", Code.VOLATILE, "depends on chance"),
    "right until a date": _wrapped("=IF(NOW()<99999,RIGHT,0)", Code.VOLATILE, "depends on the time"),
    "right on a day": _wrapped("=IF(TODAY()<99999,RIGHT,0)", Code.VOLATILE, "depends on the time"),
    "right on this computer": _wrapped('=IF(INFO("numfile")>0,RIGHT,0)', Code.VOLATILE, "depends on the computer"),
    "right in this file": _wrapped('=IF(CELL("row")>0,RIGHT,0)', Code.VOLATILE, "depends on the computer"),
    "right by chance in another cell": _wrapped(
        "=IF($AZ$1<2,RIGHT,0)", Code.VOLATILE, "is computed with RAND", {"AZ1": "=RAND()"}
    ),
}
"""Each attack by what it does."""


def _by_numbers_alone(first: str, others: str) -> Callable[[], bytes]:
    """A right workbook's numbers in cells whose formulas are written in the file as ``first``, then as ``others``."""

    def build() -> bytes:
        def change(xml: str) -> str:
            return re.sub(r"<f>[^<]*</f>", others, re.sub(r"<f>[^<]*</f>", first, xml, count=1))

        return changed(Student().book.saved(), "xl/worksheets/sheet1.xml", change)

    return build


NUMBERS_ALONE: dict[str, Callable[[], bytes]] = {
    "another workbook's cells": _by_numbers_alone(*["<f>[1]Key!A1</f>"] * 2),
    "another workbook's cells, unless they fail": _by_numbers_alone(*["<f>IFERROR([1]Key!A1,0.5)</f>"] * 2),
    "empty formulas": _by_numbers_alone("<f/>", "<f/>"),
    "blank formulas": _by_numbers_alone("<f> </f>", "<f> </f>"),
    "no formulas at all": _by_numbers_alone("<f>1+*(</f>", "<f>1+*(</f>"),
    "shares of a formula that is nowhere": _by_numbers_alone(*['<f t="shared" si="7"/>'] * 2),
    "a what-if table": _by_numbers_alone('<f t="dataTable" ref="E4:AE15" dt2D="1" dtr="1" r1="B1" r2="C1"/>', ""),
    "one array, too large to follow": _by_numbers_alone('<f t="array" ref="E4:AE2000">Key!A1:ZZ99</f>', ""),
}
"""Files in which stored numbers are all that there is of a formula."""


def with_wrong(student: Student) -> Student:
    """The same with one mistake, in all gradients of the first layer."""
    for key in GRADIENTS[:4]:
        student.replace(key, "a_h", "h")
    return student


def beside(first: Student, *others: Student) -> Student:
    """The first one's workbook, with the sheets of the others behind it."""
    for other in others:
        first.book.sheets |= other.book.sheets
    return first


def hidden(data: bytes, sheet: str, state: str = "hidden") -> bytes:
    """A workbook with a sheet whose state is another."""
    return changed(
        data, "xl/workbook.xml", lambda xml: xml.replace(f'name="{sheet}"', f'name="{sheet}" state="{state}"')
    )


def without_rows(data: bytes, part: str, how: str = 'hidden="1"') -> bytes:
    """A workbook in which the rows of a sheet are not shown."""
    return changed(data, f"xl/worksheets/{part}.xml", lambda xml: xml.replace("<row ", f"<row {how} "))


def without_columns(data: bytes, part: str, how: str = 'hidden="1"') -> bytes:
    """A workbook in which the columns of a sheet are not shown."""
    columns = f'<cols><col min="1" max="100" width="9" customWidth="1" {how}/></cols><sheetData>'
    return changed(data, f"xl/worksheets/{part}.xml", lambda xml: xml.replace("<sheetData>", columns))


def in_style(data: bytes, part: str, colour: str) -> bytes:
    """A workbook in which all cells of a sheet are written in a colour."""

    def restyled(xml: str) -> str:
        font = f"<font><sz val='11'/>{colour}<name val='Calibri'/></font></fonts>"
        number = xml.partition("</fonts>")[0].count("<font>")
        return xml.replace("</fonts>", font).replace("</cellXfs>", f'<xf fontId="{number}" fillId="0"/></cellXfs>')

    data = changed(data, "xl/styles.xml", restyled)
    return changed(data, f"xl/worksheets/{part}.xml", lambda xml: re.sub(r"<c r=", '<c s="1" r=', xml))


def in_extension(data: bytes, part: str) -> bytes:
    """A workbook whose cells stand in an extension of a sheet, where no program looks for them."""

    def moved(xml: str) -> str:
        before, cells, after = re.split(r"(<sheetData>.*</sheetData>)", xml, flags=re.DOTALL)
        return (
            before + "<sheetData/>" + after.replace("</worksheet>", f"<extLst><ext>{cells}</ext></extLst></worksheet>")
        )

    return changed(data, f"xl/worksheets/{part}.xml", moved)


def changed(data: bytes, name: str, change: Callable[[str], str]) -> bytes:
    """A package with a part of it changed."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(buffer, "w") as new:
        for info in old.infolist():
            part = old.read(info)
            new.writestr(info, change(part.decode()).encode() if info.filename == name else part)
    return buffer.getvalue()


MISTAKES: dict[str, tuple[str, str]] = {
    "dE_dw3": ("a_h2", "a_h1"),
    "w5": ("-lr", "+lr"),
    "a_h1": ("EXP(-", "EXP("),
    "E_total": ("+", "*"),
}
"""By the quantity, what stands in its right formula and what a student has in its place."""


def wrong(key: str, sheet: str = "Sheet1", chart: bool = True, backwards: bool = False) -> Student:
    """A sheet with one mistake of the table above, its columns in their order or the other way round."""
    old, new = MISTAKES[key]
    columns = HANDOUT[::-1] if backwards else HANDOUT
    student = Student(columns=columns, sheet=sheet, chart=chart)
    student.replace(key, old, new)
    return student


def _numbers_of(key: str, numbers: dict[str, np.ndarray], formula: str) -> Student:
    student = wrong(key)
    for k in range(int(key in WEIGHTS), student.iterations):
        student.fill(key, formula.replace("NUMBER", repr(float(numbers[key][k]))), at=k)
    return student


def _wrapped_wrong(key: str, formula: str) -> Student:
    student = wrong(key)
    old, new = MISTAKES[key]
    student.fill(key, formula.replace("WRONG", student.equation(key)[1:].replace(old, new)))
    return student


def _headed(key: str, text: str) -> Student:
    student = wrong(key)
    student.head(key, text)
    return student


TRANSFORMATIONS: dict[str, Callable[[str], bytes]] = {
    "fold its own numbers": lambda key: _numbers_of(key, wrong(key).numbers, "=IF(1,NUMBER)").book.saved(),
    "fold right numbers": lambda key: _numbers_of(key, Student().numbers, "=MAX(NUMBER,-99)").book.saved(),
    "fold right numbers beside a cell": lambda key: _numbers_of(
        key, Student().numbers, "=MAX(NUMBER,i1-9)"
    ).book.saved(),
    "type right numbers": lambda key: _numbers_of(key, Student().numbers, "=NUMBER").book.saved(),
    "hide its sheet": lambda key: hidden(wrong(key).book.saved(), "Sheet1"),
    "hide its rows": lambda key: without_rows(wrong(key).book.saved(), "sheet1"),
    "hide its columns": lambda key: without_columns(wrong(key).book.saved(), "sheet1"),
    "show it twice": lambda key: beside(wrong(key), wrong(key, "Again", chart=False)).book.saved(),
    "show it again, hidden": lambda key: hidden(
        beside(wrong(key), wrong(key, "Again", chart=False)).book.saved(), "Again"
    ),
    "put a right one beside it, hidden": lambda key: hidden(
        beside(wrong(key), Student(sheet="Again", chart=False)).book.saved(), "Again", "veryHidden"
    ),
    "wrap it in IFERROR": lambda key: _wrapped_wrong(key, "=IFERROR(WRONG,0)").book.saved(),
    "wrap it in MAX": lambda key: _wrapped_wrong(key, "=MAX(WRONG,-1000)").book.saved(),
    "wrap it in IF": lambda key: _wrapped_wrong(key, "=IF(i1=0.05,WRONG,0)").book.saved(),
    "wrap it in LET": lambda key: _wrapped_wrong(key, "=LET(a,WRONG,a)").book.saved(),
    "add chance": lambda key: _wrapped_wrong(key, "=WRONG+0*RAND()").book.saved(),
    "head it with nothing": lambda key: _headed(key, "").book.saved(),
    "head it with another word": lambda key: _headed(key, "my own column").book.saved(),
    "name the sheet otherwise": lambda key: wrong(key, "Homework").book.saved(),
    "turn the columns round": lambda key: wrong(key, backwards=True).book.saved(),
}
"""What a student may do to a wrong workbook without doing the work, by what it is; each begins with a mistake."""
