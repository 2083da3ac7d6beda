"""Formulas without their place: copies are one shape, and what a shape computes is understood, or refused in words."""

import io
import math
import re
import zipfile
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import xlsxwriter

from sheetprop.engine import Spreadsheet
from sheetprop.expression import FUNCTIONS, PYTHON, Call, Expression, Symbol
from sheetprop.submission.diagnose.edits import parts
from sheetprop.submission.findings import Code
from sheetprop.submission.grade.submission import grade
from sheetprop.submission.understand.formula import Name, NotUnderstoodError, Reference, Shapes, ThisRow
from sheetprop.submission.understand.functions import NOT_EXCELS
from sheetprop.submission.understand.parsing import Crossing
from tests.student import ASKED, Student, only_error

A, B, C = (Symbol(name) for name in "ABC")
VALUES = {"A": 0.7, "B": -1.3, "C": 2.5}
"""What the cells A1, B1 and C1 hold."""
NUMPY = {name: getattr(np, name) for name in ("exp", "abs", "tanh", "sign", "sqrt", "round")} | {"ln": np.log}


def understood(formula: str) -> Expression:
    """What a formula in D1 computes from A1, B1 and C1."""
    shape = Shapes().of(formula, 0, 3)
    tree = shape.tree
    assert tree
    cells = [leaf.at(0, 3)[1] for leaf in shape.leaves if isinstance(leaf, (Reference, Crossing))]
    return shape.expression([(A, B, C)[column] if column < 3 else A for column in cells])


def value(expression: Expression) -> float:
    """The value of an expression where the cells have theirs, by Python's own arithmetic."""
    notation = replace(PYTHON, functions={name: name for name in FUNCTIONS})
    return float(eval(expression.render(notation, lambda key: f"({VALUES[key]})"), NUMPY))


def engines_value(formula: str, folder: Path) -> float | str | bool | None:
    """What the formula engine gives for the formula in D1."""
    path = folder / "one.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, VALUES.values())
        sheet.write_formula(0, 3, f"={formula}")
    return Spreadsheet(path).values("Sheet1", 1, 4).at(0, 3)


EQUAL = [
    "A1+B1*C1",
    "A1-B1-C1",
    "A1/B1/C1",
    "2^3^A1",
    "-A1^2",
    "-2^2+A1",
    "(A1-B1)^2",
    "A1^-1",
    "1/(1+EXP(-A1))",
    "exp(-A1)",
    "+A1",
    "--A1",
    "50%*A1",
    "A1%",
    "POWER(A1,2)",
    "SUM(A1:C1)",
    "SUM(A1,B1,2)",
    "PRODUCT(A1:C1)",
    "SUMPRODUCT(A1:B1,B1:C1)",
    "SUMSQ(A1:B1)",
    "SUMXMY2(A1:B1,B1:C1)",
    "AVERAGE(A1:C1)",
    "TANH(A1/2)",
    "ABS(B1)",
    "SQRT(C1)",
    "LN(C1)",
    "SIGN(B1)",
    "PI()*A1",
    "IFERROR(A1/B1,0)",
    "N(A1)",
    " A1 * ( B1 + C1 ) ",
    "$A$1*B$1+$C1",
    "0.5*(A1-B1)^2",
    "1E-3*A1",
    ".5*A1",
    "1.5E2+A1",
    "IFERROR(A1/B1,0)",
    "IFNA(A1,0)",
    'IF(A1<>"",A1*2,"")',
    'IF(A1="","",A1*2)',
    "IF(ISNUMBER(A1),A1+1,B1)",
    "IF(AND(ISNUMBER(A1),NOT(ISBLANK(B1))),A1+1,B1)",
    "IF(1,A1,B1)",
    "IF(2<1,A1,B1)",
    "CHOOSE(2,A1,B1,C1)",
    "OFFSET(A1,0,2)*2",
    "SUM(OFFSET(A1,0,1,1,2))",
    "INDEX(A1:C1,2)",
    "INDEX(A1:C1,1,3)",
    "SUMPRODUCT(A1:B1*B1:C1)",
    "SUMPRODUCT((A1:B1-B1:C1)^2)/2",
    "SUMPRODUCT({1,2},A1:B1)",
    "LOG10(C1)",
    "LOG(C1,2)",
    "COSH(A1)",
    "SINH(A1)",
    "SUMX2MY2(A1:B1,B1:C1)",
    "LET(x,A1*2,y,x+1,1/y)",
]


@pytest.mark.parametrize("formula", EQUAL)
def test_formulas_mean_what_the_engine_computes(formula: str, tmp_path: Path) -> None:
    """A formula is understood as what a spreadsheet program computes for it, order of operations included."""
    assert value(understood(formula)) == pytest.approx(engines_value(formula, tmp_path), rel=1e-12)


@pytest.mark.parametrize(
    ("formula", "plain"),
    [
        ("MMULT(A1:B1,TRANSPOSE(B1:C1))", "A1*B1+B1*C1"),
        ("INDEX(MMULT(A1:B1,TRANSPOSE(B1:C1)),1)", "A1*B1+B1*C1"),
        ("SUM(MMULT(TRANSPOSE(A1:B1),B1:C1))", "(A1+B1)*(B1+C1)"),
        ("MMULT({1,2},TRANSPOSE(A1:B1))", "A1+2*B1"),
        ("_xlfn.LET(_xlpm.x,EXP(-A1),1/(1+_xlpm.x))", "1/(1+EXP(-A1))"),
        ("_xlfn.LAMBDA(_xlpm.x,1/(1+EXP(-_xlpm.x)))(A1)", "1/(1+EXP(-A1))"),
        ("LET(f,LAMBDA(x,x*x),f(A1)+f(B1))", "A1*A1+B1*B1"),
        ("SUM(_xlfn.MAP(A1:C1,_xlfn.LAMBDA(_xlpm.x,_xlpm.x^2)))", "SUMSQ(A1:C1)"),
        ("_xlfn.REDUCE(0,A1:C1,_xlfn.LAMBDA(_xlpm.a,_xlpm.b,_xlpm.a+_xlpm.b))", "SUM(A1:C1)"),
        ("_xlfn.SINGLE(A1)*2", "A1*2"),
        ("QUOTIENT(7,A1)", "7/A1"),
        ("INT(A1)", "A1"),
        ("FIXED(A1,2)*1", "A1*1"),
        ('VALUE(TEXT(A1,"0.00"))', "A1"),
        ('VALUE("0.5")*A1', "0.5*A1"),
        ("MROUND(A1,0.1)", "A1"),
    ],
)
def test_functions_that_the_engine_lacks(formula: str, plain: str, tmp_path: Path) -> None:
    """Arrays, LAMBDAs and rounding mean the plain arithmetic that they stand for; that one rounds is kept."""
    meaning = understood(formula)
    unrounded = str(meaning).replace("round", "")
    assert value(without_rounding(meaning)) == pytest.approx(engines_value(plain, tmp_path), rel=1e-12)
    rounds = any(name in formula for name in ("QUOTIENT", "INT(", "FIXED", "TEXT", "MROUND"))
    assert (unrounded != str(meaning)) is rounds


def without_rounding(expression: Expression) -> Expression:
    """The same without the mark of rounding."""
    for part, put in parts(expression):
        if isinstance(part, Call) and part.name == "round":
            return without_rounding(put(part.argument))
    return expression


@pytest.mark.parametrize(
    ("formula", "excels"),
    [
        ("POW(A1,2)", "A1^2"),
        ("ADD(A1,B1)", "A1+B1"),
        ("MINUS(A1,B1)", "A1-B1"),
        ("MULTIPLY(A1,B1)", "A1*B1"),
        ("DIVIDE(A1,B1)", "A1/B1"),
        ("UMINUS(A1)", "-A1"),
    ],
)
def test_functions_of_google_sheets(formula: str, excels: str, tmp_path: Path) -> None:
    """What only Google Sheets knows is understood as what it does there, and known as not Excel's."""
    assert value(understood(formula)) == pytest.approx(engines_value(excels, tmp_path), rel=1e-15)
    assert Shapes().of(formula, 0, 3).functions & NOT_EXCELS


@pytest.mark.parametrize("formula", ["2.718^A1", "2.71828182845905^A1"])
def test_a_typed_e_is_e(formula: str) -> None:
    """A number that near to e, taken to a power, is e; a number farther off is not."""
    assert value(understood(formula)) == pytest.approx(math.exp(0.7), abs=0.5)
    assert "exp" in str(understood(formula))
    assert "exp" not in str(understood("2.6^A1"))


@pytest.mark.parametrize(
    ("formula", "why"),
    [
        ("SIGMOID(A1)", "function SIGMOID"),
        ("IF(A1>0,A1,B1)", "function IF"),
        ("A1&B1", "operator '&'"),
        ("A1>B1", "operator '>'"),
        ('A1*"2"', "text '2'"),
        ("A1+#REF!", "deleted|error value"),
        ("A1*#N/A", "error value"),
        ("A1*A1:C1", "range where one cell"),
        ("SUM(A1:B1*B1:C1)", "range where one cell"),
        ("MMULT(A1:B1,A1:B1)", "MMULT do not fit"),
        ("IF(A1*B1<1,A1,B1)", "function IF with a condition that depends on numbers"),
        ("IF(A1=0.7,A1,B1)", "condition that depends on numbers"),
        ("CHOOSE(A1,A1,B1)", "computed"),
        ("OFFSET(A1,B1,0)", "OFFSET with a computed place"),
        ("INDEX(A1:C1,7)", "outside of its range"),
        ("LAMBDA(x,x*2)", "not called"),
        ("LAMBDA(x,x*2)(A1,B1)", "other arguments"),
        ("LAMBDA(f,f(f))(LAMBDA(f,f(f)))", "too deeply"),
        (f"LET(a,A1*A1,{','.join(f'{b},{a}*{a}' for a, b in pairwise('abdefghijklmnopq'))},q)", "more than one"),
        ("MMULT(MMULT(A1:H8,A1:H8),MMULT(A1:H8,A1:H8))", "more than one iteration"),
        ("MMULT(A1:ALL1000,A1:ALL1000)", "more cells than one iteration"),
        ("SUM(A1:A500)", "more cells than one iteration"),
        ("SUMPRODUCT(A1:C1,A1:B1)", "different size"),
        ("[1]Sheet1!A1*2", "another workbook"),
        ("A1+*B1", "cannot be read"),
        ("A1)+(B1", "cannot be read"),
        ("(" * 80 + "A1" + ")" * 80, "longer or deeper"),
        ("+".join(["A1"] * 4000), "longer or deeper"),
    ],
)  # fmt: skip
def test_what_is_not_understood_is_said(formula: str, why: str) -> None:
    """A formula that no equation can be is refused with the reason, and nothing else is raised."""
    with pytest.raises(NotUnderstoodError, match=why):
        understood(formula)


@pytest.mark.parametrize(
    ("formula", "row", "column", "other", "to_row", "to_column"),
    [
        ("A1+B2", 4, 4, "A2+B3", 5, 4),
        ("A1+B2", 4, 4, "B1+C2", 4, 5),
        ("A$1+$B2", 4, 4, "B$1+$B3", 5, 5),
        ("$A$1*a1", 0, 1, "$A$1*A9", 8, 1),
        ("Sheet2!A1+'my sheet'!B1", 0, 4, "Sheet2!A2+'my sheet'!B2", 1, 4),
        ("SUM(A1:B1)", 0, 4, "SUM(A7:B7)", 6, 4),
        ("eta*A1", 0, 1, "eta*A2", 1, 1),
        ("1E5+A1", 0, 1, "1E5+A2", 1, 1),
    ],
)
def test_copies_are_one_shape(formula: str, row: int, column: int, other: str, to_row: int, to_column: int) -> None:
    """A formula filled down or to the right is the same shape, which prints as either."""
    shapes = Shapes()
    shape = shapes.of(formula, row, column)
    assert shapes.of(other, to_row, to_column) is shape
    assert shape.text(row, column).upper() == f"={formula}".upper()
    assert shape.text(to_row, to_column).upper() == f"={other}".upper()


@pytest.mark.parametrize(
    ("formula", "other"), [("A1+B2", "A1+B3"), ("A1", "A$2"), ("A1*2", "A2*3"), ("A1+B1", "A2-B2"), ("A1", "Sheet2!A2")]
)
def test_other_formulas_are_other_shapes(formula: str, other: str) -> None:
    """A reference that did not move along, a $, a number or an operator make another shape."""
    shapes = Shapes()
    assert shapes.of(formula, 3, 3) is not shapes.of(other, 4, 3)
    assert shapes.of("A1", 0, 3) is not shapes.of("A$1", 0, 3)
    assert shapes.of("A1", 3, 0) is not shapes.of("$A1", 3, 0)


@pytest.mark.parametrize("text", ['"A1"', "LOG10(A1)", "A1B", "tax2024_B7", "Table1[A1]", "'A1'!B1", "A1!B1", "1E5"])
def test_what_looks_like_a_cell_is_left_alone(text: str) -> None:
    """Texts, functions, names and sheets that look like cells do not move with the formula."""
    moved = Shapes().of(text, 0, 5).text(9, 5)
    assert moved == f"={text}".replace("(A1)", "(A10)").replace("!B1", "!B10")


def test_leaves_tell_names_and_columns() -> None:
    """A formula's leaves are its cells relative to it, its names, and columns of a table in its own row."""
    shape = Shapes().of("B1*$C$9+eta+Table1[[#This Row],[w1]]-'my sheet'!A2", 0, 0)
    assert shape.tree
    assert shape.leaves == [
        Reference(0, False, 1, False),
        Reference(8, True, 2, True),
        Name("eta", crosses=True),
        ThisRow("table1", "w1"),
        Reference(1, False, 0, False, "my sheet"),
    ]


def test_what_is_multiplied_by_zero_does_not_matter() -> None:
    """A reference times a typed 0 is not looked at."""
    shape = Shapes().of("A1+0*B1", 0, 3)
    assert [shape.leaves[n] for n in shape.used] == [Reference(0, False, -3, False)]


def test_references_are_replaced_one_by_one() -> None:
    """One reference of a formula can be replaced, its text otherwise kept."""
    shape = Shapes().of("A1 * (1 - A1) + $B$2", 0, 3)
    assert shape.tree
    assert shape.with_references((0, 3), {1: "C7"}) == "=A1 * (1 - C7) + $B$2"
    assert shape.with_references((0, 3), {}) is None


def test_copies_that_lead_off_the_sheet() -> None:
    """A reference that would lead above the first row prints as #REF!."""
    assert Shapes().of("A1", 1, 0).text(0, 0) == "=#REF!"


def shared(data: bytes, column: str, first: int, last: int) -> bytes:
    """A workbook whose formulas of a column are stored as Excel stores what was filled down: once, then by number."""
    source, buffer = zipfile.ZipFile(io.BytesIO(data)), io.BytesIO()

    def once(found: re.Match[str]) -> str:
        row, text = int(found[2]), found[4]
        if not first <= row <= last:
            return found[0]
        area = f't="shared" si="0" ref="{column}{first}:{column}{last}"'
        return f"{found[1]}<f {area}>{text}</f>" if row == first else f'{found[1]}<f t="shared" si="0"/>'

    with zipfile.ZipFile(buffer, "w") as target:
        for name in source.namelist():
            part = source.read(name)
            if name == "xl/worksheets/sheet1.xml":
                pattern = rf'(<c r="{column}(\d+)"([^>]*)>)<f>([^<]*)</f>'
                part, count = re.subn(pattern, once, part.decode())  # type: ignore[assignment]
                assert count > last - first
                part = part.encode()  # type: ignore[attr-defined]
            target.writestr(name, part)
    return buffer.getvalue()


def test_shared_formulas_are_copies() -> None:
    """A column that Excel stores as one shared formula is judged as if each row had its own."""
    student = Student()
    assert not grade(shared(student.book.saved(), "J", 4, 15), "shared.xlsx", ASKED).findings
    student.replace("a_h1", "-h1", "h1")
    finding = only_error(grade(shared(student.book.saved(), "J", 4, 15), "shared.xlsx", ASKED))
    assert (finding.code, finding.cells) == (Code.WRONG_SIGN, "J4:J15")
    assert finding == only_error(student.judged())
