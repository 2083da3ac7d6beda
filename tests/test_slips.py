"""Several slips in one formula are each named, and what is advised makes the sheet right."""

import pytest

from sheetprop.expression import Symbol
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
    assert vanishing(a * (1 - a) / b) == 0
