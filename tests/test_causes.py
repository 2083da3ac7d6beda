"""One cause is one finding: circles, headings that traded places, empty cells, weights that are updated too early."""

import pytest

from sheetprop.network import NETWORK
from sheetprop.submission.findings import Code, Finding, Status
from tests.claims import false_claims
from tests.student import ASKED, WEIGHTS, Student, errors, only_error


def checked(student: Student) -> list[Finding]:
    """The errors of a sheet, of which the engine and the formulas say that they claim nothing false."""
    submission = student.judged()
    false, _ = false_claims(student.book.saved(), submission, ASKED.given)
    assert not false
    return errors(submission)


SUM = "((a_o1-t1)*a_o1*(1-a_o1)*w5+(a_o2-t2)*a_o2*(1-a_o2)*w7)"


def test_hidden_gradients_from_updated_weights() -> None:
    """w5 and w7 from the next row are told as updated too early, and nothing is circular, since nothing is."""
    student = Student()
    student.fill("dE_dw1", f"={SUM}*a_h1*(1-a_h1)*i1".replace("w5", "w5[+1]").replace("w7", "w7[+1]"), at=range(11))
    (finding,) = checked(student)
    assert (finding.code, finding.quantity) == (Code.UPDATED_WEIGHTS, "dE_dw1")
    assert "already updated: w5 (M5) and w7 (O5), where w5 (M4) and w7 (O4) belong" in finding.message
    assert "circular" not in finding.message
    student.follow(finding)
    assert student.is_right()


def test_hidden_gradients_from_columns_of_new_weights() -> None:
    """The new weights may have columns of their own in the same row."""
    student = Student()
    for n, key in enumerate(("w5", "w7")):
        for k in range(12):
            student[f"{'AG' if n == 0 else 'AH'}{4 + k}"] = student.written(f"={key}-lr*dE_d{key}", k)
    for k in range(12):
        formula = student.written(f"={SUM}*a_h1*(1-a_h1)*i1", k)
        student[student.cell("dE_dw1", k)] = formula.replace(f"M{4 + k}", f"AG{4 + k}").replace(
            f"O{4 + k}", f"AH{4 + k}"
        )
    (finding,) = checked(student)
    assert (finding.code, finding.quantity) == (Code.UPDATED_WEIGHTS, "dE_dw1")
    student.follow(finding)
    assert student.is_right()


def test_a_wrong_formula_that_looks_ahead_may_close_no_circle() -> None:
    """E of the next row in E_total is wrong, but no cell needs its own result."""
    student = Student()
    student.replace("E_total", "E2", "E2[+1]", at=range(11))
    (finding,) = checked(student)
    assert finding.code is Code.WRONG_ROW
    assert "circular" not in finding.message


def test_a_circle_is_told_with_its_cells() -> None:
    """Each cell of the circle is named before the one that it needs."""
    student = Student()
    student.fill("w1", "=w1[-1]-lr*dE_dw1", at=range(1, 12))
    (finding,) = checked(student)
    assert "That makes the sheet circular: E5 needs X5, which needs " in finding.message
    student.follow(finding)
    assert student.is_right()


def test_right_formulas_in_a_circle_are_told_once() -> None:
    """A mistake elsewhere does not claim a circle that it does not close."""
    student = Student()
    student.fill("E1", "=E_total-E2")
    student.replace("a_h2", "-h2", "h2")
    sign, circle = sorted(checked(student), key=lambda finding: finding.code is Code.CIRCULAR)
    assert (sign.code, circle.code) == (Code.WRONG_SIGN, Code.CIRCULAR)
    assert "circular" not in sign.message
    assert "U4 needs W4, which needs U4" in circle.message


def test_helper_cells_in_a_circle() -> None:
    """A circle among helper cells is told there, and not as wrong formulas in the columns that use them."""
    student = Student()
    for k in range(12):
        student[f"AG{4 + k}"], student[f"AH{4 + k}"] = f"=AH{4 + k}*1", f"=AG{4 + k}*1"
        student[student.cell("a_h1", k)] = student.written("=1/(1+EXP(-h1))", k) + f"+AG{4 + k}"
    (finding,) = checked(student)
    assert finding.code is Code.CIRCULAR
    assert "AG4 needs AH4, which needs AG4" in finding.message


@pytest.mark.parametrize(
    ("a", "b"), [("w3", "w4"), ("dE_dw5", "dE_dw6"), ("E1", "E2"), ("h1", "a_h1"), ("t1", "t2"), ("w4", "dE_dw4")]
)
def test_headings_that_traded_places_are_one_mistake(a: str, b: str) -> None:
    """Two columns whose headings are exchanged are told once, with both headings, and nothing else."""
    student = Student()
    student.head(a, NETWORK.label(b))
    student.head(b, NETWORK.label(a))
    submission = student.judged()
    finding = only_error(submission)
    assert finding.code is Code.SWAPPED_HEADINGS
    assert {finding.found, finding.expected} == {NETWORK.label(a), NETWORK.label(b)}
    assert [f for f in submission.findings if f is not finding] == []
    assert submission.status is Status.WRONG


def test_weights_that_trade_gradients_are_no_swapped_headings() -> None:
    """Where an exchange of headings would make other columns wrong, the formulas are at fault."""
    student = Student()
    student.replace("w5", "dE_dw5", "dE_dw6")
    student.replace("w6", "dE_dw6", "dE_dw5")
    assert {finding.code for finding in checked(student)} == {Code.WRONG_GRADIENT}


@pytest.mark.parametrize("key", ["i1", "t2", "a_h1", "dE_dw2", "w3"])
def test_an_empty_column_is_the_mistake(key: str) -> None:
    """The formulas that read it are right, and not told."""
    student = Student()
    for k in range(12):
        del student.own[student.cell(key, k)]
    finding = only_error(student.judged())
    assert (finding.code, finding.quantity, finding.cells) == (Code.MISSING_COLUMN, key, student.cells(key))


def test_empty_cells_are_the_mistake() -> None:
    """An input that stands in the first row only, a weight without its first value, a rate's empty cell."""
    inputs, weight, rate = Student(), Student(), Student()
    for k in range(1, 12):
        del inputs.own[inputs.cell("i1", k)]
    del weight.own[weight.cell("w3", 0)]
    del rate.own["B1"]
    assert [(f.quantity, f.cells) for f in errors(inputs.judged())] == [("i1", inputs.cells("i1", 1))]
    assert [(f.quantity, f.cells) for f in errors(weight.judged())] == [("w3", weight.cell("w3", 0))]
    assert [(f.quantity, f.cells) for f in errors(rate.judged())] == [("lr", "B1")]


def test_a_known_mistake_is_told_as_the_hand_outs_only_by_its_template() -> None:
    """Without an entry in the template, the same mistake is told alone."""
    from dataclasses import replace

    student = Student()
    student.replace("dE_dw3", "a_h2*(1-a_h2)", "a_h1*(1-a_h1)")
    with_it, without = (only_error(student.judged(asked)) for asked in (ASKED, replace(ASKED, mistakes=())))
    assert with_it.message == f"{without.message} {ASKED.mistakes[0].says}"
    assert (with_it.code, without.code) == (Code.HANDOUT_MISTAKE, Code.WRONG_QUANTITY)
    assert "hand-out" not in without.message


@pytest.mark.parametrize("key", WEIGHTS[:1])
def test_a_factor_minus_one_too_many_is_taken_out(key: str) -> None:
    """The advice is the formula without it, and not with another."""
    student = Student()
    student.replace("dE_dw5", "(a_o1-t1)", "-1*(a_o1-t1)")
    (finding,) = checked(student)
    assert finding.expected == "=(R4-A4)*R4*(1-R4)*J4"
    student.follow(finding)
    assert student.is_right()
