"""Several slips in one formula are each named, and what is advised makes the sheet right."""

import pytest

from sheetprop.expression import Negation, Number, Symbol
from sheetprop.submission.diagnose.composed import vanishing
from sheetprop.submission.findings import Code
from tests.student import Student, only_error

PAIRS = [
    # quantity, (what stands in its right formula, what the student has instead) twice, what the message names
    ("dE_dw1", ("*(1-a_h1)", ""), ("w7", "w8"), ("lacks a factor: 1 − a_h1", "uses w8 (P4) where w7 (O4)")),
    ("dE_dw5", ("(a_o1-t1)", "(t1-a_o1)"), ("*a_h1", "*a_h2"), ("wrong sign", "uses a_h2 (L4) where a_h1 (J4)")),
    ("dE_dw6", ("(1-a_o1)", "(1+a_o1)"), ("*a_h2", "*h2"), ("wrong sign", "uses the weighted sum h2 (K4)")),
    ("dE_dw8", ("*a_o2*", "*a_o2*a_o2*"), ("*a_h2", "*a_h1"), ("factor too many: a_o2 (T4)", "uses a_h1 (J4)")),
    ("o1", ("+", "*"), ("w6*a_h2", "w7*a_h2"), ("wrong operator", "uses w7 (O4) where w6 (N4)")),
    ("E1", ("t1", "t2"), ("^2", "^3"), ("uses t2 (B4) where t1 (A4)", "constant 3 where 2")),
]


@pytest.mark.parametrize(("key", "first", "second", "said"), PAIRS, ids=[f"{key}: {a}, {b}" for key, a, b, _ in PAIRS])
def test_both_slips_are_named(key: str, first: tuple[str, str], second: tuple[str, str], said: tuple[str, ...]) -> None:
    """Two slips in a column are one error that names both, in its cells, and copying the advice makes all right."""
    student = Student()
    formula = student.equation(key)
    for old, new in (first, second):
        assert old in formula
        formula = formula.replace(old, new)
    student.fill(key, formula)
    finding = only_error(student.judged())
    assert finding.quantity == key
    assert finding.code is not Code.WRONG_FORMULA
    assert [part for part in said if part not in finding.message] == []
    student.follow(finding)
    assert student.is_right()


# quantity, a formula with two slips, the codes of which one is told, what the message says
COMPOSED = [
    pytest.param("E2", "=0.5/t2-a_o2^2", ("½·(t2 − a_o2)² is meant", "wrong operator"), id="parentheses, operator"),
    pytest.param("dE_dw7", "=(a_o2+t2*a_o2*(1-a_o2))*a_h1", ("parentheses", "wrong sign"), id="parentheses, sign"),
    pytest.param(
        "dE_dw8", "=-(t2-a_o2)*a_o2*(2*a_o2)*a_h2", ("wrong operator", "constant 2 where 1"), id="an inner product"
    ),
    pytest.param(
        "dE_dw8",
        "=(a_o2-t2)*o2*(1*a_o2)*a_h2",
        ("uses the weighted sum o2 (S4)", "1·a_o2 stands where 1 − a_o2"),
        id="1·",
    ),
    pytest.param(
        "dE_dw6", "=a_h2*(-t2-a_o1)*a_o1*(1-a_o1)", ("−(t1 − a_o1) is meant", "uses t2 (B4)"), id="behind a minus"
    ),
    pytest.param(
        "dE_dw2",
        "=((a_o1-t1)*a_o1*(1-a_o1)*w5+w7)*h1*(1-a_h1)*i2",
        ("lacks a factor: (a_o2 − t2)·a_o2·(1 − a_o2)", "uses the weighted sum h1"),
        id="a whole chain missing",
    ),
    pytest.param("dE_dw5", "=(a_o1-t1)/t2*(1-a_o1)*a_h1", ("wrong operator", "uses t2 (B4)"), id="divided by another"),
]


@pytest.mark.parametrize(("key", "formula", "said"), COMPOSED)
def test_slips_are_told_as_they_were_made(key: str, formula: str, said: tuple[str, ...]) -> None:
    """Not by what would cancel them, nor by parts that were never typed; and the advice makes all right."""
    student = Student()
    student.fill(key, formula)
    finding = only_error(student.judged())
    assert finding.quantity == key
    assert [part for part in said if part not in finding.message] == []
    student.follow(finding)
    assert student.is_right()


@pytest.mark.parametrize(
    ("wrong", "up"),
    [("=SUMPRODUCT({row},{given})", 1), ("=SUMPRODUCT({row},{given})", 2), ("=-SUMPRODUCT({row},{given})", 1)],
)
def test_a_row_above_the_table_is_a_wrong_row(wrong: str, up: int) -> None:
    """A column that takes every row from above is one mistake, in its first rows as well, which reach the headings."""
    student = Student()
    for k in range(12):
        row = ":".join(f"{student.cell(w, 0).rstrip('0123456789')}{4 + k - up}" for w in ("w3", "w4"))
        given = f"{student.cell('i1', k)}:{student.cell('i2', k)}"
        student[student.cell("h2", k)] = wrong.format(row=row, given=given)
    finding = only_error(student.judged())
    assert (finding.code, finding.cells) == (Code.WRONG_ROW, student.cells("h2"))
    assert ("wrong sign" in finding.message) == wrong.startswith("=-")
    student.follow(finding)
    assert student.is_right()


def test_a_cell_outside_of_the_rows_is_no_iteration() -> None:
    """The heading above the first row is told as what it is."""
    student = Student()
    student.fill("h2", "=w3*i1+" + student.cell("w4", 0)[:-1] + "3*i2", at=0)
    finding = only_error(student.judged())
    assert finding.code is Code.WRONG_ROW
    assert f"takes the text in {student.cell('w4', 0)[:-1]}3 where w4" in finding.message
    assert "outside of the table's rows" in finding.message
    assert "another iteration" not in finding.message


def test_more_than_three_slips_are_no_guess() -> None:
    """A formula of another kind is told as it is, with what belongs there."""
    student = Student()
    student.fill("dE_dw5", "=EXP(-o1)^3+w8/7-i1*h2^2", at=range(12))
    finding = only_error(student.judged())
    assert finding.code is Code.WRONG_FORMULA
    student.follow(finding)
    assert student.is_right()


def test_nothing_is_taken_from_itself() -> None:
    """What makes a formula right by a part that vanishes is no explanation of it."""
    a, b = Symbol("a_o1"), Symbol("t1")
    assert vanishing(b * (a - a)) == 1
    assert vanishing((a + b) / (a + b)) == 1
    assert vanishing(a / b * (1 - a) * b) == 1
    assert vanishing((a - b) * a + b - (b - a)) == 1
    assert vanishing(Number(-1) + 1) == vanishing(Negation(Negation(a))) == vanishing(a ** Number(1)) == 1
    assert vanishing(a * (1 - a) / b) == 0
